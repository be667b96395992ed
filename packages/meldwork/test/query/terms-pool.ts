/** Terms of the random data and requests of this folder: as RDF, as the JSON of requests, and back. */
import type { RDF } from '../../src/index.js'
import { Literal, NamedNode, Quad } from '../../src/rdf/index.js'

export const domain = 'x.example'
export const base = `http://${domain}/`
export const vocabulary = `${base}#`
const xsd = 'http://www.w3.org/2001/XMLSchema#'
const rdf = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
export const rdfType = `${rdf}type`

/** A term without behaviour, so that it can be compared and printed. */
export type Term =
  | { readonly iri: string }
  | { readonly text: string; readonly datatype: string; readonly language: string }

export const iri = (text: string): Term => ({ iri: text })
export const literal = (text: string, datatype = `${xsd}string`): Term => ({ text, datatype, language: '' })
export const inLanguage = (text: string, language: string): Term => ({ text, datatype: `${rdf}langString`, language })
const typed = (type: string, ...texts: string[]) => texts.map(text => literal(text, xsd + type))

export const subjectNames = ['ann', 'bob', 'cid', 'dan']
export const propertyNames = ['name', 'age', 'knows', 'likes']
export const typeNames = ['Cat', 'Dog']

/**
 * Literals of every kind. The numbers are such that a double can hold what is calculated of most of them exactly: what the two engines make of the last
 * digit is not what is tested.
 */
export const literals: readonly Term[] = [
  ...typed('integer', '1', '2', '0', '4', '-2', '007', '9007199254740993', '12345678901234567890'),
  ...['a', 'b', 'ab', 'B', '', 'en'].map(text => literal(text)),
  ...typed('double', '1.5E0', '2.5E-1', '1.50', '-5.0E-1'),
  ...typed('decimal', '2.5', '4.0', '0.25'),
  ...typed('boolean', 'true', 'false'),
  ...typed('dateTime', '2024-01-01T00:00:00Z', '2024-01-01T01:00:00+01:00', '2024-01-01T00:00:00'),
  ...typed('dateTime', '2024-06-01T12:00:00.500Z'),
  ...typed('date', '2024-01-01', '2024-02-29'),
  inLanguage('a', 'en'),
  inLanguage('a', 'fr'),
  inLanguage('b', 'en-gb'),
  literal('x', `${vocabulary}unit`),
  literal('y', `${vocabulary}unit`),
  ...typed('double', 'INF', 'NaN'),
  ...typed('float', '1.5'),
  ...typed('int', '4'),
  ...typed('boolean', '1'),
  ...typed('integer', 'abc'),
]

/** JSON that stands for the term in a request. */
export function toJson(term: Term): unknown {
  if ('iri' in term) return { '@id': term.iri.startsWith(base) ? term.iri.slice(base.length) : term.iri }
  const { text, datatype, language } = term
  if (language !== '') return { '@value': text, '@language': language }
  if (datatype === `${xsd}string`) return text
  if (datatype === `${xsd}integer` && /^(?:0|-?[1-9][0-9]{0,14})$/.test(text)) return Number(text)
  if (
    datatype === `${xsd}double` &&
    canonicalDouble(Number(text)) === text &&
    Number(text) % 1 !== 0 &&
    Number.isFinite(Number(text))
  )
    return Number(text)
  if (datatype === `${xsd}boolean` && (text === 'true' || text === 'false')) return text === 'true'
  return { '@type': datatype, '@value': text }
}

/** The term that JSON of a request or an answer stands for. */
export function fromJson(json: unknown): Term {
  switch (typeof json) {
    case 'string':
      return literal(json)
    case 'boolean':
      return literal(String(json), `${xsd}boolean`)
    case 'bigint':
      return literal(String(json), `${xsd}integer`)
    case 'number':
      return Number.isSafeInteger(json)
        ? literal(String(json), `${xsd}integer`)
        : literal(canonicalDouble(json), `${xsd}double`)
    default: {
      const object = json as Record<string, unknown>
      if (typeof object['@id'] === 'string') return iri(new URL(object['@id'], base).href)
      if (typeof object['@language'] === 'string') return inLanguage(String(object['@value']), object['@language'])
      if (object['@type'] === undefined) return fromJson(object['@value'])
      const type = String(object['@type'])
      return literal(String(object['@value']), type.includes(':') ? type : vocabulary + type)
    }
  }
}

/** XML Schema's canonical form of a double. */
export function canonicalDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'INF' : '-INF'
  const [mantissa, exponent] = value.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}

/** As it stands in SPARQL and N-Quads; also its name where terms are compared. */
export function written(term: Term): string {
  if ('iri' in term) return `<${term.iri}>`
  const text = JSON.stringify(term.text)
  if (term.language !== '') return `${text}@${term.language}`
  return term.datatype === `${xsd}string` ? text : `${text}^^<${term.datatype}>`
}

export function fromRdf(term: RDF.Term): Term {
  if (term.termType !== 'Literal') return iri(term.value)
  return { text: term.value, datatype: term.datatype.value, language: term.language.toLowerCase() }
}

export function toRdf(term: Term): NamedNode | Literal {
  if ('iri' in term) return new NamedNode(term.iri)
  return new Literal(term.text, new NamedNode(term.datatype), term.language)
}

export type Triple = readonly [subject: Term, property: Term, object: Term]

export const toQuad = ([s, p, o]: Triple): Quad =>
  new Quad(toRdf(s) as NamedNode, toRdf(p) as NamedNode, toRdf(o) as NamedNode)

const numericTypes = /#(integer|decimal|float|double|long|int|short|byte|(non)?(positive|negative)Integer|unsigned\w+)$/

/** The number that a literal is; undefined for none. */
export function numberOf(term: Term): number | undefined {
  if ('iri' in term || !numericTypes.test(term.datatype)) return undefined
  const text = term.text.replace('INF', 'Infinity')
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(value) && text !== 'NaN') return undefined
  return term.datatype.endsWith('float') ? Math.fround(value) : value
}

/** The kinds of values that have an order, as docs/requests.md has them. */
export const kinds = ['none', 'iri', 'number', 'boolean', 'dateTime', 'date', 'string', 'language', 'other'] as const
export type Kind = (typeof kinds)[number]

export function kindOf(term: Term | undefined): Kind {
  if (term === undefined) return 'none'
  if ('iri' in term) return 'iri'
  if (term.language !== '') return 'language'
  if (numberOf(term) !== undefined) return 'number'
  const type = term.datatype.slice(term.datatype.indexOf('#') + 1)
  if (term.datatype === `${xsd}string`) return 'string'
  if (term.datatype === `${xsd}boolean` && /^(?:true|false|0|1)$/.test(term.text)) return 'boolean'
  if ((type === 'dateTime' || type === 'date') && !Number.isNaN(instantOf(term))) return type
  return 'other'
}

function instantOf(term: Term): number {
  if ('iri' in term) return Number.NaN
  const zoned = /Z$|[+-]\d\d:\d\d$/.test(term.text) ? term.text : `${term.text}Z`
  // JavaScript reads no date with a zone.
  return Date.parse(term.datatype.endsWith('#date') ? zoned.replace(/^(\d+-\d\d-\d\d)/, '$1T00:00:00') : zoned)
}

/** The order in which requests sort: 0 for values that are equal, and for those of which it says nothing. */
export function compareValues(a: Term | undefined, b: Term | undefined): number {
  const kind = kindOf(a)
  const difference = kinds.indexOf(kind) - kinds.indexOf(kindOf(b))
  if (difference !== 0 || a === undefined || b === undefined) return difference
  if (kind === 'number') {
    const [x, y] = [numberOf(a)!, numberOf(b)!]
    return Number.isNaN(x) || Number.isNaN(y) ? Number(Number.isNaN(y)) - Number(Number.isNaN(x)) : x === y ? 0 : x - y
  }
  if (kind === 'boolean') return Number(isTrue(a)) - Number(isTrue(b))
  if (kind === 'dateTime' || kind === 'date') return instantOf(a) - instantOf(b)
  if (kind === 'iri' || kind === 'string') {
    const [x, y] = [a, b].map(term => ('iri' in term ? term.iri : term.text))
    return x < y ? -1 : x > y ? 1 : 0
  }
  return written(a) === written(b) ? 0 : Number.NaN
}

const isTrue = (term: Term): boolean => 'text' in term && (term.text === 'true' || term.text === '1')
