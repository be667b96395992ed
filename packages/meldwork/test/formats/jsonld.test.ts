import fc from 'fast-check'
import jsonld from 'jsonld'
import { canonize } from 'rdf-canonize'
import { DataFactory } from 'rdf-data-factory'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type ParseOptions, parse, type SerializeOptions, serialize } from '../../src/formats/jsonld.js'
import { canonicalJson, type RDF } from '../../src/rdf/index.js'
import { termText } from '../reference/subjects.js'

const factory = new DataFactory()
const { namedNode, literal, blankNode, defaultGraph, variable } = factory
const quad: typeof factory.quad = (...parts) => factory.quad(...parts)
const base = 'http://board.example/'
const board: ParseOptions = { baseIri: base, context: { '@vocab': `${base}#` } }
const xsd = (name: string) => namedNode(`http://www.w3.org/2001/XMLSchema#${name}`)
const rdf = (name: string) => namedNode(`http://www.w3.org/1999/02/22-rdf-syntax-ns#${name}`)

async function all(pieces: Iterable<string | Uint8Array>, options: ParseOptions = {}): Promise<RDF.Quad[]> {
  const quads: RDF.Quad[] = []
  for await (const quad of parse(pieces, options)) quads.push(quad)
  return quads
}

const lines = async (pieces: Iterable<string | Uint8Array>, options?: ParseOptions) =>
  (await all(pieces, options)).map(({ subject, predicate, object, graph }) =>
    [subject, predicate, object, graph].map(termText).join(' '),
  )

async function written(quads: readonly RDF.BaseQuad[], options?: SerializeOptions): Promise<string> {
  let text = ''
  for await (const piece of serialize(quads, options)) text += piece
  return text
}

/** In the one way of writing them, each quad once. */
async function canonical(quads: readonly RDF.BaseQuad[]): Promise<string[]> {
  const options = { algorithm: 'RDFC-1.0', format: 'application/n-quads', maxWorkFactor: 3 } as const
  return [...new Set((await canonize(quads as object[], options)).split('\n'))]
}

describe('parsing', () => {
  const document = '{"@id":"fred","@type":"Person",\n "name":["Fréd😀"],"knows":{"@id":"a:b"}}'
  const expected = [
    '<http://board.example/fred> <http://board.example/#knows> <a:b> DefaultGraph ',
    '<http://board.example/fred> <http://board.example/#name> "Fréd😀"^^<http://www.w3.org/2001/XMLSchema#string> DefaultGraph ',
    '<http://board.example/fred> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://board.example/#Person> DefaultGraph ',
  ]

  it('is the same wherever the text is cut', async () => {
    expect((await lines([document], board)).sort()).toEqual(expected)
    expect((await lines([...document], board)).sort()).toEqual(expected)
    const bytes = Array.from(new TextEncoder().encode(document), byte => Uint8Array.of(byte))
    expect((await lines(bytes, board)).sort()).toEqual(expected)
    expect(await lines(['[]'])).toEqual([])
  })

  it('gives named graphs, lists as triples, and blank nodes that no other document has', async () => {
    const text = '{"@id":"x:g","@graph":[{"@id":"_:a","x:p":{"@id":"_:a"}}]}'
    const [first] = await lines([text])
    const [second] = await lines([text])
    expect(first).toMatch(/^BlankNode (\S+) <x:p> BlankNode \1 <x:g>$/)
    expect(second).not.toBe(first)
    const list = await all(['{"@id":"x:s","x:p":{"@list":[1,2]}}'])
    expect(list.filter(({ predicate }) => predicate.equals(rdf('first')))).toHaveLength(2)
    expect(list.filter(({ object }) => object.equals(rdf('nil')))).toHaveLength(1)
  })

  it.each<[string, (string | Uint8Array)[], number]>([
    ['no JSON', ['{"a":\n\n oops}'], 3],
    ['an end too early', ['{"a":\n[1,'], 2],
    ['something after the end', ['[]\n[]'], 2],
    ['nothing', [''], 1],
    ['text', ['"text"'], 1],
    ['null', ['null'], 1],
    ['bytes that are not UTF-8', ['{"x:a":\n"', Uint8Array.of(0xff), '"}'], 2],
    ['half a character at the end', ['[]', Uint8Array.of(0xe2, 0x82)], 1],
    ['a number that is not kept exactly', ['{"@id":"x:s","x:p":12345678901234567890}'], 1],
    ['a property without an IRI', ['{"@id":"x:s","name":"x"}'], 1],
    ['an id without a base', ['{"@id":"s","x:p":1}'], 1],
    ['an invalid keyword', ['{"@id":5,"x:p":1}'], 1],
    ['an invalid context', ['{"@context":{"p":5},"@id":"x:s","p":1}'], 1],
    ['arrays too deep', [`{"@id":"x:s","x:p":${'['.repeat(5000)}${']'.repeat(5000)}}`], 1],
    ['objects too deep', [`${'{"x:p":'.repeat(5000)}1${'}'.repeat(5000)}`], 1],
  ])('of %s is refused, with the line', async (_, pieces, line) => {
    await expect(all(pieces)).rejects.toMatchObject({ code: 'parse-failed', facts: { line } })
  })

  it('leaves out what JSON-LD leaves out, when told so', async () => {
    expect(await lines(['{"@id":"x:s","name":"x","x:p":true}'], { strict: false })).toEqual([
      '<x:s> <x:p> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> DefaultGraph ',
    ])
  })

  it('fetches nothing: contexts at an address come from the loader', async () => {
    const text = '{"@context":"https://contexts.example/c","@id":"x:s","p":1}'
    const asked: string[] = []
    const contextLoader = async (iri: string) => {
      asked.push(iri)
      return { '@context': { p: 'x:p' } }
    }
    await expect(all([text])).rejects.toMatchObject({
      code: 'context-invalid',
      facts: { path: 'https://contexts.example/c' },
    })
    expect(await lines([text], { contextLoader })).toHaveLength(1)
    expect(asked).toEqual(['https://contexts.example/c'])
    // What one call was given is not there for another.
    await expect(all([text])).rejects.toMatchObject({ code: 'context-invalid' })
    const imports = '{"@context":{"@import":"https://contexts.example/c"},"@id":"x:s","p":1}'
    await expect(all([imports])).rejects.toMatchObject({ code: 'context-invalid' })
    const failing = () => Promise.reject(new Error('offline'))
    await expect(all([text], { contextLoader: failing })).rejects.toMatchObject({
      code: 'context-invalid',
      cause: { message: 'offline' },
    })
  })

  it('cannot be made to change what all objects have', async () => {
    for (const text of [
      '{"@id":"x:s","__proto__":{"x:polluted":1},"x:p":1}',
      '{"@context":{"__proto__":{"polluted":"x:polluted"},"constructor":"x:c"},"@id":"x:s","constructor":1}',
      '{"@context":{"__proto__":"x:q"},"@id":"__proto__","__proto__":{"__proto__":1}}',
    ])
      await all([text], board).catch(error => expect(error).toMatchObject({ code: 'parse-failed' }))
    const plain = {} as Record<string, unknown>
    expect([plain.polluted, plain['x:polluted'], Object.keys(Object.prototype)]).toEqual([undefined, undefined, []])
  })

  it('passes on what goes wrong with the source', async () => {
    const pieces = async function* (): AsyncGenerator<string> {
      yield '['
      throw new Error('disk')
    }
    await expect(parse(pieces()).next()).rejects.toThrow('disk')
  })
})

describe('documents', () => {
  const context = {
    '@vocab': 'x:',
    list: { '@container': '@list' },
    by: { '@reverse': 'x:of' },
    in: { '@container': '@language' },
    at: { '@container': '@index' },
    graphs: { '@container': ['@graph', '@id'] },
    double: { '@type': 'http://www.w3.org/2001/XMLSchema#double' },
    json: { '@type': '@json' },
    id: '@id',
  }
  const documents: [string, object][] = [
    ['numbers', { a: [0, -0, 5, -5, 0.5, 1e21, 1.5e300], double: [5, 0.5], b: [true, false] }],
    ['lists', { list: [1, 'a', { id: 'x:y', a: 1 }], a: { '@list': [] } }],
    ['lists of lists', { list: [[], [1], [[2, { a: 3 }]]] }],
    ['reverse properties', { by: [{ id: 'x:a', b: 1 }, { b: { '@reverse': { 'x:c': { a: 1 } } } }] }],
    ['languages and indexes', { in: { en: ['a', 'b'], FR: 'c' }, at: { 1: 'a', 2: [{ id: 'x:b' }] } }],
    ['graphs', { a: { '@graph': [{ a: 1 }] }, graphs: { 'x:g': { id: 'x:a', b: 1 }, '_:g': { b: { id: '_:g' } } } }],
    ['a graph in a graph', { '@graph': [{ id: 'x:a', '@graph': [{ id: 'x:b', '@graph': { a: 1 }, b: 2 }] }] }],
    ['included subjects', { a: 1, '@included': [{ id: 'x:a', a: 1, '@included': { b: 2 } }] }],
    ['json', { json: [{ b: [1, 1e3, null], a: { '@id': 5 } }, 'text', null, [], 5] }],
    ['types', { '@type': ['A', '_:b'], a: { '@type': 'B' }, b: { '@value': 'x', '@type': 'C' } }],
    ['nothing', { a: [null, { '@value': null }], b: [], c: {} }],
  ]
  it.each(documents)('with %s mean what jsonld makes of them', async (_, members) => {
    for (const document of [
      { '@context': context, ...members },
      { '@context': context, id: 'x:s', ...members },
    ]) {
      const there = await jsonld.toRDF(document, { base: '', expandContext: {}, documentLoader: Promise.reject })
      const here = await all([JSON.stringify(document)], { strict: false })
      expect(here.length).toBeGreaterThan(0)
      expect(await canonical(here)).toEqual(await canonical(there))
    }
  })

  it('keep the text of typed values, and small numbers', async () => {
    const text = '{"@id":"x:s","x:p":{"@type":"http://www.w3.org/2001/XMLSchema#double","@value":"05.0"}}'
    expect((await all([text]))[0].object.value).toBe('05.0')
    expect((await all(['{"@id":"x:s","x:p":1e-7}']))[0].object.value).toBe('1.0E-7')
  })

  it.each([
    '{"@id":"x:s","x:p":{"@value":"x","@direction":"ltr"}}',
    '{"@id":"x:s","@type":["T"]}',
    '{"@id":"x:s","_:p":1}',
    '{"@context":{"p":{"@id":"x:p","@type":"rel"}},"@id":"x:s","p":"v"}',
    '{"@id":"x:s","x:p":{"@type":"@json","@value":"\\ud800"}}',
  ])('are refused for what is no quad: %s', async text => {
    await expect(all([text])).rejects.toMatchObject({ code: 'parse-failed' })
  })
})

describe('serializing', () => {
  it('is what a person would write, where that is exact', async () => {
    const s = namedNode(`${base}fred`)
    const p = (name: string) => namedNode(`${base}#${name}`)
    const quads = [
      quad(s, rdf('type'), p('Person')),
      quad(s, p('name'), literal('Fred')),
      quad(s, p('name'), literal('Freddy', 'en')),
      quad(s, p('age'), literal('40', xsd('integer'))),
      quad(s, p('done'), literal('true', xsd('boolean'))),
      quad(s, p('id'), literal('007', xsd('integer'))),
      quad(s, p('knows'), namedNode(`${base}wilma`)),
      quad(s, namedNode('a:b'), literal('5.0E-1', xsd('double'))),
    ]
    expect(JSON.parse(await written(quads, { baseIri: base, vocabIri: `${base}#` }))).toEqual({
      '@context': { '@base': base, '@vocab': `${base}#` },
      '@graph': [
        {
          '@id': 'fred',
          '@type': 'Person',
          name: ['Fred', { '@language': 'en', '@value': 'Freddy' }],
          age: 40,
          done: true,
          id: { '@type': xsd('integer').value, '@value': '007' },
          knows: { '@id': 'wilma' },
          'a:b': { '@type': xsd('double').value, '@value': '5.0E-1' },
        },
      ],
    })
    expect(await written([])).toBe('[\n]\n')
  })

  const iris = [
    'fred',
    '.well-known/genid/1',
    '..',
    '.',
    'a//b',
    'a/../b',
    'a:b',
    '?q',
    '#name',
    '#a.b',
    '#@type',
    '#',
    '',
  ].map(name => base + name)
  const node = fc.oneof(
    fc.constantFrom(...iris, 'a:b', 'urn:x', 'name:x').map(iri => namedNode(iri)),
    fc.constantFrom('b0', 'x').map(label => blankNode(label)),
  )
  const predicate = fc.oneof(
    fc.constantFrom(...iris.filter(iri => iri.includes('#')), 'a:b', 'urn:x').map(iri => namedNode(iri)),
    fc.constantFrom('type', 'first', 'rest').map(rdf),
  )
  const lexical = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'true',
      '1',
      '0',
      '-0',
      '007',
      '-5',
      '999999999999999',
      '9007199254740993',
      '1.0E0',
      '5',
      '@id',
      '_:b0',
    ),
  )
  const object = fc.oneof(
    node,
    lexical.map(text => literal(text)),
    fc.tuple(lexical, fc.constantFrom('en', 'de-at')).map(([text, language]) => literal(text, language)),
    fc
      .tuple(lexical, fc.constantFrom('integer', 'boolean', 'double', 'string', 'date'))
      .map(([text, type]) => literal(text, xsd(type))),
    fc.jsonValue().map(json => literal(canonicalJson(json), rdf('JSON'))),
    fc.constantFrom('{ "a": 1 }', '[12345678901234567000]', 'no JSON').map(text => literal(text, rdf('JSON'))),
  )
  const graph = fc.oneof({ weight: 3, arbitrary: fc.constant(defaultGraph()) }, node)
  const quads = fc.array(
    fc.tuple(node, predicate, object, graph).map(([s, p, o, g]) => quad(s, p, o, g)),
    { maxLength: 12 },
  )

  it.each<[string, SerializeOptions]>([
    ['absolute', {}],
    ['relative to a domain', { baseIri: base, vocabIri: `${base}#` }],
  ])('is undone by parsing: %s', async (_, options) => {
    await fc.assert(
      fc.asyncProperty(quads, async quads => {
        const text = await written(quads, options)
        const [there, back] = [await canonical(quads), await canonical(await all([text]))]
        expect(back).toEqual(there)
      }),
      { numRuns: fuzz.runs(100) },
    )
  })

  it('comes in pieces, and a subject with very much in parts', async () => {
    const [s, p] = [namedNode('x:s'), namedNode('x:p')]
    const many = Array.from({ length: 30_000 }, (_, i) => quad(s, p, literal(String(i))))
    let [pieces, length, text] = [0, 0, '']
    for await (const piece of serialize(many)) {
      pieces++
      length = Math.max(length, piece.length)
      text += piece
    }
    expect(pieces).toBeGreaterThan(1)
    expect(length).toBeLessThan(100_000)
    expect(await all([text])).toHaveLength(30_000)
  })

  it('refuses what it cannot say', async () => {
    const [s, p] = [namedNode('x:s'), namedNode('x:p')]
    for (const bad of [quad(s, variable('p'), s), quad(s, p, quad(s, p, s)), quad(quad(s, p, s), p, s)])
      await expect(written([bad])).rejects.toMatchObject({ code: 'pattern-unsupported' })
  })
})
