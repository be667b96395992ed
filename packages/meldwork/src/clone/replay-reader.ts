import type { Gap } from './gap.js'
import type { Replay } from './replay.js'
import type { Update } from './update.js'
import type { UpdateReader } from './update-reader.js'

/** First the updates of a {@link Replay}, read as they are asked for, then those of an {@link UpdateReader}. */
export class ReplayReader implements AsyncIterableIterator<Update | Gap> {
  private readonly replay: Replay
  private readonly follow: () => UpdateReader
  private readonly onEnd: (reader: ReplayReader) => void
  private live: UpdateReader | undefined
  /** Whoever asks several times without waiting is answered in turn. */
  private turn: Promise<unknown> = Promise.resolve()
  /** What was given last, if it is one. */
  private gap: Gap | undefined
  private ended = false

  /** @param follow begins with the update that comes next */
  constructor(replay: Replay, follow: () => UpdateReader, onEnd: (reader: ReplayReader) => void) {
    this.replay = replay
    this.follow = follow
    this.onEnd = onEnd
  }

  next(): Promise<IteratorResult<Update | Gap>> {
    const result = this.turn.then(() => this.take())
    this.turn = result.catch(() => {})
    return result
  }

  async return(): Promise<IteratorResult<Update | Gap>> {
    this.end()
    await this.live?.return()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The clone is closed, or the reader stops: what has not been read will not be. */
  end(): void {
    this.ended = true
    this.gap?.close()
    this.onEnd(this)
  }

  private async take(): Promise<IteratorResult<Update | Gap>> {
    this.gap?.close()
    this.gap = undefined
    while (this.live === undefined) {
      if (this.ended) return { done: true, value: undefined }
      const step = this.replay.step()
      if (step.kind === 'update') return { done: false, value: step.update }
      if (step.kind === 'reading') await step.done
      else {
        this.live = this.follow()
        this.onEnd(this)
        this.live.begin(step.updates)
        this.gap = step.gap
        if (this.gap !== undefined) return { done: false, value: this.gap }
      }
    }
    return this.live.next()
  }
}
