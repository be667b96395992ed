/**
 * A replica id that was used twice: a dot names other triples on one clone than on the other. The states unite to everything that either has, and from
 * then on all clones agree again, whatever is deleted; what was united can be taken back.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Reader } from '../../src/codec/index.js'
import { decodeState, Effects, encodeState, Graph } from '../../src/graph/index.js'
import { Changes, decodeBody, decodeHeader } from '../../src/operation/index.js'
import { encodeOperation } from './clone.js'
import { intern, isLegal, objects, properties, snapshot, subjects } from './terms-pool.js'

type Triple = readonly [subject: number, property: number, object: number]
const triple = fc.tuple(fc.nat(2), fc.nat(1), fc.nat(objects.length - 1))

const forked = Uint8Array.of(1, 2, 3)
const other = Uint8Array.of(9)

/** Applies an operation to a graph, as its own or as another's. @returns how to undo it */
function apply(graph: Graph, bytes: Uint8Array) {
  const header = decodeHeader(bytes)
  const author = graph.replicas.add(header.replica)
  const changes = new Changes()
  const { first, last, check, time } = header
  decodeBody(
    new Reader(bytes, 'operation', header.bodyStart),
    last - first + 1,
    changes,
    graph.terms,
    graph.replicas,
    author,
  )
  const heads = header.heads.map(({ replica, counter }) => [graph.replicas.find(replica), counter] as const)
  const effects = new Effects()
  return { effects, before: graph.apply({ author, first, last, check, time, heads }, changes, effects) }
}

function write(graph: Graph, replica: Uint8Array, fill: (changes: Changes) => void, time = 1024): Uint8Array {
  const changes = new Changes()
  fill(changes)
  const bytes = encodeOperation(graph, changes, graph.replicas.add(replica), time)
  apply(graph, bytes)
  return bytes
}

const insert = (graph: Graph, list: readonly Triple[], time: number) =>
  write(
    graph,
    forked,
    changes => {
      for (const [subject, property, object] of list)
        changes.triple(
          intern(graph.terms, subjects[subject]),
          graph.terms.property(String(properties[property].value), true),
          intern(graph.terms, objects[object]),
        )
    },
    time,
  )

function unite(graph: Graph, items: readonly Uint8Array[]) {
  const effects = new Effects()
  return { effects, before: graph.unite(decodeState(items, graph), effects) }
}

/** What two clones agree on, whose last checks may differ. */
const shared = (graph: Graph) => {
  const { live, heads, times, digest, counts, references } = snapshot(graph)
  return { live, heads, times, digest, counts, references }
}

const forks = fc.tuple(
  fc.array(triple, { minLength: 4, maxLength: 4 }),
  fc.array(triple, { minLength: 4, maxLength: 4 }),
)

function fork([one, two]: readonly [readonly Triple[], readonly Triple[]]) {
  const a = new Graph(isLegal)
  const b = new Graph(isLegal)
  // Something in another order, so that neither ids nor blocks are alike.
  insert(a, one, 1024)
  b.terms.property('#q', true)
  insert(b, two, 2048)
  return { a, b }
}

describe('after a fork', () => {
  test('both unite to the same, again and again', () => {
    const property = fc.property(forks, lists => {
      const { a, b } = fork(lists)
      const [ofA, ofB] = [encodeState(a), encodeState(b)]
      const before = snapshot(a)
      const undoable = unite(a, ofB)
      a.undo(undoable.effects, undoable.before)
      expect(snapshot(a)).toEqual(before)
      unite(a, ofB)
      unite(b, ofA)
      expect(shared(a)).toEqual(shared(b))
      expect(a.liveCount).toBe(new Set([...lists[0], ...lists[1]].map(String)).size)
      const united = snapshot(a)
      unite(a, ofB)
      unite(a, encodeState(b))
      expect(snapshot(a)).toEqual(united)
    })
    fc.assert(property, { numRuns: fuzz.runs(100) })
  })

  test('a delete does the same on every clone, and can be undone', () => {
    const property = fc.property(forks, fc.nat(2), fc.nat(1), fc.nat(7), (lists, s, p, which) => {
      const { a, b } = fork(lists)
      const [ofA, ofB] = [encodeState(a), encodeState(b)]
      unite(a, ofB)
      unite(b, ofA)
      // Of one dot among those at a subject and property, or of all of them.
      const into: number[] = []
      const subject = intern(a.terms, subjects[s])
      const length = a.observed(subject, a.terms.property(String(properties[p].value), true), into)
      if (length === 0) return
      const operation = write(a, other, changes => {
        for (let at = 0; at < length; at += 5)
          if (which > 3 || at / 5 === which % (length / 5))
            changes.delete(subject, into[at], into[at + 1], into[at + 2], into[at + 3])
      })
      const before = snapshot(b)
      const undoable = apply(b, operation)
      expect(shared(b)).toEqual(shared(a))
      if (which > 3)
        expect(
          b.observed(intern(b.terms, subjects[s]), b.terms.property(String(properties[p].value), true), into),
        ).toBe(0)
      b.undo(undoable.effects, undoable.before)
      expect(snapshot(b)).toEqual(before)
    })
    fc.assert(property, { numRuns: fuzz.runs(200) })
  })
})
