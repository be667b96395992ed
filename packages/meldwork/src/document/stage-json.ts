import {
  canonicalJson,
  hexadecimal,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  memberOf,
  sha256Of,
} from '../codec/index.js'
import { CodedError } from '../errors.js'
import { recordedRevision, recordOf, revisionOf } from './delta.js'
import type { Objects } from './objects.js'
import { withEscapedBraces } from './pack.js'
import type { Staging } from './staging.js'
import { isKnownByDigest, type ObjectValues } from './values.js'

/** What is staged, as JSON: `c` the records as in a delta block, `o` the values that no pack holds, by digest. Undefined when there is nothing. */
export function stageOf(staging: Staging, values: ObjectValues): JsonObject | undefined {
  if (staging.isEmpty) return undefined
  const c = staging
    .records()
    .map(({ object, parent, digest }) => (parent === undefined ? [object, digest] : [object, parent, digest]))
  const o = Object.fromEntries(staging.newValues().map(({ digest }) => [digest, values.get(digest)!] as const))
  return Object.keys(o).length === 0 ? { c } : { c, o }
}

/**
 * Stages again what {@link stageOf} gave.
 * @throws CodedError `stage-malformed`: nothing was staged
 */
export function replayStage(stage: JsonValue, staging: Staging, objects: Objects, values: ObjectValues): void {
  if (!isJsonObject(stage)) throw malformed('it is no object')
  const c = memberOf(stage, 'c') ?? []
  const o = memberOf(stage, 'o') ?? {}
  if (!isJsonArray(c) || !isJsonObject(o)) throw malformed('c is no array, or o no object')
  const texts = new Map<string, { readonly value: JsonObject; readonly text: string }>()
  for (const digest of Object.keys(o)) {
    const value = o[digest]
    const text = isJsonObject(value) ? textWithDigest(value, digest) : undefined
    if (text === undefined) throw malformed(`the value with the digest ${digest} has another`)
    texts.set(digest, { value: value as JsonObject, text })
  }
  const records = c.map(recordOf)
  const made = new Set<string>()
  const keyOf = (object: string, revision: string): string => `${revision} ${object}`
  for (const record of records) made.add(keyOf(record.object, revisionOf(record).text))
  for (const { object, parent, digest } of records) {
    if (!isKnownByDigest(digest) && !texts.has(digest) && values.get(digest) === undefined)
      throw malformed(`there is no value with the digest ${digest}`)
    if (parent !== undefined && !objects.tree(object)?.isValid(parent) && !made.has(keyOf(object, parent)))
      throw malformed(`the revision ${parent} of ${object} is not here`)
  }
  for (const [digest, { value, text }] of texts) values.stage(digest, value, text)
  // Parents first, so that what is staged can be taken back in the opposite order.
  const indexOf = (parent: string | undefined): number => (parent === undefined ? 0 : recordedRevision(parent)!.index)
  for (const record of records.sort((a, b) => indexOf(a.parent) - indexOf(b.parent)))
    staging.restore(record.object, revisionOf(record), record.parent)
}

/** The text of a value of which this is the digest: numbers and braces are written in one of several ways. */
function textWithDigest(value: JsonObject, digest: string): string | undefined {
  for (const exponents of ['signed', 'unsigned'] as const) {
    const text = canonicalJson(value, { exponents })
    for (const written of [text, withEscapedBraces(text)]) if (hexadecimal(sha256Of(written)) === digest) return written
  }
  return undefined
}

function malformed(reason: string): CodedError<'stage-malformed'> {
  return new CodedError('stage-malformed', `This cannot be staged: ${reason}`, { reason })
}
