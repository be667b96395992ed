/** Section 0 of the format: which generation a delta and a folder are of. */
import { flat } from './a2-flatten.mjs'

/** Whether an object holds the order of an array itself, as generation A does. */
const holdsArray = object =>
  object instanceof Map && [...object].some(([key, value]) => key.endsWith(flat) && Array.isArray(value))

/**
 * The generation of one delta; undefined if nothing in it tells.
 * @param {{ numbered: boolean, records: { id: string, patchDigest?: string, digest: string }[] }} delta
 * @param {(digest: string) => unknown} objectOf the object of a digest, if it is there
 */
export const generationOf = ({ numbered, records }, objectOf) => {
  if (numbered) return 'D'
  const orders = records.filter(({ id }) => id.startsWith('^')).map(({ id }) => id)
  if (orders.some(id => id.includes('@'))) return 'C'
  if (orders.some(id => /^\^[0-9a-f]{64}$/.test(id))) return 'B'
  const inline = ({ digest, patchDigest }) => patchDigest !== undefined || holdsArray(objectOf(digest))
  return records.some(inline) ? 'A' : undefined
}

/** The generation of a folder: the newest of its deltas; B if nothing tells; null without deltas. */
export const folderGeneration = generations => {
  const newest = ['D', 'C', 'B', 'A'].find(generation => generations.includes(generation))
  return newest ?? (generations.length > 0 ? 'B' : null)
}
