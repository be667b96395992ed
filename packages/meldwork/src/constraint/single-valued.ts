import type { TermTable, ValueId } from '../rdf/index.js'
import type { RuleKind } from './kind.js'
import { latest } from './latest.js'
import { byList, byValue, type ValueOrder } from './order.js'
import type { Candidate, SetRule } from './rule.js'

/**
 * At most one value is visible. Of several that were written concurrently it is the greatest; or the least, the one written last, or the first of
 * an order of values, by the parameter `winner`.
 */
export const singleValued: RuleKind = {
  point: 'rule',
  type: 'single-valued',
  version: 1,
  make(parameters) {
    const property = parameters.property()
    const scope = parameters.scope()
    const name = `${parameters.label('property')} has one value`
    const winner = parameters.word('winner', ['greatest', 'least', 'latest', 'order'], 'greatest')
    if (winner === 'latest') return { ...latest(name, property, scope), atMost: 1 }
    const order = winner === 'order' ? byList(parameters.values('order')) : byValue
    return mostOf({ stratum: 'set', name, scope, property }, 1, winner === 'greatest' ? order : reverse(order))
  },
}

/** At most so many values are visible: of those written concurrently the greatest, or the least. */
export const maxCount: RuleKind = {
  point: 'rule',
  type: 'max-count',
  version: 1,
  make(parameters) {
    const property = parameters.property()
    const scope = parameters.scope()
    const count = parameters.wholeNumber('count')
    const winner = parameters.word('winner', ['greatest', 'least'], 'greatest')
    const name = `${parameters.label('property')} has at most ${count} ${count === 1 ? 'value' : 'values'}`
    return mostOf({ stratum: 'set', name, scope, property }, count, winner === 'greatest' ? byValue : reverse(byValue))
  },
}

const reverse =
  (order: ValueOrder): ValueOrder =>
  (a, b, terms) =>
    order(b, a, terms)

/** Leaves the greatest of an order. */
function mostOf(parts: Omit<SetRule, 'hides'>, count: number, order: ValueOrder): SetRule {
  return {
    ...parts,
    atMost: count,
    keepsOne: count >= 1,
    hides(candidates: readonly Candidate[], terms: TermTable): readonly ValueId[] {
      const values = [...new Set(candidates.map(({ value }) => value))]
      if (values.length <= count) return []
      return values.sort((a, b) => order(b, a, terms)).slice(count)
    },
  }
}
