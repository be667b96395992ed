import { Effect, type Effects, effectStride, type Graph, observedStride } from '../graph/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { isSubject } from './judgement.js'
import type { RuleIndex } from './rule-index.js'

/** What decides whether rules are about a subject, and how many of its dots came, less those that went. */
interface Change {
  /** Whom rules are about then, or no more. */
  readonly whom: ValueId
  readonly subject: ValueId
  readonly property: PropertyId
  /** Undefined where any value does. */
  readonly object: ValueId | undefined
  more: number
}

/**
 * The subjects that these effects have brought into the scope of a rule, or out of one. Replacing what decides, as every change of a property does that some rule
 * is about those who have, does neither: it is not here, and costs no more than itself.
 * @param sign 1 for effects that are in the graph; -1 for those that have been undone there
 */
export function scopeChanges(
  graph: Graph,
  index: RuleIndex,
  typeProperty: PropertyId,
  { list, length }: Effects,
  sign: 1 | -1,
): readonly ValueId[] {
  if (!index.hasTriggers) return none
  let changes: Map<string | number, Change> | undefined
  for (let at = 0; at < length; at += effectStride) {
    const what = list[at] & 3
    if (what !== Effect.inserted && what !== Effect.removed) continue
    const [subject, property, object] = [list[at + 1], list[at + 2], list[at + 3]]
    const scopes = index.scopesOf(property)
    if (scopes === undefined) continue
    changes ??= new Map()
    const more = what === Effect.inserted ? sign : -sign
    const byValue = property === typeProperty ? object : undefined
    if (scopes.subject) count(changes, { whom: subject, subject, property, object: byValue, more })
    if (scopes.object && isSubject(graph, object)) count(changes, { whom: object, subject, property, object, more })
  }
  if (changes === undefined) return none
  const whom: ValueId[] = []
  for (const change of changes.values()) if (hasCome(graph, change)) whom.push(change.whom)
  return whom
}

const none: readonly ValueId[] = []

function count(changes: Map<string | number, Change>, change: Change): void {
  const { whom, subject, property, object } = change
  // Mostly any value does: then a number is enough, and cheaper.
  const isSimple = object === undefined && property < propertyLimit
  const key = isSimple ? subject * propertyLimit + property : `${whom} ${subject} ${property} ${object ?? ''}`
  const known = changes.get(key)
  if (known === undefined) changes.set(key, change)
  else known.more += change.more
}

/** Subjects are of 32 bits: the product is exact. */
const propertyLimit = 2 ** 21

const buffer: number[] = []

/** Whether there is some of it now and was none before, or the reverse. */
function hasCome(graph: Graph, { subject, property, object, more }: Change): boolean {
  if (more === 0) return false
  if (object === undefined) {
    const now = graph.observed(subject, property, buffer) / observedStride
    return now > 0 !== now - more > 0
  }
  // Two numbers a dot.
  const now = graph.dots(subject, property, object, buffer) / 2
  return now > 0 !== now - more > 0
}
