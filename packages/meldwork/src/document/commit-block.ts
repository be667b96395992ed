import { isJsonArray, JsonFloat, type JsonObject, type JsonValue, memberOf } from '../codec/index.js'
import { blockHash } from './block-name.js'
import { blockIndex, type ChangeRecord, type Delta, encodeDelta } from './delta.js'
import { escapePrefix, orderField, patchField } from './names.js'
import type { PackEntry, PackedObject } from './pack.js'
import { encodePack, isCountable } from './pack.js'
import type { WritingStyle } from './staging.js'

/** Something that was committed, and that Melda's own tools do not show, cannot read or would damage. Nothing is lost here. */
export interface CommitWarning {
  /**
   * - `braces`: an unbalanced brace in a text. They count braces without regard to text, and cannot read the pack: to them this block, and all that
   *   follow it, are not there. `Replica.open(store, { braces: 'escaped' })` avoids it.
   * - `items`: a list has items that are no objects. They leave them out.
   * - `information`: a float in the information of a commit. They may write it otherwise when they copy the block, which destroys their copy.
   */
  readonly code: 'braces' | 'items' | 'information'
  /** The digest of the object's value, or the id of the list; undefined for information. */
  readonly object: string | undefined
  /** For people. */
  readonly message: string
}

/** A commit as files. */
export interface CommitFiles {
  readonly id: string
  readonly delta: Delta
  readonly deltaBytes: Uint8Array
  readonly pack:
    | { readonly digest: string; readonly bytes: Uint8Array; readonly entries: readonly PackEntry[] }
    | undefined
}

/**
 * The files of a commit: the same changes with the same information after the same blocks make the same bytes.
 * @param parents the anchors
 * @param numbered whether the id begins with an index: generation D
 */
export function commitFiles(
  records: readonly ChangeRecord[],
  values: readonly PackedObject[],
  information: JsonObject | undefined,
  parents: readonly string[],
  numbered: boolean,
  style: WritingStyle,
): CommitFiles {
  const packed = values.length === 0 ? undefined : encodePack(values)
  const pack = packed && { digest: blockHash(packed.bytes), ...packed }
  const delta: Delta = { records, information, packs: pack ? [pack.digest] : [], parents }
  const deltaBytes = encodeDelta(delta, style.exponents)
  const hash = blockHash(deltaBytes)
  const index = 1 + parents.reduce((most, parent) => Math.max(most, blockIndex(parent)), 0)
  return { id: numbered ? `${index}-${hash}` : hash, delta, deltaBytes, pack }
}

/** What Melda's own tools would not make good use of. @param orders the values of lists in the commit, by their ids */
export function warningsOf(
  values: readonly PackedObject[],
  orders: Iterable<readonly [id: string, value: JsonObject]>,
  information: JsonObject | undefined,
): CommitWarning[] {
  const warnings: CommitWarning[] = []
  for (const { digest, text } of values) {
    if (isCountable(text)) continue
    const message = `The object with the digest ${digest} has an unbalanced brace in a text: Melda's own tools cannot read this commit`
    warnings.push({ code: 'braces', object: digest, message })
  }
  const told = new Set<string>()
  for (const [id, value] of orders) {
    if (told.has(id) || !hasOtherItems(value)) continue
    told.add(id)
    const message = `The list ${id} has items that are no objects: Melda's own tools leave them out`
    warnings.push({ code: 'items', object: id, message })
  }
  if (information && hasFloat(information)) {
    const message = "The information has a float: Melda's own tools may damage the block when they copy it"
    warnings.push({ code: 'information', object: undefined, message })
  }
  return warnings
}

/** Whether an order, or what a patch puts in, holds something else than ids of objects. */
function hasOtherItems(value: JsonObject): boolean {
  const isOther = (item: JsonValue): boolean => typeof item !== 'string' || item.startsWith(escapePrefix)
  const order = memberOf(value, orderField)
  if (order !== undefined && isJsonArray(order)) return order.some(isOther)
  const patch = memberOf(value, patchField)
  if (patch === undefined || !isJsonArray(patch)) return false
  return patch.some(edit => isJsonArray(edit) && edit[0] === 'i' && isJsonArray(edit[2]) && edit[2].some(isOther))
}

function hasFloat(value: JsonValue): boolean {
  if (typeof value === 'number') return !Number.isInteger(value)
  if (value instanceof JsonFloat) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(hasFloat)
}
