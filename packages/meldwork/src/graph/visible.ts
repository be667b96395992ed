import type { WireTerms } from '../operation/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/**
 * The visible triples of one clone, as queries read them: integers in, integers out, no allocation.
 * Methods that fill an array write from its start and return how many *values* they wrote; what lies behind is stale.
 * Nothing may be written to the graph while a caller still needs what it got.
 */
export interface VisibleGraph {
  readonly terms: WireTerms
  /** The type that a list has by default. */
  readonly listType: ValueId
  /** Of everything. */
  readonly tripleCount: number
  has(subject: ValueId, property: PropertyId, object: ValueId): boolean
  /** Fills `[object, ...]`. */
  objects(subject: ValueId, property: PropertyId, into: number[]): number
  /** Fills `[property, object, property, object, ...]`. */
  triplesOf(subject: ValueId, into: number[]): number
  /** Fills `[subject, ...]`. The first call for a property builds its index: O(triples). */
  subjects(property: PropertyId, object: ValueId, into: number[]): number
  /** Fills `[subject, object, subject, object, ...]`. Uses the same index. */
  pairs(property: PropertyId, into: number[]): number
  /** Fills `[subject, property, subject, property, ...]`: what refers to a subject. Uses the indexes of all properties that refer to any. */
  references(object: ValueId, into: number[]): number
  /** Fills `[subject, ...]`: every subject that has a visible triple. O(subjects). */
  allSubjects(into: number[]): number
  /** How many subjects have this value: exact and O(1), building the index when there is none. */
  countSubjects(property: PropertyId, object: ValueId): number
  /** How many triples have this property, roughly: for planning. Builds no index. */
  countProperty(property: PropertyId): number
  /** How many live triples of a property refer to a subject. */
  countReferences(property: PropertyId): number
  /** The visible items of a list, in order; empty for what is no list. The first call for a list of n slots builds its order: O(n log n). */
  list(list: ValueId): ListView
}

/** The visible items of a list, in order, as they are now. Nothing may be written to the graph between two calls that belong together. */
export interface ListView {
  readonly length: number
  /** 0 for an index that there is not. */
  slotAt(index: number): ValueId
  /** 0 for an index that there is not. */
  itemAt(index: number): ValueId
  /** -1 for what is no slot of this list. */
  indexOf(slot: ValueId): number
}

/** What a local write needs to know of a graph beside what is visible: the dots that it acts on, those of hidden triples too. */
export interface ObservedGraph extends VisibleGraph {
  /** Whether a triple is live, visible or not. */
  isLive(subject: ValueId, property: PropertyId, object: ValueId): boolean
  /**
   * The live pairs of a subject, or of one property of it. Fills `[property, object, counter, replica, hidden (0 or 1), ...]`.
   * @returns how many numbers
   */
  observed(subject: ValueId, property: PropertyId | -1, into: number[]): number
  /** As {@link subjects}, with those at which the value is hidden. */
  liveSubjectsWith(property: PropertyId, object: ValueId, into: number[]): number
  /** The dots of one triple. Fills `[counter, replica, ...]`. @returns how many numbers; 0 when it is not live */
  dots(subject: ValueId, property: PropertyId, object: ValueId, into: number[]): number
}
