import { CodedError } from '../errors.js'
import {
  checkedUrl,
  WebSocketTransport as PortableTransport,
  type WebSocketLike,
  type WebSocketTransportOptions,
} from './websocket.js'

export type {
  Token,
  WebSocketLike,
  WebSocketTransportOptions,
  WebSocketTransportStatistics,
} from './websocket.js'

/**
 * The transport of `websocket.ts` for Node, over the package `ws`, an optional peer that is loaded at the first connection. Where
 * it is missing, a global WebSocket (Node 22) takes its place; where that is missing too, the channels are told `refused`, with
 * the message of a `package-missing` error as the reason.
 */
export class WebSocketTransport extends PortableTransport {
  /** As in `websocket.ts`. */
  constructor(url: string, options: WebSocketTransportOptions = {}) {
    if (options.socket === undefined) super(checkedUrl(url), { ...options, socket: openSocket })
    else super(url, options)
  }
}

/** Opens a WebSocket in Node. @throws `package-missing` */
export async function openSocket(url: string): Promise<WebSocketLike> {
  const { WebSocket } = await import('ws').catch(error => {
    const global = globalThis as { WebSocket?: new (url: string) => WebSocketLike }
    if (global.WebSocket !== undefined) return { WebSocket: global.WebSocket }
    const install = 'npm install ws@8'
    const message = `WebSockets in Node need the package ws: ${install}`
    throw new CodedError('package-missing', message, { package: 'ws', install }, error)
  })
  return new WebSocket(url)
}
