import type { LosslessJson } from '../codec/index.js'
import type { CommitWarning } from './commit-block.js'
import type { ItemsOption } from './flatten.js'
import type { DocumentLimits } from './library.js'

/** How a replica reads and writes. */
export interface ReplicaOptions {
  /** The generation of a folder that is empty. Default: D. One that holds blocks keeps its own. */
  readonly generation?: 'B' | 'D'
  /** What becomes of items of lists without `_id`, and of those that are no objects. Default: `all`, they are kept. `original`: as in Melda's own tools. */
  readonly items?: ItemsOption
  /** How large floats are written: `signed` (the default) as tools built since 2026, `1e+21`; `unsigned` as those before, `1e21`. Both are read. */
  readonly exponents?: 'signed' | 'unsigned'
  /** How floats are read: `original` (the default) as Melda's own tools, a unit in the last place off for a few; `exact` as JavaScript. */
  readonly floats?: 'original' | 'exact'
  /**
   * `escaped`: an object with an unbalanced brace in a text is written so that Melda's own tools can read it. Its digest is that of what is written
   * then, not of its canonical text. Default: `plain`.
   */
  readonly braces?: 'plain' | 'escaped'
  readonly limits?: Partial<DocumentLimits>
}

/** What a commit says of itself, for people. Anything that JSON can say; floats are better avoided. */
export interface CommitInformation {
  readonly author?: string | undefined
  readonly description?: string | undefined
  readonly [key: string]: unknown
}

/** What a commit does beside writing what is staged. */
export interface CommitOptions {
  /** Whether conflicts are merged field by field, as far as they merge: as `resolve({ strategy: 'merge' })`. Default: false. */
  readonly merge?: boolean | undefined
}

/** A commit that is durable. */
export interface Committed {
  /** Of its block. */
  readonly id: string
  readonly warnings: readonly CommitWarning[]
}

export interface ReadOptions {
  /** Ids of blocks: the document as it was when only these were known, and those that they follow. Default: now, with what is staged. */
  readonly at?: string | readonly string[] | undefined
  /** The id of the object that the document begins with. Default: `√`. */
  readonly root?: string | undefined
  /** Told of a list that is referred to and is not there: it reads as empty. */
  readonly missing?: ((descriptor: string) => void) | undefined
}

/** `native` (the default): JavaScript's numbers, and an error for an integer that they cannot hold; `lossless`: every number as it is. */
export interface NumbersOption {
  readonly numbers?: 'native' | 'lossless' | undefined
}

/** A block in the log. */
export interface LogEntry {
  readonly id: string
  /** Ids of the blocks that it follows, in the order of blocks. */
  readonly parents: readonly string[]
  /** Digests of its packs. */
  readonly packs: readonly string[]
  /** What its author said of it; undefined when nothing. */
  readonly information: { readonly [key: string]: LosslessJson } | undefined
  /** No block follows it. */
  readonly anchor: boolean
  /** It follows no block. */
  readonly origin: boolean
}

/** A block that does not count yet, and why. */
export interface BlockedBlock {
  readonly id: string
  /** Ids of blocks that it follows, and that are missing, or blocked themselves. */
  readonly blocks: readonly string[]
  /** Digests of packs that are missing or damaged. */
  readonly packs: readonly string[]
  /** Digests of values that no pack holds. */
  readonly values: readonly string[]
}
