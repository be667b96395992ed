import type { KeyValues } from './storage.js'

/** What the server says of itself. */
export interface ServerConfig {
  /** The domains that it relays; empty when it relays any. */
  readonly domains: readonly string[]
  readonly tokenRequired: boolean
  /** Where its relay is, relative to the page. */
  readonly url: string
}

/** The domain when neither the address nor the server names one. */
const defaultDomain = 'board.meldwork.example'
const configKey = 'config'
const tokenKey = 'token'

/** Asks the server, or remembers what it said before: the page opens without a network, too. */
export async function loadConfig(storage: KeyValues, load: typeof fetch = fetch): Promise<ServerConfig> {
  try {
    const response = await load('config.json', { signal: AbortSignal.timeout(4000) })
    if (!response.ok) throw new Error(`The server answered ${response.status}`)
    const text = await response.text()
    const config = readConfig(text)
    storage.setItem(configKey, text)
    return config
  } catch (error) {
    console.warn('The server did not say what it serves', error)
    return readConfig(storage.getItem(configKey) ?? '{}')
  }
}

function readConfig(text: string): ServerConfig {
  const { domains, tokenRequired, url } = (JSON.parse(text) ?? {}) as Record<string, unknown>
  return {
    domains: Array.isArray(domains) ? domains.filter(each => typeof each === 'string') : [],
    tokenRequired: tokenRequired === true,
    url: typeof url === 'string' ? url : '/',
  }
}

/** The domain that the address asks for, else the first of the server's. */
export function chooseDomain(address: URL, config: ServerConfig): string {
  return address.searchParams.get('domain') || config.domains[0] || defaultDomain
}

/** The relay of the server that served the page. */
export function relayAddress(address: URL, config: ServerConfig): string {
  const relay = new URL(config.url, address)
  relay.protocol = relay.protocol.replace(/^http/, 'ws')
  relay.search = relay.hash = ''
  return relay.href
}

/** The token that was given before, or comes after `#token=` in the address. */
export function knownToken(address: URL, storage: KeyValues): string | undefined {
  const given = new URLSearchParams(address.hash.slice(1)).get('token')
  if (given) keepToken(storage, given)
  return given || storage.getItem(tokenKey) || undefined
}

/** Keeps the token in this browser. */
export function keepToken(storage: KeyValues, token: string): void {
  storage.setItem(tokenKey, token)
}

/** The address without its token, when it has one: for the address bar and the history. */
export function withoutToken(address: URL): string | undefined {
  const fragment = new URLSearchParams(address.hash.slice(1))
  if (!fragment.has('token')) return undefined
  fragment.delete('token')
  const clean = new URL(address)
  clean.hash = fragment.toString()
  return clean.href
}
