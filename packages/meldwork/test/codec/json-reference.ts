/** The rules of numbers by the book, slow: for comparison. And generators of JSON. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect } from 'vitest'
import { JsonFloat, type JsonObject, type JsonValue } from '../../src/codec/index.js'

const utf8 = new TextEncoder()

/** The order of UTF-8 bytes. */
export function compareBytes(a: string, b: string): number {
  const x = utf8.encode(a)
  const y = utf8.encode(b)
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i] - y[i]
  return x.length - y.length
}

/** As the original reads a float, in exact integers up to the last step. */
export function slowFloat(lexeme: string): number {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(lexeme)!
  let significand = 0n
  let scale = 0
  let full = false
  for (const digit of whole) {
    const next = significand * 10n + BigInt(digit)
    full ||= next >= 2n ** 64n
    if (full) scale++
    else significand = next
  }
  full = false
  for (const digit of fraction) {
    const next = significand * 10n + BigInt(digit)
    full ||= next >= 2n ** 64n
    if (full) break
    significand = next
    scale--
  }
  let value = Number(significand)
  let rest = scale + Number(exponent)
  for (; rest < -308 && value !== 0; rest += 308) value /= 1e308
  if (value !== 0) value = rest < 0 ? value / Number(`1e${-rest}`) : value * Number(`1e${rest}`)
  return sign === '-' ? -value : value
}

const character = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
  { weight: 2, arbitrary: fc.integer({ min: 0xa0, max: 0xd7ff }) },
  { weight: 2, arbitrary: fc.integer({ min: 0xe000, max: 0xffff }) },
  { weight: 2, arbitrary: fc.integer({ min: 0x10000, max: 0x10ffff }) },
)
/** Well-formed text with characters that escape, that sort otherwise in UTF-16, or that are no text at all. */
export const text = fc.array(character, { maxLength: 8 }).map(codes => String.fromCodePoint(...codes))
export const key = fc.oneof(
  text,
  fc.constantFrom('__proto__', 'constructor', 'toString', 'a', 'b', '10', '9', '\u{ff5e}', '\u{1f600}', '\u{1f600}♭'),
)

const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,24})$/)
/** The text of a number. */
export const numberText = fc
  .tuple(
    fc.constantFrom('', '', '-'),
    digits,
    fc.option(fc.stringMatching(/^\.[0-9]{1,25}$/), { nil: '' }),
    fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { nil: '' }),
  )
  .map(parts => parts.join(''))
  .filter(number => Number.isFinite(Number(number)) && Math.abs(slowFloat(number)) <= Number.MAX_VALUE)

const float = fc.double({ noNaN: true, noDefaultInfinity: true })

export interface Tree {
  value: JsonValue
  /** A text of it, with white space, escapes, and members in some order. */
  text: string
}

const space = fc.constantFrom('', '', '', ' ', '\n', '\t \r')
const stringTree = fc.tuple(text, fc.boolean()).map(([value, escaped]) => ({
  value,
  text: escaped
    ? `"${value.replace(/[\s\S]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
    : JSON.stringify(value),
}))
const floatTree = float.map(value => ({
  value: floatForm(value),
  text: Number.isInteger(value) && Math.abs(value) < 1e21 ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value),
}))
const integerTree = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(value => ({
  value: value >= -(2n ** 53n) + 1n && value <= 2n ** 53n - 1n ? Number(value) : value,
  text: String(value),
}))

/** A float in the form that values have. */
export function floatForm(value: number): number | JsonFloat {
  const printed = JSON.stringify(value)
  const integer = /^-?\d+$/.test(printed) && BigInt(printed) >= -(2n ** 63n) && BigInt(printed) < 2n ** 64n
  return integer ? new JsonFloat(value) : value
}

export const { tree } = fc.letrec<{ tree: Tree; array: Tree; object: Tree }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Tree>(
      { value: null, text: 'null' },
      { value: true, text: 'true' },
      { value: false, text: 'false' },
    ),
    stringTree,
    integerTree,
    fc.integer({ min: -5, max: 99 }).map(value => ({ value: value + 0, text: String(value) })),
    floatTree,
    tie('array'),
    tie('object'),
  ),
  array: fc.tuple(fc.array(tie('tree'), { maxLength: 5 }), space).map(([items, gap]) => ({
    value: items.map(item => item.value),
    text: `[${gap}${items.map(item => item.text).join(`${gap},`)}${gap}]`,
  })),
  object: fc.tuple(fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }), space).map(([members, gap]) => ({
    value: objectOf(members.map(([name, { value }]) => [name, value])),
    text: `{${gap}${members.map(([name, { text }]) => `${JSON.stringify(name)}${gap}:${text}`).join(`,${gap}`)}${gap}}`,
  })),
}))

/** As `Object.fromEntries`, which defines members and does not assign them. */
export const objectOf = (members: readonly (readonly [string, JsonValue])[]): JsonObject => Object.fromEntries(members)

/** Canonical text by the book. */
export function slowText(value: JsonValue): string {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof JsonFloat) return slowFloatText(value.value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : slowFloatText(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(slowText).join()}]`
  const members = Object.entries(value as JsonObject).sort(([a], [b]) => compareBytes(a, b))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${slowText(member)}`).join()}}`
}

/** By the rule in format.md: digits and where the point stands. */
function slowFloatText(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const [mantissa, exponent] = Math.abs(value).toExponential().split('e')
  const shortest = mantissa.replace('.', '')
  const point = Number(exponent) + 1
  if (point >= shortest.length && point <= 16) return `${sign}${shortest}${'0'.repeat(point - shortest.length)}.0`
  if (point > 0 && point <= 16) return `${sign}${shortest.slice(0, point)}.${shortest.slice(point)}`
  if (point > -5 && point <= 0) return `${sign}0.${'0'.repeat(-point)}${shortest}`
  return `${sign}${mantissa}e${point > 0 ? '+' : ''}${point - 1}`
}

/** Equal, with the kinds of numbers, and whatever names members have: vitest takes a member `constructor` for a class. */
export function expectSame(actual: JsonValue, expected: JsonValue): void {
  if (isDeepStrictEqual(actual, expected)) return
  expect(slowText(actual)).toBe(slowText(expected))
  expect(actual).toStrictEqual(expected)
}
