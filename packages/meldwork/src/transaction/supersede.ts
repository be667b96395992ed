import type { ReplicaIndex } from '../causality/index.js'
import { mix } from '../codec/index.js'
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
  changes.deleteLength = dropRepeated(changes.deletes, changes.deleteLength, deleteStride, deleteKey)
  changes.insertLength = dropRepeated(changes.inserts, changes.insertLength, insertStride, insertKey)
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
      for (let at = 0; at < this.length; at += deleteStride)
        this.keys.add(`${deletes[at]} ${deletes[at + 1]} ${deletes[at + 3]} ${deletes[at + 4]}`)
    }
    return !this.keys.has(`${subject} ${property} ${counter} ${replica}`)
  }
}

/** Of an entry, the places of the four numbers by which it is known. A delete is known without its object, an insert by three numbers, one of them named twice. */
type EntryKey = readonly [number, number, number, number]
const deleteKey: EntryKey = [0, 1, 3, 4]
const insertKey: EntryKey = [0, 1, 2, 2]

/** Up to so many entries are compared with all before them; more are hashed. */
const fewEntries = 24

/** Keeps the first of those that are the same. @returns the length of what is left */
function dropRepeated(list: number[], length: number, stride: number, key: EntryKey): number {
  if (length <= stride) return length
  const seen = length <= fewEntries * stride ? undefined : new EntryTable(list, length / stride, stride, key)
  let to = 0
  for (let at = 0; at < length; at += stride) {
    if (to !== at) for (let i = 0; i < stride; i++) list[to + i] = list[at + i]
    if (seen === undefined ? !standsBefore(list, to, stride, key) : seen.add(to)) to += stride
  }
  return to
}

function standsBefore(list: readonly number[], at: number, stride: number, key: EntryKey): boolean {
  for (let i = 0; i < at; i += stride) if (isSame(list, i, at, key)) return true
  return false
}

function isSame(list: readonly number[], one: number, other: number, [a, b, c, d]: EntryKey): boolean {
  return (
    list[one + c] === list[other + c] &&
    list[one + a] === list[other + a] &&
    list[one + b] === list[other + b] &&
    list[one + d] === list[other + d]
  )
}

/** Where entries stand in a list, by what they are: open addressing with linear probing, in one typed array, for a string each would cost more than all else. */
class EntryTable {
  private readonly list: readonly number[]
  private readonly stride: number
  private readonly key: EntryKey
  /** 1 + which entry, or 0. */
  private readonly slots: Int32Array

  /** @param count how many entries there may be */
  constructor(list: readonly number[], count: number, stride: number, key: EntryKey) {
    this.list = list
    this.stride = stride
    this.key = key
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(count * 2)))
  }

  /** @param at where the entry stands @returns whether no other is the same */
  add(at: number): boolean {
    const { list, slots, stride, key } = this
    const [a, b, c, d] = key
    const mask = slots.length - 1
    let slot = mix(mix(list[at + a], list[at + b]), mix(list[at + c], list[at + d])) & mask
    for (; slots[slot] !== 0; slot = (slot + 1) & mask)
      if (isSame(list, (slots[slot] - 1) * stride, at, key)) return false
    slots[slot] = 1 + at / stride
    return true
  }
}
