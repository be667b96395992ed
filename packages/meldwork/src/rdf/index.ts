export { decodeCanonicalBase64, encodeBase64 } from './base64.js'
export { Context } from './context.js'
export { type ContextLoader, loadContexts } from './context-loader.js'
export { checkDomain, checkIri, IriSpace, isAbsoluteIri, isPlainName } from './iri.js'
export { canonicalJson, isJsonObject, isWellFormed, type Json, NotJson, parseCanonicalJson } from './json.js'
export {
  canonicalDouble,
  dateTimeLexical,
  internLiteral,
  internNumber,
  isCanonicalInteger,
  isLanguageTag,
  isLegalNative,
  isLegalTerm,
  literalKind,
  splitLiteral,
} from './literal.js'
export { memberPath } from './member-path.js'
export { newId } from './new-id.js'
export { BlankNode, defaultGraph, Literal, NamedNode, Quad, type RDF } from './rdfjs.js'
export {
  type ContextDocuments,
  type ContextParts,
  isKeywordLike,
  keywords,
  type TermDefinition,
} from './term-definition.js'
export { type PropertyId, TermKind, type TermTable, type TripleSink, type ValueId } from './term-table.js'
export { RdfTerms } from './terms.js'
export { abbreviatedNamespaces, list, mld, rdf, rdfs, xsd } from './vocabulary.js'
