import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { decodeFrame, encodeFrame, type RelayFrame } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import type { ChannelListener } from '../../src/ports/index.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { openSocket, WebSocketTransport, type WebSocketTransportOptions } from '../../src/transports/websocket-node.js'
import { openSuiteClone } from './clones.js'
import { serveRelay, Wire } from './relay-server.js'

const quick: WebSocketTransportOptions = { firstBackoffMs: 5, maxBackoffMs: 50 }
const cleanups: (() => unknown)[] = []
const later = (cleanup: () => unknown) => cleanups.push(cleanup)
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describe('transport suite: WebSocket', () => {
  testTransport(
    { test },
    {
      async create(count) {
        let server = await serveRelay()
        const wires = Array.from({ length: count }, () => new Wire(() => server.port))
        const urls = await Promise.all(wires.map(wire => wire.open()))
        return {
          transports: urls.map(url => new WebSocketTransport(url, quick)),
          cut: index => wires[index].cut(),
          restore: index => wires[index].restore(),
          clog: index => wires[index].clog(),
          flow: index => wires[index].flow(),
          restartServer: async () => {
            await server.close()
            server = await serveRelay({}, server.port)
          },
          close: async () => {
            await Promise.all(wires.map(wire => wire.close()))
            await server.close()
          },
        }
      },
      powers: { cut: true, clog: true, restartServer: true },
      openClone: openSuiteClone,
    },
  )
})

interface Seen {
  messages: Uint8Array[]
  peers: Uint8Array[]
  states: string[]
}

function watch(): Seen & { listener: ChannelListener } {
  const seen: Seen = { messages: [], peers: [], states: [] }
  const listener: ChannelListener = {
    message: (_, bytes) => seen.messages.push(bytes),
    peers: present => {
      seen.peers = [...present.values()]
    },
    state: (state, reason) => seen.states.push(reason === undefined ? state : `${state}: ${reason}`),
  }
  return {
    ...seen,
    listener,
    get peers() {
      return seen.peers
    },
  }
}

async function relayed(options: Parameters<typeof serveRelay>[0] = {}) {
  const server = await serveRelay(options)
  later(() => server.close())
  return { ...server, url: `ws://127.0.0.1:${server.port}` }
}

function member(url: string, options: WebSocketTransportOptions = {}) {
  const transport = new WebSocketTransport(url, { ...quick, ...options })
  later(() => transport.close())
  const seen = watch()
  return { transport, seen, channel: transport.join('a', seen.listener) }
}

const becomes = (condition: () => boolean, what: string) =>
  vi.waitFor(() => expect(condition(), what).toBe(true), { timeout: 10_000, interval: 5 })

describe('credentials', () => {
  test('a refused token ends the attempts; a new one begins them again; it is in no address and no reason', async () => {
    const addresses: string[] = []
    const tokens: unknown[] = []
    const { url, relay } = await relayed({
      authorize: token => {
        tokens.push(token)
        return token === 'right secret'
      },
    })
    const { transport, seen } = member(url, {
      token: 'wrong secret',
      socket: address => {
        addresses.push(address)
        return openSocket(address)
      },
    })
    await becomes(() => seen.states.at(-1)?.startsWith('refused') === true, 'refused')
    expect(seen.states.join()).not.toContain('secret')
    expect(relay.statistics()).toMatchObject({ accepted: 1, refused: 1 })
    transport.authenticate('right secret')
    await becomes(() => seen.states.at(-1) === 'online', 'online')
    expect(tokens).toEqual(['wrong secret', 'right secret'])
    expect(addresses.join()).not.toContain('secret')
  })

  test('a channel that may not be joined is refused, and others are not', async () => {
    const { url } = await relayed({
      mayJoin: async channel => (channel === 'a' ? { allowed: false, reason: 'no' } : true),
    })
    const { transport, seen } = member(url)
    const open = watch()
    transport.join('b', open.listener)
    await becomes(() => seen.states.at(-1) === 'refused: no', 'refused')
    await becomes(() => open.states.at(-1) === 'online', 'online')
  })
})

describe('a bad network', () => {
  test('a connection that stands still is noticed and replaced, on both sides', async () => {
    const { port, relay } = await relayed({ idleTimeoutMs: 400 })
    const wire = new Wire(() => port)
    later(() => wire.close())
    const { seen, transport } = member(await wire.open(), { pingIntervalMs: 50 })
    const other = member(`ws://127.0.0.1:${port}`, { pingIntervalMs: 50 })
    await becomes(() => other.seen.peers.length === 1, 'both are present')
    wire.stall()
    await becomes(() => seen.states.some(state => state.startsWith('offline')), 'noticed by the client')
    await becomes(() => seen.states.at(-1) === 'online', 'replaced')
    await becomes(() => other.seen.peers.length === 1 && relay.statistics().members === 2, 'noticed by the relay')
    expect(transport.statistics().connections).toBe(2)
  })

  test('one who does not read costs the sender and the others nothing, and hears again afterwards', async () => {
    const { url, port, relay } = await relayed({ sendBufferBytes: 256 * 1024 })
    const wire = new Wire(() => port)
    later(() => wire.close())
    const slow = member(await wire.open())
    const sender = member(url)
    const other = member(url)
    await becomes(() => [slow, sender, other].every(each => each.seen.peers.length === 2), 'all are present')
    wire.clog()
    const chunk = new Uint8Array(64 * 1024)
    // The buffers of the system between them take some megabytes first.
    for (let round = 0; relay.statistics().droppedSlow === 0; round++) {
      expect(round).toBeLessThan(10_000)
      sender.channel.publish(chunk.fill(round))
      await becomes(() => other.seen.messages.length === round + 1, 'the other gets every one')
    }
    wire.flow()
    await becomes(() => {
      sender.channel.publish(Uint8Array.of(1, 2, 3))
      return slow.seen.messages.some(message => message.length === 3)
    }, 'the slow one hears again')
    const isWhole = (message: Uint8Array) =>
      message.length === 3 || (message[0] === message.at(-1) && message.length === 65536)
    expect(slow.seen.messages.every(isWhole)).toBe(true)
    expect(slow.transport.statistics().connections).toBe(1)
  })

  test('one who is too eager is slowed down, and loses nothing but time', async () => {
    const { url, relay, sockets } = await relayed({ messagesPerSecond: 500 })
    const eager = member(url)
    const other = member(url)
    await becomes(() => eager.seen.peers.length === 1 && other.seen.peers.length === 1, 'both are present')
    for (let index = 0; index < 1200; index++) eager.channel.publish(new Uint8Array(1000).fill(index))
    await becomes(() => [...sockets].some(socket => socket.isPaused), 'it is slowed down')
    await becomes(() => other.seen.messages.length === 1200, 'all arrive')
    expect(relay.statistics().droppedRate).toBe(0)
    await becomes(() => [...sockets].every(socket => !socket.isPaused), 'it is let go on')
  })

  test('a relay that is not there: attempts with growing waits, until it is', async () => {
    const probe = await serveRelay()
    await probe.close()
    const { seen } = member(`ws://127.0.0.1:${probe.port}`)
    await becomes(() => seen.states.filter(state => state.startsWith('offline')).length > 3, 'attempts')
    expect(seen.states[1]).toMatch(/^offline: connect ECONNREFUSED/)
    const server = await serveRelay({}, probe.port)
    later(() => server.close())
    await becomes(() => seen.states.at(-1) === 'online', 'online')
  })
})

test('an address that cannot be one is refused at once; http is taken for ws', async () => {
  const isInvalid = expect.toSatisfy(error => hasCode(error, 'option-invalid'))
  expect(() => new WebSocketTransport('localhost:7330')).toThrow(isInvalid)
  const { url } = await relayed()
  const { seen } = member(url.replace('ws:', 'http:'))
  await becomes(() => seen.states.at(-1) === 'online', 'online')
})

test('a transport that is closed while it connects leaves nothing behind', async () => {
  const { url, relay } = await relayed()
  for (let turns = 0; turns < 12; turns++) {
    const { transport, seen } = member(url)
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    await transport.close()
    expect(seen.states).not.toContain('online')
  }
  // A round trip: an error that nobody handles would have come by then.
  const { seen } = member(url)
  await becomes(() => seen.states.at(-1) === 'online' && relay.statistics().connections === 1, 'only the last one')
})

describe('garbage', () => {
  test('from clients: a relay goes on serving the others', async () => {
    const { url, relay } = await relayed({ maxMessageBytes: 65536 })
    const a = member(url)
    const b = member(url)
    await becomes(() => a.seen.peers.length === 1 && b.seen.peers.length === 1, 'both are present')
    const hello = encodeFrame({ type: 'hello', lowest: 1, highest: 1, token: '' })
    const attacks: (Uint8Array | string)[][] = [
      ['text'],
      [new Uint8Array(0)],
      [new Uint8Array(1000).fill(255)],
      [hello, hello],
      [hello, 'text'],
      [hello, new Uint8Array(100_000)],
      [hello, encodeFrame({ type: 'join', handle: 1, channel: 'a', payload: new Uint8Array(5) }).subarray(0, 8)],
    ]
    for (const attack of attacks) {
      const socket = new WebSocket(url)
      socket.on('error', () => {})
      await once(socket, 'open')
      const closed = once(socket, 'close')
      for (const data of attack) socket.send(data)
      await closed
    }
    await becomes(() => relay.statistics().connections === 2, 'the bad ones are gone')
    a.channel.publish(Uint8Array.of(1))
    await becomes(() => b.seen.messages.length === 1, 'the good ones go on')
    expect(b.seen.states).toEqual(['connecting', 'online'])
  })

  test('from a server: a client goes on trying, with waits, and is there when the server has recovered', async () => {
    const welcome = encodeFrame({ type: 'welcome', version: 1, maxMessageBytes: 65536, connection: 'c' })
    const answers: (Uint8Array | string)[][] = [
      ['text'],
      [new Uint8Array(0)],
      [new Uint8Array(1000).fill(23)],
      [welcome, welcome],
      [welcome, 'text'],
      [welcome, new Uint8Array([19, 1])],
    ]
    let next = 0
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    later(() => new Promise(resolve => server.close(resolve)))
    server.on('connection', socket => {
      for (const answer of answers[next++] ?? [welcome]) socket.send(answer)
      socket.on('message', data => {
        const frame = decodeFrame(data as Buffer)
        if (frame?.type !== 'join') return
        const reply: RelayFrame[] = [
          { type: 'joined', handle: frame.handle, channel: 1, member: 2, peer: 'p' },
          { type: 'present', channel: 1, members: [{ member: 2, peer: 'p', payload: new Uint8Array(0) }] },
        ]
        for (const each of reply) socket.send(encodeFrame(each))
      })
    })
    const { seen, transport } = member(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await becomes(() => seen.states.at(-1) === 'online' && next === answers.length + 1, 'online in the end')
    expect(transport.statistics().malformed).toBe(answers.length)
  })
})

describe('many', () => {
  test('100 clients come back after a restart of the server', async () => {
    let server = await serveRelay()
    later(() => server.close())
    const all = Array.from({ length: 100 }, () => member(`ws://127.0.0.1:${server.port}`))
    const complete = () => all.every(({ seen }) => seen.states.at(-1) === 'online' && seen.peers.length === 99)
    await becomes(complete, 'all are present')
    await server.close()
    await becomes(() => all.every(({ seen }) => seen.states.at(-1) !== 'online'), 'all have noticed')
    server = await serveRelay({}, server.port)
    await becomes(complete, 'all are back')
    all[0].channel.publish(Uint8Array.of(1))
    await becomes(() => all.slice(1).every(({ seen }) => seen.messages.length === 1), 'all hear')
  })
})
