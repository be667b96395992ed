import { mix } from '../codec/index.js'
import { leastGrowth, resized } from './terms.js'

const float = new Float64Array(1)
const words = new Int32Array(float.buffer)

/** The numbers that do not fit into an id, interned: open addressing over a `Float64Array`, so that no number is boxed. */
export class Doubles {
  private values = new Float64Array(8)
  private slots = new Int32Array(16)
  count = 0
  /** By how much what is full grows, at the least. */
  growth = leastGrowth

  at(index: number): number {
    return this.values[index]
  }

  /** @returns its index, or -1 when it is new and not to be added */
  of(value: number, add: boolean): number {
    const mask = this.slots.length - 1
    let slot = hashOf(value) & mask
    for (let held = this.slots[slot]; held !== 0; held = this.slots[slot]) {
      if (this.values[held - 1] === value) return held - 1
      slot = (slot + 1) & mask
    }
    if (!add) return -1
    if (this.count === this.values.length) this.values = resized(this.values, Math.ceil(this.count * this.growth))
    const index = this.count++
    this.values[index] = value
    this.slots[slot] = index + 1
    if (this.count * 3 > this.slots.length * 2) this.rehash()
    return index
  }

  /** Forgets every number from `count` on. */
  forget(count: number): void {
    for (let index = this.count - 1; index >= count; index--) {
      const mask = this.slots.length - 1
      let slot = hashOf(this.values[index]) & mask
      while (this.slots[slot] !== index + 1) slot = (slot + 1) & mask
      this.slots[slot] = 0
    }
    this.count = count
  }

  get byteSize(): number {
    return this.values.length * 8 + this.slots.length * 4
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2)
    const mask = this.slots.length - 1
    for (let index = 0; index < this.count; index++) {
      let slot = hashOf(this.values[index]) & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = index + 1
    }
  }
}

/** One lane of a number's hash: of its 64 bits, low word first. */
export function hashOf(value: number): number {
  float[0] = value
  return mix(words[0], words[1])
}

/** The other lane. */
export function secondHashOf(value: number): number {
  float[0] = value
  return mix(words[1], words[0])
}
