import type { RuleKind } from './kind.js'

/** Only some values are visible. */
export const allowedValues: RuleKind = {
  point: 'rule',
  type: 'in',
  version: 1,
  make(parameters) {
    const property = parameters.property()
    const scope = parameters.scope()
    const values = new Set(parameters.values('values'))
    const name = `${parameters.label('property')} is one of ${parameters.label('values')}`
    return { stratum: 'value', name, scope, property, allows: value => values.has(value) }
  },
}
