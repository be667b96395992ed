import type { Conflict } from './conflicts.js'
import type { WriteOptions } from './options.js'

/** How a rule is declared. */
export interface DeclareOptions extends WriteOptions {
  /** Whether nothing is to be declared: it only says what would be hidden. */
  readonly dryRun?: boolean | undefined
}

/** A rule that has been declared, or would be. */
export interface Declaration {
  /** Of the subject that it is; undefined when it was only tried. */
  readonly id: string | undefined
  /** What it hides of what is here now. */
  readonly conflicts: readonly Conflict[]
}
