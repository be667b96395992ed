/**
 * The grammar of positions: text that is ordered by its UTF-16 code units, a path through a tree of runs.
 *
 *     position = segment+                    at most `maxPositionLength` characters
 *     segment  = rank run index
 *     rank     = number                      orders the runs in one gap
 *     run      = 8 digits | "~"              whose run it is; "~" exactly when it is the one of the segment before
 *     index    = number                      where in the run
 *     number   = lead digit*                 ordered as text as it is by value; the shortest form
 *     digit    = "-" | "0".."9" | "A".."Z" | "_" | "a".."z"            in this order: 0 to 63
 *
 * A lead digit of 12 to 51 is a number from -20 to 19. One of 52 to 57 says that 1 to 6 digits follow: 20 and more; one of 11 down to 6
 * that 1 to 6 digits follow, of a number below -20, counted from the least that so many digits hold.
 */

/** What stands in one run, or one gap between two places of it. */
export interface Segment {
  readonly rank: number
  /** 8 digits, never "~". */
  readonly run: string
  readonly index: number
  /** Where the segment ends in its position. */
  readonly end: number
}

/** A longer text is no position. Honest ones stay below a tenth of it. */
export const maxPositionLength = 2048
/** Ranks and indexes lie within this on both sides of 0: far less than six digits hold. */
export const maxNumber = 2 ** 34

export const runLength = 8
const digits = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const same = '~'
const run = /^[-0-9A-Z_a-z]{8}$/

/** Numbers that take one character: from -{@link smallest} to {@link smallest} - 1. */
const smallest = 20
const zero = 32

/** How many numbers take fewer than so many further digits, on one side. */
const below = [0, 0, 64, 64 + 64 ** 2, 64 + 64 ** 2 + 64 ** 3].concat([0, 0])
for (let i = 5; i <= 6; i++) below[i] = below[i - 1] + 64 ** (i - 1)

/** @param value within {@link maxNumber} */
export function encodeNumber(value: number): string {
  if (value >= -smallest && value < smallest) return digits[value + zero]
  const magnitude = value < 0 ? -smallest - 1 - value : value - smallest
  let count = 1
  while (magnitude >= below[count] + 64 ** count) count++
  let rest = magnitude - below[count]
  if (value < 0) rest = 64 ** count - 1 - rest
  let text = ''
  for (let i = 0; i < count; i++, rest = Math.floor(rest / 64)) text = digits[rest % 64] + text
  return digits[value < 0 ? 12 - count : 51 + count] + text
}

/** `run`, 8 digits, from bytes of chance. */
export const runOf = (random: Uint8Array): string => Array.from(random, byte => digits[byte & 63]).join('')

export const encodeSegment = (rank: number, run: string, index: number, parentRun: string | undefined): string =>
  encodeNumber(rank) + (run === parentRun ? same : run) + encodeNumber(index)

/** Whether this is a position, as {@link Positions} make them. */
export const isPosition = (text: string): boolean => parsePosition(text) !== undefined

/** @returns undefined for what is no position */
export function parsePosition(text: string): Segment[] | undefined {
  if (text.length > maxPositionLength || text.length === 0) return undefined
  const segments: Segment[] = []
  const number = new NumberReader(text)
  let parent: string | undefined
  while (number.at < text.length) {
    if (!number.read()) return undefined
    const rank = number.value
    const own: string | undefined = text[number.at] === same ? parent : text.slice(number.at, number.at + runLength)
    if (own === undefined || !run.test(own) || (own === parent) !== (text[number.at] === same)) return undefined
    number.at += text[number.at] === same ? 1 : runLength
    if (!number.read()) return undefined
    segments.push({ rank, run: own, index: number.value, end: number.at })
    parent = own
  }
  return segments
}

/** Reads numbers from a text: `value` is the last one, `at` where it ended. */
class NumberReader {
  value = 0
  at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** @returns whether there was one */
  read(): boolean {
    const lead = digitAt(this.text, this.at++)
    if (lead >= zero - smallest && lead < zero + smallest) {
      this.value = lead - zero
      return true
    }
    const negative = lead < zero
    const count = negative ? 12 - lead : lead - 51
    if (lead < 0 || count > 6) return false
    let rest = 0
    for (let i = 0; i < count; i++) {
      const digit = digitAt(this.text, this.at++)
      if (digit < 0) return false
      rest = rest * 64 + digit
    }
    if (negative) rest = 64 ** count - 1 - rest
    const magnitude = rest + below[count]
    this.value = negative ? -smallest - 1 - magnitude : magnitude + smallest
    return magnitude + smallest < maxNumber
  }
}

function digitAt(text: string, at: number): number {
  return at < text.length ? digits.indexOf(text[at]) : -1
}
