/** Rules that add what follows, and rules that change what is written. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { inferenceKinds } from '../../src/constraint/inference-kinds.js'
import { inputKinds } from '../../src/constraint/input-kinds.js'
import type { Clone, Update } from '../../src/index.js'
import { domain, World } from './world.js'

const vocabulary = `http://${domain}/#`
const type = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'
const subClassOf = 'http://www.w3.org/2000/01/rdf-schema#subClassOf'

const constraints = [
  { '@type': 'inverse', property: 'child', of: 'parent' },
  { '@type': 'transitive', property: 'before' },
  { '@type': 'sub-class' },
  { '@type': 'count', property: 'tag', as: 'tags' },
  { '@type': 'count', objectsOf: 'column', as: 'cards' },
]

const quadText = (clone: Clone): string[] =>
  Array.from(
    clone.quads(),
    ({ subject, predicate, object }) => `${subject.value} ${predicate.value} ${object.value}`,
  ).sort()

/** What follows, from scratch. */
function closed(asserted: readonly string[]): string[] {
  const triples = asserted.map(text => text.split(' '))
  const all = new Set(asserted)
  const objects = (s: string, p: string) => triples.filter(([a, b]) => a === s && b === p).map(([, , o]) => o)
  const reached = (from: string, p: string) => {
    const found = new Set<string>()
    const open = [from]
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const o of objects(next, p)) if (!found.has(o)) open.push(...(found.add(o) && [o]))
    return found
  }
  const counts = new Map<string, number>()
  for (const [s, p, o] of triples) {
    if (p === `${vocabulary}parent`) all.add(`${o} ${vocabulary}child ${s}`)
    if (p === `${vocabulary}before`) for (const far of reached(s, p)) all.add(`${s} ${p} ${far}`)
    if (p === type) for (const above of reached(o, subClassOf)) all.add(`${s} ${p} ${above}`)
    const counted =
      p === `${vocabulary}tag` ? `${s} ${vocabulary}tags` : p === `${vocabulary}column` ? `${o} ${vocabulary}cards` : ''
    if (counted !== '') counts.set(counted, (counts.get(counted) ?? 0) + 1)
  }
  for (const [key, count] of counts) all.add(`${key} ${count}`)
  return [...all].sort()
}

const references = ['parent', 'before', 'column', 'rdfs:subClassOf', '@type'] as const
const id = fc.integer({ min: 0, max: 4 }).map(n => `s${n}`)
const change = fc.oneof(
  fc.record({ subject: id, property: fc.constantFrom(...references), object: id, deletes: fc.boolean() }),
  fc.record({
    subject: id,
    property: fc.constant('tag' as const),
    object: fc.constantFrom('a', 'b', 'c'),
    deletes: fc.boolean(),
  }),
)
type Change = { subject: string; property: (typeof references)[number] | 'tag'; object: string; deletes: boolean }

function request({ subject, property, object, deletes }: Change): object {
  const isReference = property !== 'tag' && property !== '@type'
  const description = {
    '@id': subject,
    // Types are names in the vocabulary: the same IRIs as those of the subjects, so that a type can have types above it.
    [property]: isReference ? { '@id': object } : property === '@type' ? `http://${domain}/${object}` : object,
  }
  return deletes ? { '@delete': description } : description
}

describe('what follows', () => {
  it('is visible, told of, and not live', async () => {
    const world = new World()
    const clone = await world.alone({ constraints })
    const updates: Update[] = []
    clone.follow(update => updates.push(update))
    await world.settle(clone.write({ '@id': 'wilma', parent: { '@id': 'pearl' }, tag: ['a', 'b'] }))
    expect(clone.get('pearl')).toEqual({ '@id': 'pearl', child: { '@id': 'wilma' } })
    expect(clone.get('wilma')).toEqual({ '@id': 'wilma', parent: { '@id': 'pearl' }, tag: ['a', 'b'], tags: 2 })
    expect(clone.read({ '@select': '?c', '@where': { '@id': 'pearl', child: '?c' } })).toEqual([
      { '?c': { '@id': 'wilma' } },
    ])
    expect(clone.stats()).toMatchObject({ triples: 5, liveTriples: 3 })
    expect(updates[0]['@insert']).toEqual(expect.arrayContaining([{ '@id': 'pearl', child: { '@id': 'wilma' } }]))
    await world.settle(clone.write({ '@delete': { '@id': 'wilma', tag: 'a' } }))
    expect(updates[1]).toMatchObject({
      '@delete': [{ '@id': 'wilma', tag: 'a', tags: 2 }],
      '@insert': [{ '@id': 'wilma', tags: 1 }],
    })
    await world.settle(clone.delete('wilma'))
    expect(quadText(clone)).toEqual([])
  })

  it('is nothing that a reference could lead to: that is judged before', async () => {
    const world = new World()
    const reference = (property: string) => ({ '@type': 'reference', property })
    const count = { '@type': 'count', property: 'next', as: 'nexts' }
    const clone = await world.alone({ constraints: [reference('next'), reference('to'), count] })
    const rows = [
      { '@id': 'c', name: 'C' },
      { '@id': 'b', next: { '@id': 'c' } },
    ]
    await world.settle(clone.write({ '@graph': rows }))
    expect(clone.get('b')).toEqual({ '@id': 'b', next: { '@id': 'c' }, nexts: 1 })
    // Of b nothing is seen that is no reference under a rule.
    await expect(world.settle(clone.write({ '@id': 'a', to: { '@id': 'b' } }))).rejects.toMatchObject({
      code: 'constraint-violated',
    })
    await world.settle(
      clone.write({
        '@graph': [
          { '@id': 'b', name: 'B' },
          { '@id': 'a', to: { '@id': 'b' } },
        ],
      }),
    )
    expect(clone.get('a')).toEqual({ '@id': 'a', to: { '@id': 'b' } })
  })

  it('is what follows from scratch, after any writes, a refused one, a failing store, and a restart', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 25 }),
        fc.infiniteStream(fc.nat(9)),
        async (changes, chances) => {
          const world = new World()
          const disk = world.disk()
          const context = { rdfs: 'http://www.w3.org/2000/01/rdf-schema#' }
          const open = () => world.alone({ constraints, context, disk })
          const plain = await world.alone({ context })
          let clone = await open()
          const copy = new Set<string>()
          const follow = () =>
            clone.follow(update => {
              const text = (quad: {
                subject: { value: string }
                predicate: { value: string }
                object: { value: string }
              }) => `${quad.subject.value} ${quad.predicate.value} ${quad.object.value}`
              for (const quad of update.quads.delete) copy.delete(text(quad))
              for (const quad of update.quads.insert) copy.add(text(quad))
            })
          follow()
          for (const one of changes) {
            const { value: chance } = chances.next()
            if (chance === 0) {
              // Nothing of it stays, neither what was written nor what followed.
              disk.conditions.failing = true
              const refused = clone.write(request(one)).catch(() => {})
              await world.settle(refused)
              disk.conditions.failing = false
              await world.pass(10_000)
            } else {
              await world.settle(clone.write(request(one)))
              await world.settle(plain.write(request(one)))
            }
            if (chance === 1) {
              await world.settle(clone.close())
              clone = await open()
              follow()
            }
            expect(quadText(clone)).toEqual(closed(quadText(plain)))
            expect([...copy].sort()).toEqual(quadText(clone))
          }
          expect(clone.stats().liveTriples).toBe(plain.stats().triples)
          await world.settle(clone.close())
          await world.settle(plain.close())
        },
      ),
      { numRuns: fuzz.runs(40) },
    ))

  it('is refused where a rule would have to judge it', async () => {
    const world = new World()
    const single = { '@type': 'single-valued', property: 'child' }
    await expect(world.alone({ constraints: [...constraints, single] })).rejects.toMatchObject({
      code: 'constraint-invalid',
    })
  })
})

describe('what is written', () => {
  it('is brought into form, and made whole', async () => {
    const world = new World()
    const clone = await world.alone({
      constraints: [
        { '@type': 'trim', property: 'name' },
        { '@type': 'lower-case', property: 'email' },
        { '@type': 'default', property: 'state', value: 'open', class: 'Task' },
        { '@type': 'default', property: 'key', generate: 'id', class: 'Task' },
        { '@type': 'default', property: 'made', generate: 'now', class: 'Task' },
      ],
    })
    await world.settle(clone.write({ '@id': 't', '@type': 'Task', name: '  Wash ', email: 'Fred@Example.org' }))
    const task = clone.get('t')
    expect(task).toMatchObject({ name: 'Wash', email: 'fred@example.org', state: 'open', key: expect.any(String) })
    expect(task).toHaveProperty('made')
    await world.settle(clone.write({ '@id': 'u', '@type': 'Task', state: 'done' }))
    expect(clone.get('u', 'state')).toEqual({ '@id': 'u', state: 'done' })
    await world.settle(clone.patch({ '@id': 't', state: null }))
    await world.settle(clone.write({ '@id': 't', '@type': 'Task' }))
    expect(clone.get('t', 'state')).toBeUndefined()
  })
})

/** The rows of the tables in docs/rules.md, by name. */
const rows = [
  {
    name: 'inverse refers back, from what another clone refers to',
    constraint: { '@type': 'inverse', property: 'child', of: 'parent' },
    one: { '@id': 'pearl', name: 'Pearl' },
    two: { '@id': 'wilma', parent: { '@id': 'pearl' } },
    seen: { '@id': 'pearl', name: 'Pearl', child: { '@id': 'wilma' } },
  },
  {
    name: 'transitive leads from the first to the last of steps of two clones',
    constraint: { '@type': 'transitive', property: 'before' },
    one: { '@id': 'a', before: { '@id': 'b' } },
    two: { '@id': 'b', before: { '@id': 'c' } },
    seen: { '@id': 'a', before: [{ '@id': 'b' }, { '@id': 'c' }] },
  },
  {
    name: 'sub-class gives the types above a type, whoever wrote them',
    constraint: { '@type': 'sub-class' },
    one: { '@id': 'rex', '@type': 'Dog' },
    two: { '@id': `http://${domain}/#Dog`, [subClassOf]: { '@id': `http://${domain}/#Animal` } },
    seen: { '@id': 'rex', '@type': ['Animal', 'Dog'] },
  },
  {
    name: 'count counts the subjects of two clones',
    constraint: { '@type': 'count', objectsOf: 'column', as: 'cards' },
    one: { '@id': 'card-1', column: { '@id': 'todo' } },
    two: { '@id': 'card-2', column: { '@id': 'todo' } },
    seen: { '@id': 'todo', cards: 2 },
  },
  {
    name: 'trim takes the space from what is written, on either clone',
    constraint: { '@type': 'trim', property: 'name' },
    one: { '@id': 'a', name: ' Fred ' },
    two: { '@id': 'a', name: 'Fred' },
    seen: { '@id': 'a', name: 'Fred' },
  },
  {
    name: 'lower-case makes two spellings one value',
    constraint: { '@type': 'lower-case', property: 'email' },
    one: { '@id': 'a', email: 'Fred@b.example' },
    two: { '@id': 'a', email: 'fred@b.example' },
    seen: { '@id': 'a', email: 'fred@b.example' },
  },
  {
    name: 'normal-form makes what looks the same the same',
    constraint: { '@type': 'normal-form', property: 'name' },
    one: { '@id': 'a', name: 'Zoe\u0308' },
    two: { '@id': 'a', name: 'Zo\u00eb' },
    seen: { '@id': 'a', name: 'Zo\u00eb' },
  },
  {
    name: 'default gives a value to whom one clone makes, and not where the other gave one',
    constraint: { '@type': 'default', property: 'state', value: 'open', class: 'Task' },
    one: { '@id': 'a', '@type': 'Task' },
    two: { '@id': 'a', title: 'Wash' },
    seen: { '@id': 'a', '@type': 'Task', title: 'Wash', state: 'open' },
  },
]

describe('two clones under a rule', () => {
  it.each(rows)('$name', async ({ constraint, one, two, seen }) => {
    const world = new World()
    const options = { constraints: [constraint] }
    const clones = [await world.open(options), await world.open({ ...options, genesis: false })]
    await world.pass(2_000)
    world.network.cut('t1', 't2')
    world.network.cut('t2', 't1')
    await world.settle(clones[0].write(one))
    await world.settle(clones[1].write(two))
    world.network.heal()
    await world.pass(120_000)
    for (const clone of clones) {
      expect(clone.get(seen['@id'])).toEqual(seen)
      expect(clone.conflicts()).toEqual([])
    }
  })
})

const page = readFileSync(new URL('../../../../docs/rules.md', import.meta.url), 'utf8')

test.each([...inferenceKinds, ...inputKinds].map(({ type }) => type))('docs/rules.md has a row of %s', type => {
  const row = page.split('\n').find(line => line.startsWith(`| \`${type}\` |`))
  const named = rows.filter(({ constraint }) => constraint['@type'] === type)
  expect(named).toHaveLength(1)
  expect(row).toContain(named[0].name)
})
