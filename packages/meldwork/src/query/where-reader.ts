import { memberPath, type TermTable, type ValueId } from '../rdf/index.js'
import { type InlineConstraint, isVariable, type PatternReader, type Variables } from '../subject/index.js'
import { type Algebra, type Expression, unit } from './algebra.js'
import { type ExpressionPlace, ExpressionReader } from './expression-reader.js'
import { eachOf, invalid, type JsonMembers, membersOf } from './request-json.js'
import { inScope } from './scope.js'

/** The keys of a group; in the order in which they are applied when one object has several. */
const groupKeys = ['@graph', '@values', '@union', '@optional', '@bind', '@filter']

/** How deeply groups and arrays may be nested. */
const maxDepth = 64

/** Variables that have values from outside while a group is solved. */
interface Surroundings {
  /** Everywhere in the group: those of the solution that an `@exists` is asked about. */
  readonly given: ReadonlySet<number>
  /** In the conditions of the group itself: those of what an `@optional` extends. */
  readonly extended: ReadonlySet<number>
}

const nothing: ReadonlySet<number> = new Set()

/**
 * Reads an `@where` as algebra. An array is a group whose members all apply, in their order where that matters: `@optional` extends what stands before
 * it, and conditions hold for the whole group. A subject may have group keys beside its properties.
 *
 * Errors: `pattern-invalid`, `pattern-unsupported`, `value-invalid`, `iri-malformed`, each with the path. A condition about a variable that cannot have a value
 * where it stands is refused: it would match nothing, silently.
 */
export class WhereReader {
  readonly expressions: ExpressionReader
  private readonly patterns: PatternReader
  private readonly variables: Variables
  private readonly terms: TermTable
  private depth = 0

  constructor(patterns: PatternReader, variables: Variables, terms: TermTable) {
    this.patterns = patterns
    this.variables = variables
    this.terms = terms
    this.expressions = new ExpressionReader(patterns, variables)
  }

  read(json: unknown, path = "$['@where']"): Algebra {
    return this.group(json, path, { given: nothing, extended: nothing })
  }

  /** Where an expression stands whose variables are those of `scope`. */
  place(scope: ReadonlySet<number>, grouping?: ExpressionPlace['grouping']): ExpressionPlace {
    return {
      isInScope: variable => scope.has(variable),
      exists: (json, path) => this.group(json, path, { given: scope, extended: nothing }),
      grouping,
    }
  }

  private group(json: unknown, path: string, around: Surroundings): Algebra {
    const group = new Group(this, around)
    this.element(json, path, group)
    // Conditions are read at the end, and can have groups in them.
    this.depth++
    const algebra = group.end()
    this.depth--
    return algebra
  }

  private element(json: unknown, path: string, group: Group): void {
    if (++this.depth > maxDepth) invalid(path, `at most ${maxDepth} patterns inside one another, and no cycle`)
    this.elements(json, path, group)
    this.depth--
  }

  private elements(json: unknown, path: string, group: Group): void {
    if (Array.isArray(json)) {
      if (json.length === 0) invalid(path, 'a pattern in the array')
      json.forEach((item, i) => {
        this.element(item, `${path}[${i}]`, group)
      })
      return
    }
    const members = membersOf(json, path, 'a pattern: an object, or an array of them')
    const names = Object.keys(members)
    const parts = groupKeys.filter(key => names.includes(key))
    if (parts.length === 0) this.subject(json, path, group)
    else if (names.length > parts.length) this.mixed(members, path, parts, group)
    else for (const part of parts) this.part(part, members[part], memberPath(path, part), group)
  }

  /** A subject with group keys beside its properties. */
  private mixed(members: JsonMembers, path: string, parts: readonly string[], group: Group): void {
    if (parts.includes('@graph')) {
      const other = Object.keys(members).find(name => !groupKeys.includes(name))!
      invalid(memberPath(path, other), 'only keys of a group beside "@graph"')
    }
    const subject: Record<string, unknown> = Object.create(null)
    for (const name of Object.keys(members)) if (!parts.includes(name)) subject[name] = members[name]
    this.subject(subject, path, group)
    for (const part of parts) this.part(part, members[part], memberPath(path, part), group)
  }

  private part(keyword: string, json: unknown, path: string, group: Group): void {
    switch (keyword) {
      case '@graph':
        this.element(json, path, group)
        break
      case '@values':
        group.join(this.values(json, path))
        break
      case '@union':
        group.join(this.union(json, path, group.around.given))
        break
      case '@optional':
        group.optional(this.group(json, path, { given: group.around.given, extended: group.scope() }))
        break
      case '@bind':
        for (const [item, at] of eachOf(json, path)) this.bind(item, at, group)
        break
      default:
        group.filter(json, path)
    }
  }

  private subject(json: unknown, path: string, group: Group): void {
    const { triples, lists, constraints } = this.patterns.where(json, this.variables, path)
    group.join({ type: 'bgp', triples, lists })
    for (const constraint of constraints) group.constrain(constraint)
  }

  private union(json: unknown, path: string, given: ReadonlySet<number>): Algebra {
    if (!Array.isArray(json) || json.length === 0) return invalid(path, 'an array of patterns, of which any may match')
    const inputs = json.map((item, i) => this.group(item, `${path}[${i}]`, { given, extended: nothing }))
    return inputs.length === 1 ? inputs[0] : { type: 'union', inputs }
  }

  private values(json: unknown, path: string): Algebra {
    const rows: Map<number, ValueId>[] = eachOf(json, path).map(([item, at]) => {
      const row = new Map<number, ValueId>()
      for (const [name, value] of Object.entries(membersOf(item, at, 'an object with variables as its keys'))) {
        const variable = this.named(name, at)
        if (value !== null && value !== undefined)
          row.set(variable, this.patterns.constants.value(value, memberPath(at, name)))
      }
      return row
    })
    if (rows.length === 0) return invalid(path, 'a solution')
    const variables = [...new Set(rows.flatMap(row => [...row.keys()]))]
    return { type: 'values', variables, rows: rows.map(row => variables.map(variable => row.get(variable) ?? 0)) }
  }

  private bind(json: unknown, path: string, group: Group): void {
    for (const [name, value] of Object.entries(membersOf(json, path, 'an object with variables as its keys'))) {
      const variable = this.named(name, path)
      const at = memberPath(path, name)
      if (group.scope().has(variable)) invalid(at, 'a variable that has no value yet')
      group.extend(variable, this.expressions.read(value, at, this.place(group.known())))
    }
  }

  /** The variable that is a key. */
  private named(name: string, path: string): number {
    if (!isVariable(name) || name === '?') return invalid(memberPath(path, name), 'a variable with a name')
    return this.variables.number(name)
  }

  /** `{ '@value': '?x', '@lt': 5 }`, with the variable as the first argument; its language for `@langmatches`. */
  constraint({ variable, keyword, operand, path }: InlineConstraint, scope: ReadonlySet<number>): Expression {
    const value: Expression = { type: 'variable', variable }
    const first: Expression = keyword === '@langmatches' ? { type: 'operator', operator: 'lang', args: [value] } : value
    return this.expressions.operator(keyword, operand, path, this.place(scope), first)
  }

  /** What `@language` or `@type` of a value is to be. */
  aspect({ keyword, operand, path }: InlineConstraint): { readonly variable: number } | { readonly term: ValueId } {
    if (typeof operand === 'string' && isVariable(operand)) return { variable: this.variables.number(operand) }
    if (keyword === '@type') return { term: this.patterns.constants.type(operand, path) }
    if (typeof operand !== 'string') return invalid(path, 'a language tag, or a variable')
    return { term: this.terms.string(operand.toLowerCase(), true) }
  }
}

/** One group while it is read: SPARQL 1.1, section 18.2.2.6. */
class Group {
  readonly around: Surroundings
  private readonly reader: WhereReader
  private current: Algebra = unit
  private readonly conditions: (readonly [json: unknown, path: string])[] = []
  private readonly constraints: InlineConstraint[] = []
  /** Conditions on languages and datatypes. */
  private readonly aspects: Expression[] = []

  constructor(reader: WhereReader, around: Surroundings) {
    this.reader = reader
    this.around = around
  }

  /** The variables that may have a value up to here. */
  scope(): Set<number> {
    return inScope(this.current)
  }

  /** Those, and what is given from outside. */
  known(): Set<number> {
    return new Set([...this.scope(), ...this.around.given])
  }

  join(right: Algebra): void {
    const left = this.current
    if (left === unit) this.current = right
    else if (left.type === 'bgp' && right.type === 'bgp') this.current = merged(left, right)
    else if (left.type === 'join' && left.right.type === 'bgp' && right.type === 'bgp')
      this.current = { type: 'join', left: left.left, right: merged(left.right, right) }
    else this.current = { type: 'join', left, right }
  }

  optional(right: Algebra): void {
    const conditions: Expression[] = []
    let inner = right
    for (; inner.type === 'filter'; inner = inner.input) conditions.unshift(inner.expression)
    this.current = { type: 'leftjoin', left: this.current, right: inner, condition: all(conditions) }
  }

  extend(variable: number, expression: Expression): void {
    this.current = { type: 'extend', input: this.current, variable, expression }
  }

  filter(json: unknown, path: string): void {
    this.conditions.push([json, path])
  }

  constrain(constraint: InlineConstraint): void {
    if (isAspect(constraint)) this.aspect(constraint)
    else this.constraints.push(constraint)
  }

  end(): Algebra {
    for (const condition of this.aspects) this.pass(condition)
    const scope = new Set([...this.known(), ...this.around.extended])
    for (const constraint of this.constraints) this.pass(this.reader.constraint(constraint, scope))
    for (const [json, path] of this.conditions)
      for (const [item, at] of eachOf(json, path))
        this.pass(this.reader.expressions.read(item, at, this.reader.place(scope)))
    return this.current
  }

  private pass(expression: Expression): void {
    this.current = { type: 'filter', input: this.current, expression }
  }

  /** The language or the datatype of a value, given to a variable that has none yet, or compared with one that has, or with a constant. */
  private aspect(constraint: InlineConstraint): void {
    const value: Expression = { type: 'variable', variable: constraint.variable }
    const operator = constraint.keyword === '@type' ? 'datatype' : 'lang'
    const aspect: Expression = { type: 'operator', operator, args: [value] }
    const wanted = this.reader.aspect(constraint)
    const other: Expression =
      'variable' in wanted ? { type: 'variable', variable: wanted.variable } : { type: 'term', term: wanted.term }
    if ('term' in wanted || this.known().has(wanted.variable))
      this.aspects.push({ type: 'operator', operator: 'sameterm', args: [aspect, other] })
    else {
      this.extend(wanted.variable, aspect)
      // What has no such aspect does not match.
      this.pass({ type: 'operator', operator: 'bound', args: [other] })
    }
  }
}

const isAspect = ({ keyword }: InlineConstraint): boolean => keyword === '@language' || keyword === '@type'

function merged(
  left: Extract<Algebra, { type: 'bgp' }>,
  right: Extract<Algebra, { type: 'bgp' }>,
): Extract<Algebra, { type: 'bgp' }> {
  return {
    type: 'bgp',
    triples: [...left.triples, ...right.triples],
    lists: [...left.lists, ...right.lists],
  }
}

function all(conditions: readonly Expression[]): Expression | undefined {
  return conditions.length < 2 ? conditions[0] : { type: 'operator', operator: 'and', args: conditions }
}
