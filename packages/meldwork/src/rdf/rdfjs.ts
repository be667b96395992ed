// From the file, not the package: its index declares the globals of Node, which the core must not have.
import type * as RDF from '@rdfjs/types/data-model.js'

export type { RDF }

/**
 * RDF/JS terms (https://rdf.js.org/data-model-spec/), as few as a domain and its formats have: no variables, no quads as terms. Our own, because
 * the declarations of published factories bring those of Node with them.
 */
export class NamedNode implements RDF.NamedNode {
  readonly termType = 'NamedNode'
  readonly value: string

  constructor(value: string) {
    this.value = value
  }

  equals(other: RDF.Term | null | undefined): boolean {
    return other?.termType === 'NamedNode' && other.value === this.value
  }
}

/** A node without a name of its own: what formats give, and what no domain keeps as it is. */
export class BlankNode implements RDF.BlankNode {
  readonly termType = 'BlankNode'
  readonly value: string

  constructor(value: string) {
    this.value = value
  }

  equals(other: RDF.Term | null | undefined): boolean {
    return other?.termType === 'BlankNode' && other.value === this.value
  }
}

/** A literal, without a base direction. */
export class Literal implements RDF.Literal {
  readonly termType = 'Literal'
  readonly value: string
  readonly language: string
  readonly datatype: NamedNode
  readonly direction = ''

  constructor(value: string, datatype: NamedNode, language = '') {
    this.value = value
    this.datatype = datatype
    this.language = language
  }

  equals(other: RDF.Term | null | undefined): boolean {
    return (
      other?.termType === 'Literal' &&
      other.value === this.value &&
      other.language === this.language &&
      (other.direction ?? '') === '' &&
      this.datatype.equals(other.datatype)
    )
  }
}

class DefaultGraph implements RDF.DefaultGraph {
  readonly termType = 'DefaultGraph'
  readonly value = ''

  equals(other: RDF.Term | null | undefined): boolean {
    return other?.termType === 'DefaultGraph'
  }
}

/** The graph of every quad that a domain gives, and of a quad for which no other is named. */
export const defaultGraph: RDF.DefaultGraph = new DefaultGraph()

/** A triple, in the default graph unless another is named. */
export class Quad implements RDF.Quad {
  readonly termType = 'Quad'
  readonly value = ''
  readonly subject: RDF.Quad_Subject
  readonly predicate: RDF.Quad_Predicate
  readonly object: RDF.Quad_Object
  readonly graph: RDF.Quad_Graph

  constructor(
    subject: RDF.Quad_Subject,
    predicate: RDF.Quad_Predicate,
    object: RDF.Quad_Object,
    graph: RDF.Quad_Graph = defaultGraph,
  ) {
    this.subject = subject
    this.predicate = predicate
    this.object = object
    this.graph = graph
  }

  equals(other: RDF.Term | null | undefined): boolean {
    return (
      other?.termType === 'Quad' &&
      this.subject.equals(other.subject) &&
      this.predicate.equals(other.predicate) &&
      this.object.equals(other.object) &&
      this.graph.equals(other.graph)
    )
  }
}
