import { splitLiteral, TermKind, type TermTable, type ValueId, xsd } from '../rdf/index.js'
import { compareNumbers, isNumericDatatype, numericOf, sortNumbers } from './numbers.js'

/** The kinds of terms whose values can be compared with each other, in the order in which sorting puts them. */
const Class = { iri: 0, number: 1, boolean: 2, dateTime: 3, date: 4, string: 5, language: 6, other: 7 } as const
type Class = (typeof Class)[keyof typeof Class]

const date = xsd.dateTime.replace('dateTime', 'date')
const dateTimeLexical =
  /^(-?[0-9]{4,})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-4]):([0-5][0-9]):([0-5][0-9](?:\.[0-9]+)?)(Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?$/
const dateLexical = /^(-?[0-9]{4,})-([0-9]{2})-([0-9]{2})(Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?$/

/** Whether the values of two terms are equal (SPARQL's `=`). @returns undefined when that cannot be known: for datatypes unknown here */
export function equalValues(terms: TermTable, a: ValueId, b: ValueId): boolean | undefined {
  const classOfA = classOf(terms, a)
  if (a === b) return classOfA === Class.number ? !Number.isNaN(numericOf(terms, a)!.value) : true
  const classOfB = classOf(terms, b)
  if (classOfA === Class.iri || classOfB === Class.iri) return false
  if (classOfA === Class.other || classOfB === Class.other) return undefined
  if (classOfA !== classOfB) return false
  const order = compareIn(terms, classOfA, a, b)
  return order === 0
}

const isNativeNumber = (kind: TermKind): boolean => kind === TermKind.integer || kind === TermKind.double

/**
 * Which of two values is less (SPARQL's `<`).
 * @returns NaN when one of two numbers is not a number; undefined when they are of kinds that have no order between them
 */
export function compareValues(terms: TermTable, a: ValueId, b: ValueId): number | undefined {
  // Numbers that JSON has are nearly all there is.
  if (isNativeNumber(terms.kind(a)) && isNativeNumber(terms.kind(b)))
    return (terms.native(a) as number) - (terms.native(b) as number)
  const kind = classOf(terms, a)
  if (kind !== classOf(terms, b) || kind === Class.iri || kind === Class.language || kind === Class.other)
    return undefined
  return compareIn(terms, kind, a, b)
}

/**
 * A total order, for sorting: no value first, then IRIs, numbers, booleans, dates with a time, dates, text, text in languages, other literals; equal
 * values by their terms. The same on every clone.
 */
export function compareForSorting(terms: TermTable, a: ValueId | 0, b: ValueId | 0): number {
  if (a === b) return 0
  if (a === 0 || b === 0) return a === 0 ? -1 : 1
  const kind = classOf(terms, a)
  const difference = kind - classOf(terms, b)
  if (difference !== 0) return difference
  const order =
    kind === Class.number ? sortNumbers(numericOf(terms, a)!, numericOf(terms, b)!) : compareIn(terms, kind, a, b)
  return order === 0 ? compareText(exactText(terms, a), exactText(terms, b)) : order
}

/** SPARQL's effective boolean value. @returns undefined for what has none */
export function effectiveBoolean(terms: TermTable, id: ValueId): boolean | undefined {
  switch (terms.kind(id)) {
    case TermKind.boolean:
      return terms.native(id) as boolean
    case TermKind.string:
      return terms.text(id) !== ''
    case TermKind.integer:
    case TermKind.double:
      return terms.native(id) !== 0
    case TermKind.typed:
      return typedBoolean(terms, id)
    default:
      return undefined
  }
}

function typedBoolean(terms: TermTable, id: ValueId): boolean | undefined {
  const [datatype, lexical] = splitLiteral(terms.text(id))
  if (datatype === xsd.boolean) return lexical === '1'
  if (!isNumericDatatype(datatype)) return undefined
  const number = numericOf(terms, id)
  return number !== undefined && number.value !== 0 && !Number.isNaN(number.value)
}

/** The text of a literal, without its datatype and language; undefined for an IRI. */
export function lexicalOf(terms: TermTable, id: ValueId): string | undefined {
  switch (terms.kind(id)) {
    case TermKind.iri:
      return undefined
    case TermKind.string:
      return terms.text(id)
    case TermKind.typed:
    case TermKind.language:
      return splitLiteral(terms.text(id))[1]
    default:
      return String(terms.native(id))
  }
}

function classOf(terms: TermTable, id: ValueId): Class {
  switch (terms.kind(id)) {
    case TermKind.iri:
      return Class.iri
    case TermKind.string:
      return Class.string
    case TermKind.language:
      return Class.language
    case TermKind.boolean:
      return Class.boolean
    case TermKind.typed: {
      const [datatype, lexical] = splitLiteral(terms.text(id))
      if (datatype === xsd.boolean) return lexical === '0' || lexical === '1' ? Class.boolean : Class.other
      if (datatype === xsd.dateTime) return Number.isNaN(instant(terms, id)) ? Class.other : Class.dateTime
      if (datatype === date) return Number.isNaN(instant(terms, id)) ? Class.other : Class.date
      return numericOf(terms, id) === undefined ? Class.other : Class.number
    }
    default:
      return Class.number
  }
}

/** Within one class. */
function compareIn(terms: TermTable, kind: Class, a: ValueId, b: ValueId): number {
  switch (kind) {
    case Class.number:
      return compareNumbers(numericOf(terms, a)!, numericOf(terms, b)!)
    case Class.boolean:
      return Number(effectiveBoolean(terms, a)) - Number(effectiveBoolean(terms, b))
    case Class.dateTime:
    case Class.date:
      return instant(terms, a) - instant(terms, b)
    default:
      return compareText(exactText(terms, a), exactText(terms, b))
  }
}

/** By code points, as SPARQL and XPath compare text: not by UTF-16 code units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff

/** Everything about a literal, or an IRI, as one text. */
function exactText(terms: TermTable, id: ValueId): string {
  const kind = terms.kind(id)
  return kind >= TermKind.integer ? String(terms.native(id)) : terms.text(id)
}

/** Milliseconds since 1970 of a dateTime or a date, in UTC where it names no time zone; NaN for what is none. */
function instant(terms: TermTable, id: ValueId): number {
  const [datatype, lexical] = splitLiteral(terms.text(id))
  const parts = (datatype === date ? dateLexical : dateTimeLexical).exec(lexical)
  if (parts === null) return Number.NaN
  const [hours, minutes, seconds] = datatype === date ? ['0', '0', '0'] : parts.slice(4, 7)
  const time = new Date(0)
  time.setUTCFullYear(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]))
  if (time.getUTCDate() !== Number(parts[3]) || time.getUTCMonth() !== Number(parts[2]) - 1) return Number.NaN
  const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return time.getTime() + clock * 1000 - zoneMinutes(parts[parts.length - 1]) * 60_000
}

function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return zone.startsWith('-') ? -minutes : minutes
}
