import type { VisibleGraph } from '../graph/index.js'
import type { ValueId } from '../rdf/index.js'
import type { RequestTerms } from './request-terms.js'

/** What a step of a cursor came to: the end, a solution, or a place to let others have a turn. */
export const Progress = { done: 0, solution: 1, pause: 2 } as const
export type Progress = (typeof Progress)[keyof typeof Progress]

/**
 * An operator of a plan, as one pulls solutions from it. All cursors of a plan share one row, a value for each variable (0 for none):
 *
 *     open()    begins, with what the row has now as given
 *     next()    solution: the row is extended by one; what the last one added is gone
 *               done: the row is as it was when this was opened
 *               pause: nothing yet; the row is not to be read; ask again
 *     close()   ends before `done`: the row is as it was when this was opened
 */
export interface Cursor {
  open(): void
  next(): Progress
  close(): void
}

/** One evaluation of a request. */
export class Execution {
  readonly graph: VisibleGraph
  readonly terms: RequestTerms
  /** The values of the variables, by number. */
  readonly row: ValueId[]
  /** How many more candidates may be looked at before a pause. */
  private left: number
  private readonly slice: number

  /** @param slice how many candidates are looked at between two pauses: Infinity for none */
  constructor(graph: VisibleGraph, terms: RequestTerms, row: ValueId[], slice = Number.POSITIVE_INFINITY) {
    this.graph = graph
    this.terms = terms
    this.row = row
    this.slice = slice
    this.left = slice
  }

  /** Another row over the same state, which is never paused: for what is solved on the side. */
  beside(row: ValueId[]): Execution {
    return new Execution(this.graph, this.terms, row)
  }

  /** Called for each candidate. @returns whether to pause before it */
  spend(): boolean {
    if (this.left > 0) {
      this.left--
      return false
    }
    this.left = this.slice
    return true
  }
}
