/** A state that is read as it comes: in any order, beside what else happens to the graph, and without a trace in what can be seen until it is joined. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { check64 } from '../../src/codec/index.js'
import { Effects, encodeState, Graph } from '../../src/graph/index.js'
import { Changes } from '../../src/operation/index.js'
import { atOnce } from '../../src/ports/index.js'
import { HeldItems, IncomingState } from '../../src/sync/incoming-state.js'

const graphOf = () => new Graph(() => true)

/** One operation that inserts some triples. */
function write(graph: Graph, id: number, triples: readonly (readonly [string, string, string])[]): void {
  const { terms, replicas } = graph
  const changes = new Changes()
  for (const [subject, property, text] of triples)
    changes.triple(terms.iri(subject, true), terms.property(property, true), terms.string(text, true))
  const author = replicas.add(Uint8Array.of(id))
  const first = replicas.counters[author] + 1
  const last = first + changes.counters - 1
  const heads = [...graph.heads.entries()].filter(([other]) => other !== author)
  graph.apply({ author, first, last, check: last, time: 1024 * last, heads }, changes, new Effects())
}

const source = graphOf()
for (let n = 0; n < 300; n++)
  write(source, 1, [
    [`s${n}`, 'p', `${n} is the text of it `.repeat(120)],
    [`s${n}`, 'q', `${n % 7}`],
  ])
const items = encodeState(source)

const offerOf = ([header, ...rest]: readonly Uint8Array[]) => ({
  request: 1,
  stream: 2,
  header,
  items: rest.map(item => ({ length: item.length, check: check64(item) })),
})

/** Everything that can be seen of a graph. */
function seen(graph: Graph): unknown {
  const subjects: number[] = []
  const count = graph.allSubjects(subjects)
  return [count, graph.digest, graph.tripleCount, graph.liveCount, graph.replicas.digest(), graph.replicas.covered]
}

/** Asks for all places. */
function fetchAll(incoming: IncomingState): number[] {
  const places: number[] = []
  for (let asked = incoming.toFetch(); asked.length > 0; asked = incoming.toFetch()) places.push(...asked)
  return places
}

describe('a state that comes in', () => {
  it('is read in any order, beside writes, and joined as if it had come at once', () => {
    expect(items.length).toBeGreaterThan(6)
    const property = fc.property(
      fc.infiniteStream(fc.nat()),
      fc.array(fc.nat(items.length), { maxLength: 3 }),
      (order, writesAt) => {
        const [graph, expected] = [graphOf(), graphOf()]
        const held = new HeldItems()
        const incoming = new IncomingState(offerOf(items), held, graph)
        const mine = (n: number) =>
          [
            [`s${n}`, 'p', 'mine'],
            [`t${n}`, 'r', `${n} is the text of it `],
          ] as const
        let left: number[] = []
        for (let came = 0; incoming.whole === undefined; came++) {
          left.push(...fetchAll(incoming))
          const [place] = left.splice(order.next().value % left.length, 1)
          if (writesAt.includes(came)) write(graph, 9, mine(came))
          const before = seen(graph)
          expect(incoming.take(place, items[place])).toBe(true)
          incoming.readOn()
          expect(seen(graph)).toEqual(before)
          left = left.filter(other => other !== place)
        }
        const state = atOnce(incoming.readingAll())!.finish()
        graph.join(state, new Effects())
        incoming.joined()
        expect(held.wastedBytes).toBe(0)
        for (const came of [...new Set(writesAt)].sort((a, b) => a - b))
          if (came < items.length - 1) write(expected, 9, mine(came))
        const again = new IncomingState(offerOf(items), held, expected)
        expect(again.whole).toHaveLength(items.length)
        expected.join(atOnce(again.readingAll())!.finish(), new Effects())
        expect(graph.digest).toEqual(expected.digest)
      },
    )
    fc.assert(property, { numRuns: fuzz.runs(20) })
  })

  it('with an item that cannot be read changes nothing; what was held of it is let go', () => {
    for (let bad = 1; bad < items.length; bad++) {
      const graph = graphOf()
      write(graph, 9, [['t', 'p', 'mine']])
      const before = seen(graph)
      const held = new HeldItems()
      const spoilt = items.with(bad, Uint8Array.from([...items[bad], 0]))
      const incoming = new IncomingState(offerOf(spoilt), held, graph)
      const reading = () => {
        for (;;) {
          const places = incoming.toFetch()
          if (places.length === 0) return
          for (const place of places) {
            incoming.take(place, spoilt[place])
            incoming.readOn()
          }
        }
      }
      expect(reading).toThrow(expect.objectContaining({ code: 'data-malformed' }))
      expect(seen(graph)).toEqual(before)
      expect(held.wastedBytes).toBeGreaterThan(0)
      // The same peer, or another, sends it as it is.
      const whole = new IncomingState(offerOf(items), held, graph)
      expect(whole.progress.received).toBe(1)
      for (const place of fetchAll(whole)) whole.take(place, items[place])
      for (const place of fetchAll(whole)) whole.take(place, items[place])
      if (whole.whole === undefined) continue
      graph.join(atOnce(whole.readingAll())!.finish(), new Effects())
      expect(graph.tripleCount).toBe(source.tripleCount + 1)
    }
  })

  it('is read only when it is whole, once much was read that was never joined', () => {
    const held = new HeldItems()
    held.wastedBytes = 64 * 1024 * 1024
    const graph = graphOf()
    const incoming = new IncomingState(offerOf(items), held, graph)
    const before = graph.terms.mark()
    for (const place of fetchAll(incoming)) {
      incoming.take(place, items[place])
      incoming.readOn()
    }
    expect(atOnce(incoming.readingAll())).toBeUndefined()
    expect(graph.terms.mark()).toEqual(before)
  })
})
