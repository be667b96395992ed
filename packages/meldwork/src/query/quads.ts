import { type ObservedGraph, observedStride, type VisibleGraph } from '../graph/index.js'
import type { PropertyId, Quad, RDF, RdfTerms, ValueId } from '../rdf/index.js'

/** Which quads: what is missing, null or a variable stands for any term. */
export type QuadPattern = readonly [
  subject?: RDF.Term | null | undefined,
  predicate?: RDF.Term | null | undefined,
  object?: RDF.Term | null | undefined,
  graph?: RDF.Term | null | undefined,
]

/** The quads of one moment: each is made when it is come to, and may be gone over again. */
export interface Quads extends Iterable<Quad> {
  readonly size: number
}

/** What {@link liveQuads} reads. */
export interface LiveGraph extends Pick<ObservedGraph, 'observed'> {
  liveSubjects(): Iterable<ValueId>
}

/** Every live triple: what rules hide, too, and nothing that they have added. Of now, as those of {@link QuadReader.match}. */
export function liveQuads(graph: LiveGraph, terms: RdfTerms): Quads {
  const triples: number[] = []
  const observed: number[] = []
  for (const subject of graph.liveSubjects()) {
    const length = graph.observed(subject, -1, observed)
    const seen = new Set<string>()
    for (let at = 0; at < length; at += observedStride) {
      const [property, object] = [observed[at], observed[at + 1]]
      // One that has two dots is one triple.
      if (seen.size === seen.add(`${property} ${object}`).size) continue
      triples.push(subject, property, object)
    }
  }
  return new Matches(triples, terms)
}

/** Visible triples as RDF/JS quads in the default graph, which is the only one: patterns of others match nothing. */
export class QuadReader {
  private readonly graph: VisibleGraph
  private readonly terms: RdfTerms

  constructor(graph: VisibleGraph, terms: RdfTerms) {
    this.graph = graph
    this.terms = terms
  }

  /**
   * Every quad, subject by subject. The subjects are those of the first call; each one's triples are those of the moment when it is
   * reached: do not write meanwhile if it must be one state.
   */
  *all(): IterableIterator<Quad> {
    const { graph, terms } = this
    const subjects: number[] = []
    const pairs: number[] = []
    const count = graph.allSubjects(subjects)
    for (let i = 0; i < count; i++) {
      const length = graph.triplesOf(subjects[i], pairs)
      const triples = pairs.slice(0, length)
      for (let at = 0; at < length; at += 2) yield terms.quad(subjects[i], triples[at], triples[at + 1])
    }
  }

  /** The quads of now that match. What is kept of them is three numbers each, so that it stands still without holding anything up. */
  match(...pattern: QuadPattern): Quads {
    return new Matches(this.triples(pattern), this.terms)
  }

  /** How many quads match. */
  count(...pattern: QuadPattern): number {
    return pattern.every(isAny) ? this.graph.tripleCount : this.triples(pattern).length / 3
  }

  /** Fills `[subject, property, object, ...]`. */
  private triples([subject, predicate, object, graph]: QuadPattern): number[] {
    const { terms } = this
    if (!isAny(graph) && graph.termType !== 'DefaultGraph') return []
    if (!isAny(subject) && subject.termType !== 'NamedNode') return []
    const s = isAny(subject) ? undefined : terms.find(subject)
    const p = isAny(predicate) ? undefined : terms.findProperty(predicate)
    const o = isAny(object) ? undefined : terms.find(object)
    if (s === 0 || p === -1 || o === 0) return []
    if (s !== undefined) return this.ofSubject(s, p, o)
    if (p !== undefined) return this.ofProperty(p, o)
    return object?.termType === 'NamedNode' ? this.toObject(o!) : this.scan(o)
  }

  private ofSubject(subject: ValueId, property: PropertyId | undefined, object: ValueId | undefined): number[] {
    const { graph } = this
    if (property === undefined) return this.scanSubject(subject, object, [], [])
    if (object !== undefined) return graph.has(subject, property, object) ? [subject, property, object] : []
    const objects: number[] = []
    const count = graph.objects(subject, property, objects)
    return flat(count, (i, add) => add(subject, property, objects[i]))
  }

  private ofProperty(property: PropertyId, object: ValueId | undefined): number[] {
    const { graph } = this
    const found: number[] = []
    if (object !== undefined) {
      const count = graph.subjects(property, object, found)
      return flat(count, (i, add) => add(found[i], property, object))
    }
    const count = graph.pairs(property, found) / 2
    return flat(count, (i, add) => add(found[2 * i], property, found[2 * i + 1]))
  }

  private toObject(object: ValueId): number[] {
    const found: number[] = []
    const count = this.graph.references(object, found) / 2
    return flat(count, (i, add) => add(found[2 * i], found[2 * i + 1], object))
  }

  /** No index has literals without their property: everything is looked at. */
  private scan(object: ValueId | undefined): number[] {
    const subjects: number[] = []
    const scratch: number[] = []
    const triples: number[] = []
    const count = this.graph.allSubjects(subjects)
    for (let i = 0; i < count; i++) this.scanSubject(subjects[i], object, scratch, triples)
    return triples
  }

  private scanSubject(subject: ValueId, object: ValueId | undefined, scratch: number[], triples: number[]): number[] {
    const length = this.graph.triplesOf(subject, scratch)
    for (let at = 0; at < length; at += 2)
      if (object === undefined || scratch[at + 1] === object) triples.push(subject, scratch[at], scratch[at + 1])
    return triples
  }
}

class Matches implements Quads {
  readonly size: number
  private readonly triples: readonly number[]
  private readonly terms: RdfTerms

  constructor(triples: readonly number[], terms: RdfTerms) {
    this.size = triples.length / 3
    this.triples = triples
    this.terms = terms
  }

  *[Symbol.iterator](): IterableIterator<Quad> {
    const { triples, terms } = this
    for (let at = 0; at < triples.length; at += 3) yield terms.quad(triples[at], triples[at + 1], triples[at + 2])
  }
}

function isAny(term: RDF.Term | null | undefined): term is RDF.Variable | null | undefined {
  return term === undefined || term === null || term.termType === 'Variable'
}

type AddTriple = (subject: ValueId, property: PropertyId, object: ValueId) => void

function flat(count: number, fill: (i: number, add: AddTriple) => void): number[] {
  const triples: number[] = []
  const add: AddTriple = (subject, property, object) => {
    triples.push(subject, property, object)
  }
  for (let i = 0; i < count; i++) fill(i, add)
  return triples
}
