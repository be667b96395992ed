import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { copyFile, link, open, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CodedError, type StoreTrouble } from '../errors.js'
import { type BlockStore, type BlockWriteMode, blockNameFault, maxBlockBytes } from '../ports/index.js'
import { type Database, DatabaseBusy, type DatabaseClass, inSession, stateOf } from './sqlite-session.js'
import { codeOf, troubleOf } from './sqlite-trouble.js'

export interface SqliteBlocksOptions {
  /** Whether a missing file is made when the store is opened; otherwise that is an error. The folder that it is in must be there. */
  create?: boolean
  /** Longer blocks are refused: 256 MiB by default. */
  maxBytes?: number
  /** How often a watched file is looked at, in milliseconds: 500 by default. */
  pollMs?: number
  /** How long to wait for others, in milliseconds, until that is an error, or a lock of which nobody knows is taken for a leftover: 30,000 by default. */
  waitMs?: number
}

/** Something to be done with the open database, and whoever waits for it. */
interface Job {
  readonly writes: boolean
  act(database: Database): void
  settle(failure?: { readonly cause: unknown }): void
}

const table = 'CREATE TABLE entries (key VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL)'
/** At most so many are done in one session, that others get their turn. */
const jobsAtOnce = 64

/**
 * Blocks in one SQLite file, in the table of Melda's tools: `entries (key, value)`, values in base64. By the npm package `node-sqlite3-wasm` 0.8, which this
 * file imports when the store is opened; nothing is compiled.
 *
 * Any number of processes may have it open. What is asked for at the same time is done in one transaction, whose writes are flushed. A process that is killed
 * leaves a whole file, whose log is applied by the next one. Its lock is removed by the next one on the same machine; on a shared drive, by hand.
 *
 * It does not exclude programs that use another build of SQLite, whose locks it does not see: do not write with such a program at the same time. The
 * file is put into the mode of the write-ahead log, which all builds can read, by the first write.
 *
 * (The tools themselves cannot open such a file a second time; they list keys with their extension, and then look for them with another one.)
 */
export class SqliteBlocks implements BlockStore {
  readonly location: string
  readonly #options: Required<SqliteBlocksOptions>
  #class: DatabaseClass | undefined
  #opening: Promise<void> | undefined
  #jobs: Job[] = []
  #working: Promise<void> | undefined
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #stops = new Set<() => void>()

  /** @param file a later change of the working directory does not move it */
  constructor(file: string, options: SqliteBlocksOptions = {}) {
    this.location = resolve(file)
    this.#options = { create: false, maxBytes: maxBlockBytes, pollMs: 500, waitMs: 30_000, ...options }
  }

  /**
   * @throws CodedError `store-missing`; `package-missing` when `node-sqlite3-wasm` is not installed; `store-locked` when others keep it busy;
   *   `store-failed` when it is no such database, or may not be read and written
   */
  open(): Promise<void> {
    if (this.#class !== undefined) return Promise.resolve()
    this.#opening ??= this.#openFile().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** @throws CodedError `store-failed`, `store-locked` */
  async list(): Promise<readonly string[]> {
    const rows = await this.#do('list', false, database => database.all('SELECT key FROM entries'))
    return rows.map(({ key }) => String(key)).filter(name => blockNameFault(name) === undefined)
  }

  /** @throws CodedError `store-failed`, `store-locked`; `data-malformed` when the value is too long, or not base64 */
  async read(name: string): Promise<Uint8Array | undefined> {
    this.#mustBeOpen('read')
    if (blockNameFault(name) !== undefined) return undefined
    const maxLength = 4 * Math.ceil(this.#options.maxBytes / 3)
    const query = 'SELECT CASE WHEN length(value) <= ? THEN value END AS value FROM entries WHERE key = ?'
    const row = await this.#do('read', false, database => database.get(query, [maxLength, name]))
    return row === null ? undefined : this.#decoded(name, row.value)
  }

  /** @throws CodedError `store-failed`, `store-locked` */
  async write(name: string, bytes: Uint8Array, mode: BlockWriteMode = 'create'): Promise<boolean> {
    this.#mustBeOpen('write')
    const { maxBytes } = this.#options
    const fault = blockNameFault(name) ?? (bytes.length > maxBytes ? new RangeError('it is too long') : undefined)
    if (fault !== undefined) throw this.#failed('write', fault, 'malformed')
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    const statement = `INSERT OR ${mode === 'replace' ? 'REPLACE' : 'IGNORE'} INTO entries VALUES (?, ?)`
    const writing = this.#do('write', true, database => database.run(statement, [name, value]).changes > 0)
    this.#underWay.add(writing)
    try {
      return await writing
    } finally {
      this.#underWay.delete(writing)
    }
  }

  /**
   * Looks at the file every `pollMs`, without opening it; a replaced block is told, too. It keeps the process alive.
   * @throws CodedError `store-failed` when the store is not open
   */
  watch(changed: () => void): () => void {
    this.#mustBeOpen('watch')
    let known = stateOf(this.location)
    const timer = setInterval(() => {
      const found = stateOf(this.location)
      if (found === known) return
      known = found
      changed()
    }, this.#options.pollMs)
    const stop = () => {
      clearInterval(timer)
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    this.#class = undefined
    for (const stop of this.#stops) stop()
    await Promise.allSettled([...this.#underWay, this.#working])
  }

  async #openFile() {
    const DatabaseClass = await loadSqlite()
    try {
      const found = await this.#find()
      if (found === undefined) await createDatabase(DatabaseClass, this.location)
      else if (!found.isFile()) throw new Error('it is not a file')
      await this.#requireWhole()
      await inSession(DatabaseClass, this.location, this.#options.waitMs, requireTable)
      this.#class = DatabaseClass
    } catch (cause) {
      throw cause instanceof CodedError ? cause : this.#failed('open', cause)
    }
  }

  /** The file, or undefined where one is to be made. */
  async #find(): Promise<Stats | undefined> {
    try {
      return await stat(this.location)
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') throw cause
      if (this.#options.create) return undefined
      const message = `There is no file ${this.location}: correct the path, or open it with { create: true } for a new document`
      throw new CodedError('store-missing', message, { location: this.location }, cause)
    }
  }

  /** What another build of SQLite left in the middle of a transaction, only such a one can finish. */
  async #requireWhole() {
    const journal = await stat(`${this.location}-journal`).catch(() => undefined)
    if (journal === undefined || journal.size === 0) return
    const { location } = this
    throw new Error(
      `a program died while it was writing, or writes now: when none does, run sqlite3 ${JSON.stringify(location)} 'PRAGMA integrity_check', which undoes what was not finished`,
    )
  }

  async #do<Result>(operation: string, writes: boolean, act: (database: Database) => Result): Promise<Result> {
    const DatabaseClass = this.#mustBeOpen(operation)
    let result: Result
    await new Promise<void>((resolve, reject) => {
      this.#jobs.push({
        writes,
        act: database => {
          result = act(database)
        },
        settle: failure => (failure === undefined ? resolve() : reject(this.#failed(operation, failure.cause))),
      })
      this.#working ??= this.#work(DatabaseClass)
    })
    return result!
  }

  /** Does all that is asked for until nothing is left. */
  async #work(DatabaseClass: DatabaseClass) {
    // What is asked for in this turn is done together.
    await null
    while (this.#jobs.length > 0) {
      const jobs = this.#jobs.splice(0, jobsAtOnce)
      try {
        await inSession(DatabaseClass, this.location, this.#options.waitMs, database => doAll(database, jobs))
        for (const job of jobs) job.settle()
      } catch (cause) {
        for (const job of jobs) job.settle({ cause })
      }
    }
    this.#working = undefined
  }

  #decoded(name: string, value: unknown): Uint8Array {
    if (typeof value === 'string' && isBase64(value)) {
      const decoded = Buffer.from(value, 'base64')
      return new Uint8Array(decoded.buffer, decoded.byteOffset, decoded.byteLength)
    }
    const message = `The entry ${name} in ${this.location} is not base64, or longer than ${this.#options.maxBytes} bytes`
    throw new CodedError('data-malformed', message, { what: name, offset: 0 })
  }

  #mustBeOpen(operation: string): DatabaseClass {
    if (this.#class === undefined) throw this.#failed(operation, new Error('it is not open'), 'closed')
    return this.#class
  }

  #failed(operation: string, cause: unknown, trouble?: StoreTrouble): CodedError {
    const { location } = this
    if (cause instanceof DatabaseBusy) {
      const message = `The database ${location} is being used by other programs all the time: end them, then try again; when there are none, remove ${location}.holder and ${location}.lock`
      return new CodedError('store-locked', message, { location }, cause)
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    const reason = trouble ?? troubleOf(cause)
    const message = `The database ${location} failed (${operation}): ${why}${reason === 'evicted' ? '. It has gone: bring it back' : ''}`
    return new CodedError('store-failed', message, { location, operation, reason }, cause)
  }
}

/** One transaction, when there is anything to write: all of it is there afterwards, or nothing. */
function doAll(database: Database, jobs: readonly Job[]): void {
  const writes = jobs.some(job => job.writes)
  if (writes) database.exec('PRAGMA journal_mode = WAL')
  database.exec(writes ? 'BEGIN IMMEDIATE' : 'BEGIN')
  try {
    for (const job of jobs) job.act(database)
    database.exec('COMMIT')
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite has done so itself.
    }
    throw error
  }
}

/** Makes a file with an empty table, under another name first: so nobody ever finds half of it. */
async function createDatabase(DatabaseClass: DatabaseClass, file: string): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const database = new DatabaseClass(temporary, { fileMustExist: false })
    try {
      database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; ${table}`)
    } finally {
      database.close()
    }
    await giveName(temporary, file)
  } finally {
    for (const end of ['', '-wal', '-journal', '-shm']) await rm(temporary + end, { force: true })
  }
}

/** Gives a file its name unless that is taken, at once where there are hard links; durably. */
async function giveName(temporary: string, file: string): Promise<void> {
  const unlessTaken = (error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  await link(temporary, file)
    .catch(error => (codeOf(error) === 'EEXIST' ? undefined : copyFile(temporary, file, constants.COPYFILE_EXCL)))
    .catch(unlessTaken)
  // Windows flushes a folder by itself, and opens none.
  if (process.platform === 'win32') return
  const folder = await open(dirname(file), 'r')
  await folder.sync().finally(() => folder.close())
}

function requireTable(database: Database): void {
  const columns = database.all('PRAGMA table_info(entries)').map(({ name }) => name)
  if (columns.includes('key') && columns.includes('value')) return
  throw new Error('it holds no blocks, but something else: choose another file')
}

async function loadSqlite(): Promise<DatabaseClass> {
  try {
    const { default: sqlite } = await import('node-sqlite3-wasm')
    return sqlite.Database as unknown as DatabaseClass
  } catch (cause) {
    const facts = { package: 'node-sqlite3-wasm', install: 'npm install node-sqlite3-wasm' }
    const message = `Blocks in an SQLite file need the package ${facts.package}: run ${facts.install}`
    throw new CodedError('package-missing', message, facts, cause)
  }
}

/** Padded, as all that Melda's tools write. */
function isBase64(value: string): boolean {
  const padding = value.indexOf('=')
  if (value.length % 4 !== 0 || /[^A-Za-z0-9+/=]/.test(value)) return false
  return padding < 0 || (padding >= value.length - 2 && value.endsWith('='))
}
