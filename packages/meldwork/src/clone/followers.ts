import type { Update } from './update.js'

/** Receives updates. Called in the turn in which the change becomes readable. */
export type UpdateHandler = (update: Update) => void

/**
 * Hands updates to handlers, each in the order of transactions, also when a handler writes. One that throws is reported, and stops
 * nobody.
 */
export class Followers {
  private readonly handlers = new Set<UpdateHandler>()
  private readonly ends = new Set<() => void>()
  /** Updates that are to be delivered, each with those who followed when it happened. */
  private readonly queue: (readonly [Update, readonly UpdateHandler[]])[] = []
  private delivering = false

  get any(): boolean {
    return this.handlers.size > 0
  }

  add(handler: UpdateHandler): () => void {
    // Each call is a follower of its own, also with the same function.
    const own: UpdateHandler = update => handler(update)
    this.handlers.add(own)
    return () => {
      this.handlers.delete(own)
    }
  }

  /** A handler that writes makes further updates: they wait until everybody has had this one. */
  deliver(update: Update): void {
    this.queue.push([update, [...this.handlers]])
    if (this.delivering) return
    this.delivering = true
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift())
        for (const handler of next[1]) if (this.handlers.has(handler)) call(handler, next[0])
    } finally {
      this.delivering = false
    }
  }

  /** Updates from this call on, until the reader stops, or the clone is closed. What the reader has not taken yet waits for it. */
  iterate(): AsyncIterableIterator<Update> {
    const waiting: Update[] = []
    const readers: (() => void)[] = []
    const wake = () => {
      for (const reader of readers.splice(0)) reader()
    }
    let ended = false
    const stop = this.add(update => {
      waiting.push(update)
      wake()
    })
    const end = () => {
      ended = true
      stop()
      this.ends.delete(end)
      wake()
    }
    this.ends.add(end)
    const iterator: AsyncIterableIterator<Update> = {
      async next() {
        while (waiting.length === 0 && !ended)
          await new Promise<void>(resolve => {
            readers.push(resolve)
          })
        const value = waiting.shift()
        return value === undefined ? { done: true, value: undefined } : { done: false, value }
      },
      return() {
        waiting.length = 0
        end()
        return Promise.resolve({ done: true, value: undefined })
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  /** The clone is closed: iterations end when their readers have had what came before. */
  end(): void {
    for (const end of [...this.ends]) end()
    this.handlers.clear()
  }
}

function call(handler: UpdateHandler, update: Update): void {
  try {
    handler(update)
  } catch (error) {
    console.error('A handler of updates threw', error)
  }
}
