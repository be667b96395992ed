/** The SDK of Ably itself, with a server that speaks as much of Ably's protocol as is needed: what the stand-in of the other tests takes for granted. */
import type { AddressInfo } from 'node:net'
import * as Ably from 'ably'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { AblyTransport } from '../../src/transports/ably.js'

/** The actions of protocol messages, and the flags of modes, as the SDK has them. */
const action = { ack: 1, nack: 2, connected: 4, disconnected: 6, close: 7, closed: 8, error: 9 }
const onChannel = { attach: 10, attached: 11, detach: 12, detached: 13, message: 15 }
const mayBoth = (1 << 17) | (1 << 18)

interface ProtocolMessage {
  action: number
  channel: string
  msgSerial: number
  messages: { data: string }[]
}

class ProtocolServer {
  readonly sockets = new Map<WebSocket, Set<string>>()
  connections = 0
  /** Bytes of a WebSocket message, at most. */
  longest = 0
  refusesMessages = false
  private readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' })

  readonly listening = new Promise(resolve => this.server.once('listening', resolve))

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  constructor() {
    this.server.on('connection', (socket, { url }) => {
      const connectionId = `c${++this.connections}`
      const say = (message: object) => socket.send(JSON.stringify(message))
      if (url?.includes('wrong')) {
        say({ action: action.error, error: { code: 40101, statusCode: 401, message: 'invalid credentials' } })
        return
      }
      const attached = new Set<string>()
      this.sockets.set(socket, attached)
      socket.on('close', () => this.sockets.delete(socket))
      const details = { connectionKey: `k${this.connections}`, maxMessageSize: 32_768, maxIdleInterval: 15_000 }
      say({ action: action.connected, connectionId, connectionDetails: { ...details, connectionStateTtl: 120_000 } })
      socket.on('message', bytes => {
        const { action: asked, channel, msgSerial, messages } = JSON.parse(`${bytes}`) as ProtocolMessage
        if (asked === action.close) say({ action: action.closed })
        else if (asked === onChannel.attach && channel.includes(':forbidden:')) {
          const error = { code: 40160, statusCode: 401, message: 'Channel denied access based on given capability' }
          say({ action: action.error, channel, error })
        } else if (asked === onChannel.attach) {
          attached.add(channel)
          say({ action: onChannel.attached, channel, flags: mayBoth })
        } else if (asked === onChannel.detach) {
          attached.delete(channel)
          say({ action: onChannel.detached, channel })
        } else if (asked === onChannel.message && this.refusesMessages) {
          const error = { code: 42911, statusCode: 429, message: 'Rate limit exceeded' }
          say({ action: action.nack, msgSerial, count: 1, error })
        } else if (asked === onChannel.message) {
          this.longest = Math.max(this.longest, `${bytes}`.length)
          say({ action: action.ack, msgSerial, count: 1 })
          const text = JSON.stringify({
            action: onChannel.message,
            channel,
            connectionId,
            id: `${connectionId}:${msgSerial}`,
            messages,
          })
          for (const [other, channels] of this.sockets) if (other !== socket && channels.has(channel)) other.send(text)
        }
      })
    })
  }

  /** The sockets break. */
  cut(): void {
    for (const socket of this.sockets.keys()) socket.terminate()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise(resolve => this.server.close(resolve))
  }
}

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 })

describe("Ably's SDK", () => {
  const start = async () => {
    const server = new ProtocolServer()
    ending.push(() => server.close())
    await server.listening
    const join = (token: string, name = 'a') => {
      const clients: Ably.Realtime[] = []
      const transport = new AblyTransport({
        token,
        firstBackoffMs: 20,
        maxBackoffMs: 100,
        beatMs: 60_000,
        clientOptions: { endpoint: '127.0.0.1', port: server.port, tls: false, disableConnectivityCheck: true },
        // The server reads JSON.
        client: options => {
          const client = new Ably.Realtime({ ...options, useBinaryProtocol: false })
          clients.push(client)
          return client
        },
      })
      ending.push(() => transport.close())
      const states: string[] = []
      const heard: Uint8Array[] = []
      const seen = { peers: [] as string[] }
      const channel = transport.join(name, {
        message: (_, bytes) => heard.push(bytes),
        peers: present => {
          seen.peers = [...present.keys()]
        },
        state: (state, reason) => states.push(`${state} ${reason ?? ''}`.trim()),
      })
      return { transport, channel, states, heard, seen, clients }
    }
    return { server, join }
  }

  test('carries members, messages and long messages, over a loss, to an end in order', async () => {
    const { server, join } = await start()
    const [a, b] = [join('t'), join('t')]
    const acquainted = () =>
      until(() => {
        for (const { seen } of [a, b]) expect(seen.peers).toHaveLength(1)
      })
    await acquainted()
    const long = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 31) & 255)
    a.channel.publish(long)
    a.channel.send(a.seen.peers[0], Uint8Array.of(7))
    await until(() => expect(b.heard).toHaveLength(2))
    expect(b.heard.map(({ length }) => length).sort()).toEqual([1, 300_000])
    expect(Buffer.compare(b.heard.find(({ length }) => length > 1)!, long)).toBe(0)
    // As it is in JSON, by a third longer; in parts of what the server said that it takes.
    expect(server.longest).toBeGreaterThan(32_768)
    expect(server.longest).toBeLessThan(45_000)
    const before = server.connections
    server.cut()
    await until(() => {
      for (const { states } of [a, b]) expect(states.filter(state => state === 'online')).toHaveLength(2)
    })
    await acquainted()
    // The clients of the connections that were lost do not come back by themselves.
    expect(server.connections).toBe(before + 2)
    expect(a.clients.map(({ connection }) => connection.state)).toEqual(['closed', 'connected'])
    await b.transport.close()
    await until(() => expect(a.seen.peers).toEqual([]))
    await until(() => expect(server.sockets.size).toBe(1))
  })

  test('one who leaves and comes again at once is there', async () => {
    const { join } = await start()
    const [a, b] = [join('t'), join('t')]
    await until(() => expect(a.seen.peers).toHaveLength(1))
    b.channel.close()
    const heard: Uint8Array[] = []
    b.transport.join('a', { message: (_, bytes) => heard.push(bytes), peers() {}, state() {} })
    await until(() => {
      a.channel.publish(Uint8Array.of(1))
      expect(heard.length).toBeGreaterThan(0)
    })
    // Channels of members that have gone are not kept.
    await until(() => expect(Object.keys((b.clients[0].channels as unknown as { all: object }).all)).toHaveLength(2))
  })

  test('tells of what is refused: credentials, a channel, a message', async () => {
    const { server, join } = await start()
    const [wrong, forbidden, fine] = [join('wrong'), join('t', 'forbidden'), join('t')]
    await until(() => expect(wrong.states.at(-1)).toBe('refused invalid credentials (40101)'))
    await until(() => expect(forbidden.states.at(-1)).toMatch(/^refused .*Channel denied access .*\(40160\)$/))
    await until(() => expect(fine.states.at(-1)).toBe('online'))
    server.refusesMessages = true
    fine.channel.publish(Uint8Array.of(1))
    await until(() => expect(fine.transport.statistics().dropped).toBe(1))
    expect(fine.states.at(-1)).toBe('online')
  })
})
