/** What requests mean where SPARQL has something else, as functions for the independent engine: a row of docs/requests.md each. */
import type { RDF } from '../../src/index.js'
import {
  canonicalDouble,
  compareValues,
  fromRdf,
  iri,
  kindOf,
  literal,
  numberOf,
  type Term,
  toRdf,
  written,
} from './terms-pool.js'

const xsd = 'http://www.w3.org/2001/XMLSchema#'

function fail(): never {
  throw new Error('an error in the sense of SPARQL')
}

const isDecimal = (term: Term) => 'text' in term && term.datatype === `${xsd}decimal`
const isInteger = (term: Term) =>
  'text' in term && numberOf(term) !== undefined && !/#(decimal|double|float)$/.test(term.datatype)

/** A number as JSON has it: an integer when it is whole, otherwise a double. */
function jsonNumber(value: number): Term {
  if (!Number.isFinite(value)) return fail()
  return Number.isSafeInteger(value)
    ? literal(String(value === 0 ? 0 : value), `${xsd}integer`)
    : literal(canonicalDouble(value), `${xsd}double`)
}

/** The result of arithmetic: JSON's number, unless it is exact: a decimal among decimals and integers, and a large integer. */
function numberFrom(result: Term, operands: readonly Term[]): Term {
  const value = numberOf(result) ?? fail()
  const isExact = operands.every(operand => isDecimal(operand) || isInteger(operand))
  if (isExact && operands.some(isDecimal)) return literal(decimalText(value), `${xsd}decimal`)
  if (isExact && isInteger(result) && !Number.isSafeInteger(value))
    return literal(String(BigInt(value)), `${xsd}integer`)
  return jsonNumber(value)
}

/** Of integers, where doubles do not hold the operands or the result: this engine calculates with those. */
function largeInteger(operator: string, a: Term, b: Term): Term | undefined {
  if (!isInteger(a) || !isInteger(b) || 'iri' in a || 'iri' in b) return undefined
  const [x, y] = [BigInt(a.text), BigInt(b.text)]
  if (operator === '/' && (y === 0n || x % y !== 0n)) return undefined
  const result = { '+': x + y, '-': x - y, '*': x * y, '/': y === 0n ? 0n : x / y }[operator as '+']
  return [x, y, result].every(each => Number.isSafeInteger(Number(each)))
    ? undefined
    : literal(String(result), `${xsd}integer`)
}

/** A decimal or an integer, as a number of 10 to the power of -scale. */
type Exact = readonly [unscaled: bigint, scale: number]

function exactOf(term: Term): Exact {
  const [whole, fraction = ''] = textOf(term).replace('+', '').split('.')
  return [BigInt(`${whole}${fraction}`), fraction.length]
}

/** Among decimals and integers, with a decimal among them: exactly, which this engine, calculating with doubles, is not. */
function exactly(operator: string, [x, xScale]: Exact, [y, yScale]: Exact): Exact | undefined {
  if (operator === '*') return [x * y, xScale + yScale]
  const scale = Math.max(xScale, yScale)
  const [a, b] = [x * 10n ** BigInt(scale - xScale), y * 10n ** BigInt(scale - yScale)]
  if (operator !== '/') return [operator === '+' ? a + b : a - b, scale]
  return b === 0n ? undefined : [(a * 10n ** 18n) / b, 18]
}

function exactDecimal([unscaled, scale]: Exact): Term {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return literal(unscaled < 0n && text !== '0' ? `-${text}` : text, `${xsd}decimal`)
}

const areExact = (operands: readonly Term[]): boolean =>
  operands.some(isDecimal) && operands.every(operand => isDecimal(operand) || isInteger(operand))

function decimal(operator: string, a: Term, b: Term): Term | undefined {
  if (!areExact([a, b])) return undefined
  const result = exactly(operator, exactOf(a), exactOf(b))
  return result && exactDecimal(result)
}

/** The sum, or the mean, of decimals and integers. */
function total(all: readonly Term[], divided: boolean): Term | undefined {
  if (!areExact(all)) return undefined
  const sum = all.map(exactOf).reduce((a, b) => exactly('+', a, b)!)
  return exactDecimal(divided ? exactly('/', sum, [BigInt(all.length), 0])! : sum)
}

function decimalText(value: number): string {
  return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : value.toFixed(18).replace(/\.?0+$/, '')
}

/** The text of a value, a number as JSON writes it. */
function textOf(term: Term): string {
  if ('iri' in term) return term.iri
  return term.datatype === `${xsd}double` &&
    written(term) === written(literal(canonicalDouble(Number(term.text)), term.datatype))
    ? String(Number(term.text))
    : term.text
}

/** What mw:term has written, without the errors. */
function terms(all: Term): readonly Term[] {
  return textOf(all)
    .split('\u0001')
    .flatMap(each => (each === '' ? [] : [JSON.parse(each) as Term]))
}

/** The engine's own result where all values are of one kind that SPARQL orders. */
function extreme(values: readonly Term[], engines: Term | undefined, sign: number): Term {
  if (values.length === 0) return fail()
  const isPlain =
    new Set(values.map(kindOf)).size === 1 && ['number', 'boolean', 'dateTime'].includes(kindOf(values[0]))
  const isOrdered = values.every(term => !Number.isNaN(numberOf(term) ?? 0))
  if (engines !== undefined && !('iri' in engines) && isPlain && isOrdered) return engines
  return values.reduce((best, term) => (compareValues(term, best) * sign < 0 ? term : best))
}

const truth = (value: boolean) => literal(String(value), `${xsd}boolean`)

type Call = (...args: Term[]) => Term

const calls: Record<string, Call> = {
  error: () => fail(),
  /** Where SPARQL has an error: a term is equal to itself; literals of different known kinds are not equal. */
  equal: (a, b) => {
    const [x, y] = [kindOf(a), kindOf(b)]
    if (written(a) === written(b) && x === 'other') return truth(true)
    return x === 'other' || y === 'other' || (x === y && x !== 'language') ? fail() : truth(false)
  },
  /** Texts by code points, as SPARQL says: this engine takes the order of a language. */
  textOrder: (operator, a, b) => {
    if (kindOf(a) !== 'string' || kindOf(b) !== 'string') return fail()
    const order = compareValues(a, b)
    const holds = { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }
    return truth(holds[textOf(operator) as '<'])
  },
  number: (result, operator, a, b) =>
    largeInteger(textOf(operator), a, b) ?? decimal(textOf(operator), a, b) ?? numberFrom(result, [a, b]),
  known: () => truth(true),
  /** This engine has neither a language nor a datatype for a literal whose text does not fit its datatype. */
  lang: term => ('iri' in term ? fail() : literal(term.language)),
  datatype: term => ('iri' in term ? fail() : iri(term.datatype)),
  str: term => literal(textOf(term)),
  text: term => ('iri' in term ? fail() : term.language === '' ? literal(textOf(term)) : term),
  string: term => literal(textOf(term)),
  term: term => literal(JSON.stringify(term)),
  made: (...parts) => iri(`urn:made:${encodeURIComponent(JSON.stringify(parts))}`),
  sum: (all, result) => total(terms(all), false) ?? numberFrom(result, terms(all)),
  average: (all, result) => total(terms(all), true) ?? numberFrom(result, terms(all)),
  count: (all, isDistinct) => {
    const counted = terms(all).map(written)
    return literal(String(textOf(isDistinct) === 'true' ? new Set(counted).size : counted.length), `${xsd}integer`)
  },
  joined: (all, separator) =>
    literal([...new Map(terms(all).map(term => [written(term), textOf(term)])).values()].join(textOf(separator))),
  least: (all, result) => extreme(terms(all), result, 1),
  greatest: (all, result) => extreme(terms(all), result, -1),
}

/** By IRI, as the engine takes them. */
export const functions = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    `urn:mw:${name}`,
    (args: RDF.Term[]) => toRdf(call(...args.map(fromRdf))),
  ]),
)
