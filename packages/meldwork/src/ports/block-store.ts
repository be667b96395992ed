/**
 * Where the files of a document are kept: immutable blocks by name, which anybody may add to at any time, from anywhere. It knows nothing of
 * what is in them.
 *
 * Any number of objects and processes may have one place open at once. The store may keep the bytes it is given without copying: a caller never
 * changes them afterwards; a caller may keep, but never changes, the bytes it gets.
 *
 * Guarantees that every implementation must give (tested by `testkit/block-suite`):
 * - create-once: of all writers of one name, whenever and wherever, exactly one is told `true`, and its bytes stay;
 * - atomic: nobody ever lists or reads a part of a file that was written through this contract;
 * - durable: when the promise of `write` has resolved, the file survives the death of the process, and a power cut as far as the medium tells the
 *   truth. That counts for `false`, too.
 *
 * It does not guarantee that names which differ in case only are different files, nor that a file which somebody else put there is whole, or is what
 * its name says: whoever reads must check.
 */
export interface BlockStore {
  /** Where it is, for messages to people: a folder, an address, the name of a database. */
  readonly location: string

  /**
   * Makes ready. Does nothing when it is open. A missing place is created only when the store was made with `{ create: true }`.
   * @throws CodedError `store-missing` when there is no such place; `store-failed` when it cannot be used
   */
  open(): Promise<void>

  /**
   * The names of all files that are there, in any order: those of others, too. What has no name of {@link blockNameFault}, or does not lie where
   * that name would be looked for, is left out.
   * @throws CodedError `store-failed`
   */
  list(): Promise<readonly string[]>

  /**
   * What else lies where blocks would be, and is none by its name or its kind: what sync clients call a conflicted copy, a link, a file at the top. As paths below
   * `location`, in order, for people to look at. Missing where nothing else can be there.
   * @throws CodedError `store-failed`
   */
  strays?(): Promise<readonly string[]>

  /**
   * The bytes of a file, or `undefined` when there is none, or none could have that name.
   * @throws CodedError `store-failed` when the medium fails; `data-malformed` when this one file is not what this store writes, or is too long
   */
  read(name: string): Promise<Uint8Array | undefined>

  /**
   * Writes a file.
   * @param mode `create` when it is missing. `replace` puts the bytes in the place of others, atomically: only for a file whose bytes are
   *   damaged, as there is no telling who has read it
   * @returns false when a file of that name was there: it has not been touched. With `replace` always true
   * @throws CodedError `store-failed`: whether the file is there is then not known; also, with the reason `malformed`, for a name that no file may have
   */
  write(name: string, bytes: Uint8Array, mode?: BlockWriteMode): Promise<boolean>

  /**
   * Asks to be told when something was added, by anybody, this object included; some time later, and once for several; perhaps for nothing, too. Where
   * the platform tells nothing, the store looks for itself now and then. Missing where neither is possible.
   * @param changed must not throw
   * @returns ends it; so does closing the store
   * @throws CodedError `store-failed` when the store is not open
   */
  watch?(changed: () => void): () => void

  /** Waits for writes under way, then lets go of the place. Idempotent; the store can be opened again. */
  close(): Promise<void>
}

/** See {@link BlockStore.write}. */
export type BlockWriteMode = 'create' | 'replace'

/** Longer files are neither read nor written, unless a store was told otherwise: 256 MiB. */
export const maxBlockBytes = 268_435_456

/** Names of files have at most this many characters. */
export const maxBlockNameLength = 200

const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/

/**
 * Why no file may have this name, or undefined when one may: 1 to 200 letters and digits of ASCII, `.`, `_` and `-`, of which the first is not a dot.
 * For implementations of {@link BlockStore}.
 */
export function blockNameFault(name: string): TypeError | undefined {
  if (typeof name === 'string' && namePattern.test(name)) return undefined
  return new TypeError(`${JSON.stringify(name)} is not the name of a block`)
}

/**
 * The folder in which a file lies, where a place has folders: its first two characters, as Melda's tools have it. So the names that begin with the same two
 * are together, whatever they stand for.
 */
export function blockFolder(name: string): string {
  return name.slice(0, 2)
}
