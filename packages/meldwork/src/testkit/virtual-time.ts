import type { Environment } from '../ports/index.js'
import type { Chance } from './chance.js'

interface Timer {
  readonly atMs: number
  /** Timers of one instant run in the order in which they were set. */
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

/**
 * Time that passes only when it is told to. What is due is run one by one, in order, and between two of them everything that was started
 * comes to rest: so a program that takes time and chance from here, and waits for nothing else, runs the same each time.
 */
export class VirtualTime {
  private now = 0
  private order = 0
  /** A binary heap: the first is the next. */
  private readonly timers: Timer[] = []
  private readonly rest: () => Promise<void>
  /** What has been compressed in this world, by the few bytes that stand for it: real compression takes real time. */
  readonly compressed: Uint8Array[] = []

  /** @param rest resolves when no microtask is left; by default, in a later task of the platform */
  constructor(rest: () => Promise<void> = laterTask) {
    this.rest = rest
  }

  /** Milliseconds since the beginning. */
  get nowMs(): number {
    return this.now
  }

  /** @returns cancels it */
  schedule(run: () => void, delayMs: number): () => void {
    const timer: Timer = { atMs: this.now + Math.max(0, delayMs), order: this.order++, run, cancelled: false }
    this.push(timer)
    return () => {
      timer.cancelled = true
    }
  }

  /** Resolves after `delayMs`. */
  delay(delayMs: number): Promise<void> {
    return new Promise(resolve => this.schedule(resolve, delayMs))
  }

  /** Lets `durationMs` pass. */
  async pass(durationMs: number): Promise<void> {
    const untilMs = this.now + durationMs
    await this.rest()
    while (this.timers.length > 0 && this.timers[0].atMs <= untilMs) await this.step()
    this.now = untilMs
  }

  /**
   * Lets time pass until a promise has settled.
   * @throws what it rejects with; an error when it is still open after `limitMs`, or nothing is left that could settle it
   */
  async settle<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    const untilMs = this.now + limitMs
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    await this.rest()
    while (!settled) {
      if (this.timers.length === 0 || this.timers[0].atMs > untilMs)
        throw new Error(`What was waited for did not happen within ${limitMs} ms of virtual time`)
      await this.step()
    }
    return promise
  }

  private async step(): Promise<void> {
    const timer = this.pop()
    this.now = Math.max(this.now, timer.atMs)
    if (timer.cancelled) return
    timer.run()
    await this.rest()
  }

  private push(timer: Timer): void {
    const { timers } = this
    let at = timers.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(timers[parent], timer)) break
      timers[at] = timers[parent]
      at = parent
    }
    timers[at] = timer
  }

  private pop(): Timer {
    const { timers } = this
    const [first] = timers
    const last = timers.pop()!
    if (timers.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= timers.length) break
      if (child + 1 < timers.length && isBefore(timers[child + 1], timers[child])) child++
      if (isBefore(last, timers[child])) break
      timers[at] = timers[child]
      at = child
    }
    timers[at] = last
    return first
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

interface TaskPlatform {
  setImmediate?(callback: () => void): unknown
  setTimeout(callback: () => void, delayMs: number): unknown
}

const laterTask = (): Promise<void> =>
  new Promise(resolve => {
    const platform = globalThis as unknown as TaskPlatform
    if (platform.setImmediate !== undefined) platform.setImmediate(resolve)
    else platform.setTimeout(resolve, 0)
  })

/** By how much the clock of a slow process is ahead at most, within one instant of virtual time. */
const mostLagMs = 64

/** The environment of one simulated process: its clock may be wrong, it may be slow, and it can be killed. */
export class VirtualEnvironment implements Environment {
  private readonly time: VirtualTime
  private readonly chance: Chance
  private readonly skewMs: number
  private readonly slowMs: number
  private lagMs = 0
  private lagAtMs = 0
  private killed = false
  private foretold: Uint8Array | undefined

  /**
   * @param skewMs how far its clock is ahead
   * @param slowMs how much time seems to pass from one look at the clock to the next, though virtual time stands still: so that work that is done in slices takes several
   */
  constructor(time: VirtualTime, chance: Chance, skewMs = 0, slowMs = 0) {
    this.time = time
    this.chance = chance
    this.skewMs = skewMs
    this.slowMs = slowMs
  }

  now(): number {
    const { nowMs } = this.time
    if (this.lagAtMs !== nowMs) this.lagMs = 0
    this.lagAtMs = nowMs
    this.lagMs = (this.lagMs + this.slowMs) % mostLagMs
    return startMs + nowMs + this.skewMs + this.lagMs
  }

  random(length: number): Uint8Array {
    const { foretold } = this
    if (foretold?.length !== length) return this.chance.bytes(length)
    this.foretold = undefined
    return foretold
  }

  readonly deflate = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const place = this.time.compressed.push(bytes) - 1
    return Uint8Array.of(0xde, place, place >> 8, place >> 16)
  }

  readonly inflate = async (bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> => {
    const [magic, ...place] = bytes
    const whole = this.time.compressed[place.reduceRight((sum, byte) => sum * 256 + byte, 0)]
    if (magic !== 0xde || place.length !== 3 || whole === undefined) throw new Error('these bytes were not compressed')
    if (whole.length > maxBytes) throw new RangeError(`what was compressed is longer than ${maxBytes} bytes`)
    return whole
  }

  /** When so many random bytes are asked for next, they are these: for what must not happen by chance. */
  foretell(bytes: Uint8Array): void {
    this.foretold = bytes
  }

  schedule(callback: () => void, delayMs: number): () => void {
    return this.time.schedule(() => {
      if (!this.killed) callback()
    }, delayMs)
  }

  /** The process has died: its timers never fire. */
  kill(): void {
    this.killed = true
  }
}

/** When virtual time begins, in milliseconds since 1970: 2024-01-01. */
const startMs = 1_704_067_200_000
