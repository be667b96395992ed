import {
  canonicalDouble,
  canonicalJson,
  dateTimeLexical,
  encodeBase64,
  internLiteral,
  internNumber,
  isLanguageTag,
  isWellFormed,
  NotJson,
  rdf,
  type TermTable,
  type ValueId,
  xsd,
} from '../rdf/index.js'
import { JsonPath } from './json-path.js'
import { Coercion, type Key, type Keys } from './keys.js'

const plainDecimal = /^-?[0-9]+(?:\.[0-9]+)?$/

/**
 * JSON values that are no subjects, to ids. Shared by everything that reads JSON: what inserts adds the terms that it meets, what
 * only looks gets 0 for a term that the dictionary does not have.
 */
export class ValueReader {
  /** Changed by the reader that owns this one, where a context begins or ends. */
  keys: Keys
  /** Of the value that is read; kept by the reader that owns this one. */
  readonly path = new JsonPath()
  private readonly terms: TermTable

  constructor(keys: Keys) {
    this.keys = keys
    this.terms = keys.terms
  }

  /** The value of an `@id`. @throws `iri-malformed` */
  reference(text: unknown, add: boolean): ValueId {
    if (typeof text !== 'string') return this.path.failValue('an IRI, as a string')
    const { context } = this.keys
    // A short form that the dictionary has was checked when it was added; this finds nearly all, without a new string.
    if (context.isPlain(text)) {
      const known = this.terms.iri(text, false)
      if (known !== 0) return known
      if (context.iris.isShort(text)) return add ? this.terms.iri(text, true) : 0
    }
    return this.terms.iri(context.iris.short(context.expandReference(text, String(this.path))), add)
  }

  /** A type, or the value of an `@vocab`. @throws `iri-malformed` */
  vocabulary(text: unknown, add: boolean): ValueId {
    const short = this.vocabularyShort(text)
    return short === '' ? this.path.failValue('a name that the context does not ignore') : this.terms.iri(short, add)
  }

  /** A value that is a string, number, boolean, bigint, Date or Uint8Array, under a key. @throws `value-invalid`, `iri-malformed` */
  native(key: Key, value: unknown, add: boolean): ValueId {
    switch (typeof value) {
      case 'string':
        return this.text(key, value, add)
      case 'number':
        return this.number(key, value, add)
      case 'boolean':
        return key.coercion === Coercion.datatype
          ? internLiteral(this.terms, key.datatype, String(value), add)
          : this.terms.boolean(value)
      case 'bigint':
        return this.bigint(key, value, add)
      case 'object':
        return value === null ? this.path.failValue('a value, which null is not') : this.typedObject(key, value, add)
      default:
        return this.path.failValue(`JSON, not a ${typeof value}`)
    }
  }

  /** Any JSON, as one value. @throws `value-invalid` */
  json(value: unknown, add: boolean): ValueId {
    try {
      return this.terms.typed(rdf.JSON, canonicalJson(value), add)
    } catch (error) {
      if (!(error instanceof NotJson)) throw error
      return this.path.failValue(`JSON, not ${error.message}${error.at === '' ? '' : ` (at ${error.at} in it)`}`)
    }
  }

  /**
   * A value object: an object that has `@value`.
   * @returns undefined when its `@value` is null, which says nothing
   * @throws `value-invalid`, `pattern-unsupported`, `iri-malformed`
   */
  valueObject(object: Record<string, unknown>, add: boolean): ValueId | undefined {
    const { path } = this
    let value: unknown
    let said = false
    let type: unknown
    let language: unknown
    path.enter()
    for (const name in object) {
      if (!Object.hasOwn(object, name)) continue
      path.at(name)
      switch (this.keys.key(name, path).keyword) {
        case '@value':
          value = object[name]
          said = true
          break
        case '@type':
          type = object[name] ?? undefined
          break
        case '@language':
          language = object[name] ?? undefined
          break
        default:
          path.failUnsupported(name, 'a value object has @value and @type or @language')
      }
    }
    path.leave()
    if (!said) return path.failValue('an "@value" in a value object')
    if (type === '@json') return this.json(value ?? null, add)
    if (value === null || value === undefined) return undefined
    if (typeof value === 'object') return path.failValue('an "@value" that is a string, number or boolean')
    if (language !== undefined) {
      if (type !== undefined) return path.failValue('"@type" or "@language", not both')
      return this.languageText(value, language, add)
    }
    return type === undefined ? this.native(this.keys.none, value, add) : this.typedValue(value, type, add)
  }

  /** Text in a language. @throws `value-invalid` */
  languageText(value: unknown, language: unknown, add: boolean): ValueId {
    if (typeof value !== 'string') return this.path.failValue('text as the "@value" beside "@language"')
    this.checkText(value)
    const tag = typeof language === 'string' ? language.toLowerCase() : ''
    if (!isLanguageTag(tag)) return this.path.failValue('a language tag such as "en" or "en-gb"')
    return this.terms.language(tag, value, add)
  }

  private text(key: Key, value: string, add: boolean): ValueId {
    if (key.coercion === Coercion.reference) return this.reference(value, add)
    if (key.coercion === Coercion.vocabulary) return this.vocabulary(value, add)
    this.checkText(value)
    if (key.coercion === Coercion.datatype) return this.literal(key.datatype, value, add)
    return key.language === '' ? this.terms.string(value, add) : this.terms.language(key.language, value, add)
  }

  private number(key: Key, value: number, add: boolean): ValueId {
    if (!Number.isFinite(value)) {
      return this.path.failValue(
        'a finite number; { "@type": "http://www.w3.org/2001/XMLSchema#double", "@value": "NaN" } is one too',
      )
    }
    if (key.coercion !== Coercion.datatype) return internNumber(this.terms, value, add)
    return internLiteral(this.terms, key.datatype, this.numberLexical(key.datatype, value), add)
  }

  /** How a JSON number is written in a datatype that the user named. JSON-LD 1.1 API, 8.2.2, less what would be no number there. */
  private numberLexical(datatype: string, value: number): string {
    if (Number.isSafeInteger(value) && datatype !== xsd.double) return String(value === 0 ? 0 : value)
    if (datatype === xsd.integer) return this.path.failValue('an integer; one beyond 2^53 - 1 as a bigint or a string')
    if (datatype !== xsd.decimal) return canonicalDouble(value)
    const decimal = String(value)
    return plainDecimal.test(decimal) ? decimal : this.path.failValue('a decimal of this size as a string')
  }

  private bigint(key: Key, value: bigint, add: boolean): ValueId {
    const datatype = key.coercion === Coercion.datatype ? key.datatype : xsd.integer
    return internLiteral(this.terms, datatype, String(value), add)
  }

  private typedObject(key: Key, value: object | null, add: boolean): ValueId {
    const bytes = Object.prototype.toString.call(value) === '[object Uint8Array]'
    const datatype = bytes ? xsd.base64Binary : xsd.dateTime
    const lexical = bytes ? encodeBase64(value as Uint8Array) : dateTimeLexical(value as Date)
    if (lexical === undefined) return this.path.failValue('a valid date')
    if (key.coercion === Coercion.datatype && key.datatype !== datatype) {
      return this.path.failValue(
        `a string: the context gives this property another datatype than ${bytes ? 'bytes' : 'a Date'} has`,
      )
    }
    return internLiteral(this.terms, datatype, lexical, add)
  }

  private typedValue(value: unknown, type: unknown, add: boolean): ValueId {
    const datatype = this.vocabularyShort(type)
    if (datatype === rdf.langString || datatype === rdf.dirLangString) {
      return this.path.failValue('an "@language" for text in a language')
    }
    if (datatype === '') return this.path.failValue('a datatype that the context does not ignore')
    switch (typeof value) {
      case 'string':
        this.checkText(value)
        return this.literal(datatype, value, add)
      case 'number':
        if (!Number.isFinite(value)) return this.path.failValue('a finite number, or a string')
        return internLiteral(this.terms, datatype, this.numberLexical(datatype, value), add)
      case 'boolean':
      case 'bigint':
        return internLiteral(this.terms, datatype, String(value), add)
      default:
        return this.path.failValue('an "@value" that is a string, number or boolean')
    }
  }

  private literal(datatype: string, lexical: string, add: boolean): ValueId {
    return internLiteral(this.terms, datatype, lexical, add)
  }

  private vocabularyShort(text: unknown): string {
    if (typeof text !== 'string') return this.path.failValue('a name or an IRI, as a string')
    const { context } = this.keys
    const iri = context.expandType(text, String(this.path))
    return iri === null ? '' : context.iris.short(iri)
  }

  private checkText(value: string): void {
    if (!isWellFormed(value)) this.path.failValue('text without unpaired surrogates')
  }
}
