import { type Clone, type CloneOptions, type KeeperBeside, openCloneWith, transportsOf } from '../clone/index.js'
import { type CodedError, hasCode } from '../errors.js'
import type { Environment, Transport } from '../ports/index.js'
import type { Election, Tenure } from './election.js'

/** After the store could not be opened, it is tried again after this long, doubling up to the second. */
const firstRetryMs = 1_000
const lastRetryMs = 30_000

/** While nobody keeps the store, the election is reminded after this long, doubling up to the second. */
const firstReminderMs = 100
const lastReminderMs = 5_000

/** The clone that has the store: between the app's network and the tabs, each of which is told what comes from the other. */
export function openKeeper(options: CloneOptions, tabs: Transport, closed?: () => Promise<void>): Promise<Clone> {
  const transports = [tabs, ...transportsOf(options)]
  return openCloneWith(options, { transports, keeping: { keepsFor: tabs, needsKeeper: false }, closed })
}

/** What a {@link KeeperWatch} works with. */
export interface KeeperWatchParts {
  readonly election: Election
  readonly environment: Environment
  /** Opens the keeper, on the store. */
  readonly open: () => Promise<Clone>
  /** Whether this tab keeps the store, or the state of that store, has changed. */
  readonly changed: () => void
}

/** Waits for its turn to keep the store; keeps it until that is lost; and waits again. */
export class KeeperWatch implements KeeperBeside {
  private readonly parts: KeeperWatchParts
  private readonly end = new AbortController()
  private readonly ended: Promise<void>
  private keeper: Clone | undefined
  private trouble: CodedError<'store-failed'> | undefined
  private retryMs = firstRetryMs
  private erase = false
  private reminderMs = firstReminderMs
  private cancelReminder: (() => void) | undefined

  constructor(parts: KeeperWatchParts) {
    this.parts = parts
    this.ended = this.run()
  }

  get isHere(): boolean {
    return this.keeper !== undefined
  }

  get storage(): CodedError<'store-failed'> | undefined {
    return this.keeper?.status.value.storage ?? this.trouble
  }

  /** @param isKept whether anybody keeps the store now, as far as this tab sees */
  look(isKept: boolean): void {
    if (isKept || this.end.signal.aborted) {
      this.cancelReminder?.()
      this.cancelReminder = undefined
      this.reminderMs = firstReminderMs
    } else
      this.cancelReminder ??= this.parts.environment.schedule(
        () => {
          this.cancelReminder = undefined
          this.parts.election.remind?.()
          this.reminderMs = Math.min(this.reminderMs * 2, lastReminderMs)
          this.look(false)
        },
        this.reminderMs,
        true,
      )
  }

  /** Closes what this tab keeps, and lets another one have it. @param erase whether the data goes, too, if it is here */
  close(erase: boolean): Promise<void> {
    this.erase = erase
    this.end.abort()
    this.look(true)
    return this.ended
  }

  private async run(): Promise<void> {
    const { signal } = this.end
    while (!signal.aborted) {
      try {
        await this.keep(await this.parts.election.wait(signal))
      } catch (error) {
        if (!signal.aborted) await this.failed(error)
      }
    }
  }

  private async keep(tenure: Tenure): Promise<void> {
    try {
      const keeper = await this.parts.open()
      this.keeper = keeper
      this.trouble = undefined
      this.retryMs = firstRetryMs
      keeper.status.follow(({ storage }) => {
        if (storage !== undefined) tenure.doubt()
        this.parts.changed()
      })
      this.parts.changed()
      await Promise.race([tenure.lost, aborted(this.end.signal)])
      this.keeper = undefined
      await keeper.close({ erase: this.erase })
    } finally {
      await tenure.release()
      this.parts.changed()
    }
  }

  /** Another tab may have more luck; this one tries again later. */
  private async failed(error: unknown): Promise<void> {
    if (hasCode(error, 'store-failed')) this.trouble = error
    else console.error('This tab cannot keep the store that the tabs share', error)
    this.parts.changed()
    await this.pause(this.retryMs)
    this.retryMs = Math.min(this.retryMs * 2, lastRetryMs)
  }

  private pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.parts.environment.schedule(resolve, ms, true)
      void aborted(this.end.signal).then(() => {
        cancel()
        resolve()
      })
    })
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
