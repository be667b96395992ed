import type { IriSpace } from './iri.js'
import { isWellFormed } from './json.js'
import { TermKind, type TermTable, type ValueId } from './term-table.js'
import { rdf, xsd } from './vocabulary.js'

const canonicalInteger = /^(?:0|-?[1-9][0-9]*)$/
const languageTag = /^[a-z]{1,8}(?:-[a-z0-9]{1,8})*$/

/**
 * The canonical form of a finite xsd:double (XML Schema 1.1 part 2): the shortest digits that round-trip, one before the point,
 * at least one behind it: `5.0E-1`, `1.0E300`, `-1.25E2`.
 */
export function canonicalDouble(value: number): string {
  const [digits, exponent] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/**
 * The kind under which a literal is kept. Natively only what is in canonical form, and so comes back exactly as it went in:
 * `"5"^^xsd:integer`, `"true"^^xsd:boolean`, `"5.0E-1"^^xsd:double`, any xsd:string. Not `"007"^^xsd:integer`, not
 * `"1"^^xsd:boolean`, not an integer that a JavaScript number cannot hold, and not `"5.0E0"^^xsd:double`, whose number
 * would be told as the integer 5.
 * @param datatype in short form
 */
export function literalKind(datatype: string, lexical: string): TermKind {
  switch (datatype) {
    case xsd.string:
      return TermKind.string
    case xsd.boolean:
      return lexical === 'true' || lexical === 'false' ? TermKind.boolean : TermKind.typed
    case xsd.integer:
      return isCanonicalInteger(lexical) && Number.isSafeInteger(Number(lexical)) ? TermKind.integer : TermKind.typed
    case xsd.double:
      return isNativeDouble(Number(lexical)) && canonicalDouble(Number(lexical)) === lexical
        ? TermKind.double
        : TermKind.typed
    default:
      return TermKind.typed
  }
}

/**
 * The id of a literal that has no language, under the one kind that it has.
 * @param datatype in short form, not rdf:langString
 * @param lexical well formed
 * @returns 0 when the literal is unknown and not to be added
 */
export function internLiteral(table: TermTable, datatype: string, lexical: string, add: boolean): ValueId {
  switch (literalKind(datatype, lexical)) {
    case TermKind.string:
      return table.string(lexical, add)
    case TermKind.boolean:
      return table.boolean(lexical === 'true')
    case TermKind.integer:
      return table.integer(Number(lexical), add)
    case TermKind.double:
      return table.double(Number(lexical), add)
    default:
      return table.typed(datatype, lexical, add)
  }
}

/** @param value finite */
export function internNumber(table: TermTable, value: number, add: boolean): ValueId {
  return Number.isSafeInteger(value) ? table.integer(value, add) : table.double(value, add)
}

/** The canonical form of an integer of any size. */
export function isCanonicalInteger(lexical: string): boolean {
  return canonicalInteger.test(lexical)
}

/** Whether a number is kept as a `double`: finite, and not a safe integer. */
export function isNativeDouble(value: number): boolean {
  return Number.isFinite(value) && !Number.isSafeInteger(value)
}

/** Whether text has the shape of a language tag (BCP 47) in lower case; not whether its subtags are registered. */
export function isLanguageTag(tag: string): boolean {
  return languageTag.test(tag)
}

/**
 * Splits the text of a `typed` or `language` term at its first U+0000; the lexical form may have more of them.
 * @returns the datatype in short form, or the tag; and the lexical form
 */
export function splitLiteral(text: string): [datatypeOrTag: string, lexical: string] {
  const at = text.indexOf('\0')
  return [text.slice(0, at), text.slice(at + 1)]
}

/**
 * Whether a term off the wire is legal: the only form that the term has. For `integer`, `double` and `boolean`, which have no
 * text, see {@link isLegalNative}.
 * @param text as {@link TermTable.text} gives it
 */
export function isLegalTerm(kind: TermKind, text: string, iris: IriSpace): boolean {
  if (kind === TermKind.iri) return iris.isShort(text)
  if (!isWellFormed(text)) return false
  if (kind === TermKind.string) return true
  if (!text.includes('\0')) return false
  const [datatypeOrTag, lexical] = splitLiteral(text)
  if (kind === TermKind.language) return isLanguageTag(datatypeOrTag)
  return (
    kind === TermKind.typed &&
    isLegalDatatype(datatypeOrTag, iris) &&
    literalKind(datatypeOrTag, lexical) === TermKind.typed
  )
}

/** Whether a native value off the wire is legal under its kind. -0 is not: it is 0. */
export function isLegalNative(kind: TermKind, value: number | boolean): boolean {
  if (typeof value === 'boolean') return kind === TermKind.boolean
  if (kind === TermKind.integer) return Number.isSafeInteger(value) && !Object.is(value, -0)
  return kind === TermKind.double && isNativeDouble(value)
}

/** Whether a literal without a language may have this datatype. */
function isLegalDatatype(datatype: string, iris: IriSpace): boolean {
  return datatype !== rdf.langString && datatype !== rdf.dirLangString && iris.isShort(datatype)
}

/**
 * xsd:dateTime in UTC with milliseconds: `2024-02-29T12:00:00.000Z`.
 * @returns undefined for an invalid date
 */
export function dateTimeLexical(date: Date): string | undefined {
  if (Number.isNaN(date.getTime())) return undefined
  // Beyond four digits JavaScript writes six and a sign; XML Schema has no plus and no zero before more than four digits.
  return date
    .toISOString()
    .replace(/^\+0*/, '')
    .replace(/^-0*(?=[0-9]{4}-)/, '-')
}
