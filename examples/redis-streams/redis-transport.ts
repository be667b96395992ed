/** An adapter of one's own: clones that meet over Redis Streams. What is asked for stands in `Broker` of `meldwork/pubsub`; docs/messaging.md explains it. */
import { type Broker, BrokerRefusal, type Topic, TopicTransport, type TopicTransportOptions } from 'meldwork/pubsub'
import { createClient, RESP_TYPES } from 'redis'

/** What Redis asks for. */
export type RedisCredentials = { username?: string; password?: string }

/** A transport over a Redis server: `redisTransport('redis://localhost:6379', { credentials: { password } })`. */
export const redisTransport = (url: string, options: TopicTransportOptions<RedisCredentials> = {}) =>
  new TopicTransport(redisBroker(url), options)

const trim = { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: 1000 } } as const
const keyOf = (topic: Topic) => ['meldwork', ...topic].join(':')

/** A topic is a stream that keeps its last thousand messages, for a minute: Redis delivers from the number at which somebody began to listen. */
const redisBroker = (url: string): Broker<RedisCredentials> => ({
  address: url,
  retains: false,
  async open({ credentials, connection, listener, whenAbandoned }) {
    const writer = createClient({ url, ...credentials, socket: { reconnectStrategy: false } })
    const reader = writer.duplicate().withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    const clients = [writer, reader]
    const end = () => clients.forEach(client => void (client.isOpen && client.destroy()))
    const lost = (error: Error) => {
      end()
      queueMicrotask(() => listener.lost(error.message))
    }
    whenAbandoned(end)
    for (const client of clients) client.on('error', () => {})
    await Promise.all(clients.map(client => client.connect())).catch(error => {
      end()
      throw /WRONGPASS|NOAUTH/.test(error.message) ? new BrokerRefusal('Redis refuses the password') : error
    })
    for (const client of clients) client.on('error', lost)
    let bufferedBytes = 0
    const add = (key: string, bytes: Uint8Array) => {
      bufferedBytes += bytes.length
      const sent = writer
        .multi()
        .xAdd(key, '*', { b: Buffer.from(bytes) }, trim)
        .expire(key, 60)
        .exec()
      sent.catch(() => {}).finally(() => (bufferedBytes -= bytes.length))
    }
    // Reading waits until something comes on one of the streams; the first is of our own, to look at others from now on.
    const streams = new Map([[keyOf(['wake', connection]), { id: '0', topic: [] as Topic }]])
    const read = async () => {
      while (reader.isOpen) {
        const asked = [...streams].map(([key, { id }]) => ({ key, id }))
        for (const { name, messages } of (await reader.xRead(asked, { BLOCK: 10_000, COUNT: 100 })) ?? []) {
          const stream = streams.get(String(name))
          for (const { id, message } of stream === undefined ? [] : messages) {
            stream!.id = String(id)
            if (stream!.topic.length > 0) listener.message(stream!.topic, message.b)
          }
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
        add(keyOf(['wake', connection]), new Uint8Array(1))
      },
      unsubscribe: topic => void streams.delete(keyOf(topic)),
      publish: (topic, bytes) => add(keyOf(topic), bytes),
      close: () => writer.close().then(end, end),
    }
  },
})
