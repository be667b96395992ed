import type * as Ably from 'ably'
import { CodedError } from '../errors.js'
import type { TopicTransportOptions } from '../pubsub/index.js'
import type { AblyClient } from './ably-client.js'

/**
 * How Ably learns who this is, as its SDK takes it: `authUrl` or `authCallback`, by which it fetches tokens and renews them; or a `token` that is not renewed; or a
 * `key`, which belongs on servers only.
 */
export type AblyCredentials = Ably.AuthOptions

/** Options of an AblyTransport: besides those of all transports over topics, those with which Ably's SDK authenticates. */
export interface AblyTransportOptions extends TopicTransportOptions<AblyCredentials>, AblyCredentials {
  /** What the names of its channels begin with: parts of `A-Z a-z 0-9 . / - _`, with `:` between them. Default: `meldwork:1`. */
  prefix?: string
  /** More options of Ably's SDK, such as `endpoint` or `transportParams`. Those that the transport relies upon are set by itself. */
  clientOptions?: Ably.ClientOptions
  /**
   * Makes the client for a connection, in place of the package's `Realtime`: for tests, for builds of one's own (`ably/modular`, of binary messages), and for apps
   * that have a client. One that has been told to connect already is the app's: only the channels are left when the transport closes. Any other is
   * connected and closed by the transport, and must have the options that are given.
   */
  client?: (options: Ably.ClientOptions) => AblyClient
}

const ways = [
  'authCallback',
  'authHeaders',
  'authMethod',
  'authParams',
  'authUrl',
  'key',
  'queryTime',
  'token',
  'tokenDetails',
  'useTokenAuth',
  'clientId',
] as const satisfies readonly (keyof AblyCredentials)[]

/** Puts what is Ably's apart from what all transports over topics know. */
export function topicOptions(options: AblyTransportOptions): TopicTransportOptions<AblyCredentials> {
  const { prefix, clientOptions, client, ...rest } = options
  const credentials = Object.fromEntries(ways.flatMap(way => (rest[way] === undefined ? [] : [[way, rest[way]]])))
  for (const way of ways) delete rest[way]
  return { ...rest, credentials: options.credentials ?? credentials }
}

/** @throws `option-invalid` */
export function checkedPrefix(prefix = 'meldwork:1'): string {
  if (/^[\w./-]+(:[\w./-]+)*$/.test(prefix)) return prefix
  const expected = 'parts of A-Z a-z 0-9 . / - _, with : between them'
  throw new CodedError('option-invalid', `The prefix must be ${expected}`, { option: 'prefix', expected })
}

/** Longer than any connection waits: trying again is done above, for all brokers alike. Twice as long still fits into a timer. */
const neverMs = 1_000_000_000

/** What a client is made with. */
export function clientOptionsFor(
  given: Ably.ClientOptions = {},
  credentials: AblyCredentials = {},
): Ably.ClientOptions {
  return {
    // What it logs may have tokens in it.
    logLevel: 0,
    ...given,
    ...credentials,
    autoConnect: false,
    echoMessages: false,
    queueMessages: false,
    useBinaryProtocol: true,
    disconnectedRetryTimeout: neverMs,
    suspendedRetryTimeout: neverMs,
  }
}
