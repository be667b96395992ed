/**
 * Sortable keys for cards and columns: between any two there is room for another. A key is a list of integers, each written so that keys
 * compare as plain strings: a head that tells sign and number of digits, then the digits, in base 62.
 *
 * New keys keep a large random distance from their neighbours. So two people who insert at one place at once get different
 * keys (the same one, once in some hundred thousand times at an end, in some hundred at worst between), and a run of insertions at one
 * place, in either direction, makes keys longer only logarithmically.
 */

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const base = digits.length
/** Heads of the non-negative integers with 1, 2, ... digits; those of the negative ones are below. */
const positiveHeads = 'abcdefgh'
const negativeHeads = 'ZYXWVUTS'

/** How many integers have fewer digits than the index says. */
const offsets = [0, 0]
for (let count = 1; count <= positiveHeads.length; count++) offsets.push(offsets[count] + base ** count)

const greatest = offsets[positiveHeads.length + 1] - 1
/** No key ends in this one: so there is always a key below another. */
const least = -greatest - 1

/** How far from its neighbour a new integer is at most. */
const stride = base ** 3
/** A gap that is smaller is not divided: a list of one more integer has more room. */
const smallestGap = 1024
/** Longer keys are not taken for keys: nobody gets there by moving cards. */
const maxLength = 10_000

/** A number from 0 up to 1. */
export type Random = () => number

/** Whether a value from the network is a key. */
export function isOrderKey(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxLength && read(value) !== undefined
}

/**
 * A new key, above `lower` and below `upper`; without them, above or below all that there is.
 * @param lower a key below `upper`
 */
export function keyBetween(lower: string | undefined, upper: string | undefined, random: Random = Math.random): string {
  const from = lower === undefined ? [] : read(lower)
  const to = upper === undefined ? undefined : read(upper)
  if (from === undefined || (upper !== undefined && to === undefined) || (lower ?? '') >= (upper ?? '~'))
    throw new RangeError('There is no key between these')
  return write(between(from, to, random))
}

/** Several new keys in a row, as {@link keyBetween}. */
export function keysBetween(
  lower: string | undefined,
  upper: string | undefined,
  count: number,
  random?: Random,
): string[] {
  const keys: string[] = []
  for (let i = 0; i < count; i++) keys.push(keyBetween(keys.at(-1) ?? lower, upper, random))
  return keys
}

/** Something with a place in a list: sorted by key, and by id where keys are equal. An empty key is none: it comes first. */
export interface Ordered {
  readonly id: string
  readonly order: string
}

/** The order of a list. */
export function compareOrdered(one: Ordered, other: Ordered): number {
  if (one.order !== other.order) return one.order < other.order ? -1 : 1
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0
}

/** Where `item` stands, or would stand, in a sorted list. */
export function placeOf(list: readonly Ordered[], item: Ordered): number {
  let from = 0
  let to = list.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (compareOrdered(list[middle], item) < 0) from = middle + 1
    else to = middle
  }
  return from
}

/** A key for an item, to be written. */
export interface Rekeyed {
  readonly id: string
  readonly order: string
}

/**
 * What to write so that an item comes to stand before `list[index]`: its own key and, rarely, new keys for those behind it that had equal
 * keys or none.
 * @param list sorted, without the item
 */
export function placeAt(list: readonly Ordered[], index: number, id: string, random?: Random): Rekeyed[] {
  const lower = list[index - 1]?.order || undefined
  let end = index
  while (end < list.length && list[end].order <= (lower ?? '')) end++
  const ids = [id, ...list.slice(index, end).map(item => item.id)]
  const keys = keysBetween(lower, list[end]?.order, ids.length, random)
  return ids.map((each, i) => ({ id: each, order: keys[i] }))
}

/** Undefined stands for a key above all; an empty list is below all. */
function between(lower: readonly number[], upper: readonly number[] | undefined, random: Random): number[] {
  const made: number[] = []
  let bound = upper
  for (let depth = 0; ; depth++) {
    const from = lower[depth]
    const to = bound?.[depth]
    if (from === undefined && to === undefined) return [...made, step(random)]
    if (from === undefined) {
      // Below `to`, if there is anything but the least.
      if (to! > least + 1) return [...made, Math.max(least + 1, to! - step(random))]
      made.push(least)
      if (to! > least) bound = undefined
    } else if (to === undefined) {
      if (from < greatest) return [...made, Math.min(greatest, from + step(random))]
      made.push(from)
    } else if (from === to) {
      made.push(from)
    } else {
      const gap = to - from
      if (gap >= smallestGap) return [...made, from + Math.floor(gap * (0.25 + random() * 0.5))]
      made.push(from)
      bound = undefined
    }
  }
}

const step = (random: Random) => 1 + Math.floor(random() * stride)

function write(integers: readonly number[]): string {
  return integers.map(writeInteger).join('')
}

function writeInteger(integer: number): string {
  const negative = integer < 0
  let rest = negative ? -integer - 1 : integer
  let count = 1
  while (rest >= offsets[count + 1]) count++
  rest -= offsets[count]
  let text = ''
  for (let i = 0; i < count; i++) {
    const digit = rest % base
    text = digits[negative ? base - 1 - digit : digit] + text
    rest = (rest - digit) / base
  }
  return (negative ? negativeHeads : positiveHeads)[count - 1] + text
}

/** @returns undefined for what is no key */
function read(key: string): number[] | undefined {
  const integers: number[] = []
  for (let at = 0; at < key.length; ) {
    const head = key[at++]
    const negative = negativeHeads.includes(head)
    const count = 1 + (negative ? negativeHeads : positiveHeads).indexOf(head)
    if (count === 0 || at + count > key.length) return undefined
    let rest = 0
    for (let i = 0; i < count; i++) {
      const digit = digits.indexOf(key[at++])
      if (digit < 0) return undefined
      rest = rest * base + (negative ? base - 1 - digit : digit)
    }
    rest += offsets[count]
    integers.push(negative ? -rest - 1 : rest)
  }
  return integers.length === 0 || integers.at(-1) === least ? undefined : integers
}
