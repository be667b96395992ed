/**
 * Requests as SPARQL text, by what docs/requests.md says that they mean; nothing of src/query is used. Where a request means something else than the operator of
 * SPARQL that has its name, that is written out with a function `mw:...` (`normal.ts`), each for one row of docs/requests.md.
 */
import { base, fromJson, iri, literal, rdfType, vocabulary, written } from './terms-pool.js'

type Json = Record<string, unknown>

const isVariable = (json: unknown): json is string => typeof json === 'string' && /^\?\w+$/.test(json)
const list = <T>(json: T | readonly T[]): readonly T[] => (Array.isArray(json) ? json : [json as T])
const entries = (json: unknown) => Object.entries(json as Json)

/** What a column of an answer is compared as. */
export type Comparison = 'term' | 'number' | { readonly separator: string }

export interface Ordering {
  readonly variable: string
  readonly descending: boolean
}

const comparisons: Record<string, string> = {
  '@eq': '=',
  '@neq': '!=',
  '@lt': '<',
  '@lte': '<=',
  '@gt': '>',
  '@gte': '>=',
}
const arithmetic: Record<string, string> = { '@plus': '+', '@minus': '-', '@times': '*', '@divide': '/' }
const aggregators = ['@count', '@sum', '@avg', '@min', '@max', '@groupConcat', '@sample']
const groupKeys = ['@graph', '@values', '@union', '@optional', '@bind', '@filter']

/** One group of patterns as it is written. */
class Group {
  text: string[] = []
  /** Conditions on all of it. */
  readonly filters: (() => string)[] = []
  /** Those that have a value from outside: inside an EXISTS. */
  readonly given: ReadonlySet<string>
  /** Those that stand in it before the place that has been come to. */
  readonly scope = new Set<string>()
  readonly constraints: { readonly variable: string; readonly keyword: string; readonly operand: unknown }[] = []

  constructor(given: ReadonlySet<string>) {
    this.given = given
  }
}

export class Translation {
  /** How the values of variables are compared, where not as terms. */
  readonly compared = new Map<string, Comparison>()
  private anonymous = 0

  // --- patterns

  /** What has a value where an expression stands: inside an EXISTS in it, that is given. */
  private around: ReadonlySet<string> = new Set()

  /**
   * A group in braces, and the variables that it may bind.
   * @param extended the variables of what an optional group extends
   */
  group(
    json: unknown,
    given: ReadonlySet<string> = new Set(),
    extended: ReadonlySet<string> = new Set(),
  ): { readonly text: string; readonly scope: ReadonlySet<string> } {
    const group = new Group(given)
    this.element(json, group)
    const filters = this.within(new Set([...group.scope, ...given, ...extended]), () => [
      ...group.constraints.map(({ variable, keyword, operand }) => this.inline(variable, keyword, operand)),
      ...group.filters.map(filter => filter()),
    ])
    return {
      text: `{ ${[...group.text, ...filters.map(filter => `FILTER(${filter})`)].join(' ')} }`,
      scope: group.scope,
    }
  }

  private within<T>(around: ReadonlySet<string>, translate: () => T): T {
    const before = this.around
    this.around = around
    const result = translate()
    this.around = before
    return result
  }

  private element(json: unknown, group: Group): void {
    if (Array.isArray(json)) {
      for (const item of json) this.element(item, group)
      return
    }
    const members = json as Json
    const subject = Object.fromEntries(entries(members).filter(([key]) => !groupKeys.includes(key)))
    if (Object.keys(subject).length > 0) {
      const before = group.constraints.length
      this.subject(subject, group, true)
      for (const { variable, keyword, operand } of group.constraints.splice(before))
        if (keyword === '@language' || keyword === '@type') this.aspect(group, variable, keyword, operand)
        else group.constraints.push({ variable, keyword, operand })
    }
    for (const key of groupKeys) if (key in members) this.part(key, members[key], group)
  }

  private part(key: string, json: unknown, group: Group): void {
    const inner = (pattern: unknown, extended?: ReadonlySet<string>): string => {
      const { text, scope } = this.group(pattern, group.given, extended)
      for (const name of scope) group.scope.add(name)
      return text
    }
    if (key === '@graph') this.element(json, group)
    else if (key === '@optional') group.text.push(`OPTIONAL ${inner(json, new Set(group.scope))}`)
    else if (key === '@union')
      group.text.push(
        list(json)
          .map(each => inner(each))
          .join(' UNION '),
      )
    else if (key === '@values') group.text.push(this.values(list(json) as Json[], group))
    else if (key === '@filter') for (const item of list(json)) group.filters.push(() => this.expression(item))
    else
      for (const item of list(json))
        for (const [name, value] of entries(item)) {
          const around = new Set([...group.scope, ...group.given])
          group.text.push(`BIND(${this.within(around, () => this.expression(value))} AS ${name})`)
          this.noteComparison(name, value)
          group.scope.add(name)
        }
  }

  private values(rows: readonly Json[], group: Group): string {
    const variables = [...new Set(rows.flatMap(row => Object.keys(row).filter(name => row[name] !== null)))]
    for (const name of variables) group.scope.add(name)
    const lines = rows.map(
      row =>
        `(${variables.map(name => (name in row && row[name] !== null ? written(fromJson(row[name])) : 'UNDEF')).join(' ')})`,
    )
    return `VALUES (${variables.join(' ')}) { ${lines.join(' ')} }`
  }

  private fresh(): string {
    return `?_${this.anonymous++}`
  }

  private place(name: string, group: Group): string {
    if (name === '?') return this.fresh()
    group.scope.add(name)
    return name
  }

  /** @returns the subject as it stands in a triple */
  private subject(json: Json, group: Group, outermost: boolean): string {
    const id = json['@id'] as string | undefined
    const subject =
      id === undefined ? this.fresh() : id.startsWith('?') ? this.place(id, group) : written(iri(base + id))
    const members = entries(json).filter(([key]) => key !== '@id')
    if (members.length === 0 && outermost) group.text.push(`${subject} ${this.fresh()} ${this.fresh()} .`)
    for (const [key, value] of members) {
      if (key === '@reverse') {
        for (const [property, referrers] of entries(value))
          for (const item of list(referrers)) {
            const other =
              typeof item !== 'string' ? this.subject(item as Json, group, false) : this.node(item, base, group)
            group.text.push(`${other} ${written(iri(vocabulary + property))} ${subject} .`)
          }
        continue
      }
      const property =
        key === '@type'
          ? written(iri(rdfType))
          : key.startsWith('?')
            ? this.place(key, group)
            : written(iri(vocabulary + key))
      for (const item of list(value)) {
        const object = key === '@type' ? this.node(item as string, vocabulary, group) : this.object(item, group)
        group.text.push(`${subject} ${property} ${object} .`)
      }
    }
    return subject
  }

  private node(name: string, relativeTo: string, group: Group): string {
    return name.startsWith('?') ? this.place(name, group) : written(iri(relativeTo + name))
  }

  private object(json: unknown, group: Group): string {
    if (json === '?' || isVariable(json)) return this.place(json as string, group)
    if (typeof json !== 'object') return written(fromJson(json))
    const object = json as Json
    const keys = Object.keys(object)
    const isConstant = '@value' in object && !isVariable(object['@value'])
    if (isConstant) return written(fromJson(object))
    if (keys.length === 0 || keys.some(key => !key.startsWith('@') || key === '@id' || key === '@reverse'))
      return this.subject(object, group, false)
    if (keys.every(key => key === '@type')) return this.subject(object, group, false)
    const variable = isVariable(object['@value']) ? this.place(object['@value'], group) : this.fresh()
    for (const keyword of keys)
      if (keyword !== '@value') group.constraints.push({ variable, keyword, operand: object[keyword] })
    return variable
  }

  /** The language or datatype of a value: a variable gets it after the subject, where it has none from before. */
  private aspect(group: Group, variable: string, keyword: string, operand: unknown): void {
    const aspect = keyword === '@type' ? `mw:datatype(${variable})` : `mw:lang(${variable})`
    if (!isVariable(operand)) {
      const wanted =
        keyword === '@type' ? written(iri(operand as string)) : written(literal((operand as string).toLowerCase()))
      group.filters.push(() => `sameTerm(${aspect}, ${wanted})`)
    } else if (group.scope.has(operand) || group.given.has(operand))
      group.filters.push(() => `sameTerm(${aspect}, ${operand})`)
    else {
      group.text = [`{ ${group.text.join(' ')} BIND(${aspect} AS ${operand}) FILTER(BOUND(${operand})) }`]
      group.scope.add(operand)
    }
  }

  private inline(variable: string, keyword: string, operand: unknown): string {
    if (keyword === '@langmatches') return `LANGMATCHES(mw:lang(${variable}), ${this.expression(operand)})`
    return this.operator(keyword, [
      variable,
      ...(keyword === '@in' || keyword === '@notin' ? [operand] : list(operand)),
    ])
  }

  // --- expressions

  expression(json: unknown): string {
    if (isVariable(json)) return json
    if (typeof json === 'object' && json !== null) {
      const keys = Object.keys(json)
      if (!['@id', '@value'].some(key => keys.includes(key)))
        return keys.length === 1
          ? this.operator(keys[0], (json as Json)[keys[0]])
          : `(${keys.map(key => this.operator(key, (json as Json)[key])).join(' && ')})`
    }
    return written(fromJson(json))
  }

  private operator(keyword: string, json: unknown): string {
    if (aggregators.includes(keyword)) return this.aggregate(keyword, json)
    if (keyword === '@exists' || keyword === '@notexists')
      return `${keyword === '@exists' ? '' : 'NOT '}EXISTS ${this.group(json, this.around).text}`
    if (keyword === '@in' || keyword === '@notin') {
      const [first, ...others] = json as unknown[]
      const value = this.expression(first)
      const among = others.flat().map(each => equality(value, this.expression(each)))
      return keyword === '@in' ? `(${among.join(' || ')})` : `(!(${among.join(' || ')}))`
    }
    const args = list(json).map(each => this.expression(each))
    const [a, b] = args
    if (keyword === '@eq') return equality(a, b)
    if (keyword === '@neq') return `(!${equality(a, b)})`
    if (keyword in comparisons)
      return `COALESCE(mw:textOrder("${comparisons[keyword]}", ${a}, ${b}), ${a} ${comparisons[keyword]} ${b})`
    if (keyword in arithmetic)
      return args.reduce(
        (left, right) =>
          `mw:number(${left} ${arithmetic[keyword]} ${right}, "${arithmetic[keyword]}", ${left}, ${right})`,
      )
    switch (keyword) {
      case '@not':
        return `(!${a})`
      case '@and':
        return `(${args.map(each => `(${each})`).join(' && ')} && true)`
      case '@or':
        return `(${args.map(each => `(${each})`).join(' || ')} || false)`
      case '@bound':
        return `BOUND(${a})`
      case '@str':
        return `mw:str(${a})`
      case '@lang':
        return `mw:lang(${a})`
      case '@langmatches':
        return `LANGMATCHES(${args.join(', ')})`
      case '@regex':
        return `REGEX(${args.join(', ')})`
      case '@concat':
        return `CONCAT(${args.map(each => `mw:text(${each})`).join(', ')})`
      default:
        throw new Error(`no translation of ${keyword}`)
    }
  }

  private named: ReadonlySet<string> = new Set()

  private aggregate(keyword: string, json: unknown): string {
    const parts = list(json)
    const isDistinct = typeof parts[0] === 'object' && parts[0] !== null && '@distinct' in parts[0]
    const of = isDistinct ? (parts[0] as Json)['@distinct'] : parts[0]
    const distinct = isDistinct ? 'DISTINCT ' : ''
    if (of === '*') {
      if (!isDistinct) return 'COUNT(*)'
      // Anonymous variables are none of a solution.
      const row = [...this.named].map(name => `COALESCE(mw:term(${name}), "")`)
      return `COUNT(DISTINCT CONCAT("", ${['""', ...row].join(', ", ", ')}))`
    }
    const value = this.leftOut(of)
    const all = `GROUP_CONCAT(COALESCE(mw:term(${value}), ""); separator="\\u0001")`
    switch (keyword) {
      case '@count':
        return `COALESCE(COUNT(${distinct}${value}), mw:count(${all}, ${isDistinct}))`
      case '@sum':
        return `mw:sum(${all}, SUM(${distinct}${value}))`
      case '@avg':
        return `mw:average(${all}, AVG(${distinct}${value}))`
      case '@groupConcat': {
        const separator = parts.length > 1 ? String(parts[1]) : ' '
        return isDistinct
          ? `mw:joined(${all}, ${JSON.stringify(separator)}, GROUP_CONCAT(DISTINCT ${value}))`
          : `GROUP_CONCAT(mw:string(${value}); separator=${JSON.stringify(separator)})`
      }
      case '@min':
        return `mw:least(${all}, COALESCE(MIN(${value}), mw:))`
      case '@max':
        return `mw:greatest(${all}, COALESCE(MAX(${value}), mw:))`
      default:
        return `mw:least(${all})`
    }
  }

  /** What is aggregated: nothing, in this engine an unbound variable, where it is an error for want of a variable's value. */
  private leftOut(json: unknown): string {
    const value = this.expression(json)
    const variables = [...new Set(value.match(/\?\w+/g) ?? [])]
    if (isVariable(json) || variables.length === 0) return value
    const bound = variables.map(name => `BOUND(${name})`).join(' && ')
    return `IF((${bound}) || COALESCE(mw:known(${value}), false), ${value}, ?_none)`
  }

  /** How the values of a variable compare that gets them from an expression. */
  noteComparison(name: string, json: unknown): void {
    if (typeof json !== 'object' || json === null) {
      const other = isVariable(json) ? this.compared.get(json) : undefined
      if (other !== undefined) this.compared.set(name, other)
      return
    }
    const [[keyword, of]] = entries(json)
    if (keyword === '@groupConcat')
      this.compared.set(name, { separator: Array.isArray(of) && of.length > 1 ? String(of[1]) : ' ' })
    else if (keyword in arithmetic || ['@sum', '@avg', '@min', '@max', '@sample'].includes(keyword))
      this.compared.set(name, 'number')
  }

  // --- requests

  ask(json: unknown): string {
    return `${prefix}ASK ${this.group(json).text}`
  }

  /** All solutions, before @limit and @offset; with the keys by which they are ordered, `?_k0`, ..., unless they are distinct. */
  select(json: Json): { readonly text: string; readonly ordering: readonly Ordering[] } {
    const { text: where, scope } = this.group(json['@where'])
    this.named = scope
    this.around = scope
    const columns: string[] = []
    if (json['@select'] === '*') columns.push(...scope)
    else
      for (const item of list(json['@select'])) {
        if (typeof item === 'string') columns.push(item)
        else
          for (const [name, value] of entries(item)) {
            columns.push(`(${this.expression(value)} AS ${name})`)
            this.noteComparison(name, value)
          }
      }
    const by = list(json['@groupBy'] ?? []).flatMap(item =>
      typeof item === 'string'
        ? [item]
        : entries(item).map(([name, value]) => {
            this.noteComparison(name, value)
            return `(${this.expression(value)} AS ${name})`
          }),
    )
    const having = list(json['@having'] ?? []).map(item => `(${this.expression(item)})`)
    const ordering = this.ordering(json)
    const isDistinct = json['@distinct'] === true
    if (!isDistinct) for (const { key, variable } of ordering) columns.push(`(${key} AS ${variable})`)
    const text = [
      `${prefix}SELECT ${isDistinct ? 'DISTINCT ' : ''}${columns.length === 0 ? '(1 AS ?_none)' : columns.join(' ')} WHERE ${where}`,
      ...(by.length > 0 ? [`GROUP BY ${by.join(' ')}`] : []),
      ...(having.length > 0 ? [`HAVING ${having.join(' ')}`] : []),
    ]
    return {
      text: text.join('\n'),
      ordering: isDistinct ? ordering.map(({ key, ...rest }) => ({ ...rest, variable: key })) : ordering,
    }
  }

  private ordering(json: Json) {
    return list(json['@orderBy'] ?? []).map((item, i) => {
      const isObject = typeof item === 'object' && item !== null
      const direction = isObject ? ['@asc', '@desc'].find(key => key in item) : undefined
      const key = direction === undefined ? item : list((item as Json)[direction])[0]
      this.noteComparison(`?_k${i}`, key)
      return { key: this.expression(key), variable: `?_k${i}`, descending: direction === '@desc' }
    })
  }

  /** Solutions with what they describe, `?_d0`, ..., in the order of the request, and the keys. */
  describe(json: Json): {
    readonly text: string
    readonly ordering: readonly Ordering[]
    readonly described: readonly string[]
  } {
    const where = '@where' in json ? this.group(json['@where']).text : '{}'
    const described = (list(json['@describe']) as string[]).map((name, i) => ({
      variable: `?_d${i}`,
      value: isVariable(name) ? name : written(iri(base + name)),
    }))
    const ordering = this.ordering(json)
    const columns = [
      ...described.map(({ value, variable }) => `(${value} AS ${variable})`),
      ...ordering.map(({ key, variable }) => `(${key} AS ${variable})`),
    ]
    return {
      text: `${prefix}SELECT ${columns.join(' ')} WHERE ${where}`,
      ordering,
      described: described.map(each => each.variable),
    }
  }

  /** The triples of all solutions. A new subject is named by what makes it. */
  construct(json: Json): string {
    const templates = list(json['@construct']) as Json[]
    const isOwnPattern = !('@where' in json)
    const named = isOwnPattern ? this.nameAnonymous(templates) : templates
    const where = this.group(isOwnPattern ? named : json['@where']).text
    const made = new Template()
    named.forEach((template, i) => {
      made.subject(template, `t${i}`, undefined)
    })
    return `${prefix}CONSTRUCT { ${made.triples.join(' ')} }\nWHERE { ${where} ${made.binds.join(' ')} }`
  }

  private nameAnonymous(templates: readonly Json[]): Json[] {
    const name = (json: unknown, isSubject: boolean): unknown => {
      if (json === '?') return `?_t${this.anonymous++}`
      if (typeof json !== 'object' || json === null) return json
      if (Array.isArray(json)) return json.map(item => name(item, isSubject))
      if ('@value' in json) return json
      const members = entries(json).map(([key, value]) => [
        key === '?' ? `?_t${this.anonymous++}` : key,
        name(value, key !== '@reverse'),
      ])
      const all = Object.fromEntries(members) as Json
      return isSubject && !('@id' in all) ? { '@id': `?_t${this.anonymous++}`, ...all } : all
    }
    return templates.map(template => name(template, true) as Json)
  }
}

/** A construct's template as triples, with variables for what SPARQL has no template for. */
class Template {
  readonly triples: string[] = []
  readonly binds: string[] = []
  private count = 0

  /**
   * @param within what must be there for this to be
   * @returns a variable for the subject, which has a value where the template makes one
   */
  subject(json: Json, path: string, parent: string | undefined, within: readonly string[] = []): string {
    const id = json['@id'] as string | undefined
    const variable = `?_m${this.count++}`
    const members = entries(json).filter(([key]) => key !== '@id')
    if (id !== undefined) {
      const term = id.startsWith('?') ? id : written(iri(base + id))
      const all = [term, ...within].map(each => `isIRI(${each})`).join(' && ')
      this.binds.push(`BIND(IF(${all}, ${term}, mw:error()) AS ${variable})`)
    } else {
      const own = members.flatMap(([key, value]) =>
        key === '@reverse'
          ? entries(value).flatMap(([, of]) => list(of).filter(isVariable))
          : [...(isVariable(key) ? [key] : []), ...list(value).filter(isVariable)],
      )
      const parts = [...(parent === undefined ? [] : [parent]), ...own].map(name => `COALESCE(mw:term(${name}), "")`)
      const made = `mw:made(${[written(literal(path)), ...parts].join(', ')})`
      const all = [known(json), ...within.map(each => `isIRI(${each})`)].join(' && ')
      this.binds.push(`BIND(IF(${all}, ${made}, mw:error()) AS ${variable})`)
    }
    const triples: string[] = []
    for (const [key, value] of members) {
      if (key === '@reverse') {
        for (const [property, of] of entries(value))
          for (const [i, item] of list(of).entries())
            triples.push(
              `${this.value(item, `${path}/r${property}${i}`, [variable], base)} ${written(iri(vocabulary + property))} ${variable} .`,
            )
        continue
      }
      const property = key === '@type' ? written(iri(rdfType)) : isVariable(key) ? key : written(iri(vocabulary + key))
      for (const [i, item] of list(value).entries())
        triples.push(
          `${variable} ${property} ${this.value(item, `${path}/${key}${i}`, [variable, ...(isVariable(key) ? [key] : [])], key === '@type' ? vocabulary : undefined)} .`,
        )
    }
    this.triples.push(...triples)
    return variable
  }

  private value(json: unknown, path: string, within: readonly string[], relativeTo: string | undefined): string {
    if (isVariable(json)) return json
    if (typeof json === 'string' && relativeTo !== undefined) return written(iri(relativeTo + json))
    if (typeof json !== 'object' || json === null || '@value' in json) return written(fromJson(json))
    return this.subject(json as Json, path, within[0], within)
  }
}

/** Whether anything is known of a new subject. */
function known(json: Json): string {
  const value = (of: unknown): string => {
    if (isVariable(of)) return `BOUND(${of})`
    if (typeof of !== 'object' || of === null || '@value' in of) return 'true'
    const { '@id': id } = of as { '@id'?: string }
    return id === undefined ? known(of as Json) : id.startsWith('?') ? `isIRI(${id})` : 'true'
  }
  const parts = entries(json).flatMap(([key, of]) =>
    key === '@reverse'
      ? entries(of).flatMap(([, each]) => list(each).map(item => (isVariable(item) ? `isIRI(${item})` : value(item))))
      : list(of).map(item => (isVariable(key) ? `(isIRI(${key}) && ${value(item)})` : value(item))),
  )
  return `(${['false', ...parts].join(' || ')})`
}

export const prefix = 'PREFIX mw: <urn:mw:>\n'

/** Equal, or known not to be: literals of different known kinds are not equal, where SPARQL has an error. */
function equality(a: string, b: string): string {
  return `COALESCE(${a} = ${b}, mw:equal(${a}, ${b}))`
}
