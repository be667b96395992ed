import { channelPattern } from '../codec/index.js'
import {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  checkPresence,
  type PeerId,
  tellListener,
} from '../ports/index.js'
import { Visit, type VisitHost } from './broadcast-channel-visit.js'

/** What the members of one transport have in common. */
export interface MemberHost extends VisitHost {
  /** Whether the page is neither frozen nor kept for the way back. */
  readonly isActive: boolean
  left(member: Member): void
}

/**
 * One member of a channel, on a BroadcastChannel of its own: so those of one page hear each other as those of different tabs do. It
 * enters, and leaves when it is closed or its page is hidden away; each time that it enters it has a new name.
 */
export class Member implements Channel {
  private readonly host: MemberHost
  private readonly name: string
  private readonly listener: ChannelListener
  private payload: Uint8Array = new Uint8Array(0)
  private visit: Visit | undefined
  private closed = false

  constructor(host: MemberHost, name: string, listener: ChannelListener) {
    this.host = host
    this.name = name
    this.listener = listener
    if (host.isActive) this.enter()
    else queueMicrotask(() => this.tellOffline())
  }

  publish(bytes: Uint8Array): void {
    this.post(bytes, undefined)
  }

  send(to: PeerId, bytes: Uint8Array): void {
    if (channelPattern.test(to)) this.post(bytes, to)
    else this.host.counts.dropped++
  }

  /** @throws `message-too-large` */
  announce(payload: Uint8Array): void {
    checkPresence(payload)
    this.payload = payload.slice()
    this.visit?.sayHere()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.visit?.end()
    this.visit = undefined
    this.host.left(this)
  }

  /** The page is active, or is again. */
  enter(): void {
    if (this.closed || this.visit !== undefined) return
    const visit = new Visit(this.host, this.name, {
      payload: () => this.payload,
      peers: present => this.tell(listener => listener.peers(present)),
      message: (from, bytes) => this.tell(listener => listener.message(from, bytes)),
    })
    this.visit = visit
    queueMicrotask(() => {
      if (this.visit !== visit) return
      // First the others hear of it: what a listener says on coming online is then from somebody they know.
      visit.begin()
      this.state('online')
      this.tell(listener => listener.peers(new Map(visit.present)))
    })
  }

  /** The page is hidden away: it may never be shown again. */
  leave(): void {
    if (this.visit === undefined) return
    this.visit.end()
    this.visit = undefined
    this.tellOffline()
  }

  private tellOffline(): void {
    if (this.visit !== undefined) return
    this.state('offline', 'the page is not active')
    this.tell(listener => listener.peers(new Map()))
  }

  private post(bytes: Uint8Array, to: PeerId | undefined): void {
    const { visit, host } = this
    if (visit?.begun !== true || bytes.length > host.maxMessageBytes) host.counts.dropped++
    else visit.sendBytes(bytes, to)
  }

  private state(state: ConnectionState, reason?: string): void {
    this.tell(listener => listener.state(state, reason))
  }

  private tell(what: (listener: ChannelListener) => void): void {
    if (!this.closed) tellListener(this.name, this.listener, what)
  }
}
