import {
  abbreviatedNamespaces,
  canonicalJson,
  dateTimeLexical,
  encodeBase64,
  literalKind,
  NotJson,
  rdf,
  TermKind,
  xsd,
} from '../rdf/index.js'

/**
 * What two JSON values have in common, as keys of a Map, when they are the same term: `5`, `5n` and `{ '@value': 5 }`; a Date and its
 * `xsd:dateTime`; bytes with the same content; whatever names the same subject. Without a context: a short name of a datatype is not its IRI.
 * @returns the value itself for what is no term: it equals nothing else
 */
export function valueKey(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return `s${value}`
    case 'number':
      return Number.isSafeInteger(value) ? `i${value === 0 ? 0 : value}` : `d${value}`
    case 'bigint':
      return `i${value}`
    case 'boolean':
      return `b${value}`
    case 'object':
      return value === null ? value : objectKey(value)
    default:
      return value
  }
}

/** The `@id` of an object that has one as text. */
export function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const id = (value as { '@id'?: unknown })['@id']
  return typeof id === 'string' ? id : undefined
}

function objectKey(value: object): unknown {
  const id = idOf(value)
  if (id !== undefined) return `r${id}`
  const tag = Object.prototype.toString.call(value)
  if (tag === '[object Date]') return typedKey(xsd.dateTime, dateTimeLexical(value as Date) ?? '')
  if (tag === '[object Uint8Array]') return typedKey(xsd.base64Binary, encodeBase64(value as Uint8Array))
  const { '@value': inner, '@type': type, '@language': language } = value as Record<string, unknown>
  if (type === '@json') return jsonKey(inner, value)
  if (inner === undefined) return jsonKey(value, value)
  if (typeof language === 'string') return `l${language.toLowerCase()} ${inner}`
  return typeof type === 'string' ? typedKey(shortened(type), String(inner)) : valueKey(inner)
}

const [, xsdNamespace] = abbreviatedNamespaces

function shortened(datatype: string): string {
  return datatype.startsWith(xsdNamespace) ? `\u0002${datatype.slice(xsdNamespace.length)}` : datatype
}

/** A literal, as the JSON value that it has if it has one. */
function typedKey(datatype: string, lexical: string): string {
  switch (literalKind(datatype, lexical)) {
    case TermKind.string:
      return `s${lexical}`
    case TermKind.boolean:
      return `b${lexical}`
    case TermKind.integer:
      return `i${lexical}`
    case TermKind.double:
      return `d${Number(lexical)}`
    default:
      return datatype === xsd.integer && /^-?[1-9][0-9]*$/.test(lexical) ? `i${lexical}` : `t${datatype} ${lexical}`
  }
}

function jsonKey(json: unknown, value: object): unknown {
  try {
    return `t${rdf.JSON} ${canonicalJson(json)}`
  } catch (error) {
    if (!(error instanceof NotJson)) throw error
    return value
  }
}
