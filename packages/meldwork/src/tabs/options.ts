import { type CloneOptions, invalid } from '../clone/index.js'
import type { LeasableStore, Store } from '../ports/index.js'
import type { TabPlatform } from '../transports/broadcast-channel.js'

/** What a clone is opened with that the tabs of an origin share. */
export interface TabCloneOptions extends CloneOptions {
  /**
   * Where the tabs keep their data: each gives a store of the same place, such as `new IndexedDbStore('board')`. It is opened only in the tab that keeps
   * it at the time. Without Web Locks it must be one that can be leased, as that one can.
   */
  readonly store: Store
  /** How the keeper reaches clones elsewhere; the other tabs reach them through it. */
  readonly transport?: CloneOptions['transport']
  /** How long opening waits until this tab has what the keeper has. Default: 5000. */
  readonly catchUpMs?: number | undefined
  /** The browser, unless a test plays it. */
  readonly platform?: TabPlatform | undefined
}

/** @throws CodedError `option-invalid` */
export function checkedTabOptions(options: TabCloneOptions): void {
  const { catchUpMs = 0, store } = options ?? {}
  if (typeof store?.location !== 'string')
    invalid('store', "a store that tabs can share, such as new IndexedDbStore('board')")
  if (!(catchUpMs >= 0)) invalid('catchUpMs', 'a number from 0')
}

export const isLeasable = (store: Store): store is LeasableStore =>
  typeof (store as Partial<LeasableStore>).takeLease === 'function'

/** @throws CodedError `option-invalid` when it cannot be leased */
export function leasable(store: Store): LeasableStore {
  if (isLeasable(store)) return store
  return invalid(
    'store',
    'one that can be leased, such as an IndexedDbStore, where there are no Web Locks (no secure context)',
  )
}
