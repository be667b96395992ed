import { copyRange, type Reader, Writer } from '../codec/index.js'
import { decodeNative, encodeNative, References, type WireTerms } from '../operation/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'

/** A chunk is closed when it holds about this many bytes: well below the least that a transport must take. */
const targetBytes = 32_768
/**
 * How much of a text may be taken over from the one before it. Small, so that what a decoder allocates stays within a fixed multiple
 * of what it was sent.
 */
const maxSharedBytes = 63
/** In the low three bits of a value: its place among the terms stands above. Numbers and booleans have tags of their own. */
const termTag = 0

/**
 * Writes live pairs as columns: what is alike stands together, for run lengths now and compression later.
 *
 *     terms       count; kind, length shared with the text before, length of the rest, the rest
 *     properties  count; places among the terms
 *     subjects    for each run of pairs of one subject: place (difference to the one before), number of pairs
 *     property    of each pair: place among the properties
 *     value       of each pair
 *     counter     of each pair: difference to the one before, less one
 *     replica     runs: place in the state's vector, number of pairs
 *
 * Made to be reused for every chunk of a state; what it holds of a dictionary is let go by {@link ChunkWriter.end}.
 */
export class ChunkWriter {
  private readonly terms = new Writer(8192)
  private readonly properties = new Writer(64)
  private readonly subjects = new Writer(2048)
  private readonly property = new Writer(2048)
  private readonly values = new Writer(8192)
  private readonly counters = new Writer(2048)
  private readonly replicas = new Writer(64)
  private readonly places = new References()
  /** By property: one more than its place in this chunk; 0 or nothing when it has none yet. */
  private readonly placeOfProperty: number[] = []
  private propertyCount = 0
  private previousText: Uint8Array = noText
  private subject: ValueId = 0
  private subjectPlace = 0
  private subjectPairs = 0
  private counter = 0
  private replica = -1
  private replicaPairs = 0
  private dictionary: ChunkTerms | undefined
  count = 0

  /** What is written from now on is in the ids of this dictionary. */
  begin(dictionary: ChunkTerms): void {
    this.dictionary = dictionary
    this.clear()
  }

  end(): void {
    this.dictionary = undefined
    this.previousText = noText
  }

  get full(): boolean {
    return this.terms.length + this.values.length + this.counters.length + this.property.length >= targetBytes
  }

  /** @param replica a place in the state's vector */
  pair(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: number): void {
    if (subject !== this.subject) this.startSubject(subject)
    this.subjectPairs++
    this.property.varint(this.placeOfPropertyFor(property))
    this.value(object)
    this.counters.zigzag(counter - this.counter - 1)
    this.counter = counter
    if (replica !== this.replica) {
      this.endReplica()
      this.replica = replica
    }
    this.replicaPairs++
    this.count++
  }

  private startSubject(subject: ValueId): void {
    this.endSubject()
    const place = this.placeOf(subject)
    this.subjects.zigzag(place - this.subjectPlace)
    this.subject = subject
    this.subjectPlace = place
  }

  private endSubject(): void {
    if (this.subjectPairs > 0) this.subjects.varint(this.subjectPairs)
    this.subjectPairs = 0
  }

  private endReplica(): void {
    if (this.replicaPairs === 0) return
    this.replicas.varint(this.replica)
    this.replicas.varint(this.replicaPairs)
    this.replicaPairs = 0
  }

  private placeOfPropertyFor(property: PropertyId): number {
    const known = this.placeOfProperty[property]
    if (known > 0) return known - 1
    const place = this.propertyCount++
    while (this.placeOfProperty.length <= property) this.placeOfProperty.push(0)
    this.placeOfProperty[property] = place + 1
    this.properties.varint(this.placeOf(this.dictionary!.propertyTerm(property)))
    return place
  }

  private placeOf(term: ValueId): number {
    const known = this.places.place(term)
    if (known >= 0) return known
    const dictionary = this.dictionary!
    const text = dictionary.bytesOf(term)
    const most = Math.min(text.length, this.previousText.length, maxSharedBytes)
    let shared = 0
    while (shared < most && text[shared] === this.previousText[shared]) shared++
    this.terms.uint8(dictionary.kind(term))
    this.terms.uint8(shared)
    this.terms.varint(text.length - shared)
    this.terms.raw(text, shared)
    this.previousText = text
    return this.places.count - 1
  }

  private value(object: ValueId): void {
    const { values } = this
    const dictionary = this.dictionary!
    const kind = dictionary.kind(object)
    if (!encodeNative(values, dictionary, object, kind)) values.varint(this.placeOf(object) * 8 + termTag)
  }

  /** Appends the whole chunk, and begins another one. */
  finish(writer: Writer): void {
    this.endSubject()
    this.endReplica()
    writer.varint(this.count)
    writer.varint(this.places.count)
    writer.section(this.terms)
    writer.varint(this.propertyCount)
    writer.section(this.properties)
    for (const column of [this.subjects, this.property, this.values, this.counters, this.replicas])
      writer.section(column)
    this.clear()
  }

  private clear(): void {
    const { terms, properties, subjects, property, values, counters, replicas } = this
    for (const column of [terms, properties, subjects, property, values, counters, replicas]) column.reset()
    this.places.clear()
    this.placeOfProperty.fill(0)
    this.propertyCount = 0
    this.previousText = noText
    this.subject = 0
    this.subjectPlace = 0
    this.counter = 0
    this.replica = -1
    this.count = 0
  }
}

const noText = new Uint8Array(0)

/** What a {@link ChunkWriter} needs of a dictionary. */
export type ChunkTerms = WireTerms & { bytesOf(id: ValueId): Uint8Array }

/** Receives the pairs of a chunk. `replica` is a place in the state's vector; `left` says how many pairs of the subject stand here in a row, from this one. */
export type PairSink = (s: ValueId, p: PropertyId, o: ValueId, counter: number, replica: number, left: number) => void

/**
 * Reads what a {@link ChunkWriter} wrote, adding terms that are new.
 * @param counters the state's vector, by place: no dot may lie beyond it
 * @throws CodedError `data-malformed`
 */
export function readChunk(reader: Reader, dictionary: WireTerms, counters: readonly number[], sink: PairSink): void {
  const count = reader.varint()
  const terms = readTerms(reader, dictionary)
  const properties = readProperties(reader, dictionary, terms)
  const [subjects, property, values, counter, replicas] = Array.from({ length: 5 }, () => reader.section())
  reader.finish()
  if (count > property.remaining) reader.fail('more pairs are announced than there are')
  let subjectPlace = 0
  let subject: ValueId = 0
  let subjectLeft = 0
  let replica = 0
  let replicaLeft = 0
  let previous = 0
  for (let i = 0; i < count; i++) {
    if (subjectLeft === 0) {
      subjectPlace += subjects.zigzag()
      subject = termAt(subjects, dictionary, terms, subjectPlace, true)
      subjectLeft = subjects.varintUpTo(count - i, 'a number of pairs')
      if (subjectLeft === 0) subjects.fail('a subject without pairs')
    }
    if (replicaLeft === 0) {
      replica = replicas.varint()
      if (replica >= counters.length) replicas.fail('a replica is not in the vector')
      replicaLeft = replicas.varintUpTo(count - i, 'a number of pairs')
      if (replicaLeft === 0) replicas.fail('a replica without pairs')
    }
    const propertyPlace = property.varint()
    if (propertyPlace >= properties.length) property.fail('a place names no property')
    const object = readValue(values, dictionary, terms)
    previous += counter.zigzag() + 1
    if (previous < 1 || previous > counters[replica]) counter.fail('a dot lies beyond the vector')
    sink(subject, properties[propertyPlace], object, previous, replica, subjectLeft)
    subjectLeft--
    replicaLeft--
  }
  for (const column of [subjects, property, values, counter, replicas]) column.finish()
}

function readTerms(reader: Reader, dictionary: WireTerms): ValueId[] {
  const count = reader.varint()
  const section = reader.section()
  if (count > section.remaining / 3) section.fail('more terms are announced than there are')
  const terms: ValueId[] = []
  let text = new Uint8Array(256)
  let previousLength = 0
  for (let i = 0; i < count; i++) {
    const kind = section.varintUpTo(TermKind.language, 'a kind of term') as TermKind
    const shared = section.uint8()
    if (shared > Math.min(previousLength, maxSharedBytes)) section.fail('more is shared than there is')
    const rest = section.skip(section.varint())
    const length = shared + (section.at - rest)
    if (length > text.length) {
      const longer = new Uint8Array(length * 2)
      longer.set(text.subarray(0, shared))
      text = longer
    }
    copyRange(section.bytes, rest, section.at, text, shared)
    previousLength = length
    const term = dictionary.fromBytes(kind, text, 0, length)
    if (term === 0) section.fail('a term is not legal')
    terms.push(term)
  }
  section.finish()
  return terms
}

function readProperties(reader: Reader, dictionary: WireTerms, terms: readonly ValueId[]): PropertyId[] {
  const count = reader.varint()
  const section = reader.section()
  if (count > section.remaining) section.fail('more properties are announced than there are')
  const properties: PropertyId[] = []
  for (let i = 0; i < count; i++)
    properties.push(dictionary.propertyOf(termAt(section, dictionary, terms, section.varint(), true)))
  section.finish()
  return properties
}

function termAt(
  reader: Reader,
  dictionary: WireTerms,
  terms: readonly ValueId[],
  place: number,
  iri: boolean,
): ValueId {
  if (place < 0 || place >= terms.length) reader.fail('a place names no term')
  const term = terms[place]
  if (iri && dictionary.kind(term) !== TermKind.iri) reader.fail('a subject or property is no IRI')
  return term
}

function readValue(reader: Reader, dictionary: WireTerms, terms: readonly ValueId[]): ValueId {
  const head = reader.varint()
  const rest = Math.floor(head / 8)
  if (head % 8 === termTag) return termAt(reader, dictionary, terms, rest, false)
  return decodeNative(reader, dictionary, head % 8, rest) || reader.fail('an unknown kind of value')
}
