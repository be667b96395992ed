import type { IDBPDatabase } from 'idb'
import { CodedError, type StoreTrouble } from '../errors.js'
import {
  batchFault,
  type KeyRange,
  type LeasableStore,
  type StoreChange,
  type StoreDurability,
} from '../ports/index.js'
import { endLease, entryStore, firstKey, leaseHolder, mayWrite, takeLease } from './indexeddb-lease.js'

/** How long {@link IndexedDbStore.erase} waits for other tabs to let go. */
const blockedMs = 2000
/** A range is read in pages of about so many bytes: a transaction does not live while its reader does something else. */
const pageBytes = 1 << 20
const namesInUse = new Set<string>()

/**
 * A store in an IndexedDB database of the browser (npm package `idb` 8, which this file imports when it is opened). Works
 * in pages and workers, also without a secure context (plain http on a local network).
 *
 * A batch is one transaction. A flushed one has strict durability: when its promise resolves, the browser has flushed it to the medium. A written one has
 * relaxed durability: it survives the crash of the page and, in the browsers that were tried, of the browser.
 *
 * It refuses a second opening in the same page or worker only. It does *not* see other tabs: two tabs that open one
 * database share it and overwrite each other, so an app must see to it that one tab owns a clone: `openTabClone` of `meldwork/tabs`
 * does that. Nor does it keep the browser from evicting an origin's data when space runs out: an app may ask for `navigator.storage.persist()`.
 * When another tab erases the database, this store lets go of it and fails from then on.
 */
export class IndexedDbStore implements LeasableStore {
  readonly location: string
  #state: 'closed' | 'opening' | 'open' | 'closing' = 'closed'
  #database: IDBPDatabase | undefined
  /** Under this name it has taken the lease: it then writes only while that is so. */
  #holder: string | undefined
  /** Why the browser or another tab has taken the database away. */
  #lost: string | undefined
  /** Resolves when the opening under way has ended, well or not. */
  #opened: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> = Promise.resolve()
  /** Resolves when every batch called so far has ended, well or not. */
  #written: Promise<unknown> = Promise.resolve()

  /** @param name the name of the database within the page's origin; nothing else may use that name */
  constructor(name: string) {
    this.location = name
  }

  /**
   * @throws CodedError `store-locked` when this page has the database open; `package-missing` when `idb` cannot be loaded;
   *   `store-failed` when the browser refuses
   */
  async open(): Promise<void> {
    if (namesInUse.has(this.location)) throw this.#locked('open in this page already: close it first')
    namesInUse.add(this.location)
    this.#state = 'opening'
    const opening = this.#openDatabase()
    this.#opened = opening.catch(() => {})
    try {
      this.#database = await opening
      this.#state = 'open'
    } catch (error) {
      this.#free()
      throw error
    }
  }

  /** @throws CodedError `store-failed` */
  async get(key: string): Promise<Uint8Array | undefined> {
    const database = this.#mustBeOpen('get')
    try {
      // A reading transaction starts when the writing ones before it have ended.
      return await database.get(entryStore, key)
    } catch (cause) {
      throw this.#failed('get', cause)
    }
  }

  /**
   * Reads in pages, each of which sees the state of its moment.
   * @throws CodedError `store-failed`
   */
  async *entries({ gte, lt }: KeyRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    this.#mustBeOpen('entries')
    // IDBKeyRange throws when a range is empty.
    const from = gte < firstKey ? firstKey : gte
    let rest = from < lt ? IDBKeyRange.bound(from, lt, false, true) : undefined
    let count = 16
    while (rest !== undefined) {
      const page = await this.#page(rest, count)
      let bytes = 0
      for (const entry of page) {
        bytes += entry[1].byteLength
        yield entry
      }
      rest = page.length < count ? undefined : IDBKeyRange.bound(page.at(-1)![0], lt, true, true)
      count = Math.max(16, Math.min(1024, Math.floor((count * pageBytes) / (bytes + 1))))
    }
  }

  /** @throws CodedError `store-failed`, also when a key is malformed or named twice, or the origin's quota is exceeded */
  async batch(changes: readonly StoreChange[], durability: StoreDurability = 'flushed'): Promise<void> {
    const database = this.#mustBeOpen('batch')
    const fault = batchFault(changes)
    if (fault !== undefined) throw this.#failed('batch', fault, 'malformed')
    const done = commit(database, changes, durability === 'flushed' ? 'strict' : 'relaxed', this.#holder)
    this.#written = Promise.allSettled([this.#written, done])
    try {
      await done
    } catch (cause) {
      throw this.#failed('batch', cause)
    }
  }

  close(): Promise<void> {
    if (this.#state === 'opening') return this.#opened.then(() => this.close())
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#closed = this.#letGo()
    }
    return this.#closed
  }

  /**
   * Deletes the database. Stores of other tabs that have it open let go of it, and fail from then on.
   * @throws CodedError `store-locked` when the page has it open in another store, or something else in another tab holds
   *   it: the browser then deletes it as soon as that lets go; `package-missing`; `store-failed`
   */
  async erase(): Promise<void> {
    await this.close()
    if (namesInUse.has(this.location)) throw this.#locked('open in this page: close it first')
    const { deleteDB } = await loadIdb()
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => reject(this.#locked('held by another tab: it will be deleted when that tab lets go'))
      // A tab that is just finishing a transaction blocks for a moment only.
      const blocked = () => setTimeout(giveUp, blockedMs)
      deleteDB(this.location, { blocked }).then(resolve, cause => reject(this.#failed('erase', cause)))
    })
  }

  /**
   * In a transaction of its own, whether the store is open or not. From then on this object writes only while `holder` has the lease: each batch looks, in
   * its own transaction.
   * @throws CodedError `store-failed`; `package-missing`
   */
  async takeLease(holder: string, instead?: string): Promise<string> {
    const taken = await this.#inPassing('takeLease', database => takeLease(database, holder, instead))
    if (taken === holder) this.#holder = holder
    return taken
  }

  /** @throws CodedError `store-failed`; `package-missing` */
  leaseHolder(): Promise<string | undefined> {
    return this.#inPassing('leaseHolder', leaseHolder)
  }

  /** @throws CodedError `store-failed`; `package-missing` */
  endLease(holder: string): Promise<void> {
    return this.#inPassing('endLease', database => endLease(database, holder))
  }

  /** Does something with a connection to the database that lives no longer. */
  async #inPassing<T>(operation: string, act: (database: IDBPDatabase) => Promise<T>): Promise<T> {
    const database = await this.#connect(() => {})
    try {
      return await act(database)
    } catch (cause) {
      throw this.#failed(operation, cause)
    } finally {
      database.close()
    }
  }

  #openDatabase(): Promise<IDBPDatabase> {
    this.#lost = undefined
    return this.#connect(reason => {
      this.#lost = reason
    })
  }

  /** @param lost told when the browser or another tab takes the database away */
  async #connect(lost: (reason: string) => void): Promise<IDBPDatabase> {
    const { openDB } = await loadIdb()
    let database: IDBPDatabase
    try {
      database = await openDB(this.location, 1, {
        upgrade: created => {
          created.createObjectStore(entryStore)
        },
        blocking: (_found, _wanted, event) => {
          lost('another tab has erased or upgraded it')
          // Transactions under way still end well; without this the other tab would wait for ever.
          ;(event.target as IDBDatabase).close()
        },
        terminated: () => lost('the browser has closed it'),
      })
    } catch (cause) {
      throw this.#failed('open', cause)
    }
    if (database.objectStoreNames.contains(entryStore)) return database
    database.close()
    throw this.#failed('open', new Error('a database of this name belongs to something else'))
  }

  async #page(range: IDBKeyRange, count: number): Promise<(readonly [key: string, value: Uint8Array])[]> {
    const database = this.#mustBeOpen('entries')
    try {
      const { store } = database.transaction(entryStore)
      const [keys, values] = await Promise.all([store.getAllKeys(range, count), store.getAll(range, count)])
      return keys.map((key, index) => [key as string, values[index] as Uint8Array])
    } catch (cause) {
      throw this.#failed('entries', cause)
    }
  }

  async #letGo() {
    const database = this.#database!
    this.#database = undefined
    await this.#written
    database.close()
    this.#free()
  }

  #free() {
    this.#state = 'closed'
    namesInUse.delete(this.location)
  }

  #mustBeOpen(operation: string): IDBPDatabase {
    if (this.#database === undefined) throw this.#failed(operation, new Error('it is not open'), 'closed')
    return this.#database
  }

  #locked(reason: string) {
    return new CodedError('store-locked', `The database ${this.location} is ${reason}`, { location: this.location })
  }

  #failed(operation: string, cause: unknown, trouble?: StoreTrouble) {
    const why = this.#lost ?? (cause instanceof Error ? cause.message : String(cause))
    const message = `The database ${this.location} failed (${operation}): ${why}`
    const reason = trouble ?? (this.#lost === undefined ? troubleOf(cause) : 'evicted')
    return new CodedError('store-failed', message, { location: this.location, operation, reason }, cause)
  }
}

/** By the names of the browser's errors: their texts differ from browser to browser. */
function troubleOf(cause: unknown): StoreTrouble {
  const name = (cause as { name?: unknown } | null | undefined)?.name
  // A disk that is full, too, is told so: a page shall not know which.
  if (name === 'QuotaExceededError') return 'quota'
  // Storage is switched off, for this page or in this window.
  if (name === 'SecurityError' || name === 'NotAllowedError') return 'denied'
  return name === 'DataCloneError' ? 'malformed' : 'io'
}

/**
 * Writes all changes in one transaction. The transaction is made within the call: so batches keep their order.
 * @param holder undefined when there is no lease
 */
async function commit(
  database: IDBPDatabase,
  changes: readonly StoreChange[],
  durability: IDBTransactionDurability,
  holder: string | undefined,
): Promise<void> {
  const transaction = database.transaction(entryStore, 'readwrite', { durability })
  const { store } = transaction
  const requests: Promise<unknown>[] = []
  let fault: unknown
  const refuse = (allowed: boolean) => {
    if (allowed) return
    fault = new Error('another tab has taken it over')
    transaction.abort()
  }
  try {
    if (holder !== undefined) requests.push(mayWrite(store, holder).then(refuse))
    for (const { key, value } of changes) {
      requests.push(value === null ? store.delete(key) : store.put(owned(value), key))
    }
  } catch (cause) {
    fault = cause
    transaction.abort()
  }
  const outcomes = await Promise.allSettled([...requests, transaction.done])
  const reasons = outcomes.filter(outcome => outcome.status === 'rejected').map(outcome => outcome.reason)
  // One request that fails aborts the others: its own reason is the one that tells something.
  if (reasons.length > 0) throw fault ?? reasons.find(reason => reason?.name !== 'AbortError') ?? reasons[0]
}

/** The browser stores the whole buffer under a view: a part of a larger one is cut out first. */
const owned = (value: Uint8Array) => (value.byteLength === value.buffer.byteLength ? value : value.slice())

async function loadIdb() {
  try {
    return await import('idb')
  } catch (cause) {
    const facts = { package: 'idb', install: 'npm install idb@8' }
    const message = `A store in IndexedDB needs the package ${facts.package}, which could not be loaded: run ${facts.install}`
    throw new CodedError('package-missing', message, facts, cause)
  }
}
