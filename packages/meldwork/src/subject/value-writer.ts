import {
  type Context,
  canonicalDouble,
  decodeCanonicalBase64,
  isCanonicalInteger,
  type Json,
  parseCanonicalJson,
  rdf,
  splitLiteral,
  TermKind,
  type TermTable,
  type ValueId,
  xsd,
} from '../rdf/index.js'
import { Coercion, Container, Form, type Key, type Keys } from './keys.js'
import type { GraphSubject, LanguageMap, ReadValue } from './types.js'

const datatypes: Readonly<Record<number, string>> = {
  [TermKind.string]: xsd.string,
  [TermKind.integer]: xsd.integer,
  [TermKind.double]: xsd.double,
  [TermKind.boolean]: xsd.boolean,
}

/**
 * Ids to JSON values: the inverse of {@link ValueReader} under the same key. Where the key's coercion would read a plain value as
 * something else, the value is written out as an object.
 */
export class ValueWriter {
  private readonly terms: TermTable
  private readonly context: Context
  private readonly idName: string
  private readonly typeName: string
  private readonly valueName: string
  private readonly languageName: string
  private readonly noneName: string
  private readonly writesLists: boolean

  /** @param writesLists whether a list is written as its items, not as its slots */
  constructor(keys: Keys, writesLists = false) {
    this.writesLists = writesLists
    this.terms = keys.terms
    this.context = keys.context
    this.idName = keys.id
    this.typeName = keys.context.keywordAlias('@type')
    this.valueName = keys.context.keywordAlias('@value')
    this.languageName = keys.context.keywordAlias('@language')
    this.noneName = keys.context.keywordAlias('@none')
  }

  /** A subject with nothing but its identifier. */
  identified(id: ValueId): GraphSubject {
    const text = this.reference(id)
    return this.idName === '@id' ? { '@id': text } : ({ [this.idName]: text } as unknown as GraphSubject)
  }

  reference(value: ValueId): string {
    return this.context.compactShortReference(this.terms.text(value))
  }

  /** A value under a key. Only a key that is coerced to `@json` gives JSON that is no {@link ReadValue}. */
  json(key: Key, value: ValueId): ReadValue | Json {
    const { terms } = this
    const kind = terms.kind(value)
    switch (kind) {
      case TermKind.iri:
        return this.iri(key, value)
      case TermKind.typed:
        return this.typed(key, terms.text(value))
      case TermKind.language: {
        const [tag, text] = splitLiteral(terms.text(value))
        return isPlainLanguage(key, tag)
          ? text
          : ({ [this.languageName]: tag, [this.valueName]: text } as unknown as ReadValue)
      }
      default: {
        const native = kind === TermKind.string ? terms.text(value) : terms.native(value)
        return isPlainNative(key, kind) ? native : ({ [this.valueName]: native } as unknown as ReadValue)
      }
    }
  }

  /** @param texts strings with or without a language, in order */
  languageMap(texts: readonly ValueId[], sets: boolean): LanguageMap {
    const map: Record<string, string | string[]> = {}
    for (const id of texts) {
      const [tag, text] =
        this.terms.kind(id) === TermKind.string
          ? [this.noneName, this.terms.text(id)]
          : splitLiteral(this.terms.text(id))
      const known = Object.hasOwn(map, tag) ? map[tag] : undefined
      if (Array.isArray(known)) known.push(text)
      else if (known !== undefined) map[tag] = [known, text]
      else map[tag] = sets ? [text] : text
    }
    return map
  }

  /** Which of the keys of a property suits the value: the first under which it need not be written out, or else the last. */
  choose(keys: readonly Key[], value: ValueId): Key {
    for (const key of keys) if (this.suits(key, value)) return key
    return keys[keys.length - 1]
  }

  /**
   * An order of values that depends on nothing but the terms: IRIs, strings, typed, language, numbers, booleans; texts by UTF-16
   * code units.
   */
  compare(a: ValueId, b: ValueId): number {
    const { terms } = this
    const kind = terms.kind(a)
    const rank = rankOf(kind) - rankOf(terms.kind(b))
    if (rank !== 0) return rank
    if (kind >= TermKind.integer) return Number(terms.native(a)) - Number(terms.native(b))
    const textA = terms.text(a)
    const textB = terms.text(b)
    return textA < textB ? -1 : textA > textB ? 1 : 0
  }

  private suits(key: Key, value: ValueId): boolean {
    const { terms } = this
    const kind = terms.kind(value)
    if (key.form === Form.items) return this.writesLists
    if (key.container === Container.language) return kind === TermKind.language || kind === TermKind.string
    if (kind === TermKind.iri) {
      return key.keyword === '@type' || key.coercion === Coercion.reference || key.coercion === Coercion.vocabulary
    }
    if (key.keyword === '@type') return false
    if (kind === TermKind.language) return isPlainLanguage(key, splitLiteral(terms.text(value))[0])
    if (kind !== TermKind.typed) return isPlainNative(key, kind)
    const [datatype, lexical] = splitLiteral(terms.text(value))
    if (key.coercion === Coercion.datatype) return key.datatype === datatype
    return key.coercion === Coercion.json && isJsonMember(datatype, lexical)
  }

  private iri(key: Key, value: ValueId): ReadValue {
    const short = this.terms.text(value)
    if (key.keyword === '@type' || key.coercion === Coercion.vocabulary) {
      return this.context.compactVocab(this.context.iris.absolute(short))
    }
    const id = this.context.compactShortReference(short)
    if (key.coercion === Coercion.reference) return id
    return this.idName === '@id' ? { '@id': id } : ({ [this.idName]: id } as unknown as ReadValue)
  }

  private typed(key: Key, text: string): ReadValue | Json {
    const [datatype, lexical] = splitLiteral(text)
    if (datatype === rdf.JSON && key.coercion !== Coercion.datatype) {
      const json = parseCanonicalJson(lexical)
      if (key.coercion === Coercion.json && json !== undefined) return json
      if (json !== undefined) return { [this.typeName]: '@json', [this.valueName]: json } as unknown as ReadValue
    }
    if (key.coercion !== Coercion.datatype || key.datatype === datatype) {
      const native = nativeOf(datatype, lexical, key.coercion === Coercion.datatype)
      if (native !== undefined) return native
      if (key.coercion === Coercion.datatype) return lexical
    }
    const type = this.context.compactVocab(this.context.iris.absolute(datatype))
    return { [this.typeName]: type, [this.valueName]: lexical } as unknown as ReadValue
  }
}

function isPlainNative(key: Key, kind: TermKind): boolean {
  if (key.coercion === Coercion.datatype) return key.datatype === datatypes[kind]
  if (kind === TermKind.string) return key.coercion === Coercion.none && key.language === ''
  return key.coercion !== Coercion.json
}

function isPlainLanguage(key: Key, tag: string): boolean {
  return key.coercion === Coercion.none && key.language === tag
}

function isJsonMember(datatype: string, lexical: string): boolean {
  return datatype === rdf.JSON && lexical !== 'null' && parseCanonicalJson(lexical) !== undefined
}

/** The JavaScript value that is read as this typed literal; undefined when there is none. */
function nativeOf(datatype: string, lexical: string, coerced: boolean): ReadValue | undefined {
  switch (datatype) {
    case xsd.base64Binary:
      return decodeCanonicalBase64(lexical)
    case xsd.integer:
      return isCanonicalInteger(lexical) ? BigInt(lexical) : undefined
    case xsd.double:
      return coerced && Number.isFinite(Number(lexical)) && canonicalDouble(Number(lexical)) === lexical
        ? Number(lexical)
        : undefined
    default:
      return undefined
  }
}

function rankOf(kind: TermKind): number {
  return kind === TermKind.double ? TermKind.integer : kind
}
