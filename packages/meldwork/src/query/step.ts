import type { ValueId } from '../rdf/index.js'

/** Whether the solution in `row` passes. */
export type Condition = (row: readonly ValueId[]) => boolean

/** One pattern at its place in a plan. */
export interface Step {
  readonly conditions: readonly Condition[]
  /** Begins, with the variables that are bound now. */
  enter(row: ValueId[]): void
  /** Binds its other variables in the next way that matches. @returns false, with all of them free again, when there is none */
  advance(row: ValueId[]): boolean
  /** Frees the variables that it has bound. */
  leave(row: ValueId[]): void
}
