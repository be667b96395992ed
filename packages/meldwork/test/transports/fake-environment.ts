import type { Environment } from '../../src/ports/index.js'

/** An environment with a clock that moves only when told to, and the same chances in every run. */
export class FakeEnvironment implements Environment {
  private nowMs = 1_700_000_000_000
  private seed = 1
  private timers: { atMs: number; callback: () => void }[] = []

  now(): number {
    return this.nowMs
  }

  random(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => {
      this.seed = (Math.imul(this.seed, 1103515245) + 12345) & 0x7fffffff
      return this.seed >> 16
    })
  }

  schedule(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.nowMs + delayMs, callback }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter(each => each !== timer)
    }
  }

  get timerCount(): number {
    return this.timers.length
  }

  /** Lets time pass: what falls due runs in order, and with it what that causes. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    await settled()
    for (;;) {
      const next = this.timers.reduce<{ atMs: number; callback: () => void } | undefined>(
        (earliest, timer) => (earliest === undefined || timer.atMs < earliest.atMs ? timer : earliest),
        undefined,
      )
      if (next === undefined || next.atMs > untilMs) break
      this.timers = this.timers.filter(each => each !== next)
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.callback()
      await settled()
    }
    this.nowMs = untilMs
  }

  /** Time passes, but nobody is woken: the machine slept. */
  sleep(ms: number): void {
    this.nowMs += ms
  }
}

/** Lets all microtasks run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
