import {
  canonicalJson,
  hexadecimal,
  JsonFloat,
  type JsonObject,
  type JsonValue,
  type JsonWriteOptions,
  memberOf,
  plainDigits,
  sha256Of,
} from '../codec/index.js'
import { CodedError } from '../errors.js'
import { markers } from './revision.js'

/** The field with which an object says its digest itself. */
const digestField = '#'
const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 63n - 1n

/**
 * The digest of an object as it is kept, without `_id`: the SHA-256 of its canonical JSON, in hexadecimal; `e` for `{}`; and what stands in its
 * field `#`, for one that has it.
 * @throws CodedError `document-malformed` for an object with `_id`, and for a `#` that is no text and no number, or an integer above 2^63 - 1
 */
export function objectDigest(object: JsonObject, options: JsonWriteOptions = {}): string {
  if (Object.hasOwn(object, '_id')) fail('_id', 'an object is kept without its identifier')
  const own = memberOf(object, digestField)
  if (own !== undefined) return ownDigest(own)
  const text = canonicalJson(object, options)
  return text === '{}' ? markers.empty : hexadecimal(sha256Of(text))
}

function ownDigest(value: JsonValue): string {
  if (typeof value === 'string') return value
  if (value instanceof JsonFloat) return plainDigits(value.value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : plainDigits(value)
  if (typeof value === 'bigint' && value >= minInteger && value <= maxInteger) return String(value)
  return fail(digestField, 'it must be a text or a number')
}

function fail(path: string, reason: string): never {
  throw new CodedError('document-malformed', `An object cannot be kept because of its ${path}: ${reason}`, {
    path,
    reason,
  })
}

/**
 * Whether a digest is at the same time the content: up to 8 hexadecimal digits, as of a character's code. Such an object is in no pack:
 * {@link characterObject} makes it again. That goes for the {@link markers} `e` and `d`, too: ask for those first.
 */
export const isCharacterCode = (digest: string): boolean => /^[0-9a-fA-F]{1,8}$/.test(digest)

/** The object of which nothing but a digest that {@link isCharacterCode} is kept. */
export const characterObject = (digest: string): JsonObject => ({ [digestField]: digest })
