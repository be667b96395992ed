/**
 * `solve` against brute force: over small random graphs, for patterns with constants and variables in every place, repeated and shared, it finds the
 * same solutions, each as often.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Effects, Graph } from '../../src/graph/index.js'
import { Changes } from '../../src/operation/index.js'
import { solve } from '../../src/query/index.js'
import type { PropertyId, ValueId } from '../../src/rdf/index.js'
import type { PatternTerm, TriplePattern } from '../../src/subject/index.js'

/** Names that stand in all three places, so that a variable can be shared between them. */
const names = ['a', 'b', 'c', 'd']

function graphOf(triples: readonly (readonly [number, number, number])[]) {
  const graph = new Graph(() => true)
  const values = names.map(name => graph.terms.iri(name, true))
  const properties = names.map(name => graph.terms.property(name, true))
  const changes = new Changes()
  const seen = new Set<string>()
  for (const [s, p, o] of triples) {
    if (seen.has(`${s} ${p} ${o}`)) continue
    seen.add(`${s} ${p} ${o}`)
    changes.triple(values[s], properties[p], values[o])
  }
  const author = graph.replicas.add(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  const place = { author, first: 1, last: changes.counters, check: 1, time: 1, heads: [] }
  if (!changes.empty) graph.apply(place, changes, new Effects())
  return { graph, values, properties }
}

type Place = { readonly variable: number } | { readonly name: number }
const place = fc.oneof(
  { weight: 3, arbitrary: fc.record({ variable: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ name: fc.nat(names.length) }) },
)
const pattern = fc.tuple(place, place, place)
const triples = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)), { maxLength: 20 })

/** Every way to bind the variables, in terms of names. */
function bruteForce(
  all: readonly (readonly [number, number, number])[],
  patterns: readonly (readonly [Place, Place, Place])[],
): string[] {
  const distinct = [...new Map(all.map(triple => [triple.join(), triple])).values()]
  let solutions: (readonly (number | undefined)[])[] = [[undefined, undefined, undefined, undefined]]
  for (const places of patterns) {
    const next: (readonly (number | undefined)[])[] = []
    for (const solution of solutions)
      for (const triple of distinct) {
        const bound = [...solution]
        const fits = places.every((at, i) => {
          if ('name' in at) return at.name === triple[i]
          bound[at.variable] ??= triple[i]
          return bound[at.variable] === triple[i]
        })
        if (fits) next.push(bound)
      }
    solutions = next
  }
  return solutions.map(solution => solution.map(value => value ?? '-').join()).sort()
}

describe('solve', () => {
  it('finds what brute force finds', () => {
    fc.assert(
      fc.property(triples, fc.array(pattern, { minLength: 1, maxLength: 4 }), (all, patterns) => {
        const { graph, values, properties } = graphOf(all)
        const term = (at: Place, list: readonly (ValueId | PropertyId)[], none: number): PatternTerm =>
          'variable' in at ? { variable: at.variable, id: 0 } : { variable: -1, id: list[at.name] ?? none }
        const read: TriplePattern[] = patterns.map(([subject, property, object]) => ({
          subject: term(subject, values, 0),
          property: term(property, properties, -1),
          object: term(object, values, 0),
        }))
        const found: string[] = []
        const bindings = new Array(4).fill(0)
        solve(graph, read, bindings, () => {
          found.push(bindings.map(value => (value === 0 ? '-' : values.indexOf(value))).join())
          return true
        })
        expect(found.sort()).toEqual(bruteForce(all, patterns))
        expect(bindings).toEqual([0, 0, 0, 0])
      }),
      { numRuns: 3000 },
    )
  })

  it('stops when it is told to', () => {
    fc.assert(
      fc.property(triples, fc.array(pattern, { minLength: 1, maxLength: 3 }), fc.nat(3), (all, patterns, most) => {
        const { graph, values, properties } = graphOf(all)
        const term = (at: Place, list: readonly number[], none: number): PatternTerm =>
          'variable' in at ? { variable: at.variable, id: 0 } : { variable: -1, id: list[at.name] ?? none }
        const read = patterns.map(([s, p, o]) => ({
          subject: term(s, values, 0),
          property: term(p, properties, -1),
          object: term(o, values, 0),
        }))
        let found = 0
        const bindings = new Array(4).fill(0)
        solve(graph, read, bindings, () => ++found <= most)
        expect(found).toBe(Math.min(most + 1, bruteForce(all, patterns).length))
        expect(bindings).toEqual([0, 0, 0, 0])
      }),
    )
  })
})
