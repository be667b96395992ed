import { type IriSpace, rdf, splitLiteral, TermKind, type TermTable, type ValueId, xsd } from '../rdf/index.js'
import type { Algebra, Expression, Operator } from './algebra.js'
import { compareValues, effectiveBoolean, equalValues, lexicalOf } from './literals.js'
import { type Arithmetic, calculate, internNumeric, numericOf } from './numbers.js'

/** The value of an expression for the solution in `row`: 0 where it is an error, or a variable without a value. */
export type Evaluate = (row: readonly ValueId[]) => ValueId | 0

/** What expressions need beside the solution. */
export interface ExpressionScope {
  readonly terms: TermTable
  readonly iris: IriSpace
  /** Whether a pattern has a solution, given those values of its variables that `row` has. */
  exists(input: Algebra): (row: readonly ValueId[]) => boolean
}

/** Makes an expression a function: SPARQL 1.1, section 17, with arithmetic as JSON has it (`numbers.ts`). */
export function compileExpression(expression: Expression, scope: ExpressionScope): Evaluate {
  const { terms } = scope
  switch (expression.type) {
    case 'variable': {
      const { variable } = expression
      return row => row[variable]
    }
    case 'term': {
      const { term } = expression
      return () => term
    }
    case 'exists': {
      const found = scope.exists(expression.input)
      const { not } = expression
      return row => terms.boolean(found(row) !== not)
    }
    default:
      return compileOperator(expression.operator, expression.args, scope)
  }
}

/** Whether a condition holds: an error counts as not. */
export function compileCondition(expression: Expression, scope: ExpressionScope): (row: readonly ValueId[]) => boolean {
  const value = compileExpression(expression, scope)
  const { terms } = scope
  const yes = terms.boolean(true)
  return row => {
    const id = value(row)
    return id === yes || (id !== 0 && effectiveBoolean(terms, id) === true)
  }
}

function compileOperator(operator: Operator, args: readonly Expression[], scope: ExpressionScope): Evaluate {
  const { terms } = scope
  const compiled = args.map(argument => compileExpression(argument, scope))
  switch (operator) {
    case 'and':
    case 'or':
      return junction(terms, operator === 'or', compiled)
    case 'bound':
      return row => terms.boolean(compiled[0](row) !== 0)
    case 'in':
    case 'notin':
      return membership(terms, operator === 'notin', compiled)
    case 'not':
      return row => {
        const value = booleanOf(terms, compiled[0](row))
        return value === undefined ? 0 : terms.boolean(!value)
      }
    case 'plus':
    case 'minus':
    case 'times':
    case 'divide':
      return arithmetic(terms, operator, compiled)
    case 'regex':
      return matching(terms, args, compiled)
    default:
      return strict(compiled, direct(operator, scope))
  }
}

/** An operator that is an error when one of its arguments is. */
function strict(args: readonly Evaluate[], operate: (a: ValueId, b: ValueId) => ValueId | 0): Evaluate {
  const [first, second] = args
  if (args.length > 2) {
    return row => {
      let result = first(row)
      for (let i = 1; i < args.length && result !== 0; i++) {
        const next = args[i](row)
        result = next === 0 ? 0 : operate(result, next)
      }
      return result
    }
  }
  return row => {
    const a = first(row)
    if (a === 0) return 0
    const b = second === undefined ? 0 : second(row)
    return second !== undefined && b === 0 ? 0 : operate(a, b)
  }
}

/** @returns what calculates from one argument, with 0 as the second, or from two */
function direct(operator: Operator, { terms, iris }: ExpressionScope): (a: ValueId, b: ValueId | 0) => ValueId | 0 {
  const truth = (value: boolean | undefined): ValueId | 0 => (value === undefined ? 0 : terms.boolean(value))
  const order = (a: ValueId, b: ValueId, holds: (order: number) => boolean): ValueId | 0 => {
    const compared = compareValues(terms, a, b)
    return compared === undefined ? 0 : terms.boolean(holds(compared))
  }
  switch (operator) {
    case 'eq':
      return (a, b) => truth(equalValues(terms, a, b))
    case 'neq':
      return (a, b) => {
        const equal = equalValues(terms, a, b)
        return truth(equal === undefined ? undefined : !equal)
      }
    case 'lt':
      return (a, b) => order(a, b, difference => difference < 0)
    case 'lte':
      return (a, b) => order(a, b, difference => difference <= 0)
    case 'gt':
      return (a, b) => order(a, b, difference => difference > 0)
    case 'gte':
      return (a, b) => order(a, b, difference => difference >= 0)
    case 'sameterm':
      return (a, b) => terms.boolean(a === b)
    case 'str':
      return a => terms.string(lexicalOf(terms, a) ?? iris.absolute(terms.text(a)), true)
    case 'lang':
      return a => languageOf(terms, a)
    case 'datatype':
      return a => datatypeOf(terms, a)
    case 'langmatches':
      return (a, b) => langMatches(terms, a, b)
    default:
      return (a, b) => concat(terms, a, b)
  }
}

/** SPARQL 17.2: an error counts for nothing when another argument decides. */
function junction(terms: TermTable, decides: boolean, args: readonly Evaluate[]): Evaluate {
  return row => {
    let error = false
    for (const argument of args) {
      const value = booleanOf(terms, argument(row))
      if (value === decides) return terms.boolean(decides)
      if (value === undefined) error = true
    }
    return error ? 0 : terms.boolean(!decides)
  }
}

/** The first argument among the others: true when one is equal, otherwise an error when one cannot be compared. */
function membership(terms: TermTable, not: boolean, [first, ...others]: readonly Evaluate[]): Evaluate {
  return row => {
    const value = first(row)
    if (value === 0) return 0
    let error = false
    for (const other of others) {
      const candidate = other(row)
      const equal = candidate === 0 ? undefined : equalValues(terms, value, candidate)
      if (equal === true) return terms.boolean(!not)
      if (equal === undefined) error = true
    }
    return error ? 0 : terms.boolean(not)
  }
}

function arithmetic(terms: TermTable, operation: Arithmetic, args: readonly Evaluate[]): Evaluate {
  return strict(args, (a, b) => {
    const left = numericOf(terms, a)
    const right = numericOf(terms, b)
    const result = left && right && calculate(operation, left, right)
    return result === undefined ? 0 : internNumeric(terms, result)
  })
}

function matching(terms: TermTable, args: readonly Expression[], compiled: readonly Evaluate[]): Evaluate {
  const constant = (argument: Expression | undefined) =>
    argument?.type === 'term' ? (lexicalOf(terms, argument.term) ?? '') : ''
  const pattern = regularExpression(constant(args[1]), constant(args[2]))!
  return row => {
    const id = compiled[0](row)
    const isText = id !== 0 && (terms.kind(id) === TermKind.string || terms.kind(id) === TermKind.language)
    return isText ? terms.boolean(pattern.test(lexicalOf(terms, id)!)) : 0
  }
}

/**
 * A regular expression of JavaScript, which agrees with those of XPath in what both have.
 * @param flags among `i`, `m`, `s`, and `q` for a pattern that is plain text
 * @returns undefined when it is none
 */
export function regularExpression(pattern: string, flags: string): RegExp | undefined {
  if (!/^[imsq]*$/.test(flags)) return undefined
  const source = flags.includes('q') ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : pattern
  try {
    return new RegExp(source, `u${[...new Set(flags.replaceAll('q', ''))].join('')}`)
  } catch {
    return undefined
  }
}

function booleanOf(terms: TermTable, id: ValueId | 0): boolean | undefined {
  return id === 0 ? undefined : effectiveBoolean(terms, id)
}

function languageOf(terms: TermTable, id: ValueId): ValueId | 0 {
  const kind = terms.kind(id)
  if (kind === TermKind.iri) return 0
  return terms.string(kind === TermKind.language ? splitLiteral(terms.text(id))[0] : '', true)
}

const datatypes: Partial<Record<TermKind, string>> = {
  [TermKind.string]: xsd.string,
  [TermKind.language]: rdf.langString,
  [TermKind.integer]: xsd.integer,
  [TermKind.double]: xsd.double,
  [TermKind.boolean]: xsd.boolean,
}

function datatypeOf(terms: TermTable, id: ValueId): ValueId | 0 {
  const kind = terms.kind(id)
  if (kind === TermKind.iri) return 0
  return terms.iri(datatypes[kind] ?? splitLiteral(terms.text(id))[0], true)
}

/** RFC 4647, basic filtering. */
function langMatches(terms: TermTable, tagId: ValueId, rangeId: ValueId): ValueId | 0 {
  if (terms.kind(tagId) !== TermKind.string || terms.kind(rangeId) !== TermKind.string) return 0
  const tag = terms.text(tagId).toLowerCase()
  const range = terms.text(rangeId).toLowerCase()
  return terms.boolean(range === '*' ? tag !== '' : tag === range || tag.startsWith(`${range}-`))
}

/** Text of both, or of the one that there is, in their language when it is the same one. Numbers and booleans are taken as JSON writes them. */
function concat(terms: TermTable, a: ValueId, b: ValueId | 0): ValueId | 0 {
  const left = lexicalOf(terms, a)
  const right = b === 0 ? '' : lexicalOf(terms, b)
  if (left === undefined || right === undefined) return 0
  const tags = [a, b || a].map(id => (terms.kind(id) === TermKind.language ? splitLiteral(terms.text(id))[0] : ''))
  return tags[0] !== '' && tags[0] === tags[1]
    ? terms.language(tags[0], left + right, true)
    : terms.string(left + right, true)
}
