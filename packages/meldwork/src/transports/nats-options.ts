import type { Authenticator, TlsOptions } from '@nats-io/nats-core'
import { CodedError } from '../errors.js'
import type { TopicTransportOptions } from '../pubsub/index.js'
import type { WebSocketLike } from './nats-socket.js'

/** What a NATS server is shown: a token, a user and password, or an authenticator of the package `@nats-io/nats-core` for nkeys, JWT and creds files. */
export interface NatsCredentials {
  readonly token?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** As `nkeyAuthenticator(seed)`, `jwtAuthenticator(jwt, seed)` or `credsAuthenticator(bytes)` of that package give it. */
  readonly authenticator?: Authenticator | undefined
}

/** A JetStream stream in which what clones write is kept for those who come later: see {@link NatsTransport}. */
export interface NatsLogOptions {
  /** The name of the stream. Default: the prefix, with `-` for each dot. It must take the subjects `PREFIX.channels.*.log`. */
  readonly stream?: string | undefined
  /**
   * How the stream is made when there is none, by whoever comes first; one that is there is taken as it is. `false`: it is not made. A stream that is full
   * forgets its oldest messages: what they held is then only with clones.
   */
  readonly create?: false | NatsLogLimits | undefined
}

/** What a log is made with. Each is without a bound where it is left out, but for what the server allows. */
export interface NatsLogLimits {
  /** Of all domains together. */
  readonly maxBytes?: number | undefined
  readonly maxAgeMs?: number | undefined
  /** Of one domain: messages, each of one operation or several. */
  readonly maxMessagesPerDomain?: number | undefined
  /** On how many servers of a cluster it is. Default: 1. */
  readonly replicas?: number | undefined
  /** How long a message that comes again is known. Default: 120,000. */
  readonly duplicateWindowMs?: number | undefined
}

/** Options of a {@link NatsTransport}. */
export interface NatsTransportOptions extends TopicTransportOptions<NatsCredentials> {
  /** What all subjects begin with. Default: `meldwork.1`. */
  readonly prefix?: string | undefined
  /** Keeps what is written for those who come later. Default: nothing is kept. */
  readonly log?: NatsLogOptions | undefined
  /** How often the server is asked whether it is there; one that leaves three such questions unanswered is given up. Default: 10,000. */
  readonly pingIntervalMs?: number | undefined
  /** For TCP: `ca`, `cert`, `key` and others, as `@nats-io/transport-node` takes them. */
  readonly tls?: TlsOptions | undefined
  /** Opens a WebSocket, for addresses that are of WebSockets. Default: the platform's; in Node that of the package `ws`, where it is installed. */
  readonly socket?: ((url: string) => WebSocketLike | Promise<WebSocketLike>) | undefined
}

/** Of the options, what the adapter itself uses, with defaults. */
export interface NatsSettings {
  readonly servers: readonly string[]
  readonly prefix: string
  readonly pingIntervalMs: number
  readonly tls: TlsOptions | undefined
  readonly log: (NatsLogOptions & { readonly stream: string }) | undefined
}

/** @throws `option-invalid` */
export function natsSettings(servers: readonly string[], options: NatsTransportOptions): NatsSettings {
  const { prefix = 'meldwork.1', pingIntervalMs = 10_000, tls, log } = options
  if (!/^[\w-]+(\.[\w-]+)*$/.test(prefix) || prefix.length > 128)
    throw invalid('prefix', 'names of A-Z a-z 0-9 - _, with dots between them')
  if (!(pingIntervalMs > 0)) throw invalid('pingIntervalMs', 'more than 0')
  const stream = log?.stream ?? prefix.replaceAll('.', '-')
  if (log !== undefined && !/^[\w-]{1,255}$/.test(stream))
    throw invalid('log.stream', '1 to 255 characters of A-Z a-z 0-9 - _')
  return { servers, prefix, pingIntervalMs, tls, log: log && { ...log, stream } }
}

/**
 * Addresses of one kind.
 * @param protocols that are possible here, in the order in which a message names them
 * @throws `option-invalid`: an address is not in the message, it may hold a secret
 */
export function checkedServers(servers: string | readonly string[], protocols: readonly string[]): readonly string[] {
  const checked = typeof servers === 'string' ? servers.split(',').map(each => each.trim()) : [...servers]
  const expected = `an address such as ${protocols.map(each => `${each}//host:port`).join(' or ')}, or several of one kind`
  if (checked.length === 0) throw invalid('servers', expected)
  const urls = checked.map(each => {
    try {
      return new URL(each)
    } catch {
      throw invalid('servers', expected)
    }
  })
  if (urls.some(({ protocol, hostname }) => !protocols.includes(protocol) || hostname === ''))
    throw invalid('servers', expected)
  if (new Set(urls.map(({ protocol }) => isSocket(protocol))).size > 1) throw invalid('servers', expected)
  if (urls.some(({ username, password }) => username !== '' || password !== ''))
    throw invalid('servers', 'addresses without credentials: these are an option of their own')
  return checked
}

/** Whether an address is one for WebSockets. */
export const isSocket = (url: string): boolean => /^wss?:/.test(url)

export function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} must be ${expected}`, { option, expected })
}
