import type { ReplicaIndex } from '../causality/index.js'
import type { OperationHeader } from '../operation/index.js'
import type { ConnectionState, Transport } from '../ports/index.js'
import { type CatchUp, type RefusedCounts, SharedReception } from '../sync/index.js'
import { Connection, type ConnectionParts } from './connection.js'
import { Presence } from './presence.js'
import type { PeerStatus } from './status.js'

/** How long what others confirm may be known and not kept. */
const saveDelayMs = 2_000

interface Wait {
  readonly needed: SharedReception['needed']
  then(): void
  never(): void
}

/** What the others are told of, and what they know of this clone: mostly one connection; several where a clone stands between two groups of clones. */
export class Connections {
  readonly all: readonly Connection[]
  readonly presence: Presence
  private readonly parts: ConnectionParts
  private readonly changed: () => void
  private readonly forked = new Set<ReplicaIndex>()
  /** Those whose operations have been made again, or are being. */
  private readonly reissued = new Set<ReplicaIndex>()
  private readonly waiting = new Set<Wait>()
  private cancelSave: (() => void) | undefined
  private toSave = false

  constructor(
    transports: readonly Transport[],
    parts: Omit<ConnectionParts, 'reception' | 'forwards'>,
    listener: { changed(): void },
  ) {
    const reception = new SharedReception()
    this.parts = { ...parts, reception, forwards: transports.length > 1 }
    this.changed = () => listener.changed()
    for (const [replica, last] of parts.transactions.unconfirmed()) reception.confirmations.add(replica, last)
    const { check } = parts.channel
    this.presence = new Presence(check, payload => {
      for (const connection of this.all) connection.announce(payload)
    })
    this.all = transports.map(
      transport =>
        new Connection(transport, this.parts, {
          changed: this.changed,
          confirmed: () => this.onConfirmed(),
          forked: replica => this.onFork(replica),
          present: (at, peers) => this.presence.set(at, peers),
          joined: at => {
            for (const connection of this.all) if (connection !== at) connection.session.hasMore()
          },
        }),
    )
    if (this.all.length > 0) this.presence.announce(undefined)
  }

  // --- what the status shows

  get reception(): SharedReception {
    return this.parts.reception
  }

  /** The best of them, and why it is no better. */
  get state(): { readonly connection: ConnectionState | 'none'; readonly reason: string | undefined } {
    for (const state of ['online', 'connecting', 'offline', 'refused'] as const) {
      const found = this.all.find(connection => connection.state === state)
      if (found !== undefined) return { connection: state, reason: found.reason }
    }
    return { connection: 'none', reason: undefined }
  }

  /** How many replica ids were found to be used twice. */
  get forks(): number {
    return this.forked.size
  }

  get refused(): RefusedCounts {
    const sum = { malformed: 0, foreign: 0, newer: 0 }
    for (const { session } of this.all)
      for (const kind of ['malformed', 'foreign', 'newer'] as const) sum[kind] += session.refused[kind]
    return sum
  }

  /** Whether there is somebody, and of those whom it reaches by one of the connections nobody has had all taken from. */
  get isBehind(): boolean {
    return this.all.some(({ state, session }) => state === 'online' && session.peers.count > 0 && !session.upToDate)
  }

  get others(): PeerStatus[] {
    return this.all.flatMap(({ session }) =>
      Array.from(session.peers, ([peer, { lag, isNew, keeps }]) => ({
        peer,
        behind: lag?.counters,
        asOfMs: lag?.atMs,
        isNew,
        keeps,
      })),
    )
  }

  /** Whether somebody is there on whom it depends that what this clone writes is safe. */
  get hasKeeper(): boolean {
    const { needsKeeper } = this.parts.keeping
    return needsKeeper && this.all.some(({ session }) => [...session.peers].some(([, { keeps }]) => keeps))
  }

  /** Whether somebody has other rules in force. */
  get rulesDiffer(): boolean {
    const mine = this.parts.rulesDigest()
    return this.all.some(({ session }) =>
      [...session.peers].some(([, { rulesDigest }]) => rulesDigest !== undefined && rulesDigest !== mine),
    )
  }

  get catchUp(): CatchUp | undefined {
    return this.first(({ session }) => session.catchUp)
  }

  get divergence(): string | undefined {
    return this.first(({ session }) => session.divergence)
  }

  private first<T>(of: (connection: Connection) => T | undefined): T | undefined {
    for (const connection of this.all) {
      const found = of(connection)
      if (found !== undefined) return found
    }
    return undefined
  }

  // --- what happens

  /** An operation is durable: it goes to all who have not just sent it. */
  publish(operation: OperationHeader, own: boolean): void {
    if (this.all.length === 0) return
    if (own) {
      const replica = this.parts.transactions.graph.replicas.find(operation.replica)
      this.reception.confirmations.add(replica, operation.last)
    } else if (!this.parts.forwards) return
    for (const connection of this.all) if (own || !connection.has(operation)) connection.publish(operation, own)
  }

  /**
   * Calls `then` when somebody who counts is known to have all that this clone has made until now; or `never`, when the clone is closed before.
   * @returns gives that up
   */
  whenConfirmed(then: () => void, never: () => void): () => void {
    const { reception } = this
    const wait: Wait = { needed: reception.needed, then, never }
    if (reception.isConfirmed(wait.needed)) then()
    else this.waiting.add(wait)
    return () => this.waiting.delete(wait)
  }

  private onConfirmed(): void {
    this.saveSoon()
    for (const wait of this.waiting)
      if (this.reception.isConfirmed(wait.needed)) {
        this.waiting.delete(wait)
        wait.then()
      }
  }

  /** While much is confirmed, it is kept now and then. */
  private saveSoon(): void {
    this.toSave = true
    this.cancelSave ??= this.parts.environment.schedule(
      () => {
        this.cancelSave = undefined
        void this.save()
      },
      saveDelayMs,
      true,
    )
  }

  private async save(): Promise<void> {
    if (!this.toSave) return
    this.toSave = false
    await this.parts.transactions.saveConfirmed(this.reception.confirmations.reached)
  }

  private onFork(replica: ReplicaIndex): void {
    const { transactions } = this.parts
    if (!this.forked.has(replica)) {
      this.forked.add(replica)
      this.changed()
    }
    if (this.reissued.has(replica) || !transactions.hasMade(replica)) return
    this.reissued.add(replica)
    // A store that fails is in the status. The fork will be met again.
    transactions.reissue(replica).catch(() => this.reissued.delete(replica))
  }

  /** The store takes writes again. */
  recovered(): void {
    for (const { session } of this.all) session.recovered()
  }

  /** Other rules are in force here. */
  rulesChanged(): void {
    for (const { session } of this.all) session.rulesChanged()
  }

  /** Something has been undone. */
  rolledBack(): void {
    for (const { session } of this.all) session.rolledBack()
  }

  /** Leaves the channels. @returns when what is known of the others is kept */
  async close(): Promise<void> {
    for (const connection of this.all) connection.close()
    for (const { never } of this.waiting) never()
    this.waiting.clear()
    this.cancelSave?.()
    await this.save()
  }
}
