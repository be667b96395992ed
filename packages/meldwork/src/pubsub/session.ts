import { CodedError, hasCode } from '../errors.js'
import { Backoff, type Channel, type ChannelListener, type ConnectionState, watchOnline } from '../ports/index.js'
import type { Broker } from './broker.js'
import { Link, type LinkHost } from './link.js'
import { Membership, type MembershipHost } from './membership.js'
import { checkChannel, type Given, type Settings, settingsFrom, type TopicTransportOptions } from './options.js'
import { noCounts } from './statistics.js'

/** What stays of a transport while its links come and go. */
export class Session<Credentials> implements MembershipHost, LinkHost {
  readonly broker: Broker
  readonly settings: Settings
  readonly counts = noCounts()
  private readonly memberships = new Set<Membership>()
  private readonly backoff: Backoff
  private credentials: Given<Credentials> | undefined
  /** As the latest connection allows. */
  private brokerMaxMessageBytes = Number.POSITIVE_INFINITY
  private lastNumber = 0
  private link: Link | undefined
  private current: { state: ConnectionState; reason?: string } = { state: 'connecting' }
  private cancelLinger: (() => void) | undefined
  private stopWatching: (() => void) | undefined
  private closed = false

  constructor(broker: Broker<Credentials>, { credentials, ...options }: TopicTransportOptions<Credentials>) {
    this.broker = broker as Broker
    this.settings = settingsFrom(options)
    this.credentials = credentials
    this.backoff = new Backoff(this.settings, () => this.retry())
  }

  get maxMessageBytes(): number {
    return Math.min(this.settings.maxMessageBytes, this.brokerMaxMessageBytes)
  }

  join(channel: string, listener: ChannelListener): Channel {
    if (this.closed) throw new CodedError('transport-closed', 'This transport is closed', {})
    checkChannel(channel)
    const membership = new Membership(this, ++this.lastNumber, channel, listener)
    this.memberships.add(membership)
    this.cancelLinger?.()
    this.cancelLinger = undefined
    queueMicrotask(() => {
      if (membership.closed) return
      this.link?.join(membership)
      this.wake()
      this.report()
    })
    return membership
  }

  authenticate(credentials: Given<Credentials> | undefined): void {
    this.credentials = credentials
    queueMicrotask(() => {
      this.backoff.reset()
      for (const membership of this.memberships) membership.refusal = undefined
      if (this.current.state === 'refused') this.current = { state: 'connecting' }
      if (this.link !== undefined) this.lost(this.link, 'new credentials', false)
      this.backoff.cancel()
      this.wake()
      this.report()
    })
  }

  close(): Promise<void> {
    this.closed = true
    for (const membership of [...this.memberships]) membership.close()
    return this.disconnect()
  }

  leave(membership: Membership): void {
    this.memberships.delete(membership)
    if (this.memberships.size > 0 || this.closed) return
    const { environment, lingerMs } = this.settings
    this.cancelLinger = environment.schedule(() => void this.disconnect(), lingerMs, true)
  }

  opened(link: Link, maxMessageBytes: number): void {
    this.brokerMaxMessageBytes = maxMessageBytes
    this.counts.connections++
    this.current = { state: 'online' }
    for (const membership of [...this.memberships]) link.join(membership)
    this.report()
  }

  lost(link: Link, reason: string, isRefused: boolean): void {
    if (link !== this.link) return
    const { environment, stableMs } = this.settings
    this.link = undefined
    link.abandon()
    if (environment.now() - (link.openedMs ?? Number.POSITIVE_INFINITY) >= stableMs) this.backoff.reset()
    this.current = { state: isRefused ? 'refused' : 'offline', reason }
    if (!isRefused) this.backoff.wait()
    for (const membership of [...this.memberships]) membership.exit()
    this.report()
  }

  report(): void {
    for (const membership of [...this.memberships]) {
      if (this.current.state !== 'online') membership.report(this.current.state, this.current.reason)
      else if (membership.refusal !== undefined) membership.report('refused', membership.refusal)
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
      const { credentials } = this
      const given = typeof credentials === 'function' ? await (credentials as () => unknown)() : credentials
      if (link === this.link) await link.open(given)
    } catch (error) {
      this.lost(link, (error as Error)?.message || 'there are no credentials', hasCode(error, 'package-missing'))
    }
  }

  private retry(): void {
    this.wake()
    this.report()
  }

  private networkIsBack(): void {
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
