import { CodedError } from '../errors.js'
import {
  type Channel,
  type ChannelListener,
  checkPresence,
  type PeerId,
  type Transport,
  tellListener,
} from '../ports/index.js'

/** Options of a {@link MemoryNetwork}. */
export interface MemoryNetworkOptions {
  /** Runs a task in a later turn. Default: as a microtask. */
  later?: (task: () => void) => void
  /** Messages beyond this many undelivered bytes are dropped. Default: 64 MiB. */
  maxQueuedBytes?: number
  /** The longest message, in bytes. Default: 1 MiB. */
  maxMessageBytes?: number
}

/**
 * A network inside one process: for tests, and for several clones in one process. {@link MemoryTransport}s that share a network
 * reach each other.
 *
 * Delivers in the order in which messages were published, in a later turn, to those who are members then. **Copies
 * nothing**: whoever publishes bytes, or gets them, must not change them.
 */
export class MemoryNetwork {
  readonly maxMessageBytes: number
  /** Bytes published and not yet delivered. */
  queuedBytes = 0
  /** Messages dropped, because they were too long or too many were queued. */
  dropped = 0
  private readonly rooms = new Map<string, Set<MemoryChannel>>()
  private readonly later: (task: () => void) => void
  private readonly maxQueuedBytes: number
  private queue: (() => void)[] = []
  private peerCount = 0

  constructor(options: MemoryNetworkOptions = {}) {
    this.later = options.later ?? (task => queueMicrotask(task))
    this.maxQueuedBytes = options.maxQueuedBytes ?? 64 * 1024 * 1024
    this.maxMessageBytes = options.maxMessageBytes ?? 1024 * 1024
  }

  /** @internal */
  nextPeer(): PeerId {
    return `memory-${++this.peerCount}`
  }

  /** @internal */
  enter(name: string, channel: MemoryChannel): void {
    const room = this.rooms.get(name) ?? new Set()
    this.rooms.set(name, room.add(channel))
    this.presenceChanged(name)
  }

  /** @internal */
  leave(name: string, channel: MemoryChannel): void {
    const room = this.rooms.get(name)
    if (!room?.delete(channel)) return
    if (room.size === 0) this.rooms.delete(name)
    this.presenceChanged(name)
  }

  /** @internal */
  members(name: string): Iterable<MemoryChannel> {
    return this.rooms.get(name) ?? []
  }

  /** @internal */
  presenceChanged(name: string): void {
    this.enqueue(() => {
      for (const member of [...this.members(name)]) member.showPeers()
    })
  }

  /** @internal Queues the delivery of a message. */
  carry(bytes: Uint8Array, deliver: () => void): void {
    if (bytes.length > this.maxMessageBytes || this.queuedBytes + bytes.length > this.maxQueuedBytes) {
      this.dropped++
      return
    }
    this.queuedBytes += bytes.length
    this.enqueue(() => {
      this.queuedBytes -= bytes.length
      deliver()
    })
  }

  /** @internal */
  enqueue(task: () => void): void {
    this.queue.push(task)
    if (this.queue.length === 1) this.later(() => this.flush())
  }

  private flush(): void {
    const tasks = this.queue
    this.queue = []
    for (const task of tasks) task()
  }
}

/**
 * A transport over a {@link MemoryNetwork}. {@link offline} and {@link online} cut it off and connect it again, so that an app's tests
 * can do what a bad network does. An over-long message is dropped.
 */
export class MemoryTransport implements Transport {
  readonly maxMessageBytes: number
  private readonly network: MemoryNetwork
  private readonly channels = new Set<MemoryChannel>()
  private connected = true
  private closed = false

  constructor(network: MemoryNetwork) {
    this.network = network
    this.maxMessageBytes = network.maxMessageBytes
  }

  /**
   * @throws `transport-closed`
   * @throws `option-invalid` for a name that a channel cannot have
   */
  join(channel: string, listener: ChannelListener): Channel {
    if (this.closed) throw new CodedError('transport-closed', 'This transport is closed', {})
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(channel)) {
      const expected = '1 to 64 characters of A-Z a-z 0-9 - _'
      throw new CodedError('option-invalid', `A channel's name is ${expected}`, { option: 'channel', expected })
    }
    const member = new MemoryChannel(this.network, channel, listener, () => this.channels.delete(member))
    this.channels.add(member)
    member.connect(this.connected)
    return member
  }

  /** Cuts the network, as if a cable were pulled: what is under way to or from here is lost. */
  offline(): void {
    this.setConnected(false)
  }

  /** Connects again, each member under a new peer id. */
  online(): void {
    this.setConnected(true)
  }

  close(): Promise<void> {
    this.closed = true
    for (const channel of [...this.channels]) channel.close()
    return Promise.resolve()
  }

  private setConnected(connected: boolean): void {
    if (connected === this.connected) return
    this.connected = connected
    for (const channel of this.channels) channel.connect(connected)
  }
}

class MemoryChannel implements Channel {
  /** This member's name on the network; `undefined` while it is cut off or closed. */
  peer: PeerId | undefined
  payload: Uint8Array = new Uint8Array(0)
  private readonly network: MemoryNetwork
  private readonly name: string
  private readonly listener: ChannelListener
  private readonly onClose: () => void
  private closed = false
  /** Has been told that it is online. */
  private entered = false

  constructor(network: MemoryNetwork, name: string, listener: ChannelListener, onClose: () => void) {
    this.network = network
    this.name = name
    this.listener = listener
    this.onClose = onClose
  }

  connect(connected: boolean) {
    this.network.leave(this.name, this)
    this.peer = undefined
    this.entered = false
    if (!connected) return this.network.enqueue(() => this.tellOffline())
    const peer = this.network.nextPeer()
    this.peer = peer
    this.network.enqueue(() => {
      if (this.peer === peer) this.tellOnline()
    })
    this.network.enter(this.name, this)
  }

  publish(bytes: Uint8Array): void {
    const from = this.peer
    if (from === undefined) return
    this.network.carry(bytes, () => {
      if (this.peer !== from && !this.closed) return
      for (const member of [...this.network.members(this.name)]) if (member.peer !== from) member.hear(from, bytes)
    })
  }

  send(to: PeerId, bytes: Uint8Array): void {
    const from = this.peer
    if (from === undefined) return
    this.network.carry(bytes, () => {
      if (this.peer !== from && !this.closed) return
      for (const member of this.network.members(this.name)) {
        if (member.peer === to && to !== from) return member.hear(from, bytes)
      }
    })
  }

  /** @throws `message-too-large` */
  announce(payload: Uint8Array): void {
    checkPresence(payload)
    this.payload = payload
    if (this.peer !== undefined) this.network.presenceChanged(this.name)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.network.leave(this.name, this)
    this.peer = undefined
    this.onClose()
  }

  hear(from: PeerId, bytes: Uint8Array): void {
    if (this.entered) this.tell(listener => listener.message(from, bytes))
  }

  showPeers(): void {
    if (!this.entered) return
    const present = new Map<PeerId, Uint8Array>()
    for (const { peer, payload } of this.network.members(this.name)) {
      if (peer !== undefined && peer !== this.peer) present.set(peer, payload)
    }
    this.tell(listener => listener.peers(present))
  }

  private tellOnline() {
    this.entered = true
    this.tell(listener => listener.state('online'))
  }

  private tellOffline() {
    this.tell(listener => listener.state('offline'))
    this.tell(listener => listener.peers(new Map()))
  }

  private tell(what: (listener: ChannelListener) => void): void {
    if (!this.closed) tellListener(this.name, this.listener, what)
  }
}
