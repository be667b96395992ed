import { compareValues } from '../query/index.js'
import type { RuleKind } from './kind.js'
import type { ValueRule } from './rule.js'

/** Only values on one side of another are visible. What has no order with it is not. */
function bound(type: string, side: 'least' | 'most', inclusive: boolean, words: string): RuleKind {
  return {
    point: 'rule',
    type,
    version: 1,
    make(parameters): ValueRule {
      const property = parameters.property()
      const scope = parameters.scope()
      const value = parameters.value('value')
      if (compareValues(parameters.terms, value, value) !== 0)
        parameters.fail('value', 'it must be what has an order: a number, a text, a boolean, a date')
      return {
        stratum: 'value',
        name: `${parameters.label('property')} is ${words} ${parameters.label('value')}`,
        scope,
        property,
        limit: { type: 'bound', side, inclusive, value },
        allows(candidate, terms) {
          const order = compareValues(terms, candidate, value)
          if (order === undefined || Number.isNaN(order)) return false
          return order === 0 ? inclusive : order > 0 === (side === 'least')
        },
      }
    },
  }
}

/** Only values whose text is so long, in code points: the lexical form of a literal, the whole IRI of a reference. */
function length(type: string, side: 'least' | 'most', words: string): RuleKind {
  return {
    point: 'rule',
    type,
    version: 1,
    make(parameters): ValueRule {
      const property = parameters.property()
      const scope = parameters.scope()
      const length = parameters.wholeNumber('length')
      return {
        stratum: 'value',
        name: `${parameters.label('property')} has ${words} ${length} ${length === 1 ? 'character' : 'characters'}`,
        scope,
        property,
        limit: { type: 'length', side, length },
        allows(value) {
          const found = codePoints(parameters.lexical(value))
          return side === 'least' ? found >= length : found <= length
        },
      }
    },
  }
}

function codePoints(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) !== 0xdc00) count++
  return count
}

export const boundKinds: readonly RuleKind[] = [
  bound('min-inclusive', 'least', true, 'at least'),
  bound('max-inclusive', 'most', true, 'at most'),
  bound('min-exclusive', 'least', false, 'more than'),
  bound('max-exclusive', 'most', false, 'less than'),
  length('min-length', 'least', 'at least'),
  length('max-length', 'most', 'at most'),
]
