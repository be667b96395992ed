import { check64 } from '../codec/index.js'
import { encodeState, type Graph } from '../graph/index.js'
import type { Journal } from '../journal/index.js'
import type { SessionHost } from './host.js'
import type { ItemName, StateItem } from './messages.js'

/** A state that nobody fetches from is dropped after this long. */
const keepMs = 60_000
/** A state older than this is given to nobody else: what follows it is much by then. */
const shareMs = 600_000

/** What of a {@link StateItem} an item is. */
export type Sent = Pick<StateItem, 'deflated' | 'bytes'>

/** One immutable state with its vector, however long it takes the others to fetch it. */
class Stream {
  readonly names: readonly ItemName[]
  readonly items: readonly Uint8Array[]
  readonly madeMs: number
  usedMs: number
  private readonly counters: readonly number[]
  private readonly deflated: (Promise<Sent> | undefined)[] = []

  constructor(graph: Graph, nowMs: number) {
    this.items = encodeState(graph)
    this.names = this.items.slice(1).map(item => ({ length: item.length, check: check64(item) }))
    this.counters = [...graph.replicas.counters]
    this.madeMs = nowMs
    this.usedMs = nowMs
  }

  /** Whether what has happened since is still in the journal: else whoever joins it would need a state again. */
  leadsOn(journal: Journal): boolean {
    return journal.since(replica => this.counters[replica] ?? 0) !== undefined
  }

  /** An item as it is smallest. It is compressed once, whoever asks for it. */
  small(index: number, deflate: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<Sent> {
    const plain = this.plain(index)
    this.deflated[index] ??= deflate(plain.bytes).then(
      bytes => (bytes.length < plain.bytes.length ? { deflated: true, bytes } : plain),
      () => plain,
    )
    return this.deflated[index]
  }

  plain(index: number): Sent {
    return { deflated: false, bytes: this.items[index] }
  }
}

type Host = Pick<SessionHost, 'graph' | 'journal' | 'now' | 'random' | 'schedule' | 'deflate'>

/** The encoded states that others are fetching. */
export class StateStreams {
  private readonly host: Host
  private readonly streams = new Map<number, Stream>()
  private last: number
  private cancelSweep: (() => void) | undefined

  constructor(host: Host) {
    this.host = host
    // A clone that starts anew must not give a number that a peer still fetches from.
    this.last = Math.floor(host.random() * 2 ** 31)
  }

  /** A state that whoever joins it can go on from; with `fresh`, one of this instant. */
  open(fresh = false): { stream: number; header: Uint8Array; names: readonly ItemName[] } {
    const { host } = this
    const now = host.now()
    let found = this.streams.get(this.last)
    if (fresh || found === undefined || now - found.madeMs > shareMs || !found.leadsOn(host.journal)) {
      found = new Stream(host.graph, now)
      this.streams.set(++this.last, found)
      this.sweepLater()
    }
    found.usedMs = now
    return { stream: this.last, header: found.items[0], names: found.names }
  }

  /**
   * @param inflates whether the receiver takes it compressed
   * @returns undefined when the stream is here no more, or has no such item
   */
  item(stream: number, index: number, inflates: boolean): Sent | Promise<Sent> | undefined {
    const found = this.streams.get(stream)
    if (found === undefined || index >= found.items.length) return undefined
    found.usedMs = this.host.now()
    const { deflate } = this.host
    return inflates && deflate !== undefined ? found.small(index, deflate) : found.plain(index)
  }

  private sweepLater(): void {
    this.cancelSweep ??= this.host.schedule(() => {
      this.cancelSweep = undefined
      const now = this.host.now()
      for (const [stream, { usedMs }] of this.streams) if (now - usedMs >= keepMs) this.streams.delete(stream)
      if (this.streams.size > 0) this.sweepLater()
    }, keepMs)
  }

  close(): void {
    this.cancelSweep?.()
    this.cancelSweep = undefined
    this.streams.clear()
  }
}
