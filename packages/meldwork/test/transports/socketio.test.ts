import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { Server } from 'socket.io'
import { io as connectSocketIo, Manager, type Socket } from 'socket.io-client'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeFrame } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import { openClone } from '../../src/index.js'
import type { ChannelListener } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { Relay } from '../../src/transports/relay.js'
import { SocketIoTransport, type SocketIoTransportOptions } from '../../src/transports/socketio.js'
import { neededBufferBytes, serveSocketIo } from '../../src/transports/socketio-relay.js'
import { WebSocketTransport } from '../../src/transports/websocket-node.js'
import { openSuiteClone } from './clones.js'
import { Wire } from './relay-server.js'
import { serveOnSocketIo } from './socketio-server.js'

const quick: SocketIoTransportOptions = { firstBackoffMs: 5, maxBackoffMs: 50 }
const ways: Record<string, readonly ('polling' | 'websocket')[]> = {
  WebSocket: ['websocket'],
  polling: ['polling'],
  'polling, then WebSocket': ['polling', 'websocket'],
}

/** A poll is a connection and a request of HTTP each time: what goes to and fro two hundred times takes long on a busy machine. */
const patient = { test: (name: string, run: () => Promise<void>) => void test(name, run, 60_000) }

for (const [name, transports] of Object.entries(ways)) {
  describe(`transport suite: Socket.IO (${name})`, () => {
    testTransport(transports.includes('websocket') ? { test } : patient, {
      async create(count) {
        // Between two polls nothing tells a server that its client is gone, but that it does not answer.
        const pings = { pingInterval: 2000, pingTimeout: 2000 }
        let server = await serveOnSocketIo({}, 0, pings)
        const wires = Array.from({ length: count }, () => new Wire(() => server.port))
        const urls = await Promise.all(wires.map(wire => wire.open()))
        const options = { ...quick, socketOptions: { transports: [...transports] } }
        return {
          transports: urls.map(url => new SocketIoTransport(url, options)),
          cut: index => wires[index].cut(),
          restore: index => wires[index].restore(),
          clog: index => wires[index].clog(),
          flow: index => wires[index].flow(),
          restartServer: async () => {
            await server.close()
            server = await serveOnSocketIo({}, server.port, pings)
          },
          close: async () => {
            await Promise.all(wires.map(wire => wire.close()))
            await server.close()
          },
        }
      },
      powers: { cut: true, clog: true, restartServer: true },
      openClone: openSuiteClone,
    })
  })
}

/** Bytes that a client's end holds, seen from outside. */
function heldByClient({ io }: Socket): number {
  const engine = io.engine as unknown as {
    writeBuffer: { data?: { length?: number } }[]
    transport: { ws?: { bufferedAmount: number } }
  }
  const waiting = engine.writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0)
  return waiting + (engine.transport.ws?.bufferedAmount ?? 0)
}

/** Bytes that a server's end holds, of all clients. */
function heldByServer(server: Server): number {
  const clients = (server.engine as unknown as { clients: object }).clients as Record<string, never>
  let held = 0
  for (const client of Object.values<{
    writeBuffer: { data?: { length?: number } }[]
    transport: { socket?: { bufferedAmount?: number } }
  }>(clients)) {
    held += client.transport.socket?.bufferedAmount ?? 0
    for (const { data } of client.writeBuffer) held += data?.length ?? 0
  }
  return held
}

// On a connection that an app has, which tries again by itself too: what it holds can be seen.
describe("transport suite: Socket.IO (polling, on a connection of the app's)", () => {
  testTransport(patient, {
    async create(count) {
      const pings = { pingInterval: 2000, pingTimeout: 2000 }
      let server = await serveOnSocketIo({}, 0, pings)
      const wires = Array.from({ length: count }, () => new Wire(() => server.port))
      const urls = await Promise.all(wires.map(wire => wire.open()))
      const options = { transports: ['polling'], reconnectionDelay: 5, reconnectionDelayMax: 50 }
      const managers = urls.map(url => new Manager(url, options))
      const sockets = managers.map(manager => manager.socket('/meldwork'))
      const apps = managers.map(manager => manager.socket('/'))
      return {
        transports: sockets.map(socket => new SocketIoTransport(() => socket, quick)),
        cut: index => wires[index].cut(),
        restore: index => wires[index].restore(),
        clog: index => wires[index].clog(),
        flow: index => wires[index].flow(),
        restartServer: async () => {
          await server.close()
          server = await serveOnSocketIo({}, server.port, pings)
        },
        heldBytes: () => sockets.reduce((sum, socket) => sum + heldByClient(socket), heldByServer(server.io)),
        close: async () => {
          // The app's own namespace is where it was.
          expect(apps.every(app => app.active)).toBe(true)
          for (const app of apps) app.disconnect()
          await Promise.all(wires.map(wire => wire.close()))
          await server.close()
        },
      }
    },
    powers: { cut: true, clog: true, restartServer: true, heldBytes: true },
    openClone: openSuiteClone,
  })
})

const cleanups: (() => unknown)[] = []
const later = (cleanup: () => unknown) => cleanups.push(cleanup)
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Seen {
  readonly messages: Uint8Array[]
  readonly peers: Uint8Array[]
  readonly states: string[]
  readonly listener: ChannelListener
}

function watch(): Seen {
  const messages: Uint8Array[] = []
  const states: string[] = []
  let peers: Uint8Array[] = []
  const listener: ChannelListener = {
    message: (_, bytes) => messages.push(bytes),
    peers: present => {
      peers = [...present.values()]
    },
    state: (state, reason) => states.push(reason === undefined ? state : `${state}: ${reason}`),
  }
  return {
    messages,
    states,
    listener,
    get peers() {
      return peers
    },
  }
}

async function served(...options: Parameters<typeof serveOnSocketIo>) {
  const server = await serveOnSocketIo(...options)
  later(() => server.close())
  return { ...server, url: `http://127.0.0.1:${server.port}` }
}

function member(url: string, options: SocketIoTransportOptions = {}) {
  const transport = new SocketIoTransport(url, { ...quick, ...options })
  later(() => transport.close())
  const seen = watch()
  return { transport, seen, channel: transport.join('a', seen.listener) }
}

const by = (...transports: ('polling' | 'websocket')[]): SocketIoTransportOptions => ({ socketOptions: { transports } })
const becomes = (condition: () => boolean, what: string) =>
  vi.waitFor(() => expect(condition(), what).toBe(true), { timeout: 10_000, interval: 5 })
const isInvalid = (option: string) =>
  expect.toSatisfy(error => hasCode(error, 'option-invalid') && error.facts.option === option)

describe('credentials', () => {
  test('a token that the relay refuses ends the attempts; a new one begins them again; it is in no address and no reason', async () => {
    const addresses: string[] = []
    const { url, relay, io } = await served({ authorize: token => token === 'right secret' })
    io.engine.on('initial_headers', (_, request) => addresses.push(request.url))
    const { transport, seen } = member(url, { token: 'wrong secret' })
    await becomes(() => seen.states.at(-1)?.startsWith('refused') === true, 'refused')
    expect(relay.statistics()).toMatchObject({ accepted: 1, refused: 1 })
    transport.authenticate('right secret')
    await becomes(() => seen.states.at(-1) === 'online', 'online')
    expect(addresses.length).toBeGreaterThan(0)
    expect([...addresses, ...seen.states].join()).not.toContain('secret')
  })

  test('a middleware of the server can check the token; who it refuses does not come again by itself', async () => {
    const { url, relay, io } = await served({ authorize: (_, { data }) => (data as { user?: string }).user === 'fred' })
    const tokens: unknown[] = []
    io.of('/meldwork').use((socket, next) => {
      const { token } = socket.handshake.auth
      tokens.push(token)
      if (token !== 'right') return next(new Error('nobody knows you'))
      socket.data.user = 'fred'
      next()
    })
    const { transport, seen } = member(url, { token: () => 'wrong' })
    await becomes(() => seen.states.at(-1) === 'refused: nobody knows you', 'refused')
    transport.authenticate(() => 'right')
    await becomes(() => seen.states.at(-1) === 'online', 'online')
    expect(tokens).toEqual(['wrong', 'right'])
    expect(relay.statistics().accepted).toBe(1)
  })

  test('one whose refusal is not final is tried again, with waits; and so is a namespace that comes later', async () => {
    const { url, io } = await served()
    let refusals = 0
    io.of('/meldwork').use((_, next) => {
      if (++refusals > 3) next()
      else next(Object.assign(new Error('not now'), { data: { final: false } }))
    })
    const { seen } = member(url)
    const early = member(url, { namespace: '/later' })
    await becomes(() => seen.states.at(-1) === 'online', 'online')
    expect(seen.states.filter(state => state === 'offline: not now')).toHaveLength(3)
    await becomes(() => early.seen.states.length > 3, 'attempts')
    expect(early.seen.states[1]).toBe('offline: the server has no relay in this namespace')
    serveSocketIo(io.of('/later'), new Relay())
    await becomes(() => early.seen.states.at(-1) === 'online', 'online')
  })

  test('a token that ends: the app is asked for a new one, and it goes on', async () => {
    let valid = 'token 1'
    const { url, io } = await served({ authorize: token => token === valid })
    let asked = 0
    const { seen } = member(url, { token: async () => `token ${++asked}` })
    await becomes(() => seen.states.at(-1) === 'online', 'online')
    valid = 'token 2'
    io.of('/meldwork').disconnectSockets()
    await becomes(() => seen.states.length > 2 && seen.states.at(-1) === 'online', 'online again')
    expect([asked, seen.states.some(state => state.startsWith('refused'))]).toEqual([2, false])
  })

  test('a channel that may not be joined is refused, and others are not', async () => {
    const { url } = await served({
      mayJoin: async channel => (channel === 'a' ? { allowed: false, reason: 'no' } : true),
    })
    const { transport, seen } = member(url)
    const open = watch()
    transport.join('b', open.listener)
    await becomes(() => seen.states.at(-1) === 'refused: no', 'refused')
    await becomes(() => open.states.at(-1) === 'online', 'online')
  })
})

describe('options', () => {
  test('an address that cannot be one is refused at once', () => {
    expect(() => new SocketIoTransport('localhost:7330')).toThrow(isInvalid('url'))
    expect(() => new SocketIoTransport('https://app.example/relay')).toThrow(isInvalid('url'))
    expect(() => new SocketIoTransport('https://app.example', { namespace: 'relay' })).toThrow(isInvalid('namespace'))
    expect(() => new SocketIoTransport('https://app.example', { maxMessageBytes: 1 })).toThrow(
      isInvalid('maxMessageBytes'),
    )
  })

  test('a server that would cut off long messages, or keep them all, is refused at once', () => {
    const relay = new Relay()
    const needed = neededBufferBytes(relay)
    expect(() => serveSocketIo(new Server(), relay)).toThrow(isInvalid('maxHttpBufferSize'))
    expect(() => serveSocketIo(new Server({ maxHttpBufferSize: needed - 1 }).of('/x'), relay)).toThrow(
      isInvalid('maxHttpBufferSize'),
    )
    const keeping = new Server({ maxHttpBufferSize: needed, connectionStateRecovery: {} })
    expect(() => serveSocketIo(keeping, relay)).toThrow(isInvalid('connectionStateRecovery'))
    serveSocketIo(new Server(), new Relay({ maxMessageBytes: 700_000 }))
  })

  test('the longest message passes a server that allows just what is needed, however it is sent', async () => {
    const maxHttpBufferSize = neededBufferBytes(new Relay())
    const { url, relay } = await served({}, 0, { maxHttpBufferSize })
    const members = [by('polling'), by('websocket')].map(options => member(url, options))
    await becomes(() => members.every(({ seen }) => seen.peers.length === 1), 'both are present')
    for (const [sender, receiver] of [members, [...members].reverse()]) {
      // And many of every length, which Engine.IO puts together.
      const lengths = [sender.transport.maxMessageBytes, ...Array.from({ length: 1000 }, (_, index) => index * 4)]
      for (const length of lengths) sender.channel.publish(new Uint8Array(length).fill(length))
      await becomes(() => receiver.seen.messages.length === lengths.length, 'all arrive')
      expect(receiver.seen.messages.map(({ length }) => length)).toEqual(lengths)
    }
    expect(members.map(({ transport }) => transport.statistics().connections)).toEqual([1, 1])
    expect(relay.statistics().droppedRate).toBe(0)
  })
})

describe('beside an app', () => {
  test('the app has its own namespaces, path and pages, and a WebSocket to the same relay meets those here', async () => {
    const http = createServer((_, response) => response.end('the page of the app'))
    const io = new Server(http, { path: '/app/socket', maxHttpBufferSize: 2_000_000 })
    const relay = new Relay()
    serveSocketIo(io, relay, { namespace: '/domains' })
    io.on('connection', socket => socket.on('frame', (word, answer) => answer(`${word} yourself`)))
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    later(() => closeAll(io, http))
    const { port } = http.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    const { seen } = member(url, { path: '/app/socket', namespace: '/domains' })
    const own = connectSocketIo(url, { path: '/app/socket' })
    later(() => own.disconnect())
    expect(await own.emitWithAck('frame', 'hello')).toBe('hello yourself')
    expect(await (await fetch(url)).text()).toBe('the page of the app')
    const other = new WebSocketTransport('memory:', { socket: () => relay.connect() })
    later(() => other.close())
    const near = watch()
    other.join('a', near.listener).publish(new Uint8Array(0))
    await becomes(() => seen.peers.length === 1 && near.peers.length === 1, 'they see each other')
    // Whatever the app says to all of its own.
    io.emit('frame', 'news')
    io.of('/domains').emit('news', new Uint8Array(3))
    expect(await own.emitWithAck('frame', 'still here')).toBe('still here yourself')
    expect(seen.states).toEqual(['connecting', 'online'])
  })

  test('on a connection of the app: refusals and ends are of its namespace only', async () => {
    const { url, io } = await served({ authorize: token => token === 'right' })
    io.on('connection', socket => socket.on('ask', answer => answer('answer')))
    const manager = new Manager(url, { reconnection: false })
    const own = manager.socket('/')
    later(() => own.disconnect())
    const ends: string[] = []
    own.on('disconnect', reason => ends.push(reason))
    const tokens: unknown[] = []
    io.of('/meldwork').use((socket, next) => {
      tokens.push(socket.handshake.auth.token)
      next()
    })
    let socket: Socket | undefined
    const source = (token: string | undefined) => {
      // The second time, Socket.IO connects it at once; the transport must not do it again.
      socket ??= manager.socket('/meldwork')
      socket.auth = { token }
      return manager.socket('/meldwork')
    }
    const transport = new SocketIoTransport(source, { ...quick, token: 'wrong' })
    const seen = watch()
    const channel = transport.join('a', seen.listener)
    for (let round = 0; round < 10; round++) {
      await becomes(() => seen.states.at(-1)?.startsWith('refused') === true, 'refused')
      transport.authenticate('right')
      await becomes(() => seen.states.at(-1) === 'online', 'online')
      if (round === 9) break
      // Something is always under way.
      for (let count = 0; count < 20; count++) channel.publish(new Uint8Array(10_000))
      transport.authenticate('wrong')
    }
    await transport.close()
    await becomes(() => io.of('/meldwork').sockets.size === 0, 'it has left')
    expect(await own.emitWithAck('ask')).toBe('answer')
    expect([tokens, ends]).toEqual([Array.from({ length: 10 }, () => ['wrong', 'right']).flat(), []])
    expect([transport.statistics().connections, io.engine.clientsCount]).toEqual([10, 1])
  })

  test('two clones have the same, one of which polls', async () => {
    const { url } = await served()
    const clones = []
    for (const options of [by('polling'), by('polling', 'websocket')]) {
      const transport = new SocketIoTransport(url, options)
      const clone = await openClone({
        domain: 'notes.example',
        store: new MemoryStore(),
        transport,
        genesis: clones.length === 0,
      })
      later(async () => {
        await clone.close()
        await transport.close()
      })
      clones.push(clone)
    }
    const [one, two] = clones
    for (const clone of clones) await clone.status.becomes({ online: true, outdated: false, peers: 1 })
    await one.write({ '@id': 'fred', name: 'Fred' })
    await two.write({ '@id': 'wilma', name: 'Wilma', note: 'x'.repeat(1_200_000) })
    await becomes(() => one.stats().subjects === 2 && two.stats().subjects === 2, 'both have both')
    expect(one.stats().digest).toBe(two.stats().digest)
  })
})

const closeAll = async (io: Server, http: HttpServer) => {
  const closed = io.close()
  http.closeAllConnections()
  await closed
}

/** A server that waits long for those who do not answer. */
const patience = { pingInterval: 300_000, pingTimeout: 300_000 }

describe('a bad network', () => {
  for (const [name, transports] of Object.entries(ways)) {
    test(`one who does not read costs the sender and the others nothing, and hears again afterwards (${name})`, async () => {
      const { url, port, relay, io } = await served(
        { sendBufferBytes: 256 * 1024, slowTimeoutMs: 600_000, idleTimeoutMs: 600_000 },
        0,
        patience,
      )
      const wire = new Wire(() => port)
      later(() => wire.close())
      // However long it takes to fill what lies between, it does not give up.
      const slow = member(await wire.open(), { ...by(...transports), pingIntervalMs: 100_000 })
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
      // What waits, what leaves, and for each as much again in base64.
      expect(heldByServer(io)).toBeLessThan(4 * 2 * 256 * 1024)
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
  }

  test('one who never reads is closed, and what it would have got is let go', async () => {
    const { port, url, relay, io } = await served({
      sendBufferBytes: 256 * 1024,
      slowTimeoutMs: 100,
      // It says nothing either, and must not be sent away for that before.
      idleTimeoutMs: 8000,
    })
    const wire = new Wire(() => port)
    later(() => wire.close())
    const slow = member(await wire.open(), { ...by('websocket'), pingIntervalMs: 100_000 })
    const sender = member(url, { pingIntervalMs: 100 })
    await becomes(() => slow.seen.peers.length === 1 && sender.seen.peers.length === 1, 'both are present')
    wire.clog()
    const chunk = new Uint8Array(64 * 1024)
    await becomes(() => {
      for (let count = 0; count < 10; count++) sender.channel.publish(chunk)
      return sender.seen.peers.length === 0
    }, 'it is closed')
    expect(relay.statistics().droppedSlow).toBeGreaterThan(0)
    await becomes(() => io.engine.clientsCount === 1 && heldByServer(io) === 0, 'nothing is kept for it')
  })

  test('one who is too eager is slowed down, and loses nothing but time; one who polls loses messages', async () => {
    const { url, relay } = await served({ messagesPerSecond: 500 })
    const eager = member(url, by('websocket'))
    const other = member(url)
    await becomes(() => eager.seen.peers.length === 1 && other.seen.peers.length === 1, 'both are present')
    for (let index = 0; index < 1200; index++) eager.channel.publish(new Uint8Array(1000).fill(index))
    await becomes(() => other.seen.messages.length === 1200, 'all arrive')
    expect(relay.statistics().droppedRate).toBe(0)
    const polling = member(url, by('polling'))
    await becomes(() => polling.seen.peers.length === 2, 'it is present')
    for (let index = 0; index < 4000; index++) polling.channel.publish(new Uint8Array(10))
    await becomes(() => relay.statistics().droppedRate > 0, 'some are dropped')
    expect(polling.seen.states).toEqual(['connecting', 'online'])
  })

  test('a server that is not there, or refuses all: attempts with growing waits, until it is', async () => {
    for (const transports of Object.values(ways)) {
      const probe = await serveOnSocketIo()
      await probe.close()
      const { seen } = member(`http://127.0.0.1:${probe.port}`, by(...transports))
      await becomes(() => seen.states.filter(state => state.startsWith('offline')).length > 3, 'attempts')
      expect(seen.states[1]).toMatch(/^offline: .*(ECONNREFUSED|cannot be reached)/)
      let refusing = true
      const server = await serveOnSocketIo({}, probe.port, { allowRequest: (_, answer) => answer('no', !refusing) })
      later(() => server.close())
      await becomes(
        () => seen.states.some(state => /^offline: .*(status 403|response: 400)/.test(state)),
        'refused by HTTP',
      )
      refusing = false
      await becomes(() => seen.states.at(-1) === 'online', 'online')
    }
  })

  test('a server that accepts and drops, or accepts and says nothing: waits between the attempts', async () => {
    let accepted = 0
    let silent = false
    const server = createTcpServer(socket => {
      accepted++
      socket.on('error', () => {})
      if (!silent) socket.destroy()
      else later(() => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    later(() => server.close())
    const { port } = server.address() as AddressInfo
    const { seen } = member(`http://127.0.0.1:${port}`, {
      firstBackoffMs: 100,
      maxBackoffMs: 200,
      connectTimeoutMs: 100,
    })
    await becomes(() => accepted >= 5, 'attempts')
    const startedMs = performance.now()
    const before = accepted
    silent = true
    await becomes(() => seen.states.includes('offline: the relay does not answer'), 'given up')
    await becomes(() => accepted >= before + 4, 'attempts')
    // Four waits for an answer at least.
    expect(performance.now() - startedMs).toBeGreaterThan(250)
    expect(accepted).toBeLessThan(before + 10)
  })

  test('a transport that is closed while it connects leaves nothing behind', async () => {
    const { url, relay, io } = await served()
    for (let turns = 0; turns < 12; turns++) {
      const { transport, seen } = member(url, by(turns % 2 === 0 ? 'polling' : 'websocket'))
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      await transport.close()
      expect(seen.states).not.toContain('online')
    }
    const { seen, transport } = member(url)
    await becomes(() => seen.states.at(-1) === 'online' && relay.statistics().connections === 1, 'only the last one')
    await transport.close()
    await becomes(() => io.of('/meldwork').sockets.size === 0, 'and none')
  })
})

describe('garbage', () => {
  test('from clients: a relay goes on serving the others', async () => {
    const { url, relay } = await served({ maxMessageBytes: 65536 })
    const a = member(url)
    const b = member(url)
    await becomes(() => a.seen.peers.length === 1 && b.seen.peers.length === 1, 'both are present')
    const hello = encodeFrame({ type: 'hello', lowest: 1, highest: 1, token: '' })
    const attacks: unknown[][][] = [
      [['frame', 'text']],
      [['frame']],
      [['frame', { bytes: hello }]],
      [['frame', new Uint8Array(0)]],
      [['frame', new Uint8Array(1000).fill(255)]],
      [
        ['frame', hello],
        ['frame', hello],
      ],
      [
        ['frame', hello],
        ['frame', new Uint8Array(100_000)],
      ],
      [['anything', hello]],
      [['error', 'text']],
      [['frame', hello], ['__proto__']],
    ]
    const run = async (transport: string, attack: unknown[][]) => {
      const socket = connectSocketIo(`${url}/meldwork`, {
        forceNew: true,
        reconnection: false,
        transports: [transport],
      })
      const closed = new Promise(resolve => socket.on('disconnect', resolve))
      await new Promise<void>(resolve => socket.on('connect', resolve))
      for (const values of attack) socket.emit(...(values as [string]))
      await closed
    }
    for (const transport of ['polling', 'websocket']) await Promise.all(attacks.map(attack => run(transport, attack)))
    await becomes(() => relay.statistics().connections === 2, 'the bad ones are gone')
    expect(relay.statistics().malformed).toBe(attacks.length * 2)
    a.channel.publish(Uint8Array.of(1))
    await becomes(() => b.seen.messages.length === 1, 'the good ones go on')
    expect(b.seen.states).toEqual(['connecting', 'online'])
  })

  test('from a server: a client goes on trying, with waits, and is there when the server has recovered', async () => {
    const welcome = encodeFrame({ type: 'welcome', version: 1, maxMessageBytes: 65536, connection: 'c' })
    const answers: unknown[][] = [
      ['text'],
      [undefined],
      [new Uint8Array(0)],
      [new Uint8Array(1000).fill(23)],
      [welcome, welcome],
    ]
    let next = 0
    const io = new Server({ maxHttpBufferSize: 2_000_000 })
    const relay = new Relay()
    io.of('/meldwork').on('connection', socket => {
      for (const answer of answers[next++] ?? []) socket.emit('frame', answer)
    })
    const http = createServer().listen(0, '127.0.0.1')
    io.attach(http)
    await once(http, 'listening')
    later(() => closeAll(io, http))
    const { seen, transport } = member(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
    await becomes(() => next === answers.length, 'all said')
    serveSocketIo(io, relay)
    await becomes(() => seen.states.at(-1) === 'online', 'online in the end')
    expect(transport.statistics().malformed).toBe(answers.length)
  })
})
