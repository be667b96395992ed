import type { ValueId } from '../rdf/index.js'
import { type Cursor, type Execution, Progress } from './cursor.js'
import type { Condition, Step } from './step.js'

/**
 * Solves a basic graph pattern: an index nested-loop join over its patterns in the order given (`plan.ts`), as a machine with a stack, so that it can stop
 * anywhere and go on. A condition is tested as soon as its variables are bound.
 */
export class BasicCursor implements Cursor {
  private readonly execution: Execution
  private readonly steps: readonly Step[]
  /** The step to advance next; -1 when nothing is left. */
  private depth = -1

  constructor(execution: Execution, steps: readonly Step[]) {
    this.execution = execution
    this.steps = steps
  }

  open(): void {
    this.depth = 0
    this.steps[0].enter(this.execution.row)
  }

  next(): Progress {
    const { execution, steps } = this
    const { row } = execution
    const last = steps.length - 1
    let { depth } = this
    while (depth >= 0) {
      if (execution.spend()) {
        this.depth = depth
        return Progress.pause
      }
      const step = steps[depth]
      if (!step.advance(row)) depth--
      else if (!passes(step.conditions, row)) continue
      else if (depth === last) {
        this.depth = depth
        return Progress.solution
      } else steps[++depth].enter(row)
    }
    this.depth = -1
    return Progress.done
  }

  close(): void {
    for (; this.depth >= 0; this.depth--) this.steps[this.depth].leave(this.execution.row)
  }
}

function passes(conditions: readonly Condition[], row: readonly ValueId[]): boolean {
  for (let i = 0; i < conditions.length; i++) if (!conditions[i](row)) return false
  return true
}
