import type { VisibleGraph } from '../graph/index.js'
import type { IriSpace, ValueId } from '../rdf/index.js'
import type { Algebra, Expression } from './algebra.js'
import { type Cursor, Execution, Progress } from './cursor.js'
import type { Evaluate } from './evaluate.js'
import { Planner } from './plan.js'
import type { RequestTerms } from './request-terms.js'

/** Solutions for whoever makes something else of them than an answer. */
export class Solver {
  /** The values of the variables: given before {@link each}, found within it. */
  readonly row: ValueId[]
  private readonly execution: Execution
  private readonly iris: IriSpace

  /** @param width how many variables there are */
  constructor(graph: VisibleGraph, terms: RequestTerms, iris: IriSpace, width: number) {
    this.row = new Array<ValueId>(width).fill(0)
    this.execution = new Execution(graph, terms, this.row)
    this.iris = iris
  }

  /** @param bound variables that will have values when it is solved */
  plan(algebra: Algebra, bound: ReadonlySet<number> = new Set()): Cursor {
    return new Planner(this.execution, this.iris).plan(algebra, bound)
  }

  expression(expression: Expression): Evaluate {
    return new Planner(this.execution, this.iris).expression(expression)
  }

  /** Calls back for each solution, with {@link row} as it is then. */
  each(cursor: Cursor, onSolution: () => void): void {
    cursor.open()
    while (cursor.next() === Progress.solution) onSolution()
  }
}
