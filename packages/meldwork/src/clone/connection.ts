import type { ReplicaIndex } from '../causality/index.js'
import type { OperationHeader } from '../operation/index.js'
import type { Channel, ConnectionState, Environment, PeerId, Store, Transport } from '../ports/index.js'
import { type DomainChannel, Session, type SessionHost } from '../sync/index.js'
import type { Transactions } from '../transaction/index.js'
import { Presence } from './presence.js'

/** How long what others confirm may be known and not kept. */
const saveDelayMs = 2_000

/** What a connection tells the clone. */
export interface ConnectionListener {
  changed(): void
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
  readonly presence: Presence
  state: ConnectionState = 'connecting'
  reason: string | undefined
  private readonly transactions: Transactions
  private readonly channel: Channel
  private readonly listener: ConnectionListener
  private toPublish: OperationHeader[] = []
  private closed = false
  private readonly forked = new Set<ReplicaIndex>()
  /** Those whose operations have been made again, or are being. */
  private readonly reissued = new Set<ReplicaIndex>()
  private saveConfirmed: (() => Promise<void>) | undefined
  private cancelSave: (() => void) | undefined

  constructor(
    transport: Transport,
    channel: DomainChannel,
    transactions: Transactions,
    store: Store,
    environment: Environment,
    newness: Newness,
    listener: ConnectionListener,
  ) {
    this.transactions = transactions
    this.listener = listener
    const { committer, graph, journal } = transactions
    const host: SessionHost = {
      graph,
      journal,
      get isNew() {
        return newness.isNew
      },
      get maxMessageBytes() {
        return transport.maxMessageBytes
      },
      now: () => environment.now(),
      random: () => environment.random(1)[0] / 256,
      // It is the transport that keeps a process alive, while it is connected or tries to be.
      schedule: (callback, delayMs) => environment.schedule(callback, delayMs, true),
      send: (to, message) => committer.whenDurable(transactions.ticks, () => this.sendNow(to, message)),
      readOperations: (ticks, then) => void this.readOperations(store, ticks, then),
      receive: header => ignoreFailure(transactions.receive(header)),
      join: items => ignoreFailure(transactions.join(items)),
      unite: items => ignoreFailure(transactions.unite(items)),
      isOwn: replica => transactions.isOwn(replica),
      forked: replica => this.onFork(replica),
      caughtUp: () => {
        newness.isNew = false
        listener.changed()
      },
      confirmed: reached => this.saveSoon(environment, reached),
      changed: () => listener.changed(),
    }
    this.session = new Session(host, channel.check)
    for (const [replica, last] of transactions.unconfirmed()) this.session.doubt(replica, last)
    this.channel = transport.join(channel.name, {
      message: (from, bytes) => {
        if (!this.closed) this.session.message(from, bytes)
      },
      peers: present => this.onPeers(present),
      state: (state, reason) => this.onState(state, reason),
    })
    this.presence = new Presence(channel.check, payload => this.channel.announce(payload))
  }

  private sendNow(to: PeerId | undefined, message: Uint8Array): void {
    if (this.closed) return
    if (to === undefined) this.channel.publish(message)
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

  private onPeers(present: ReadonlyMap<PeerId, Uint8Array>): void {
    if (this.closed) return
    this.presence.set(present)
    this.session.setPeers(present)
  }

  private onState(state: ConnectionState, reason: string | undefined): void {
    if (this.closed) return
    this.state = state
    this.reason = state === 'online' ? undefined : reason
    this.session.setOnline(state === 'online')
    this.listener.changed()
  }

  private onFork(replica: ReplicaIndex): void {
    if (!this.forked.has(replica)) {
      this.forked.add(replica)
      this.listener.changed()
    }
    if (this.reissued.has(replica) || !this.transactions.hasMade(replica)) return
    this.reissued.add(replica)
    // A store that fails is in the status. The fork will be met again.
    this.transactions.reissue(replica).catch(() => this.reissued.delete(replica))
  }

  /** How many replica ids were found to be used twice. */
  get forks(): number {
    return this.forked.size
  }

  /** An own operation is durable. Those of one batch are published together. */
  publish(operation: OperationHeader): void {
    if (this.toPublish.push(operation) > 1) return
    void resolved.then(() => {
      const operations = this.toPublish
      this.toPublish = []
      if (!this.closed) this.session.publish(operations)
    })
  }

  /** While much is confirmed, it is kept now and then. */
  private saveSoon(environment: Environment, reached: ReadonlyMap<ReplicaIndex, number>): void {
    this.saveConfirmed ??= () => {
      this.saveConfirmed = undefined
      return this.transactions.saveConfirmed(reached)
    }
    this.cancelSave ??= environment.schedule(
      () => {
        this.cancelSave = undefined
        void this.saveConfirmed?.()
      },
      saveDelayMs,
      true,
    )
  }

  /** Leaves the channel. @returns when what is known of the others is kept */
  async close(): Promise<void> {
    if (this.closed) return
    this.session.close()
    this.closed = true
    this.channel.close()
    this.cancelSave?.()
    await this.saveConfirmed?.()
  }
}

const resolved = Promise.resolve()

/** A store that fails is in the status, and what was lost comes again. */
function ignoreFailure(durable: Promise<void>): void {
  durable.catch(() => {})
}
