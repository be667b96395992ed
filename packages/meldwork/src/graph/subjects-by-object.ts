import { mix } from '../codec/index.js'
import type { ValueId } from '../rdf/index.js'

/** More subjects of one object are kept as a set: until then, they are looked through. */
const fewAtMost = 16
const leastSlots = 16
/** In place of a subject: the object has a set. No subject is 0, nor is an object. */
const many = 0

/**
 * One property's index: from an object to its subjects. Pairs [object, subject] in a hash table with linear probing (Knuth, The Art of Computer Programming 3, 6.4), in
 * which an object may stand several times: a third of what a `Map` takes for mostly different objects.
 */
export class SubjectsByObject {
  /** One that stays: with none alive, a collection makes V8 forget their shape, and drop all code optimised for it. */
  static readonly idle: SubjectsByObject = new SubjectsByObject()

  /** [object, subject] for each slot. */
  private slots: Int32Array = new Int32Array(2 * leastSlots)
  private used = 0
  private readonly sets = new Map<ValueId, Set<ValueId>>()

  /** The pair must not be there. */
  add(object: ValueId, subject: ValueId): void {
    let few = 0
    let at = this.homeOf(object)
    for (; this.slots[at] !== 0; at = this.after(at)) {
      if (this.slots[at] !== object) continue
      if (this.slots[at + 1] === many) {
        this.sets.get(object)!.add(subject)
        return
      }
      few++
    }
    if (few < fewAtMost) this.put(at, object, subject)
    else this.becomeSet(object, subject)
  }

  private becomeSet(object: ValueId, subject: ValueId): void {
    const subjects: ValueId[] = []
    this.subjects(object, subjects)
    for (const each of subjects) this.removeSlot(this.slotOf(object, each))
    this.sets.set(object, new Set(subjects).add(subject))
    this.put(this.slotOf(0, 0, object), object, many)
  }

  /** The pair must be there. */
  remove(object: ValueId, subject: ValueId): void {
    const set = this.sets.get(object)
    if (set === undefined) {
      this.removeSlot(this.slotOf(object, subject))
      return
    }
    set.delete(subject)
    if (set.size > 0) return
    this.sets.delete(object)
    this.removeSlot(this.slotOf(object, many))
  }

  count(object: ValueId): number {
    let count = 0
    const { slots } = this
    for (let at = this.homeOf(object); slots[at] !== 0; at = this.after(at)) {
      if (slots[at] !== object) continue
      if (slots[at + 1] === many) return this.sets.get(object)!.size
      count++
    }
    return count
  }

  /** @returns how many are in `into` */
  subjects(object: ValueId, into: number[]): number {
    let filled = 0
    const { slots } = this
    for (let at = this.homeOf(object); slots[at] !== 0; at = this.after(at)) {
      if (slots[at] !== object) continue
      if (slots[at + 1] !== many) into[filled++] = slots[at + 1]
      else for (const subject of this.sets.get(object)!) into[filled++] = subject
    }
    return filled
  }

  /** Fills `[subject, object, ...]`, in no order. */
  pairs(into: number[]): number {
    let filled = 0
    const { slots } = this
    for (let at = 0; at < slots.length; at += 2) {
      if (slots[at] === 0 || slots[at + 1] === many) continue
      into[filled++] = slots[at + 1]
      into[filled++] = slots[at]
    }
    for (const [object, subjects] of this.sets)
      for (const subject of subjects) {
        into[filled++] = subject
        into[filled++] = object
      }
    return filled
  }

  /** Of the table; a set's members, which are JavaScript objects, are not counted. */
  get byteSize(): number {
    return this.slots.byteLength
  }

  // --- slots: by the place of the object in the array

  private homeOf(object: ValueId): number {
    return (mix(object, 0) << 1) & (this.slots.length - 1)
  }

  private after(at: number): number {
    return (at + 2) & (this.slots.length - 1)
  }

  /** Where a pair stands, or a free slot: that is `[0, 0]`, looked for from the home of `near`. */
  private slotOf(object: ValueId, subject: ValueId, near = object): number {
    let at = this.homeOf(near)
    while (this.slots[at] !== object || this.slots[at + 1] !== subject) at = this.after(at)
    return at
  }

  private put(at: number, object: ValueId, subject: ValueId): void {
    this.slots[at] = object
    this.slots[at + 1] = subject
    // At most two thirds are full: runs stay short.
    if (++this.used * 3 > this.slots.length) this.resize(this.slots.length * 2)
  }

  /** Closes the gap: whatever stands behind and could stand nearer to its home moves there. */
  private removeSlot(removed: number): void {
    const { slots } = this
    let gap = removed
    for (let at = this.after(gap); slots[at] !== 0; at = this.after(at)) {
      const fromHome = (at - this.homeOf(slots[at])) & (slots.length - 1)
      const fromGap = (at - gap) & (slots.length - 1)
      if (fromHome < fromGap) continue
      slots[gap] = slots[at]
      slots[gap + 1] = slots[at + 1]
      gap = at
    }
    slots[gap] = 0
    slots[gap + 1] = 0
    if (--this.used * 16 < slots.length && slots.length > 2 * leastSlots) this.resize(slots.length / 2)
  }

  private resize(length: number): void {
    const before = this.slots
    this.slots = new Int32Array(length)
    for (let from = 0; from < before.length; from += 2) {
      if (before[from] === 0) continue
      const at = this.slotOf(0, 0, before[from])
      this.slots[at] = before[from]
      this.slots[at + 1] = before[from + 1]
    }
  }
}
