/** One change in a batch: put `value` at `key`, or delete what is there when `value` is `null`. */
export interface StoreChange {
  readonly key: string
  readonly value: Uint8Array | null
}

/** A half-open range of keys, in the order of their code units: `gte <= key < lt`. */
export interface KeyRange {
  readonly gte: string
  readonly lt: string
}

/**
 * What a batch survives once its promise has resolved.
 * - `flushed`: a power cut, as far as the medium tells the truth; and so do all batches called before it, whatever they asked for.
 * - `written`: the death of the process. It was handed to the operating system or the browser, which writes it to the medium in its own time.
 */
export type StoreDurability = 'flushed' | 'written'

/**
 * Where one clone keeps its data: an ordered map from short ASCII keys to bytes, with one atomic, durable write.
 *
 * A store holds one clone of one domain, and one opening at a time. Keys are 1 to 64 characters in the range `!` to
 * `~`, ordered by character code. The store may keep the bytes it is given without copying: a caller never changes
 * them afterwards; a caller may keep, but never changes, the bytes it gets.
 *
 * Guarantees that every implementation must give (tested by `testkit/store-suite`):
 * - `batch` is atomic: after a crash at any instant either all its changes are there or none;
 * - when the promise of `batch` has resolved, the changes survive what its {@link StoreDurability} says; batches take effect in the
 *   order of the calls, also when the caller does not wait;
 * - when `batch` rejects, none of its changes is there, now or after reopening.
 *
 * After a power cut, of the batches that were only `written` any may be missing, though a later one is there: the medium has an order of its
 * own. A store may always give more than it is asked for.
 *
 * It does not guarantee anything between two processes: it refuses the second.
 */
export interface Store {
  /** Where it is, for messages to people: a folder, a database name. */
  readonly location: string

  /**
   * Makes ready, creating what is missing. Must be called once, before anything else.
   * @throws CodedError `store-locked` when this location is open already, here or in another process;
   *   `store-failed` when it cannot be opened.
   */
  open(): Promise<void>

  /** The bytes at `key`, or `undefined`. Sees every batch that was called before, resolved or not. */
  get(key: string): Promise<Uint8Array | undefined>

  /**
   * The entries of a range in ascending order of key. What it gives is the state at the call or later, entry by entry:
   * do not rely on a snapshot while writing to the range.
   */
  entries(range: KeyRange): AsyncIterable<readonly [key: string, value: Uint8Array]>

  /**
   * Applies all changes at once, in order, durably. A key may appear once in a batch: {@link batchFault} tells.
   * @param durability `flushed` when it is missing
   * @throws CodedError `store-failed`, whose `reason` tells what a person can do, with a TypeError as its cause when the batch is at fault.
   *   Some stores take no writes after one that failed, until they have been closed and opened again
   */
  batch(changes: readonly StoreChange[], durability?: StoreDurability): Promise<void>

  /** Waits for batches under way, then lets go of the location. Idempotent. */
  close(): Promise<void>

  /** Closes, then removes everything at the location. */
  erase(): Promise<void>
}

/**
 * A store that several tabs or processes may want, of which one has it at a time, where no lock of the platform sees to that. Who has it is
 * written in the store itself; a holder that slept, and whose place another has taken meanwhile, cannot write any more.
 */
export interface LeasableStore extends Store {
  /**
   * Takes the lease of this location, unless somebody has it. Asked for before {@link Store.open}, and again at any time. Once this object has taken it, its
   * batches are refused (`store-failed`) from the moment on at which another one takes it.
   * @param holder a name that nobody else has, and that is used for one taking only
   * @param instead one that has died: its lease counts for nothing
   * @returns who has it now
   * @throws CodedError `store-failed`
   */
  takeLease(holder: string, instead?: string): Promise<string>

  /** Who has the lease; undefined when nobody has. @throws CodedError `store-failed` */
  leaseHolder(): Promise<string | undefined>

  /** Gives the lease back, unless somebody else has it by now. @throws CodedError `store-failed` */
  endLease(holder: string): Promise<void>
}

/** A loop, since it is asked for each write: half the cost of a regular expression. */
function isLegalKey(key: string): boolean {
  if (key.length < 1 || key.length > 64) return false
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    if (code < 0x21 || code > 0x7e) return false
  }
  return true
}

/** What makes a batch one that every store must refuse whole: a malformed key, or one named twice. For implementations of {@link Store}. */
export function batchFault(changes: readonly StoreChange[]): TypeError | undefined {
  for (const { key } of changes)
    if (!isLegalKey(key)) return new TypeError(`the key ${JSON.stringify(key)} is malformed`)
  if (changes.length < 2) return undefined
  const keys = new Set<string>()
  for (const { key } of changes) {
    if (keys.has(key)) return new TypeError(`the key ${key} is named twice in one batch`)
    keys.add(key)
  }
  return undefined
}
