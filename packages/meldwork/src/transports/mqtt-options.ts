import { CodedError } from '../errors.js'
import type { TopicTransportOptions } from '../pubsub/index.js'

/** A token, which goes to the broker as the password; or a name and a password. */
export type MqttCredentials =
  | string
  | { readonly username?: string | undefined; readonly password?: string | undefined }

/** What Node takes for a TLS connection. A browser takes nothing: it trusts what its user trusts. */
export interface MqttTlsOptions {
  /** Whom to trust, instead of the authorities that Node knows: certificates in PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** The client's own certificate and its key, in PEM. */
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  readonly passphrase?: string
  /** The name that the broker's certificate must have, where it is not that of the address. */
  readonly servername?: string
  /** False: anybody may be in the middle. For tests. */
  readonly rejectUnauthorized?: boolean
}

/** Options of an MqttTransport. */
export interface MqttTransportOptions extends TopicTransportOptions<MqttCredentials> {
  /** The longest message, in bytes, at least 64 KiB; a broker of version 5 may lower it. Default: 1,000,000, which with all around it fits in 1 MiB, the limit of many brokers. */
  maxMessageBytes?: number
  /** 4 is MQTT 3.1.1, which every broker speaks; 5 has clearer refusals and less echo. Default: 4. */
  protocolVersion?: 4 | 5
  /** What all topics begin with: parts of `A-Z a-z 0-9 - _ .` with `/` between them, 128 characters at most. The same for all clones. Default: `meldwork/1`. */
  prefix?: string
  tls?: MqttTlsOptions
  /**
   * A silent connection is asked after so long, and given up after half as long again, by either side: that is how long one who has died silently is seen.
   * Whole seconds. Default: 30,000; in a browser 60,000, since its hidden pages wake once in a minute.
   */
  keepAliveMs?: number
  /** How long to wait for what a broker does at once: giving a message back, closing. Default: 10,000. */
  answerTimeoutMs?: number
  /** Opens what bytes go over, instead of the address: a Duplex of Node's. */
  stream?: () => unknown
}

export type MqttSettings = Required<
  Pick<MqttTransportOptions, 'protocolVersion' | 'prefix' | 'keepAliveMs' | 'answerTimeoutMs'>
>

/** @throws `option-invalid` */
export function mqttSettings(options: MqttTransportOptions): MqttSettings {
  const { protocolVersion = 4, prefix = 'meldwork/1', answerTimeoutMs = 10_000 } = options
  const { keepAliveMs = isBrowser() ? 60_000 : 30_000 } = options
  if (protocolVersion !== 4 && protocolVersion !== 5) throw invalid('protocolVersion', '4 (MQTT 3.1.1) or 5')
  if (prefix.length > 128 || !/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(prefix))
    throw invalid('prefix', 'parts of A-Z a-z 0-9 - _ . with / between them, 128 characters at most')
  if (!(keepAliveMs >= 1000 && keepAliveMs <= 65_535_000 && keepAliveMs % 1000 === 0))
    throw invalid('keepAliveMs', 'whole seconds, from 1,000 to 65,535,000')
  return { protocolVersion, prefix, keepAliveMs, answerTimeoutMs }
}

/** Where a broker is. */
export interface MqttAddress {
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss'
  readonly hostname: string
  readonly port: number | undefined
  /** With what is asked for behind it. */
  readonly path: string
  /** For people: without what may be secret. */
  readonly shown: string
}

/** @throws `option-invalid` */
export function mqttAddress(url: string): MqttAddress {
  let checked: URL | undefined
  try {
    checked = new URL(url)
  } catch {
    // Refused below.
  }
  const protocol = checked?.protocol.slice(0, -1)
  // The address is not in the messages: it may hold a secret.
  if (checked === undefined || !/^(mqtts?|wss?)$/.test(protocol!) || checked.hostname === '')
    throw invalid('url', 'an mqtt://, mqtts://, ws:// or wss:// address')
  if (checked.username || checked.password) throw invalid('url', 'without a user name and password: give credentials')
  const isSocket = protocol!.startsWith('ws')
  if (!isSocket && isBrowser()) throw invalid('url', 'a ws:// or wss:// address: a browser opens nothing else')
  return {
    protocol: protocol as MqttAddress['protocol'],
    // Only in an address does IPv6 stand in brackets.
    hostname: isSocket ? checked.hostname : checked.hostname.replace(/^\[|\]$/g, ''),
    port: checked.port === '' ? undefined : Number(checked.port),
    path: checked.pathname + checked.search,
    shown: `${checked.protocol}//${checked.host}${isSocket ? checked.pathname : ''}`,
  }
}

/** @throws `option-invalid` */
export function checkedCredentials(given: unknown): { username?: string; password?: string } {
  if (given === undefined) return {}
  // MQTT 3.1.1 has no password without a name.
  if (typeof given === 'string') return { username: 'token', password: given }
  const { username, password } = (given ?? {}) as { username?: unknown; password?: unknown }
  const isText = (value: unknown) => value === undefined || typeof value === 'string'
  if (typeof given !== 'object' || !isText(username) || !isText(password))
    throw invalid('credentials', 'a token, or { username, password }')
  if (username === undefined && password === undefined) return {}
  return {
    username: (username as string) ?? 'token',
    ...(password === undefined ? {} : { password: password as string }),
  }
}

function isBrowser(): boolean {
  const { window, WorkerGlobalScope } = globalThis as { window?: { document?: unknown }; WorkerGlobalScope?: unknown }
  return window?.document !== undefined || WorkerGlobalScope !== undefined
}

function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} must be ${expected}`, { option, expected })
}
