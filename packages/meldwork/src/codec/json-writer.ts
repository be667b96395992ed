import { compareCodePoints } from './code-points.js'
import { type ExponentStyle, floatText, numberText } from './json-number.js'
import { JsonFloat, type JsonObject, type JsonValue, setMember } from './json-value.js'

export interface JsonWriteOptions {
  /** How positive exponents of floats are printed. Default: `signed`, as Melda's tools built since 2026 do. */
  readonly exponents?: ExponentStyle
}

/**
 * The one text of a JSON value, of which digests are made: compact, the members of objects by the code points of their names, escapes only where JSON needs
 * them, numbers by the rules of `json-number`.
 * @param value of the form of {@link JsonValue}, from `parseJson` or `jsonOf`; nothing else is checked here
 */
export function canonicalJson(value: JsonValue, options: JsonWriteOptions = {}): string {
  const native = asPrinted(value)
  if (native !== undefined) return JSON.stringify(native)
  const parts: string[] = []
  write(value, options.exponents ?? 'signed', parts)
  return parts.join('')
}

/**
 * The same value with its members in such an order that `JSON.stringify`, which is several times faster than what can be done here, prints just its
 * canonical text: most often the value itself, since what was parsed had been written so.
 * @returns undefined where it would print something else: floats like 1.0 and 1e21, greater integers, names that JavaScript orders itself
 */
function asPrinted(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'number') return isPrintedSo(value) ? value : undefined
  if (typeof value === 'bigint' || value instanceof JsonFloat) return undefined
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? itemsAsPrinted(value) : membersAsPrinted(value as JsonObject)
}

const isPrintedSo = (value: number): boolean =>
  Number.isSafeInteger(value) || (Math.abs(value) >= 1e-5 && Math.abs(value) < 1e16)

function itemsAsPrinted(items: readonly JsonValue[]): readonly JsonValue[] | undefined {
  let copy: JsonValue[] | undefined
  for (let i = 0; i < items.length; i++) {
    const item = asPrinted(items[i])
    if (item === undefined) return undefined
    if (item === items[i]) continue
    copy ??= items.slice()
    copy[i] = item
  }
  return copy ?? items
}

function membersAsPrinted(object: JsonObject): JsonObject | undefined {
  const own = Object.keys(object)
  const keys = inOrder(own)
  const sorted = keys !== own
  let copy: { [key: string]: JsonValue } | undefined = sorted ? {} : undefined
  for (const key of keys) {
    const member = asPrinted(object[key])
    if (member === undefined || (sorted && isDigit(key.charCodeAt(0)))) return undefined
    if (member !== object[key]) copy ??= { ...object }
    if (copy !== undefined) setMember(copy, key, member)
  }
  return copy ?? object
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39

/** Any value, in pieces. */
function write(value: JsonValue, exponents: ExponentStyle, to: string[]): void {
  if (typeof value === 'number') to.push(numberText(value, exponents))
  else if (typeof value === 'bigint') to.push(String(value))
  else if (value instanceof JsonFloat) to.push(floatText(value.value, exponents))
  else if (Array.isArray(value)) writeArray(value, exponents, to)
  else if (typeof value === 'object' && value !== null) writeObject(value as JsonObject, exponents, to)
  // As the original does, since text is well formed: escapes for quotation marks, backslashes and control characters only.
  else to.push(JSON.stringify(value))
}

function writeArray(items: readonly JsonValue[], exponents: ExponentStyle, to: string[]): void {
  to.push('[')
  for (let i = 0; i < items.length; i++) {
    if (i > 0) to.push(',')
    write(items[i], exponents, to)
  }
  to.push(']')
}

function writeObject(object: JsonObject, exponents: ExponentStyle, to: string[]): void {
  const keys = sortedKeys(object)
  to.push('{')
  for (let i = 0; i < keys.length; i++) {
    if (i > 0) to.push(',')
    to.push(JSON.stringify(keys[i]), ':')
    write(object[keys[i]], exponents, to)
  }
  to.push('}')
}

/** The names of an object's members, by code points. */
export const sortedKeys = (object: JsonObject): string[] => inOrder(Object.keys(object))

/** @returns `keys` itself when they are by code points already */
function inOrder(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i++) {
    if (compareCodePoints(keys[i - 1], keys[i]) > 0) return keys.slice().sort(compareCodePoints)
  }
  return keys
}
