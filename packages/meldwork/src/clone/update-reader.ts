import type { Applied, Difference, Snapshot } from '../transaction/index.js'
import type { Update } from './update.js'

/** How many updates wait for a reader that is slower than the changes. */
const maxWaiting = 1000

/** What a reader needs of a clone. */
export interface UpdateSource {
  /** The state of now. */
  snapshot(): Snapshot
  update(applied: Applied, difference: Difference): Update
}

/**
 * Updates for one reader, which takes them when it likes. When a thousand of them wait, what comes after is not kept one by one: the state after the last that
 * waits is held, and when the reader gets there, it is given the difference between that and the state of then, as one update.
 * So memory stays bounded, and what is taken, applied in order, always gives what was visible.
 */
export class UpdateReader implements AsyncIterableIterator<Update> {
  private readonly source: UpdateSource
  private readonly onEnd: (reader: UpdateReader) => void
  private waiting: Update[] = []
  private rest: { readonly since: Snapshot; last: Applied | undefined } | undefined
  private wakers: (() => void)[] = []
  private ended = false

  constructor(source: UpdateSource, onEnd: (reader: UpdateReader) => void) {
    this.source = source
    this.onEnd = onEnd
  }

  /** Whether it takes the next update as it is. */
  get keepsEach(): boolean {
    return this.rest === undefined
  }

  /** What comes before the first that it {@link take}s. */
  begin(updates: readonly Update[]): void {
    this.waiting.push(...updates)
  }

  /** A transaction has been applied. @param update what became of it, needed if this {@link keepsEach} */
  take(applied: Applied, update: Update | undefined): void {
    if (this.rest !== undefined) this.rest.last = applied
    else {
      this.waiting.push(update!)
      if (this.waiting.length >= maxWaiting) this.rest = { since: this.source.snapshot(), last: undefined }
    }
    this.wake()
  }

  async next(): Promise<IteratorResult<Update>> {
    for (;;) {
      const value = this.waiting.shift() ?? this.takeRest()
      if (value !== undefined) return { done: false, value }
      if (this.ended) return { done: true, value: undefined }
      await new Promise<void>(resolve => {
        this.wakers.push(resolve)
      })
    }
  }

  return(): Promise<IteratorResult<Update>> {
    this.waiting = []
    this.rest?.since.close()
    this.rest = undefined
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** No more will come: what waits can still be read. */
  end(): void {
    const last = this.takeRest()
    if (last !== undefined) this.waiting.push(last)
    this.ended = true
    this.onEnd(this)
    this.wake()
  }

  /** All that was not kept one by one, as one update; undefined when that comes to nothing. */
  private takeRest(): Update | undefined {
    const { rest } = this
    if (rest === undefined) return undefined
    this.rest = undefined
    const difference = rest.since.difference()
    rest.since.close()
    if (rest.last === undefined || (difference.inserted.length === 0 && difference.deleted.length === 0))
      return undefined
    return this.source.update(rest.last, difference)
  }

  private wake(): void {
    for (const waker of this.wakers.splice(0)) waker()
  }
}
