import type { RelayFrame } from '../codec/index.js'
import {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  checkPresence,
  type PeerId,
  tellListener,
} from '../ports/index.js'
import type { LocalMember, Room } from './websocket-room.js'
import type { WebSocketTransportStatistics } from './websocket-statistics.js'

/** What a membership needs of the transport that it belongs to. */
export interface MembershipHost {
  readonly counts: WebSocketTransportStatistics
  publish(frame: RelayFrame & { payload: Uint8Array }): void
  announce(membership: Membership): void
  leave(membership: Membership): void
}

/** One member of a channel: kept over reconnections, under the same handle. */
export class Membership implements Channel, LocalMember {
  readonly handle: number
  readonly channel: string
  payload: Uint8Array = new Uint8Array(0)
  closed = false
  /** A join is under way, or done, on this connection. */
  asked = false
  /** What the relay calls this member on this connection, and where: once it has joined. */
  number: number | undefined
  room: Room | undefined
  /** The list of members has come whole. */
  entered = false
  /** Why the relay has not let it in, until that is worth another try. */
  refusal: { state: ConnectionState; reason: string } | undefined
  /** Set while a join is to be tried again on this connection. */
  cancelRejoin: (() => void) | undefined
  private readonly host: MembershipHost
  private readonly listener: ChannelListener
  private reported = ''

  constructor(host: MembershipHost, handle: number, channel: string, listener: ChannelListener) {
    this.host = host
    this.handle = handle
    this.channel = channel
    this.listener = listener
  }

  publish(bytes: Uint8Array): void {
    if (this.entered) this.host.publish({ type: 'publish', handle: this.handle, payload: bytes })
    else this.host.counts.dropped++
  }

  send(to: PeerId, bytes: Uint8Array): void {
    const receiver = this.room?.numberOf(to)
    if (!this.entered || receiver === undefined) this.host.counts.dropped++
    else this.host.publish({ type: 'send', handle: this.handle, to: receiver, payload: bytes })
  }

  /** @throws `message-too-large` */
  announce(payload: Uint8Array): void {
    checkPresence(payload)
    if (this.closed) return
    this.payload = payload.slice()
    this.host.announce(this)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.cancelRejoin?.()
    this.room?.local.delete(this)
    this.entered = false
    this.host.leave(this)
  }

  /** Everyone in the room is known now. */
  enter(): void {
    this.entered = true
    this.report('online')
  }

  /** The connection is gone, and everyone with it. */
  exit(): void {
    this.cancelRejoin?.()
    this.asked = false
    this.room = undefined
    this.number = undefined
    if (this.refusal?.state === 'offline') this.refusal = undefined
    if (this.entered) this.showPeers()
    this.entered = false
  }

  report(state: ConnectionState, reason?: string): void {
    const reported = `${state} ${reason ?? ''}`
    if (reported === this.reported) return
    this.reported = reported
    this.tell(listener => listener.state(state, reason))
  }

  showPeers(): void {
    const present = this.room?.seenBy(this) ?? new Map()
    this.tell(listener => listener.peers(present))
  }

  hear(from: PeerId, bytes: Uint8Array): void {
    const { counts } = this.host
    counts.messagesIn++
    counts.bytesIn += bytes.length
    this.tell(listener => listener.message(from, bytes))
  }

  private tell(what: (listener: ChannelListener) => void): void {
    if (!this.closed) tellListener(this.channel, this.listener, what)
  }
}
