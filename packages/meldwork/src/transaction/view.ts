import {
  byValue,
  type Candidate,
  compareTimes,
  type InputTools,
  type KeyRule,
  listRules,
  type ReferenceRule,
  type Rule,
  type SubjectRule,
} from '../constraint/index.js'
import { Effect, Effects, effectStride, type Graph, ListProperty, observedStride, visibly } from '../graph/index.js'
import type { Changes } from '../operation/index.js'
import { type PropertyId, rdf, type ValueId } from '../rdf/index.js'
import { type ClaimSource, Claims, CombinedClaim, type KeyClaim, PlainClaim } from './claims.js'
import { concerns, Dirty } from './dirty.js'
import { Inferences } from './inferences.js'
import { applyInput } from './input.js'
import { candidatesOf, firstDot, isSubject, Judgement } from './judgement.js'
import { Reasons } from './reasons.js'
import { isTripleWise, RuleIndex } from './rule-index.js'
import { scopeChanges } from './scope-changes.js'

/** A triple that a rule does not let be seen. */
export interface Hidden {
  readonly rule: Rule
  readonly subject: ValueId
  readonly property: PropertyId
  readonly object: ValueId
}

/** Beyond so many combinations of values a subject claims no more keys of one rule: those of the values that were written first count. */
const mostClaims = 256

/**
 * From live to visible: `visible = rules(live)`, kept up to date in proportion to the change. After a transaction has changed what is live, what
 * it touched is judged again, stratum by stratum (`constraint/rule.ts`); what the rules hide becomes hidden, all else shown.
 *
 * What it remembers (claims of keys, subjects and references that are not shown, reasons) is a function of what is live, as what is visible is: so an undone
 * transaction is judged like any other.
 */
export class View {
  private readonly graph: Graph
  private readonly typeProperty: PropertyId
  /** Those that are in force whatever is declared. */
  private readonly engine: ReadonlySet<Rule>
  private declared: ReadonlySet<Rule> = new Set()
  private index: RuleIndex
  private claims: ReadonlyMap<KeyRule, Claims> = new Map()
  private sources: ReadonlyMap<KeyRule, ClaimSource> = new Map()
  /** Subjects of which nothing is shown. */
  private readonly broken = new Map<ValueId, SubjectRule>()
  private inferences: Inferences | undefined
  /** By rule: what is referred to and is not there, as far as the rule goes. */
  private absent: ReadonlyMap<ReferenceRule, Set<ValueId>> = new Map()
  readonly reasons = new Reasons()
  private readonly buffer: number[] = []

  /**
   * @param rules those that are declared
   * @param more such as lists have, in force whatever is declared: nobody is told of what they hide, and no write is refused for them
   */
  constructor(graph: Graph, rules: readonly Rule[], more: readonly Rule[] = []) {
    this.graph = graph
    this.typeProperty = graph.terms.property(rdf.type, true)
    this.engine = new Set([...listRules(ListProperty.position, ListProperty.item), ...more])
    this.index = this.load(rules)
    this.inferences = this.newInferences()
  }

  /** What is known of rules that stay is kept. */
  private load(rules: readonly Rule[]): RuleIndex {
    const index = new RuleIndex([...this.engine, ...rules], this.typeProperty)
    const { claims, absent } = this
    this.claims = new Map(index.keys.map(rule => [rule, claims.get(rule) ?? new Claims(rule)]))
    this.sources = new Map(index.keys.map(rule => [rule, this.source(rule)]))
    this.absent = new Map(index.references.map(rule => [rule, absent.get(rule) ?? new Set()]))
    this.declared = new Set(rules)
    return index
  }

  private newInferences(): Inferences | undefined {
    const { inferences } = this.index
    if (inferences.length === 0) return undefined
    return new Inferences(this.graph, inferences, subject => this.broken.has(subject))
  }

  /**
   * Puts other rules in force, and appends what is shown and hidden by that. Goes through all that those are about which were not in force before, or are no more; a
   * rule that stays is the same object.
   */
  setRules(rules: readonly Rule[], effects: Effects): void {
    const { declared: before, reasons, broken } = this
    const after = new Set(rules)
    const gone = new Set([...before].filter(rule => !after.has(rule)))
    const changed = [...gone, ...rules.filter(rule => !before.has(rule))]
    if (changed.length === 0) return
    const hidden = [...reasons.entries()].filter(([, , , rule]) => gone.has(rule))
    this.index = this.load(rules)
    const dirty = this.ruledBy(new RuleIndex(changed, this.typeProperty))
    // What was hidden may be under no rule any more.
    for (const [subject, property, object] of hidden) dirty.triple(subject, property, object)
    const freed = [...broken].flatMap(([subject, rule]) => (gone.has(rule) ? [subject] : []))
    for (const subject of freed) {
      broken.delete(subject)
      dirty.whole(subject)
    }
    const infersOther = changed.some(({ stratum }) => stratum === 'inference')
    if (infersOther) {
      this.inferences?.clear(effects)
      this.inferences = undefined
    }
    const turned = this.settle(dirty, effects)
    if (infersOther) {
      this.inferences = this.newInferences()
      this.inferences?.all(effects)
    } else this.inferences?.update(effects, [...freed, ...turned])
  }

  /** Judges everything: for a state that has just been loaded. @param effects what changes by it is appended to these */
  judgeAll(effects = new Effects()): void {
    this.settle(this.ruledBy(this.index), effects)
    this.inferences?.all(effects)
  }

  /** All that these rules are about. */
  private ruledBy(index: RuleIndex): Dirty {
    const { graph, buffer } = this
    const dirty = new Dirty()
    const all = index.general.length > 0 || index.subjects.length > 0
    // Of these nothing may be live yet; when there is, it need not be of a property that has rules.
    for (const subject of index.namedSubjects) dirty.whole(subject)
    const properties = [...index.properties()].filter(property => graph.countProperty(property) > 0)
    if (!all && properties.length === 0) return dirty
    for (const subject of graph.liveSubjects()) {
      for (const property of index.objectProperties) {
        const count = graph.observed(subject, property, buffer)
        for (let at = 0; at < count; at += observedStride)
          if (isSubject(graph, buffer[at + 1])) dirty.whole(buffer[at + 1])
      }
      if (all) dirty.whole(subject)
      else
        for (const property of properties)
          if (graph.observed(subject, property, buffer) > 0) this.group(dirty, subject, property)
    }
    return dirty
  }

  /** Brings what is visible up to date with these effects, and appends what changed by it. */
  update(effects: Effects): void {
    const { everything } = effects
    if (everything !== undefined && everything.wasThere === undefined) {
      this.judgeAll(effects)
      return
    }
    if (everything !== undefined) {
      if (this.isIdle) return
      effects.spell()
    }
    const dirty = this.touched(effects, 1)
    const shown = dirty === undefined ? [] : this.settle(dirty, effects)
    this.inferences?.update(effects, shown)
  }

  /** Whether no rule is about anything that is there. */
  private get isIdle(): boolean {
    const { graph, index, inferences, broken } = this
    const { general, subjects, references, namedSubjects } = index
    if (general.length + subjects.length + references.length > 0 || inferences !== undefined) return false
    if ([...namedSubjects].length > 0 || broken.size > 0) return false
    return [...index.properties()].every(property => graph.countProperty(property) === 0)
  }

  /** Effects have been undone in the graph. */
  undone(effects: Effects): void {
    const dirty = this.touched(effects, -1)
    const shown = dirty === undefined ? [] : this.settle(dirty, new Effects())
    if (this.inferences === undefined) return
    // What was inserted and what was removed concern the same.
    const again = new Effects()
    effects.appendInverse(again)
    this.inferences.update(again, shown)
  }

  /** What is to be judged again because of these effects; mostly nothing. @param sign 1 when they are in the graph, -1 when they have been undone */
  private touched(effects: Effects, sign: 1 | -1): Dirty | undefined {
    const { graph, index, broken, typeProperty } = this
    const { list, length } = effects
    const everything = index.general.length > 0 || index.references.length > 0
    let dirty: Dirty | undefined
    for (const whom of scopeChanges(graph, index, typeProperty, effects, sign)) {
      dirty ??= new Dirty()
      dirty.whole(whom)
    }
    for (let at = 0; at < length; at += effectStride) {
      const property = list[at + 2]
      const rules = index.of(property)
      if (rules === undefined && !everything && broken.size === 0) continue
      const subject = list[at + 1]
      const object = list[at + 3]
      if (rules === undefined && !everything && !broken.has(subject)) continue
      dirty ??= new Dirty()
      if (rules === undefined || isTripleWise(rules)) dirty.triple(subject, property, object)
      else {
        this.group(dirty, subject, property)
        if (rules.references.length > 0) dirty.triple(subject, property, object)
      }
    }
    return dirty
  }

  /** All values of a property, and those that they are compared with. */
  private group(dirty: Dirty, subject: ValueId, property: PropertyId): void {
    dirty.property(subject, property)
    for (const { properties } of this.index.of(property)?.pairs ?? [])
      for (const other of properties) dirty.property(subject, other)
  }

  /** @returns the subjects that have become broken, or are broken no more */
  private settle(dirty: Dirty, effects: Effects): readonly ValueId[] {
    const { index } = this
    const judgement = new Judgement(this.graph, index, this.typeProperty)
    for (const rule of index.keys) this.claim(rule, dirty, judgement)
    const turned = index.subjects.length > 0 ? this.judgeSubjects(dirty, judgement) : []
    const references = new Dirty()
    for (const [subject, { whole, properties, triples }] of dirty.subjects) {
      if (whole) this.showAll(subject, judgement, references, effects)
      else {
        for (const property of properties) this.show(subject, property, judgement, references, effects)
        for (const [property, objects] of triples)
          if (!properties.includes(property))
            for (const object of objects) this.showOne(subject, property, object, judgement, references, effects)
      }
    }
    if (index.references.length > 0) this.judgeReferences(dirty, references, judgement, effects)
    return turned
  }

  // --- keys

  private source({ properties: [property] }: KeyRule): ClaimSource {
    const { graph } = this
    return {
      property,
      text: subject => graph.terms.text(subject),
      first: (subject, value) => firstDot(graph, subject, property, value),
    }
  }

  private claim(rule: KeyRule, dirty: Dirty, judgement: Judgement): void {
    const claims = this.claims.get(rule)!
    for (const [subject, entry] of dirty.subjects) {
      if (!concerns(entry, rule.properties)) continue
      const claimed = judgement.isAbout(rule, subject) ? this.claimsOf(rule, subject, judgement) : []
      for (const other of claims.set(subject, claimed))
        for (const property of rule.properties) dirty.property(other, property)
      for (const property of rule.properties) dirty.property(subject, property)
    }
  }

  private claimsOf(rule: KeyRule, subject: ValueId, judgement: Judgement): KeyClaim[] {
    const { properties } = rule
    if (properties.length > 1) return this.combinations(properties, subject, judgement)
    const source = this.sources.get(rule)!
    return judgement.leftByPairs(subject, properties[0]).map(value => new PlainClaim(source, subject, value))
  }

  /** Every combination of one value of each property. */
  private combinations(properties: readonly PropertyId[], subject: ValueId, judgement: Judgement): KeyClaim[] {
    const { graph } = this
    const lists = properties.map(property =>
      judgement
        .leftByPairs(subject, property)
        .map(value => ({ property, first: firstDot(graph, subject, property, value) })),
    )
    // Which of them count must not depend on the order in which they came.
    if (lists.reduce((count, { length }) => count * length, 1) > mostClaims)
      for (const list of lists)
        list.sort((a, b) => compareTimes(a.first, b.first) || byValue(a.first.value, b.first.value, graph.terms))
    const text = graph.terms.text(subject)
    let found: { parts: number[]; since?: Candidate }[] = [{ parts: [] }]
    for (const list of lists) {
      const longer: typeof found = []
      for (const { parts, since } of found)
        for (const { property, first } of list) {
          if (longer.length === mostClaims) break
          const isLater = since === undefined || compareTimes(first, since) > 0
          longer.push({ parts: [...parts, property, first.value], since: isLater ? first : since })
        }
      found = longer
    }
    return found.map(({ parts, since }) => new CombinedClaim(subject, text, since!, parts))
  }

  private lostKey(subject: ValueId, property: PropertyId, object: ValueId): KeyRule | undefined {
    const rules = this.index.of(property)
    if (rules === undefined) return undefined
    for (const rule of rules.keys) if (this.claims.get(rule)!.isLost(subject, property, object)) return rule
    return undefined
  }

  // --- subjects

  private judgeSubjects(dirty: Dirty, judgement: Judgement): readonly ValueId[] {
    const { index, broken } = this
    const turned: ValueId[] = []
    let asked: ValueId
    const values = (property: PropertyId) => this.leftByKeys(asked, property, judgement)
    for (const [subject, entry] of dirty.subjects) {
      if (!index.subjects.some(rule => concerns(entry, rule.reads))) continue
      asked = subject
      const rule = index.subjects.find(
        rule => judgement.isAbout(rule, subject) && !rule.holds(values, this.graph.terms),
      )
      if (rule === broken.get(subject)) continue
      if (rule === undefined) broken.delete(subject)
      else broken.set(subject, rule)
      dirty.whole(subject)
      turned.push(subject)
    }
    return turned
  }

  /** The values that all strata before `subject` leave. */
  private leftByKeys(subject: ValueId, property: PropertyId, judgement: Judgement): readonly ValueId[] {
    const left = judgement.leftByPairs(subject, property)
    const { keys } = this.index.of(property)!
    if (keys.length === 0) return left
    return left.filter(value => this.lostKey(subject, property, value) === undefined)
  }

  // --- what is shown

  private showAll(subject: ValueId, judgement: Judgement, references: Dirty, effects: Effects): void {
    const { graph, index } = this
    const observed: number[] = []
    const length = graph.observed(subject, -1, observed)
    const isRuled = index.general.length > 0 || this.broken.has(subject)
    const hidden = [...this.reasons.propertiesOf(subject)]
    let last: PropertyId | undefined
    for (let at = 0; at < length; at += observedStride) {
      const property = observed[at]
      // The values of one property come together.
      if (property !== last && (isRuled || index.of(property) !== undefined))
        this.show(subject, property, judgement, references, effects)
      last = property
    }
    for (const [property] of hidden) this.show(subject, property, judgement, references, effects)
  }

  private show(
    subject: ValueId,
    property: PropertyId,
    judgement: Judgement,
    references: Dirty,
    effects: Effects,
  ): void {
    if (this.isClear(subject, property, judgement)) return
    const { graph, reasons } = this
    const observed: number[] = []
    const length = graph.observed(subject, property, observed)
    const objects = new Set<ValueId>()
    for (let at = 0; at < length; at += observedStride) objects.add(observed[at + 1])
    for (const object of reasons.at(subject, property)?.keys() ?? []) objects.add(object)
    for (const object of objects) this.showOne(subject, property, object, judgement, references, effects)
  }

  /** Whether nothing of a property is hidden, or was. Mostly so. */
  private isClear(subject: ValueId, property: PropertyId, judgement: Judgement): boolean {
    if (this.broken.has(subject) || this.reasons.at(subject, property) !== undefined) return false
    const rules = this.index.of(property)
    if (rules !== undefined) {
      if (rules.references.length > 0) return false
      for (const rule of rules.keys) if (this.claims.get(rule)!.hasLost(subject)) return false
    }
    return judgement.isClear(subject, property)
  }

  private showOne(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    judgement: Judgement,
    references: Dirty,
    effects: Effects,
  ): void {
    const reason =
      judgement.reason(subject, property, object) ?? this.lostKey(subject, property, object) ?? this.broken.get(subject)
    // What a reference leads to is known when all else is.
    const isReference = reason === undefined && (this.index.of(property)?.references.length ?? 0) > 0
    if (isReference) references.triple(subject, property, object)
    else this.setReason(subject, property, object, reason, effects)
  }

  private setReason(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    reason: Rule | undefined,
    effects: Effects,
  ): void {
    const { graph } = this
    if (reason !== undefined && !graph.isLive(subject, property, object)) reason = undefined
    // What has no reason to be hidden, and had none, is shown.
    if (reason === undefined && this.reasons.of(subject, property, object) === undefined) return
    graph.setHidden(subject, property, object, reason !== undefined, effects)
    this.reasons.set(subject, property, object, reason)
  }

  // --- references

  private judgeReferences(dirty: Dirty, references: Dirty, judgement: Judgement, effects: Effects): void {
    const { graph, index, buffer } = this
    for (const rule of index.references) {
      const absent = this.absent.get(rule)!
      this.forget(rule, dirty)
      for (const target of dirty.subjects.keys()) {
        const isThere = this.isThere(rule, target)
        if (isThere !== absent.has(target)) continue
        const count = graph.liveSubjectsWith(rule.property, target, buffer)
        if (isThere) absent.delete(target)
        else if (count > 0) absent.add(target)
        for (let i = 0; i < count; i++) references.triple(buffer[i], rule.property, target)
      }
    }
    for (const [subject, { triples }] of references.subjects)
      for (const [property, objects] of triples)
        for (const object of objects) {
          const reason =
            judgement.reason(subject, property, object) ??
            this.lostKey(subject, property, object) ??
            this.broken.get(subject) ??
            this.dangling(subject, property, object, judgement)
          this.setReason(subject, property, object, reason, effects)
        }
  }

  private dangling(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    judgement: Judgement,
  ): ReferenceRule | undefined {
    if (!this.graph.isLive(subject, property, object)) return undefined
    for (const rule of this.index.of(property)?.references ?? []) {
      if (!judgement.isAbout(rule, subject) || this.isThere(rule, object)) continue
      this.absent.get(rule)!.add(object)
      return rule
    }
    return undefined
  }

  /** Nobody misses what was referred to by what has gone. */
  private forget(rule: ReferenceRule, dirty: Dirty): void {
    const absent = this.absent.get(rule)!
    for (const { triples } of dirty.subjects.values())
      for (const target of triples.get(rule.property) ?? [])
        if (absent.has(target) && this.graph.liveSubjectsWith(rule.property, target, this.buffer) === 0)
          absent.delete(target)
  }

  /** Whether a subject shows what the rule asks for. What it refers to itself by a property under such a rule does not count, so that none waits for another. */
  private isThere({ classes }: ReferenceRule, target: ValueId): boolean {
    const { graph, index, typeProperty, buffer } = this
    if (!isSubject(graph, target)) return false
    const property = classes.length > 0 ? typeProperty : -1
    // What is inferred is not among these: that is worked out afterwards.
    const length = graph.observed(target, property, buffer)
    for (let at = 0; at < length; at += observedStride) {
      const isHidden = buffer[at + 4] !== 0
      if (isHidden) continue
      const counts =
        classes.length > 0 ? classes.includes(buffer[at + 1]) : (index.of(buffer[at])?.references.length ?? 0) === 0
      if (counts) return true
    }
    return false
  }

  // --- what is hidden

  /** Whether this is a rule of an app. */
  isDeclared(rule: Rule): boolean {
    return !this.engine.has(rule)
  }

  /** What a declared rule hides because of a local write: something that it inserted, or that was visible before. */
  violation(effects: Effects): Hidden | undefined {
    const { list, length } = effects
    for (let at = 0; at < length; at += effectStride) {
      const what = list[at]
      const mayHide = (what & 3) === Effect.hidden || ((what & 3) === Effect.inserted && (what & visibly) === 0)
      if (!mayHide) continue
      const [subject, property, object] = [list[at + 1], list[at + 2], list[at + 3]]
      const rule = this.reasons.of(subject, property, object)
      if (rule !== undefined && this.isDeclared(rule)) return { rule, subject, property, object }
    }
    return undefined
  }

  /** Values of a property that are hidden because a declared rule chose another. */
  *losers(subject: ValueId, property: PropertyId): IterableIterator<ValueId> {
    for (const [object, rule] of this.reasons.at(subject, property) ?? [])
      if (rule.stratum === 'set' && this.isDeclared(rule)) yield object
  }

  /** Changes what a write is about to insert. */
  input(changes: Changes, tools: InputTools): void {
    applyInput(this.index.inputs, this.graph, this.typeProperty, changes, tools)
  }

  /** The values that are live, seen or not. */
  candidates(subject: ValueId, property: PropertyId): Candidate[] {
    return candidatesOf(this.graph, subject, property)
  }

  /** All that is hidden by declared rules. @param of the subject; that of all, when it is left out */
  *hidden(of?: ValueId): IterableIterator<Hidden> {
    for (const [subject, property, object, rule] of this.reasons.entries(of))
      if (this.isDeclared(rule)) yield { rule, subject, property, object }
  }
}
