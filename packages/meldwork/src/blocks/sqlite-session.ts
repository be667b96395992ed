import { statSync } from 'node:fs'
import { rmdir, stat } from 'node:fs/promises'
import { Holding } from './sqlite-holding.js'

/** What is used of a database of `node-sqlite3-wasm`. Every call does its work within the call. */
export interface Database {
  exec(sql: string): void
  run(sql: string, values?: (string | number)[]): { changes: number }
  get(sql: string, values?: (string | number)[]): Record<string, unknown> | null
  all(sql: string, values?: (string | number)[]): Record<string, unknown>[]
  close(): void
}
export type DatabaseClass = new (file: string, options: { fileMustExist: boolean }) => Database

/** Others have had the database for too long. */
export class DatabaseBusy extends Error {}

/**
 * Opens the database, does something, and closes it again.
 *
 * `node-sqlite3-wasm` locks by a folder `FILE.lock`, and never looks for a journal that a crash has left (it takes its own lock for that of a living
 * writer): a process killed in the middle of a transaction would leave a damaged file. With a write-ahead log there is no such journal, and that log
 * needs no shared memory when the lock is held from opening to closing: hence one opening for each session. Closing brings the log back into the file.
 *
 * Nor does that folder say whose it is. So a session has a lock of its own besides ({@link Holding}), from which others see whether its holder lives, and
 * remove both when it does not.
 * @param waitMs how long to wait for others; and for a folder of which nobody knows, until it is taken for a leftover
 * @throws DatabaseBusy; what SQLite and `act` throw
 */
export async function inSession<Result>(
  DatabaseClass: DatabaseClass,
  file: string,
  waitMs: number,
  act: (database: Database) => Result,
): Promise<Result> {
  const holding = new Holding(file)
  const leftover = new Unchanged(waitMs)
  const startedMs = performance.now()
  for (;;) {
    if (holding.take(waitMs)) {
      try {
        const done = sessionNow(DatabaseClass, file, act)
        if (done !== undefined) return done.result
        // Of a program that uses the package by itself: or did.
        if (leftover.sees(await lockOf(file))) await rmdir(`${file}.lock`).catch(() => {})
      } finally {
        holding.release()
      }
    }
    if (performance.now() - startedMs > 3 * waitMs) throw new DatabaseBusy('others have kept it busy for too long')
    await new Promise(resolve => setTimeout(resolve, 1 + 10 * Math.random()))
  }
}

/** @returns undefined when somebody else has it locked */
function sessionNow<Result>(
  DatabaseClass: DatabaseClass,
  file: string,
  act: (database: Database) => Result,
): { readonly result: Result } | undefined {
  const database = new DatabaseClass(file, { fileMustExist: true })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL')
    // The first reading takes the lock.
    database.get('SELECT count(*) FROM sqlite_master')
    return { result: act(database) }
  } catch (error) {
    if (error instanceof Error && /database is locked/.test(error.message)) return undefined
    throw error
  } finally {
    database.close()
  }
}

/** Something that changes when the database does, and not when it is read. */
export function stateOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`
}

/** Which lock of the package there is; empty when there is none. */
async function lockOf(file: string): Promise<string> {
  const found = await stat(`${file}.lock`, { bigint: true }).catch(() => undefined)
  // A folder made anew may get the number of the one before.
  return found === undefined ? '' : `${found.ino} ${found.birthtimeNs} ${found.mtimeNs}`
}

/** Whether something has stayed the same for some time. */
class Unchanged {
  readonly #forMs: number
  #seen = ''
  #sinceMs = 0

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  sees(found: string): boolean {
    if (found !== this.#seen) {
      this.#seen = found
      this.#sinceMs = performance.now()
    }
    return found !== '' && performance.now() - this.#sinceMs > this.#forMs
  }
}
