import { randomBytes } from 'node:crypto'
import { type BigIntStats, statSync } from 'node:fs'
import { rename, rmdir, stat } from 'node:fs/promises'

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
 * What a crash leaves, too, is the lock. One that stays the same for `lockMs` is taken away: a session takes milliseconds.
 */
export async function inSession<Result>(
  DatabaseClass: DatabaseClass,
  file: string,
  lockMs: number,
  act: (database: Database) => Result,
): Promise<Result> {
  const startedMs = performance.now()
  let seen = ''
  let sinceMs = startedMs
  for (;;) {
    const database = new DatabaseClass(file, { fileMustExist: true })
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL')
      // The first reading takes the lock.
      database.get('SELECT count(*) FROM sqlite_master')
      return act(database)
    } catch (error) {
      if (!isBusy(error)) throw error
    } finally {
      database.close()
    }
    const nowMs = performance.now()
    const lock = await lockOf(file)
    if (lock !== seen) {
      seen = lock
      sinceMs = nowMs
    } else if (lock !== '' && nowMs - sinceMs > lockMs) {
      await takeAway(file, lock)
    }
    if (nowMs - startedMs > 3 * lockMs) throw new DatabaseBusy('others have kept it busy for too long')
    await new Promise(resolve => setTimeout(resolve, 2 + 10 * Math.random()))
  }
}

/** Something that changes when the database does, and not when it is read. */
export function stateOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`
}

const isBusy = (error: unknown) => error instanceof Error && /database is locked/.test(error.message)

/** Which lock there is; empty when there is none. */
async function lockOf(path: string): Promise<string> {
  return identity(await stat(`${path}.lock`, { bigint: true }).catch(() => undefined))
}

/** A folder made anew may get the number of the one before. */
const identity = (found: BigIntStats | undefined) =>
  found === undefined ? '' : `${found.ino} ${found.birthtimeNs} ${found.mtimeNs}`

/** Of several that do this at once, one succeeds; and no other lock than this one goes. */
async function takeAway(file: string, lock: string): Promise<void> {
  const aside = `${file}.lock-${randomBytes(6).toString('hex')}`
  try {
    await rename(`${file}.lock`, aside)
  } catch {
    return
  }
  if (identity(await stat(aside, { bigint: true })) === lock) await rmdir(aside)
  else await rename(aside, `${file}.lock`)
}
