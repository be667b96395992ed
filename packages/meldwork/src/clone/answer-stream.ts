import type { Environment } from '../ports/index.js'
import { type Answer, type Answers, Progress } from '../query/index.js'

/** How many candidates are looked at, or answers given, before the event loop has a turn: a few milliseconds of work. */
export const streamSlice = 4096

/** What a stream of answers stands on. */
export interface StreamSource {
  readonly answers: Answers
  readonly environment: Environment
  /** Nobody reads it any more. Called once. */
  close(): void
  /** @throws CodedError `clone-closed` */
  requireOpen(): void
}

/**
 * The answers to a request, one by one, found as they are asked for: what is not asked for costs nothing. All of the state of the moment when it was made,
 * whatever is written meanwhile; that state is held until the last answer, or until the reader stops (`break` in a `for await`, or `return()`).
 */
export class AnswerStream<T extends Answer> implements AsyncIterableIterator<T> {
  private readonly source: StreamSource
  private given = 0
  private ended = false

  constructor(source: StreamSource) {
    this.source = source
  }

  async next(): Promise<IteratorResult<T>> {
    const { answers } = this.source
    if (this.given === streamSlice) await this.turn()
    for (;;) {
      if (this.ended) return { done: true, value: undefined }
      let progress: Progress
      try {
        this.source.requireOpen()
        progress = answers.next()
      } catch (error) {
        this.end()
        throw error
      }
      if (progress === Progress.solution) {
        this.given++
        return { done: false, value: answers.value as T }
      }
      if (progress === Progress.done) this.end()
      else await this.turn()
    }
  }

  return(): Promise<IteratorResult<T>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  private turn(): Promise<void> {
    this.given = 0
    return new Promise(resolve => {
      this.source.environment.schedule(resolve, 0)
    })
  }

  private end(): void {
    if (this.ended) return
    this.ended = true
    this.source.close()
  }
}
