import { hexadecimal, sha256Of } from '../codec/index.js'

/** What names a delta: its hash, and since generation D an index, which is one more than the greatest of its parents'. */
export interface DeltaId {
  /** From 1 on; absent before generation D. */
  readonly index?: number
  /** SHA-256 of the bytes of the delta, 64 hexadecimal digits. */
  readonly hash: string
}

/** What the name of a file says. */
export type BlockName =
  | { readonly kind: 'delta'; readonly id: DeltaId }
  | { readonly kind: 'pack'; readonly digest: string }

const delta = /^(?:(\d{1,10})-)?([0-9a-f]{64})\.delta$/
const pack = /^([0-9a-f]{64})\.pack$/
const maxIndex = 0xffff_ffff

/** @returns undefined for every name that no delta and no pack has, as that of a copy of one */
export function parseBlockName(name: string): BlockName | undefined {
  const packed = pack.exec(name)
  if (packed !== null) return { kind: 'pack', digest: packed[1] }
  const [, index, hash] = delta.exec(name) ?? []
  if (hash === undefined) return undefined
  const id = deltaId(index, hash)
  // An index with leading zeros is not written by anybody.
  return id !== undefined && deltaName(id) === name ? { kind: 'delta', id } : undefined
}

// What the original takes for a character of a word.
const liberal = /(\d+)-([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+)/u
/** A longer text names no delta. */
const maxLength = 1024

/**
 * The delta that a text names, as one given by a person: `2-HASH`, `2-HASH.delta`; of older generations a hash of 64 digits. As in the original, an index and a
 * hash may stand anywhere in it.
 * @returns undefined when there is none
 */
export function parseDeltaId(text: string): DeltaId | undefined {
  if (text.length > maxLength) return undefined
  const older = /^([0-9a-f]{64})(?:\.delta)?$/.exec(text)
  if (older !== null) return { hash: older[1] }
  const [, index, hash] = liberal.exec(text) ?? []
  return hash === undefined ? undefined : deltaId(index, hash)
}

function deltaId(digits: string | undefined, hash: string): DeltaId | undefined {
  if (digits === undefined) return { hash }
  const index = Number(digits)
  return index > maxIndex ? undefined : { index, hash }
}

/** The text by which other deltas name this one as a parent. */
export const deltaText = ({ index, hash }: DeltaId): string => (index === undefined ? hash : `${index}-${hash}`)

/** The name of its file. */
export const deltaName = (id: DeltaId): string => `${deltaText(id)}.delta`

/** The name of a pack's file. */
export const packName = (digest: string): string => `${digest}.pack`

/** SHA-256 of a block, as it stands in names. */
export const blockHash = (bytes: Uint8Array): string => hexadecimal(sha256Of(bytes))

/** The index of a delta with these parents. */
export const indexAfter = (parents: Iterable<DeltaId>): number => {
  let greatest = 0
  for (const { index = 0 } of parents) if (index > greatest) greatest = index
  return greatest + 1
}

/** The order in which parents are named: by index as a number, then by hash. */
export function compareDeltaIds(a: DeltaId, b: DeltaId): number {
  return (a.index ?? 0) - (b.index ?? 0) || (a.hash < b.hash ? -1 : Number(a.hash > b.hash))
}
