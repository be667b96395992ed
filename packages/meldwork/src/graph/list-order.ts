import type { TermTable, ValueId } from '../rdf/index.js'

/** A chunk that grows to this is halved. */
const chunkLimit = 512

interface Chunk {
  readonly slots: ValueId[]
  readonly positions: ValueId[]
}

/**
 * The slots of one list in order, by the text of their positions, then by their own: in chunks, so that one that comes or goes moves few others.
 * Costs, of n slots: all in proportion to log n and n / {@link chunkLimit}; `slotAt` of neighbours one after the other: constant.
 */
export class ListOrder {
  private readonly terms: TermTable
  private readonly chunks: Chunk[] = []
  length = 0
  /** The chunk in which a slot was last looked up by its index, and the index of its first one. */
  private lastChunk = 0
  private lastStart = 0

  constructor(terms: TermTable) {
    this.terms = terms
  }

  /** Of pairs in no order, when there is nothing yet. @param slots each once */
  fill(slots: readonly (readonly [slot: ValueId, position: ValueId])[]): void {
    const sorted = slots.toSorted((a, b) => this.compare(a[1], a[0], b[1], b[0]))
    for (let at = 0; at < sorted.length; at += chunkLimit / 2) {
      const part = sorted.slice(at, at + chunkLimit / 2)
      this.chunks.push({ slots: part.map(([slot]) => slot), positions: part.map(([, position]) => position) })
    }
    this.length = sorted.length
  }

  /** The slot must not be there. */
  insert(slot: ValueId, position: ValueId): void {
    this.changed(1)
    if (this.chunks.length === 0) this.chunks.push({ slots: [], positions: [] })
    const at = this.chunkOf(position, slot)
    const chunk = this.chunks[at]
    const place = this.placeIn(chunk, position, slot)
    chunk.slots.splice(place, 0, slot)
    chunk.positions.splice(place, 0, position)
    if (chunk.slots.length < chunkLimit) return
    const half = { slots: chunk.slots.splice(chunkLimit / 2), positions: chunk.positions.splice(chunkLimit / 2) }
    this.chunks.splice(at + 1, 0, half)
  }

  /** The slot must be there, at this position. */
  remove(slot: ValueId, position: ValueId): void {
    this.changed(-1)
    const at = this.chunkOf(position, slot)
    const chunk = this.chunks[at]
    const place = this.placeIn(chunk, position, slot)
    chunk.slots.splice(place, 1)
    chunk.positions.splice(place, 1)
    if (chunk.slots.length === 0) this.chunks.splice(at, 1)
  }

  private changed(by: 1 | -1): void {
    this.length += by
    this.lastChunk = 0
    this.lastStart = 0
  }

  /** @param index from 0, less than the length. @returns 0 for another */
  slotAt(index: number): ValueId {
    if (!(index >= 0 && index < this.length)) return 0
    if (index < this.lastStart) {
      this.lastChunk = 0
      this.lastStart = 0
    }
    while (index - this.lastStart >= this.chunks[this.lastChunk].slots.length)
      this.lastStart += this.chunks[this.lastChunk++].slots.length
    return this.chunks[this.lastChunk].slots[index - this.lastStart]
  }

  /** How many slots stand before this one, which need not be there. */
  rank(slot: ValueId, position: ValueId): number {
    if (this.length === 0) return 0
    const at = this.chunkOf(position, slot)
    let rank = this.placeIn(this.chunks[at], position, slot)
    for (let i = 0; i < at; i++) rank += this.chunks[i].slots.length
    return rank
  }

  /** Orders places in a list. */
  compare(onePosition: ValueId, oneSlot: ValueId, otherPosition: ValueId, otherSlot: ValueId): number {
    const { terms } = this
    if (onePosition !== otherPosition) return terms.text(onePosition) < terms.text(otherPosition) ? -1 : 1
    if (oneSlot === otherSlot) return 0
    return terms.text(oneSlot) < terms.text(otherSlot) ? -1 : 1
  }

  /** The last chunk that begins at or before this place; the first, when none does. */
  private chunkOf(position: ValueId, slot: ValueId): number {
    let low = 0
    let high = this.chunks.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      const { positions, slots } = this.chunks[middle]
      if (this.compare(positions[0], slots[0], position, slot) <= 0) low = middle
      else high = middle
    }
    return low
  }

  /** How many in the chunk stand before this place. */
  private placeIn({ positions, slots }: Chunk, position: ValueId, slot: ValueId): number {
    let low = 0
    let high = slots.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.compare(positions[middle], slots[middle], position, slot) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
