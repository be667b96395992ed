import { CodedError, hasCode, type StoreTrouble } from '../errors.js'
import { type Grouped, groupsOf } from '../journal/index.js'
import type { Environment, Store, StoreChange } from '../ports/index.js'
import { allFlushed, type Durability, unflushedFrom } from './durability.js'

/** One transaction on its way to the disk. */
export interface Commit extends Grouped {
  /** What is written with its entry, or in its place. */
  readonly changes: readonly StoreChange[]
  /** Writes what must be flushed before the changes, and is of no use without them: called once, when it is their turn. */
  readonly prepare?: (() => Promise<void>) | undefined
  /** What it asks for. It gets more when another of its batch asks for more. */
  readonly durability: Durability
}

/** What the committer tells. */
export interface CommitterListener<C extends Commit> {
  /** It is as durable as it asks, or more so; with `none`, it is written. In order of ticks. @param nowMs by the wall clock */
  durable(commit: C, nowMs: number): void
  /** These commits, in order, and all later ones, are lost: undo them, in reverse. Then {@link failed} is called for each. */
  lost(commits: readonly C[], error: CodedError<'store-failed'>): void
  /** It is not durable, and never will be. */
  failed(commit: C, error: CodedError<'store-failed'>): void
  /**
   * Looks whether a store that failed, and may have been opened again, is still the one that it was.
   * @throws CodedError `store-failed` when its data has been taken away
   */
  recognize(): Promise<void>
  recovered(): void
}

/** How long the store is left alone after a failure, doubling up to the last. */
const firstRetryMs = 250
const lastRetryMs = 30_000
/** How long, and to how many bytes, transactions that ask for no durability gather before they are written. */
const gatherMs = 50
const gatherBytes = 256 * 1024
/** What a store that failed is asked to take is as large as what it did not take, up to this. */
const probeBytes = 64 * 1024
const probeKey = 'probe'

/** One that waits until everything up to some ticks is durable, or flushed. */
interface Wait {
  readonly ticks: number
  readonly then: () => void
  readonly lost: (error: Error) => void
}

/**
 * Makes transactions durable in order, in batches: while one batch is under way the next gathers, and the writes of one turn go together
 * (group commit in a microtask, without a timer). A batch takes the strongest durability among its transactions; those that ask for none
 * gather for a moment. Whatever depends on durability waits here.
 */
export class Committer<C extends Commit> {
  private readonly store: Store
  private readonly environment: Environment
  private readonly listener: CommitterListener<C>
  private queue: C[] = []
  /** Those of the queue that have something to write beforehand. */
  private toPrepare: C[] = []
  private queuedBytes = 0
  private underWay: readonly C[] = []
  private busy = false
  private scheduled = false
  /** Stops the timer of those that gather. */
  private stopGathering: (() => void) | undefined
  private readonly waiting: Wait[] = []
  private readonly flushing: Wait[] = []
  private failure: CodedError<'store-failed'> | undefined
  private lostBytes = 0
  private retryMs = firstRetryMs
  private stopped = false
  private asking: Promise<void> = Promise.resolve()
  /** The last ticks that are durable, as far as their transactions asked for it. */
  durableTicks: number
  /** The last ticks that are known to have been flushed; of those that the store was opened with, see {@link isOpeningFlushed}. */
  private flushedTicks: number
  /** Whether what the store was opened with is known to be flushed: a process may have died before its last batch was. */
  private isOpeningFlushed: boolean
  /** Whether the store may say that something has not been flushed. */
  private isMarked = false

  /**
   * @param durableTicks the last that the store has
   * @param isFlushed whether they are known to be flushed
   */
  constructor(
    store: Store,
    environment: Environment,
    durableTicks: number,
    isFlushed: boolean,
    listener: CommitterListener<C>,
  ) {
    this.store = store
    this.environment = environment
    this.durableTicks = durableTicks
    this.flushedTicks = durableTicks
    this.isOpeningFlushed = isFlushed
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
  *undurable(): IterableIterator<C> {
    yield* this.underWay
    yield* this.queue
  }

  /** Must not be called while there is {@link trouble}. */
  add(commit: C): void {
    this.queue.push(commit)
    if (commit.prepare !== undefined) this.toPrepare.push(commit)
    this.queuedBytes += bytesOf(commit)
    if (this.busy) return
    if (commit.durability === 'none' && this.queuedBytes < gatherBytes) this.gather()
    else this.soon()
  }

  private gather(): void {
    if (this.scheduled) return
    this.stopGathering ??= this.environment.schedule(() => {
      this.stopGathering = undefined
      this.next()
    }, gatherMs)
  }

  private soon(): void {
    if (this.scheduled || this.busy) return
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

  /** As {@link whenDurable}, when everything up to `ticks` has been flushed: which is done now, when nobody has asked for it. */
  whenFlushed(ticks: number, then: () => void, lost: (error: Error) => void = ignore): void {
    const isFlushed = ticks <= this.flushedTicks || (this.pending === 0 && this.flushedTicks >= this.durableTicks)
    if (isFlushed && this.isOpeningFlushed) then()
    else if (this.failure !== undefined) lost(this.failure)
    else {
      this.flushing.push({ ticks, then, lost })
      this.soon()
    }
  }

  private next(): void {
    if (this.busy || (this.queue.length === 0 && this.flushing.length === 0)) return
    this.stopGathering?.()
    this.stopGathering = undefined
    this.busy = true
    this.underWay = this.queue
    this.queue = []
    this.queuedBytes = 0
    const flushed = this.flushing.length > 0 || this.underWay.some(({ durability }) => durability === 'flushed')
    const written = this.toPrepare.length > 0 ? this.prepare().then(() => this.write(flushed)) : this.write(flushed)
    written.then(
      () => this.succeeded(flushed),
      error => this.lost(error),
    )
  }

  private async prepare(): Promise<void> {
    const { toPrepare } = this
    this.toPrepare = []
    for (const commit of toPrepare) await commit.prepare!()
  }

  /** Hands the batch to the store, at once. */
  private write(flushed: boolean): Promise<void> {
    const changes = this.changesOf(flushed)
    try {
      const written = this.store.batch(changes, flushed ? 'flushed' : 'written')
      return changes.at(-1) === allFlushed ? written.then(() => this.unmark()) : written
    } catch (error) {
      return Promise.reject(error)
    }
  }

  private unmark(): void {
    this.isMarked = false
  }

  private changesOf(flushed: boolean): readonly StoreChange[] {
    const { underWay, flushedTicks, durableTicks } = this
    const changes: StoreChange[] = groupsOf(underWay)
    for (const commit of underWay) changes.push(...commit.changes)
    const areAllFlushed = flushed && flushedTicks >= durableTicks && this.isOpeningFlushed
    // Also with the batch that flushes them: the power may fail while it is under way, and take one before it.
    if (!areAllFlushed) {
      this.isMarked = true
      changes.push(unflushedFrom(flushedTicks + 1))
    } else if (this.isMarked || changes.length === 0) changes.push(allFlushed)
    // While all are flushed, as by default, there is nothing to say.
    return changes
  }

  private succeeded(flushed: boolean): void {
    const done = this.underWay
    this.underWay = []
    this.busy = false
    const nowMs = this.environment.now()
    for (const commit of done) {
      this.durableTicks = commit.ticks
      this.listener.durable(commit, nowMs)
    }
    if (flushed) this.allAreFlushed()
    const isOver = (ticks: number, reached: number) => ticks <= reached || this.pending === 0
    while (this.waiting.length > 0 && isOver(this.waiting[0].ticks, this.durableTicks)) this.waiting.shift()!.then()
    if (flushed)
      while (this.flushing.length > 0 && isOver(this.flushing[0].ticks, this.flushedTicks))
        this.flushing.shift()!.then()
    this.next()
  }

  private allAreFlushed(): void {
    this.flushedTicks = this.durableTicks
    this.isOpeningFlushed = true
  }

  private lost(cause: unknown): void {
    const commits = [...this.underWay, ...this.queue]
    this.lostBytes = 0
    for (const commit of commits) this.lostBytes += bytesOf(commit)
    this.stopGathering?.()
    this.stopGathering = undefined
    this.underWay = []
    this.queue = []
    this.toPrepare = []
    this.queuedBytes = 0
    this.busy = false
    const error = this.failedBy(cause)
    this.failure = error
    this.listener.lost(commits, error)
    for (const commit of commits) this.listener.failed(commit, error)
    for (const wait of [...this.waiting.splice(0), ...this.flushing.splice(0)]) wait.lost(error)
    this.retry()
  }

  private failedBy(cause: unknown): CodedError<'store-failed'> {
    const { location } = this.store
    const reason = hasCode(cause, 'store-failed') ? (cause.facts.reason ?? 'io') : 'io'
    return new CodedError(
      'store-failed',
      `${location} did not take a write: ${cause instanceof Error ? cause.message : String(cause)}. What was not durable was undone. ${advice[reason]}`,
      { location, operation: 'batch', reason },
      cause,
    )
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
      await this.probe().catch(async () => {
        await this.store.close()
        if (this.stopped) return
        await this.store.open()
        await this.probe()
      })
    } catch (error) {
      // It may fail for another reason by now.
      if (hasCode(error, 'store-failed') && error.facts.reason !== this.failure?.facts.reason && !this.stopped)
        this.tellAnew(error)
      this.retry()
      return
    }
    this.failure = undefined
    // So was what it was asked with.
    this.allAreFlushed()
    this.retryMs = firstRetryMs
    this.listener.recovered()
  }

  /** A harmless write, to ask a store that failed whether it takes writes again, and leaves nothing. */
  private async probe(): Promise<void> {
    await this.listener.recognize()
    const value = new Uint8Array(Math.min(this.lostBytes, probeBytes))
    await this.store.batch([{ key: probeKey, value }])
    await this.store.batch([{ key: probeKey, value: null }])
  }

  private tellAnew(error: CodedError<'store-failed'>): void {
    this.failure = this.failedBy(error)
    this.listener.lost([], this.failure)
  }

  /** Stops asking a store that failed. @returns when nobody is about to open it again */
  stop(): Promise<void> {
    this.stopped = true
    return this.asking
  }
}

/** What a person can do. */
const advice: Readonly<Record<StoreTrouble, string>> = {
  full: 'Make space: writes are taken again by themselves',
  quota: 'Delete something, or have the limit raised: writes are taken again by themselves',
  evicted: 'What is in memory can still be read: export what no other clone has, close this clone, and open it again',
  denied: 'Give it the right to write there: writes are taken again by themselves',
  closed: 'Nobody but the clone may close its store',
  malformed: 'This is a defect: please report it',
  io: 'See whether the medium is in order: writes are taken again by themselves when it is',
}

function bytesOf({ entry, changes }: Commit): number {
  let bytes = entry?.length ?? 0
  for (const { value } of changes) bytes += value?.length ?? 0
  return bytes
}

const resolved = Promise.resolve()
const ignore = (): void => {}
