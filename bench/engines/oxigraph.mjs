// oxigraph, in WebAssembly: loops over quads for simple questions, SPARQL for joins, which is quicker there. https://github.com/oxigraph/oxigraph
import { DataFactory } from 'n3'
import oxigraph from 'oxigraph'
import { base, quadsOf } from '../lib/rows.mjs'

export const name = 'oxigraph'

const text = term =>
  term.termType === 'NamedNode' ? `<${term.value}>` : `${JSON.stringify(term.value)}^^<${term.datatype.value}>`

export function load(rows) {
  const store = new oxigraph.Store()
  // As a text: much quicker than a call for each quad.
  const lines = Array.from(quadsOf(DataFactory, rows), quad =>
    [quad.subject, quad.predicate, quad.object].map(text).join(' '),
  )
  store.load(`${lines.join(' .\n')} .`, { format: 'application/n-triples' })
  const { namedNode, literal } = oxigraph
  const older = '?s :age ?a FILTER(?a > 50)'
  const ask = (select, where) =>
    store.query(`PREFIX : <${base}#> SELECT ${select} WHERE { ${where} . ${older} }`).length
  return {
    subj: id => store.match(namedNode(base + id), null, null, null).length,
    po: city => store.match(null, namedNode(`${base}#city`), literal(city), null).length,
    join: dept => ask('?s ?a', `?s :dept <${base}${dept}>`),
    link: city => ask('?s ?t', `?t :city "${city}" . ?s :knows ?t`),
  }
}
