import { check32, copyRange, mix, Reader, Writer, writeNumbers } from '../codec/index.js'
import { hasCode } from '../errors.js'
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
import { BundleTexts } from './bundle-texts.js'
import { Flag, operationVersion, usualIdBytes } from './header.js'

/** Of operations in one bundle, together: what is more is not bundled, or refused. */
export const mostBytesBundled = 64 * 1024
/** So many bytes of operations are in a byte of their bundle, at the most: many times more than those of an app. */
export const mostBytesPerByte = 1024

/** All but extensions. */
const knownFlags = Flag.heads | Flag.several | Flag.length
/** The operations, one after the other; then the bundle. */
const whole = new Writer(4096)
const written = new Writer(4096)
/** What columns do not hold. */
const bytes = new Writer()
const texts = new BundleTexts()
let columns: number[][] = []
/** The columns in the order of their first use. */
let used: number[][] = []
/** By role: the text that was named last. */
let lastTexts: number[] = []
let reader = Reader.idle
/** Of the operation: its texts, by place. */
const places: number[] = []
let latest = 0

/**
 * Operations as columns, which take a fraction of their bytes when they are alike: see `docs/protocol.md`. {@link unbundleOperations} gives exactly these bytes back.
 * @param operations as their authors encoded them, none of them empty
 * @returns valid until the next call; undefined when they cannot be bundled, or it would not be shorter than they are
 */
export function bundleOperations(operations: readonly Uint8Array[]): Uint8Array | undefined {
  const length = operations.reduce((sum, operation) => sum + operation.length, 0)
  if (length > mostBytesBundled) return undefined
  whole.reset()
  whole.ensure(length)
  texts.clear(whole.bytes)
  beginBundle()
  bytes.reset()
  let sum = 0
  written.reset()
  try {
    for (const operation of operations) sum = mix(sum, take(operation))
    written.varint(operations.length)
    written.uint32(sum)
    written.section(bytes)
    for (const numbers of used) writeNumbers(written, numbers)
  } catch (error) {
    // What is not well-formed is for those to see who decode it.
    if (hasCode(error, 'data-malformed')) return undefined
    throw error
  } finally {
    columns = []
    used = []
    lastTexts = []
  }
  const isWorthIt = written.length < length && length <= written.length * mostBytesPerByte
  return isWorthIt ? written.bytes.subarray(0, written.length) : undefined
}

/** @returns its check @throws CodedError `data-malformed` */
function take(operation: Uint8Array): number {
  const from = whole.length
  whole.raw(operation)
  const check = check32(operation)
  const isKnown = operation[0] === operationVersion && (operation[1] & ~knownFlags) === 0
  reader = new Reader(whole.bytes, 'operation', from, whole.length)
  put(formColumn, isKnown ? 0 : operation.length)
  if (isKnown) {
    reader.at++
    places.length = 0
    operationTaken(takeOperation(parts), check)
  } else parts.raw(operation.length)
  return check
}

function put(column: number, value: number): void {
  const numbers = columns[column]
  if (numbers !== undefined) numbers.push(value)
  else {
    columns[column] = [value]
    used.push(columns[column])
  }
}

function text(role: number, length: number): number {
  const start = reader.skip(length)
  const { count } = texts
  const last = lastTexts[role]
  // Mostly the same one again: a replica, a property.
  const found = last !== undefined && texts.isSame(last, start, length) ? last : texts.find(start, length)
  if (found < count) put(role + textOf, found + 1)
  else {
    const shared = last === undefined ? 0 : texts.sharedWith(last, start, length)
    put(role + textOf, 0)
    put(role + sharedOf, shared)
    put(role + lengthOf, length)
    reader.at = start + shared
    parts.raw(length - shared)
  }
  lastTexts[role] = found
  return found
}

/** From bytes into columns. */
const parts: Parts = {
  number(column) {
    const value = reader.varint()
    put(column, value)
    return value
  },

  near(column, expected) {
    const value = reader.varint()
    const difference = value - expected
    if (Math.abs(difference) > 2 ** 51) reader.fail('a counter is too large')
    put(column, difference < 0 ? -difference * 2 - 1 : difference * 2)
    return value
  },

  check(expected) {
    const isExpected = reader.uint32() === expected
    put(checkColumn, isExpected ? 0 : 1)
    if (isExpected) return
    reader.at -= 4
    parts.raw(4)
  },

  id: (role, isLengthSaid) => text(role, isLengthSaid ? reader.varint() : usualIdBytes),

  reference(role, scale) {
    const head = reader.varint()
    const flags = head % scale
    const rest = (head - flags) / scale
    put(role + tagOf, flags)
    if (flags % 2 === 0) {
      latest = text(role, rest)
      places.push(latest)
    } else {
      put(role + restOf, rest)
      latest = places[rest] ?? 0
    }
    return flags
  },

  latest: () => latest,

  value(role) {
    const head = reader.varint()
    const scale = valueScale(head)
    const tag = head % scale
    const rest = (head - tag) / scale
    put(role + tagOf, tag)
    if (hasText(tag)) places.push(text(role, rest))
    else put(role + restOf, rest)
    return tag
  },

  raw(length) {
    const from = reader.skip(length)
    bytes.ensure(length)
    copyRange(reader.bytes, from, reader.at, bytes.bytes, bytes.length)
    bytes.length += length
  },

  beginSubjects: () => put(subjectsColumn, 0),

  anotherSubject() {
    if (reader.remaining === 0) return false
    const subjects = columns[subjectsColumn]
    subjects[subjects.length - 1]++
    return true
  },
}
