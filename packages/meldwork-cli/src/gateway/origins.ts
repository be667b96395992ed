import { optionInvalid } from '../errors.js'

/** What a request says of where it comes from. */
export interface Provenance {
  /** The `Origin` header: set by browsers on behalf of a page, absent in other programs. */
  readonly origin: string | undefined
  /** The `Host` header: the name under which the gateway was called. */
  readonly host: string | undefined
}

/**
 * Which pages may use this gateway. A browser lets any page open a WebSocket to any machine, and tells the server only the page's
 * origin; so a server that trusts everybody who reaches it lends itself to every page that its user visits.
 *
 * - A request without `Origin` does not come from a page: allowed. (Programs may also forge one: against those helps only a token.)
 * - An origin on the host that the request names as `Host` is the gateway's own page.
 * - Others must be named.
 *
 * A page can also make its own host name point to this machine after it was loaded (DNS rebinding); then origin and
 * `Host` agree. So a gateway that only this machine reaches is called by a name of this machine, or by one that was allowed.
 */
export class Origins {
  private readonly allowed: ReadonlySet<string>
  private readonly allowedHosts: ReadonlySet<string>
  private readonly thisMachineOnly: boolean

  /**
   * @param boundTo the address that the gateway listens to
   * @param allowed other origins, such as `https://app.example:8443`
   * @throws CodedError `option-invalid`
   */
  constructor(boundTo: string, allowed: readonly string[]) {
    this.thisMachineOnly = isThisMachine(boundTo)
    this.allowed = new Set(allowed.map(checkedOrigin))
    this.allowedHosts = new Set([...this.allowed].map(origin => hostOf(origin.replace(/^[^:]+/, 'http')) ?? ''))
  }

  /** Why a request of any kind is refused; undefined when it is not. */
  refusalOfHost(host: string | undefined): string | undefined {
    if (!this.thisMachineOnly || host === undefined) return undefined
    const own = hostOf(`http://${host}`)
    if (own !== undefined && (isThisMachine(nameOf(own)) || this.allowedHosts.has(own))) return undefined
    return `This gateway is for this machine only, and was called by the name ${shown(host)}: allow it with --allow-origin http://${shown(host)}, or listen to other machines with --host`
  }

  /** Whether an origin is one that was named. */
  allows(origin: string): boolean {
    return this.allowed.has(origin.toLowerCase())
  }

  /** Why a connection is refused; undefined when it is not. */
  refusal({ origin, host }: Provenance): string | undefined {
    const misdirected = this.refusalOfHost(host)
    if (misdirected !== undefined || origin === undefined) return misdirected
    if (this.allows(origin)) return undefined
    const own = host === undefined ? undefined : hostOf(`http://${host}`)
    if (own !== undefined && originHost(origin) === own) return undefined
    return `Pages of ${shown(origin)} may not connect: allow them with --allow-origin ${shown(origin)}`
  }
}

/** Whether an address or name always means the machine itself. */
export function isThisMachine(name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare)
}

function checkedOrigin(text: string): string {
  const origin = text.toLowerCase().replace(/\/$/, '')
  // Apps in a shell of their own have schemes of their own.
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@]+$/.test(origin))
    throw optionInvalid('allow-origin', 'an origin such as https://app.example or http://localhost:5173')
  if (!/^https?:/.test(origin)) return origin
  const host = hostOf(origin)
  if (host === undefined) throw optionInvalid('allow-origin', 'an origin such as https://app.example')
  return `${origin.split(':', 1)[0]}://${host}`
}

/** Host and port as a URL writes them: in lower case, without the standard port. */
function hostOf(url: string): string | undefined {
  try {
    return new URL(url).host
  } catch {
    return undefined
  }
}

/** The host of an origin, comparable to that of an `http` URL. */
const originHost = (origin: string) => (/^https?:\/\//i.test(origin) ? hostOf(origin) : undefined)

const nameOf = (host: string) => host.replace(/:\d+$/, '')

/** For a message: what others have sent, cut and without control characters. */
const shown = (text: string) => text.replace(/[^\x21-\x7e]/g, '?').slice(0, 100)
