import type { IriSpace, ValueId } from '../rdf/index.js'
import { AggregateState, isNew } from './aggregates.js'
import type { Aggregate } from './algebra.js'
import { type Cursor, type Execution, Progress } from './cursor.js'
import type { Evaluate } from './evaluate.js'
import { compareForSorting } from './literals.js'

/** Solutions that must all be known before the first one can be given. */
abstract class CollectingCursor implements Cursor {
  protected readonly execution: Execution
  private readonly input: Cursor
  private results: readonly (readonly ValueId[])[] | undefined
  private at = 0

  constructor(execution: Execution, input: Cursor) {
    this.execution = execution
    this.input = input
  }

  protected abstract begin(): void
  /** One solution of the input, in the row. */
  protected abstract take(row: readonly ValueId[]): void
  /** Whole rows. */
  protected abstract end(): readonly (readonly ValueId[])[]

  open(): void {
    this.results = undefined
    this.at = 0
    this.begin()
    this.input.open()
  }

  next(): Progress {
    const { row } = this.execution
    while (this.results === undefined) {
      const progress = this.input.next()
      if (progress === Progress.pause) return progress
      if (progress === Progress.solution) this.take(row)
      else this.results = this.end()
    }
    if (this.at === this.results.length) {
      row.fill(0)
      return Progress.done
    }
    const result = this.results[this.at++]
    for (let i = 0; i < row.length; i++) row[i] = result[i]
    return Progress.solution
  }

  close(): void {
    if (this.results === undefined) this.input.close()
    this.execution.row.fill(0)
  }
}

/** How solutions are sorted: by one expression after the other. */
export interface Comparator {
  readonly value: Evaluate
  readonly descending: boolean
}

/** All solutions, sorted; those that compare equal stay in their order. */
export class OrderByCursor extends CollectingCursor {
  private readonly comparators: readonly Comparator[]
  private rows: { readonly row: readonly ValueId[]; readonly keys: readonly ValueId[] }[] = []

  constructor(execution: Execution, input: Cursor, comparators: readonly Comparator[]) {
    super(execution, input)
    this.comparators = comparators
  }

  protected begin(): void {
    this.rows = []
  }

  protected take(row: readonly ValueId[]): void {
    this.rows.push({ row: [...row], keys: this.comparators.map(({ value }) => value(row)) })
  }

  protected end(): readonly (readonly ValueId[])[] {
    const { terms } = this.execution
    this.rows.sort((a, b) => {
      for (let i = 0; i < this.comparators.length; i++) {
        const order = compareForSorting(terms, a.keys[i], b.keys[i])
        if (order !== 0) return this.comparators[i].descending ? -order : order
      }
      return 0
    })
    return this.rows.map(({ row }) => row)
  }
}

/** An aggregate with its argument ready to be evaluated. */
export interface CompiledAggregate {
  readonly variable: number
  readonly aggregate: Aggregate
  readonly value: Evaluate | undefined
  /** Those of the argument: without a value for one of them, there is nothing to aggregate. */
  readonly variables: ReadonlySet<number>
}

/** One solution a group of solutions that agree in some variables; one of all when there are no such variables. */
export class GroupCursor extends CollectingCursor {
  private readonly iris: IriSpace
  private readonly by: readonly number[]
  private readonly named: readonly number[]
  private readonly aggregates: readonly CompiledAggregate[]
  private groups = new Map<string, { readonly key: readonly ValueId[]; readonly states: readonly AggregateState[] }>()

  constructor(
    execution: Execution,
    iris: IriSpace,
    input: Cursor,
    by: readonly number[],
    named: readonly number[],
    aggregates: readonly CompiledAggregate[],
  ) {
    super(execution, input)
    this.iris = iris
    this.by = by
    this.named = named
    this.aggregates = aggregates
  }

  protected begin(): void {
    this.groups.clear()
    if (this.by.length === 0) this.group([])
  }

  private group(key: readonly ValueId[]) {
    const name = key.join()
    let group = this.groups.get(name)
    if (group === undefined) {
      const { terms } = this.execution
      group = { key, states: this.aggregates.map(({ aggregate }) => new AggregateState(terms, this.iris, aggregate)) }
      this.groups.set(name, group)
    }
    return group
  }

  protected take(row: readonly ValueId[]): void {
    const { states } = this.group(this.by.map(variable => row[variable]))
    this.aggregates.forEach(({ value, variables }, i) => {
      if (value === undefined) states[i].addSolution(row, this.named)
      else {
        const id = value(row)
        if (id !== 0) states[i].add(id)
        else if (hasAll(row, variables)) states[i].fail()
      }
    })
  }

  protected end(): readonly (readonly ValueId[])[] {
    return Array.from(this.groups.values(), ({ key, states }) => {
      const row = new Array<ValueId>(this.execution.row.length).fill(0)
      this.by.forEach((variable, i) => {
        row[variable] = key[i]
      })
      this.aggregates.forEach(({ variable }, i) => {
        row[variable] = states[i].result()
      })
      return row
    })
  }
}

const hasAll = (row: readonly ValueId[], variables: ReadonlySet<number>): boolean =>
  [...variables].every(variable => row[variable] !== 0)

/** Solutions that differ from all before them in these variables. */
export class DistinctCursor implements Cursor {
  private readonly execution: Execution
  private readonly input: Cursor
  private readonly variables: readonly number[]
  private readonly seen = new Set<string | ValueId>()

  constructor(execution: Execution, input: Cursor, variables: readonly number[]) {
    this.execution = execution
    this.input = input
    this.variables = variables
  }

  open(): void {
    this.seen.clear()
    this.input.open()
  }

  next(): Progress {
    const { row } = this.execution
    for (;;) {
      const progress = this.input.next()
      if (progress !== Progress.solution) return progress
      const [only] = this.variables
      const key = this.variables.length === 1 ? row[only] : this.variables.map(variable => row[variable]).join()
      if (isNew(this.seen, key)) return progress
    }
  }

  close(): void {
    this.input.close()
  }
}

/** Some of the solutions: `length` of them from `start` on. */
export class SliceCursor implements Cursor {
  private readonly input: Cursor
  private readonly start: number
  private readonly length: number
  private passed = 0
  private ended = false

  constructor(input: Cursor, start: number, length: number) {
    this.input = input
    this.start = start
    this.length = length
  }

  open(): void {
    this.passed = 0
    this.ended = false
    this.input.open()
  }

  next(): Progress {
    for (;;) {
      if (this.ended) return Progress.done
      if (this.passed - this.start >= this.length) {
        this.close()
        return Progress.done
      }
      const progress = this.input.next()
      if (progress === Progress.done) this.ended = true
      if (progress !== Progress.solution) return progress
      if (this.passed++ >= this.start) return progress
    }
  }

  close(): void {
    if (!this.ended) this.input.close()
    this.ended = true
  }
}
