import { internLiteral, internNumber, splitLiteral, TermKind, type TermTable, type ValueId, xsd } from '../rdf/index.js'

/** A number with its type in the order in which SPARQL promotes them: integer, decimal, float, double. */
export interface NumericValue {
  readonly rank: 0 | 1 | 2 | 3
  readonly value: number
  /** The exact value, `unscaled / 10 ** scale`, of a decimal, and of an integer that a JavaScript number cannot hold. */
  readonly exact: Exact | undefined
}

interface Exact {
  readonly unscaled: bigint
  readonly scale: number
}

/** The datatypes that XML Schema derives from integer. */
const integers = new Set(
  [
    'integer',
    'long',
    'int',
    'short',
    'byte',
    'nonNegativeInteger',
    'positiveInteger',
    'nonPositiveInteger',
    'negativeInteger',
    'unsignedLong',
    'unsignedInt',
    'unsignedShort',
    'unsignedByte',
  ].map(name => xsd.integer.replace('integer', name)),
)
const float = xsd.double.replace('double', 'float')
const integerLexical = /^[+-]?[0-9]+$/
const decimalLexical = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/
const doubleLexical = /^(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN)$/
/** More digits than this are not calculated with: what comes from elsewhere must not cost without bound. */
const maxDigits = 1000
/** Digits behind the point of a quotient of decimals that has more. XML Schema asks for 18 digits at least. */
const quotientDigits = 18

/** @returns undefined for what is no number */
export function numericOf(terms: TermTable, id: ValueId): NumericValue | undefined {
  switch (terms.kind(id)) {
    case TermKind.integer:
      return { rank: 0, value: terms.native(id) as number, exact: undefined }
    case TermKind.double:
      return { rank: 3, value: terms.native(id) as number, exact: undefined }
    case TermKind.typed: {
      const [datatype, lexical] = splitLiteral(terms.text(id))
      return typedNumber(datatype, lexical)
    }
    default:
      return undefined
  }
}

/** Whether a datatype is one of numbers, in short form. */
export function isNumericDatatype(datatype: string): boolean {
  return datatype === xsd.double || datatype === xsd.decimal || datatype === float || integers.has(datatype)
}

function typedNumber(datatype: string, lexical: string): NumericValue | undefined {
  if (lexical.length > maxDigits) return undefined
  if (datatype === xsd.double || datatype === float) {
    if (!doubleLexical.test(lexical)) return undefined
    const value = Number(lexical.replace('INF', 'Infinity'))
    return datatype === float
      ? { rank: 2, value: Math.fround(value), exact: undefined }
      : { rank: 3, value, exact: undefined }
  }
  if (datatype === xsd.decimal) return decimalLexical.test(lexical) ? exactly(1, parseDecimal(lexical)) : undefined
  if (!integers.has(datatype) || !integerLexical.test(lexical)) return undefined
  const value = Number(lexical)
  return Number.isSafeInteger(value)
    ? { rank: 0, value: value === 0 ? 0 : value, exact: undefined }
    : exactly(0, { unscaled: BigInt(lexical.replace('+', '')), scale: 0 })
}

function exactly(rank: 0 | 1, exact: Exact): NumericValue {
  return { rank, value: Number(exact.unscaled) / 10 ** exact.scale, exact }
}

function parseDecimal(lexical: string): Exact {
  const [whole, fraction = ''] = lexical.replace('+', '').split('.')
  return { unscaled: BigInt(`${whole}${fraction}` === '-' ? '0' : `${whole}${fraction}`), scale: fraction.length }
}

/** Negative, 0 or positive; NaN when one of them is not a number. */
export function compareNumbers(a: NumericValue, b: NumericValue): number {
  if (a.rank > 1 || b.rank > 1 || (a.exact === undefined && b.exact === undefined))
    return a.value === b.value ? 0 : a.value - b.value
  const [x, y] = sameScale(exactOf(a), exactOf(b))
  return x === y ? 0 : x < y ? -1 : 1
}

/**
 * A total order, where {@link compareNumbers} is none: NaN before all others; of numbers that are the same double, those with an exact value after the others, by that.
 */
export function sortNumbers(a: NumericValue, b: NumericValue): number {
  const isNumber = Number(!Number.isNaN(a.value)) - Number(!Number.isNaN(b.value))
  if (isNumber !== 0 || Number.isNaN(a.value)) return isNumber
  if (a.value !== b.value) return a.value < b.value ? -1 : 1
  if (a.exact === undefined || b.exact === undefined)
    return Number(a.exact !== undefined) - Number(b.exact !== undefined)
  return compareNumbers(a, b)
}

export type Arithmetic = 'plus' | 'minus' | 'times' | 'divide'

/**
 * Arithmetic as JSON has it: a result is a JSON number, an integer when it is whole (`xsd:integer`) and otherwise an `xsd:double`; but decimals and
 * large integers are calculated exactly, and stay so.
 * @returns undefined where there is no result: division by 0, or beyond the range of numbers
 */
export function calculate(operation: Arithmetic, a: NumericValue, b: NumericValue): NumericValue | undefined {
  const rank = Math.max(a.rank, b.rank) as NumericValue['rank']
  if (rank === 1 || (rank === 0 && (a.exact ?? b.exact) !== undefined)) return calculateExactly(operation, rank, a, b)
  const value = plainly(operation, a.value, b.value)
  if (!Number.isFinite(value)) return undefined
  if (rank === 0 && Number.isInteger(value) && !Number.isSafeInteger(value)) return calculateExactly(operation, 0, a, b)
  return { rank: Number.isSafeInteger(value) ? 0 : 3, value, exact: undefined }
}

/** Adds to a sum, whose type is that of the highest of its numbers until `calculate` makes JSON's number of it: it does not depend on their order. */
export function add(a: NumericValue, b: NumericValue): NumericValue | undefined {
  const sum = calculate('plus', a, b)
  const rank = Math.max(a.rank, b.rank) as NumericValue['rank']
  return sum === undefined || rank <= sum.rank ? sum : { rank, value: sum.value, exact: undefined }
}

function plainly(operation: Arithmetic, a: number, b: number): number {
  switch (operation) {
    case 'plus':
      return a + b
    case 'minus':
      return a - b
    case 'times':
      return a * b
    default:
      return a / b
  }
}

function calculateExactly(
  operation: Arithmetic,
  rank: 0 | 1,
  a: NumericValue,
  b: NumericValue,
): NumericValue | undefined {
  const x = exactOf(a)
  const y = exactOf(b)
  if (operation === 'times') return bounded(rank, { unscaled: x.unscaled * y.unscaled, scale: x.scale + y.scale })
  const [left, right] = sameScale(x, y)
  const scale = Math.max(x.scale, y.scale)
  if (operation === 'plus') return bounded(rank, { unscaled: left + right, scale })
  if (operation === 'minus') return bounded(rank, { unscaled: left - right, scale })
  if (right === 0n) return undefined
  if (left % right === 0n) return bounded(rank, { unscaled: left / right, scale: 0 })
  if (rank === 0) return { rank: 3, value: a.value / b.value, exact: undefined }
  return bounded(rank, { unscaled: (left * 10n ** BigInt(quotientDigits)) / right, scale: quotientDigits })
}

function bounded(rank: 0 | 1, exact: Exact): NumericValue | undefined {
  let { unscaled, scale } = exact
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n
    scale--
  }
  if (String(unscaled).length > maxDigits || scale > maxDigits) return undefined
  return exactly(rank, { unscaled, scale })
}

function exactOf(a: NumericValue): Exact {
  return a.exact ?? { unscaled: BigInt(a.value), scale: 0 }
}

function sameScale(a: Exact, b: Exact): [bigint, bigint] {
  const scale = Math.max(a.scale, b.scale)
  return [a.unscaled * 10n ** BigInt(scale - a.scale), b.unscaled * 10n ** BigInt(scale - b.scale)]
}

/** The term of a number that was calculated. */
export function internNumeric(terms: TermTable, { rank, value, exact }: NumericValue): ValueId {
  if (exact === undefined) return internNumber(terms, value, true)
  return internLiteral(terms, rank === 0 ? xsd.integer : xsd.decimal, decimalText(exact), true)
}

function decimalText({ unscaled, scale }: Exact): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
