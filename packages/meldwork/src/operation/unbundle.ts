import { check32, copyRange, mix, NumberColumn, Reader, Writer } from '../codec/index.js'
import { mostBytesBundled, mostBytesPerByte } from './bundle.js'
import { Column, hasText, InRole, type Parts, Past, valueScale } from './bundle-grammar.js'
import { operationVersion, usualIdBytes } from './header.js'

const written = new Writer(4096)

/**
 * Reads what {@link bundleOperations} wrote. The bytes come from others: nothing is believed, nothing becomes longer than 64 KiB, or 1,024 times the bundle. That what comes out
 * are operations is not checked here.
 * @param reader from where it is to its end
 * @returns views of common bytes, none of them empty
 * @throws CodedError `data-malformed`
 */
export function unbundleOperations(reader: Reader): Uint8Array[] {
  written.reset()
  const most = Math.min(mostBytesBundled, reader.remaining * mostBytesPerByte)
  const count = reader.varintUpTo(most, 'a number of operations')
  const ends: number[] = []
  try {
    unbundling.begin(reader, most)
    for (let i = 0; i < count; i++) {
      unbundling.operation()
      ends.push(written.length)
    }
    unbundling.finish()
  } finally {
    unbundling.end()
  }
  const whole = written.take()
  return ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end))
}

/** From columns into bytes. Made to be reused: with none alive, a collection would drop the code that has been optimised for it. */
class Unbundling implements Parts {
  latest = 0
  private reader = Reader.idle
  private bytes = Reader.idle
  private most = 0
  private readonly past = new Past()
  private readonly columns: NumberColumn[] = []
  /** Where the texts stand in what is written. */
  private readonly starts: number[] = []
  private readonly lengths: number[] = []
  private lastTexts: number[] = []
  private readonly places: number[] = []
  private subjects = 0
  private expectedSum = 0
  private sum = 0

  begin(reader: Reader, most: number): void {
    this.reader = reader
    this.most = most
    this.past.clear()
    this.starts.length = 0
    this.lengths.length = 0
    this.lastTexts = []
    this.sum = 0
    this.expectedSum = reader.uint32() | 0
    this.bytes = reader.section()
  }

  /** The next operation. */
  operation(): void {
    const from = written.length
    const length = this.next(Column.form)
    if (length > 0) {
      this.raw(length)
      this.summed(from)
      return
    }
    written.uint8(operationVersion)
    this.places.length = 0
    this.past.checked(this.past.follow(this), this.summed(from))
  }

  private summed(from: number): number {
    const check = check32(written.bytes, from, written.length)
    this.sum = mix(this.sum, check)
    return check
  }

  /** That was all. */
  finish(): void {
    if (this.sum !== this.expectedSum) this.reader.fail('its check is another')
    this.bytes.finish()
    for (const column of this.columns) if (column?.isOpen) column.finish()
    this.reader.finish()
  }

  /** Lets go of what was read. */
  end(): void {
    for (const column of this.columns) column?.close()
    this.reader = Reader.idle
    this.bytes = Reader.idle
  }

  private next(column: number): number {
    const numbers = this.columns[column]
    return numbers?.isOpen ? numbers.next() : this.opened(column).next()
  }

  private opened(column: number): NumberColumn {
    this.columns[column] ??= new NumberColumn()
    this.columns[column].open(this.reader)
    return this.columns[column]
  }

  /** So many bytes more must not be too many. */
  private bound(length: number): void {
    if (written.length + length > this.most) this.reader.fail('it becomes too long')
  }

  private put(value: number): number {
    written.varint(value)
    this.bound(0)
    return value
  }

  number(column: number): number {
    return this.put(this.next(column))
  }

  near(column: number, expected: number): number {
    const code = this.next(column)
    const value = expected + (code % 2 === 1 ? -(code + 1) / 2 : code / 2)
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) this.reader.fail('a counter is out of range')
    return this.put(value)
  }

  check(expected: number | undefined): void {
    const isOther = this.next(Column.check)
    if (isOther === 1) this.raw(4)
    else if (isOther === 0 && expected !== undefined) {
      written.uint32(expected)
      this.bound(0)
    } else this.reader.fail('a check is not known')
  }

  id(role: number, isLengthSaid: boolean): number {
    const id = this.text(role, isLengthSaid ? 1 : 0, 0)
    if (!isLengthSaid && this.lengths[id] !== usualIdBytes) this.reader.fail('a replica id has another length')
    return id
  }

  reference(role: number, scale: number): number {
    const flags = this.next(role + InRole.tag)
    if (flags >= scale) this.reader.fail('unknown flags')
    if (flags % 2 === 0) {
      this.latest = this.text(role, scale, flags)
      this.places.push(this.latest)
    } else this.latest = this.places[this.rest(role, scale, flags)] ?? 0
    return flags
  }

  value(role: number): number {
    const tag = this.next(role + InRole.tag)
    const scale = valueScale(tag)
    if (tag >= scale) this.reader.fail('an unknown tag')
    if (hasText(tag)) this.places.push(this.text(role, scale, tag))
    else this.rest(role, scale, tag)
    return tag
  }

  /** A number above a tag. */
  private rest(role: number, scale: number, tag: number): number {
    const rest = this.next(role + InRole.rest)
    const head = rest * scale + tag
    if (head > Number.MAX_SAFE_INTEGER) this.reader.fail('a number is too large')
    this.put(head)
    return rest
  }

  /** A length above a tag, and a text. @param scale 0: no length */
  private text(role: number, scale: number, tag: number): number {
    const { starts, lengths, lastTexts } = this
    const code = this.next(role + InRole.text)
    if (code > starts.length) this.reader.fail('a text is not known')
    const isNew = code === 0
    // What it shares, or all of it, stands in what is written.
    const source = isNew ? lastTexts[role] : code - 1
    const shared = isNew ? this.next(role + InRole.shared) : lengths[source]
    const length = isNew ? this.next(role + InRole.length) : shared
    if (shared > length || shared > (lengths[source] ?? 0)) this.reader.fail('a text shares more than there is')
    this.bound(length)
    if (scale > 0) this.put(length * scale + tag)
    written.ensure(length)
    const start = written.length
    const from = starts[source] ?? 0
    copyRange(written.bytes, from, from + shared, written.bytes, start)
    const rest = this.bytes.skip(length - shared)
    copyRange(this.bytes.bytes, rest, this.bytes.at, written.bytes, start + shared)
    written.length = start + length
    this.bound(0)
    if (isNew) {
      starts.push(start)
      lengths.push(length)
    }
    lastTexts[role] = isNew ? starts.length - 1 : source
    return lastTexts[role]
  }

  raw(length: number): void {
    this.bound(length)
    written.raw(this.bytes.raw(length))
  }

  beginSubjects(): void {
    this.subjects = this.next(Column.subjects)
  }

  anotherSubject(): boolean {
    return this.subjects-- > 0
  }
}

const unbundling = new Unbundling()
