import type * as Ably from 'ably'
import type { Environment } from '../ports/index.js'
import { type BrokerConnection, type BrokerListener, BrokerRefusal, type Topic } from '../pubsub/index.js'
import { type AblyChannel, type AblyClient, maxMessageSizeOf } from './ably-client.js'
import { Assembly, inParts, partVersion } from './ably-parts.js'
import { isAboutToken, isChannelRefusal, isRefusal, reasonOf } from './ably-reasons.js'

/** What a connection needs to know beside its client. */
export interface AblyConnectionSettings {
  readonly prefix: string
  readonly environment: Environment
  /** The longest message that is put together from parts, in bytes. */
  readonly maxMessageBytes: number
  /** Whether the client is the app's, and goes on without us. */
  readonly isShared: boolean
}

/** A channel of Ably's that is listened to. */
interface Subscription {
  readonly channel: AblyChannel
  readonly hear: (message: Ably.InboundMessage) => void
  readonly watch: (change: Ably.ChannelStateChange) => void
}

/** The name of all messages: it counts towards their size. */
const messageName = 'm'
/** Left of the allowed size for what Ably counts beside the bytes. */
const marginBytes = 256
/** How long closing waits for answers. */
const closeTimeoutMs = 1000
/** How many of the longest messages are held while they come in parts. */
const longMessages = 8

/** An open connection to Ably. */
export class AblyConnection implements BrokerConnection {
  /** Published, and not acknowledged yet. */
  bufferedBytes = 0
  private readonly client: AblyClient
  private readonly settings: AblyConnectionSettings
  private readonly listener: BrokerListener
  private readonly assembly: Assembly
  /** Who is listened to, or will be in its turn. */
  private readonly subscriptions = new Map<string, Subscription>()
  /** What was asked last of each channel, while it is not answered. */
  private readonly turns = new Map<string, Promise<void>>()
  private readonly unanswered = new Set<Promise<void>>()
  /** How many messages to each channel are not answered. */
  private readonly publishing = new Map<string, number>()
  private lastNumber = 0
  private closing: Promise<void> | undefined
  private isOver = false

  constructor(client: AblyClient, settings: AblyConnectionSettings, listener: BrokerListener) {
    this.client = client
    this.settings = settings
    this.listener = listener
    this.assembly = new Assembly(settings.maxMessageBytes, longMessages * settings.maxMessageBytes)
    client.connection.on(this.hearState)
  }

  async subscribe(topic: Topic): Promise<void> {
    const name = this.nameOf(topic)
    await this.inTurn(name, async () => {
      if (this.isOver) throw new Error('the connection is closed')
      const channel = this.client.channels.get(name, { modes: ['SUBSCRIBE', 'PUBLISH'], attachOnSubscribe: false })
      const subscription: Subscription = {
        channel,
        hear: message => this.receive(topic, name, message),
        watch: ({ current, reason }) => {
          if (current === 'failed' || current === 'suspended' || current === 'detached')
            this.fail(`the channel ${name} is lost: ${reasonOf(reason)}`)
        },
      }
      this.subscriptions.set(name, subscription)
      try {
        await channel.subscribe(subscription.hear)
        await channel.attach()
        checkModes(channel, topic[2] === 'to' ? ['subscribe'] : ['subscribe', 'publish'])
        if (this.subscriptions.get(name) === subscription) channel.on(subscription.watch)
      } catch (error) {
        const isRefused = error instanceof BrokerRefusal || isChannelRefusal(error)
        if (!isRefused) throw new Error(reasonOf(error))
        this.unsubscribe(topic)
        throw new BrokerRefusal(`${name}: ${reasonOf(error)}`)
      }
    })
  }

  unsubscribe(topic: Topic): void {
    const name = this.nameOf(topic)
    const current = this.subscriptions.get(name)
    this.silence(name)
    // In its turn: one who subscribes again before the answer would take that for the end of the new subscription. One who is still to come in, too, leaves then.
    if (current !== undefined || this.turns.has(name)) this.detach(name)
  }

  publish(topic: Topic, bytes: Uint8Array): void {
    if (this.isOver) return
    const name = this.nameOf(topic)
    const maxBytes = maxMessageSizeOf(this.client) - marginBytes
    const parts = bytes.length <= maxBytes ? [bytes] : inParts(bytes, this.nextNumber(), maxBytes)
    let isDropped = false
    const refused = () => {
      if (!isDropped && !this.isOver) this.listener.dropped()
      isDropped = true
    }
    const channel = this.client.channels.get(name)
    this.publishing.set(name, (this.publishing.get(name) ?? 0) + parts.length)
    for (const part of parts) {
      this.bufferedBytes += part.length
      const answer = channel.publish(messageName, part).then(() => {}, refused)
      this.unanswered.add(answer)
      void answer.then(() => {
        this.unanswered.delete(answer)
        this.bufferedBytes -= part.length
        this.answered(name)
      })
    }
  }

  close(): Promise<void> {
    this.closing ??= this.leave()
    return this.closing
  }

  /** Resolves when an app's client has no more to do with what was asked of it here. */
  async left(): Promise<void> {
    await Promise.all(this.turns.values())
  }

  private readonly hearState = ({ current, reason }: Ably.ConnectionStateChange) => {
    if (current === 'connected' || current === 'connecting') return
    // A token that was good has ended: the app is asked for another, and that may be refused.
    this.fail(reasonOf(reason), current === 'failed' && isRefusal(reason) && !isAboutToken(reason))
  }

  private receive(topic: Topic, name: string, { data, connectionId }: Ably.InboundMessage) {
    if (this.isOver) return
    const bytes = bytesOf(data)
    if (bytes[0] !== partVersion) return this.listener.message(topic, bytes)
    const message = this.assembly.add(name, connectionId ?? '', bytes)
    if (message === 'malformed') this.listener.message(topic, nothing)
    else if (message !== 'incomplete') this.listener.message(topic, message)
  }

  private nameOf(topic: Topic): string {
    return [this.settings.prefix, ...topic].join(':')
  }

  private nextNumber(): number {
    this.lastNumber = (this.lastNumber + 1) >>> 0
    return this.lastNumber
  }

  private inTurn(name: string, act: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(name) ?? Promise.resolve()).then(act)
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (this.turns.get(name) === settled) this.turns.delete(name)
      })
    this.turns.set(name, settled)
    return turn
  }

  private silence(name: string): void {
    const subscription = this.subscriptions.get(name)
    if (subscription === undefined) return
    this.subscriptions.delete(name)
    const { channel, hear, watch } = subscription
    channel.off(watch)
    channel.unsubscribe(hear)
    this.assembly.forget(name)
  }

  private detach(name: string): void {
    const turn = this.inTurn(name, async () => {
      this.silence(name)
      if (this.isInUse) await this.client.channels.get(name).detach()
    })
    turn.catch(() => {}).then(() => this.release(name))
  }

  private answered(name: string): void {
    const left = this.publishing.get(name)! - 1
    if (left > 0) this.publishing.set(name, left)
    else this.publishing.delete(name)
    this.release(name)
  }

  /** The SDK keeps each channel that was ever named: also those of members that have gone. */
  private release(name: string): void {
    const isUsed = this.subscriptions.has(name) || this.turns.has(name) || this.publishing.has(name)
    if (!isUsed && this.isInUse) this.client.channels.release(name)
  }

  /** Whether something is still asked of the client. */
  private get isInUse(): boolean {
    return !this.isOver || this.settings.isShared
  }

  private fail(reason: string, isRefused = false): void {
    if (this.isOver) return
    this.end()
    this.listener.lost(reason, isRefused)
  }

  private async leave(): Promise<void> {
    if (this.isOver) return
    await this.within(Promise.all(this.unanswered))
    if (this.isOver) return
    const { connection } = this.client
    let closed = () => {}
    const isClosed = new Promise<void>(resolve => {
      closed = resolve
    })
    const hear = ({ current }: Ably.ConnectionStateChange) => {
      if (current === 'closed' || current === 'failed') closed()
    }
    connection.on(hear)
    this.end()
    await this.within(this.settings.isShared ? this.left() : isClosed)
    connection.off(hear)
  }

  private end(): void {
    const { client, settings } = this
    this.isOver = true
    client.connection.off(this.hearState)
    const names = [...this.subscriptions.keys()]
    for (const name of names) {
      this.silence(name)
      if (settings.isShared) this.detach(name)
    }
    // Otherwise the SDK would connect again at once, by itself.
    if (!settings.isShared) client.close()
  }

  /** Waits, but not for long. */
  private async within(what: Promise<unknown>): Promise<void> {
    let cancel = () => {}
    const timeout = new Promise<void>(resolve => {
      cancel = this.settings.environment.schedule(resolve, closeTimeoutMs)
    })
    await Promise.race([what, timeout])
    cancel()
  }
}

const nothing = new Uint8Array(0)

/** Ably gives a Buffer in Node and an ArrayBuffer elsewhere; what was not sent as bytes is not ours. */
function bytesOf(data: unknown): Uint8Array {
  return data instanceof Uint8Array ? data : data instanceof ArrayBuffer ? new Uint8Array(data) : nothing
}

/** Ably lets in whoever may do something there, and tells what that is. */
function checkModes({ modes }: AblyChannel, needed: readonly string[]): void {
  const missing = needed.find(mode => modes?.every(each => each.toLowerCase() !== mode))
  if (missing !== undefined) throw new BrokerRefusal(`these credentials do not have the capability ${missing}`)
}
