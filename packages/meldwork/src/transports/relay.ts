import {
  decodeFrame,
  encodeFrame,
  goodbyeCodes,
  messageBytes,
  type PresentMember,
  type RelayFrame,
  refusedCodes,
  relayBounds,
  relayVersion,
} from '../codec/index.js'
import { CodedError } from '../errors.js'
import { type Environment, platformEnvironment } from '../ports/index.js'

/** What a relay needs of a WebSocket: `ws`, a browser's, and a {@link socketPair} have it. Events must come in later turns. */
export interface RelaySocket {
  /** As of the WebSocket interface: 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedAmount: number
  send(bytes: Uint8Array): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'close', listener: () => void): void
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  /** Closes without a farewell. */
  terminate?(): void
  /** Stops reading from the network, so that a client that is too fast is slowed down instead of losing messages. */
  pause?(): void
  resume?(): void
}

/** What whoever accepted the connection knows of it (address, origin ...): handed to the hooks, never looked at. */
export type RequestFacts = Readonly<Record<string, unknown>>

/** What the hooks know of a connection. */
export interface RelayConnection {
  /** Random, new with each connection: fit for logs. */
  readonly id: string
  readonly request: RequestFacts
  /** What `authorize` found out about the one who connects. */
  readonly principal: unknown
}

/** A hook's answer. A `reason` is shown to the client. `principal`, from `authorize`, is shown to `mayJoin`. */
export type Verdict = boolean | { readonly allowed: boolean; readonly reason?: string; readonly principal?: unknown }

/** Options of a {@link Relay}. A limit left out has the default that is named here. */
export interface RelayOptions {
  /** Whether one with this token (`undefined`: none given) may connect. Default: everyone may. */
  authorize?: (token: string | undefined, request: RequestFacts) => Verdict | Promise<Verdict>
  /** Whether a connection may join a channel. Default: any. */
  mayJoin?: (channel: string, connection: RelayConnection) => Verdict | Promise<Verdict>
  /** Told what a hook threw. The client is told only to come again later. Default: `console.error`. */
  report?: (error: unknown) => void
  environment?: Environment
  /** The longest message; at least 64 KiB. Default: 1 MiB. */
  maxMessageBytes?: number
  /** Default: 1,000. */
  maxConnections?: number
  /** Memberships of one connection. Default: 1,000. */
  maxChannelsPerConnection?: number
  /** What one connection may send, in the long run; it may send two seconds' worth at once. Default: 16 MiB. */
  bytesPerSecond?: number
  /** Default: 10,000. */
  messagesPerSecond?: number
  /** Messages to a connection are dropped while this much waits to be sent to it. Default: 8 MiB. */
  sendBufferBytes?: number
  /** A connection whose buffer was never below the bound for so long is closed. Default: 30,000. */
  slowTimeoutMs?: number
  /** A connection that was silent for so long, and did not answer a ping, is closed. Default: 90,000. */
  idleTimeoutMs?: number
}

/** Counts since the relay began, except the first three, which are of now. Flat, for a health page or metrics. */
export interface RelayStatistics {
  connections: number
  channels: number
  members: number
  accepted: number
  /** Connections and memberships that were not let in. */
  refused: number
  messagesIn: number
  bytesIn: number
  messagesOut: number
  bytesOut: number
  /** Messages dropped because the sender was too fast. */
  droppedRate: number
  /** Messages dropped because the receiver was too slow, counted for each receiver. */
  droppedSlow: number
  /** Messages dropped because they were longer than allowed. */
  droppedLong: number
  /** Messages dropped because sender or receiver is not, or no longer, a member. */
  droppedAbsent: number
  /** Connections closed because of what they sent. */
  malformed: number
  /** Frames of unknown type, skipped. */
  unknown: number
}

/**
 * Relays messages between the members of channels, over WebSockets. Pure logic: whoever mounts it, on whatever server, hands it each
 * accepted socket. Speaks the protocol of {@link RelayFrame}.
 *
 * It never reads what it relays, keeps nothing, and promises no delivery: the clones make up for what is dropped. A client that
 * sends nonsense, too much, or reads too slowly costs itself only. Presence is never dropped: a connection that cannot even
 * take that is closed.
 */
export class Relay {
  private readonly options: Required<RelayOptions>
  private readonly connections = new Set<Connection>()
  private readonly rooms = new Map<string, Room>()
  /** Members in rooms, by number. */
  private readonly members = new Map<number, Member>()
  private readonly doomed: { connection: Connection; farewell: Farewell | undefined }[] = []
  private burying = false
  private lastNumber = 0
  private stopSweeping: (() => void) | undefined
  private closed = false
  private readonly counts = {
    accepted: 0,
    refused: 0,
    messagesIn: 0,
    bytesIn: 0,
    messagesOut: 0,
    bytesOut: 0,
    droppedRate: 0,
    droppedSlow: 0,
    droppedLong: 0,
    droppedAbsent: 0,
    malformed: 0,
    unknown: 0,
  }

  /** @throws `option-invalid` */
  constructor(options: RelayOptions = {}) {
    this.options = { ...defaults, ...options }
    if (!(this.options.maxMessageBytes >= relayBounds.minMessage)) {
      const expected = `at least ${relayBounds.minMessage}`
      throw new CodedError('option-invalid', `maxMessageBytes is ${expected}`, { option: 'maxMessageBytes', expected })
    }
  }

  /** The longest frame, in bytes, that a server need accept: for its own limit on messages. */
  get maxFrameBytes(): number {
    return this.options.maxMessageBytes + relayBounds.frame
  }

  /** Takes over a connection: an open socket, and what is known of the request that opened it. */
  accept(socket: RelaySocket, request: RequestFacts = {}) {
    const { environment } = this.options
    const connection = new Connection(socket, request, hex(environment.random(12)), this.options)
    this.counts.accepted++
    this.connections.add(connection)
    socket.addEventListener('close', () => this.end(connection))
    socket.addEventListener('error', () => this.end(connection))
    socket.addEventListener('message', event => this.receive(connection, event.data))
    if (this.closed) return this.end(connection, farewell('closing', false, 'the relay is closing'))
    if (this.connections.size > this.options.maxConnections) {
      this.counts.refused++
      return this.end(connection, farewell('busy', false, 'the relay has too many connections'))
    }
    this.stopSweeping ??= environment.schedule(() => this.sweep(), this.options.idleTimeoutMs / 8, true)
  }

  /**
   * A connection from inside this process: hand it to a WebSocketTransport by
   * `new WebSocketTransport('memory:', { socket: () => relay.connect() })`.
   */
  connect(request: RequestFacts = {}): SocketEnd {
    const [near, far] = socketPair()
    this.accept(far, request)
    return near
  }

  /** How it is, and what it did. A fresh object at each call. */
  statistics(): RelayStatistics {
    const { connections, rooms, members } = this
    return { connections: connections.size, channels: rooms.size, members: members.size, ...this.counts }
  }

  /** Says goodbye to everyone; later connections are turned away. Idempotent. */
  close(): void {
    this.closed = true
    this.stopSweeping?.()
    const all = [...this.connections]
    // None is told that the others leave.
    for (const connection of all) connection.open = false
    for (const connection of all) this.bury(connection, farewell('closing', false, 'the relay is closing'))
  }

  private receive(connection: Connection, data: unknown) {
    if (!connection.open) return
    connection.heardMs = this.options.environment.now()
    const bytes = messageBytes(data)
    let frame: RelayFrame | undefined
    try {
      if (bytes === undefined) return this.malformed(connection, 'a message that is not binary')
      frame = decodeFrame(bytes)
    } catch (error) {
      return this.malformed(connection, (error as Error).message)
    }
    if (!this.affords(connection, bytes.length, frame)) return
    if (frame !== undefined) return this.obey(connection, frame)
    if (!connection.greeted) return this.malformed(connection, 'no hello')
    this.counts.unknown++
  }

  /**
   * Keeps a connection to its rate. A socket that can be paused is paused, so that the network slows its sender; what had been
   * read by then goes on debt. Of any other socket, and beyond that debt, messages are dropped. All other frames are
   * needed (a lost `leave` would leave a ghost), so who sends too many of them is sent away.
   */
  private affords(connection: Connection, bytes: number, frame: RelayFrame | undefined): boolean {
    const { rate, socket } = connection
    const { environment } = this.options
    const pausable = socket.pause !== undefined && socket.resume !== undefined
    rate.earn(connection.heardMs)
    if (rate.debtMs > (pausable ? burstMs : 0) && (frame?.type === 'publish' || frame?.type === 'send')) {
      this.counts.droppedRate++
      return false
    }
    rate.spend(bytes)
    if (rate.debtMs > 0 && pausable && connection.cancelResume === undefined) {
      socket.pause?.()
      connection.cancelResume = environment.schedule(
        () => {
          connection.cancelResume = undefined
          connection.heardMs = environment.now()
          socket.resume?.()
        },
        Math.min(rate.debtMs, longestPauseMs),
      )
    }
    if (rate.hopeless) this.end(connection, farewell('rate', false, 'it sends too much'))
    return connection.open
  }

  private obey(connection: Connection, frame: RelayFrame) {
    if (frame.type === 'pong') return
    if (frame.type === 'ping') return this.tell(connection, pong)
    if (frame.type === 'hello') return this.hello(connection, frame)
    if (!connection.welcomed) return this.malformed(connection, `${frame.type} before a welcome`)
    switch (frame.type) {
      case 'publish':
        return this.publish(connection, frame.handle, frame.payload)
      case 'send':
        return this.send(connection, frame.handle, frame.to, frame.payload)
      case 'announce':
        return this.announce(connection, frame.handle, frame.payload)
      case 'join':
        return this.join(connection, frame.handle, frame.channel, frame.payload)
      case 'leave':
        return this.leave(connection, frame.handle)
      default:
        return this.malformed(connection, `${frame.type} from a client`)
    }
  }

  private hello(connection: Connection, frame: { lowest: number; highest: number; token: string }) {
    if (connection.greeted) return this.malformed(connection, 'a second hello')
    connection.greeted = true
    if (frame.lowest > relayVersion || frame.highest < relayVersion) {
      this.counts.refused++
      return this.end(
        connection,
        farewell('version', true, `this relay speaks version ${relayVersion} of the protocol`),
      )
    }
    const ask = () => this.options.authorize(frame.token === '' ? undefined : frame.token, connection.request)
    this.ask(ask, verdict => {
      if (!connection.open) return
      if (verdict === undefined) {
        return this.end(connection, farewell('unavailable', false, 'the relay cannot check credentials now'))
      }
      if (!verdict.allowed) {
        this.counts.refused++
        return this.end(
          connection,
          farewell('unauthorized', true, verdict.reason ?? 'the credentials are not accepted'),
        )
      }
      connection.principal = verdict.principal
      connection.welcomed = true
      const { maxMessageBytes } = this.options
      const welcome = { type: 'welcome', version: relayVersion, maxMessageBytes, connection: connection.id } as const
      this.tell(connection, encodeFrame(welcome))
    })
  }

  private join(connection: Connection, handle: number, channel: string, payload: Uint8Array) {
    const { memberships } = connection
    if (memberships.has(handle)) return this.malformed(connection, 'a handle that is in use')
    if (memberships.size >= this.options.maxChannelsPerConnection) {
      return this.refuse(connection, handle, refusedCodes.channelLimit, false, 'too many channels on one connection')
    }
    // A copy: the payload is a view into a buffer that may be much larger.
    const member = new Member(connection, handle, channel, payload.slice())
    memberships.set(handle, member)
    this.ask(
      () => this.options.mayJoin(channel, connection),
      verdict => {
        if (!connection.open || memberships.get(handle) !== member) return
        if (verdict?.allowed) return this.enter(member)
        memberships.delete(handle)
        const reason = verdict === undefined ? 'the relay cannot check permissions now' : verdict.reason
        const code = verdict === undefined ? refusedCodes.unavailable : refusedCodes.forbidden
        this.refuse(connection, handle, code, verdict !== undefined, reason ?? 'this channel may not be joined')
      },
    )
  }

  private refuse(connection: Connection, handle: number, code: number, final: boolean, reason: string): void {
    this.counts.refused++
    this.tell(connection, encodeFrame({ type: 'refused', handle, code, final, reason }))
  }

  private enter(member: Member): void {
    const { connection, channel, handle } = member
    const room = this.rooms.get(channel) ?? new Room(channel, ++this.lastNumber)
    this.rooms.set(channel, room)
    member.number = ++this.lastNumber
    member.peer = `${connection.id}-${member.number.toString(36)}`
    const joined = { handle, channel: room.number, member: member.number, peer: member.peer }
    this.members.set(member.number, member)
    room.add(member)
    this.tell(connection, encodeFrame({ type: 'joined', ...joined }))
    for (const frame of room.listing()) this.tell(connection, frame)
    this.show(member, connection)
  }

  private leave(connection: Connection, handle: number): void {
    const member = connection.memberships.get(handle)
    if (member === undefined) return
    connection.memberships.delete(handle)
    const room = member.room
    if (room === undefined) return
    this.members.delete(member.number)
    room.delete(member)
    if (room.members.size === 0) this.rooms.delete(room.channel)
    const frame = encodeFrame({ type: 'absent', member: member.number })
    for (const receiver of room.connections.keys()) this.tell(receiver, frame)
  }

  private announce(connection: Connection, handle: number, payload: Uint8Array): void {
    const member = connection.memberships.get(handle)
    if (member === undefined) return
    member.payload = payload.slice()
    this.show(member)
  }

  /** Tells the room of a new member, or of its new payload; except a connection that knows. */
  private show(member: Member, informed?: Connection): void {
    const { room, number, peer, payload } = member
    if (room === undefined) return
    const frame = { type: 'present', channel: room.number, members: [{ member: number, peer, payload }] } as const
    const bytes = encodeFrame(frame)
    for (const receiver of room.connections.keys()) if (receiver !== informed) this.tell(receiver, bytes)
  }

  private publish(connection: Connection, handle: number, payload: Uint8Array): void {
    const member = this.sender(connection, handle, payload)
    if (member?.room === undefined) return
    const frame = encodeFrame({ type: 'message', from: member.number, payload })
    for (const [receiver, memberCount] of member.room.connections) {
      // One frame serves all members of a connection; its client keeps it from the sender.
      if (receiver !== connection || memberCount > 1) this.deliver(receiver, frame)
    }
  }

  private send(connection: Connection, handle: number, to: number, payload: Uint8Array): void {
    const member = this.sender(connection, handle, payload)
    if (member === undefined) return
    const receiver = this.members.get(to)
    if (receiver === undefined || receiver === member || receiver.room !== member.room) {
      this.counts.droppedAbsent++
      return
    }
    const frame = { type: 'direct', handle: receiver.handle, from: member.number, payload } as const
    this.deliver(receiver.connection, encodeFrame(frame))
  }

  /** The member behind a handle, if it may send this now. */
  private sender(connection: Connection, handle: number, payload: Uint8Array): Member | undefined {
    this.counts.messagesIn++
    this.counts.bytesIn += payload.length
    const member = connection.memberships.get(handle)
    if (payload.length > this.options.maxMessageBytes) this.counts.droppedLong++
    else if (member?.room === undefined) this.counts.droppedAbsent++
    else return member
    return undefined
  }

  /** Sends a message, or drops it when the receiver is too slow. */
  private deliver(connection: Connection, frame: Uint8Array): void {
    if (!connection.open) return
    if (connection.socket.bufferedAmount > this.options.sendBufferBytes) {
      this.counts.droppedSlow++
      connection.slowSinceMs ??= this.options.environment.now()
      return
    }
    connection.slowSinceMs = undefined
    this.counts.messagesOut++
    this.counts.bytesOut += frame.length
    this.write(connection, frame)
  }

  /** Sends what must not be lost; one that cannot take it is closed, and learns it when it comes again. */
  private tell(connection: Connection, frame: Uint8Array): void {
    if (!connection.open) return
    if (connection.socket.bufferedAmount > 2 * this.options.sendBufferBytes) this.end(connection)
    else this.write(connection, frame)
  }

  private write(connection: Connection, frame: Uint8Array): void {
    try {
      connection.socket.send(frame)
    } catch {
      this.end(connection)
    }
  }

  private malformed(connection: Connection, reason: string): void {
    this.counts.malformed++
    this.end(connection, farewell('malformed', false, reason))
  }

  /**
   * Ends a connection, with a farewell or without (it has closed, or is beyond hope). Ends are queued, because telling the others
   * of one may end another: recursion would go as deep as there are connections.
   */
  private end(connection: Connection, farewell?: Farewell): void {
    if (!connection.open) return
    connection.open = false
    this.doomed.push({ connection, farewell })
    if (this.burying) return
    this.burying = true
    for (let next = this.doomed.shift(); next !== undefined; next = this.doomed.shift()) {
      this.bury(next.connection, next.farewell)
    }
    this.burying = false
  }

  private bury(connection: Connection, farewell: Farewell | undefined): void {
    this.connections.delete(connection)
    if (connection.cancelResume !== undefined) {
      connection.cancelResume()
      connection.socket.resume?.()
    }
    closeSocket(connection.socket, farewell)
    for (const handle of [...connection.memberships.keys()]) this.leave(connection, handle)
    if (this.connections.size > 0) return
    this.stopSweeping?.()
    this.stopSweeping = undefined
  }

  /** Now and then: asks those who are silent, closes those who are gone or hopelessly slow. */
  private sweep(): void {
    const { environment, idleTimeoutMs, slowTimeoutMs } = this.options
    const nowMs = environment.now()
    for (const connection of [...this.connections]) {
      if (connection.cancelResume !== undefined) continue
      const silentMs = nowMs - connection.heardMs
      const slowMs = nowMs - (connection.slowSinceMs ?? nowMs)
      if (connection.socket.bufferedAmount <= this.options.sendBufferBytes) connection.slowSinceMs = undefined
      else if (slowMs > slowTimeoutMs) this.end(connection)
      const waiting = !connection.welcomed && nowMs - connection.acceptedMs > idleTimeoutMs / 4
      if (waiting || silentMs > idleTimeoutMs)
        this.end(connection, farewell('idle', false, 'nothing was heard for long'))
      else if (silentMs > idleTimeoutMs / 2) this.tell(connection, ping)
    }
    this.stopSweeping =
      this.connections.size > 0 ? environment.schedule(() => this.sweep(), idleTimeoutMs / 8, true) : undefined
  }

  /** Asks a hook; the answer is `undefined` when it failed. In the same turn, unless the hook is asynchronous. */
  private ask(hook: () => Verdict | Promise<Verdict>, answer: (verdict: Decision | undefined) => void) {
    const failed = (error: unknown) => {
      this.options.report(error)
      answer(undefined)
    }
    let verdict: Verdict | Promise<Verdict>
    try {
      verdict = hook()
    } catch (error) {
      return failed(error)
    }
    if (isPromise(verdict)) verdict.then(settled => answer(decision(settled)), failed)
    else answer(decision(verdict))
  }
}

const defaults: Required<RelayOptions> = {
  authorize: () => true,
  mayJoin: () => true,
  report: error => console.error('A hook of the relay failed', error),
  environment: platformEnvironment,
  maxMessageBytes: 1024 * 1024,
  maxConnections: 1000,
  maxChannelsPerConnection: 1000,
  bytesPerSecond: 16 * 1024 * 1024,
  messagesPerSecond: 10_000,
  sendBufferBytes: 8 * 1024 * 1024,
  slowTimeoutMs: 30_000,
  idleTimeoutMs: 90_000,
}

const ping = encodeFrame({ type: 'ping' })
const pong = encodeFrame({ type: 'pong' })

type Decision = Exclude<Verdict, boolean>
type Farewell = Extract<RelayFrame, { type: 'goodbye' }>

const decision = (verdict: Verdict): Decision => (typeof verdict === 'object' ? verdict : { allowed: verdict })
const isPromise = (verdict: Verdict | Promise<Verdict>): verdict is Promise<Verdict> =>
  typeof verdict === 'object' && 'then' in verdict
const hex = (bytes: Uint8Array) => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
const farewell = (code: keyof typeof goodbyeCodes, final: boolean, reason: string): Farewell => ({
  type: 'goodbye',
  code: goodbyeCodes[code],
  final,
  reason,
})

function closeSocket(socket: RelaySocket, farewell: Farewell | undefined) {
  try {
    if (farewell === undefined) return socket.terminate === undefined ? socket.close() : socket.terminate()
    socket.send(encodeFrame(farewell))
    socket.close(4000 + farewell.code)
  } catch {
    // It is closed already: all that was wanted.
  }
}

/** One accepted socket. */
class Connection implements RelayConnection {
  readonly socket: RelaySocket
  readonly request: RequestFacts
  readonly id: string
  readonly rate: Rate
  readonly memberships = new Map<number, Member>()
  principal: unknown
  open = true
  greeted = false
  welcomed = false
  readonly acceptedMs: number
  heardMs: number
  /** Since when messages to it have been dropped without a pause. */
  slowSinceMs: number | undefined
  /** Set while the socket is paused. */
  cancelResume: (() => void) | undefined

  constructor(socket: RelaySocket, request: RequestFacts, id: string, options: Required<RelayOptions>) {
    this.socket = socket
    this.request = request
    this.id = id
    this.acceptedMs = options.environment.now()
    this.heardMs = this.acceptedMs
    this.rate = new Rate(options.bytesPerSecond, options.messagesPerSecond, this.acceptedMs)
  }
}

/** One membership of one connection; in a room as soon as it has been allowed. */
class Member {
  readonly connection: Connection
  readonly handle: number
  readonly channel: string
  payload: Uint8Array
  room: Room | undefined
  number = 0
  peer = ''

  constructor(connection: Connection, handle: number, channel: string, payload: Uint8Array) {
    this.connection = connection
    this.handle = handle
    this.channel = channel
    this.payload = payload
  }
}

/** A channel that has members. */
class Room {
  readonly channel: string
  readonly number: number
  readonly members = new Set<Member>()
  /** The connections that have members here, with their number. */
  readonly connections = new Map<Connection, number>()

  constructor(channel: string, number: number) {
    this.channel = channel
    this.number = number
  }

  add(member: Member): void {
    member.room = this
    this.members.add(member)
    this.connections.set(member.connection, (this.connections.get(member.connection) ?? 0) + 1)
  }

  delete(member: Member): void {
    member.room = undefined
    this.members.delete(member)
    const left = (this.connections.get(member.connection) ?? 0) - 1
    if (left > 0) this.connections.set(member.connection, left)
    else this.connections.delete(member.connection)
  }

  /** All members as `present` frames, none much longer than the shortest limit on messages allows. */
  *listing(): Generator<Uint8Array> {
    let members: PresentMember[] = []
    let payloadBytes = 0
    for (const { number, peer, payload } of this.members) {
      members.push({ member: number, peer, payload })
      payloadBytes += payload.length + 64
      if (payloadBytes < relayBounds.minMessage / 2) continue
      yield encodeFrame({ type: 'present', channel: this.number, members })
      members = []
      payloadBytes = 0
    }
    if (members.length > 0) yield encodeFrame({ type: 'present', channel: this.number, members })
  }
}

/** What a connection may send: two token buckets, of bytes and of messages, counted in milliseconds' worth of credit. */
class Rate {
  private readonly msPerByte: number
  private readonly msPerMessage: number
  private atMs: number
  private bytes = burstMs
  private messages = burstMs

  constructor(bytesPerSecond: number, messagesPerSecond: number, nowMs: number) {
    this.msPerByte = 1000 / bytesPerSecond
    this.msPerMessage = 1000 / messagesPerSecond
    this.atMs = nowMs
  }

  /** A clock that is set back or forth gives nothing away beyond a burst. */
  earn(nowMs: number): void {
    const passedMs = Math.min(Math.max(nowMs - this.atMs, 0), burstMs)
    this.atMs = nowMs
    this.bytes = Math.min(this.bytes + passedMs, burstMs)
    this.messages = Math.min(this.messages + passedMs, burstMs)
  }

  /** Pays for a frame of so many bytes. */
  spend(bytes: number): void {
    this.bytes -= bytes * this.msPerByte
    this.messages -= this.msPerMessage
  }

  /** How long until there is credit again; 0 while there is. */
  get debtMs(): number {
    return Math.max(0, -this.bytes, -this.messages)
  }

  /** Deeper in debt than messages alone can bring one. */
  get hopeless(): boolean {
    return this.messages < -2 * burstMs
  }
}

const burstMs = 2000
const longestPauseMs = 5000

/** One end of a {@link socketPair}. */
export interface SocketEnd extends RelaySocket {
  binaryType: string
}

/**
 * Two connected sockets inside one process. Messages arrive in order, as microtasks; bytes are not copied.
 */
export function socketPair(): [SocketEnd, SocketEnd] {
  const near = new PairedSocket()
  const far = new PairedSocket()
  near.other = far
  far.other = near
  return [near, far]
}

type PairListener = (event: { data: unknown; message?: string }) => void

class PairedSocket implements SocketEnd {
  binaryType = 'arraybuffer'
  readyState = 1
  bufferedAmount = 0
  other: PairedSocket = this
  private readonly listeners: { type: string; listener: PairListener }[] = []

  addEventListener(type: string, listener: PairListener): void {
    this.listeners.push({ type, listener })
  }

  send(bytes: Uint8Array): void {
    if (this.readyState !== 1) return
    this.bufferedAmount += bytes.length
    queueMicrotask(() => {
      this.bufferedAmount -= bytes.length
      if (this.other.readyState === 1) this.other.emit('message', bytes)
    })
  }

  close(): void {
    if (this.readyState !== 1) return
    this.readyState = 2
    // What was sent before arrives before.
    queueMicrotask(() => {
      for (const end of [this.other, this]) {
        if (end.readyState === 3) continue
        end.readyState = 3
        end.emit('close', undefined)
      }
    })
  }

  private emit(type: string, data: unknown): void {
    for (const each of this.listeners) if (each.type === type) each.listener({ data })
  }
}
