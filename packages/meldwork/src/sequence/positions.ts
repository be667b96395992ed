import {
  encodeSegment,
  isPosition,
  maxNumber,
  maxPositionLength,
  parsePosition,
  runLength,
  runOf,
  type Segment,
} from './position.js'

/** Ranks of new runs: those that hang right of a place come before those that hang left of the next one. */
const rightOf = -8
const leftOf = 8
/** A new run hangs where the tree of the paper has it, unless that is longer than this; then where it is short. */
const longAbove = 96

/** The most own runs whose indexes are remembered. */
const maxRemembered = 65_536

/** Where a run stands: what is before its segment, and that segment's rank. */
interface Gap {
  readonly prefix: string
  readonly parentRun: string | undefined
  readonly rank: number
}

/** Part of an own run: indexes from `first`. */
interface Stretch {
  readonly gap: Gap
  readonly first: number
}

/**
 * Makes positions for the items of lists: texts with a dense order, each list's for itself. One is made for each opened clone.
 *
 * After Weidner and Kleppmann, "The Art of the Fugue: Minimizing Interleaving in Collaborative Text Editing", 2023: a new item is the right child
 * of the one to its left, or, if that has descendants there, the left child of the one to its right. Here what one writer adds to
 * itself, forwards or backwards, is one *run* with an index (`position.ts`): its texts grow with the logarithm of its length.
 *
 * So of concurrent insertions at one place, each writer's stand together, in either direction. Where many writers have built upon each other, a
 * path gets long: then a new run is put beside the others instead of below. It still stands together; but it may no longer
 * stand directly beside the run of another writer that it continued, if a third one inserted there concurrently.
 */
export class Positions {
  private readonly own: string
  /** By gap: the indexes of the own run that were used, also by what has been deleted: others may insert beside that, still. */
  private readonly used = new Map<string, { least: number; greatest: number }>()

  /** @param random gives that many random bytes: `Environment.random` */
  constructor(random: (length: number) => Uint8Array) {
    this.own = runOf(random(runLength))
  }

  /**
   * New positions, ascending, between two neighbours; undefined is the end of the list.
   * @param count at least 1
   * @returns undefined when there are none: a neighbour is no position, they are not in order, or nothing short enough lies between. Whoever
   *   asks then asks with other neighbours, further away; between two undefined ones there is always room
   */
  between(left: string | undefined, right: string | undefined, count: number): string[] | undefined {
    const before = left === undefined ? [] : parsePosition(left)
    const after = right === undefined ? [] : parsePosition(right)
    if (before === undefined || after === undefined) return undefined
    if (left !== undefined && right !== undefined && left >= right) return undefined
    const take = (stretch: Stretch | undefined, longest: number): string[] | undefined => {
      const texts = stretch && this.texts(stretch, count)
      if (texts === undefined || texts[count - 1].length > longest || !isPosition(texts[0])) return undefined
      if ((left !== undefined && left >= texts[0]) || (right !== undefined && right <= texts[count - 1]))
        return undefined
      this.remember(stretch!, count)
      return texts
    }
    const inOrder = inTree(left ?? '', before, right, after)
    return (
      take(this.behind(left, before), maxPositionLength) ??
      take(this.ahead(right, after, count), maxPositionLength) ??
      take(this.fresh(inOrder), longAbove) ??
      take(this.fresh(shallow(left ?? '', before, after)), maxPositionLength) ??
      take(this.fresh(inOrder), maxPositionLength)
    )
  }

  /** Continues the own run that ends at the left neighbour. */
  private behind(left: string | undefined, path: readonly Segment[]): Stretch | undefined {
    const last = path.at(-1)
    if (last?.run !== this.own) return undefined
    const gap = gapOf(left!, path)
    return { gap, first: Math.max(last.index, this.used.get(keyOf(gap))?.greatest ?? last.index) + 1 }
  }

  /** Continues, backwards, the own run that begins at the right neighbour; not when something that was deleted stood before it. */
  private ahead(right: string | undefined, path: readonly Segment[], count: number): Stretch | undefined {
    const next = path.at(-1)
    if (next?.run !== this.own) return undefined
    const gap = gapOf(right!, path)
    const least = this.used.get(keyOf(gap))?.least ?? next.index
    return next.index === least ? { gap, first: least - count } : undefined
  }

  private fresh(gap: Gap): Stretch {
    return { gap, first: (this.used.get(keyOf(gap))?.greatest ?? -1) + 1 }
  }

  private texts({ gap: { prefix, parentRun, rank }, first }: Stretch, count: number): string[] | undefined {
    if (Math.max(Math.abs(rank), Math.abs(first), Math.abs(first + count)) >= maxNumber) return undefined
    return Array.from({ length: count }, (_, i) => prefix + encodeSegment(rank, this.own, first + i, parentRun))
  }

  private remember({ gap, first }: Stretch, count: number): void {
    const key = keyOf(gap)
    const used = this.used.get(key)
    if (used !== undefined) {
      used.least = Math.min(used.least, first)
      used.greatest = Math.max(used.greatest, first + count - 1)
    } else {
      if (this.used.size >= maxRemembered) this.used.clear()
      this.used.set(key, { least: first, greatest: first + count - 1 })
    }
  }
}

const keyOf = ({ prefix, rank }: Gap): string => `${prefix} ${rank}`

/** The gap in which the last segment of a position stands. */
function gapOf(text: string, path: readonly Segment[]): Gap {
  const parent = path.at(-2)
  return { prefix: text.slice(0, parent?.end ?? 0), parentRun: parent?.run, rank: path[path.length - 1].rank }
}

/** Where Fugue puts a run: right of the left neighbour, or left of the right one if that hangs right of the left one. */
function inTree(left: string, before: readonly Segment[], right: string | undefined, after: readonly Segment[]): Gap {
  if (right === undefined || !(hangsRightOf(left, before, right, after) || isLacking(left, before, right, after)))
    return { prefix: left, parentRun: before.at(-1)?.run, rank: rightOf }
  // Left of a place is right of the one before it, which need not exist.
  const { rank, run, index } = after[after.length - 1]
  const { prefix, parentRun } = gapOf(right, after)
  return { prefix: prefix + encodeSegment(rank, run, index - 1, parentRun), parentRun: run, rank: leftOf }
}

const hangsRightOf = (left: string, before: readonly Segment[], right: string, after: readonly Segment[]): boolean =>
  right.startsWith(left) && after[before.length].rank <= 0

/** Whether something that was deleted stood between two places of one run: others may insert beside that, still. */
function isLacking(left: string, before: readonly Segment[], right: string, after: readonly Segment[]): boolean {
  const l = before.at(-1)
  const r = after[after.length - 1]
  if (l === undefined || before.length !== after.length || l.run !== r.run || r.index - l.index < 2) return false
  return l.rank === r.rank && gapOf(left, before).prefix === gapOf(right, after).prefix
}

/** The shortest gap: beside the runs in which the neighbours' paths part, or one or two levels below. No right neighbour has no path. */
function shallow(left: string, before: readonly Segment[], after: readonly Segment[]): Gap {
  let bounded = after.length > 0
  for (let level = 0; ; level++) {
    const l: Segment | undefined = before[level]
    const r = bounded ? after[level] : undefined
    const parent: Segment | undefined = before[level - 1]
    const gap = { prefix: left.slice(0, parent?.end ?? 0), parentRun: parent?.run }
    if (l === undefined) return { ...gap, rank: r === undefined ? rightOf : r.rank - 1 }
    if (r === undefined) {
      if (l.rank + 1 < maxNumber) return { ...gap, rank: l.rank + 1 }
    } else if (r.rank - l.rank > 1) return { ...gap, rank: Math.floor((l.rank + r.rank) / 2) }
    else if (l.rank !== r.rank || l.run !== r.run || l.index !== r.index) bounded = false
  }
}
