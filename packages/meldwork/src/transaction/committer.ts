import { CodedError } from '../errors.js'
import type { Environment, Store, StoreChange } from '../ports/index.js'

/** One transaction on its way to the disk. */
export interface Commit {
  readonly ticks: number
  readonly changes: readonly StoreChange[]
  /** It is durable. Called in order of ticks. */
  durable(): void
  /** It is not, and never will be: the caller has undone it already. */
  failed(error: Error): void
}

/** What the committer tells when the store fails and when it answers again. */
export interface CommitterListener {
  /** These commits, in order, and all later ones, are lost: undo them, in reverse. Then `failed` of each is called. */
  lost(commits: readonly Commit[], error: CodedError<'store-failed'>): void
  recovered(): void
}

/** How long the store is left alone after a failure, doubling up to the last. */
const firstRetryMs = 250
const lastRetryMs = 30_000

/**
 * Makes transactions durable in order, in batches: while one batch is under way the next gathers, and the writes of one turn go together
 * (group commit in a microtask, without a timer). Whatever depends on durability waits here.
 */
export class Committer {
  private readonly store: Store
  /** A harmless write, to ask a store that failed whether it takes writes again. */
  private readonly probe: () => readonly StoreChange[]
  private readonly environment: Environment
  private readonly listener: CommitterListener
  private queue: Commit[] = []
  private underWay: readonly Commit[] = []
  private scheduled = false
  private readonly waiting: {
    readonly ticks: number
    readonly then: () => void
    readonly lost: (error: Error) => void
  }[] = []
  private failure: CodedError<'store-failed'> | undefined
  private retryMs = firstRetryMs
  private stopped = false
  private asking: Promise<void> = Promise.resolve()
  /** The last ticks that are durable. */
  durableTicks: number

  constructor(
    store: Store,
    probe: () => readonly StoreChange[],
    environment: Environment,
    durableTicks: number,
    listener: CommitterListener,
  ) {
    this.store = store
    this.probe = probe
    this.environment = environment
    this.durableTicks = durableTicks
    this.listener = listener
  }

  /** The error of a store that does not take writes now. */
  get trouble(): CodedError<'store-failed'> | undefined {
    return this.failure
  }

  /** How many transactions are applied and not durable. */
  get pending(): number {
    return this.queue.length + this.underWay.length
  }

  /** Those that are applied and not durable, in order. */
  *undurable(): IterableIterator<Commit> {
    yield* this.underWay
    yield* this.queue
  }

  /** Must not be called while there is {@link trouble}. */
  add(commit: Commit): void {
    this.queue.push(commit)
    if (this.scheduled || this.underWay.length > 0) return
    this.scheduled = true
    // Half the cost of queueMicrotask in Node.
    void resolved.then(() => {
      this.scheduled = false
      this.next()
    })
  }

  /**
   * Calls `then` when everything up to `ticks` is durable: at once if it is, else in order of ticks.
   * Calls `lost` when it never will be. Waits must be asked for in ascending order of ticks.
   */
  whenDurable(ticks: number, then: () => void, lost: (error: Error) => void = ignore): void {
    if (ticks <= this.durableTicks || this.pending === 0) then()
    else this.waiting.push({ ticks, then, lost })
  }

  private next(): void {
    if (this.underWay.length > 0 || this.queue.length === 0) return
    this.underWay = this.queue
    this.queue = []
    const changes =
      this.underWay.length === 1 ? this.underWay[0].changes : this.underWay.flatMap(commit => commit.changes)
    this.store.batch(changes).then(
      () => this.succeeded(),
      error => this.lost(error),
    )
  }

  private succeeded(): void {
    const done = this.underWay
    this.underWay = []
    for (const commit of done) {
      this.durableTicks = commit.ticks
      commit.durable()
    }
    while (this.waiting.length > 0 && (this.waiting[0].ticks <= this.durableTicks || this.pending === 0))
      this.waiting.shift()!.then()
    this.next()
  }

  private lost(cause: unknown): void {
    const commits = [...this.underWay, ...this.queue]
    this.underWay = []
    this.queue = []
    const { location } = this.store
    const error = new CodedError(
      'store-failed',
      `${location} did not take a write: ${cause instanceof Error ? cause.message : String(cause)}. What was not durable was undone`,
      { location, operation: 'batch' },
      cause,
    )
    this.failure = error
    this.listener.lost(commits, error)
    for (const commit of commits) commit.failed(error)
    for (const wait of this.waiting.splice(0)) wait.lost(error)
    this.retry()
  }

  /** Asks the store, more and more rarely. */
  private retry(): void {
    if (this.stopped) return
    const ask = () => {
      if (!this.stopped) this.asking = this.ask()
    }
    this.environment.schedule(ask, this.retryMs, true)
    this.retryMs = Math.min(this.retryMs * 2, lastRetryMs)
  }

  /** Some stores (LevelDB among them) refuse all writes after one that failed, until they are opened again. */
  private async ask(): Promise<void> {
    try {
      await this.store.batch(this.probe()).catch(async () => {
        await this.store.close()
        if (this.stopped) return
        await this.store.open()
        await this.store.batch(this.probe())
      })
    } catch {
      this.retry()
      return
    }
    this.failure = undefined
    this.retryMs = firstRetryMs
    this.listener.recovered()
  }

  /** Stops asking a store that failed. @returns when nobody is about to open it again */
  stop(): Promise<void> {
    this.stopped = true
    return this.asking
  }
}

const resolved = Promise.resolve()
const ignore = (): void => {}
