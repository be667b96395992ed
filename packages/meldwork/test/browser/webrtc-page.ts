// Runs in the browser, for webrtc.test.ts: the acceptance suite, one case at a time, between peer connections of one page; and a clone to play with.
import { type Clone, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { type PeerConnectionLike, WebRtcTransport } from '../../src/transports/webrtc.js'
import { WebSocketTransport } from '../../src/transports/websocket.js'
import { openSuiteClone } from '../transports/clones.js'
import { SignallingOnly } from '../transports/signalling-only.js'

const cases = new Map<string, () => Promise<void>>()

testTransport(
  { test: (name, run) => cases.set(name, run) },
  {
    create(count) {
      const network = new MemoryNetwork()
      const overs = Array.from({ length: count }, () => new MemoryTransport(network))
      const made: RTCPeerConnection[][] = overs.map(() => [])
      const make = (index: number): PeerConnectionLike => {
        const connection = new RTCPeerConnection()
        made[index].push(connection)
        return connection
      }
      return {
        transports: overs.map(
          (over, index) =>
            new WebRtcTransport(new SignallingOnly(over), {
              peerConnection: () => make(index),
              firstBackoffMs: 20,
              maxBackoffMs: 200,
            }),
        ),
        cut: index => {
          overs[index].offline()
          for (const connection of made[index].splice(0)) connection.close()
        },
        restore: index => overs[index].online(),
        close: () => {},
      }
    },
    powers: { cut: true },
    openClone: openSuiteClone,
  },
)

let clone: Clone | undefined
let over: WebSocketTransport | undefined
let transport: WebRtcTransport | undefined

const webRtcPage = {
  runCase: (name: string) => cases.get(name)!(),
  async open(relayPort: number): Promise<void> {
    over = new WebSocketTransport(`ws://localhost:${relayPort}`)
    transport = new WebRtcTransport(over)
    clone = await openClone({ domain: 'webrtc.example', store: new MemoryStore(), transport, genesis: true })
  },
  async write(id: string): Promise<void> {
    await clone!.write({ '@id': id, title: id })
  },
  has: (id: string) => clone!.get(id) !== undefined,
  connection: () => clone!.status.value.connection,
  /** Messages, signals among them, that went by the relay; and those that went directly. */
  counts: () => ({
    over: over!.statistics().messagesOut,
    direct: transport!.statistics().messagesOut,
    signals: transport!.statistics().signalsOut,
  }),
}

/** What this script puts into its page. */
export type WebRtcPage = typeof webRtcPage
Object.assign(globalThis, { page: webRtcPage })
