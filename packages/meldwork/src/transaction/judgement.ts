import {
  type Candidate,
  compareTimes,
  type PairRule,
  type Rule,
  type Scope,
  type ValueRule,
} from '../constraint/index.js'
import { type Graph, observedStride } from '../graph/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import { isTripleWise, type PropertyRules, type RuleIndex } from './rule-index.js'

/** A value that rules have left so far. */
export interface Left {
  readonly value: ValueId
  /** Its earliest dot. */
  readonly first: Candidate
}

/** What the first strata say of the values of one property at one subject. */
interface Group {
  readonly left: readonly Left[]
  /** Of those that are not left. */
  readonly reasons: ReadonlyMap<ValueId, Rule>
}

const noReasons: ReadonlyMap<ValueId, Rule> = new Map()
const nothing: Group = { left: [], reasons: noReasons }

/** Groups by subject and property. */
class Groups {
  private readonly bySubject = new Map<ValueId, Map<PropertyId, Group>>()
  /** Those of the subject asked for last: questions about one come together. */
  private subject: ValueId | undefined
  private groups: Map<PropertyId, Group> = new Map()

  of(subject: ValueId): ReadonlyMap<PropertyId, Group> {
    return this.ofSubject(subject)
  }

  put(subject: ValueId, property: PropertyId, group: Group): Group {
    this.ofSubject(subject).set(property, group)
    return group
  }

  private ofSubject(subject: ValueId): Map<PropertyId, Group> {
    if (subject === this.subject) return this.groups
    this.subject = subject
    this.groups = this.bySubject.get(subject) ?? new Map()
    this.bySubject.set(subject, this.groups)
    return this.groups
  }
}

/**
 * The first three strata, those that look at no more than two properties of one subject: what they say of the live state of now. To be dropped when that
 * changes.
 */
export class Judgement {
  private readonly graph: Graph
  private readonly index: RuleIndex
  private readonly typeProperty: PropertyId
  /** By subject and property: what `set` has left, and what `pair` has. */
  private readonly bySets = new Groups()
  private readonly byPairs = new Groups()
  private readonly buffer: number[] = []

  constructor(graph: Graph, index: RuleIndex, typeProperty: PropertyId) {
    this.graph = graph
    this.index = index
    this.typeProperty = typeProperty
  }

  /** Whether a rule is about a subject. */
  isAbout({ scope }: Rule, subject: ValueId): boolean {
    return this.isIn(scope, subject)
  }

  private isIn(scope: Scope, subject: ValueId): boolean {
    const { graph } = this
    switch (scope.type) {
      case 'all':
        return true
      case 'class':
        return scope.classes.some(type => graph.isLive(subject, this.typeProperty, type))
      case 'subjects-of':
        return graph.observed(subject, scope.property, this.buffer) > 0
      case 'objects-of':
        return graph.liveSubjectsWith(scope.property, subject, this.buffer) > 0
      case 'nodes':
        return scope.nodes.includes(subject)
      case 'any':
        return scope.of.some(part => this.isIn(part, subject))
    }
  }

  /** The rule of one of these strata by which a value is not seen. */
  reason(subject: ValueId, property: PropertyId, value: ValueId): Rule | undefined {
    const rules = this.index.of(property)
    if (rules === undefined || isTripleWise(rules)) return this.refusal(rules, subject, property, value)
    return this.pairs(subject, property).reasons.get(value)
  }

  /** The values that these strata leave. */
  leftByPairs(subject: ValueId, property: PropertyId): readonly Left[] {
    return this.pairs(subject, property).left
  }

  // --- value

  private refusal(
    rules: PropertyRules | undefined,
    subject: ValueId,
    property: PropertyId,
    value: ValueId,
  ): ValueRule | undefined {
    const { general } = this.index
    const isRefused = (rule: ValueRule) => this.isAbout(rule, subject) && !rule.allows(value, this.graph.terms)
    const own = rules?.values.find(isRefused)
    if (own !== undefined || general.length === 0) return own
    return general.find(rule => isGeneralTo(rule, property) && isRefused(rule))
  }

  // --- set

  private sets(subject: ValueId, property: PropertyId): Group {
    return this.bySets.of(subject).get(property) ?? this.bySets.put(subject, property, this.chosen(subject, property))
  }

  private chosen(subject: ValueId, property: PropertyId): Group {
    const rules = this.index.of(property)
    const candidates = candidatesOf(this.graph, subject, property)
    if (candidates.length === 0) return nothing
    const [first] = candidates
    // Mostly there is one, and nobody minds.
    const isEasy = candidates.length === 1 && rules?.sets.every(({ keepsOne }) => keepsOne === true) !== false
    if (isEasy && this.refusal(rules, subject, property, first.value) === undefined)
      return { left: [{ value: first.value, first }], reasons: noReasons }
    const reasons = new Map<ValueId, Rule>()
    for (const { value } of candidates) {
      const rule = this.refusal(rules, subject, property, value)
      if (rule !== undefined) reasons.set(value, rule)
    }
    for (const rule of rules?.sets ?? []) {
      const left = candidates.filter(({ value }) => !reasons.has(value))
      if (left.length === 0 || (left.length === 1 && rule.keepsOne === true) || !this.isAbout(rule, subject)) continue
      for (const value of rule.hides(left, this.graph.terms)) reasons.set(value, rule)
    }
    return { left: firsts(candidates, reasons), reasons }
  }

  // --- pair

  private pairs(subject: ValueId, property: PropertyId): Group {
    const rules = this.index.of(property)?.pairs ?? []
    const group = this.sets(subject, property)
    if (rules.length === 0) return group
    const known = this.byPairs.of(subject).get(property)
    return known ?? this.byPairs.put(subject, property, this.compared(subject, property, group, rules))
  }

  private compared(
    subject: ValueId,
    property: PropertyId,
    { left, reasons }: Group,
    rules: readonly PairRule[],
  ): Group {
    const all = new Map(reasons)
    const values = (of: PropertyId) => this.sets(subject, of).left.map(({ value }) => value)
    for (const rule of rules) {
      if (!this.isAbout(rule, subject)) continue
      const hidden = rule.hides(values(rule.properties[0]), values(rule.properties[1]), this.graph.terms)
      for (const side of [0, 1] as const)
        if (rule.properties[side] === property)
          for (const value of hidden[side]) if (!all.has(value)) all.set(value, rule)
    }
    return { left: left.filter(({ value }) => !all.has(value)), reasons: all }
  }
}

const isGeneralTo = ({ property }: ValueRule, of: PropertyId): boolean =>
  typeof property === 'object' && !property.allBut.has(of)

/** The earliest dot of each value that is left. */
function firsts(candidates: readonly Candidate[], hidden: ReadonlyMap<ValueId, Rule>): Left[] {
  const firsts = new Map<ValueId, Candidate>()
  for (const candidate of candidates) {
    if (hidden.has(candidate.value)) continue
    const first = firsts.get(candidate.value)
    if (first === undefined || compareTimes(candidate, first) < 0) firsts.set(candidate.value, candidate)
  }
  return Array.from(firsts, ([value, first]) => ({ value, first }))
}

/** The values that are live, hidden or not: one for each dot. */
export function candidatesOf(graph: Graph, subject: ValueId, property: PropertyId): Candidate[] {
  const observed: number[] = []
  const length = graph.observed(subject, property, observed)
  const candidates: Candidate[] = []
  for (let at = 0; at < length; at += observedStride) {
    const counter = observed[at + 2]
    const replica = observed[at + 3]
    const time = graph.times.of(replica, counter)
    candidates.push({ value: observed[at + 1], replica: graph.replicas.ids[replica], counter, time })
  }
  return candidates
}

/** Whether a value can be a subject. */
export const isSubject = ({ terms }: Graph, value: ValueId): boolean => terms.kind(value) === TermKind.iri
