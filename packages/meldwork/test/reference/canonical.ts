import { canonize } from 'rdf-canonize'
import type { RDF } from '../../src/rdf/index.js'

const generated = '/.well-known/genid/'

/**
 * Triples as canonical N-Quads (RDFC-1.0), each once and in the default graph: equal when the graphs are isomorphic. Identifiers that
 * were generated are blank nodes.
 */
export function canonical(quads: Iterable<RDF.Quad>): Promise<string> {
  const distinct = new Map<string, object>()
  for (const { subject, predicate, object } of quads) {
    const plain = {
      subject: node(subject),
      predicate: node(predicate),
      object: object.termType === 'Literal' ? literal(object) : node(object),
      graph: { termType: 'DefaultGraph', value: '' },
    }
    distinct.set(JSON.stringify(plain), plain)
  }
  // Cells of equal lists are told apart by all that follows them: more work than the package allows by itself.
  const options = { algorithm: 'RDFC-1.0', format: 'application/n-quads', maxWorkFactor: 3 } as const
  return canonize([...distinct.values()], options)
}

function node({ termType, value }: RDF.Term): object {
  const at = value.indexOf(generated)
  return at === -1 ? { termType, value } : { termType: 'BlankNode', value: `_:g${value.slice(at + generated.length)}` }
}

function literal({ value, language, datatype }: RDF.Literal): object {
  return { termType: 'Literal', value, language, datatype: { termType: 'NamedNode', value: datatype.value } }
}
