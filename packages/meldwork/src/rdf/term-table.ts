/**
 * A value (an IRI or a literal) in one clone's dictionary: an int32, equal exactly when the RDF terms are equal. It never leaves
 * the clone: not to the wire, not to the disk, and no order may depend on it. 0 is no value.
 */
export type ValueId = number

/** A property in one clone's dictionary: a small dense integer from 0, local like {@link ValueId}. -1 is no property. */
export type PropertyId = number

/**
 * The kinds of terms, as they stand in canonical bytes (wire, disk, digests). Numbers are for ever.
 * `integer`, `double` and `boolean` are the literals that JSON has natively, in canonical form only: `"5"^^xsd:integer` is an
 * `integer`, while `"05"^^xsd:integer` is a `typed` literal, and stays one.
 */
export const TermKind = { iri: 0, string: 1, typed: 2, language: 3, integer: 4, double: 5, boolean: 6 } as const
export type TermKind = (typeof TermKind)[keyof typeof TermKind]

/**
 * Terms to ids and back: what `subject` and `query` know of the dictionary that `graph` keeps.
 *
 * IRIs are given in the dictionary's **short form** (`rdf/iri.ts`): domain-relative where they can be, well-known namespaces
 * abbreviated, and never two forms for one IRI. Callers must have checked what they add: text well formed Unicode, IRIs legal.
 * With `add` false an unknown term gives 0 (or -1) and changes nothing: queries look up, only writes add.
 */
export interface TermTable {
  iri(short: string, add: boolean): ValueId
  string(text: string, add: boolean): ValueId
  /** A safe integer; -0 is 0. */
  integer(value: number, add: boolean): ValueId
  /** Finite, and not a safe integer. */
  double(value: number, add: boolean): ValueId
  boolean(value: boolean): ValueId
  /** A literal that is none of the native ones. @param datatype in short form */
  typed(datatype: string, lexical: string, add: boolean): ValueId
  /** @param tag lower case */
  language(tag: string, text: string, add: boolean): ValueId

  kind(id: ValueId): TermKind
  /**
   * The short form of an IRI, the text of a string; for `typed` and `language` literals the datatype (short) or tag, U+0000, and
   * the text. Undefined behaviour for the three native kinds.
   */
  text(id: ValueId): string
  /** The native value of an `integer`, `double` or `boolean`. */
  native(id: ValueId): number | boolean

  /** @param short the property's IRI */
  property(short: string, add: boolean): PropertyId
  /** The property's IRI in short form. */
  propertyText(property: PropertyId): string
  /** How many properties there are: ids are 0 up to this. */
  readonly propertyCount: number
}

/** Receives triples as they are read from JSON or RDF. */
export interface TripleSink {
  triple(subject: ValueId, property: PropertyId, object: ValueId): void
}
