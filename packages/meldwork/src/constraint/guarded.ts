import type { TermTable, ValueId } from '../rdf/index.js'
import type { Candidate, InputTools, Rule } from './rule.js'

/**
 * A rule of which nothing gets out when it throws, or answers what is no answer: it is as if it allowed what it was asked about.
 * @param failed is told of the rule, and of what it has thrown
 */
export function guarded(rule: Rule, failed: (rule: Rule, error: unknown) => void): Rule {
  const attempt = <T>(ask: () => T, otherwise: T): T => {
    try {
      return ask()
    } catch (error) {
      failed(safe, error)
      return otherwise
    }
  }
  const safe: Rule = guard()
  return safe

  function guard(): Rule {
    switch (rule.stratum) {
      case 'value':
        return { ...rule, allows: (value, terms) => attempt(() => rule.allows(value, terms), true) }
      case 'set':
        return {
          ...rule,
          hides: (candidates: readonly Candidate[], terms: TermTable) =>
            // An answer of another form throws here, where that is told.
            attempt(() => [...rule.hides(candidates, terms)], []),
        }
      case 'pair':
        return {
          ...rule,
          hides: (first, second, terms) =>
            attempt(() => {
              const [ofFirst, ofSecond] = rule.hides(first, second, terms)
              return [[...ofFirst], [...ofSecond]]
            }, [[], []]),
        }
      case 'key':
        return {
          ...rule,
          compare: (first, second) =>
            attempt(() => rule.compare(first, second), first.subject < second.subject ? -1 : 1),
        }
      case 'subject':
        return { ...rule, holds: (values, terms) => attempt(() => rule.holds(values, terms), true) }
      case 'reference':
        return rule
      case 'inference':
        return { ...rule, infer: (subject, data, add) => attempt(() => rule.infer(subject, data, add), undefined) }
      case 'input': {
        const { value, otherwise } = rule
        return {
          ...rule,
          ...(value && { value: (id: ValueId, tools: InputTools) => attempt(() => value(id, tools), id) }),
          ...(otherwise && { otherwise: (id: ValueId, tools: InputTools) => attempt(() => otherwise(id, tools), 0) }),
        }
      }
    }
  }
}
