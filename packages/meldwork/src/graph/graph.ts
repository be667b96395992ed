import { Heads, type HybridTime, OperationTimes, type ReplicaIndex, Replicas } from '../causality/index.js'
import { type Changes, deleteStride, insertStride } from '../operation/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import { AllBut } from './all-but.js'
import { Dictionary } from './dictionary.js'
import { Digest, type DigestValue, tripleHash } from './digest.js'
import { byInference, Effect, Effects, effectStride, visibly, wasHidden } from './effects.js'
import type { ForeignPairs } from './foreign-pairs.js'
import { addListProperties } from './list-properties.js'
import { Lists } from './lists.js'
import { referencesTo } from './references-to.js'
import { Triples } from './triples.js'
import type { ListView, ObservedGraph } from './visible.js'

/** How many numbers a live pair takes in {@link Graph.observed}: property, object, counter, replica, hidden (0 or 1). */
export const observedStride = 5
/** How many numbers a live pair takes in a list of pairs: subject, property, object, counter, replica. */
const pairStride = 5

/** Of a state that is joined, what was here before may be one part in so many: then it is added to the state, not the state to it. */
const mostBeside = 8

/** Where an operation stands in causality, in one clone's indexes. */
export interface OperationPlace {
  readonly author: ReplicaIndex
  readonly first: number
  readonly last: number
  readonly check: number
  readonly time: HybridTime
  /** The author's frontier without its own previous operation. */
  readonly heads: readonly (readonly [ReplicaIndex, number])[]
}

/** What the vector, the heads and the times were before a change: for undoing it. Flat, since one is kept for each operation until that is durable. */
export interface CausalUndo {
  /** Of an operation: its author, and how far the vector was with it; -1 where a state was joined. */
  readonly author: ReplicaIndex | -1
  readonly counter: number
  readonly check: number
  /** Of an operation, what {@link Heads.before} gave; where a state was joined, all. */
  readonly heads: readonly number[]
  /** Where a state was joined, of each replica of its vector. */
  readonly joined: readonly JoinUndo[] | undefined
}

interface JoinUndo {
  readonly replica: ReplicaIndex
  readonly counter: number
  readonly check: number
  readonly times: ReturnType<OperationTimes['copy']>
}

/** A state from elsewhere, in this clone's ids: what {@link Graph.join} takes, once. */
export interface ForeignState {
  readonly vector: ReadonlyMap<ReplicaIndex, { readonly counter: number; readonly check: number }>
  readonly heads: Heads
  /** By replica, ascending: [first counter, time]. */
  readonly times: ReadonlyMap<ReplicaIndex, readonly (readonly [number, HybridTime])[]>
  /** A graph may take them over: they are of no use to anybody else afterwards. */
  readonly pairs: ForeignPairs
}

/**
 * The state of one clone: an observed-remove set of triples without tombstones (after Bieniusa et al., "An optimized conflict-free replicated
 * set", 2012), with its version vector, causal frontier, times, and digest; and which of the live triples are visible.
 *
 * Two invariants: (1) a pair (dot, triple) is live exactly when the vector covers the dot and no operation here has deleted it, so that a
 * dot that the vector covers and the state lacks has been deleted; (2) the vector stands at ends of operations, and is causally closed: whoever
 * calls {@link apply} has made sure that the operation's causes are here.
 *
 * It is pure: it decides and keeps nothing outside itself. It knows no rules: who makes triples hidden is `transaction`.
 */
export class Graph implements ObservedGraph {
  readonly terms: Dictionary
  readonly replicas = new Replicas()
  readonly heads = new Heads()
  readonly times = new OperationTimes()
  /** The type that a list has by default. */
  readonly listType: ValueId
  /** The order of lists. */
  readonly lists: Lists
  private triples = new Triples()
  /** By property: how many of its triples have an IRI as their object. */
  private referenceCounts: number[] = []
  private pairsDigest = new Digest()
  private readonly buffer: number[] = []

  /** @param isLegal see {@link Dictionary} */
  constructor(isLegal: (kind: TermKind, text: string) => boolean) {
    this.terms = new Dictionary(isLegal)
    this.listType = addListProperties(this.terms, isLegal)
    this.lists = new Lists(this.terms, this.triples)
  }

  // --- reading what is visible

  get tripleCount(): number {
    const { count, hiddenCount, inferredCount } = this.triples
    return count - hiddenCount + inferredCount
  }

  get subjectCount(): number {
    return this.triples.subjectCount
  }

  has(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    return this.triples.isVisible(subject, property, object)
  }

  objects(subject: ValueId, property: PropertyId, into: number[]): number {
    return this.triples.visibleObjects(subject, property, into)
  }

  triplesOf(subject: ValueId, into: number[]): number {
    return this.triples.visibleOf(subject, into)
  }

  subjects(property: PropertyId, object: ValueId, into: number[]): number {
    return this.triples.subjectsWith(property, object, into)
  }

  pairs(property: PropertyId, into: number[]): number {
    return this.triples.pairsWith(property, into)
  }

  references(object: ValueId, into: number[]): number {
    return referencesTo(this, object, into)
  }

  allSubjects(into: number[]): number {
    let filled = 0
    for (const subject of this.triples.subjects()) if (this.triples.isSubjectVisible(subject)) into[filled++] = subject
    return filled
  }

  countSubjects(property: PropertyId, object: ValueId): number {
    return this.triples.countWith(property, object)
  }

  countProperty(property: PropertyId): number {
    return this.triples.countProperty(property)
  }

  list(list: ValueId): ListView {
    return this.lists.view(list)
  }

  // --- reading what is live

  get liveCount(): number {
    return this.triples.count
  }

  /** Whether a triple is live, visible or not. */
  isLive(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    return this.triples.isLive(subject, property, object)
  }

  /** How many live or inferred triples of a property refer to a subject. */
  countReferences(property: PropertyId): number {
    return this.referenceCounts[property] ?? 0
  }

  /**
   * The live pairs of a subject, or of one property of it, hidden ones too: what a write acts on.
   * Fills {@link observedStride} numbers a pair. @returns how many numbers
   */
  observed(subject: ValueId, property: PropertyId | -1, into: number[]): number {
    return this.triples.pairsOf(subject, property, into)
  }

  liveSubjectsWith(property: PropertyId, object: ValueId, into: number[]): number {
    const visible = this.triples.subjectsWith(property, object, into)
    const { buffer } = this
    const hidden = this.triples.hiddenSubjectsWith(property, object, buffer)
    for (let i = 0; i < hidden; i++) into[visible + i] = buffer[i]
    if (this.triples.inferredCount === 0) return visible + hidden
    let filled = 0
    for (let i = 0; i < visible + hidden; i++) if (this.isLive(into[i], property, object)) into[filled++] = into[i]
    return filled
  }

  dots(subject: ValueId, property: PropertyId, object: ValueId, into: number[]): number {
    return this.triples.dotsOf(subject, property, object, into)
  }

  /** Whether exactly this pair of dot and triple is live. */
  isPair(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex): boolean {
    return this.triples.isPair(subject, property, object, counter, replica)
  }

  /** Subjects with a live triple, in the order of their making, nearly. */
  *liveSubjects(): IterableIterator<ValueId> {
    for (const subject of this.triples.subjects()) if (this.triples.isSubjectLive(subject)) yield subject
  }

  /** Of all live pairs. */
  get digest(): DigestValue {
    return this.pairsDigest.value
  }

  /** Bytes in typed arrays: terms and triples. */
  get byteSize(): number {
    return this.terms.byteSize + this.triples.byteSize
  }

  // --- changing

  /**
   * Applies an operation whose causes are all here. Deletes of dots that are not live do nothing; where a replica id forked, a delete
   * takes all triples that its dot names at this subject and property, so that it does the same on every clone.
   * @param effects receives what was done
   * @returns what {@link undo} needs beside the effects
   */
  apply(place: OperationPlace, changes: Changes, effects: Effects): CausalUndo {
    const { author } = place
    const { counters, checks } = this.replicas
    const heads = this.heads.before(author, place.heads)
    const before = { author, counter: counters[author], check: checks[author], heads, joined: undefined }
    const { deletes, deleteLength } = changes
    for (let at = 0; at < deleteLength; at += deleteStride)
      while (this.remove(deletes[at], deletes[at + 1], 0, deletes[at + 3], deletes[at + 4], effects));
    const covered = before.counter
    this.insertAll(place, changes, covered, effects)
    for (const [replica, counter] of place.heads) this.heads.see(replica, counter)
    this.heads.add(author, place.last)
    this.replicas.set(author, place.last, place.check)
    this.times.add(author, Math.max(place.first, covered + 1), place.time)
    return before
  }

  /** @param covered what the vector covers already: where a replica id forked, an operation may begin below that */
  private insertAll(place: OperationPlace, changes: Changes, covered: number, effects: Effects): void {
    const { inserts, insertLength } = changes
    let counter = place.first
    for (let at = 0; at < insertLength; ) {
      const subject = inserts[at]
      let end = at
      while (end < insertLength && inserts[end] === subject) end += insertStride
      this.triples.expected = (end - at) / insertStride
      for (; at < end; at += insertStride, counter++)
        if (counter > covered) this.insert(subject, inserts[at + 1], inserts[at + 2], counter, place.author, effects)
    }
    this.triples.expected = 1
  }

  private insert(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    counter: number,
    replica: ReplicaIndex,
    effects: Effects,
  ): void {
    const isNew = this.triples.insert(subject, property, object, counter, replica)
    const isNews = isNew && !this.triples.wasInferred
    if (isNews && this.isReference(object)) this.referenceCounts[property] = this.countReferences(property) + 1
    this.digestPair(1, subject, property, object, counter, replica)
    effects.push(Effect.inserted | (isNews ? visibly : 0), subject, property, object, counter, replica)
  }

  /** @param anyObject the object, or 0 for any: on the wire a delete names none. @returns whether there was such a pair */
  private remove(
    subject: ValueId,
    property: PropertyId,
    anyObject: ValueId | 0,
    counter: number,
    replica: ReplicaIndex,
    effects: Effects,
  ): boolean {
    const { triples } = this
    if (!triples.remove(subject, property, anyObject, counter, replica)) return false
    const object = triples.removedObject
    if (triples.removedTriple && this.isReference(object)) this.referenceCounts[property]--
    this.digestPair(-1, subject, property, object, counter, replica)
    const gone = triples.removedTriple ? (triples.removedVisible ? visibly : wasHidden) : 0
    effects.push(Effect.removed | gone, subject, property, object, counter, replica)
    return true
  }

  private isReference(object: ValueId): boolean {
    return (object & 3) === 0 && this.terms.kind(object) === TermKind.iri
  }

  private digestPair(
    sign: 1 | -1,
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    counter: number,
    replica: ReplicaIndex,
  ): void {
    const { terms, replicas } = this
    const predicate = terms.propertyTerm(property)
    const one = tripleHash(terms.hashOne(subject), terms.hashOne(predicate), terms.hashOne(object))
    const two = tripleHash(terms.hashTwo(subject), terms.hashTwo(predicate), terms.hashTwo(object))
    this.pairsDigest.add(sign, one, two, counter, replicas.hashOne[replica], replicas.hashTwo[replica])
  }

  /** Makes a live triple hidden or visible; nothing when it is so already. */
  setHidden(subject: ValueId, property: PropertyId, object: ValueId, hidden: boolean, effects: Effects): void {
    if (this.triples.setHidden(subject, property, object, hidden))
      effects.push((hidden ? Effect.hidden : Effect.shown) | visibly, subject, property, object, 0, 0)
  }

  /** Makes a triple that is not live visible, or invisible again; nothing when it is so already, or live. */
  setInferred(subject: ValueId, property: PropertyId, object: ValueId, inferred: boolean, effects: Effects): void {
    if (!this.changeInferred(subject, property, object, inferred)) return
    effects.push((inferred ? Effect.shown : Effect.hidden) | visibly | byInference, subject, property, object, 0, 0)
  }

  private changeInferred(subject: ValueId, property: PropertyId, object: ValueId, inferred: boolean): boolean {
    const { triples } = this
    if (!(inferred ? triples.infer(subject, property, object) : triples.uninfer(subject, property, object)))
      return false
    if (this.isReference(object)) this.referenceCounts[property] = this.countReferences(property) + (inferred ? 1 : -1)
    return true
  }

  /**
   * Joins another state into this one: keeps a pair that both have, or that one has and the other's vector does not cover. Associative,
   * commutative, idempotent, and equal to applying the operations behind it.
   */
  join(theirs: ForeignState, effects: Effects): CausalUndo {
    return this.take(theirs, false, effects)
  }

  /**
   * Heals a divergence: keeps every pair that either has. Only for a state with the very same vector: the ordinary join would delete
   * everywhere what one clone has lost.
   */
  unite(theirs: ForeignState, effects: Effects): CausalUndo {
    return this.take(theirs, true, effects)
  }

  private take(theirs: ForeignState, everything: boolean, effects: Effects): CausalUndo {
    const { replicas } = this
    const replicaIds = [...theirs.vector.keys()]
    const joined = replicaIds.map(replica => ({
      replica,
      counter: replicas.counters[replica],
      check: replicas.checks[replica],
      times: this.times.copy(replica),
    }))
    const before: CausalUndo = { author: -1, counter: 0, check: 0, heads: this.heads.copy(), joined }
    // A new clone takes all of it, and what it has written itself is added: there is nothing to compare.
    if (this.isApart(theirs)) this.adopt(theirs.pairs, effects)
    else this.merge(theirs, everything, effects)

    const counters = new Map(Array.from(theirs.vector, ([replica, { counter }]) => [replica, counter]))
    this.heads.join(theirs.heads, replicas, counters)
    for (const [replica, { counter, check }] of theirs.vector)
      if (counter > replicas.counters[replica]) replicas.set(replica, counter, check)
    for (const [replica, entries] of theirs.times) this.times.merge(replica, entries)
    return before
  }

  /** Whether neither state has seen anything of the other, and this one is by far the smaller; or has nothing at all. */
  private isApart({ vector, pairs }: ForeignState): boolean {
    const { count, hiddenCount, inferredCount } = this.triples
    if (count * mostBeside > pairs.triples.count || hiddenCount > 0 || inferredCount > 0) return false
    for (const replica of vector.keys()) if (this.replicas.counters[replica] > 0) return false
    return true
  }

  /** Takes over another state's pairs as they are, and adds what was here: nothing of either is lost by the other. */
  private adopt({ triples, referenceCounts, digest }: ForeignPairs, effects: Effects): void {
    const before = this.triples
    const observed: number[] = []
    this.triples = triples
    this.referenceCounts = referenceCounts
    this.pairsDigest = digest
    const ignored = new Effects()
    for (const subject of before.subjects()) {
      const length = before.pairsOf(subject, -1, observed)
      for (let at = 0; at < length; at += observedStride)
        this.insert(subject, observed[at], observed[at + 1], observed[at + 2], observed[at + 3], ignored)
      ignored.clear()
    }
    triples.succeed(before)
    this.lists.triples = triples
    effects.everything = before.count === 0 ? this : new AllBut(this, before)
  }

  private merge({ vector, pairs }: ForeignState, everything: boolean, effects: Effects): void {
    const { replicas, triples } = this
    const read: number[] = []
    for (const subject of pairs.triples.subjects()) {
      const length = pairs.triples.pairsOf(subject, -1, read)
      for (let at = 0; at < length; at += observedStride)
        triples.mark(subject, read[at], read[at + 1], read[at + 2], read[at + 3])
    }
    const mine: number[] = []
    const swept = triples.sweep(mine)
    for (let at = 0; at < swept; at += pairStride)
      if (!everything && mine[at + 3] <= (vector.get(mine[at + 4])?.counter ?? 0))
        this.remove(mine[at], mine[at + 1], mine[at + 2], mine[at + 3], mine[at + 4], effects)
    for (const subject of pairs.triples.subjects()) {
      const length = pairs.triples.pairsOf(subject, -1, read)
      triples.expected = length / observedStride
      for (let at = 0; at < length; at += observedStride) {
        const counter = read[at + 2]
        const replica = read[at + 3]
        const isNew = everything || counter > replicas.counters[replica]
        if (isNew && !triples.isPair(subject, read[at], read[at + 1], counter, replica))
          this.insert(subject, read[at], read[at + 1], counter, replica, effects)
      }
    }
    triples.expected = 1
  }

  listPairs(
    sink: (subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex) => void,
  ): void {
    const read: number[] = []
    for (const subject of this.triples.subjects()) {
      const length = this.triples.pairsOf(subject, -1, read)
      for (let at = 0; at < length; at += observedStride)
        sink(subject, read[at], read[at + 1], read[at + 2], read[at + 3])
    }
  }

  listVisible(): number[] {
    return this.triples.allVisible()
  }

  /** Takes back the last {@link apply} or {@link join}, and the hiding that came with it. */
  undo(effects: Effects, before: CausalUndo): void {
    effects.spell()
    const { list } = effects
    const ignored = new Effects()
    for (let at = effects.length - effectStride; at >= 0; at -= effectStride) {
      const [what, subject, property, object, counter, replica] = list.slice(at, at + effectStride)
      ignored.clear()
      switch (what & 3) {
        case Effect.inserted:
          this.remove(subject, property, object, counter, replica, ignored)
          break
        case Effect.removed:
          this.insert(subject, property, object, counter, replica, ignored)
          if ((what & wasHidden) !== 0) this.triples.setHidden(subject, property, object, true)
          break
        default: {
          const hides = (what & 3) === Effect.hidden
          if ((what & byInference) !== 0) this.changeInferred(subject, property, object, hides)
          else this.triples.setHidden(subject, property, object, !hides)
        }
      }
    }
    if (before.joined === undefined) {
      this.heads.putBack(before.heads)
      this.replicas.set(before.author, before.counter, before.check)
      this.times.undo(before.author)
      return
    }
    this.heads.restore(before.heads)
    for (const { replica, counter, check, times } of before.joined) {
      this.replicas.set(replica, counter, check)
      this.times.restore(replica, times)
    }
  }
}
