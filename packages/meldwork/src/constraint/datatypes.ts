import { compareValues } from '../query/index.js'
import { rdf, splitLiteral, TermKind, type TermTable, type ValueId, xsd } from '../rdf/index.js'

const namespace = xsd.string.slice(0, 1)

/** Those whose values have an order: what they are is known where values are compared. */
const compared = (
  'boolean decimal float double dateTime date integer long int short byte nonNegativeInteger positiveInteger ' +
  'nonPositiveInteger negativeInteger unsignedLong unsignedInt unsignedShort unsignedByte'
).split(' ')

const zone = '(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?'
const month = '(?:0[1-9]|1[0-2])'
const day = '(?:0[1-9]|[12][0-9]|3[01])'
const year = '-?(?:[1-9][0-9]{4,}|[0-9]{4})'
const clock = '(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?|24:00:00(?:\\.0+)?)'
const years = '(?:[0-9]+Y)?(?:[0-9]+M)?'
const days = '(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\\.[0-9]+)?S)?)?'

/** The lexical forms of others (XML Schema 1.1 part 2, section 3.3). Each of these expressions takes linear time. */
const forms: Readonly<Record<string, RegExp>> = Object.fromEntries(
  Object.entries({
    time: clock + zone,
    gYear: year + zone,
    gYearMonth: `${year}-${month}${zone}`,
    gMonth: `--${month}${zone}`,
    gMonthDay: `--${month}-${day}${zone}`,
    gDay: `---${day}${zone}`,
    duration: `-?P(?=.)${years}${days}`,
    yearMonthDuration: `-?P(?=.)${years}`,
    dayTimeDuration: `-?P(?=.)${days}`,
    hexBinary: '(?:[0-9A-Fa-f]{2})*',
    base64Binary: '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
  }).map(([name, source]) => [name, new RegExp(`^(?:${source})$`)]),
)

/** The least and the greatest of the integers that have bounds. */
const ranges: Readonly<Record<string, readonly [least: bigint | undefined, most: bigint | undefined]>> = {
  long: [-(2n ** 63n), 2n ** 63n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  short: [-32768n, 32767n],
  byte: [-128n, 127n],
  nonNegativeInteger: [0n, undefined],
  positiveInteger: [1n, undefined],
  nonPositiveInteger: [undefined, 0n],
  negativeInteger: [undefined, -1n],
  unsignedLong: [0n, 2n ** 64n - 1n],
  unsignedInt: [0n, 2n ** 32n - 1n],
  unsignedShort: [0n, 65535n],
  unsignedByte: [0n, 255n],
}

/** Datatypes by the names that need no namespace, in short form. */
export const namedDatatypes: ReadonlyMap<string, string> = new Map([
  ...['string', 'anyURI', ...compared, ...Object.keys(forms)].map(name => [name, namespace + name] as const),
  ['langString', rdf.langString],
])

/** The datatype of a literal, in short form; undefined for an IRI. */
export function datatypeOf(terms: TermTable, value: ValueId): string | undefined {
  switch (terms.kind(value)) {
    case TermKind.iri:
      return undefined
    case TermKind.string:
      return xsd.string
    case TermKind.integer:
      return xsd.integer
    case TermKind.double:
      return xsd.double
    case TermKind.boolean:
      return xsd.boolean
    case TermKind.language:
      return rdf.langString
    default:
      return splitLiteral(terms.text(value))[0]
  }
}

/**
 * Whether the text of a literal is one that its datatype has: `"12"^^xsd:integer`, and not `"twelve"^^xsd:integer`. What is not known here is
 * legal: other datatypes, and all text.
 */
export function isLegalLiteral(terms: TermTable, value: ValueId): boolean {
  if (terms.kind(value) !== TermKind.typed) return true
  const [datatype, lexical] = splitLiteral(terms.text(value))
  if (!datatype.startsWith(namespace)) return true
  const name = datatype.slice(namespace.length)
  if (compared.includes(name)) return compareValues(terms, value, value) !== undefined && isInRange(name, lexical)
  return forms[name]?.test(name === 'base64Binary' ? lexical.replace(/ /g, '') : lexical) ?? true
}

function isInRange(name: string, lexical: string): boolean {
  const range = ranges[name]
  if (range === undefined) return true
  const [least, most] = range
  const number = BigInt(lexical.replace('+', ''))
  return (least === undefined || number >= least) && (most === undefined || number <= most)
}
