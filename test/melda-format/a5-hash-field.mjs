/** Section A.5 of the format: objects with a field `#`, and digests that are themselves the value. */
import { Float, Integer, printDecimal } from './b-number.mjs'

const highest = 2n ** 63n - 1n

/** The digest that the field `#` gives its object; undefined if it is of a type that gives none. */
export const hashField = value => {
  if (typeof value === 'string') return value
  if (value instanceof Integer && value.value <= highest) return String(value.value)
  return value instanceof Float ? printDecimal(value.value) : undefined
}

/** Whether a digest is no hash but a short hexadecimal number, which is never stored. */
export const isCharcode = digest => /^[0-9a-fA-F]{1,8}$/.test(digest)
