import { relayBounds } from '../codec/index.js'
import { CodedError } from '../errors.js'
import { type Environment, platformEnvironment } from '../ports/index.js'
import type { WebSocketLike } from './websocket-socket.js'

/** The secret that a relay asks for: itself, or what fetches it, asked before each connection. Never in the URL or a log. */
export type Token = string | (() => string | undefined | Promise<string | undefined>)

/** Options of a WebSocketTransport. */
export interface WebSocketTransportOptions {
  token?: Token
  /**
   * Opens a socket; may fail, and be asynchronous. It is told the token too, for servers that ask for it before the relay does.
   * Default: the platform's WebSocket.
   */
  socket?: (url: string, token: string | undefined) => WebSocketLike | Promise<WebSocketLike>
  environment?: Environment
  /** The longest message, in bytes, at least 64 KiB; a relay may lower it. Default: 1 MiB. */
  maxMessageBytes?: number
  /** Messages are dropped while this much waits to be sent. Default: 8 MiB. */
  sendBufferBytes?: number
  /** The n-th attempt waits a random time below this times 2^n. Default: 500. */
  firstBackoffMs?: number
  /** The bound of that. Default: 30,000. */
  maxBackoffMs?: number
  /** A connection that lasted so long makes the next wait short again. Default: 10,000. */
  stableMs?: number
  /** How long a connection may take until the relay's welcome. Default: 10,000. */
  connectTimeoutMs?: number
  /** A silent connection is asked after so long, and given up after twice or three times so long. Default: 10,000. */
  pingIntervalMs?: number
  /** How long the connection stays after the last channel has closed. Default: 1,000. */
  lingerMs?: number
}

/** Options with the defaults in place of what was left out; the token, which changes, is kept apart. */
export type Settings = Required<Omit<WebSocketTransportOptions, 'token'>>

const defaults: Settings = {
  socket: url => new (globalThis as unknown as { WebSocket: new (url: string) => WebSocketLike }).WebSocket(url),
  environment: platformEnvironment,
  maxMessageBytes: 1024 * 1024,
  sendBufferBytes: 8 * 1024 * 1024,
  firstBackoffMs: 500,
  maxBackoffMs: 30_000,
  stableMs: 10_000,
  connectTimeoutMs: 10_000,
  pingIntervalMs: 10_000,
  lingerMs: 1000,
}

/** @throws `option-invalid` */
export function settingsFrom(options: Omit<WebSocketTransportOptions, 'token'>): Settings {
  const settings = { ...defaults, ...options }
  if (!(settings.maxMessageBytes >= relayBounds.minMessage)) {
    throw invalid('maxMessageBytes', `at least ${relayBounds.minMessage}`)
  }
  return settings
}

/** The address as a WebSocket takes it. @throws `option-invalid` */
export function checkedUrl(url: string): string {
  let checked: URL | undefined
  try {
    checked = new URL(url)
  } catch {
    // Refused below.
  }
  // The address is not in the message: it may hold a secret.
  if (checked === undefined || !/^(ws|http)s?:$/.test(checked.protocol))
    throw invalid('url', 'a ws:// or wss:// address')
  checked.protocol = checked.protocol.replace('http', 'ws')
  checked.hash = ''
  return checked.href
}

/** @throws `option-invalid` */
export function checkedToken<Given extends Token | undefined>(token: Given): Given {
  if (typeof token === 'string' && token.length * 3 > relayBounds.token) {
    throw invalid('token', `at most ${Math.floor(relayBounds.token / 3)} characters`)
  }
  return token
}

export function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} must be ${expected}`, { option, expected })
}
