/**
 * Basic graph patterns against brute force: over small random graphs, for patterns with constants and variables in every place, repeated and shared, a plan
 * finds the same solutions, each as often.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Effects, Graph } from '../../src/graph/index.js'
import { Changes } from '../../src/operation/index.js'
import { type Algebra, Execution, Planner, Progress, RequestTerms, Solver } from '../../src/query/index.js'
import { IriSpace, type PropertyId, type ValueId } from '../../src/rdf/index.js'
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

/** The patterns as algebra, and what names the values of solutions. */
function planned(
  all: readonly (readonly [number, number, number])[],
  patterns: readonly (readonly [Place, Place, Place])[],
) {
  const { graph, values, properties } = graphOf(all)
  const term = (at: Place, list: readonly (ValueId | PropertyId)[], none: number): PatternTerm =>
    'variable' in at ? { variable: at.variable, id: 0 } : { variable: -1, id: list[at.name] ?? none }
  const triples: TriplePattern[] = patterns.map(([subject, property, object]) => ({
    subject: term(subject, values, 0),
    property: term(property, properties, -1),
    object: term(object, values, 0),
  }))
  const algebra: Algebra = { type: 'bgp', triples, lists: [] }
  const named = (row: readonly ValueId[]) => row.map(value => (value === 0 ? '-' : values.indexOf(value))).join()
  return { graph, terms: new RequestTerms(graph.terms), algebra, named }
}

const iris = new IriSpace('x.example')

describe('a basic graph pattern', () => {
  it('finds what brute force finds', () => {
    fc.assert(
      fc.property(triples, fc.array(pattern, { minLength: 1, maxLength: 4 }), (all, patterns) => {
        const { graph, terms, algebra, named } = planned(all, patterns)
        const solver = new Solver(graph, terms, iris, 4)
        const found: string[] = []
        solver.each(solver.plan(algebra), () => {
          found.push(named(solver.row))
        })
        expect(found.sort()).toEqual(bruteForce(all, patterns))
        expect(solver.row).toEqual([0, 0, 0, 0])
      }),
      { numRuns: fuzz.runs(3000) },
    )
  })

  it('takes the values that variables have from outside', () => {
    fc.assert(
      fc.property(
        triples,
        fc.array(pattern, { minLength: 1, maxLength: 3 }),
        fc.nat(3),
        fc.nat(3),
        (all, patterns, variable, name) => {
          const { graph, terms, algebra, named } = planned(all, patterns)
          const solver = new Solver(graph, terms, iris, 4)
          const cursor = solver.plan(algebra, new Set([variable]))
          const id = graph.terms.iri(names[name], true)
          solver.row[variable] = id
          const found: string[] = []
          solver.each(cursor, () => {
            found.push(named(solver.row))
          })
          const given = patterns.map(places =>
            places.map(at => ('variable' in at && at.variable === variable ? { name } : at)),
          )
          const expected = bruteForce(all, given as never).map(solution => {
            const places = solution.split(',')
            places[variable] = String(name)
            return places.join()
          })
          expect(found.sort()).toEqual(expected.sort())
          expect(solver.row[variable]).toBe(id)
        },
      ),
      { numRuns: fuzz.runs(500) },
    )
  })

  it('frees all variables when it is closed before the end, and starts anew', () => {
    fc.assert(
      fc.property(triples, fc.array(pattern, { minLength: 1, maxLength: 3 }), fc.nat(3), (all, patterns, most) => {
        const { graph, terms, algebra } = planned(all, patterns)
        const row = new Array<ValueId>(4).fill(0)
        const cursor = new Planner(new Execution(graph, terms, row), iris).plan(algebra)
        const total = bruteForce(all, patterns).length
        for (let round = 0; round < 2; round++) {
          let found = 0
          cursor.open()
          while (found < most && cursor.next() === Progress.solution) found++
          expect(found).toBe(Math.min(most, total))
          if (found === most) cursor.close()
          expect(row).toEqual([0, 0, 0, 0])
        }
      }),
      { numRuns: fuzz.runs(500) },
    )
  })

  it('pauses after some candidates, and goes on', () => {
    fc.assert(
      fc.property(
        triples,
        fc.array(pattern, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        (all, patterns, slice) => {
          const { graph, terms, algebra, named } = planned(all, patterns)
          const row = new Array<ValueId>(4).fill(0)
          const cursor = new Planner(new Execution(graph, terms, row, slice), iris).plan(algebra)
          const found: string[] = []
          cursor.open()
          for (let progress = cursor.next(); progress !== Progress.done; progress = cursor.next())
            if (progress === Progress.solution) found.push(named(row))
          expect(found.sort()).toEqual(bruteForce(all, patterns))
        },
      ),
      { numRuns: fuzz.runs(300) },
    )
  })
})
