import { CodedError } from '../errors.js'
import { abbreviatedNamespaces, parseCanonicalJson, type RDF } from '../rdf/index.js'

/** How to serialize. */
export interface SerializeOptions {
  /** Subjects below this IRI, which ends in `/`, are written relative to it. */
  readonly baseIri?: string
  /** Properties and types that begin with this IRI are written without it. */
  readonly vocabIri?: string
}

type JsonValue = string | number | boolean | object

const [rdf, xsd] = abbreviatedNamespaces

/** Text that has piled up is handed on at this length. */
const chunkLength = 65_536
/** A subject with more than so many quads is written in parts, which mean the same. */
const maxQuads = 1000

/**
 * Serializes quads as one JSON-LD 1.1 document, in pieces of about 64 KB, one line a subject: quads of one subject that follow each other stand together. What
 * it says is exact: a value is written natively where JSON-LD reads that back as the same literal. Triples of `rdf:first` and `rdf:rest` stay such.
 * Needs no package.
 * @throws `pattern-unsupported` for what only RDF 1.2 has and for predicates that are no IRIs; whatever reading `quads` throws
 */
export async function* serialize(
  quads: AsyncIterable<RDF.BaseQuad> | Iterable<RDF.BaseQuad>,
  options: SerializeOptions = {},
): AsyncGenerator<string, void, undefined> {
  const document = new DocumentWriter(options)
  for await (const quad of quads) {
    document.add(quad)
    if (document.text.length >= chunkLength) yield document.take()
  }
  document.end()
  yield document.take()
}

/** What has been written and not yet taken, and the subject that is being gathered. */
class DocumentWriter {
  text: string
  private readonly names: Names
  private readonly tail: string
  private separator = '\n'
  private graph = ''
  private subject = ''
  private members = new Map<string, JsonValue[]>()
  private count = 0

  constructor(options: SerializeOptions) {
    this.names = new Names(options)
    const context = {
      ...(options.baseIri !== undefined && { '@base': options.baseIri }),
      ...(options.vocabIri !== undefined && { '@vocab': options.vocabIri }),
    }
    const head = Object.keys(context).length === 0 ? undefined : JSON.stringify(context)
    this.text = head === undefined ? '[' : `{"@context":${head},"@graph":[`
    this.tail = head === undefined ? '\n]\n' : '\n]}\n'
  }

  add({ subject, predicate, object, graph }: RDF.BaseQuad): void {
    const graphName = graph.termType === 'DefaultGraph' ? '' : this.names.node(graph)
    const name = this.names.node(subject)
    if (name !== this.subject || graphName !== this.graph || this.count === maxQuads) this.endSubject()
    if (graphName !== this.graph) this.enterGraph(graphName)
    this.subject = name
    this.count++
    const isType = predicate.value === `${rdf}type` && object.termType !== 'Literal'
    const key = isType ? '@type' : this.names.property(predicate)
    const value = isType ? this.names.type(object) : this.names.value(object)
    const values = this.members.get(key)
    if (values === undefined) this.members.set(key, [value])
    else values.push(value)
  }

  private endSubject(): void {
    if (this.count === 0) return
    const members = Array.from(
      this.members,
      ([key, values]) => `,${JSON.stringify(key)}:${JSON.stringify(values.length === 1 ? values[0] : values)}`,
    )
    this.write(`{"@id":${JSON.stringify(this.subject)}${members.join('')}}`)
    this.members = new Map()
    this.count = 0
  }

  private enterGraph(name: string): void {
    if (this.graph !== '') {
      this.text += '\n]}'
      this.separator = ',\n'
    }
    this.graph = name
    if (name === '') return
    this.write(`{"@id":${JSON.stringify(name)},"@graph":[`)
    this.separator = '\n'
  }

  private write(item: string): void {
    this.text += this.separator + item
    this.separator = ',\n'
  }

  end(): void {
    this.endSubject()
    this.enterGraph('')
    this.text += this.tail
  }

  take(): string {
    const { text } = this
    this.text = ''
    return text
  }
}

/** Segments of a path that no resolving of relative IRIs changes: no dots alone, no empty one, no colon. */
const plainPath = /^\.?[\w~-][\w.~-]*(\/\.?[\w~-][\w.~-]*)*$/
/** What a vocabulary can be put before: no IRI of its own, no blank node, no keyword. */
const plainName = /^[\p{L}_][\p{L}\p{N}_.-]*$/u

class Names {
  private readonly base: string | undefined
  private readonly vocabulary: string | undefined

  constructor({ baseIri, vocabIri }: SerializeOptions) {
    this.base = baseIri?.endsWith('/') ? baseIri : undefined
    this.vocabulary = vocabIri
  }

  node(term: RDF.Term): string {
    if (term.termType === 'BlankNode') return `_:${term.value}`
    if (term.termType !== 'NamedNode') return refuse(`a ${term.termType}`)
    return below(this.base, term.value, plainPath)
  }

  type(term: RDF.Term): string {
    return term.termType === 'NamedNode' ? below(this.vocabulary, term.value, plainName) : this.node(term)
  }

  property(term: RDF.Term): string {
    if (term.termType !== 'NamedNode') return refuse(`a ${term.termType} as a predicate`)
    return below(this.vocabulary, term.value, plainName)
  }

  value(term: RDF.Term): JsonValue {
    if (term.termType !== 'Literal') return { '@id': this.node(term) }
    const { value, language, datatype } = term
    if (term.direction) return refuse('a base direction (RDF 1.2)')
    if (language !== '') return { '@language': language, '@value': value }
    return native(value, datatype.value) ?? typed(value, datatype.value)
  }
}

function below(prefix: string | undefined, iri: string, plain: RegExp): string {
  if (prefix === undefined || !iri.startsWith(prefix)) return iri
  const rest = iri.slice(prefix.length)
  return plain.test(rest) ? rest : iri
}

/** Natively only what is read back as the same text: of whole numbers those that JSON keeps, of others none. */
function native(text: string, datatype: string): JsonValue | undefined {
  if (datatype === `${xsd}string`) return text
  if (datatype === `${xsd}boolean` && (text === 'true' || text === 'false')) return text === 'true'
  if (datatype === `${xsd}integer` && /^(0|-?[1-9]\d{0,14})$/.test(text)) return Number(text)
  return undefined
}

function typed(text: string, datatype: string): object {
  // Long numbers are refused where documents are read: as a part of a text they cannot be misunderstood.
  const json = datatype === `${rdf}JSON` && !/\d{16}/.test(text) ? parseCanonicalJson(text) : undefined
  if (json !== undefined) return { '@type': '@json', '@value': json }
  return { '@type': datatype, '@value': text }
}

function refuse(what: string): never {
  throw new CodedError('pattern-unsupported', `A quad with ${what} is not supported`, { keyword: what, path: 'quad' })
}
