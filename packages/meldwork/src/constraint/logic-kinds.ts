import { canonicalJson, type PropertyId, type TermTable, type ValueId } from '../rdf/index.js'
import type { RuleKind } from './kind.js'
import type { Parameters } from './parameters.js'
import type { Rule, Scope, SubjectRule, ValueRule } from './rule.js'

/** What rules are made of that combine others. */
type Part = readonly (ValueRule | SubjectRule)[]

/**
 * Combines rules. Where all of them judge single values of one property, so does the combination; otherwise it judges subjects, and a rule on values inside means
 * that all values comply that are left.
 */
function logic(type: string, join: string, combine: (held: readonly boolean[]) => boolean): RuleKind {
  return {
    point: 'rule',
    type,
    version: 1,
    make(parameters): Rule {
      const scope = parameters.scope()
      const parts = parameters.nested('of').map(rules => rules.map(rule => usable(rule, scope, parameters)))
      const texts = parts.map(part => part.map(({ name }) => name).join(' and '))
      const name = type === 'not' ? `not: ${texts.join(' and ')}` : texts.join(join)
      const property = commonProperty(parts)
      if (property !== undefined) {
        const of = parts as readonly (readonly ValueRule[])[]
        const allows: ValueRule['allows'] = (value, terms) =>
          combine(of.map(part => part.every(rule => rule.allows(value, terms))))
        return { stratum: 'value', name, scope, property, allows }
      }
      const reads = [...new Set(parts.flat().flatMap(propertiesOf))]
      if (reads.length === 0) parameters.fail('of', 'it holds no rule')
      const holds: SubjectRule['holds'] = (values, terms) =>
        combine(parts.map(part => part.every(rule => complies(rule, values, terms))))
      return { stratum: 'subject', name, scope, reads, holds }
    },
  }
}

const propertiesOf = (rule: Part[number]): readonly PropertyId[] =>
  rule.stratum === 'subject' ? rule.reads : [rule.property as PropertyId]

/** That of which all rules judge single values. */
function commonProperty(parts: readonly Part[]): PropertyId | undefined {
  const rules = parts.flat()
  const [first] = rules
  if (first?.stratum !== 'value') return undefined
  const { property } = first
  const isAllOfIt = rules.every(rule => rule.stratum === 'value' && rule.property === property)
  return isAllOfIt ? (property as PropertyId) : undefined
}

function complies(rule: Part[number], values: (of: PropertyId) => readonly ValueId[], terms: TermTable): boolean {
  if (rule.stratum === 'subject') return rule.holds(values, terms)
  return values(rule.property as PropertyId).every(value => rule.allows(value, terms))
}

function usable(rule: Rule, scope: Scope, parameters: Parameters): Part[number] {
  if (rule.stratum !== 'value' && rule.stratum !== 'subject')
    return parameters.fail(
      'of',
      `"${rule.name}" chooses what is seen, and cannot be part of another: declare it by itself`,
    )
  if (rule.stratum === 'value' && typeof rule.property === 'object')
    return parameters.fail(
      'of',
      `"${rule.name}" is about all properties, and cannot be part of another: declare it by itself`,
    )
  if (canonicalJson(rule.scope) !== canonicalJson(scope))
    return parameters.fail('of', `"${rule.name}" says itself which subjects it is about: say it outside`)
  return rule
}

export const logicKinds: readonly RuleKind[] = [
  logic('and', ', and ', held => held.every(one => one)),
  logic('or', ', or ', held => held.some(one => one)),
  logic('not', '', held => !held.every(one => one)),
  logic('xone', ', or else ', held => held.filter(one => one).length === 1),
]
