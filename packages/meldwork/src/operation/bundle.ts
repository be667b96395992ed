import { check32, copyRange, mix, Reader, Writer, writeNumbers } from '../codec/index.js'
import { hasCode } from '../errors.js'
import { Column, hasText, InRole, type Parts, Past, valueScale } from './bundle-grammar.js'
import { BundleTexts } from './bundle-texts.js'
import { Flag, operationVersion } from './header.js'

/** Of operations in one bundle, together: what is more is not bundled, or refused. */
export const mostBytesBundled = 64 * 1024
/** So many bytes of operations are in a byte of their bundle, at the most: many times more than those of an app. */
export const mostBytesPerByte = 1024

const nothing = new Uint8Array(0)
const written = new Writer(4096)

/**
 * Operations as columns, which take a fraction of their bytes when they are alike: see `docs/protocol.md`. {@link unbundleOperations} gives exactly these bytes back.
 * @param operations as their authors encoded them, none of them empty
 * @returns valid until the next call; undefined when they cannot be bundled, or it would not be shorter than they are
 */
export function bundleOperations(operations: readonly Uint8Array[]): Uint8Array | undefined {
  const whole = joined(operations)
  if (whole === undefined) return undefined
  bundling.begin(whole)
  try {
    for (const { length } of operations) bundling.add(length)
  } catch (error) {
    // What is not well-formed is for those to see who decode it.
    if (!hasCode(error, 'data-malformed')) throw error
    bundling.begin(nothing)
    return undefined
  }
  written.reset()
  written.varint(operations.length)
  bundling.writeTo(written)
  bundling.begin(nothing)
  const { length } = written
  if (length >= whole.length || whole.length > length * mostBytesPerByte) return undefined
  return written.bytes.subarray(0, length)
}

/** @returns undefined when it would be too long */
function joined(operations: readonly Uint8Array[]): Uint8Array | undefined {
  let length = 0
  for (const operation of operations) length += operation.length
  if (length > mostBytesBundled) return undefined
  const whole = new Uint8Array(length)
  let at = 0
  for (const operation of operations) {
    copyRange(operation, 0, operation.length, whole, at)
    at += operation.length
  }
  return whole
}

/** From bytes into columns. Made to be reused: with none alive, a collection would drop the code that has been optimised for it. */
class Bundling implements Parts {
  latest = 0
  /** The operations, one after the other. */
  private whole: Uint8Array = nothing
  private readonly texts = new BundleTexts()
  private readonly past = new Past()
  private readonly bytes = new Writer()
  private columns: number[][] = []
  /** The columns in the order of their first use. */
  private used: number[][] = []
  /** By role: the text that was named last. */
  private lastTexts: number[] = []
  private reader = Reader.idle
  /** Of the operation: its texts, by place. */
  private places: number[] = []
  private end = 0
  /** Of the checks of all operations. */
  private sum = 0

  begin(whole: Uint8Array): void {
    this.whole = whole
    this.texts.clear(whole)
    this.past.clear()
    this.bytes.reset()
    this.columns = []
    this.used = []
    this.lastTexts = []
    this.reader = Reader.idle
    this.end = 0
    this.sum = 0
  }

  /** The next operation. @throws CodedError `data-malformed` */
  add(length: number): void {
    const { whole, past } = this
    const from = this.end
    this.end += length
    this.reader = new Reader(whole, 'operation', from, this.end)
    const check = check32(whole, from, this.end)
    this.sum = mix(this.sum, check)
    const isKnown = this.reader.uint8() === operationVersion && this.reader.bytes[from + 1] <= Flag.heads
    this.put(Column.form, isKnown ? 0 : length)
    if (!isKnown) {
      this.reader.at = from
      this.raw(length)
      return
    }
    this.places.length = 0
    past.checked(past.follow(this), check)
  }

  writeTo(writer: Writer): void {
    writer.uint32(this.sum)
    writer.section(this.bytes)
    for (const numbers of this.used) writeNumbers(writer, numbers)
  }

  private put(column: number, value: number): void {
    const numbers = this.columns[column]
    if (numbers !== undefined) numbers.push(value)
    else {
      this.columns[column] = [value]
      this.used.push(this.columns[column])
    }
  }

  number(column: number): number {
    const value = this.reader.varint()
    const numbers = this.columns[column]
    if (numbers !== undefined) numbers.push(value)
    else this.put(column, value)
    return value
  }

  near(column: number, expected: number): number {
    const value = this.reader.varint()
    const difference = value - expected
    if (Math.abs(difference) > 2 ** 51) this.reader.fail('a counter is too large')
    this.put(column, difference < 0 ? -difference * 2 - 1 : difference * 2)
    return value
  }

  check(expected: number | undefined): void {
    const isExpected = this.reader.uint32() === expected
    this.put(Column.check, isExpected ? 0 : 1)
    if (isExpected) return
    this.reader.at -= 4
    this.raw(4)
  }

  block(role: number): number {
    return this.text(role, this.reader.varint())
  }

  reference(role: number, scale: number): number {
    const head = this.reader.varint()
    const flags = head % scale
    const rest = (head - flags) / scale
    this.put(role + InRole.tag, flags)
    if (flags % 2 === 0) {
      this.latest = this.text(role, rest)
      this.places.push(this.latest)
    } else {
      this.put(role + InRole.rest, rest)
      this.latest = this.places[rest] ?? 0
    }
    return flags
  }

  value(role: number): number {
    const head = this.reader.varint()
    const scale = valueScale(head)
    const tag = head % scale
    const rest = (head - tag) / scale
    this.put(role + InRole.tag, tag)
    if (hasText(tag)) this.places.push(this.text(role, rest))
    else this.put(role + InRole.rest, rest)
    return tag
  }

  private text(role: number, length: number): number {
    const { texts, lastTexts } = this
    const start = this.reader.skip(length)
    const { count } = texts
    const last = lastTexts[role]
    // Mostly the same one again: a replica, a property.
    const text = last !== undefined && texts.isSame(last, start, length) ? last : texts.find(start, length)
    if (text < count) this.put(role + InRole.text, text + 1)
    else {
      const shared = last === undefined ? 0 : texts.sharedWith(last, start, length)
      this.put(role + InRole.text, 0)
      this.put(role + InRole.shared, shared)
      this.put(role + InRole.length, length)
      this.bytes.raw(this.whole.subarray(start + shared, start + length))
    }
    lastTexts[role] = text
    return text
  }

  raw(length: number): void {
    this.bytes.raw(this.reader.raw(length))
  }

  beginSubjects(): void {
    this.put(Column.subjects, 0)
  }

  anotherSubject(): boolean {
    if (this.reader.remaining === 0) return false
    const subjects = this.columns[Column.subjects]
    subjects[subjects.length - 1]++
    return true
  }
}

const bundling = new Bundling()
