import type { WireTerms } from '../operation/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/**
 * The visible triples of one clone, as queries read them: integers in, integers out, no allocation.
 * Methods that fill an array write from its start and return how many *values* they wrote; what lies behind is stale.
 * Nothing may be written to the graph while a caller still needs what it got.
 */
export interface VisibleGraph {
  readonly terms: WireTerms
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
  /** Fills `[subject, ...]`: every subject that has a visible triple. O(subjects). */
  allSubjects(into: number[]): number
  /** How many subjects have this value: exact and O(1), building the index when there is none. */
  countSubjects(property: PropertyId, object: ValueId): number
  /** How many triples have this property, roughly: for planning. Builds no index. */
  countProperty(property: PropertyId): number
  /** How many triples of a property refer to a subject, roughly: 0 only when none does. */
  countReferences(property: PropertyId): number
  /** The visible items of a list, in order; empty for what is no list. */
  list(list: ValueId): ListView
}

/** The items of a list, as they are until the next change of the state. */
export interface ListView {
  readonly length: number
  /** @param index from 0, below the length */
  slotAt(index: number): ValueId
  /** @param index from 0, below the length */
  itemAt(index: number): ValueId
  /** @returns -1 when the slot is not in the list */
  indexOf(slot: ValueId): number
}
