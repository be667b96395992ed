import { laneOne, laneOneStart, laneTwo, laneTwoStart, mix, type Writer } from '../codec/index.js'
import type { TermKind } from '../rdf/index.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A term's place in {@link Terms}: from 1; 0 is none. */
export type TermIndex = number

/** By how much an array that is full grows when nothing is known of what is to come. */
export const leastGrowth = 1.5

/** Copies into an array of another size. */
export function resized<A extends Int32Array | Uint32Array | Uint8Array | Float64Array>(array: A, length: number): A {
  const copy = new (array.constructor as new (length: number) => A)(length)
  copy.set(array as never)
  return copy
}

/**
 * Texts to small integers and back: an interning table of (kind, UTF-8 text). All texts lie in one byte arena, so that a text that comes
 * from the wire becomes an integer without a JavaScript string, and strings are made when first read.
 *
 * Lookup is open addressing with linear probing over a 32-bit hash. The candidate's bytes are written at the arena's tail while it is
 * hashed, and kept or forgotten. Two independent hash lanes are kept a term: they are what the digest of a triple is made of.
 */
export class Terms {
  private arena = new Uint8Array(256)
  /** Where the text of a term starts; the next one's start is its end. */
  private offsets = new Uint32Array(17)
  private kinds = new Uint8Array(16)
  /** Allocated to capacity: an array written far beyond its end becomes a hash table. */
  private readonly strings: (string | undefined)[] = new Array(16)
  private slots = new Int32Array(32)
  /** The lanes of each term's hash. */
  one = new Int32Array(16)
  two = new Int32Array(16)
  /** One more than the last term. */
  end = 1
  /** By how much what is full grows, at the least. */
  growth = leastGrowth
  private laneOne = 0
  private laneTwo = 0
  /** Of the candidate that was not found last: where it would go, and its hash. */
  private newSlot = 0
  private newOne = 0

  kind(term: TermIndex): TermKind {
    return this.kinds[term] as TermKind
  }

  text(term: TermIndex): string {
    const known = this.strings[term]
    if (known !== undefined) return known
    const text = decoder.decode(this.bytes(term))
    this.strings[term] = text
    return text
  }

  byteLength(term: TermIndex): number {
    return this.offsets[term + 1] - this.offsets[term]
  }

  bytes(term: TermIndex): Uint8Array {
    return this.arena.subarray(this.offsets[term], this.offsets[term + 1])
  }

  write(term: TermIndex, writer: Writer): void {
    const from = this.offsets[term]
    const length = this.offsets[term + 1] - from
    writer.ensure(length)
    const target = writer.bytes
    const at = writer.length
    if (length < 64) for (let i = 0; i < length; i++) target[at + i] = this.arena[from + i]
    else target.set(this.arena.subarray(from, from + length), at)
    writer.length = at + length
  }

  /** How many bytes all this takes, without JavaScript strings. */
  get byteSize(): number {
    return this.arena.length + this.offsets.length * 4 + this.kinds.length * 9 + this.slots.length * 4
  }

  /** @returns the term of this text, or 0 when it is new and not to be added. The text must be well-formed Unicode. */
  ofText(kind: TermKind, text: string, add: boolean): TermIndex {
    const { length } = text
    this.room(length)
    const { arena } = this
    const start = this.offsets[this.end]
    let one = laneOneStart(kind)
    let two = laneTwoStart(kind)
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        const bytes = encoder.encode(text)
        return this.ofBytes(kind, bytes, 0, bytes.length, add)
      }
      arena[start + i] = code
      one = laneOne(one, code)
      two = laneTwo(two, code)
    }
    this.laneOne = one
    this.laneTwo = two
    return this.find(kind, length, add)
  }

  /** The same for bytes, which must be well-formed UTF-8 when they are to be added. */
  ofBytes(kind: TermKind, bytes: Uint8Array, from: number, length: number, add: boolean): TermIndex {
    this.room(length)
    const { arena } = this
    const start = this.offsets[this.end]
    let one = laneOneStart(kind)
    let two = laneTwoStart(kind)
    for (let i = 0; i < length; i++) {
      const byte = bytes[from + i]
      arena[start + i] = byte
      one = laneOne(one, byte)
      two = laneTwo(two, byte)
    }
    this.laneOne = one
    this.laneTwo = two
    return this.find(kind, length, add)
  }

  /** Finds the candidate at the arena's tail, whose lanes are set. */
  private find(kind: TermKind, length: number, add: boolean): TermIndex {
    const one = mix(this.laneOne, length)
    const mask = this.slots.length - 1
    let slot = one & mask
    for (let term = this.slots[slot]; term !== 0; term = this.slots[slot]) {
      if (this.one[term] === one && this.kinds[term] === kind && this.equalsTail(term, length)) return term
      slot = (slot + 1) & mask
    }
    if (add) return this.keep(kind, length, slot, one)
    this.newSlot = slot
    this.newOne = one
    return 0
  }

  /** Adds the text that was asked for last, and not found; nothing may have been asked for since. */
  addLast(kind: TermKind, length: number): TermIndex {
    return this.keep(kind, length, this.newSlot, this.newOne)
  }

  private equalsTail(term: TermIndex, length: number): boolean {
    const { arena } = this
    const from = this.offsets[term]
    if (this.offsets[term + 1] - from !== length) return false
    const tail = this.offsets[this.end]
    for (let i = 0; i < length; i++) if (arena[from + i] !== arena[tail + i]) return false
    return true
  }

  private keep(kind: TermKind, length: number, slot: number, one: number): TermIndex {
    const term = this.end
    if (term + 1 >= this.kinds.length) this.growTerms(Math.ceil(term * this.growth) + 8)
    this.kinds[term] = kind
    this.one[term] = one
    this.two[term] = mix(this.laneTwo, length)
    this.slots[slot] = term
    this.end = term + 1
    this.offsets[this.end] = this.offsets[term] + length
    if (this.end * 3 > this.slots.length * 2) this.rehash(this.slots.length * 2)
    return term
  }

  /**
   * Forgets every term from `end` on. The last in is the first out, so that linear probing needs no tombstones: what was put
   * into a slot later is gone already.
   */
  forget(end: TermIndex): void {
    for (let term = this.end - 1; term >= end; term--) {
      const mask = this.slots.length - 1
      let slot = this.one[term] & mask
      while (this.slots[slot] !== term) slot = (slot + 1) & mask
      this.slots[slot] = 0
      this.strings[term] = undefined
    }
    this.end = end
  }

  private room(bytes: number): void {
    const needed = this.offsets[this.end] + bytes
    if (needed > this.arena.length)
      this.arena = resized(this.arena, Math.max(needed, Math.ceil(this.arena.length * this.growth)))
  }

  private growTerms(size: number): void {
    this.offsets = resized(this.offsets, size + 1)
    this.kinds = resized(this.kinds, size)
    this.one = resized(this.one, size)
    this.two = resized(this.two, size)
    this.strings.length = size
  }

  private rehash(size: number): void {
    this.slots = new Int32Array(size)
    const mask = size - 1
    for (let term = 1; term < this.end; term++) {
      let slot = this.one[term] & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = term
    }
  }
}
