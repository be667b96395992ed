import { type Context, isKeywordLike, type PropertyId, rdf, type TermDefinition, type TermTable } from '../rdf/index.js'

/** What a context makes of a JSON value under a key that is a property. */
export const Coercion = { none: 0, reference: 1, vocabulary: 2, json: 3, datatype: 4 } as const
export type Coercion = (typeof Coercion)[keyof typeof Coercion]

/** What a JSON key means under one context. */
export class Key {
  readonly name: string
  /** The keyword that it is, itself or as an alias; empty for a property or an ignored key. */
  readonly keyword: string
  /** The property's IRI in short form; empty for a keyword, and for a key that the context ignores. */
  readonly iri: string
  readonly coercion: Coercion
  /** In short form; empty unless coerced to a datatype. */
  readonly datatype: string
  /** The tag of plain strings; empty for none. */
  readonly language: string
  /** Read as an array even when there is one value. */
  readonly set: boolean
  /** What about its definition is not supported; empty when all of it is. */
  readonly unsupported: string
  /** In the dictionary; -1 while it is not known to be there. */
  property: PropertyId = -1
  /** For whoever groups values by key: the round in which it was last met, negative when met again. See {@link Keys.nextRound}. */
  round = 0

  constructor(name: string, keyword: string, iri: string, definition: TermDefinition | undefined, context: Context) {
    const type = definition?.type
    const containers = definition?.containers.filter(container => container !== '@set') ?? []
    const language = definition?.language === undefined ? context.language : definition.language
    this.name = name
    this.keyword = keyword
    this.iri = iri
    this.coercion = coercionOf(type)
    this.datatype = this.coercion === Coercion.datatype ? context.iris.short(type!) : ''
    this.language = language ?? ''
    this.set = definition?.containers.includes('@set') ?? false
    this.unsupported = definition?.reverse ? '@reverse' : containers.length > 0 ? `@container ${containers.join()}` : ''
  }
}

/** How many keys are remembered before all are forgotten: more than that are no properties, but somebody's data. */
const maxKeys = 20_000

/** The last round whose number is a small integer in every engine. */
const maxRound = 2 ** 30 - 1

/** What the JSON keys of one context mean for one dictionary, in both directions, worked out once for each. */
export class Keys {
  readonly context: Context
  readonly terms: TermTable
  /** How `@id` and `@type` are written when subjects are read. */
  readonly id: string
  readonly type: Key
  /** The key of a value that stands under no property. */
  readonly none: Key
  private round = 0
  private readonly byName = new Map<string, Key>()
  private readonly byProperty: (readonly Key[] | undefined)[] = []
  /** The names of the terms of each property of the context, by absolute IRI. */
  private readonly termNames = new Map<string, string[]>()

  constructor(context: Context, terms: TermTable) {
    this.context = context
    this.terms = terms
    this.id = context.keywordAlias('@id')
    this.type = new Key(context.keywordAlias('@type'), '@type', rdf.type, undefined, context)
    this.none = new Key(
      '',
      '',
      '',
      { iri: null, type: undefined, language: null, containers: [], reverse: false, prefix: false },
      context,
    )
    for (const name of context.names) {
      const { iri } = context.terms.get(name)!
      if (iri === null || context.keyword(name) !== undefined) continue
      const names = this.termNames.get(iri)
      if (names === undefined) this.termNames.set(iri, [name])
      else names.push(name)
    }
  }

  /**
   * @param path tells where the key stands, when it turns out to be wrong
   * @throws `iri-malformed`
   */
  key(name: string, path: { toString(): string }): Key {
    return this.byName.get(name) ?? this.read(name, path)
  }

  /** The property that a key means. @returns -1 when the dictionary does not have it, and it is not to be added */
  property(key: Key, add: boolean): PropertyId {
    if (key.property === -1) key.property = this.terms.property(key.iri, add)
    return key.property
  }

  /** The keys under which values of a property can be read, best first. At least one, and the last takes any value. */
  ofProperty(property: PropertyId): readonly Key[] {
    return this.byProperty[property] ?? this.findKeys(property)
  }

  /** A number that no {@link Key.round} has yet. */
  nextRound(): number {
    if (this.round === maxRound) {
      this.byName.clear()
      this.byProperty.length = 0
      this.type.round = 0
      this.round = 0
    }
    return ++this.round
  }

  private read(name: string, path: { toString(): string }): Key {
    const { context } = this
    // What looks like a keyword is one, of some language that this is not: refused by its name where it stands.
    const keyword = context.keyword(name) ?? (isKeywordLike(name) ? name : '')
    const iri = keyword === '' ? context.expandVocab(name, String(path)) : null
    const key = new Key(name, keyword, iri === null ? '' : context.iris.short(iri), context.terms.get(name), context)
    if (this.byName.size >= maxKeys) this.byName.clear()
    this.byName.set(name, key)
    return key
  }

  private findKeys(property: PropertyId): readonly Key[] {
    const { context, terms } = this
    const short = terms.propertyText(property)
    const iri = context.iris.absolute(short)
    const keys = (this.termNames.get(iri) ?? []).map(name => this.key(name, '')).filter(key => key.unsupported === '')
    // What fits none of the terms is written out under one of them, except where the context would take that for JSON.
    const any = keys.find(key => key.coercion === Coercion.none) ?? keys.find(key => key.coercion !== Coercion.json)
    if (any === undefined || any !== keys[keys.length - 1]) keys.push(any ?? this.key(context.compactVocabIri(iri), ''))
    if (short === rdf.type) keys.unshift(this.type)
    while (this.byProperty.length < property) this.byProperty.push(undefined)
    this.byProperty[property] = keys
    return keys
  }
}

function coercionOf(type: string | undefined): Coercion {
  switch (type) {
    case undefined:
    case '@none':
      return Coercion.none
    case '@id':
      return Coercion.reference
    case '@vocab':
      return Coercion.vocabulary
    case '@json':
      return Coercion.json
    default:
      return Coercion.datatype
  }
}
