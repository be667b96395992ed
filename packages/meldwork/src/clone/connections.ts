import { type ReplicaIndex, replicaName } from '../causality/index.js'
import type { OperationHeader } from '../operation/index.js'
import type { ConnectionState, PeerId, Transport } from '../ports/index.js'
import { type CatchUp, cloneName, type RefusedCounts, SharedReception, writePresence } from '../sync/index.js'
import { Connection, type ConnectionParts } from './connection.js'
import { Presence } from './presence.js'
import type { PeerStatus } from './status.js'
import { bit, type Places, Ways } from './ways.js'

/** How long what another clone is to forward is waited for, and up to twice that. */
const forwardDelayMs = 500
/** The length of the id by which others know a clone on several connections. */
const idBytes = 9
const nothing = new Uint8Array(0)

/** How long what others confirm may be known and not kept. */
const saveDelayMs = 2_000

interface Wait {
  readonly needed: SharedReception['needed']
  then(): void
  never(): void
}

/**
 * What the others are told of, and what they know of this clone: mostly one connection; several where a clone stands between two groups of clones, or reaches
 * the same ones in several ways. What is written goes to each by one of them ({@link Ways}), and what comes by one is forwarded where somebody has not heard it. All of
 * this is economy: where it is mistaken, greetings tell of the difference.
 */
export class Connections {
  readonly all: readonly Connection[]
  readonly presence: Presence
  private readonly parts: ConnectionParts
  private readonly changed: () => void
  private readonly forked = new Set<ReplicaIndex>()
  /** Those whose operations have been made again, or are being. */
  private readonly reissued = new Set<ReplicaIndex>()
  private readonly waiting = new Set<Wait>()
  private readonly ways: Ways
  private readonly id: Uint8Array
  private losses = 0
  /** What the app announces. */
  private said: Uint8Array = nothing
  /** Operations that came in, and are not durable yet, or wait for another clone to forward them; by their names. */
  private readonly underWay = new Map<string, OperationHeader>()
  /** Where everybody has heard of an operation that came in. */
  private readonly heard = new WeakMap<OperationHeader, Places>()
  /** How long what another clone is to forward is waited for: not everybody equally long. */
  private readonly forwardMs: number
  private closed = false
  private cancelSave: (() => void) | undefined
  private toSave = false

  constructor(
    transports: readonly Transport[],
    parts: Omit<ConnectionParts, 'reception'>,
    listener: { changed(): void },
  ) {
    const reception = new SharedReception()
    this.parts = { ...parts, reception }
    this.changed = () => listener.changed()
    for (const [replica, last] of parts.transactions.unconfirmed()) reception.confirmations.add(replica, last)
    this.id = transports.length > 1 ? parts.environment.random(idBytes) : nothing
    this.forwardMs = forwardDelayMs * (1 + (this.id[0] ?? 0) / 256)
    this.ways = new Ways(parts.channel.check, cloneName(this.id), transports.length)
    this.presence = new Presence(data => {
      this.said = data
      this.announce()
    })
    this.all = transports.map(
      transport =>
        new Connection(transport, this.parts, {
          changed: this.changed,
          confirmed: () => this.onConfirmed(),
          forked: replica => this.onFork(replica),
          present: (at, peers) => this.onPresent(at, peers),
          reach: lost => this.onReach(lost),
          heard: (at, from, operations) => this.onHeard(at, from, operations),
          received: operation => {
            if (this.isOneOfSeveral) this.underWay.set(nameOf(operation), operation)
          },
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
    return this.all.some(
      ({ state, session }) => state === 'online' && session.peers.served.length > 0 && !session.upToDate,
    )
  }

  get others(): PeerStatus[] {
    return this.ways.clones.flatMap(({ members }) => {
      const there = members.filter(({ place, peer }) => this.all[place].session.peers.has(peer))
      if (there.length === 0) return []
      // What it has told last, by whichever.
      const [{ lag, isNew, keeps }] = there
        .map(({ place, peer }) => this.all[place].session.peers.of(peer))
        .sort((a, b) => (b.lag?.atMs ?? 0) - (a.lag?.atMs ?? 0))
      const ways = there.map(({ place, peer }) => ({ transport: place, peer }))
      return { peer: ways[0].peer, ways, behind: lag?.counters, asOfMs: lag?.atMs, isNew, keeps }
    })
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

  private get isOneOfSeveral(): boolean {
    return this.all.length > 1
  }

  private announce(): void {
    const { check } = this.parts.channel
    const clone = this.isOneOfSeveral ? { id: this.id, losses: this.losses } : undefined
    for (const connection of this.all) connection.announce(writePresence(this.said, check, clone))
  }

  private onPresent(at: Connection, peers: ReadonlyMap<PeerId, Uint8Array>): void {
    this.ways.set(this.all.indexOf(at), peers)
    this.arrange(at, peers)
  }

  private onReach(lost: boolean): void {
    if (!this.isOneOfSeveral || this.closed) return
    if (lost) {
      // The others may go on seeing it there for a while.
      this.losses++
      this.announce()
    }
    this.arrange()
  }

  /** @param at where others are there than before: `peers` */
  private arrange(at?: Connection, peers?: ReadonlyMap<PeerId, unknown>): void {
    const { all, ways } = this
    ways.arrange(({ place, peer }) => all[place].state === 'online' && !all[place].session.isDoubted(peer))
    for (const [place, connection] of all.entries()) {
      const { session } = connection
      if (connection === at) session.setPeers(peers!, ways.spared(place))
      else session.spare(ways.spared(place))
    }
    this.presence.set(ways.clones.map(({ members: [{ peer, data }] }) => ({ peer, data })))
  }

  private onHeard(at: Connection, from: PeerId, operations: readonly OperationHeader[]): void {
    if (!this.isOneOfSeveral) return
    const places = this.ways.places(this.all.indexOf(at), from)
    for (const operation of operations) {
      const first = this.underWay.get(nameOf(operation)) ?? operation
      this.heard.set(first, (this.heard.get(first) ?? 0) | places)
    }
    for (const { session } of this.all) session.stir()
  }

  /** An operation is durable: it goes to all who have not heard it. */
  publish(operation: OperationHeader, own: boolean): void {
    if (own) {
      if (this.all.length === 0) return
      const replica = this.parts.transactions.graph.replicas.find(operation.replica)
      this.reception.confirmations.add(replica, operation.last)
      for (const connection of this.all) connection.publish(operation, true)
    } else if (this.isOneOfSeveral) this.forward(operation)
  }

  /** @param isOverdue where another clone was to forward it, that has had time to do so: this one does, if it has not come from there */
  private forward(operation: OperationHeader, isOverdue = false): void {
    const heard = this.heard.get(operation) ?? 0
    const [now, later] = this.ways.route(heard)
    const waits = later !== 0 && !isOverdue
    let told = waits ? now : now | later
    for (const [place, connection] of this.all.entries()) {
      // A message can come before the news of who sent it.
      if (connection.session.peers.count > this.ways.count(place)) told |= bit(place) & ~(heard | later)
      if ((told & bit(place)) !== 0) connection.publish(operation, false)
    }
    this.heard.set(operation, heard | told)
    const { environment } = this.parts
    if (waits) environment.schedule(() => this.forward(operation, true), this.forwardMs, true)
    else this.underWay.delete(nameOf(operation))
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
    this.underWay.clear()
    for (const { session } of this.all) session.rolledBack()
  }

  /** Leaves the channels. @returns when what is known of the others is kept */
  async close(): Promise<void> {
    this.closed = true
    for (const connection of this.all) connection.close()
    for (const { never } of this.waiting) never()
    this.waiting.clear()
    this.cancelSave?.()
    await this.save()
  }
}

const nameOf = ({ replica, last }: OperationHeader): string => `${replicaName(replica)}@${last}`
