/**
 * A store that fails: everything that is not durable is undone, as one update; the promises reject; writes are refused until the store answers, reads
 * go on; and what comes after is as if it had never been.
 */
import { describe, expect, it } from 'vitest'
import { type Clone, type GraphSubject, hasCode, type Update } from '../../src/index.js'
import type { Store } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { contents, World } from '../clone/world.js'

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    error => error.code ?? String(error),
  )

const byId = (subjects: readonly GraphSubject[]): GraphSubject[] =>
  subjects.toSorted((a, b) => (a['@id'] < b['@id'] ? -1 : 1))

async function failing(options: { stuck?: boolean } = {}) {
  const world = new World()
  const disk = world.disk(5)
  const clone = await world.alone({ disk })
  await world.settle(
    clone.write([
      { '@id': 'fred', name: 'Fred', age: 40 },
      { '@id': 'wilma', knows: { '@id': 'fred' } },
    ]),
  )
  const updates: Update[] = []
  clone.follow(update => updates.push(update))
  const before = contents(clone)
  disk.conditions.failing = true
  disk.conditions.stuckAfterFailure = options.stuck === true
  return { world, disk, clone, updates, before }
}

const changesAll = (clone: Clone) => [
  clone.write({ '@id': 'barney', name: 'Barney' }),
  clone.patch({ '@id': 'fred', name: 'Freddy' }),
  clone.write({ '@id': 'fred', name: 'Freddy', age: [40, 41] }),
  clone.delete('fred'),
  clone.put({ '@id': 'wilma', name: 'Wilma' }),
]

describe('a store that fails', () => {
  it('has its undurable writes undone, by one update, and their promises rejected', async () => {
    const { world, clone, updates, before } = await failing()
    const { digest } = clone.stats()
    const promises = changesAll(clone).map(code)
    const flushed = code(clone.flushed())
    expect(clone.get('fred')).toBeUndefined()
    expect(updates).toHaveLength(5)
    expect(await world.settle(Promise.all(promises))).toEqual(new Array(5).fill('store-failed'))
    expect(await world.settle(flushed)).toBe('store-failed')
    expect(contents(clone)).toEqual(before)
    expect(clone.stats().digest).toBe(digest)
    expect(updates).toHaveLength(6)
    const last = updates[5]
    expect(last.trace).toEqual({ cause: 'rollback', replica: undefined, timeMs: undefined })
    expect(last['@ticks']).toBeGreaterThan(updates[4]['@ticks'])
    expect(byId(last['@delete'])).toEqual([
      { '@id': 'barney', name: 'Barney' },
      { '@id': 'wilma', name: 'Wilma' },
    ])
    expect(byId(last['@insert'])).toEqual([
      { '@id': 'fred', name: 'Fred', age: 40 },
      { '@id': 'wilma', knows: { '@id': 'fred' } },
    ])
    expect(clone.status.value.undurable).toBe(0)
    await world.settle(clone.close())
  })

  it('refuses writes with its reason while reads go on, and takes them again when it answers, under a new id', async () => {
    const { world, disk, clone } = await failing()
    const { replica } = clone.status.value
    await world.settle(code(clone.write({ '@id': 'barney', name: 'Barney' })))
    const { storage } = clone.status.value
    expect(hasCode(storage, 'store-failed')).toBe(true)
    expect(clone.status.value.replica).toBeUndefined()
    for (const refused of changesAll(clone)) expect(await code(refused)).toBe('store-failed')
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred', age: 40 })
    expect(clone.read({ '@select': '?n', '@where': { '@id': 'fred', name: '?n' } })).toEqual([{ '?n': 'Fred' }])
    await world.settle(clone.flushed())

    disk.conditions.failing = false
    await world.settle(clone.status.becomes({ storage: undefined }))
    await world.settle(clone.write({ '@id': 'barney', name: 'Barney' }))
    expect(clone.get('barney')).toEqual({ '@id': 'barney', name: 'Barney' })
    expect(clone.status.value.replica).toMatch(/^[0-9a-f]{16}$/)
    expect(clone.status.value.replica).not.toBe(replica)
    const kept = contents(clone)
    await world.settle(clone.close())
    const again = await world.alone({ disk })
    expect(contents(again)).toEqual(kept)
    await world.settle(again.close())
  })

  it('is opened again when it does not recover by itself', async () => {
    const { world, disk, clone } = await failing({ stuck: true })
    await world.settle(code(clone.write({ '@id': 'barney', name: 'Barney' })))
    await world.pass(3000)
    disk.conditions.failing = false
    await world.settle(clone.status.becomes({ storage: undefined }))
    await world.settle(clone.write({ '@id': 'barney', name: 'Barney' }))
    await world.settle(clone.close())
  })

  it('can be closed while it fails, at any moment, and is then closed', async () => {
    for (let afterMs = 0; afterMs < 3000; afterMs += 7) {
      const { world, disk, clone, before } = await failing({ stuck: true })
      disk.conditions.slowestMs = 300
      const rejected = code(clone.write({ '@id': 'barney', name: 'Barney' }))
      await world.pass(afterMs)
      if (afterMs % 2 === 0) disk.conditions.failing = false
      await world.settle(clone.close())
      await world.pass(60_000)
      await rejected
      disk.conditions.failing = false
      const again = await world.alone({ disk })
      const opened = contents(again)
      expect(opened.filter(line => !line.includes('barney'))).toEqual(before)
      await world.settle(again.close())
    }
  })

  it('is not opened again behind the back of a clone that closes', async () => {
    const world = new World()
    let openings = 0
    let open = false
    const inner = new MemoryStore()
    const store: Store = {
      location: 'slow to open',
      open: async () => {
        if (openings++ > 0) await world.time.delay(100)
        open = true
        await inner.open()
      },
      close: async () => {
        open = false
        await inner.close()
      },
      get: key => inner.get(key),
      entries: range => inner.entries(range),
      batch: changes => inner.batch(changes),
      erase: () => inner.erase(),
    }
    const clone = await world.alone({ store })
    store.batch = () => Promise.reject(new Error('no'))
    const rejected = code(clone.write({ '@id': 'fred', name: 'Fred' }))
    await world.pass(300)
    expect(openings).toBe(2)
    await world.settle(clone.close())
    await world.pass(5000)
    expect(await rejected).toBe('store-failed')
    expect(open).toBe(false)
  })

  it('is in nobody’s way when a program does not look at its promises', async () => {
    const unhandled: unknown[] = []
    const listener = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', listener)
    const { world, clone } = await failing()
    for (const promise of changesAll(clone)) void promise
    await world.pass(10_000)
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
    await world.settle(clone.close())
  })

  it('fails while a state comes in: the state is undone and comes again', async () => {
    const world = new World()
    const rich = await world.open({ history: { operations: 0 } })
    await world.settle(rich.write({ '@id': 'fred', name: 'Fred' }))
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    await world.settle(rich['checkpoints'].write())
    const disk = world.disk(5)
    const poor = await world.open({ disk, genesis: false })
    disk.conditions.failing = true
    const causes: string[] = []
    poor.follow(({ trace }) => causes.push(trace.cause))
    await world.pass(60_000)
    expect(causes).toEqual(['join', 'rollback'])
    expect(contents(poor)).toEqual([])
    expect(poor.status.value.outdated).toBe(true)
    disk.conditions.failing = false
    await world.pass(60_000)
    expect(contents(poor)).toEqual(contents(rich))
    expect(poor.status.value.outdated).toBe(false)
    await world.settle(Promise.all([poor.close(), rich.close()]))
  })
})

describe('a state that is given out', () => {
  it('never has what was undone', async () => {
    const world = new World()
    const disk = world.disk()
    const rich = await world.open({ disk, history: { operations: 0 } })
    await world.settle(rich.write({ '@id': 'fred', name: 'Fred' }))
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    await world.settle(rich['checkpoints'].write())
    disk.conditions.slowestMs = 3000
    disk.conditions.failing = true
    const undone = code(rich.write({ '@id': 'undone', name: 'U' }))
    // It asks while the write is readable and not durable.
    const early = await world.open({ genesis: false })
    expect(await world.settle(undone)).toBe('store-failed')
    disk.conditions.slowestMs = 0
    disk.conditions.failing = false
    await world.settle(rich.status.becomes({ storage: undefined }))
    const late = await world.open({ genesis: false })
    await world.pass(60_000)
    for (const clone of [rich, early, late]) {
      expect(clone.get('undone')).toBeUndefined()
      expect(clone.get('fred')).toBeDefined()
      await world.settle(clone.close())
    }
  })
})

describe('a write that comes from elsewhere', () => {
  it('is undone with the store, and comes again', async () => {
    const world = new World()
    const disk = world.disk(5)
    const a = await world.open({})
    const b = await world.open({ disk })
    await world.rest()
    await world.settle(a.write({ '@id': 'fred', name: 'Fred' }))
    await world.rest()
    disk.conditions.failing = true
    await world.settle(a.write({ '@id': 'fred', age: 40 }))
    await world.rest()
    expect(contents(b)).toHaveLength(1)
    expect(b.status.value.storage?.code).toBe('store-failed')
    disk.conditions.failing = false
    await world.pass(40_000)
    expect(contents(b)).toEqual(contents(a))
    await world.settle(Promise.all([a.close(), b.close()]))
  })
})
