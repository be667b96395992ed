import { encodeState } from '../graph/index.js'
import { type JournalLimits, journalKey } from '../journal/index.js'
import type { Store, StoreChange } from '../ports/index.js'
import { encodeMeta, type Meta, metaKey, stateKey } from './meta.js'
import type { Transactions } from './transactions.js'

/** A tail of the journal shorter than this is no reason for a checkpoint. */
const leastTailBytes = 256 * 1024
/** About how many bytes of a checkpoint are written in one batch, so that live commits pass between them. */
const batchBytes = 1024 * 1024

/**
 * Writes checkpoints beside live commits: the state of one instant, in items of their own, and then, in one batch, switches to it and deletes what it
 * makes superfluous. When the tail of the journal has grown to half of the last checkpoint, it is time: so opening a store
 * costs in proportion to the state, and a write costs a bounded share of it.
 */
export class Checkpoints {
  private readonly transactions: Transactions
  private readonly store: Store
  private readonly limits: JournalLimits
  private running: Promise<void> | undefined
  private lastBytes = 0

  constructor(transactions: Transactions, store: Store, limits: JournalLimits) {
    this.transactions = transactions
    this.store = store
    this.limits = limits
  }

  /** Starts a checkpoint when it is time. Cheap: call it after every commit. */
  consider(): void {
    const { tailBytes, obsolete } = this.transactions
    if (this.running !== undefined) return
    if (tailBytes < Math.max(leastTailBytes, this.lastBytes / 2) && obsolete.size === 0) return
    void this.write()
  }

  /** Writes a checkpoint of this instant, or waits for the one that is being written. Never rejects: what failed is tried again later. */
  write(): Promise<void> {
    this.running ??= this.run().finally(() => {
      this.running = undefined
    })
    return this.running
  }

  private async run(): Promise<void> {
    const { transactions, store } = this
    const { ticks, meta } = transactions
    const items = encodeState(transactions.graph)
    const tail = transactions.tailBytes
    try {
      // The instant must be durable before anything can rely on it. The batches below are flushed, and flush it with them.
      await transactions.durable()
      const generation = meta.generation + 1
      for (const batch of this.batches(items, generation)) await store.batch(batch)
      await this.switchTo({ ...meta, generation, ticks, itemCount: items.length }, meta)
      transactions.tailBytes -= tail
      this.lastBytes = items.reduce((sum, item) => sum + item.length, 0)
    } catch {
      // The commits meet the same store and report its failure; a checkpoint that is not whole is overwritten by the next.
    }
  }

  private *batches(items: readonly Uint8Array[], generation: number): Iterable<StoreChange[]> {
    let batch: StoreChange[] = []
    let bytes = 0
    for (const [item, value] of items.entries()) {
      batch.push({ key: stateKey(generation, item), value })
      bytes += value.length
      if (bytes < batchBytes) continue
      yield batch
      batch = []
      bytes = 0
    }
    if (batch.length > 0) yield batch
  }

  private async switchTo(next: Meta, previous: Meta): Promise<void> {
    const { transactions, store } = this
    const { obsolete, journal } = transactions
    // Gone from the journal now: should this batch fail, the entries are deleted with the next one.
    for (const ticks of journal.truncate(this.limits, next.ticks)) obsolete.add(ticks)
    const drop = [...obsolete].filter(ticks => ticks <= next.ticks)
    const changes: StoreChange[] = [{ key: metaKey, value: encodeMeta(next) }]
    for (let item = 0; item < previous.itemCount; item++)
      changes.push({ key: stateKey(previous.generation, item), value: null })
    for (const ticks of drop) changes.push({ key: journalKey(ticks), value: null })
    await store.batch(changes)
    transactions.meta = next
    for (const ticks of drop) obsolete.delete(ticks)
  }
}
