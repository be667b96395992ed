import type { Environment } from '../ports/index.js'
import type { Settings } from './webrtc-options.js'

/** When to try again: after waits that are random, and longer each time. */
export class Backoff {
  private readonly settings: Settings
  private readonly again: () => void
  private attempts = 0
  private cancelTimer: (() => void) | undefined

  /** @param again called at the end of a wait */
  constructor(settings: Settings, again: () => void) {
    this.settings = settings
    this.again = again
  }

  get isWaiting(): boolean {
    return this.cancelTimer !== undefined
  }

  /** @param isLong whether the longest wait is in place: trying soon is no use */
  wait(isLong: boolean): void {
    const { environment, firstBackoffMs, maxBackoffMs } = this.settings
    const boundMs = isLong ? maxBackoffMs : Math.min(maxBackoffMs, firstBackoffMs * 2 ** this.attempts++)
    const end = () => {
      this.cancelTimer = undefined
      this.again()
    }
    this.cancelTimer?.()
    this.cancelTimer = environment.schedule(end, fraction(environment) * boundMs, true)
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
function fraction(environment: Environment): number {
  const [a, b, c] = environment.random(3)
  return (a * 65536 + b * 256 + c) / 0x1000000
}
