import jsonld from 'jsonld'
import { hasCode } from '../../src/errors.js'
import type { RDF } from '../../src/rdf/index.js'
import { ListSet } from './list-set.js'
import { Subjects } from './subjects.js'

const codes = ['iri-malformed', 'context-invalid', 'pattern-unsupported', 'value-invalid', 'pattern-invalid'] as const
const refuse = (url: string): Promise<never> => Promise.reject(new Error(`not loaded: ${url}`))

/** @returns undefined when the document is refused, with one of the codes that say so */
export function readHere(localContext: object, document: object[]): RDF.Quad[] | undefined {
  try {
    const subjects = new Subjects(localContext)
    const sink = new ListSet(subjects)
    subjects.reader.insert(document, sink)
    return sink.quads()
  } catch (error) {
    if (codes.some(code => hasCode(error, code))) return undefined
    throw error
  }
}

/** @param safe throw where something would be dropped */
export function readThere(localContext: object, document: object[], safe = false): Promise<RDF.Quad[]> {
  const options = {
    base: 'http://board.example/',
    expandContext: { '@vocab': 'http://board.example/#' },
    documentLoader: refuse,
    safe,
  }
  return jsonld.toRDF({ '@context': localContext, '@graph': withVocabulary(document) as object[] }, options)
}

/** A null context leads back to the domain here, and to no vocabulary there. */
function withVocabulary(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withVocabulary)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      key === '@context' ? nullsReplaced(value) : withVocabulary(value),
    ]),
  )
}

function nullsReplaced(context: unknown): unknown {
  const contexts = Array.isArray(context) ? context : [context]
  return contexts.flatMap(local => (local === null ? [null, { '@vocab': 'http://board.example/#' }] : [local]))
}
