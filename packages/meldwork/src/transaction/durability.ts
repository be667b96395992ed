import type { StoreChange, StoreDurability } from '../ports/index.js'

/**
 * What a write survives once its promise has resolved.
 * - `flushed`: a power cut, as far as the medium tells the truth.
 * - `written`: the death of the process: it was handed to the operating system or the browser, and not forced to the medium.
 * - `none`: nothing yet: the promise resolves at once. It is written with the next write that asks for more, at the latest a twentieth of a second
 *   later.
 *
 * What is flushed flushes all that came before it.
 */
export type Durability = StoreDurability | 'none'

/** From the weakest to the strongest. */
export const durabilities: readonly Durability[] = ['none', 'written', 'flushed']

/** The stronger of two; undefined says nothing. */
export function stronger(one: Durability | undefined, other: Durability | undefined): Durability | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return durabilities.indexOf(one) < durabilities.indexOf(other) ? other : one
}

/**
 * Where a store says from which ticks on its transactions may not have been flushed; the last one before them may not have been either, when a process died before it
 * was. It goes with every batch before which not all are known to be flushed, or that is not itself, and the next one takes it away: so where a transaction is missing and a later one is there, this tells a power cut from a damaged store.
 */
export const unflushedKey = 'unflushed'

/** Says that transactions from these ticks on may not have been flushed. */
export function unflushedFrom(ticks: number): StoreChange {
  return { key: unflushedKey, value: new TextEncoder().encode(String(ticks)) }
}

/** Says that all have. */
export const allFlushed: StoreChange = { key: unflushedKey, value: null }

/** The ticks that {@link unflushedFrom} has said; from the first, when that cannot be read. */
export function readUnflushed(bytes: Uint8Array): number {
  const ticks = Number(new TextDecoder().decode(bytes))
  return Number.isSafeInteger(ticks) ? ticks : 0
}
