import type { PropertyId, ValueId } from '../rdf/index.js'

/** A subject with more triples than this is found through an index of its own. */
export const wideAbove = 24

/** By property: the one entry it has, or its entries by object. */
type Index = Map<PropertyId, number | Map<ValueId, number>>

/** Where in a block the object of an entry stands (see `triples.ts`). */
const propertyAt = (block: number, entry: number): number => block + 3 + entry * 4
const objectAt = (block: number, entry: number): number => block + 4 + entry * 4

/**
 * Indexes of the few subjects that have very many triples, from (property, object) to the entry in the subject's block; without them a
 * subject of n triples would cost n² to build. Made when first needed; a property with one value costs one slot.
 */
export class WideSubjects {
  private readonly indexes = new Map<ValueId, Index>()

  has(subject: ValueId): boolean {
    return this.indexes.size > 0 && this.indexes.has(subject)
  }

  private index(subject: ValueId, slab: Int32Array, block: number): Index {
    const known = this.indexes.get(subject)
    if (known !== undefined) return known
    const index: Index = new Map()
    for (let entry = 0; entry < slab[block]; entry++)
      put(index, slab[propertyAt(block, entry)], slab[objectAt(block, entry)], entry, slab, block)
    this.indexes.set(subject, index)
    return index
  }

  /** @returns the entry of a triple, or -1 */
  find(subject: ValueId, slab: Int32Array, block: number, property: PropertyId, object: ValueId): number {
    const entries = this.index(subject, slab, block).get(property)
    if (entries === undefined) return -1
    if (typeof entries === 'number') return slab[objectAt(block, entries)] === object ? entries : -1
    return entries.get(object) ?? -1
  }

  /** @returns the entry of a property that has one value; -1 when it has none, -2 when it has several */
  onlyEntry(subject: ValueId, slab: Int32Array, block: number, property: PropertyId): number {
    const entries = this.index(subject, slab, block).get(property)
    if (entries === undefined) return -1
    return typeof entries === 'number' ? entries : -2
  }

  /** An entry was appended to the block. */
  inserted(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    entry: number,
    slab: Int32Array,
    block: number,
  ): void {
    const index = this.indexes.get(subject)
    if (index !== undefined) put(index, property, object, entry, slab, block)
  }

  /** An entry is about to go, and the last one to take its place. */
  removed(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    entry: number,
    lastEntry: number,
    slab: Int32Array,
    block: number,
  ): void {
    const index = this.indexes.get(subject)!
    const entries = index.get(property)!
    if (typeof entries === 'number') index.delete(property)
    else {
      entries.delete(object)
      if (entries.size === 0) index.delete(property)
    }
    if (entry === lastEntry) return
    const movedProperty = slab[propertyAt(block, lastEntry)]
    const moved = index.get(movedProperty)!
    if (typeof moved === 'number') index.set(movedProperty, entry)
    else moved.set(slab[objectAt(block, lastEntry)], entry)
  }

  forget(subject: ValueId): void {
    if (this.indexes.size > 0) this.indexes.delete(subject)
  }
}

function put(
  index: Index,
  property: PropertyId,
  object: ValueId,
  entry: number,
  slab: Int32Array,
  block: number,
): void {
  const entries = index.get(property)
  if (entries === undefined) index.set(property, entry)
  else if (typeof entries !== 'number') entries.set(object, entry)
  else
    index.set(
      property,
      new Map([
        [slab[objectAt(block, entries)], entries],
        [object, entry],
      ]),
    )
}
