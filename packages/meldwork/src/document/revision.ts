import { compareCodePoints, hexadecimal, sha256Of } from '../codec/index.js'

/**
 * One version of an object: how many came before it, what it says, and whose child it is. Its text is its identity: two replicas that do the same
 * make the same revision.
 *
 *     revision = index "-" digest             without parent: the index is 1
 *              | index "-" digest "_" tail    tail: the first 7 digits of the SHA-256 of the parent's text
 */
export interface Revision {
  /** An unsigned integer of 32 bits: its parent's plus one; 1 at a creation. */
  readonly index: number
  /** The digest of the object, or one of {@link markers}. */
  readonly digest: string
  /** May be empty. Absent exactly when the index is 0 or 1. */
  readonly tail?: string
  readonly text: string
}

/** The digests that say something else than a content. */
export const markers = { empty: 'e', deleted: 'd', resolved: 'r' } as const

const maxIndex = 0xffff_ffff
/** A longer text is no revision, so that looking for one in what others wrote takes bounded time. Those of digests have less than 100. */
const maxLength = 1024

const usual = /^(\d{1,10})-([0-9a-z]+)(?:_([0-9a-z]+))?$/
// What the original takes for a character of a word.
const word = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]+'
const withTail = new RegExp(`(\\d+)-(${word})_(${word})`, 'u')
const withoutTail = new RegExp(`(\\d+)-(${word})`, 'u')

/**
 * The revision that stands in a text: as the original, the first that stands anywhere in it.
 * @returns undefined when there is none, or its index does not fit
 */
export function parseRevision(text: string): Revision | undefined {
  if (text.length > maxLength) return undefined
  const parts = usual.exec(text) ?? withTail.exec(text) ?? withoutTail.exec(text)
  if (parts === null) return undefined
  const index = Number(parts[1])
  return index > maxIndex ? undefined : revision(index, parts[2], parts[3] ?? '')
}

function revision(index: number, digest: string, tail: string): Revision {
  if (index <= 1) return { index, digest, text: `${index}-${digest}` }
  return { index, digest, tail, text: `${index}-${digest}_${tail}` }
}

/** The first revision of an object. */
export const creationRevision = (digest: string): Revision => revision(1, digest, '')

/** The revision that follows another. @param digest of the new content, or one of {@link markers} */
export const childRevision = (parent: Revision, digest: string): Revision =>
  revision(parent.index + 1, digest, hexadecimal(sha256Of(parent.text)).slice(0, 7))

/** The object is deleted here. */
export const isDeleted = ({ digest }: Revision): boolean => digest === markers.deleted
/** The object is `{}` here. */
export const isEmpty = ({ digest }: Revision): boolean => digest === markers.empty
/** This revision only says that its parent lost a conflict. */
export const isResolved = ({ digest }: Revision): boolean => digest === markers.resolved

/**
 * The order of which the winner is the greatest: those that only resolve are the lowest; then by index; then by text, byte by byte.
 * @returns below 0, 0 or above 0, for `sort`
 */
export function compareRevisions(a: Revision, b: Revision): number {
  const resolved = Number(isResolved(b)) - Number(isResolved(a))
  return resolved || a.index - b.index || compareCodePoints(a.text, b.text)
}
