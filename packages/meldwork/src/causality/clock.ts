/**
 * Hybrid logical time (Kulkarni et al., "Logical Physical Clocks", 2014) as one number: milliseconds since 1970 times 1,024, plus a
 * logical count below 1,024 that runs over into the milliseconds. Exact up to the year 2248.
 * It orders only what people see and what `latest` rules choose between; never causality.
 */
export type HybridTime = number

export const ticksPerMs = 1024

/** The wall-clock part, in milliseconds since 1970. */
export const timeMs = (time: HybridTime): number => Math.floor(time / ticksPerMs)

/** The greatest time there is: what lies beyond it is malformed. */
export const maxTime: HybridTime = Number.MAX_SAFE_INTEGER

/** How far ahead of its own wall clock a clone lets others pull it, in milliseconds. */
const maxDriftMs = 60_000

/** Gives times that grow, and that are later than the times seen, unless those are absurdly far ahead. */
export class HybridClock {
  private readonly nowMs: () => number
  private last: HybridTime = 0
  private seen: HybridTime = 0

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  /** A time later than every one before. */
  next(): HybridTime {
    const wall = Math.floor(this.nowMs()) * ticksPerMs
    // The author bounds what it takes from others: a fast clock elsewhere must not move everyone's.
    const seen = Math.min(this.seen, wall + maxDriftMs * ticksPerMs)
    this.last = Math.max(wall, this.last + 1, seen + 1)
    return this.last
  }

  /** A time from another replica, or from an earlier life of this one. */
  observe(time: HybridTime): void {
    if (time > this.seen) this.seen = time
  }
}
