import { CodedError } from '../errors.js'
import type { VisibleGraph } from '../graph/index.js'
import {
  decodeCanonicalBase64,
  memberPath,
  parseCanonicalJson,
  rdf,
  splitLiteral,
  TermKind,
  type TermTable,
  type ValueId,
  xsd,
} from '../rdf/index.js'
import {
  type ListShape,
  type PatternReader,
  type PickShape,
  type Shape,
  type SubjectWriter,
  shapeKind,
} from '../subject/index.js'
import { numericOf } from './numbers.js'
import { invalid } from './request-json.js'

/** How deeply shapes may stand in each other: one that stands in itself would have no end. */
const maxDepth = 64

/** A date and time with a time zone: without one, it would be another moment in each place. */
const moment = /^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})$/

/** Where a value stands. */
interface Place {
  readonly subject: ValueId
  readonly property: string
  /** In the shape, for what is wrong with that. */
  readonly path: string
  readonly depth: number
}

type Convert = (reader: ShapeReader, value: ValueId, place: Place) => unknown

/** What reads one value, by constructor, with what it reads. Undefined is for what it does not. */
const scalars = new Map<unknown, readonly [Convert, string]>([
  [String, [(reader, value, { property }) => reader.text(value, property), 'text']],
  [Number, [(reader, value) => reader.number(value), 'a number that JavaScript has']],
  [Boolean, [(reader, value) => reader.boolean(value), 'a boolean']],
  [BigInt, [(reader, value) => reader.bigint(value), 'an integer']],
  [Date, [(reader, value) => reader.date(value), 'a date and time with its time zone']],
  [Uint8Array, [(reader, value) => reader.literal(value, xsd.base64Binary, decodeCanonicalBase64), 'bytes']],
])

/** Reads subjects as a {@link Shape} says. */
export class ShapeReader {
  private readonly graph: VisibleGraph
  private readonly terms: TermTable
  private readonly patterns: PatternReader
  private readonly writer: SubjectWriter

  constructor(graph: VisibleGraph, terms: TermTable, patterns: PatternReader, writer: SubjectWriter) {
    this.graph = graph
    this.terms = terms
    this.patterns = patterns
    this.writer = writer
  }

  /**
   * @returns undefined when nothing of that is visible
   * @throws CodedError `conflicting`, `value-unexpected`; `pattern-invalid` for what is no shape; `iri-malformed`
   */
  read(subject: ValueId, shape: Shape): object | undefined {
    const { found, result } = this.subject(subject, shape, '$', 1)
    return found ? result : undefined
  }

  private subject(subject: ValueId, shape: unknown, path: string, depth: number): { found: boolean; result: object } {
    if (!isShape(shape))
      invalid(path, 'a shape: String, Number, Boolean, BigInt, Date, Uint8Array, Ref, Json, or properties')
    if (depth > maxDepth) invalid(path, `shapes nested at most ${maxDepth} deep`)
    const types = this.values(subject, this.terms.property(rdf.type, false))
    let found = types.length > 0
    const names = types.filter(type => this.writer.isReference(type)).map(type => this.writer.name(type))
    const members: [string, unknown][] = [
      ['@id', this.writer.id(subject)],
      ['@type', names],
    ]
    for (const name of Object.keys(shape)) {
      const place: Place = { subject, property: name, path: memberPath(path, name), depth }
      if (name === '@list') {
        const items = this.items(subject, shape[name], place)
        if (items.length > 0) found = true
        members.push([name, items])
        continue
      }
      if (name === '@id' || name === '@type') invalid(place.path, 'a property: "@id" and "@type" are always given')
      const values = this.values(subject, this.patterns.constants.property(name, place.path))
      if (values.length > 0) found = true
      members.push([name, this.property(values, shape[name], place)])
    }
    // As own members, whatever their names.
    return { found, result: Object.fromEntries(members) }
  }

  private values(subject: ValueId, property: number): ValueId[] {
    if (property < 0) return []
    const values: ValueId[] = []
    values.length = this.graph.objects(subject, property, values)
    return values.length < 2 ? values : values.sort((a, b) => this.writer.compare(a, b))
  }

  private property(values: readonly ValueId[], shape: unknown, place: Place): unknown {
    if (Array.isArray(shape)) {
      if (shape.length !== 1) invalid(place.path, 'an array of one shape')
      return values.map(value => this.one(value, shape[0], place))
    }
    const kind = shapeKind(shape)
    if (kind === 'pick') return this.pick(values, shape as PickShape<unknown>, place)
    if (values.length > 1) this.conflict(values.length, place)
    if (values.length === 1) return this.one(values[0], shape, place)
    return kind === 'list' ? [] : undefined
  }

  private pick(values: readonly ValueId[], { of, choose }: PickShape<unknown>, place: Place): unknown {
    if (values.length === 0) return undefined
    const all = values.map(value => this.one(value, of, place))
    if (typeof choose === 'function') return choose(all as never)
    const sign = choose === 'least' ? -1 : 1
    return (all as number[]).reduce((best, value) => (compare(value, best) === sign ? value : best))
  }

  private one(value: ValueId, shape: unknown, place: Place): unknown {
    const scalar = scalars.get(shape)
    if (scalar !== undefined) {
      const [convert, expected] = scalar
      return convert(this, value, place) ?? this.unexpected(expected, place)
    }
    const kind = shapeKind(shape)
    if (kind === 'json') return this.json(value, place)
    if (kind === undefined || kind === 'pick') {
      // What is no shape is told also where there is no subject.
      if (isShape(shape) && !this.writer.isReference(value)) this.unexpected('a reference', place)
      return this.subject(value, shape, place.path, place.depth + 1).result
    }
    if (!this.writer.isReference(value)) this.unexpected(kind === 'list' ? 'a list' : 'a reference', place)
    if (kind === 'reference') return { '@id': this.writer.id(value) }
    return this.items(value, (shape as ListShape<unknown>).of, { ...place, subject: value, property: '@list' })
  }

  private items(list: ValueId, shape: unknown, place: Place): unknown[] {
    const view = this.graph.list(list)
    return Array.from({ length: view.length }, (_, index) => this.one(view.itemAt(index), shape, place))
  }

  text(value: ValueId, property: string): string | undefined {
    if (this.writer.isReference(value)) return undefined
    const read = property === '@list' ? this.writer.value(value) : this.writer.valueUnder(property, value)
    return typeof read === 'string' ? read : undefined
  }

  number(value: ValueId): number | undefined {
    const number = numericOf(this.terms, value)
    // An integer of that size would come as another one.
    return number === undefined || (number.rank === 0 && !Number.isSafeInteger(number.value)) ? undefined : number.value
  }

  bigint(value: ValueId): bigint | undefined {
    const number = numericOf(this.terms, value)
    return number?.rank === 0 ? (number.exact?.unscaled ?? BigInt(number.value)) : undefined
  }

  boolean(value: ValueId): boolean | undefined {
    if (this.terms.kind(value) === TermKind.boolean) return this.terms.native(value) as boolean
    return this.literal(value, xsd.boolean, lexical => (lexical === '1' ? true : lexical === '0' ? false : undefined))
  }

  date(value: ValueId): Date | undefined {
    return this.literal(value, xsd.dateTime, lexical => {
      if (!moment.test(lexical)) return undefined
      // More than four digits of a year are six with a sign in JavaScript; it knows no more than milliseconds.
      const [, sign, year, rest] = /^(-?)([0-9]+)(.*)$/.exec(lexical)!
      const padded = sign === '' && year.length === 4 ? year : `${sign || '+'}${year.padStart(6, '0')}`
      const date = new Date(padded + rest)
      return Number.isNaN(date.getTime()) ? undefined : date
    })
  }

  literal<T>(value: ValueId, datatype: string, convert: (lexical: string) => T | undefined): T | undefined {
    if (this.terms.kind(value) !== TermKind.typed) return undefined
    const [type, lexical] = splitLiteral(this.terms.text(value))
    return type === datatype ? convert(lexical) : undefined
  }

  private json(value: ValueId, place: Place): unknown {
    const json = this.literal(value, rdf.JSON, lexical => ({ value: parseCanonicalJson(lexical) }))
    return json?.value === undefined ? this.unexpected('JSON, kept as one value', place) : json.value
  }

  private conflict(count: number, { subject, property }: Place): never {
    const id = this.writer.id(subject)
    const message = `${id} has ${count} values of ${property} where the shape asks for one: ask for all, or pick one`
    throw new CodedError('conflicting', message, { id, property, count })
  }

  private unexpected(expected: string, { subject, property }: Place): never {
    const id = this.writer.id(subject)
    const message = `${id} has a value of ${property} that is not what the shape asks for: ${expected}`
    throw new CodedError('value-unexpected', message, { id, property, expected })
  }
}

function isShape(shape: unknown): shape is Shape {
  return typeof shape === 'object' && shape !== null && !Array.isArray(shape) && shapeKind(shape) === undefined
}

/** Of two values of one of the constructors that have an order. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
