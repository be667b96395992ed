import { compareForSorting } from '../query/index.js'
import type { TermTable, ValueId } from '../rdf/index.js'

/** A total order of values that is the same on every clone: below 0 when the first is less. */
export type ValueOrder = (a: ValueId, b: ValueId, terms: TermTable) => number

/** By kind, then by value: IRIs, numbers, booleans, dates, texts, other literals. */
export const byValue: ValueOrder = (a, b, terms) => compareForSorting(terms, a, b)

/** The values of a list come first, the first of them first; then the others, by value. Greater is later. */
export function byList(values: readonly ValueId[]): ValueOrder {
  const places = new Map(values.map((value, place) => [value, place]))
  const place = (value: ValueId) => places.get(value) ?? Number.POSITIVE_INFINITY
  return (a, b, terms) => {
    const [one, two] = [place(a), place(b)]
    return one === two ? byValue(a, b, terms) : one - two
  }
}
