import type { Environment } from '../ports/index.js'
import type { RelaySettings } from './relay-options.js'
import { burstMs, Rate } from './relay-rate.js'
import type { RelaySocket } from './relay-socket.js'

/** What becomes of a frame; `flood`: no frame of this connection is wanted any more. */
export type Admission = 'admitted' | 'dropped' | 'flood'

/**
 * Keeps a connection to its rate. A socket that can be paused is paused, so that the network slows its sender; what had been
 * read by then goes on debt. Of any other socket, and beyond that debt, messages are dropped. All other frames are
 * needed (a lost `leave` would leave a ghost), so who sends too many of them is sent away.
 */
export class Throttle {
  private readonly socket: RelaySocket
  private readonly environment: Environment
  private readonly rate: Rate
  private readonly pausable: boolean
  private readonly onResume: () => void
  /** Set while the socket is paused. */
  private cancelResume: (() => void) | undefined

  /** @param onResume called before a pause ends by itself */
  constructor(socket: RelaySocket, settings: RelaySettings, nowMs: number, onResume: () => void) {
    this.socket = socket
    this.environment = settings.environment
    this.rate = new Rate(settings.bytesPerSecond, settings.messagesPerSecond, nowMs)
    this.pausable = socket.pause !== undefined && socket.resume !== undefined
    this.onResume = onResume
  }

  get paused(): boolean {
    return this.cancelResume !== undefined
  }

  /**
   * Decides on a frame of so many bytes that came now, and pays for it.
   *
   * @param droppable whether it is a message, not a frame that is needed
   */
  admit(bytes: number, droppable: boolean, nowMs: number): Admission {
    const { rate } = this
    rate.earn(nowMs)
    if (droppable && rate.debtMs > (this.pausable ? burstMs : 0)) return 'dropped'
    rate.spend(bytes)
    if (rate.debtMs > 0 && this.pausable && !this.paused) this.pause(Math.min(rate.debtMs, longestPauseMs))
    return rate.hopeless ? 'flood' : 'admitted'
  }

  /** Ends a pause early: the connection ends. */
  release(): void {
    if (this.cancelResume === undefined) return
    this.cancelResume()
    this.socket.resume?.()
  }

  private pause(pauseMs: number): void {
    this.socket.pause?.()
    this.cancelResume = this.environment.schedule(() => {
      this.cancelResume = undefined
      this.onResume()
      this.socket.resume?.()
    }, pauseMs)
  }
}

const longestPauseMs = 5000
