import { type PropertyId, TermKind, type TermTable, type ValueId } from '../rdf/index.js'

/**
 * The terms of one request: those of the dictionary, and beside them what only the request has, its constants and what it computes. Those get
 * negative even ids, which no dictionary gives, so that reading adds nothing to the dictionary; ids are still equal exactly when terms are.
 * A property is never added: one that the dictionary does not have is -1.
 */
export class RequestTerms implements TermTable {
  private readonly dictionary: TermTable
  private readonly own = new Map<string, ValueId>()
  private readonly kinds: TermKind[] = []
  /** Texts, and numbers of the native kinds. */
  private readonly contents: (string | number)[] = []

  constructor(dictionary: TermTable) {
    this.dictionary = dictionary
  }

  /** Forgets the request's own terms: no id of theirs may be in use. */
  clear(): void {
    if (this.own.size === 0) return
    this.own.clear()
    this.kinds.length = 0
    this.contents.length = 0
  }

  /** Whether only the request has this term. */
  isOwn(id: ValueId): boolean {
    return id < 0 && (id & 1) === 0
  }

  /** The id of a term in the dictionary, which gets it when it does not have it yet: what a write needs. */
  toDictionary(id: ValueId): ValueId {
    if (!this.isOwn(id)) return id
    const { dictionary } = this
    const content = this.contents[place(id)]
    if (typeof content === 'number')
      return this.kind(id) === TermKind.integer ? dictionary.integer(content, true) : dictionary.double(content, true)
    const at = content.indexOf('\0')
    switch (this.kind(id)) {
      case TermKind.iri:
        return dictionary.iri(content, true)
      case TermKind.typed:
        return dictionary.typed(content.slice(0, at), content.slice(at + 1), true)
      case TermKind.language:
        return dictionary.language(content.slice(0, at), content.slice(at + 1), true)
      default:
        return dictionary.string(content, true)
    }
  }

  iri(short: string, add: boolean): ValueId {
    return this.known(TermKind.iri, short) || this.dictionary.iri(short, false) || this.keep(TermKind.iri, short, add)
  }

  string(text: string, add: boolean): ValueId {
    return (
      this.known(TermKind.string, text) || this.dictionary.string(text, false) || this.keep(TermKind.string, text, add)
    )
  }

  integer(value: number, add: boolean): ValueId {
    const kind = TermKind.integer
    return this.known(kind, value) || this.dictionary.integer(value, false) || this.keep(kind, value, add)
  }

  double(value: number, add: boolean): ValueId {
    const kind = TermKind.double
    return this.known(kind, value) || this.dictionary.double(value, false) || this.keep(kind, value, add)
  }

  boolean(value: boolean): ValueId {
    return this.dictionary.boolean(value)
  }

  typed(datatype: string, lexical: string, add: boolean): ValueId {
    const text = `${datatype}\0${lexical}`
    const kind = TermKind.typed
    return this.known(kind, text) || this.dictionary.typed(datatype, lexical, false) || this.keep(kind, text, add)
  }

  language(tag: string, text: string, add: boolean): ValueId {
    const content = `${tag}\0${text}`
    const kind = TermKind.language
    return this.known(kind, content) || this.dictionary.language(tag, text, false) || this.keep(kind, content, add)
  }

  kind(id: ValueId): TermKind {
    return this.isOwn(id) ? this.kinds[place(id)] : this.dictionary.kind(id)
  }

  text(id: ValueId): string {
    return this.isOwn(id) ? (this.contents[place(id)] as string) : this.dictionary.text(id)
  }

  native(id: ValueId): number | boolean {
    return this.isOwn(id) ? (this.contents[place(id)] as number) : this.dictionary.native(id)
  }

  property(short: string): PropertyId {
    return this.dictionary.property(short, false)
  }

  propertyText(property: PropertyId): string {
    return this.dictionary.propertyText(property)
  }

  get propertyCount(): number {
    return this.dictionary.propertyCount
  }

  /** First of all: a term that the dictionary has got since the request met it keeps its id here. */
  private known(kind: TermKind, content: string | number): ValueId {
    return this.own.size === 0 ? 0 : (this.own.get(`${kind}${content}`) ?? 0)
  }

  private keep(kind: TermKind, content: string | number, add: boolean): ValueId {
    if (!add) return 0
    const id = -2 * this.kinds.push(kind)
    this.contents.push(content)
    this.own.set(`${kind}${content}`, id)
    return id
  }
}

const place = (id: ValueId): number => id / -2 - 1
