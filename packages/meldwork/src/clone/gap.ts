import { CodedError } from '../errors.js'
import type { Reads } from '../query/index.js'
import type { Quad } from '../rdf/index.js'
import type { GraphSubject, KnownKeywords, Read, ReadResult } from '../subject/index.js'
import type { Cursor, NoHistory } from '../transaction/index.js'

/**
 * Why updates are missing.
 * - `first`: no cursor was given.
 * - `truncated`: the journal does not reach back to the cursor: its beginning was forgotten (`history` in the options), or a whole state was joined since.
 * - `life`: the cursor is not of the history that led to the state of now: it is of another store, or of transactions that a crash, a failing store or a restored backup
 *   has taken back.
 * - `future`: the clone has not come so far yet.
 * - `unreadable`: the journal could not be read; {@link Gap.cause} tells.
 */
export type GapReason = NoHistory | 'unreadable'

/** What a {@link Gap} is made of. */
export interface GapParts {
  readonly reason: GapReason
  readonly cursor: Cursor
  readonly cause: unknown
  /** Of the state at the cursor. */
  readonly reads: Reads
  readonly quads: () => IterableIterator<Quad>
  close(): void
}

/**
 * Stands for updates that are missing, and has the means to start over: the state to which they led. Whoever throws away what was made of the updates before, makes it anew of
 * what is read here, and goes on with the updates that come next, has lost nothing and doubled nothing.
 *
 * It is read while it is at hand: until the next update is asked for, or the handler has returned. Its only own keys are `@gap` and `@ticks`. To take it for an update throws:
 * it has no `@insert`.
 */
export class Gap {
  readonly '@gap': GapReason
  /** How many operations the clone had applied. */
  readonly '@ticks': number
  readonly #parts: GapParts
  #closed = false

  /** @internal */
  constructor(parts: GapParts) {
    this['@gap'] = parts.reason
    this['@ticks'] = parts.cursor.ticks
    this.#parts = parts
  }

  /** Where the state that is read here stands: the updates that follow are those after it. As {@link Update.cursor}. */
  get cursor(): Cursor {
    return this.#parts.cursor
  }

  /** The error, when the journal could not be read. */
  get cause(): unknown {
    return this.#parts.cause
  }

  /** Every triple of the state, as {@link Clone.quads} gives them. @throws CodedError `gap-closed` */
  quads(): IterableIterator<Quad> {
    return this.#open().quads()
  }

  /** As {@link Clone.read}, of the state. @throws CodedError `gap-closed`, and as {@link Clone.read} does */
  read<const Request extends Read>(request: KnownKeywords<Request>): ReadResult<Request> {
    return this.#open().reads.read(request) as ReadResult<Request>
  }

  /** One subject of the state, as {@link Clone.get}. @throws CodedError `gap-closed`, `iri-malformed` */
  get(id: string): GraphSubject | undefined {
    return this.#open().reads.get(id, [])
  }

  /** @internal */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#parts.close()
  }

  #open(): GapParts {
    if (!this.#closed) return this.#parts
    throw new CodedError(
      'gap-closed',
      'The gap is over: read its state before the next update is asked for, or in the handler before it returns',
      {},
    )
  }

  static {
    // For programs in plain JavaScript: there is nothing to compile that would tell them.
    for (const part of ['@delete', '@insert', '@update'])
      Object.defineProperty(Gap.prototype, part, {
        get(this: Gap): never {
          throw new CodedError(
            'gap-unheeded',
            `A gap (${this['@gap']}) was taken for an update: updates are missing. Where '@gap' is in what follow gives, start over from the state that it has`,
            { reason: this['@gap'] },
          )
        },
      })
  }
}
