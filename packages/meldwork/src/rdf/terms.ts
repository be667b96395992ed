import { CodedError } from '../errors.js'
import { checkIri, type IriSpace, isAbsoluteIri } from './iri.js'
import { isWellFormed } from './json.js'
import { canonicalDouble, internLiteral, isLanguageTag, splitLiteral } from './literal.js'
import { Literal, NamedNode, Quad, type RDF } from './rdfjs.js'
import { type PropertyId, TermKind, type TermTable, type TripleSink, type ValueId } from './term-table.js'
import { rdf, xsd } from './vocabulary.js'

/**
 * RDF/JS terms and quads of one dictionary, both ways. IRIs are absolute outside; quads come out in the default graph, and the
 * graph of one that goes in is the caller's business.
 */
export class RdfTerms {
  private readonly iris: IriSpace
  private readonly table: TermTable
  private readonly predicates: (NamedNode | undefined)[] = []
  private readonly datatypes = new Map<string, NamedNode>()

  constructor(iris: IriSpace, table: TermTable) {
    this.iris = iris
    this.table = table
  }

  term(id: ValueId): NamedNode | Literal {
    const { table } = this
    const kind = table.kind(id)
    switch (kind) {
      case TermKind.iri:
        return new NamedNode(this.iris.absolute(table.text(id)))
      case TermKind.string:
        return new Literal(table.text(id), this.datatype(xsd.string))
      case TermKind.integer:
        return new Literal(String(table.native(id)), this.datatype(xsd.integer))
      case TermKind.double:
        return new Literal(canonicalDouble(Number(table.native(id))), this.datatype(xsd.double))
      case TermKind.boolean:
        return new Literal(String(table.native(id)), this.datatype(xsd.boolean))
      default: {
        const [datatypeOrTag, lexical] = splitLiteral(table.text(id))
        return kind === TermKind.language
          ? new Literal(lexical, this.datatype(rdf.langString), datatypeOrTag)
          : new Literal(lexical, this.datatype(datatypeOrTag))
      }
    }
  }

  predicate(property: PropertyId): NamedNode {
    const known = this.predicates[property]
    if (known !== undefined) return known
    const node = new NamedNode(this.iris.absolute(this.table.propertyText(property)))
    while (this.predicates.length < property) this.predicates.push(undefined)
    this.predicates[property] = node
    return node
  }

  quad(subject: ValueId, property: PropertyId, object: ValueId): Quad {
    return new Quad(this.term(subject) as NamedNode, this.predicate(property), this.term(object))
  }

  /** The id of an IRI or a literal; 0 when the dictionary does not have it, or no dictionary can. */
  find(term: RDF.Term): ValueId {
    try {
      return this.id(term, false)
    } catch {
      return 0
    }
  }

  /** @returns -1 when the dictionary does not have it, or no dictionary can */
  findProperty(term: RDF.Term): PropertyId {
    return term.termType === 'NamedNode' && isAbsoluteIri(term.value)
      ? this.table.property(this.iris.short(term.value), false)
      : -1
  }

  /**
   * Adds the terms of a quad, and gives its triple to a sink. Its graph is not looked at.
   * @param blankNodes the identifiers that blank nodes have got, by label; kept by the caller for as long as labels mean the same
   * @param newId gives a new identifier, relative to the domain
   * @throws `pattern-unsupported` for a triple as a term (RDF 1.2), a base direction or a variable; `iri-malformed`, `value-invalid`
   */
  read(quad: RDF.BaseQuad, blankNodes: Map<string, string>, newId: () => string, sink: TripleSink): void {
    if (quad.subject.termType === 'Literal') refuse('a literal as a subject')
    const subject = this.node(quad.subject, blankNodes, newId)
    const object = this.node(quad.object, blankNodes, newId)
    sink.triple(subject, this.property(quad.predicate), object)
  }

  /**
   * As {@link read}, adding nothing: the sink is given the triple only when the dictionary has all of its terms.
   * @param blankNodes as in {@link read}: other labels stand for nothing that there is
   */
  readKnown(quad: RDF.BaseQuad, blankNodes: ReadonlyMap<string, string>, sink: TripleSink): void {
    if (quad.subject.termType === 'Literal') refuse('a literal as a subject')
    const subject = this.knownNode(quad.subject, blankNodes)
    const property = this.property(quad.predicate, false)
    const object = this.knownNode(quad.object, blankNodes)
    if (subject !== 0 && property !== -1 && object !== 0) sink.triple(subject, property, object)
  }

  private property(term: RDF.Term, add = true): PropertyId {
    if (term.termType !== 'NamedNode') return refuse(`a ${term.termType} as a predicate`)
    checkIri(term.value, 'predicate')
    return this.table.property(this.iris.short(term.value), add)
  }

  private id(term: RDF.Term, add: boolean): ValueId {
    if (term.termType === 'Literal') return this.literal(term, add)
    if (term.termType === 'Quad') return refuse('a triple as a term (RDF 1.2)')
    if (term.termType !== 'NamedNode') return refuse(`a ${term.termType}`)
    checkIri(term.value, term.termType)
    return this.table.iri(this.iris.short(term.value), add)
  }

  private node(term: RDF.Term, blankNodes: Map<string, string>, newId: () => string): ValueId {
    if (term.termType !== 'BlankNode') return this.id(term, true)
    let id = blankNodes.get(term.value)
    if (id === undefined) {
      id = newId()
      blankNodes.set(term.value, id)
    }
    return this.table.iri(id, true)
  }

  private knownNode(term: RDF.Term, blankNodes: ReadonlyMap<string, string>): ValueId {
    if (term.termType !== 'BlankNode') return this.id(term, false)
    const id = blankNodes.get(term.value)
    return id === undefined ? 0 : this.table.iri(id, false)
  }

  private literal(literal: RDF.Literal, add: boolean): ValueId {
    const { value, language } = literal
    if (literal.direction) return refuse('a base direction (RDF 1.2)')
    if (!isWellFormed(value)) return invalid('text without unpaired surrogates')
    if (language !== '') {
      const tag = language.toLowerCase()
      return isLanguageTag(tag) ? this.table.language(tag, value, add) : invalid('a language tag such as "en"')
    }
    checkIri(literal.datatype.value, 'datatype')
    const datatype = this.iris.short(literal.datatype.value)
    if (datatype === rdf.langString || datatype === rdf.dirLangString)
      return invalid('a language tag beside rdf:langString')
    return internLiteral(this.table, datatype, value, add)
  }

  private datatype(short: string): NamedNode {
    let node = this.datatypes.get(short)
    if (node === undefined) {
      node = new NamedNode(this.iris.absolute(short))
      this.datatypes.set(short, node)
    }
    return node
  }
}

function refuse(what: string): never {
  throw new CodedError('pattern-unsupported', `A quad with ${what} is not supported`, { keyword: what, path: 'quad' })
}

function invalid(expected: string): never {
  throw new CodedError('value-invalid', `A literal of a quad is not usable: expected ${expected}`, {
    path: 'quad',
    expected,
  })
}
