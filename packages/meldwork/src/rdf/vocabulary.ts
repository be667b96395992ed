/**
 * The namespaces that the short form of an IRI abbreviates, in the order of their control characters: U+0001 is the first.
 * Format version 1 has exactly these, in this order, for ever: the short form is what is stored, sent and digested.
 */
export const abbreviatedNamespaces = [
  'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  'http://www.w3.org/2001/XMLSchema#',
  'http://www.w3.org/2000/01/rdf-schema#',
] as const

/** What all of {@link abbreviatedNamespaces} begin with: one comparison tells most other IRIs apart. */
export const abbreviatedNamespacesStart = 'http://www.w3.org/'

/** The RDF vocabulary, in short form. */
export const rdf = {
  type: '\u0001type',
  langString: '\u0001langString',
  dirLangString: '\u0001dirLangString',
  JSON: '\u0001JSON',
} as const

/** The datatypes of XML Schema that have a JavaScript counterpart, in short form. */
export const xsd = {
  string: '\u0002string',
  boolean: '\u0002boolean',
  integer: '\u0002integer',
  double: '\u0002double',
  decimal: '\u0002decimal',
  dateTime: '\u0002dateTime',
  base64Binary: '\u0002base64Binary',
} as const

/** The RDF Schema vocabulary, in short form. */
export const rdfs = { label: '\u0003label', subClassOf: '\u0003subClassOf' } as const

/** The vocabulary of the m-ld protocol, absolute. */
export const mld = { RdfLseq: 'http://m-ld.org/RdfLseq' } as const

/** What lists are made of, absolute: a slot of a list, where it stands, and what stands there. */
export const list = {
  slot: 'http://json-rql.org/#slot',
  position: 'http://m-ld.org/#position',
  item: 'http://json-rql.org/#item',
} as const
