import type { Clone } from 'meldwork'
import { Relay, type RequestFacts, type Verdict } from 'meldwork/transports/relay'
import { version } from '../version.js'
import { createApp } from './app.js'
import { Credentials } from './credentials.js'
import { domainHealth, type Health } from './health.js'
import { HttpApi } from './http/api.js'
import { KeptClones, ownConnection } from './kept-clones.js'
import { type Decision, type GatewayOptions, type GatewaySettings, settingsOf } from './options.js'
import { isThisMachine, Origins } from './origins.js'
import { readPage } from './page.js'
import { GatewayServer, type OutsideRequest } from './server.js'

/** A running gateway. */
export interface Gateway {
  readonly host: string
  readonly port: number
  /** The address of its page, as this machine reaches it, such as `http://localhost:7330`. */
  readonly address: string
  /** Whether it serves a page: not when that was declined, or has not been built. */
  readonly hasPage: boolean
  /** The kept clones, by domain: to be read and written like any others, and not to be closed. */
  readonly clones: ReadonlyMap<string, Clone>
  /** How it is doing now: what `/health` shows. */
  health(): Health
  /** Says goodbye to everyone, makes everything durable, and lets go of the port and the folders. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens a gateway: a relay of domains, a durable clone of each that is named, and a page, on one port.
 *
 * It is one more clone that is always there: it gives what it has to whoever comes, and decides nothing. Domains that are not named
 * are refused, or with `anyDomain` relayed without being kept.
 * @throws CodedError `option-invalid`, `domain-invalid`; `store-locked` and the other errors of `openClone`; `port-in-use`, `address-unusable`
 */
export async function openGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const settings = settingsOf(options)
  const origins = new Origins(settings.host, settings.allowOrigins)
  const page = settings.page === false ? undefined : await readPage(settings.page)
  const gateway = new OpenGateway(settings, origins, page !== undefined)
  const { relay, credentials, api } = gateway
  const { domains, anyDomain, socketIo, report } = settings
  const app = createApp({ origins, credentials, domains, anyDomain, page, api, health: () => gateway.health() })
  const { maxConnections, maxUpdateStreams } = settings.limits
  await gateway.open(new GatewayServer({ app, relay, origins, maxConnections, maxUpdateStreams, socketIo, report }))
  return gateway
}

class OpenGateway implements Gateway {
  readonly relay: Relay
  readonly credentials: Credentials
  readonly api: HttpApi
  readonly hasPage: boolean
  port = 0
  private readonly settings: GatewaySettings
  private readonly kept: KeptClones
  private readonly openedMs = Date.now()
  private server: GatewayServer | undefined
  private closing: Promise<void> | undefined

  constructor(settings: GatewaySettings, origins: Origins, hasPage: boolean) {
    const { limits, report } = settings
    this.hasPage = hasPage
    this.settings = settings
    this.credentials = new Credentials(settings.token)
    this.relay = new Relay({
      ...limits,
      // One more for the gateway's own clones.
      maxConnections: limits.maxConnections + 1,
      report,
      authorize: (token, request) => this.mayConnect(token, request),
      mayJoin: (channel, { request, principal }) => this.mayJoin(channel, request, principal),
    })
    this.kept = new KeptClones(settings, this.relay)
    const { credentials, clones } = this
    this.api = new HttpApi({ origins, credentials, clones, settings, relay: () => this.relay.statistics() })
  }

  get host(): string {
    return this.settings.host
  }

  get address(): string {
    const { host } = this
    const local = isThisMachine(host) || host === '0.0.0.0' || host === '::'
    return `http://${local ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get clones(): ReadonlyMap<string, Clone> {
    return this.kept.byDomain
  }

  async open(server: GatewayServer): Promise<void> {
    await this.kept.open()
    try {
      this.port = await server.listen(this.host, this.settings.port)
      this.server = server
    } catch (error) {
      await this.close()
      throw error
    }
  }

  health(): Health {
    const clones = [...this.kept.byDomain]
    const domains = Object.fromEntries(clones.map(([domain, clone]) => [domain, domainHealth(clone)]))
    const failing = Object.values(domains).some(({ storage }) => storage !== null)
    const uptimeMs = Date.now() - this.openedMs
    return { status: failing ? 'failing' : 'ok', version, uptimeMs, domains, relay: this.relay.statistics() }
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown(): Promise<void> {
    // Streams that end now are gone on with from their cursors.
    this.api.close()
    // First the clones, so that what they have taken is durable and what they wrote has left; then everyone else.
    await this.kept.close()
    this.relay.close()
    await this.server?.close()
  }

  private mayConnect(token: string | undefined, request: RequestFacts): Verdict | Promise<Verdict> {
    if (request.own === ownConnection) return { allowed: true, principal: ownConnection }
    if (!this.credentials.accept(token))
      return { allowed: false, reason: token === undefined ? 'a token is needed' : 'the token is not the right one' }
    const { address, origin, headers } = request as OutsideRequest
    const asked = {
      action: 'connect',
      domain: undefined,
      token,
      address,
      origin,
      headers,
      principal: undefined,
    } as const
    const kept = (decision: Decision): Verdict => {
      const { allowed, reason, principal } = typeof decision === 'object' ? decision : { allowed: decision }
      // The token is asked for again at each join.
      return { allowed, ...(reason === undefined ? {} : { reason }), principal: { token, principal } }
    }
    const decision = this.settings.authorize(asked)
    return decision instanceof Promise ? decision.then(kept) : kept(decision)
  }

  private mayJoin(channel: string, request: RequestFacts, known: unknown): Verdict | Promise<Verdict> {
    if (known === ownConnection) return true
    const domain = this.kept.domainOf(channel)
    if (domain === undefined && !this.settings.anyDomain)
      return {
        allowed: false,
        reason: 'this gateway does not serve that domain: name it with --domain when starting it',
      }
    const { address, origin, headers } = request as OutsideRequest
    const { token, principal } = known as { token: string | undefined; principal: unknown }
    return this.settings.authorize({ action: 'join', domain, token, address, origin, headers, principal })
  }
}
