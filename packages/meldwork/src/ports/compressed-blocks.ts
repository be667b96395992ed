import { CodedError, hasCode } from '../errors.js'
import { type BlockStore, type BlockWriteMode, blockFolder, blockNameFault, maxBlockBytes } from './block-store.js'

/** A way to make bytes smaller, and back. */
export interface BlockCompression {
  /** What the name of a compressed file ends in, with its dot. */
  readonly extension: string
  compress(bytes: Uint8Array): Promise<Uint8Array>
  /**
   * Undoes {@link compress}. The bytes come from others: it rejects when they are damaged, or would become longer than `maxBytes`, without having
   * used much more memory than that.
   */
  decompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array>
}

export interface CompressedBlocksOptions {
  /** What would become longer is refused: 256 MiB by default. */
  readonly maxBytes?: number
}

/**
 * Blocks that another store keeps in compressed files, whose names are those of the blocks with an extension. It sees no other files of that
 * store; so one place holds either kind, or both apart. Names are shorter by the extension.
 *
 * The same bytes may be compressed otherwise by other programs: of a name, the first file stays.
 */
export class CompressedBlocks implements BlockStore {
  readonly location: string
  /** Told of everything that is added to the other store. */
  readonly watch?: (changed: () => void) => () => void
  /** Those of the other store, and its files that are not compressed. */
  readonly strays?: () => Promise<readonly string[]>
  readonly #store: BlockStore
  readonly #compression: BlockCompression
  readonly #maxBytes: number
  readonly #underWay = new Set<Promise<unknown>>()

  /** @param store opened and closed with this one */
  constructor(store: BlockStore, compression: BlockCompression, options: CompressedBlocksOptions = {}) {
    this.location = store.location
    this.#store = store
    this.#compression = compression
    this.#maxBytes = options.maxBytes ?? maxBlockBytes
    if (store.watch !== undefined) this.watch = changed => store.watch!(changed)
    if (store.strays !== undefined) this.strays = () => this.#strays()
  }

  open(): Promise<void> {
    return this.#store.open()
  }

  async list(): Promise<readonly string[]> {
    const { extension } = this.#compression
    const compressed = (await this.#store.list()).filter(name => name.endsWith(extension))
    return compressed.map(name => name.slice(0, -extension.length)).filter(name => blockNameFault(name) === undefined)
  }

  async #strays(): Promise<readonly string[]> {
    const { extension } = this.#compression
    const others = (await this.#store.list()).filter(name => !name.endsWith(extension))
    return [...(await this.#store.strays!()), ...others.map(name => `${blockFolder(name)}/${name}`)].sort()
  }

  /** @throws CodedError `store-failed`; `data-malformed` when the file is damaged, or what is in it too long */
  async read(name: string): Promise<Uint8Array | undefined> {
    const compressed = await this.#store.read(this.#file(name))
    if (compressed === undefined) return undefined
    try {
      return await this.#compression.decompress(compressed, this.#maxBytes)
    } catch (cause) {
      if (hasCode(cause, 'package-missing')) throw cause
      const file = this.#file(name)
      const why = cause instanceof Error ? cause.message : String(cause)
      const message = `The file ${file} in ${this.location} is damaged, or holds more than ${this.#maxBytes} bytes: ${why}`
      throw new CodedError('data-malformed', message, { what: file, offset: 0 }, cause)
    }
  }

  /** @throws CodedError `store-failed` */
  async write(name: string, bytes: Uint8Array, mode: BlockWriteMode = 'create'): Promise<boolean> {
    // What is refused is refused by the other store, which says so in its own words.
    if (blockNameFault(name) !== undefined) return this.#store.write(name, bytes, mode)
    const writing = this.#write(name, bytes, mode)
    this.#underWay.add(writing)
    try {
      return await writing
    } finally {
      this.#underWay.delete(writing)
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay)
    await this.#store.close()
  }

  async #write(name: string, bytes: Uint8Array, mode: BlockWriteMode): Promise<boolean> {
    return this.#store.write(this.#file(name), await this.#compression.compress(bytes), mode)
  }

  #file(name: string) {
    return name + this.#compression.extension
  }
}
