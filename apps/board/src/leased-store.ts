import { CodedError } from 'meldwork'
import type { KeyRange, Store, StoreChange, StoreDurability } from 'meldwork/ports'

/** A store that writes only while it may: a page that was frozen may have lost its database to another tab. */
export class LeasedStore implements Store {
  private readonly store: Store
  private readonly isMine: () => boolean

  constructor(store: Store, isMine: () => boolean) {
    this.store = store
    this.isMine = isMine
  }

  get location(): string {
    return this.store.location
  }

  open(): Promise<void> {
    return this.store.open()
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.store.get(key)
  }

  entries(range: KeyRange): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    return this.store.entries(range)
  }

  /** @throws CodedError `store-failed`, also when another tab has taken the database */
  async batch(changes: readonly StoreChange[], durability?: StoreDurability): Promise<void> {
    if (this.isMine()) return this.store.batch(changes, durability)
    const facts = { location: this.location, operation: 'batch', reason: 'evicted' } as const
    throw new CodedError('store-failed', `The database ${this.location} has been taken over by another tab`, facts)
  }

  close(): Promise<void> {
    return this.store.close()
  }

  erase(): Promise<void> {
    return this.store.erase()
  }
}
