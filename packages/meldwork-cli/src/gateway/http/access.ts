import { CodedError } from 'meldwork'
import type { Credentials } from '../credentials.js'
import type { Decision, GatewayRequest, GatewaySettings } from '../options.js'
import type { Origins } from '../origins.js'

/** Where a request comes from. */
export interface Caller {
  /** The address of the other side. */
  readonly address: string
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** What a caller wants of a domain. */
export type DomainAction = 'read' | 'write' | 'follow'

/** Who may do what over HTTP: decided as for connections. */
export class Access {
  private readonly origins: Origins
  private readonly credentials: Credentials
  private readonly authorize: GatewaySettings['authorize']

  constructor(origins: Origins, credentials: Credentials, authorize: GatewaySettings['authorize']) {
    this.origins = origins
    this.credentials = credentials
    this.authorize = authorize
  }

  /** @throws CodedError `access-refused` for a page of elsewhere */
  requireOrigin({ headers }: Caller): void {
    const refusal = this.origins.refusal({ origin: headers.origin, host: headers.host })
    if (refusal !== undefined) throw new CodedError('access-refused', refusal, { reason: refusal })
  }

  /** @throws CodedError `token-refused` */
  requireToken({ headers }: Caller): void {
    const { authorization } = headers
    if (this.credentials.acceptHeader(authorization)) return
    const reason = authorization === undefined ? 'a token is needed' : 'the token is not the right one'
    throw new CodedError('token-refused', `${reason}: send the header Authorization: Bearer TOKEN`, { reason })
  }

  /** Asks as for a connection that joins a domain. @throws CodedError `access-refused` */
  async requireRight(caller: Caller, action: DomainAction, domain: string): Promise<void> {
    const { address, headers } = caller
    const asked = { token: tokenOf(headers.authorization), address, origin: headers.origin, headers }
    const principal = await this.decide({ ...asked, action: 'connect', domain: undefined, principal: undefined })
    await this.decide({ ...asked, action, domain, principal })
  }

  /** @returns the principal */
  private async decide(request: GatewayRequest): Promise<unknown> {
    const decision: Decision = await this.authorize(request)
    const { allowed, reason, principal } = typeof decision === 'object' ? decision : { allowed: decision }
    if (allowed) return principal
    const why = reason ?? 'it is not allowed'
    throw new CodedError('access-refused', `The gateway refuses: ${why}`, { reason: why })
  }
}

/** The token of an `Authorization: Bearer` header. */
function tokenOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}
