/**
 * The rules by which Melda's tools read and print the numbers of JSON: those of Rust's serde_json, so that digests are equal. The kind of a
 * number is that of its text: with a point or an exponent it is a float; without, an integer when 64 bits hold it, with or without a sign, and `-0` is
 * a float.
 */

/** The powers of ten that are doubles: 10^0 up to 10^308. */
const powers = Float64Array.from({ length: 309 }, (_, exponent) => Number(`1e${exponent}`))
const maxExponent = 308

const maxSignificand = 0xffff_ffff_ffff_ffffn
export const minInteger = -(2n ** 63n)
export const maxInteger = maxSignificand

/** More digits of an exponent than this overflow 32 bits. */
const maxExponentValue = 0x7fff_ffff

/** How a positive exponent is printed: `1e+21`, as tools built since 2026 do, or `1e21`, as those before. Both are read. */
export type ExponentStyle = 'signed' | 'unsigned'

/**
 * A float as the original reads it, which is not always the nearest: the first digits that fit 64 bits, as a double, then one multiplication or division
 * by a power of ten. A few floats of 16 digits and more come out one or two units in the last place off: `9.313225746154785e-10`
 * becomes `9.313225746154783e-10`.
 * @param integer the digits before the point @param fraction those behind it @param exponent the rest, `e` left out, or ''
 * @returns without sign; undefined when it is out of range
 */
export function parseFloatAsOriginal(integer: string, fraction: string, exponent: string): number | undefined {
  let digits = integer
  let scale = 0
  if (integer.length > 19) {
    const fit = fitting('', integer)
    digits = integer.slice(0, fit)
    scale = integer.length - fit
  }
  if (fraction !== '') {
    const fit = digits.length + fraction.length <= 19 ? fraction.length : fitting(digits, fraction)
    digits += fraction.slice(0, fit)
    scale -= fit
  }
  // Both the double nearest to an integer.
  const significand = Number(digits)
  if (exponent !== '') {
    const value = Number(exponent)
    if (Math.abs(value) > maxExponentValue) return value > 0 && significand !== 0 ? undefined : 0
    scale += value
  }
  return scaled(significand, scale)
}

/** How many digits of `more`, behind `digits`, an unsigned integer of 64 bits holds. */
function fitting(digits: string, more: string): number {
  // Leading zeros take no room.
  let significand = BigInt(digits === '' ? '0' : digits)
  for (let i = 0; i < more.length; i++) {
    significand = significand * 10n + BigInt(more.charCodeAt(i) - 48)
    if (significand > maxSignificand) return i
  }
  return more.length
}

function scaled(significand: number, exponent: number): number | undefined {
  let value = significand
  let rest = exponent
  while (rest < -maxExponent && value !== 0) {
    value /= powers[maxExponent]
    rest += maxExponent
  }
  if (value === 0) return 0
  if (rest < 0) return value / powers[-rest]
  if (rest > maxExponent) return undefined
  value *= powers[rest]
  return value === Number.POSITIVE_INFINITY ? undefined : value
}

/** Whether `JSON.stringify` prints this number as an integer that 64 bits hold: the next doubles beyond are printed as greater than those. */
export const isIntegerText = (value: number): boolean =>
  Number.isInteger(value) && value > -(2 ** 63) && value < 2 ** 64

/**
 * A float as the original prints it: the shortest digits that are read back as this double, with at least one digit on both sides of the point;
 * with an exponent below 10^-5 and from 10^16 on.
 * @param value finite
 */
export function floatText(value: number, exponents: ExponentStyle): string {
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-5 && magnitude < 1e16) {
    // JavaScript has the exponent below 10^-6 and from 10^21 on.
    const text = String(value)
    return Number.isInteger(value) ? `${text}.0` : text
  }
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const text = value.toExponential()
  return exponents === 'signed' ? text : text.replace('e+', 'e')
}

/** A number of the form of `JsonValue`: what `JSON.stringify` prints, when that is an integer; else as a float. */
export const numberText = (value: number, exponents: ExponentStyle): string =>
  isIntegerText(value) ? String(value) : floatText(value, exponents)

/** All digits of a float, without an exponent and without a trailing `.0`: `1e21` is `1000000000000000000000`. */
export function plainDigits(value: number): string {
  const [, sign, lead, fraction = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential())!
  const zero = Object.is(value, -0) ? '-' : sign
  const digits = lead + fraction
  const point = Number(exponent) + 1
  if (point <= 0) return `${zero}0.${'0'.repeat(-point)}${digits}`
  if (digits.length <= point) return zero + digits.padEnd(point, '0')
  return `${zero}${digits.slice(0, point)}.${digits.slice(point)}`
}
