import { encodeState, type Graph } from '../graph/index.js'
import type { Journal } from '../journal/index.js'

interface Stream {
  /** The vector that it stands at, by replica. */
  readonly counters: readonly number[]
  readonly items: readonly Uint8Array[]
  readonly madeMs: number
  usedMs: number
}

/** A state this fresh is given to the next who needs one, too: what is missing in it follows as operations. */
const shareMs = 10_000
/** A state that nobody fetches from is dropped after this long. */
const keepMs = 60_000

/** The encoded states that others are fetching: each one immutable state with its vector, however long it takes them. */
export class StateStreams {
  private readonly graph: Graph
  private readonly journal: Journal
  private readonly now: () => number
  private readonly schedule: (callback: () => void, delayMs: number) => () => void
  private readonly streams = new Map<number, Stream>()
  private last: number
  private cancelSweep: (() => void) | undefined

  constructor(host: {
    readonly graph: Graph
    readonly journal: Journal
    now(): number
    random(): number
    schedule(callback: () => void, delayMs: number): () => void
  }) {
    this.graph = host.graph
    this.journal = host.journal
    this.now = () => host.now()
    this.schedule = (callback, delayMs) => host.schedule(callback, delayMs)
    // A clone that starts anew must not give a number that a peer still fetches from.
    this.last = Math.floor(host.random() * 2 ** 31)
  }

  /** A state that is fresh enough for whoever joins it; with `fresh`, one of this instant. */
  open(fresh = false): { stream: number; items: readonly Uint8Array[] } {
    const now = this.now()
    const newest = this.streams.get(this.last)
    if (!fresh && newest !== undefined && now - newest.madeMs <= shareMs && this.leadsOn(newest)) {
      newest.usedMs = now
      return { stream: this.last, items: newest.items }
    }
    const stream = ++this.last
    const items = encodeState(this.graph)
    this.streams.set(stream, { items, counters: [...this.graph.replicas.counters], madeMs: now, usedMs: now })
    this.cancelSweep ??= this.schedule(() => this.sweep(), keepMs)
    return { stream, items }
  }

  /** Whether what has happened since is still in the journal: else whoever joins it would need a state again. */
  private leadsOn({ counters }: Stream): boolean {
    return this.journal.since(replica => counters[replica] ?? 0) !== undefined
  }

  items(stream: number): readonly Uint8Array[] | undefined {
    const found = this.streams.get(stream)
    if (found !== undefined) found.usedMs = this.now()
    return found?.items
  }

  private sweep(): void {
    this.cancelSweep = undefined
    for (const [stream, { usedMs }] of this.streams) if (this.now() - usedMs >= keepMs) this.streams.delete(stream)
    if (this.streams.size > 0) this.cancelSweep = this.schedule(() => this.sweep(), keepMs)
  }

  close(): void {
    this.cancelSweep?.()
    this.cancelSweep = undefined
    this.streams.clear()
  }
}
