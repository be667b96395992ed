import { type JsonObject, type LosslessJson, plainOf } from '../codec/index.js'
import type { BlockGraph } from './block-graph.js'
import type { Conflict, ConflictSide } from './conflict.js'
import { recordedRevision } from './delta.js'
import { isDescriptor } from './names.js'
import type { Objects } from './objects.js'
import { isDeleted, type Revision } from './revision.js'
import type { RevisionTree } from './revision-tree.js'

/** What there is to say of an object in conflict. */
export function conflictOf(id: string, objects: Objects, graph: BlockGraph): Conflict {
  const tree = objects.tree(id)!
  const side = (revision: Revision): ConflictSide => {
    const block = tree.blockOf(revision.text)
    const value = isDescriptor(id) ? undefined : objects.valueAt(revision)
    const information = block === undefined ? undefined : graph.get(block)?.information
    return {
      revision: revision.text,
      deleted: isDeleted(revision),
      value: value && copyOf(value),
      order: isDescriptor(id) ? (plainOf(objects.orderAt(id, revision), 'lossless') as LosslessJson[]) : undefined,
      block,
      information: information && copyOf(information),
    }
  }
  const ancestor = commonAncestor(tree)
  return {
    object: id,
    winner: side(tree.winner!),
    others: tree.leaves.slice(0, -1).reverse().map(side),
    ancestor: ancestor && side(ancestor),
    merged: isDescriptor(id) ? (plainOf(objects.order(id), 'lossless') as LosslessJson[]) : undefined,
  }
}

/** The youngest revision that all leaves follow. */
function commonAncestor(tree: RevisionTree): Revision | undefined {
  let common: string | undefined = tree.winner!.text
  for (const leaf of tree.leaves) if (common !== undefined) common = tree.commonAncestor(common, leaf.text)
  return common === undefined ? undefined : recordedRevision(common)
}

const copyOf = (value: JsonObject): { [key: string]: LosslessJson } =>
  plainOf(value, 'lossless') as { [key: string]: LosslessJson }
