import { compareText } from '../query/index.js'
import type { RuleKind } from './kind.js'
import { compareTimes } from './latest.js'

/** No two subjects have the same value; or the same combination of values of several properties. Of those that claim one concurrently, the first has it. */
export const unique: RuleKind = {
  point: 'rule',
  type: 'unique',
  version: 1,
  make(parameters) {
    const properties = parameters.properties()
    const scope = parameters.scope()
    const name = `${parameters.label('property')} is unique`
    return {
      stratum: 'key',
      name,
      scope,
      properties,
      compare: (a, b) => compareTimes(a.since, b.since) || compareText(a.subject, b.subject),
    }
  },
}
