import type { Environment, PeerId } from '../ports/index.js'
import type { LocksLike } from './broadcast-channel-platform.js'

/** What a vigil asks of the member that keeps it. */
export interface VigilHost {
  readonly environment: Environment
  readonly locks: LocksLike | undefined
  /** One who has said nothing for so long is asked; after as long again, and once more, it is gone. */
  readonly silenceMs: number
  /** The name of the lock that a member holds while it lives. */
  lockOf(peer: PeerId): string
  /** Asks everybody to say that they are here. */
  ask(): void
  /** One has died without a farewell. */
  gone(peer: PeerId): void
}

interface Watched {
  heardMs: number
  /** How often it has been asked since it was heard. */
  asked: number
  /** Ends the waiting for its lock. Undefined while it is its silence that tells. */
  lock: AbortController | undefined
}

/**
 * Notices when others die without a farewell: a crashed tab releases its lock, and whoever waited for that gets it. Where there are no
 * locks, one that stays silent when asked has died. (Timers of hidden pages are slow, messages are not: so one is asked, rather than
 * expected to say something every now and then.)
 */
export class Vigil {
  private readonly host: VigilHost
  private readonly watched = new Map<PeerId, Watched>()
  private cancelTimer: (() => void) | undefined
  private dueMs = 0
  private wasLate = false

  constructor(host: VigilHost) {
    this.host = host
  }

  /** @param locked whether it holds its lock */
  watch(peer: PeerId, locked: boolean): void {
    let watched = this.watched.get(peer)
    if (watched === undefined) {
      watched = { heardMs: this.host.environment.now(), asked: 0, lock: undefined }
      this.watched.set(peer, watched)
    }
    if (locked && this.host.locks !== undefined && watched.lock === undefined) this.awaitLock(peer, watched)
    if (watched.lock === undefined) this.wait()
  }

  heard(peer: PeerId): void {
    const watched = this.watched.get(peer)
    if (watched === undefined) return
    watched.heardMs = this.host.environment.now()
    watched.asked = 0
  }

  unwatch(peer: PeerId): void {
    this.watched.get(peer)?.lock?.abort()
    this.watched.delete(peer)
  }

  stop(): void {
    for (const peer of [...this.watched.keys()]) this.unwatch(peer)
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }

  private awaitLock(peer: PeerId, watched: Watched): void {
    const { host } = this
    const controller = new AbortController()
    watched.lock = controller
    const died = async () => {
      if (this.watched.get(peer) === watched) host.gone(peer)
    }
    // Shared: all who wait for it are told at the same time.
    host.locks!.request(host.lockOf(peer), { mode: 'shared', signal: controller.signal }, died).catch(() => {
      // Not to be had here, or not waited for any more.
      if (controller.signal.aborted) return
      watched.lock = undefined
      this.wait()
    })
  }

  private wait(): void {
    if (this.cancelTimer !== undefined) return
    const { environment, silenceMs } = this.host
    this.dueMs = environment.now() + silenceMs
    this.cancelTimer = environment.schedule(() => this.tick(), silenceMs, true)
  }

  private tick(): void {
    this.cancelTimer = undefined
    const { environment, silenceMs } = this.host
    const now = environment.now()
    // After a sleep, or a long turn of this thread, answers may lie unread. Twice in a row it is rather that the timers of a hidden page are slow.
    const isLate = !this.wasLate && now - this.dueMs > silenceMs / 2
    this.wasLate = isLate
    let isSilent = false
    let isSomebody = false
    for (const [peer, watched] of [...this.watched]) {
      if (watched.lock !== undefined) continue
      if (now - watched.heardMs >= silenceMs / 2) {
        if (watched.asked >= 2 && !isLate) {
          this.host.gone(peer)
          continue
        }
        if (!isLate) watched.asked++
        isSilent = true
      }
      isSomebody = true
    }
    if (isSilent) this.host.ask()
    if (isSomebody) this.wait()
  }
}
