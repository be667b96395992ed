import type { LocksLike, PageLife } from '../transports/broadcast-channel.js'
import type { Election, Tenure } from './election.js'

/**
 * By Web Locks: whoever holds the lock of the store's name keeps the store. The browser gives it to the next in line when its tab is closed or
 * crashes.
 */
export class LockElection implements Election {
  private readonly locks: LocksLike
  private readonly page: PageLife
  private readonly name: string

  constructor(locks: LocksLike, page: PageLife, location: string) {
    this.locks = locks
    this.page = page
    this.name = `meldwork-1/store/${location}`
  }

  tryNow = (): Promise<Tenure | undefined> => this.request({ ifAvailable: true })

  /**
   * A page that is left while it holds the lock may be kept by the browser for the way back, and the lock with it. Chromium then gives it to the next in
   * line when it looks through its locks.
   */
  remind = (): void => {
    this.locks.query().catch(() => {})
  }

  async wait(signal: AbortSignal): Promise<Tenure> {
    const sleep = new Sleep(this.page)
    try {
      for (;;) {
        signal.throwIfAborted()
        // A page that sleeps steps out of the line: it would hold the lock, and do nothing with it.
        const turn = AbortSignal.any([signal, sleep.begins])
        const tenure = await this.request({ signal: turn }).catch(error => {
          if (signal.aborted || !turn.aborted) throw error
        })
        if (tenure !== undefined) return tenure
        await sleep.ends(signal)
      }
    } finally {
      sleep.stop()
    }
  }

  private request(options: { signal?: AbortSignal; ifAvailable?: boolean }): Promise<Tenure | undefined> {
    return new Promise((resolve, reject) => {
      let wasLost = () => {}
      const ended = this.locks.request(this.name, { ...options, mode: 'exclusive' }, lock => {
        if (lock === null) {
          resolve(undefined)
          return Promise.resolve()
        }
        return new Promise(free => {
          const lost = new Promise<void>(resolve => {
            wasLost = resolve
          })
          const release = async () => {
            free()
            await ended.catch(() => {})
          }
          resolve({ lost, release, doubt: () => {} })
        })
      })
      ended.catch(error => {
        // Somebody has stolen it; or it was never given.
        wasLost()
        reject(error)
      })
    })
  }
}

/** When the page is frozen, or kept for the way back. */
class Sleep {
  private falling = new AbortController()
  private woken = () => {}
  readonly stop: () => void

  constructor(page: PageLife) {
    this.stop = page.follow(
      () => this.falling.abort(),
      () => {
        this.falling = new AbortController()
        this.woken()
      },
    )
  }

  get begins(): AbortSignal {
    return this.falling.signal
  }

  /** Resolves when the page is awake, or the wait for it is given up. */
  ends(signal: AbortSignal): Promise<void> {
    if (!this.begins.aborted || signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      this.woken = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}
