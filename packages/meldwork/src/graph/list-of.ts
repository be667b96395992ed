import { type PropertyId, TermKind, type ValueId, list as vocabulary } from '../rdf/index.js'
import type { ListView, VisibleGraph } from './visible.js'

interface Slot {
  readonly slot: ValueId
  readonly item: ValueId
  readonly position: string
  readonly name: string
}

/** What {@link listOf} reads of a graph. */
type Readable = Pick<VisibleGraph, 'terms' | 'objects'>

/**
 * The visible items of a list as its triples tell them, for a graph without an index of lists: those slots that have, visibly, a position and an item, by
 * position, and where these are equal by the slots' IRIs. O(n log n) of its slots.
 */
export function listOf(graph: Readable, list: ValueId): ListView {
  const { terms } = graph
  const [slot, position, item] = [vocabulary.slot, vocabulary.position, vocabulary.item].map(iri =>
    terms.property(iri, false),
  )
  const members: number[] = []
  const buffer: number[] = []
  const slots: Slot[] = []
  const count = Math.min(slot, position, item) < 0 ? 0 : graph.objects(list, slot, members)
  for (let i = 0; i < count; i++) {
    const at = positionOf(graph, members[i], position, buffer)
    if (at === undefined || graph.objects(members[i], item, buffer) === 0) continue
    slots.push({ slot: members[i], item: buffer[0], position: at, name: terms.text(members[i]) })
  }
  slots.sort((a, b) => compare(a.position, b.position) || compare(a.name, b.name))
  return new Slots(slots)
}

/** The position of a slot; the first of several, should rules not have chosen one yet. */
function positionOf(graph: Readable, slot: ValueId, property: PropertyId, buffer: number[]): string | undefined {
  const { terms } = graph
  const count = graph.objects(slot, property, buffer)
  let least: string | undefined
  for (let i = 0; i < count; i++) {
    if (terms.kind(buffer[i]) !== TermKind.string) continue
    const text = terms.text(buffer[i])
    if (least === undefined || text < least) least = text
  }
  return least
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

class Slots implements ListView {
  private readonly slots: readonly Slot[]
  private indexes: Map<ValueId, number> | undefined

  constructor(slots: readonly Slot[]) {
    this.slots = slots
  }

  get length(): number {
    return this.slots.length
  }

  slotAt(index: number): ValueId {
    return this.slots[index]?.slot ?? 0
  }

  itemAt(index: number): ValueId {
    return this.slots[index]?.item ?? 0
  }

  indexOf(slot: ValueId): number {
    this.indexes ??= new Map(this.slots.map((each, index) => [each.slot, index]))
    return this.indexes.get(slot) ?? -1
  }
}
