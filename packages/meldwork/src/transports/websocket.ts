import {
  channelPattern,
  decodeFrame,
  encodeFrame,
  messageBytes,
  type PresentMember,
  type RelayFrame,
  relayBounds,
  relayVersion,
} from '../codec/index.js'
import { CodedError, hasCode } from '../errors.js'
import {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  type Environment,
  maxPresenceBytes,
  type PeerId,
  platformEnvironment,
  type Transport,
} from '../ports/index.js'

/**
 * What this transport needs of a WebSocket; a browser's has it, and so has one of the package `ws`. Events come in turns of
 * their own, never inside a call.
 */
export interface WebSocketLike {
  /** Set to `arraybuffer`. */
  binaryType: string
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedAmount: number
  send(bytes: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  /** Closes without a farewell, where there is such a thing. */
  terminate?(): void
  addEventListener(type: 'open' | 'close', listener: () => void): void
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

/** The secret that a relay asks for: itself, or what fetches it, asked before each connection. Never in the URL or a log. */
export type Token = string | (() => string | undefined | Promise<string | undefined>)

/** Options of a {@link WebSocketTransport}. */
export interface WebSocketTransportOptions {
  token?: Token
  /** Opens a socket; may fail, and be asynchronous. Default: the platform's WebSocket. */
  socket?: (url: string) => WebSocketLike | Promise<WebSocketLike>
  environment?: Environment
  /** The longest message, in bytes, at least 64 KiB; a relay may lower it. Default: 1 MiB. */
  maxMessageBytes?: number
  /** Messages are dropped while this much waits to be sent. Default: 8 MiB. */
  sendBufferBytes?: number
  /** The n-th attempt waits a random time below this times 2^n. Default: 500. */
  firstBackoffMs?: number
  /** The bound of that. Default: 30,000. */
  maxBackoffMs?: number
  /** A connection that lasted so long makes the next wait short again. Default: 10,000. */
  stableMs?: number
  /** How long a connection may take until the relay's welcome. Default: 10,000. */
  connectTimeoutMs?: number
  /** A silent connection is asked after so long, and given up after twice or three times so long. Default: 10,000. */
  pingIntervalMs?: number
  /** How long the connection stays after the last channel has closed. Default: 1,000. */
  lingerMs?: number
}

/** Counts since the transport was made. */
export interface WebSocketTransportStatistics {
  /** Connections that a relay welcomed. */
  connections: number
  messagesIn: number
  messagesOut: number
  bytesIn: number
  bytesOut: number
  /** Messages not sent: not connected, the send buffer full, or too long. */
  dropped: number
  /** Messages from the relay for nobody here. */
  ignored: number
  /** Frames that made no sense: each costs the connection. */
  malformed: number
}

/**
 * A transport over one WebSocket to a relay (`transports/relay`, or `meldwork serve`).
 *
 * Connects when the first channel is joined, and by itself again when the connection is lost: after random, growing waits; at
 * once when a browser says that it is online again. It notices a connection that has died silently. After each connection,
 * channels are joined and presence is announced again, and each member has a new peer id. While it is not online, nobody is
 * present.
 *
 * It keeps no messages: what is published while it is not online, or faster than the network takes it, is dropped, and so is a
 * message longer than {@link maxMessageBytes}. Its timers do not keep a process alive.
 */
export class WebSocketTransport implements Transport {
  // Not only `private`: what inspects this object for a log must not find the token.
  readonly #session: Session

  /**
   * @param url of the relay: `ws://` or `wss://`; `http` and `https` are taken for these
   * @throws `option-invalid`
   */
  constructor(url: string, options: WebSocketTransportOptions = {}) {
    this.#session = new Session(url, options)
  }

  /** As the relay allows: it may be less from the first connection on. */
  get maxMessageBytes(): number {
    return this.#session.maxMessageBytes
  }

  /** A fresh copy at each call. */
  statistics(): WebSocketTransportStatistics {
    return { ...this.#session.counts }
  }

  /**
   * @throws `transport-closed`
   * @throws `option-invalid` for a name that a channel cannot have
   */
  join(channel: string, listener: ChannelListener): Channel {
    return this.#session.join(channel, listener)
  }

  /** Gives new credentials, and tries again at once: after a refusal, or because the old ones end. @throws `option-invalid` */
  authenticate(token: Token | undefined): void {
    this.#session.authenticate(token)
  }

  /** Resolves when the connection is closed; what was published before is still sent, if the relay takes it within 2 seconds. */
  close(): Promise<void> {
    return this.#session.close()
  }
}

/** What a transport is while links come and go: its memberships, and when to connect. */
class Session {
  readonly settings: Settings
  readonly counts: WebSocketTransportStatistics = {
    connections: 0,
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    dropped: 0,
    ignored: 0,
    malformed: 0,
  }
  /** By handle. */
  readonly memberships = new Map<number, Membership>()
  /** As the latest welcome said. */
  relayMaxMessageBytes = Number.POSITIVE_INFINITY
  private readonly url: string
  private token: Token | undefined
  private lastHandle = 0
  private link: Link | undefined
  private current: { state: ConnectionState; reason?: string } = { state: 'connecting' }
  private attempts = 0
  private cancelRetry: (() => void) | undefined
  private cancelLinger: (() => void) | undefined
  private watching = false
  private closed = false
  private readonly onOnline = () => this.networkIsBack()

  constructor(url: string, { token, ...settings }: WebSocketTransportOptions) {
    this.url = settings.socket === undefined ? checkedUrl(url) : url
    this.settings = { ...defaults, ...settings }
    if (!(this.settings.maxMessageBytes >= relayBounds.minMessage)) {
      throw invalid('maxMessageBytes', `at least ${relayBounds.minMessage}`)
    }
    this.token = checkedToken(token)
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
      this.attempts = 0
      for (const membership of this.memberships.values()) membership.refusal = undefined
      if (this.current.state === 'refused') this.current = { state: 'connecting' }
      if (this.link !== undefined) this.lost(this.link, 'new credentials', false)
      this.cancelRetry?.()
      this.cancelRetry = undefined
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
  welcome(link: Link): void {
    this.counts.connections++
    this.current = { state: 'online' }
    for (const membership of this.memberships.values()) link.join(membership)
    this.report()
  }

  /** The connection is gone, or of no use. */
  lost(link: Link, reason: string, final: boolean): void {
    if (link !== this.link) return
    const { environment, stableMs, firstBackoffMs, maxBackoffMs } = this.settings
    this.link = undefined
    link.abandon()
    if (environment.now() - (link.welcomedMs ?? Number.POSITIVE_INFINITY) >= stableMs) this.attempts = 0
    this.current = { state: final ? 'refused' : 'offline', reason }
    if (!final) {
      const boundMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** this.attempts++)
      this.cancelRetry = environment.schedule(() => this.retry(), fraction(environment) * boundMs)
    }
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
    if (this.cancelRetry !== undefined || this.current.state === 'refused') return
    this.watch(true)
    this.current = { state: 'connecting' }
    this.link = new Link(this)
    void this.open(this.link)
  }

  private async open(link: Link): Promise<void> {
    try {
      const token = typeof this.token === 'function' ? checkedToken(await this.token()) : this.token
      if (link !== this.link) return
      const socket = await this.settings.socket(this.url)
      if (link === this.link) link.attach(socket, (token as string | undefined) ?? '')
      else hangUp(socket)
    } catch (error) {
      this.lost(link, (error as Error)?.message ?? 'the connection failed', hasCode(error, 'package-missing'))
    }
  }

  private retry(): void {
    this.cancelRetry = undefined
    this.wake()
    this.report()
  }

  private networkIsBack(): void {
    this.link?.check()
    if (this.cancelRetry === undefined) return
    this.cancelRetry()
    this.attempts = 0
    this.retry()
  }

  private disconnect(): Promise<void> {
    const { link } = this
    this.link = undefined
    this.cancelRetry?.()
    this.cancelRetry = undefined
    this.cancelLinger?.()
    this.cancelLinger = undefined
    this.watch(false)
    if (this.current.state !== 'refused') this.current = { state: 'connecting' }
    return link === undefined ? Promise.resolve() : link.end()
  }

  /** Browsers and workers say when they are online again; other platforms have no such event. */
  private watch(wanted: boolean): void {
    if (wanted === this.watching) return
    this.watching = wanted
    const { addEventListener, removeEventListener } = globalThis as unknown as Partial<OnlineEvents>
    if (wanted) addEventListener?.call(globalThis, 'online', this.onOnline)
    else removeEventListener?.call(globalThis, 'online', this.onOnline)
  }
}

interface OnlineEvents {
  addEventListener(type: 'online', listener: () => void): void
  removeEventListener(type: 'online', listener: () => void): void
}

type Settings = Required<Omit<WebSocketTransportOptions, 'token'>>

const defaults: Settings = {
  socket: url => new (globalThis as unknown as { WebSocket: new (url: string) => WebSocketLike }).WebSocket(url),
  environment: platformEnvironment,
  maxMessageBytes: 1024 * 1024,
  sendBufferBytes: 8 * 1024 * 1024,
  firstBackoffMs: 500,
  maxBackoffMs: 30_000,
  stableMs: 10_000,
  connectTimeoutMs: 10_000,
  pingIntervalMs: 10_000,
  lingerMs: 1000,
}
const checkTimeoutMs = 3000
const closeTimeoutMs = 2000
const maxKnownMembers = 100_000

/** One member of a channel: kept over reconnections, under the same handle. */
class Membership implements Channel {
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
  refusal: { state: ConnectionState; reason: string } | undefined
  private readonly session: Session
  private readonly listener: ChannelListener
  private reported = ''

  constructor(session: Session, handle: number, channel: string, listener: ChannelListener) {
    this.session = session
    this.handle = handle
    this.channel = channel
    this.listener = listener
  }

  publish(bytes: Uint8Array): void {
    if (this.entered) this.session.publish({ type: 'publish', handle: this.handle, payload: bytes })
    else this.session.counts.dropped++
  }

  send(to: PeerId, bytes: Uint8Array): void {
    const receiver = this.room?.numberOf(to)
    if (!this.entered || receiver === undefined) this.session.counts.dropped++
    else this.session.publish({ type: 'send', handle: this.handle, to: receiver, payload: bytes })
  }

  /** @throws `message-too-large` */
  announce(payload: Uint8Array): void {
    if (payload.length > maxPresenceBytes) {
      const facts = { bytes: payload.length, maxBytes: maxPresenceBytes }
      throw new CodedError('message-too-large', `Presence takes at most ${maxPresenceBytes} bytes`, facts)
    }
    if (this.closed) return
    this.payload = payload.slice()
    this.session.announce(this)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.room?.local.delete(this)
    this.entered = false
    this.session.leave(this)
  }

  /** Everyone in the room is known now. */
  enter(): void {
    this.entered = true
    this.report('online')
  }

  /** The connection is gone, and everyone with it. */
  exit(): void {
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
    const { counts } = this.session
    counts.messagesIn++
    counts.bytesIn += bytes.length
    this.tell(listener => listener.message(from, bytes))
  }

  /** A listener that throws is reported and costs nobody else anything, the connection least of all. */
  private tell(what: (listener: ChannelListener) => void): void {
    if (this.closed) return
    try {
      what(this.listener)
    } catch (error) {
      console.error(`A listener of the channel ${this.channel} failed`, error)
    }
  }
}

/** A channel as one connection shows it: who is there, by number. */
class Room {
  readonly members = new Map<number, { peer: PeerId; payload: Uint8Array }>()
  readonly local = new Set<Membership>()
  private readonly numbers = new Map<PeerId, number>()

  /** @returns whether that is news */
  show(member: number, peer: PeerId, payload: Uint8Array): boolean {
    const known = this.members.get(member)
    if (known !== undefined && known.peer === peer && sameBytes(known.payload, payload)) return false
    // Copies: payloads are views into a frame that may be much larger.
    this.members.set(member, { peer, payload: payload.slice() })
    this.numbers.set(peer, member)
    return true
  }

  delete(member: number): void {
    const known = this.members.get(member)
    if (known !== undefined) this.numbers.delete(known.peer)
    this.members.delete(member)
  }

  numberOf(peer: PeerId): number | undefined {
    return this.numbers.get(peer)
  }

  seenBy(membership: Membership): Map<PeerId, Uint8Array> {
    const present = new Map<PeerId, Uint8Array>()
    for (const [number, { peer, payload }] of this.members) if (number !== membership.number) present.set(peer, payload)
    return present
  }
}

/** One connection, from the first attempt to its end. What comes from a socket after that is not heard. */
class Link {
  welcomed = false
  welcomedMs: number | undefined
  private readonly session: Session
  private readonly rooms = new Map<number, Room>()
  /** Where each member is, by number. */
  private readonly places = new Map<number, Room>()
  private socket: WebSocketLike | undefined
  private live = true
  private heard = false
  private asked = false
  private dueMs = 0
  private cancelTimer: () => void
  private ended: (() => void) | undefined

  constructor(session: Session) {
    this.session = session
    const { environment, connectTimeoutMs } = session.settings
    this.cancelTimer = environment.schedule(() => this.fail('the relay does not answer'), connectTimeoutMs)
  }

  attach(socket: WebSocketLike, token: string): void {
    this.socket = socket
    socket.binaryType = 'arraybuffer'
    const opened = () => this.send({ type: 'hello', lowest: relayVersion, highest: relayVersion, token })
    let problem: string | undefined
    socket.addEventListener('open', opened)
    socket.addEventListener('error', event => {
      problem = event.message
    })
    socket.addEventListener('close', () => {
      this.ended?.()
      this.fail(problem || 'the connection was closed')
    })
    socket.addEventListener('message', event => this.receive(event.data))
    if (socket.readyState === 1) opened()
    else if (socket.readyState > 1) this.fail('the connection was closed')
  }

  get hasRoom(): boolean {
    return this.socket !== undefined && this.socket.bufferedAmount < this.session.settings.sendBufferBytes
  }

  send(frame: RelayFrame): void {
    if (!this.live || this.socket === undefined) return
    try {
      this.socket.send(encodeFrame(frame))
    } catch {
      // Not open any more: its close event tells.
    }
  }

  join(membership: Membership): void {
    if (membership.asked || membership.refusal !== undefined) return
    membership.asked = true
    const { handle, channel, payload } = membership
    this.send({ type: 'join', handle, channel, payload })
  }

  leave(membership: Membership): void {
    if (membership.asked) this.send({ type: 'leave', handle: membership.handle })
    const { room } = membership
    if (room === undefined || room.local.size > 0) return
    for (const [number, each] of this.rooms) if (each === room) this.rooms.delete(number)
    for (const member of room.members.keys()) this.places.delete(member)
  }

  /** Asks now whether the relay is there. */
  check(): void {
    if (!this.welcomed) return
    this.ask()
    this.wait(Math.min(checkTimeoutMs, this.session.settings.pingIntervalMs))
  }

  /** Forgets the socket: nobody cares what comes of it. */
  abandon(): void {
    this.live = false
    this.cancelTimer()
    if (this.socket !== undefined) hangUp(this.socket)
  }

  /** Closes in order. Resolves when the socket has closed, or takes too long. */
  end(): Promise<void> {
    this.live = false
    this.cancelTimer()
    const { socket } = this
    if (socket === undefined || socket.readyState === 3) return Promise.resolve()
    return new Promise(resolve => {
      const { environment } = this.session.settings
      const cancel = environment.schedule(() => {
        hangUp(socket)
        resolve()
      }, closeTimeoutMs)
      this.ended = () => {
        cancel()
        resolve()
      }
      socket.close(1000)
    })
  }

  private fail(reason: string, final = false): void {
    if (this.live) this.session.lost(this, reason, final)
  }

  private receive(data: unknown) {
    if (!this.live) return
    this.heard = true
    const bytes = messageBytes(data)
    if (bytes === undefined) return this.malformed()
    let frame: RelayFrame | undefined
    try {
      frame = decodeFrame(bytes)
    } catch {
      return this.malformed()
    }
    if (frame !== undefined) this.obey(frame)
  }

  /** A relay that makes no sense may have meant anything: only a new connection gives a true picture again. */
  private malformed(): void {
    this.session.counts.malformed++
    this.fail('the relay sent what cannot be understood')
  }

  private obey(frame: RelayFrame) {
    switch (frame.type) {
      case 'message':
        return this.message(frame.from, frame.payload)
      case 'direct':
        return this.direct(frame.handle, frame.from, frame.payload)
      case 'present':
        return this.present(frame)
      case 'absent':
        return this.absent(frame.member)
      case 'joined':
        return this.joined(frame)
      case 'refused':
        return this.refused(frame)
      case 'welcome':
        return this.welcome(frame)
      case 'goodbye':
        return this.fail(frame.reason, frame.final)
      case 'ping':
        return this.send({ type: 'pong' })
      case 'pong':
        return
      default:
        return this.malformed()
    }
  }

  private welcome(frame: { version: number; maxMessageBytes: number }) {
    if (this.welcomed) return this.malformed()
    if (frame.version !== relayVersion)
      return this.fail(`the relay speaks version ${frame.version} of the protocol`, true)
    const { environment, pingIntervalMs } = this.session.settings
    this.welcomed = true
    this.welcomedMs = environment.now()
    this.session.relayMaxMessageBytes = frame.maxMessageBytes
    this.wait(pingIntervalMs)
    this.session.welcome(this)
  }

  private joined(frame: { handle: number; channel: number; member: number }) {
    const membership = this.session.memberships.get(frame.handle)
    if (membership === undefined || !membership.asked) return
    if (membership.number !== undefined) return this.malformed()
    const room = this.rooms.get(frame.channel) ?? new Room()
    this.rooms.set(frame.channel, room)
    room.local.add(membership)
    membership.room = room
    membership.number = frame.member
  }

  private refused(frame: { handle: number; final: boolean; reason: string }): void {
    const membership = this.session.memberships.get(frame.handle)
    if (membership === undefined || !membership.asked) return
    membership.asked = false
    membership.refusal = { state: frame.final ? 'refused' : 'offline', reason: frame.reason }
    this.session.report()
    if (frame.final) return
    const { environment, maxBackoffMs } = this.session.settings
    const again = () => {
      if (!this.live || membership.closed) return
      membership.refusal = undefined
      this.join(membership)
    }
    environment.schedule(again, fraction(environment) * maxBackoffMs)
  }

  private present(frame: { channel: number; members: readonly PresentMember[] }) {
    const room = this.rooms.get(frame.channel)
    if (room === undefined) return
    let news = false
    for (const { member, peer, payload } of frame.members) {
      if (room.show(member, peer, payload)) news = true
      this.places.set(member, room)
    }
    if (this.places.size > maxKnownMembers) return this.malformed()
    for (const membership of [...room.local]) {
      // A member that sees itself has seen everyone who was there before.
      const enters = !membership.entered && membership.number !== undefined && room.members.has(membership.number)
      if (enters) membership.enter()
      if (enters || (news && membership.entered)) membership.showPeers()
    }
  }

  private absent(member: number): void {
    const room = this.places.get(member)
    if (room === undefined) return
    this.places.delete(member)
    room.delete(member)
    for (const membership of [...room.local]) if (membership.entered) membership.showPeers()
  }

  private message(from: number, payload: Uint8Array): void {
    const room = this.places.get(from)
    const peer = room?.members.get(from)?.peer
    if (room === undefined || peer === undefined) {
      this.session.counts.ignored++
      return
    }
    for (const membership of room.local) {
      if (membership.number !== from && membership.entered) membership.hear(peer, payload)
    }
  }

  private direct(handle: number, from: number, payload: Uint8Array): void {
    const membership = this.session.memberships.get(handle)
    const peer = membership?.room?.members.get(from)?.peer
    if (membership === undefined || peer === undefined || !membership.entered || from === membership.number) {
      this.session.counts.ignored++
      return
    }
    membership.hear(peer, payload)
  }

  private ask(): void {
    this.heard = false
    this.asked = true
    this.send({ type: 'ping' })
  }

  private wait(ms: number): void {
    const { environment } = this.session.settings
    this.cancelTimer()
    this.dueMs = environment.now() + ms
    this.cancelTimer = environment.schedule(() => this.tick(), ms, true)
  }

  private tick() {
    const { environment, pingIntervalMs } = this.session.settings
    // A late timer means that the machine slept or this thread was busy: an answer may lie unread, so ask once more.
    const late = environment.now() - this.dueMs > pingIntervalMs / 2
    if (this.heard) {
      this.heard = false
      this.asked = false
    } else if (!this.asked || late) this.ask()
    else return this.fail('the relay has fallen silent')
    this.wait(pingIntervalMs)
  }
}

function hangUp(socket: WebSocketLike): void {
  try {
    // The package `ws` calls it an error when a socket is closed before it has opened.
    socket.addEventListener('error', () => {})
    if (socket.terminate === undefined) socket.close()
    else socket.terminate()
  } catch {
    // It is closed already.
  }
}

/** The address as a WebSocket takes it. @throws `option-invalid` */
export function checkedUrl(url: string): string {
  let checked: URL | undefined
  try {
    checked = new URL(url)
  } catch {
    // Refused below.
  }
  // The address is not in the message: it may hold a secret.
  if (checked === undefined || !/^(ws|http)s?:$/.test(checked.protocol))
    throw invalid('url', 'a ws:// or wss:// address')
  checked.protocol = checked.protocol.replace('http', 'ws')
  checked.hash = ''
  return checked.href
}

function checkedToken<Given extends Token | undefined>(token: Given): Given {
  if (typeof token === 'string' && token.length * 3 > relayBounds.token) {
    throw invalid('token', `at most ${Math.floor(relayBounds.token / 3)} characters`)
  }
  return token
}

function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} must be ${expected}`, { option, expected })
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

/** A random number from 0 up to 1. */
function fraction(environment: Environment): number {
  const [a, b, c] = environment.random(3)
  return (a * 65536 + b * 256 + c) / 0x1000000
}
