import { Reader } from '../codec/index.js'
import type { WireTerms } from '../operation/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import { readTexts } from './chunk-texts.js'
import { readColumn } from './chunk-values.js'
import type { PairColumns } from './triples.js'

/**
 * Live pairs of some subjects, in the ids of a dictionary: subject by subject, as they were written. A pair has the same place in the last four of these.
 *
 * As bytes, what is alike stands together, for compression later:
 *
 *     texts       of all terms: first those of the subjects, one for each row
 *     properties  places among the terms
 *     shapes      which properties a row has, in which order
 *     rows        of each subject: its shape
 *     values      property by property, of all rows that have it
 *     dots        runs in which each counter is one more than that before
 */
export interface Chunk extends PairColumns {
  /** Of each row. */
  readonly subjects: Int32Array
  /** Of each row: where its pairs end. */
  readonly ends: Int32Array
  /** Of each row: 1 if it has no property twice. */
  readonly isSimple: Uint8Array
  /** Places in the state's vector. */
  readonly replicas: Int32Array
}

/** Which properties a row has: runs of places among the properties, each with how often it stands there. */
interface Shape {
  readonly runs: readonly number[]
  readonly length: number
  readonly isSimple: boolean
}

/** How many pairs the chunk that follows says that it has. It is read again with the chunk. */
export function chunkSize({ bytes, at, end }: Reader): number {
  return new Reader(bytes, 'state', at, end).varint()
}

/**
 * Reads what a `ChunkWriter` wrote, adding terms that are new. What it allocates is at most a fixed multiple of the bytes: each pair has at least one, that of its value.
 * @param counters the state's vector, by place: no dot may lie beyond it
 * @throws CodedError `data-malformed`
 */
export function readChunk(reader: Reader, dictionary: WireTerms, counters: readonly number[]): Chunk {
  const count = reader.varintUpTo(reader.remaining, 'the number of pairs')
  const rowCount = reader.varintUpTo(count, 'the number of subjects')
  const terms = readTexts(reader, dictionary)
  if (rowCount > terms.length) reader.fail('there are more subjects than terms')
  for (let row = 0; row < rowCount; row++) requireIri(reader, dictionary, terms[row])
  const properties = readProperties(reader, dictionary, terms)
  const shapes = readShapes(reader.section(), properties.length, count)
  const rows = reader.section()
  const values = reader.section()
  const [lengths, places, starts] = [reader.section(), reader.section(), reader.section()]
  reader.finish()
  if (count > values.remaining) values.fail('there are more pairs than values')

  const rowShapes = readRows(rows, rowCount, shapes, count)
  const columnLengths = new Int32Array(properties.length)
  for (const { runs } of rowShapes) for (let i = 0; i < runs.length; i += 2) columnLengths[runs[i]] += runs[i + 1]
  const column = new Int32Array(count)
  const next = new Int32Array(properties.length)
  let filled = 0
  for (let place = 0; place < properties.length; place++) {
    next[place] = filled
    filled += columnLengths[place]
    if (filled === next[place]) values.fail('a property has no value')
    readColumn(values, dictionary, terms, column, next[place], filled)
  }
  values.finish()
  return {
    subjects: terms.slice(0, rowCount),
    ...arrange(rowShapes, properties, column, next),
    ...readDots(lengths, places, starts, counters, count),
  }
}

/** Takes the values out of the columns, row by row. */
function arrange(shapes: readonly Shape[], properties: Int32Array, column: Int32Array, next: Int32Array) {
  const { length } = column
  const arranged = {
    ends: new Int32Array(shapes.length),
    isSimple: new Uint8Array(shapes.length),
    properties: new Int32Array(length),
    objects: new Int32Array(length),
  }
  let at = 0
  for (let row = 0; row < shapes.length; row++) {
    const { runs, isSimple } = shapes[row]
    for (let i = 0; i < runs.length; i += 2) {
      const place = runs[i]
      for (let n = runs[i + 1]; n > 0; n--, at++) {
        arranged.properties[at] = properties[place]
        arranged.objects[at] = column[next[place]++]
      }
    }
    arranged.ends[row] = at
    arranged.isSimple[row] = isSimple ? 1 : 0
  }
  return arranged
}

function readProperties(reader: Reader, dictionary: WireTerms, terms: Int32Array): Int32Array {
  const section = reader.section()
  const properties: PropertyId[] = []
  while (section.remaining > 0) {
    const place = section.varint()
    if (place >= terms.length) section.fail('a place names no term')
    requireIri(section, dictionary, terms[place])
    properties.push(dictionary.propertyOf(terms[place]))
  }
  if (new Set(properties).size < properties.length) section.fail('a property is repeated')
  return Int32Array.from(properties)
}

function requireIri(reader: Reader, dictionary: WireTerms, term: ValueId): void {
  if (dictionary.kind(term) !== TermKind.iri) reader.fail('a subject or property is no IRI')
}

/** @param most all of them together may have: each is in use */
function readShapes(section: Reader, propertyCount: number, most: number): Shape[] {
  const shapes: Shape[] = []
  /** By property: one more than the last shape that has it. */
  const lastShape = new Int32Array(propertyCount)
  let left = most
  while (section.remaining > 0) {
    const runs: number[] = []
    const runCount = section.varintUpTo(section.remaining / 2, 'the runs of a shape')
    let length = 0
    let isSimple = true
    for (let i = 0; i < runCount; i++) {
      const place = section.varint()
      if (place >= propertyCount) section.fail('a place names no property')
      if (place === runs[runs.length - 2]) section.fail('a run is cut in two')
      const repeated = section.varintUpTo(left - length, 'a number of values')
      if (repeated === 0) section.fail('a property without values')
      if (repeated > 1 || lastShape[place] > shapes.length) isSimple = false
      lastShape[place] = shapes.length + 1
      runs.push(place, repeated)
      length += repeated
    }
    if (length === 0) section.fail('a subject without pairs')
    left -= length
    shapes.push({ runs, length, isSimple })
  }
  return shapes
}

function readRows(section: Reader, rowCount: number, shapes: readonly Shape[], count: number): Shape[] {
  const rows: Shape[] = []
  let left = count
  for (let row = 0; row < rowCount; row++) {
    const place = section.varint()
    if (place >= shapes.length) section.fail('a place names no shape')
    const shape = shapes[place]
    left -= shape.length
    if (left < 0) section.fail('the subjects have more pairs than announced')
    rows.push(shape)
  }
  if (left > 0) section.fail('the subjects have fewer pairs than announced')
  section.finish()
  return rows
}

function readDots(lengths: Reader, places: Reader, starts: Reader, bounds: readonly number[], count: number) {
  const counters = new Int32Array(count)
  const replicas = new Int32Array(count)
  const last = new Map<number, number>()
  for (let at = 0; at < count; ) {
    const length = lengths.varintUpTo(count - at, 'a run of dots')
    if (length === 0) lengths.fail('a run of no dots')
    const place = places.varint()
    if (place >= bounds.length) places.fail('a replica is not in the vector')
    const start = (last.get(place) ?? 0) + 1 + starts.zigzag()
    if (start < 1 || start + length - 1 > bounds[place]) starts.fail('a dot lies beyond the vector')
    last.set(place, start + length - 1)
    for (let i = 0; i < length; i++, at++) {
      counters[at] = start + i
      replicas[at] = place
    }
  }
  for (const section of [lengths, places, starts]) section.finish()
  return { counters, replicas }
}
