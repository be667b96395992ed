import type { ReplicaIndex } from '../causality/index.js'
import { type Graph, type ObservedGraph, observedStride } from '../graph/index.js'
import { type Changes, deleteStride, insertStride, unknownReplica } from '../operation/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** Above this many deletes, a set tells faster than a scan whether a dot is among them. */
const fewDeletes = 16

const observed: number[] = []

/** Adds deletes of every live pair of a subject, of one property of it, or of one triple: what a local delete has observed. */
export function deleteObserved(
  graph: ObservedGraph,
  changes: Changes,
  subject: ValueId,
  property: PropertyId | -1,
  object: ValueId | 0,
): void {
  if (object !== 0 && property >= 0) {
    const length = graph.dots(subject, property, object, observed)
    for (let i = 0; i < length; i += 2) changes.delete(subject, property, object, observed[i], observed[i + 1])
    return
  }
  const length = graph.observed(subject, property, observed)
  for (let at = 0; at < length; at += observedStride)
    if (object === 0 || observed[at + 1] === object)
      changes.delete(subject, observed[at], observed[at + 1], observed[at + 2], observed[at + 3])
}

/**
 * Makes a local transaction lean: a dot is deleted once; an insert of a triple that is live takes the place of the dots observed for it,
 * so that writing the same again and again keeps one dot, and is kept by whoever deletes the old one concurrently; a triple is
 * inserted once.
 */
export function supersede(graph: ObservedGraph, changes: Changes): void {
  lean(changes)
  const { inserts, insertLength } = changes
  const deleted = new Deleted(changes)
  for (let at = 0; at < insertLength; at += insertStride) {
    const subject = inserts[at]
    const property = inserts[at + 1]
    const object = inserts[at + 2]
    if (!graph.isLive(subject, property, object)) continue
    const length = graph.dots(subject, property, object, observed)
    for (let i = 0; i < length; i += 2)
      if (deleted.isNew(subject, property, observed[i], observed[i + 1]))
        changes.delete(subject, property, object, observed[i], observed[i + 1])
  }
}

/**
 * What a replica made, once more, for its clone to make under another id: every triple that is live by it alone, and the deletes of its operations.
 *
 * The old dots must not be deleted: elsewhere the same dot may name what the other user of the id wrote. So deletes of own dots are left out too.
 * @param made its operations, as far as they are known
 */
export function madeBy(graph: Graph, replica: ReplicaIndex, made: Iterable<Changes>, changes: Changes): void {
  for (const { deletes, deleteLength } of made)
    for (let at = 0; at < deleteLength; at += deleteStride)
      if (deletes[at + 4] !== replica && deletes[at + 4] !== unknownReplica)
        changes.delete(deletes[at], deletes[at + 1], 0, deletes[at + 3], deletes[at + 4])
  for (const subject of graph.liveSubjects()) {
    const length = graph.observed(subject, -1, observed)
    for (let at = 0; at < length; at += observedStride)
      if (observed[at + 3] === replica && !hasOther(length, at, replica))
        changes.triple(subject, observed[at], observed[at + 1])
  }
  lean(changes)
}

/** Whether another replica, too, has a dot for the triple at this place of the observed pairs: then it has been made again already. */
function hasOther(length: number, at: number, replica: ReplicaIndex): boolean {
  for (let i = 0; i < length; i += observedStride)
    if (observed[i] === observed[at] && observed[i + 1] === observed[at + 1] && observed[i + 3] !== replica) return true
  return false
}

function lean(changes: Changes): void {
  if (changes.deleteLength > deleteStride) dropRepeatedDeletes(changes)
  if (changes.insertLength > insertStride) dropRepeatedInserts(changes)
}

/** Which dots an operation deletes, and where: once an id has been used twice, one dot may stand at several subjects and properties. */
class Deleted {
  private readonly changes: Changes
  private readonly length: number
  private keys: Set<string> | undefined

  constructor(changes: Changes) {
    this.changes = changes
    this.length = changes.deleteLength
  }

  /** Whether the operation did not delete this, when this was made. */
  isNew(subject: ValueId, property: PropertyId, counter: number, replica: ReplicaIndex): boolean {
    const { deletes } = this.changes
    if (this.length <= fewDeletes * deleteStride) {
      for (let at = 0; at < this.length; at += deleteStride)
        if (
          deletes[at + 3] === counter &&
          deletes[at + 4] === replica &&
          deletes[at] === subject &&
          deletes[at + 1] === property
        )
          return false
      return true
    }
    if (this.keys === undefined) {
      this.keys = new Set()
      for (let at = 0; at < this.length; at += deleteStride) this.keys.add(deleteKey(deletes, at))
    }
    return !this.keys.has(`${subject} ${property} ${counter} ${replica}`)
  }
}

const deleteKey = (deletes: readonly number[], at: number): string =>
  `${deletes[at]} ${deletes[at + 1]} ${deletes[at + 3]} ${deletes[at + 4]}`

function dropRepeatedDeletes(changes: Changes): void {
  const { deletes, deleteLength } = changes
  const seen = new Set<string>()
  let to = 0
  for (let at = 0; at < deleteLength; at += deleteStride) {
    const { size } = seen
    if (seen.add(deleteKey(deletes, at)).size === size) continue
    if (to !== at) deletes.copyWithin(to, at, at + deleteStride)
    to += deleteStride
  }
  changes.deleteLength = to
}

/** Repeated triples can only stand in one run of a subject, or in several: a short list is compared, a long one hashed. */
function dropRepeatedInserts(changes: Changes): void {
  const { inserts, insertLength } = changes
  const few = insertLength <= 24 * insertStride
  const seen = few ? undefined : new Set<string>()
  let to = 0
  for (let at = 0; at < insertLength; at += insertStride) {
    if (seen === undefined ? standsBefore(inserts, to, at) : !addNew(seen, inserts, at)) continue
    if (to !== at) inserts.copyWithin(to, at, at + insertStride)
    to += insertStride
  }
  changes.insertLength = to
}

function standsBefore(inserts: number[], end: number, at: number): boolean {
  for (let i = 0; i < end; i += insertStride)
    if (inserts[i + 2] === inserts[at + 2] && inserts[i] === inserts[at] && inserts[i + 1] === inserts[at + 1])
      return true
  return false
}

function addNew(seen: Set<string>, inserts: number[], at: number): boolean {
  const { size } = seen
  return seen.add(`${inserts[at]} ${inserts[at + 1]} ${inserts[at + 2]}`).size > size
}
