import type { PropertyId, ValueId } from '../rdf/index.js'

/** The variables of one request, by number from 0, in the order in which they were first met. */
export class Variables {
  /** With the question mark; empty for an anonymous one. */
  readonly names: string[] = []

  /** @param name as it is written: `?` alone is a new variable each time */
  number(name: string): number {
    const known = this.names.indexOf(name)
    return known === -1 ? this.names.push(name === '?' ? '' : name) - 1 : known
  }

  anonymous(): number {
    return this.number('?')
  }
}

/**
 * A place in a triple pattern: a variable, or a constant. A constant is a {@link ValueId} in the place of a subject or object, and a
 * {@link PropertyId} in the place of a property. One that the dictionary does not have is 0 or -1, and matches nothing.
 */
export interface PatternTerm {
  /** The number of the variable; -1 for a constant. */
  readonly variable: number
  /** The constant; meaningless for a variable. */
  readonly id: ValueId | PropertyId
}

/** A triple with variables in places. As a variable, a property stands for its IRI. */
export interface TriplePattern {
  readonly subject: PatternTerm
  readonly property: PatternTerm
  readonly object: PatternTerm
}

/** A place in a list with variables in places: what `@list` says in a pattern. */
export interface ListPattern {
  readonly list: PatternTerm
  /** An integer, from 0. */
  readonly index: PatternTerm
  readonly slot: PatternTerm
  readonly item: PatternTerm
}

/** What a pattern says of a variable's value beside where it stands, such as `{ '@value': '?age', '@lt': 18 }`. */
export interface InlineConstraint {
  readonly variable: number
  /** An operator such as `@lt`; or `@language` or `@type`, for the language or the datatype of the value. */
  readonly keyword: string
  /** What stands beside the keyword, as JSON. */
  readonly operand: unknown
  /** Where that stands. */
  readonly path: string
}

/** Triple patterns that must all match: a basic graph pattern, in SPARQL's words. */
export interface BasicPattern {
  readonly triples: readonly TriplePattern[]
  readonly lists: readonly ListPattern[]
  readonly constraints: readonly InlineConstraint[]
  /** Whether it is known to match nothing, because the dictionary does not have one of its constants. */
  readonly empty: boolean
}

/** The operators that can stand beside a value, which is their first argument. */
export const inlineOperators: ReadonlySet<string> = new Set([
  '@eq',
  '@neq',
  '@lt',
  '@lte',
  '@gt',
  '@gte',
  '@in',
  '@notin',
  '@regex',
  '@langmatches',
])

/** What an `@delete` names. */
export interface DeletePattern extends BasicPattern {
  /** Subjects to be deleted whole: those that stand with their `@id` alone. Not among {@link triples}. */
  readonly subjects: readonly PatternTerm[]
}
