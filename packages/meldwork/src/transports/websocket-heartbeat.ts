import type { Settings } from './websocket-options.js'

/** Whether the other end of a connection is still there: a silent one is asked, and given up when it does not answer. */
export class Heartbeat {
  private readonly settings: Settings
  private readonly ping: () => void
  private readonly onSilence: () => void
  private heard = false
  private asked = false
  private dueMs = 0
  private cancelTimer: (() => void) | undefined

  /** @param onSilence called when the other end is given up */
  constructor(settings: Settings, ping: () => void, onSilence: () => void) {
    this.settings = settings
    this.ping = ping
    this.onSilence = onSilence
  }

  start(): void {
    this.wait(this.settings.pingIntervalMs)
  }

  stop(): void {
    this.cancelTimer?.()
  }

  /** Something came from the other end. */
  beat(): void {
    this.heard = true
  }

  /** Asks now whether the other end is there. */
  check(): void {
    this.ask()
    this.wait(Math.min(checkTimeoutMs, this.settings.pingIntervalMs))
  }

  private ask(): void {
    this.heard = false
    this.asked = true
    this.ping()
  }

  private wait(ms: number): void {
    const { environment } = this.settings
    this.cancelTimer?.()
    this.dueMs = environment.now() + ms
    this.cancelTimer = environment.schedule(() => this.tick(), ms, true)
  }

  private tick() {
    const { environment, pingIntervalMs } = this.settings
    // A late timer means that the machine slept or this thread was busy: an answer may lie unread, so ask once more.
    const late = environment.now() - this.dueMs > pingIntervalMs / 2
    if (this.heard) {
      this.heard = false
      this.asked = false
    } else if (!this.asked || late) this.ask()
    else return this.onSilence()
    this.wait(pingIntervalMs)
  }
}

const checkTimeoutMs = 3000
