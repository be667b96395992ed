import { check32, copyRange, mix, NumberColumn, Reader, Writer } from '../codec/index.js'
import { mostBytesBundled, mostBytesPerByte } from './bundle.js'
import {
  beginBundle,
  checkColumn,
  formColumn,
  hasText,
  lengthOf,
  operationTaken,
  type Parts,
  restOf,
  sharedOf,
  subjectsColumn,
  tagOf,
  takeOperation,
  textOf,
  valueScale,
} from './bundle-grammar.js'
import { operationVersion, usualIdBytes } from './header.js'

/** The operations, one after the other. */
const written = new Writer(4096)
/** The bundle, and in it what columns do not hold. */
let reader = Reader.idle
let bytes = Reader.idle
/** So long may all operations be together. */
let most = 0
const columns: NumberColumn[] = []
/** Where the texts stand in what is written. */
const starts: number[] = []
const lengths: number[] = []
/** By role: the text that was named last. */
let lastTexts: number[] = []
/** Of the operation: its texts, by place. */
const places: number[] = []
let latest = 0
let subjects = 0

/**
 * Reads what {@link bundleOperations} wrote. The bytes come from others: nothing is believed, nothing becomes longer than 64 KiB, or 1,024 times the bundle. That what comes out
 * are operations is not checked here.
 * @param bundle from where it is to its end
 * @returns views of common bytes, none of them empty
 * @throws CodedError `data-malformed`
 */
export function unbundleOperations(bundle: Reader): Uint8Array[] {
  most = Math.min(mostBytesBundled, bundle.remaining * mostBytesPerByte)
  const count = bundle.varintUpTo(most, 'a number of operations')
  const sum = bundle.uint32() | 0
  written.reset()
  beginBundle()
  starts.length = 0
  lengths.length = 0
  lastTexts = []
  const ends: number[] = []
  try {
    reader = bundle
    bytes = bundle.section()
    let found = 0
    for (let i = 0; i < count; i++) {
      found = mix(found, take())
      ends.push(written.length)
    }
    if (found !== sum) reader.fail('its check is another')
    bytes.finish()
    for (const column of columns) if (column?.isOpen) column.finish()
    reader.finish()
  } finally {
    for (const column of columns) column?.close()
    reader = Reader.idle
    bytes = Reader.idle
  }
  const whole = written.take()
  return ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end))
}

/** @returns the check of the next operation @throws CodedError `data-malformed` */
function take(): number {
  const from = written.length
  const length = next(formColumn)
  let author = -1
  if (length > 0) parts.raw(length)
  else {
    written.uint8(operationVersion)
    places.length = 0
    author = takeOperation(parts)
  }
  const check = check32(written.bytes, from, written.length)
  if (author >= 0) operationTaken(author, check)
  return check
}

function next(column: number): number {
  columns[column] ??= new NumberColumn()
  const numbers = columns[column]
  if (!numbers.isOpen) numbers.open(reader)
  return numbers.next()
}

/** So many bytes more must not be too many. */
function bound(length: number): void {
  if (written.length + length > most) reader.fail('it becomes too long')
}

function put(value: number): number {
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) reader.fail('a number is out of range')
  written.varint(value)
  bound(0)
  return value
}

/** A number above a tag. */
function rest(role: number, scale: number, tag: number): number {
  const value = next(role + restOf)
  put(value * scale + tag)
  return value
}

/** A length above a tag, and a text. @param scale 0: no length */
function text(role: number, scale: number, tag: number): number {
  const code = next(role + textOf)
  if (code > starts.length) reader.fail('a text is not known')
  const isNew = code === 0
  // What it shares, or all of it, stands in what is written.
  const source = isNew ? lastTexts[role] : code - 1
  const shared = isNew ? next(role + sharedOf) : lengths[source]
  const length = isNew ? next(role + lengthOf) : shared
  if (shared > length || shared > (lengths[source] ?? 0)) reader.fail('a text shares more than there is')
  bound(length)
  if (scale > 0) put(length * scale + tag)
  written.ensure(length)
  const start = written.length
  const from = starts[source] ?? 0
  copyRange(written.bytes, from, from + shared, written.bytes, start)
  written.length += shared
  parts.raw(length - shared)
  const found = isNew ? starts.length : source
  starts[found] = start
  lengths[found] = length
  lastTexts[role] = found
  return found
}

/** From columns into bytes. */
const parts: Parts = {
  number: column => put(next(column)),

  near(column, expected) {
    const code = next(column)
    return put(expected + (code % 2 === 1 ? -(code + 1) / 2 : code / 2))
  },

  check(expected) {
    const isOther = next(checkColumn)
    if (isOther === 1) parts.raw(4)
    else if (isOther === 0 && expected !== undefined) {
      written.uint32(expected)
      bound(0)
    } else reader.fail('a check is not known')
  },

  id(role, isLengthSaid) {
    const id = text(role, isLengthSaid ? 1 : 0, 0)
    if (!isLengthSaid && lengths[id] !== usualIdBytes) reader.fail('a replica id has another length')
    return id
  },

  reference(role, scale) {
    const flags = next(role + tagOf)
    if (flags >= scale) reader.fail('unknown flags')
    if (flags % 2 === 0) {
      latest = text(role, scale, flags)
      places.push(latest)
    } else latest = places[rest(role, scale, flags)] ?? 0
    return flags
  },

  latest: () => latest,

  value(role) {
    const tag = next(role + tagOf)
    const scale = valueScale(tag)
    if (tag >= scale) reader.fail('an unknown tag')
    if (hasText(tag)) places.push(text(role, scale, tag))
    else rest(role, scale, tag)
    return tag
  },

  raw(length) {
    const from = bytes.skip(length)
    bound(length)
    written.ensure(length)
    copyRange(bytes.bytes, from, bytes.at, written.bytes, written.length)
    written.length += length
  },

  beginSubjects() {
    subjects = next(subjectsColumn)
  },

  anotherSubject: () => subjects-- > 0,
}
