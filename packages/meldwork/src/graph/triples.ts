import type { ReplicaIndex } from '../causality/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { ListProperty, listPropertyCount } from './list-properties.js'
import { Postings } from './postings.js'
import { leastGrowth, resized } from './terms.js'
import { WideSubjects, wideAbove } from './wide.js'
import { WideDots } from './wide-dots.js'

/** How many numbers a triple takes in a block: property, object, counter, replica with flags. */
const entryStride = 4
/** Numbers before the first entry of a block: how many triples, how many fit, the subject's term (0 when the block is free). */
const blockHead = 3

/** Flags beside the replica's index in the last number of an entry. */
const hiddenFlag = 1 << 29
/** Set on the pairs that a join has found on both sides. */
const markFlag = 1 << 28
const replicaMask = markFlag - 1

/** Pairs, column by column. */
export interface PairColumns {
  readonly properties: Int32Array
  readonly objects: Int32Array
  readonly counters: Int32Array
  readonly replicas: Int32Array
}

/** The second and further dots of one triple, from concurrent inserts of the same: [counter, replica, ...]. Rare. */
type FurtherDots = Map<string, number[]>

/**
 * Live triples with their dots: all in one `Int32Array`, each subject a contiguous block that moves when it is full.
 *
 *     slab      ... | n  capacity  subject  (property object counter replica)*capacity | ...
 *     blockOf   subject's term -> where its block starts, 0 for none
 *     free      blocks let go, by capacity
 *
 * A subject with more than a few dozen triples also gets a hash index of its own (`wide.ts`); a property gets postings when a
 * query first asks for subjects by value (`postings.ts`). A hidden triple is live but not in the postings. An inferred one is not live: it has the counter 0, which no
 * dot has, and is otherwise as a visible one.
 *
 * Costs: insert, remove, has: O(triples of the subject) up to the wide limit, else O(1); all of a subject: contiguous.
 */
export class Triples {
  private slab = new Int32Array(256)
  private slabEnd = 1
  private blockOf = new Int32Array(64)
  private readonly free = new Map<number, number[]>()
  private readonly wide = new WideSubjects()
  private readonly wideDots = new WideDots()
  private readonly named: number[] = []
  private readonly postings = new Postings()
  /** Of hidden triples: the properties that have had one. */
  private readonly hiddenPostings = new Postings()
  /** The slots of lists of which a triple has become visible or invisible, once someone asks for lists (`lists.ts`). */
  noted: Set<ValueId> | undefined
  private further: FurtherDots | undefined
  private readonly markedFurther = new Set<string>()
  private readonly perProperty: number[] = []
  /** How many live triples there are, hidden ones included; and how many of them are hidden. */
  count = 0
  hiddenCount = 0
  subjectCount = 0
  /** How many triples there are that are only inferred. */
  inferredCount = 0
  /** How many entries a block made by the next insert of a new subject should hold. */
  expected = 1
  /** By how much what is full grows, at the least. */
  growth = leastGrowth
  /** Set by {@link remove}: the object of the pair that was removed. */
  removedObject: ValueId = 0
  /** Set by {@link remove}: whether the triple is live no more, and whether it was visible. */
  removedTriple = false
  removedVisible = false
  /** Set by {@link insert}: whether the triple was visible before, since it was inferred. */
  wasInferred = false

  /** Where the block of a subject starts, or 0. */
  private block(subject: ValueId): number {
    const term = subject >>> 2
    return term < this.blockOf.length ? this.blockOf[term] : 0
  }

  /** Where the entry of a triple starts, or 0. */
  private find(subject: ValueId, property: PropertyId, object: ValueId): number {
    const block = this.block(subject)
    if (block === 0) return 0
    const { slab } = this
    const count = slab[block]
    if (count > wideAbove) {
      const entry = this.wide.find(subject, slab, block, property, object)
      return entry < 0 ? 0 : block + blockHead + entry * entryStride
    }
    const end = block + blockHead + count * entryStride
    for (let at = block + blockHead; at < end; at += entryStride)
      if (slab[at + 1] === object && slab[at] === property) return at
    return 0
  }

  isLive(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const at = this.find(subject, property, object)
    return at !== 0 && this.slab[at + 2] !== 0
  }

  isVisible(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const at = this.find(subject, property, object)
    return at !== 0 && (this.slab[at + 3] & hiddenFlag) === 0
  }

  /** Whether exactly this pair is live. */
  isPair(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex): boolean {
    const at = this.find(subject, property, object)
    if (at === 0) return false
    if (this.slab[at + 2] === counter && (this.slab[at + 3] & replicaMask) === replica) return true
    const more = this.further?.get(furtherKey(subject, property, object)) ?? []
    for (let i = 0; i < more.length; i += 2) if (more[i] === counter && more[i + 1] === replica) return true
    return false
  }

  /** Fills `[counter, replica, ...]` with the dots of a triple. @returns how many numbers */
  dotsOf(subject: ValueId, property: PropertyId, object: ValueId, into: number[]): number {
    const at = this.find(subject, property, object)
    if (at === 0 || this.slab[at + 2] === 0) return 0
    into[0] = this.slab[at + 2]
    into[1] = this.slab[at + 3] & replicaMask
    const more = this.further?.get(furtherKey(subject, property, object)) ?? []
    for (let i = 0; i < more.length; i++) into[2 + i] = more[i]
    return 2 + more.length
  }

  /** Adds a pair. @returns whether the triple was not live before */
  insert(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex): boolean {
    const at = this.block(subject) === 0 ? 0 : this.find(subject, property, object)
    this.wasInferred = at !== 0 && this.slab[at + 2] === 0
    if (this.wasInferred) this.becomesLive(subject, at, counter, replica)
    else if (at !== 0) {
      this.addFurther(subject, property, object, counter, replica)
      return false
    } else this.add(subject, property, object, counter, replica)
    this.count++
    return true
  }

  private becomesLive(subject: ValueId, at: number, counter: number, replica: ReplicaIndex): void {
    const block = this.block(subject)
    this.slab[at + 2] = counter
    this.slab[at + 3] = replica
    this.inferredCount--
    if (this.wide.has(subject)) this.wideDots.came(subject, this.slab, block, (at - block - blockHead) / entryStride)
  }

  /** Adds a triple that no dot names. @returns whether there was none */
  infer(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    if (this.find(subject, property, object) !== 0) return false
    this.add(subject, property, object, 0, 0)
    this.inferredCount++
    return true
  }

  /** Takes one away that no dot names. @returns whether there was one */
  uninfer(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const at = this.find(subject, property, object)
    if (at === 0 || this.slab[at + 2] !== 0) return false
    this.removeEntry(subject, this.block(subject), at)
    this.count++
    this.inferredCount--
    return true
  }

  hasSubject(subject: ValueId): boolean {
    return this.block(subject) !== 0
  }

  /** Begins a subject that is not here. @param capacity how many triples there is room for, at least 1 */
  private begin(subject: ValueId, capacity: number): number {
    const term = subject >>> 2
    if (term >= this.blockOf.length)
      this.blockOf = resized(this.blockOf, Math.max(term + 1, Math.ceil(this.blockOf.length * this.growth)))
    const block = this.allocate(capacity, term)
    this.blockOf[term] = block
    this.subjectCount++
    return block
  }

  /**
   * Adds the pairs `from` to `to` of a subject that is not here. Their triples are different ones: nothing is looked for.
   * @param indexes what stands in `replicas` are places in it
   */
  addSubject(
    subject: ValueId,
    { properties, objects, counters, replicas }: PairColumns,
    from: number,
    to: number,
    indexes: readonly ReplicaIndex[],
  ): void {
    const block = this.begin(subject, to - from)
    for (let at = from; at < to; at++)
      this.addEntry(subject, block, properties[at], objects[at], counters[at], indexes[replicas[at]])
    this.count += to - from
  }

  private add(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex): void {
    let block = this.block(subject)
    if (block === 0) block = this.begin(subject, this.expected)
    else if (this.slab[block] === this.slab[block + 1]) block = this.enlarge(subject >>> 2, block)
    this.addEntry(subject, block, property, object, counter, replica)
  }

  private addEntry(
    subject: ValueId,
    block: number,
    property: PropertyId,
    object: ValueId,
    counter: number,
    replica: ReplicaIndex,
  ): void {
    const { slab } = this
    const entry = slab[block]++
    const at = block + blockHead + entry * entryStride
    slab[at] = property
    slab[at + 1] = object
    slab[at + 2] = counter
    slab[at + 3] = replica
    this.perProperty[property] = (this.perProperty[property] ?? 0) + 1
    if (this.wide.has(subject)) {
      this.wide.inserted(subject, property, object, entry, slab, block)
      this.wideDots.came(subject, slab, block, entry)
    }
    if (property < listPropertyCount) this.note(subject, property, object)
    this.postings.add(property, object, subject)
  }

  /** Takes the place of another, whose triples are here, too: whoever asked it for lists is to be told of what is here. */
  succeed(before: Triples): void {
    this.noted = before.noted
    if (this.noted === undefined) return
    const { slab } = this
    for (const subject of this.subjects()) {
      const block = this.block(subject)
      const end = block + blockHead + slab[block] * entryStride
      for (let at = block + blockHead; at < end; at += entryStride)
        if (slab[at] < listPropertyCount) this.note(subject, slab[at], slab[at + 1])
    }
  }

  private note(subject: ValueId, property: PropertyId, object: ValueId): void {
    this.noted?.add(property === ListProperty.slot ? object : subject)
  }

  private enlarge(term: number, block: number): number {
    const count = this.slab[block]
    const moved = this.allocate(count < 4 ? count + 1 : count + (count >> 1), term)
    const { slab } = this
    slab.copyWithin(moved + blockHead, block + blockHead, block + blockHead + count * entryStride)
    slab[moved] = count
    this.release(block)
    this.blockOf[term] = moved
    return moved
  }

  private allocate(capacity: number, term: number): number {
    const reused = this.free.get(capacity)?.pop()
    if (reused !== undefined) {
      this.slab[reused] = 0
      this.slab[reused + 2] = term
      return reused
    }
    const size = blockHead + capacity * entryStride
    if (this.slabEnd + size > this.slab.length)
      this.slab = resized(this.slab, Math.max(this.slabEnd + size, Math.ceil(this.slab.length * this.growth)))
    const block = this.slabEnd
    this.slabEnd += size
    this.slab[block] = 0
    this.slab[block + 1] = capacity
    this.slab[block + 2] = term
    return block
  }

  private release(block: number): void {
    const capacity = this.slab[block + 1]
    this.slab[block + 2] = 0
    const blocks = this.free.get(capacity)
    if (blocks === undefined) this.free.set(capacity, [block])
    else blocks.push(block)
  }

  /**
   * Removes the pair of a dot and a triple of this subject and property: of any object when it is 0. Where a replica id forked, a dot may
   * name several: one of them goes at a time.
   * @returns whether it was there; then {@link removedObject}, {@link removedTriple} and {@link removedVisible} tell the rest
   */
  remove(subject: ValueId, property: PropertyId, object: ValueId | 0, counter: number, replica: ReplicaIndex): boolean {
    const block = this.block(subject)
    if (block === 0) return false
    const { slab } = this
    if (slab[block] > wideAbove) {
      const only = this.wide.onlyEntry(subject, slab, block, property)
      if (only === -1) return false
      if (only >= 0) {
        const at = block + blockHead + only * entryStride
        return (object === 0 || slab[at + 1] === object) && this.removeIfDot(subject, block, at, counter, replica)
      }
      if (this.further === undefined) return this.removeNamed(subject, block, property, object, counter, replica)
    }
    const end = block + blockHead + slab[block] * entryStride
    for (let at = block + blockHead; at < end; at += entryStride)
      if (slab[at] === property && (object === 0 || slab[at + 1] === object))
        if (this.removeIfDot(subject, block, at, counter, replica)) return true
    return false
  }

  /** {@link remove} for one of many values of a wide subject, none of which has a further dot. */
  private removeNamed(
    subject: ValueId,
    block: number,
    property: PropertyId,
    object: ValueId | 0,
    counter: number,
    replica: ReplicaIndex,
  ): boolean {
    const { slab, named } = this
    const count = this.wideDots.entries(subject, slab, block, counter, replica, named)
    for (let i = 0; i < count; i++) {
      const at = block + blockHead + named[i] * entryStride
      if (slab[at] === property && (object === 0 || slab[at + 1] === object))
        return this.removeIfDot(subject, block, at, counter, replica)
    }
    return false
  }

  private removeIfDot(subject: ValueId, block: number, at: number, counter: number, replica: ReplicaIndex): boolean {
    const { slab } = this
    const property = slab[at]
    const object = slab[at + 1]
    const flags = slab[at + 3]
    if (slab[at + 2] === counter && (flags & replicaMask) === replica) {
      this.removedObject = object
      this.removedVisible = (flags & hiddenFlag) === 0
      const next = this.further === undefined ? undefined : this.takeFurther(subject, property, object)
      this.removedTriple = next === undefined
      if (next === undefined) this.removeEntry(subject, block, at)
      else {
        const entry = (at - block - blockHead) / entryStride
        this.wideDots.goes(subject, slab, block, entry)
        slab[at + 2] = next[0]
        slab[at + 3] = next[1] | (flags & ~replicaMask)
        this.wideDots.came(subject, slab, block, entry)
      }
      return true
    }
    if (this.further === undefined || !this.removeFurther(subject, property, object, counter, replica)) return false
    this.removedObject = object
    this.removedVisible = (flags & hiddenFlag) === 0
    this.removedTriple = false
    return true
  }

  /** The last entry takes the place of the one that goes in a wide block; a small one keeps its order. */
  private removeEntry(subject: ValueId, block: number, at: number): void {
    const { slab } = this
    const property = slab[at]
    const object = slab[at + 1]
    if ((slab[at + 3] & hiddenFlag) !== 0) {
      this.hiddenCount--
      this.hiddenPostings.remove(property, object, subject)
    } else {
      if (property < listPropertyCount) this.note(subject, property, object)
      this.postings.remove(property, object, subject)
    }
    const count = --slab[block]
    const end = block + blockHead + count * entryStride
    if (this.wide.has(subject)) {
      const entry = (at - block - blockHead) / entryStride
      this.wide.removed(subject, property, object, entry, count, slab, block)
      this.wideDots.goes(subject, slab, block, entry)
      if (entry !== count) this.wideDots.goes(subject, slab, block, count)
      slab.copyWithin(at, end, end + entryStride)
      if (entry !== count) this.wideDots.came(subject, slab, block, entry)
    } else for (let i = at; i < end; i++) slab[i] = slab[i + entryStride]
    this.count--
    this.perProperty[property]--
    if (count === 0) {
      this.release(block)
      this.blockOf[subject >>> 2] = 0
      this.wide.forget(subject)
      this.wideDots.forget(subject)
      this.subjectCount--
    }
  }

  /** Makes a live triple hidden or visible. @returns whether that changed it */
  setHidden(subject: ValueId, property: PropertyId, object: ValueId, hidden: boolean): boolean {
    const at = this.find(subject, property, object)
    if (at === 0) return false
    const was = (this.slab[at + 3] & hiddenFlag) !== 0
    if (was === hidden) return false
    this.slab[at + 3] ^= hiddenFlag
    this.hiddenCount += hidden ? 1 : -1
    if (property < listPropertyCount) this.note(subject, property, object)
    if (hidden) {
      this.postings.remove(property, object, subject)
      if (!this.hiddenPostings.has(property)) this.hiddenPostings.begin(property)
      this.hiddenPostings.add(property, object, subject)
    } else {
      this.hiddenPostings.remove(property, object, subject)
      this.postings.add(property, object, subject)
    }
    return true
  }

  /** Fills `[property, object, ...]` with the visible triples of a subject. @returns how many numbers */
  visibleOf(subject: ValueId, into: number[]): number {
    const block = this.block(subject)
    if (block === 0) return 0
    const { slab } = this
    const end = block + blockHead + slab[block] * entryStride
    let filled = 0
    for (let at = block + blockHead; at < end; at += entryStride) {
      if ((slab[at + 3] & hiddenFlag) !== 0) continue
      into[filled++] = slab[at]
      into[filled++] = slab[at + 1]
    }
    return filled
  }

  /** Fills `[object, ...]` with the visible values of a property. @returns how many */
  visibleObjects(subject: ValueId, property: PropertyId, into: number[]): number {
    const block = this.block(subject)
    if (block === 0) return 0
    const { slab } = this
    let at = block + blockHead
    let end = at + slab[block] * entryStride
    if (slab[block] > wideAbove) {
      const only = this.wide.onlyEntry(subject, slab, block, property)
      if (only === -1) return 0
      if (only >= 0) {
        at += only * entryStride
        end = at + entryStride
      }
    }
    let filled = 0
    for (; at < end; at += entryStride)
      if (slab[at] === property && (slab[at + 3] & hiddenFlag) === 0) into[filled++] = slab[at + 1]
    return filled
  }

  /**
   * Fills `[property, object, counter, replica, hidden (0 or 1), ...]` with every live pair of a subject, or of one property of it:
   * what a write acts on and a join compares. @returns how many numbers
   */
  pairsOf(subject: ValueId, property: PropertyId | -1, into: number[]): number {
    const block = this.block(subject)
    if (block === 0) return 0
    const { slab } = this
    let at = block + blockHead
    let end = at + slab[block] * entryStride
    if (property >= 0 && slab[block] > wideAbove) {
      const only = this.wide.onlyEntry(subject, slab, block, property)
      if (only === -1) return 0
      if (only >= 0) {
        at += only * entryStride
        end = at + entryStride
      }
    }
    let filled = 0
    for (; at < end; at += entryStride) {
      if ((property >= 0 && slab[at] !== property) || slab[at + 2] === 0) continue
      const hidden = (slab[at + 3] & hiddenFlag) === 0 ? 0 : 1
      filled = put(into, filled, slab[at], slab[at + 1], slab[at + 2], slab[at + 3] & replicaMask, hidden)
      if (this.further === undefined) continue
      const more = this.further.get(furtherKey(subject, slab[at], slab[at + 1]))
      if (more !== undefined)
        for (let i = 0; i < more.length; i += 2)
          filled = put(into, filled, slab[at], slab[at + 1], more[i], more[i + 1], hidden)
    }
    return filled
  }

  /** Marks a pair for {@link sweep}. @returns whether exactly this pair is live */
  mark(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex): boolean {
    const at = this.find(subject, property, object)
    if (at === 0) return false
    if (this.slab[at + 2] === counter && (this.slab[at + 3] & replicaMask) === replica) {
      this.slab[at + 3] |= markFlag
      return true
    }
    const key = furtherKey(subject, property, object)
    const more = this.further?.get(key) ?? []
    for (let i = 0; i < more.length; i += 2)
      if (more[i] === counter && more[i + 1] === replica) {
        this.markedFurther.add(`${key} ${counter} ${replica}`)
        return true
      }
    return false
  }

  /** Fills `[subject, property, object, counter, replica, ...]` with the live pairs that are not marked, and clears all marks. */
  sweep(into: number[]): number {
    const { slab } = this
    let filled = 0
    for (let block = 1; block < this.slabEnd; block += blockHead + slab[block + 1] * entryStride) {
      if (slab[block + 2] === 0) continue
      const subject = slab[block + 2] << 2
      const end = block + blockHead + slab[block] * entryStride
      for (let at = block + blockHead; at < end; at += entryStride) {
        if (slab[at + 2] === 0) continue
        const marked = (slab[at + 3] & markFlag) !== 0
        slab[at + 3] &= ~markFlag
        if (!marked)
          filled = put(into, filled, subject, slab[at], slab[at + 1], slab[at + 2], slab[at + 3] & replicaMask)
        if (this.further === undefined) continue
        const key = furtherKey(subject, slab[at], slab[at + 1])
        const more = this.further.get(key) ?? []
        for (let i = 0; i < more.length; i += 2)
          if (!this.markedFurther.has(`${key} ${more[i]} ${more[i + 1]}`))
            filled = put(into, filled, subject, slab[at], slab[at + 1], more[i], more[i + 1])
      }
    }
    this.markedFurther.clear()
    return filled
  }

  /** Every subject that has a triple, in the order of their blocks, which is nearly that of their making. */
  *subjects(): IterableIterator<ValueId> {
    const { slab } = this
    for (let block = 1; block < this.slabEnd; block += blockHead + slab[block + 1] * entryStride)
      if (slab[block + 2] !== 0) yield slab[block + 2] << 2
  }

  /** All visible triples: [subject, property, object, ...]. */
  allVisible(): number[] {
    const { slab } = this
    // Growing would copy, and leave behind, several times as much.
    const all = new Array<number>((this.count - this.hiddenCount + this.inferredCount) * 3)
    let filled = 0
    for (let block = 1; block < this.slabEnd; block += blockHead + slab[block + 1] * entryStride) {
      const subject = slab[block + 2] << 2
      if (subject === 0) continue
      const end = block + blockHead + slab[block] * entryStride
      for (let at = block + blockHead; at < end; at += entryStride) {
        if ((slab[at + 3] & hiddenFlag) !== 0) continue
        all[filled++] = subject
        all[filled++] = slab[at]
        all[filled++] = slab[at + 1]
      }
    }
    return all
  }

  /** Whether any triple of this subject is live. */
  isSubjectLive(subject: ValueId): boolean {
    const block = this.block(subject)
    if (block === 0 || this.inferredCount === 0) return block !== 0
    const { slab } = this
    const end = block + blockHead + slab[block] * entryStride
    for (let at = block + blockHead; at < end; at += entryStride) if (slab[at + 2] !== 0) return true
    return false
  }

  /** Whether any triple of this subject is visible. */
  isSubjectVisible(subject: ValueId): boolean {
    const block = this.block(subject)
    if (block === 0) return false
    if (this.hiddenCount === 0) return true
    const { slab } = this
    const end = block + blockHead + slab[block] * entryStride
    for (let at = block + blockHead; at < end; at += entryStride) if ((slab[at + 3] & hiddenFlag) === 0) return true
    return false
  }

  /** Fills `[subject, ...]` with the subjects that visibly have this value. Builds the property's postings when there are none. */
  subjectsWith(property: PropertyId, object: ValueId, into: number[]): number {
    this.index(property)
    return this.postings.subjects(property, object, into)
  }

  /** Fills `[subject, ...]` with the subjects at which this value is hidden. */
  hiddenSubjectsWith(property: PropertyId, object: ValueId, into: number[]): number {
    return this.hiddenPostings.subjects(property, object, into)
  }

  countWith(property: PropertyId, object: ValueId): number {
    this.index(property)
    return this.postings.count(property, object)
  }

  /** Fills `[subject, object, ...]` with the visible triples of a property. */
  pairsWith(property: PropertyId, into: number[]): number {
    this.index(property)
    return this.postings.pairs(property, into)
  }

  countProperty(property: PropertyId): number {
    return this.perProperty[property] ?? 0
  }

  /** Whether any of them are of slots of lists. */
  get hasLists(): boolean {
    for (let property = 0; property < listPropertyCount; property++) if (this.countProperty(property) > 0) return true
    return false
  }

  private index(property: PropertyId): void {
    if (this.postings.has(property)) return
    this.postings.begin(property)
    const { slab } = this
    for (let block = 1; block < this.slabEnd; block += blockHead + slab[block + 1] * entryStride) {
      const term = slab[block + 2]
      if (term === 0) continue
      const end = block + blockHead + slab[block] * entryStride
      for (let at = block + blockHead; at < end; at += entryStride)
        if (slab[at] === property && (slab[at + 3] & hiddenFlag) === 0)
          this.postings.add(property, slab[at + 1], term << 2)
    }
  }

  /** Bytes of typed arrays. */
  get byteSize(): number {
    return this.slab.byteLength + this.blockOf.byteLength + this.postings.byteSize + this.hiddenPostings.byteSize
  }

  private addFurther(s: ValueId, p: PropertyId, o: ValueId, counter: number, replica: ReplicaIndex): void {
    this.further ??= new Map()
    const key = furtherKey(s, p, o)
    const dots = this.further.get(key)
    if (dots === undefined) this.further.set(key, [counter, replica])
    else dots.push(counter, replica)
  }

  private takeFurther(s: ValueId, p: PropertyId, o: ValueId): number[] | undefined {
    const key = furtherKey(s, p, o)
    const dots = this.further!.get(key)
    if (dots === undefined) return undefined
    const first = dots.splice(0, 2)
    if (dots.length === 0) this.dropFurther(key)
    return first
  }

  private removeFurther(s: ValueId, p: PropertyId, o: ValueId, counter: number, replica: ReplicaIndex): boolean {
    const key = furtherKey(s, p, o)
    const dots = this.further!.get(key)
    if (dots === undefined) return false
    for (let i = 0; i < dots.length; i += 2) {
      if (dots[i] !== counter || dots[i + 1] !== replica) continue
      dots.splice(i, 2)
      if (dots.length === 0) this.dropFurther(key)
      return true
    }
    return false
  }

  private dropFurther(key: string): void {
    this.further!.delete(key)
    if (this.further!.size === 0) this.further = undefined
  }
}

const furtherKey = (subject: ValueId, property: PropertyId, object: ValueId): string =>
  `${subject} ${property} ${object}`

function put(into: number[], at: number, a: number, b: number, c: number, d: number, e: number): number {
  into[at] = a
  into[at + 1] = b
  into[at + 2] = c
  into[at + 3] = d
  into[at + 4] = e
  return at + 5
}
