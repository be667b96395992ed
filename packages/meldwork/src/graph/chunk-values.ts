import { type Reader, Writer } from '../codec/index.js'
import type { WireTerms } from '../operation/index.js'
import { TermKind, type ValueId } from '../rdf/index.js'

/** What the values of a run are: a text's place among the terms, an integer, another number, a boolean. */
const Sort = { term: 0, integer: 1, number: 2, boolean: 3 } as const
/** Integers below this magnitude are written as such, so that the difference of two is exact; those above it as numbers. */
const integerLimit = 2 ** 51

const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)
const doubleSize = 8

/**
 * Writes the values of one property after the other. Each column is
 *
 *     sorts     runs: 4 * number of values + sort, until all have one
 *     terms     of each: place, as zigzag difference to the last one, less 1
 *     integers  of each: zigzag difference to the last one
 *     numbers   first bytes of all, then second bytes of all ... of the f64
 *     booleans  of each a byte
 */
export class ValuesWriter {
  private readonly all = new Writer(256)
  private readonly terms = new Writer(256)
  private readonly integers = new Writer(256)
  private readonly numbers: number[] = []
  private readonly booleans = new Writer(256)

  /** @param placeOf the place of a text among the terms, that is added when it has none */
  column(
    dictionary: WireTerms,
    values: Int32Array,
    from: number,
    to: number,
    placeOf: (term: ValueId) => number,
  ): void {
    const { all, terms, integers, numbers, booleans } = this
    let sort = -1
    let run = 0
    let place = 0
    let integer = 0
    numbers.length = 0
    for (let i = from; i < to; i++) {
      const value = values[i]
      const kind = dictionary.kind(value)
      const found = sortOf(dictionary, value, kind)
      if (found !== sort) {
        if (run > 0) all.varint(run * 4 + sort)
        run = 0
        sort = found
      }
      run++
      if (found === Sort.term) {
        const next = placeOf(value)
        terms.zigzag(next - place - 1)
        place = next
      } else if (found === Sort.integer) {
        const next = dictionary.native(value) as number
        integers.zigzag(next - integer)
        integer = next
      } else if (found === Sort.number) numbers.push(dictionary.native(value) as number)
      else booleans.uint8(dictionary.native(value) ? 1 : 0)
    }
    all.varint(run * 4 + sort)
    for (const part of [terms, integers]) {
      all.append(part)
      part.reset()
    }
    this.planes()
    all.append(booleans)
    booleans.reset()
  }

  private planes(): void {
    const { all, numbers } = this
    const { length } = numbers
    all.ensure(length * doubleSize)
    const { bytes, length: start } = all
    for (let i = 0; i < length; i++) {
      double[0] = numbers[i]
      for (let plane = 0; plane < doubleSize; plane++) bytes[start + plane * length + i] = doubleBytes[plane]
    }
    all.length = start + length * doubleSize
  }

  /** Appends all columns, and begins anew. */
  finish(writer: Writer): void {
    writer.section(this.all)
    this.all.reset()
  }
}

function sortOf(dictionary: WireTerms, value: ValueId, kind: TermKind): number {
  if (kind === TermKind.integer)
    return Math.abs(dictionary.native(value) as number) < integerLimit ? Sort.integer : Sort.number
  if (kind === TermKind.double) return Sort.number
  return kind === TermKind.boolean ? Sort.boolean : Sort.term
}

/**
 * Reads one column, and fills its values into a part of an array.
 * @param terms by place
 * @throws CodedError `data-malformed`
 */
export function readColumn(
  reader: Reader,
  dictionary: WireTerms,
  terms: Int32Array,
  into: Int32Array,
  from: number,
  to: number,
): void {
  const runs: number[] = []
  const counts = [0, 0, 0, 0]
  for (let at = from; at < to; ) {
    const head = reader.varint()
    const [length, sort] = [Math.floor(head / 4), head % 4]
    if (length === 0 || length > to - at || sort === runs[runs.length - 2]) reader.fail('a run of values is no run')
    runs.push(sort, length)
    counts[sort] += length
    at += length
  }
  readTerms(reader, terms, into, new Places(runs, Sort.term, from), counts[Sort.term])
  readIntegers(reader, dictionary, into, new Places(runs, Sort.integer, from), counts[Sort.integer])
  readNumbers(reader, dictionary, into, new Places(runs, Sort.number, from), counts[Sort.number])
  const booleans = new Places(runs, Sort.boolean, from)
  for (let i = counts[Sort.boolean]; i > 0; i--)
    into[booleans.next()] = dictionary.boolean(reader.varintUpTo(1, 'a boolean') === 1)
}

/** Where the values of one sort stand in a column, one after the other. */
class Places {
  private readonly runs: readonly number[]
  private readonly sort: number
  private run = 0
  private at: number
  private end: number

  constructor(runs: readonly number[], sort: number, from: number) {
    this.runs = runs
    this.sort = sort
    this.at = from
    this.end = from
  }

  next(): number {
    if (this.at === this.end) this.nextRun()
    return this.at++
  }

  private nextRun(): void {
    const { runs, sort } = this
    for (; runs[this.run] !== sort; this.run += 2) this.at += runs[this.run + 1]
    this.end = this.at + runs[this.run + 1]
    this.run += 2
  }
}

function readTerms(reader: Reader, terms: Int32Array, into: Int32Array, places: Places, count: number): void {
  let place = 0
  for (let i = 0; i < count; i++) {
    place += reader.zigzag() + 1
    if (place < 0 || place >= terms.length) reader.fail('a place names no term')
    into[places.next()] = terms[place]
  }
}

function readIntegers(reader: Reader, dictionary: WireTerms, into: Int32Array, places: Places, count: number): void {
  let integer = 0
  for (let i = 0; i < count; i++) {
    integer += reader.zigzag()
    if (integer >= integerLimit || integer <= -integerLimit) reader.fail('an integer is too large to stand here')
    into[places.next()] = dictionary.integer(integer, true)
  }
}

function readNumbers(reader: Reader, dictionary: WireTerms, into: Int32Array, places: Places, count: number): void {
  const start = reader.skip(count * doubleSize)
  const { bytes } = reader
  for (let i = 0; i < count; i++) {
    for (let plane = 0; plane < doubleSize; plane++) doubleBytes[plane] = bytes[start + plane * count + i]
    const value = double[0]
    const isInteger = Number.isSafeInteger(value)
    if (!Number.isFinite(value) || (isInteger && Math.abs(value) < integerLimit))
      reader.fail('a number is an integer or not finite')
    into[places.next()] = isInteger ? dictionary.integer(value, true) : dictionary.double(value, true)
  }
}
