import type { ValueId } from '../rdf/index.js'

/** What an Int32Array can hold. */
const maxGeneration = 0x7fffffff

/**
 * The terms met so far in one operation, in order: the second time a term is written, its place stands for it. An open-addressing
 * table whose entries are stamped with a generation, so that starting over costs nothing.
 */
export class References {
  private keys = new Int32Array(64)
  private places = new Int32Array(64)
  private stamps = new Int32Array(64)
  private generation = 0
  private terms: ValueId[] = []
  count = 0

  clear(): void {
    this.count = 0
    if (this.keys.length > 65_536 || this.generation === maxGeneration) {
      this.keys = new Int32Array(64)
      this.places = new Int32Array(64)
      this.stamps = new Int32Array(64)
      this.terms = []
      this.generation = 0
    }
    this.generation++
  }

  /** The term at a place below {@link count}. */
  at(place: number): ValueId {
    return this.terms[place]
  }

  /** @returns the place of a term met before; -1 when it is new, and is remembered */
  place(term: ValueId): number {
    const mask = this.keys.length - 1
    let slot = slotOf(term, mask)
    while (this.stamps[slot] === this.generation) {
      if (this.keys[slot] === term) return this.places[slot]
      slot = (slot + 1) & mask
    }
    this.put(slot, term, this.count)
    this.terms[this.count++] = term
    if (this.count * 2 > this.keys.length) this.grow()
    return -1
  }

  private put(slot: number, term: ValueId, place: number): void {
    this.stamps[slot] = this.generation
    this.keys[slot] = term
    this.places[slot] = place
  }

  private grow(): void {
    const size = this.keys.length * 2
    this.keys = new Int32Array(size)
    this.places = new Int32Array(size)
    this.stamps = new Int32Array(size)
    for (let place = 0; place < this.count; place++) {
      const term = this.terms[place]
      let slot = slotOf(term, size - 1)
      while (this.stamps[slot] === this.generation) slot = (slot + 1) & (size - 1)
      this.put(slot, term, place)
    }
  }
}

const slotOf = (term: ValueId, mask: number): number => (Math.imul(term, 0x9e3779b1) >>> 7) & mask
