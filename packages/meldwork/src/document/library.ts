import { hasCode } from '../errors.js'
import type { BlockStore } from '../ports/index.js'
import { blockHash, deltaText, parseBlockName } from './block-name.js'
import { blockIndex, type Delta, decodeDelta, malformedBlock } from './delta.js'
import type { Generation } from './generation.js'
import { decodePack, type PackEntry } from './pack.js'
import { inParallel } from './parallel.js'

/** How much a replica takes from a folder, whose contents may come from anybody. */
export interface DocumentLimits {
  /** The most files; further ones are not read. Default 1,000,000. */
  readonly files: number
  /** The longest delta block or pack, in bytes; longer ones are set aside. Default 268,435,456. */
  readonly fileBytes: number
  /** The most bytes of packs and blocks together, which are kept in memory; what goes beyond it is set aside. Default 1,073,741,824. */
  readonly totalBytes: number
}

/** What {@link DocumentLimits} says when nobody says otherwise. */
export const defaultLimits: DocumentLimits = { files: 1_000_000, fileBytes: 268_435_456, totalBytes: 1_073_741_824 }

/** A file that was set aside: all else works without it. */
export interface DamagedFile {
  readonly name: string
  /**
   * - `digest`: its bytes are not those that its name tells: cut off, changed, or on the way.
   * - `malformed`: its bytes are what the name tells, and neither a delta block nor a pack.
   * - `index`: the number before the block's digest is not one more than those of its parents.
   * - `name`: it looks like a block or a pack, under a name that none has: a copy that a sync program made.
   * - `foreign`: something else.
   * - `generation`: a block that another generation of Melda's tools wrote than the rest of the folder.
   * - `limit`: it goes beyond {@link DocumentLimits}.
   */
  readonly reason: 'digest' | 'malformed' | 'index' | 'name' | 'foreign' | 'generation' | 'limit'
  /** For people. */
  readonly message: string
}

/** What has come from a store. */
export interface Arrivals {
  readonly packs: readonly {
    readonly digest: string
    readonly bytes: Uint8Array
    readonly entries: readonly PackEntry[]
  }[]
  readonly deltas: readonly { readonly id: string; readonly delta: Delta }[]
}

interface ReadFile {
  readonly name: string
  readonly bytes: number
  readonly pack?: Arrivals['packs'][number]
  readonly delta?: Arrivals['deltas'][number]
}

/** What stands beside blocks and packs: signatures, and the indexes of old generations. Of no use here, and no damage. */
const companionName = /^(?:[0-9a-f]{64}\.index|(?:[1-9][0-9]{0,9}-)?[0-9a-f]{64}\.delta\..+)$/
/** So many files are read at a time. */
const readers = 16

/** What a name stands for. `companion`: a file that belongs to a block, such as a signature. */
export type FileKind =
  | { readonly kind: 'pack'; readonly digest: string }
  | { readonly kind: 'delta'; readonly id: string; readonly digest: string }
  | { readonly kind: 'companion' }
  | { readonly kind: 'misnamed' }
  | { readonly kind: 'foreign' }

/** What a file is, by its name. */
export function fileKind(name: string): FileKind {
  const block = parseBlockName(name)
  if (block?.kind === 'pack') return block
  if (block?.kind === 'delta') return { kind: 'delta', id: deltaText(block.id), digest: block.id.hash }
  if (companionName.test(name)) return { kind: 'companion' }
  return /\.(?:pack|delta)/.test(name) ? { kind: 'misnamed' } : { kind: 'foreign' }
}

/**
 * The files of a document in a store: which have been read, which were set aside and why. What it gives has been checked against its name,
 * once; files that were set aside are looked at again whenever it looks for new ones, as they may have become whole.
 */
export class Library {
  readonly store: BlockStore
  /** Their lengths. */
  private readonly known = new Map<string, number>()
  private readonly aside = new Map<string, DamagedFile>()
  private readonly limits: DocumentLimits
  private bytes = 0
  /** How many files are being taken in, for which there must be room. */
  private reserved = 0

  constructor(store: BlockStore, limits: DocumentLimits) {
    this.store = store
    this.limits = limits
  }

  /** Names of the files that are whole, and were taken in, in no order. */
  names(): IterableIterator<string> {
    return this.known.keys()
  }

  has(name: string): boolean {
    return this.known.has(name)
  }

  /** What was set aside, by name. */
  damaged(): DamagedFile[] {
    return [...this.aside.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  isDamaged(name: string): boolean {
    return this.aside.has(name)
  }

  /** Says that a file is in the store and has been taken in: it was written by this replica. */
  wrote(name: string, bytes: number): void {
    this.known.set(name, bytes)
    this.aside.delete(name)
    this.bytes += bytes
  }

  /** Sets a file aside that was taken in. */
  setAside(file: DamagedFile): void {
    this.bytes -= this.known.get(file.name) ?? 0
    this.known.delete(file.name)
    this.aside.set(file.name, file)
  }

  /**
   * Sets aside the blocks of another generation than the others.
   * @param known of the blocks that were taken in before; undefined while there are none: where several generations are, the latest counts
   * @returns all others
   */
  ofOneGeneration(deltas: Arrivals['deltas'], known: Generation | undefined): Arrivals['deltas'] {
    const isNumbered = (id: string): boolean => blockIndex(id) > 0
    const generation = known ?? (deltas.some(({ id }) => isNumbered(id)) ? 'D' : undefined)
    const fits = (id: string): boolean => generation === undefined || (generation === 'D') === isNumbered(id)
    for (const { id } of deltas) {
      if (fits(id)) continue
      const message = `Another generation of Melda's tools wrote this block than the others, which are of ${generation}`
      this.setAside({ name: `${id}.delta`, reason: 'generation', message })
    }
    return deltas.filter(({ id }) => fits(id))
  }

  /**
   * Reads what is new in the store.
   * @throws CodedError `store-failed`: what was read before that is read again the next time
   */
  async arrivals(): Promise<Arrivals> {
    const listed = await this.store.list()
    if (this.aside.size > 0) {
      const present = new Set(listed)
      for (const name of this.aside.keys()) if (!present.has(name)) this.aside.delete(name)
    }
    const packs: Arrivals['packs'][number][] = []
    const deltas: Arrivals['deltas'][number][] = []
    const names = listed.filter(name => !this.known.has(name))
    const taken: ReadFile[] = []
    try {
      await inParallel(names, readers, async name => {
        const file = await this.read(name)
        if (!file) return
        taken.push(file)
        if (file.pack) packs.push(file.pack)
        if (file.delta) deltas.push(file.delta)
      })
    } catch (error) {
      for (const { bytes } of taken) this.release(bytes)
      throw error
    }
    this.reserved = 0
    for (const { name, bytes } of taken) {
      this.known.set(name, bytes)
      this.aside.delete(name)
    }
    return { packs, deltas }
  }

  /** Reads one file, with room reserved for it; undefined when it is none that counts, or was set aside. */
  private async read(name: string): Promise<ReadFile | undefined> {
    const kind = fileKind(name)
    if (kind.kind === 'companion') return undefined
    if (kind.kind === 'misnamed' || kind.kind === 'foreign') return this.putAside(name, strange(kind.kind))
    if (this.known.size + this.reserved >= this.limits.files)
      return this.putAside(name, beyond(`there are more than ${this.limits.files} files`))
    this.reserved++
    const bytes = await this.whole(name, kind.digest)
    if (bytes === undefined) {
      this.release(0)
      return undefined
    }
    try {
      return kind.kind === 'pack'
        ? { name, bytes: bytes.length, pack: { digest: kind.digest, bytes, entries: decodePack(bytes).entries } }
        : { name, bytes: bytes.length, delta: { id: kind.id, delta: checkedDelta(kind.id, bytes) } }
    } catch (error) {
      this.release(bytes.length)
      if (!hasCode(error, 'block-malformed')) throw error
      const reason = error.facts.reason === indexFault ? 'index' : 'malformed'
      return this.putAside(name, { reason, message: error.message })
    }
  }

  private release(bytes: number): void {
    this.reserved--
    this.bytes -= bytes
  }

  private putAside(name: string, why: Pick<DamagedFile, 'reason' | 'message'>): undefined {
    this.aside.set(name, { name, ...why })
    return undefined
  }

  /** The bytes of a file, when they are what its name tells; else it is set aside. */
  private async whole(name: string, digest: string): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined
    try {
      bytes = await this.store.read(name)
    } catch (error) {
      if (!hasCode(error, 'data-malformed')) {
        this.release(0)
        throw error
      }
      return this.putAside(name, { reason: 'digest', message: `${name} cannot be read: ${error.message}` })
    }
    if (bytes === undefined) return undefined // gone since it was listed
    if (bytes.length > this.limits.fileBytes)
      return this.putAside(name, beyond(`it has ${bytes.length} bytes, more than ${this.limits.fileBytes}`))
    if (this.bytes + bytes.length > this.limits.totalBytes)
      return this.putAside(name, beyond(`all files together have more than ${this.limits.totalBytes} bytes`))
    if (blockHash(bytes) === digest) {
      this.bytes += bytes.length
      return bytes
    }
    const message = `The bytes of ${name} are not those that its name tells: bring it again from another copy`
    return this.putAside(name, { reason: 'digest', message })
  }
}

const indexFault = 'its index does not follow from its parents'

/** A block, of which the id agrees with its parents: in generation D the index is one more than the greatest of theirs. */
function checkedDelta(id: string, bytes: Uint8Array): Delta {
  const delta = decodeDelta(bytes)
  const numbered = blockIndex(id) > 0
  const greatest = delta.parents.reduce((most, parent) => Math.max(most, blockIndex(parent)), 0)
  const follows = !numbered || blockIndex(id) === 1 + greatest
  if (!follows || delta.parents.some(parent => blockIndex(parent) > 0 !== numbered)) throw malformedBlock(indexFault)
  return delta
}

const beyond = (what: string): Pick<DamagedFile, 'reason' | 'message'> => ({
  reason: 'limit',
  message: `It was not read: ${what}`,
})

const strange = (kind: 'misnamed' | 'foreign'): Pick<DamagedFile, 'reason' | 'message'> =>
  kind === 'misnamed'
    ? { reason: 'name', message: 'No block or pack has such a name: it may be a copy that another program made' }
    : { reason: 'foreign', message: 'It is no file of a document' }
