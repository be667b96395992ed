/** Lists as their triples tell them, against sorting by hand; in a snapshot and in a working copy as they are there. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Effects, Graph, type ListView, listOf, Overlay, Snapshot } from '../../src/graph/index.js'
import { Changes } from '../../src/operation/index.js'
import { list as vocabulary } from '../../src/rdf/index.js'
import { isLegal } from './terms-pool.js'

const positions = ['', 'a', 'aa', 'b', '\u{1f600}', '\uffff', 'é']

interface Item {
  readonly slot: string
  readonly position: string | number | undefined
  readonly value: number | undefined
}

const items = fc.uniqueArray(
  fc.record<Item>({
    slot: fc.nat(30).map(number => `slot${number}`),
    position: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...positions) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, 5) },
    ),
    value: fc.oneof({ weight: 8, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.constant(undefined) }),
  }),
  { selector: ({ slot }) => slot, maxLength: 20 },
)

function changesOf({ terms }: Graph, list: readonly Item[]): Changes {
  const changes = new Changes()
  const property = (name: keyof typeof vocabulary) => terms.property(vocabulary[name], true)
  for (const { slot, position, value } of list) {
    const id = terms.iri(slot, true)
    changes.triple(terms.iri('list', true), property('slot'), id)
    const at = typeof position === 'number' ? terms.integer(position, true) : position && terms.string(position, true)
    if (position !== undefined) changes.triple(id, property('position'), at || terms.string('', true))
    if (value !== undefined) changes.triple(id, property('item'), terms.integer(value, true))
  }
  return changes
}

function apply(graph: Graph, changes: Changes, counter: number): Effects {
  const effects = new Effects()
  const author = graph.replicas.add(new Uint8Array(8).fill(7))
  const last = counter + changes.counters - 1
  graph.apply({ author, first: counter, last, check: 1, time: last, heads: [] }, changes, effects)
  return effects
}

function check({ terms }: Graph, view: ListView, list: readonly Item[]): void {
  const by = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  const expected = list
    .filter(({ position, value }) => typeof position === 'string' && value !== undefined)
    .sort((a, b) => by(String(a.position), String(b.position)) || by(a.slot, b.slot))
  expect(Array.from({ length: view.length }, (_, i) => terms.text(view.slotAt(i)))).toEqual(expected.map(it => it.slot))
  expect(Array.from({ length: view.length }, (_, i) => terms.native(view.itemAt(i)))).toEqual(
    expected.map(it => it.value),
  )
  for (const { slot } of list)
    expect(view.indexOf(terms.iri(slot, false))).toBe(expected.findIndex(item => item.slot === slot))
}

test('a list is sorted by position, then by slot', () => {
  const property = fc.property(items, items, (first, second) => {
    const graph = new Graph(isLegal)
    const list = graph.terms.iri('list', true)
    expect(listOf(graph, list).length).toBe(0)
    apply(graph, changesOf(graph, first), 1)
    check(graph, listOf(graph, list), first)
    const snapshot = new Snapshot(graph, () => {})
    const overlay = new Overlay(snapshot)
    check(graph, overlay.list(list), first)
    const more = second.filter(({ slot }) => first.every(it => it.slot !== slot))
    overlay.apply(changesOf(graph, more))
    check(graph, overlay.list(list), [...first, ...more])
    snapshot.record(apply(graph, changesOf(graph, more), 1000))
    check(graph, snapshot.list(list), first)
    check(graph, listOf(graph, list), [...first, ...more])
  })
  fc.assert(property, { numRuns: fuzz.runs(100) })
})
