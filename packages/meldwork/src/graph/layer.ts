import type { ReplicaIndex } from '../causality/index.js'
import type { WireTerms } from '../operation/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import type { Difference } from './effects.js'
import { listOf } from './list-of.js'
import { referencesTo } from './references-to.js'
import type { ListView, ObservedGraph } from './visible.js'

/** The replica that stands in {@link ObservedGraph.observed} for a dot that a layer has made and no operation has named yet. */
export const unnamedReplica: ReplicaIndex = -1

/** One triple as a layer has it, whatever the graph under it has. */
export interface LayerTriple {
  readonly subject: ValueId
  readonly property: PropertyId
  readonly object: ValueId
  /** The named dots: [counter, replica, ...]. */
  readonly dots: number[]
  /** The counter of its unnamed dot, or 0: those of one layer are different. It is live by either. */
  unnamed: number
  hidden: boolean
  /** Whether it is visible and not live. */
  inferred: boolean
  /** In which revision of the layer it came into it. */
  readonly since: number
}

/** What a layer has of one property: its triples by object and subject, and by how much its counts differ from those under it. */
interface LayerProperty {
  readonly values: Map<ValueId, LayerValue>
  live: number
  references: number
}

interface LayerValue {
  readonly triples: Map<ValueId, LayerTriple>
  visible: number
}

/**
 * A graph seen through triples that stand in the place of its own: what is not among them is read from the graph under the layer. Two uses: what was there before
 * others changed it ({@link Snapshot}), and what is there after writes that are not committed ({@link Overlay}).
 *
 * Memory, and the cost of a read beyond that of the graph under it, grow with the number of triples in the layer that belong to what is read.
 */
export abstract class Layer implements ObservedGraph {
  protected readonly under: ObservedGraph
  private readonly bySubject = new Map<ValueId, LayerTriple[]>()
  private readonly byProperty = new Map<PropertyId, LayerProperty>()
  private readonly lists = new Map<ValueId, ListView>()
  private visible = 0
  private readonly buffer: number[] = []
  /** How often something was recorded or applied. */
  revision = 0

  constructor(under: ObservedGraph) {
    this.under = under
  }

  get terms(): WireTerms {
    return this.under.terms
  }

  get listType(): ValueId {
    return this.under.listType
  }

  // --- what is visible

  get tripleCount(): number {
    return this.under.tripleCount + this.visible
  }

  has(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const triple = this.find(subject, property, object)
    return triple === undefined ? this.under.has(subject, property, object) : isVisible(triple)
  }

  objects(subject: ValueId, property: PropertyId, into: number[]): number {
    const count = this.under.objects(subject, property, into)
    const mine = this.bySubject.get(subject)
    if (mine === undefined) return count
    let filled = 0
    for (let i = 0; i < count; i++) if (this.find(subject, property, into[i]) === undefined) into[filled++] = into[i]
    for (const triple of mine) if (triple.property === property && isVisible(triple)) into[filled++] = triple.object
    return filled
  }

  triplesOf(subject: ValueId, into: number[]): number {
    const length = this.under.triplesOf(subject, into)
    const mine = this.bySubject.get(subject)
    if (mine === undefined) return length
    let filled = 0
    for (let at = 0; at < length; at += 2) {
      if (this.find(subject, into[at], into[at + 1]) !== undefined) continue
      into[filled++] = into[at]
      into[filled++] = into[at + 1]
    }
    for (const triple of mine) {
      if (!isVisible(triple)) continue
      into[filled++] = triple.property
      into[filled++] = triple.object
    }
    return filled
  }

  subjects(property: PropertyId, object: ValueId, into: number[]): number {
    const count = this.under.subjects(property, object, into)
    const mine = this.byProperty.get(property)?.values.get(object)
    if (mine === undefined) return count
    let filled = 0
    for (let i = 0; i < count; i++) if (!mine.triples.has(into[i])) into[filled++] = into[i]
    for (const triple of mine.triples.values()) if (isVisible(triple)) into[filled++] = triple.subject
    return filled
  }

  pairs(property: PropertyId, into: number[]): number {
    const length = this.under.pairs(property, into)
    const mine = this.byProperty.get(property)
    if (mine === undefined) return length
    let filled = 0
    for (let at = 0; at < length; at += 2) {
      if (mine.values.get(into[at + 1])?.triples.has(into[at])) continue
      into[filled++] = into[at]
      into[filled++] = into[at + 1]
    }
    for (const { triples } of mine.values.values())
      for (const triple of triples.values()) {
        if (!isVisible(triple)) continue
        into[filled++] = triple.subject
        into[filled++] = triple.object
      }
    return filled
  }

  references(object: ValueId, into: number[]): number {
    return referencesTo(this, object, into)
  }

  allSubjects(into: number[]): number {
    const { bySubject, buffer } = this
    const count = this.under.allSubjects(into)
    let filled = 0
    for (let i = 0; i < count; i++) if (!bySubject.has(into[i])) into[filled++] = into[i]
    for (const subject of bySubject.keys()) if (this.triplesOf(subject, buffer) > 0) into[filled++] = subject
    return filled
  }

  countSubjects(property: PropertyId, object: ValueId): number {
    const mine = this.byProperty.get(property)?.values.get(object)
    return this.under.countSubjects(property, object) + (mine?.visible ?? 0)
  }

  countProperty(property: PropertyId): number {
    return this.under.countProperty(property) + (this.byProperty.get(property)?.live ?? 0)
  }

  list(list: ValueId): ListView {
    let view = this.lists.get(list)
    if (view === undefined) {
      view = listOf(this, list)
      this.lists.set(list, view)
    }
    return view
  }

  // --- what is live

  isLive(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const triple = this.find(subject, property, object)
    return triple === undefined ? this.under.isLive(subject, property, object) : isLive(triple)
  }

  countReferences(property: PropertyId): number {
    return this.under.countReferences(property) + (this.byProperty.get(property)?.references ?? 0)
  }

  liveSubjectsWith(property: PropertyId, object: ValueId, into: number[]): number {
    const count = this.under.liveSubjectsWith(property, object, into)
    const mine = this.byProperty.get(property)?.values.get(object)
    if (mine === undefined) return count
    let filled = 0
    for (let i = 0; i < count; i++) if (!mine.triples.has(into[i])) into[filled++] = into[i]
    for (const triple of mine.triples.values()) if (isLive(triple)) into[filled++] = triple.subject
    return filled
  }

  dots(subject: ValueId, property: PropertyId, object: ValueId, into: number[]): number {
    const triple = this.find(subject, property, object)
    return triple === undefined ? this.under.dots(subject, property, object, into) : dotsOf(triple, into)
  }

  observed(subject: ValueId, property: PropertyId | -1, into: number[]): number {
    const length = this.under.observed(subject, property, into)
    const mine = this.bySubject.get(subject)
    if (mine === undefined) return length
    let filled = 0
    for (let at = 0; at < length; at += 5) {
      if (this.find(subject, into[at], into[at + 1]) !== undefined) continue
      for (let i = 0; i < 5; i++) into[filled++] = into[at + i]
    }
    const { buffer } = this
    for (const triple of mine) {
      if (property >= 0 && triple.property !== property) continue
      const count = dotsOf(triple, buffer)
      for (let i = 0; i < count; i += 2) {
        into[filled++] = triple.property
        into[filled++] = triple.object
        into[filled++] = buffer[i]
        into[filled++] = buffer[i + 1]
        into[filled++] = triple.hidden ? 1 : 0
      }
    }
    return filled
  }

  // --- the layer

  /** Visible triples of the graph under the layer against those of the layer: `inserted` are only there, `deleted` only here. */
  difference(): Difference {
    const inserted: number[] = []
    const deleted: number[] = []
    for (const triple of this.triples()) {
      const { subject, property, object } = triple
      const isHere = isVisible(triple)
      if (isHere === this.under.has(subject, property, object)) continue
      const to = isHere ? deleted : inserted
      to.push(subject, property, object)
    }
    return { inserted, deleted }
  }

  /** The triples in it, subject by subject. */
  protected *triples(): IterableIterator<LayerTriple> {
    for (const triples of this.bySubject.values()) yield* triples
  }

  protected find(subject: ValueId, property: PropertyId, object: ValueId): LayerTriple | undefined {
    if (!this.bySubject.has(subject)) return undefined
    return this.byProperty.get(property)?.values.get(object)?.triples.get(subject)
  }

  /** The triple in the layer: as it is in the graph under it now, when it was not there yet. */
  protected hold(subject: ValueId, property: PropertyId, object: ValueId): LayerTriple {
    const known = this.find(subject, property, object)
    if (known !== undefined) return known
    const { under } = this
    const dots: number[] = []
    const live = under.dots(subject, property, object, dots) > 0
    const isShown = under.has(subject, property, object)
    const [hidden, inferred] = [live && !isShown, !live && isShown]
    const triple = { subject, property, object, dots, unnamed: 0, hidden, inferred, since: this.revision }
    const ofSubject = this.bySubject.get(subject)
    if (ofSubject === undefined) this.bySubject.set(subject, [triple])
    else ofSubject.push(triple)
    let ofProperty = this.byProperty.get(property)
    if (ofProperty === undefined) {
      ofProperty = { values: new Map(), live: 0, references: 0 }
      this.byProperty.set(property, ofProperty)
    }
    const ofValue = ofProperty.values.get(object)
    if (ofValue === undefined) ofProperty.values.set(object, { triples: new Map([[subject, triple]]), visible: 0 })
    else ofValue.triples.set(subject, triple)
    return triple
  }

  /** A triple that the layer holds is live, or visible, in it by so much more than under it. */
  protected count({ property, object }: LayerTriple, live: number, visible: number): void {
    const ofProperty = this.byProperty.get(property)!
    ofProperty.live += live
    if (this.terms.kind(object) === TermKind.iri) ofProperty.references += live
    ofProperty.values.get(object)!.visible += visible
    this.visible += visible
  }

  protected forgetLists(): void {
    this.lists.clear()
  }

  protected clear(): void {
    this.bySubject.clear()
    this.byProperty.clear()
    this.lists.clear()
    this.visible = 0
  }
}

export const isLive = ({ dots, unnamed }: LayerTriple): boolean => unnamed > 0 || dots.length > 0
export const isVisible = (triple: LayerTriple): boolean => triple.inferred || (!triple.hidden && isLive(triple))

/** Takes a named dot away, if it is there. */
export function removeDot({ dots }: LayerTriple, counter: number, replica: ReplicaIndex): void {
  for (let i = 0; i < dots.length; i += 2)
    if (dots[i] === counter && dots[i + 1] === replica) {
      dots.splice(i, 2)
      return
    }
}

/** Fills `[counter, replica, ...]`. @returns how many numbers */
function dotsOf({ dots, unnamed }: LayerTriple, into: number[]): number {
  let filled = 0
  for (const number of dots) into[filled++] = number
  if (unnamed > 0) {
    into[filled++] = unnamed
    into[filled++] = unnamedReplica
  }
  return filled
}
