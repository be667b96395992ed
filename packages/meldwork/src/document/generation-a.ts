import { isJsonArray, type JsonObject, type JsonValue, memberOf, setMember } from '../codec/index.js'
import { isFlattened } from './names.js'
import { mergeOrders } from './order-merge.js'
import { applyPatch } from './order-patch.js'
import type { Revision } from './revision.js'

// What only folders of generation A have (Melda 0.1): lists inside the objects that own them, and objects stored as patches.

/** Before the name of a field whose list may be stored as a patch; before the digest of a revision that is. */
const patched = 'Δ'

/** Whether what the pack holds of a revision is a patch. */
export const isPatched = ({ digest }: Revision): boolean => digest.startsWith(patched)

/** Under which digest a revision's value is to be found: a patched revision's text names that of its patch, too. */
export function valueDigestOf(revision: Revision): string {
  const { digest } = revision
  return isPatched(revision) ? digest.slice(patched.length, digest.indexOf('~')) : digest
}

/** An object from the value of its parent and what the pack holds: fields with `Δ` are patches of the parent's, with or without it; others are whole. */
export function patchedObject(before: JsonObject, patch: JsonObject): JsonObject {
  const after: { [key: string]: JsonValue } = {}
  for (const key of Object.keys(patch))
    setMember(after, key, key.startsWith(patched) ? patchedField(before, patch, key) : patch[key])
  return after
}

function patchedField(before: JsonObject, patch: JsonObject, key: string): JsonValue {
  const list = memberOf(before, key) ?? memberOf(before, key.slice(patched.length))
  return list !== undefined && isJsonArray(list) ? (applyPatch(list, patch[key]) ?? list) : patch[key]
}

/** The lists in the winner of a conflict, with those of the other leaves merged in. @param others in descending order of revisions */
export function mergeInlineArrays(winner: JsonObject, others: readonly JsonObject[]): JsonObject {
  const merged: { [key: string]: JsonValue } = {}
  for (const key of Object.keys(winner)) {
    let value = winner[key]
    if (isFlattened(key))
      for (const other of others) {
        const list = memberOf(other, key)
        if (isJsonArray(value) && list !== undefined && isJsonArray(list)) value = mergeOrders(value, list)
      }
    setMember(merged, key, value)
  }
  return merged
}

/** Whether an object has a list of its own: only generation A has them. */
export function hasInlineList(value: JsonObject): boolean {
  return Object.keys(value).some(key => isFlattened(key) && isJsonArray(value[key]))
}
