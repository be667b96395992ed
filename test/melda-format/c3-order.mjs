/** Sections C.3 and C.4 of the format: the order of an array at a revision, and the merged order that is shown. */
import { mergeOrders } from './c4-merge.mjs'
import { applyPatch } from './c5-patch.mjs'

/**
 * The order at a revision; `fault` names the rule that was broken on the way, if one was.
 * @param {import('./c-tree.mjs').Tree} tree
 * @param {string} text the revision's string
 * @param {(revision: { digest: string }) => unknown} valueAt
 * @returns {{ order: unknown[], fault?: string }}
 */
export const orderAt = (tree, text, valueAt) => {
  const patches = []
  let order
  let fault
  for (const ancestor of tree.history(text)) {
    const revision = tree.get(ancestor)
    if (revision.digest === 'd' || revision.digest === 'r') {
      order = []
      break
    }
    const value = valueAt(revision)
    const [full, patch] = value instanceof Map && value.size === 1 ? [value.get('A'), value.get('a')] : []
    if (Array.isArray(full)) {
      order = full
      break
    }
    if (patch === undefined) fault = 'C.3/order-object'
    else patches.push(patch)
  }
  if (order === undefined) fault ??= 'C.3/no-full-order'
  let result = order ?? []
  for (const patch of patches.reverse()) {
    const patched = applyPatch(result, patch)
    if (patched === undefined) fault ??= 'C.5/patch'
    else result = patched
  }
  return { order: result, fault }
}

/**
 * The order that is shown: that of the winner with those of all leaves, ascending, merged into it.
 * @param {import('./c-tree.mjs').Tree} tree
 */
export const mergedOrder = (tree, winner, leaves, valueAt) => {
  const base = orderAt(tree, winner.text, valueAt)
  let { order, fault } = base
  for (const leaf of leaves) {
    const other = orderAt(tree, leaf.text, valueAt)
    fault ??= other.fault
    order = mergeOrders(order, other.order)
  }
  return { own: base.order, order, fault }
}
