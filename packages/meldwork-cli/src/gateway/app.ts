import { type Context, Hono } from 'hono'
import type { Credentials } from './credentials.js'
import type { Health } from './health.js'
import type { HttpApi } from './http/api.js'
import type { Origins } from './origins.js'
import { contentSecurityPolicy, type Page } from './page.js'

/** What the pages of a gateway are made of. */
export interface AppParts {
  readonly origins: Origins
  readonly credentials: Credentials
  readonly domains: readonly string[]
  readonly anyDomain: boolean
  /** Undefined when there is none. */
  readonly page: Page | undefined
  readonly api: HttpApi
  health(): Health
}

/** What `/config.json` tells the page. The token is never part of it. */
export interface PageConfig {
  /** Those that are kept; the page shows the first. */
  readonly domains: readonly string[]
  /** Whether others can be joined too. */
  readonly anyDomain: boolean
  /** Where the WebSocket is, relative to the page. */
  readonly url: string
  /** Whether the page has to ask for a token. */
  readonly tokenRequired: boolean
}

/** The paths at which a WebSocket can be opened. */
export const relayPaths: ReadonlySet<string> = new Set(['/', '/relay'])

/** What a gateway answers over HTTP: pure, from a request to a response. */
export function createApp({ origins, credentials, domains, anyDomain, page, api, health }: AppParts): Hono {
  const app = new Hono()
  app.use(api.measure)
  app.use(async (context, next) => {
    const refusal = origins.refusalOfHost(context.req.header('host'))
    if (refusal !== undefined) return plain(context, 421, refusal)
    await next()
    context.header('X-Content-Type-Options', 'nosniff')
    context.header('Referrer-Policy', 'no-referrer')
    context.header('Content-Security-Policy', contentSecurityPolicy(context.req.header('host')))
  })
  app.get('/health', context => {
    const report = health()
    const { status, version } = report
    const shown = credentials.acceptHeader(context.req.header('authorization')) ? report : { status, version }
    context.header('Cache-Control', 'no-store')
    return context.json(shown, status === 'ok' ? 200 : 503)
  })
  app.get('/config.json', context => {
    const config: PageConfig = { domains, anyDomain, url: 'relay', tokenRequired: credentials.required }
    context.header('Cache-Control', 'no-store')
    return context.json(config)
  })
  api.mount(app)
  app.get('*', context => (page === undefined ? noPage(context) : servePage(context, page)))
  app.notFound(context => plain(context, 404, 'There is nothing here.'))
  return app
}

function servePage(context: Context, page: Page): Response | Promise<Response> {
  const file = page.get(context.req.path)
  if (file === undefined) return context.notFound()
  context.header('Cache-Control', file.cacheControl)
  context.header('ETag', file.tag)
  if (context.req.header('if-none-match') === file.tag) return context.body(null, 304)
  context.header('Content-Type', file.type)
  return context.body(file.bytes)
}

function noPage(context: Context): Response | Promise<Response> {
  if (context.req.path !== '/') return context.notFound()
  return plain(
    context,
    404,
    'The gateway runs, and has no page: in the repository, npm run build makes it. See /health.',
  )
}

function plain(context: Context, status: 404 | 421, text: string): Response {
  return context.text(`${text}\n`, status)
}
