/** What an item in a {@link CausalBuffer} waits for: that this replica's operations up to `counter` are here. */
export interface Need {
  /** The replica's key: any string that names it. */
  readonly replica: string
  readonly counter: number
}

export interface BufferLimits {
  readonly count: number
  readonly bytes: number
  readonly ageMs: number
}

interface Held<T> {
  readonly item: T
  readonly key: string
  readonly need: Need
  readonly bytes: number
  readonly sinceMs: number
}

/**
 * Operations that came before their causes, until those are here. Bounded in number, bytes and age: what is pushed out is not
 * lost, since whoever has it will offer it again, but what an operation waits for may have died with a disk: so the buffer
 * tells what it holds, and for what.
 */
export class CausalBuffer<T> {
  private readonly limits: BufferLimits
  /** In order of arrival. */
  private readonly held = new Map<string, Held<T>>()
  private readonly waiting = new Map<string, Set<Held<T>>>()
  private heldBytes = 0

  constructor(limits: BufferLimits) {
    this.limits = limits
  }

  get count(): number {
    return this.held.size
  }

  get bytes(): number {
    return this.heldBytes
  }

  /** What is waited for, each need once; the first are those that have been waited for longest. */
  needs(): Need[] {
    const needs = new Map<string, Need>()
    for (const { need } of this.held.values()) needs.set(`${need.replica}@${need.counter}`, need)
    return [...needs.values()]
  }

  /** Since when the oldest item waits, in the caller's milliseconds, or `undefined`. */
  oldestMs(): number | undefined {
    for (const { sinceMs } of this.held.values()) return sinceMs
    return undefined
  }

  /** @param key the same for the same operation: a second one is ignored. @returns whether it is new here */
  hold(key: string, item: T, need: Need, bytes: number, nowMs: number): boolean {
    if (this.held.has(key)) return false
    const held: Held<T> = { key, item, need, bytes, sinceMs: nowMs }
    this.held.set(key, held)
    this.heldBytes += bytes
    let waiting = this.waiting.get(need.replica)
    if (waiting === undefined) {
      waiting = new Set()
      this.waiting.set(need.replica, waiting)
    }
    waiting.add(held)
    this.shrink(nowMs)
    return true
  }

  private shrink(nowMs: number): void {
    for (const held of this.held.values()) {
      const over = this.held.size > this.limits.count || this.heldBytes > this.limits.bytes
      if (!over && nowMs - held.sinceMs <= this.limits.ageMs) return
      this.drop(held)
    }
  }

  private drop(held: Held<T>): void {
    this.held.delete(held.key)
    this.heldBytes -= held.bytes
    const waiting = this.waiting.get(held.need.replica)!
    waiting.delete(held)
    if (waiting.size === 0) this.waiting.delete(held.need.replica)
  }

  /** Forgets what has waited too long. */
  expire(nowMs: number): void {
    this.shrink(nowMs)
  }

  /** Takes out the items whose need is met: this replica stands at `counter`. They may have further needs. */
  release(replica: string, counter: number): T[] {
    const waiting = this.waiting.get(replica)
    if (waiting === undefined) return []
    const released = [...waiting].filter(held => held.need.counter <= counter)
    for (const held of released) this.drop(held)
    return released.map(held => held.item)
  }

  /** Takes out everything: after a state join any need may be met. */
  releaseAll(): T[] {
    const items = [...this.held.values()].map(held => held.item)
    this.held.clear()
    this.waiting.clear()
    this.heldBytes = 0
    return items
  }
}
