import type { Parameters } from './parameters.js'
import type { Rule } from './rule.js'

/**
 * A type of rules, with the code that makes a rule of a declaration. Code comes from the app and is never data: what a declaration names is looked up among
 * the kinds that the clone was opened with, beside those that ship.
 */
export interface RuleKind {
  /** Which part of the engine it extends. */
  readonly point: 'rule'
  /** What declarations have as their `@type`: an absolute IRI; for those that ship a name. */
  readonly type: string
  /** A whole number from 1, to be raised when the same declaration comes to mean something else: clones of different versions say so. */
  readonly version: number
  /**
   * Makes the rule of a declaration. It must not depend on anything else.
   * @throws CodedError `constraint-invalid`, by asking for parameters or by {@link Parameters.fail}
   */
  make(parameters: Parameters): Rule | readonly Rule[]
}
