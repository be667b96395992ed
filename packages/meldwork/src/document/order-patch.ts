import { canonicalJson, isJsonArray, type JsonValue } from '../codec/index.js'
import { ElementNumbers } from './order-elements.js'

/**
 * What makes one order of an array out of another: applied from left to right, each with its index in what the ones before have made.
 * `["i", index, elements]` puts elements in, `["d", count, index]` takes some out.
 */
export type OrderPatch = readonly (readonly ['i', number, readonly JsonValue[]] | readonly ['d', number, number])[]

/**
 * How many paths are tried. What differs in more than this allows, some 8,000 elements in one stretch, is replaced as a whole: the number of paths grows with
 * the square of the differences.
 */
const maxPaths = 2 ** 25

/**
 * The patch that makes `after` out of `before`: a short one, and the very one that the original makes, so that its digest is the same; unless they
 * differ in some thousands of elements: see {@link maxPaths}. Myers, "An O(ND) difference algorithm and its variations", 1986, the variant in linear space.
 * @returns empty when they are equal
 */
export function orderPatch(before: readonly JsonValue[], after: readonly JsonValue[]): OrderPatch {
  // What is equal at both ends, the beginning first, is left out before anything is made of it: most often that is almost everything.
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && isSame(before[start], after[start])) start++
  let end = 0
  while (end < shorter - start && isSame(before[before.length - 1 - end], after[after.length - 1 - end])) end++
  const numbers = new ElementNumbers()
  const numbered = (order: readonly JsonValue[]): Int32Array =>
    Int32Array.from(order.slice(start, order.length - end), element => numbers.of(element))
  return new Difference(numbered(before), numbered(after))
    .edits()
    .map(({ inserts, left, top, right, bottom }) =>
      inserts ? ['i', start + top, after.slice(start + top, start + bottom)] : ['d', right - left, start + top],
    )
}

/** As {@link ElementNumbers} has it. */
const isSame = (a: JsonValue, b: JsonValue): boolean =>
  a === b || (typeof a !== 'string' && typeof b !== 'string' && canonicalJson(a) === canonicalJson(b))

/** A part of both sequences: from `left` up to `right` of the old one, from `top` up to `bottom` of the new one. */
interface Area {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

interface Edit extends Area {
  readonly inserts: boolean
}

class Difference {
  private readonly from: Int32Array
  private readonly to: Int32Array
  private readonly found: Edit[] = []
  private paths = 0

  constructor(from: Int32Array, to: Int32Array) {
    this.from = from
    this.to = to
  }

  edits(): readonly Edit[] {
    // A stack of its own: the depth of a recursion would be what others wrote.
    const pending = [this.trimmed(0, 0, this.from.length, this.to.length)]
    for (let area = pending.pop(); area !== undefined; area = pending.pop()) {
      const { left, top, right, bottom } = area
      if (left === right && top === bottom) continue
      const middle = left === right || top === bottom ? undefined : this.middle(area)
      if (middle === undefined) {
        this.emit(false, left, top, right, top)
        this.emit(true, right, top, right, bottom)
        continue
      }
      pending.push(
        this.trimmed(middle.right, middle.bottom, right, bottom),
        this.trimmed(middle.left, middle.top, middle.right, middle.bottom),
        this.trimmed(left, top, middle.left, middle.top),
      )
    }
    return this.found
  }

  /** Without what is equal at both ends. */
  private trimmed(left: number, top: number, right: number, bottom: number): Area {
    const { from, to } = this
    while (left < right && top < bottom && from[left] === to[top]) {
      left++
      top++
    }
    while (left < right && top < bottom && from[right - 1] === to[bottom - 1]) {
      right--
      bottom--
    }
    return { left, top, right, bottom }
  }

  /** An edit that goes on where the last one of its kind ended becomes a part of it. */
  private emit(inserts: boolean, left: number, top: number, right: number, bottom: number): void {
    if (left === right && top === bottom) return
    const last = this.found.at(-1)
    if (last?.inserts === inserts && last.right === left && last.bottom === top) {
      this.found[this.found.length - 1] = { inserts, left: last.left, top: last.top, right, bottom }
    } else this.found.push({ inserts, left, top, right, bottom })
  }

  /**
   * One move in the middle of a shortest way through an area, in which neither side is empty: paths from both of its ends, until they meet.
   * @returns undefined when there is none worth looking for; never the area itself
   */
  private middle(area: Area): Area | undefined {
    const { from, to } = this
    const { left, top, right, bottom } = area
    const width = right - left
    const height = bottom - top
    const most = width + height
    // How far the furthest path reaches on each diagonal, from either end. Diagonal k of one direction is diagonal width - height - k of the other.
    const delta = width - height
    const offset = most + 1 + Math.abs(delta)
    const forward = new Int32Array(2 * offset + 1)
    const backward = new Int32Array(2 * offset + 1)
    const start = (x: number, y: number): boolean => x === left && y === top
    const end = (x: number, y: number): boolean => x === right && y === bottom
    /** Inside the area, so that all three parts of it are smaller. */
    const divides = (move: Area): boolean =>
      move.left >= left &&
      move.top >= top &&
      move.right <= right &&
      move.bottom <= bottom &&
      !start(move.right, move.bottom) &&
      !end(move.left, move.top) &&
      !(start(move.left, move.top) && end(move.right, move.bottom))
    for (let d = 0; d <= most && this.paths < maxPaths; d++) {
      const least = -d + 2 * Math.max(0, d - height)
      const greatest = d - 2 * Math.max(0, d - width)
      let ended = false
      this.paths += greatest - least + 2
      for (let k = least; k <= greatest; k += 2) {
        const down = k === -d || (k !== d && forward[offset + k - 1] < forward[offset + k + 1])
        const begin = down ? forward[offset + k + 1] : forward[offset + k - 1] + 1
        let x = begin
        let y = x - k
        while (x < width && y < height && from[left + x] === to[top + y]) {
          x++
          y++
        }
        forward[offset + k] = x
        if (d > 0 && x >= width - backward[offset + delta - k]) {
          const move = { left: left + begin, top: top + begin - k, right: left + x, bottom: top + y }
          if (divides(move)) return move
        }
        if (x >= width && y >= height) ended = true
      }
      for (let k = least; k <= greatest; k += 2) {
        const down = k === -d || (k !== d && backward[offset + k - 1] < backward[offset + k + 1])
        const begin = down ? backward[offset + k + 1] : backward[offset + k - 1] + 1
        let x = begin
        let y = x - k
        while (x < width && y < height && from[right - 1 - x] === to[bottom - 1 - y]) {
          x++
          y++
        }
        backward[offset + k] = x
        if (d > 0 && x >= width - forward[offset + delta - k]) {
          const move = { left: right - x, top: bottom - y, right: right - begin, bottom: bottom - (begin - k) }
          if (divides(move)) return move
        }
        if (x >= width && y >= height) ended = true
      }
      if (ended) return undefined
    }
    return undefined
  }
}

/**
 * The order that a patch makes of another.
 * @param patch from a file, not checked before
 * @returns undefined when it is no patch of this order
 */
export function applyPatch(order: readonly JsonValue[], patch: JsonValue): readonly JsonValue[] | undefined {
  if (!isJsonArray(patch)) return undefined
  let rest = order
  let done: JsonValue[] = []
  // How many of `rest` are in `done` or taken out.
  let at = 0
  for (const edit of patch) {
    if (!isJsonArray(edit) || edit.length !== 3) return undefined
    const inserts = edit[0] === 'i'
    const index = inserts ? edit[1] : edit[2]
    if ((!inserts && edit[0] !== 'd') || !isIndex(index)) return undefined
    if (index < done.length) {
      // The original never goes back, but a patch may.
      for (; at < rest.length; at++) done.push(rest[at])
      rest = done
      done = []
      at = 0
    }
    if (index - done.length > rest.length - at) return undefined
    while (done.length < index) done.push(rest[at++])
    if (inserts) {
      const elements = edit[2]
      if (!isJsonArray(elements)) return undefined
      for (const element of elements) done.push(element)
    } else {
      const count = edit[1]
      if (!isIndex(count) || count > rest.length - at) return undefined
      at += count
    }
  }
  for (; at < rest.length; at++) done.push(rest[at])
  return done
}

const isIndex = (value: JsonValue): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0
