import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, Hono, MiddlewareHandler } from 'hono'
import { type Clone, CodedError, hasCode } from 'meldwork'
import type { RelayStatistics } from 'meldwork/transports/relay'
import { optionInvalid } from '../../errors.js'
import type { Credentials } from '../credentials.js'
import type { GatewaySettings } from '../options.js'
import type { Origins } from '../origins.js'
import { Access, type Caller } from './access.js'
import { Metrics } from './metrics.js'
import { OpenBodies } from './open-bodies.js'
import { problemOf, problemText, problemType } from './problem.js'
import { allowedAt, type Call, methodsOf, type Route } from './route.js'
import { routesOf, ticksHeader } from './routes.js'
import { UpdateStreams } from './update-streams.js'

/** What an API is made of. */
export interface ApiParts {
  readonly origins: Origins
  readonly credentials: Credentials
  readonly clones: ReadonlyMap<string, Clone>
  readonly settings: Pick<GatewaySettings, 'authorize' | 'limits' | 'report'>
  relay(): RelayStatistics
}

/** What the server tells of a request; nothing where there is no server. */
type Served = { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse } | undefined

/** The paths that are its own, whatever is found there. */
const ownPaths = ['/domains', '/domains/*']

/** How long a browser may remember what a preflight has told it, in seconds. */
const preflightSeconds = 600

/** The kept domains over HTTP, for programs in any language: the routes, and all that is the same for each of them. */
export class HttpApi {
  readonly routes: readonly Route[]
  private readonly access: Access
  private readonly clones: ReadonlyMap<string, Clone>
  private readonly report: (error: unknown) => void
  private readonly bodies: OpenBodies
  private readonly metrics: Metrics

  constructor({ origins, credentials, clones, settings, relay }: ApiParts) {
    const { authorize, limits, report } = settings
    this.access = new Access(origins, credentials, authorize)
    this.clones = clones
    this.report = report
    this.bodies = new OpenBodies(report)
    const { bodies } = this
    const streams = new UpdateStreams(bodies, limits.maxUpdateStreams)
    this.metrics = new Metrics({ clones, relay, streams: () => streams.count })
    this.routes = routesOf({ metrics: this.metrics, bodies, streams, maxBodyBytes: limits.maxMessageBytes })
  }

  /** Counts every request to an app, by what it was for. */
  readonly measure: MiddlewareHandler = async (context, next) => {
    const startedMs = performance.now()
    await next()
    const { method, path } = context.req
    const known = context.get('route') ?? (path === '/health' || path === '/config.json' ? path : 'page')
    this.metrics.answered(known, method, context.res.status, performance.now() - startedMs)
  }

  /** Adds the routes to an app. */
  mount(app: Hono): void {
    const paths = new Map<string, Route[]>()
    for (const route of this.routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route])
    for (const [path, routes] of paths)
      app.all(path.replace(/\{(\w+)\}/g, ':$1'), context => this.respond(context, path, routes))
    for (const path of ownPaths) app.all(path, context => this.respond(context, '/domains', []))
  }

  /** Ends the answers that are being given: clients see the end, and come back. */
  close(): void {
    this.bodies.close()
  }

  private async respond(context: Context, path: string, routes: readonly Route[]): Promise<Response> {
    context.set('route', path)
    context.header('Cache-Control', 'no-store')
    context.header('Cross-Origin-Resource-Policy', 'same-origin')
    context.header('Vary', 'Origin')
    try {
      const caller = callerOf(context)
      this.access.requireOrigin(caller)
      share(context, caller)
      if (routes.length === 0) throw unknownPath(context.req.path)
      const { method } = context.req.raw
      if (method === 'OPTIONS') return preflight(context, routes)
      const route = routes.find(each => methodsOf(each).includes(method))
      if (route === undefined) throw unsupportedMethod(method, allowedAt(routes))
      if (route.secured) this.access.requireToken(caller)
      const query = queryOf(context.req.raw.url, route)
      const clone = await this.cloneFor(route, caller, context.req.param('domain') ?? '')
      const {
        type,
        headers = {},
        body,
      } = await route.answer({ request: context.req.raw, query, clone, cut: cutOf(context) })
      return context.body(body, 200, { ...headers, 'Content-Type': type })
    } catch (error) {
      return this.refuse(context, error)
    }
  }

  private async cloneFor({ action }: Route, caller: Caller, domain: string): Promise<Clone | undefined> {
    if (action === undefined) return undefined
    const clone = this.clones.get(domain)
    if (clone === undefined) {
      const name = domain.slice(0, 256)
      const message = `This gateway does not keep the domain ${name}: name it with --domain when starting it`
      throw new CodedError('domain-not-kept', message, { domain: name })
    }
    await this.access.requireRight(caller, action, domain)
    return clone
  }

  private refuse(context: Context, error: unknown): Response {
    const problem = problemOf(error)
    if (problem.code === 'unexpected') this.report(error)
    if (hasCode(error, 'method-unsupported')) context.header('Allow', error.facts.allowed.join(', '))
    if (problem.status === 401) context.header('WWW-Authenticate', 'Bearer')
    if (problem.status === 503) context.header('Retry-After', '1')
    return context.body(problemText(problem), problem.status, { 'Content-Type': problemType })
  }
}

function callerOf(context: Context): Caller {
  const { incoming } = (context.env as Served) ?? {}
  return { address: incoming?.socket.remoteAddress ?? '', headers: context.req.header() }
}

/** Lets the page that asks, which has been allowed, see the answer. */
function share(context: Context, { headers: { origin } }: Caller): void {
  if (origin === undefined) return
  context.header('Access-Control-Allow-Origin', origin)
  context.header('Access-Control-Expose-Headers', `${ticksHeader}, Retry-After`)
}

/** What may be done there; for a browser, too, that asks before it lets a page do it. */
function preflight(context: Context, routes: readonly Route[]): Response {
  const allowed = allowedAt(routes).join(', ')
  context.header('Allow', allowed)
  if (context.req.header('access-control-request-method') !== undefined) {
    context.header('Access-Control-Allow-Methods', allowed)
    context.header('Access-Control-Allow-Headers', 'Authorization, Content-Type, Last-Event-ID')
    context.header('Access-Control-Max-Age', String(preflightSeconds))
  }
  return context.body(null, 204)
}

/** @throws CodedError `option-invalid` for one that the route does not have, or that is there twice: nothing is ignored */
function queryOf(url: string, { parameters = [] }: Route): Call['query'] {
  const names = parameters.filter(each => each.in === 'query').map(({ name }) => name)
  const query: Record<string, string> = {}
  for (const [name, value] of new URL(url).searchParams) {
    if (!names.includes(name)) throw optionInvalid(`?${name.slice(0, 100)}`, names.join(', ') || 'left out')
    if (Object.hasOwn(query, name)) throw optionInvalid(`?${name}`, 'given once')
    query[name] = value
  }
  return query
}

/** What cuts the connection; undefined where there is none. */
function cutOf(context: Context): (() => void) | undefined {
  const { outgoing } = (context.env as Served) ?? {}
  return outgoing && (() => void outgoing.destroy())
}

function unknownPath(path: string): CodedError<'path-unknown'> {
  const shown = path.slice(0, 256)
  return new CodedError('path-unknown', `There is nothing at ${shown}: /openapi.json tells what there is`, {
    path: shown,
  })
}

function unsupportedMethod(method: string, allowed: readonly string[]): CodedError<'method-unsupported'> {
  const message = `${method} is not for this path: it takes ${allowed.join(', ')}`
  return new CodedError('method-unsupported', message, { method, allowed })
}
