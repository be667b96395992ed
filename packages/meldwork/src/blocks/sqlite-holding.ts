import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { codeOf } from './sqlite-trouble.js'

/** Whoever removes a dead process's lock does so within one call; what a crash leaves of that is removed after this time. */
const removalMs = 60_000
/** By clocks that are set now and then, the beginning of a process is known about so well. */
const sameStartMs = 5000

/** Who holds it. */
interface Holder {
  readonly host: string
  readonly pid: number
  /** When that process began, in milliseconds since 1970: numbers of processes are used again, by containers always the same. */
  readonly startMs: number
}

/**
 * A lock beside a file (`FILE.holder`) that says who has it. Of a process on this machine others see whether it lives; one that has died loses the lock, and
 * the folder `FILE.lock` with it. Everything here is done within the call.
 *
 * It is a symbolic link whose target is that text, since a link is never there without it; a file where there are no such links (FAT, Windows without the right).
 */
export class Holding {
  readonly #file: string
  readonly #path: string
  /** What was there at the last attempt without saying who has it, and since when. */
  #nameless: { readonly identity: string; readonly sinceMs: number } | undefined

  constructor(file: string) {
    this.#file = file
    this.#path = `${file}.holder`
  }

  /** @param namelessMs after this time, one that does not say whose it is is taken for a leftover. @returns whether this has it now */
  take(namelessMs: number): boolean {
    const startMs = Date.now() - process.uptime() * 1000
    const holder: Holder = { host: hostname(), pid: process.pid, startMs }
    if (make(this.#path, JSON.stringify(holder))) return true
    const text = this.#read()
    if (text !== undefined && this.#isDead(text, namelessMs)) this.#remove(text)
    return false
  }

  release(): void {
    unlinkSync(this.#path)
  }

  #read(): string | undefined {
    for (const read of [readLink, readFile]) {
      try {
        return read(this.#path)
      } catch {
        // It is none of these, or not there.
      }
    }
    return undefined
  }

  #isDead(text: string, namelessMs: number): boolean {
    const holder = parsed(text)
    if (holder === undefined) return this.#isOldNameless(text, namelessMs)
    if (holder.host !== hostname()) return false
    const startMs = Date.now() - process.uptime() * 1000
    if (holder.pid === process.pid) return Math.abs(holder.startMs - startMs) > sameStartMs
    try {
      process.kill(holder.pid, 0)
      return false
    } catch (error) {
      return codeOf(error) === 'ESRCH'
    }
  }

  /** A process has died between making the file and writing into it; or has not come to write yet. */
  #isOldNameless(text: string, namelessMs: number): boolean {
    const found = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })
    if (found === undefined) return false
    const identity = `${text} ${found.ino} ${found.birthtimeNs} ${found.mtimeNs}`
    if (this.#nameless?.identity !== identity) this.#nameless = { identity, sinceMs: performance.now() }
    return performance.now() - this.#nameless.sinceMs > namelessMs
  }

  /** One at a time: so that nobody removes the lock of whoever came after the dead one. */
  #remove(text: string): void {
    const removal = `${this.#path}.removal`
    try {
      mkdirSync(removal)
    } catch {
      const found = statSync(removal, { throwIfNoEntry: false })
      if (found !== undefined && Date.now() - found.mtimeMs > removalMs) removeFolder(removal)
      return
    }
    try {
      if (this.#read() !== text) return
      removeFolder(`${this.#file}.lock`)
      unlinkSync(this.#path)
    } finally {
      removeFolder(removal)
    }
  }
}

/** @returns whether it was made; not when there is one */
function make(path: string, text: string): boolean {
  try {
    try {
      symlinkSync(text, path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw error
      writeFileSync(path, text, { flag: 'wx' })
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

const readLink = (path: string) => readlinkSync(path, 'utf8')
const readFile = (path: string) => readFileSync(path, 'utf8')

function parsed(text: string): Holder | undefined {
  try {
    const { host, pid, startMs } = JSON.parse(text)
    return typeof host === 'string' && Number.isInteger(pid) && pid > 0 && typeof startMs === 'number'
      ? { host, pid, startMs }
      : undefined
  } catch {
    return undefined
  }
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
