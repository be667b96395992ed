import type { Quad } from 'n3'
import { CodedError } from '../errors.js'

/** What a container says is in it. */
export interface Listing {
  readonly files: readonly string[]
  /** The containers in it, without their slash; with what changes when something is added there, where the server says it. */
  readonly folders: ReadonlyMap<string, string | undefined>
}

const contains = 'http://www.w3.org/ns/ldp#contains'
const modifiedBy = new Set(['http://purl.org/dc/terms/modified', 'http://www.w3.org/ns/posix/stat#mtime'])

/**
 * Reads what a Solid server, or another Linked Data Platform, says of a container: in Turtle, by `ldp:contains`. What is said of other places is left out.
 * @param url of the container
 * @throws what n3 says of text that is no Turtle; CodedError `package-missing`
 */
export async function readTurtle(text: string, url: string): Promise<Listing> {
  const { Parser } = await loadN3()
  const quads: Quad[] = new Parser({ format: 'text/turtle', baseIRI: url }).parse(text)
  const modified = new Map<string, string>()
  for (const { subject, predicate, object } of quads)
    if (modifiedBy.has(predicate.value))
      modified.set(subject.value, `${modified.get(subject.value) ?? ''} ${object.value}`)
  const contained = quads.filter(
    ({ subject, predicate, object }) =>
      predicate.value === contains && subject.value === url && object.termType === 'NamedNode',
  )
  return listing(
    url,
    contained.map(({ object }) => [object.value, modified.get(object.value)]),
  )
}

const responses = /<(?:[\w.-]+:)?response[\s>][\s\S]*?<\/(?:[\w.-]+:)?response\s*>/g
const element = (name: string) => new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([^<]*)</`)
const [href, etag, lastModified] = ['href', 'getetag', 'getlastmodified'].map(element)

/**
 * Reads the answer of a WebDAV server to PROPFIND with depth 1 (RFC 4918). Only the three properties that matter here are looked for, by their names without
 * name spaces; nothing is expanded but the five entities of XML and numbers.
 * @param url of the collection
 * @throws Error for a document that declares things of its own
 */
export function readMultistatus(text: string, url: string): Listing {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Error('it declares a document type')
  const entries: [string, string | undefined][] = []
  for (const [response] of text.matchAll(responses)) {
    const at = href.exec(response)?.[1]
    if (at === undefined) continue
    // A tag of the collection, too, may or may not change with what is in it: one that does not is found out in time.
    const version = [etag, lastModified]
      .map(pattern => pattern.exec(response)?.[1] ?? '')
      .join(' ')
      .trim()
    const isFolder = /<(?:[\w.-]+:)?collection\s*\/?>/.test(response)
    const path = new URL(unescaped(at.trim()), url).href
    entries.push([isFolder && !path.endsWith('/') ? `${path}/` : path, version === '' ? undefined : version])
  }
  return listing(url, entries)
}

/** Of addresses, those that lie directly in a container; with a slash at the end they are containers. */
function listing(url: string, entries: Iterable<readonly [address: string, version: string | undefined]>): Listing {
  const files: string[] = []
  const folders = new Map<string, string | undefined>()
  for (const [address, version] of entries) {
    if (!address.startsWith(url)) continue
    const rest = decoded(address.slice(url.length))
    if (/^[^/]+$/.test(rest)) files.push(rest)
    else if (/^[^/]+\/$/.test(rest)) folders.set(rest.slice(0, -1), version)
  }
  return { files, folders }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return entities[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

async function loadN3() {
  try {
    return await import('n3')
  } catch (cause) {
    const facts = { package: 'n3', install: 'npm install n3' }
    const message = `To read what a Solid server lists, install n3: ${facts.install}`
    throw new CodedError('package-missing', message, facts, cause)
  }
}
