import { JsonFloat, type JsonObject, type JsonValue } from './json-value.js'

/**
 * Whether two JSON values say the same. Numbers are compared as numbers, exactly: 1 and 1.0 are equal, 2^53 + 1 and the float 2^53 are not. Only a float beyond
 * 2^53 equals, besides the integer that it is, the one that `JSON.stringify` prints of it: an app that read it has not changed it.
 */
export function equalJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true
  if (isNumber(a)) return isNumber(b) && equalNumbers(a, b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || b instanceof JsonFloat) return false
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a, b)
  return !Array.isArray(b) && equalObjects(a as JsonObject, b as JsonObject)
}

type JsonNumber = number | bigint | JsonFloat

export const isNumber = (value: JsonValue): value is JsonNumber =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof JsonFloat

export function equalNumbers(a: JsonNumber, b: JsonNumber): boolean {
  const x = a instanceof JsonFloat ? a.value : a
  const y = b instanceof JsonFloat ? b.value : b
  // biome-ignore lint/suspicious/noDoubleEquals: this compares a bigint with a number by what they are
  if (x == y) return true
  if (typeof x === 'bigint') return typeof y === 'number' && String(x) === String(y)
  return typeof y === 'bigint' && String(x) === String(y)
}

function equalArrays(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false
  return true
}

function equalObjects(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  for (const key of keys) if (!Object.hasOwn(b, key) || !equalJson(a[key], b[key])) return false
  return true
}
