import { relayBounds } from '../codec/index.js'
import { CodedError } from '../errors.js'
import { type Environment, platformEnvironment } from '../ports/index.js'

/** What whoever accepted the connection knows of it (address, origin ...): handed to the hooks, never looked at. */
export type RequestFacts = Readonly<Record<string, unknown>>

/** What the hooks know of a connection. */
export interface RelayConnection {
  /** Random, new with each connection: fit for logs. */
  readonly id: string
  readonly request: RequestFacts
  /** What `authorize` found out about the one who connects. */
  readonly principal: unknown
}

/** A hook's answer. A `reason` is shown to the client. `principal`, from `authorize`, is shown to `mayJoin`. */
export type Verdict = boolean | { readonly allowed: boolean; readonly reason?: string; readonly principal?: unknown }

/** Options of a relay. A limit left out has the default that is named here. */
export interface RelayOptions {
  /** Whether one with this token (`undefined`: none given) may connect. Default: everyone may. */
  authorize?: (token: string | undefined, request: RequestFacts) => Verdict | Promise<Verdict>
  /** Whether a connection may join a channel. Default: any. */
  mayJoin?: (channel: string, connection: RelayConnection) => Verdict | Promise<Verdict>
  /** Told what a hook threw. The client is told only to come again later. Default: `console.error`. */
  report?: (error: unknown) => void
  environment?: Environment
  /** The longest message; at least 64 KiB. Default: 1 MiB. */
  maxMessageBytes?: number
  /** Default: 1,000. */
  maxConnections?: number
  /** Memberships of one connection. Default: 1,000. */
  maxChannelsPerConnection?: number
  /** What one connection may send, in the long run; it may send two seconds' worth at once. Default: 16 MiB. */
  bytesPerSecond?: number
  /** Default: 10,000. */
  messagesPerSecond?: number
  /** Messages to a connection are dropped while this much waits to be sent to it. Default: 8 MiB. */
  sendBufferBytes?: number
  /** A connection whose buffer was never below the bound for so long is closed. Default: 30,000. */
  slowTimeoutMs?: number
  /** A connection that was silent for so long, and did not answer a ping, is closed. Default: 90,000. */
  idleTimeoutMs?: number
}

/** Options with the defaults in place of what was left out. */
export type RelaySettings = Required<RelayOptions>

const defaults: RelaySettings = {
  authorize: () => true,
  mayJoin: () => true,
  report: error => console.error('A hook of the relay failed', error),
  environment: platformEnvironment,
  maxMessageBytes: 1024 * 1024,
  maxConnections: 1000,
  maxChannelsPerConnection: 1000,
  bytesPerSecond: 16 * 1024 * 1024,
  messagesPerSecond: 10_000,
  sendBufferBytes: 8 * 1024 * 1024,
  slowTimeoutMs: 30_000,
  idleTimeoutMs: 90_000,
}

/** @throws `option-invalid` */
export function settingsFrom(options: RelayOptions): RelaySettings {
  const settings = { ...defaults, ...options }
  if (!(settings.maxMessageBytes >= relayBounds.minMessage)) {
    const expected = `at least ${relayBounds.minMessage}`
    throw new CodedError('option-invalid', `maxMessageBytes is ${expected}`, { option: 'maxMessageBytes', expected })
  }
  return settings
}
