import { CodedError } from '../../src/errors.js'
import { batchFault, type KeyRange, type LeasableStore, type StoreChange } from '../../src/ports/index.js'
import type { VirtualTime } from '../../src/testkit/virtual-time.js'

/** A place on the disk that all tabs of an origin name, as a database of the browser. Writing takes a while, one after another. */
export class SharedPlace {
  readonly values = new Map<string, Uint8Array>()
  /** What should never have happened. */
  readonly violations: string[] = []
  holder: string | undefined
  /** Whether nobody can open it, or write. */
  isBroken = false
  openStores = 0
  /** How long a batch takes. */
  slowMs = 2
  readonly location: string
  private readonly time: VirtualTime
  private written: Promise<unknown> = Promise.resolve()

  constructor(time: VirtualTime, location = 'board') {
    this.time = time
    this.location = location
  }

  /** A store as one tab has it. */
  store(tab: { act(act: () => void): void }): SharedStore {
    return new SharedStore(this, tab)
  }

  /** Does something when all that was asked for before is done, as transactions do that write. */
  inTurn<T>(act: () => T): Promise<T> {
    const done = this.written.then(() => this.time.delay(this.slowMs)).then(act)
    this.written = done.catch(() => {})
    return done
  }
}

/** A tab's own hold of a {@link SharedPlace}. It looks whether it has the lease if it has ever taken one; else that nobody else has opened it. */
export class SharedStore implements LeasableStore {
  readonly location: string
  private readonly place: SharedPlace
  private readonly tab: { act(act: () => void): void }
  private name: string | undefined
  private isOpen = false
  private isDead = false

  /** @param tab does what the tab does: now, or when it is awake */
  constructor(place: SharedPlace, tab: { act(act: () => void): void }) {
    this.place = place
    this.tab = tab
    this.location = place.location
  }

  /** Its tab dies: what it has not handed over yet never arrives, and nobody hears of the rest. */
  kill(): void {
    if (this.isOpen) this.place.openStores--
    this.isOpen = false
    this.isDead = true
  }

  async open(): Promise<void> {
    await this.alive()
    if (this.place.isBroken) throw this.failed('open', 'it is broken')
    this.isOpen = true
    this.place.openStores++
    if (this.place.openStores > 1 && this.name === undefined)
      this.place.violations.push('two tabs have opened the store')
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    await this.alive()
    return this.place.values.get(key)
  }

  async *entries({ gte, lt }: KeyRange): AsyncGenerator<readonly [string, Uint8Array]> {
    await this.alive()
    for (const key of [...this.place.values.keys()].sort())
      if (gte <= key && key < lt) yield [key, this.place.values.get(key)!]
  }

  async batch(changes: readonly StoreChange[]): Promise<void> {
    const fault = batchFault(changes)
    if (fault !== undefined || !this.isOpen) throw this.failed('batch', fault?.message ?? 'it is not open')
    const { place, name } = this
    await place.inTurn(() => {
      if (this.isDead) return
      if (place.isBroken) throw this.failed('batch', 'it is broken')
      if (name !== undefined && place.holder !== name) throw this.failed('batch', 'another tab has taken it over')
      for (const { key, value } of changes) {
        if (value === null) place.values.delete(key)
        else place.values.set(key, value)
      }
    })
    await this.alive()
  }

  async close(): Promise<void> {
    await this.place.inTurn(() => {})
    await this.alive()
    if (this.isOpen) this.place.openStores--
    this.isOpen = false
  }

  async erase(): Promise<void> {
    await this.close()
    this.place.values.clear()
    this.place.holder = undefined
  }

  async takeLease(holder: string, instead?: string): Promise<string> {
    await this.alive()
    const { place } = this
    const taken = await place.inTurn(() => {
      if (this.isDead) return ''
      if (place.isBroken) throw this.failed('takeLease', 'it is broken')
      if (place.holder === undefined || place.holder === instead) place.holder = holder
      return place.holder
    })
    await this.alive()
    if (taken === holder) this.name = holder
    return taken
  }

  async leaseHolder(): Promise<string | undefined> {
    await this.alive()
    const holder = await this.place.inTurn(() => this.place.holder)
    await this.alive()
    return holder
  }

  async endLease(holder: string): Promise<void> {
    await this.alive()
    const { place } = this
    await place.inTurn(() => {
      if (!this.isDead && place.holder === holder) place.holder = undefined
    })
  }

  /** A frozen tab waits until it thaws; a dead one for ever. */
  private alive(): Promise<void> {
    return this.isDead ? new Promise(() => {}) : new Promise(resolve => this.tab.act(resolve))
  }

  private failed(operation: string, reason: string) {
    return new CodedError('store-failed', `${this.location} failed (${operation}): ${reason}`, {
      location: this.location,
      operation,
      reason: 'io',
    })
  }
}
