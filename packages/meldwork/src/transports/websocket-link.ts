import { decodeFrame, encodeFrame, messageBytes, type RelayFrame, relayVersion } from '../codec/index.js'
import { fraction } from '../ports/index.js'
import { Heartbeat } from './websocket-heartbeat.js'
import type { Membership } from './websocket-membership.js'
import type { Settings } from './websocket-options.js'
import { Presence } from './websocket-presence.js'
import { hangUp, type WebSocketLike } from './websocket-socket.js'
import type { WebSocketTransportStatistics } from './websocket-statistics.js'

/** What a link needs of the transport that it connects. */
export interface LinkHost {
  readonly settings: Settings
  readonly counts: WebSocketTransportStatistics
  /** By handle. */
  readonly memberships: ReadonlyMap<number, Membership>
  /** The relay has let us in. */
  welcome(link: Link, maxMessageBytes: number): void
  /** The connection is gone, or of no use. */
  lost(link: Link, reason: string, final: boolean): void
  /** Tells each member its state, where that has changed. */
  report(): void
}

/** One connection, from the first attempt to its end. What comes from a socket after that is not heard. */
export class Link {
  welcomed = false
  welcomedMs: number | undefined
  private readonly host: LinkHost
  private readonly presence = new Presence()
  private readonly heartbeat: Heartbeat
  private readonly cancelConnectTimer: () => void
  private socket: WebSocketLike | undefined
  private live = true
  private ended: (() => void) | undefined

  constructor(host: LinkHost) {
    this.host = host
    const { environment, connectTimeoutMs } = host.settings
    this.cancelConnectTimer = environment.schedule(() => this.fail('the relay does not answer'), connectTimeoutMs)
    const ping = () => this.send({ type: 'ping' })
    this.heartbeat = new Heartbeat(host.settings, ping, () => this.fail('the relay has fallen silent'))
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
    return this.socket !== undefined && this.socket.bufferedAmount < this.host.settings.sendBufferBytes
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
    this.presence.left(membership)
  }

  /** Asks now whether the relay is there. */
  check(): void {
    if (this.welcomed) this.heartbeat.check()
  }

  /** Forgets the socket: nobody cares what comes of it. */
  abandon(): void {
    this.stop()
    if (this.socket !== undefined) hangUp(this.socket)
  }

  /** Closes in order. Resolves when the socket has closed, or takes too long. */
  end(): Promise<void> {
    this.stop()
    const { socket } = this
    if (socket === undefined || socket.readyState === 3) return Promise.resolve()
    return new Promise(resolve => {
      const { environment } = this.host.settings
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

  private stop(): void {
    this.live = false
    this.cancelConnectTimer()
    this.heartbeat.stop()
  }

  private fail(reason: string, final = false): void {
    if (this.live) this.host.lost(this, reason, final)
  }

  private receive(data: unknown) {
    if (!this.live) return
    this.heartbeat.beat()
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
    this.host.counts.malformed++
    this.fail('the relay sent what cannot be understood')
  }

  private obey(frame: RelayFrame) {
    switch (frame.type) {
      case 'message':
        return this.count(this.presence.message(frame.from, frame.payload))
      case 'direct':
        return this.direct(frame.handle, frame.from, frame.payload)
      case 'present':
        if (!this.presence.present(frame.channel, frame.members)) this.malformed()
        return
      case 'absent':
        return this.presence.absent(frame.member)
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
    this.welcomed = true
    this.welcomedMs = this.host.settings.environment.now()
    this.cancelConnectTimer()
    this.heartbeat.start()
    this.host.welcome(this, frame.maxMessageBytes)
  }

  private joined(frame: { handle: number; channel: number; member: number }) {
    const membership = this.host.memberships.get(frame.handle)
    if (membership === undefined || !membership.asked) return
    if (membership.number !== undefined) return this.malformed()
    this.presence.joined(membership, frame.channel, frame.member)
  }

  private refused(frame: { handle: number; final: boolean; reason: string }): void {
    const membership = this.host.memberships.get(frame.handle)
    if (membership === undefined || !membership.asked) return
    membership.asked = false
    membership.refusal = { state: frame.final ? 'refused' : 'offline', reason: frame.reason }
    this.host.report()
    if (!frame.final) this.rejoinLater(membership)
  }

  private rejoinLater(membership: Membership): void {
    const { environment, maxBackoffMs } = this.host.settings
    const again = () => {
      membership.refusal = undefined
      this.join(membership)
    }
    membership.cancelRejoin = environment.schedule(again, fraction(environment) * maxBackoffMs)
  }

  private direct(handle: number, from: number, payload: Uint8Array): void {
    const membership = this.host.memberships.get(handle)
    this.count(membership !== undefined && this.presence.direct(membership, from, payload))
  }

  /** Counts a message that was for nobody here. */
  private count(heard: boolean): void {
    if (!heard) this.host.counts.ignored++
  }
}

const closeTimeoutMs = 2000
