/** Section B of the format: revision strings; section C: their order. */
import { sha256 } from './b-digest.mjs'
import { compareBytes } from './b-json.mjs'

const letter = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]'
const withTail = new RegExp(`(\\p{Nd}+)-(${letter}+)_(${letter}+)`, 'u')
const withoutTail = new RegExp(`(\\p{Nd}+)-(${letter}+)`, 'u')
const highestIndex = 2 ** 32 - 1

/** The original panics: its process ends. */
export class Panic extends Error {}

const revision = (index, digest, tail) => ({
  index,
  digest,
  text: index > 1 ? `${index}-${digest}_${tail}` : `${index}-${digest}`,
})

/**
 * The revision that a text contains, `text` as the original writes it; undefined if there is none.
 * Throws a `Panic` if the index is beyond 32 bits.
 * @param {string} text
 */
export const parseRevision = text => {
  const [, index, digest, tail = ''] = withTail.exec(text) ?? withoutTail.exec(text) ?? []
  if (index === undefined) return undefined
  if (!(Number(index) <= highestIndex)) throw new Panic('revision_index')
  return revision(Number(index), digest, tail)
}

/** The first revision of an object. */
export const firstRevision = digest => revision(1, digest, '')

/** The revision that follows `parent`. */
export const childRevision = (parent, digest) => revision(parent.index + 1, digest, sha256(parent.text).slice(0, 7))

/** Ascending: resolved ones first, then by index, then by bytes. */
export const compareRevisions = (left, right) =>
  Number(right.digest === 'r') - Number(left.digest === 'r') ||
  left.index - right.index ||
  compareBytes(left.text, right.text)
