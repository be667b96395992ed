import { type ReplicaIndex, timeMs } from '../causality/index.js'
import type { OperationHeader } from '../operation/index.js'
import type { Store } from '../ports/index.js'
import { decodeEntry, journalKey } from './entry.js'
import { entriesAt } from './group.js'

/**
 * How much history a clone keeps, for peers that were away, and for whoever follows after a cursor. What is older reaches peers as state, and followers
 * as a gap.
 */
export interface JournalLimits {
  /** The most operations. */
  readonly operations: number
  /** The most bytes of operations. */
  readonly bytes: number
  /** The greatest age of an operation, in milliseconds, by the time that it carries. */
  readonly ageMs: number
}

/** How many bytes of recent operations are kept in memory, with what else is in their entries, so that a short absence costs no reading. */
const cacheBytes = 4 * 1024 * 1024

interface Line {
  readonly ticks: number
  /** The ticks of its key: of the last entry that stands there. */
  readonly group: number
  readonly replica: ReplicaIndex
  readonly last: number
  readonly check: number
  readonly bytes: number
  readonly own: boolean
  /** The latest time of this and all before it, but not later than it was applied here: one that came late is as old as what it came with. */
  readonly timeMs: number
  entry: Uint8Array | undefined
}

/**
 * The operations that this clone has applied, in the order in which it did: history, for those who missed some of it. Only what is
 * durable is here. The operations of a replica in it are consecutive up to the vector; what lies before them, up to the replica's
 * *floor*, was truncated or came with a state: whoever lacks that needs the state.
 */
export class Journal {
  private lines: Line[] = []
  private totalBytes = 0
  private cachedFrom = 0
  private cachedBytes = 0
  private readonly floors = new Map<ReplicaIndex, number>()
  private floorAt = 0

  get count(): number {
    return this.lines.length
  }

  /** Of the first operation; beyond all when there is none. */
  get oldestTicks(): number {
    return this.lines[0]?.ticks ?? Number.POSITIVE_INFINITY
  }

  /** Of the operations themselves. */
  get bytes(): number {
    return this.totalBytes
  }

  /** Of the last operation that has become durable. */
  get latestTicks(): number {
    return this.lines.at(-1)?.ticks ?? this.floorAt
  }

  /** After these ticks, all that this clone has applied is here. */
  get floorTicks(): number {
    return this.floorAt
  }

  /**
   * An operation has become durable, or is found when the store is opened: in the order of ticks.
   * @param entry what stands in the store
   * @param nowMs by the wall clock
   * @param group the ticks of the last entry of the group in which it stands
   */
  append(
    ticks: number,
    replica: ReplicaIndex,
    header: OperationHeader,
    entry: Uint8Array,
    nowMs: number,
    own = false,
    group = ticks,
  ): void {
    const bytes = header.bytes.length
    const latestMs = this.lines[this.lines.length - 1]?.timeMs ?? 0
    const lineMs = Math.max(latestMs, Math.min(timeMs(header.time), nowMs))
    // When the store is opened, what a checkpoint covers is found to be here.
    if (ticks <= this.floorAt) this.floorAt = ticks - 1
    const floor = this.floors.get(replica)
    if (floor === undefined || header.first <= floor) this.floors.set(replica, header.first - 1)
    const { last, check } = header
    this.lines.push({ ticks, group, replica, last, check, bytes, own, timeMs: lineMs, entry })
    this.totalBytes += bytes
    this.cachedBytes += bytes
    while (this.cachedBytes > cacheBytes) this.uncacheOldest()
  }

  private uncacheOldest(): void {
    const line = this.lines[this.cachedFrom++]
    line.entry = undefined
    this.cachedBytes -= line.bytes
  }

  /**
   * A state has become durable: what it covers is not here as operations. Call before appending what follows it.
   * @param ticks of the state
   * @returns the ticks of the keys under which operations were that are not needed any more
   */
  reset(ticks: number, vector: Iterable<readonly [ReplicaIndex, number]>): number[] {
    const dropped = groupsUpTo(this.lines, this.lines.length)
    this.lines = []
    this.totalBytes = 0
    this.cachedFrom = 0
    this.cachedBytes = 0
    for (const [replica, counter] of vector) this.floors.set(replica, counter)
    this.floorAt = ticks
    return dropped
  }

  /**
   * The operations that somebody lacks, as ticks, in causal order.
   * @param theirs how far they have come with a replica
   * @returns undefined when some of them are not here any more: they need the state
   */
  since(theirs: (replica: ReplicaIndex) => number): readonly number[] | undefined {
    for (const [replica, floor] of this.floors) if (theirs(replica) < floor) return undefined
    return this.lines.filter(line => line.last > theirs(line.replica)).map(line => line.ticks)
  }

  /**
   * The operations that were applied after some ticks, not before {@link floorTicks}, as ticks: the first of them, up to the end of a group.
   * @param most not more than about so many
   * @param mostBytes not more than about so many, but one group
   */
  after(ticks: number, most: number, mostBytes: number): readonly number[] {
    const from = this.firstAfter(ticks)
    let end = from
    const { lines } = this
    for (let bytes = 0; end < lines.length; end++) {
      const isFull = end - from >= most || bytes >= mostBytes
      if (isFull && lines[end].group !== lines[end - 1].group) break
      bytes += lines[end].bytes
    }
    return lines.slice(from, end).map(line => line.ticks)
  }

  /** Of the operations that were made here: each one's replica and last counter. */
  *own(): Iterable<readonly [ReplicaIndex, number]> {
    for (const { own, replica, last } of this.lines) if (own) yield [replica, last]
  }

  /** The operations of one replica that are here, as ticks. */
  of(replica: ReplicaIndex): readonly number[] {
    return this.lines.filter(line => line.replica === replica).map(line => line.ticks)
  }

  /** The check of a replica's operation that ends at a counter; undefined when none that is here does. */
  checkAt(replica: ReplicaIndex, last: number): number | undefined {
    return this.lines.find(line => line.replica === replica && line.last === last)?.check
  }

  /** Of the operations after some ticks: how many there are, and how old the first of them is. */
  extentAfter(ticks: number): { readonly count: number; readonly oldestMs: number } {
    const from = this.firstAfter(ticks)
    return { count: this.lines.length - from, oldestMs: this.lines[from]?.timeMs ?? Number.POSITIVE_INFINITY }
  }

  /** Reads operations from memory or the store. Those that were truncated meanwhile are left out. */
  async *read(store: Store, ticks: readonly number[]): AsyncIterable<Uint8Array> {
    let key = ''
    let stored = new Map<number, Uint8Array>()
    for (const at of ticks) {
      const cached = this.cached(at)
      if (cached === undefined && key !== this.keyOf(at)) {
        key = this.keyOf(at)
        const value = await store.get(key)
        stored = new Map(value && entriesAt(key, value))
      }
      const bytes = cached ?? stored.get(at)
      if (bytes === undefined) continue
      const entry = decodeEntry(bytes)
      if (entry.kind === 'operation') yield entry.operation
    }
  }

  /** Where the entry of an operation that is here stands in the store. */
  keyOf(ticks: number): string {
    const line = this.lines[this.firstAfter(ticks - 1)]
    return journalKey(line?.ticks === ticks ? line.group : ticks)
  }

  /** An entry that is in memory: when one is, so are all after it. */
  cached(ticks: number): Uint8Array | undefined {
    const line = this.lines[this.firstAfter(ticks - 1)]
    return line?.ticks === ticks ? line.entry : undefined
  }

  private firstAfter(ticks: number): number {
    let low = 0
    let high = this.lines.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.lines[middle].ticks <= ticks) low = middle + 1
      else high = middle
    }
    return low
  }

  /**
   * Drops the oldest operations beyond the limits.
   * @param upTo only those at or before these ticks: what came after the last checkpoint is needed to open the store
   * @param nowMs by the wall clock
   * @param most not more than the operations under so many keys
   * @returns the ticks of the keys that can be deleted. What is dropped of a group of which something is still needed stays in the store for as long, and is found
   *   there when that is opened
   */
  truncate(limits: JournalLimits, upTo: number, nowMs: number, most: number): number[] {
    const { lines } = this
    const oldestMs = nowMs - limits.ageMs
    let drop = 0
    let groups = 0
    let bytes = this.totalBytes
    while (drop < lines.length && lines[drop].ticks <= upTo) {
      if (lines[drop].group !== lines[drop - 1]?.group && groups++ === most) break
      if (lines.length - drop <= limits.operations && bytes <= limits.bytes && lines[drop].timeMs >= oldestMs) break
      bytes -= lines[drop++].bytes
    }
    const free = groupsUpTo(lines, drop).filter(group => group <= upTo)
    const dropped = lines.splice(0, drop)
    for (const line of dropped) {
      this.floors.set(line.replica, line.last)
      if (line.entry !== undefined) this.cachedBytes -= line.bytes
    }
    this.cachedFrom = Math.max(0, this.cachedFrom - drop)
    this.totalBytes = bytes
    if (drop > 0) this.floorAt = dropped[drop - 1].ticks
    return free
  }
}

/** The ticks of the keys whose last operations are among the first of these lines. */
function groupsUpTo(lines: readonly Line[], count: number): number[] {
  const groups: number[] = []
  for (let at = 0; at < count; at++) {
    const { group } = lines[at]
    if (group !== lines[at + 1]?.group) groups.push(group)
  }
  return groups
}
