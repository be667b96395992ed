/**
 * Random requests, each understood by the reader: variables stand only where they can have a value. Made from a tape of numbers, so that fast-check can shrink
 * them: a tape that ends reads as zeros, and 0 is always the simplest choice.
 */
import {
  base,
  iri,
  literals,
  propertyNames,
  rdfType,
  subjectNames,
  type Term,
  type Triple,
  toJson,
  typeNames,
  vocabulary,
  written,
} from './terms-pool.js'

export class Tape {
  private readonly numbers: readonly number[]
  private at = 0

  constructor(numbers: readonly number[]) {
    this.numbers = numbers
  }

  /** The same, from its start. */
  rewound(): Tape {
    return new Tape(this.numbers)
  }

  /** A number below `limit`. */
  below(limit: number): number {
    return limit < 2 ? 0 : (this.numbers[this.at++] ?? 0) % limit
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]
  }

  /** True in `percent` cases of 100. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent
  }
}

export function dataFrom(tape: Tape): Triple[] {
  const triples = new Map<string, Triple>()
  const count = 1 + (tape.chance(80) ? 12 : 0) + tape.below(16)
  for (let i = 0; i < count; i++) {
    const subject = iri(base + tape.pick(subjectNames))
    const isTyped = tape.chance(15)
    const property = iri(isTyped ? rdfType : vocabulary + tape.pick(propertyNames))
    const object = isTyped
      ? iri(vocabulary + tape.pick(typeNames))
      : tape.chance(30)
        ? subjectIn(tape)
        : literalIn(tape)
    triples.set(JSON.stringify([subject, property, object]), [subject, property, object])
  }
  return [...triples.values()]
}

const subjectIn = (tape: Tape): Term => iri(base + tape.pick(subjectNames))
/** Mostly the numbers and texts with which most can be done. */
const literalIn = (tape: Tape): Term =>
  tape.chance(50) ? tape.pick(literals) : literals[tape.pick([0, 1, 3, 5, 8, 9, 10, 14, 18])]

type Json = Record<string, unknown>
type Scope = ReadonlySet<string>

/** What an expression can refer to. */
interface Place {
  readonly scope: Scope
  /** Whether patterns can stand in it. */
  readonly exists: number
  /** What aggregates are about; undefined where there are none. */
  readonly grouped?: Scope | undefined
}

const subjectPlaces = [0, 0, 0, 1, 2]
const valuePlaces = [3, 2, 4, 3, 1, 2, 4, 0]
const comparisons = ['@eq', '@neq', '@lt', '@lte', '@gt', '@gte'] as const
const aggregators = ['@count', '@sum', '@avg', '@min', '@max', '@groupConcat', '@sample'] as const

/** Every form that {@link Requests} can make. */
export const forms = [
  ...[
    '@select',
    '@describe',
    '@construct',
    'ask',
    '@distinct',
    '@orderBy',
    '@desc',
    '@limit',
    '@offset',
    '@depth',
    'select *',
  ],
  ...['@groupBy', 'group by expression', '@having', ...aggregators, 'count *', 'aggregate @distinct'],
  ...['subject', 'array', '@graph', 'nested', 'anonymous', 'property variable', '@type', 'type variable', '@reverse'],
  ...['mixed', '@union', '@optional', '@filter', '@bind', '@values', 'undefined value', '@exists', '@notexists'],
  ...[
    '@language',
    'language variable',
    'datatype',
    'datatype variable',
    'inline condition',
    'inline @in',
    'inline @regex',
  ],
  ...['inline @langmatches', 'several conditions', 'constant', ...comparisons, '@in', '@notin', '@not', '@and', '@or'],
  ...['@plus', '@minus', '@times', '@divide', '@bound', '@regex', '@str', '@lang', '@langmatches', '@concat'],
  ...['template of its own', 'new subject', 'template property variable'],
] as const
export type Form = (typeof forms)[number]

export interface RandomRequest {
  /** For an ask, `{ "ask": pattern }`. */
  readonly json: Json
  readonly forms: ReadonlySet<Form>
}

/** @param data what it is to be asked of: so that most requests have answers */
export function requestFrom(tape: Tape, data: readonly Triple[]): RandomRequest {
  const requests = new Requests(tape, data)
  return { json: requests.request(), forms: requests.forms }
}

class Requests {
  readonly forms = new Set<Form>()
  private readonly tape: Tape
  private readonly data: readonly Triple[]
  /** The variables of patterns. */
  private names: readonly string[] = ['?a', '?b', '?c', '?d', '?e']

  constructor(tape: Tape, data: readonly Triple[]) {
    this.tape = tape
    this.data = data
  }

  private use(...forms: Form[]): void {
    for (const form of forms) this.forms.add(form)
  }

  request(): Json {
    const form = this.tape.pick(['@select', '@select', '@select', 'ask', '@describe', '@construct'] as const)
    this.use(form)
    switch (form) {
      case '@select':
        return this.select()
      case '@describe':
        return this.describe()
      case '@construct':
        return this.construct()
      default:
        return { ask: this.where()[0] }
    }
  }

  // --- forms of requests

  private where(): readonly [json: unknown, scope: Scope] {
    const scope = new Set<string>()
    return [this.group(3, scope, new Set(), new Set()), scope]
  }

  private select(): Json {
    const { tape } = this
    const [where, scope] = this.where()
    const grouped = tape.chance(35) ? this.grouping(scope) : undefined
    const json: Json = { '@where': where }
    const columns: unknown[] = []
    const known = new Set(grouped?.by ?? scope)
    if (grouped?.json.length) json['@groupBy'] = one(tape, grouped.json)
    const place = (): Place => ({ scope: known, exists: 0, grouped: grouped?.before })
    const orderKeys = grouped === undefined && tape.chance(8) ? undefined : []
    if (orderKeys === undefined && scope.size > 0) this.use('select *')
    else {
      for (const name of known) if (columns.length === 0 || tape.chance(60)) columns.push(name)
      const expressions = columns.length === 0 ? 1 + tape.below(2) : tape.below(grouped === undefined ? 2 : 3)
      for (let i = 0; i < expressions; i++) {
        const name = `?x${i}`
        columns.push({ [name]: this.expression(2, place(), grouped !== undefined) })
        known.add(name)
      }
      // Without an aggregate or a @groupBy there are no groups.
      if (grouped !== undefined && grouped.json.length === 0) columns.push({ '?n': this.aggregate(grouped.before) })
    }
    json['@select'] = columns.length === 0 ? '*' : one(tape, columns)
    if (grouped !== undefined && tape.chance(40)) {
      this.use('@having')
      const having = { scope: grouped.by, exists: 1, grouped: grouped.before }
      // After grouping, a pattern cannot name variables from before.
      this.names = [...[...grouped.by].filter(name => name !== '?g'), '?u', '?v']
      json['@having'] = one(
        tape,
        Array.from({ length: 1 + tape.below(2) }, () => this.condition(1, having, true)),
      )
    }
    const distinct = tape.chance(20)
    if (distinct) {
      this.use('@distinct')
      json['@distinct'] = true
    }
    if (tape.chance(40)) json['@orderBy'] = this.order(place(), distinct ? namesOf(columns) : undefined)
    this.slice(json)
    return json
  }

  private grouping(scope: Scope) {
    const { tape } = this
    const json: unknown[] = []
    const by = new Set<string>()
    const before = new Set(scope)
    if (tape.chance(75))
      for (const name of scope)
        if (by.size === 0 || tape.chance(30)) {
          by.add(name)
          json.push(name)
        }
    if (tape.chance(25)) {
      this.use('group by expression')
      json.push({ '?g': this.expression(1, { scope: before, exists: 0 }) })
      by.add('?g')
      before.add('?g')
    }
    if (json.length > 0) this.use('@groupBy')
    return { json, by, before }
  }

  private order(place: Place, among: readonly string[] | undefined): unknown {
    const { tape } = this
    this.use('@orderBy')
    const keys = Array.from({ length: 1 + tape.below(2) }, () => {
      const key = among === undefined ? this.expression(1, place) : (tape.pick(among) ?? 1)
      const direction = tape.below(3)
      if (direction === 2) this.use('@desc')
      return direction === 0 ? key : { [direction === 1 ? '@asc' : '@desc']: key }
    })
    return one(tape, keys)
  }

  private slice(json: Json): void {
    const { tape } = this
    if (tape.chance(20)) {
      this.use('@limit')
      json['@limit'] = tape.pick([3, 1, 2, 4, 8, 0])
    }
    if (tape.chance(15)) {
      this.use('@offset')
      json['@offset'] = tape.pick([1, 0, 2, 1, 4])
    }
  }

  private describe(): Json {
    const { tape } = this
    const json: Json = {}
    const [where, scope] = this.where()
    const described = [...scope].filter(() => tape.chance(40)) as string[]
    if (described.length === 0 || tape.chance(25)) described.unshift(tape.pick(subjectNames))
    json['@describe'] = one(tape, described)
    if (described.some(name => name.startsWith('?')) || tape.chance(50)) {
      json['@where'] = where
      if (tape.chance(40)) json['@orderBy'] = this.order({ scope, exists: 0 }, undefined)
    }
    if (tape.chance(30)) {
      this.use('@depth')
      json['@depth'] = 1 + tape.below(3)
    }
    this.slice(json)
    return json
  }

  private construct(): Json {
    const { tape } = this
    const json: Json = {}
    let scope = new Set<string>()
    if (tape.chance(20)) {
      this.use('template of its own')
      json['@construct'] = this.subject(2, scope, true)
    } else {
      const [where, found] = this.where()
      scope = new Set(found)
      json['@construct'] = one(
        tape,
        Array.from({ length: 1 + tape.below(2) }, () => this.template(2, scope)),
      )
      json['@where'] = where
    }
    if (tape.chance(25)) json['@orderBy'] = this.order({ scope, exists: 0 }, undefined)
    this.slice(json)
    return json
  }

  private template(depth: number, scope: Scope): Json {
    const { tape } = this
    const variables = [...scope]
    const json: Json = {}
    if (tape.chance(25)) this.use('new subject')
    else json['@id'] = variables.length > 0 && tape.chance(80) ? tape.pick(variables) : tape.pick(subjectNames)
    const count = 1 + tape.below(3)
    for (let i = 0; i < count; i++) {
      const value = () => {
        if (depth > 1 && tape.chance(30)) {
          this.use('nested')
          return this.template(depth - 1, scope)
        }
        return variables.length > 0 && tape.chance(80) ? tape.pick(variables) : this.constant()
      }
      const kind = tape.below(10)
      if (kind === 9 && variables.length > 0) {
        this.use('template property variable')
        put(json, tape.pick(variables), one(tape, [value()]))
      } else if (kind === 8) {
        this.use('@reverse')
        const of =
          variables.length > 0 && tape.chance(40)
            ? tape.pick(variables)
            : tape.chance(20)
              ? tape.pick(subjectNames)
              : this.template(1, scope)
        put(json, '@reverse', { [tape.pick(propertyNames)]: of })
      } else if (kind === 7) {
        this.use('@type')
        put(json, '@type', tape.pick(typeNames))
      } else put(json, tape.pick(propertyNames), one(tape, Array.from({ length: 1 + tape.below(2) }, value)))
    }
    return json
  }

  // --- patterns

  /** @param scope gets the variables of the group */
  private group(depth: number, scope: Set<string>, given: Scope, extended: Scope): unknown {
    const { tape } = this
    const elements: unknown[] = []
    const count = tape.pick(depth === 3 ? [1, 2, 2, 3, 1, 4] : [1, 1, 2])
    const filters = (): unknown => {
      this.use('@filter')
      const place = { scope: new Set([...scope, ...given, ...extended]), exists: depth - 1 }
      return one(
        tape,
        Array.from({ length: 1 + tape.below(2) }, () => this.condition(2, place)),
      )
    }
    for (let i = 0; i < count; i++) elements.push(this.element(depth, scope, given, i === 0))
    if (tape.chance(28)) {
      const [last] = elements.slice(-1) as Json[]
      if (
        !Array.isArray(last) &&
        !Object.hasOwn(last, '@graph') &&
        !Object.hasOwn(last, '@filter') &&
        tape.chance(30)
      ) {
        this.use('mixed')
        last['@filter'] = filters()
      } else elements.splice(tape.below(elements.length + 1), 0, { '@filter': filters() })
    }
    if (elements.length > 1) this.use('array')
    return one(tape, elements)
  }

  private element(depth: number, scope: Set<string>, given: Scope, first: boolean): unknown {
    const { tape } = this
    const inner = (extended: Scope = new Set()): unknown => {
      const found = new Set<string>()
      const json = this.group(depth - 1, found, given, extended)
      for (const name of found) scope.add(name)
      return json
    }
    const kind = first && tape.chance(60) ? 0 : tape.below(depth > 0 ? 18 : 8)
    if (kind < 6) return this.subject(2, scope, false)
    switch (kind) {
      case 6:
        return { '@values': this.values(scope) }
      case 7: {
        const bind = this.bind(scope, given, depth)
        return bind === undefined ? this.subject(2, scope, false) : { '@bind': bind }
      }
      case 8:
      case 9:
      case 10:
        this.use('@optional')
        return { '@optional': inner(new Set(scope)) }
      case 11:
      case 12:
        this.use('@union')
        return { '@union': Array.from({ length: 1 + tape.below(3) }, () => inner()) }
      case 13: {
        this.use('@graph')
        const members = Array.from({ length: 1 + tape.below(2) }, () => this.element(depth - 1, scope, given, false))
        return { '@graph': one(tape, members) }
      }
      case 14:
        return [this.element(depth - 1, scope, given, false), this.subject(1, scope, false)]
      default: {
        this.use('mixed')
        const json = this.subject(1, scope, false)
        if (tape.chance(30)) json['@values'] = this.values(scope)
        if (tape.chance(30)) {
          this.use('@union')
          json['@union'] = Array.from({ length: 1 + tape.below(2) }, () => inner())
        }
        if (tape.chance(50)) {
          this.use('@optional')
          json['@optional'] = inner(new Set(scope))
        }
        const bind = tape.chance(30) ? this.bind(scope, given, depth) : undefined
        if (bind !== undefined) json['@bind'] = bind
        return json
      }
    }
  }

  private values(scope: Set<string>): unknown {
    const { tape } = this
    this.use('@values')
    const variables = [...new Set([tape.pick(this.names), tape.pick(this.names)])]
    const rows = Array.from({ length: 1 + tape.below(3) }, () => {
      const row: Json = {}
      for (const name of variables) {
        if (tape.chance(20)) {
          this.use('undefined value')
          if (tape.chance(50)) row[name] = null
        } else {
          row[name] = this.constant()
          scope.add(name)
        }
      }
      return row
    })
    return one(tape, rows)
  }

  private bind(scope: Set<string>, given: Scope, depth: number): unknown {
    const free = this.names.filter(name => !scope.has(name) && !given.has(name))
    if (free.length === 0) return undefined
    this.use('@bind')
    const name = this.tape.pick(free)
    const json = { [name]: this.expression(2, { scope: new Set([...scope, ...given]), exists: depth - 1 }) }
    scope.add(name)
    return json
  }

  /** @param places which of the names it is: subjects and values have mostly others, so that patterns match */
  private variable(scope: Set<string>, places: readonly number[] = valuePlaces): string {
    const { tape } = this
    if (tape.chance(15)) {
      this.use('anonymous')
      return '?'
    }
    const name = this.names[tape.pick(places) % this.names.length]
    scope.add(name)
    return name
  }

  /**
   * @param named whether it is a template, too
   * @param about a subject that mostly matches
   */
  private subject(depth: number, scope: Set<string>, named: boolean, about = this.someone()): Json {
    const { tape } = this
    this.use('subject')
    const json: Json = {}
    if (tape.chance(20)) this.use('anonymous')
    else json['@id'] = tape.chance(12) ? nameOf(about) : this.variable(scope, subjectPlaces)
    const count = tape.chance(6) && '@id' in json ? 0 : tape.pick(depth > 1 ? [1, 1, 2, 3] : [1, 1, 2])
    for (let i = 0; i < count; i++) this.member(json, depth, scope, named, about)
    return json
  }

  private someone(): string {
    const { tape, data } = this
    return written(data.length === 0 ? subjectIn(tape) : tape.pick(data)[0])
  }

  private member(json: Json, depth: number, scope: Set<string>, named: boolean, about: string): void {
    const { tape } = this
    const own = this.data.filter(([subject, property]) => written(subject) === about && !isType(property))
    const [, property, example] = own.length > 0 && tape.chance(85) ? tape.pick(own) : []
    const name = property === undefined ? tape.pick(propertyNames) : nameOf(written(property))
    const kind = tape.below(14)
    if (kind === 13) {
      this.use('property variable')
      put(json, this.variable(scope), this.objects(depth, scope, named, example))
    } else if (kind === 12) {
      this.use('@type')
      if (tape.chance(40)) this.use('type variable')
      put(json, '@type', tape.chance(60) ? this.variable(scope) : one(tape, [tape.pick(typeNames)]))
    } else if (kind === 11) {
      this.use('@reverse')
      const referring = this.data.filter(([, , object]) => written(object) === about)
      const [from, by] = referring.length > 0 ? tape.pick(referring) : []
      const id = from === undefined ? this.someone() : written(from)
      const item = tape.chance(40)
        ? this.subject(depth - 1, scope, named, id)
        : tape.chance(70)
          ? this.variable(scope, subjectPlaces)
          : nameOf(id)
      const key = by === undefined || isType(by) ? tape.pick(propertyNames) : nameOf(written(by))
      put(json, '@reverse', { [key]: one(tape, [item]) })
    } else put(json, name, this.objects(depth, scope, named, example))
  }

  private objects(depth: number, scope: Set<string>, named: boolean, example: Term | undefined): unknown {
    const { tape } = this
    const count = tape.chance(15) ? 2 : 1
    return one(
      tape,
      Array.from({ length: count }, () => this.object(depth, scope, named, example)),
    )
  }

  private object(depth: number, scope: Set<string>, named: boolean, example: Term | undefined): unknown {
    const { tape } = this
    const kind = tape.below(12)
    const isSubject = example !== undefined && 'iri' in example
    if (kind < 6 || (isSubject && kind > 8)) return this.variable(scope, isSubject ? subjectPlaces : valuePlaces)
    if (kind === 6) return this.constant(example)
    if (kind < 9 || named) {
      if (depth < 1 || (example !== undefined && !isSubject && tape.chance(80))) return this.variable(scope)
      this.use('nested')
      return this.subject(depth - 1, scope, named, isSubject ? written(example) : undefined)
    }
    return this.openValue(scope, example)
  }

  private openValue(scope: Set<string>, example: Term | undefined): Json {
    const { tape } = this
    const json: Json = {}
    if (tape.chance(80)) {
      const name = tape.pick(this.names)
      scope.add(name)
      json['@value'] = name
    }
    const aspect = tape.below(4)
    if (aspect === 1) {
      this.use('@language')
      json['@language'] = (tape.chance(70) && languageOf(example)) || tape.pick(['en', 'fr', 'EN', 'en-gb'])
    } else if (aspect === 2 && '@value' in json) {
      this.use('datatype')
      const types = ['integer', 'double', 'decimal', 'string', 'boolean', 'dateTime']
      const isKnown = example !== undefined && 'text' in example && tape.chance(70)
      json['@type'] = isKnown ? example.datatype : `http://www.w3.org/2001/XMLSchema#${tape.pick(types)}`
    } else if (aspect === 3 && '@value' in json) {
      // Another variable, which gets the language or the datatype.
      const isLanguage = tape.chance(50)
      this.use(isLanguage ? 'language variable' : 'datatype variable')
      const name = tape.pick(this.names)
      json[isLanguage ? '@language' : '@type'] = name
      scope.add(name)
    }
    if (aspect === 0 || tape.chance(30)) this.inlineCondition(json, scope, example)
    return json
  }

  private inlineCondition(json: Json, scope: Scope, example: Term | undefined): void {
    const { tape } = this
    const operand = () => (scope.size > 0 && tape.chance(30) ? tape.pick([...scope]) : this.constant(example))
    const kind = tape.below(10)
    if (kind < 6) {
      this.use('inline condition', comparisons[kind])
      json[comparisons[kind]] = operand()
    } else if (kind === 8) {
      this.use('inline @regex', '@regex')
      json['@regex'] = one(tape, tape.chance(30) ? [this.pattern(), 'i'] : [this.pattern()])
    } else if (kind === 9) {
      this.use('inline @langmatches', '@langmatches')
      json['@langmatches'] = tape.pick(['en', '*', 'fr'])
    } else {
      const keyword = kind === 6 ? '@in' : '@notin'
      this.use('inline @in', keyword)
      json[keyword] = Array.from({ length: 1 + tape.below(3) }, operand)
    }
  }

  // --- expressions

  /** @param example what it mostly is */
  private constant(example?: Term): unknown {
    const { tape } = this
    this.use('constant')
    if (example !== undefined && tape.chance(60)) return toJson(example)
    return toJson(tape.chance(20) ? subjectIn(tape) : literalIn(tape))
  }

  private pattern(): string {
    return this.tape.pick(['a', '^a', 'b$', 'A', '[ab]{2}', '.', 'en'])
  }

  private leaf(place: Place): unknown {
    const { tape } = this
    const { scope } = place
    return scope.size > 0 && tape.chance(75) ? tape.pick([...scope]) : this.constant()
  }

  private number(depth: number, place: Place): unknown {
    const { tape } = this
    if (depth > 0 && tape.chance(30)) return this.calculation(depth - 1, place)
    return tape.chance(35) ? tape.pick([1, 2, 0, 4, -2, 0.5, 2.5]) : this.leaf(place)
  }

  private calculation(depth: number, place: Place): Json {
    const { tape } = this
    const operator = tape.pick(['@plus', '@minus', '@times', '@divide'] as const)
    this.use(operator)
    const isMany = operator === '@plus' || operator === '@times'
    const count = isMany && tape.chance(20) ? 3 : 2
    return { [operator]: Array.from({ length: count }, () => this.number(depth, place)) }
  }

  private aggregate(before: Scope): Json {
    const { tape } = this
    const aggregator = tape.pick(aggregators)
    this.use(aggregator)
    const distinct = tape.chance(25)
    if (distinct) this.use('aggregate @distinct')
    let of: unknown = '*'
    if (aggregator === '@count' && tape.chance(40)) this.use('count *')
    else if (aggregator === '@min' || aggregator === '@max' || aggregator === '@sample')
      of = this.leaf({ scope: before, exists: 0 })
    else of = this.expression(1, { scope: before, exists: 0 })
    if (distinct) of = { '@distinct': of }
    return { [aggregator]: aggregator === '@groupConcat' && tape.chance(60) ? [of, '|'] : one(tape, [of]) }
  }

  private expression(depth: number, place: Place, isAggregate = false): unknown {
    const { tape } = this
    if (place.grouped !== undefined && (isAggregate || tape.chance(30)) && tape.chance(80))
      return this.aggregate(place.grouped)
    const kind = depth === 0 ? 0 : tape.below(11)
    if (kind < 3) return this.leaf(place)
    if (kind < 5) return this.calculation(depth - 1, place)
    const inner = { ...place, grouped: undefined }
    switch (kind) {
      case 5:
        this.use('@str')
        return { '@str': one(tape, [this.expression(depth - 1, inner)]) }
      case 6:
        this.use('@lang')
        return { '@lang': this.expression(depth - 1, inner) }
      case 7:
      case 8:
        this.use('@concat')
        return { '@concat': Array.from({ length: 1 + tape.below(3) }, () => this.expression(depth - 1, inner)) }
      default:
        return this.condition(depth, place)
    }
  }

  private condition(depth: number, place: Place, isAggregate = false): Json {
    const { tape } = this
    const value = (at: Place = place) => this.expression(depth - 1, at, isAggregate)
    const kind = tape.below(depth > 0 ? 18 : 11)
    if (kind < 6) {
      this.use(comparisons[kind])
      return { [comparisons[kind]]: [value(), value()] }
    }
    switch (kind) {
      case 6: {
        if (place.scope.size === 0) return { '@eq': [value(), value()] }
        this.use('@bound')
        return { '@bound': one(tape, [tape.pick([...place.scope])]) }
      }
      case 7: {
        this.use('@regex')
        const text = tape.chance(50) ? this.leaf(place) : value({ ...place, grouped: undefined })
        const arrays = [text, this.pattern(), ...(tape.chance(40) ? [tape.pick(['i', 's', 'm', 'im'])] : [])]
        return { '@regex': arrays }
      }
      case 8: {
        this.use('@langmatches')
        const of = tape.chance(70) ? { '@lang': this.leaf(place) } : this.leaf(place)
        if (typeof of === 'object' && of !== null && '@lang' in of) this.use('@lang')
        return { '@langmatches': [of, tape.pick(['en', 'fr', '*', 'EN', 'en-gb'])] }
      }
      case 9:
      case 10: {
        const keyword = kind === 9 ? '@in' : '@notin'
        this.use(keyword)
        const among = Array.from({ length: 1 + tape.below(3) }, () => this.leaf(place))
        return { [keyword]: tape.chance(50) ? [this.leaf(place), among] : [this.leaf(place), ...among] }
      }
      case 11:
        this.use('@not')
        return { '@not': one(tape, [this.condition(depth - 1, place)]) }
      case 12:
      case 13: {
        const keyword = kind === 12 ? '@and' : '@or'
        this.use(keyword)
        const part = () => (tape.chance(20) ? this.leaf(place) : this.condition(depth - 1, place))
        return { [keyword]: Array.from({ length: 1 + tape.below(3) }, part) }
      }
      case 14: {
        const all = { ...this.condition(0, place), ...this.condition(0, place) }
        if (Object.keys(all).length > 1) this.use('several conditions')
        return all
      }
      default: {
        if (place.exists < 1) return { '@gte': [value(), value()] }
        const keyword = tape.chance(50) ? '@exists' : '@notexists'
        this.use(keyword)
        return { [keyword]: this.group(place.exists - 1, new Set(), place.scope, new Set()) }
      }
    }
  }
}

/** An array of one as that one, mostly. */
function one<T>(tape: Tape, items: readonly T[]): T | readonly T[] {
  return items.length === 1 && !tape.chance(20) && !Array.isArray(items[0]) ? items[0] : items
}

const isType = (property: Term): boolean => 'iri' in property && property.iri === rdfType

/** What comes last in an IRI. */
const nameOf = (iri: string): string => iri.slice(Math.max(iri.lastIndexOf('/'), iri.lastIndexOf('#')) + 1, -1)

const languageOf = (term: Term | undefined): string => (term !== undefined && 'language' in term ? term.language : '')

/** Adds values to a key. */
function put(json: Json, key: string, value: unknown): void {
  const known = json[key]
  if (known === undefined) json[key] = value
  else if (key !== '@reverse') json[key] = [known, value].flat()
  else for (const [name, of] of Object.entries(value as Json)) put(known as Json, name, of)
}

const namesOf = (columns: readonly unknown[]): string[] =>
  columns.flatMap(column => (typeof column === 'string' ? [column] : Object.keys(column as Json)))
