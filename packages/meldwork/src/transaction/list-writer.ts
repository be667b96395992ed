import { CodedError } from '../errors.js'
import { ListProperty, type ListView, type ObservedGraph } from '../graph/index.js'
import { type Changes, deleteStride, insertStride } from '../operation/index.js'
import { type PropertyId, rdf, type ValueId } from '../rdf/index.js'
import { isPosition, type Positions } from '../sequence/index.js'
import type { ListItem } from '../subject/index.js'
import { deleteSlot, deleteSlots, listsOf } from './list-deletes.js'
import { deleteObserved } from './supersede.js'

/** An item on its way to a place. */
interface Entry {
  /** In the list as it is before the write. */
  readonly index: number
  readonly slot: ValueId
  readonly item: ValueId
}

/** What a write does to one list. */
interface ListWrite {
  readonly entries: Map<ValueId, Entry>
  readonly deleted: Set<ValueId>
  cleared: boolean
  /** Whether something was inserted, be it nothing. */
  inserted: boolean
}

/**
 * Collects what one write does to lists, and turns it into inserts and observed deletes at its end. All indexes mean the list as it is before the
 * write; items at one index come in the order in which they were given. Whoever drops a write calls {@link begin} before the next.
 *
 * A slot that is moved keeps its membership: so to delete it concurrently deletes it. A slot that is put where it stands is not moved.
 */
export class ListWriter {
  private readonly graph: ObservedGraph
  private readonly positions: () => Positions
  private readonly newId: () => string
  private readonly writes = new Map<ValueId, ListWrite>()
  /** The lists of the slots that were given. */
  private readonly homes = new Map<ValueId, ValueId>()
  private readonly objects: number[] = []

  /**
   * @param positions those of the replica under which this clone writes now
   * @param newId gives a new identifier, relative to the domain, for a new slot
   */
  constructor(graph: ObservedGraph, positions: () => Positions, newId: () => string) {
    this.graph = graph
    this.positions = positions
    this.newId = newId
  }

  /** Forgets what was collected. */
  begin(): void {
    if (this.writes.size === 0) return
    this.writes.clear()
    this.homes.clear()
  }

  private of(list: ValueId): ListWrite {
    let write = this.writes.get(list)
    if (write === undefined) {
      write = { entries: new Map(), deleted: new Set(), cleared: false, inserted: false }
      this.writes.set(list, write)
    }
    return write
  }

  /**
   * Inserts items before the one at `index`. Without a slot an item gets a new one; a slot that is in the list is moved, and its item replaced if
   * it differs; any other slot is new. Of a slot that is given twice the last place counts. Inserting nothing makes an empty list.
   * @param index more than the length is the end
   * @throws CodedError `pattern-unsupported` for a slot of another list; its `path` is `$`
   */
  insert(list: ValueId, index: number, items: readonly ListItem[]): void {
    const write = this.of(list)
    write.inserted = true
    for (const { slot: given, item } of items) {
      const slot = given === 0 ? this.graph.terms.iri(this.newId(), true) : given
      if (given !== 0) this.takeHome(slot, list)
      write.entries.delete(slot)
      write.entries.set(slot, { index, slot, item })
    }
  }

  private takeHome(slot: ValueId, list: ValueId): void {
    const home = this.homes.get(slot) ?? list
    const isHere = this.graph.list(list).indexOf(slot) >= 0
    if (home !== list || (!isHere && listsOf(this.graph, slot).some(other => other !== list)))
      throw new CodedError(
        'pattern-unsupported',
        'A slot cannot be moved to another list: delete it there, and insert its item here without the slot',
        { keyword: '@list', path: '$' },
      )
    this.homes.set(slot, list)
  }

  /** Deletes a slot and what it holds; when it is inserted, too, by the same write, it is moved. Nothing for what is no slot of the list. */
  deleteSlot(list: ValueId, slot: ValueId): void {
    this.of(list).deleted.add(slot)
  }

  /** Deletes every slot but those that the same write inserts. */
  clearList(list: ValueId): void {
    this.of(list).cleared = true
  }

  /** Appends to the changes what was collected, and forgets it. */
  flush(changes: Changes): void {
    if (this.writes.size === 0) return
    const others = new OtherChanges(changes, this.typeProperty())
    for (const [list, write] of this.writes) this.flushList(list, write, changes, others)
    this.begin()
  }

  private flushList(list: ValueId, write: ListWrite, changes: Changes, others: OtherChanges): void {
    const { entries, deleted, cleared, inserted } = write
    const { graph } = this
    const view = graph.list(list)
    if (cleared) deleteSlots(graph, changes, list)
    else for (const slot of deleted) if (!entries.has(slot)) deleteSlot(graph, changes, list, slot)
    if (inserted && (cleared || view.length === 0) && !this.hasType(list, others))
      changes.triple(list, this.typeProperty(), graph.listType)
    const isNew = (slot: ValueId) => cleared || others.torn.has(slot) || view.indexOf(slot) < 0
    for (const slot of entries.keys()) if (isNew(slot)) changes.triple(list, ListProperty.slot, slot)
    const indexOf = ({ index }: Entry) => (cleared ? 0 : Math.min(index, view.length))
    const sorted = [...entries.values()].sort((a, b) => indexOf(a) - indexOf(b))
    for (let at = 0; at < sorted.length; ) {
      const index = indexOf(sorted[at])
      let end = at + 1
      while (end < sorted.length && indexOf(sorted[end]) === index) end++
      this.place(sorted.slice(at, end), index, cleared ? undefined : view, isNew, changes)
      at = end
    }
  }

  /** Places entries between two neighbours. @param view undefined when nothing of the list stays */
  private place(
    entries: readonly Entry[],
    index: number,
    view: ListView | undefined,
    isNew: (slot: ValueId) => boolean,
    changes: Changes,
  ): void {
    const { graph } = this
    const stays =
      view !== undefined && entries.length === 1 && !isNew(entries[0].slot) && isAt(view, entries[0].slot, index)
    const positions = stays ? undefined : this.positionsAt(view, index, entries.length)
    entries.forEach(({ slot, item }, i) => {
      if (positions !== undefined) {
        deleteObserved(graph, changes, slot, ListProperty.position, 0)
        changes.triple(slot, ListProperty.position, graph.terms.string(positions[i], true))
      }
      if (!isNew(slot) && graph.has(slot, ListProperty.item, item)) return
      deleteObserved(graph, changes, slot, ListProperty.item, 0)
      changes.triple(slot, ListProperty.item, item)
    })
  }

  /** Positions between the items at `index - 1` and `index`; where these leave no room, between others further away. */
  private positionsAt(view: ListView | undefined, index: number, count: number): string[] {
    let left = index - 1
    let right = index
    for (;;) {
      const before = this.positionAt(view, left)
      const after = this.positionAt(view, right)
      const made = this.positions().between(before, after, count)
      if (made !== undefined) return made
      if (after === undefined || (before !== undefined && !isPosition(before))) left--
      else right++
    }
  }

  /** The position of the item at an index; undefined beyond an end. */
  private positionAt(view: ListView | undefined, index: number): string | undefined {
    const slot = view?.slotAt(index) ?? 0
    if (slot === 0) return undefined
    this.graph.objects(slot, ListProperty.position, this.objects)
    return this.graph.terms.text(this.objects[0])
  }

  /** Whether the list will have a type without one by default. */
  private hasType(list: ValueId, others: OtherChanges): boolean {
    if (others.typed.has(list)) return true
    const count = this.graph.objects(list, this.typeProperty(), this.objects)
    return this.objects.slice(0, count).some(type => !others.typesDeleted.has(`${list} ${type}`))
  }

  private typeProperty(): PropertyId {
    return this.graph.terms.property(rdf.type, true)
  }
}

/** What else the write does that lists must know. */
class OtherChanges {
  /** Subjects that get a type. */
  readonly typed = new Set<ValueId>()
  /** A subject and the type that it loses. */
  readonly typesDeleted = new Set<string>()
  /** Slots that lose their membership or their item. */
  readonly torn = new Set<ValueId>()

  constructor({ inserts, insertLength, deletes, deleteLength }: Changes, type: PropertyId) {
    for (let at = 0; at < insertLength; at += insertStride) if (inserts[at + 1] === type) this.typed.add(inserts[at])
    for (let at = 0; at < deleteLength; at += deleteStride) {
      const property = deletes[at + 1]
      if (property === type) this.typesDeleted.add(`${deletes[at]} ${deletes[at + 2]}`)
      else if (property === ListProperty.slot) this.torn.add(deletes[at + 2])
      else if (property === ListProperty.item) this.torn.add(deletes[at])
    }
  }
}

/** Whether a slot stands just before or just behind the gap at this index. */
function isAt(view: ListView, slot: ValueId, index: number): boolean {
  const at = view.indexOf(slot)
  return at === index || at === index - 1
}
