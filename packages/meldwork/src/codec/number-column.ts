import { Reader } from './reader.js'
import { Writer } from './writer.js'

/**
 * Numbers in a row, 0 to 2^53 - 1 each, that are mostly alike, or change evenly.
 *
 *     column   varint 4 * length + step; so many bytes of runs
 *     step     0: the numbers themselves; 1: the zigzag difference of each to the one before, from 0; 2: the zigzag differences of these
 *     run      varint 2n, n varints; or varint 2n + 1, one varint that stands n times
 *
 * Whatever comes after the last run is what stood there last: 0 when nothing did. So a row of zeros takes one byte.
 */
type Step = 0 | 1 | 2

/** Of numbers below this, differences of differences are exact. */
const maxDifferent = 2 ** 50
/** So many alike are worth a run of their own. */
const leastAlike = 4

const runs = new Writer()

/** Appends a column: in the steps that make it shortest. */
export function writeNumbers(writer: Writer, numbers: readonly number[]): void {
  const step = bestStep(numbers)
  writeRuns(runs, step === 0 ? numbers : stepped(numbers, step))
  writer.varint(runs.length * 4 + step)
  writer.raw(runs.bytes.subarray(0, runs.length))
}

/** By about how many bytes they take: what is as the one before takes none. */
function bestStep(numbers: readonly number[]): Step {
  let last = 0
  let lastDifference = 0
  let lastChange = 0
  let plain = 0
  let once = 0
  let twice = 0
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]
    if (number >= maxDifferent) return 0
    const difference = number - last
    const change = difference - lastDifference
    if (difference !== 0) plain += varintBytes(number)
    if (change !== 0) once += varintBytes(zigzag(difference))
    if (change !== lastChange) twice += varintBytes(zigzag(change))
    last = number
    lastDifference = difference
    lastChange = change
  }
  if (plain <= once && plain <= twice) return 0
  return once <= twice ? 1 : 2
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 127; rest /= 128) bytes++
  return bytes
}

const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)

function stepped(numbers: readonly number[], step: Step): readonly number[] {
  let last = 0
  let lastDifference = 0
  return numbers.map(number => {
    const difference = number - last
    const value = step === 1 ? difference : difference - lastDifference
    last = number
    lastDifference = difference
    return zigzag(value)
  })
}

function writeRuns(writer: Writer, values: readonly number[]): void {
  writer.reset()
  let end = values.length
  while (end > 0 && values[end - 1] === (values[end - 2] ?? 0)) end--
  let from = 0
  for (let at = 0; at < end; ) {
    const start = at
    while (at < end && values[at] === values[start]) at++
    if (at - start < leastAlike) continue
    writeEach(writer, values, from, start)
    writer.varint((at - start) * 2 + 1)
    writer.varint(values[start])
    from = at
  }
  writeEach(writer, values, from, end)
}

function writeEach(writer: Writer, values: readonly number[], from: number, end: number): void {
  if (from === end) return
  writer.varint((end - from) * 2)
  for (let at = from; at < end; at++) writer.varint(values[at])
}

/**
 * Reads what {@link writeNumbers} wrote, number by number. It has no end: whoever reads knows how many there are. Made to be reused, one column after
 * the other.
 */
export class NumberColumn {
  isOpen = false
  private reader = Reader.idle
  private step: Step = 0
  private hasMore = false
  /** Of the run that is being read. */
  private left = 0
  private isAlike = false
  private value = 0
  private difference = 0
  private number = 0

  /** Begins a column, and goes on behind it. @throws CodedError `data-malformed` */
  open(reader: Reader): void {
    const head = reader.varint()
    if (head % 4 > 2) reader.fail('an unknown kind of column')
    this.step = (head % 4) as Step
    this.reader = reader.section(Math.floor(head / 4))
    this.hasMore = this.reader.remaining > 0
    this.left = 0
    this.value = 0
    this.difference = 0
    this.number = 0
    this.isOpen = true
  }

  /** Lets go of what was read. */
  close(): void {
    this.reader = Reader.idle
    this.isOpen = false
  }

  /** @throws CodedError `data-malformed` */
  next(): number {
    if (this.hasMore) this.readValue()
    if (this.step === 0) return this.value
    const value = this.value % 2 === 1 ? -(this.value + 1) / 2 : this.value / 2
    this.difference = this.step === 1 ? value : this.difference + value
    this.number += this.difference
    if (this.number < 0 || this.number > Number.MAX_SAFE_INTEGER) this.reader.fail('a number is out of range')
    return this.number
  }

  private readValue(): void {
    const { reader } = this
    const begins = this.left === 0
    if (begins) {
      const head = reader.varint()
      this.isAlike = head % 2 === 1
      this.left = Math.floor(head / 2)
      if (this.left === 0) reader.fail('an empty run')
    }
    this.left--
    if (begins || !this.isAlike) this.value = reader.varint()
    this.hasMore = this.left > 0 || reader.remaining > 0
  }

  /** @throws CodedError `data-malformed` when there are more numbers than were read */
  finish(): void {
    if (this.hasMore) this.reader.fail('there are more numbers')
  }
}
