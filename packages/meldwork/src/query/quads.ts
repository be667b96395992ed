import type { VisibleGraph } from '../graph/index.js'
import type { Quad, RdfTerms } from '../rdf/index.js'

/**
 * Every visible triple as an RDF/JS quad in the default graph, subject by subject. The subjects are those of the first call; each one's
 * triples are those of the moment when it is reached: do not write meanwhile if it must be one state.
 */
export function* allQuads(graph: VisibleGraph, terms: RdfTerms): IterableIterator<Quad> {
  const subjects: number[] = []
  const pairs: number[] = []
  const count = graph.allSubjects(subjects)
  for (let i = 0; i < count; i++) {
    const length = graph.triplesOf(subjects[i], pairs)
    const triples = pairs.slice(0, length)
    for (let at = 0; at < length; at += 2) yield terms.quad(subjects[i], triples[at], triples[at + 1])
  }
}
