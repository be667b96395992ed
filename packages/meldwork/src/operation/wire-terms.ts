import type { Writer } from '../codec/index.js'
import type { PropertyId, TermKind, TermTable, ValueId } from '../rdf/index.js'

/** A {@link TermTable} whose terms also have bytes: what the codecs of operations and states need of the dictionary. */
export interface WireTerms extends TermTable {
  /** The length of a term's text in UTF-8. For the kinds `iri`, `string`, `typed` and `language`. */
  byteLength(id: ValueId): number
  /** Appends a term's text in UTF-8, without its length. */
  writeText(id: ValueId, writer: Writer): void
  /** The term with this text, added when new; 0 when the bytes are no legal text of a term of this kind. */
  fromBytes(kind: TermKind, bytes: Uint8Array, from: number, length: number): ValueId
  /** The property that an IRI names, added when new. */
  propertyOf(iri: ValueId): PropertyId
  /** The property that an IRI names; -1 when it is none yet. */
  propertyFor(iri: ValueId): PropertyId
  /** The IRI of a property. */
  propertyTerm(property: PropertyId): ValueId
}
