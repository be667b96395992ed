import { type PropertyId, rdf, type TermTable } from '../rdf/index.js'
import type { Rule, Scope } from './rule.js'

/**
 * Whether rules can be kept together with others that are in force: none may break what an earlier stratum has made sure of.
 * @returns why not, for people; undefined when they can
 */
export function unsoundness(rules: readonly Rule[], others: readonly Rule[], terms: TermTable): string | undefined {
  for (const rule of rules)
    for (const other of [...others, ...rules]) {
      if (rule === other) continue
      const reason = between(rule, other, terms) ?? between(other, rule, terms)
      if (reason !== undefined) return reason
    }
  for (const rule of rules)
    if (rule.stratum === 'reference' && rule.property === terms.property(rdf.type, true))
      return 'a type cannot have to be there: types decide what rules are about'
  for (const rule of rules)
    if (rule.stratum === 'inference' && [...others, ...rules].some(other => hidesByType(other, rule.adds, terms)))
      return `"${rule.name}" adds types, and rules are about the subjects of types: they would not be about those that get one so`
  return undefined
}

function between(rule: Rule, other: Rule, terms: TermTable): string | undefined {
  const label = (property: PropertyId) => terms.propertyText(property)
  if (rule.stratum === 'subject' && other.stratum === 'reference' && rule.reads.includes(other.property))
    return `"${rule.name}" counts values that "${other.name}" may hide after it`
  if (rule.stratum === 'subject' && other.stratum === 'set' && rule.reads.includes(other.property))
    if ((rule.atLeast ?? 0) > (other.atMost ?? Number.POSITIVE_INFINITY))
      return `it contradicts another: "${rule.name}", but "${other.name}"`
  if (rule.stratum === 'inference' && other.stratum !== 'inference' && other.stratum !== 'input') {
    const added = rule.adds.find(property => looksAt(other, property))
    if (added !== undefined)
      return `"${rule.name}" adds values of ${label(added)}, of which "${other.name}" does not know`
  }
  if (rule.stratum === 'pair' && rule.hidesBoth === true) {
    const shared = propertiesOf(other).find(property => rule.properties.includes(property))
    if (shared !== undefined && isAfterSets(other))
      return `"${other.name}" may hide values of ${label(shared)} that "${rule.name}" needs`
  }
  return undefined
}

/** Whether a rule judges by values of a property. */
function looksAt(rule: Rule, property: PropertyId): boolean {
  if (rule.stratum === 'value' && typeof rule.property === 'object') return !rule.property.allBut.has(property)
  return propertiesOf(rule).includes(property) || scopeProperties(rule.scope).includes(property)
}

function scopeProperties(scope: Scope): readonly PropertyId[] {
  if (scope.type === 'subjects-of' || scope.type === 'objects-of') return [scope.property]
  return scope.type === 'any' ? scope.of.flatMap(scopeProperties) : []
}

/** Whether a rule depends on types, where types are added. */
function hidesByType(rule: Rule, adds: readonly PropertyId[], terms: TermTable): boolean {
  if (!adds.includes(terms.property(rdf.type, true))) return false
  if (rule.stratum === 'inference' || rule.stratum === 'input') return false
  return hasClass(rule.scope) || (rule.stratum === 'reference' && rule.classes.length > 0)
}

const hasClass = (scope: Scope): boolean =>
  scope.type === 'class' || (scope.type === 'any' && scope.of.some(part => hasClass(part)))

const isAfterSets = ({ stratum }: Rule): boolean => stratum === 'pair' || stratum === 'key' || stratum === 'reference'

function propertiesOf(rule: Rule): readonly PropertyId[] {
  switch (rule.stratum) {
    case 'pair':
    case 'key':
      return rule.properties
    case 'subject':
      return rule.reads
    case 'inference':
      return rule.adds
    case 'value':
      return typeof rule.property === 'object' ? [] : [rule.property]
    default:
      return [rule.property]
  }
}
