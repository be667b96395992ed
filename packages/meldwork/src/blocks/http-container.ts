import { blockFolder, blockNameFault } from '../ports/index.js'
import { type HttpAnswer, type HttpClient, HttpFailure } from './http-client.js'
import { type Listing, readMultistatus, readTurtle } from './http-listing.js'

/** What was listed of one container. */
interface Known {
  readonly names: readonly string[]
  /** What the container above said of this one then. */
  readonly version: string | undefined
  readonly etag: string | null
  /** Since when both have been so. */
  readonly sinceMs: number
  readonly listedMs: number
}

/** Longer lists are refused. */
const maxListBytes = 67_108_864
/** Servers count changes by times of whole seconds: what was listed in the second of a change may be short of what came later in it. */
const settleMs = 3000
/** Whatever a server says, each container is truly listed again after this time: some never change what they say of it. */
const trustedMs = 60_000
/** So many requests at the same time. */
const requestsAtOnce = 6

const folderPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]?$/
const propfind =
  '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/><getetag/><getlastmodified/></prop></propfind>'

/**
 * Lists the blocks below a container. Of the containers in it only those are asked for again of which the server says that something has changed
 * there, or says nothing; those with the tag that they had.
 */
export class Container {
  readonly #client: HttpClient
  readonly #url: string
  readonly #nowMs: () => number
  #known = new Map<string, Known>()
  #protocol: 'ldp' | 'webdav' | undefined

  /** @param url with a slash at the end */
  constructor(client: HttpClient, url: string, nowMs: () => number) {
    this.#client = client
    this.#url = url
    this.#nowMs = nowMs
  }

  /** How this server lists: known after the first listing. */
  get protocol(): 'ldp' | 'webdav' | undefined {
    return this.#protocol
  }

  /** What was written there by this program is listed the next time, whatever the server says. */
  forget(folder: string): void {
    this.#known.delete(folder)
  }

  /** @returns undefined when there is no such container. @throws HttpFailure; TooLong; CodedError `package-missing` */
  async names(): Promise<string[] | undefined> {
    const top = await this.#list(this.#url, {})
    if (top === undefined) return undefined
    const folders = [...(top.listing?.folders ?? [])].filter(([folder]) => folderPattern.test(folder))
    const known = new Map<string, Known>()
    const next = folders.values()
    const work = async () => {
      for (const [folder, version] of next) {
        const found = await this.#namesIn(folder, version)
        if (found !== undefined) known.set(folder, found)
      }
    }
    await Promise.all(Array.from({ length: requestsAtOnce }, work))
    this.#known = known
    return [...known.values()].flatMap(({ names }) => names)
  }

  async #namesIn(folder: string, version: string | undefined): Promise<Known | undefined> {
    const before = this.#known.get(folder)
    const startedMs = this.#nowMs()
    const isSettled =
      before !== undefined && before.listedMs - before.sinceMs >= settleMs && startedMs - before.listedMs < trustedMs
    if (isSettled && version !== undefined && version === before.version) return before
    const headers = isSettled && before.etag !== null ? { 'if-none-match': before.etag } : {}
    const answer = await this.#list(`${this.#url}${folder}/`, headers)
    if (answer === undefined) return undefined
    if (answer.listing === undefined) return { ...before!, version }
    const names = answer.listing.files.filter(
      name => blockNameFault(name) === undefined && blockFolder(name) === folder && !isAuxiliary(name),
    )
    const isSame = before !== undefined && before.version === version && before.etag === answer.etag
    const sinceMs = isSame ? before.sinceMs : startedMs
    return { names, version, etag: answer.etag, sinceMs, listedMs: startedMs }
  }

  /** @returns undefined when there is no such container; without a listing when it is as it was */
  async #list(
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ listing?: Listing; etag: string | null } | undefined> {
    if (this.#protocol !== 'webdav') {
      const answer = await this.#client.ask(
        url,
        { method: 'GET', headers: { accept: 'text/turtle', ...headers } },
        maxListBytes,
      )
      const etag = answer.headers.get('etag')
      if (answer.status === 304) return { etag }
      if (/^text\/turtle\b/i.test(answer.headers.get('content-type') ?? '') && answer.status === 200) {
        this.#protocol = 'ldp'
        return { listing: await understood(answer, text => readTurtle(text, answer.url)), etag }
      }
      if (answer.status === 404 || answer.status === 410) return undefined
      if (this.#protocol === 'ldp' || ![200, 405, 406, 403, 415, 501].includes(answer.status)) throw refusal(answer)
    }
    const request = {
      method: 'PROPFIND',
      headers: { depth: '1', 'content-type': 'application/xml' },
      body: propfind,
    } as const
    const answer = await this.#client.ask(url, request, maxListBytes)
    if (answer.status === 404 || answer.status === 410) return undefined
    if (answer.status !== 207) throw refusal(answer)
    this.#protocol = 'webdav'
    return { listing: await understood(answer, async text => readMultistatus(text, answer.url)), etag: null }
  }
}

/** Names that mean something else to a Solid server: who may read, and what is said of a file. */
export const isAuxiliary = (name: string) => /\.(acl|acr|meta)$/i.test(name)

/** The error for an answer that says no. */
export function refusal({ status, bytes }: HttpAnswer): HttpFailure {
  const [said] = new TextDecoder().decode(bytes.subarray(0, 200)).split('\n')
  return new HttpFailure(status, `the server answers ${status}${said === '' ? '' : ` (${said})`}`)
}

async function understood(answer: HttpAnswer, read: (text: string) => Promise<Listing>): Promise<Listing> {
  try {
    return await read(new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes))
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'package-missing') throw cause
    throw new HttpFailure(answer.status, `what it lists cannot be read: ${(cause as Error).message}`, cause)
  }
}
