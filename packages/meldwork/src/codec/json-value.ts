import { CodedError } from '../errors.js'
import { isIntegerText } from './json-number.js'

/**
 * What a JSON text says, without loss. A value has one representation, so that deep equality tells the same kinds and the same values apart:
 * - `number`: an integer that is safe (but -0); or a float that `JSON.stringify` prints as no integer of 64 bits: `0.5`, `1e-7`, `1e21`. A
 *   number stands for what `JSON.stringify` prints.
 * - `bigint`: an integer that is not safe, from -2^63 up to 2^64 - 1. JSON's other integers are floats.
 * - {@link JsonFloat}: a float that `JSON.stringify` would print as an integer of 64 bits: `1.0`, `1e5`, `-0.0`.
 * - text is well-formed UTF-16; objects have own members only, and `__proto__` is a member as any other.
 *
 * Values nest no deeper than {@link maxJsonDepth}. They are not to be changed: parts of them are shared.
 */
export type JsonValue = null | boolean | string | number | bigint | JsonFloat | readonly JsonValue[] | JsonObject

/** A JSON object: a plain object, in no order that means anything. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** How many arrays and objects may stand in one another: the parser of the original refuses the 128th. */
export const maxJsonDepth = 127

/** A float whose kind a JavaScript number would lose: `1.0` of a JSON text is not `1`. */
export class JsonFloat {
  readonly value: number

  /** @throws CodedError `value-invalid` for what is not finite */
  constructor(value: number) {
    if (!Number.isFinite(value)) {
      throw new CodedError('value-invalid', 'A float of JSON must be finite', { path: '', expected: 'a finite number' })
    }
    this.value = value
  }

  /** For `JSON.stringify`, which loses the kind. */
  toJSON(): number {
    return this.value
  }
}

export const isJsonArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value)

export const isJsonObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonFloat)

/** A float as a JSON value. @param value finite */
export const floatValue = (value: number): number | JsonFloat => (isIntegerText(value) ? new JsonFloat(value) : value)

/** An integer as a JSON value. @param value from -2^63 up to 2^64 - 1 */
export const integerValue = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value

/** Sets a member, own whatever its name: assigning to `__proto__` would do something else. */
export function setMember<Value>(object: { [key: string]: Value }, key: string, value: Value): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

/** A member of its own; undefined for one that is not there, or is only inherited. */
export const memberOf = (object: JsonObject, key: string): JsonValue | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined
