import type { IriSpace, TermTable, ValueId } from '../rdf/index.js'
import type { Aggregate } from './algebra.js'
import { compareForSorting, lexicalOf } from './literals.js'
import { add, calculate, internNumeric, type NumericValue, numericOf } from './numbers.js'

/**
 * SPARQL 1.1, 18.5.1. An error in a sum, average or concatenation makes that an error; the others leave it out. Solutions in which the argument has no value for
 * one of its variables are left out by all.
 */
export class AggregateState {
  private readonly terms: TermTable
  private readonly iris: IriSpace
  private readonly aggregate: Aggregate
  private readonly seen: Set<ValueId | string> | undefined
  private count = 0
  private failed = false
  private total: NumericValue | undefined = zero
  /** The least, the greatest or any value. */
  private chosen: ValueId | 0 = 0
  private readonly texts: string[] = []

  constructor(terms: TermTable, iris: IriSpace, aggregate: Aggregate) {
    this.terms = terms
    this.iris = iris
    this.aggregate = aggregate
    this.seen = aggregate.distinct ? new Set() : undefined
  }

  /** For the number of solutions. @param named the variables that tell them apart */
  addSolution(row: readonly ValueId[], named: readonly number[]): void {
    if (this.seen === undefined || isNew(this.seen, named.map(variable => row[variable]).join())) this.count++
  }

  add(value: ValueId): void {
    if (this.seen === undefined || isNew(this.seen, value)) this.addValue(value)
  }

  /** The argument is an error. */
  fail(): void {
    this.failed = true
  }

  private addValue(value: ValueId): void {
    const { terms } = this
    this.count++
    switch (this.aggregate.aggregator) {
      case 'sum':
      case 'avg': {
        const number = numericOf(terms, value)
        this.total = number && this.total && add(this.total, number)
        break
      }
      case 'min':
        if (this.chosen === 0 || compareForSorting(terms, value, this.chosen) < 0) this.chosen = value
        break
      case 'max':
        if (this.chosen === 0 || compareForSorting(terms, value, this.chosen) > 0) this.chosen = value
        break
      case 'sample':
        // Any would do, but all clones should choose the same.
        if (this.chosen === 0 || compareForSorting(terms, value, this.chosen) < 0) this.chosen = value
        break
      case 'group_concat':
        this.texts.push(lexicalOf(terms, value) ?? this.iris.absolute(terms.text(value)))
        break
      default:
    }
  }

  result(): ValueId | 0 {
    const { terms, aggregate, total } = this
    switch (aggregate.aggregator) {
      case 'count':
        return terms.integer(this.count, true)
      case 'sum':
        return this.failed || total === undefined ? 0 : this.number(calculate('plus', total, zero))
      case 'avg': {
        if (this.count === 0) return this.failed ? 0 : terms.integer(0, true)
        const mean = total && calculate('divide', total, { rank: 0, value: this.count, exact: undefined })
        return this.failed ? 0 : this.number(mean)
      }
      case 'group_concat':
        return this.failed ? 0 : terms.string(this.texts.join(aggregate.separator), true)
      default:
        return this.chosen
    }
  }

  private number(value: NumericValue | undefined): ValueId | 0 {
    return value === undefined ? 0 : internNumeric(this.terms, value)
  }
}

const zero: NumericValue = { rank: 0, value: 0, exact: undefined }

/** Adds a key. @returns whether it was not there */
export function isNew<T>(seen: Set<T>, key: T): boolean {
  const { size } = seen
  return seen.add(key).size > size
}
