import { Reader, Writer } from '../codec/index.js'
import {
  type Difference,
  Effect,
  Effects,
  effectStride,
  type Graph,
  type ListChange,
  type ListDifference,
  type ListEntry,
  listDifference,
  listPropertyCount,
  visibly,
} from '../graph/index.js'
import {
  type Changes,
  decodeValue,
  encodeValue,
  insertStride,
  placeTexts,
  placeValue,
  References,
  type WireTerms,
} from '../operation/index.js'
import { TermKind, type ValueId } from '../rdf/index.js'

/** What a transaction did to what is visible: all of it, and apart what concerns the order of lists. */
export interface Seen {
  readonly difference: Difference
  readonly lists: ListDifference
}

/** Effects of the view have this bit. */
const ofView = Effect.hidden
const writer = new Writer(256)
const references = new References()

/**
 * Whether an operation tells by itself what it did to what is visible: each insert made its triple visible, and each triple that was removed has become
 * invisible, unless it is in both; and no order of a list is concerned.
 */
export function isPlain(changes: Changes, effects: Effects): boolean {
  const { list, length } = effects
  let inserts = 0
  for (let at = 0; at < length; at += effectStride) {
    const what = list[at]
    if ((what & (visibly | ofView)) !== visibly || list[at + 2] < listPropertyCount) return false
    inserts += what & 1
  }
  // Where a replica id forked, some of the inserts may be known already.
  return inserts === changes.insertCount
}

/** What has just become visible and invisible. To be called before the next transaction. */
export function seenOf(graph: Graph, effects: Effects): Seen {
  const difference = effects.difference()
  return { difference, lists: listDifference(graph, difference) }
}

/**
 * For the journal entry of an operation that is not {@link isPlain}: which of the pairs that it removed and inserted changed nothing visible, what rules have
 * hidden and shown, and how lists have changed, since their indexes cannot be told later. Texts of the operation, and of what it removed, stand by their places.
 * Byte by byte in `docs/protocol.md`.
 */
export function encodeVisible(changes: Changes, effects: Effects, { lists }: ListDifference, terms: WireTerms) {
  const { list, length } = effects
  writer.reset()
  placeTexts(changes, terms, references)
  const exceptions: number[] = []
  let removed = 0
  let at = 0
  for (; at < length && (list[at] & 3) === Effect.removed; at += effectStride, removed++) {
    placeValue(terms, references, list[at + 3])
    if ((list[at] & visibly) === 0) exceptions.push(removed)
  }
  const insertsAt = at
  while (at < length && (list[at] & 3) === Effect.inserted) at += effectStride
  const known = changes.insertCount - (at - insertsAt) / effectStride
  for (let i = 0; i < known; i++) exceptions.push(removed + i)
  for (let i = insertsAt; i < at; i += effectStride)
    if ((list[i] & visibly) === 0) exceptions.push(removed + known + (i - insertsAt) / effectStride)
  writer.varint(exceptions.length)
  exceptions.forEach((place, i) => {
    writer.varint(i === 0 ? place : place - exceptions[i - 1] - 1)
  })
  writer.varint((length - at) / effectStride)
  for (; at < length; at += effectStride) {
    writer.uint8(list[at] & 1)
    encodeValue(writer, terms, references, list[at + 1])
    encodeValue(writer, terms, references, terms.propertyTerm(list[at + 2]))
    encodeValue(writer, terms, references, list[at + 3])
  }
  for (const change of lists) encodeList(change, terms)
  return writer.bytes.subarray(0, writer.length)
}

function encodeList({ list, length, removed, added }: ListChange, terms: WireTerms): void {
  encodeValue(writer, terms, references, list)
  writer.varint(length)
  for (const entries of [removed, added]) {
    writer.varint(entries.length)
    for (const { index, slot, item } of entries) {
      writer.varint(index)
      encodeValue(writer, terms, references, slot)
      encodeValue(writer, terms, references, item)
    }
  }
}

/**
 * What an operation did to what was visible when it was applied.
 * @param removed what `decodeRemoved` gave
 * @param bytes what {@link encodeVisible} wrote; undefined for one that is plain
 * @throws CodedError `data-malformed`
 */
export function decodeVisible(
  changes: Changes,
  removed: readonly number[],
  bytes: Uint8Array | undefined,
  terms: WireTerms,
): Seen {
  const reader = new Reader(bytes ?? plain, 'journal entry')
  if (bytes !== undefined) {
    placeTexts(changes, terms, references)
    for (let at = 2; at < removed.length; at += 3) placeValue(terms, references, removed[at])
  }
  const effects = new Effects()
  const exceptions = decodeExceptions(reader, removed.length / 3 + changes.insertCount)
  let place = 0
  const pair = (what: number, subject: number, property: number, object: number) =>
    effects.push(what | (exceptions.has(place++) ? 0 : visibly), subject, property, object, 0, 0)
  for (let at = 0; at < removed.length; at += 3) pair(Effect.removed, removed[at], removed[at + 1], removed[at + 2])
  const { inserts, insertLength } = changes
  for (let at = 0; at < insertLength; at += insertStride)
    pair(Effect.inserted, inserts[at], inserts[at + 1], inserts[at + 2])
  let count = reader.varintUpTo(reader.remaining, 'a number of triples')
  for (; count > 0; count--) {
    const what = reader.uint8() === 0 ? Effect.hidden : Effect.shown
    const subject = decodeIri(reader, terms)
    const property = terms.propertyOf(decodeIri(reader, terms))
    effects.push(what | visibly, subject, property, decodeValue(reader, terms, references), 0, 0)
  }
  const lists: ListChange[] = []
  while (reader.remaining > 0) lists.push(decodeList(reader, terms))
  const difference = effects.difference()
  return { difference, lists: { lists, rest: bytes === undefined ? difference : withoutLists(difference) } }
}

/** No exceptions, nothing of the view. */
const plain = Uint8Array.of(0, 0)

function decodeExceptions(reader: Reader, pairs: number): ReadonlySet<number> {
  const exceptions = new Set<number>()
  let count = reader.varintUpTo(reader.remaining, 'a number of exceptions')
  for (let place = -1; count > 0; count--) {
    place += 1 + reader.varintUpTo(pairs, 'a place')
    if (place >= pairs) reader.fail('a place is beyond the last pair')
    exceptions.add(place)
  }
  return exceptions
}

function decodeList(reader: Reader, terms: WireTerms): ListChange {
  const list = decodeIri(reader, terms)
  const length = reader.varint()
  const removed = decodeEntries(reader, terms)
  return { list, length, removed, added: decodeEntries(reader, terms) }
}

function decodeEntries(reader: Reader, terms: WireTerms): ListEntry[] {
  const count = reader.varintUpTo(reader.remaining, 'a number of items')
  const entries: ListEntry[] = []
  for (let i = 0; i < count; i++) {
    const index = reader.varint()
    const slot = decodeIri(reader, terms)
    entries.push({ index, slot, item: decodeValue(reader, terms, references) })
  }
  return entries
}

function decodeIri(reader: Reader, terms: WireTerms): ValueId {
  const value = decodeValue(reader, terms, references)
  if (terms.kind(value) !== TermKind.iri) reader.fail('what should be an IRI is a literal')
  return value
}

function withoutLists({ inserted, deleted }: Difference): Difference {
  const rest = (triples: number[]) => triples.filter((_, at) => triples[at - (at % 3) + 1] >= listPropertyCount)
  return { inserted: rest(inserted), deleted: rest(deleted) }
}
