import { CodedError, type StoreTrouble } from '../errors.js'
import { type BlockStore, type BlockWriteMode, blockNameFault } from '../ports/index.js'

/** Those that watch one map, whatever object they were given to. */
const watchersOf = new WeakMap<Map<string, Uint8Array>, Set<() => void>>()

/**
 * Blocks in the memory of this process: for tests, and for documents that something else carries about.
 *
 * Two objects over one map are two openings of one place; what was written survives closing, and ends with the map. Bytes are neither
 * copied on the way in nor on the way out. A write takes effect within the call.
 */
export class MemoryBlocks implements BlockStore {
  readonly location: string
  readonly #files: Map<string, Uint8Array>
  readonly #stops = new Set<() => void>()
  #open = false

  /**
   * @param files the place: a map by names, its own one when left out
   * @param location a name for messages to people
   */
  constructor(files: Map<string, Uint8Array> = new Map(), location = 'memory') {
    this.#files = files
    this.location = location
  }

  async open(): Promise<void> {
    this.#open = true
  }

  /** @throws CodedError `store-failed` when the store is not open */
  async list(): Promise<readonly string[]> {
    this.#mustBeOpen('list')
    return [...this.#files.keys()].filter(name => blockNameFault(name) === undefined)
  }

  /** @throws CodedError `store-failed` when the store is not open */
  async read(name: string): Promise<Uint8Array | undefined> {
    this.#mustBeOpen('read')
    return blockNameFault(name) === undefined ? this.#files.get(name) : undefined
  }

  /** @throws CodedError `store-failed` when the store is not open, or no file may have this name */
  async write(name: string, bytes: Uint8Array, mode: BlockWriteMode = 'create'): Promise<boolean> {
    this.#mustBeOpen('write')
    const fault = blockNameFault(name)
    if (fault !== undefined) throw this.#failed('write', 'malformed', fault)
    if (mode === 'create' && this.#files.has(name)) return false
    this.#files.set(name, bytes)
    for (const changed of watchersOf.get(this.#files) ?? []) queueMicrotask(changed)
    return true
  }

  /** @throws CodedError `store-failed` when the store is not open */
  watch(changed: () => void): () => void {
    this.#mustBeOpen('watch')
    const watchers = watchersOf.get(this.#files) ?? new Set()
    watchersOf.set(this.#files, watchers)
    // One function may be given twice: each watch ends by itself.
    const watcher = () => {
      if (watchers.has(watcher)) changed()
    }
    const stop = () => {
      watchers.delete(watcher)
      this.#stops.delete(stop)
    }
    watchers.add(watcher)
    this.#stops.add(stop)
    return stop
  }

  async close(): Promise<void> {
    this.#open = false
    for (const stop of this.#stops) stop()
  }

  #mustBeOpen(operation: string) {
    if (!this.#open) throw this.#failed(operation, 'closed', new Error('it is not open'))
  }

  #failed(operation: string, reason: StoreTrouble, cause: Error) {
    const message = `The blocks in ${this.location} failed (${operation}): ${cause.message}`
    return new CodedError('store-failed', message, { location: this.location, operation, reason }, cause)
  }
}
