/**
 * Section B of the format, its numbers: they keep their lexical kind, floats are read by one multiplication or division (not rounded
 * correctly), and are printed with the fewest digits.
 */

/** A number without point and exponent that fits 64 bits, signed or unsigned. */
export class Integer {
  /** @param {bigint} value */
  constructor(value) {
    this.value = value
  }
}

/** Any other number: an IEEE double. */
export class Float {
  /** @param {number} value */
  constructor(value) {
    this.value = value
  }
}

const unsignedLimit = 2n ** 64n - 1n
const signedLimit = 2n ** 63n
const highestPower = 308
const powers = Array.from({ length: highestPower + 1 }, (_, exponent) => Number(`1e${exponent}`))

/** The double that `significand` times ten to the `exponent` is read as; undefined if it is out of range. */
const scaled = (significand, exponent) => {
  let value = Number(significand)
  let rest = exponent
  while (Math.abs(rest) > highestPower) {
    if (value === 0) return value
    if (rest > 0) return undefined
    value /= powers[highestPower]
    rest += highestPower
  }
  value = rest < 0 ? value / powers[-rest] : value * powers[rest]
  return Number.isFinite(value) ? value : undefined
}

/**
 * The number that a JSON number's text stands for; undefined if it is out of range.
 * @param {string} text matches JSON's grammar
 */
export const readNumber = text => {
  const [, minus, whole, fraction, power] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  let significand = 0n
  let exponent = 0
  let full = false
  for (const digit of whole) {
    const next = significand * 10n + BigInt(digit)
    full ||= next > unsignedLimit
    if (full) exponent++
    else significand = next
  }
  if (fraction === undefined && power === undefined && !full) {
    if (minus === '') return new Integer(significand)
    return significand > 0n && significand <= signedLimit ? new Integer(-significand) : new Float(-Number(significand))
  }
  for (const digit of fraction ?? '') {
    const next = significand * 10n + BigInt(digit)
    if (next > unsignedLimit) break
    significand = next
    exponent--
  }
  const value = scaled(significand, exponent + Number(power ?? 0))
  return value === undefined ? undefined : new Float(minus === '' ? value : -value)
}

/** The fewest digits that stand for `value` (finite, its sign is left out), and the power of ten of the first of them. */
const shortest = value => {
  const [mantissa, exponent] = Math.abs(value).toExponential().split('e')
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) }
}

const minusOf = value => (value < 0 || Object.is(value, -0) ? '-' : '')

/**
 * The text of a double in canonical JSON.
 * @param {number} value
 * @param {'ryu' | 'signed'} style whether a positive exponent has its sign: older builds write `1e21`, newer ones `1e+21`
 */
export const printFloat = (value, style) => {
  const { digits, exponent } = shortest(value)
  const point = exponent + 1
  const zeros = point - digits.length
  const minus = minusOf(value)
  if (zeros >= 0 && point <= 16) return `${minus}${digits}${'0'.repeat(zeros)}.0`
  if (point > 0 && point <= 16) return `${minus}${digits.slice(0, point)}.${digits.slice(point)}`
  if (point > -5 && point <= 0) return `${minus}0.${'0'.repeat(-point)}${digits}`
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
  return `${minus}${mantissa}e${style === 'signed' && exponent > 0 ? '+' : ''}${exponent}`
}

/** The text of a double without an exponent, as section A.5 wants it. */
export const printDecimal = value => {
  const { digits, exponent } = shortest(value)
  const point = exponent + 1
  const minus = minusOf(value)
  if (point >= digits.length) return `${minus}${digits}${'0'.repeat(point - digits.length)}`
  if (point > 0) return `${minus}${digits.slice(0, point)}.${digits.slice(point)}`
  return `${minus}0.${'0'.repeat(-point)}${digits}`
}
