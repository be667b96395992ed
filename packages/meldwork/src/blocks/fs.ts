import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CodedError, type StoreTrouble } from '../errors.js'
import { type BlockStore, type BlockWriteMode, blockFolder, blockNameFault, maxBlockBytes } from '../ports/index.js'
import { createFile, flushFolder, replaceFile, sweep } from './fs-file.js'
import { namesIn, straysIn } from './fs-names.js'
import { codeOf, FolderGone, troubleOf, whatToDo } from './fs-trouble.js'
import { FolderWatch } from './fs-watch.js'

export interface FolderBlocksOptions {
  /** Whether a missing folder is made, with its parents, when the store is opened; otherwise that is an error. */
  create?: boolean
  /** Longer files are refused: 256 MiB by default. */
  maxBytes?: number
  /** How often a watched folder is looked through, in milliseconds, where the system tells nothing (a network drive): 5,000 by default. */
  pollMs?: number
}

/**
 * Blocks as files in a folder, as Melda's tools lay them out: `FOLDER/12/1234….pack`. Anything may carry that folder about: a copy, a sync client, git, a stick.
 *
 * A file is written under another name (`.NAME.….tmp`, in its own sub-folder), flushed, and then given its name with a hard link, which fails when
 * the name is taken; then the folder is flushed. Where a file system has no hard links, a lock file does the same; there, of two writers of one
 * file both may be told `true` when one of them was stopped for a minute in the middle. So a crash leaves at most temporary files: they are
 * removed by a later write to that sub-folder, after an hour.
 *
 * Nothing is ever written at the top of the folder. What others put there, deeper folders, symbolic links and names that no block has, are left out
 * and left alone. Windows and macOS take names that differ in case only for one.
 */
export class FolderBlocks implements BlockStore {
  readonly location: string
  readonly #create: boolean
  readonly #maxBytes: number
  readonly #pollMs: number
  #state: 'closed' | 'open' = 'closed'
  #opening: Promise<void> | undefined
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #watches = new Set<FolderWatch>()
  /** Sub-folders that are known to be on the medium. */
  readonly #flushed = new Set<string>()

  /** @param folder a later change of the working directory does not move it */
  constructor(folder: string, { create = false, maxBytes = maxBlockBytes, pollMs = 5000 }: FolderBlocksOptions = {}) {
    this.location = resolve(folder)
    this.#create = create
    this.#maxBytes = maxBytes
    this.#pollMs = pollMs
  }

  /** @throws CodedError `store-missing`; `store-failed` when it is no folder, or may not be read or made */
  open(): Promise<void> {
    if (this.#state === 'open') return Promise.resolve()
    this.#opening ??= this.#openFolder().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** @throws CodedError `store-failed` */
  async list(): Promise<readonly string[]> {
    this.#mustBeOpen('list')
    try {
      return await this.#present(namesIn(this.location))
    } catch (cause) {
      throw this.#failed('list', cause)
    }
  }

  /** At the top and in the sub-folders; not what stands in folders of other names. @throws CodedError `store-failed` */
  async strays(): Promise<readonly string[]> {
    this.#mustBeOpen('list')
    try {
      return await this.#present(straysIn(this.location))
    } catch (cause) {
      throw this.#failed('list', cause)
    }
  }

  /** @throws CodedError `store-failed`; `data-malformed` when the file is too long */
  async read(name: string): Promise<Uint8Array | undefined> {
    this.#mustBeOpen('read')
    if (blockNameFault(name) !== undefined) return undefined
    try {
      return await this.#read(name)
    } catch (cause) {
      throw cause instanceof CodedError ? cause : this.#failed('read', cause)
    }
  }

  /** @throws CodedError `store-failed` */
  async write(name: string, bytes: Uint8Array, mode: BlockWriteMode = 'create'): Promise<boolean> {
    this.#mustBeOpen('write')
    const fault = blockNameFault(name) ?? this.#lengthFault(bytes)
    if (fault !== undefined) throw this.#failed('write', fault, 'malformed')
    const writing = this.#write(name, bytes, mode)
    this.#underWay.add(writing)
    try {
      return await writing
    } catch (cause) {
      throw this.#failed('write', cause)
    } finally {
      this.#underWay.delete(writing)
    }
  }

  /**
   * Told by the system where it tells; besides, the folder is looked through every `pollMs`. It keeps the process alive.
   * @throws CodedError `store-failed` when the store is not open
   */
  watch(changed: () => void): () => void {
    this.#mustBeOpen('watch')
    const watch = new FolderWatch(this.location, changed, this.#pollMs)
    this.#watches.add(watch)
    return () => {
      watch.stop()
      this.#watches.delete(watch)
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    this.#state = 'closed'
    for (const watch of this.#watches) watch.stop()
    this.#watches.clear()
    this.#flushed.clear()
    await Promise.allSettled(this.#underWay)
  }

  async #openFolder() {
    try {
      if (this.#create) await this.#makeFolder()
      const found = await stat(this.location)
      if (!found.isDirectory()) throw new Error('it is a file, and not a folder')
      await readdir(this.location)
      this.#state = 'open'
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') throw this.#failed('open', cause)
      const message = `There is no folder ${this.location}: correct the path, or open it with { create: true } for a new document`
      throw new CodedError('store-missing', message, { location: this.location }, cause)
    }
  }

  async #makeFolder() {
    const first = await mkdir(this.location, { recursive: true })
    if (first === undefined) return
    // Each new folder is known to the one that it is in.
    for (let made = this.location; ; made = dirname(made)) {
      await flushFolder(dirname(made))
      if (made === first || made === dirname(made)) return
    }
  }

  async #read(name: string): Promise<Uint8Array | undefined> {
    const folder = join(this.location, blockFolder(name))
    const path = join(folder, name)
    // A link could lead anywhere, and opening a pipe waits for ever.
    const [inside, found] = await Promise.all([lstat(folder).catch(ifGone()), lstat(path).catch(ifGone())])
    if (found === undefined) await this.#present(stat(this.location))
    if (!inside?.isDirectory() || !found?.isFile()) return undefined
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(ifGone())
    if (file === undefined) return undefined
    try {
      const { size } = await file.stat()
      if (size > this.#maxBytes) throw this.#tooLong(name, size)
      const content = await file.readFile()
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    } finally {
      await file.close()
    }
  }

  async #write(name: string, bytes: Uint8Array, mode: BlockWriteMode): Promise<boolean> {
    const folder = await this.#folderFor(name)
    if (mode === 'replace') await replaceFile(folder, name, bytes)
    else if (!(await createFile(folder, name, bytes))) return false
    return true
  }

  /** The sub-folder for a name: it is there, is a folder, and known to be on the medium. */
  async #folderFor(name: string): Promise<string> {
    const folder = join(this.location, blockFolder(name))
    const inside = await lstat(folder).catch(ifGone())
    if (inside === undefined) {
      // Not with its parents: a folder that has gone does not come back half.
      await this.#present(mkdir(folder)).catch(error => {
        if (codeOf(error) !== 'EEXIST') throw error
      })
      this.#flushed.delete(folder)
    } else if (!inside.isDirectory()) {
      throw new Error(`${folder} is not a folder`)
    }
    if (!this.#flushed.has(folder)) {
      await flushFolder(this.location)
      await sweep(folder)
      this.#flushed.add(folder)
    }
    return folder
  }

  /** What is asked of the whole folder: it was there when it was opened. */
  async #present<Value>(asked: Promise<Value>): Promise<Value> {
    try {
      return await asked
    } catch (cause) {
      throw codeOf(cause) === 'ENOENT' ? new FolderGone(cause) : cause
    }
  }

  #mustBeOpen(operation: string) {
    if (this.#state !== 'open') throw this.#failed(operation, new Error('it is not open'), 'closed')
  }

  #lengthFault({ length }: Uint8Array) {
    return length > this.#maxBytes ? new RangeError(`${length} bytes are more than ${this.#maxBytes}`) : undefined
  }

  #tooLong(name: string, size: number) {
    const message = `The file ${name} in ${this.location} has ${size} bytes, which is more than ${this.#maxBytes}: it is no block, or maxBytes is to be raised`
    return new CodedError('data-malformed', message, { what: name, offset: this.#maxBytes })
  }

  #failed(operation: string, cause: unknown, trouble?: StoreTrouble) {
    const reason = trouble ?? troubleOf(cause)
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `The folder ${this.location} failed (${operation}): ${why}${whatToDo(reason)}`
    return new CodedError('store-failed', message, { location: this.location, operation, reason }, cause)
  }
}

/** For a promise of something that may have gone meanwhile. */
function ifGone<Value = undefined>(instead?: Value): (error: unknown) => Value {
  return error => {
    if (codeOf(error) === 'ENOENT') return instead as Value
    throw error
  }
}
