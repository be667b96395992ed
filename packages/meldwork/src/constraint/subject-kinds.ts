import type { RuleKind } from './kind.js'
import type { Parameters } from './parameters.js'
import type { Scope, SubjectRule } from './rule.js'

/** A subject shows nothing while it has no visible value of a property. */
export const required: RuleKind = {
  point: 'rule',
  type: 'required',
  version: 1,
  make(parameters): SubjectRule {
    const property = parameters.property()
    const scope = scopeOf(parameters)
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

/** A subject shows nothing while it has fewer visible values of a property. */
export const minCount: RuleKind = {
  point: 'rule',
  type: 'min-count',
  version: 1,
  make(parameters): SubjectRule {
    const property = parameters.property()
    const count = parameters.wholeNumber('count')
    const scope = scopeOf(parameters)
    return {
      stratum: 'subject',
      name: `${parameters.label('property')} has at least ${count} ${count === 1 ? 'value' : 'values'}`,
      scope,
      reads: [property],
      atLeast: count,
      holds: values => values(property).length >= count,
    }
  },
}

/** A subject shows nothing while one value of a property is not visible. */
export const hasValue: RuleKind = {
  point: 'rule',
  type: 'has-value',
  version: 1,
  make(parameters): SubjectRule {
    const property = parameters.property()
    const value = parameters.value('value')
    const scope = scopeOf(parameters)
    return {
      stratum: 'subject',
      name: `${parameters.label('property')} has the value ${parameters.label('value')}`,
      scope,
      reads: [property],
      needs: value,
      atLeast: 1,
      holds: values => values(property).includes(value),
    }
  },
}

/** Not all subjects: few data has each of a domain. */
function scopeOf(parameters: Parameters): Scope {
  const scope = parameters.scope()
  if (scope.type === 'all')
    parameters.fail('class', 'say of which subjects it is required: by their class, for instance')
  return scope
}
