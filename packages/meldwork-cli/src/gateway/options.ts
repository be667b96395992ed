import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CodedError, type Constraint } from 'meldwork'
import { optionInvalid } from '../errors.js'

/** The domain that the gateway keeps, and commands use, when none is named: the board of the page. */
export const defaultDomain = 'board.meldwork.example'
/** Where the gateway listens unless told otherwise. */
export const defaultPort = 7330
/** The one host that only this machine reaches. */
export const defaultHost = '127.0.0.1'
/** The folder of the gateway's data, below the working directory. */
export const defaultFolder = 'data'

/** Who wants what of the gateway: what {@link GatewayOptions.authorize} decides about. */
export interface GatewayRequest {
  /**
   * `connect`: one that has just said its token. `join`: the same, for each domain that it then enters. Over HTTP each request is first a `connect`, and then
   * what it wants to do with a domain: `read`, `write`, or `follow` its updates.
   */
  readonly action: 'connect' | 'join' | 'read' | 'write' | 'follow'
  /** For all but `connect`: the domain, when the gateway keeps it; undefined for others, which only `anyDomain` lets pass, and only for `join`. */
  readonly domain: string | undefined
  /** The token as it came; undefined when none was given. */
  readonly token: string | undefined
  /** The address of the other side: of the proxy, where there is one. */
  readonly address: string
  /** The page that connects, when it is one. */
  readonly origin: string | undefined
  /** The headers of the HTTP request that opened the connection, with names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** For all but `connect`: what that was answered with. */
  readonly principal: unknown
}

/** An answer: a `reason` is shown to the other side, a `principal` comes back with what is asked next. */
export type Decision = boolean | { readonly allowed: boolean; readonly reason?: string; readonly principal?: unknown }

/** What keeps accidents small. */
export interface GatewayLimits {
  /** The longest message, and the longest body of a request over HTTP; at least 64 KiB. Default: 1 MiB. */
  readonly maxMessageBytes: number
  /** Connections at a time. Default: 1,000. */
  readonly maxConnections: number
  /** Of one connection, in the long run. Default: 16 MiB. */
  readonly bytesPerSecond: number
  /** Of one connection, in the long run. Default: 10,000. */
  readonly messagesPerSecond: number
  /** Streams of updates over HTTP at a time. Default: 1,000. */
  readonly maxUpdateStreams: number
}

/** What a gateway is opened with. All of it may be left out. */
export interface GatewayOptions {
  /** The domains that are relayed, and of each of which a durable clone is kept. Default: {@link defaultDomain}. */
  readonly domains?: readonly string[] | undefined
  /** Also relays domains that are not named; of these nothing is kept. */
  readonly anyDomain?: boolean | undefined
  /** The folder of the kept clones, one LevelDB in it for each domain. Default: `data`. */
  readonly folder?: string | undefined
  /** The address to listen to. Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default: 7330; 0 takes one that is free. */
  readonly port?: number | undefined
  /** A secret that each connection has to say, and each request over HTTP. */
  readonly token?: string | undefined
  /** Origins of other pages that may connect, such as `https://app.example`; their host names are also taken for the gateway's own. */
  readonly allowOrigins?: readonly string[] | undefined
  /** Whether somebody may connect, and join, read, write or follow a domain; asked when the token, where there is one, was right. */
  readonly authorize?: ((request: GatewayRequest) => Decision | Promise<Decision>) | undefined
  /** Also serves the relay over Socket.IO, on the same port: path `/socket.io`, namespace `/meldwork`. Default: false. */
  readonly socketIo?: boolean | undefined
  readonly limits?: { readonly [Limit in keyof GatewayLimits]?: number | undefined } | undefined
  /** The folder of the page. Default: the one that this package brings. `false`: no page. */
  readonly page?: string | false | undefined
  /**
   * The rules under which the kept clones are opened, so that they show what the apps of their domains show. What is kept and relayed is the same whatever they
   * are. Default: for {@link defaultDomain} those of the page that this package brings, none for others.
   */
  readonly constraints?: readonly Constraint[] | undefined
  /** Told what went wrong without anybody to throw it at. Default: `console.error`. */
  readonly report?: ((error: unknown) => void) | undefined
}

/** Options with every default filled in. */
export type GatewaySettings = {
  readonly [Option in keyof Omit<GatewayOptions, 'limits' | 'constraints'>]-?: Exclude<
    GatewayOptions[Option],
    undefined
  >
} & { readonly limits: GatewayLimits; readonly constraints: GatewayOptions['constraints'] }

const defaultLimits: GatewayLimits = {
  maxMessageBytes: 1024 * 1024,
  maxConnections: 1000,
  bytesPerSecond: 16 * 1024 * 1024,
  messagesPerSecond: 10_000,
  maxUpdateStreams: 1000,
}

/** @throws CodedError `option-invalid` */
export function settingsOf(options: GatewayOptions): GatewaySettings {
  const domains = [...new Set(options.domains ?? [])]
  const limits = { ...defaultLimits }
  for (const [name, value] of Object.entries(options.limits ?? {})) {
    const atLeast = name === 'maxMessageBytes' ? 65_536 : 1
    if (value === undefined) continue
    if (!(name in limits)) throw optionInvalid(`limits.${name}`, `one of ${Object.keys(limits).join(', ')}`)
    if (!Number.isSafeInteger(value) || value < atLeast)
      throw optionInvalid(`limits.${name}`, `a whole number from ${atLeast}`)
    limits[name as keyof GatewayLimits & keyof typeof limits] = value
  }
  const port = options.port ?? defaultPort
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw optionInvalid('port', 'a whole number from 0 to 65535')
  // An empty token would look like protection, and let everybody in.
  if (options.token === '')
    throw new CodedError('option-invalid', 'The token is empty', { option: 'token', expected: 'a secret' })
  return {
    domains: domains.length > 0 ? domains : [defaultDomain],
    anyDomain: options.anyDomain ?? false,
    folder: options.folder ?? defaultFolder,
    host: options.host ?? defaultHost,
    port,
    token: options.token ?? '',
    allowOrigins: options.allowOrigins ?? [],
    authorize: options.authorize ?? (() => true),
    socketIo: options.socketIo ?? false,
    limits,
    page: options.page ?? builtPage,
    constraints: options.constraints,
    report: options.report ?? (error => console.error('The gateway met an error', error)),
  }
}

/** The page that comes with this package, seen from `src/gateway` and `dist/gateway` alike. */
export const builtPage = join(fileURLToPath(new URL('../..', import.meta.url)), 'page')
