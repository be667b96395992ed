import { compareValues } from '../query/index.js'
import { canonicalJson, type TermTable } from '../rdf/index.js'
import type { Rule, Scope, SetRule, SubjectRule, ValueLimit, ValueRule } from './rule.js'

/**
 * Whether two rules leave nothing, of whatever data: then one of them is a mistake. Found where rules say of themselves what they ask for; others hide
 * everything, and it is seen.
 */
export function contradict(one: Rule, other: Rule, terms: TermTable): boolean {
  // The cheap question first: there may be thousands of rules.
  return leaveNothing(one, other, terms) && areAboutTheSame(one.scope, other.scope)
}

function leaveNothing(one: Rule, other: Rule, terms: TermTable): boolean {
  if (one.stratum === 'value' && other.stratum === 'value') return nothingSuits(one, other, terms)
  if (one.stratum !== 'subject' || one.reads.length !== 1) return false
  if (other.stratum === 'set') return (one.atLeast ?? 0) > mostOf(other, one)
  return other.stratum === 'value' && lacks(one, other, terms)
}

const areAboutTheSame = (one: Scope, other: Scope): boolean =>
  one.type === 'all' || other.type === 'all' || canonicalJson(one) === canonicalJson(other)

function mostOf({ property, atMost }: SetRule, { reads }: SubjectRule): number {
  return property === reads[0] ? (atMost ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
}

function nothingSuits(one: ValueRule, other: ValueRule, terms: TermTable): boolean {
  if (one.property !== other.property || one.limit === undefined) return false
  if (one.limit.type === 'values') return one.limit.values.every(value => !other.allows(value, terms))
  return other.limit !== undefined && areApart(one.limit, other.limit, terms)
}

function areApart(one: ValueLimit, other: ValueLimit, terms: TermTable): boolean {
  if (one.type === 'datatype' && other.type === 'datatype') return one.datatype !== other.datatype
  if (one.type === 'length' && other.type === 'length')
    return one.side === 'least' && other.side === 'most' && one.length > other.length
  if (one.type !== 'bound' || other.type !== 'bound') return false
  const order = compareValues(terms, one.value, other.value)
  if (order === undefined) return true
  if (one.side !== 'least' || other.side !== 'most') return false
  return order > 0 || (order === 0 && !(one.inclusive && other.inclusive))
}

/** Whether a rule on values hides what a subject needs. */
function lacks({ reads: [property], atLeast = 0, needs }: SubjectRule, other: ValueRule, terms: TermTable): boolean {
  if (typeof other.property === 'object') return atLeast > 0 && !other.property.allBut.has(property)
  if (other.property !== property) return false
  if (needs !== undefined) return !other.allows(needs, terms)
  return other.limit?.type === 'values' && atLeast > other.limit.values.length
}
