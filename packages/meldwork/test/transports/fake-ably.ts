import type * as Ably from 'ably'
import type { AblyChannel, AblyClient } from '../../src/transports/ably.js'

type Capability = Readonly<Record<string, readonly string[]>>

/** An error as Ably's SDK gives it. */
export function errorInfo(code: number, message: string, statusCode = Math.trunc(code / 100)): Ably.ErrorInfo {
  return Object.assign(new Error(message), { code, statusCode }) as unknown as Ably.ErrorInfo
}

/**
 * A stand-in for Ably, with its SDK in front: the parts that are used, as Ably's documentation describes them, the wilfulness of the SDK included. It connects again at once
 * when a connection is lost, and fetches a new token when one has ended.
 */
export class FakeAbly {
  /** Tokens and keys that are let in, and what they may do. */
  readonly accepted = new Map<string, Capability>()
  readonly clients = new Set<FakeRealtime>()
  readonly maxMessageSize: number
  maxChannels = Number.POSITIVE_INFINITY
  /** How many more messages are taken before the rate is too high. */
  publishable = Number.POSITIVE_INFINITY
  /** For how many attempts to connect it was asked. */
  attempts = 0
  isDown = false
  /** Under way to somebody, or to here. */
  heldBytes = 0
  /** What happens to a message on its way: it may come never, twice, altered. */
  carry = (data: Uint8Array): Uint8Array[] => [data]
  private lastConnection = 0

  constructor(maxMessageSize = 65_536) {
    this.maxMessageSize = maxMessageSize
    this.accepted.set('app.key:secret', { '*': ['*'] })
  }

  nextConnection(): string {
    return `connection-${++this.lastConnection}`
  }

  /** Everything is lost, and it is there again at once. */
  restart(): void {
    for (const client of [...this.clients])
      client.lose(errorInfo(80003, 'Connection to server temporarily unavailable', 400))
  }

  deliver(from: FakeRealtime | undefined, name: string, data: unknown): void {
    const copies = data instanceof Uint8Array ? this.carry(data) : [data]
    for (const client of this.clients)
      if (client !== from || client.options.echoMessages !== false)
        for (const copy of copies) client.give(name, copy, from?.connectionId ?? '')
  }
}

/** The network of one app. */
export class FakeNetwork {
  readonly service: FakeAbly
  readonly clients = new Set<FakeRealtime>()
  readonly made: Ably.ClientOptions[] = []
  isCut = false

  constructor(service: FakeAbly) {
    this.service = service
  }

  readonly client = (options: Ably.ClientOptions): FakeRealtime => {
    this.made.push(options)
    return new FakeRealtime(this, options)
  }

  cut(): void {
    this.isCut = true
    for (const client of [...this.clients])
      client.lose(errorInfo(80003, 'Connection to server temporarily unavailable', 400))
  }
}

class Emitter<Change> {
  private readonly listeners = new Set<(change: Change) => void>()

  on(listener: (change: Change) => void): void {
    this.listeners.add(listener)
  }

  off(listener: (change: Change) => void): void {
    this.listeners.delete(listener)
  }

  emit(change: Change): void {
    for (const listener of [...this.listeners]) listener(change)
  }
}

class FakeConnection extends Emitter<Ably.ConnectionStateChange> {
  state: Ably.ConnectionState = 'initialized'
  errorReason: Ably.ErrorInfo | null = null
}

export class FakeRealtime implements AblyClient {
  readonly connection = new FakeConnection()
  readonly channels: { all: Map<string, FakeChannel>; get(name: string): FakeChannel; release(name: string): void }
  readonly options: Ably.ClientOptions
  connectionId = ''
  capability: Capability = {}
  /** How often it has fetched a token. */
  fetched = 0
  readonly network: FakeNetwork
  readonly service: FakeAbly
  private token: string | undefined

  constructor(network: FakeNetwork, options: Ably.ClientOptions) {
    this.network = network
    this.service = network.service
    this.options = { ...options }
    const { key, token, authCallback, authUrl } = options
    if (!key && !token && !authCallback && !authUrl) throw errorInfo(40106, 'No authentication options provided')
    if (key && !key.includes(':')) throw errorInfo(40400, 'invalid key parameter', 404)
    const all = new Map<string, FakeChannel>()
    this.channels = {
      all,
      get: name => {
        const channel = all.get(name) ?? new FakeChannel(this, name)
        all.set(name, channel)
        return channel
      },
      release: name => {
        const state = all.get(name)?.state
        if (state === 'initialized' || state === 'detached' || state === 'failed') all.delete(name)
        else if (state !== undefined)
          all
            .get(name)!
            .detach()
            .catch(() => {})
            .then(() => all.delete(name))
      },
    }
    if (options.autoConnect !== false) this.connect()
  }

  get isConnected(): boolean {
    return this.connection.state === 'connected'
  }

  connect(): void {
    if (this.isConnected || this.connection.state === 'connecting') return
    this.enter('connecting')
    setImmediate(() => void this.attempt())
  }

  close(): void {
    const { state } = this.connection
    if (state === 'closed' || state === 'failed') return
    this.enter('closing')
    this.away()
    this.enter('closed', errorInfo(80017, 'Connection closed', 400))
  }

  /** The connection breaks: the SDK connects again at once. */
  lose(reason: Ably.ErrorInfo): void {
    this.away()
    this.enter('disconnected', reason)
    setImmediate(() => {
      if (this.connection.state === 'disconnected') this.connect()
    })
  }

  /** The token has ended, unheeded. */
  expire(): void {
    const { key, authCallback } = this.options
    if (this.token !== undefined) this.service.accepted.delete(this.token)
    if (key || authCallback) this.lose(errorInfo(40142, 'Token expired', 401))
    else this.fail(errorInfo(40171, 'The token can not be renewed', 401))
  }

  /** The token ends soon: the SDK gets another, while it is connected. */
  async renew(): Promise<void> {
    await this.authenticate()
    this.connection.emit({ current: 'connected', previous: 'connected' })
  }

  fail(reason: Ably.ErrorInfo): void {
    this.away()
    this.enter('failed', reason)
  }

  give(name: string, data: unknown, connectionId: string): void {
    const channel = this.channels.all.get(name)
    if (channel === undefined || !channel.modes?.includes('subscribe')) return
    const bytes = data instanceof Uint8Array ? data.length : 0
    this.service.heldBytes += bytes
    setImmediate(() => {
      this.service.heldBytes -= bytes
      // In Node the SDK gives a Buffer, which may be a view of something greater.
      const given = data instanceof Uint8Array ? Buffer.concat([Buffer.from('before'), data]).subarray(6) : data
      if (this.isConnected) channel.hear({ data: given, connectionId, name: 'm' } as Ably.InboundMessage)
    })
  }

  private enter(current: Ably.ConnectionState, reason?: Ably.ErrorInfo): void {
    const { state: previous } = this.connection
    this.connection.state = current
    this.connection.errorReason = reason ?? null
    this.connection.emit({ current, previous, ...(reason === undefined ? {} : { reason }) })
  }

  private away(): void {
    this.service.clients.delete(this)
    this.network.clients.delete(this)
  }

  private async attempt(): Promise<void> {
    if (this.connection.state !== 'connecting') return
    this.service.attempts++
    const failed = await this.authenticate().catch(error => error as Ably.ErrorInfo)
    if (this.connection.state !== 'connecting') return
    if (this.network.isCut || this.service.isDown)
      return this.enter('disconnected', errorInfo(80003, 'unreachable', 404))
    const renewable = this.options.key || this.options.authCallback
    if (failed?.code === 80019)
      return failed.statusCode === 403 ? this.fail(failed) : this.enter('disconnected', failed)
    if (failed?.code === 40142 && !renewable) return this.fail(errorInfo(40171, 'The token can not be renewed', 401))
    if (failed?.code === 40142) return this.lose(failed)
    if (failed) return this.fail(failed)
    this.connectionId = this.service.nextConnection()
    Object.assign(this.options, { maxMessageSize: this.service.maxMessageSize })
    this.service.clients.add(this)
    this.network.clients.add(this)
    this.enter('connected')
  }

  private async authenticate(): Promise<Ably.ErrorInfo | undefined> {
    const { key, token, authCallback } = this.options
    this.token = key ?? (typeof token === 'string' ? token : undefined)
    if (authCallback !== undefined) {
      this.fetched++
      this.token = await new Promise<string>((resolve, reject) =>
        authCallback({} as Ably.TokenParams, (error, given) =>
          error === null ? resolve(given as string) : reject(authFailure(error)),
        ),
      )
    }
    const capability = this.service.accepted.get(this.token ?? '')
    if (capability === undefined)
      return this.token?.startsWith('expired')
        ? errorInfo(40142, 'Token expired', 401)
        : errorInfo(40101, 'Invalid credentials', 401)
    this.capability = capability
    return undefined
  }
}

export class FakeChannel extends Emitter<Ably.ChannelStateChange> implements AblyChannel {
  state: Ably.ChannelState = 'initialized'
  modes?: readonly string[]
  readonly name: string
  private readonly client: FakeRealtime
  private readonly hearing = new Set<(message: Ably.InboundMessage) => void>()

  constructor(client: FakeRealtime, name: string) {
    super()
    this.client = client
    this.name = name
  }

  async subscribe(listener: (message: Ably.InboundMessage) => void): Promise<null> {
    this.hearing.add(listener)
    return null
  }

  unsubscribe(listener: (message: Ably.InboundMessage) => void): void {
    this.hearing.delete(listener)
  }

  async attach(): Promise<void> {
    const { client } = this
    if (this.state === 'attached') return
    // As the SDK: the answer to a detachment would be taken for one to this.
    if (this.state === 'detaching') throw errorInfo(90000, 'attached while detaching', 409)
    this.enter('attaching')
    await answer(client)
    if (this.state !== 'attaching') throw errorInfo(90000, 'superseded', 409)
    const attached = [...client.channels.all.values()].filter(({ state }) => state === 'attached')
    const allowed = ['subscribe', 'publish'].filter(operation => mayDo(client.capability, this.name, operation))
    const trouble =
      allowed.length === 0
        ? errorInfo(40160, 'Channel denied access based on given capability', 401)
        : attached.length >= client.service.maxChannels
          ? errorInfo(90010, 'Maximum number of channels per connection exceeded', 400)
          : undefined
    if (trouble !== undefined) {
      this.enter('failed', trouble)
      throw trouble
    }
    this.modes = allowed
    this.enter('attached')
  }

  async detach(): Promise<void> {
    if (this.state === 'failed') throw errorInfo(90001, 'Unable to detach as channel state is failed', 400)
    if (this.state === 'detached') return
    this.enter('detaching')
    await answer(this.client)
    delete this.modes
    this.enter('detached')
  }

  async publish(_name: string, data: Uint8Array): Promise<void> {
    const { client } = this
    const { service, options } = client
    // As the SDK: what is published is encoded first, which takes a turn.
    await null
    const maxSize = (options as { maxMessageSize?: number }).maxMessageSize ?? 65_536
    if (data.length + 1 > Math.min(maxSize, service.maxMessageSize))
      throw errorInfo(40009, `Maximum size of messages exceeded (was ${data.length} bytes)`, 400)
    if (!client.isConnected) throw errorInfo(80003, 'not connected', 400)
    const sent = new Uint8Array(data)
    service.heldBytes += sent.length
    try {
      await answer(client)
    } finally {
      service.heldBytes -= sent.length
    }
    if (!mayDo(client.capability, this.name, 'publish')) throw errorInfo(40160, 'operation not permitted', 401)
    if (service.publishable-- <= 0) throw errorInfo(42911, 'Rate limit exceeded; request rejected (nonfatal)', 429)
    service.deliver(client, this.name, sent)
  }

  hear(message: Ably.InboundMessage): void {
    for (const listener of [...this.hearing]) listener(message)
  }

  /** Ably ends it: the capability has changed. */
  fail(reason: Ably.ErrorInfo): void {
    delete this.modes
    this.enter('failed', reason)
  }

  private enter(current: Ably.ChannelState, reason?: Ably.ErrorInfo): void {
    const { state: previous } = this
    this.state = current
    this.emit({ current, previous, resumed: false, ...(reason === undefined ? {} : { reason }) })
  }
}

/** What a request waits for. */
async function answer(client: FakeRealtime): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  if (!client.isConnected) throw errorInfo(80003, 'Connection to server temporarily unavailable', 400)
}

/** A `*` stands for one part of a name, at the end for one or more. */
function mayDo(capability: Capability, name: string, operation: string): boolean {
  return Object.entries(capability).some(([resource, operations]) => {
    if (!operations.includes(operation) && !operations.includes('*')) return false
    const [wanted, parts] = [resource.split(':'), name.split(':')]
    if (wanted.at(-1) === '*' ? parts.length < wanted.length : parts.length !== wanted.length) return false
    return wanted.every((part, at) => part === '*' || part === parts[at])
  })
}

/** What the SDK makes of a server of the app's that gives no token. */
function authFailure(error: Ably.ErrorInfo | string): Ably.ErrorInfo {
  const forbidden = typeof error !== 'string' && error.statusCode === 403
  const wrapped = errorInfo(80019, 'Client configured authentication provider request failed', forbidden ? 403 : 401)
  return Object.assign(wrapped, { cause: typeof error === 'string' ? new Error(error) : error }) as Ably.ErrorInfo
}
