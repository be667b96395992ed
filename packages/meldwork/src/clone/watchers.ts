import type { AnswerChange, LiveQueries, LiveQuery } from '../query/index.js'
import type { Outcome } from '../transaction/index.js'
import { Change, type ChangeHandler } from './change.js'
import { ChangeReader } from './change-reader.js'
import type { Deliveries } from './deliveries.js'

/** Who watches a request. */
interface Watcher {
  take(ticks: number, change: AnswerChange): void
  /** No more will come. */
  end(): void
}

/** Hands changes of answers to those who watch requests. */
export class Watchers {
  private readonly open: () => LiveQueries
  private readonly deliveries: Deliveries
  private readonly watchers = new Map<LiveQuery, Watcher>()
  private queries: LiveQueries | undefined

  /** @param open called when the first request is watched */
  constructor(open: () => LiveQueries, deliveries: Deliveries) {
    this.open = open
    this.deliveries = deliveries
  }

  /** @returns stops it @throws CodedError as `Reads.read` does */
  add(request: unknown, ticks: number, handler: ChangeHandler): () => void {
    const { deliveries } = this
    const { query, change } = this.begin(request)
    const watcher: Watcher = {
      take: (at, next) =>
        deliveries.push(() => {
          if (this.watchers.get(query) === watcher) handler(new Change(at, next))
        }),
      end: () => {},
    }
    this.watchers.set(query, watcher)
    deliveries.first(() => handler(new Change(ticks, change)))
    return () => this.stop(query)
  }

  iterate(request: unknown, ticks: number): AsyncIterableIterator<Change> {
    const { query, change } = this.begin(request)
    const reader = new ChangeReader(() => this.stop(query))
    this.watchers.set(query, reader)
    reader.take(ticks, change)
    return reader
  }

  private begin(request: unknown) {
    this.queries ??= this.open()
    return this.queries.open(request)
  }

  private stop(query: LiveQuery): void {
    if (this.watchers.delete(query)) query.end()
  }

  /** A transaction has been applied: changes are worked out at once, and wait to be delivered. */
  tell(ticks: number, outcome: Outcome): void {
    if (this.watchers.size === 0) return
    this.queries!.update(outcome.difference(), (query, change) => {
      const watcher = this.watchers.get(query)!
      try {
        const next = change()
        if (next !== undefined) watcher.take(ticks, next)
      } catch (error) {
        console.error('A request is watched no more: it cannot be answered', error)
        this.stop(query)
        watcher.end()
      }
    })
  }

  /** The clone is closed. */
  end(): void {
    for (const [query, watcher] of this.watchers) {
      query.end()
      watcher.end()
    }
    this.watchers.clear()
  }
}
