import { CodedError } from '../errors.js'
import {
  isLanguageTag,
  type Json,
  memberPath,
  type PropertyId,
  RdfTerms,
  rdf,
  splitLiteral,
  TermKind,
  type TermTable,
  type ValueId,
} from '../rdf/index.js'
import { ConstantReader, type Keys } from '../subject/index.js'
import { namedDatatypes } from './datatypes.js'
import { type CanonicalConstraint, type Constraint, failDeclaration } from './declaration.js'
import { everything, type Rule, type Scope } from './rule.js'

/** What the declarations inside a declaration are read with. */
export type ReadNested = (json: unknown, path: string, outer: Parameters) => { rules: readonly Rule[]; canonical: Json }

/**
 * The parameters of one declaration, as the kind of its rule asks for them. What is asked for and is not right is `constraint-invalid`; so is,
 * at the end, what nobody has asked for.
 */
export class Parameters {
  /** The clone's dictionary: for what rules compare values with. */
  readonly terms: TermTable
  readonly path: string
  private readonly declaration: Constraint
  private readonly keys: Keys
  private readonly constants: ConstantReader
  private readonly rdfTerms: RdfTerms
  private readonly readNested: ReadNested
  private readonly outer: Parameters | undefined
  private readonly asked = new Set(['@type', '@id', 'reportOnly'])
  private readonly said: Record<string, Json> = {}

  constructor(declaration: Constraint, path: string, keys: Keys, readNested: ReadNested, outer?: Parameters) {
    this.declaration = declaration
    this.path = path
    this.keys = keys
    this.terms = keys.terms
    this.constants = new ConstantReader(keys)
    this.rdfTerms = new RdfTerms(keys.context.iris, keys.terms)
    this.readNested = readNested
    this.outer = outer
  }

  /** Whether a parameter is given. */
  has(name: string): boolean {
    return this.declaration[name] !== undefined
  }

  /** Whether it is given here, or further out. */
  private offers(name: string): boolean {
    return this.has(name) || (this.outer?.offers(name) ?? false)
  }

  private take(name: string): unknown {
    this.asked.add(name)
    return this.declaration[name]
  }

  private at(name: string, index?: number): string {
    const path = memberPath(this.path, name)
    return index === undefined ? path : memberPath(path, index)
  }

  fail(name: string, reason: string): never {
    return failDeclaration(this.at(name), reason)
  }

  /** What a name in the declaration is called in messages. */
  label(name: string): string {
    const value = this.declaration[name]
    if (value === undefined && this.outer !== undefined) return this.outer.label(name)
    return typeof value === 'string' ? value : JSON.stringify(value)
  }

  // --- properties and classes

  /** One property. Inside another declaration it may be that of the other. */
  property(name = 'property'): PropertyId {
    const given = this.take(name)
    if (given === undefined && this.outer?.offers(name)) return this.outer.property(name)
    const text = nameIn(given) ?? this.fail(name, 'it must be the name of a property')
    const [property, iri] = this.expandProperty(text, this.at(name))
    this.said[name] = iri
    return property
  }

  /** One or several properties. */
  properties(name = 'property'): PropertyId[] {
    const given = this.list(name)
    const found = given.map((item, i) => {
      const text = nameIn(item) ?? this.fail(name, 'it must be the name of a property, or several')
      return this.expandProperty(text, this.at(name, i))
    })
    this.said[name] = found.map(([, iri]) => iri).sort()
    return found.map(([property]) => property)
  }

  private expandProperty(text: string, path: string): [PropertyId, iri: string] {
    const { context } = this.keys
    const iri =
      text === '@type' ? context.iris.absolute(rdf.type) : this.expand(() => context.expandVocab(text, path), path)
    return [this.terms.property(context.iris.short(iri), true), iri]
  }

  /** That of an IRI, absolute or in short form. */
  propertyOf(iri: string): PropertyId {
    return this.terms.property(this.keys.context.iris.short(iri), true)
  }

  /** One or several types. */
  classes(name = 'class'): ValueId[] {
    const { context } = this.keys
    const iris = this.list(name).map((item, i) => {
      const text = nameIn(item) ?? this.fail(name, 'it must be the name of a type, or several')
      return this.expand(() => context.expandType(text, this.at(name, i)), this.at(name, i))
    })
    this.said[name] = [...new Set(iris)].sort()
    return iris.map(iri => this.terms.iri(context.iris.short(iri), true))
  }

  /** IRIs of subjects, one or several. */
  nodes(name: string): ValueId[] {
    const { context } = this.keys
    const iris = this.list(name).map((item, i) => {
      const text = nameIn(item) ?? this.fail(name, 'it must be the identifier of a subject, or several')
      return this.expand(() => context.expandReference(text, this.at(name, i)), this.at(name, i))
    })
    this.said[name] = [...new Set(iris)].sort()
    return iris.map(iri => this.terms.iri(context.iris.short(iri), true))
  }

  private expand(read: () => string | null, path: string): string {
    let iri: string | null
    try {
      iri = read()
    } catch (cause) {
      if (!(cause instanceof CodedError)) throw cause
      return failDeclaration(path, cause.message, cause)
    }
    return iri ?? failDeclaration(path, 'the context ignores this name')
  }

  /** Which subjects it is about: `class`, `subjectsOf`, `objectsOf`, `node`; several of them together mean any. */
  scope(): Scope {
    const scopes: Scope[] = []
    if (this.has('class')) scopes.push({ type: 'class', classes: this.classes() })
    if (this.has('subjectsOf')) scopes.push({ type: 'subjects-of', property: this.property('subjectsOf') })
    if (this.has('objectsOf')) scopes.push({ type: 'objects-of', property: this.property('objectsOf') })
    if (this.has('node')) scopes.push({ type: 'nodes', nodes: this.nodes('node') })
    if (scopes.length === 0) return this.outer?.scope() ?? everything
    return scopes.length === 1 ? scopes[0] : { type: 'any', of: scopes }
  }

  // --- values

  text(name: string, expected: string): string {
    const given = this.take(name)
    if (typeof given !== 'string') this.fail(name, `it must be ${expected}`)
    this.said[name] = given
    return given
  }

  /** One of several words. @param otherwise when it is not given; without it, it must be */
  word<W extends string>(name: string, words: readonly W[], otherwise?: W): W {
    const given = this.take(name) ?? otherwise
    if (!words.includes(given as W)) this.fail(name, `it must be one of ${words.join(', ')}`)
    this.said[name] = given as W
    return given as W
  }

  /** Tags of languages, one or several, in lower case and the order of the alphabet. */
  languages(name: string): string[] {
    const tags = this.list(name).map(given => {
      const tag = typeof given === 'string' ? given.toLowerCase() : ''
      return isLanguageTag(tag) ? tag : this.fail(name, 'it must be the tag of a language, such as "en", or several')
    })
    const distinct = [...new Set(tags)].sort()
    this.said[name] = distinct
    return distinct
  }

  /** A datatype: the name of one that is known (`integer`), or an IRI. In short form. */
  datatype(name: string): string {
    const { context } = this.keys
    const text = nameIn(this.take(name)) ?? this.fail(name, 'it must be the name of a datatype, such as "integer"')
    const isTerm = context.terms.has(text)
    const known = isTerm ? undefined : namedDatatypes.get(text)
    if (known === undefined && !isTerm && !text.includes(':'))
      this.fail(name, `there is no datatype ${text}: it must be one of XML Schema, such as "integer", or an IRI`)
    const short = known ?? context.iris.short(this.expand(() => context.expandType(text, this.at(name)), this.at(name)))
    this.said[name] = context.iris.absolute(short)
    return short
  }

  wholeNumber(name: string): number {
    const given = this.take(name)
    if (typeof given !== 'number' || !Number.isSafeInteger(given) || given < 0)
      this.fail(name, 'it must be a whole number from 0')
    this.said[name] = given
    return given
  }

  /** One value: JSON's own, `{ "@id": ... }`, or a value object. */
  value(name: string): ValueId {
    const given = this.take(name)
    if (given === undefined) this.fail(name, 'it must be a value')
    const id = this.valueOf(given, this.at(name))
    this.said[name] = spelled(this.terms, this.keys, id)
    return id
  }

  /** One or several values, in their order. */
  values(name: string): ValueId[] {
    const ids = this.list(name).map((given, i) => this.valueOf(given, this.at(name, i)))
    this.said[name] = ids.map(id => spelled(this.terms, this.keys, id))
    return ids
  }

  /** The text of a value, exactly: the lexical form of a literal, the absolute IRI of a reference. */
  lexical(value: ValueId): string {
    return this.rdfTerms.term(value).value
  }

  private valueOf(json: unknown, path: string): ValueId {
    try {
      return this.constants.value(json, path)
    } catch (cause) {
      if (!(cause instanceof CodedError)) throw cause
      return failDeclaration(path, cause.message, cause)
    }
  }

  private list(name: string): readonly unknown[] {
    const given = this.take(name)
    if (given === undefined) this.fail(name, 'it is missing')
    const list = Array.isArray(given) ? given : [given]
    if (list.length === 0) this.fail(name, 'it is empty')
    return list
  }

  /** The rules of the declarations that stand in a parameter, one by one. */
  nested(name: string): (readonly Rule[])[] {
    const read = this.list(name).map((json, i) => this.readNested(json, this.at(name, i), this))
    this.said[name] = read.map(({ canonical }) => canonical)
    return read.map(({ rules }) => rules)
  }

  // --- at the end

  /** @throws `constraint-invalid` for a parameter that nobody has asked for */
  finish(type: string): CanonicalConstraint {
    for (const name of Object.keys(this.declaration))
      if (!this.asked.has(name) && this.declaration[name] !== undefined)
        this.fail(name, `the type ${this.declaration['@type']} has no such parameter`)
    const { reportOnly } = this.declaration
    if (reportOnly !== undefined && typeof reportOnly !== 'boolean') this.fail('reportOnly', 'it must be true or false')
    const all: Record<string, Json> = { '@type': type, ...this.said, ...(reportOnly && { reportOnly }) }
    return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** A name: as such in what an app declares, as a reference in what is data. */
function nameIn(json: unknown): string | undefined {
  if (typeof json === 'string') return json
  const id = typeof json === 'object' && json !== null ? (json as { '@id'?: unknown })['@id'] : undefined
  return typeof id === 'string' ? id : undefined
}

/** A term as a declaration has it, exactly. */
export function spelled(terms: TermTable, { context: { iris } }: Keys, id: ValueId): Json {
  const kind = terms.kind(id)
  if (kind === TermKind.iri) return { '@id': iris.absolute(terms.text(id)) }
  if (kind === TermKind.string) return terms.text(id)
  if (kind === TermKind.typed || kind === TermKind.language) {
    const [qualifier, text] = splitLiteral(terms.text(id))
    return kind === TermKind.typed
      ? { '@type': iris.absolute(qualifier), '@value': text }
      : { '@language': qualifier, '@value': text }
  }
  return terms.native(id)
}
