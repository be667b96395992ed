import type { Graph, GraphSubject, Literal, ReadValue, Reference, Subject, Value, ValueObject } from './types.js'

/** `?name`; `?` alone is a variable of its own at each place where it stands. */
export type Variable = `?${string}`

// --- expressions

/** What has a value: a variable, a constant (text that looks like a variable is one), or an operator with its arguments. */
export type Expression = Variable | Literal | Reference | Operation

/** One argument, or several. */
type Arguments = Expression | readonly Expression[]
/** The values among which one is looked for: all but the first argument. */
type Membership = readonly (Expression | readonly Expression[])[]

/** Conditions: operators that are true or false. Several in one object must all hold. */
export interface Condition {
  readonly '@eq'?: readonly [Expression, Expression]
  readonly '@neq'?: readonly [Expression, Expression]
  readonly '@lt'?: readonly [Expression, Expression]
  readonly '@lte'?: readonly [Expression, Expression]
  readonly '@gt'?: readonly [Expression, Expression]
  readonly '@gte'?: readonly [Expression, Expression]
  readonly '@in'?: Membership
  readonly '@notin'?: Membership
  readonly '@not'?: Expression
  readonly '@and'?: readonly Expression[]
  readonly '@or'?: readonly Expression[]
  readonly '@bound'?: Variable
  /** Text, a regular expression, and flags among `i`, `m`, `s` and `q` (plain text). */
  readonly '@regex'?: readonly [Expression, string] | readonly [Expression, string, string]
  readonly '@langmatches'?: readonly [Expression, Expression]
  readonly '@exists'?: Patterns
  readonly '@notexists'?: Patterns
}

/** Operators that calculate. */
export interface Calculation {
  readonly '@plus'?: Arguments
  readonly '@minus'?: Arguments
  readonly '@times'?: Arguments
  readonly '@divide'?: Arguments
  readonly '@concat'?: Arguments
  readonly '@str'?: Expression
  readonly '@lang'?: Expression
}

/** What is aggregated: an expression, or its distinct values. */
type Aggregated = Expression | { readonly '@distinct': Expression }

/** Aggregates over a group of solutions. */
export interface Aggregation {
  readonly '@count'?: Aggregated | '*' | { readonly '@distinct': Expression | '*' }
  readonly '@sum'?: Aggregated
  readonly '@min'?: Aggregated
  readonly '@max'?: Aggregated
  readonly '@avg'?: Aggregated
  /** Text of all values, with a separator between them: a space unless it is given. */
  readonly '@groupConcat'?: Aggregated | readonly [Aggregated, string]
  readonly '@sample'?: Aggregated
}

/** An operator with its arguments. */
export type Operation = Condition | Calculation | Aggregation

/** Variables that get the value of an expression. */
export type VariableExpressions = { readonly [variable: Variable]: Expression }

// --- patterns

/** Conditions on a value where it stands: it is the first argument. */
export interface ValueConditions {
  readonly '@eq'?: Expression
  readonly '@neq'?: Expression
  readonly '@lt'?: Expression
  readonly '@lte'?: Expression
  readonly '@gt'?: Expression
  readonly '@gte'?: Expression
  readonly '@in'?: Arguments
  readonly '@notin'?: Arguments
  readonly '@regex'?: string | readonly [string] | readonly [string, string]
  /** About the language of the value. */
  readonly '@langmatches'?: Expression
}

/** A value that is not wholly known: `{ '@value': '?age', '@lt': 18 }`, `{ '@value': '?name', '@language': 'en' }`. */
export interface ValuePattern extends ValueConditions {
  readonly '@value'?: Variable
  readonly '@type'?: string
  readonly '@language'?: string
}

/** The slot of a list, with what stands in it. */
export interface Slot<Item> {
  readonly '@id'?: string
  readonly '@item'?: Item
}

/** Items of a list by index: an array, or an object whose keys are indexes, or variables for them. */
export type ListOf<Item> = readonly (Item | Slot<Item>)[] | { readonly [index: string]: Item | Slot<Item> }

/** One value in a {@link Pattern}. A string that looks like a {@link Variable} is one. */
export type PatternValue = Value | Variable | ValuePattern | Pattern

/**
 * Triples with variables in places: what a subject must have. Without `@id` it is any subject. Its keys are properties, or
 * variables for any property.
 */
export interface Pattern {
  readonly '@id'?: string
  readonly '@type'?: string | readonly string[]
  readonly '@list'?: ListOf<PatternValue>
  readonly '@reverse'?: ReversePattern
  readonly [property: string]: PatternValues
}

type ReversePattern = { readonly [property: string]: string | Pattern | readonly (string | Pattern)[] }
/** The values of a property in a {@link Pattern}, or what a container of the context takes. */
type PatternValues =
  | PatternValue
  | readonly PatternValue[]
  | ListOf<PatternValue>
  | ReversePattern
  | RequestContext
  | undefined

/** A group of patterns: what of it there is applies in this order. */
export interface Group {
  readonly '@graph'?: Patterns
  /** Solutions given here: values of variables, each object one. */
  readonly '@values'?: VariableValues | readonly VariableValues[]
  /** Patterns of which any may match. */
  readonly '@union'?: readonly Patterns[]
  /** A pattern that may match, and extends what stands before it where it does. */
  readonly '@optional'?: Patterns
  readonly '@bind'?: VariableExpressions | readonly VariableExpressions[]
  readonly '@filter'?: Expression | readonly Expression[]
}

/** Values of variables; null for none. */
export type VariableValues = {
  readonly [variable: Variable]: string | number | boolean | bigint | Date | ValueObject | Reference | null
}

/** Patterns that must all match. */
export type Patterns = Pattern | Group | readonly Patterns[]

// --- requests

/** A JSON-LD context for one request: an object, null, or an array of those; an IRI that the clone has loaded. */
export type RequestContext = string | null | object | readonly (string | null | object)[]

/** One thing to sort by. */
export type Order = Expression | { readonly '@asc': Expression } | { readonly '@desc': Expression }

/** What most reads can have. */
export interface Modifiers {
  readonly '@context'?: RequestContext
  /** Which solutions come first. */
  readonly '@orderBy'?: Order | readonly Order[]
  /** How many at most. */
  readonly '@limit'?: number
  /** How many to leave out from the start. */
  readonly '@offset'?: number
}

/** Reads subjects, each whole: an array of them, each once. Limit and offset count subjects. */
export interface Describe extends Modifiers {
  /** Identifiers, or variables of the pattern. */
  readonly '@describe': string | readonly string[]
  readonly '@where'?: Patterns
  /** How many levels of subjects to put inside each other: 1 for references. */
  readonly '@depth'?: number
}

/** Reads the solutions of a pattern: an array of objects whose keys are the variables. */
export interface Select extends Modifiers {
  /** Variables, and expressions under names for them; `*` for all variables that have a name. */
  readonly '@select': '*' | Variable | VariableExpressions | readonly (Variable | VariableExpressions)[]
  readonly '@where': Patterns
  /** Whether each solution is to come once. */
  readonly '@distinct'?: boolean
  readonly '@groupBy'?: Variable | VariableExpressions | readonly (Variable | VariableExpressions)[]
  /** Conditions on groups. */
  readonly '@having'?: Expression | readonly Expression[]
}

/** Makes subjects from a template: an array of them. Without an `@where`, the template is the pattern, too. */
export interface Construct extends Modifiers {
  readonly '@construct': Pattern | readonly Pattern[]
  readonly '@where'?: Patterns
}

/** What can be read. */
export type Read = Describe | Select | Construct

/** One solution of a {@link Select}: by variable, with the question mark; without those that have no value. */
export type Solution = Record<Variable, ReadValue>

/** What a request gives: subjects, or solutions with the keys that it selects. */
export type ReadResult<Request> = Request extends { readonly '@select': infer Selected }
  ? Row<Selected extends readonly (infer Each)[] ? Each : Selected>[]
  : Request extends { readonly '@describe': unknown } | { readonly '@construct': unknown }
    ? GraphSubject[]
    : GraphSubject[] | Solution[]

/** @typeParam Each the variables and expressions that are selected, as a union */
type Row<Each> = [Each] extends [object | Variable]
  ? Variable extends SelectedKeys<Each>
    ? Solution
    : { [Key in SelectedKeys<Each>]?: ReadValue }
  : Solution

type SelectedKeys<Each> = Each extends Variable ? Each : Extract<keyof Each, Variable>

/** A subject with variables and expressions in places, made for each solution. */
export interface Template {
  readonly '@id'?: string
  readonly '@type'?: string | readonly string[]
  readonly [property: string]: unknown
}

/** Deletes, inserts and replaces, for each solution of a pattern, in one transaction; all of it decided on the state before. */
export interface Update {
  readonly '@context'?: RequestContext
  readonly '@where'?: Patterns
  /**
   * What matches this is deleted. A subject with nothing but its `@id` is deleted whole. Its variables match as those of a pattern do; without an `@where`, the
   * other two parts can name them.
   */
  readonly '@delete'?: Pattern | readonly Pattern[] | { readonly '@graph': Pattern | readonly Pattern[] }
  readonly '@insert'?: Subject | Template | readonly (Subject | Template)[] | Graph
  /** Each property that stands here gets these values in place of those that it has: `{ '@id': 'fred', age: { '@plus': 1 } }`. */
  readonly '@update'?: Template | readonly Template[]
}

/** What can be written: subjects, which are inserted, or an {@link Update}. */
export type Write = Subject | readonly Subject[] | Graph | Update
