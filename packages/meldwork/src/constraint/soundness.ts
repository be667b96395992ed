import { list, type PropertyId, rdf, type ValueId } from '../rdf/index.js'
import type { Keys } from '../subject/index.js'
import { contradict } from './contradictions.js'
import { ruleNamespace } from './declaration.js'
import type { Rule, Scope } from './rule.js'

/**
 * Whether rules can be kept together with others that are in force: none may break what an earlier stratum has made sure of. `docs/rules.md` goes through the
 * strata two by two.
 * @returns why not, for people; undefined when they can
 */
export function unsoundness(rules: readonly Rule[], others: readonly Rule[], keys: Keys): string | undefined {
  for (const rule of rules) {
    const reason = alone(rule, keys)
    if (reason !== undefined) return reason
    for (const other of [...others, ...rules]) {
      if (rule === other) continue
      const reason = between(rule, other, keys) ?? between(other, rule, keys)
      if (reason !== undefined) return reason
    }
  }
  return undefined
}

/** What no rule may do, whatever others there are. */
function alone(rule: Rule, keys: Keys): string | undefined {
  const { terms, context } = keys
  const lists: readonly string[] = Object.values(list)
  for (const property of [...propertiesOf(rule), ...propertiesIn(rule.scope)]) {
    const iri = context.iris.absolute(terms.propertyText(property))
    if (lists.includes(iri)) return `"${rule.name}" is about ${iri}, of which lists are made`
    if (iri.startsWith(ruleNamespace)) return `"${rule.name}" is about ${iri}: no rule is about rules`
  }
  if (classesIn(rule.scope).some(type => context.iris.absolute(terms.text(type)).startsWith(ruleNamespace)))
    return `"${rule.name}" is about rules, and no rule is`
  if (rule.stratum === 'reference' && rule.property === terms.property(rdf.type, true))
    return 'a type cannot have to be there: types decide what rules are about'
  // It would hide all subjects that have nothing to do with it.
  if (rule.stratum === 'subject' && isOfAll(rule.scope) && !rule.holds(() => [], terms))
    return `"${rule.name}" does not hold of a subject that has none of the properties: say of which subjects it must, by their class, for instance`
  return undefined
}

function between(rule: Rule, other: Rule, keys: Keys): string | undefined {
  if (rule.stratum === 'subject' && other.stratum === 'reference' && rule.reads.includes(other.property))
    return `"${rule.name}" counts values that "${other.name}" may hide after it`
  if (rule.stratum === 'pair' && rule.hidesBoth === true && isAfterSets(other)) {
    const shared = propertiesOf(other).find(property => rule.properties.includes(property))
    if (shared !== undefined)
      return `"${other.name}" may hide values of ${labelOf(shared, keys)} that "${rule.name}" needs`
  }
  if (contradict(rule, other, keys.terms))
    return `it contradicts another: "${rule.name}", but "${other.name}". Together they hide everything`
  if (rule.stratum === 'inference' && isJudging(other)) {
    const added = rule.adds.find(property => looksAt(other, property))
    if (added !== undefined)
      return `"${rule.name}" adds values of ${labelOf(added, keys)}, of which "${other.name}" does not know`
    if (rule.adds.includes(keys.terms.property(rdf.type, true)) && dependsOnTypes(other))
      return `"${rule.name}" adds types, and "${other.name}" would not be about those that get one so`
  }
  return undefined
}

const isJudging = ({ stratum }: Rule): boolean => stratum !== 'inference' && stratum !== 'input'

/** Whether a rule judges by values of a property. */
function looksAt(rule: Rule, property: PropertyId): boolean {
  if (rule.stratum === 'value' && typeof rule.property === 'object') return !rule.property.allBut.has(property)
  return propertiesOf(rule).includes(property) || propertiesIn(rule.scope).includes(property)
}

const dependsOnTypes = (rule: Rule): boolean =>
  classesIn(rule.scope).length > 0 || (rule.stratum === 'reference' && rule.classes.length > 0)

const labelOf = (property: PropertyId, { context, terms }: Keys): string =>
  context.compactVocab(context.iris.absolute(terms.propertyText(property)))

const isAfterSets = ({ stratum }: Rule): boolean => stratum === 'pair' || stratum === 'key' || stratum === 'reference'

/** Those that a rule names. */
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

const isOfAll = (scope: Scope): boolean => scope.type === 'all' || (scope.type === 'any' && scope.of.some(isOfAll))

function propertiesIn(scope: Scope): readonly PropertyId[] {
  if (scope.type === 'any') return scope.of.flatMap(propertiesIn)
  return scope.type === 'subjects-of' || scope.type === 'objects-of' ? [scope.property] : []
}

function classesIn(scope: Scope): readonly ValueId[] {
  if (scope.type === 'any') return scope.of.flatMap(classesIn)
  return scope.type === 'class' ? scope.classes : []
}
