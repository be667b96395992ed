import { Writer } from '../codec/index.js'
import { References, type WireTerms } from '../operation/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import { TextsWriter } from './chunk-texts.js'
import { ValuesWriter } from './chunk-values.js'

/**
 * A chunk is closed when it takes about this many bytes: the larger, the less a text or a shape stands in several of them. Compressed it is mostly less
 * than half of that; and a transport that takes less is given it in parts.
 */
const targetBytes = 131_072
/** And when it has so many pairs, however small: whoever reads a chunk does it in one piece. */
const mostPairs = 16_384
/** About what a text takes beside its bytes; a value that is a place, or a small integer; and another number. */
const textBytes = 2
const valueBytes = 2
const numberBytes = 8

/** What a {@link ChunkWriter} needs of a dictionary. */
export type ChunkTerms = WireTerms & { bytesOf(id: ValueId): Uint8Array }

/**
 * Writes live pairs as the bytes of a `Chunk` (`state-chunk.ts`). Made to be reused for every chunk of a state; what it holds of a dictionary is let go
 * by {@link ChunkWriter.end}.
 */
export class ChunkWriter {
  /** One that stays: with none alive, a collection makes V8 forget their shape, and drop all code optimised for it. */
  static readonly idle: ChunkWriter = new ChunkWriter()

  private readonly properties = new Writer(64)
  private readonly shapes = new Writer(256)
  private readonly rows = new Writer(256)
  private readonly texts = new TextsWriter()
  private readonly values = new ValuesWriter()
  private readonly lengths = new Writer(256)
  private readonly replicas = new Writer(256)
  private readonly starts = new Writer(256)
  private readonly places = new References()
  /** The texts that stand in values, for knowing about how much they take. */
  private readonly met = new References()
  /** Of each pair, the place of its property; and its object. */
  private readonly propertyPlaces: number[] = []
  private readonly objects: ValueId[] = []
  /** By property: one more than its place in this chunk; 0 or nothing when it has none yet. */
  private readonly placeOfProperty: number[] = []
  /** By place. */
  private readonly propertyIds: PropertyId[] = []
  private readonly placeOfShape = new Map<string, number>()
  /** The shape of the row before: most are like that. */
  private shape: number[] = []
  private shapePlace = 0
  private rowCount = 0
  private rowStart = 0
  private subject: ValueId = 0
  private counter = 0
  private replica = -1
  private run = 0
  /** By replica: the counter of its last run. */
  private readonly last = new Map<number, number>()
  private bytes = 0
  private dictionary: ChunkTerms | undefined
  count = 0

  /** What is written from now on is in the ids of this dictionary. */
  begin(dictionary: ChunkTerms): void {
    this.dictionary = dictionary
    this.clear()
  }

  end(): void {
    this.clear()
    this.dictionary = undefined
  }

  get full(): boolean {
    return this.bytes >= targetBytes || this.count >= mostPairs
  }

  /**
   * The pairs of a subject must come one after the other.
   * @param replica a place in the state's vector
   */
  pair(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: number): void {
    if (subject !== this.subject) this.startRow(subject)
    this.propertyPlaces[this.count] = this.placeFor(property)
    this.objects[this.count++] = object
    this.bytes += this.sizeOf(object)
    if (replica !== this.replica || counter !== this.counter + 1) {
      this.endRun()
      this.startRun(counter, replica)
    }
    this.run++
    this.counter = counter
  }

  private startRow(subject: ValueId): void {
    this.endRow()
    this.subject = subject
    this.rowStart = this.count
    this.rowCount++
    this.places.place(subject)
    this.bytes += this.dictionary!.byteLength(subject) + textBytes
  }

  private endRow(): void {
    if (this.rowCount > 0) this.rows.varint(this.shapeOf(this.rowStart, this.count))
  }

  private startRun(counter: number, replica: number): void {
    this.starts.zigzag(counter - (this.last.get(replica) ?? 0) - 1)
    this.replicas.varint(replica)
    this.replica = replica
    this.bytes += textBytes
  }

  private endRun(): void {
    if (this.run === 0) return
    this.lengths.varint(this.run)
    this.last.set(this.replica, this.counter)
    this.run = 0
  }

  private placeFor(property: PropertyId): number {
    const known = this.placeOfProperty[property]
    if (known > 0) return known - 1
    while (this.placeOfProperty.length <= property) this.placeOfProperty.push(0)
    this.placeOfProperty[property] = this.propertyIds.push(property)
    return this.propertyIds.length - 1
  }

  private sizeOf(object: ValueId): number {
    const dictionary = this.dictionary!
    const kind = dictionary.kind(object)
    if (kind === TermKind.double) return numberBytes
    const isNew = kind < TermKind.integer && this.met.place(object) < 0
    return isNew ? dictionary.byteLength(object) + textBytes + valueBytes : valueBytes
  }

  /** The place of the shape of these pairs, which is added when it is new. */
  private shapeOf(from: number, to: number): number {
    const { propertyPlaces, shape } = this
    const length = to - from
    let isSame = shape.length === length
    for (let i = 0; isSame && i < length; i++) isSame = shape[i] === propertyPlaces[from + i]
    if (isSame) return this.shapePlace
    this.shape = propertyPlaces.slice(from, to)
    const key = this.shape.join()
    const known = this.placeOfShape.get(key)
    this.shapePlace = known ?? this.placeOfShape.size
    if (known !== undefined) return known
    this.placeOfShape.set(key, this.shapePlace)
    this.writeShape(this.shape)
    return this.shapePlace
  }

  private writeShape(shape: readonly number[]): void {
    const runs: number[] = []
    for (let i = 0; i < shape.length; i++)
      if (i > 0 && shape[i] === shape[i - 1]) runs[runs.length - 1]++
      else runs.push(shape[i], 1)
    this.shapes.varint(runs.length / 2)
    for (const number of runs) this.shapes.varint(number)
    this.bytes += runs.length
  }

  /** Appends the whole chunk, and begins another one. */
  finish(writer: Writer): void {
    this.endRow()
    this.endRun()
    const subjects = this.places.count
    this.writeValues()
    this.writeTexts()
    writer.varint(this.count)
    writer.varint(subjects)
    this.texts.finish(writer)
    for (const section of [this.properties, this.shapes, this.rows]) writer.section(section)
    this.values.finish(writer)
    for (const section of [this.lengths, this.replicas, this.starts]) writer.section(section)
    this.clear()
  }

  /** Property by property; what is not there yet gets its place among the terms in this order. */
  private writeValues(): void {
    const { count, dictionary, propertyPlaces, propertyIds, objects, values } = this
    for (const property of propertyIds) this.properties.varint(this.placeOf(dictionary!.propertyTerm(property)))
    const ends = new Int32Array(propertyIds.length)
    for (let i = 0; i < count; i++) ends[propertyPlaces[i]]++
    for (let place = 1; place < ends.length; place++) ends[place] += ends[place - 1]
    const next = new Int32Array(ends.length)
    next.set(ends.subarray(0, -1), 1)
    const column = new Int32Array(count)
    for (let i = 0; i < count; i++) column[next[propertyPlaces[i]]++] = objects[i]
    const placeOf = (term: ValueId) => this.placeOf(term)
    for (let place = 0; place < ends.length; place++)
      values.column(dictionary!, column, place === 0 ? 0 : ends[place - 1], ends[place], placeOf)
  }

  private placeOf(term: ValueId): number {
    const known = this.places.place(term)
    return known < 0 ? this.places.count - 1 : known
  }

  private writeTexts(): void {
    const { dictionary, places, texts } = this
    for (let place = 0; place < places.count; place++) {
      const term = places.at(place)
      texts.add(dictionary!.kind(term), dictionary!.bytesOf(term))
    }
  }

  private clear(): void {
    const { properties, shapes, rows, lengths, replicas, starts } = this
    for (const section of [properties, shapes, rows, lengths, replicas, starts]) section.reset()
    this.places.clear()
    this.met.clear()
    this.placeOfProperty.fill(0)
    this.propertyIds.length = 0
    this.placeOfShape.clear()
    this.last.clear()
    this.shape = []
    this.rowCount = 0
    this.rowStart = 0
    this.subject = 0
    this.counter = 0
    this.replica = -1
    this.run = 0
    this.bytes = 0
    this.count = 0
  }
}
