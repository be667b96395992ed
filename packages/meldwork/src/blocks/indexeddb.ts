import type { IDBPDatabase } from 'idb'
import { CodedError, type StoreTrouble } from '../errors.js'
import { type BlockStore, type BlockWriteMode, blockNameFault } from '../ports/index.js'

export interface IndexedDbBlocksOptions {
  /** Whether a missing database is made when the store is opened; otherwise that is an error. */
  create?: boolean
}

/** The one object store: keys are names, values Uint8Arrays. */
const blockStore = 'blocks'

/**
 * Blocks in an IndexedDB database of the browser (npm package `idb` 8, which this file imports when it is opened). Works in pages and workers, also without a
 * secure context (plain http on a local network).
 *
 * Any number of tabs may have it open: a write is one transaction of strict durability, which the browser runs after those before it. Watchers are told
 * by a BroadcastChannel of what tabs write. It does not keep the browser from evicting an origin's data when space runs out: an app may ask for
 * `navigator.storage.persist()`. When another tab deletes the database, this store lets go of it and fails from then on.
 */
export class IndexedDbBlocks implements BlockStore {
  readonly location: string
  readonly #create: boolean
  #database: IDBPDatabase | undefined
  #opening: Promise<void> | undefined
  /** Why the browser or another tab has taken the database away. */
  #lost: string | undefined
  /** Tells the other openings, here and in other tabs. */
  #channel: BroadcastChannel | undefined
  readonly #watchers = new Set<() => void>()
  readonly #underWay = new Set<Promise<unknown>>()

  /** @param name the name of the database within the page's origin; nothing else may use that name */
  constructor(name: string, { create = false }: IndexedDbBlocksOptions = {}) {
    this.location = name
    this.#create = create
  }

  /** @throws CodedError `store-missing`; `package-missing` when `idb` cannot be loaded; `store-failed` when the browser refuses */
  open(): Promise<void> {
    if (this.#database !== undefined) return Promise.resolve()
    this.#opening ??= this.#openDatabase().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** @throws CodedError `store-failed` */
  async list(): Promise<readonly string[]> {
    const database = this.#mustBeOpen('list')
    const keys = await this.#attempt('list', database.getAllKeys(blockStore))
    return keys.filter((key): key is string => typeof key === 'string' && blockNameFault(key) === undefined)
  }

  /** @throws CodedError `store-failed`; `data-malformed` when something else than bytes is there */
  async read(name: string): Promise<Uint8Array | undefined> {
    const database = this.#mustBeOpen('read')
    if (blockNameFault(name) !== undefined) return undefined
    const found: unknown = await this.#attempt('read', database.get(blockStore, name))
    if (found === undefined || found instanceof Uint8Array) return found
    const message = `The entry ${name} in the database ${this.location} does not hold bytes`
    throw new CodedError('data-malformed', message, { what: name, offset: 0 })
  }

  /** @throws CodedError `store-failed`, also when the origin's quota is exceeded */
  async write(name: string, bytes: Uint8Array, mode: BlockWriteMode = 'create'): Promise<boolean> {
    const database = this.#mustBeOpen('write')
    const fault = blockNameFault(name)
    if (fault !== undefined) throw this.#failed('write', fault, 'malformed')
    const writing = this.#attempt('write', put(database, name, bytes, mode))
    this.#underWay.add(writing)
    try {
      const written = await writing
      if (written) this.#tell()
      return written
    } finally {
      this.#underWay.delete(writing)
    }
  }

  /** @throws CodedError `store-failed` when the store is not open */
  watch(changed: () => void): () => void {
    this.#mustBeOpen('watch')
    // One function may be given twice: each watch ends by itself.
    const watcher = () => changed()
    this.#watchers.add(watcher)
    return () => {
      this.#watchers.delete(watcher)
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    const database = this.#database
    this.#database = undefined
    this.#watchers.clear()
    await Promise.allSettled(this.#underWay)
    database?.close()
    this.#channel?.close()
    this.#channel = undefined
  }

  async #openDatabase() {
    const { openDB } = await loadIdb()
    this.#lost = undefined
    let missing = false
    let database: IDBPDatabase
    try {
      database = await openDB(this.location, 1, {
        upgrade: (created, _from, _to, transaction) => {
          missing = !this.#create
          // An upgrade that is aborted leaves no database.
          if (missing) transaction.abort()
          else created.createObjectStore(blockStore)
        },
        blocking: (_found, _wanted, event) => {
          this.#lost = 'another tab has deleted or upgraded it'
          // Transactions under way still end well; without this the other tab would wait for ever.
          ;(event.target as IDBDatabase).close()
        },
        terminated: () => {
          this.#lost = 'the browser has closed it'
        },
      })
    } catch (cause) {
      if (!missing) throw this.#failed('open', cause)
      const message = `There is no database ${this.location}: correct the name, or open it with { create: true } for a new document`
      throw new CodedError('store-missing', message, { location: this.location }, cause)
    }
    if (!database.objectStoreNames.contains(blockStore)) {
      database.close()
      throw this.#failed('open', new Error('a database of this name belongs to something else'))
    }
    this.#database = database
    this.#channel = new BroadcastChannel(`meldwork blocks ${this.location}`)
    this.#channel.onmessage = () => this.#tellOwn()
  }

  #tell() {
    this.#channel?.postMessage('added')
    queueMicrotask(() => this.#tellOwn())
  }

  #tellOwn() {
    for (const watcher of this.#watchers) watcher()
  }

  async #attempt<Value>(operation: string, asked: Promise<Value>): Promise<Value> {
    try {
      return await asked
    } catch (cause) {
      throw this.#failed(operation, cause)
    }
  }

  #mustBeOpen(operation: string): IDBPDatabase {
    if (this.#database === undefined) throw this.#failed(operation, new Error('it is not open'), 'closed')
    return this.#database
  }

  #failed(operation: string, cause: unknown, trouble?: StoreTrouble) {
    const why = this.#lost ?? (cause instanceof Error ? cause.message : String(cause))
    const message = `The database ${this.location} failed (${operation}): ${why}`
    const reason = trouble ?? (this.#lost === undefined ? troubleOf(cause) : 'evicted')
    return new CodedError('store-failed', message, { location: this.location, operation, reason }, cause)
  }
}

async function put(database: IDBPDatabase, name: string, bytes: Uint8Array, mode: BlockWriteMode): Promise<boolean> {
  const transaction = database.transaction(blockStore, 'readwrite', { durability: 'strict' })
  const { store } = transaction
  const write = async () => {
    if (mode === 'create' && (await store.getKey(name)) !== undefined) return false
    // The browser stores the whole buffer under a view: a part of a larger one is cut out first.
    await store.put(bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice(), name)
    return true
  }
  const [written, done] = await Promise.allSettled([write(), transaction.done])
  if (written.status === 'rejected') throw written.reason
  if (done.status === 'rejected') throw done.reason
  return written.value
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

async function loadIdb() {
  try {
    return await import('idb')
  } catch (cause) {
    const facts = { package: 'idb', install: 'npm install idb@8' }
    const message = `Blocks in IndexedDB need the package ${facts.package}, which could not be loaded: run ${facts.install}`
    throw new CodedError('package-missing', message, facts, cause)
  }
}
