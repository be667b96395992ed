import { CodedError } from '../errors.js'
import { memberPath } from '../rdf/index.js'
import { isVariable, type PatternReader, type Variables } from '../subject/index.js'
import type { Aggregate, Aggregator, Algebra, Expression, Operator } from './algebra.js'
import { regularExpression } from './evaluate.js'
import { invalid, type JsonMembers, membersOf, unsupported } from './request-json.js'

/** An operator of requests, and how many arguments it takes. */
interface OperatorForm {
  readonly operator: Operator
  readonly least: number
  readonly most: number
}

const form = (operator: Operator, least: number, most = least): OperatorForm => ({ operator, least, most })
const many = Number.POSITIVE_INFINITY

const operators = new Map<string, OperatorForm>([
  ...(['eq', 'neq', 'lt', 'lte', 'gt', 'gte'] as const).map(name => [`@${name}`, form(name, 2)] as const),
  ['@in', form('in', 2, many)],
  ['@notin', form('notin', 2, many)],
  ['@not', form('not', 1)],
  ['@and', form('and', 1, many)],
  ['@or', form('or', 1, many)],
  ['@plus', form('plus', 2, many)],
  ['@minus', form('minus', 2)],
  ['@times', form('times', 2, many)],
  ['@divide', form('divide', 2)],
  ['@bound', form('bound', 1)],
  ['@regex', form('regex', 2, 3)],
  ['@str', form('str', 1)],
  ['@lang', form('lang', 1)],
  ['@langmatches', form('langmatches', 2)],
  ['@concat', form('concat', 1, many)],
])

const aggregators = new Map<string, Aggregator>([
  ['@count', 'count'],
  ['@sum', 'sum'],
  ['@min', 'min'],
  ['@max', 'max'],
  ['@avg', 'avg'],
  ['@groupConcat', 'group_concat'],
  ['@sample', 'sample'],
])

/** How deeply operators may be nested. */
const maxDepth = 64

/** Every keyword that an expression can have. */
export const expressionKeywords: readonly string[] = [
  ...operators.keys(),
  '@exists',
  '@notexists',
  ...aggregators.keys(),
]

/** What an expression may refer to. */
export interface ExpressionPlace {
  /** Whether the variable may have a value here. */
  isInScope(variable: number): boolean
  /** Reads the pattern of an `@exists`. */
  exists(json: unknown, path: string): Algebra
  /** What takes aggregates; undefined where they have no meaning. */
  readonly grouping: GroupingPlace | undefined
}

/** Where aggregates have a meaning. */
export interface GroupingPlace {
  /** What the argument of an aggregate may refer to: the solutions before they are grouped. */
  readonly inner: ExpressionPlace
  /** @returns the variable that will have the value */
  take(aggregate: Aggregate): number
}

/**
 * Reads expressions: `{ '@gt': ['?age', 18] }`. A string that looks like a variable is one; all else that is no operator is a constant, as it would be written
 * as a value: `{ '@id': 'fred' }` for a subject. Several conditions in one object must all hold.
 *
 * Errors: `pattern-invalid` for the wrong number of arguments and for variables that cannot have a value where the expression stands, `pattern-unsupported`
 * for an operator that is not known, `value-invalid`, `iri-malformed`.
 */
export class ExpressionReader {
  private readonly patterns: PatternReader
  private readonly variables: Variables
  private depth = 0

  constructor(patterns: PatternReader, variables: Variables) {
    this.patterns = patterns
    this.variables = variables
  }

  read(json: unknown, path: string, place: ExpressionPlace): Expression {
    if (typeof json === 'string' && isVariable(json)) return this.variable(json, path, place)
    const members = operatorsOf(json)
    if (members === undefined) return { type: 'term', term: this.patterns.constants.value(json, path) }
    const names = Object.keys(members)
    const parts = names.map(name => this.operator(name, members[name], memberPath(path, name), place))
    if (parts.length === 1) return parts[0]
    const notCondition = names.findIndex((_, i) => !isCondition(parts[i]))
    if (notCondition >= 0) return invalid(path, 'one operator in an object, or conditions that must all hold')
    return { type: 'operator', operator: 'and', args: parts }
  }

  /** One operator with its arguments; what stands beside a value has that as its first one. */
  operator(name: string, json: unknown, path: string, place: ExpressionPlace, first?: Expression): Expression {
    if (++this.depth > maxDepth) invalid(path, `at most ${maxDepth} operators inside one another, and no cycle`)
    const expression = this.oneOperator(name, json, path, place, first)
    this.depth--
    return expression
  }

  private oneOperator(
    name: string,
    json: unknown,
    path: string,
    place: ExpressionPlace,
    first: Expression | undefined,
  ): Expression {
    const form = operators.get(name)
    if (form !== undefined) {
      const args = [...(first === undefined ? [] : [first]), ...this.args(form.operator, json, path, place, first)]
      if (args.length < form.least || args.length > form.most) return invalid(path, argumentsOf(name, form))
      if (form.operator === 'regex') this.checkRegex(args, path)
      return { type: 'operator', operator: form.operator, args }
    }
    if (name === '@exists' || name === '@notexists')
      return { type: 'exists', input: place.exists(json, path), not: name === '@notexists' }
    const aggregator = aggregators.get(name)
    if (aggregator === undefined) return unsupported(name, path, `known are ${expressionKeywords.join(', ')}`)
    const { grouping } = place
    if (grouping === undefined)
      return unsupported(name, path, 'an aggregate stands in "@select", "@having" or "@orderBy"')
    return { type: 'variable', variable: grouping.take(this.aggregate(aggregator, json, path, grouping.inner)) }
  }

  private args(
    operator: Operator,
    json: unknown,
    path: string,
    place: ExpressionPlace,
    first: Expression | undefined,
  ): Expression[] {
    if (!Array.isArray(json)) return [this.read(json, path, place)]
    const isMember = operator === 'in' || operator === 'notin'
    return json.flatMap((item, i) => {
      const at = `${path}[${i}]`
      // The values of @in may be one array, or the rest of the arguments.
      if (isMember && Array.isArray(item) && (i === 1 || first !== undefined))
        return item.map((each, j) => this.read(each, `${at}[${j}]`, place))
      return [this.read(item, at, place)]
    })
  }

  private aggregate(aggregator: Aggregator, json: unknown, path: string, inner: ExpressionPlace): Aggregate {
    let of = json
    let at = path
    let separator = ' '
    if (aggregator === 'group_concat' && Array.isArray(json) && json.length !== 1) {
      if (json.length !== 2 || typeof json[1] !== 'string') return invalid(path, 'a value and a text that separates')
      of = json[0]
      separator = json[1]
      at = `${path}[0]`
    } else if (Array.isArray(json)) {
      if (json.length !== 1) return invalid(path, 'one value to aggregate')
      of = json[0]
      at = `${path}[0]`
    }
    const distinct = typeof of === 'object' && of !== null && Object.hasOwn(of, '@distinct')
    if (distinct) {
      const members = membersOf(of, at)
      if (Object.keys(members).length > 1) return invalid(at, 'nothing beside "@distinct"')
      of = members['@distinct']
      at = memberPath(at, '@distinct')
    }
    if (of === '*') {
      if (aggregator !== 'count') return invalid(at, 'a variable or an expression')
      return { aggregator, expression: undefined, distinct, separator }
    }
    return { aggregator, expression: this.read(of, at, inner), distinct, separator }
  }

  private variable(name: string, path: string, place: ExpressionPlace): Expression {
    if (name === '?') return invalid(path, 'a variable with a name')
    const variable = this.variables.number(name)
    if (!place.isInScope(variable))
      return invalid(path, `a variable that stands in the pattern, which ${name} does not`)
    return { type: 'variable', variable }
  }

  /** Only constants: an expression out of shared data could be made to run for ever. */
  private checkRegex([, pattern, flags]: readonly Expression[], path: string): void {
    const [source, options] = [pattern, flags].map(argument =>
      argument?.type === 'term' ? this.patterns.constants.textOf(argument.term) : undefined,
    )
    if (source === undefined || (flags !== undefined && options === undefined))
      throw new CodedError('pattern-unsupported', `A regular expression must be given as text at ${path}`, {
        keyword: '@regex',
        path,
      })
    if (regularExpression(source, options ?? '') === undefined)
      invalid(path, 'a regular expression, and flags among "i", "m", "s" and "q"')
  }
}

function argumentsOf(name: string, { least, most }: OperatorForm): string {
  if (least === most) return `${least} argument${least === 1 ? '' : 's'} for ${name}`
  return most === many ? `at least ${least} arguments for ${name}` : `${least} to ${most} arguments for ${name}`
}

/** The operators of an object that is an expression; undefined for a constant. */
function operatorsOf(json: unknown): JsonMembers | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const names = Object.keys(json)
  const isConstant = names.some(name => constantKeywords.has(name)) || names.some(name => !name.startsWith('@'))
  return isConstant || names.length === 0 ? undefined : (json as JsonMembers)
}

const constantKeywords = new Set(['@id', '@value', '@vocab', '@type', '@language', '@set', '@list'])

const conditions: ReadonlySet<Operator> = new Set<Operator>([
  ...(['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'notin', 'not', 'and', 'or'] as const),
  ...(['bound', 'regex', 'langmatches', 'sameterm'] as const),
])

function isCondition(expression: Expression): boolean {
  return expression.type === 'exists' || (expression.type === 'operator' && conditions.has(expression.operator))
}
