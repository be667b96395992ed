import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core'
import { type NatsParts, type NatsTransportOptions, NatsTransport as PortableTransport } from './nats.js'
import { isSocket } from './nats-options.js'
import { connectBySocket, type Holding, packageMissing, type WebSocketLike } from './nats-socket.js'

export type {
  NatsCredentials,
  NatsLogLimits,
  NatsLogOptions,
  NatsLogStatistics,
  NatsTransportOptions,
  WebSocketLike,
} from './nats.js'

/**
 * The transport of `nats.ts` for Node: over TCP (`nats://`, `tls://`), or WebSockets. Not both in one list of addresses; and as the library shares a setting between
 * the two, a process that opens connections of both kinds in the very same moment may have one of them fail and tried again.
 */
export class NatsTransport extends PortableTransport {
  /** As in `nats.ts`. */
  constructor(servers: string | readonly string[], options: NatsTransportOptions = {}) {
    super(servers, options, nodeParts)
  }
}

const nodeParts: NatsParts = {
  protocols: ['nats:', 'tls:', 'wss:', 'ws:'],
  connect({ socket = openSocket }, [first]) {
    if (isSocket(first)) return (options, holding) => connectBySocket(options, socket, holding)
    return connectByTcp
  },
}

/** Connects over TCP. @throws `package-missing` */
async function connectByTcp(options: ConnectionOptions, holding: Holding): Promise<NatsConnection> {
  const { connect } = await import('@nats-io/transport-node').catch(error => {
    throw packageMissing('@nats-io/transport-node', 'npm install @nats-io/transport-node@3', error)
  })
  watchSockets()
  return holders.run(holding, () => connect(options))
}

const holders = new AsyncLocalStorage<Holding>()
let watching = false

/** The library lets go of a connection that does not come about in time, and does not end it: it is to be ended all the same. */
function watchSockets(): void {
  if (watching) return
  watching = true
  subscribe('net.client.socket', message => {
    const { socket } = message as { socket: Socket }
    holders.getStore()?.(() => socket.destroy())
  })
}

/** Opens a WebSocket in Node. @throws `package-missing` */
async function openSocket(url: string): Promise<WebSocketLike> {
  const { WebSocket } = await import('ws').catch(error => {
    const global = globalThis as { WebSocket?: new (url: string) => WebSocketLike }
    if (global.WebSocket !== undefined) return { WebSocket: global.WebSocket }
    throw packageMissing('ws', 'npm install ws@8', error)
  })
  return new WebSocket(url) as unknown as WebSocketLike
}
