import { hexadecimal } from '../codec/index.js'
import { hasCode } from '../errors.js'
import { fraction } from '../ports/index.js'
import { type Broker, type BrokerConnection, BrokerRefusal, type Topic } from './broker.js'
import type { Membership } from './membership.js'
import { connectionBytes, envelopeBytes, MessageKind, readMessage, senderBytes, writeMessage } from './message.js'
import { minMessageBytes, type Settings } from './options.js'
import { Room, type RoomHost } from './room.js'
import type { TopicTransportStatistics } from './statistics.js'

/** What a link needs of the transport that it connects. */
export interface LinkHost {
  readonly broker: Broker
  readonly settings: Settings
  readonly counts: TopicTransportStatistics
  readonly maxMessageBytes: number
  /** The broker has let us in. */
  opened(link: Link, maxMessageBytes: number): void
  /** The connection is gone, or of no use. */
  lost(link: Link, reason: string, isRefused: boolean): void
  /** Tells each member its state, where that has changed. */
  report(): void
}

/** One connection, from the first attempt to its end. What comes from a broker after that is not heard. */
export class Link implements RoomHost {
  readonly connectionBytes: Uint8Array
  readonly connection: string
  readonly counts: TopicTransportStatistics
  readonly retains: boolean
  openedMs: number | undefined
  private readonly host: LinkHost
  private readonly rooms = new Map<string, Room>()
  private abandoned: (() => void)[] = []
  private broker: BrokerConnection | undefined
  private cancelTimer: () => void
  private live = true

  constructor(host: LinkHost) {
    this.host = host
    this.counts = host.counts
    this.retains = host.broker.retains
    const { environment, connectTimeoutMs } = host.settings
    this.connectionBytes = environment.random(connectionBytes)
    this.connection = hexadecimal(this.connectionBytes)
    this.cancelTimer = environment.schedule(() => this.fail('the broker does not answer'), connectTimeoutMs)
  }

  get isOpen(): boolean {
    return this.broker !== undefined
  }

  get maxMessageBytes(): number {
    return this.host.maxMessageBytes
  }

  get hasRoom(): boolean {
    return this.broker !== undefined && this.broker.bufferedBytes < this.host.settings.sendBufferBytes
  }

  /** Connects. Tells its host how that ends. */
  async open(credentials: unknown): Promise<void> {
    const { broker, settings } = this.host
    const bytes = writeMessage(MessageKind.gone, senderBytes(this.connectionBytes, 0))
    try {
      const opened = await broker.open({
        credentials,
        connection: this.connection,
        farewell: { topic: ['gone', this.connection], bytes },
        whenAbandoned: callback => this.abandoned.push(callback),
        listener: {
          message: (topic, bytes, retained) => this.receive(topic, bytes, retained ?? false),
          forbidden: (topic, reason) => this.forbidden(topic, reason),
          lost: (reason, isRefused) => this.fail(reason, isRefused),
          dropped: () => void this.counts.dropped++,
        },
      })
      if (!this.live) {
        await opened.close()
        return
      }
      this.abandoned = []
      this.broker = opened
      if (this.retains) await opened.subscribe(['gone', '+'], false)
      if (!this.live) return
      const maxMessageBytes = (opened.maxMessageBytes ?? Number.POSITIVE_INFINITY) - envelopeBytes
      if (maxMessageBytes < minMessageBytes)
        return this.fail(
          `the broker takes no messages of ${minMessageBytes + envelopeBytes} bytes: raise its limit`,
          true,
        )
      this.cancelTimer()
      this.openedMs = settings.environment.now()
      this.beatLater()
      this.host.opened(this, maxMessageBytes)
    } catch (error) {
      const isRefused = error instanceof BrokerRefusal || hasCode(error, 'package-missing')
      this.fail((error as Error)?.message || 'the connection failed', isRefused)
    }
  }

  /** Brings a member into its channel. */
  join(member: Membership): void {
    if (!this.isOpen || member.room !== undefined || member.refusal !== undefined) return
    const room = this.rooms.get(member.channel) ?? new Room(this, member.channel)
    this.rooms.set(member.channel, room)
    room.enter(member).catch(error => {
      if (!this.live || member.room !== room) return
      if (!(error instanceof BrokerRefusal)) return this.fail(error?.message || 'the broker takes no subscriptions')
      this.refuse(member, room, error.message)
    })
  }

  private refuse(member: Membership, room: Room, reason: string): void {
    member.refusal = reason
    room.leave(member)
    member.exit()
    this.host.report()
  }

  /** Asks nothing more of the broker: nobody cares what comes of it. */
  abandon(): void {
    void this.end().catch(() => {})
  }

  /** Closes in order; the members have left. */
  async end(): Promise<void> {
    if (!this.live) return
    this.live = false
    this.cancelTimer()
    for (const callback of this.abandoned) callback()
    await this.broker?.close().catch(() => {})
  }

  subscribe(topic: Topic, resumes = false): Promise<void> {
    if (this.broker === undefined) return Promise.reject(new Error('not connected'))
    return this.broker.subscribe(topic, resumes)
  }

  unsubscribe(topic: Topic): void {
    if (this.live) this.broker?.unsubscribe(topic)
  }

  publish(topic: Topic, bytes: Uint8Array, retain = false, lasting = false): void {
    if (this.live) this.broker?.publish(topic, bytes, retain, lasting)
  }

  emptied({ channel }: Room): void {
    this.rooms.delete(channel)
  }

  private fail(reason: string, isRefused = false): void {
    if (this.live) this.host.lost(this, reason, isRefused)
  }

  private beatLater(): void {
    const { environment, beatMs } = this.host.settings
    const beat = () => {
      this.beatLater()
      for (const room of [...this.rooms.values()]) room.beat()
    }
    // Random, so that those who came together do not speak together for ever.
    this.cancelTimer = environment.schedule(beat, beatMs * (0.75 + fraction(environment) / 2), true)
  }

  private receive(topic: Topic, bytes: Uint8Array, retained: boolean) {
    if (!this.live) return
    const [first, channel, part, peer] = topic
    if (first === 'gone') return this.farewell(topic[1])
    const room = this.rooms.get(channel)
    if (room === undefined || first !== 'channels') return
    if (part === 'here' && bytes.length === 0) return room.shownAs(peer, undefined, retained)
    const message = readMessage(bytes)
    if (message === undefined || (part === 'here' && message.peer !== peer)) {
      this.counts.malformed++
      return
    }
    // Brokers give back what one has published, some of them always.
    if (message.connection === this.connection) return
    if (part === 'here') room.shownAs(message.peer, message.payload, retained)
    else if (retained) room.kept(message)
    else room.receive(message, part === 'to' ? peer : undefined)
  }

  private forbidden([first, channel]: Topic, reason: string) {
    const room = first === 'channels' ? this.rooms.get(channel) : undefined
    if (this.live && room !== undefined)
      for (const member of [...room.local]) this.refuse(member as Membership, room, reason)
  }

  private farewell(connection: string): void {
    if (connection !== this.connection) for (const room of [...this.rooms.values()]) room.farewell(connection)
  }
}
