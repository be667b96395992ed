import type { Json } from '../rdf/index.js'

/** Refers to a subject by its `@id`: absolute, compact, or relative to the domain. */
export interface Reference {
  readonly '@id': string
}

/** Refers to a subject by a name relative to the vocabulary, as properties and types are. */
export interface VocabularyReference {
  readonly '@vocab': string
}

/** A value whose datatype JSON does not have, such as `{ '@type': 'http://www.w3.org/2001/XMLSchema#date', '@value': '2024-02-29' }`. */
export interface TypedValue {
  readonly '@value': string | number | boolean | bigint
  /** The datatype. Without it, the one that the JSON value has. */
  readonly '@type'?: string
}

/** Text in a natural language, such as `{ '@language': 'fr', '@value': 'chat' }`. Tags are kept in lower case. */
export interface LanguageValue {
  readonly '@value': string
  readonly '@language': string
}

/** Any JSON, kept whole as one value. */
export interface JsonValue {
  readonly '@type': '@json'
  readonly '@value': Json
}

/** A value object of JSON-LD. */
export type ValueObject = TypedValue | LanguageValue | JsonValue

/** A value that is no subject: JSON's own, the three JavaScript types that have a datatype, and value objects. */
export type Literal = string | number | boolean | bigint | Date | Uint8Array | ValueObject

/** One value of a property. */
export type Value = Literal | Reference | VocabularyReference | Subject

/** An unordered set of values, written as an array or as `@set`. */
export type ValueSet =
  | readonly (Value | null | undefined)[]
  | { readonly '@set': Value | readonly (Value | null | undefined)[] }

/** An item of a list: a value, a list of its own as an array, or `{ '@id': ..., '@item': value }`, which names the slot where it stands. */
export type Item = Value | readonly Item[]

/** The items of a list, as they are written: in order, or by the index that they are to have. */
export type Items = Item | readonly Item[] | { readonly [index: number]: Item | readonly Item[] }

/**
 * The values of a property, as they are written: null, undefined and an empty array say nothing. Under a term of a context whose container
 * is a list, a language map or an index map, they are {@link Items} or an object that is such a map.
 */
export type Values = Value | ValueSet | Items | null | undefined

/** A term definition of JSON-LD. */
export interface Term {
  readonly [keyword: `@${string}`]: string | boolean | null | readonly string[]
}

/** A JSON-LD context: objects, `null` for that of the domain, the IRI of one that was loaded when the clone was opened. */
export type LocalContext = OneContext | readonly OneContext[]
type OneContext = string | null | { readonly [term: string]: string | number | null | Term }

/**
 * A JSON object that is identified by `@id`, relative to the domain; without one, it gets a new one. Its other keys are properties,
 * relative to the vocabulary of the domain unless a context says otherwise.
 */
export interface Subject {
  readonly '@id'?: string
  readonly '@type'?: string | readonly string[]
  readonly '@context'?: LocalContext
  readonly '@list'?: Items | null
  /** For each property, the subjects that have this one as a value. */
  readonly '@reverse'?: { readonly [property: string]: Values }
  readonly [property: string]: Values | LocalContext
}

/** Several subjects. */
export interface Graph {
  readonly '@context'?: LocalContext
  readonly '@graph': Subject | readonly Subject[]
}

/** A value as it is read. Never null, never an empty array. */
export type ReadValue = string | number | boolean | bigint | Uint8Array | ValueObject | Reference

/** Texts by language tag, under a term whose container is `@language`; those in no language under `@none`. */
export interface LanguageMap {
  [tag: string]: string | string[]
}

/** A list as the value of a term whose container is `@list`, when it is more than its items. */
export interface ReadList {
  '@id': string
  '@list': ReadValue[]
}

/** The values of a property, as they are read: one, or an array of several, in an order that is the same on every clone. */
export type ReadValues = ReadValue | ReadValue[] | LanguageMap | ReadList

/** A subject as it is read. A list has its items under `@list`, in their order. */
export interface GraphSubject {
  '@id': string
  '@type'?: string | string[]
  '@list'?: ReadValue[]
  [property: string]: ReadValues | undefined
}

/** A change to one subject: each property that it has is replaced by its values, or removed when they are null or an empty array. */
export interface Patch {
  readonly '@id': string
  readonly '@type'?: string | readonly string[] | null
  readonly [property: string]: Values
}
