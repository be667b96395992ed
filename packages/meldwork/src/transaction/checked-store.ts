import { ByteSlab, check32, copyRange } from '../codec/index.js'
import type { KeyRange, Store, StoreChange, StoreDurability } from '../ports/index.js'
import { corrupt } from './meta.js'

const checkBytes = 4

/**
 * A store whose every value carries a check, so that what a medium has changed is found at the key where it is, and nothing damaged gets in. Of the
 * databases below, none promises to look at each byte that it reads.
 */
export class CheckedStore implements Store {
  private readonly store: Store
  private readonly slab = new ByteSlab()

  constructor(store: Store) {
    this.store = store
  }

  get location(): string {
    return this.store.location
  }

  open(): Promise<void> {
    return this.store.open()
  }

  /** @throws CodedError `store-corrupt`, `store-failed` */
  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.store.get(key)
    return value && this.checked(key, value)
  }

  /** @throws CodedError `store-corrupt`, `store-failed` */
  async *entries(range: KeyRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    for await (const [key, value] of this.store.entries(range)) yield [key, this.checked(key, value)]
  }

  batch(changes: readonly StoreChange[], durability?: StoreDurability): Promise<void> {
    const sealed: StoreChange[] = []
    for (const { key, value } of changes) sealed.push({ key, value: value && this.seal(value) })
    return this.store.batch(sealed, durability)
  }

  close(): Promise<void> {
    return this.store.close()
  }

  erase(): Promise<void> {
    return this.store.erase()
  }

  private seal(value: Uint8Array): Uint8Array {
    const { length } = value
    const sealed = this.slab.reserve(length + checkBytes)
    copyRange(value, 0, length, sealed, 0)
    let check = check32(value)
    for (let i = 0; i < checkBytes; i++, check >>>= 8) sealed[length + i] = check
    return sealed
  }

  private checked(key: string, value: Uint8Array): Uint8Array {
    const opened = unsealed(value)
    if (opened === undefined) throw corrupt(this.store, key)
    return opened
  }
}

/** What a {@link CheckedStore} was given for this value; undefined when it is not what was written. */
export function unsealed(value: Uint8Array): Uint8Array | undefined {
  const length = value.length - checkBytes
  if (length < 0) return undefined
  const check = new DataView(value.buffer, value.byteOffset + length, checkBytes).getUint32(0, true)
  return check === check32(value, 0, length) ? value.subarray(0, length) : undefined
}
