import { CodedError, type StoreTrouble } from '../errors.js'
import {
  type BlockStore,
  type BlockWriteMode,
  blockFolder,
  blockNameFault,
  maxBlockBytes,
  platformEnvironment,
} from '../ports/index.js'
import { type Fetch, HttpClient, HttpFailure, TooLong } from './http-client.js'
import { Container, isAuxiliary, refusal } from './http-container.js'

export interface HttpBlocksOptions {
  /** Whether a missing container is made when the store is opened; otherwise that is an error. */
  create?: boolean
  /** What makes the requests: one that is logged in, for instance. By default the platform's. */
  fetch?: Fetch
  /** Longer blocks are refused: 256 MiB by default. */
  maxBytes?: number
  /** How often a watched container is looked at, in milliseconds: 10,000 by default. */
  pollMs?: number
  /** How long to wait before a request is repeated, in milliseconds: 500 by default, and twice as long each further time; longer when the server says so. */
  retryMs?: number
  /** How long one request may take, in milliseconds: 60,000 by default. */
  timeoutMs?: number
}

/** An answer to a request that is no block. */
const maxAnswerBytes = 1_048_576

/**
 * Blocks on an HTTP server, under `URL/12/1234….pack`: a Solid pod or another server of the Linked Data Platform, listed with Turtle (npm package `n3` 2, which
 * this file imports then), or a WebDAV server, listed with PROPFIND. Runs in browsers, where the server must allow it (CORS).
 *
 * Blocks are created with `If-None-Match: *`: that only one writer is told `true`, and that a file is there whole or not at all, is as true as the server makes
 * it. Until one has shown that it heeds the condition, each write looks first whether there is such a file. A write whose answer was lost is
 * repeated, and then says `false` when it had succeeded. Names that end in `.acl`, `.acr` or `.meta` are refused: they would be no files there.
 *
 * Requests that break off or are answered with 429, 502, 503 or 504 are repeated, five times at most. Redirections to other servers are not followed.
 */
export class HttpBlocks implements BlockStore {
  readonly location: string
  readonly #create: boolean
  readonly #maxBytes: number
  readonly #pollMs: number
  readonly #client: HttpClient
  #container: Container | undefined
  #opening: Promise<void> | undefined
  /** The names at the last listing. */
  #listed: ReadonlySet<string> | undefined
  /** Whether this server has been seen to heed `If-None-Match: *`. */
  #heeds = false
  readonly #watchers = new Set<() => void>()
  #stopPolling: (() => void) | undefined
  readonly #underWay = new Set<Promise<unknown>>()

  /**
   * @param url of a container, with or without a slash at the end; the one that it is in must be there
   * @throws CodedError `option-invalid` when it is no plain address of http or https
   */
  constructor(url: string | URL, options: HttpBlocksOptions = {}) {
    this.location = containerUrl(String(url))
    this.#create = options.create ?? false
    this.#maxBytes = options.maxBytes ?? maxBlockBytes
    this.#pollMs = options.pollMs ?? 10_000
    // Called without an object: a browser's own insists on that.
    const given = options.fetch
    this.#client = new HttpClient(given ? (...request) => given(...request) : (...request) => fetch(...request), {
      retryMs: options.retryMs ?? 500,
      timeoutMs: options.timeoutMs ?? 60_000,
    })
  }

  /** @throws CodedError `store-missing`; `package-missing` when `n3` is needed and cannot be loaded; `store-failed` */
  open(): Promise<void> {
    if (this.#container !== undefined) return Promise.resolve()
    this.#opening ??= this.#openContainer().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /**
   * Costs one request, and one for each of the containers in it (of which there are at most some hundreds) that may have changed.
   * @throws CodedError `store-failed`
   */
  async list(): Promise<readonly string[]> {
    const container = this.#mustBeOpen('list')
    const names = await this.#attempt('list', () => container.names())
    if (names === undefined) throw this.#failed('list', new Error('it has gone: it was there before'), 'evicted')
    this.#listed = new Set(names)
    return names
  }

  /** @throws CodedError `store-failed`; `data-malformed` when the file is too long */
  async read(name: string): Promise<Uint8Array | undefined> {
    this.#mustBeOpen('read')
    if (this.#nameFault(name) !== undefined) return undefined
    return this.#attempt('read', async () => {
      try {
        const answer = await this.#client.ask(this.#address(name), { method: 'GET' }, this.#maxBytes)
        if (answer.status === 200) return answer.bytes
        if (answer.status === 404 || answer.status === 410) return undefined
        throw refusal(answer)
      } catch (cause) {
        if (!(cause instanceof TooLong)) throw cause
        const message = `The file ${name} at ${this.location} is no block, or maxBytes is to be raised: ${cause.message}`
        throw new CodedError('data-malformed', message, { what: name, offset: this.#maxBytes }, cause)
      }
    })
  }

  /** @throws CodedError `store-failed` */
  async write(name: string, bytes: Uint8Array, mode: BlockWriteMode = 'create'): Promise<boolean> {
    const container = this.#mustBeOpen('write')
    const fault =
      this.#nameFault(name) ?? (bytes.length > this.#maxBytes ? new RangeError('it is too long') : undefined)
    if (fault !== undefined) throw this.#failed('write', fault, 'malformed')
    const writing = this.#attempt('write', () => this.#write(container, name, bytes, mode))
    this.#underWay.add(writing)
    try {
      const written = await writing
      if (written) {
        container.forget(blockFolder(name))
        queueMicrotask(() => this.#tell())
      }
      return written
    } finally {
      this.#underWay.delete(writing)
    }
  }

  /**
   * Lists every `pollMs`, and tells when there is something that the last listing did not have. It keeps a process alive. While the server cannot be
   * reached, it tells nothing.
   * @throws CodedError `store-failed` when the store is not open
   */
  watch(changed: () => void): () => void {
    this.#mustBeOpen('watch')
    // One function may be given twice: each watch ends by itself.
    const watcher = () => changed()
    this.#watchers.add(watcher)
    if (this.#stopPolling === undefined) this.#poll()
    return () => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) this.#endPolling()
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    this.#container = undefined
    this.#watchers.clear()
    this.#endPolling()
    await Promise.allSettled(this.#underWay)
    this.#listed = undefined
  }

  async #openContainer() {
    const container = new Container(this.#client, this.location, () => performance.now())
    const there = await this.#attempt('open', async () => {
      let names = await container.names()
      if (names === undefined && this.#create) {
        await this.#makeContainer(this.location)
        names = await container.names()
      }
      return names !== undefined
    })
    if (!there) {
      const message = `There is nothing at ${this.location}: correct the address, or open it with { create: true } for a new document`
      throw new CodedError('store-missing', message, { location: this.location })
    }
    this.#container = container
  }

  /** A Solid server makes a container when it is written to its address, a WebDAV server when it is told by its own method. */
  async #makeContainer(url: string) {
    const headers = {
      'content-type': 'text/turtle',
      'if-none-match': '*',
      link: '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"',
    }
    const put = await this.#client.ask(url, { method: 'PUT', headers }, maxAnswerBytes)
    if (isDone(put.status) || put.status === 412) return
    if (put.status === 401 || put.status === 403) throw refusal(put)
    await this.#makeCollection(url)
  }

  async #makeCollection(url: string) {
    const answer = await this.#client.ask(url, { method: 'MKCOL' }, maxAnswerBytes)
    // 405: somebody else has made it.
    if (!isDone(answer.status) && answer.status !== 405) throw refusal(answer)
  }

  async #write(container: Container, name: string, bytes: Uint8Array, mode: BlockWriteMode): Promise<boolean> {
    const url = this.#address(name)
    if (mode === 'create' && !this.#heeds) {
      const { status } = await this.#client.ask(url, { method: 'HEAD' }, maxAnswerBytes)
      if (status === 200) return false
    }
    const condition = mode === 'create' ? { 'if-none-match': '*' } : {}
    const request = {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', ...condition },
      body: bytes,
    } as const
    let answer = await this.#client.ask(url, request, maxAnswerBytes)
    if (container.protocol === 'webdav' && (answer.status === 409 || answer.status === 404)) {
      // Its folder is missing.
      await this.#makeCollection(new URL('.', url).href)
      answer = await this.#client.ask(url, request, maxAnswerBytes)
    }
    if (mode === 'create' && answer.status === 412) {
      this.#heeds = true
      return false
    }
    if (!isDone(answer.status)) throw refusal(answer)
    return true
  }

  #poll() {
    const look = async () => {
      const container = this.#container
      const before = this.#listed
      const names = await container?.names().catch(() => undefined)
      if (this.#container !== container || this.#watchers.size === 0) return
      this.#stopPolling = platformEnvironment.schedule(look, this.#pollMs)
      if (names === undefined) return
      this.#listed = new Set(names)
      if (names.some(name => !before?.has(name))) this.#tell()
    }
    this.#stopPolling = platformEnvironment.schedule(look, 0)
  }

  #endPolling() {
    this.#stopPolling?.()
    this.#stopPolling = undefined
  }

  #tell() {
    for (const watcher of this.#watchers) watcher()
  }

  #address(name: string) {
    return `${this.location}${blockFolder(name)}/${name}`
  }

  #nameFault(name: string) {
    return blockNameFault(name) ?? (isAuxiliary(name) ? new TypeError(`${name} means something else there`) : undefined)
  }

  async #attempt<Value>(operation: string, act: () => Promise<Value>): Promise<Value> {
    try {
      return await act()
    } catch (cause) {
      throw cause instanceof CodedError ? cause : this.#failed(operation, cause)
    }
  }

  #mustBeOpen(operation: string): Container {
    if (this.#container === undefined) throw this.#failed(operation, new Error('it is not open'), 'closed')
    return this.#container
  }

  #failed(operation: string, cause: unknown, trouble?: StoreTrouble) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const { reason, advice } = trouble === undefined ? troubleOf(cause) : { reason: trouble, advice: '' }
    const message = `The blocks at ${this.location} failed (${operation}): ${why}${advice}`
    return new CodedError('store-failed', message, { location: this.location, operation, reason }, cause)
  }
}

const isDone = (status: number) => status >= 200 && status < 300

function troubleOf(cause: unknown): { reason: StoreTrouble; advice: string } {
  const status = cause instanceof HttpFailure ? cause.status : undefined
  if (status === 401) return { reason: 'denied', advice: '. Log in there, and give the fetch that is logged in' }
  if (status === 403) return { reason: 'denied', advice: '. Have its owner give you the right to read and write there' }
  if (status === 413) return { reason: 'quota', advice: '. It takes no files of this length' }
  if (status === 507) return { reason: 'full', advice: '. Make space there' }
  if (status === 0) return { reason: 'io', advice: '. Try again when the server can be reached' }
  return { reason: 'io', advice: '' }
}

/** The address of a container, with the slash at the end that it has. */
function containerUrl(given: string): string {
  const facts = { option: 'url', expected: 'an address of http or https without password, ? and #' }
  const invalid = (cause?: unknown) =>
    new CodedError('option-invalid', `${JSON.stringify(given)} is not ${facts.expected}`, facts, cause)
  let url: URL
  try {
    url = new URL(given)
  } catch (cause) {
    throw invalid(cause)
  }
  const { protocol, username, password, search, hash } = url
  if (!['http:', 'https:'].includes(protocol) || [username, password, search, hash].some(part => part !== ''))
    throw invalid()
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}
