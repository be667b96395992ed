import type { Reader, Writer } from '../codec/index.js'
import { TermKind, type ValueId } from '../rdf/index.js'
import type { References } from './references.js'
import type { WireTerms } from './wire-terms.js'

/**
 * Tags in the low three bits of a value's first number; the rest of it is a length, a place, or the value itself. Numbers and booleans have the
 * same form wherever values are encoded; texts depend on where their bytes stand.
 */
export const Tag = { string: 0, stringAt: 1, iri: 2, iriAt: 3, integer: 4, number: 5, boolean: 6, literal: 7 } as const
/** The rest of a `number`: 8 bytes of a double follow, or the magnitude of an integer too large to stand beside its tag. */
const Kind = { double: 0, positive: 1, negative: 2 } as const
/** Integers below this magnitude stand beside their tag. */
const smallInteger = 2 ** 28

/** Appends a number or a boolean. @returns false, having written nothing, when the value is neither */
export function encodeNative(writer: Writer, terms: WireTerms, value: ValueId, kind: TermKind): boolean {
  switch (kind) {
    case TermKind.integer: {
      const integer = terms.native(value) as number
      const magnitude = Math.abs(integer)
      if (magnitude < smallInteger) writer.varint((integer < 0 ? magnitude * 2 - 1 : magnitude * 2) * 8 + Tag.integer)
      else {
        writer.uint8((integer < 0 ? Kind.negative : Kind.positive) * 8 + Tag.number)
        writer.varint(magnitude)
      }
      return true
    }
    case TermKind.double:
      writer.uint8(Kind.double * 8 + Tag.number)
      writer.float64(terms.native(value) as number)
      return true
    case TermKind.boolean:
      writer.uint8((terms.native(value) ? 8 : 0) + Tag.boolean)
      return true
    default:
      return false
  }
}

/** Reads what {@link encodeNative} wrote. @returns 0 when the tag is none of its tags */
export function decodeNative(reader: Reader, terms: WireTerms, tag: number, rest: number): ValueId {
  switch (tag) {
    case Tag.integer: {
      const value = rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2
      if (Math.abs(value) >= smallInteger) reader.fail('an integer is not in its shortest form')
      return terms.integer(value, true)
    }
    case Tag.number:
      return decodeNumber(reader, terms, rest)
    case Tag.boolean:
      if (rest > 1) reader.fail('a boolean is neither true nor false')
      return terms.boolean(rest === 1)
    default:
      return 0
  }
}

function decodeNumber(reader: Reader, terms: WireTerms, kind: number): ValueId {
  if (kind === Kind.double) {
    const value = reader.float64()
    if (!Number.isFinite(value) || Number.isSafeInteger(value)) reader.fail('a double is an integer or not finite')
    return terms.double(value, true)
  }
  if (kind !== Kind.positive && kind !== Kind.negative) reader.fail('an unknown kind of number')
  const magnitude = reader.varint()
  if (magnitude < smallInteger) reader.fail('an integer is not in its shortest form')
  return terms.integer(kind === Kind.negative ? -magnitude : magnitude, true)
}

/** Appends one value; a text that was met before as its place. */
export function encodeValue(writer: Writer, terms: WireTerms, references: References, value: ValueId): void {
  const kind = terms.kind(value)
  if (encodeNative(writer, terms, value, kind)) return
  const place = references.place(value)
  if (kind === TermKind.string || kind === TermKind.iri) {
    const tag = kind === TermKind.iri ? Tag.iri : Tag.string
    if (place >= 0) writer.varint(place * 8 + tag + 1)
    else {
      writer.varint(terms.byteLength(value) * 8 + tag)
      terms.writeText(value, writer)
    }
  } else if (place >= 0) writer.varint((place * 4 + 1) * 8 + Tag.literal)
  else {
    writer.varint((terms.byteLength(value) * 4 + (kind === TermKind.language ? 2 : 0)) * 8 + Tag.literal)
    terms.writeText(value, writer)
  }
}

/** Gives the text of a value its place, as encoding it does; a number or a boolean has none. */
export function placeValue(terms: WireTerms, references: References, value: ValueId): void {
  const kind = terms.kind(value)
  if (kind !== TermKind.integer && kind !== TermKind.double && kind !== TermKind.boolean) references.place(value)
}

/** Reads one value. @throws CodedError `data-malformed` */
export function decodeValue(reader: Reader, terms: WireTerms, references: References): ValueId {
  const head = reader.varint()
  const rest = Math.floor(head / 8)
  switch (head % 8) {
    case Tag.string:
      return decodeText(reader, terms, references, TermKind.string, rest)
    case Tag.stringAt:
      return decodePlace(reader, terms, references, rest, TermKind.string)
    case Tag.iri:
      return decodeText(reader, terms, references, TermKind.iri, rest)
    case Tag.iriAt:
      return decodePlace(reader, terms, references, rest, TermKind.iri)
    case Tag.literal:
      return decodeLiteral(reader, terms, references, rest)
    default:
      return decodeNative(reader, terms, head % 8, rest)
  }
}

function decodeLiteral(reader: Reader, terms: WireTerms, references: References, code: number): ValueId {
  const rest = Math.floor(code / 4)
  switch (code % 4) {
    case 0:
      return decodeText(reader, terms, references, TermKind.typed, rest)
    case 2:
      return decodeText(reader, terms, references, TermKind.language, rest)
    case 1:
      return decodePlace(reader, terms, references, rest, TermKind.typed, TermKind.language)
    default:
      return reader.fail('an unknown kind of literal')
  }
}

/** A text met before, which must be of one of these kinds. */
export function decodePlace(
  reader: Reader,
  terms: WireTerms,
  references: References,
  place: number,
  kind: TermKind,
  orKind: TermKind = kind,
): ValueId {
  if (place >= references.count) reader.fail('a place names no text')
  const term = references.at(place)
  const found = terms.kind(term)
  if (found !== kind && found !== orKind) reader.fail('a place names a text of another kind')
  return term
}

/** A text that follows, and was not met before. */
export function decodeText(
  reader: Reader,
  terms: WireTerms,
  references: References,
  kind: TermKind,
  length: number,
): ValueId {
  if (length > reader.remaining) reader.fail('a text is longer than what is left')
  const term = terms.fromBytes(kind, reader.bytes, reader.at, length)
  if (term === 0) reader.fail('a term is not legal')
  if (references.place(term) >= 0) reader.fail('a text is repeated')
  reader.at += length
  return term
}
