import { CodedError } from '../errors.js'
import { abbreviatedNamespaces, abbreviatedNamespacesStart } from './vocabulary.js'

// Characters that no IRI has (RFC 3987): controls, lone surrogates, the space, and these.
const illegalCharacter = /[\p{Cc}\p{Cs} <>"{}|\\^`]/u
const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/
const colonInFirstSegment = /^[^/?#]*:/
const dotSegment = /^(?:[^?#]*\/)?\.\.?(?:[/?#]|$)/
/** Most domain-relative IRIs: nothing in them needs a closer look, neither a colon nor a segment of dots. */
const plainest = /^(?=.)(?:\.?[\w~-][\w~.-]*(?:\/\.?[\w~-][\w~.-]*)*)?(?:#[\w~./-]*)?$/
/** RFC 3986, appendix B, with the scheme's own characters. */
const components = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s
const domainShape =
  /^(?!-)[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{Nd}_-]+(?:\.[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{Nd}_-]+)*(?::[1-9][0-9]{0,4})?$/u
const domainExpected =
  'a lower-case host name such as board.example, localhost or localhost:8080: labels of letters, digits, "-" and "_" ' +
  'joined by dots, with an optional port, at most 253 characters, without a path'

/**
 * The IRIs of one domain, and their **short form**: the one spelling under which an IRI is kept in the dictionary, on disk and on
 * the wire. For one domain the short form is a bijection: no IRI has two, and no two IRIs share one.
 *
 * 1. An IRI in one of the {@link abbreviatedNamespaces} is a control character and the rest: `U+0001 type` is rdf:type.
 * 2. An IRI under the base `http://DOMAIN/` is the rest (`fred`, `#name`), when that is a plain relative reference: not empty, not
 *    beginning with `/` or with `?` (which begins variables), no colon in its first segment (it could be read as absolute), no
 *    segment `.` or `..` (it would not resolve back).
 * 3. Any other IRI is itself.
 *
 * IRIs are compared as RDF compares them, character by character: nothing is normalised, neither case nor percent-encoding
 * nor dot segments of an absolute IRI. Checked are the characters and the scheme, not the grammar of each component.
 */
export class IriSpace {
  readonly domain: string
  /** `http://DOMAIN/`, against which `@id` is resolved. */
  readonly base: string
  /** `http://DOMAIN/#`, which precedes properties and types. */
  readonly vocabulary: string
  /** Whether a domain-relative IRI could belong to an abbreviated namespace: only for a domain of that host. */
  private readonly overlaps: boolean

  /** @throws `domain-invalid` */
  constructor(domain: string) {
    checkDomain(domain)
    this.domain = domain
    this.base = `http://${domain}/`
    this.vocabulary = `${this.base}#`
    this.overlaps = this.base === abbreviatedNamespacesStart
  }

  /** @param absolute a legal absolute IRI */
  short(absolute: string): string {
    if (absolute.startsWith(abbreviatedNamespacesStart)) {
      for (let i = 0; i < abbreviatedNamespaces.length; i++) {
        const namespace = abbreviatedNamespaces[i]
        if (absolute.startsWith(namespace)) return String.fromCharCode(i + 1) + absolute.slice(namespace.length)
      }
    }
    if (absolute.startsWith(this.base)) {
      const rest = absolute.slice(this.base.length)
      if (isPlainReference(rest)) return rest
    }
    return absolute
  }

  /** @param short a legal short form */
  absolute(short: string): string {
    const code = short.charCodeAt(0)
    if (code <= abbreviatedNamespaces.length) return abbreviatedNamespaces[code - 1] + short.slice(1)
    return scheme.test(short) ? short : this.base + short
  }

  /** Whether text from elsewhere is the short form of some IRI: legal, and not expressible in a shorter way. */
  isShort(text: string): boolean {
    if (!this.overlaps && plainest.test(text)) return true
    const code = text.charCodeAt(0)
    const rest = code >= 1 && code <= abbreviatedNamespaces.length ? text.slice(1) : text
    if (illegalCharacter.test(rest)) return false
    return (
      text !== '' && this.short(this.absolute(text)) === text && (rest !== text || isAbsoluteIri(this.absolute(text)))
    )
  }

  /**
   * Resolves what a person wrote.
   * @param reference an absolute IRI, taken as it is, or a relative reference
   * @param base absolute, hierarchical
   * @param path where it stands in the caller's JSON, for the error
   * @returns an absolute IRI
   * @throws `iri-malformed`
   */
  resolve(reference: string, base: string = this.base, path = '$'): string {
    const absolute = scheme.test(reference) ? reference : resolveReference(reference, base)
    checkIri(absolute, path, reference)
    return absolute
  }
}

const slash = 0x2f

/**
 * Whether bytes are the short form of an IRI in every domain, as most are: names of letters, digits, `_` and `-`, with slashes between them (the
 * abbreviated namespaces all have a `#`). For who has bytes, and would need a text only to ask. When it is false, {@link IriSpace.isShort} tells.
 */
export function isPlainName(bytes: Uint8Array, from: number, length: number): boolean {
  let previous = slash
  for (let i = from; i < from + length; i++) {
    const byte = bytes[i]
    if (byte === slash ? previous === slash : !isNameByte(byte)) return false
    previous = byte
  }
  return previous !== slash
}

const isNameByte = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x5f ||
  byte === 0x2d

/** Whether `text` has a scheme and only characters that an IRI may have. */
export function isAbsoluteIri(text: string): boolean {
  return scheme.test(text) && !illegalCharacter.test(text)
}

/**
 * @param given what the user wrote, when that differs from `iri`
 * @throws `iri-malformed` unless `iri` {@link isAbsoluteIri}
 */
export function checkIri(iri: string, path: string, given = iri): void {
  if (isAbsoluteIri(iri)) return
  const reason = scheme.test(iri)
    ? 'an IRI has no spaces, control characters, unpaired surrogates, nor any of < > " { } | \\ ^ `'
    : 'it is relative, and nothing says to what'
  throw new CodedError('iri-malformed', `${JSON.stringify(given)} at ${path} is not an IRI: ${reason}`, {
    iri: given,
    path,
  })
}

/**
 * Host names are not case-sensitive, IRIs are: upper case is refused, rather than changed behind the back of whoever compares names.
 * @throws `domain-invalid`
 */
export function checkDomain(domain: string): void {
  const ok =
    typeof domain === 'string' &&
    domain.length <= 253 &&
    domainShape.test(domain) &&
    Number(domain.split(':')[1] ?? 1) <= 65_535 &&
    domain.normalize('NFC') === domain
  if (ok) return
  const lower = typeof domain === 'string' ? domain.toLowerCase() : ''
  const hint = lower !== domain && domainShape.test(lower) ? ` (did you mean ${lower}?)` : ''
  throw new CodedError(
    'domain-invalid',
    `${JSON.stringify(domain)} cannot be a domain${hint}: it must be ${domainExpected}`,
    {
      domain: String(domain),
      expected: domainExpected,
    },
  )
}

/** Whether `http://DOMAIN/` and this make an IRI from which this can be told again, and which is not read as anything else. */
function isPlainReference(rest: string): boolean {
  const first = rest.charCodeAt(0)
  if (rest === '' || first === 0x2f || first === 0x3f) return false
  return !colonInFirstSegment.test(rest) && !dotSegment.test(rest)
}

/**
 * Reference resolution of RFC 3986, section 5.2, strict.
 * @param reference relative: without a scheme
 */
function resolveReference(reference: string, base: string): string {
  const [, , authority, path, query, fragment] = components.exec(reference)!
  const [, baseScheme, baseAuthority, basePath, baseQuery] = components.exec(base)!
  const tail = fragment === undefined ? '' : `#${fragment}`
  const start = (host: string | undefined) => `${baseScheme}:${host === undefined ? '' : `//${host}`}`
  const ask = (text: string | undefined) => (text === undefined ? '' : `?${text}`)
  if (authority !== undefined) return start(authority) + removeDotSegments(path) + ask(query) + tail
  if (path === '') return start(baseAuthority) + basePath + ask(query ?? baseQuery) + tail
  const merged =
    path[0] === '/'
      ? path
      : baseAuthority !== undefined && basePath === ''
        ? `/${path}`
        : basePath.slice(0, basePath.lastIndexOf('/') + 1) + path
  return start(baseAuthority) + removeDotSegments(merged) + ask(query) + tail
}

/** RFC 3986, section 5.2.4, on segments instead of prefixes. */
function removeDotSegments(path: string): string {
  if (!path.includes('.')) return path
  const segments = path.split('/')
  const kept: string[] = []
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]
    const last = i === segments.length - 1
    if (segment === '..') {
      if (kept.length > 1 || (kept.length === 1 && kept[0] !== '')) kept.pop()
      if (last) kept.push('')
    } else if (segment !== '.') kept.push(segment)
    else if (last) kept.push('')
  }
  return kept.join('/')
}
