import { CodedError } from '../errors.js'
import {
  type Context,
  canonicalJson,
  isKeywordLike,
  list,
  NotJson,
  type PropertyId,
  rdf,
  type TermDefinition,
  type TermTable,
} from '../rdf/index.js'

/** What a context makes of a JSON value under a key that is a property. */
export const Coercion = { none: 0, reference: 1, vocabulary: 2, json: 3, datatype: 4 } as const
export type Coercion = (typeof Coercion)[keyof typeof Coercion]

/** In what the values of a key stand, beside sets. `other`: what RDF has no place for in one graph, or what is not supported. */
export const Container = { none: 0, language: 1, index: 2, list: 3, other: 4 } as const
export type Container = (typeof Container)[keyof typeof Container]

/**
 * How the values of a key are written: alone when there is one, always as an array, as a language map whose values are so or so, as the
 * items of the list that is the value, or of the list that is the subject.
 */
export const Form = { one: 0, set: 1, languageMap: 2, languageMapOfSets: 3, list: 4, items: 5 } as const
export type Form = (typeof Form)[keyof typeof Form]

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
  readonly container: Container
  /** Whether values have the subject as their value, not the other way round. */
  readonly reverse: boolean
  readonly form: Form
  /** What makes its values more than a set, by name; empty for nothing. Who does not read {@link container} and {@link reverse} refuses it. */
  readonly unsupported: string
  /** In the dictionary; -1 while it is not known to be there. */
  property: PropertyId = -1
  /** For whoever groups values by key: the round in which it was last met, negative when met again. See {@link Keys.nextRound}. */
  round = 0

  constructor(name: string, keyword: string, iri: string, definition: TermDefinition | undefined, context: Context) {
    const type = definition?.type
    const containers = definition?.containers ?? []
    const others = containers.filter(container => container !== '@set')
    const language = definition?.language === undefined ? context.language : definition.language
    this.name = name
    this.keyword = keyword
    this.iri = iri
    this.coercion = coercionOf(type)
    this.datatype = this.coercion === Coercion.datatype ? context.iris.short(type!) : ''
    this.language = language ?? ''
    this.reverse = definition?.reverse ?? false
    this.container = containerOf(others, this.coercion)
    this.form = formOf(this, containers.includes('@set'))
    this.unsupported = this.reverse ? '@reverse' : others.length > 0 ? `@container ${others.join()}` : ''
  }
}

/** How many contexts that extend one are remembered, with those that extend them. */
const maxExtended = 64

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
  /** How `@graph` is written. */
  readonly graph: string
  /** Whether the context has terms that stand for lists. */
  readonly hasLists: boolean
  /** The key of a value that stands under no property. */
  readonly none: Key
  private round = 0
  private readonly byName = new Map<string, Key>()
  private readonly byProperty: (readonly Key[] | undefined)[] = []
  /** The names of the terms of each property of the context, by absolute IRI. */
  private readonly termNames = new Map<string, string[]>()
  private readonly listKeys = new Map<PropertyId, Key | undefined>()
  private family: Family = { extended: new Map(), count: 0 }
  private number = 0

  constructor(context: Context, terms: TermTable) {
    this.context = context
    this.terms = terms
    this.id = context.keywordAlias('@id')
    this.graph = context.keywordAlias('@graph')
    this.type = new Key(context.keywordAlias('@type'), '@type', rdf.type, undefined, context)
    this.hasLists = context.names.some(name => context.terms.get(name)!.containers.includes('@list'))
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
   * The keys of a local context on top of this one; the same object for the same text, as long as it is among the last that were used.
   * @param path where the local context stands, for errors
   * @throws what {@link Context.extend} does
   */
  extend(local: unknown, path: string): Keys {
    const text = textOf(local, path)
    const name = `${this.number} ${text}`
    const { extended } = this.family
    let keys = extended.get(name)
    if (keys === undefined) {
      keys = new Keys(this.context.extend(JSON.parse(text), path), this.terms)
      keys.family = this.family
      keys.number = ++this.family.count
      if (extended.size >= maxExtended) extended.delete(extended.keys().next().value!)
    } else extended.delete(name)
    extended.set(name, keys)
    return keys
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

  /** The key under which a property's only value is written when it is a list, as an array of the items. */
  listKey(property: PropertyId): Key | undefined {
    if (this.listKeys.has(property)) return this.listKeys.get(property)
    const iri = this.context.iris.absolute(this.terms.propertyText(property))
    const key = this.termKeys(iri).find(term => term.container === Container.list && !term.reverse)
    this.listKeys.set(property, key)
    return key
  }

  /** A number that no {@link Key.round} has yet. */
  nextRound(): number {
    if (this.round === maxRound) {
      this.byName.clear()
      this.byProperty.length = 0
      this.listKeys.clear()
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
    const keys = this.termKeys(iri).filter(isForOutput)
    // What fits none of the terms is written out under one of them, except where the context would take that for something else.
    const any = keys.find(key => key.coercion === Coercion.none) ?? keys.find(key => key.coercion !== Coercion.json)
    const maps = this.termKeys(iri).filter(key => key.container === Container.language && !key.reverse)
    keys.push(...maps)
    if (any === undefined || any !== keys[keys.length - 1]) keys.push(any ?? this.key(context.compactVocabIri(iri), ''))
    if (short === rdf.type) keys.unshift(this.type)
    if (iri === list.slot) keys.unshift(this.items(short))
    while (this.byProperty.length < property) this.byProperty.push(undefined)
    this.byProperty[property] = keys
    return keys
  }

  private termKeys(iri: string): Key[] {
    return (this.termNames.get(iri) ?? []).map(name => this.key(name, ''))
  }

  /** The key of what a list holds. */
  private items(short: string): Key {
    return new Key(this.context.keywordAlias('@list'), '@list', short, undefined, this.context)
  }
}

/** The keys of a context and of all that extend it. */
interface Family {
  /** By the number of what is extended and the text of what extends it; the last used last. */
  readonly extended: Map<string, Keys>
  count: number
}

/** @throws `context-invalid` for what is no JSON */
function textOf(local: unknown, path: string): string {
  try {
    return canonicalJson(local)
  } catch (error) {
    if (!(error instanceof NotJson)) throw error
    const reason = `it is no JSON: ${error.message}${error.at === '' ? '' : ` at ${error.at} in it`}`
    throw new CodedError('context-invalid', `The context is invalid at ${path}: ${reason}`, { path, reason })
  }
}

/** Whether sets of values can be written under it. */
function isForOutput({ container, coercion, reverse, unsupported }: Key): boolean {
  if (coercion === Coercion.json) return unsupported === ''
  return !reverse && (container === Container.none || container === Container.index)
}

/** @param others without `@set` */
function containerOf(others: readonly string[], coercion: Coercion): Container {
  if (others.length === 0) return Container.none
  if (others.length > 1) return Container.other
  // JSON is one value, whatever it stands in; only as an item of a list it would not be.
  if (coercion === Coercion.json) return others[0] === '@list' ? Container.other : Container.none
  return containers[others[0]] ?? Container.other
}

const containers: Readonly<Record<string, Container>> = {
  '@language': Container.language,
  '@index': Container.index,
  '@list': Container.list,
}

function formOf({ keyword, container, coercion }: Key, set: boolean): Form {
  if (keyword === '@list') return Form.items
  if (container === Container.list) return Form.list
  if (container === Container.language) return set ? Form.languageMapOfSets : Form.languageMap
  return (set || container === Container.index) && coercion !== Coercion.json ? Form.set : Form.one
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
