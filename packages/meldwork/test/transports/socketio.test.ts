import { describe, test } from 'vitest'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { SocketIoTransport, type SocketIoTransportOptions } from '../../src/transports/socketio.js'
import { Wire } from './relay-server.js'
import { serveOnSocketIo } from './socketio-server.js'

const quick: SocketIoTransportOptions = { firstBackoffMs: 5, maxBackoffMs: 50 }
const ways: Record<string, readonly ('polling' | 'websocket')[]> = {
  WebSocket: ['websocket'],
  polling: ['polling'],
  'polling, then WebSocket': ['polling', 'websocket'],
}

for (const [name, transports] of Object.entries(ways)) {
  describe(`transport suite: Socket.IO (${name})`, () => {
    testTransport(
      { test },
      {
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
        powers: { cut: true, restartServer: true },
      },
    )
  })
}
