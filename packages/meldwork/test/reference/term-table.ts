import { type PropertyId, TermKind, type TermTable, type ValueId } from '../../src/rdf/index.js'

interface Entry {
  readonly kind: TermKind
  readonly text: string
  readonly native: number | boolean
}

/**
 * The slow and obvious dictionary: one array of terms, and a Map from a spelling of each to its place. It checks what callers promise,
 * as far as it can without knowing the domain, and so it fails where a faster one would go astray.
 */
export class ReferenceTermTable implements TermTable {
  private readonly entries: Entry[] = []
  private readonly ids = new Map<string, ValueId>()
  private readonly properties: string[] = []

  iri(short: string, add: boolean): ValueId {
    if (short === '') throw new Error('an IRI has a short form')
    return this.find(TermKind.iri, short, 0, add)
  }

  string(text: string, add: boolean): ValueId {
    return this.find(TermKind.string, text, 0, add)
  }

  integer(value: number, add: boolean): ValueId {
    if (!Number.isSafeInteger(value)) throw new Error(`${value} is no integer`)
    return this.find(TermKind.integer, String(value), value === 0 ? 0 : value, add)
  }

  double(value: number, add: boolean): ValueId {
    if (!Number.isFinite(value) || Number.isSafeInteger(value)) throw new Error(`${value} is no double`)
    return this.find(TermKind.double, String(value), value, add)
  }

  boolean(value: boolean): ValueId {
    return this.find(TermKind.boolean, String(value), value, true)
  }

  typed(datatype: string, lexical: string, add: boolean): ValueId {
    if (datatype.includes('\0')) throw new Error('a datatype has no U+0000')
    return this.find(TermKind.typed, `${datatype}\0${lexical}`, 0, add)
  }

  language(tag: string, text: string, add: boolean): ValueId {
    if (tag !== tag.toLowerCase()) throw new Error('a tag is in lower case')
    return this.find(TermKind.language, `${tag}\0${text}`, 0, add)
  }

  kind(id: ValueId): TermKind {
    return this.entry(id).kind
  }

  text(id: ValueId): string {
    const { kind, text } = this.entry(id)
    if (kind === TermKind.integer || kind === TermKind.double || kind === TermKind.boolean) throw new Error('no text')
    return text
  }

  native(id: ValueId): number | boolean {
    const { kind, native } = this.entry(id)
    if (kind !== TermKind.integer && kind !== TermKind.double && kind !== TermKind.boolean)
      throw new Error('not native')
    return native
  }

  property(short: string, add: boolean): PropertyId {
    if (short === '') throw new Error('an IRI has a short form')
    const known = this.properties.indexOf(short)
    return known === -1 && add ? this.properties.push(short) - 1 : known
  }

  propertyText(property: PropertyId): string {
    const text = this.properties[property]
    if (text === undefined) throw new Error(`there is no property ${property}`)
    return text
  }

  get propertyCount(): number {
    return this.properties.length
  }

  /** How many terms there are: to see that a look-up adds none. */
  get size(): number {
    return this.entries.length
  }

  private find(kind: TermKind, text: string, native: number | boolean, add: boolean): ValueId {
    if (!(text as unknown as { isWellFormed(): boolean }).isWellFormed()) throw new Error('text is well formed')
    const spelling = `${kind} ${text}`
    const known = this.ids.get(spelling)
    if (known !== undefined) return known
    if (!add) return 0
    this.ids.set(spelling, this.entries.push({ kind, text, native }))
    return this.entries.length
  }

  private entry(id: ValueId): Entry {
    const entry = this.entries[id - 1]
    if (entry === undefined) throw new Error(`there is no value ${id}`)
    return entry
  }
}
