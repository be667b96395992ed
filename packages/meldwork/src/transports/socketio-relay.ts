import { CodedError } from '../errors.js'
import type { Relay } from './relay.js'
import { defaultNamespace } from './socketio-protocol.js'
import { ServedSocket, type SocketIoConnection } from './socketio-relay-socket.js'

export type { ServerEngine } from './socketio-relay-backlog.js'
export type { SocketIoConnection } from './socketio-relay-socket.js'

/** What is needed of a namespace of a Socket.IO server, which has it. */
export interface SocketIoNamespace {
  on(event: 'connection', listener: (socket: SocketIoConnection) => void): unknown
}

/** What is needed of the `Server` of the package `socket.io`, which has it. */
export interface SocketIoServer {
  of(namespace: string): SocketIoNamespace
}

/** Options of {@link serveSocketIo}. */
export interface SocketIoRelayOptions {
  /** Of a server, the namespace. Default: `/meldwork`. */
  namespace?: string
}

/**
 * Serves a relay on a Socket.IO server, in a namespace of its own beside those of the app; for `transports/socketio`. The relay may be served on
 * WebSockets too: all who come to it meet.
 *
 * ```ts
 * const app = express()
 * const server = createServer(app)
 * const io = new Server(server, { maxHttpBufferSize: 2_000_000 })
 * const relay = new Relay({ authorize: token => isValid(token) })
 * serveSocketIo(io, relay)
 * server.listen(3000)
 * ```
 *
 * The relay's hooks are told of each connection, as `request`: its `address`, `origin` and `headers` (names in lower case, several of one name
 * joined), and `data`: what middlewares of the namespace have put into `socket.data`, such as the user that they found. What origins may connect is
 * the server's matter: `cors` holds only for polling, so check those of WebSockets in its `allowRequest`, or in `authorize`.
 *
 * The limits of the relay hold. What waits to be sent is measured for the whole connection, with the app's namespaces on it; one that stays too
 * slow is closed whole. One that is too fast is slowed down while it is a WebSocket; of one that polls, messages are dropped. An event that is not of
 * the protocol ends the membership of the namespace. End with `relay.close()`, before `io.close()`.
 *
 * A server on uWebSockets.js is not supported: what waits there cannot be seen.
 *
 * @param io a server, or one namespace of it
 * @throws `option-invalid` when the server's `maxHttpBufferSize` (1 MB by default) is not enough for the relay's longest message, which polling makes longer
 *   by a third; or when it has `connectionStateRecovery`, which would keep each message for minutes: give the relay a server of its own then, on another `path`
 */
export function serveSocketIo(
  io: SocketIoServer | SocketIoNamespace,
  relay: Relay,
  { namespace = defaultNamespace }: SocketIoRelayOptions = {},
): void {
  checkServer(io, relay)
  const place = 'of' in io ? io.of(namespace) : io
  place.on('connection', socket => {
    const { address, headers: given } = socket.handshake
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    )
    relay.accept(new ServedSocket(socket, relay.maxFrameBytes), {
      address,
      origin: headers.origin,
      headers,
      data: socket.data,
    })
  })
}

/** The least `maxHttpBufferSize` of a Socket.IO server on which this relay is served: in base64, as it is polled. */
export function neededBufferBytes(relay: Relay): number {
  return Math.ceil(relay.maxFrameBytes / 3) * 4 + 1024
}

interface ServerOptions {
  readonly maxHttpBufferSize?: number
  readonly connectionStateRecovery?: unknown
}

/** @throws `option-invalid` */
function checkServer(io: object, relay: Relay) {
  const given = io as { server?: object }
  const server = (given.server ?? io) as { engine?: { opts?: ServerOptions }; _opts?: ServerOptions }
  const settings: ServerOptions = { ...server._opts, ...server.engine?.opts }
  const needed = neededBufferBytes(relay)
  const bytes = settings.maxHttpBufferSize ?? defaultBufferBytes
  if (bytes < needed) throw invalid('maxHttpBufferSize', `at least ${needed}, or the maxMessageBytes of the relay less`)
  if (settings.connectionStateRecovery)
    throw invalid('connectionStateRecovery', 'left out on a server with a relay: it keeps each message in memory')
}

const defaultBufferBytes = 1_000_000

function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} of the Socket.IO server must be ${expected}`, {
    option,
    expected,
  })
}
