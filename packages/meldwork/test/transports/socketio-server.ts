import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions } from 'socket.io'
import { Relay, type RelayOptions } from '../../src/transports/relay.js'
import { serveSocketIo } from '../../src/transports/socketio-relay.js'

/** A relay on a Socket.IO server, beside whatever else that serves. */
export async function serveOnSocketIo(
  options: RelayOptions = {},
  port = 0,
  serverOptions: Partial<ServerOptions> = {},
) {
  const relay = new Relay(options)
  const http = createServer((_, response) => response.end('the page of the app'))
  const io = new Server(http, { maxHttpBufferSize: 2_000_000, serveClient: false, ...serverOptions })
  serveSocketIo(io, relay)
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return {
    relay,
    io,
    port: (http.address() as AddressInfo).port,
    async close() {
      relay.close()
      const closed = io.close()
      http.closeAllConnections()
      await closed
    },
  }
}
