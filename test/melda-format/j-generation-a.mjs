/** Section J of the format: what only generation A has: arrays within their objects, and patched objects. */
import { flat } from './a2-flatten.mjs'
import { sha256 } from './b-digest.mjs'
import { childRevision } from './b-revision.mjs'
import { mergeOrders } from './c4-merge.mjs'
import { applyPatch } from './c5-patch.mjs'

/** The beginning of keys whose arrays may be stored as patches. */
const patched = 'Δ'

const patchedRevision = /^([0-9]{1,9})-Δ(\w+)~(\w+)_(\w+)$/

const revision = (index, digest, patchDigest, tail) => ({
  index,
  digest,
  patchDigest,
  text: `${index}-Δ${digest}~${patchDigest}_${tail}`,
})

/** The revision of a patched object; undefined if the text is none. */
export const parsePatchedRevision = text => {
  const [, index, digest, patchDigest, tail] = patchedRevision.exec(text) ?? []
  return index === undefined ? undefined : revision(Number(index), digest, patchDigest, tail)
}

/** The revision of a patched object that follows `parent`. */
export const childOfPatched = (parent, digest, patchDigest) =>
  revision(childRevision(parent, digest).index, digest, patchDigest, sha256(parent.text).slice(0, 7))

const counterpart = (object, key) =>
  object.get(key) ?? object.get(key.startsWith(patched) ? key.slice(1) : patched + key)

/** The whole object of a patched one; undefined if a patch does not apply. */
export const unpatch = (stored, parent) => {
  const whole = new Map(stored)
  for (const [key, value] of stored) {
    const base = key.startsWith(patched) ? counterpart(parent, key) : undefined
    if (!Array.isArray(base)) continue
    const order = applyPatch(base, value)
    if (!order) return undefined
    whole.set(key, order)
  }
  return whole
}

/** The winner's object, with the orders of the other leaves merged into its own; `leaves` are ascending. */
export const mergedObject = (winner, leaves) => {
  const merged = new Map(winner)
  for (const [key, value] of winner) {
    if (!key.endsWith(flat) || !Array.isArray(value)) continue
    const orders = leaves
      .toReversed()
      .map(leaf => counterpart(leaf, key))
      .filter(Array.isArray)
    merged.set(key, orders.reduce(mergeOrders, value))
  }
  return merged
}
