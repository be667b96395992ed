import { encodingState } from '../graph/index.js'
import { type JournalLimits, journalKey } from '../journal/index.js'
import { type Environment, type Store, type StoreChange, sliced, type Work } from '../ports/index.js'
import { checkpointBatches } from './checkpoint-items.js'
import type { Meta } from './meta.js'
import type { Transactions } from './transactions.js'

/** A tail of the journal shorter than this is no reason for a checkpoint. */
const leastTailBytes = 256 * 1024
/** While much is being written, a checkpoint waits until nothing has come for so long: not each of a thousand writes is to pay for it. */
const quietMs = 50
/** A tail as long as this, and as the last checkpoint, is not left to grow. */
const mostTailBytes = 2 * 1024 * 1024
/** How many keys of the journal are deleted in one batch. */
const batchKeys = 512
/** By what share of a limit the journal may be beyond it until it is truncated after a commit, so that not every commit does. */
const margin = 1 / 8
/** How often it is looked whether the journal has grown too old, or too large by less than the margin. */
const mostPauseMs = 10 * 60_000
const leastPauseMs = 1000
/** How long it is at least from one checkpoint to the next that is written for the limits' sake. */
const checkpointPauseMs = 60 * 60_000

/**
 * Writes checkpoints beside live commits: the state of one instant, encoded in slices, in items of their own, and then, in one batch, switches to it and deletes what it
 * makes superfluous. When the tail of the journal has grown to half of the last checkpoint, it is time, as soon as there is a pause; when it has grown to all of
 * it, at once. So opening a store costs in proportion to the state, and a write costs a bounded share of it.
 *
 * Truncates the journal, too: what is before the checkpoint, and beyond the limits, is deleted in small batches beside the commits, after commits and now and then.
 * What is after the checkpoint is needed to open the store; when that alone is beyond the limits, a checkpoint is written for it, at most once an hour (or as
 * often as the greatest age comes round, if that is less).
 */
export class Checkpoints {
  private readonly transactions: Transactions
  private readonly store: Store
  private readonly environment: Environment
  private readonly limits: JournalLimits
  private readonly pauseMs: number
  private running: Promise<void> | undefined
  private truncating = false
  /** For a pause. */
  private isWaiting = false
  private cancelPause = (): void => {}
  private stopped = false
  private lastMs: number

  constructor(transactions: Transactions, store: Store, environment: Environment, limits: JournalLimits) {
    this.transactions = transactions
    this.store = store
    this.environment = environment
    this.limits = limits
    this.pauseMs = Math.min(mostPauseMs, Math.max(leastPauseMs, limits.ageMs / 8))
    this.lastMs = environment.now()
  }

  /** Begins to look after the age of the journal, until it is told to {@link stop}. */
  start(): void {
    this.pause()
  }

  /** Starts a checkpoint, or truncating, when it is time. Cheap: call it after every commit. */
  consider(): void {
    const { tailBytes, obsolete, journal, committer, meta, checkpointBytes } = this.transactions
    const { operations, bytes } = this.limits
    if (this.stopped || committer.trouble !== undefined) return
    const isLarge = journal.count > operations * (1 + margin) + 64 || journal.bytes > bytes * (1 + margin)
    if (isLarge && journal.oldestTicks <= meta.ticks) void this.truncate()
    if (this.running !== undefined) return
    if (obsolete.size > 0 || tailBytes >= Math.max(mostTailBytes, checkpointBytes)) void this.write()
    else if (this.isDue) this.writeWhenQuiet()
  }

  /** Whether the journal since the last checkpoint has grown so long that there should be another. */
  private get isDue(): boolean {
    const { tailBytes, checkpointBytes } = this.transactions
    return tailBytes >= Math.max(leastTailBytes, checkpointBytes / 2)
  }

  private writeWhenQuiet(): void {
    if (this.isWaiting) return
    this.isWaiting = true
    const { ticks } = this.transactions
    const look = () => {
      this.isWaiting = false
      const { transactions, stopped } = this
      if (stopped || transactions.committer.trouble !== undefined) return
      if (transactions.ticks === ticks && this.isDue) void this.write()
      else this.consider()
    }
    this.environment.schedule(look, quietMs, true)
  }

  /** Nothing is begun any more. @returns when nothing is under way either: a checkpoint that is being encoded is given up */
  async stop(): Promise<void> {
    this.stopped = true
    this.cancelPause()
    await this.running
  }

  private pause(): void {
    const look = () => void this.look().finally(() => this.pause())
    if (!this.stopped) this.cancelPause = this.environment.schedule(look, this.pauseMs, true)
  }

  private async look(): Promise<void> {
    const { transactions, limits } = this
    if (this.stopped || transactions.committer.trouble !== undefined) return
    const nowMs = this.environment.now()
    const tail = transactions.journal.extentAfter(transactions.meta.ticks)
    const isBeyond =
      tail.count > limits.operations ||
      (tail.count > 0 && transactions.tailBytes > limits.bytes) ||
      tail.oldestMs < nowMs - limits.ageMs
    const isTime = Math.abs(nowMs - this.lastMs) >= Math.min(checkpointPauseMs, limits.ageMs)
    if (isBeyond && isTime) await this.write()
    await this.truncate()
  }

  /** Deletes what is beyond the limits, as far as it is not needed to open the store. Never rejects: what failed is deleted with the next checkpoint. */
  private async truncate(): Promise<void> {
    if (this.truncating) return
    this.truncating = true
    const { transactions, store, limits } = this
    const { journal, obsolete } = transactions
    while (!this.stopped) {
      const dropped = journal.truncate(limits, transactions.meta.ticks, this.environment.now(), batchKeys)
      if (dropped.length === 0) break
      try {
        await store.batch(dropped.map(ticks => ({ key: journalKey(ticks), value: null })))
      } catch {
        for (const ticks of dropped) obsolete.add(ticks)
        break
      }
    }
    this.truncating = false
  }

  /** Writes a checkpoint of this instant, or waits for the one that is being written. Never rejects: what failed is tried again later. */
  write(): Promise<void> {
    this.running ??= this.run().then(isWritten => {
      this.running = undefined
      // So much may have been written meanwhile that it is time again.
      if (isWritten) this.consider()
    })
    return this.running
  }

  /** @returns whether there is a new checkpoint */
  private async run(): Promise<boolean> {
    const { transactions, store } = this
    const { ticks } = transactions
    const tail = transactions.tailBytes
    transactions.isCheckpointing = true
    // The instant must be durable before anything can rely on it. The batches below are flushed, and flush it with them.
    const durable = transactions.durable()
    durable.catch(() => {})
    try {
      const items = await this.encoded()
      await durable
      // Only now: a state that was taken in just before may have become a checkpoint with that.
      const { meta } = transactions
      const generation = transactions.checkpointNumbers.next
      for (const batch of this.batches(items, generation)) {
        this.requireGoingOn()
        await store.batch(batch)
      }
      await this.switchTo({ ...meta, generation, ticks, itemCount: items.length }, meta)
      transactions.tailBytes -= tail
      transactions.checkpointBytes = items.reduce((sum, item) => sum + item.length, 0)
      this.lastMs = this.environment.now()
      await this.truncate()
      return true
    } catch {
      // The commits meet the same store and report its failure. A checkpoint that is not whole, or given up, is deleted when the store is opened again.
      return false
    } finally {
      transactions.isCheckpointing = false
    }
  }

  /** The state of now. */
  private async encoded(): Promise<readonly Uint8Array[]> {
    const { transactions, environment } = this
    const before = transactions.pairsBefore()
    try {
      return await sliced(this.untilStopped(encodingState(transactions.graph, before)), environment)
    } finally {
      before.close()
    }
  }

  private batches(items: readonly Uint8Array[], generation: number): Iterable<StoreChange[]> {
    return checkpointBatches(items, generation)
  }

  private *untilStopped<T>(work: Work<T>): Work<T> {
    for (;;) {
      const { done, value } = work.next()
      if (done) return value as T
      this.requireGoingOn()
      yield
    }
  }

  private requireGoingOn(): void {
    if (this.stopped) throw new Error('the clone is closed')
  }

  private async switchTo(next: Meta, previous: Meta): Promise<void> {
    const { transactions, store } = this
    const { obsolete, journal, lives, checkpointNumbers } = transactions
    // Gone from the journal now: should this batch fail, the entries are deleted with the next one.
    const beyond = journal.truncate(this.limits, next.ticks, this.environment.now(), batchKeys)
    for (const ticks of beyond) obsolete.add(ticks)
    const drop = [...obsolete].filter(ticks => ticks <= next.ticks)
    const changes = checkpointNumbers.switchTo(next, previous)
    const life = lives.unwritten(journal.floorTicks)
    if (life !== undefined) changes.push(life)
    for (const ticks of drop) changes.push({ key: journalKey(ticks), value: null })
    checkpointNumbers.switching(next)
    await store.batch(changes)
    checkpointNumbers.switched()
    transactions.meta = next
    for (const ticks of drop) obsolete.delete(ticks)
  }
}
