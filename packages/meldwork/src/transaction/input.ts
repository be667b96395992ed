import type { InputRule, InputTools } from '../constraint/index.js'
import { type Graph, observedStride } from '../graph/index.js'
import { type Changes, deleteStride, insertStride } from '../operation/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** Changes what a write inserts, as the rules of input say: values become others, and subjects that are made get what they lack. */
export function applyInput(
  rules: readonly InputRule[],
  graph: Graph,
  typeProperty: PropertyId,
  changes: Changes,
  tools: InputTools,
): void {
  if (rules.length === 0) return
  const { inserts } = changes
  const { insertLength } = changes
  for (let at = 0; at < insertLength; at += insertStride)
    for (const { property, value } of rules)
      if (value !== undefined && property === inserts[at + 1]) inserts[at + 2] = value(inserts[at + 2], tools)
  for (const rule of rules) {
    const { scope, property, otherwise } = rule
    if (otherwise === undefined || scope.type !== 'class') continue
    for (const subject of subjectsMade(changes, insertLength, typeProperty, scope.classes, graph))
      if (!hasValue(graph, changes, subject, property)) {
        const value = otherwise(subject, tools)
        if (value !== 0) changes.triple(subject, property, value)
      }
  }
}

/** Those that get one of the types, and had none of them. */
function subjectsMade(
  { inserts }: Changes,
  length: number,
  typeProperty: PropertyId,
  classes: readonly ValueId[],
  graph: Graph,
): Set<ValueId> {
  const made = new Set<ValueId>()
  for (let at = 0; at < length; at += insertStride) {
    if (inserts[at + 1] !== typeProperty || !classes.includes(inserts[at + 2])) continue
    if (!classes.some(type => graph.isLive(inserts[at], typeProperty, type))) made.add(inserts[at])
  }
  return made
}

/** Whether a subject will have a value when the changes are applied. */
function hasValue(graph: Graph, changes: Changes, subject: ValueId, property: PropertyId): boolean {
  const { inserts, insertLength, deletes, deleteLength } = changes
  for (let at = 0; at < insertLength; at += insertStride)
    if (inserts[at] === subject && inserts[at + 1] === property) return true
  const observed: number[] = []
  const length = graph.observed(subject, property, observed)
  const isDeleted = (counter: number, replica: number) => {
    for (let at = 0; at < deleteLength; at += deleteStride)
      if (
        deletes[at] === subject &&
        deletes[at + 1] === property &&
        deletes[at + 3] === counter &&
        deletes[at + 4] === replica
      )
        return true
    return false
  }
  for (let at = 0; at < length; at += observedStride) if (!isDeleted(observed[at + 2], observed[at + 3])) return true
  return false
}
