import { CodedError } from '../errors.js'
import { ContextReader } from './context-reader.js'
import { checkIri, type IriSpace, isAbsoluteIri } from './iri.js'
import { memberPath } from './member-path.js'
import {
  type ContextDocuments,
  type ContextParts,
  isKeywordLike,
  keywords,
  type TermDefinition,
} from './term-definition.js'

/**
 * An active context of JSON-LD 1.1 (the API's section 4), immutable, applied synchronously. It begins as the context of a domain:
 * base `http://DOMAIN/`, vocabulary `http://DOMAIN/#`; a local context extends it, and a null context leads back to it.
 *
 * Supported are `@base`, `@vocab`, `@language`, `@version`, terms, prefixes, keyword aliases and type and language coercion, and
 * contexts at an IRI that {@link loadContexts} has loaded. Containers and reverse terms are kept, for whoever reads the property to
 * support or refuse. Scoped contexts, `@import`, `@protected`, `@propagate`, `@nest`, `@index` and `@direction` are refused by name.
 */
export class Context implements ContextParts {
  readonly iris: IriSpace
  readonly base: string | undefined
  readonly vocab: string | undefined
  readonly language: string | undefined
  readonly terms: ReadonlyMap<string, TermDefinition>
  readonly documents: ContextDocuments
  /** The names of all terms, shortest first, then in order of characters: the order in which compaction tries them. */
  readonly names: readonly string[]
  private readonly prefixes: readonly string[]
  /** Whether a reference without a colon is its own short form, if it has one at all. */
  private readonly plainBase: boolean
  /** Whether the short form of a plain reference is also how it is compacted: no prefix takes IRIs of the domain. */
  private readonly plainShort: boolean
  private readonly aliases: ReadonlyMap<string, string>

  constructor(parts: ContextParts) {
    this.iris = parts.iris
    this.base = parts.base
    this.vocab = parts.vocab
    this.language = parts.language
    this.terms = parts.terms
    this.documents = parts.documents
    this.plainBase = parts.base === parts.iris.base
    this.names = [...parts.terms.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    this.prefixes = this.names.filter(name => parts.terms.get(name)!.prefix)
    this.plainShort = this.prefixes.every(name => {
      const namespace = parts.terms.get(name)!.iri!
      return !namespace.startsWith(parts.iris.base) && !parts.iris.base.startsWith(namespace)
    })
    const aliases = new Map<string, string>()
    for (const name of this.names) {
      const { iri } = parts.terms.get(name)!
      if (iri !== null && keywords.has(iri) && !aliases.has(iri)) aliases.set(iri, name)
    }
    this.aliases = aliases
  }

  /**
   * The context of a domain for which nothing else is said.
   * @param documents what has been loaded, for this context and all that extend it
   */
  static of(iris: IriSpace, documents: ContextDocuments = new Map()): Context {
    const { base, vocabulary: vocab } = iris
    return new Context({ iris, base, vocab, language: undefined, terms: new Map(), documents })
  }

  /**
   * @param local a local context: an object, null, the IRI of one that is loaded, or an array of those
   * @param path where it stands in the caller's JSON, for errors
   * @returns a new context
   * @throws `context-invalid`, also for an IRI that is not loaded; `pattern-unsupported` for a feature named above; `iri-malformed`
   */
  extend(local: unknown, path = "$['@context']"): Context {
    if (Array.isArray(local)) {
      return local.reduce<Context>((context, item, i) => context.extend(item, `${path}[${i}]`), this)
    }
    if (local === null) return Context.of(this.iris, this.documents)
    if (typeof local === 'string') return this.extendByLoaded(local, path)
    if (typeof local !== 'object') {
      throw new CodedError('context-invalid', `The context at ${path} is not an object`, {
        path,
        reason: 'not an object',
      })
    }
    return new Context(new ContextReader(this, local as Record<string, unknown>, path).read())
  }

  private extendByLoaded(reference: string, path: string): Context {
    const iri = this.iris.resolve(reference, this.iris.base, path)
    const contexts = this.documents.get(iri)
    if (contexts !== undefined) {
      return contexts.reduce<Context>((context, item) => context.extend(item, memberPath(iri, '@context')), this)
    }
    const reason = `${iri} is not loaded`
    throw new CodedError(
      'context-invalid',
      `The context at ${path} cannot be used: ${reason}. Put its content here, or name it in the context with which the clone ` +
        'is opened, and open that with a contextLoader',
      { path, reason },
    )
  }

  /** The keyword that a key stands for, itself or as an alias; undefined for any other key. */
  keyword(key: string): string | undefined {
    if (keywords.has(key)) return key
    return this.isAlias(key) ? this.terms.get(key)!.iri! : undefined
  }

  /** How this context writes a keyword: its shortest alias, or itself. */
  keywordAlias(keyword: string): string {
    return this.aliases.get(keyword) ?? keyword
  }

  /**
   * Whether looking the reference up in the dictionary as it stands can only find the IRI that it refers to: the fast way of
   * {@link expandReference}, without a new string.
   */
  isPlain(reference: string): boolean {
    const first = reference.charCodeAt(0)
    // Not a control character, which would be an abbreviation, not a variable, and not a keyword.
    const plain = this.plainBase && first > 0x20 && first !== 0x3f && first !== 0x40 && !reference.includes(':')
    return plain && (this.aliases.size === 0 || !this.terms.has(reference))
  }

  /**
   * The value of an `@id`: a compact, absolute or relative IRI.
   * @returns the absolute IRI
   * @throws `iri-malformed`
   */
  expandReference(reference: string, path = '$'): string {
    const iri = this.expandPrefix(reference)
    if (iri === undefined) {
      this.refuseSpecial(reference, path)
      if (this.base !== undefined) return this.iris.resolve(reference, this.base, path)
    }
    checkIri(iri ?? reference, path, reference)
    return iri ?? reference
  }

  /**
   * A property: a term, a compact or absolute IRI, or relative to the vocabulary.
   * @returns the absolute IRI; null when the context says to ignore the term
   * @throws `iri-malformed`
   */
  expandVocab(text: string, path = '$'): string | null {
    const term = this.terms.get(text)
    if (term !== undefined && !this.isAlias(text)) return term.iri
    const iri = this.expandPrefix(text)
    if (iri === undefined) this.refuseSpecial(text, path)
    const absolute = iri ?? (this.vocab === undefined ? text : this.vocab + text)
    checkIri(absolute, path, text)
    return absolute
  }

  /**
   * A type, or the value of an `@vocab`: like {@link expandVocab}, but relative to the base when there is no vocabulary.
   * @throws `iri-malformed`
   */
  expandType(text: string, path = '$'): string | null {
    const isRelative = this.vocab === undefined && !this.terms.has(text)
    return isRelative ? this.expandReference(text, path) : this.expandVocab(text, path)
  }

  /** @returns a text that {@link expandReference} takes back to this IRI: compact, relative to the base, or absolute */
  compactReference(iri: string): string {
    for (const name of this.prefixes) {
      const compact = this.withPrefix(name, iri)
      if (compact !== undefined && this.leadsTo(iri, compact, false)) return compact
    }
    if (this.base !== undefined) {
      const directory = this.base.slice(0, this.base.lastIndexOf('/') + 1)
      if (iri.startsWith(directory)) {
        const relative = iri.slice(directory.length)
        if (relative !== '' && this.leadsTo(iri, relative, false)) return relative
      }
    }
    return iri
  }

  /** {@link compactReference} of a short form: itself, mostly. */
  compactShortReference(short: string): string {
    if (this.plainShort && this.isPlain(short)) return short
    return this.compactReference(this.iris.absolute(short))
  }

  /** @returns a text that {@link expandType} takes back to this IRI: a term, relative to the vocabulary, compact or absolute */
  compactVocab(iri: string): string {
    for (const name of this.names) {
      const term = this.terms.get(name)!
      if (term.iri === iri && !term.reverse) return name
    }
    return this.compactVocabIri(iri)
  }

  /** {@link compactVocab} without the terms, whose definitions may not suit every value. */
  compactVocabIri(iri: string): string {
    if (this.vocab !== undefined && this.vocab !== '' && iri.startsWith(this.vocab)) {
      const suffix = iri.slice(this.vocab.length)
      if (suffix !== '' && !this.terms.has(suffix) && this.leadsTo(iri, suffix, true)) return suffix
    }
    for (const name of this.prefixes) {
      const compact = this.withPrefix(name, iri)
      if (compact !== undefined && this.leadsTo(iri, compact, true)) return compact
    }
    return iri
  }

  /** @returns the IRI when `text` is a compact or an absolute one */
  private expandPrefix(text: string): string | undefined {
    const colon = text.indexOf(':')
    if (colon <= 0) return undefined
    if (!text.startsWith('//', colon + 1)) {
      const term = this.terms.get(text.slice(0, colon))
      if (term?.prefix && term.iri !== null) return term.iri + text.slice(colon + 1)
    }
    return isAbsoluteIri(text) ? text : undefined
  }

  /** Variables, keywords and blank nodes are no relative references, though the grammar would allow it. */
  private refuseSpecial(text: string, path: string): void {
    if (text.startsWith('_:')) {
      throw new CodedError(
        'pattern-unsupported',
        `The blank node ${text} at ${path} is not supported: leave "@id" out`,
        {
          keyword: '_:',
          path,
        },
      )
    }
    const isKeyword = isKeywordLike(text) || this.isAlias(text)
    const what = text.startsWith('?') ? 'a variable' : isKeyword ? 'a keyword, or like one' : undefined
    if (what === undefined) return
    throw new CodedError('iri-malformed', `${JSON.stringify(text)} at ${path} is ${what}, where an IRI must be`, {
      iri: text,
      path,
    })
  }

  private isAlias(name: string): boolean {
    const iri = this.terms.get(name)?.iri
    return typeof iri === 'string' && keywords.has(iri)
  }

  private withPrefix(name: string, iri: string): string | undefined {
    const namespace = this.terms.get(name)!.iri!
    const compact =
      iri.startsWith(namespace) && iri !== namespace ? `${name}:${iri.slice(namespace.length)}` : undefined
    return compact !== undefined && this.terms.has(compact) ? undefined : compact
  }

  private leadsTo(iri: string, text: string, vocab: boolean): boolean {
    try {
      return (vocab ? this.expandVocab(text) : this.expandReference(text)) === iri
    } catch {
      return false
    }
  }
}
