import { CodedError, type StoreTrouble } from '../errors.js'
import type { KeyRange, Store, StoreChange, StoreDurability } from '../ports/index.js'
import type { Chance } from './chance.js'
import type { VirtualTime } from './virtual-time.js'

/** How a {@link SimulatedDisk} behaves; all of it can be changed at any time. */
export interface DiskConditions {
  /** How long a batch takes to become durable, at most. */
  slowestMs: number
  /** The share of batches that fail, from 0 to 1; or whether all do. */
  failing: number | boolean
  /** Keys and values together: a batch that would go beyond it fails, unless it makes what is there smaller. */
  capacityBytes: number
  /** Whether, after a batch has failed, all fail until the store is opened again, as those of LevelDB do. */
  stuckAfterFailure: boolean
}

/**
 * An instant at which a process can be made to die: when it has just called `batch`; when a batch has just become durable, and nobody has been
 * told; in a microtask soon after somebody has been told; when something is read.
 */
export type CrashPoint = 'called' | 'written' | 'answered' | 'read'

/** A batch as the disk was given it. */
interface Batch {
  readonly changes: readonly StoreChange[]
  readonly durability: StoreDurability
}

/**
 * A disk that forgets what it has not yet written. A batch takes a while to become durable. One store at a time is open on it.
 *
 * It keeps just what a {@link Store} promises, and no more:
 * - the *death of the process* ({@link crash}) leaves every batch that was answered, and perhaps the first of those that were under way;
 * - a *power cut* ({@link powerCut}) leaves every batch that was answered as flushed, and all that came before it. Of the others, also of those that came
 *   through the death of a process before they were flushed, it leaves a beginning; or now and then any of them, since the medium has an order of its own.
 *
 * Each is there whole or not at all. That a store keeps these promises when the files below it are torn is for the tests of that store.
 */
export class SimulatedDisk {
  readonly conditions: DiskConditions = {
    slowestMs: 5,
    failing: false,
    capacityBytes: Number.POSITIVE_INFINITY,
    stuckAfterFailure: false,
  }
  readonly location: string
  readonly time: VirtualTime
  private readonly chance: Chance
  /** What every process sees from now on. */
  private durable = new Map<string, Uint8Array>()
  /** What no power cut takes away, where that is something else. */
  private flushed: ReadonlyMap<string, Uint8Array> | undefined
  /** The batches that have led from there to what is durable. */
  private unflushed: (readonly StoreChange[])[] = []
  private pending: Batch[] = []
  private freeAtMs = 0
  private opened: SimulatedStore | undefined
  private stuck = false
  private used = 0
  private trap: { readonly point: CrashPoint; countdown: number; readonly spring: () => void } | undefined
  /** How many batches were called, and how many of them have been answered, since the disk was made. */
  called = 0
  answered = 0

  constructor(time: VirtualTime, chance: Chance, location = 'disk') {
    this.time = time
    this.chance = chance
    this.location = location
  }

  /** A store on this disk, closed. */
  store(): SimulatedStore {
    return new SimulatedStore(this)
  }

  /** The bytes of keys and values that are durable now. */
  get usedBytes(): number {
    return this.used
  }

  /**
   * Calls `spring`, once, in the instant in which a process gets to a point for the `countdown`th time from now: it is to end with {@link crash}.
   * Takes the place of another trap; undefined takes it away.
   */
  setTrap(point: CrashPoint | undefined, countdown = 1, spring: () => void = () => {}): void {
    this.trap = point && { point, countdown, spring }
  }

  /** @internal @returns whether the process has died of it */
  reach(point: CrashPoint): boolean {
    const { trap, opened } = this
    if (trap?.point !== point || --trap.countdown > 0) return false
    this.trap = undefined
    trap.spring()
    return opened !== this.opened
  }

  /** The process that had the disk open has died. What it started is lost, but for what chance lets through. */
  crash(): void {
    const survivors = this.chance.whole(0, this.pending.length)
    for (const { changes } of this.pending.slice(0, this.conditions.failing === false ? survivors : 0)) {
      if (!this.fits(changes)) break
      // Nobody has been told that it is more.
      this.commit(changes, 'written')
    }
    this.answered = this.called
    this.pending = []
    if (this.opened !== undefined) this.opened.state = 'dead'
    this.opened = undefined
    this.stuck = false
    this.freeAtMs = 0
  }

  /** Whether nothing would be lost by a {@link powerCut}. */
  get isFlushed(): boolean {
    return this.flushed === undefined
  }

  /**
   * The power has failed: the process that had the disk open has died, if there was one, and of what was not flushed some is lost.
   * @returns how many batches are lost that processes have seen, or could have
   */
  powerCut(): number {
    this.crash()
    const { flushed, unflushed, chance } = this
    if (flushed === undefined) return 0
    const isInOrder = chance.happens(0.5)
    const kept = isInOrder
      ? unflushed.slice(0, chance.whole(0, unflushed.length))
      : unflushed.filter(() => chance.happens(0.5))
    this.restore(flushed)
    for (const changes of kept) this.commit(changes, 'flushed')
    return unflushed.length - kept.length
  }

  /** Everything that is durable now. */
  image(): ReadonlyMap<string, Uint8Array> {
    return new Map(this.durable)
  }

  /** Puts a former image in the place of what is here, as a restored backup does, flushed. Only while nobody has the disk open. */
  restore(image: ReadonlyMap<string, Uint8Array>): void {
    this.durable = new Map(image)
    this.forgetUnflushed()
    this.used = 0
    for (const [key, value] of image) this.used += key.length + value.length
  }

  /** @internal */
  open(store: SimulatedStore): void {
    if (this.opened !== undefined)
      throw new CodedError('store-locked', `${this.location} is open already`, { location: this.location })
    this.opened = store
    this.stuck = false
  }

  /** @internal Resolves when as durable as was asked; never, when the process dies before. */
  async batch(changes: readonly StoreChange[], durability: StoreDurability): Promise<void> {
    const batch = { changes, durability }
    this.pending.push(batch)
    this.called++
    this.reach('called')
    // One after the other.
    this.freeAtMs = Math.max(this.freeAtMs, this.time.nowMs) + this.chance.number() * this.conditions.slowestMs
    await this.time.delay(this.freeAtMs - this.time.nowMs)
    const at = this.pending.indexOf(batch)
    if (at < 0) return never()
    this.pending.splice(at, 1)
    if (this.stuck || this.chance.happens(Number(this.conditions.failing))) {
      this.stuck = this.conditions.stuckAfterFailure
      this.answered++
      throw failed(this.location, 'batch', 'io', 'a write failed')
    }
    this.answered++
    if (!this.fits(changes)) throw failed(this.location, 'batch', 'full', 'the disk is full')
    this.commit(changes, durability)
    if (this.reach('written')) return never()
    if (this.trap?.point === 'answered') void this.answeredSoon()
  }

  /** What follows on an answer happens in microtasks: the process dies between two of them. */
  private async answeredSoon(): Promise<void> {
    for (let turns = this.chance.whole(1, 30); turns > 0; turns--) await undefined
    this.reach('answered')
  }

  private fits(changes: readonly StoreChange[]): boolean {
    if (this.conditions.capacityBytes === Number.POSITIVE_INFINITY) return true
    const growth = this.growth(changes)
    return growth <= 0 || this.used + growth <= this.conditions.capacityBytes
  }

  private growth(changes: readonly StoreChange[]): number {
    let growth = 0
    for (const { key, value } of changes) {
      const before = this.durable.get(key)
      if (before !== undefined) growth -= key.length + before.length
      if (value !== null) growth += key.length + value.length
    }
    return growth
  }

  private commit(changes: readonly StoreChange[], durability: StoreDurability): void {
    if (durability === 'flushed') this.forgetUnflushed()
    else {
      this.flushed ??= new Map(this.durable)
      this.unflushed.push(changes)
    }
    this.used += this.growth(changes)
    for (const { key, value } of changes) {
      if (value === null) this.durable.delete(key)
      else this.durable.set(key, value)
    }
  }

  /** All that is here is flushed. */
  private forgetUnflushed(): void {
    this.flushed = undefined
    this.unflushed = []
  }

  /** @internal What a reader sees: every batch that was called before. */
  seen(): ReadonlyMap<string, Uint8Array> {
    if (this.pending.length === 0) return this.durable
    const seen = new Map(this.durable)
    for (const { changes } of this.pending)
      for (const { key, value } of changes) {
        if (value === null) seen.delete(key)
        else seen.set(key, value)
      }
    return seen
  }

  /** @internal */
  async close(store: SimulatedStore): Promise<void> {
    while (this.pending.length > 0 && this.opened === store) await this.time.delay(1)
    if (this.opened === store) this.opened = undefined
  }

  /** @internal */
  erase(): void {
    this.durable.clear()
    this.forgetUnflushed()
    this.used = 0
  }
}

/** A {@link Store} on a {@link SimulatedDisk}. After a crash or a power cut, none of its promises settles. */
export class SimulatedStore implements Store {
  readonly location: string
  /** @internal */
  state: 'closed' | 'open' | 'dead' = 'closed'
  private readonly disk: SimulatedDisk

  constructor(disk: SimulatedDisk) {
    this.disk = disk
    this.location = disk.location
  }

  async open(): Promise<void> {
    if (this.state === 'dead') return never()
    this.disk.open(this)
    this.state = 'open'
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    await this.ready('get')
    if (this.disk.reach('read')) return never()
    return this.disk.seen().get(key)
  }

  async *entries(range: KeyRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    await this.ready('entries')
    const keys = [...this.disk.seen().keys()].filter(key => key >= range.gte && key < range.lt)
    for (const key of keys.sort()) {
      await this.ready('entries')
      if (this.disk.reach('read')) return never()
      const value = this.disk.seen().get(key)
      if (value !== undefined) yield [key, value]
    }
  }

  async batch(changes: readonly StoreChange[], durability: StoreDurability = 'flushed'): Promise<void> {
    if (this.state !== 'open') return this.ready('batch')
    if (new Set(changes.map(({ key }) => key)).size < changes.length)
      throw failed(this.location, 'batch', 'malformed', 'a key is named twice')
    return this.disk.batch(changes, durability)
  }

  private ready(operation: string): Promise<void> {
    if (this.state === 'dead') return never()
    if (this.state === 'open') return Promise.resolve()
    return Promise.reject(failed(this.location, operation, 'closed', 'it is not open'))
  }

  async close(): Promise<void> {
    if (this.state === 'dead') return never()
    await this.disk.close(this)
    if (this.state === 'open') this.state = 'closed'
  }

  async erase(): Promise<void> {
    await this.close()
    this.disk.erase()
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => {})

const failed = (location: string, operation: string, reason: StoreTrouble, why: string): CodedError =>
  new CodedError('store-failed', `The store ${location} failed (${operation}): ${why}`, { location, operation, reason })
