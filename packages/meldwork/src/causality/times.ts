import type { HybridTime } from './clock.js'
import type { ReplicaIndex } from './replicas.js'

const noStarts: readonly number[] = []

interface Timeline {
  /** The first counter of each operation, ascending. */
  readonly starts: number[]
  readonly times: HybridTime[]
}

/**
 * When each operation was made, by any of its dots: kept as long as a dot of it may be live. An operation's counters are a run, so one
 * entry an operation is enough.
 */
export class OperationTimes {
  private readonly timelines: (Timeline | undefined)[] = []
  /** The entry found last: whoever reads many dots mostly reads them in order. */
  private lastEntry = 0

  /** An operation that starts at `first` was made at `time`. Operations of a replica come in order. */
  add(replica: ReplicaIndex, first: number, time: HybridTime): void {
    let timeline = this.timelines[replica]
    if (timeline === undefined) {
      timeline = { starts: [], times: [] }
      this.timelines[replica] = timeline
    }
    timeline.starts.push(first)
    timeline.times.push(time)
  }

  /** Takes back the last {@link add}. */
  undo(replica: ReplicaIndex): void {
    this.timelines[replica]?.starts.pop()
    this.timelines[replica]?.times.pop()
  }

  /** The time of the operation that covers a live dot, or 0 when none is known. */
  of(replica: ReplicaIndex, counter: number): HybridTime {
    const at = this.entryOf(replica, counter)
    return at < 0 ? 0 : this.timelines[replica]!.times[at]
  }

  /** The first counter of that operation, or 0. */
  startOf(replica: ReplicaIndex, counter: number): number {
    const at = this.entryOf(replica, counter)
    return at < 0 ? 0 : this.timelines[replica]!.starts[at]
  }

  private entryOf(replica: ReplicaIndex, counter: number): number {
    const starts = this.timelines[replica]?.starts ?? noStarts
    const { length } = starts
    for (let at = this.lastEntry; at < this.lastEntry + 2 && at < length && starts[at] <= counter; at++) {
      if (at + 1 < length && starts[at + 1] <= counter) continue
      this.lastEntry = at
      return at
    }
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (starts[middle] <= counter) low = middle + 1
      else high = middle
    }
    if (low > 0) this.lastEntry = low - 1
    return low - 1
  }

  /**
   * Takes in another state's times of one replica: [first counter, time], ascending. A start has one time, but where the replica id forked: then the earlier of
   * two, on every clone.
   */
  merge(replica: ReplicaIndex, entries: readonly (readonly [first: number, time: HybridTime])[]): void {
    const mine = this.timelines[replica] ?? { starts: [], times: [] }
    const starts: number[] = []
    const times: HybridTime[] = []
    let i = 0
    for (const [first, time] of entries) {
      for (; i < mine.starts.length && mine.starts[i] < first; i++) {
        starts.push(mine.starts[i])
        times.push(mine.times[i])
      }
      const isKnown = i < mine.starts.length && mine.starts[i] === first
      starts.push(first)
      times.push(isKnown ? Math.min(time, mine.times[i++]) : time)
    }
    for (; i < mine.starts.length; i++) {
      starts.push(mine.starts[i])
      times.push(mine.times[i])
    }
    this.timelines[replica] = { starts, times }
  }

  /** For undoing a {@link merge}: what {@link restore} takes. */
  copy(replica: ReplicaIndex): Timeline | undefined {
    const timeline = this.timelines[replica]
    return timeline && { starts: [...timeline.starts], times: [...timeline.times] }
  }

  restore(replica: ReplicaIndex, timeline: Timeline | undefined): void {
    this.timelines[replica] = timeline
  }
}
