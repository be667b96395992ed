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

/** What the first strata say of the values of one property at one subject. */
interface Group {
  /** The values that they leave, each once. */
  readonly left: readonly ValueId[]
  /** Of those that are not left. */
  readonly reasons: ReadonlyMap<ValueId, Rule>
}

const noReasons: ReadonlyMap<ValueId, Rule> = new Map()
const noValues: readonly ValueId[] = []
const nothing: Group = { left: noValues, reasons: noReasons }

/** Groups by subject and property. */
class Groups {
  private readonly bySubject = new Map<ValueId, Map<PropertyId, Group>>()
  /** Those of the subject asked for last: questions about one come together. */
  private subject: ValueId | undefined
  private groups!: Map<PropertyId, Group>

  of(subject: ValueId): Map<PropertyId, Group> {
    if (subject === this.subject) return this.groups
    const groups = this.bySubject.get(subject) ?? new Map()
    this.bySubject.set(subject, groups)
    this.subject = subject
    this.groups = groups
    return groups
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
  private byPairs: Groups | undefined
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

  /** Whether these strata leave all values. */
  isClear(subject: ValueId, property: PropertyId): boolean {
    return this.pairs(subject, property).reasons.size === 0
  }

  /** The values that these strata leave. */
  leftByPairs(subject: ValueId, property: PropertyId): readonly ValueId[] {
    return this.pairs(subject, property).left
  }

  // --- value

  private refusal(
    rules: PropertyRules | undefined,
    subject: ValueId,
    property: PropertyId,
    value: ValueId,
  ): ValueRule | undefined {
    if (rules !== undefined) for (const rule of rules.values) if (this.isRefused(rule, subject, value)) return rule
    for (const rule of this.index.general)
      if (isGeneralTo(rule, property) && this.isRefused(rule, subject, value)) return rule
    return undefined
  }

  private isRefused(rule: ValueRule, subject: ValueId, value: ValueId): boolean {
    return this.isAbout(rule, subject) && !rule.allows(value, this.graph.terms)
  }

  // --- set

  private sets(subject: ValueId, property: PropertyId): Group {
    const groups = this.bySets.of(subject)
    let group = groups.get(property)
    if (group === undefined) {
      group = this.chosen(subject, property)
      groups.set(property, group)
    }
    return group
  }

  private chosen(subject: ValueId, property: PropertyId): Group {
    const { graph, buffer } = this
    const rules = this.index.of(property)
    const length = graph.observed(subject, property, buffer)
    if (length === 0) return nothing
    // Mostly there is one, and nobody minds.
    if (length === observedStride && rules?.keepsOne !== false) {
      const value = buffer[1]
      const rule = this.refusal(rules, subject, property, value)
      return rule === undefined
        ? { left: [value], reasons: noReasons }
        : { left: noValues, reasons: new Map([[value, rule]]) }
    }
    const candidates = candidatesOf(graph, subject, property)
    const reasons = new Map<ValueId, Rule>()
    for (const { value } of candidates) {
      const rule = this.refusal(rules, subject, property, value)
      if (rule !== undefined) reasons.set(value, rule)
    }
    for (const rule of rules?.sets ?? []) {
      const left = candidates.filter(({ value }) => !reasons.has(value))
      if (left.length === 0 || (left.length === 1 && rule.keepsOne === true) || !this.isAbout(rule, subject)) continue
      for (const value of rule.hides(left, graph.terms)) reasons.set(value, rule)
    }
    const left = new Set<ValueId>()
    for (const { value } of candidates) if (!reasons.has(value)) left.add(value)
    return { left: [...left], reasons }
  }

  // --- pair

  private pairs(subject: ValueId, property: PropertyId): Group {
    const rules = this.index.of(property)?.pairs
    const group = this.sets(subject, property)
    if (rules === undefined || rules.length === 0) return group
    this.byPairs ??= new Groups()
    const groups = this.byPairs.of(subject)
    let compared = groups.get(property)
    if (compared === undefined) {
      compared = this.compared(subject, property, group, rules)
      groups.set(property, compared)
    }
    return compared
  }

  private compared(
    subject: ValueId,
    property: PropertyId,
    { left, reasons }: Group,
    rules: readonly PairRule[],
  ): Group {
    const all = new Map(reasons)
    const values = (of: PropertyId) => this.sets(subject, of).left
    for (const rule of rules) {
      if (!this.isAbout(rule, subject)) continue
      const hidden = rule.hides(values(rule.properties[0]), values(rule.properties[1]), this.graph.terms)
      for (const side of [0, 1] as const)
        if (rule.properties[side] === property)
          for (const value of hidden[side]) if (!all.has(value)) all.set(value, rule)
    }
    return { left: left.filter(value => !all.has(value)), reasons: all }
  }
}

const isGeneralTo = ({ property }: ValueRule, of: PropertyId): boolean =>
  typeof property === 'object' && !property.allBut.has(of)

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

/** The earliest dot of a value. Of one that is not live, any answer. */
export function firstDot(graph: Graph, subject: ValueId, property: PropertyId, value: ValueId): Candidate {
  let first: Candidate | undefined
  for (const candidate of candidatesOf(graph, subject, property))
    if (candidate.value === value && (first === undefined || compareTimes(candidate, first) < 0)) first = candidate
  return first ?? { value, replica: graph.replicas.ids[graph.replicas.ids.length - 1], counter: 0, time: 0 }
}

/** Whether a value can be a subject. */
export const isSubject = ({ terms }: Graph, value: ValueId): boolean => terms.kind(value) === TermKind.iri
