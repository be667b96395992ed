import type { HybridTime, ReplicaId } from '../causality/index.js'
import type { TermTable, ValueId } from '../rdf/index.js'

/** One live value of a rule's property at one subject, with what is known of the dot that holds it. */
export interface Candidate {
  readonly value: ValueId
  readonly replica: ReplicaId
  /** The counter of the dot. With `replica` it orders candidates where nothing else does. */
  readonly counter: number
  readonly time: HybridTime
}

/**
 * A rule that keeps integrity: a pure function of live data that says what of it is visible. It never writes, and it must give the same
 * answer on every clone: it may depend on the candidates, in no order, and on nothing else (never on a {@link ValueId} as a number).
 * The kinds of rules, and how an app declares them, are to come; this is the place they have in the engine.
 */
export interface Rule {
  /** For messages to people. */
  readonly name: string
  /** The property whose values it judges, each subject for itself: an IRI in short form. */
  readonly property: string
  /** Set when the rule hides nothing of a single value: then it is not asked. */
  readonly keepsOne?: boolean
  /** Of all live values of one subject, those that must not be seen. */
  hides(candidates: readonly Candidate[], terms: TermTable): readonly ValueId[]
}
