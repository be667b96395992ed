import { canonicalJson, isJsonArray, isJsonObject, type JsonObject, type JsonValue, parseJson } from '../codec/index.js'
import { CodedError } from '../errors.js'
import { childRevision, creationRevision, type Revision } from './revision.js'

/** One new revision of one object, as a delta block records it. */
export interface ChangeRecord {
  readonly object: string
  /** The text of the revision that it follows; undefined for a creation. */
  readonly parent: string | undefined
  /** Of the object's new value; `d` deleted, `e` empty, `r` resolved; at most eight hexadecimal digits: a character code. */
  readonly digest: string
  /** Generation A only: the digest of the patch that stands in the pack instead of the value. */
  readonly patchDigest?: string
}

/** What a commit wrote: one immutable block, named by the digest of its bytes. */
export interface Delta {
  readonly records: readonly ChangeRecord[]
  /** What the author says of it, for people: an author, a description. */
  readonly information: JsonObject | undefined
  /** Digests of the packs with the values of its records. */
  readonly packs: readonly string[]
  /** Ids of the blocks that it follows; none: it is an origin. */
  readonly parents: readonly string[]
}

/** The position of a block in the graph: `<index>-<digest>` in generation D, the digest alone in those before. */
export const blockIdPattern = /^(?:([1-9][0-9]{0,9})-)?([0-9a-f]{64})$/

/** The index that a block's id tells; 0 in generations that have none. */
export const blockIndex = (id: string): number => Number(blockIdPattern.exec(id)?.[1] ?? 0)

/** The order of blocks: by index, as a number, then by digest. */
export function compareBlockIds(one: string, other: string): number {
  const byIndex = blockIndex(one) - blockIndex(other)
  return byIndex !== 0 ? byIndex : one < other ? -1 : one > other ? 1 : 0
}

const digestPattern = /^[0-9a-f]{64}$/
/** Digests stand in revisions, and those in texts that are taken apart again: nothing else than letters and digits gets in. */
const valueDigestPattern = /^[0-9A-Za-z]{1,128}$/
/** As {@link revisionOf} writes them. Reading is liberal elsewhere; what enters a tree of revisions is exact. */
const revisionPattern =
  /^(?:1-([0-9A-Za-z]{1,128})|([1-9][0-9]{0,9})-([0-9A-Za-z]{1,128}|Δ[0-9a-f]{64}~[0-9a-f]{64})_([0-9a-f]{7}))$/
const maxIndex = 0xffff_ffff
const maxIdLength = 65_536

/**
 * A delta block from its bytes, which come from anybody. Fields that are not known are ignored, as the original ignores them; a record that is
 * not an array is left out, one of another length than 2 to 4 makes the whole block worthless.
 * @throws CodedError `block-malformed`
 */
export function decodeDelta(bytes: Uint8Array): Delta {
  let json: JsonValue
  try {
    json = parseJson(bytes)
  } catch (cause) {
    throw malformedBlock('it is not JSON', cause)
  }
  if (!isJsonObject(json)) throw malformedBlock('it is not an object')
  const { c = [], i, k = [], p = [] } = json as { c?: JsonValue; i?: JsonValue; k?: JsonValue; p?: JsonValue }
  if (!Array.isArray(c)) throw malformedBlock('c is not an array')
  if (i !== undefined && i !== null && !isJsonObject(i)) throw malformedBlock('i is not an object')
  return {
    records: c.filter(Array.isArray).map(recordOf),
    information: (i ?? undefined) as JsonObject | undefined,
    packs: texts('k', k, digestPattern),
    parents: texts('p', p, blockIdPattern).sort(compareBlockIds),
  }
}

/** A record from JSON. @throws CodedError `block-malformed` */
export function recordOf(record: JsonValue): ChangeRecord {
  if (!isJsonArray(record)) throw malformedBlock('a record is no array')
  for (const part of record)
    if (typeof part !== 'string') throw malformedBlock('a record holds something else than texts')
  const [object, ...rest] = record as readonly string[]
  if (rest.length < 1 || rest.length > 3) throw malformedBlock(`a record has ${record.length} parts`)
  if (object.length > maxIdLength) throw malformedBlock('the id of an object is too long')
  const parent = rest.length === 1 ? undefined : rest[0]
  const digest = rest.length === 1 ? rest[0] : rest[1]
  if (!valueDigestPattern.test(digest)) throw malformedBlock('the digest of a record is none')
  if (parent !== undefined) {
    const { index } = recordedRevision(parent) ?? { index: maxIndex }
    if (index >= maxIndex) throw malformedBlock('the parent of a record is no revision')
  }
  if (rest.length < 3) return { object, parent, digest }
  if (!valueDigestPattern.test(rest[2])) throw malformedBlock('the digest of a patch is none')
  return { object, parent, digest, patchDigest: rest[2] }
}

/**
 * The bytes of a delta block: canonical, so that tools which write it again keep its name. Nothing that is empty is written; parents are sorted.
 * @param exponents how large floats in the information are written
 */
export function encodeDelta(delta: Delta, exponents: 'signed' | 'unsigned' = 'signed'): Uint8Array {
  const { records, information, packs, parents } = delta
  const c = records.map(({ object, parent, digest, patchDigest }) =>
    [object, parent, digest, patchDigest].filter(part => part !== undefined),
  )
  const json: JsonObject = {
    ...(c.length > 0 && { c }),
    ...(information && { i: information }),
    ...(packs.length > 0 && { k: packs }),
    ...(parents.length > 0 && { p: [...parents].sort(compareBlockIds) }),
  }
  return new TextEncoder().encode(canonicalJson(json, { exponents }))
}

/** A revision from the text that stands in a record, exactly; undefined when it is none. */
export function recordedRevision(text: string): Revision | undefined {
  const parts = revisionPattern.exec(text)
  if (!parts) return undefined
  if (parts[1] !== undefined) return { index: 1, digest: parts[1], text }
  const index = Number(parts[2])
  return index < 2 || index > maxIndex ? undefined : { index, digest: parts[3], tail: parts[4], text }
}

/** The revision that a record makes. */
export function revisionOf({ parent, digest, patchDigest }: ChangeRecord): Revision {
  // Generation A: the digest of a patched revision tells of both (format A, "Δ").
  const whole = patchDigest === undefined ? digest : `Δ${digest}~${patchDigest}`
  return parent === undefined ? creationRevision(whole) : childRevision(recordedRevision(parent)!, whole)
}

function texts(field: string, value: JsonValue, pattern: RegExp): string[] {
  if (!Array.isArray(value)) throw malformedBlock(`${field} is not an array`)
  for (const item of value)
    if (typeof item !== 'string' || !pattern.test(item))
      throw malformedBlock(`${field} holds something else than names`)
  return [...new Set(value as string[])]
}

/** The error for bytes that are neither a delta block nor a pack. */
export function malformedBlock(reason: string, cause?: unknown): CodedError<'block-malformed'> {
  return new CodedError('block-malformed', `This is no block of a document: ${reason}`, { reason }, cause)
}
