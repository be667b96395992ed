import { Reader, Writer } from '../codec/index.js'
import { Effect, type Effects, effectStride } from '../graph/index.js'
import { type Changes, decodeValue, deleteStride, encodeValue, References, type WireTerms } from '../operation/index.js'

const nothing = new Uint8Array(0)
const writer = new Writer(256)
const references = new References()

/**
 * What the deletes of an operation removed, for its journal entry: for each delete in order, how many pairs (0 when the dot was not live; more than
 * one only where a replica id forked), and their objects. With it, the effect of the operation can be told in both directions from the entry
 * alone: the object of a delete is not on the wire, and is gone from the state.
 */
export function encodeRemoved(changes: Changes, effects: Effects, terms: WireTerms): Uint8Array {
  const { deletes, deleteLength } = changes
  if (deleteLength === 0) return nothing
  writer.reset()
  references.clear()
  // Effects of deletes come first, in the order of the deletes; those that found nothing have none.
  let effect = 0
  for (let at = 0; at < deleteLength; at += deleteStride) {
    let end = effect
    while (end < effects.length && isEffectOf(effects.list, end, deletes, at)) end += effectStride
    writer.varint((end - effect) / effectStride)
    for (; effect < end; effect += effectStride) encodeValue(writer, terms, references, effects.list[effect + 3])
  }
  return writer.bytes.subarray(0, writer.length)
}

function isEffectOf(list: readonly number[], effect: number, deletes: readonly number[], at: number): boolean {
  return (
    (list[effect] & 3) === Effect.removed &&
    list[effect + 4] === deletes[at + 3] &&
    list[effect + 5] === deletes[at + 4] &&
    list[effect + 1] === deletes[at] &&
    list[effect + 2] === deletes[at + 1]
  )
}

/**
 * Reads what {@link encodeRemoved} wrote.
 * @param changes of the same operation, as decoded from it
 * @returns the triples removed, in order: [subject, property, object, ...]
 * @throws CodedError `data-malformed`
 */
export function decodeRemoved(bytes: Uint8Array, changes: Changes, terms: WireTerms): number[] {
  const { deletes, deleteLength } = changes
  const reader = new Reader(bytes, 'journal entry')
  const triples: number[] = []
  references.clear()
  for (let at = 0; at < deleteLength; at += deleteStride) {
    let count = reader.varintUpTo(reader.remaining, 'a number of values')
    for (; count > 0; count--) triples.push(deletes[at], deletes[at + 1], decodeValue(reader, terms, references))
  }
  reader.finish()
  return triples
}
