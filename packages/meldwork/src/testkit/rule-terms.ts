import { type PropertyId, TermKind, type TermTable, type ValueId } from '../rdf/index.js'

interface Term {
  readonly kind: TermKind
  readonly text: string
  readonly native: number | boolean
}

const isNative = (kind: TermKind): boolean =>
  kind === TermKind.integer || kind === TermKind.double || kind === TermKind.boolean

/** Takes the first place among properties. */
const unused = 'urn:none'

/** A dictionary whose ids follow from how it was begun, so that two of them have other ids for the same terms, in another order. */
export class RuleTerms implements TermTable {
  private readonly terms = new Map<ValueId, Term>()
  private readonly ids = new Map<string, ValueId>()
  private readonly properties: string[] = []
  private readonly step: number
  private next: ValueId

  /** @param first the id of the first term. @param step between an id and the next: below 0, later terms have lower ids */
  constructor(first: ValueId, step: number) {
    this.next = first
    this.step = step
    if (step < 0) this.properties.push(unused)
  }

  iri(short: string, add: boolean): ValueId {
    return this.find(TermKind.iri, short, 0, add)
  }

  string(text: string, add: boolean): ValueId {
    return this.find(TermKind.string, text, 0, add)
  }

  integer(value: number, add: boolean): ValueId {
    return this.find(TermKind.integer, String(value), value === 0 ? 0 : value, add)
  }

  double(value: number, add: boolean): ValueId {
    return this.find(TermKind.double, String(value), value, add)
  }

  boolean(value: boolean): ValueId {
    return this.find(TermKind.boolean, String(value), value, true)
  }

  typed(datatype: string, lexical: string, add: boolean): ValueId {
    return this.find(TermKind.typed, `${datatype}\0${lexical}`, 0, add)
  }

  language(tag: string, text: string, add: boolean): ValueId {
    return this.find(TermKind.language, `${tag}\0${text}`, 0, add)
  }

  kind(id: ValueId): TermKind {
    return this.term(id).kind
  }

  text(id: ValueId): string {
    const { kind, text } = this.term(id)
    if (isNative(kind)) throw new Error(`${text} has no text: ask for its kind first`)
    return text
  }

  native(id: ValueId): number | boolean {
    const { kind, text, native } = this.term(id)
    if (!isNative(kind)) throw new Error(`${text} is no number and no boolean: ask for its kind first`)
    return native
  }

  property(short: string, add: boolean): PropertyId {
    const known = this.properties.indexOf(short)
    return known === -1 && add ? this.properties.push(short) - 1 : known
  }

  propertyText(property: PropertyId): string {
    return this.properties[property]
  }

  get propertyCount(): number {
    return this.properties.length
  }

  /** The properties that are known, in an order that does not depend on how this was begun. */
  get propertyNames(): readonly string[] {
    return this.properties.filter(name => name !== unused).sort()
  }

  /** A term in words. */
  spelled(id: ValueId): string {
    const { kind, text } = this.term(id)
    return `${kind}:${text}`
  }

  private find(kind: TermKind, text: string, native: number | boolean, add: boolean): ValueId {
    const spelling = `${kind} ${text}`
    const known = this.ids.get(spelling)
    if (known !== undefined || !add) return known ?? 0
    const id = this.next
    this.next += this.step
    this.ids.set(spelling, id)
    this.terms.set(id, { kind, text, native })
    return id
  }

  private term(id: ValueId): Term {
    const term = this.terms.get(id)
    if (term === undefined) throw new Error(`there is no value with the id ${id}`)
    return term
  }
}
