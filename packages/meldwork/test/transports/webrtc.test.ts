import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { describe, test } from 'vitest'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { type PeerConnectionLike, WebRtcTransport } from '../../src/transports/webrtc.js'
import { SignallingOnly } from './signalling-only.js'

describe('transport suite: WebRTC, signalled in memory', () => {
  testTransport(
    { test },
    {
      create(count) {
        const network = new MemoryNetwork()
        const overs = Array.from({ length: count }, () => new MemoryTransport(network))
        const made: PeerConnectionLike[][] = overs.map(() => [])
        const transports = overs.map(
          (over, index) =>
            new WebRtcTransport(new SignallingOnly(over), {
              peerConnection: () => {
                const connection = new RTCPeerConnection() as unknown as PeerConnectionLike
                made[index].push(connection)
                return connection
              },
              firstBackoffMs: 50,
            }),
        )
        return {
          transports,
          cut: index => {
            for (const connection of made[index].splice(0)) connection.close()
            overs[index].offline()
          },
          restore: index => overs[index].online(),
          heldBytes: () => network.queuedBytes,
          close: () => {
            for (const t of transports) console.log(JSON.stringify(t.statistics()))
          },
        }
      },
      powers: { cut: true, heldBytes: true },
    },
  )
})
