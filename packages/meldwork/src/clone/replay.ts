import type { Context, PropertyId, ValueId } from '../rdf/index.js'
import type { ListSource } from '../subject/index.js'
import { type Cursor, type History, Past, type Seen, type StoredEntry } from '../transaction/index.js'
import type { Gap, GapReason } from './gap.js'
import type { Update } from './update.js'
import { UpdateWriter } from './update-writer.js'

/** After what to follow: a place in the history of the store; ticks of the history that led to the state of now; or nothing yet. */
export type After = Cursor | number | undefined

/** What a replay needs of a clone. */
export interface ReplaySource {
  readonly history: History
  readonly context: Context
  /** For the state of now. */
  gap(reason: GapReason, cause?: unknown): Gap
}

/** What comes next. */
export type ReplayStep =
  | { readonly kind: 'update'; readonly update: Update }
  /** More is being read: ask again then. Never rejects. */
  | { readonly kind: 'reading'; readonly done: Promise<void> }
  /** With this, all up to now has been given: what comes after must be followed from this turn on. */
  | { readonly kind: 'live'; readonly gap?: Gap; readonly updates: readonly Update[] }

/**
 * The updates after a cursor, as they were when their transactions were applied, up to now. Read part by part as they are asked for, while others go on writing: what is
 * written meanwhile is read, too. Where the journal is truncated before it has been read, there is a gap.
 */
export class Replay {
  private readonly source: ReplaySource
  private readonly after: After
  private cursor: Cursor | undefined
  private waiting: StoredEntry[] = []
  private readonly writer: PastWriter
  private failure: { readonly cause: unknown } | undefined

  constructor(source: ReplaySource, after: After) {
    this.source = source
    this.after = after
    this.writer = new PastWriter(source.context)
  }

  /** After `live`, it must not be asked again. */
  step(): ReplayStep {
    try {
      return this.nextUpdate() ?? this.nextPart()
    } catch (cause) {
      return this.gap('unreadable', cause)
    }
  }

  private nextUpdate(): ReplayStep | undefined {
    for (let entry = this.waiting.shift(); entry !== undefined; entry = this.waiting.shift()) {
      this.cursor = { life: entry.life, ticks: entry.ticks }
      const update = this.writer.update(entry)
      if (update !== undefined) return { kind: 'update', update }
    }
    return undefined
  }

  private nextPart(): ReplayStep {
    const { history } = this.source
    if (this.failure !== undefined) return this.gap('unreadable', this.failure.cause)
    if (this.cursor === undefined) {
      const { after } = this
      if (after === undefined) return this.gap('first')
      const cursor = typeof after === 'number' ? history.at(after) : after
      if (typeof cursor === 'string') return this.gap(cursor)
      this.cursor = cursor
    }
    const following = history.after(this.cursor)
    switch (following.kind) {
      case 'none':
        return this.gap(following.reason)
      case 'stored':
        return { kind: 'reading', done: this.read(following.read) }
      default: {
        const updates: Update[] = []
        for (const entry of following.entries) {
          const update = this.writer.update(entry)
          if (update !== undefined) updates.push(update)
        }
        return { kind: 'live', updates }
      }
    }
  }

  private async read(read: () => Promise<StoredEntry[]>): Promise<void> {
    try {
      this.waiting = await read()
    } catch (cause) {
      this.failure = { cause }
    }
  }

  private gap(reason: GapReason, cause?: unknown): ReplayStep {
    return { kind: 'live', gap: this.source.gap(reason, cause), updates: [] }
  }
}

/** Writes transactions of the past as updates. */
class PastWriter {
  private readonly context: Context
  private past: Past | undefined
  private readonly lists = new PastLists()
  private updates: UpdateWriter | undefined

  constructor(context: Context) {
    this.context = context
  }

  /** @returns undefined when nothing visible has changed @throws CodedError `data-malformed`, `data-version` */
  update({ ticks, life, bytes }: StoredEntry): Update | undefined {
    if (this.past === undefined || this.past.isFull) {
      this.past = new Past(this.context.iris)
      this.updates = new UpdateWriter(this.context, this.past.terms, this.lists)
    }
    const { applied, seen } = this.past.read(ticks, life, bytes)
    const { inserted, deleted } = seen.difference
    if (inserted.length === 0 && deleted.length === 0) return undefined
    this.lists.seen = seen
    return this.updates!.update(applied, seen)
  }
}

/**
 * The lists that one transaction made, for a context that writes a list as its items. Of those that were there before, their items of then are not known: they are references.
 */
class PastLists implements ListSource {
  seen!: Seen

  list(list: ValueId) {
    const added = this.change(list)?.added ?? []
    return { length: this.isWhole(list) ? added.length : 0, itemAt: (index: number) => added[index].item }
  }

  triplesOf(subject: ValueId, into: (ValueId | PropertyId)[]): number {
    if (!this.isWhole(subject)) return 0
    const { inserted } = this.seen.difference
    let filled = 0
    for (let at = 0; at < inserted.length; at += 3)
      if (inserted[at] === subject) {
        into[filled++] = inserted[at + 1]
        into[filled++] = inserted[at + 2]
      }
    return filled
  }

  /** Whether nothing of it was there before. */
  private isWhole(list: ValueId): boolean {
    const change = this.change(list)
    return change === undefined || change.added.length === change.length
  }

  private change(list: ValueId) {
    return this.seen.lists.lists.find(change => change.list === list)
  }
}
