import { CodedError, type StoreTrouble } from '../errors.js'
import { batchFault, type KeyRange, type Store, type StoreChange, type StoreDurability } from '../ports/index.js'

/**
 * A store in the memory of this process: for tests, and for clones that need not outlive the page.
 *
 * What was committed survives {@link close} and a new {@link open} of the same object, so that a clone can be started
 * again in one process. It does not survive the process, and two objects share nothing, whatever their locations say.
 * Bytes are neither copied on the way in nor on the way out. A batch takes effect within the call, whatever its durability.
 */
export class MemoryStore implements Store {
  readonly location: string
  readonly #values = new Map<string, Uint8Array>()
  /** The keys in order, as of the last reading of a range; `undefined` when a change has made it useless. */
  #ordered: string[] | undefined
  #open = false

  /** @param location a name for messages to people */
  constructor(location = 'memory') {
    this.location = location
  }

  /** @throws CodedError `store-locked` when this object is open */
  async open(): Promise<void> {
    if (this.#open) {
      const message = `The store ${this.location} is open already: close it first`
      throw new CodedError('store-locked', message, { location: this.location })
    }
    this.#open = true
  }

  /** @throws CodedError `store-failed` when the store is not open */
  async get(key: string): Promise<Uint8Array | undefined> {
    this.#mustBeOpen('get')
    return this.#values.get(key)
  }

  /**
   * The keys are those at the first step; what a later batch deletes meanwhile is left out.
   * @throws CodedError `store-failed` when the store is not open, or is closed on the way
   */
  async *entries(range: KeyRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    this.#mustBeOpen('entries')
    this.#ordered ??= [...this.#values.keys()].sort()
    const keys = this.#ordered.slice(firstAtLeast(this.#ordered, range.gte), firstAtLeast(this.#ordered, range.lt))
    for (const key of keys) {
      this.#mustBeOpen('entries')
      const value = this.#values.get(key)
      if (value !== undefined) yield [key, value]
    }
  }

  /** @throws CodedError `store-failed` when the store is not open, or a key is malformed or named twice */
  async batch(changes: readonly StoreChange[], _durability?: StoreDurability): Promise<void> {
    this.#mustBeOpen('batch')
    const fault = batchFault(changes)
    if (fault !== undefined) throw this.#failed('batch', 'malformed', fault)
    for (const { key, value } of changes) {
      if (value === null) this.#delete(key)
      else this.#put(key, value)
    }
  }

  async close(): Promise<void> {
    this.#open = false
  }

  async erase(): Promise<void> {
    this.#open = false
    this.#values.clear()
    this.#ordered = undefined
  }

  #put(key: string, value: Uint8Array) {
    // Most new keys come at the end (a journal), and need no new sorting.
    if (this.#ordered !== undefined && !this.#values.has(key)) {
      const last = this.#ordered.at(-1)
      if (last === undefined || last < key) this.#ordered.push(key)
      else this.#ordered = undefined
    }
    this.#values.set(key, value)
  }

  #delete(key: string) {
    if (this.#values.delete(key)) this.#ordered = undefined
  }

  #mustBeOpen(operation: string) {
    if (!this.#open) throw this.#failed(operation, 'closed', new Error('it is not open'))
  }

  #failed(operation: string, reason: StoreTrouble, cause: Error) {
    const message = `The store ${this.location} failed (${operation}): ${cause.message}`
    return new CodedError('store-failed', message, { location: this.location, operation, reason }, cause)
  }
}

/** The index of the first key that is not before `bound`. */
function firstAtLeast(ordered: readonly string[], bound: string): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ordered[middle] < bound) low = middle + 1
    else high = middle
  }
  return low
}
