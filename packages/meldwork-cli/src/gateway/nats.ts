import { optionInvalid } from '../errors.js'

/** A NATS server, or several of one cluster, behind which several gateways serve the same domains. */
export interface NatsOptions {
  /** Addresses, one after the other tried: `nats://`, `tls://`, `ws://` or `wss://`. Credentials may stand in them, as `user:password@` or `token@`. */
  readonly servers: readonly string[]
  /** A token to show; better than in an address. */
  readonly token?: string | undefined
}

/** What is connected to, and shown to it, apart: an address can be in a log. */
export interface NatsAccess {
  readonly servers: readonly string[]
  readonly credentials: { readonly token?: string; readonly user?: string; readonly password?: string } | undefined
}

const expected = 'an address such as nats://localhost:4222, or several with commas between them'

/** @throws CodedError `option-invalid`, without the address in it */
export function natsAccess({ servers, token }: NatsOptions): NatsAccess {
  let credentials: NatsAccess['credentials'] = token === undefined ? undefined : { token }
  const addresses = servers
    .flatMap(each => each.split(','))
    .map(each => {
      const url = urlOf(each.trim())
      if (url === null || !/^(nats|tls|wss?):$/.test(url.protocol) || url.hostname === '')
        throw optionInvalid('nats', expected)
      const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
      if (user !== '') credentials ??= password === '' ? { token: user } : { user, password }
      return `${url.protocol}//${url.host}`
    })
  if (addresses.length === 0) throw optionInvalid('nats', expected)
  return { servers: addresses, credentials }
}

function urlOf(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
