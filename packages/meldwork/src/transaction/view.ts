import type { Candidate, Rule } from '../constraint/index.js'
import { Effects, effectStride, type Graph, observedStride } from '../graph/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/**
 * From live to visible: `visible = rules(live)`, kept up to date in proportion to the change. After a transaction has changed what is
 * live, every group (subject and ruled property) that it touched is judged again; what its rules hide becomes hidden, all else shown.
 */
export class View {
  private readonly graph: Graph
  private readonly ruled = new Map<PropertyId, Rule[]>()
  private readonly observed: number[] = []

  constructor(graph: Graph, rules: readonly Rule[]) {
    this.graph = graph
    for (const rule of rules) {
      const property = graph.terms.property(rule.property, true)
      this.ruled.set(property, [...(this.ruled.get(property) ?? []), rule])
    }
  }

  /** Judges every group: for a state that has just been loaded. */
  judgeAll(): void {
    const ignored = new Effects()
    const observed: number[] = []
    for (const [property, rules] of this.ruled)
      for (const subject of this.graph.liveSubjects())
        if (this.graph.observed(subject, property, observed) > 0) this.judge(rules, subject, property, ignored)
  }

  /** Brings what is visible up to date with these effects, and appends what changed by it. */
  update(effects: Effects): void {
    if (this.ruled.size === 0) return
    const judged = new Set<string>()
    const { length } = effects
    for (let at = 0; at < length; at += effectStride) {
      const subject = effects.list[at + 1]
      const property = effects.list[at + 2]
      const rules = this.ruled.get(property)
      if (rules === undefined || judged.has(`${subject} ${property}`)) continue
      judged.add(`${subject} ${property}`)
      this.judge(rules, subject, property, effects)
    }
  }

  private judge(rules: readonly Rule[], subject: ValueId, property: PropertyId, effects: Effects): void {
    const { graph, observed } = this
    const length = graph.observed(subject, property, observed)
    const candidates: Candidate[] = []
    for (let at = 0; at < length; at += observedStride) {
      const counter = observed[at + 2]
      const replica = observed[at + 3]
      const time = graph.times.of(replica, counter)
      candidates.push({ value: observed[at + 1], replica: graph.replicas.ids[replica], counter, time })
    }
    const hidden = new Set(rules.flatMap(rule => rule.hides(candidates, graph.terms)))
    for (const { value } of candidates) graph.setHidden(subject, property, value, hidden.has(value), effects)
  }
}
