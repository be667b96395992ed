import { entriesAt, type Journal, journalKey } from '../journal/index.js'
import type { Store } from '../ports/index.js'
import type { Cursor, Lives } from './lives.js'
import { corrupt } from './meta.js'

/** How much of a history is read at a time. */
const mostEntries = 256
const mostBytes = 256 * 1024

/**
 * Why the updates after a cursor cannot be given one by one. `first`: there is no cursor yet. `truncated`: the journal does not reach back that far any more, or a whole
 * state has been joined since. `life`: it is of another store, or of what this one had and lost. `future`: it is ahead of the clone.
 */
export type NoHistory = 'first' | 'truncated' | 'life' | 'future'

/** An entry of the journal, and where it stands. */
export interface StoredEntry extends Cursor {
  readonly bytes: Uint8Array
}

/** What comes after a cursor. */
export type Following =
  | { readonly kind: 'none'; readonly reason: NoHistory }
  /** The next part of it can be read. */
  | { readonly kind: 'stored'; readonly read: () => Promise<StoredEntry[]> }
  /** All of it, not much, and from memory: what comes after it is yet to be applied. */
  | { readonly kind: 'recent'; readonly entries: readonly StoredEntry[] }

/** What a history is read from. */
export interface HistorySource {
  readonly store: Store
  readonly journal: Journal
  readonly lives: Lives
  /** The last transaction that was applied. */
  ticks(): number
  /** Those that are not durable yet, in order; without an entry, a state. */
  undurable(): Iterable<{ readonly ticks: number; readonly entry: Uint8Array | undefined }>
}

/** The transactions of a store, for those who missed some of them. */
export class History {
  private readonly source: HistorySource

  constructor(source: HistorySource) {
    this.source = source
  }

  /** The cursor of some ticks in the history that led to the state of now. */
  at(ticks: number): Cursor | NoHistory {
    if (ticks > this.source.ticks()) return 'future'
    return this.source.lives.at(ticks) ?? 'truncated'
  }

  /** To be asked anew after each part, and acted upon in the same turn. */
  after(cursor: Cursor): Following {
    const { journal, lives } = this.source
    const reason = this.reasonAgainst(cursor)
    if (reason !== undefined) return { kind: 'none', reason }
    const stored = journal.after(cursor.ticks, mostEntries, mostBytes)
    const entries = this.cached(stored)
    // While something is read from a store, there is always something new: so the last part must not be.
    const isLast = stored.length === 0 || journal.after(stored[stored.length - 1], 1, 1).length === 0
    if (entries === undefined || !isLast)
      return { kind: 'stored', read: () => (entries === undefined ? this.read(stored) : Promise.resolve(entries)) }
    const { current: life } = lives
    for (const { ticks, entry: bytes } of this.source.undurable()) {
      if (ticks <= cursor.ticks) continue
      if (bytes === undefined) return { kind: 'none', reason: 'truncated' }
      entries.push({ ticks, life, bytes })
    }
    return { kind: 'recent', entries }
  }

  private reasonAgainst(cursor: Cursor): NoHistory | undefined {
    const { journal, lives } = this.source
    if (!lives.has(cursor)) return 'life'
    if (cursor.ticks > this.source.ticks()) return 'future'
    return cursor.ticks < journal.floorTicks ? 'truncated' : undefined
  }

  /** @returns undefined when not all of these are in memory */
  private cached(ticks: readonly number[]): StoredEntry[] | undefined {
    const { journal, lives } = this.source
    const entries: StoredEntry[] = []
    for (const at of ticks) {
      const bytes = journal.cached(at)
      if (bytes === undefined) return undefined
      entries.push({ ...lives.at(at)!, bytes })
    }
    return entries
  }

  /** @returns fewer when they have been truncated meanwhile @throws CodedError `store-failed`, `store-corrupt` */
  private async read(ticks: readonly number[]): Promise<StoredEntry[]> {
    const { store, journal, lives } = this.source
    const first = ticks[0]
    const wanted = new Set(ticks)
    const entries: StoredEntry[] = []
    const range = { gte: journalKey(first), lt: `${journal.keyOf(ticks[ticks.length - 1])}!` }
    for await (const [key, value] of store.entries(range))
      for (const [at, bytes] of entriesAt(key, value)) if (wanted.has(at)) entries.push({ ...lives.at(at)!, bytes })
    if (entries.length < ticks.length && journal.floorTicks < first) {
      const found = new Set(entries.map(entry => entry.ticks))
      throw corrupt(store, journalKey(ticks.find(at => !found.has(at))!))
    }
    return journal.floorTicks < first ? entries : []
  }
}
