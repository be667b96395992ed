import {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  checkPresence,
  type PeerId,
  tellListener,
} from '../ports/index.js'
import type { LocalMember, Room } from './room.js'
import type { TopicTransportStatistics } from './statistics.js'

/** What a membership needs of the transport that it belongs to. */
export interface MembershipHost {
  readonly counts: TopicTransportStatistics
  leave(membership: Membership): void
}

/** One member of a channel: kept over connections, with a new name on each. */
export class Membership implements Channel, LocalMember {
  readonly number: number
  readonly channel: string
  payload: Uint8Array = new Uint8Array(0)
  closed = false
  room: Room | undefined
  entered = false
  formerPeer: PeerId | undefined
  /** Why the broker does not let it in, with these credentials. */
  refusal: string | undefined
  private readonly host: MembershipHost
  private readonly listener: ChannelListener
  private reported = ''

  constructor(host: MembershipHost, number: number, channel: string, listener: ChannelListener) {
    this.host = host
    this.number = number
    this.channel = channel
    this.listener = listener
  }

  publish(bytes: Uint8Array, lasting = false): void {
    if (this.entered) this.room!.publish(this, bytes, lasting)
    else this.host.counts.dropped++
  }

  send(to: PeerId, bytes: Uint8Array): void {
    if (this.entered) this.room!.send(this, to, bytes)
    else this.host.counts.dropped++
  }

  /** @throws `message-too-large` */
  announce(payload: Uint8Array): void {
    checkPresence(payload)
    if (this.closed) return
    this.payload = payload.slice()
    if (this.entered) this.room!.announce(this)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.room?.leave(this)
    this.exit()
    this.host.leave(this)
  }

  enter(): void {
    this.entered = true
    this.report('online')
  }

  /** The connection is gone, and everyone with it. */
  exit(): void {
    if (this.room !== undefined) this.formerPeer = this.room.peerOf(this)
    this.room = undefined
    if (this.entered) this.tell(listener => listener.peers(new Map()))
    this.entered = false
  }

  report(state: ConnectionState, reason?: string): void {
    const reported = `${state} ${reason ?? ''}`
    if (reported === this.reported) return
    this.reported = reported
    this.tell(listener => listener.state(state, reason))
  }

  show(present: ReadonlyMap<PeerId, Uint8Array>): void {
    if (this.entered) this.tell(listener => listener.peers(present))
  }

  hear(from: PeerId, bytes: Uint8Array): void {
    if (!this.entered) return
    const { counts } = this.host
    counts.messagesIn++
    counts.bytesIn += bytes.length
    this.tell(listener => listener.message(from, bytes))
  }

  private tell(what: (listener: ChannelListener) => void): void {
    if (!this.closed) tellListener(this.channel, this.listener, what)
  }
}
