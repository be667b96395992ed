import type { ValueId } from '../rdf/index.js'
import { type Cursor, type Execution, Progress } from './cursor.js'
import type { Evaluate } from './evaluate.js'
import type { Condition } from './step.js'

/** The pattern without triples: one solution. */
export class UnitCursor implements Cursor {
  private given = true

  open(): void {
    this.given = false
  }

  next(): Progress {
    if (this.given) return Progress.done
    this.given = true
    return Progress.solution
  }

  close(): void {}
}

/** No solution. */
export class EmptyCursor implements Cursor {
  open(): void {}

  next(): Progress {
    return Progress.done
  }

  close(): void {}
}

/** For each solution of the left, those of the right that agree with it. */
export class JoinCursor implements Cursor {
  private readonly left: Cursor
  private readonly right: Cursor
  private inRight = false

  constructor(left: Cursor, right: Cursor) {
    this.left = left
    this.right = right
  }

  open(): void {
    this.inRight = false
    this.left.open()
  }

  next(): Progress {
    for (;;) {
      if (!this.inRight) {
        const progress = this.left.next()
        if (progress !== Progress.solution) return progress
        this.right.open()
        this.inRight = true
      }
      const progress = this.right.next()
      if (progress !== Progress.done) return progress
      this.inRight = false
    }
  }

  close(): void {
    if (this.inRight) this.right.close()
    this.left.close()
  }
}

/** For each solution of the left, those of the right that agree with it and pass; the left alone when there are none. */
export class LeftJoinCursor implements Cursor {
  private readonly execution: Execution
  private readonly left: Cursor
  private readonly right: Cursor
  private readonly condition: Condition | undefined
  private inRight = false
  private matched = false

  constructor(execution: Execution, left: Cursor, right: Cursor, condition: Condition | undefined) {
    this.execution = execution
    this.left = left
    this.right = right
    this.condition = condition
  }

  open(): void {
    this.inRight = false
    this.left.open()
  }

  next(): Progress {
    const { condition } = this
    for (;;) {
      if (!this.inRight) {
        const progress = this.left.next()
        if (progress !== Progress.solution) return progress
        this.right.open()
        this.inRight = true
        this.matched = false
      }
      const progress = this.right.next()
      if (progress === Progress.pause) return progress
      if (progress === Progress.solution) {
        if (condition !== undefined && !condition(this.execution.row)) continue
        this.matched = true
        return progress
      }
      this.inRight = false
      if (!this.matched) return Progress.solution
    }
  }

  close(): void {
    if (this.inRight) this.right.close()
    this.left.close()
  }
}

/** The solutions of one input after the other. */
export class UnionCursor implements Cursor {
  private readonly inputs: readonly Cursor[]
  private at = 0

  constructor(inputs: readonly Cursor[]) {
    this.inputs = inputs
  }

  open(): void {
    this.at = 0
    this.inputs[0].open()
  }

  next(): Progress {
    for (;;) {
      const progress = this.inputs[this.at].next()
      if (progress !== Progress.done) return progress
      if (this.at === this.inputs.length - 1) return progress
      this.inputs[++this.at].open()
    }
  }

  close(): void {
    this.inputs[this.at].close()
  }
}

export class FilterCursor implements Cursor {
  private readonly execution: Execution
  private readonly input: Cursor
  private readonly conditions: readonly Condition[]

  constructor(execution: Execution, input: Cursor, conditions: readonly Condition[]) {
    this.execution = execution
    this.input = input
    this.conditions = conditions
  }

  open(): void {
    this.input.open()
  }

  next(): Progress {
    const { row } = this.execution
    for (;;) {
      const progress = this.input.next()
      if (progress !== Progress.solution) return progress
      if (this.conditions.every(condition => condition(row))) return progress
    }
  }

  close(): void {
    this.input.close()
  }
}

/** Gives a variable that has no value the value of an expression. */
export class ExtendCursor implements Cursor {
  private readonly execution: Execution
  private readonly input: Cursor
  private readonly variable: number
  private readonly value: Evaluate

  constructor(execution: Execution, input: Cursor, variable: number, value: Evaluate) {
    this.execution = execution
    this.input = input
    this.variable = variable
    this.value = value
  }

  open(): void {
    this.input.open()
  }

  next(): Progress {
    const { row } = this.execution
    // The input must not meet what the last solution was extended by.
    row[this.variable] = 0
    const progress = this.input.next()
    if (progress === Progress.solution) row[this.variable] = this.value(row)
    return progress
  }

  close(): void {
    this.execution.row[this.variable] = 0
    this.input.close()
  }
}

/** Solutions that are there already, of which those agree with the row that do not bind a variable otherwise. */
export class RowsCursor implements Cursor {
  private readonly execution: Execution
  private readonly variables: readonly number[]
  private readonly rows: () => readonly (readonly ValueId[])[]
  private candidates: readonly (readonly ValueId[])[] = []
  private at = 0
  private readonly bound: number[] = []

  /** @param rows for each, a value for each variable; asked for at each opening */
  constructor(execution: Execution, variables: readonly number[], rows: () => readonly (readonly ValueId[])[]) {
    this.execution = execution
    this.variables = variables
    this.rows = rows
  }

  open(): void {
    this.candidates = this.rows()
    this.at = 0
  }

  next(): Progress {
    this.free()
    while (this.at < this.candidates.length) {
      if (this.execution.spend()) return Progress.pause
      if (this.bind(this.candidates[this.at++])) return Progress.solution
      this.free()
    }
    return Progress.done
  }

  private bind(candidate: readonly ValueId[]): boolean {
    const { row } = this.execution
    for (let i = 0; i < candidate.length; i++) {
      const value = candidate[i]
      const variable = this.variables[i]
      if (value === 0 || row[variable] === value) continue
      if (row[variable] !== 0) return false
      row[variable] = value
      this.bound.push(variable)
    }
    return true
  }

  private free(): void {
    for (const variable of this.bound) this.execution.row[variable] = 0
    this.bound.length = 0
  }

  close(): void {
    this.free()
  }
}

/**
 * Solutions of an input that is solved on the side, on a row of its own, as SPARQL's bottom-up meaning asks where the bindings of the rest must not
 * be seen in it. Kept by the value of one variable that each of them has, where there is one, so that a join costs what it gives.
 */
export class SolutionsBeside {
  private readonly side: Execution
  private readonly input: Cursor
  private readonly variables: readonly number[]
  private readonly key: number
  private all: (readonly ValueId[])[] | undefined
  private readonly byKey = new Map<ValueId, (readonly ValueId[])[]>()

  /** @param key the place among the variables of one that every solution binds; -1 for none */
  constructor(side: Execution, input: Cursor, variables: readonly number[], key: number) {
    this.side = side
    this.input = input
    this.variables = variables
    this.key = key
  }

  /** Those that may agree with this row. */
  candidates(row: readonly ValueId[]): readonly (readonly ValueId[])[] {
    this.all ??= this.solve()
    const value = this.key < 0 ? 0 : row[this.variables[this.key]]
    return value === 0 ? this.all : (this.byKey.get(value) ?? [])
  }

  /** To be solved anew, for other values that were given to its row. */
  forget(): void {
    this.all = undefined
    this.byKey.clear()
  }

  private solve(): (readonly ValueId[])[] {
    const { row } = this.side
    const rows: (readonly ValueId[])[] = []
    this.input.open()
    while (this.input.next() === Progress.solution) {
      const solution = this.variables.map(variable => row[variable])
      rows.push(solution)
      if (this.key < 0) continue
      const same = this.byKey.get(solution[this.key])
      if (same === undefined) this.byKey.set(solution[this.key], [solution])
      else same.push(solution)
    }
    return rows
  }
}
