import { cp, mkdir, open, readdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CodedError, type StoreTrouble } from '../errors.js'
import { batchFault, type KeyRange, type Store, type StoreChange, type StoreDurability } from '../ports/index.js'
import { damagedFile, troubleOf } from './level-trouble.js'

/** What a {@link LevelStore} needs of a database: every database of `abstract-level` 3 has it. */
export interface LevelDatabase {
  readonly location?: string
  open(): Promise<void>
  close(): Promise<void>
  clear(): Promise<void>
  get(key: string, options: LevelEncodings): Promise<Uint8Array | undefined>
  batch(operations: LevelOperation[], options: LevelEncodings & { sync: boolean }): Promise<void>
  iterator(options: LevelEncodings & KeyRange): AsyncIterable<[key: string, value: Uint8Array]>
}
/** How keys and values go in and out, given with each call: the database's own defaults do not matter. */
export interface LevelEncodings {
  keyEncoding: 'utf8'
  valueEncoding: 'view'
}
/** One change, as `abstract-level` writes it. */
export type LevelOperation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }

/** Batches that go to the database as one, and the promise that they are there. */
interface Group {
  readonly operations: LevelOperation[]
  /** Whether one of them is to be flushed: then all are. */
  flushed: boolean
  done: Promise<void>
}

const encodings: LevelEncodings = { keyEncoding: 'utf8', valueEncoding: 'view' }
/** The databases given to constructors that are open now. LevelDB locks folders; these have nobody to do so. */
const databasesInUse = new WeakSet<LevelDatabase>()

/**
 * A store in a folder, by LevelDB (npm package `classic-level` 3, which this file imports when a folder is opened), or in
 * any `abstract-level` 3 database that is handed over.
 *
 * For a folder: a flushed batch is on the disk (fsync) when its promise resolves, a written one in the hands of the operating system. A folder is
 * open once, on all threads of all processes, by whatever path it is named (relative, absolute, through symbolic links). Batches called while
 * another is being written go to the disk together, as one write: so either all of those are there, or none, and they fail together.
 *
 * After a batch that failed it refuses every later write, until it is closed and opened again: LevelDB would append to a log that ends in
 * half a record, and lose what it acknowledges (google/leveldb#1180). It does not guarantee that a batch whose *fsync* failed is absent
 * after reopening: LevelDB cannot take back what may have reached the disk.
 *
 * For a database that is handed over: the store opens, closes and clears it. Its durability, and its lock against other
 * processes, are its own; `sync` is given with each batch. Of one that names a folder (`location`) the logs there are flushed as above.
 */
export class LevelStore implements Store {
  readonly location: string
  readonly #given: LevelDatabase | undefined
  #state: 'closed' | 'opening' | 'open' | 'closing' = 'closed'
  #database: LevelDatabase | undefined
  /** Resolves when the opening under way has ended, well or not. */
  #opened: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> = Promise.resolve()
  /** Resolves when every batch called so far has ended, well or not. */
  #written: Promise<unknown> = Promise.resolve()
  /** Batches that wait for the one being written. */
  #waiting: Group | undefined
  /** Whether something has been written since the last flush. */
  #unflushed = false
  /** Why the last batch failed, until the store is opened again. */
  #failure: { readonly cause: unknown } | undefined

  /** @param place a folder, which is made with its parents when missing, or a database of `abstract-level` 3 */
  constructor(place: string | LevelDatabase) {
    this.#given = typeof place === 'string' ? undefined : place
    // A later change of the working directory must not move the store.
    this.location = typeof place === 'string' ? resolve(place) : (place.location ?? 'a level database')
  }

  /**
   * A store in a copy of a folder whose files may be damaged. Where LevelDB cannot read all of the copy, it is told to repair it, and leaves out what
   * it cannot read. The folder itself is not touched.
   * @param folder nobody must have it open
   * @param copy where the copy is made: nothing may be there
   * @returns it, closed
   * @throws CodedError `store-failed`, `package-missing`
   */
  static async readableCopy(folder: string, copy: string): Promise<LevelStore> {
    const store = new LevelStore(copy)
    const ClassicLevel = await store.#classicLevel()
    try {
      if ((await filesOf(copy)).length > 0) throw new Error(`${copy} is not empty`)
      await cp(folder, copy, { recursive: true })
      try {
        await store.open()
        for await (const _ of store.entries({ gte: '!', lt: '~' }));
      } catch {
        await store.close()
        await ClassicLevel.repair(await realpath(copy))
      }
      await store.close()
    } catch (cause) {
      throw store.#failed('copy', cause)
    }
    return store
  }

  /**
   * @throws CodedError `store-locked` when the folder or database is open, here or in another process; `package-missing`
   *   when `classic-level` is not installed; `store-corrupt` when its files are damaged; `store-failed` when the folder cannot be made or its
   *   data not be read
   */
  async open(): Promise<void> {
    if (this.#state !== 'closed') throw this.#locked()
    this.#state = 'opening'
    const opening = this.#given === undefined ? this.#openFolder() : this.#openGiven(this.#given)
    this.#opened = opening.catch(() => {})
    try {
      this.#database = await opening
      this.#unflushed = false
      this.#failure = undefined
      this.#state = 'open'
    } catch (error) {
      this.#state = 'closed'
      throw error
    }
  }

  /** @throws CodedError `store-failed` */
  async get(key: string): Promise<Uint8Array | undefined> {
    const database = this.#mustBeOpen('get')
    await this.#written
    try {
      const value = await database.get(key, encodings)
      return value && plain(value)
    } catch (cause) {
      throw this.#failed('get', cause)
    }
  }

  /**
   * The state when the first entry is asked for.
   * @throws CodedError `store-failed`, `store-corrupt`
   */
  async *entries(range: KeyRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    const database = this.#mustBeOpen('entries')
    await this.#written
    try {
      const iterator = database.iterator({ gte: range.gte, lt: range.lt, ...encodings })
      for await (const [key, value] of iterator) yield [key, plain(value)]
    } catch (cause) {
      throw this.#failed('entries', cause)
    }
  }

  /** @throws CodedError `store-failed`, also when a key is malformed or named twice, and after another batch has failed */
  async batch(changes: readonly StoreChange[], durability: StoreDurability = 'flushed'): Promise<void> {
    const database = this.#mustBeOpen('batch')
    const fault = batchFault(changes)
    if (fault !== undefined) throw this.#failed('batch', fault, 'malformed')
    this.#waiting ??= this.#group(database)
    const group = this.#waiting
    if (durability === 'flushed') group.flushed = true
    for (const { key, value } of changes) {
      group.operations.push(value === null ? { type: 'del', key } : { type: 'put', key, value })
    }
    return group.done
  }

  /** @throws CodedError `store-failed` */
  close(): Promise<void> {
    if (this.#state === 'opening') return this.#opened.then(() => this.close())
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#closed = this.#letGo()
    }
    return this.#closed
  }

  /**
   * Removes LevelDB's files, and the folder when nothing else is in it. Of a database handed over, clears the entries.
   * @throws CodedError `store-locked` when the place is open by somebody else; `store-failed`
   */
  async erase(): Promise<void> {
    await this.close()
    if (this.#given === undefined) return this.#eraseFolder()
    const database = await this.#openGiven(this.#given)
    try {
      await database.clear()
      await database.close()
    } catch (cause) {
      throw this.#failed('erase', cause)
    } finally {
      databasesInUse.delete(database)
    }
  }

  /** LevelDB runs writes on several threads, in no certain order: so the next group waits for the one under way. */
  #group(database: LevelDatabase): Group {
    const group: Group = { operations: [], flushed: false, done: Promise.resolve() }
    const write = async () => {
      this.#waiting = undefined
      try {
        if (this.#failure !== undefined) throw this.#failure.cause
        if (group.flushed && this.#unflushed) await this.#flushLogs()
        await database.batch(group.operations, { ...encodings, sync: group.flushed })
        this.#unflushed = !group.flushed
      } catch (cause) {
        this.#failure = { cause }
        throw this.#failed('batch', cause)
      }
    }
    group.done = this.#written.then(write)
    this.#written = group.done.catch(() => {})
    return group
  }

  /**
   * Flushes what was only written before. LevelDB flushes the log that it writes to; the one before it, which is no table yet, it
   * leaves to the operating system (google/leveldb#193): a power cut could lose that, and keep what came later.
   */
  async #flushLogs() {
    for (const name of await filesOf(this.location))
      if (name.endsWith('.log')) await flushFile(join(this.location, name))
  }

  async #letGo() {
    const database = this.#database!
    this.#database = undefined
    await this.#written
    try {
      await database.close()
    } catch (cause) {
      throw this.#failed('close', cause)
    } finally {
      databasesInUse.delete(database)
      this.#state = 'closed'
    }
  }

  async #openFolder(): Promise<LevelDatabase> {
    const ClassicLevel = await this.#classicLevel()
    try {
      await mkdir(this.location, { recursive: true })
      await this.#requireCurrent()
      // Within a process LevelDB compares the text of paths: one spelling for each folder makes its lock complete.
      const database = new ClassicLevel(await realpath(this.location))
      await database.open()
      return database
    } catch (cause) {
      throw isLocked(cause) ? this.#locked(cause) : this.#failed('open', cause)
    }
  }

  /** Without this file LevelDB takes the folder for a new database, and deletes all that is in it. */
  async #requireCurrent() {
    const files = await filesOf(this.location)
    if (files.includes('CURRENT') || !files.some(name => /\.(ldb|sst|log)$/.test(name))) return
    throw new Error('Corruption: CURRENT is missing')
  }

  async #openGiven(database: LevelDatabase): Promise<LevelDatabase> {
    if (databasesInUse.has(database)) throw this.#locked()
    databasesInUse.add(database)
    try {
      await database.open()
      return database
    } catch (cause) {
      databasesInUse.delete(database)
      throw isLocked(cause) ? this.#locked(cause) : this.#failed('open', cause)
    }
  }

  async #eraseFolder() {
    const ClassicLevel = await this.#classicLevel()
    try {
      await ClassicLevel.destroy(await realpath(this.location))
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return
      throw isLocked(cause) ? this.#locked(cause) : this.#failed('erase', cause)
    }
  }

  async #classicLevel() {
    try {
      return (await import('classic-level')).ClassicLevel
    } catch (cause) {
      // Bundles made for `require` have their own code for it.
      if (!String(codeOf(cause)).endsWith('MODULE_NOT_FOUND')) throw this.#failed('open', cause)
      const facts = { package: 'classic-level', install: 'npm install classic-level@3' }
      const message = `A store in a folder needs the package ${facts.package}: run ${facts.install}`
      throw new CodedError('package-missing', message, facts, cause)
    }
  }

  #mustBeOpen(operation: string): LevelDatabase {
    if (this.#database === undefined) throw this.#failed(operation, new Error('it is not open'), 'closed')
    return this.#database
  }

  #locked(cause?: unknown) {
    const message = `The store ${this.location} is open already, here or in another process: close it there first`
    return new CodedError('store-locked', message, { location: this.location }, cause)
  }

  #failed(operation: string, cause: unknown, reason?: StoreTrouble): CodedError {
    const file = damagedFile(cause)
    if (file !== undefined) return this.#corrupt(file, cause)
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `The store ${this.location} failed (${operation}): ${why}`
    const facts = { location: this.location, operation, reason: reason ?? troubleOf(cause) }
    return new CodedError('store-failed', message, facts, cause)
  }

  #corrupt(key: string, cause: unknown) {
    const message = `The files of ${this.location} are damaged (${key}). Bring back what is whole with: meldwork repair; or open a clone with a new store, which gets the domain from its peers`
    return new CodedError('store-corrupt', message, { location: this.location, key }, cause)
  }
}

/** The files of a folder; none when a database that was handed over has no folder. */
async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

/** Forces a file to the disk, unless it has gone: a log goes when it has become a table, which LevelDB has flushed. */
async function flushFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    // Windows gives nobody a file that is being written: that one LevelDB flushes itself.
    if (codeOf(cause) !== 'ENOENT' && process.platform !== 'win32') throw cause
  }
}

/** The same bytes as a plain Uint8Array: `slice` of a Buffer would not copy, and surprise the reader. */
const plain = (bytes: Uint8Array) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const codeOf = (error: unknown) => (error as { code?: unknown } | null | undefined)?.code

/** `abstract-level` wraps the reason why a database does not open; destroying gives it bare. */
const isLocked = (error: unknown) =>
  codeOf(error) === 'LEVEL_LOCKED' || codeOf((error as { cause?: unknown } | null)?.cause) === 'LEVEL_LOCKED'
