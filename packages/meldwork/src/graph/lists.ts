import { TermKind, type TermTable, type ValueId } from '../rdf/index.js'
import { ListOrder } from './list-order.js'
import { ListProperty } from './list-properties.js'
import type { Triples } from './triples.js'
import type { ListView } from './visible.js'

const empty: ListView = { length: 0, slotAt: () => 0, itemAt: () => 0, indexOf: () => -1 }

/** Where a slot stands: in which list, and at which position there. */
export interface ListPlace {
  readonly list: ValueId
  readonly position: ValueId
}

/**
 * The order of the lists that were asked for. Kept up to date from then on: a change to a triple of a slot only notes the slot, and the next
 * question puts those that were noted where they belong. A graph that is never asked for a list notes nothing.
 *
 * A slot stands in a list when its membership, a position (a plain string) and an item are visible. It stands in one list: of several that claim
 * it, which no honest writer makes, in the one whose IRI in short form is least.
 */
export class Lists {
  private readonly terms: TermTable
  /** Whose slots these are: others once the graph has taken over those of another. */
  triples: Triples
  private readonly orders = new Map<ValueId, ListOrder>()
  /** Of the slots that stand in these. */
  private readonly places = new Map<ValueId, ListPlace>()
  private readonly nothing: ListOrder
  private readonly objects: number[] = []

  constructor(terms: TermTable, triples: Triples) {
    this.terms = terms
    this.triples = triples
    this.nothing = new ListOrder(terms)
  }

  view(list: ValueId): ListView {
    const order = this.orderOf(list)
    return order === undefined ? empty : new LiveList(this, list, order)
  }

  /** Up to date until the next change; of nothing, for what has no slots. */
  order(list: ValueId): ListOrder {
    const order = this.orderOf(list)
    this.settle()
    return order ?? this.nothing
  }

  /** @returns undefined for what has no slots */
  private orderOf(list: ValueId): ListOrder | undefined {
    const known = this.orders.get(list)
    if (known !== undefined) return known
    const { triples } = this
    if (triples.countProperty(ListProperty.slot) === 0) return undefined
    const slots: ValueId[] = []
    const count = triples.visibleObjects(list, ListProperty.slot, slots)
    if (count === 0) return undefined
    triples.noted ??= new Set()
    this.settle()
    const order = new ListOrder(this.terms)
    const entries: [ValueId, ValueId][] = []
    for (let i = 0; i < count; i++) {
      const place = this.placeOf(slots[i])
      if (place?.list !== list) continue
      this.places.set(slots[i], place)
      entries.push([slots[i], place.position])
    }
    order.fill(entries)
    this.orders.set(list, order)
    return order
  }

  /** Puts the slots that were noted where they belong. */
  settle(): void {
    const { noted } = this.triples
    if (noted === undefined || noted.size === 0) return
    for (const slot of noted) this.settleSlot(slot)
    noted.clear()
  }

  private settleSlot(slot: ValueId): void {
    const was = this.places.get(slot)
    const is = this.placeOf(slot)
    if (was?.list === is?.list && was?.position === is?.position) return
    if (was !== undefined) {
      this.orders.get(was.list)!.remove(slot, was.position)
      this.places.delete(slot)
    }
    const order = is && this.orders.get(is.list)
    if (order === undefined) return
    order.insert(slot, is!.position)
    this.places.set(slot, is!)
  }

  /** Where a slot belongs, whether its list was asked for or not. @returns undefined when nowhere */
  placeOf(slot: ValueId): ListPlace | undefined {
    if (!this.isIri(slot)) return undefined
    const list = this.least(this.objects, this.triples.subjectsWith(ListProperty.slot, slot, this.objects))
    if (list === undefined || this.itemOf(slot) === 0) return undefined
    const position = this.positionOf(slot)
    return this.isPosition(position) ? { list, position } : undefined
  }

  /** Of several lists that claim a slot, the one in which it stands. */
  least(lists: readonly ValueId[], count = lists.length): ValueId | undefined {
    const { terms } = this
    if (count === 0) return undefined
    let least = lists[0]
    for (let i = 1; i < count; i++) if (terms.text(lists[i]) < terms.text(least)) least = lists[i]
    return least
  }

  /** The visible position of a slot, or 0; it need not be a text. */
  positionOf(slot: ValueId): ValueId {
    return this.triples.visibleObjects(slot, ListProperty.position, this.objects) === 0 ? 0 : this.objects[0]
  }

  /** The visible item of a slot, or 0. */
  itemOf(slot: ValueId): ValueId {
    return this.triples.visibleObjects(slot, ListProperty.item, this.objects) === 0 ? 0 : this.objects[0]
  }

  isPosition(value: ValueId): boolean {
    return value !== 0 && (value & 3) === 0 && this.terms.kind(value) === TermKind.string
  }

  isIri(value: ValueId): boolean {
    return (value & 3) === 0 && this.terms.kind(value) === TermKind.iri
  }

  /** Where a slot stands in a list that was asked for. */
  settledPlace(slot: ValueId): ListPlace | undefined {
    return this.places.get(slot)
  }
}

class LiveList implements ListView {
  private readonly lists: Lists
  private readonly list: ValueId
  private readonly order: ListOrder

  constructor(lists: Lists, list: ValueId, order: ListOrder) {
    this.lists = lists
    this.list = list
    this.order = order
  }

  get length(): number {
    this.lists.settle()
    return this.order.length
  }

  slotAt(index: number): ValueId {
    this.lists.settle()
    return this.order.slotAt(index)
  }

  itemAt(index: number): ValueId {
    const slot = this.slotAt(index)
    return slot === 0 ? 0 : this.lists.itemOf(slot)
  }

  indexOf(slot: ValueId): number {
    this.lists.settle()
    const place = this.lists.settledPlace(slot)
    return place?.list === this.list ? this.order.rank(slot, place.position) : -1
  }
}
