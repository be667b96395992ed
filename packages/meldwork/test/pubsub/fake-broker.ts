import {
  anyPart,
  type Broker,
  type BrokerConnection,
  type BrokerListener,
  BrokerRefusal,
  type BrokerRequest,
  type Topic,
} from '../../src/pubsub/index.js'

/** A broker in this process, with all that a broker may do to its clients. */
export class FakeHub {
  readonly clients = new Set<FakeConnection>()
  readonly retained = new Map<string, { topic: Topic; bytes: Uint8Array }>()
  /** Published until now, with their topics. */
  readonly published: string[] = []
  readonly opened: unknown[] = []
  /** Parts of topics that nobody may subscribe to. */
  readonly forbidden = new Set<string>()
  maxMessageBytes: number | undefined
  isDown = false
  /** Takes connections, and never answers. */
  isMute = false
  /** Credentials that are let in; undefined: all. */
  accepted: unknown
  heldBytes = 0
  /** When what is under way arrives. */
  readonly later: (task: () => void) => void

  constructor(later: (task: () => void) => void = setImmediate) {
    this.later = later
  }

  deliver(topic: Topic, bytes: Uint8Array, retain: boolean): void {
    this.published.push(topic.join('/'))
    const name = topic.join('/')
    if (retain && bytes.length > 0) this.retained.set(name, { topic, bytes })
    else if (retain) this.retained.delete(name)
    for (const client of this.clients) if (client.wants(topic)) client.give(topic, bytes, false)
  }

  /** Everything breaks, and what was kept in memory is gone. */
  restart(): void {
    this.retained.clear()
    for (const client of [...this.clients]) client.breakOff(false)
  }
}

export class FakeConnection implements BrokerConnection {
  bufferedBytes = 0
  private readonly hub: FakeHub
  private readonly request: BrokerRequest<unknown>
  readonly subscribed = new Set<string>()
  private isOver = false

  constructor(hub: FakeHub, request: BrokerRequest<unknown>) {
    this.hub = hub
    this.request = request
    hub.clients.add(this)
  }

  get maxMessageBytes(): number | undefined {
    return this.hub.maxMessageBytes
  }

  get listener(): BrokerListener {
    return this.request.listener
  }

  async subscribe(topic: Topic): Promise<void> {
    await null
    if (this.isOver) throw new Error('it is closed')
    if (topic.some(part => this.hub.forbidden.has(part))) throw new BrokerRefusal('this topic is not for you')
    this.subscribed.add(topic.join('/'))
    for (const each of this.hub.retained.values())
      if (matches(topic.join('/'), each.topic)) this.give(each.topic, each.bytes, true)
  }

  unsubscribe(topic: Topic): void {
    this.subscribed.delete(topic.join('/'))
  }

  publish(topic: Topic, bytes: Uint8Array, retain: boolean): void {
    const copy = bytes.slice()
    this.bufferedBytes += copy.length
    this.hub.heldBytes += copy.length
    this.hub.later(() => {
      this.bufferedBytes -= copy.length
      this.hub.heldBytes -= copy.length
      if (!this.isOver || retain) this.hub.deliver(topic, copy, retain)
    })
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => this.hub.later(resolve))
    this.isOver = true
    this.hub.clients.delete(this)
  }

  wants(topic: Topic): boolean {
    const general = [...topic.slice(0, -1), anyPart].join('/')
    return this.subscribed.has(topic.join('/')) || this.subscribed.has(general)
  }

  give(topic: Topic, bytes: Uint8Array, retained: boolean): void {
    this.hub.later(() => {
      if (!this.isOver) this.listener.message(topic, bytes, retained)
    })
  }

  /** The network breaks. @param isNoticed whether the broker publishes the farewell */
  breakOff(isNoticed = true, reason = 'broken', isRefused = false): void {
    this.isOver = true
    if (!this.hub.clients.delete(this)) return
    const { topic, bytes } = this.request.farewell
    if (isNoticed) this.hub.deliver(topic, bytes, false)
    this.hub.later(() => this.listener.lost(reason, isRefused))
  }
}

export class FakeBroker implements Broker {
  readonly address = 'fake:'
  readonly retains: boolean
  isCut = false
  connection: FakeConnection | undefined
  private readonly hub: FakeHub

  constructor(hub: FakeHub, retains: boolean) {
    this.hub = hub
    this.retains = retains
  }

  async open(request: BrokerRequest<unknown>): Promise<BrokerConnection> {
    await new Promise<void>(resolve => this.hub.later(resolve))
    if (this.isCut || this.hub.isDown) throw new Error('nobody is there')
    this.hub.opened.push(request.credentials)
    if (this.hub.isMute)
      await new Promise<never>((_, reject) => request.whenAbandoned(() => reject(new Error('given up'))))
    if (this.hub.accepted !== undefined && request.credentials !== this.hub.accepted)
      throw new BrokerRefusal('the password is wrong')
    this.connection = new FakeConnection(this.hub, request)
    return this.connection
  }
}

const matches = (pattern: string, topic: Topic) => {
  const parts = pattern.split('/')
  return parts.length === topic.length && parts.every((part, at) => part === anyPart || part === topic[at])
}
