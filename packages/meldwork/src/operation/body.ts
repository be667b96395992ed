import { maxCounter, type ReplicaIndex, type Replicas, replicaName } from '../causality/index.js'
import type { Reader, Writer } from '../codec/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import { type Changes, deleteStride, insertStride } from './changes.js'
import { readId, readReplicaId, usualIdBytes } from './header.js'
import { References } from './references.js'
import { Runs } from './runs.js'
import { decodePlace, decodeText, decodeValue, encodeValue, placeValue } from './value.js'
import type { WireTerms } from './wire-terms.js'

/**
 * The plain segment of an operation: its deletes and inserts, grouped by subject and property.
 *
 *     replicas   count, with a flag; then each id: those that deletes name, without the author's own, in the order of their first use
 *     subject    IRI; then its properties, the last one flagged
 *     property   IRI with two flags; [numbers of deletes and inserts, in one or two]; deletes; inserts
 *     delete     counter and whose: 2n the author's, 2n + 1 followed by a place in `replicas`
 *     insert     a value; the dots of the inserts count up from the operation's first, in this order
 *
 * Subjects, and properties of a subject, stand in one legal order (`runs.ts`). A text is written once; after that its place among the texts stands for it, and must. Byte by byte in `docs/protocol.md`.
 */
const references = new References()
const subjectRuns = new Runs()
const propertyRuns = new Runs()

/** In a delete: the replica whose dot it names is not known here. */
export const unknownReplica: ReplicaIndex = -1

/** So many inserts of a property, or more, do not stand beside the number of its deletes. */
export const manyInserts = 3

/** Flags in the low three bits of a property. */
const known = 1
const last = 2
/** One insert and no delete, which is what most properties of a new subject have. */
const simple = 4

/** Appends the body. The replicas that deletes name must be in `replicas`. */
export function encodeBody(
  writer: Writer,
  changes: Changes,
  terms: WireTerms,
  replicas: Replicas,
  author: ReplicaIndex,
): void {
  references.clear()
  const foreign = foreignReplicas(changes, author)
  encodeReplicas(writer, foreign, replicas)
  const { inserts, insertLength, deletes, deleteLength } = changes
  let d = 0
  let i = 0
  while (d < deleteLength || i < insertLength) {
    const subject = d < deleteLength ? deletes[d] : inserts[i]
    const dEnd = runEnd(deletes, d, deleteLength, deleteStride, subject)
    const iEnd = runEnd(inserts, i, insertLength, insertStride, subject)
    encodeReference(writer, terms, subject, 0, 1)
    while (d < dEnd || i < iEnd) {
      const property = d < dEnd ? deletes[d + 1] : inserts[i + 1]
      const dNext = propertyEnd(deletes, d, dEnd, deleteStride, property)
      const iNext = propertyEnd(inserts, i, iEnd, insertStride, property)
      const deleteCount = (dNext - d) / deleteStride
      const insertCount = (iNext - i) / insertStride
      const isSimple = deleteCount === 0 && insertCount === 1
      const flags = (dNext === dEnd && iNext === iEnd ? last : 0) | (isSimple ? simple : 0)
      encodeReference(writer, terms, terms.propertyTerm(property), flags, 3)
      if (!isSimple) {
        writer.varint(deleteCount * 4 + Math.min(insertCount, manyInserts))
        if (insertCount >= manyInserts) writer.varint(insertCount - manyInserts)
      }
      for (; d < dNext; d += deleteStride) encodeDot(writer, deletes[d + 3], deletes[d + 4], author, foreign)
      for (; i < iNext; i += insertStride) encodeValue(writer, terms, references, inserts[i + 2])
    }
  }
}

/**
 * Gives the texts of a body their places, as {@link encodeBody} and {@link decodeBody} do: for what is encoded beside it, and refers to them.
 * @param places those that were there are forgotten
 */
export function placeTexts(changes: Changes, terms: WireTerms, places: References): void {
  places.clear()
  const { inserts, insertLength, deletes, deleteLength } = changes
  let d = 0
  let i = 0
  while (d < deleteLength || i < insertLength) {
    const subject = d < deleteLength ? deletes[d] : inserts[i]
    const dEnd = runEnd(deletes, d, deleteLength, deleteStride, subject)
    const iEnd = runEnd(inserts, i, insertLength, insertStride, subject)
    places.place(subject)
    while (d < dEnd || i < iEnd) {
      const property = d < dEnd ? deletes[d + 1] : inserts[i + 1]
      d = propertyEnd(deletes, d, dEnd, deleteStride, property)
      const iNext = propertyEnd(inserts, i, iEnd, insertStride, property)
      places.place(terms.propertyTerm(property))
      for (; i < iNext; i += insertStride) placeValue(terms, places, inserts[i + 2])
    }
  }
}

/** Twice their number, and one more when an id is not of the usual length: then each has its own. */
function encodeReplicas(writer: Writer, foreign: readonly ReplicaIndex[], replicas: Replicas): void {
  const areUsual = foreign.every(replica => replicas.ids[replica].length === usualIdBytes)
  writer.varint(foreign.length * 2 + (areUsual ? 0 : 1))
  for (const replica of foreign)
    if (areUsual) writer.raw(replicas.ids[replica])
    else writer.block(replicas.ids[replica])
}

function foreignReplicas(changes: Changes, author: ReplicaIndex): ReplicaIndex[] {
  const foreign: ReplicaIndex[] = []
  const { deletes, deleteLength } = changes
  for (let d = 0; d < deleteLength; d += deleteStride) {
    const replica = deletes[d + 4]
    if (replica !== author && foreign[foreign.length - 1] !== replica && !foreign.includes(replica))
      foreign.push(replica)
  }
  return foreign
}

function runEnd(list: number[], from: number, end: number, stride: number, subject: ValueId): number {
  let at = from
  while (at < end && list[at] === subject) at += stride
  return at
}

function propertyEnd(list: number[], from: number, end: number, stride: number, property: PropertyId): number {
  let at = from
  while (at < end && list[at + 1] === property) at += stride
  return at
}

/** An IRI as a number with `flags` in its low bits: bit 0 set and a place, or clear and a length with the text behind. */
function encodeReference(writer: Writer, terms: WireTerms, iri: ValueId, flags: number, bits: 1 | 3): void {
  const scale = 1 << bits
  const place = references.place(iri)
  if (place >= 0) writer.varint(place * scale + (flags | known))
  else {
    writer.varint(terms.byteLength(iri) * scale + flags)
    terms.writeText(iri, writer)
  }
}

function encodeDot(
  writer: Writer,
  counter: number,
  replica: ReplicaIndex,
  author: ReplicaIndex,
  foreign: ReplicaIndex[],
): void {
  if (replica === author) writer.varint(counter * 2)
  else {
    writer.varint(counter * 2 + 1)
    writer.varint(foreign.indexOf(replica))
  }
}

/**
 * Reads a body into `changes`, adding terms that are new. The replica of a delete that names one unknown here is {@link unknownReplica}: nothing of
 * it can be live.
 * @param count how many counters the header says that the operation takes
 * @throws CodedError `data-malformed`; `changes` then holds a part and must be cleared
 */
export function decodeBody(
  reader: Reader,
  count: number,
  changes: Changes,
  terms: WireTerms,
  replicas: Replicas,
  author: ReplicaIndex,
): void {
  references.clear()
  subjectRuns.clear()
  const foreign = decodeReplicas(reader, replicas, author)
  if (reader.remaining === 0) reader.fail('it changes nothing')
  while (reader.remaining > 0) {
    const subject = decodeReference(reader, terms, reader.varint(), 1)
    propertyRuns.clear()
    let subjectDeletes = 0
    let subjectInserts = 0
    let flags = 0
    do {
      const head = reader.varint()
      flags = head % 8
      const property = terms.propertyOf(decodeReference(reader, terms, head, 3))
      let deleteCount = 0
      let insertCount = 1
      if ((flags & simple) === 0) {
        const counts = reader.varintUpTo(reader.remaining * 4 + manyInserts, 'a number of deletes')
        deleteCount = Math.floor(counts / 4)
        insertCount = counts % 4
        if (insertCount === manyInserts) insertCount += reader.varintUpTo(reader.remaining, 'a number of inserts')
        if (deleteCount === 0 && insertCount < 2) reader.fail('a property is not in its shortest form')
      }
      if (!propertyRuns.add(property, deleteCount > 0, insertCount > 0)) reader.fail('a property is out of order')
      subjectDeletes += deleteCount
      subjectInserts += insertCount
      for (; deleteCount > 0; deleteCount--) decodeDelete(reader, changes, subject, property, author, foreign)
      for (; insertCount > 0; insertCount--) changes.triple(subject, property, decodeValue(reader, terms, references))
    } while ((flags & last) === 0)
    if (!subjectRuns.add(subject, subjectDeletes > 0, subjectInserts > 0)) reader.fail('a subject is out of order')
  }
  if (foreign.used < foreign.indexes.length) reader.fail('a replica is listed that no delete names')
  if (changes.counters !== count) reader.fail(`it takes ${count} counters and needs ${changes.counters}`)
}

/** The replicas that deletes name. */
interface ForeignReplicas {
  readonly indexes: readonly ReplicaIndex[]
  /** How many of them a delete has named: they are listed in the order of their first use. */
  used: number
}

/** Where none are listed, none can be used. */
const noReplicas: ForeignReplicas = { indexes: [], used: 0 }

function decodeReplicas(reader: Reader, replicas: Replicas, author: ReplicaIndex): ForeignReplicas {
  const head = reader.varintUpTo(reader.remaining * 2, 'a number of replicas')
  if (head === 0) return noReplicas
  const count = Math.floor(head / 2)
  const indexes: ReplicaIndex[] = []
  const names = new Set<string>()
  let areUsual = true
  for (let i = 0; i < count; i++) {
    const id = head % 2 === 0 ? readId(reader, usualIdBytes) : readReplicaId(reader)
    areUsual &&= id.length === usualIdBytes
    const index = replicas.find(id)
    if (index === author) reader.fail('the author is listed as another replica')
    if (count > 1) names.add(replicaName(id))
    indexes.push(index)
  }
  if (areUsual !== (head % 2 === 0)) reader.fail('the lengths of replica ids need not be said')
  if (count > 1 && names.size < count) reader.fail('a replica is listed twice')
  return { indexes, used: 0 }
}

function decodeDelete(
  reader: Reader,
  changes: Changes,
  subject: ValueId,
  property: PropertyId,
  author: ReplicaIndex,
  foreign: ForeignReplicas,
): void {
  const code = reader.varintUpTo(maxCounter * 2 + 1, 'a dot')
  const counter = Math.floor(code / 2)
  if (counter === 0) reader.fail('a counter is 0')
  let replica = author
  if (code % 2 === 1) {
    const place = reader.varint()
    if (place >= foreign.indexes.length) reader.fail('a dot names no listed replica')
    if (place > foreign.used) reader.fail('replicas are listed in another order than they are named')
    if (place === foreign.used) foreign.used++
    replica = foreign.indexes[place]
  }
  changes.delete(subject, property, 0, counter, replica)
}

function decodeReference(reader: Reader, terms: WireTerms, head: number, bits: 1 | 3): ValueId {
  const rest = Math.floor(head / (1 << bits))
  if (head % 2 === 0) return decodeText(reader, terms, references, TermKind.iri, rest)
  return decodePlace(reader, terms, references, rest, TermKind.iri)
}
