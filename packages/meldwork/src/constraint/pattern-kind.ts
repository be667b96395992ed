import type { RuleKind } from './kind.js'
import { RegularExpression } from './regular-expression.js'
import { UnusablePattern } from './regular-expression-syntax.js'
import type { ValueRule } from './rule.js'

/** Only values whose text has a part that matches a pattern are visible: the lexical form of a literal, the whole IRI of a reference. */
export const pattern: RuleKind = {
  point: 'rule',
  type: 'pattern',
  version: 1,
  make(parameters): ValueRule {
    const property = parameters.property()
    const scope = parameters.scope()
    const text = parameters.text('pattern', 'a regular expression, such as "^[A-Z]{2}$"')
    const flags = parameters.has('flags') ? parameters.text('flags', 'letters of i, s, m, x and q') : ''
    const expression = compiled(text, flags, reason => parameters.fail('pattern', `it ${reason}`))
    const name = `${parameters.label('property')} matches ${text}`
    return { stratum: 'value', name, scope, property, allows: value => expression.matches(parameters.lexical(value)) }
  },
}

/** Why a pattern cannot be used; undefined when it can. */
export function patternProblem(pattern: string, flags = ''): string | undefined {
  try {
    new RegularExpression(pattern, flags)
    return undefined
  } catch (error) {
    if (error instanceof UnusablePattern) return error.message
    throw error
  }
}

function compiled(pattern: string, flags: string, fail: (reason: string) => never): RegularExpression {
  try {
    return new RegularExpression(pattern, flags)
  } catch (error) {
    if (!(error instanceof UnusablePattern)) throw error
    return fail(error.message)
  }
}
