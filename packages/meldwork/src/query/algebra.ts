import type { ValueId } from '../rdf/index.js'
import type { ListPattern, TriplePattern } from '../subject/index.js'

/**
 * The algebra that every request becomes: the operators of SPARQL 1.1 (section 18.2) under their names, over variables that are numbers. Its
 * meaning is SPARQL's, bottom-up: what stands in a group sees the variables of that group, and of no other.
 */
export type Algebra =
  | BasicGraphPattern
  | Join
  | LeftJoin
  | Union
  | Filter
  | Extend
  | InlineValues
  | Group
  | OrderBy
  | Project
  | Distinct
  | Slice

/** Triples that must all match, and places in lists. */
export interface BasicGraphPattern {
  readonly type: 'bgp'
  readonly triples: readonly TriplePattern[]
  readonly lists: readonly ListPattern[]
}

export interface Join {
  readonly type: 'join'
  readonly left: Algebra
  readonly right: Algebra
}

/** Each solution of the left, extended by those of the right for which the condition holds, or as it is when there are none. */
export interface LeftJoin {
  readonly type: 'leftjoin'
  readonly left: Algebra
  readonly right: Algebra
  readonly condition: Expression | undefined
}

export interface Union {
  readonly type: 'union'
  readonly inputs: readonly Algebra[]
}

export interface Filter {
  readonly type: 'filter'
  readonly input: Algebra
  readonly expression: Expression
}

/** Gives a variable the value of an expression; none, when that is an error. */
export interface Extend {
  readonly type: 'extend'
  readonly input: Algebra
  readonly variable: number
  readonly expression: Expression
}

/** Solutions given in the request. */
export interface InlineValues {
  readonly type: 'values'
  readonly variables: readonly number[]
  /** A value for each variable; 0 where a solution has none. */
  readonly rows: readonly (readonly ValueId[])[]
}

/** One solution a group: the variables grouped by, and an aggregate each. */
export interface Group {
  readonly type: 'group'
  readonly input: Algebra
  readonly by: readonly number[]
  readonly aggregates: readonly { readonly variable: number; readonly aggregate: Aggregate }[]
  /** Those that tell solutions apart, where distinct ones are counted: the variables of the input that have a name. */
  readonly named: readonly number[]
}

export interface Aggregate {
  readonly aggregator: Aggregator
  /** Undefined for the number of solutions. */
  readonly expression: Expression | undefined
  readonly distinct: boolean
  readonly separator: string
}

export type Aggregator = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'group_concat' | 'sample'

export interface OrderBy {
  readonly type: 'orderby'
  readonly input: Algebra
  readonly comparators: readonly { readonly expression: Expression; readonly descending: boolean }[]
}

export interface Project {
  readonly type: 'project'
  readonly input: Algebra
  readonly variables: readonly number[]
}

export interface Distinct {
  readonly type: 'distinct'
  readonly input: Algebra
  readonly variables: readonly number[]
}

export interface Slice {
  readonly type: 'slice'
  readonly input: Algebra
  readonly start: number
  /** Infinity for all that come. */
  readonly length: number
}

/** What has a value for a solution: a term, or none when it is an error. */
export type Expression =
  | { readonly type: 'variable'; readonly variable: number }
  | { readonly type: 'term'; readonly term: ValueId }
  | { readonly type: 'operator'; readonly operator: Operator; readonly args: readonly Expression[] }
  | { readonly type: 'exists'; readonly input: Algebra; readonly not: boolean }

/** The operators of expressions: each a keyword of requests without its `@`; `datatype` and `sameterm` have none of their own. */
export type Operator =
  | 'eq'
  | 'neq'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'in'
  | 'notin'
  | 'not'
  | 'and'
  | 'or'
  | 'plus'
  | 'minus'
  | 'times'
  | 'divide'
  | 'bound'
  | 'regex'
  | 'str'
  | 'lang'
  | 'langmatches'
  | 'concat'
  | 'datatype'
  | 'sameterm'

/** The pattern that has one solution, without variables. */
export const unit: BasicGraphPattern = { type: 'bgp', triples: [], lists: [] }
