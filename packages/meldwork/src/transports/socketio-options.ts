import type { ManagerOptions } from 'socket.io-client'
import { defaultNamespace } from './socketio-protocol.js'
import { checkedUrl, type WebSocketTransportOptions } from './websocket.js'
import { invalid } from './websocket-options.js'

/** Options of socket.io-client that are handed on, such as `transports`, `extraHeaders` and `withCredentials`. The transport has its own for all others. */
export type SocketIoClientOptions = Partial<
  Omit<
    ManagerOptions,
    | 'path'
    | 'autoConnect'
    | 'forceNew'
    | 'multiplex'
    | 'reconnection'
    | 'reconnectionAttempts'
    | 'reconnectionDelay'
    | 'reconnectionDelayMax'
    | 'randomizationFactor'
  >
>

/** Options of a SocketIoTransport: those of a WebSocketTransport, and where the relay is on its server. */
export interface SocketIoTransportOptions extends Omit<WebSocketTransportOptions, 'socket'> {
  /** The path of the Socket.IO server. Default: `/socket.io`. */
  path?: string
  /** Default: `/meldwork`. */
  namespace?: string
  /** Handed on to socket.io-client. Default: none, so that it polls first and then changes to a WebSocket where it can. */
  socketOptions?: SocketIoClientOptions
}

/**
 * Where Socket.IO's client connects to: the address of the server with the namespace as its path.
 *
 * @throws `option-invalid`
 */
export function checkedAddress(url: string, namespace: string = defaultNamespace): string {
  const address = new URL(checkedUrl(url))
  if (address.pathname !== '/')
    throw invalid('url', 'an address without a path: there are the options path and namespace')
  if (!/^\/[^?#]*$/.test(namespace)) throw invalid('namespace', 'a name that begins with /')
  return `${address.protocol}//${address.host}${namespace}${address.search}`
}
