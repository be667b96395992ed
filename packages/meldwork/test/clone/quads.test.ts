/** RDF/JS quads of a clone: what matches, counts, updates, and updates as quads, each beside a plain set of triples. */
import fc from 'fast-check'
import { DataFactory } from 'rdf-data-factory'
import { afterEach, describe, expect, it, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Clone, openClone, type QuadPattern, type RDF, type Update } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { termText } from '../reference/subjects.js'

const factory = new DataFactory()
const { namedNode, literal } = factory
const base = 'http://board.example/'
const xsd = (name: string) => namedNode(`http://www.w3.org/2001/XMLSchema#${name}`)

const opened: Clone[] = []
afterEach(async () => {
  for (const clone of opened.splice(0)) await clone.close()
})

async function open(): Promise<Clone> {
  const clone = await openClone({ domain: 'board.example', store: new MemoryStore(), genesis: true })
  opened.push(clone)
  return clone
}

const quadText = ({ subject, predicate, object, graph }: RDF.BaseQuad) =>
  [subject, predicate, object, graph].map(term => termText(term as RDF.Term)).join(' ')

const texts = (quads: Iterable<RDF.BaseQuad>) => Array.from(quads, quadText).sort()

const subjects = ['a', 'b', 'c', '#p'].map(name => namedNode(base + name))
const properties = ['#p', '#q', '#r'].map(name => namedNode(base + name))
const objects = [
  ...subjects,
  namedNode('http://elsewhere.example/x'),
  literal('text'),
  literal('text', 'fr'),
  literal('5', xsd('integer')),
  literal('05', xsd('integer')),
  literal('5.0E-1', xsd('double')),
  literal('true', xsd('boolean')),
  literal('2020-01-01', xsd('date')),
]
const quad = fc
  .tuple(fc.constantFrom(...subjects), fc.constantFrom(...properties), fc.constantFrom(...objects))
  .map(([subject, predicate, object]) => factory.quad(subject, predicate, object) as RDF.Quad)
const update = fc.record({ delete: fc.array(quad, { maxLength: 8 }), insert: fc.array(quad, { maxLength: 8 }) })

/** Terms that the data may have, and some that it does not or that no domain can have. */
const asked = {
  subject: [...subjects, namedNode('a:nobody'), factory.blankNode('b'), literal('text')],
  predicate: [...properties, namedNode('a:nothing'), factory.blankNode('b')],
  object: [...objects, literal('nothing'), factory.blankNode('b'), namedNode('no iri')],
  graph: [factory.defaultGraph(), namedNode('a:graph')],
}

/** Every combination of terms and their absence: all 16 shapes of a pattern, with each way of saying nothing. */
function* patterns(): Iterable<QuadPattern> {
  const any = [undefined, null, factory.variable('x')]
  let turn = 0
  const none = () => any[turn++ % any.length]
  const shapes = [[0], [1]].flatMap(s => [0, 1].flatMap(p => [0, 1].flatMap(o => [0, 1].map(g => [...s, p, o, g]))))
  for (const [s, p, o, g] of shapes)
    for (const subject of s ? asked.subject : [none()])
      for (const predicate of p ? asked.predicate : [none()])
        for (const object of o ? asked.object : [none()])
          for (const graph of g ? asked.graph : [none()]) yield [subject, predicate, object, graph]
}

type Known = readonly [text: string, quad: RDF.Quad]

function matching(all: readonly Known[], pattern: QuadPattern): Known[] {
  const fits = (term: RDF.Term, wanted: RDF.Term | null | undefined) =>
    !wanted || wanted.termType === 'Variable' || wanted.equals(term)
  const [s, p, o, g] = pattern
  return all.filter(
    ([, { subject, predicate, object, graph }]) =>
      fits(subject, s) && fits(predicate, p) && fits(object, o) && fits(graph, g),
  )
}

type Readable = Pick<Clone, 'match' | 'countQuads'>

function checkMatches(clone: Readable, expected: ReadonlyMap<string, RDF.Quad>): void {
  const all = [...expected].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const pattern of patterns()) {
    const found = clone.match(...pattern)
    const wanted = matching(all, pattern).map(([text]) => text)
    const got = texts(found)
    if (got.join('\n') !== wanted.join('\n'))
      expect(got, pattern.map(term => term && termText(term)).join(' ')).toEqual(wanted)
    if (found.size !== wanted.length || clone.countQuads(...pattern) !== wanted.length)
      expect([found.size, clone.countQuads(...pattern)]).toEqual([wanted.length, wanted.length])
  }
}

function apply(model: Map<string, RDF.Quad>, { delete: deleted = [], insert = [] }: Update['quads']): void {
  for (const quad of deleted) model.delete(quadText(quad))
  for (const quad of insert) model.set(quadText(quad), quad)
}

test('match and count give what a search through all quads gives, updates what a set gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(update, { minLength: 1, maxLength: 6 }), async updates => {
      const clone = await open()
      const model = new Map<string, RDF.Quad>()
      const replayed = new Map<string, RDF.Quad>()
      clone.follow(update => {
        // Nothing is said twice, and nothing that was not so.
        for (const quad of update.quads.delete) expect(replayed.has(quadText(quad))).toBe(true)
        for (const quad of update.quads.insert) expect(replayed.has(quadText(quad))).toBe(false)
        apply(replayed, update.quads)
      })
      for (const each of updates) {
        apply(model, each)
        const { ids } = await clone.updateQuads(each)
        expect(ids).toEqual([])
        expect(texts(clone.quads())).toEqual([...model.keys()].sort())
        expect([...replayed.keys()].sort()).toEqual([...model.keys()].sort())
      }
      checkMatches(clone, model)
      await clone.close()
    }),
    { numRuns: fuzz.runs(10) },
  )
})

test('in a draft and in a batch, too', async () => {
  await fc.assert(
    fc.asyncProperty(update, update, update, async (before, within, meanwhile) => {
      const clone = await open()
      const model = new Map<string, RDF.Quad>()
      apply(model, before)
      await clone.updateQuads(before)
      const outside = new Map(model)
      await clone.write(async draft => {
        apply(model, within)
        draft.updateQuads(within)
        apply(outside, meanwhile)
        await clone.updateQuads(meanwhile)
        checkMatches(draft, model)
        checkMatches(clone, outside)
      })
      const joined = new Map(Array.from(clone.quads(), quad => [quadText(quad), quad as RDF.Quad]))
      await clone.batch(() => {
        apply(joined, before)
        clone.updateQuads(before)
        checkMatches(clone, joined)
      })
      checkMatches(clone, joined)
      await clone.close()
    }),
    { numRuns: fuzz.runs(2) },
  )
})

describe('what was matched', () => {
  it('stands still while others write, and can be gone over again', async () => {
    const clone = await open()
    await clone.write([{ '@id': 'a', p: [1, 2, 3] }])
    for (const pattern of [[], [namedNode(`${base}a`)], [null, namedNode(`${base}#p`)]] as QuadPattern[]) {
      const found = clone.match(...pattern)
      const values: string[] = []
      for (const { object } of found) {
        values.push(object.value)
        await clone.patch({ '@id': 'a', p: Number(object.value) + 10 })
      }
      expect(values.sort()).toEqual(['1', '2', '3'])
      expect(texts(found)).toHaveLength(3)
      await clone.put({ '@id': 'a', p: [1, 2, 3] })
    }
    await clone.close()
    expect(() => clone.match()).toThrow(expect.objectContaining({ code: 'clone-closed' }))
    expect(() => clone.countQuads()).toThrow(expect.objectContaining({ code: 'clone-closed' }))
  })
})

describe('updates of quads', () => {
  it('know blank nodes by the map that they were given', async () => {
    const clone = await open()
    const blankNodes = new Map<string, string>()
    const [a, p] = [subjects[0], properties[0]]
    const node = factory.blankNode('x')
    const { ids } = await clone.updateQuads({ insert: [factory.quad(node, p, node)] }, { blankNodes })
    expect(ids).toEqual([blankNodes.get('x')])
    const { ids: none, ticks } = await clone.updateQuads({
      delete: [factory.quad(node, p, node), factory.quad(a, namedNode('a:unknown'), literal('unknown'))],
    })
    expect([none, ticks, clone.countQuads()]).toEqual([[], 1, 1])
    await clone.updateQuads(
      { delete: [factory.quad(node, p, node)], insert: [factory.quad(a, p, node)] },
      { blankNodes },
    )
    expect(clone.read({ '@describe': 'a' })).toEqual([{ '@id': 'a', p: { '@id': ids[0] } }])
    expect(clone.countQuads()).toBe(1)
  })

  it('are refused whole', async () => {
    const clone = await open()
    await clone.write({ '@id': 'a', p: 1 })
    const good = factory.quad(subjects[0], properties[0], literal('1', xsd('integer')))
    const variable = factory.quad(subjects[0], factory.variable('p'), literal('1'))
    for (const bad of [variable, factory.quad(literal('x') as unknown as RDF.NamedNode, properties[0], literal('1'))]) {
      const refusal = { code: 'pattern-unsupported' }
      await expect(clone.updateQuads({ delete: [good, bad] })).rejects.toMatchObject(refusal)
      await expect(clone.updateQuads({ delete: [good], insert: [bad] })).rejects.toMatchObject(refusal)
    }
    const malformed = factory.quad(namedNode('no iri'), properties[0], literal('1'))
    await expect(clone.updateQuads({ delete: [good, malformed] })).rejects.toMatchObject({ code: 'iri-malformed' })
    expect(clone.status.value.ticks).toBe(1)
    expect(clone.get('a')).toEqual({ '@id': 'a', p: 1 })
  })

  it('take the literals that JSON gave', async () => {
    const clone = await open()
    const values = ['text', 5, 0.5, true, { '@language': 'fr', '@value': 'chat' }, { '@id': 'b' }]
    await clone.write({ '@id': 'a', p: values })
    await clone.updateQuads({ delete: clone.match() })
    expect([...clone.quads()]).toEqual([])
  })
})

describe('the quads of an update', () => {
  it('are those of lists, too, and replayed elsewhere give the same list', async () => {
    const clone = await open()
    const copy = await open()
    const kept: Update[] = []
    clone.follow(update => kept.push(update))
    await clone.write({ '@id': 'a', p: { '@id': 'l', '@list': ['one', 'two', 'three'] } })
    await clone.write({ '@delete': { '@id': 'l', '@list': { 1: '?x' } } })
    await clone.write({ '@insert': { '@id': 'l', '@list': { 0: 'zero' } } })
    // Asked for long after what they are about.
    for (const { quads } of kept) await copy.updateQuads(quads)
    expect(texts(copy.quads())).toEqual(texts(clone.quads()))
    expect(copy.get('l')).toEqual(clone.get('l'))
    expect(clone.get('l')?.['@list']).toEqual(['zero', 'one', 'three'])
    expect(kept[0].quads).toBe(kept[0].quads)
    expect(Object.keys(kept[0])).toEqual(['@delete', '@insert', '@update', '@ticks'])
  })

  it('tell a slow reader what many came to', async () => {
    const clone = await open()
    const copy = await open()
    const updates = clone.follow()
    for (let i = 0; i < 1500; i++) {
      await clone.patch({ '@id': `s${i % 7}`, p: i })
    }
    await clone.delete('s3')
    const left = texts(clone.quads())
    let taken = 0
    await clone.close()
    for await (const { quads } of updates) {
      await copy.updateQuads(quads)
      taken++
    }
    expect(taken).toBe(1001)
    expect(texts(copy.quads())).toEqual(left)
    expect(left).toHaveLength(6)
  })
})
