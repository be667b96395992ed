/**
 * Copies that get a clone's updates beside what the clone reads, after every update: plain objects, objects whose arrays are kept, instances with
 * setters; with values of all kinds and lists, written by two clones concurrently; and for readers who are slow.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Clone, SubjectUpdater, type Update, type Value } from '../../src/index.js'
import { World } from '../clone/world.js'
import { Accessors, held, Kept, keys, names } from './copies.js'

type Step = readonly [kind: number, a: number, b: number, c: number]

const values: readonly Value[] = [
  'x',
  'y',
  '',
  '5',
  5,
  0.5,
  -7,
  true,
  false,
  2n ** 70n,
  new Date(0),
  new Date(12_345),
  new Uint8Array([1, 2]),
  { '@language': 'fr', '@value': 'x' },
  { '@type': '@json', '@value': { a: [1, null] } },
  { '@type': '@json', '@value': [] },
  { '@type': 'http://www.w3.org/2001/XMLSchema#integer', '@value': '007' },
  { '@type': 'http://www.w3.org/2001/XMLSchema#date', '@value': '2024-02-29' },
  ...names.map(name => ({ '@id': name })),
]

const lists = ['l', 'm']

function act(clone: Clone, [kind, a, b, c]: Step): Promise<unknown> | undefined {
  const id = names[a % names.length]
  const list = lists[a % 2]
  const key = keys[b % keys.length]
  const value = values[c % values.length]
  const other = values[(c >> 4) % values.length]
  const { length } = clone.get(list)?.['@list'] ?? []
  const at = b % (length + 1)
  switch (kind % 12) {
    case 0:
      return clone.write({ '@id': id, [key]: value })
    case 1:
      return clone.write({ '@id': id, '@type': 'T', [key]: [value, other] })
    case 2:
      return clone.patch({ '@id': id, [key]: [value, other] })
    case 3:
      return clone.patch({ '@id': id, [key]: null, [keys[c % keys.length]]: value })
    case 4:
      return clone.put({ '@id': id, [key]: value, '@type': ['T', 'U'].slice(c % 3) })
    case 5:
      return clone.delete(c % 3 === 0 ? list : id)
    case 6:
      return clone.write({ '@delete': { '@id': id, [key]: '?' } })
    case 7:
      return clone.write({ '@id': list, '@list': { [at]: [value, other].slice(c % 2) } } as never)
    case 8:
      if (length === 0) return undefined
      return clone.write({ '@delete': { '@id': list, '@list': { [at % length]: '?' } } })
    case 9:
    case 10: {
      if (length === 0) return undefined
      const where = { '@id': list, '@list': { [at % length]: { '@id': '?s', '@item': '?i' } } }
      const [{ '?s': slot, '?i': item }] = clone.read({ '@select': ['?s', '?i'], '@where': where })
      const moved = { ...(slot as { '@id': string }), '@item': kind % 12 === 9 ? item : value }
      return clone.write({ '@id': list, '@list': { [c % (length + 1)]: [moved] } } as never)
    }
    default:
      return clone.put({ '@id': list, '@list': [value, other, value].slice(c % 4) } as never)
  }
}

/** The copies of every subject of one clone. */
class Copies {
  readonly plain = names.map(id => ({ '@id': id }))
  readonly kept = names.map(id => new Kept(id))
  readonly instances = names.map(id => new Accessors(id))
  updates = 0

  take(update: Update): void {
    const updater = new SubjectUpdater(update)
    for (const copy of [...this.plain, ...this.kept]) updater.update(copy)
    for (const copy of this.instances) {
      const before = held(copy)
      copy.set.length = 0
      updater.update(copy)
      const after = held(copy)
      const changed = [...Object.keys(before), ...Object.keys(after)].filter(
        name => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
      )
      // Setters run once for what has changed, and for nothing else; a list may have had the same items in other slots.
      expect(copy.set.length).toBe(new Set(copy.set).size)
      expect(copy.set).toEqual(expect.arrayContaining([...new Set(changed)]))
      expect(copy.set.filter(name => name !== '@list' && !changed.includes(name))).toEqual([])
    }
    this.updates++
  }

  check(clone: Clone): void {
    names.forEach((id, i) => {
      const expected = held(clone.get(id))
      for (const copy of [this.plain[i], this.kept[i], this.instances[i]]) expect(held(copy)).toEqual(expected)
      expect(this.kept[i].same).toBe(true)
      for (const key of keys) if (expected[key] === undefined) expect(this.plain[i]).not.toHaveProperty(key, undefined)
    })
  }
}

const steps = (maxLength: number) =>
  fc.array(fc.tuple(fc.nat(0xff), fc.nat(0xff), fc.nat(0xff), fc.nat(0xff)), { minLength: 10, maxLength, size: 'max' })

test('copies that get every update are what the clone reads', { timeout: 60_000 }, async () => {
  let updates = 0
  const property = fc.asyncProperty(fc.nat(1000), steps(50), async (seed, history) => {
    const world = new World(seed)
    const clones = [await world.open(), await world.open({ genesis: false })]
    const copies = clones.map(clone => {
      const own = new Copies()
      clone.follow(update => {
        own.take(update)
        own.check(clone)
      })
      return own
    })
    // What a handler throws is only reported.
    const failures: unknown[] = []
    const { error } = console
    console.error = (_: string, thrown: unknown) => failures.push(thrown)
    try {
      for (const step of history) {
        act(clones[(step[1] % 2) ^ (step[0] & 1)], step)
        if (step[2] % 3 === 0) await world.pass(step[3] % 60)
      }
      await world.rest()
    } finally {
      console.error = error
    }
    if (failures.length > 0) throw failures[0]
    copies.forEach((own, i) => {
      own.check(clones[i])
      updates += own.updates
    })
  })
  await fc.assert(property, { numRuns: fuzz.runs(30) })
  expect(updates).toBeGreaterThan(fuzz.runs(30) * 5)
})

test('so are those of a reader for whom updates were merged', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(fc.nat(1000), fc.nat(0xffff), async (seed, shift) => {
    const world = new World(seed)
    const clone = await world.alone()
    const reader = clone.follow()
    const own = new Copies()
    let written = 0
    let taken = 0
    for (let i = 0; i < 2500; i++) {
      const before = clone.status.value.ticks
      act(clone, [i * 7 + shift, (i * 13) ^ shift, (i * 31) ^ (shift >> 3), (i * 17) ^ (shift >> 5)])
      if (clone.status.value.ticks > before) written++
    }
    await world.rest()
    const expected = names.map(id => held(clone.get(id)))
    await world.settle(clone.close())
    for await (const update of reader) {
      own.take(update)
      taken++
    }
    expect(taken).toBeGreaterThan(900)
    expect(taken).toBeLessThan(written)
    for (const copies of [own.plain, own.kept, own.instances]) expect((copies as object[]).map(held)).toEqual(expected)
  })
  await fc.assert(property, { numRuns: fuzz.runs(1) })
})
