import { channelPattern, type RelayFrame } from '../codec/index.js'
import { CodedError, hasCode } from '../errors.js'
import { Backoff, type Channel, type ChannelListener, type ConnectionState, watchOnline } from '../ports/index.js'
import { Link, type LinkHost } from './websocket-link.js'
import { Membership, type MembershipHost } from './websocket-membership.js'
import {
  checkedToken,
  checkedUrl,
  invalid,
  type Settings,
  settingsFrom,
  type Token,
  type WebSocketTransportOptions,
} from './websocket-options.js'
import { hangUp } from './websocket-socket.js'
import { noCounts } from './websocket-statistics.js'

/** What stays of a transport while its links come and go. */
export class Session implements MembershipHost, LinkHost {
  readonly settings: Settings
  readonly counts = noCounts()
  /** By handle. */
  readonly memberships = new Map<number, Membership>()
  private readonly url: string
  private readonly backoff: Backoff
  private token: Token | undefined
  /** As the latest welcome said. */
  private relayMaxMessageBytes = Number.POSITIVE_INFINITY
  private lastHandle = 0
  private link: Link | undefined
  private current: { state: ConnectionState; reason?: string } = { state: 'connecting' }
  private cancelLinger: (() => void) | undefined
  private stopWatching: (() => void) | undefined
  private closed = false

  constructor(url: string, { token, ...settings }: WebSocketTransportOptions) {
    this.url = settings.socket === undefined ? checkedUrl(url) : url
    this.settings = settingsFrom(settings)
    this.token = checkedToken(token)
    this.backoff = new Backoff(this.settings, () => this.retry())
  }

  get maxMessageBytes(): number {
    return Math.min(this.settings.maxMessageBytes, this.relayMaxMessageBytes)
  }

  join(channel: string, listener: ChannelListener): Channel {
    if (this.closed) throw new CodedError('transport-closed', 'This transport is closed', {})
    if (!channelPattern.test(channel)) throw invalid('channel', '1 to 64 characters of A-Z a-z 0-9 - _')
    const membership = new Membership(this, ++this.lastHandle, channel, listener)
    this.memberships.set(membership.handle, membership)
    this.cancelLinger?.()
    this.cancelLinger = undefined
    queueMicrotask(() => {
      if (membership.closed) return
      if (this.link?.welcomed) this.link.join(membership)
      this.wake()
      this.report()
    })
    return membership
  }

  authenticate(token: Token | undefined): void {
    this.token = checkedToken(token)
    queueMicrotask(() => {
      this.backoff.reset()
      for (const membership of this.memberships.values()) membership.refusal = undefined
      if (this.current.state === 'refused') this.current = { state: 'connecting' }
      if (this.link !== undefined) this.lost(this.link, 'new credentials', false)
      this.backoff.cancel()
      this.wake()
      this.report()
    })
  }

  close(): Promise<void> {
    this.closed = true
    for (const membership of [...this.memberships.values()]) membership.close()
    return this.disconnect()
  }

  leave(membership: Membership): void {
    this.memberships.delete(membership.handle)
    this.link?.leave(membership)
    if (this.memberships.size > 0 || this.closed) return
    const { environment, lingerMs } = this.settings
    this.cancelLinger = environment.schedule(() => void this.disconnect(), lingerMs, true)
  }

  publish(frame: RelayFrame & { payload: Uint8Array }): void {
    const { link, counts } = this
    if (link === undefined || frame.payload.length > this.maxMessageBytes || !link.hasRoom) {
      counts.dropped++
      return
    }
    counts.messagesOut++
    counts.bytesOut += frame.payload.length
    link.send(frame)
  }

  announce(membership: Membership): void {
    const { handle, payload } = membership
    if (membership.asked) this.link?.send({ type: 'announce', handle, payload })
  }

  /** The relay has let us in. */
  welcome(link: Link, maxMessageBytes: number): void {
    this.relayMaxMessageBytes = maxMessageBytes
    this.counts.connections++
    this.current = { state: 'online' }
    for (const membership of this.memberships.values()) link.join(membership)
    this.report()
  }

  /** The connection is gone, or of no use. */
  lost(link: Link, reason: string, final: boolean): void {
    if (link !== this.link) return
    const { environment, stableMs } = this.settings
    this.link = undefined
    link.abandon()
    if (environment.now() - (link.welcomedMs ?? Number.POSITIVE_INFINITY) >= stableMs) this.backoff.reset()
    this.current = { state: final ? 'refused' : 'offline', reason }
    if (!final) this.backoff.wait()
    for (const membership of [...this.memberships.values()]) membership.exit()
    this.report()
  }

  /** Tells each member its state, where that has changed. */
  report(): void {
    for (const membership of [...this.memberships.values()]) {
      if (this.current.state !== 'online') membership.report(this.current.state, this.current.reason)
      else if (membership.refusal !== undefined) membership.report(membership.refusal.state, membership.refusal.reason)
      else if (!membership.entered) membership.report('connecting')
    }
  }

  /** Connects, if there is need, and nothing speaks against it. */
  private wake(): void {
    if (this.closed || this.memberships.size === 0 || this.link !== undefined) return
    if (this.backoff.waiting || this.current.state === 'refused') return
    this.stopWatching ??= watchOnline(() => this.networkIsBack())
    this.current = { state: 'connecting' }
    this.link = new Link(this)
    void this.open(this.link)
  }

  private async open(link: Link): Promise<void> {
    try {
      const token = typeof this.token === 'function' ? checkedToken(await this.token()) : this.token
      if (link !== this.link) return
      const socket = await this.settings.socket(this.url, token)
      if (link === this.link) link.attach(socket, token ?? '')
      else hangUp(socket)
    } catch (error) {
      this.lost(link, (error as Error)?.message ?? 'the connection failed', hasCode(error, 'package-missing'))
    }
  }

  private retry(): void {
    this.wake()
    this.report()
  }

  private networkIsBack(): void {
    this.link?.check()
    if (!this.backoff.waiting) return
    this.backoff.cancel()
    this.backoff.reset()
    this.retry()
  }

  private disconnect(): Promise<void> {
    const { link } = this
    this.link = undefined
    this.backoff.cancel()
    this.cancelLinger?.()
    this.cancelLinger = undefined
    this.stopWatching?.()
    this.stopWatching = undefined
    if (this.current.state !== 'refused') this.current = { state: 'connecting' }
    return link === undefined ? Promise.resolve() : link.end()
  }
}
