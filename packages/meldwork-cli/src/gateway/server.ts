import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { CodedError } from 'meldwork'
import type { Relay, RequestFacts } from 'meldwork/transports/relay'
import { WebSocketServer } from 'ws'
import { systemReason } from '../errors.js'
import { relayPaths } from './app.js'
import type { Origins } from './origins.js'
import { isSocketIo, SocketIoService } from './socketio.js'

/** What a {@link GatewayServer} is made of. */
export interface ServerParts {
  readonly app: Hono
  readonly relay: Relay
  readonly origins: Origins
  readonly maxConnections: number
  readonly maxUpdateStreams: number
  /** Whether the relay is served over Socket.IO too. */
  readonly socketIo: boolean
  report(error: unknown): void
}

/** What the relay's hooks are told of a connection from outside. */
export interface OutsideRequest extends RequestFacts {
  readonly address: string
  readonly origin: string | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** The edge to the network: HTTP for the pages, and WebSockets and Socket.IO, whose connections are handed to the relay. */
export class GatewayServer {
  private readonly parts: ServerParts
  private readonly server: Server
  private readonly sockets: WebSocketServer
  /** Those that are being answered. */
  private readonly answering = new Set<ServerResponse>()
  private readonly socketIo: SocketIoService | undefined

  constructor(parts: ServerParts) {
    this.parts = parts
    // Compression stays off: it costs memory for each connection, and messages are small or compact.
    this.sockets = new WebSocketServer({
      noServer: true,
      maxPayload: parts.relay.maxFrameBytes,
      perMessageDeflate: false,
    })
    this.server = createServer(getRequestListener(parts.app.fetch, { overrideGlobalObjects: false }))
    // The relay counts those that have become WebSockets; here are also those that only stand there, and a page's requests.
    // One that polls has up to two at a time.
    this.server.maxConnections = parts.maxConnections * (parts.socketIo ? 3 : 2) + parts.maxUpdateStreams + 100
    this.server.on('request', (_, response) => {
      this.answering.add(response)
      response.once('close', () => this.answering.delete(response))
    })
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head))
    if (parts.socketIo) this.socketIo = new SocketIoService(parts, this.server)
  }

  /**
   * @returns the port
   * @throws CodedError `port-in-use`, `address-unusable`
   */
  async listen(host: string, port: number): Promise<number> {
    const listening = once(this.server, 'listening')
    this.server.listen({ host, port })
    try {
      await listening
    } catch (cause) {
      throw cannotListen(host, port, cause)
    }
    this.server.on('error', error => this.parts.report(error))
    return (this.server.address() as AddressInfo).port
  }

  /** Lets the answers that are on their way arrive, for a moment, and cuts what is still connected. */
  async close(): Promise<void> {
    const closed = this.server.listening ? once(this.server, 'close') : undefined
    this.socketIo?.close()
    this.server.close()
    const answered = Promise.all([...this.answering].map(response => once(response, 'close')))
    if (this.answering.size > 0) await Promise.race([answered, setTimeout(farewellMs, undefined, { ref: false })])
    for (const socket of this.sockets.clients) socket.terminate()
    this.server.closeAllConnections()
    await closed
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
    socket.on('error', () => socket.destroy())
    const { origin, host } = request.headers
    const path = request.url?.split('?', 1)[0] ?? ''
    if (this.socketIo !== undefined && isSocketIo(path)) return
    if (!relayPaths.has(path)) return refuse(socket, 404, 'The relay is at / and at /relay')
    const refusal = this.parts.origins.refusal({ origin, host })
    if (refusal !== undefined) return refuse(socket, 403, refusal)
    // Headers that come several times are joined: no hook need think of arrays.
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    )
    const facts: OutsideRequest = { address: request.socket.remoteAddress ?? '', origin, headers }
    this.sockets.handleUpgrade(request, socket, head, accepted => this.parts.relay.accept(accepted, facts))
  }
}

/** How long those who are being answered are waited for. */
const farewellMs = 1000

function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function cannotListen(host: string, port: number, cause: unknown): CodedError {
  if ((cause as { code?: unknown }).code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use: stop what listens there, or choose another with --port`
    return new CodedError('port-in-use', message, { host, port }, cause)
  }
  const reason = systemReason(cause)
  const message = `Cannot listen to port ${port} of ${host}: ${reason}`
  return new CodedError('address-unusable', message, { host, port, reason }, cause)
}
