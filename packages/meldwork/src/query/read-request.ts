import { memberPath, type TermTable } from '../rdf/index.js'
import { isVariable, type Keys, PatternReader, Variables } from '../subject/index.js'
import { type Aggregate, type Algebra, type Expression, unit } from './algebra.js'
import { nameAnonymous } from './construct.js'
import type { ExpressionPlace } from './expression-reader.js'
import { eachOf, invalid, type JsonMembers, membersOf, own, unsupported } from './request-json.js'
import { inScope, variablesIn } from './scope.js'
import { TemplateReader, type TemplateSubject } from './template.js'
import { WhereReader } from './where-reader.js'

/** A variable in the answer, under its name with the question mark. */
export interface Column {
  readonly name: string
  readonly variable: number
}

/** What is to be described: the value of a variable, or a subject. */
export type Described = { readonly variable: number } | { readonly id: string; readonly path: string }

/** A read request, understood. */
export type ReadPlan = {
  readonly algebra: Algebra
  /** How many variables there are. */
  readonly width: number
} & (
  | { readonly form: 'select'; readonly columns: readonly Column[] }
  | {
      readonly form: 'describe'
      readonly described: readonly Described[]
      readonly depth: number
      readonly start: number
      readonly length: number
    }
  | {
      readonly form: 'construct'
      readonly templates: readonly TemplateSubject[]
      /** Whether the solutions are ordered, and several values follow them. */
      readonly ordered: boolean
    }
)

const forms = ['@select', '@describe', '@construct'] as const
const modifiers = ['@where', '@orderBy', '@limit', '@offset']
const keysOf = {
  '@select': [...modifiers, '@distinct', '@groupBy', '@having'],
  '@describe': [...modifiers, '@depth'],
  '@construct': modifiers,
} as const

/** How deep a description can be asked to go. */
const maxDepth = 100

/**
 * Reads requests: JSON to algebra and the form of the answer. A request is understood whole or refused; nothing in it is ever ignored.
 *
 * Errors: `pattern-invalid`, `pattern-unsupported`, `value-invalid`, `iri-malformed`, each with the path.
 */
export class ReadRequestReader {
  private readonly keys: Keys
  private readonly patterns: PatternReader
  private readonly variables = new Variables()
  private readonly where: WhereReader

  /** @param terms those of the keys: of this request alone */
  constructor(keys: Keys, terms: TermTable) {
    this.keys = keys
    this.patterns = new PatternReader(keys)
    this.where = new WhereReader(this.patterns, this.variables, terms)
  }

  /** @param json without its `@context` */
  read(json: JsonMembers): ReadPlan {
    const named = forms.filter(form => Object.hasOwn(json, form))
    if (named.length !== 1) return invalid('$', `one of ${forms.join(', ')}`)
    const [form] = named
    const known: readonly string[] = keysOf[form]
    for (const name of Object.keys(json))
      if (name !== form && !known.includes(name))
        return unsupported(name, memberPath('$', name), `beside ${form} there can be ${known.join(', ')}`)
    if (form === '@select') return this.select(json)
    return form === '@describe' ? this.describe(json) : this.construct(json)
  }

  /** What an ask has: a pattern. */
  ask(where: unknown, path: string): { readonly algebra: Algebra; readonly width: number } {
    const algebra = this.where.read(where, path)
    return { algebra, width: this.variables.names.length }
  }

  private get width(): number {
    return this.variables.names.length
  }

  private pattern(json: JsonMembers): Algebra {
    const where = own(json, '@where')
    return where === undefined ? unit : this.where.read(where)
  }

  // --- select

  private select(json: JsonMembers): ReadPlan {
    if (own(json, '@where') === undefined) return invalid("$['@where']", 'a pattern to match')
    const pattern = this.pattern(json)
    const grouping = new Grouping(this.where, this.variables, pattern)
    const by = own(json, '@groupBy')
    if (by !== undefined) for (const [item, path] of eachOf(by, "$['@groupBy']")) this.groupBy(item, path, grouping)
    const selected = own(json, '@select')
    const columns = selected === '*' ? undefined : this.columns(selected, grouping)
    const having = this.having(json, grouping)
    const comparators = this.comparators(json, grouping.place())
    for (const { expression } of comparators) grouping.requireGrouped(expression, "$['@orderBy']")
    let algebra = grouping.algebra(having)
    if (columns === undefined && grouping.isGrouped)
      return invalid("$['@select']", 'variables: "*" has no meaning for groups')
    const chosen = columns ?? this.everything(pattern)
    if (comparators.length > 0) algebra = { type: 'orderby', input: algebra, comparators }
    if (this.flag(json, '@distinct'))
      algebra = { type: 'distinct', input: algebra, variables: chosen.map(({ variable }) => variable) }
    const { start, length } = this.slice(json)
    if (start > 0 || length < Number.POSITIVE_INFINITY) algebra = { type: 'slice', input: algebra, start, length }
    return { form: 'select', algebra, width: this.width, columns: chosen }
  }

  /** All variables that have a name, in the order in which they stand in the request. */
  private everything(pattern: Algebra): Column[] {
    const scope = inScope(pattern)
    return this.variables.names.flatMap((name, variable) =>
      name !== '' && scope.has(variable) ? [{ name, variable }] : [],
    )
  }

  private groupBy(json: unknown, path: string, grouping: Grouping): void {
    if (typeof json === 'string') grouping.by(this.known(json, path, grouping.scope))
    else
      for (const [name, value] of Object.entries(membersOf(json, path, 'a variable, or an object that names one'))) {
        const at = memberPath(path, name)
        const variable = this.fresh(name, at, grouping.scope)
        grouping.extendBefore(variable, this.where.expressions.read(value, at, this.where.place(grouping.scope)))
        grouping.by(variable)
      }
  }

  private columns(json: unknown, grouping: Grouping): Column[] {
    const items = eachOf(json, "$['@select']")
    if (items.length === 0) return invalid("$['@select']", 'a variable, an object that names one, or "*"')
    const columns: Column[] = []
    for (const [item, path] of items) {
      if (typeof item === 'string') {
        const variable = this.known(item, path, grouping.scope)
        grouping.requireGrouped({ type: 'variable', variable }, path)
        columns.push({ name: item, variable })
        continue
      }
      for (const [name, value] of Object.entries(membersOf(item, path, 'a variable, or { "?name": expression }'))) {
        const at = memberPath(path, name)
        if (!isVariable(name)) return unsupported(name, at, `name what it gives: { "?name": { "${name}": ... } }`)
        const variable = this.fresh(name, at, grouping.scope)
        const expression = this.where.expressions.read(value, at, grouping.place())
        grouping.requireGrouped(expression, at)
        grouping.extendAfter(variable, expression)
        columns.push({ name, variable })
      }
    }
    return columns
  }

  private having(json: JsonMembers, grouping: Grouping): readonly Expression[] {
    const having = own(json, '@having')
    if (having === undefined) return []
    const path = "$['@having']"
    const conditions = eachOf(having, path).map(([item, at]) => {
      const condition = this.where.expressions.read(item, at, grouping.place())
      grouping.requireGrouped(condition, at)
      return condition
    })
    return grouping.isGrouped ? conditions : invalid(path, 'an aggregate in it, or a "@groupBy" in the request')
  }

  // --- describe

  private describe(json: JsonMembers): ReadPlan {
    const hasWhere = own(json, '@where') !== undefined
    let algebra = this.pattern(json)
    const scope = inScope(algebra)
    const items = eachOf(own(json, '@describe'), "$['@describe']")
    if (items.length === 0) return invalid("$['@describe']", 'an identifier or a variable')
    const described = items.map(([item, path]): Described => {
      if (typeof item !== 'string' || item === '?') return invalid(path, 'an identifier or a variable with a name')
      if (!isVariable(item)) return { id: item, path }
      if (!hasWhere) return invalid(path, 'an "@where" in which this variable stands')
      return { variable: this.known(item, path, scope) }
    })
    if (!hasWhere && own(json, '@orderBy') !== undefined)
      return invalid("$['@orderBy']", 'an "@where", whose solutions are ordered')
    const comparators = this.comparators(json, this.where.place(scope))
    if (comparators.length > 0) algebra = { type: 'orderby', input: algebra, comparators }
    return { form: 'describe', algebra, width: this.width, described, depth: this.depth(json), ...this.slice(json) }
  }

  private depth(json: JsonMembers): number {
    const depth = own(json, '@depth') ?? 1
    if (typeof depth !== 'number' || !Number.isInteger(depth) || depth < 1 || depth > maxDepth)
      return invalid("$['@depth']", `a number of levels, from 1 to ${maxDepth}`)
    return depth
  }

  // --- construct

  private construct(json: JsonMembers): ReadPlan {
    const path = "$['@construct']"
    const where = own(json, '@where')
    // Without a pattern of its own, the template is the pattern.
    const template = where === undefined ? nameAnonymous(own(json, '@construct')) : own(json, '@construct')
    let algebra = where === undefined ? this.where.read(template, path) : this.pattern(json)
    const scope = inScope(algebra)
    const reader = new TemplateReader(
      this.keys,
      this.patterns,
      this.variables,
      this.where.expressions,
      this.where.place(scope),
      { expressions: false, current: false, lists: false },
    )
    const templates = reader.subjects(template, path)
    const comparators = this.comparators(json, this.where.place(scope))
    if (comparators.length > 0) algebra = { type: 'orderby', input: algebra, comparators }
    const { start, length } = this.slice(json)
    if (start > 0 || length < Number.POSITIVE_INFINITY) algebra = { type: 'slice', input: algebra, start, length }
    return { form: 'construct', algebra, width: this.width, templates, ordered: comparators.length > 0 }
  }

  // --- what all have

  private comparators(json: JsonMembers, place: ExpressionPlace) {
    const orderBy = own(json, '@orderBy')
    if (orderBy === undefined) return []
    return eachOf(orderBy, "$['@orderBy']").map(([item, path]) => {
      for (const direction of ['@asc', '@desc'] as const) {
        if (typeof item !== 'object' || item === null || !Object.hasOwn(item, direction)) continue
        const at = memberPath(path, direction)
        const other = Object.keys(item).find(name => name !== direction)
        if (other !== undefined) return unsupported(other, memberPath(path, other), `${direction} stands alone`)
        const argument = (item as JsonMembers)[direction]
        const expression = this.where.expressions.read(unwrapped(argument), at, place)
        return { expression, descending: direction === '@desc' }
      }
      return { expression: this.where.expressions.read(item, path, place), descending: false }
    })
  }

  private slice(json: JsonMembers): { readonly start: number; readonly length: number } {
    return {
      start: this.count(json, '@offset') ?? 0,
      length: this.count(json, '@limit') ?? Number.POSITIVE_INFINITY,
    }
  }

  private count(json: JsonMembers, key: string): number | undefined {
    const count = own(json, key)
    if (count === undefined) return undefined
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
      return invalid(memberPath('$', key), 'a whole number from 0')
    return count
  }

  private flag(json: JsonMembers, key: string): boolean {
    const flag = own(json, key)
    if (flag !== undefined && typeof flag !== 'boolean') return invalid(memberPath('$', key), 'true or false')
    return flag === true
  }

  private known(name: string, path: string, scope: ReadonlySet<number>): number {
    if (!isVariable(name) || name === '?') return invalid(path, 'a variable with a name')
    const variable = this.variables.number(name)
    return scope.has(variable) ? variable : invalid(path, 'a variable that stands in "@where"')
  }

  private fresh(name: string, path: string, scope: ReadonlySet<number>): number {
    if (!isVariable(name) || name === '?') return invalid(path, 'a variable with a name')
    const variable = this.variables.number(name)
    return scope.has(variable) ? invalid(path, 'a variable that has no value yet') : variable
  }
}

/** An array with one member as that member. */
function unwrapped(json: unknown): unknown {
  return Array.isArray(json) && json.length === 1 ? json[0] : json
}

/** A select while it is read: what comes before grouping, the groups, and what comes after. */
class Grouping {
  /** The variables that may have a value at the point that reading has come to. */
  readonly scope: Set<number>
  private readonly where: WhereReader
  private readonly variables: Variables
  private input: Algebra
  private readonly groupedBy: number[] = []
  private readonly aggregates: { readonly variable: number; readonly aggregate: Aggregate }[] = []
  private readonly extensions: { readonly variable: number; readonly expression: Expression }[] = []
  /** What comes after grouping, and so sees of the solutions only what they are grouped by. */
  private readonly after: { readonly expression: Expression; readonly path: string }[] = []
  private readonly pattern: ReadonlySet<number>

  constructor(where: WhereReader, variables: Variables, input: Algebra) {
    this.where = where
    this.variables = variables
    this.input = input
    this.scope = inScope(input)
    this.pattern = inScope(input)
  }

  get isGrouped(): boolean {
    return this.groupedBy.length > 0 || this.aggregates.length > 0
  }

  by(variable: number): void {
    this.groupedBy.push(variable)
  }

  extendBefore(variable: number, expression: Expression): void {
    this.input = { type: 'extend', input: this.input, variable, expression }
    this.scope.add(variable)
  }

  extendAfter(variable: number, expression: Expression): void {
    this.extensions.push({ variable, expression })
    this.scope.add(variable)
  }

  requireGrouped(expression: Expression, path: string): void {
    this.after.push({ expression, path })
  }

  /** Where an expression stands that may have aggregates. */
  place(): ExpressionPlace {
    const take = (aggregate: Aggregate): number => {
      const variable = this.variables.anonymous()
      this.aggregates.push({ variable, aggregate })
      return variable
    }
    return this.where.place(this.scope, { inner: this.where.place(inScope(this.input)), take })
  }

  algebra(having: readonly Expression[]): Algebra {
    let algebra: Algebra = this.input
    if (this.isGrouped) {
      for (const { expression, path } of this.after)
        for (const variable of variablesIn(expression))
          if (this.pattern.has(variable) && !this.groupedBy.includes(variable))
            invalid(path, `a variable of "@groupBy", or an aggregate of ${this.variables.names[variable]}`)
      const named = [...this.pattern].filter(variable => this.variables.names[variable] !== '')
      algebra = { type: 'group', input: algebra, by: this.groupedBy, aggregates: this.aggregates, named }
    }
    // Extensions that conditions name must come before them; none of them changes the number of solutions.
    for (const { variable, expression } of this.extensions)
      algebra = { type: 'extend', input: algebra, variable, expression }
    for (const expression of having) algebra = { type: 'filter', input: algebra, expression }
    return algebra
  }
}
