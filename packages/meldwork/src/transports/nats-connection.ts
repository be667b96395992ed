import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import type { Environment } from '../ports/index.js'
import { type BrokerConnection, type BrokerListener, BrokerRefusal, type Topic } from '../pubsub/index.js'
import { headerBytes, type NatsLog } from './nats-log.js'

/** What a connection is made of. */
export interface NatsConnectionParts {
  readonly client: NatsConnection
  readonly prefix: string
  readonly listener: BrokerListener
  readonly environment: Environment
  readonly log: NatsLog | undefined
  /** Ends the connection to the network at once. */
  hangUp(): void
}

/** So often, in bytes, the server is asked how far it has come. */
const mileageBytes = 32 * 1024
/** How long what was published before may take to leave, when the connection is closed. */
const drainMs = 2_000

/**
 * An open connection to a NATS server.
 *
 * The topic `channels/C/all` is two subjects, `channels.C.all` and, for what is lasting, `channels.C.log`: so a stream can be bound to the latter alone.
 */
export class NatsBrokerConnection implements BrokerConnection {
  readonly maxMessageBytes: number | undefined
  private readonly parts: NatsConnectionParts
  private readonly subscriptions = new Map<string, Subscription>()
  private publishedBytes = 0
  /** Of these, so many have been taken by the server; and whether it is being asked. */
  private takenBytes = 0
  private asking = false
  private flushing: Promise<void> | undefined
  private over = false

  constructor(parts: NatsConnectionParts) {
    this.parts = parts
    const { client, log } = parts
    const maxPayload = client.info?.max_payload
    this.maxMessageBytes = maxPayload && maxPayload - (log === undefined ? 0 : headerBytes)
    void this.watch()
    void client.closed().then(error => this.lost((error as Error | undefined)?.message))
  }

  /** Gets ready for channels. @throws what the log refuses with */
  async begin(): Promise<void> {
    const { client, listener, log } = this.parts
    await log?.open(client, (subject, bytes) => {
      const topic = this.topicOf(subject)
      if (topic !== undefined && !this.over) listener.message(topic, bytes, true)
    })
  }

  /**
   * What has been published and, as far as is known, not been taken by the server, within some 32 KiB: the library does not say how much waits in it, in the
   * socket and on the way, so the server is asked for an answer now and then.
   */
  get bufferedBytes(): number {
    return this.publishedBytes - this.takenBytes
  }

  async subscribe(topic: Topic, resumes: boolean): Promise<void> {
    const { client, listener, log } = this.parts
    const isAll = topic[2] === 'all'
    // Both subjects of it, in one.
    const subject = isAll ? this.subjectOf([topic[0], topic[1], '*']) : this.subjectOf(topic)
    let refusal: Error | undefined
    this.subscriptions.get(subject)?.unsubscribe()
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) this.receive(message)
      else {
        refusal = error
        this.subscriptions.delete(subject)
        // Later it is as good as a refusal: what may be heard has changed.
        if (!this.over) listener.forbidden(topic, forbiddance(error))
      }
    }
    this.subscriptions.set(subject, client.subscribe(subject, { callback }))
    await this.flushed()
    if (refusal !== undefined) throw new BrokerRefusal(forbiddance(refusal))
    if (isAll && this.subscriptions.has(subject)) log?.replay(this.subjectOf([topic[0], topic[1], 'log']), resumes)
  }

  unsubscribe(topic: Topic): void {
    const isAll = topic[2] === 'all'
    const subject = isAll ? this.subjectOf([topic[0], topic[1], '*']) : this.subjectOf(topic)
    this.subscriptions.get(subject)?.unsubscribe()
    this.subscriptions.delete(subject)
    if (isAll) this.parts.log?.forget(this.subjectOf([topic[0], topic[1], 'log']))
  }

  publish(topic: Topic, bytes: Uint8Array, _retain: boolean, lasting: boolean): void {
    const { client, log } = this.parts
    if (this.over) return
    try {
      if (!lasting) client.publish(this.subjectOf(topic), bytes)
      else {
        const subject = this.subjectOf([topic[0], topic[1], 'log'])
        if (log === undefined) client.publish(subject, bytes)
        else log.publish(subject, bytes)
      }
      this.publishedBytes += bytes.length
      this.look()
    } catch {
      // It is about to be told that it is closed; or the server has lowered its limit.
    }
  }

  async close(): Promise<void> {
    if (this.over) return
    this.over = true
    const { client, environment, log, hangUp } = this.parts
    let cancel = () => {}
    const late = new Promise<void>(resolve => {
      cancel = environment.schedule(resolve, drainMs)
    })
    const end = async () => {
      await client.flush()
      await log?.kept()
      await log?.close()
      await client.close()
    }
    await Promise.race([end().catch(() => {}), late])
    cancel()
    void log?.close()
    // What has been closed in order is not harmed by it.
    void client.close().catch(() => {})
    hangUp()
  }

  private async watch(): Promise<void> {
    for await (const status of this.parts.client.status()) {
      if (status.type === 'staleConnection') this.lost('the NATS server does not answer')
      else if (status.type === 'error') this.trouble(status.error)
    }
  }

  private trouble(error: Error): void {
    const { name, message, operation, subject } = error as Error & { operation?: string; subject?: string }
    if (name !== 'PermissionViolationError') this.lost(`the NATS server says: ${message}`)
    else if (operation === 'publish' && !this.over) {
      const topic = this.topicOf(subject ?? '')
      if (topic !== undefined) this.parts.listener.forbidden(topic, forbiddance(error))
    }
  }

  private lost(reason = 'the NATS server has closed the connection'): void {
    if (this.over) return
    this.over = true
    void this.parts.log?.close()
    void this.parts.client.close().catch(() => {})
    this.parts.hangUp()
    this.parts.listener.lost(reason)
  }

  private receive({ subject, data }: Msg): void {
    const topic = this.topicOf(subject)
    if (topic !== undefined && !this.over) this.parts.listener.message(topic, data)
  }

  private subjectOf(topic: Topic): string {
    return `${this.parts.prefix}.${topic.join('.')}`
  }

  private topicOf(subject: string): Topic | undefined {
    const { prefix } = this.parts
    if (!subject.startsWith(`${prefix}.`)) return undefined
    const topic = subject.slice(prefix.length + 1).split('.')
    return topic[2] === 'log' ? [topic[0], topic[1], 'all'] : topic
  }

  /** Resolves when the server has taken all that was sent until now. Those who ask in one turn share the answer. */
  private flushed(): Promise<void> {
    this.flushing ??= Promise.resolve().then(() => {
      this.flushing = undefined
      return this.parts.client.flush()
    })
    return this.flushing
  }

  private look(): void {
    if (this.asking || this.bufferedBytes < mileageBytes) return
    this.asking = true
    const { publishedBytes } = this
    this.parts.client.flush().then(
      () => {
        this.asking = false
        this.takenBytes = publishedBytes
        this.look()
      },
      // The connection is lost, which is told.
      () => {},
    )
  }
}

const forbiddance = ({ message }: Error): string => `the NATS server forbids it: ${message}`
