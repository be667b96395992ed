import type { Applied, Outcome } from '../transaction/index.js'
import type { Deliveries } from './deliveries.js'
import type { Gap } from './gap.js'
import { type After, Replay, type ReplaySource } from './replay.js'
import { ReplayDelivery, type ReplayHandler } from './replay-delivery.js'
import { ReplayReader } from './replay-reader.js'
import type { Update } from './update.js'
import { UpdateReader, type UpdateSource } from './update-reader.js'

/** Receives updates. Called in the turn in which the change becomes readable. */
export type UpdateHandler = (update: Update) => void

/**
 * Hands updates to handlers, each in the order of transactions.
 */
export class Followers {
  private readonly handlers = new Set<UpdateHandler>()
  private readonly readers = new Set<UpdateReader>()
  /** Those that have not come to the present. */
  private readonly replays = new Set<ReplayReader | ReplayDelivery>()
  private readonly source: UpdateSource & ReplaySource
  private readonly deliveries: Deliveries

  constructor(source: UpdateSource & ReplaySource, deliveries: Deliveries) {
    this.source = source
    this.deliveries = deliveries
  }

  add(handler: UpdateHandler): () => void {
    // Each call is a follower of its own, also with the same function.
    const own: UpdateHandler = update => handler(update)
    this.handlers.add(own)
    return () => {
      this.handlers.delete(own)
    }
  }

  /** A transaction has been applied: whoever follows is told what it changed, if anything visible. */
  tell(applied: Applied, outcome: Outcome): void {
    const { handlers, readers } = this
    if (handlers.size === 0 && readers.size === 0) return
    const update = this.updateOf(applied, outcome)
    if (update === null) return
    // At once, not in the turn of the handlers: a reader may hold on to the state that this update leads to.
    for (const reader of readers) reader.take(applied, update)
    if (handlers.size > 0) this.deliver(update!)
  }

  /** Whether somebody is to be given each update. */
  get needUpdates(): boolean {
    return this.handlers.size > 0 || [...this.readers].some(reader => reader.keepsEach)
  }

  /** @returns null when nothing visible has changed; undefined when nobody needs the update itself */
  private updateOf(applied: Applied, outcome: Outcome): Update | undefined | null {
    if (!this.needUpdates) return undefined
    const difference = outcome.difference()
    if (difference.inserted.length === 0 && difference.deleted.length === 0) return null
    return this.source.update(applied, difference)
  }

  /** To those who follow now, as far as they still do when it is their turn. */
  private deliver(update: Update): void {
    for (const handler of this.handlers)
      this.deliveries.push(() => {
        if (this.handlers.has(handler)) handler(update)
      })
  }

  /** Updates from this call on, until the reader stops, or the clone is closed. */
  iterate(): UpdateReader {
    const reader = new UpdateReader(this.source, ended => this.readers.delete(ended))
    this.readers.add(reader)
    return reader
  }

  /** Updates after a cursor, and then as {@link iterate}. */
  replay(after: After): AsyncIterableIterator<Update | Gap> {
    const follow = () => this.iterate()
    const reader = new ReplayReader(new Replay(this.source, after), follow, ended => this.replays.delete(ended))
    this.replays.add(reader)
    return reader
  }

  /** Updates after a cursor, and then as {@link add}. */
  addAfter(after: After, handler: ReplayHandler): () => void {
    const delivery = new ReplayDelivery(
      new Replay(this.source, after),
      this.deliveries,
      handler,
      () => this.add(handler),
      ended => this.replays.delete(ended),
    )
    this.replays.add(delivery)
    void delivery.run()
    return () => delivery.end()
  }

  /** The clone is closed: iterations end when their readers have had what came before. */
  end(): void {
    for (const replay of [...this.replays]) replay.end()
    for (const reader of [...this.readers]) reader.end()
    this.handlers.clear()
  }
}
