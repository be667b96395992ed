import type { ReplicaIndex } from '../causality/index.js'
import type { CodedError } from '../errors.js'
import type { OperationHeader } from '../operation/index.js'
import type { Channel, ConnectionState, Environment, PeerId, Store, Transport, Work } from '../ports/index.js'
import { type DomainChannel, Session, type SessionHost, type SharedReception } from '../sync/index.js'
import type { ForeignTriples, Transactions } from '../transaction/index.js'

/** What a connection tells the clone. */
export interface ConnectionListener {
  changed(): void
  /** Somebody is known to have more of this clone's own operations. */
  confirmed(): void
  /** Two operations share a name. */
  forked(replica: ReplicaIndex): void
  /** Who else is there, with what they say of themselves: the session is to be told. */
  present(connection: Connection, peers: ReadonlyMap<PeerId, Uint8Array>): void
  /** Whom it reaches has changed otherwise. @param lost whether it has been online, and is no more */
  reach(lost: boolean): void
  /** Operations have come in from a peer, known ones too. */
  heard(connection: Connection, from: PeerId, operations: readonly OperationHeader[]): void
  /** One that had come in is applied. */
  received(operation: OperationHeader): void
  /** A whole state has been taken in. */
  joined(connection: Connection): void
}

/** Its part in keeping what is written in several places of one machine. */
export interface Keeping {
  /** Over this transport are those whose writes this clone keeps: it tells them so, and when what they wrote is durable. */
  readonly keepsFor?: Transport | undefined
  /** Whether what it writes is safe only when a keeper has it. */
  readonly needsKeeper: boolean
  /** What is known of a keeper that runs beside this clone, and takes part in its status. */
  readonly beside?: KeeperBeside | undefined
}

/** The keeper that runs beside a clone, in the same page; or will, when it is its turn. */
export interface KeeperBeside {
  readonly isHere: boolean
  /** Why the store that it keeps cannot be written, or opened. */
  readonly storage: CodedError<'store-failed'> | undefined
}

/** What the connections of a clone have in common. */
export interface ConnectionParts {
  readonly channel: DomainChannel
  readonly transactions: Transactions
  readonly store: Store
  readonly environment: Environment
  readonly newness: Newness
  readonly reception: SharedReception
  readonly keeping: Keeping
  /** Names the rules in force. */
  readonly rulesDigest: () => number
  /** A state is about to be joined: what is told of it can be made before. @returns lets go of that, to be called after it */
  readonly foresee: (triples: ForeignTriples) => Work<() => void>
}

/** Whether a clone is new, and still waits to be given what the domain holds. */
export interface Newness {
  isNew: boolean
}

/**
 * Introduces transactions to sync: the edge at which a session's decisions become calls of the transport and of `transaction`. Whatever leaves
 * waits until what it reveals is durable.
 */
export class Connection {
  readonly session: Session
  /** Whether its transport keeps what is published, for those who come later. */
  readonly keeps: boolean
  state: ConnectionState = 'connecting'
  reason: string | undefined
  private readonly transactions: Transactions
  private readonly channel: Channel
  private readonly listener: ConnectionListener
  private readonly toPublish: OperationHeader[] = []
  private readonly toForward: OperationHeader[] = []
  private closed = false

  constructor(
    transport: Transport,
    { channel, transactions, store, environment, newness, reception, keeping, rulesDigest, foresee }: ConnectionParts,
    listener: ConnectionListener,
  ) {
    this.transactions = transactions
    this.listener = listener
    this.keeps = transport.keeps ?? false
    const { committer, graph, journal } = transactions
    const host: SessionHost = {
      graph,
      journal,
      get isNew() {
        return newness.isNew
      },
      keeps: keeping.keepsFor === transport,
      needsKeeper: keeping.needsKeeper,
      get rulesDigest() {
        return rulesDigest()
      },
      get maxMessageBytes() {
        return transport.maxMessageBytes
      },
      transportKeeps: this.keeps,
      deflate: environment.deflate,
      inflate: environment.inflate,
      now: () => environment.now(),
      random: () => environment.random(1)[0] / 256,
      // It is the transport that keeps a process alive, while it is connected or tries to be.
      schedule: (callback, delayMs) => environment.schedule(callback, delayMs, true),
      send: (to, message, lasting) =>
        committer.whenDurable(transactions.ticks, () => this.sendNow(to, message, lasting)),
      readOperations: (ticks, then) => void this.readOperations(store, ticks, then),
      heard: (from, operations) => listener.heard(this, from, operations),
      doubted: () => listener.reach(false),
      receive: header => {
        transactions.receive(header)
        listener.received(header)
      },
      preparing: read => foresee(read.triples),
      join: (items, read) => {
        ignoreFailure(transactions.join(items, read))
        listener.joined(this)
      },
      unite: (items, read) => ignoreFailure(transactions.unite(items, read)),
      isOwn: replica => transactions.isOwn(replica),
      forked: replica => listener.forked(replica),
      caughtUp: () => {
        newness.isNew = false
        listener.changed()
      },
      confirmed: () => listener.confirmed(),
      changed: () => listener.changed(),
    }
    this.session = new Session(host, channel.check, reception)
    this.channel = transport.join(channel.name, {
      message: (from, bytes) => {
        if (!this.closed) this.session.message(from, bytes)
      },
      peers: present => {
        if (!this.closed) listener.present(this, present)
      },
      state: (state, reason) => this.onState(state, reason),
    })
  }

  private sendNow(to: PeerId | undefined, message: Uint8Array, lasting: boolean): void {
    if (this.closed) return
    if (to === undefined) this.channel.publish(message, lasting)
    else this.channel.send(to, message)
  }

  private async readOperations(
    store: Store,
    ticks: readonly number[],
    then: (operations: Uint8Array[]) => void,
  ): Promise<void> {
    const operations: Uint8Array[] = []
    try {
      for await (const operation of this.transactions.journal.read(store, ticks)) operations.push(operation)
    } catch {
      // A store that cannot be read now: whoever asked will ask again, or somebody else.
      return
    }
    if (!this.closed) then(operations)
  }

  private onState(state: ConnectionState, reason: string | undefined): void {
    if (this.closed) return
    const lost = this.state === 'online' && state !== 'online'
    this.state = state
    this.reason = state === 'online' ? undefined : reason
    this.session.setOnline(state === 'online')
    this.listener.reach(lost)
    this.listener.changed()
  }

  /** Says something of this clone to the others: a presence payload. */
  announce(payload: Uint8Array): void {
    this.channel.announce(payload)
  }

  /**
   * An operation is durable that the others here do not have from here. Those of one batch are published together.
   * @param own whether it was made by this clone
   */
  publish(operation: OperationHeader, own: boolean): void {
    const waiting = own ? this.toPublish : this.toForward
    if (waiting.push(operation) > 1) return
    void resolved.then(() => {
      const operations = waiting.splice(0)
      if (this.closed) return
      if (own) this.session.publish(operations)
      else this.session.forward(operations)
    })
  }

  /** Leaves the channel. Idempotent. */
  close(): void {
    if (this.closed) return
    this.session.close()
    this.closed = true
    this.channel.close()
  }
}

const resolved = Promise.resolve()

/** A store that fails is in the status, and what was lost comes again. */
function ignoreFailure(durable: Promise<void>): void {
  durable.catch(() => {})
}
