import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { optionInvalid } from '../errors.js'

/** Where the blocks of a document are, as a person has named it. */
export interface BlockPlace {
  readonly kind: 'memory' | 'folder' | 'sqlite' | 'http'
  /** The absolute path of a folder or a file; the address of a container; empty for memory. */
  readonly location: string
  readonly compression: 'flate' | 'brotli' | undefined
  /** What stands before `@` in the address of a server. */
  readonly login: { readonly username: string; readonly password: string } | undefined
  /** What Melda's own tools take the same text for, where that is another place or none; undefined where they agree, and for what they do not know. */
  readonly original: string | undefined
}

type Scheme = 'memory' | 'file' | 'sqlite' | 'solid' | 'http' | 'https'
const schemes: ReadonlySet<string> = new Set<Scheme>(['memory', 'file', 'sqlite', 'solid', 'http', 'https'])

/**
 * Reads where a document is: a path, or a URL of `memory:`, `file:`, `sqlite:`, `solid:`, `http:` or `https:`, the first four with `+flate` or
 * `+brotli` for compressed blocks.
 *
 * Paths in URLs are those that a person means: relative ones are relative (`file://todolist` and `file:todolist` are the folder `todolist` of the working
 * directory), `%20` is a space, and a space is a space. Where that is not what Melda's own tools read, `original` says so.
 * @param folder the working directory
 * @throws CodedError `option-invalid`
 */
export function parseBlockUrl(text: string, folder: string = process.cwd()): BlockPlace {
  const [, name, compressed, rest] = /^([a-z][a-z0-9]+)(\+[a-z0-9]*)?:(.*)$/is.exec(text) ?? []
  const scheme = name?.toLowerCase()
  if (scheme === undefined || !schemes.has(scheme)) {
    // A name of a file may have a colon; what looks like a URL is meant to be one.
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw expected(`not ${JSON.stringify(text)}`)
    if (text === '') throw expected('not an empty text')
    return { ...nowhere, kind: 'folder', location: resolve(folder, text) }
  }
  const compression = compressionOf(compressed, text)
  switch (scheme as Scheme) {
    case 'memory':
      return { ...nowhere, kind: 'memory', compression }
    case 'file':
    case 'sqlite':
      return { ...pathPlace(scheme as 'file' | 'sqlite', rest, folder, text), compression }
    default:
      return { ...serverPlace(scheme, rest, text), compression }
  }
}

/** Whether there is something; of what is not on this machine, that is not known here, and true. */
export function isThere({ kind, location }: BlockPlace): boolean {
  if (kind === 'memory' || kind === 'http') return true
  return statSync(location, { throwIfNoEntry: false }) !== undefined
}

const nowhere = { location: '', compression: undefined, login: undefined, original: undefined } as const

function compressionOf(suffix: string | undefined, text: string): 'flate' | 'brotli' | undefined {
  if (suffix === undefined) return undefined
  const compression = suffix.slice(1).toLowerCase()
  if (compression === 'flate' || compression === 'brotli') return compression
  throw expected(`with +flate or +brotli, and not ${JSON.stringify(text)}`)
}

function pathPlace(scheme: 'file' | 'sqlite', rest: string, folder: string, text: string): BlockPlace {
  const written = rest.startsWith('//') ? rest.slice(2) : rest
  if (scheme === 'sqlite' && written === ':memory:') {
    const original = rest.startsWith('//') ? 'no address at all' : undefined
    return { ...nowhere, kind: 'memory', original }
  }
  if (/[?#]/.test(written)) throw expected(`without ? and #, which are written %3F and %23: ${JSON.stringify(text)}`)
  // The host that is this machine.
  const path = decoded(written.replace(/^localhost(?=\/)/i, ''))
  if (path === '' || path.includes('\0')) throw expected(`with a path: ${JSON.stringify(text)}`)
  const location = resolve(folder, localPath(path))
  const theirs = originalPath(rest, scheme === 'file' && !/^file\+/i.test(text))
  const isSame = theirs !== '' && resolve(folder, localPath(theirs)) === location
  const original = isSame ? undefined : theirs === '' ? 'no path' : theirs
  return { ...nowhere, kind: scheme === 'file' ? 'folder' : 'sqlite', location, original }
}

/** `/C:/x` is `C:/x` where drives have letters. */
const localPath = (path: string): string => (process.platform === 'win32' ? path.replace(/^\/(?=[a-z]:)/i, '') : path)

/**
 * The path that they take: what follows the host, encoded, and not decoded again.
 * @param isFile whether the scheme is `file`: then it begins with `/`, whatever is written
 */
function originalPath(rest: string, isFile: boolean): string {
  if (!rest.startsWith('/') && !isFile) return rest
  const path = rest.startsWith('//') ? rest.slice(2).replace(/^[^/]*/, '') : rest
  return encodedPath(isFile && !path.startsWith('/') ? `/${path}` : path)
}

/** As WHATWG's URLs have it: spaces, quotation marks and what is no ASCII, in UTF-8. */
const encodedPath = (path: string): string =>
  path.replace(/[^\x21-\x7e]|["<>`{}]/gu, character =>
    /[\ud800-\udfff]/.test(character) && character.length === 1 ? '%EF%BF%BD' : encodeURIComponent(character),
  )

/** Without its percent codes, where it has some that are text. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function serverPlace(scheme: string, rest: string, text: string): BlockPlace {
  let url: URL
  try {
    url = new URL(`${scheme === 'solid' ? 'https' : scheme}:${rest}`)
  } catch {
    throw expected(`with a host: ${JSON.stringify(text)}`)
  }
  if (!rest.startsWith('//') || url.search !== '' || url.hash !== '')
    throw expected(`an address without ? and #: ${JSON.stringify(text)}`)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const login = username === '' ? undefined : { username: decoded(username), password: decoded(password) }
  return { ...nowhere, kind: 'http', location: url.href, login }
}

function expected(what: string) {
  return optionInvalid(
    'The place of a document',
    `a path, or a URL such as file:///folder, file+flate:///folder, sqlite:///file, memory://, solid://host/folder or https://host/folder: ${what}`,
  )
}
