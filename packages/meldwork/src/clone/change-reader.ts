import { type AnswerChange, MergedChange } from '../query/index.js'
import { Change } from './change.js'

/**
 * Changes for one reader, which takes them when it likes: all that has come since it took the last one is one change. So memory is bounded by the answers before and
 * after, and what is taken, applied in order, always gives what was the answer.
 */
export class ChangeReader implements AsyncIterableIterator<Change> {
  private readonly onEnd: () => void
  private waiting: { readonly merged: MergedChange; ticks: number; isFirst: boolean } | undefined
  /** The whole answer as it was given last, if it has an order. */
  private answers: AnswerChange['answers']
  private given = false
  private wakers: (() => void)[] = []
  private ended = false

  constructor(onEnd: () => void) {
    this.onEnd = onEnd
  }

  /** The answer has changed. */
  take(ticks: number, change: AnswerChange): void {
    this.waiting ??= { merged: new MergedChange(), ticks, isFirst: !this.given }
    this.given = true
    this.waiting.merged.add(change)
    this.waiting.ticks = ticks
    this.wake()
  }

  async next(): Promise<IteratorResult<Change>> {
    for (;;) {
      const value = this.takeWaiting()
      if (value !== undefined) return { done: false, value }
      if (this.ended) return { done: true, value: undefined }
      await new Promise<void>(resolve => {
        this.wakers.push(resolve)
      })
    }
  }

  return(): Promise<IteratorResult<Change>> {
    this.waiting = undefined
    this.end()
    this.onEnd()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** No more will come: what waits can still be read. */
  end(): void {
    this.ended = true
    this.wake()
  }

  private takeWaiting(): Change | undefined {
    const { waiting } = this
    if (waiting === undefined) return undefined
    this.waiting = undefined
    const { merged, ticks, isFirst } = waiting
    const change = merged.take(this.answers) ?? (isFirst ? nothing : undefined)
    if (change === undefined) return undefined
    this.answers = change.answers
    return new Change(ticks, change)
  }

  private wake(): void {
    for (const waker of this.wakers.splice(0)) waker()
  }
}

const nothing: AnswerChange = { added: [], removed: [], changed: [], answers: undefined }
