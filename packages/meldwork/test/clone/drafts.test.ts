/** Drafts: a state that stands still, plus what the procedure writes; one operation in the end, or none. */
import { describe, expect, it, vi } from 'vitest'
import type { Clone, Draft, Update } from '../../src/index.js'
import { Changes, deleteStride } from '../../src/operation/index.js'
import type { WorkingCopy } from '../../src/transaction/index.js'
import { deleteObserved } from '../../src/transaction/supersede.js'
import { contents, World } from './world.js'

/** A procedure that the test drives: it has begun, and settles when told. */
function begin(clone: Clone, options = {}) {
  const drafts: Draft[] = []
  const settle: ((value: unknown) => void)[] = []
  const fail: ((error: unknown) => void)[] = []
  const result = clone.write(
    draft =>
      new Promise<unknown>((resolve, reject) => {
        drafts.push(draft)
        settle.push(resolve)
        fail.push(reject)
      }),
    options,
  )
  result.catch(() => {})
  return { drafts, draft: drafts[0], settle, fail, result }
}

async function board(options = {}) {
  const world = new World()
  const clone = await world.alone(options)
  await world.settle(clone.write({ '@id': 'fred', name: 'Fred', age: 40, knows: { '@id': 'wilma' } }))
  const updates: Update[] = []
  clone.follow(update => updates.push(update))
  return { world, clone, updates }
}

describe('a draft', () => {
  it('reads the state of its beginning and what it wrote; the clone shows neither before the end', async () => {
    const { world, clone, updates } = await board()
    const { draft, settle, result } = begin(clone)
    void clone.patch({ '@id': 'fred', age: 41 })
    expect(draft.get('fred', 'age')).toEqual({ '@id': 'fred', age: 40 })
    const ids = draft.write([{ name: 'New' }, { '@id': 'fred', nick: 'F' }])
    draft.patch({ '@id': 'fred', name: 'Freddy' })
    expect(draft.get('fred')).toEqual({ '@id': 'fred', name: 'Freddy', nick: 'F', age: 40, knows: { '@id': 'wilma' } })
    expect(draft.read({ '@select': '?s', '@where': { '@id': '?s', name: 'New' } })).toEqual([
      { '?s': { '@id': ids[0] } },
    ])
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred', age: 41, knows: { '@id': 'wilma' } })
    expect(updates).toHaveLength(1)
    settle[0]('done')
    expect(await world.settle(result)).toEqual({ ticks: 3, ids, value: 'done' })
    expect(updates).toHaveLength(2)
    expect(updates[1]['@insert']).toHaveLength(2)
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Freddy', nick: 'F', age: 41, knows: { '@id': 'wilma' } })
  })

  it('deletes what it has observed, and what it has written itself has never been', async () => {
    const { world, clone, updates } = await board()
    const { draft, settle, result } = begin(clone)
    draft.write({ '@id': 'fred', name: 'Third' })
    draft.write({ '@id': 'new', name: 'N', knows: { '@id': 'fred' } })
    draft.write({ '@delete': { '@id': 'fred', name: '?' } })
    draft.delete('new')
    expect(draft.get('fred', 'name')).toBeUndefined()
    expect(draft.get('new')).toBeUndefined()
    void clone.write({ '@id': 'fred', name: 'Concurrent' })
    settle[0](undefined)
    await world.settle(result)
    expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: 'Concurrent' })
    expect(updates[1]['@delete']).toEqual([{ '@id': 'fred', name: 'Fred' }])
    expect(updates[1]['@insert']).toEqual([])
  })

  it('puts, and deletes with the references, its own too', async () => {
    const { world, clone } = await board()
    await world.settle(clone.write({ '@id': 'wilma', name: 'Wilma', likes: { '@id': 'fred' } }))
    const { draft, settle, result } = begin(clone)
    draft.put({ '@id': 'fred', name: 'F' })
    draft.write({ '@id': 'barney', boss: { '@id': 'wilma' } })
    expect(draft.get('fred')).toEqual({ '@id': 'fred', name: 'F' })
    draft.delete('wilma')
    expect(draft.get('barney')).toBeUndefined()
    settle[0](undefined)
    await world.settle(result)
    expect(contents(clone)).toEqual([expect.stringContaining('"F"')])
    expect(clone.stats().liveTriples).toBe(1)
  })

  it('that wrote what is there already keeps it from a concurrent delete, with one dot', async () => {
    const { world, clone } = await board()
    const { draft, settle, result } = begin(clone)
    draft.write({ '@id': 'fred', name: 'Fred' })
    draft.write({ '@id': 'fred', name: 'Fred' })
    void clone.write({ '@delete': { '@id': 'fred', name: 'Fred' } })
    settle[0](undefined)
    await world.settle(result)
    expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: 'Fred' })
    expect(clone.stats()).toMatchObject({ triples: 3, liveTriples: 3 })
  })

  it('that wrote nothing is no operation; nor is one whose writes came to nothing', async () => {
    const { world, clone } = await board()
    const value = await world.settle(clone.write(async draft => draft.get('fred')?.name))
    expect(value).toEqual({ ticks: 1, ids: [], value: 'Fred' })
    const nothing = clone.write(draft => {
      draft.write({ '@id': 'x', name: 'X' })
      draft.delete('x')
    })
    expect(await world.settle(nothing)).toEqual({ ticks: 1, ids: [], value: undefined })
    expect(clone.stats().journalOperations).toBe(1)
  })

  it('of a synchronous procedure is committed when write returns', async () => {
    const { world, clone } = await board()
    const result = clone.write(draft => draft.patch({ '@id': 'fred', age: Number(draft.get('fred')!.age) + 1 }))
    expect(clone.get('fred', 'age')).toEqual({ '@id': 'fred', age: 41 })
    await world.settle(result)
  })

  it.each([
    ['throws', (draft: Draft) => [draft.delete('fred'), failing()]],
    ['rejects', async (draft: Draft) => [draft.delete('fred'), failing()]],
  ])('that %s writes nothing, and hands its error on', async (_name, procedure) => {
    const { world, clone, updates } = await board()
    const before = contents(clone)
    await expect(world.settle(clone.write(procedure))).rejects.toThrow('on purpose')
    expect(contents(clone)).toEqual(before)
    expect(updates).toEqual([])
    expect(openSnapshots(clone)).toBe(0)
  })

  it('refuses bad input where it stands, and goes on', async () => {
    const { world, clone } = await board()
    const { draft, settle, result } = begin(clone)
    expect(() =>
      draft.write([
        { '@id': 'x', name: 'X' },
        { '@id': 'fred', name: Number.NaN },
      ]),
    ).toThrowError(expect.objectContaining({ code: 'value-invalid' }))
    expect(draft.get('x')).toBeUndefined()
    draft.write({ '@id': 'y', name: 'Y' })
    settle[0](undefined)
    await world.settle(result)
    expect(clone.get('x')).toBeUndefined()
    expect(clone.get('y')).toEqual({ '@id': 'y', name: 'Y' })
  })

  it('is closed once it has settled', async () => {
    const { world, clone } = await board()
    const { draft, settle, result } = begin(clone)
    settle[0](undefined)
    await world.settle(result)
    const closed = expect.objectContaining({ code: 'draft-closed' })
    expect(() => draft.get('fred')).toThrowError(closed)
    expect(() => draft.write({ '@id': 'x', name: 'X' })).toThrowError(closed)
    expect(() => draft.changed).toThrowError(closed)
    expect(openSnapshots(clone)).toBe(0)
  })

  it('does not outlive its clone', async () => {
    const { world, clone } = await board()
    const { draft, settle, result } = begin(clone)
    draft.delete('fred')
    await world.settle(clone.close())
    expect(() => draft.get('fred')).toThrowError(expect.objectContaining({ code: 'clone-closed' }))
    settle[0](undefined)
    await expect(world.settle(result)).rejects.toMatchObject({ code: 'clone-closed' })
    await expect(clone.write(() => 1)).rejects.toMatchObject({ code: 'clone-closed' })
  })

  it('is given up when its signal says so, before or meanwhile', async () => {
    const { world, clone } = await board()
    const controller = new AbortController()
    const { draft, settle, result } = begin(clone, { signal: controller.signal })
    draft.delete('fred')
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(world.settle(result)).rejects.toBe(reason)
    expect(() => draft.get('fred')).toThrowError(expect.objectContaining({ code: 'draft-closed' }))
    settle[0](undefined)
    await world.rest()
    expect(clone.get('fred', 'age')).toEqual({ '@id': 'fred', age: 40 })
    const never = vi.fn()
    await expect(clone.write(never, { signal: controller.signal })).rejects.toBe(reason)
    expect(never).not.toHaveBeenCalled()
  })

  it('begins and ends inside a handler, a draft and a batch', async () => {
    const { world, clone } = await board()
    const results: Promise<unknown>[] = []
    const stop = clone.follow(() => {
      stop()
      results.push(
        clone.write(async draft => {
          draft.write({ '@id': 'a', name: 'in a handler' })
          await clone.write(async inner => inner.write({ '@id': 'b', name: 'in a draft' }))
        }),
      )
    })
    results.push(
      clone.batch(() => {
        results.push(clone.write(draft => draft.write({ '@id': 'c', name: draft.get('fred')!.nick as string })))
        void clone.write({ '@id': 'fred', nick: 'from the batch' })
      }),
    )
    await world.settle(Promise.all(results))
    await world.settle(Promise.all(results))
    expect(['a', 'b', 'c'].map(id => clone.get(id)?.name)).toEqual(['in a handler', 'in a draft', 'from the batch'])
  })
})

describe('draft.changed', () => {
  const reads: [string, (draft: Draft) => unknown, (clone: Clone) => unknown, (clone: Clone) => unknown][] = [
    ['a subject', d => d.get('fred'), c => c.write({ '@id': 'fred', x: 1 }), c => c.write({ '@id': 'wilma', x: 1 })],
    [
      'a property',
      d => d.get('fred', 'age'),
      c => c.patch({ '@id': 'fred', age: 1 }),
      c => c.patch({ '@id': 'fred', name: 'x' }),
    ],
    [
      'what was not there',
      d => d.get('nobody'),
      c => c.write({ '@id': 'nobody', x: 1 }),
      c => c.write({ '@id': 'else', x: 1 }),
    ],
    [
      'an unknown property',
      d => d.get('fred', 'zip'),
      c => c.write({ '@id': 'fred', zip: 1 }),
      c => c.write({ '@id': 'fred', zap: 1 }),
    ],
    [
      'a match',
      d => d.read({ '@select': '?s', '@where': { '@id': '?s', age: 40 } }),
      c => c.write({ '@id': 'new', age: 40 }),
      c => c.write({ '@id': 'new', age: 41 }),
    ],
    [
      'an unknown value',
      d => d.read({ '@select': '?s', '@where': { '@id': '?s', name: 'Unknown' } }),
      c => c.write({ '@id': 'new', name: 'Unknown' }),
      c => c.write({ '@id': 'new', name: 'Other' }),
    ],
    [
      'every value of a property',
      d => d.read({ '@select': ['?s', '?a'], '@where': { '@id': '?s', age: '?a' } }),
      c => c.write({ '@id': 'new', age: 41 }),
      c => c.write({ '@id': 'new', name: 'x' }),
    ],
    [
      'a triple',
      d => d.read({ '@describe': 'wilma', '@where': { '@id': 'fred', age: 40 } }),
      c => c.patch({ '@id': 'fred', age: 41 }),
      c => c.write({ '@id': 'fred', age: 41 }),
    ],
    [
      'every subject',
      d => d.read({ '@select': '?s', '@where': { '@id': '?s', '?p': '?o' } }),
      c => c.write({ '@id': 'new', name: 'x' }),
      c => c.write({ '@id': 'fred', name: 'Fred' }),
    ],
    [
      'references',
      d => d.read({ '@select': '?s', '@where': { '@id': '?s', '?p': { '@id': 'fred' } } }),
      c => c.write({ '@id': 'new', brandNew: { '@id': 'fred' } }),
      c => c.write({ '@id': 'new', brandNew: { '@id': 'new' } }),
    ],
    [
      'the pattern of a delete',
      d => d.write({ '@delete': { '@id': '?s', age: 40 } }),
      c => c.write({ '@id': 'new', age: 40 }),
      c => c.write({ '@id': 'new', name: 'x' }),
    ],
    ['nothing', d => d.patch({ '@id': 'fred', age: 9 }), () => true, c => c.patch({ '@id': 'fred', age: 1 })],
  ]
  it.each(reads)('tells of %s', async (name, read, touching, other) => {
    for (const [write, expected] of [
      [touching, name !== 'nothing'],
      [other, false],
    ] as const) {
      const { clone } = await board()
      const { draft } = begin(clone)
      read(draft)
      expect(draft.changed).toBe(false)
      void write(clone)
      expect(draft.changed).toBe(expected)
    }
  })

  it('is false again when what changed has changed back, by a rollback too', async () => {
    const world = new World()
    const disk = world.disk(5)
    const clone = await world.alone({ disk })
    await world.settle(clone.write({ '@id': 'fred', age: 40 }))
    const { draft } = begin(clone)
    draft.get('fred')
    disk.conditions.failing = true
    void clone.patch({ '@id': 'fred', age: 41 })
    expect(draft.changed).toBe(true)
    await world.rest()
    expect(clone.get('fred')).toEqual({ '@id': 'fred', age: 40 })
    expect(draft.changed).toBe(false)
    expect(draft.get('fred')).toEqual({ '@id': 'fred', age: 40 })
  })
})

describe('retry', () => {
  it('runs again on the state of now, until nothing has changed', async () => {
    const { world, clone } = await board()
    const { drafts, settle, result } = begin(clone, { retry: true })
    drafts[0].patch({ '@id': 'fred', age: Number(drafts[0].get('fred')!.age) + 1 })
    void clone.patch({ '@id': 'fred', age: 50 })
    settle[0]('first')
    await world.pass(1)
    drafts[1].patch({ '@id': 'fred', age: Number(drafts[1].get('fred')!.age) + 1 })
    settle[1]('second')
    expect(await world.settle(result)).toEqual({ ticks: 3, ids: [], value: 'second' })
    expect(clone.get('fred', 'age')).toEqual({ '@id': 'fred', age: 51 })
    expect(() => drafts[0].get('fred')).toThrowError(expect.objectContaining({ code: 'draft-closed' }))
  })

  it('gives up after ten times', async () => {
    const { world, clone } = await board()
    let runs = 0
    const result = clone.write(
      async draft => {
        draft.get('fred')
        await clone.patch({ '@id': 'fred', age: ++runs })
        draft.write({ '@id': 'x', name: 'X' })
      },
      { retry: true },
    )
    await expect(world.settle(result)).rejects.toMatchObject({ code: 'draft-conflict', facts: { attempts: 10 } })
    expect(runs).toBe(10)
    expect(clone.get('x')).toBeUndefined()
    expect(openSnapshots(clone)).toBe(0)
  })
})

describe('a store that fails', () => {
  it('undoes a draft as a whole, and its promise says so', async () => {
    const world = new World()
    const disk = world.disk(5)
    const clone = await world.alone({ disk })
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    const updates: Update[] = []
    clone.follow(update => updates.push(update))
    disk.conditions.failing = true
    const result = clone.write(draft => {
      draft.patch({ '@id': 'fred', name: 'F' })
      draft.write({ '@id': 'x', name: 'X' })
    })
    const refused = expect(result).rejects.toMatchObject({ code: 'store-failed' })
    await world.rest()
    await refused
    expect(contents(clone)).toHaveLength(1)
    expect(updates.map(({ trace }) => trace.cause)).toEqual(['write', 'rollback'])
  })

  it('does not make a draft name what was taken back', async () => {
    const world = new World()
    const disk = world.disk(5)
    const [a, b] = [await world.open({ disk }), await world.open({ genesis: false })]
    await world.settle(a.write({ '@id': 'fred', name: 'Fred' }))
    await world.rest()
    disk.conditions.failing = true
    void a.write({ '@id': 'fred', nick: 'lost' })
    const { draft, settle, result } = begin(a)
    expect(draft.get('fred', 'nick')).toBeDefined()
    draft.delete('fred')
    draft.write({ '@id': 'x', name: 'X' })
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    const copy = a['transactions'].draft()
    copy.write(changes => deleteObserved(copy.graph, changes, copy.graph.terms.iri('fred', false), -1, 0))
    expect(deletesOf(copy)).toBe(2)
    await world.rest()
    disk.conditions.failing = false
    await world.pass(60_000)
    expect(deletesOf(copy)).toBe(1)
    copy.close()
    settle[0](undefined)
    await world.settle(result)
    await world.pass(10_000)
    for (const clone of [a, b]) expect(contents(clone)).toEqual([expect.stringContaining('"X"')])
    expect(b.stats().digest).toBe(a.stats().digest)
    expect(b.status.value.waiting.count).toBe(0)
  })
})

function deletesOf(copy: WorkingCopy): number {
  const changes = new Changes()
  copy.changes(changes)
  return changes.deleteLength / deleteStride
}

function failing(): never {
  throw new Error('on purpose')
}

// biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
const openSnapshots = (clone: Clone): number => clone['transactions']['snapshots'].size
