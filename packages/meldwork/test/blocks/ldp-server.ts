import { createHash } from 'node:crypto'

/** What a fault does to a request: an answer instead of the server's, or something done to it. */
export type Fault = (request: { method: string; path: string }, answer: () => Response) => Response | Promise<Response>

/**
 * A server of the Linked Data Platform, or of WebDAV, in memory, as a `fetch`: containers that are made when something is written into them (LDP) or by MKCOL
 * (WebDAV), conditional requests, times of whole seconds. It counts requests, and can be given faults.
 */
export class SimulatedServer {
  readonly files = new Map<string, { bytes: Uint8Array; modifiedMs: number }>()
  readonly containers = new Map<string, number>()
  readonly requests: string[] = []
  readonly protocol: 'ldp' | 'webdav'
  /** Whether it heeds `If-None-Match: *`. */
  heeds = true
  /** Whether it says when a container has changed. */
  tellsTimes = true
  fault: Fault | undefined
  nowMs = 1_750_000_000_000

  constructor(protocol: 'ldp' | 'webdav' = 'ldp') {
    this.protocol = protocol
    this.containers.set('/', this.nowMs)
  }

  readonly fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input))
    const method = init.method ?? 'GET'
    const path = decodeURIComponent(url.pathname)
    this.requests.push(`${method} ${path}`)
    const headers = new Headers(init.headers)
    const answer = () => this.#answer(method, path, headers, init.body as Uint8Array | string | undefined)
    // As with a real one, nothing happens within the call.
    await null
    return this.fault === undefined ? answer() : this.fault({ method, path }, answer)
  }

  #answer(method: string, path: string, headers: Headers, body: Uint8Array | string | undefined): Response {
    if (method === 'PUT' && path.endsWith('/')) return this.#putContainer(path)
    if (method === 'PUT') return this.#put(path, headers, body)
    if (method === 'MKCOL') return this.#makeCollection(path)
    if (method === 'PROPFIND') return this.#properties(path)
    if (path.endsWith('/')) return this.#container(path, headers)
    const file = this.files.get(path)
    if (file === undefined) return new Response(null, { status: 404 })
    const about = { 'content-length': String(file.bytes.length), etag: tag(file.bytes) }
    return new Response(method === 'HEAD' ? null : bodyOf(file.bytes), { headers: about })
  }

  #putContainer(path: string): Response {
    if (this.protocol === 'webdav') return new Response(null, { status: 405 })
    if (this.containers.has(path)) return new Response(null, { status: 412 })
    this.#touchAll(path)
    return new Response(null, { status: 201 })
  }

  #put(path: string, headers: Headers, body: Uint8Array | string | undefined): Response {
    const parent = parentOf(path)
    if (this.protocol === 'webdav' && !this.containers.has(parent)) return new Response(null, { status: 409 })
    const isThere = this.files.has(path)
    if (isThere && this.heeds && headers.get('if-none-match') === '*') return new Response(null, { status: 412 })
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array())
    this.files.set(path, { bytes: bytes.slice(), modifiedMs: this.nowMs })
    if (!isThere) this.#touchAll(parent)
    return new Response(null, { status: isThere ? 204 : 201 })
  }

  #makeCollection(path: string): Response {
    if (this.containers.has(path)) return new Response(null, { status: 405 })
    if (!this.containers.has(parentOf(path.slice(0, -1)))) return new Response(null, { status: 409 })
    this.containers.set(path, this.nowMs)
    return new Response(null, { status: 201 })
  }

  /** A container changes when something is made in it; those above are made with it. */
  #touchAll(path: string) {
    const isNew = !this.containers.has(path)
    this.containers.set(path, this.nowMs)
    if (isNew && path !== '/') this.#touchAll(parentOf(path.slice(0, -1)))
  }

  #members(path: string): string[] {
    const all = [...this.files.keys(), ...this.containers.keys()]
    return all.filter(each => each !== path && parentOf(each.replace(/\/$/, '')) === path)
  }

  #time(path: string): string {
    return new Date(Math.floor((this.containers.get(path) ?? 0) / 1000) * 1000).toISOString()
  }

  #container(path: string, headers: Headers): Response {
    if (this.protocol === 'webdav') return new Response(null, { status: 405 })
    if (!this.containers.has(path)) return new Response(null, { status: 404 })
    const etag = `"${this.#time(path)}"`
    if (this.tellsTimes && headers.get('if-none-match') === etag) return new Response(null, { status: 304 })
    const lines = [
      '@prefix ldp: <http://www.w3.org/ns/ldp#>. @prefix dc: <http://purl.org/dc/terms/>.',
      '<> a ldp:Container.',
    ]
    for (const member of this.#members(path)) {
      const name = `<${encodeURI(member.slice(path.length))}>`
      lines.push(`<> ldp:contains ${name}.`)
      if (this.tellsTimes && member.endsWith('/')) lines.push(`${name} dc:modified "${this.#time(member)}".`)
    }
    const about: Record<string, string> = { 'content-type': 'text/turtle; charset=utf-8' }
    if (this.tellsTimes) about.etag = etag
    return new Response(lines.join('\n'), { headers: about })
  }

  #properties(path: string): Response {
    if (this.protocol === 'ldp') return new Response(null, { status: 501 })
    if (!this.containers.has(path)) return new Response(null, { status: 404 })
    const entries = [path, ...this.#members(path)].map(each => {
      const kind = each.endsWith('/') ? '<D:resourcetype><D:collection/></D:resourcetype>' : '<D:resourcetype/>'
      const time = this.tellsTimes ? `<D:getlastmodified>${this.#time(each)}</D:getlastmodified>` : ''
      const href = encodeURI(each).replaceAll('&', '&amp;')
      return `<D:response><D:href>${href}</D:href><D:propstat><D:prop>${kind}${time}</D:prop></D:propstat></D:response>`
    })
    const text = `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${entries.join('\n')}</D:multistatus>`
    return new Response(text, { status: 207, headers: { 'content-type': 'application/xml' } })
  }
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
const tag = (bytes: Uint8Array) => `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`
const bodyOf = (bytes: Uint8Array) => bytes.slice() as Uint8Array<ArrayBuffer>
