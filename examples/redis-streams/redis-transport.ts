/** An adapter of one's own: clones that meet over Redis Streams. What the port asks for stands in `Broker` of `meldwork/pubsub`; docs/messaging.md explains it. */
import {
  type Broker,
  type BrokerConnection,
  BrokerRefusal,
  type BrokerRequest,
  type Topic,
  TopicTransport,
  type TopicTransportOptions,
} from 'meldwork/pubsub'
import { createClient, RESP_TYPES } from 'redis'

/** What Redis asks for. */
export interface RedisCredentials {
  username?: string
  password?: string
}

/** A transport over a Redis server: `new RedisTransport('redis://localhost:6379', { credentials: { password } })`. */
export class RedisTransport extends TopicTransport<RedisCredentials> {
  constructor(url: string, options: TopicTransportOptions<RedisCredentials> = {}) {
    super(new RedisBroker(url), options)
  }
}

/** A topic is a stream that keeps its last thousand messages, for a minute: Redis delivers from the number at which somebody began to listen. */
class RedisBroker implements Broker<RedisCredentials> {
  readonly retains = false
  readonly address: string
  constructor(url: string) {
    this.address = url
  }

  async open({ credentials, connection, listener, whenAbandoned }: BrokerRequest<RedisCredentials>) {
    const options = { url: this.address, ...credentials, socket: { reconnectStrategy: false as const } }
    const writer = createClient(options)
    const reader = writer.duplicate().withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    let bufferedBytes = 0
    const end = async () => {
      for (const client of [writer, reader]) if (client.isOpen) client.destroy()
    }
    const lost = (error: Error) => void end().then(() => listener.lost(error.message))
    for (const client of [writer, reader]) client.on('error', () => {})
    whenAbandoned(end)
    await Promise.all([writer.connect(), reader.connect()]).catch(async error => {
      await end()
      throw /WRONGPASS|NOAUTH/.test(error.message) ? new BrokerRefusal('Redis refuses the password') : error
    })
    for (const client of [writer, reader]) client.on('error', lost)
    const keyOf = (topic: Topic) => ['meldwork', ...topic].join(':')
    const add = (key: string, bytes: Uint8Array) => {
      bufferedBytes += bytes.length
      const trim = { strategy: 'MAXLEN', strategyModifier: '~', threshold: 1000 } as const
      const sent = writer
        .multi()
        .xAdd(key, '*', { b: Buffer.from(bytes) }, { TRIM: trim })
        .expire(key, 60)
        .exec()
      sent.catch(() => {}).finally(() => (bufferedBytes -= bytes.length))
    }
    // Reading waits until something comes on one of the streams; this one is of our own, to look at others from now on.
    const wake = keyOf(['wake', connection])
    const streams = new Map([[wake, { id: '0', topic: [] as Topic }]])
    const read = async () => {
      while (reader.isOpen) {
        const asked = [...streams].map(([key, { id }]) => ({ key, id }))
        for (const { name, messages } of (await reader.xRead(asked, { BLOCK: 10_000, COUNT: 100 })) ?? [])
          for (const { id, message } of messages) {
            const stream = streams.get(String(name))
            if (stream !== undefined) stream.id = String(id)
            if (stream !== undefined && String(name) !== wake) listener.message(stream.topic, message.b)
          }
      }
    }
    read().catch(lost)
    return {
      get bufferedBytes() {
        return bufferedBytes
      },
      async subscribe(topic) {
        const [last] = (await writer.xRevRange(keyOf(topic), '+', '-', { COUNT: 1 })) ?? []
        streams.set(keyOf(topic), { id: last?.id ?? '0', topic })
        add(wake, new Uint8Array(1))
      },
      unsubscribe: topic => void streams.delete(keyOf(topic)),
      publish: (topic, bytes) => add(keyOf(topic), bytes),
      async close() {
        await writer.close().catch(() => {})
        await end()
      },
    } satisfies BrokerConnection
  }
}
