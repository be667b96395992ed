import type { Environment } from '../ports/index.js'
import { anyPart, type BrokerConnection, type BrokerListener, BrokerRefusal, type Topic } from '../pubsub/index.js'
import type { MqttClient, MqttError, MqttPacket } from './mqtt-client.js'
import type { MqttSettings } from './mqtt-options.js'
import { isFinalOnPublish, reasonOf, troubleOf } from './mqtt-reasons.js'
import { RetainedQueue } from './mqtt-retained.js'
import type { MqttTopics } from './mqtt-topics.js'

/** An open connection to an MQTT broker. */
export class MqttConnection implements BrokerConnection {
  readonly maxMessageBytes: number | undefined
  private readonly client: MqttClient
  private readonly topics: MqttTopics
  private readonly settings: MqttSettings
  private readonly environment: Environment
  private readonly listener: BrokerListener
  private readonly retained: RetainedQueue
  /** Who waits for a message of its own to come back, by topic. */
  private readonly echoes = new Map<string, () => void>()
  /** What was asked last of each topic, while it is not answered. */
  private readonly turns = new Map<string, Promise<void>>()
  /**
   * Whose messages are heard. What still comes of a subscription that has been given up is not: a member that it shows may leave before the topic is
   * subscribed to again, and would stay for ever.
   */
  private readonly subscribed = new Set<string>()
  private readonly whenOver = new Set<() => void>()
  /** Published since the stream was last seen empty, where it does not count bytes. */
  private uncountedBytes = 0
  private isOver = false
  private trouble: string | undefined

  constructor(
    client: MqttClient,
    connack: MqttPacket,
    topics: MqttTopics,
    settings: MqttSettings,
    environment: Environment,
    listener: BrokerListener,
  ) {
    this.client = client
    this.topics = topics
    this.settings = settings
    this.environment = environment
    this.listener = listener
    const { maximumPacketSize, receiveMaximum = maxUnderWay } = connack.properties ?? {}
    if (maximumPacketSize !== undefined) this.maxMessageBytes = maximumPacketSize - headerBytes - topics.maxBytes
    const send = (topic: string, bytes: Uint8Array, done: () => void) =>
      client.publish(topic, bytes, { qos: 1, retain: true }, error => {
        if (error && isFinalOnPublish(error.code)) this.fail(error, true)
        done()
      })
    this.retained = new RetainedQueue(Math.min(receiveMaximum, maxUnderWay), send)
    client.on('message', (topic, payload, { retain }) => this.receive(topic, payload, retain))
    client.on('disconnect', ({ reasonCode = 0 }) => {
      this.trouble ??= `the broker has ended the connection: ${reasonOf(reasonCode)}`
    })
    client.on('error', error => this.fail(error))
    client.on('close', () => this.end(this.trouble ?? 'the connection was closed'))
  }

  get bufferedBytes(): number {
    const { stream } = this.client
    const { writableLength, writableObjectMode, socket } = stream
    if (writableLength === 0) this.uncountedBytes = 0
    return (
      (writableObjectMode ? this.uncountedBytes : writableLength) + (socket?.bufferedAmount ?? 0) + this.retained.bytes
    )
  }

  async subscribe(topic: Topic): Promise<void> {
    const name = this.topics.write(topic)
    const isInbox = topic[2] === 'to'
    // Who is there is to arrive, like the farewells; of other messages some may be lost.
    const qos = topic[2] === 'here' || topic[0] === 'gone' ? 1 : 0
    const nl = this.settings.protocolVersion === 5 && !isInbox
    await this.inTurn(name, (resolve, reject) => {
      this.subscribed.add(name)
      this.client.subscribe(name, nl ? { qos, nl } : { qos }, error => {
        const [code] = error?.packet?.granted ?? []
        if (!error) resolve()
        else if (code === undefined) reject(error)
        else reject(new BrokerRefusal(`the broker does not allow ${name}: ${reasonOf(code)}`))
      })
    })
    if (isInbox) await this.tryOut(name)
  }

  unsubscribe(topic: Topic): void {
    const name = this.topics.write(topic)
    this.subscribed.delete(name)
    const done = this.inTurn(name, resolve => this.client.unsubscribe(name, () => resolve()))
    done.catch(() => {})
  }

  publish(topic: Topic, bytes: Uint8Array, retain: boolean): void {
    if (this.isOver) return
    const name = this.topics.write(topic)
    this.uncountedBytes += bytes.length
    if (retain) this.retained.add(name, bytes)
    // Without a callback, for which the library would wait at the stream, once for each message.
    else this.client.publish(name, bytes, { qos: 0 })
  }

  async close(): Promise<void> {
    if (this.isOver) return
    const closed = new Promise<void>(resolve => this.whenOver.add(resolve))
    const cancel = this.environment.schedule(() => this.client.stream.destroy(), closeTimeoutMs)
    await Promise.race([this.retained.empty(), closed])
    if (!this.isOver) this.client.end(false)
    await closed
    cancel()
  }

  /** Some brokers do not do in order what they are asked of one topic: each waits for the one before. */
  private inTurn(name: string, act: (resolve: () => void, reject: (error: Error) => void) => void): Promise<void> {
    const start = () =>
      new Promise<void>((resolve, reject) => {
        this.check()
        act(resolve, reject)
      })
    const before = this.turns.get(name)
    const turn = before === undefined ? start() : before.then(start, start)
    this.turns.set(name, turn)
    const end = () => {
      if (this.turns.get(name) === turn) this.turns.delete(name)
    }
    turn.then(end, end)
    return turn
  }

  /**
   * Sends a message to itself. Only that shows whether a channel may be read and written: brokers take subscriptions to what they never deliver, and
   * acknowledge what they throw away.
   */
  private async tryOut(name: string): Promise<void> {
    const { answerTimeoutMs } = this.settings
    const silence = `the broker delivers nothing on ${name}: do its rules allow these credentials to read and write there?`
    await new Promise<void>((resolve, reject) => {
      this.check()
      const over = () => done(new Error('the connection was closed'))
      const done = (error?: Error) => {
        cancelAgain()
        cancelEnd()
        this.echoes.delete(name)
        this.whenOver.delete(over)
        if (error === undefined) resolve()
        else reject(error)
      }
      const knock = () => {
        cancelAgain = this.environment.schedule(knock, answerTimeoutMs / 4)
        this.client.publish(name, nothing, { qos: 1 }, error => {
          if (error && isFinalOnPublish(error.code))
            done(
              new BrokerRefusal(`the broker does not allow to publish on ${name}: ${reasonOf(error.code as number)}`),
            )
          else if (!error && !isTaken) taken()
        })
      }
      const taken = () => {
        isTaken = true
        cancelEnd()
        // What it delivers comes not long after what it acknowledges: on the same way, however slow that is.
        cancelEnd = this.environment.schedule(() => done(new BrokerRefusal(silence)), answerTimeoutMs)
      }
      let isTaken = false
      let cancelAgain = () => {}
      let cancelEnd = this.environment.schedule(() => done(new Error('the broker does not answer')), answerTimeoutMs)
      this.echoes.set(name, done)
      this.whenOver.add(over)
      knock()
    })
  }

  private receive(name: string, payload: Uint8Array, retain = false): void {
    if (this.isOver) return
    const echo = payload.length === 0 ? this.echoes.get(name) : undefined
    const topic = this.topics.read(name)
    if (echo !== undefined) echo()
    else if (topic !== undefined && this.isAwaited(topic, payload)) this.listener.message(topic, payload, retain)
  }

  private isAwaited(topic: Topic, { length }: Uint8Array): boolean {
    const name = this.topics.write(topic)
    const general = this.topics.write([...topic.slice(0, -1), anyPart])
    // An echo that was waited for no longer.
    if (length === 0 && topic[2] === 'to') return false
    return this.subscribed.has(name) || this.subscribed.has(general)
  }

  private check(): void {
    if (this.isOver) throw new Error(this.trouble ?? 'the connection was closed')
  }

  /** Whatever the library calls an error leaves a connection that is of no use. */
  private fail(error: MqttError, isFinal = false): void {
    this.trouble ??= troubleOf(error)
    this.end(this.trouble, isFinal)
    this.client.stream.destroy()
  }

  private end(reason: string, isFinal = false): void {
    if (this.isOver) return
    this.isOver = true
    this.trouble = reason
    for (const callback of [...this.whenOver]) callback()
    // Not inside a call: an error may come while something is sent.
    queueMicrotask(() => this.listener.lost(reason, isFinal))
  }
}

const nothing = new Uint8Array(0)
const closeTimeoutMs = 2000
/** A fixed header with its length, the length of the topic, a number of the packet, properties without any. */
const headerBytes = 5 + 2 + 2 + 1
/** Some brokers take no more than 20 at once, and old ones do not say so. */
const maxUnderWay = 16
