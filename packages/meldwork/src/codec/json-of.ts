import { CodedError } from '../errors.js'
import { isIntegerText, maxInteger, minInteger } from './json-number.js'
import { jsonPath } from './json-path.js'
import {
  floatValue,
  integerValue,
  JsonFloat,
  type JsonObject,
  type JsonValue,
  maxJsonDepth,
  setMember,
} from './json-value.js'

/**
 * A JavaScript value of an app as a JSON value: a copy, numbers as `JSON.stringify` prints them, so that 1.0, which is 1, is an integer. As there, members
 * that are undefined are left out and `toJSON` is honoured. Unlike there, nothing else is lost in silence: `bigint` of 64 bits and {@link JsonFloat} are
 * taken, and what JSON cannot say is refused.
 * @throws CodedError `value-invalid` with the path, for NaN and infinities, functions, symbols, greater integers, undefined as a value or in an array,
 * unpaired surrogates, objects like Map that keep their content elsewhere, and what nests deeper than {@link maxJsonDepth} or contains itself
 */
export const jsonOf = (value: unknown): JsonValue => new Copying().copy(value, '')

class Copying {
  private readonly path: (string | number)[] = []

  copy(value: unknown, key: string | number): JsonValue {
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
        return this.number(value)
      case 'boolean':
        return value
      case 'bigint':
        if (value < minInteger || value > maxInteger) this.fail('an integer from -2^63 up to 2^64 - 1')
        return integerValue(value)
      case 'object':
        return value === null ? null : this.object(value, key)
      default:
        return this.fail(
          `a value that JSON has, not ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`,
        )
    }
  }

  private fail(expected: string): never {
    const path = jsonPath(this.path)
    const place = path === '' ? 'The value' : `The value at ${path}`
    throw new CodedError('value-invalid', `${place} cannot be kept as JSON: expected ${expected}`, { path, expected })
  }

  private text(text: string): string {
    // In every engine that we run on since 2023, though not in the ES2023 declarations.
    if (!(text as unknown as { isWellFormed(): boolean }).isWellFormed())
      this.fail('text without half of a surrogate pair')
    return text
  }

  private number(value: number): JsonValue {
    if (!Number.isFinite(value)) this.fail('a finite number')
    // -0, which is printed as 0, too.
    if (Number.isSafeInteger(value)) return value + 0
    return isIntegerText(value) ? BigInt(String(value)) : value
  }

  private object(value: object, key: string | number): JsonValue {
    if (value instanceof JsonFloat) return floatValue(value.value)
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
      return this.plain((value as { toJSON(key: string): unknown }).toJSON(String(key)), key)
    }
    return this.nested(value)
  }

  /** What `toJSON` gave: another `toJSON` is not asked for. */
  private plain(value: unknown, key: string | number): JsonValue {
    if (typeof value !== 'object' || value === null || value instanceof JsonFloat) return this.copy(value, key)
    return this.nested(value)
  }

  private nested(value: object): JsonValue {
    if (this.path.length >= maxJsonDepth) {
      this.fail(`at most ${maxJsonDepth} arrays and objects in one another; perhaps one contains itself`)
    }
    if (Array.isArray(value)) return this.items(value)
    if (Object.prototype.toString.call(value) !== '[object Object]') this.fail('a plain object')
    return this.members(value as { readonly [key: string]: unknown })
  }

  private items(items: readonly unknown[]): JsonValue[] {
    const copies: JsonValue[] = []
    for (let i = 0; i < items.length; i++) {
      this.path.push(i)
      copies.push(this.copy(items[i], i))
      this.path.pop()
    }
    return copies
  }

  private members(object: { readonly [key: string]: unknown }): JsonObject {
    const copies: { [key: string]: JsonValue } = {}
    for (const key of Object.keys(object)) {
      const member = object[key]
      if (member === undefined) continue
      this.path.push(key)
      setMember(copies, this.text(key), this.copy(member, key))
      this.path.pop()
    }
    return copies
  }
}
