import type { HybridTime, ReplicaId } from '../causality/index.js'
import type { PropertyId, TermTable, ValueId } from '../rdf/index.js'

/**
 * Rules keep integrity: each is a pure function of live data that says what of it is visible. It never writes, and it must give the same answer on every
 * clone: it may depend on what it is given, in no order, and on nothing else; never on a {@link ValueId} as a number.
 *
 * All rules in force are asked once, stratum by stratum; each sees what those before it have left:
 *
 *     value      judges each value for itself                      all live values
 *     set        chooses among the values of one property          what `value` has left
 *     pair       compares the values of two properties             what `set` has left
 *     key        lets one subject have a key                       what `pair` has left
 *     subject    shows a subject as a whole, or not at all         what `key` has left
 *     reference  needs something of the subject referred to        what `subject` has left
 *     inference  adds what follows from what is visible            what `reference` has left
 *
 * Beside them, `input` changes what this clone is about to write, before it is written: it has no say in what is visible.
 *
 * Nothing is asked twice. Rules of `set` about one property are asked one after another, each for what those before it have left; those of another stratum all see the
 * same. Combinations in which a later stratum would break what an earlier one has made sure of are refused when they are
 * declared ({@link RuleSet}).
 */
export type Rule = JudgingRule | InferenceRule | InputRule

/** Those that hide. */
export type JudgingRule = ValueRule | SetRule | PairRule | KeyRule | SubjectRule | ReferenceRule

/** The strata, in their order. */
export const strata = ['input', 'value', 'set', 'pair', 'key', 'subject', 'reference', 'inference'] as const
export type Stratum = (typeof strata)[number]

/** Which subjects a rule is about. Live triples decide, hidden or not, so that no rule changes what another is about. */
export type Scope =
  | { readonly type: 'all' }
  /** Those with one of these types. */
  | { readonly type: 'class'; readonly classes: readonly ValueId[] }
  /** Those that have a value of the property. */
  | { readonly type: 'subjects-of'; readonly property: PropertyId }
  /** Those that are a value of the property. */
  | { readonly type: 'objects-of'; readonly property: PropertyId }
  | { readonly type: 'nodes'; readonly nodes: readonly ValueId[] }
  /** Those of any of these. */
  | { readonly type: 'any'; readonly of: readonly Scope[] }

/** One live value of a property at one subject, with what is known of a dot that holds it: one for each of its dots. */
export interface Candidate {
  readonly value: ValueId
  readonly replica: ReplicaId
  /** The counter of the dot. With `replica` it orders candidates where nothing else does. */
  readonly counter: number
  readonly time: HybridTime
}

interface RuleParts {
  /** For messages to people: says what must be, as in `name has at most 1 value`. */
  readonly name: string
  readonly scope: Scope
}

/** Judges each value of a property for itself. */
export interface ValueRule extends RuleParts {
  readonly stratum: 'value'
  /** One property, or all but some. */
  readonly property: PropertyId | { readonly allBut: ReadonlySet<PropertyId> }
  /** What it says of values, where that shows that nothing suits two rules. */
  readonly limit?: ValueLimit
  /** Whether it may be seen. */
  allows(value: ValueId, terms: TermTable): boolean
}

/** What a rule on single values says of them. */
export type ValueLimit =
  /** They are among these. */
  | { readonly type: 'values'; readonly values: readonly ValueId[] }
  /** They are on one side of a value. */
  | { readonly type: 'bound'; readonly side: 'least' | 'most'; readonly inclusive: boolean; readonly value: ValueId }
  /** Their text has at least, or at most, so many characters. */
  | { readonly type: 'length'; readonly side: 'least' | 'most'; readonly length: number }
  /** They are literals of this datatype, in short form. */
  | { readonly type: 'datatype'; readonly datatype: string }

/** Chooses among the values that one subject has of a property. */
export interface SetRule extends RuleParts {
  readonly stratum: 'set'
  readonly property: PropertyId
  /** Set when it hides nothing of a single value: then it is not asked. */
  readonly keepsOne?: boolean
  /** How many values it leaves at the most, when it counts them. */
  readonly atMost?: number
  /** Those that must not be seen. */
  hides(candidates: readonly Candidate[], terms: TermTable): readonly ValueId[]
}

/** Compares the values that one subject has of two properties. */
export interface PairRule extends RuleParts {
  readonly stratum: 'pair'
  readonly properties: readonly [PropertyId, PropertyId]
  /** Set when each side needs the other: then nothing else may hide what is left. */
  readonly hidesBoth?: boolean
  /** Those of each that must not be seen. */
  hides(
    first: readonly ValueId[],
    second: readonly ValueId[],
    terms: TermTable,
  ): readonly [readonly ValueId[], readonly ValueId[]]
}

/**
 * Lets one subject at a time have a key: a value of one property, or of several together. Of several subjects that claim one key, one has it; at the others the
 * values of which it consists are hidden.
 */
export interface KeyRule extends RuleParts {
  readonly stratum: 'key'
  readonly properties: readonly PropertyId[]
  /** Below 0 when the first of two claims of one key comes before the second: a total order. */
  compare(first: Claim, second: Claim): number
}

/** That a subject has a key. */
export interface Claim {
  /** The IRI of the subject, in short form. */
  readonly subject: string
  /** Of the part of the key that was written last: its earliest dot. */
  readonly since: Candidate
}

/** Shows all of a subject, or nothing of it. */
export interface SubjectRule extends RuleParts {
  readonly stratum: 'subject'
  /** What it looks at. */
  readonly reads: readonly PropertyId[]
  /** How many values it asks for at the least, when it counts those of the one property that it reads. */
  readonly atLeast?: number
  /** A value that there must be of the one property that it reads. */
  readonly needs?: ValueId
  /** Whether the subject may be seen. @param values those of a property that are left */
  holds(values: (property: PropertyId) => readonly ValueId[], terms: TermTable): boolean
}

/** Shows a reference only if there is something to be seen where it leads. */
export interface ReferenceRule extends RuleParts {
  readonly stratum: 'reference'
  readonly property: PropertyId
  /** Types of which the other must visibly have one; none: it must be there. */
  readonly classes: readonly ValueId[]
}

/** What is visible and live: what rules have added is not in it. In no order. */
export interface VisibleData {
  readonly terms: TermTable
  objects(subject: ValueId, property: PropertyId): readonly ValueId[]
  subjects(property: PropertyId, object: ValueId): readonly ValueId[]
}

/** Adds triples that follow from what is visible. No rule judges them, and nothing follows from them. */
export interface InferenceRule extends RuleParts {
  readonly stratum: 'inference'
  /** It is asked about every subject that has, or (`objects`) is, a value of one of these. */
  readonly about: readonly PropertyId[]
  readonly of: 'subjects' | 'objects'
  /** The properties of what it adds. */
  readonly adds: readonly PropertyId[]
  /**
   * Adds what follows for one subject. It is asked again when anything has changed that it has read.
   * @param add takes a triple whose property is one of {@link adds}, and whose subject is an IRI
   */
  infer(
    subject: ValueId,
    data: VisibleData,
    add: (subject: ValueId, property: PropertyId, object: ValueId) => void,
  ): void
}

/** What an {@link InputRule} may use that is not data. */
export interface InputTools {
  readonly terms: TermTable
  /** Milliseconds since 1970. */
  now(): number
  /** A new identifier. */
  newId(): string
}

/** Changes what this clone is about to write. What others write is as they wrote it. */
export interface InputRule extends RuleParts {
  readonly stratum: 'input'
  readonly property: PropertyId
  /** What is written in the place of a value. */
  readonly value?: (value: ValueId, tools: InputTools) => ValueId
  /** What a subject gets that comes into the scope by this write, a class, and has no value. */
  readonly otherwise?: (subject: ValueId, tools: InputTools) => ValueId
}

/** The subjects of every kind. */
export const everything: Scope = { type: 'all' }
