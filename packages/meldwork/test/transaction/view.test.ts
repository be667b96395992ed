/**
 * Live and visible: what a rule hides is not read, not told of, and not lost; a delete of a subject or a property reaches it; and what is visible is the
 * same after a rollback, a restart, and at every clone. The rule here: of several names the one written last is seen.
 */
import { describe, expect, it } from 'vitest'
import { compareBytes } from '../../src/causality/index.js'
import { openCloneWith } from '../../src/clone/open.js'
import { type Candidate, everything, type Rule } from '../../src/constraint/index.js'
import type { Clone, CloneOptions, Update } from '../../src/index.js'
import { IriSpace, type TermTable } from '../../src/rdf/index.js'
import type { SimulatedDisk } from '../../src/testkit/simulated-store.js'
import { contents, domain, World } from '../clone/world.js'

const later = (a: Candidate, b: Candidate): number =>
  a.time - b.time || compareBytes(a.replica, b.replica) || a.counter - b.counter

const lastName = (terms: TermTable): readonly Rule[] => [
  {
    stratum: 'set',
    scope: everything,
    name: 'last name',
    property: terms.property(new IriSpace(domain).short(`http://${domain}/#name`), true),
    hides: candidates => {
      const [winner, ...losers] = candidates.toSorted(later).reverse()
      return losers.map(({ value }) => value).filter(value => value !== winner.value)
    },
  },
]

const open = (world: World, disk: SimulatedDisk, options: Partial<CloneOptions> = {}): Promise<Clone> =>
  world.settle(
    openCloneWith(
      { domain, store: disk.store(), environment: world.environment(), genesis: true, ...options },
      { rules: lastName },
    ),
  )

async function ruled() {
  const world = new World()
  const disk = world.disk(5)
  const clone = await open(world, disk)
  const updates: Update[] = []
  clone.follow(update => updates.push(update))
  await world.settle(clone.write({ '@id': 'fred', name: 'Fred', age: 40 }))
  await world.pass(10)
  await world.settle(clone.write({ '@id': 'fred', name: 'Freddy' }))
  return { world, disk, clone, updates }
}

describe('a rule', () => {
  it('hides what it hides from reads, patterns, quads, numbers and updates', async () => {
    const { clone, updates } = await ruled()
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Freddy', age: 40 })
    expect(clone.read({ '@select': '?s', '@where': { '@id': '?s', name: 'Fred' } })).toEqual([])
    expect(clone.read({ '@select': '?n', '@where': { '@id': '?s', name: '?n' } })).toEqual([{ '?n': 'Freddy' }])
    expect(contents(clone)).toHaveLength(2)
    expect(clone.stats()).toMatchObject({ triples: 2, liveTriples: 3 })
    expect(updates[1]['@delete']).toEqual([{ '@id': 'fred', name: 'Fred' }])
    expect(updates[1]['@insert']).toEqual([{ '@id': 'fred', name: 'Freddy' }])
  })

  it('shows again what is the best that is left', async () => {
    const { world, clone, updates } = await ruled()
    await world.settle(clone.write({ '@delete': { '@id': 'fred', name: 'Freddy' } }))
    expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: 'Fred' })
    expect(updates[2]['@delete']).toEqual([{ '@id': 'fred', name: 'Freddy' }])
    expect(updates[2]['@insert']).toEqual([{ '@id': 'fred', name: 'Fred' }])
  })

  it.each([
    ['a patch', (clone: Clone) => clone.patch({ '@id': 'fred', name: null })],
    ['a delete of any value', (clone: Clone) => clone.write({ '@delete': { '@id': 'fred', name: '?' } })],
    ['a put', (clone: Clone) => clone.put({ '@id': 'fred', age: 40 })],
    ['a delete of the subject', (clone: Clone) => clone.delete('fred')],
  ])('does not keep %s from reaching what is hidden', async (_name, write) => {
    const { world, clone } = await ruled()
    await world.settle(write(clone))
    expect(clone.get('fred', 'name')).toBeUndefined()
    expect(clone.stats().liveTriples).toBe(clone.stats().triples)
  })

  it('shows in a draft what was visible when it began, and what the draft writes, hidden before or not', async () => {
    const { world, clone, updates } = await ruled()
    const written = clone.write(async draft => {
      await clone.write({ '@id': 'fred', name: 'Third' })
      expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: 'Third' })
      expect(draft.get('fred', 'name')).toEqual({ '@id': 'fred', name: 'Freddy' })
      draft.write({ '@id': 'fred', name: 'Fred' })
      expect(draft.get('fred', 'name')).toEqual({ '@id': 'fred', name: ['Fred', 'Freddy'] })
    })
    await world.settle(written)
    // The rule has judged: it was written last.
    expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: 'Fred' })
    expect(clone.stats()).toMatchObject({ triples: 2, liveTriples: 4 })
    expect(updates.at(-1)!['@delete']).toEqual([{ '@id': 'fred', name: 'Third' }])
    await world.settle(clone.write(draft => draft.patch({ '@id': 'fred', name: null })))
    expect(clone.stats()).toMatchObject({ triples: 1, liveTriples: 1 })
  })

  it('sees the same after a rollback', async () => {
    const { world, disk, clone, updates } = await ruled()
    const before = contents(clone)
    disk.conditions.failing = true
    for (const write of [
      clone.write({ '@id': 'fred', name: 'F' }),
      clone.delete('fred'),
      clone.write({ '@id': 'fred', name: 'G' }),
    ])
      write.catch(() => {})
    await world.rest()
    expect(contents(clone)).toEqual(before)
    expect(clone.stats()).toMatchObject({ triples: 2, liveTriples: 3 })
    const copy = new Set<string>()
    for (const update of updates) {
      const texts = (kind: '@delete' | '@insert') =>
        update[kind].flatMap(({ '@id': id, ...rest }) =>
          Object.entries(rest).flatMap(([key, value]) => [value].flat().map(item => `${id} ${key} ${item}`)),
        )
      for (const text of texts('@delete')) expect(copy.delete(text)).toBe(true)
      for (const text of texts('@insert')) copy.add(text)
    }
    expect([...copy].sort()).toEqual(['fred age 40', 'fred name Freddy'])
  })

  it('sees the same after a restart, with and without a checkpoint', async () => {
    const { world, disk, clone } = await ruled()
    const before = contents(clone)
    await world.settle(clone.close())
    for (let round = 0; round < 2; round++) {
      const again = await open(world, disk)
      expect(contents(again)).toEqual(before)
      expect(again.stats()).toMatchObject({ triples: 2, liveTriples: 3 })
      // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
      await world.settle(again['checkpoints'].write())
      await world.settle(again.close())
    }
  })

  it('sees the same at every clone, however it got there', async () => {
    const { world, disk, clone } = await ruled()
    await world.settle(clone.close())
    const transports = ['a', 'b', 'c'].map(name => world.network.transport(name))
    const a = await open(world, disk, { transport: transports[0], history: { operations: 0 } })
    const b = await open(world, world.disk(), { transport: transports[1], genesis: false })
    await world.pass(5000)
    transports[1].connect(false)
    await world.settle(a.write({ '@id': 'fred', name: 'at a' }))
    await world.pass(10)
    await world.settle(b.write({ '@id': 'fred', name: 'at b' }))
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    await world.settle(a['checkpoints'].write())
    transports[1].connect(true)
    const c = await open(world, world.disk(), { transport: transports[2], genesis: false })
    await world.pass(20_000)
    const { digest } = a.stats()
    for (const each of [a, b, c]) {
      expect(each.get('fred')).toEqual({ '@id': 'fred', name: 'at b', age: 40 })
      expect(each.stats()).toMatchObject({ triples: 2, liveTriples: 5, digest })
      await world.settle(each.close())
    }
  })
})
