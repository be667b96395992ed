import type { RuleKind } from './kind.js'

/** A subject shows nothing while it has no visible value of a property. */
export const required: RuleKind = {
  point: 'rule',
  type: 'required',
  version: 1,
  make(parameters) {
    const property = parameters.property()
    const scope = parameters.scope()
    if (scope.type === 'all')
      parameters.fail('class', 'say of which subjects it is required: by their class, for instance')
    const name = `${parameters.label('property')} is required`
    return {
      stratum: 'subject',
      name,
      scope,
      reads: [property],
      atLeast: 1,
      holds: values => values(property).length > 0,
    }
  },
}
