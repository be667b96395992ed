/** Section B of the format: digests. */
import { createHash } from 'node:crypto'
import { hashField } from './a5-hash-field.mjs'
import { canonical } from './b-json.mjs'

/** SHA-256 of bytes, or of a text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export const sha256 = data => createHash('sha256').update(data).digest('hex')

/**
 * The digest of an object. Throws an `Error` whose message is what the original reports.
 * @param {Map<string, unknown>} object
 */
export const digestOf = object => {
  if (object.has('_id')) throw new Error('identifier_in_object')
  if (object.size === 0) return 'e'
  if (!object.has('#')) return sha256(canonical(object))
  const digest = hashField(object.get('#'))
  if (digest === undefined) throw new Error('invalid_hash_value_type')
  return digest
}
