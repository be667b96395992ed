import type { Hono } from 'hono'
import { type Clone, openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { Relay } from 'meldwork/transports/relay'
import { onTestFinished } from 'vitest'
import { createApp } from '../../src/gateway/app.js'
import { Credentials } from '../../src/gateway/credentials.js'
import { HttpApi } from '../../src/gateway/http/api.js'
import { type GatewayOptions, settingsOf } from '../../src/gateway/options.js'
import { Origins } from '../../src/gateway/origins.js'
import { domain } from '../gateway-client.js'

/** What a gateway answers, without a network: with a clone in memory that keeps {@link domain}. */
export interface TestApp {
  readonly app: Hono
  readonly api: HttpApi
  readonly clone: Clone
  /** What it has reported. */
  readonly reports: unknown[]
  /** Posts to a path below the domain: text as it is, all else as JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Gets any path. */
  get(path: string, headers?: Record<string, string>): Promise<Response>
}

/** Opens one, until the test has finished. */
export async function testApp(options: GatewayOptions = {}): Promise<TestApp> {
  const reports: unknown[] = []
  const settings = settingsOf({ report: error => reports.push(error), ...options })
  const clone = await openClone({ domain, store: new MemoryStore(), genesis: true, history: { operations: 100 } })
  const origins = new Origins(settings.host, settings.allowOrigins)
  const credentials = new Credentials(settings.token)
  const clones = new Map([[domain, clone]])
  const relay = new Relay()
  const api = new HttpApi({ origins, credentials, clones, settings, relay: () => relay.statistics() })
  const health = () => {
    throw new Error('not asked for')
  }
  const app = createApp({ origins, credentials, domains: [domain], anyDomain: false, page: undefined, api, health })
  onTestFinished(async () => {
    api.close()
    await clone.close()
  })
  const host = { host: 'localhost:7330' }
  return {
    app,
    api,
    clone,
    reports,
    post: async (path, body, headers = {}) =>
      app.request(`/domains/${domain}${path}`, {
        method: 'POST',
        headers: { ...host, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      }),
    get: async (path, headers = {}) => app.request(path, { headers: { ...host, ...headers } }),
  }
}

/** One event of a stream. */
export interface ReceivedEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: Record<string, unknown>
}

/** Reads server-sent events as the standard says (WHATWG HTML, 9.2.6), as far as they are used here. */
export class EventReader {
  /** What an `EventSource` would send as `Last-Event-ID`. */
  lastId = ''
  retryMs: number | undefined
  comments = 0
  private readonly chunks: AsyncIterator<Uint8Array>
  private readonly decoder = new TextDecoder()
  private text = ''

  constructor(body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>) {
    this.chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<ReceivedEvent | undefined> {
    for (;;) {
      const end = this.text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.text.slice(0, end)
        this.text = this.text.slice(end + 2)
        const event = this.read(block)
        if (event !== undefined) return event
        continue
      }
      const { done, value } = await this.chunks.next()
      if (done) return undefined
      this.text += this.decoder.decode(value, { stream: true })
    }
  }

  /** So many events. */
  async take(count: number): Promise<ReceivedEvent[]> {
    const events: ReceivedEvent[] = []
    while (events.length < count) {
      const event = await this.next()
      if (event === undefined) throw new Error(`The stream has ended after ${events.length} of ${count} events`)
      events.push(event)
    }
    return events
  }

  /** Goes away. */
  async leave(): Promise<void> {
    await this.chunks.return?.()
  }

  private read(block: string): ReceivedEvent | undefined {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) this.comments++
      else fields.set(...([line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const))
    }
    const [id, data, retry] = ['id', 'data', 'retry'].map(name => fields.get(name))
    if (id !== undefined) this.lastId = id
    if (retry !== undefined) this.retryMs = Number(retry)
    return data === undefined ? undefined : { event: fields.get('event')!, id, data: JSON.parse(data) }
  }
}
