import { platformEnvironment } from '../ports/index.js'

/** Any function like the platform's `fetch`: one that is logged in, for instance. */
export type Fetch = typeof fetch

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'MKCOL' | 'PROPFIND'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** An answer that has come whole. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  /** Where it came from, after redirections. */
  readonly url: string
}

export interface HttpLimits {
  /** Until the first repetition; then twice as long each time. */
  readonly retryMs: number
  /** How long one request may take. */
  readonly timeoutMs: number
}

/** The server does not do what it was asked. `status` is 0 when no answer came. */
export class HttpFailure extends Error {
  readonly status: number

  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
  }
}

/** What came is longer than allowed. */
export class TooLong extends Error {}

const attempts = 5
const maxWaitMs = 30_000
const maxRedirects = 5
/** The server, or one before it, asks to come back later, or has broken down for a moment. */
const passing = new Set([429, 502, 503, 504])

/**
 * Makes requests of one origin. A request that gets no answer, half of one, or the answer to come back later, is repeated, at most five times; all requests here
 * may be. Redirections are followed within the origin only: what is for one server is not given to another.
 */
export class HttpClient {
  readonly #fetch: Fetch
  readonly #limits: HttpLimits

  constructor(given: Fetch, limits: HttpLimits) {
    this.#fetch = given
    this.#limits = limits
  }

  /**
   * @param maxBytes the answer may have
   * @returns the answer, whatever its status
   * @throws HttpFailure when none comes; TooLong
   */
  async ask(url: string, request: HttpRequest, maxBytes: number): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      let waitMs = this.#limits.retryMs * 2 ** (attempt - 1)
      try {
        const answer = await this.#once(url, request, maxBytes)
        if (!passing.has(answer.status) || attempt === attempts) return answer
        waitMs = Math.max(waitMs, askedMs(answer.headers.get('retry-after')))
      } catch (error) {
        if (error instanceof TooLong || error instanceof HttpFailure) throw error
        if (attempt === attempts) throw new HttpFailure(0, `no answer came (${messageOf(error)})`, error)
      }
      await pause(Math.min(waitMs, maxWaitMs))
    }
  }

  async #once(from: string, request: HttpRequest, maxBytes: number): Promise<HttpAnswer> {
    const controller = new AbortController()
    const cancel = platformEnvironment.schedule(
      () => controller.abort(new Error(`it took longer than ${this.#limits.timeoutMs} ms`)),
      this.#limits.timeoutMs,
    )
    try {
      let url = from
      for (let redirects = 0; redirects <= maxRedirects; redirects++) {
        const response = await this.#send(url, request, 'manual', controller.signal)
        const next = await this.#redirected(url, request, response)
        if (next === undefined) return await whole(response, url, maxBytes, request)
        if (next === 'hidden') {
          const followed = await this.#send(url, request, 'follow', controller.signal)
          requireSameOrigin(from, followed.url)
          return await whole(followed, followed.url, maxBytes, request)
        }
        url = next
      }
      throw new HttpFailure(310, 'it redirects again and again')
    } finally {
      cancel()
    }
  }

  #send(url: string, { method, headers, body }: HttpRequest, redirect: 'manual' | 'follow', signal: AbortSignal) {
    const init = { method, headers: { ...headers }, redirect, signal, cache: 'no-store' } as RequestInit
    if (body !== undefined) init.body = body as NonNullable<RequestInit['body']>
    return this.#fetch(url, init)
  }

  /** Where to go instead; `hidden` where a browser does not tell. */
  async #redirected(url: string, { method }: HttpRequest, response: Response): Promise<string | 'hidden' | undefined> {
    const isHidden = response.type === 'opaqueredirect'
    if (!isHidden && ![301, 302, 303, 307, 308].includes(response.status)) return undefined
    await response.body?.cancel().catch(() => {})
    const reads = method === 'GET' || method === 'HEAD'
    if (isHidden && reads) return 'hidden'
    const location = response.headers.get('location')
    if (location === null || (!reads && response.status !== 307 && response.status !== 308))
      throw new HttpFailure(response.status, 'it redirects what is written: give the address to which it leads')
    const next = new URL(location, url).href
    requireSameOrigin(url, next)
    return next
  }
}

function requireSameOrigin(from: string, to: string): void {
  if (new URL(from).origin === new URL(to).origin) return
  throw new HttpFailure(300, `it redirects to another server, ${new URL(to).origin}: give that address if it is meant`)
}

/** Reads a body, and sees to it that it is all of it. */
async function whole(response: Response, url: string, maxBytes: number, { method }: HttpRequest): Promise<HttpAnswer> {
  const { status, headers } = response
  const parts: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    length += value.length
    if (length <= maxBytes) continue
    reader.cancel().catch(() => {})
    throw new TooLong(`it is longer than ${maxBytes} bytes`)
  }
  const declared = headers.get('content-length')
  const isPlain = headers.get('content-encoding') === null && method !== 'HEAD' && status !== 304 && status !== 204
  // Compressed bodies, of which a browser does not always tell, are longer than that.
  if (isPlain && declared !== null && length < Number(declared))
    throw new Error(`only ${length} of ${declared} bytes came`)
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { status, headers, bytes, url }
}

/** What a server asks for by `Retry-After`: seconds, or a date. */
function askedMs(header: string | null): number {
  if (header === null) return 0
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? 0 : Math.max(0, date - platformEnvironment.now())
}

/** Node says only of the cause what it was. */
function messageOf(error: unknown): string {
  const { message, cause } = error as { message?: unknown; cause?: { message?: unknown } }
  return [message ?? error, cause?.message].filter(part => part !== undefined && part !== '').join(': ')
}

const pause = (ms: number) => new Promise<void>(resolve => platformEnvironment.schedule(resolve, ms))
