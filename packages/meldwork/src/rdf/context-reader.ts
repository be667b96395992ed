import { CodedError } from '../errors.js'
import { checkIri, isAbsoluteIri } from './iri.js'
import { isLanguageTag } from './literal.js'
import { memberPath } from './member-path.js'
import { type ContextParts, isKeywordLike, keywords, type TermDefinition } from './term-definition.js'
import { abbreviatedNamespaces } from './vocabulary.js'

const unsupported = new Set(['@import', '@propagate', '@protected', '@direction', '@nest', '@index', '@context'])
const containers = new Set(['@graph', '@id', '@index', '@language', '@list', '@set', '@type'])
const types = new Set(['@id', '@vocab', '@json', '@none'])
const formOfIri = /:[^:]|\//
/** A term whose IRI ends so may be a prefix without saying so. */
const endsAsPrefix = /[:/?#[\]@]$/

/**
 * Reads one local context on top of an active one: JSON-LD 1.1 API, sections 4.1 (context processing) and 4.2 (create term
 * definition). Used once.
 */
export class ContextReader {
  private readonly active: ContextParts
  private readonly local: Record<string, unknown>
  private readonly path: string
  private readonly terms: Map<string, TermDefinition>
  /** False while a term is being defined: to meet it then is a cycle. */
  private readonly defined = new Map<string, boolean>()
  private base: string | undefined
  private vocab: string | undefined
  private language: string | undefined

  constructor(active: ContextParts, local: Record<string, unknown>, path: string) {
    this.active = active
    this.local = local
    this.path = path
    this.terms = new Map(active.terms)
    this.base = active.base
    this.vocab = active.vocab
    this.language = active.language
  }

  /** @throws `context-invalid`, `pattern-unsupported`, `iri-malformed` */
  read(): ContextParts {
    const { local } = this
    this.refuseUnsupported(local, this.path)
    if (Object.hasOwn(local, '@version') && local['@version'] !== 1.1)
      this.fail('@version', 'it must be the number 1.1')
    if (Object.hasOwn(local, '@base')) this.base = this.readBase(local['@base'])
    if (Object.hasOwn(local, '@vocab')) this.vocab = this.readVocab(local['@vocab'])
    if (Object.hasOwn(local, '@language'))
      this.language = this.readLanguage(local['@language'], '@language') ?? undefined
    for (const term of Object.keys(local)) {
      if (term !== '@version' && term !== '@base' && term !== '@vocab' && term !== '@language') this.define(term)
    }
    const { iris, documents } = this.active
    return { iris, base: this.base, vocab: this.vocab, language: this.language, terms: this.terms, documents }
  }

  private readBase(value: unknown): string | undefined {
    if (value === null) return undefined
    if (typeof value !== 'string') return this.fail('@base', 'it must be an IRI or null')
    if (this.base !== undefined) return this.active.iris.resolve(value, this.base, this.at('@base'))
    checkIri(value, this.at('@base'))
    return value
  }

  private readVocab(value: unknown): string | undefined {
    if (value === null) return undefined
    if (typeof value !== 'string') return this.fail('@vocab', 'it must be an IRI or null')
    const iri = this.expand(value, '@vocab')
    if (iri === null || keywords.has(iri)) return this.fail('@vocab', 'it must be an IRI or null')
    return isAbsoluteIri(iri) || this.base === undefined
      ? this.checked(iri, '@vocab')
      : this.active.iris.resolve(iri, this.base, this.at('@vocab'))
  }

  private readLanguage(value: unknown, key: string): string | null {
    if (value === null) return null
    if (typeof value === 'string' && isLanguageTag(value.toLowerCase())) return value.toLowerCase()
    return this.fail(key, 'it must be a language tag such as "en" or "en-gb", or null')
  }

  /** Create term definition; the numbers of the specification's steps would not help: they change with the version. */
  private define(term: string): void {
    const state = this.defined.get(term)
    if (state === true) return
    if (state === false) this.fail(term, 'its definition depends on itself')
    if (term === '') this.fail(term, 'a term must not be empty')
    if (keywords.has(term) || isKeywordLike(term))
      this.fail(term, 'a keyword, or what looks like one, cannot be defined')
    if (term.startsWith('?')) this.fail(term, 'a term must not look like a variable')
    this.defined.set(term, false)
    const value = this.local[term]
    this.terms.delete(term)
    this.terms.set(term, this.readDefinition(term, value))
    this.defined.set(term, true)
  }

  private readDefinition(term: string, value: unknown): TermDefinition {
    const simple = typeof value === 'string'
    const fields = simple ? { '@id': value } : value
    if (fields === null) return ignored
    if (typeof fields !== 'object' || Array.isArray(fields)) {
      return this.fail(term, 'a term is defined by an IRI, null or an object')
    }
    const definition = fields as Record<string, unknown>
    this.refuseUnsupported(definition, this.at(term))
    for (const key of Object.keys(definition)) {
      if (!definitionKeys.has(key)) this.fail(term, `${JSON.stringify(key)} is not known in a term definition`)
    }
    const reverse = Object.hasOwn(definition, '@reverse')
    if (reverse && Object.hasOwn(definition, '@id')) this.fail(term, 'it has both @id and @reverse')
    const id = definition[reverse ? '@reverse' : '@id']
    if (id === null) return ignored
    if (id !== undefined && typeof id !== 'string') this.fail(term, 'its @id must be a string or null')
    const iri = id === undefined || id === term ? this.ownIri(term) : this.mapped(term, id as string)
    this.defined.set(term, true)
    return {
      iri,
      type: this.readType(term, definition['@type']),
      language: this.readTermLanguage(term, definition),
      containers: this.readContainers(term, definition['@container'], reverse),
      reverse,
      prefix: this.readPrefix(term, iri, definition['@prefix'], simple && id !== term),
    }
  }

  private mapped(term: string, id: string): string {
    if (id === '@context' || (isKeywordLike(id) && !keywords.has(id))) this.fail(term, `it cannot stand for ${id}`)
    const iri = this.expand(id, term)
    if (iri === null) return this.fail(term, `it depends on ${id}, which this context ignores`)
    if (formOfIri.test(term) && this.expand(term, term) !== iri) this.fail(term, 'it has the form of another IRI')
    return this.checked(iri, term)
  }

  /** Of a term that names no IRI: compact, absolute, or relative to the vocabulary. */
  private ownIri(term: string): string {
    const colon = term.indexOf(':')
    if (colon > 0) {
      const prefix = term.slice(0, colon)
      if (Object.hasOwn(this.local, prefix)) this.define(prefix)
      const iri = this.terms.get(prefix)?.iri
      if (iri === null) return this.fail(term, `it depends on ${prefix}, which this context ignores`)
      return this.checked(typeof iri === 'string' ? iri + term.slice(colon + 1) : term, term)
    }
    if (this.vocab === undefined) return this.fail(term, 'it has no @id, and there is no @vocab')
    return this.checked(this.vocab + term, term)
  }

  private readType(term: string, value: unknown): string | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'string') return this.fail(term, 'its @type must be a string')
    const type = this.expand(value, term)
    if (type === langString) return this.fail(term, 'text in a language is said with @language')
    if (type === null || (!types.has(type) && !isAbsoluteIri(type))) {
      return this.fail(term, `its @type must be an IRI, @id, @vocab, @json or @none, not ${JSON.stringify(value)}`)
    }
    return type
  }

  /** It has no effect beside an `@type`, which may be `@none`. */
  private readTermLanguage(term: string, definition: Record<string, unknown>): string | null | undefined {
    if (definition['@language'] === undefined) return undefined
    const language = this.readLanguage(definition['@language'], term)
    return definition['@type'] === undefined ? language : undefined
  }

  private readContainers(term: string, value: unknown, reverse: boolean): readonly string[] {
    if (value === undefined || value === null) return []
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const item of list) {
      if (typeof item !== 'string' || !containers.has(item)) {
        this.fail(term, `its @container must be among ${[...containers].join(', ')}`)
      }
    }
    const containersOfTerm = [...new Set(list as readonly string[])].sort()
    if (!areCompatible(containersOfTerm)) this.fail(term, `its @container cannot be ${containersOfTerm.join(' and ')}`)
    if (reverse && containersOfTerm.some(container => container !== '@set' && container !== '@index')) {
      this.fail(term, 'the @container of a reverse term must be @set or @index')
    }
    return containersOfTerm
  }

  private readPrefix(term: string, iri: string, value: unknown, simple: boolean): boolean {
    if (value === undefined) return simple && !keywords.has(iri) && !/[:/]/.test(term) && endsAsPrefix.test(iri)
    if (typeof value !== 'boolean') return this.fail(term, 'its @prefix must be true or false')
    if (/[:/]/.test(term) || keywords.has(iri)) this.fail(term, 'it cannot be a prefix')
    return value
  }

  /**
   * IRI expansion (section 5.2) with `vocab`, while terms are still being defined.
   * @param key the term whose definition this is part of; what it meant before does not count
   */
  private expand(value: string, key: string): string | null {
    if (keywords.has(value)) return value
    if (value !== key) {
      this.defineFor(value, key)
      const term = this.terms.get(value)
      if (term !== undefined) return term.iri
    }
    const colon = value.indexOf(':')
    if (colon > 0) {
      const prefix = value.slice(0, colon)
      if (prefix === '_' || value.startsWith('//', colon + 1)) return value
      this.defineFor(prefix, key)
      const definition = this.terms.get(prefix)
      if (definition?.prefix && definition.iri !== null) return definition.iri + value.slice(colon + 1)
      if (isAbsoluteIri(value)) return value
    }
    return this.vocab === undefined ? value : this.vocab + value
  }

  /** `@vocab` is expanded before any term of its own context has a meaning. */
  private defineFor(term: string, key: string): void {
    if (key !== '@vocab' && Object.hasOwn(this.local, term)) this.define(term)
  }

  private checked(iri: string, key: string): string {
    if (!keywords.has(iri)) checkIri(iri, this.at(key))
    return iri
  }

  private refuseUnsupported(object: Record<string, unknown>, path: string): void {
    for (const keyword of Object.keys(object)) {
      if (!unsupported.has(keyword)) continue
      throw new CodedError('pattern-unsupported', `${keyword} in the context at ${path} is not supported`, {
        keyword,
        path,
      })
    }
  }

  private at(key: string): string {
    return memberPath(this.path, key)
  }

  private fail(key: string, reason: string): never {
    const path = this.at(key)
    throw new CodedError('context-invalid', `The context is invalid at ${path}: ${reason}`, { path, reason })
  }
}

/** One, and @set beside any but @list; @graph beside @id or @index. */
function areCompatible(containersOfTerm: readonly string[]): boolean {
  const others = containersOfTerm.filter(container => container !== '@set')
  if (others.length < containersOfTerm.length && others.includes('@list')) return false
  return others.length < 2 || (others.length === 2 && others[0] === '@graph' && /^@i/.test(others[1]))
}

const langString = `${abbreviatedNamespaces[0]}langString`
const definitionKeys = new Set(['@id', '@reverse', '@type', '@language', '@container', '@prefix'])
const ignored: TermDefinition = {
  iri: null,
  type: undefined,
  language: undefined,
  containers: [],
  reverse: false,
  prefix: false,
}
