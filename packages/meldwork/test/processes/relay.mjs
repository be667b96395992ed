// A relay in a process of its own for processes.test.ts.
//   node relay.mjs <address of the library> <port>
// Says "listening PORT".
import { writeSync } from 'node:fs'
import { WebSocketServer } from 'ws'

const [library, port] = process.argv.slice(2)
const { Relay } = await import(`${library}transports/relay.js`)
const relay = new Relay({})
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), maxPayload: relay.maxFrameBytes })
server.on('connection', (socket, request) => relay.accept(socket, { address: request.socket.remoteAddress }))
server.on('listening', () => writeSync(1, `listening ${server.address().port}\n`))
