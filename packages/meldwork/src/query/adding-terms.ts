import type { IriSpace, PropertyId, TermKind, TermTable, ValueId } from '../rdf/index.js'

/**
 * The dictionary for reading requests that last: it gets every constant that a request names, so that ids mean the same for as long as the request is
 * watched, whatever is written later. What it gets it keeps.
 */
export class AddingTerms implements TermTable {
  private readonly terms: TermTable
  private readonly iris: IriSpace

  constructor(terms: TermTable, iris: IriSpace) {
    this.terms = terms
    this.iris = iris
  }

  /** Text that is looked for only need not be legal yet. */
  iri(short: string, add: boolean): ValueId {
    return this.terms.iri(short, false) || (add || this.iris.isShort(short) ? this.terms.iri(short, true) : 0)
  }

  string(text: string): ValueId {
    return this.terms.string(text, true)
  }

  integer(value: number): ValueId {
    return this.terms.integer(value, true)
  }

  double(value: number): ValueId {
    return this.terms.double(value, true)
  }

  boolean(value: boolean): ValueId {
    return this.terms.boolean(value)
  }

  typed(datatype: string, lexical: string): ValueId {
    return this.terms.typed(datatype, lexical, true)
  }

  language(tag: string, text: string): ValueId {
    return this.terms.language(tag, text, true)
  }

  kind(id: ValueId): TermKind {
    return this.terms.kind(id)
  }

  text(id: ValueId): string {
    return this.terms.text(id)
  }

  native(id: ValueId): number | boolean {
    return this.terms.native(id)
  }

  property(short: string): PropertyId {
    return this.terms.property(short, true)
  }

  propertyText(property: PropertyId): string {
    return this.terms.propertyText(property)
  }

  get propertyCount(): number {
    return this.terms.propertyCount
  }
}
