// A process of its own: a relay on WebSockets or Socket.IO; or a server that gives what one says to all others, barely.
import { createServer } from 'node:http'
import { Relay } from 'meldwork/transports/relay'
import { serveSocketIo } from 'meldwork/transports/socketio-relay'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'

const [port, what] = process.argv.slice(2)
const host = '127.0.0.1'
const httpServer = () => createServer().listen(Number(port), host)

const kinds = {
  relay() {
    const relay = new Relay()
    const server = new WebSocketServer({ host, port: Number(port), maxPayload: relay.maxFrameBytes })
    server.on('connection', socket => relay.accept(socket))
  },
  socketio() {
    serveSocketIo(new Server(httpServer(), { maxHttpBufferSize: 2_000_000 }), new Relay())
  },
  'bare-websocket'() {
    const server = new WebSocketServer({ host, port: Number(port), perMessageDeflate: false })
    server.on('connection', socket =>
      socket.on('message', bytes => {
        for (const other of server.clients) if (other !== socket) other.send(bytes)
      }),
    )
  },
  'bare-socketio'() {
    new Server(httpServer()).on('connection', socket =>
      socket.on('bytes', bytes => socket.broadcast.emit('bytes', bytes)),
    )
  },
}
kinds[what]()
