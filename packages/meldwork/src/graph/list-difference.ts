import type { PropertyId, ValueId } from '../rdf/index.js'
import type { Difference } from './effects.js'
import type { Graph } from './graph.js'
import type { ListOrder } from './list-order.js'
import { ListProperty, listPropertyCount } from './list-properties.js'

/** What stood, or stands, in a list. */
export interface ListEntry {
  readonly index: number
  readonly slot: ValueId
  readonly item: ValueId
}

/** How the items of one list changed. A slot that was moved, or whose item was replaced, is in both. */
export interface ListChange {
  readonly list: ValueId
  /** How many items it has after. */
  readonly length: number
  /** By their indexes in the list before, ascending. */
  readonly removed: readonly ListEntry[]
  /** By their indexes in the list after, ascending. */
  readonly added: readonly ListEntry[]
}

/** A difference, with what concerns the order of lists apart. */
export interface ListDifference {
  readonly lists: readonly ListChange[]
  /** The triples that are not of {@link ListProperty}. */
  readonly rest: Difference
}

/** A place in a list, and what is there. */
interface Standing {
  readonly list: ValueId
  readonly slot: ValueId
  readonly position: ValueId
  readonly item: ValueId
}

interface Moves {
  readonly removed: Standing[]
  readonly added: Standing[]
}

const none: readonly ListChange[] = []

/**
 * Tells the changes of lists from a difference of two visible states.
 * Costs in proportion to the change, times the logarithm of the list; once for each list, its order is built.
 * @param graph as it is after the change
 */
export function listDifference(graph: Graph, difference: Difference): ListDifference {
  if (!concernsLists(difference.inserted) && !concernsLists(difference.deleted))
    return { lists: none, rest: difference }
  const came = new SlotTriples(difference.inserted)
  const went = new SlotTriples(difference.deleted)
  const moves = new Map<ValueId, Moves>()
  const movesOf = (list: ValueId): Moves => {
    let known = moves.get(list)
    if (known === undefined) {
      known = { removed: [], added: [] }
      moves.set(list, known)
    }
    return known
  }
  for (const slot of new Set([...went.slots, ...came.slots])) {
    const before = standingBefore(graph, slot, came, went)
    const after = standingNow(graph, slot)
    if (before?.list === after?.list && before?.position === after?.position && before?.item === after?.item) continue
    if (before !== undefined) movesOf(before.list).removed.push(before)
    if (after !== undefined) movesOf(after.list).added.push(after)
  }
  const lists = Array.from(moves, ([list, { removed, added }]) =>
    indexed(list, graph.lists.order(list), removed, added),
  )
  return { lists, rest: { inserted: others(difference.inserted), deleted: others(difference.deleted) } }
}

function concernsLists(triples: readonly number[]): boolean {
  for (let at = 1; at < triples.length; at += 3) if (triples[at] < listPropertyCount) return true
  return false
}

function others(triples: readonly number[]): number[] {
  const rest: number[] = []
  for (let at = 0; at < triples.length; at += 3)
    if (triples[at + 1] >= listPropertyCount) rest.push(triples[at], triples[at + 1], triples[at + 2])
  return rest
}

/** The triples of slots on one side of a difference. */
class SlotTriples {
  readonly slots = new Set<ValueId>()
  private readonly positions = new Map<ValueId, ValueId>()
  private readonly items = new Map<ValueId, ValueId>()
  private readonly lists = new Map<ValueId, ValueId[]>()

  constructor(triples: readonly number[]) {
    for (let at = 0; at < triples.length; at += 3) this.add(triples[at], triples[at + 1], triples[at + 2])
  }

  private add(subject: ValueId, property: PropertyId, object: ValueId): void {
    if (property >= listPropertyCount) return
    this.slots.add(property === ListProperty.slot ? object : subject)
    if (property === ListProperty.position) this.positions.set(subject, object)
    else if (property === ListProperty.item) this.items.set(subject, object)
    else this.lists.set(object, [...this.listsOf(object), subject])
  }

  /** 0 for none. */
  position(slot: ValueId): ValueId {
    return this.positions.get(slot) ?? 0
  }

  /** 0 for none. */
  item(slot: ValueId): ValueId {
    return this.items.get(slot) ?? 0
  }

  listsOf(slot: ValueId): readonly ValueId[] {
    return this.lists.get(slot) ?? []
  }
}

function standingNow({ lists }: Graph, slot: ValueId): Standing | undefined {
  const place = lists.placeOf(slot)
  return place && { ...place, slot, item: lists.itemOf(slot) }
}

function standingBefore(graph: Graph, slot: ValueId, came: SlotTriples, went: SlotTriples): Standing | undefined {
  const { lists } = graph
  if (!lists.isIri(slot)) return undefined
  const isNew = new Set(came.listsOf(slot))
  const now: ValueId[] = []
  const count = graph.subjects(ListProperty.slot, slot, now)
  const list = lists.least([...now.slice(0, count).filter(other => !isNew.has(other)), ...went.listsOf(slot)])
  const position = went.position(slot) || (came.position(slot) === 0 ? lists.positionOf(slot) : 0)
  const item = went.item(slot) || (came.item(slot) === 0 ? lists.itemOf(slot) : 0)
  return list === undefined || item === 0 || !lists.isPosition(position) ? undefined : { list, slot, position, item }
}

/** Gives indexes: of what stands in the list now by its rank; before, what has come since was not there, and what has gone was. */
function indexed(list: ValueId, order: ListOrder, removed: Standing[], added: Standing[]): ListChange {
  const compare = (a: Standing, b: Standing) => order.compare(a.position, a.slot, b.position, b.slot)
  removed.sort(compare)
  added.sort(compare)
  let newBefore = 0
  const gone = removed.map((standing, goneBefore) => {
    while (newBefore < added.length && compare(added[newBefore], standing) < 0) newBefore++
    return entry(standing, order.rank(standing.slot, standing.position) - newBefore + goneBefore)
  })
  return {
    list,
    length: order.length,
    removed: gone,
    added: added.map(standing => entry(standing, order.rank(standing.slot, standing.position))),
  }
}

const entry = ({ slot, item }: Standing, index: number): ListEntry => ({ index, slot, item })
