/** A state that is joined by a graph that has written a little of its own: what was here is added to the state, and not the other way round. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Effects, encodeState, encodingState, Graph, PairsBefore } from '../../src/graph/index.js'
import { decodeState } from '../../src/graph/state-reader.js'
import { Changes } from '../../src/operation/index.js'

type Triple = readonly [string, string, string]

const graphOf = () => new Graph(() => true)

/** One operation: it inserts some triples, and deletes all dots of others. @returns what it did */
function write(graph: Graph, id: number, inserts: readonly Triple[], deletes: readonly Triple[] = []): Effects {
  const { terms, replicas } = graph
  const changes = new Changes()
  const ids = ([s, p, o]: Triple) => [terms.iri(s, true), terms.property(p, true), terms.string(o, true)] as const
  const dots: number[] = []
  for (const triple of deletes) {
    const [s, p, o] = ids(triple)
    const length = graph.dots(s, p, o, dots)
    for (let at = 0; at < length; at += 2) changes.delete(s, p, o, dots[at], dots[at + 1])
  }
  for (const triple of inserts) changes.triple(...ids(triple))
  const author = replicas.add(Uint8Array.of(id))
  const first = replicas.counters[author] + 1
  const last = first + changes.counters - 1
  const heads = [...graph.heads.entries()].filter(([other]) => other !== author)
  const effects = new Effects()
  graph.apply({ author, first, last, check: last, time: 1024 * last, heads }, changes, effects)
  return effects
}

const visible = (graph: Graph): string[] => {
  const { terms } = graph
  const all = graph.listVisible()
  const found: string[] = []
  for (let at = 0; at < all.length; at += 3) found.push(spelled(graph, all, at))
  expect(found.length).toBe(graph.tripleCount)
  expect(terms).toBeDefined()
  return found.sort()
}
const spelled = ({ terms }: Graph, triples: readonly number[], at: number): string =>
  [terms.text(triples[at]), terms.propertyText(triples[at + 1]), terms.text(triples[at + 2])].join(' ')
const list = (graph: Graph, triples: readonly number[]): string[] =>
  Array.from({ length: triples.length / 3 }, (_, i) => spelled(graph, triples, i * 3)).sort()

const subject = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const triple = fc.tuple(subject, fc.constantFrom('p', 'q'), fc.nat(9).map(String))

describe('a state that is joined beside a little', () => {
  it('equals the log, tells what came, and can be undone', () => {
    const property = fc.property(
      fc.array(fc.array(triple, { minLength: 1, maxLength: 4 }), { minLength: 10, maxLength: 30 }),
      fc.array(fc.tuple(fc.array(triple, { maxLength: 2 }), fc.array(triple, { maxLength: 1 })), { maxLength: 3 }),
      fc.boolean(),
      (theirs, mine, spells) => {
        const other = graphOf()
        for (const triples of theirs) write(other, 1, triples)
        const [graph, log] = [graphOf(), graphOf()]
        for (const [inserts, deletes] of mine)
          for (const each of [graph, log]) if (inserts.length > 0) write(each, 2, inserts, deletes)
        const before = visible(graph)
        const was = [graph.digest, graph.liveCount, graph.replicas.digest()]
        for (const triples of theirs) write(log, 1, triples)

        const effects = new Effects()
        const undo = graph.join(decodeState(encodeState(other), graph), effects)
        expect(graph.digest).toEqual(log.digest)
        expect(visible(graph)).toEqual(visible(log))
        expect(graph.replicas.digest()).toEqual(log.replicas.digest())
        expect(graph.countReferences(graph.terms.property('p', true))).toBe(0)
        if (spells) effects.spell()
        const { inserted, deleted } = effects.difference()
        expect(deleted).toEqual([])
        expect(list(graph, inserted)).toEqual(visible(graph).filter(each => !before.includes(each)))

        graph.undo(effects, undo)
        expect([graph.digest, graph.liveCount, graph.replicas.digest()]).toEqual(was)
        expect(visible(graph)).toEqual(before)
      },
    )
    fc.assert(property, { numRuns: fuzz.runs(200) })
  })
})

describe('a state that is encoded in pieces', () => {
  it('is that of the moment when it was begun, whatever is written meanwhile', () => {
    const property = fc.property(
      fc.array(triple, { minLength: 1, maxLength: 20 }),
      fc.array(fc.tuple(fc.array(triple, { maxLength: 3 }), fc.array(triple, { maxLength: 3 })), { maxLength: 6 }),
      (first, later) => {
        const graph = graphOf()
        // More subjects than are encoded in one piece.
        for (let n = 0; n < 200; n++) write(graph, 1, [[`s${n}`, 'p', 'text']])
        write(graph, 1, first)
        const expected = decodeState(encodeState(graph), graphOf())
        const recording = new Set<PairsBefore>()
        const before = new PairsBefore(graph, closed => recording.delete(closed))
        recording.add(before)
        const encoding = encodingState(graph, before)
        const pending = [...later]
        let step = encoding.next()
        for (; step.done !== true; step = encoding.next()) {
          const [inserts = [], deletes = []] = pending.shift() ?? []
          // Of what has been encoded, and of what has not.
          const more: Triple[] = [...inserts, [`s${(pending.length * 37) % 200}`, 'p', 'other']]
          const effects = write(graph, 2, more, [...deletes, ['s199', 'p', 'text']])
          for (const each of recording) each.record(effects)
        }
        before.close()
        expect(recording.size).toBe(0)
        const read = decodeState(step.value, graphOf())
        expect(read.pairs.digest.value).toEqual(expected.pairs.digest.value)
        expect([...read.times.values()]).toEqual([...expected.times.values()])
        expect([...read.vector.values()]).toEqual([...expected.vector.values()])
      },
    )
    fc.assert(property, { numRuns: fuzz.runs(50) })
  })
})
