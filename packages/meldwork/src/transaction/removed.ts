import { Writer } from '../codec/index.js'
import { Effect, type Effects, effectStride } from '../graph/index.js'
import { type Changes, deleteStride, encodeValue, References, type WireTerms } from '../operation/index.js'

const nothing = new Uint8Array(0)
const writer = new Writer(256)
const references = new References()

/**
 * What the deletes of an operation removed, for its journal entry: for each delete in order, 0 when the dot was not live, else 1 and the object.
 * With it, the effect of the operation can be told in both directions from the entry alone: the object of a delete is not on the wire, and
 * is gone from the state.
 */
export function encodeRemoved(changes: Changes, effects: Effects, terms: WireTerms): Uint8Array {
  const { deletes, deleteLength } = changes
  if (deleteLength === 0) return nothing
  const { list } = effects
  writer.reset()
  references.clear()
  let effect = 0
  for (let at = 0; at < deleteLength; at += deleteStride) {
    // Effects of deletes come first, in the order of the deletes; those that found nothing have none.
    const found =
      effect < effects.length &&
      (list[effect] & 3) === Effect.removed &&
      list[effect + 4] === deletes[at + 3] &&
      list[effect + 5] === deletes[at + 4] &&
      list[effect + 1] === deletes[at] &&
      list[effect + 2] === deletes[at + 1]
    writer.uint8(found ? 1 : 0)
    if (!found) continue
    encodeValue(writer, terms, references, list[effect + 3])
    effect += effectStride
  }
  return writer.bytes.subarray(0, writer.length)
}
