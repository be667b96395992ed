import type { RuleKind } from './kind.js'

/** A reference is visible only while there is something where it leads; or something of a type. */
export const reference: RuleKind = {
  point: 'rule',
  type: 'reference',
  version: 1,
  make(parameters) {
    const property = parameters.property()
    const scope = parameters.scope()
    const classes = parameters.has('to') ? parameters.classes('to') : []
    const label = parameters.label('property')
    const name = classes.length > 0 ? `${label} refers to a ${parameters.label('to')}` : `${label} refers to something`
    return { stratum: 'reference', name, scope, property, classes }
  },
}
