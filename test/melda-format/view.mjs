/** What the original would show of a folder: its objects (section C) and the document (section A.3). */
import { rootId } from './a2-flatten.mjs'
import { unflatten } from './a3-unflatten.mjs'
import { canonical, compareBytes } from './b-json.mjs'
import { Panic } from './b-revision.mjs'
import { mergedOrder } from './c3-order.mjs'
import { valuesOf } from './d4-load.mjs'
import { mergedObject } from './j-generation-a.mjs'

const isOrder = id => id.startsWith('^')

/** Warns of what an order holds that is not shown. */
const checkItems = (id, order, findings) => {
  const ids = order.filter(element => typeof element === 'string' && !element.startsWith('!'))
  const primitives = order.length - ids.length
  if (primitives > 0) findings.add('A.2/primitive-item', id, String(primitives))
  const repeated = ids.find((element, at) => ids.indexOf(element) < at)
  if (repeated !== undefined) findings.add('A.2/repeated-item', id, repeated)
}

const checkObject = (id, { winner, leaves, value }, generation, findings) => {
  const form = generation === 'B' ? /^\^[0-9a-f]{64}$/ : /^\^.*@/s
  if (id.startsWith('!') || (isOrder(id) && !form.test(id))) findings.add('A.2/object-id', id)
  if (isOrder(id) && leaves.length > 1) findings.add('D.4/array-conflict', id)
  const isMark = value instanceof Map && value.size === 1 && value.get('_deleted') === true
  if (isMark && winner.digest !== 'd') findings.add('C.1/deleted-object', id)
}

/** The document's text, or the words with which the original fails. */
const readRoot = (objects, pool, findings) => {
  if (!objects.has(rootId)) {
    if (objects.size > 0) findings.add('A.3/no-root', rootId)
    return { error: 'no_root' }
  }
  if (!pool.has(rootId)) {
    findings.add('A.3/root-deleted', rootId)
    return { panic: 'root_deleted' }
  }
  try {
    return { text: canonical(unflatten(pool, rootId)) }
  } catch (error) {
    if (!(error instanceof Panic)) throw error
    findings.add('A.3/unknown-descriptor', rootId)
    return { panic: error.message }
  }
}

/**
 * The objects, and the document as it is read.
 * @param {ReturnType<import('./d4-load.mjs').load>} loaded
 * @param {import('./findings.mjs').Findings} findings
 */
export const viewOf = ({ trees, objectOf }, generation, findings) => {
  const validated = generation === 'C' || generation === 'D'
  const objects = new Map()
  const pool = new Map()
  for (const id of [...trees.keys()].sort(compareBytes)) {
    const tree = trees.get(id)
    const winner = tree.winner(validated)
    if (!winner) continue
    const leaves = tree.leaves(validated)
    const valueAt = valuesOf(id, tree, objectOf, findings)
    const value = valueAt(winner)
    const textOf = revision => canonical(valueAt(revision))
    const conflicting = leaves.filter(({ text }) => text !== winner.text)
    const shown = {
      winner: winner.text,
      leaves: leaves.map(({ text }) => text),
      history: tree.history(winner.text),
      value: textOf(winner),
      conflicting: Object.fromEntries(conflicting.map(leaf => [leaf.text, textOf(leaf)])),
    }
    checkObject(id, { winner, leaves, value }, generation, findings)
    objects.set(id, shown)
    if (winner.digest === 'd' || winner.digest === 'r') continue
    if (isOrder(id)) {
      const { own, order, fault } = mergedOrder(tree, winner, leaves, valueAt)
      if (fault) findings.add(fault, id)
      checkItems(id, own, findings)
      shown.order = canonical(order)
      pool.set(id, new Map([['A', order]]))
    } else {
      pool.set(id, generation === 'A' ? mergedObject(value, conflicting.map(valueAt)) : value)
    }
  }
  return { objects, read: readRoot(objects, pool, findings) }
}
