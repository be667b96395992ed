import type { Environment } from './environment.js'

/** How long a {@link Backoff} waits. */
export interface BackoffSettings {
  readonly environment: Environment
  /** The n-th wait is a random time below this times 2^n. */
  readonly firstBackoffMs: number
  /** The bound of that. */
  readonly maxBackoffMs: number
}

/** For implementations of a transport: when to try again. After waits that are random, so that not all clients of a server come back at once, and longer each time. */
export class Backoff {
  private readonly settings: BackoffSettings
  private readonly again: () => void
  private attempts = 0
  private cancelTimer: (() => void) | undefined

  /** @param again called at the end of a wait */
  constructor(settings: BackoffSettings, again: () => void) {
    this.settings = settings
    this.again = again
  }

  get waiting(): boolean {
    return this.cancelTimer !== undefined
  }

  wait(): void {
    const { environment, firstBackoffMs, maxBackoffMs } = this.settings
    const boundMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** this.attempts++)
    const end = () => {
      this.cancelTimer = undefined
      this.again()
    }
    this.cancelTimer = environment.schedule(end, fraction(environment) * boundMs)
  }

  /** The next wait is short again. */
  reset(): void {
    this.attempts = 0
  }

  /** Ends a wait, without a call. */
  cancel(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}

/** A random number from 0 up to 1. */
export function fraction(environment: Environment): number {
  const [a, b, c] = environment.random(3)
  return (a * 65536 + b * 256 + c) / 0x1000000
}
