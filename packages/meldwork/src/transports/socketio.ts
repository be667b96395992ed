import { CodedError } from '../errors.js'
import { ClientSocket, left, type SocketIoClient } from './socketio-client.js'
import { checkedAddress, type SocketIoTransportOptions } from './socketio-options.js'
import { WebSocketTransport } from './websocket.js'

export type { SocketIoClient } from './socketio-client.js'
export type { SocketIoClientOptions, SocketIoTransportOptions } from './socketio-options.js'
export type { Token, WebSocketTransportStatistics } from './websocket.js'

/**
 * A transport over Socket.IO to a relay that is served there (`transports/socketio-relay`, or `meldwork serve --socketio`). For apps that have a
 * Socket.IO server, and for networks that let no WebSocket through: then it polls. It is all that a WebSocketTransport is, in the same
 * protocol, and meets those who come to the same relay by WebSocket.
 *
 * ```ts
 * const transport = new SocketIoTransport('https://app.example', { token: () => fetchToken() })
 * const clone = await openClone({ domain: 'notes.example', transport })
 * ```
 *
 * Each connection is one of its own, beside any others that the app has to that server. The token goes to the relay, and before that to the
 * server, as `auth.token` of the handshake: so a middleware (`io.of('/meldwork').use(...)`) can check it too. Who is refused by a middleware is `refused`,
 * with the message of its error as the reason, until there are new credentials; unless its error has `data: { final: false }`: then the transport
 * comes again later. It does so too where nothing is served in the namespace.
 *
 * Needs the package `socket.io-client`, an optional peer that is loaded at the first connection. Where it is missing, the channels are told
 * `refused`, with the message of a `package-missing` error as the reason.
 */
export class SocketIoTransport extends WebSocketTransport {
  /**
   * @param server its address, `https://` or `http://`, without a path; or what gives a socket of socket.io-client for a connection, asked before each,
   *   to share a connection that the app has: `token => Object.assign(socket, { auth: { token } })` with `socket = manager.socket('/meldwork')`.
   *   The transport connects and disconnects that socket, and nobody else may; the manager may connect again by itself or not, and stays connected for
   *   the app's other namespaces. `path`, `namespace` and `socketOptions` are not looked at then.
   * @throws `option-invalid`
   */
  constructor(server: string | SocketSource, options: SocketIoTransportOptions = {}) {
    const { path, namespace, socketOptions, ...rest } = options
    if (typeof server === 'function') {
      const share = async (_: string, token: string | undefined) => {
        const socket = await server(token)
        await left(socket)
        return new ClientSocket(socket, true)
      }
      super('socketio:', { ...rest, socket: share })
      return
    }
    const address = checkedAddress(server, namespace)
    const open = async (_: string, token: string | undefined) => {
      const io = await loadClient()
      const auth = token === undefined ? {} : { token }
      const own = {
        forceNew: true,
        reconnection: false,
        autoConnect: false,
        retries: 0,
        auth,
        ...(path !== undefined && { path }),
      }
      return new ClientSocket(io(address, { ...socketOptions, ...own }), false)
    }
    super(address, { ...rest, socket: open })
  }
}

/** Gives a socket of socket.io-client for a connection. It is told the token, for the `auth` of the handshake. */
export type SocketSource = (token: string | undefined) => SocketIoClient | Promise<SocketIoClient>

async function loadClient() {
  try {
    return (await import('socket.io-client')).io
  } catch (cause) {
    const install = 'npm install socket.io-client@4'
    const message = `The Socket.IO transport needs the package socket.io-client: ${install}`
    throw new CodedError('package-missing', message, { package: 'socket.io-client', install }, cause)
  }
}
