import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ConflictSideName, Replica } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'

const open = (files: Files): Promise<Replica> => Replica.open(new TestBlocks(files))

/** A document, and two that began from it and were changed apart: the second has the first one's changes, in conflict with its own. */
async function apart(
  before: object,
  one: object | undefined,
  other: object | undefined,
): Promise<{ replica: Replica; files: Files }> {
  const files: Files = new Map()
  const first = await open(files)
  first.update({ 'people♭': [{ _id: 'p', ...before }] })
  await first.commit({ author: 'both' })
  const second = await open(new Map(files))
  const change = (replica: Replica, value: object | undefined): unknown =>
    value ? replica.updateObject('p', value) : replica.deleteObject('p')
  change(first, one)
  await first.commit({ author: 'one' })
  change(second, other)
  await second.commit({ author: 'other' })
  await first.meld(second)
  return { replica: first, files }
}

describe('two people change one object', () => {
  test('different fields: both keep their change', async () => {
    const { replica } = await apart(
      { name: 'A', age: 1, town: 'X' },
      { name: 'B', age: 1, town: 'X' },
      { name: 'A', age: 2 },
    )
    expect(replica.conflicts().map(({ object }) => object)).toEqual(['p'])
    const [{ previous, revision }] = replica.resolve({ strategy: 'merge' })
    expect(revision).not.toBe(previous)
    expect(replica.conflicts()).toEqual([])
    // A field that one side removed is removed.
    expect(replica.value('p')).toEqual({ name: 'B', age: 2 })
    expect(replica.winner('p')).toMatch(/^3-/)
  })

  test('one field to the same', async () => {
    const { replica } = await apart({ name: 'A' }, { name: 'B', age: 1 }, { name: 'B', age: 1.0, town: 'X' })
    replica.resolve({ strategy: 'merge' })
    expect(replica.value('p')).toEqual({ name: 'B', age: 1, town: 'X' })
  })

  test('one field to different values: it stays as it is, and nothing is staged', async () => {
    const { replica } = await apart({ name: 'A', age: 1 }, { name: 'B', age: 1 }, { name: 'C', age: 2 })
    const before = replica.conflicts()
    expect(replica.resolve({ strategy: 'merge' })).toEqual([])
    expect([replica.conflicts(), replica.isStaged]).toEqual([before, false])
    expect(await replica.commit({}, { merge: true })).toBe(undefined)
  })

  test('one removes a field, the other changes it: a conflict', async () => {
    const { replica } = await apart({ name: 'A', age: 1 }, { name: 'A' }, { name: 'A', age: 2 })
    expect(replica.resolve({ strategy: 'merge' })).toEqual([])
  })

  test.each<[ConflictSideName, string]>([
    ['ours', 'B'],
    ['theirs', 'C'],
  ])('otherwise %s: only the field in conflict is as there', async (otherwise, name) => {
    const { replica } = await apart(
      { name: 'A', age: 1, town: 'X' },
      { name: 'B', age: 1, town: 'Y' },
      { name: 'C', age: 2, town: 'X' },
    )
    replica.resolve({ strategy: 'merge', otherwise })
    expect(replica.conflicts()).toEqual([])
    expect(replica.value('p')).toEqual({ name, age: 2, town: 'Y' })
  })

  test('otherwise a function: it decides of the whole, or leaves it', async () => {
    const { replica } = await apart({ name: 'A' }, { name: 'B' }, { name: 'C' })
    expect(replica.resolve({ strategy: 'merge', otherwise: () => undefined })).toEqual([])
    replica.resolve({
      strategy: 'merge',
      otherwise: ({ winner, others }) => ({
        value: { name: [winner, ...others].map(side => side.value?.name).sort() },
      }),
    })
    expect(replica.value('p')).toEqual({ name: ['B', 'C'] })
  })

  test('one deletes it: a conflict, whatever the other has changed', async () => {
    const { replica } = await apart({ name: 'A' }, undefined, { name: 'B' })
    expect(replica.resolve({ object: 'p', strategy: 'merge' })).toEqual([])
    expect(replica.conflicts().map(({ object }) => object)).toEqual(['p'])
    replica.resolve({ object: 'p', strategy: 'merge', otherwise: 'theirs' })
    expect(replica.value('p')).toEqual({ name: 'B' })
    expect(replica.conflicts()).toEqual([])
  })

  test('both delete it, one after a change: it is deleted', async () => {
    const files: Files = new Map()
    const first = await open(files)
    first.createObject('p', { name: 'A' })
    await first.commit()
    const second = await open(new Map(files))
    first.updateObject('p', { name: 'B' })
    await first.commit()
    first.deleteObject('p')
    await first.commit()
    second.deleteObject('p')
    await second.commit()
    await first.meld(second)
    expect(first.conflicts().length).toBe(1)
    expect(first.resolve({ strategy: 'merge' }).length).toBe(1)
    expect([first.conflicts(), first.value('p')]).toEqual([[], undefined])
  })

  test('arrays and objects in a field are one value', async () => {
    const { replica } = await apart(
      { at: { latitude: 1, longitude: 2 } },
      { at: { latitude: 3, longitude: 2 } },
      { at: { latitude: 1, longitude: 4 } },
    )
    expect(replica.resolve({ strategy: 'merge' })).toEqual([])
  })

  test('created twice: fields that only one has are taken', async () => {
    const [one, other] = [await open(new Map()), await open(new Map())]
    one.createObject('p', { name: 'A', age: 1 })
    other.createObject('p', { name: 'A', town: 'X' })
    for (const replica of [one, other]) await replica.commit()
    await one.meld(other)
    one.resolve({ strategy: 'merge' })
    expect(one.value('p')).toEqual({ name: 'A', age: 1, town: 'X' })
  })

  test('a character code is one whole', async () => {
    const { replica } = await apart({}, { '#': '41' }, { name: 'B' })
    expect(replica.resolve({ strategy: 'merge' })).toEqual([])
    replica.resolve({ strategy: 'merge', otherwise: 'ours' })
    expect(replica.value('p')).toEqual({ '#': '41' })
  })

  test('numbers keep all their digits and their form', async () => {
    const { replica } = await apart({}, { count: 18446744073709551615n }, { share: 0.5 })
    replica.resolve({ strategy: 'merge' })
    expect(replica.valueText('p')).toBe('{"count":18446744073709551615,"share":0.5}')
  })
})

test('the younger fork is merged first: what two have done since then is no conflict with a third', async () => {
  const first = await open(new Map())
  first.createObject('p', { name: 'A', age: 1, town: 'X' })
  await first.commit()
  const third = await open(new Map())
  await third.meld(first)
  first.updateObject('p', { name: 'B', age: 1, town: 'X' })
  await first.commit()
  const second = await open(new Map())
  await second.meld(first)
  // Against the oldest version, two would have changed the name, to C and to B.
  first.updateObject('p', { name: 'C', age: 1, town: 'X' })
  second.updateObject('p', { name: 'B', age: 2, town: 'X' })
  third.updateObject('p', { name: 'A', age: 1, town: 'Y' })
  for (const replica of [first, second, third]) await replica.commit()
  await first.meld(second)
  await first.meld(third)
  expect(first.conflicts()[0].others.length).toBe(2)
  first.resolve({ strategy: 'merge' })
  expect(first.value('p')).toEqual({ name: 'C', age: 2, town: 'Y' })
})

describe('commit with merge', () => {
  test('writes what merges, also when nothing was staged; what does not merge stays', async () => {
    const files: Files = new Map()
    const first = await open(files)
    first.update({
      'people♭': [
        { _id: 'p', name: 'A', age: 1 },
        { _id: 'q', name: 'A' },
      ],
    })
    await first.commit()
    const second = await open(new Map(files))
    first.update({ 'people♭': [{ _id: 'p', name: 'B', age: 1 }, { _id: 'q', name: 'B' }, { _id: 'new1' }] })
    await first.commit()
    second.update({ 'people♭': [{ _id: 'p', name: 'A', age: 2 }, { _id: 'q', name: 'C' }, { _id: 'new2' }] })
    await second.commit()
    await first.meld(second)
    const committed = await first.commit({ author: 'one' }, { merge: true })
    expect(committed!.id).toMatch(/^3-/)
    const again = await open(files)
    expect(again.conflicts().map(({ object }) => object)).toEqual(['q'])
    const { 'people♭': people } = again.read() as { 'people♭': { _id: string }[] }
    expect(people.map(({ _id }) => _id).sort()).toEqual(['new1', 'new2', 'p', 'q'])
    expect(again.value('p')).toEqual({ name: 'B', age: 2 })
    expect(await first.commit({}, { merge: true })).toBe(undefined)
  })

  test('takes its merges back when the store fails', async () => {
    const { replica, files } = await apart({ name: 'A', age: 1 }, { name: 'B', age: 1 }, { name: 'A', age: 2 })
    const store = new TestBlocks(files)
    store.before = operation => {
      if (operation === 'write') throw new Error('full')
    }
    const failing = await Replica.open(store)
    const before = replica.conflicts()
    await expect(failing.commit({}, { merge: true })).rejects.toThrow('full')
    expect([failing.conflicts(), failing.isStaged]).toEqual([before, false])
    store.before = () => {}
    expect((await failing.commit({}, { merge: true }))!.id).toMatch(/^3-/)
    expect(failing.conflicts()).toEqual([])
  })
})

test('options are checked', async () => {
  const { replica } = await apart({ name: 'A' }, { name: 'B' }, { name: 'C' })
  for (const options of [{ strategy: 'newest' }, { strategy: 'merge', otherwise: 'merge' }])
    expect(() => replica.resolve(options as object)).toThrow(expect.objectContaining({ code: 'option-invalid' }))
})

// Random histories

const fields = ['a', 'b', 'c']
const value = fc.dictionary(fc.constantFrom(...fields), fc.constantFrom<unknown>(1, 2, 'x', [1], { y: 1 }, 1.5), {
  maxKeys: 3,
})
const step = fc.oneof(
  fc.record({ op: fc.constant('put' as const), at: fc.nat(2), object: fc.constantFrom('p', 'q'), value }),
  fc.record({ op: fc.constant('delete' as const), at: fc.nat(2), object: fc.constantFrom('p', 'q') }),
  fc.record({ op: fc.constant('meld' as const), at: fc.nat(2), from: fc.nat(2) }),
  fc.record({ op: fc.constant('merge' as const), at: fc.nat(2) }),
)

/** Three replicas of one document, changed, melded and merged at random. */
async function play(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): Promise<Replica[]> {
  const replicas = await Promise.all([0, 1, 2].map(() => open(new Map())))
  for (const each of steps) {
    const replica = replicas[each.at]
    if (each.op === 'put') replica.updateObject(each.object, each.value)
    else if (each.op === 'delete') replica.deleteObject(each.object)
    else if (each.op === 'meld') await replica.meld(replicas[each.from])
    else replica.resolve({ strategy: 'merge' })
    if (each.op !== 'meld') await replica.commit({ author: `${each.at}` })
  }
  return replicas
}

const leavesOf = (replica: Replica): unknown =>
  replica.objects().map(id => [id, replica.winner(id), replica.conflicts().filter(({ object }) => object === id)])

describe('whatever has happened', () => {
  test('replicas that merge the same apart make the same revisions, and no new conflict', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
        const replicas = await play(steps)
        for (const replica of replicas) for (const other of replicas) await replica.meld(other)
        const [one, other] = replicas
        await one.commit({ author: 'one' }, { merge: true })
        await other.commit({ author: 'other' }, { merge: true })
        const merged = leavesOf(one)
        const winners = (replica: Replica): unknown => replica.objects().map(id => replica.winner(id))
        expect(winners(other)).toEqual(winners(one))
        await one.meld(other)
        await other.meld(one)
        expect(winners(one)).toEqual((merged as unknown[][]).map(([, winner]) => winner))
        expect(one.conflicts().map(({ object }) => object)).toEqual(
          (merged as [string, string, unknown[]][]).filter(([, , conflict]) => conflict.length > 0).map(([id]) => id),
        )
        // Everything that merges has merged.
        expect(one.resolve({ strategy: 'merge' })).toEqual([])
      }),
    ))

  test('of two versions, each field is the one that was changed, or nothing has happened', () =>
    fc.assert(
      fc.asyncProperty(value, value, value, async (before, one, other) => {
        const { replica } = await apart(before, one, other)
        replica.resolve({ strategy: 'merge' })
        const text = (object: Record<string, unknown>, field: string): string | undefined =>
          JSON.stringify(object[field])
        const both = fields.filter(
          field =>
            text(one, field) !== text(before, field) &&
            text(other, field) !== text(before, field) &&
            text(one, field) !== text(other, field),
        )
        const stays = replica.conflicts().some(({ object }) => object === 'p')
        expect(stays).toBe(both.length > 0)
        if (stays) return
        const expected = fields.map(field =>
          text(one, field) === text(before, field) ? text(other, field) : text(one, field),
        )
        expect(fields.map(field => text(replica.value('p')!, field))).toEqual(expected)
      }),
    ))
})
