import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openClone } from '../../src/index.js'
import type { Transport } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { same } from '../../src/testkit/transport-world.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import {
  type DataChannelLike,
  type PeerConnectionLike,
  WebRtcTransport,
  type WebRtcTransportOptions,
} from '../../src/transports/webrtc.js'
import { WebSocketTransport } from '../../src/transports/websocket-node.js'
import { openSuiteClone } from './clones.js'
import { serveRelay, Wire } from './relay-server.js'
import { SignallingOnly } from './signalling-only.js'
import { Watcher } from './webrtc-world.js'

const cleanups: (() => unknown)[] = []
const later = (cleanup: () => unknown) => cleanups.push(cleanup)
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The peer connections of one transport, each a real one between the two ends of this machine. */
class Connections {
  private readonly connections: PeerConnectionLike[] = []
  private readonly channels: DataChannelLike[] = []

  make = (): PeerConnectionLike => {
    const connection: PeerConnectionLike = new RTCPeerConnection()
    this.connections.push(connection)
    connection.addEventListener('datachannel', event =>
      this.channels.push((event as { channel: DataChannelLike }).channel),
    )
    const create = connection.createDataChannel.bind(connection)
    connection.createDataChannel = label => {
      const channel = create(label)
      this.channels.push(channel)
      return channel
    }
    return connection
  }

  /** What waits to be sent. */
  get waitingBytes(): number {
    const open = this.channels.filter(({ readyState }) => readyState === 'open')
    return open.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0)
  }

  /** Takes the network away: there is no farewell that the transport would hear of. */
  cut(): void {
    for (const connection of this.connections.splice(0)) connection.close()
  }
}

const quick: WebRtcTransportOptions = { firstBackoffMs: 20, maxBackoffMs: 200 }

describe('transport suite: WebRTC', () => {
  testTransport(
    { test },
    {
      create(count) {
        const network = new MemoryNetwork()
        const overs = Array.from({ length: count }, () => new MemoryTransport(network))
        const connections = overs.map(() => new Connections())
        return {
          transports: overs.map(
            (over, index) =>
              new WebRtcTransport(new SignallingOnly(over), { ...quick, peerConnection: connections[index].make }),
          ),
          cut: index => {
            overs[index].offline()
            connections[index].cut()
          },
          restore: index => overs[index].online(),
          heldBytes: () => connections.reduce((sum, { waitingBytes }) => sum + waitingBytes, network.queuedBytes),
          close: () => {},
        }
      },
      powers: { cut: true, heldBytes: true },
      openClone: openSuiteClone,
      maxHeldBytes: 16 * 1024 * 1024,
    },
  )
})

describe('transport suite: WebRTC that is refused, over another transport', () => {
  testTransport(
    { test },
    {
      create(count) {
        const network = new MemoryNetwork({ maxQueuedBytes: 4 * 1024 * 1024 })
        const overs = Array.from({ length: count }, () => new MemoryTransport(network))
        const peerConnection = () => {
          throw new Error('not allowed')
        }
        return {
          transports: overs.map(over => new WebRtcTransport(over, { ...quick, peerConnection })),
          cut: index => overs[index].offline(),
          restore: index => overs[index].online(),
          heldBytes: () => network.queuedBytes,
          close: () => {},
        }
      },
      powers: { cut: true, heldBytes: true },
      openClone: openSuiteClone,
      maxHeldBytes: 4 * 1024 * 1024,
    },
  )
})

describe('transport suite: WebRTC over a relay', () => {
  testTransport(
    { test },
    {
      async create(count) {
        let server = await serveRelay()
        const wires = Array.from({ length: count }, () => new Wire(() => server.port))
        const urls = await Promise.all(wires.map(wire => wire.open()))
        const connections = wires.map(() => new Connections())
        const overs = urls.map(url => new WebSocketTransport(url, { firstBackoffMs: 5, maxBackoffMs: 50 }))
        return {
          transports: overs.map(
            (over, index) => new WebRtcTransport(over, { ...quick, peerConnection: connections[index].make }),
          ),
          cut: index => {
            wires[index].cut()
            connections[index].cut()
          },
          restore: index => wires[index].restore(),
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
      powers: { cut: true, restartServer: true },
      openClone: openSuiteClone,
    },
  )
})

const becomes = (condition: () => boolean, what: string) =>
  vi.waitFor(() => expect(condition(), what).toBe(true), { timeout: 10_000, interval: 5 })

/** Two members of a channel that have connected. */
async function connected(overs: Transport[], options: WebRtcTransportOptions = {}) {
  const connections = overs.map(() => new Connections())
  const transports = overs.map(
    (over, index) => new WebRtcTransport(over, { ...quick, peerConnection: connections[index].make, ...options }),
  )
  for (const transport of transports) later(() => transport.close())
  const members = transports.map((transport, index) => new Watcher(transport, 'channel', `member ${index}`))
  // A message that goes directly shows that the connection is open, and who speaks is known.
  for (const [index, member] of members.entries()) {
    await vi.waitFor(
      () => {
        member.say('directly?')
        expect(transports[index].statistics().messagesOut).toBeGreaterThan(0)
      },
      { timeout: 10_000, interval: 20 },
    )
  }
  return { connections, transports, members }
}

describe('between real peer connections', () => {
  test('a burst is held in bounded memory, and what arrives of it is unaltered', async () => {
    const network = new MemoryNetwork()
    const { connections, transports, members } = await connected([0, 1].map(() => new MemoryTransport(network)))
    const [a, b] = members
    const messages = 2000
    const bytes = (index: number) => {
      const message = new Uint8Array(16_384).fill(index % 251)
      message[0] = index >> 8
      message[1] = index & 255
      return message
    }
    const droppedBefore = transports[0].statistics().dropped
    let held = 0
    for (let index = 0; index < messages; index++) {
      a.channel.publish(bytes(index))
      held = Math.max(held, connections[0].waitingBytes)
    }
    const dropped = transports[0].statistics().dropped - droppedBefore
    expect(dropped).toBeGreaterThan(0)
    await vi.waitFor(
      () => {
        a.say('after')
        expect(b.heard.at(-1)).toBe('after')
      },
      { timeout: 10_000, interval: 50 },
    )
    expect(held).toBeLessThanOrEqual(4 * 1024 * 1024)
    const arrived = b.messages.filter(message => message.bytes.length === 16_384)
    expect(arrived.length).toBe(messages - dropped)
    for (const { bytes: whole } of arrived) expect(same(whole, bytes(whole[0] * 256 + whole[1]))).toBe(true)
    console.log(`Of ${messages} messages ${dropped} were dropped; ${held} bytes waited at most`)
  })

  test('a peer that dies without a word is replaced by the other transport, and found again', async () => {
    const network = new MemoryNetwork()
    const { connections, transports, members } = await connected([0, 1].map(() => new MemoryTransport(network)))
    const [a, b] = members
    connections[1].cut()
    await becomes(() => transports[0].statistics().links === 0, 'a knows')
    a.say('round about')
    await becomes(() => b.heard.includes('round about'), 'it is heard')
    await becomes(() => transports.every(transport => transport.statistics().links === 1), 'connected again')
  })

  test('two clones converge; the relay carries signals and presence, and can go', async () => {
    const server = await serveRelay()
    later(() => server.close())
    const connections = new Connections()
    const open = async (genesis: boolean) => {
      const over = new WebSocketTransport(`ws://127.0.0.1:${server.port}`, { firstBackoffMs: 5, maxBackoffMs: 50 })
      const transport = new WebRtcTransport(over, { ...quick, peerConnection: connections.make })
      const clone = await openClone({ domain: 'webrtc.example', store: new MemoryStore(), transport, genesis })
      later(() => clone.close())
      return { clone, transport, over }
    }
    const one = await open(true)
    const two = await open(true)
    one.clone.presence.announce({ name: 'one' })
    await becomes(() => [one, two].every(({ transport }) => transport.statistics().links === 1), 'connected')
    const both = (id: string) => [one, two].every(({ clone }) => clone.get(id) !== undefined)
    // Until something of each goes directly.
    for (const [index, { clone, transport }] of [one, two].entries()) {
      for (let round = 0; transport.statistics().messagesOut === 0; round++) {
        expect(round, 'attempts').toBeLessThan(1000)
        await clone.write({ '@id': `first-${index}-${round}`, title: 'first' })
        await becomes(() => both(`first-${index}-${round}`), 'the other has it')
      }
    }
    const before = [one, two].map(({ over }) => over.statistics().messagesOut)
    for (let index = 0; index < 100; index++) {
      await one.clone.write({ '@id': `one-${index}`, title: 'from one' })
      await two.clone.write({ '@id': `two-${index}`, title: 'from two' })
    }
    await becomes(() => both('one-99') && both('two-99'), 'converged')
    expect([one, two].map(({ over }) => over.statistics().messagesOut)).toEqual(before)

    await server.close()
    await one.clone.write({ '@id': 'without-1', title: 'no relay' })
    await two.clone.write({ '@id': 'without-2', title: 'no relay' })
    await becomes(() => both('without-1') && both('without-2'), 'converged without a relay')
    for (const { clone } of [one, two]) expect(clone.status.value.connection).toBe('online')
  })
})
