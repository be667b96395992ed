import { type Candidate, listRules, type Rule } from '../constraint/index.js'
import { Effects, effectStride, type Graph, ListProperty, observedStride } from '../graph/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/**
 * From live to visible: `visible = rules(live)`, kept up to date in proportion to the change. After a transaction has changed what is
 * live, every group (subject and ruled property) that it touched is judged again; what its rules hide becomes hidden, all else shown.
 */
export class View {
  private readonly graph: Graph
  /** By property; undefined where there are none. */
  private readonly ruled: (readonly Rule[] | undefined)[] = []
  private readonly observed: number[] = []

  /** @param rules the app's, in force beside those that every engine has */
  constructor(graph: Graph, rules: readonly Rule[]) {
    this.graph = graph
    const [position, item] = listRules
    this.add(ListProperty.position, position)
    this.add(ListProperty.item, item)
    for (const rule of rules) this.add(graph.terms.property(rule.property, true), rule)
  }

  private add(property: PropertyId, rule: Rule): void {
    while (this.ruled.length <= property) this.ruled.push(undefined)
    this.ruled[property] = [...(this.ruled[property] ?? []), rule]
  }

  /** Judges every group: for a state that has just been loaded. @param effects what changed by it is appended to these */
  judgeAll(effects = new Effects()): void {
    const observed: number[] = []
    this.ruled.forEach((rules, property) => {
      if (rules === undefined || this.graph.countProperty(property) === 0) return
      for (const subject of this.graph.liveSubjects())
        if (this.graph.observed(subject, property, observed) > 0) this.judge(rules, subject, property, effects)
    })
  }

  /** Brings what is visible up to date with these effects, and appends what changed by it. */
  update(effects: Effects): void {
    if (effects.everything !== undefined) {
      this.judgeAll(effects)
      return
    }
    const { ruled } = this
    const { length } = effects
    let judged: Set<string> | undefined
    for (let at = 0; at < length; at += effectStride) {
      const property = effects.list[at + 2]
      if (property >= ruled.length) continue
      const rules = ruled[property]
      if (rules === undefined) continue
      const subject = effects.list[at + 1]
      const group = `${subject} ${property}`
      judged ??= new Set()
      if (judged.has(group)) continue
      judged.add(group)
      this.judge(rules, subject, property, effects)
    }
  }

  private judge(rules: readonly Rule[], subject: ValueId, property: PropertyId, effects: Effects): void {
    const { graph, observed } = this
    const length = graph.observed(subject, property, observed)
    if (length === 0) return
    const isShown = observed[4] === 0
    if (length === observedStride && isShown && rules.every(({ keepsOne }) => keepsOne === true)) return
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
