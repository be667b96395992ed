import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Relay } from 'meldwork/transports/relay'
import { neededBufferBytes, serveSocketIo } from 'meldwork/transports/socketio-relay'
import { Server } from 'socket.io'
import type { Origins } from './origins.js'

/** What a {@link SocketIoService} is made of. */
export interface SocketIoParts {
  readonly relay: Relay
  readonly origins: Origins
  readonly maxConnections: number
}

const path = '/socket.io/'

/** Whether requests for a path belong to the service. */
export const isSocketIo = (requested: string) => requested.startsWith(path)

/** The relay over Socket.IO, on the HTTP server of the gateway. */
export class SocketIoService {
  private readonly io: Server
  private readonly parts: SocketIoParts

  constructor(parts: SocketIoParts, server: HttpServer) {
    this.parts = parts
    const { relay, origins } = parts
    this.io = new Server(server, {
      path,
      serveClient: false,
      // Others that upgrade are the gateway's.
      destroyUpgrade: false,
      maxHttpBufferSize: neededBufferBytes(relay),
      // As for WebSockets: it costs memory for each connection.
      httpCompression: false,
      perMessageDeflate: false,
      // A connection that enters no namespace is not kept.
      connectTimeout: 10_000,
      // A page of elsewhere must be told by the browser that it may read the answers.
      cors: { origin: (origin, answer) => answer(null, origin !== undefined && origins.allows(origin)) },
    })
    this.io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
      const refusal = this.refusal(request)
      if (refusal === undefined) return next()
      response.writeHead(refusal.status, { 'Content-Type': 'text/plain; charset=utf-8' })
      response.end(`${refusal.reason}\n`)
    })
    // The relay has its namespace; in the one that every server has nobody is served.
    this.io.use((_, next) => next(new Error('The relay is in the namespace /meldwork')))
    serveSocketIo(this.io, relay)
    // All there is on a connection is the relay. A client that leaves by itself closes it, too.
    this.io.of('/meldwork').on('connection', socket => {
      socket.on('disconnect', reason => {
        if (reason === 'server namespace disconnect') socket.conn.close()
      })
    })
  }

  /** Cuts what is still connected. The HTTP server goes on. */
  close(): void {
    this.io.engine.close()
  }

  /** Asked of each request, for a page can send some without saying who it is. */
  private refusal({ headers: { origin, host }, url = '' }: IncomingMessage) {
    const { origins, maxConnections } = this.parts
    const reason = origins.refusal({ origin, host })
    if (reason !== undefined) return { status: 403, reason }
    const query = new URLSearchParams(url.slice(url.indexOf('?')))
    // As a script, which any page may load from anywhere, and which brings no origin.
    if (query.has('j')) return { status: 403, reason: 'Polling by scripts is not served' }
    const isFirst = !query.has('sid')
    // The relay counts those that have entered its namespace; here are also those that only stand there.
    if (isFirst && this.io.engine.clientsCount >= maxConnections + 100)
      return { status: 503, reason: 'There are too many connections' }
    return undefined
  }
}
