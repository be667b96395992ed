import type { InferenceRule, VisibleData } from '../constraint/index.js'
import { type Effects, effectStride, type Graph, observedStride, visibly } from '../graph/index.js'
import type { PropertyId, TermTable, ValueId } from '../rdf/index.js'
import { isSubject } from './judgement.js'

/** What was found for one subject, and what was looked at for it. */
interface Derivation {
  readonly reads: Set<string>
  /** [subject, property, object, ...] */
  readonly triples: readonly number[]
}

/** A triple that follows from others, and how often. */
interface Inferred {
  readonly subject: ValueId
  readonly property: PropertyId
  readonly object: ValueId
  times: number
}

/**
 * What follows from what is visible, kept up to date in proportion to the change: of each subject it is known what its derivation has read, and
 * only those are derived again that have read what has changed.
 */
export class Inferences {
  private readonly graph: Graph
  private readonly rules: readonly InferenceRule[]
  /** Whether nothing of a subject may be seen. */
  private readonly isBroken: (subject: ValueId) => boolean
  private readonly derivations = new Map<InferenceRule, Map<ValueId, Derivation>>()
  /** By what is read: who has read it. */
  private readonly readers = new Map<InferenceRule, Map<string, Set<ValueId>>>()
  private readonly inferred = new Map<string, Inferred>()
  private readonly bySubject = new Map<ValueId, Set<Inferred>>()

  constructor(graph: Graph, rules: readonly InferenceRule[], isBroken: (subject: ValueId) => boolean) {
    this.graph = graph
    this.rules = rules
    this.isBroken = isBroken
    for (const rule of rules) {
      this.derivations.set(rule, new Map())
      this.readers.set(rule, new Map())
    }
  }

  /** Derives everything. */
  all(effects: Effects): void {
    const found: number[] = []
    for (const rule of this.rules)
      for (const property of rule.about) {
        const length = this.graph.pairs(property, found)
        const subjects = new Set<ValueId>()
        for (let at = 0; at < length; at += 2) subjects.add(found[rule.of === 'subjects' ? at : at + 1])
        for (const subject of subjects) if (isSubject(this.graph, subject)) this.derive(rule, subject, effects)
      }
  }

  /**
   * Derives again what these effects concern.
   * @param shown subjects of which now nothing may be seen, or all
   */
  update(effects: Effects, shown: Iterable<ValueId>): void {
    const { length } = effects
    for (const rule of this.rules)
      for (const subject of this.concerned(rule, effects, length)) this.derive(rule, subject, effects)
    for (const subject of shown)
      for (const { property, object } of this.bySubject.get(subject) ?? [])
        this.show(subject, property, object, effects)
    // What is live no more may follow from others still.
    if (this.inferred.size > 0)
      for (let at = 0; at < length; at += effectStride) {
        const [subject, property, object] = [effects.list[at + 1], effects.list[at + 2], effects.list[at + 3]]
        if (this.inferred.has(nameOf(subject, property, object))) this.show(subject, property, object, effects)
      }
  }

  private concerned(rule: InferenceRule, { list }: Effects, length: number): Set<ValueId> {
    const readers = this.readers.get(rule)!
    const subjects = new Set<ValueId>()
    for (let at = 0; at < length; at += effectStride) {
      if ((list[at] & visibly) === 0) continue
      const [subject, property, object] = [list[at + 1], list[at + 2], list[at + 3]]
      for (const reader of readers.get(`${subject} ${property} ?`) ?? []) subjects.add(reader)
      for (const reader of readers.get(`? ${property} ${object}`) ?? []) subjects.add(reader)
      if (!rule.about.includes(property)) continue
      const about = rule.of === 'subjects' ? subject : object
      if (isSubject(this.graph, about)) subjects.add(about)
    }
    return subjects
  }

  private derive(rule: InferenceRule, subject: ValueId, effects: Effects): void {
    const derivations = this.derivations.get(rule)!
    const readers = this.readers.get(rule)!
    const before = derivations.get(subject)
    const data = new NotedData(this.graph)
    const triples: number[] = []
    rule.infer(subject, data, (s, p, o) => {
      if (rule.adds.includes(p) && isSubject(this.graph, s)) triples.push(s, p, o)
    })
    for (const read of before?.reads ?? []) if (!data.reads.has(read)) forget(readers, read, subject)
    for (const read of data.reads) if (!before?.reads.has(read)) note(readers, read, subject)
    // What follows without a thing that it follows from, follows no more.
    if (triples.length === 0 && data.isEmpty) {
      for (const read of data.reads) forget(readers, read, subject)
      derivations.delete(subject)
    } else derivations.set(subject, { reads: data.reads, triples })
    this.count(triples, 1, effects)
    if (before !== undefined) this.count(before.triples, -1, effects)
  }

  private count(triples: readonly number[], by: 1 | -1, effects: Effects): void {
    for (let at = 0; at < triples.length; at += 3) {
      const [subject, property, object] = [triples[at], triples[at + 1], triples[at + 2]]
      const name = nameOf(subject, property, object)
      let entry = this.inferred.get(name)
      if (entry === undefined) {
        entry = { subject, property, object, times: 0 }
        this.inferred.set(name, entry)
        const others = this.bySubject.get(subject)
        if (others === undefined) this.bySubject.set(subject, new Set([entry]))
        else others.add(entry)
      }
      entry.times += by
      if (entry.times === 0) {
        this.inferred.delete(name)
        const others = this.bySubject.get(subject)!
        others.delete(entry)
        if (others.size === 0) this.bySubject.delete(subject)
      }
      this.show(subject, property, object, effects)
    }
  }

  private show(subject: ValueId, property: PropertyId, object: ValueId, effects: Effects): void {
    const follows = this.inferred.has(nameOf(subject, property, object)) && !this.isBroken(subject)
    this.graph.setInferred(subject, property, object, follows, effects)
  }

  /** Takes back everything that it has added. */
  clear(effects: Effects): void {
    for (const { subject, property, object } of this.inferred.values())
      this.graph.setInferred(subject, property, object, false, effects)
  }
}

const nameOf = (subject: ValueId, property: PropertyId, object: ValueId): string => `${subject} ${property} ${object}`

function note(readers: Map<string, Set<ValueId>>, read: string, subject: ValueId): void {
  const known = readers.get(read)
  if (known === undefined) readers.set(read, new Set([subject]))
  else known.add(subject)
}

function forget(readers: Map<string, Set<ValueId>>, read: string, subject: ValueId): void {
  const known = readers.get(read)
  known?.delete(subject)
  if (known?.size === 0) readers.delete(read)
}

/** What is visible and live, and what of it is looked at. */
class NotedData implements VisibleData {
  readonly reads = new Set<string>()
  /** Whether nothing was found. */
  isEmpty = true
  private readonly graph: Graph

  constructor(graph: Graph) {
    this.graph = graph
  }

  get terms(): TermTable {
    return this.graph.terms
  }

  objects(subject: ValueId, property: PropertyId): readonly ValueId[] {
    const { graph } = this
    if (!isSubject(graph, subject)) return []
    this.reads.add(`${subject} ${property} ?`)
    const observed: number[] = []
    const length = graph.observed(subject, property, observed)
    const objects = new Set<ValueId>()
    for (let at = 0; at < length; at += observedStride) if (observed[at + 4] === 0) objects.add(observed[at + 1])
    if (objects.size > 0) this.isEmpty = false
    return [...objects]
  }

  subjects(property: PropertyId, object: ValueId): readonly ValueId[] {
    const { graph } = this
    this.reads.add(`? ${property} ${object}`)
    const subjects: ValueId[] = []
    const count = graph.subjects(property, object, subjects)
    const live = subjects.slice(0, count).filter(subject => graph.isLive(subject, property, object))
    if (live.length > 0) this.isEmpty = false
    return live
  }
}
