import { type RelayFrame, relayBounds } from '../codec/index.js'
import { Channels } from './relay-channels.js'
import { Connection } from './relay-connection.js'
import { Connections } from './relay-connections.js'
import { farewell } from './relay-farewell.js'
import { type RelayOptions, type RelaySettings, type RequestFacts, settingsFrom } from './relay-options.js'
import { Protocol } from './relay-protocol.js'
import type { RelaySocket } from './relay-socket.js'
import { type SocketEnd, socketPair } from './relay-socket-pair.js'
import { noCounts, type RelayStatistics } from './relay-statistics.js'

export type { RelayConnection, RelayOptions, RequestFacts, Verdict } from './relay-options.js'
export type { RelaySocket } from './relay-socket.js'
export { type SocketEnd, socketPair } from './relay-socket-pair.js'
export type { RelayStatistics } from './relay-statistics.js'

/**
 * Relays messages between the members of channels, over WebSockets. Pure logic: whoever mounts it, on whatever server, hands it each
 * accepted socket. Speaks the protocol of {@link RelayFrame}.
 *
 * It never reads what it relays, keeps nothing, and promises no delivery: the clones make up for what is dropped. A client that
 * sends nonsense, too much, or reads too slowly costs itself only. Presence is never dropped: a connection that cannot even
 * take that is closed.
 */
export class Relay {
  private readonly settings: RelaySettings
  private readonly counts = noCounts()
  private readonly channels: Channels
  private readonly connections: Connections
  private readonly protocol: Protocol
  private closed = false

  /** @throws `option-invalid` */
  constructor(options: RelayOptions = {}) {
    this.settings = settingsFrom(options)
    const { settings, counts } = this
    this.channels = new Channels(settings, counts)
    this.connections = new Connections(settings, counts, connection => this.channels.leaveAll(connection))
    this.protocol = new Protocol(settings, counts, this.channels)
  }

  /** The longest frame, in bytes, that a server need accept: for its own limit on messages. */
  get maxFrameBytes(): number {
    return this.settings.maxMessageBytes + relayBounds.frame
  }

  /** Takes over a connection: an open socket, and what is known of the request that opened it. */
  accept(socket: RelaySocket, request: RequestFacts = {}): void {
    this.take(socket, request, false)
  }

  private take(socket: RelaySocket, request: RequestFacts, trusted: boolean): void {
    const connection = new Connection(socket, request, this.connections, trusted)
    this.counts.accepted++
    this.connections.add(connection)
    socket.addEventListener('close', () => connection.end())
    socket.addEventListener('error', () => connection.end())
    socket.addEventListener('message', event => this.protocol.receive(connection, event.data))
    if (this.closed) connection.end(farewell('closing', false, 'the relay is closing'))
    else if (this.connections.size > this.settings.maxConnections) {
      this.counts.refused++
      connection.end(farewell('busy', false, 'the relay has too many connections'))
    }
  }

  /**
   * A connection from inside this process, which is trusted with any rate: what it sends is mostly the answers to all others. Hand it to a WebSocketTransport by
   * `new WebSocketTransport('memory:', { socket: () => relay.connect() })`.
   */
  connect(request: RequestFacts = {}): SocketEnd {
    const [near, far] = socketPair()
    this.take(far, request, true)
    return near
  }

  /** How it is, and what it did. A fresh object at each call. */
  statistics(): RelayStatistics {
    const { connections, channels } = this
    return {
      connections: connections.size,
      channels: channels.channelCount,
      members: channels.memberCount,
      ...this.counts,
    }
  }

  /** Says goodbye to everyone; later connections are turned away. Idempotent. */
  close(): void {
    this.closed = true
    this.connections.endAll(farewell('closing', false, 'the relay is closing'))
  }
}
