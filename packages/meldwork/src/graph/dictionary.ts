import { mix, type Writer } from '../codec/index.js'
import type { WireTerms } from '../operation/index.js'
import { isPlainName, type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import { Doubles, hashOf, secondHashOf } from './doubles.js'
import { Terms } from './terms.js'

/** Integers in this range are their own id. */
const inlineLimit = 2 ** 30

/** The ids of the booleans: the first two terms. */
const falseId = 1 << 2
const trueId = 2 << 2

/** A point to which a {@link Dictionary} can return. */
export interface DictionaryMark {
  readonly terms: number
  readonly doubles: number
  readonly properties: number
}

/**
 * One clone's dictionary: values and properties to integers and back.
 *
 *     value id    ...1  a small integer: the value itself, shifted by one
 *                 ..10  a number: its index among the doubles (a safe integer there is an `integer`, all else a `double`)
 *                 ..00  a term: its index among the terms
 *     property    dense from 0, so that what is kept by property stands in arrays
 *
 * Terms are only added: what is no longer used goes when the state is loaded anew.
 */
export class Dictionary implements WireTerms {
  private readonly table = new Terms()
  private readonly doubles = new Doubles()
  private readonly propertyTerms: ValueId[] = []
  private readonly propertyByTerm = new Map<ValueId, PropertyId>()

  private readonly isLegal: (kind: TermKind, text: string) => boolean

  /** @param isLegal whether a text from elsewhere may be a term of this kind: it depends on the domain's base IRI */
  constructor(isLegal: (kind: TermKind, text: string) => boolean) {
    this.isLegal = isLegal
    this.table.ofText(TermKind.boolean, 'false', true)
    this.table.ofText(TermKind.boolean, 'true', true)
  }

  iri(short: string, add: boolean): ValueId {
    return this.table.ofText(TermKind.iri, short, add) << 2
  }

  string(text: string, add: boolean): ValueId {
    return this.table.ofText(TermKind.string, text, add) << 2
  }

  integer(value: number, add: boolean): ValueId {
    if (value < inlineLimit && value >= -inlineLimit) return (value << 1) | 1
    return this.number(value, add)
  }

  double(value: number, add: boolean): ValueId {
    return this.number(value, add)
  }

  private number(value: number, add: boolean): ValueId {
    const index = this.doubles.of(value, add)
    return index < 0 ? 0 : (index << 2) | 2
  }

  boolean(value: boolean): ValueId {
    return value ? trueId : falseId
  }

  typed(datatype: string, lexical: string, add: boolean): ValueId {
    return this.table.ofText(TermKind.typed, `${datatype}\0${lexical}`, add) << 2
  }

  language(tag: string, text: string, add: boolean): ValueId {
    return this.table.ofText(TermKind.language, `${tag}\0${text}`, add) << 2
  }

  fromBytes(kind: TermKind, bytes: Uint8Array, from: number, length: number): ValueId {
    // What is known was checked when it was added.
    const known = this.table.ofBytes(kind, bytes, from, length, false)
    if (known !== 0) return known << 2
    if (!isPlain(kind, bytes, from, length)) {
      const text = decodeText(bytes, from, length)
      if (text === undefined || !this.isLegal(kind, text)) return 0
    }
    return this.table.addLast(kind, length) << 2
  }

  /** By how much what is full grows at the least, from now on: for whoever knows how much is to come. */
  set growth(growth: number) {
    this.table.growth = growth
    this.doubles.growth = growth
  }

  kind(id: ValueId): TermKind {
    if ((id & 1) !== 0) return TermKind.integer
    if ((id & 2) === 0) return this.table.kind(id >>> 2)
    return Number.isSafeInteger(this.doubles.at(id >>> 2)) ? TermKind.integer : TermKind.double
  }

  text(id: ValueId): string {
    return this.table.text(id >>> 2)
  }

  native(id: ValueId): number | boolean {
    if ((id & 1) !== 0) return id >> 1
    if ((id & 2) !== 0) return this.doubles.at(id >>> 2)
    return id === trueId
  }

  byteLength(id: ValueId): number {
    return this.table.byteLength(id >>> 2)
  }

  writeText(id: ValueId, writer: Writer): void {
    this.table.write(id >>> 2, writer)
  }

  bytesOf(id: ValueId): Uint8Array {
    return this.table.bytes(id >>> 2)
  }

  get propertyCount(): number {
    return this.propertyTerms.length
  }

  property(short: string, add: boolean): PropertyId {
    const term = this.iri(short, add)
    if (term === 0) return -1
    return this.propertyByTerm.get(term) ?? (add ? this.addProperty(term) : -1)
  }

  propertyOf(iri: ValueId): PropertyId {
    return this.propertyByTerm.get(iri) ?? this.addProperty(iri)
  }

  propertyFor(iri: ValueId): PropertyId {
    return this.propertyByTerm.get(iri) ?? -1
  }

  private addProperty(term: ValueId): PropertyId {
    const property = this.propertyTerms.length
    this.propertyTerms.push(term)
    this.propertyByTerm.set(term, property)
    return property
  }

  propertyTerm(property: PropertyId): ValueId {
    return this.propertyTerms[property]
  }

  propertyText(property: PropertyId): string {
    return this.text(this.propertyTerms[property])
  }

  /** One lane of the hash of a value, the same on every clone. */
  hashOne(id: ValueId): number {
    if ((id & 1) !== 0) return mix(id >> 1, TermKind.integer)
    return (id & 2) !== 0 ? hashOf(this.doubles.at(id >>> 2)) : this.table.one[id >>> 2]
  }

  /** The other lane. */
  hashTwo(id: ValueId): number {
    if ((id & 1) !== 0) return mix(TermKind.integer, id >> 1)
    return (id & 2) !== 0 ? secondHashOf(this.doubles.at(id >>> 2)) : this.table.two[id >>> 2]
  }

  mark(): DictionaryMark {
    return { terms: this.table.end, doubles: this.doubles.count, properties: this.propertyTerms.length }
  }

  /**
   * Forgets what was added since the mark. Only for what was added while reading bytes that turned out malformed: no id given
   * out since may be in use, also not in a cache of property ids.
   */
  forget(mark: DictionaryMark): void {
    while (this.propertyTerms.length > mark.properties) this.propertyByTerm.delete(this.propertyTerms.pop()!)
    this.table.forget(mark.terms)
    this.doubles.forget(mark.doubles)
  }

  get byteSize(): number {
    return this.table.byteSize + this.doubles.byteSize
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether no JavaScript string is needed to see that it is legal. Any text is a plain string, and what is ASCII is well-formed. */
function isPlain(kind: TermKind, bytes: Uint8Array, from: number, length: number): boolean {
  if (kind === TermKind.string) return isAscii(bytes, from, length)
  return kind === TermKind.iri && isPlainName(bytes, from, length)
}

function isAscii(bytes: Uint8Array, from: number, length: number): boolean {
  let all = 0
  for (let i = from; i < from + length; i++) all |= bytes[i]
  return all < 128
}

function decodeText(bytes: Uint8Array, from: number, length: number): string | undefined {
  try {
    return decoder.decode(bytes.subarray(from, from + length))
  } catch {
    return undefined
  }
}
