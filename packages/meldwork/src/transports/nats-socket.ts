import type { NatsConnection, WsConnectionOptions } from '@nats-io/nats-core'
import { CodedError } from '../errors.js'

/** What the transport needs of a WebSocket: a browser's has it, and so has one of the package `ws`. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  onopen: unknown
  onmessage: unknown
  onclose: unknown
  onerror: unknown
  send(bytes: ArrayBuffer): void
  close(): void
  /** Closes without a farewell, where there is such a thing. */
  terminate?(): void
}

/** Told of each connection to the network that is being opened: how to end it at once. */
export type Holding = (hangUp: () => void) => void

/** Connects over a WebSocket. @throws `package-missing` */
export async function connectBySocket(
  options: WsConnectionOptions,
  open: (url: string) => WebSocketLike | Promise<WebSocketLike>,
  holding: Holding,
): Promise<NatsConnection> {
  const { wsconnect } = await import('@nats-io/nats-core').catch(error => {
    throw packageMissing('@nats-io/nats-core', 'npm install @nats-io/nats-core@3', error)
  })
  return wsconnect({
    ...options,
    wsFactory: async url => {
      const socket = await open(url)
      holding(() => hangUp(socket))
      return { socket: socket as unknown as WebSocket, encrypted: url.startsWith('wss:') }
    },
  })
}

/** That of the platform. */
export function platformSocket(url: string): WebSocketLike {
  return new (globalThis as unknown as { WebSocket: new (url: string) => WebSocketLike }).WebSocket(url)
}

export function packageMissing(name: string, install: string, cause: unknown): CodedError {
  return new CodedError(
    'package-missing',
    `NATS needs the package ${name}: ${install}`,
    { package: name, install },
    cause,
  )
}

function hangUp(socket: WebSocketLike): void {
  try {
    if (socket.terminate === undefined) socket.close()
    else socket.terminate()
  } catch {
    // It has not opened, or is closed already.
  }
}
