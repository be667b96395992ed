import { compareValues } from '../query/index.js'
import type { PropertyId, TermTable, ValueId } from '../rdf/index.js'
import type { RuleKind } from './kind.js'
import type { Parameters } from './parameters.js'
import type { PairRule } from './rule.js'

/** Two different properties. */
function properties(parameters: Parameters, other: string): readonly [PropertyId, PropertyId] {
  const [one, two] = [parameters.property(), parameters.property(other)]
  if (one === two) parameters.fail(other, 'it must be another property')
  return [one, two]
}

/** No value is one of both properties: at the first, values are hidden that the other has. */
export const disjoint: RuleKind = {
  point: 'rule',
  type: 'disjoint',
  version: 1,
  make(parameters): PairRule {
    const both = properties(parameters, 'with')
    const name = `${parameters.label('property')} has no value of ${parameters.label('with')}`
    const scope = parameters.scope()
    const hides: PairRule['hides'] = (first, second) => [first.filter(value => second.includes(value)), []]
    return { stratum: 'pair', name, scope, properties: both, hides }
  },
}

/** Both properties have the same values: at each, those are hidden that the other lacks. */
export const equals: RuleKind = {
  point: 'rule',
  type: 'equals',
  version: 1,
  make(parameters): PairRule {
    const both = properties(parameters, 'with')
    const without = (values: readonly ValueId[], others: readonly ValueId[]) =>
      values.filter(value => !others.includes(value))
    return {
      stratum: 'pair',
      name: `${parameters.label('property')} has the values of ${parameters.label('with')}`,
      scope: parameters.scope(),
      properties: both,
      hidesBoth: true,
      hides: (first, second) => [without(first, second), without(second, first)],
    }
  },
}

/** Each value of the first is less than each of the other: values of the first are hidden that are not, or that have no order with one. */
function less(type: string, words: string, isRight: (order: number) => boolean): RuleKind {
  return {
    point: 'rule',
    type,
    version: 1,
    make(parameters): PairRule {
      const both = properties(parameters, 'than')
      const isLess = (one: ValueId, other: ValueId, terms: TermTable) => {
        const order = compareValues(terms, one, other)
        return order !== undefined && isRight(order)
      }
      return {
        stratum: 'pair',
        name: `${parameters.label('property')} is ${words} ${parameters.label('than')}`,
        scope: parameters.scope(),
        properties: both,
        hides: (first, second, terms) => [
          first.filter(value => second.some(other => !isLess(value, other, terms))),
          [],
        ],
      }
    },
  }
}

export const lessThan = less('less-than', 'less than', order => order < 0)
export const lessThanOrEquals = less('less-than-or-equals', 'at most', order => order <= 0)
