import type { RDF } from 'meldwork'
import * as jsonld from 'meldwork/formats/jsonld'
import * as n3 from 'meldwork/formats/n3'

/** The syntaxes of files, by their media types. */
export type Syntax = n3.Syntax | 'application/ld+json'

type Text = AsyncIterable<string | Uint8Array>

/** Parses a file for a domain: what is relative is relative to it. In JSON-LD, names without a context are those of `meldwork write`. */
export function parse(text: Text, syntax: Syntax, domain: string): AsyncIterable<RDF.Quad> {
  const { baseIri, vocabIri } = namespacesOf(domain)
  if (syntax !== 'application/ld+json') return n3.parse(text, { syntax, baseIri })
  const contextLoader = () =>
    Promise.reject(new Error('this command fetches nothing. Put the context itself in its place, in the document'))
  return jsonld.parse(text, { baseIri, context: { '@vocab': vocabIri }, contextLoader })
}

/** Serializes quads of a domain. */
export function serialize(quads: Iterable<RDF.Quad>, syntax: Syntax, domain: string): AsyncIterable<string> {
  const { baseIri, vocabIri } = namespacesOf(domain)
  if (syntax === 'application/ld+json') return jsonld.serialize(quads, { baseIri, vocabIri })
  const prefixes = {
    '': vocabIri,
    rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
    rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
    xsd: 'http://www.w3.org/2001/XMLSchema#',
  }
  return n3.serialize(quads, { syntax, prefixes })
}

function namespacesOf(domain: string): { baseIri: string; vocabIri: string } {
  return { baseIri: `http://${domain}/`, vocabIri: `http://${domain}/#` }
}
