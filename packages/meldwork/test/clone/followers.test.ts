/** Readers of updates that are slower than the changes: bounded, and never wrong. */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { Clone, Update } from '../../src/index.js'
import { Chance } from '../../src/testkit/chance.js'
import { World } from './world.js'

/** Applies updates strictly: nothing goes that is not there, nothing comes twice. */
class Copy {
  readonly triples = new Set<string>()
  ticks = 0

  apply(update: Update): void {
    expect(update['@ticks']).toBeGreaterThan(this.ticks)
    this.ticks = update['@ticks']
    for (const triple of lines(update['@delete'])) expect(this.triples.delete(triple)).toBe(true)
    for (const triple of lines(update['@insert'])) {
      expect(this.triples.has(triple)).toBe(false)
      this.triples.add(triple)
    }
  }
}

const lines = (subjects: Update['@insert']): string[] =>
  subjects.flatMap(({ '@id': id, ...rest }) =>
    Object.entries(rest).flatMap(([key, value]) => [value].flat().map(item => `${id} ${key} ${JSON.stringify(item)}`)),
  )

const shown = (clone: Clone): string[] =>
  lines(clone.read({ '@describe': '?s', '@where': { '@id': '?s', '?p': '?o' } })).sort()

// biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
const openSnapshots = (clone: Clone): number => clone['transactions']['snapshots'].size
const waiting = (reader: unknown): number => (reader as { waiting: unknown[] }).waiting.length

const change = (clone: Clone, chance: Chance): void => {
  const subject = { '@id': `s${chance.whole(0, 20)}` }
  if (chance.happens(0.1)) void clone.delete(subject['@id'])
  else void clone.patch({ ...subject, [`p${chance.whole(0, 3)}`]: [chance.whole(0, 5), chance.whole(0, 5)] })
}

describe('a slow reader', () => {
  it('of 5,000 updates holds a thousand, and ends with what the clone shows', { timeout: 30_000 }, async () => {
    const world = new World()
    const clone = await world.alone()
    const chance = new Chance(fuzz.seed)
    const fast: Update[] = []
    clone.follow(update => fast.push(update))
    const updates = clone.follow()
    const copy = new Copy()
    for (let i = 0; i < 5000; i++) change(clone, chance)
    expect(fast.length).toBeGreaterThan(3000)
    expect(waiting(updates)).toBe(1000)
    for (let i = 0; i < 1000; i++) copy.apply((await updates.next()).value)
    expect([...copy.triples].sort()).not.toEqual(shown(clone))
    const rest: Update = (await updates.next()).value
    copy.apply(rest)
    expect([...copy.triples].sort()).toEqual(shown(clone))
    expect(rest['@ticks']).toBe(fast.at(-1)!['@ticks'])
    expect(rest.trace.cause).toBe('write')
    expect(openSnapshots(clone)).toBe(0)
    // One by one again.
    change(clone, chance)
    void clone.write({ '@id': 'last', name: 'L' })
    for (let next = fast.slice(-2); next.length > 0; next = next.slice(1))
      if (next[0]['@ticks'] > copy.ticks) copy.apply((await updates.next()).value)
    expect([...copy.triples].sort()).toEqual(shown(clone))
    await world.settle(clone.close())
  })

  it('that reads now and then, while a handler writes and the store fails, is never wrong', async () => {
    const world = new World()
    const disk = world.disk(5)
    const clone = await world.alone({ disk })
    const chance = new Chance(fuzz.seed + 1)
    let answers = 0
    clone.follow(({ trace }) => {
      if (trace.cause === 'write' && ++answers % 3 === 0) void clone.write({ '@id': 'answers', count: answers })
    })
    const updates = clone.follow()
    const copy = new Copy()
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 1200; i++) change(clone, chance)
      disk.conditions.failing = round % 3 === 2
      await world.pass(round % 2 === 0 ? 40_000 : 0)
      disk.conditions.failing = false
      await world.pass(40_000)
      expect(waiting(updates)).toBeLessThanOrEqual(1000)
      for (let i = chance.whole(0, 1400); i > 0 && waiting(updates) > 0; i--) copy.apply((await updates.next()).value)
    }
    const expected = shown(clone)
    await world.settle(clone.close())
    for await (const update of updates) copy.apply(update)
    expect([...copy.triples].sort()).toEqual(expected)
  })

  it('that leaves holds nothing, and one that comes to nothing is given nothing', async () => {
    const world = new World()
    const clone = await world.alone()
    const [left, updates] = [clone.follow(), clone.follow()]
    for (let i = 0; i < 1000; i++) void clone.patch({ '@id': 'fred', age: i })
    expect(openSnapshots(clone)).toBe(2)
    await left.return!()
    expect(openSnapshots(clone)).toBe(1)
    void clone.patch({ '@id': 'fred', age: -1 })
    void clone.patch({ '@id': 'fred', age: 999 })
    for (let i = 0; i < 1000; i++) await updates.next()
    const next = updates.next()
    await world.pass(1)
    expect(openSnapshots(clone)).toBe(0)
    void clone.patch({ '@id': 'fred', age: 7 })
    expect((await world.settle(next)).value).toMatchObject({
      '@delete': [{ '@id': 'fred', age: 999 }],
      '@insert': [{ '@id': 'fred', age: 7 }],
    })
    await world.settle(clone.close())
  })
})
