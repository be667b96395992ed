import type { Clone, Cursor, Gap, Update } from 'meldwork'
import { cursorText } from './cursor.js'
import { eventText, openingText } from './event-text.js'
import type { BodySource } from './open-bodies.js'
import { stateEvents } from './state-events.js'

/** How soon a client should come back when the stream has ended. */
const retryMs = 1000

/** From where on to follow: now, or after a cursor; undefined when there is none yet. */
export type Beginning = 'now' | { readonly after: Cursor | undefined }

/**
 * The updates of a clone as server-sent events. An update is told when it has been flushed: a client that makes something of it elsewhere cannot wait for that itself. A reader that
 * is slower than the changes is given several as one, as `clone.follow` does.
 * @throws CodedError `clone-closed`
 */
export function updatesOf(clone: Clone, beginning: Beginning): BodySource {
  if (beginning === 'now') {
    const { life, ticks } = clone.status.value
    // In the same turn: nothing comes between.
    return new UpdateTexts(clone, clone.follow(), openingText(retryMs, cursorText({ life, ticks })))
  }
  return new UpdateTexts(clone, clone.follow(beginning), openingText(retryMs))
}

class UpdateTexts implements BodySource {
  private readonly clone: Clone
  private readonly updates: AsyncIterableIterator<Update | Gap>
  private readonly texts: AsyncGenerator<string>
  private closed = false

  constructor(clone: Clone, updates: AsyncIterableIterator<Update | Gap>, opening: string) {
    this.clone = clone
    this.updates = updates
    this.texts = this.tell(opening)
  }

  next(): Promise<IteratorResult<string>> {
    return this.texts.next()
  }

  close(): void {
    this.closed = true
    void this.updates.return?.()
  }

  private async *tell(opening: string): AsyncGenerator<string> {
    yield opening
    for await (const update of this.updates) {
      if ('@gap' in update) {
        for (const event of stateEvents(update)) {
          yield eventText(event)
          // The gap is over.
          if (this.closed) return
        }
        continue
      }
      // A store that fails undoes the update: the next one tells.
      await this.clone.flushed().catch(() => {})
      yield eventText({ event: 'update', id: cursorText(update.cursor), data: update })
    }
  }
}
