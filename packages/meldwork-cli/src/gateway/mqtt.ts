import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Aedes, AedesPublishPacket, AuthenticateError, Client, PublishPacket } from 'aedes'
import type { RequestFacts, Verdict } from 'meldwork/transports/relay'
import { cannotListen } from './listening.js'
import { MqttGuard, streamPair } from './mqtt-guard.js'
import { anyPart, isConnection, isPeerOf, placeOf } from './mqtt-topics.js'
import type { GatewayLimits } from './options.js'

/** What an {@link MqttService} is made of. */
export interface MqttParts {
  readonly limits: GatewayLimits
  /** Whether one with this token may connect. */
  authorize(token: string | undefined, request: RequestFacts): Verdict | Promise<Verdict>
  /** Whether a connection may take part in a channel. */
  mayJoin(channel: string, request: RequestFacts, principal: unknown): Verdict | Promise<Verdict>
  report(error: unknown): void
}

/** Counts since the broker began, except the first two, which are of now. */
export interface MqttStatistics {
  connections: number
  /** Members that are shown, of all channels. */
  members: number
  accepted: number
  /** Connections and subscriptions that were not let in. */
  refused: number
  messagesIn: number
  bytesIn: number
  messagesOut: number
  bytesOut: number
  /** Messages dropped because the receiver was too slow, counted for each receiver. */
  droppedSlow: number
  /** Connections closed because of what they sent. */
  malformed: number
}

/** One connection. */
interface Visitor {
  readonly request: RequestFacts
  principal: unknown
  /** Whether it may take part in a channel, asked once for each. */
  readonly channels: Map<string, boolean | Promise<boolean>>
  /** The topics where it is shown. */
  readonly shown: Set<string>
  subscriptions: number
  /** Since when it has not read what it was sent. */
  slowSinceMs: number | undefined
}

/**
 * The embedded broker of MQTT 3.1.1, for clones that come by `MqttTransport`. It takes only what they send: nobody reads other topics, or those of channels that
 * the gateway would not let them join, or what is sent to another member; nobody speaks for another connection. It keeps who is there while they are there,
 * and nothing else.
 */
export class MqttService {
  private readonly parts: MqttParts
  private readonly counts = {
    accepted: 0,
    refused: 0,
    messagesIn: 0,
    bytesIn: 0,
    messagesOut: 0,
    bytesOut: 0,
    droppedSlow: 0,
    malformed: 0,
  }
  private readonly visitors = new Map<Duplex, Visitor>()
  private readonly sockets = new Set<Duplex>()
  private broker: Aedes | undefined
  private server: Server | undefined

  constructor(parts: MqttParts) {
    this.parts = parts
  }

  /** The longest packet, in bytes. */
  get maxPacketBytes(): number {
    return this.parts.limits.maxMessageBytes + packetBytes
  }

  async open(): Promise<void> {
    const { Aedes } = await import('aedes')
    this.broker = await Aedes.createBroker({
      connectTimeout: 10_000,
      // A slow reader is dealt with below.
      drainTimeout: 0,
      maxTopicLevels: 8,
      preConnect: (_, packet, done) =>
        packet.clean ? done(null, true) : done(new Error('sessions are not kept'), false),
      authenticate: (client, _, password, done) => this.authenticate(client, password?.toString(), done),
      authorizeSubscribe: (client, subscription, done) => {
        const { topic, qos } = subscription
        this.whether(this.maySubscribe(client, topic), isAllowed => {
          if (!isAllowed) this.counts.refused++
          done(null, isAllowed ? { ...subscription, qos: qos === 0 ? 0 : 1 } : null)
        })
      },
      authorizePublish: (client, packet, done) => {
        this.whether(client === null || this.mayPublish(client, packet), isAllowed =>
          done(isAllowed ? null : new Error('nobody may publish that')),
        )
      },
      authorizeForward: (client, packet) => (this.reaches(client, packet) ? packet : null),
    })
    this.broker.on('clientDisconnect', client => this.left(client))
    const failed = (_: Client, { code, errorCode }: Error & { code?: string; errorCode?: number }) => {
      // The others are of the network, or were refused.
      if (code === undefined && errorCode === undefined) this.counts.malformed++
    }
    this.broker.on('clientError', failed).on('connectionError', failed)
    ;(this.broker as NodeJS.EventEmitter).on('error', error => this.parts.report(error))
  }

  /**
   * Takes connections over TCP.
   * @returns the port
   * @throws CodedError `port-in-use`, `address-unusable`
   */
  async listen(host: string, port: number): Promise<number> {
    const server = createServer({ noDelay: true }, socket => this.take(socket))
    server.maxConnections = this.parts.limits.maxConnections + 100
    const listening = once(server, 'listening')
    server.listen({ host, port })
    try {
      await listening
    } catch (cause) {
      throw cannotListen('mqtt', host, port, cause)
    }
    server.on('error', error => this.parts.report(error))
    this.server = server
    return (server.address() as AddressInfo).port
  }

  /** Takes over a connection. */
  accept(stream: Duplex, request: RequestFacts): void {
    const { maxPacketBytes, broker, visitors, sockets } = this
    const { bytesPerSecond, messagesPerSecond } = this.parts.limits
    const guard = new MqttGuard(stream, { maxPacketBytes, bytesPerSecond, packetsPerSecond: messagesPerSecond })
    const nobody = { principal: undefined, subscriptions: 0, slowSinceMs: undefined }
    visitors.set(guard, { ...nobody, request, channels: new Map(), shown: new Set() })
    sockets.add(stream)
    guard.on('close', () => {
      visitors.delete(guard)
      sockets.delete(stream)
    })
    if (broker === undefined || broker.closed) stream.destroy()
    else broker.handle(guard)
  }

  /** A connection from within this process. */
  connect(request: RequestFacts): Duplex {
    const [near, far] = streamPair()
    this.accept(far, request)
    return near
  }

  /** A fresh copy at each call. */
  statistics(): MqttStatistics {
    let members = 0
    for (const { shown } of this.visitors.values()) members += shown.size
    return { connections: this.broker?.connectedClients ?? 0, members, ...this.counts }
  }

  async close(): Promise<void> {
    const { server, broker } = this
    const closed = server?.listening ? once(server, 'close') : undefined
    server?.close()
    if (broker !== undefined) await new Promise<void>(resolve => broker.close(resolve))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  private take(socket: Socket): void {
    socket.on('error', () => {})
    this.accept(socket, { address: socket.remoteAddress ?? '', origin: undefined, headers: {} })
  }

  private authenticate(
    client: Client,
    token: string | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ) {
    const refuse = (returnCode: number): void => {
      this.counts.refused++
      done(Object.assign(new Error('not let in'), { returnCode }), null)
    }
    const visitor = this.visitors.get(client.conn as Duplex)
    const { clients, connectedClients } = this.broker as Aedes & { clients: Record<string, unknown> }
    // A name that is in use is not taken from the one who has it: nobody who is honest has it twice.
    if (visitor === undefined || !isConnection(client.id) || clients[client.id] !== undefined) return refuse(2)
    if (connectedClients > this.parts.limits.maxConnections) return refuse(3)
    this.ask(
      () => this.parts.authorize(token, visitor.request),
      verdict => {
        if (verdict === undefined) return refuse(3)
        if (!allows(verdict)) return refuse(5)
        visitor.principal = typeof verdict === 'object' ? verdict.principal : undefined
        this.counts.accepted++
        done(null, true)
      },
    )
  }

  private maySubscribe(client: Client, topic: string): boolean | Promise<boolean> {
    const place = placeOf(topic)
    const visitor = this.visitors.get(client.conn as Duplex)
    if (place === undefined || visitor === undefined) return false
    if (place.kind === 'gone') return place.connection === anyPart
    if (place.kind === 'to' ? !isPeerOf(place.peer, client.id) : place.peer !== (place.kind === 'here' ? anyPart : ''))
      return false
    return this.mayJoin(visitor, place.channel)
  }

  private mayPublish(client: Client, { topic, payload, qos, retain }: PublishPacket): boolean | Promise<boolean> {
    const place = placeOf(topic)
    const visitor = this.visitors.get(client.conn as Duplex)
    if (place === undefined || visitor === undefined || qos > 1) return false
    // The last will: given when it came, published when it has gone.
    if (place.kind === 'gone') return place.connection === client.id && !retain && payload.length <= presenceBytes
    if (place.peer === anyPart || retain !== (place.kind === 'here')) return false
    this.counts.messagesIn++
    this.counts.bytesIn += payload.length
    if (place.kind === 'here' && !this.mayShow(client, visitor, topic, place.peer, payload.length)) return false
    return this.mayJoin(visitor, place.channel)
  }

  /** Each shows itself; nobody shows another, or hides one who is there. */
  private mayShow(client: Client, { shown }: Visitor, topic: string, peer: string, length: number): boolean {
    const { clients } = this.broker as Aedes & { clients: Record<string, unknown> }
    if (!isPeerOf(peer, client.id)) return length === 0 && clients[peer.slice(0, 16)] === undefined
    if (length === 0) shown.delete(topic)
    else shown.add(topic)
    return length <= presenceBytes && shown.size <= maxChannels
  }

  /** Asked once for each channel, of those that were let in; again of the others. */
  private mayJoin(visitor: Visitor, channel: string): boolean | Promise<boolean> {
    const { channels, request, principal } = visitor
    const known = channels.get(channel)
    if (known !== undefined) return known
    if (channels.size >= maxChannels) return false
    const asked = new Promise<boolean>(resolve =>
      this.ask(
        () => this.parts.mayJoin(channel, request, principal),
        verdict => resolve(verdict !== undefined && allows(verdict)),
      ),
    ).then(isAllowed => {
      if (isAllowed) channels.set(channel, true)
      else channels.delete(channel)
      return isAllowed
    })
    channels.set(channel, asked)
    return asked
  }

  /** Whether a message goes to a receiver, who may be too slow. Presence always does; who cannot take even that is sent away. */
  private reaches(client: Client, { topic, payload }: AedesPublishPacket): boolean {
    const stream = client.conn as Duplex
    const visitor = this.visitors.get(stream)
    const nowMs = performance.now()
    const isSlow = stream.writableLength > sendBufferBytes
    if (visitor === undefined) return false
    if (!isSlow) visitor.slowSinceMs = undefined
    else visitor.slowSinceMs ??= nowMs
    const isNeeded = placeOf(topic)?.kind === 'here' || placeOf(topic)?.kind === 'gone'
    if (isSlow && (nowMs - visitor.slowSinceMs! > slowTimeoutMs || stream.writableLength > 2 * sendBufferBytes))
      stream.destroy()
    else if (!isSlow || isNeeded) {
      this.counts.messagesOut++
      this.counts.bytesOut += payload.length
      return true
    }
    this.counts.droppedSlow++
    return false
  }

  /** What it has shown goes with it. */
  private left(client: Client): void {
    const visitor = this.visitors.get(client.conn as Duplex)
    for (const topic of visitor?.shown ?? []) {
      const packet = { cmd: 'publish', topic, payload: Buffer.alloc(0), qos: 1, retain: true, dup: false } as const
      this.broker?.publish(packet, () => {})
    }
  }

  private ask(hook: () => Verdict | Promise<Verdict>, answer: (verdict: Verdict | undefined) => void): void {
    const failed = (error: unknown) => {
      this.parts.report(error)
      answer(undefined)
    }
    new Promise<Verdict>(resolve => resolve(hook())).then(answer, failed)
  }

  /** Answers in the same turn where that is known: so what one connection publishes stays in order. */
  private whether(answer: boolean | Promise<boolean>, then: (isAllowed: boolean) => void): void {
    if (typeof answer === 'boolean') then(answer)
    else void answer.then(then)
  }
}

const allows = (verdict: Verdict) => (typeof verdict === 'object' ? verdict.allowed : verdict)

/** Of one connection: as the relay has them. */
const maxChannels = 1000
const sendBufferBytes = 8 * 1024 * 1024
const slowTimeoutMs = 30_000
/** Around a message: its envelope, the topic and the header. */
const packetBytes = 512
/** The greatest presence of a clone, and its envelope. */
const presenceBytes = 2048
