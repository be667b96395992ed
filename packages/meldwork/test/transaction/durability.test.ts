/**
 * What a write survives when its promise resolves: what the store is asked for, what waits for what, and how a store is opened that a power cut has left
 * without some of what was not flushed.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Clone, CloneOptions, Durability } from '../../src/index.js'
import type { StoreChange, StoreDurability } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { contents, domain, entriesIn, World } from '../clone/world.js'

/** A batch as a store was given it: what it asked for, and the kinds of its keys. */
interface Given {
  readonly durability: StoreDurability | undefined
  readonly changes: readonly StoreChange[]
}

/** Keeps what it is given, and takes a millisecond over each batch. */
class RecordingStore extends MemoryStore {
  given: Given[] = []
  private readonly world: World

  constructor(world: World) {
    super()
    this.world = world
  }

  override async batch(changes: readonly StoreChange[], durability?: StoreDurability): Promise<void> {
    this.given.push({ durability, changes })
    await this.world.time.delay(1)
    return super.batch(changes)
  }

  /** What was asked for since this was last called. */
  asked(): (StoreDurability | undefined)[] {
    return this.given.splice(0).map(({ durability }) => durability)
  }
}

async function opened(options: Partial<Omit<CloneOptions, 'store'>> = {}) {
  const world = new World()
  const store = new RecordingStore(world)
  const clone = await world.alone({ store, ...options })
  store.asked()
  return { world, store, clone }
}

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    error => error.code ?? String(error),
  )

/** Every way to write, each as one transaction. */
const writes: Record<string, (clone: Clone, durability?: Durability) => Promise<unknown>> = {
  write: (clone, durability) => clone.write({ '@id': 'fred', name: 'Fred' }, { durability }),
  patch: (clone, durability) => clone.patch({ '@id': 'fred', name: 'F' }, { durability }),
  put: (clone, durability) => clone.put({ '@id': 'fred', name: 'F' }, { durability }),
  delete: (clone, durability) => clone.delete('wilma', { durability }),
  insertQuads: (clone, durability) => clone.insertQuads(clone.match(), { durability }),
  updateQuads: (clone, durability) => clone.updateQuads({ delete: clone.match() }, { durability }),
  'a draft': (clone, durability) => clone.write(draft => draft.write({ '@id': 'fred', name: 'Fred' }), { durability }),
  'an asynchronous draft': (clone, durability) =>
    clone.write(async draft => draft.write({ '@id': 'fred', name: 'Fred' }), { durability }),
  'a batch': (clone, durability) => clone.batch(() => void clone.write({ '@id': 'fred', name: 'F' }), { durability }),
  'a write in a batch': (clone, durability) =>
    clone.batch(() => void clone.write({ '@id': 'fred', name: 'F' }, { durability })),
}

describe.each(Object.entries(writes))('%s', (_name, write) => {
  it.each([
    [undefined, undefined, 'flushed'],
    [undefined, 'written', 'written'],
    ['written', undefined, 'written'],
    ['written', 'flushed', 'flushed'],
    ['none', 'flushed', 'flushed'],
    ['none', undefined, 'written'],
  ] as const)('of a clone with %s, asked for %s, is %s', async (ofClone, ofWrite, expected) => {
    const { world, store, clone } = await opened({ durability: ofClone })
    await world.settle(clone.write({ '@id': 'wilma', name: 'Wilma' }))
    await world.pass(100)
    store.asked()
    await world.settle(write(clone, ofWrite))
    await world.pass(100)
    expect(store.asked()).toEqual([expected])
    await world.settle(clone.close())
  })

  it('refuses what is no durability', async () => {
    const { world, store, clone } = await opened()
    const rejected = code(write(clone, 'maybe' as Durability))
    expect(await world.settle(rejected)).toBe('option-invalid')
    expect([clone.get('fred'), store.asked()]).toEqual([undefined, []])
    await world.settle(clone.close())
  })
})

describe('a clone', () => {
  it('refuses what is no durability', async () => {
    const world = new World()
    expect(await code(world.alone({ durability: 'always' as Durability }))).toBe('option-invalid')
  })

  it('takes what comes from others as it was told to', async () => {
    const world = new World()
    const store = new RecordingStore(world)
    const here = await world.open({ store, durability: 'written' })
    const there = await world.open()
    await world.rest()
    store.asked()
    await world.settle(there.write({ '@id': 'fred', name: 'Fred' }))
    await world.rest()
    expect(here.get('fred')).toBeDefined()
    expect(store.asked()).toContain('written')
    await world.settle(Promise.all([here.close(), there.close()]))
  })

  it('flushes everything when it is closed, and when it is asked to', async () => {
    const { world, store, clone } = await opened({ durability: 'none' })
    await clone.write({ '@id': 'fred', name: 'Fred' })
    await world.settle(clone.flushed())
    expect(store.asked()).toEqual(['flushed'])
    // Nothing has come since.
    await world.settle(clone.flushed())
    expect(store.asked()).toEqual([])
    await clone.write({ '@id': 'fred', age: 40 })
    await world.pass(100)
    expect(store.asked()).toEqual(['written'])
    await world.settle(clone.close())
    expect(store.asked()).toEqual(['flushed'])
  })
})

describe('a batch of the store', () => {
  it('has the strongest durability of its transactions', async () => {
    const { world, store, clone } = await opened()
    await world.settle(
      Promise.all([
        clone.write({ '@id': 'a', name: 'A' }, { durability: 'none' }),
        clone.write({ '@id': 'b', name: 'B' }, { durability: 'flushed' }),
        clone.write({ '@id': 'c', name: 'C' }, { durability: 'written' }),
      ]),
    )
    expect(store.asked()).toEqual(['flushed'])
    await world.settle(clone.close())
  })

  it('says what may not have been flushed, until that has been', async () => {
    const { world, store, clone } = await opened()
    const mark = async () => {
      const bytes = await store.get('unflushed')
      return bytes && new TextDecoder().decode(bytes.subarray(0, -4))
    }
    await world.settle(clone.write({ '@id': 'a', name: 'A' }))
    expect(await mark()).toBeUndefined()
    await world.settle(clone.write({ '@id': 'b', name: 'B' }, { durability: 'written' }))
    expect(await mark()).toBe('2')
    await world.settle(clone.write({ '@id': 'c', name: 'C' }, { durability: 'written' }))
    expect(await mark()).toBe('2')
    await world.settle(clone.write({ '@id': 'd', name: 'D' }))
    // While that was under way, a power cut could have left it, and taken those before.
    expect(await mark()).toBe('2')
    await world.settle(clone.write({ '@id': 'e', name: 'E' }))
    expect(await mark()).toBeUndefined()
    store.asked()
    await world.settle(clone.write({ '@id': 'f', name: 'F' }))
    expect(store.given.flatMap(({ changes }) => changes.map(({ key }) => key))).toEqual(['journal/00000000006'])
    await world.settle(clone.close())
  })
})

describe('a write that asks for nothing', () => {
  it('resolves at once, is written within a twentieth of a second, together with others, and nothing of it leaves before', async () => {
    const world = new World()
    const store = new RecordingStore(world)
    const clone = await world.open({ store })
    const other = await world.open()
    await world.rest()
    store.asked()
    const sent = world.network.messages
    for (let number = 0; number < 10; number++) {
      // Not of virtual time, in which the store would have to be waited for.
      await clone.write({ '@id': `s${number}`, number }, { durability: 'none' })
      await world.pass(1)
    }
    expect([store.asked(), clone.status.value.undurable, world.network.messages]).toEqual([[], 10, sent])
    await world.pass(50)
    expect([store.asked(), clone.status.value.undurable]).toEqual([['written'], 0])
    await world.rest()
    expect(contents(other)).toEqual(contents(clone))
    await world.settle(Promise.all([clone.close(), other.close()]))
  })

  it('is written with the next that asks for more', async () => {
    const { world, store, clone } = await opened()
    await clone.write({ '@id': 'a', name: 'A' }, { durability: 'none' })
    await world.settle(clone.write({ '@id': 'b', name: 'B' }, { durability: 'written' }))
    expect(store.given.map(({ changes }) => changes.map(({ key }) => key))).toEqual([
      ['journal/00000000002', 'unflushed'],
    ])
    expect(entriesIn(store.given[0].changes).map(([ticks]) => ticks)).toEqual([1, 2])
    await world.pass(100)
    expect(store.asked()).toEqual(['written'])
    await world.settle(clone.close())
  })

  it('does not wait when much has gathered', async () => {
    const { world, store, clone } = await opened()
    for (let number = 0; number < 300; number++)
      await clone.write({ '@id': `s${number}`, text: 'x'.repeat(1000) }, { durability: 'none' })
    await world.pass(2)
    const [first] = store.given
    expect([first.durability, entriesIn(first.changes).length > 200]).toEqual(['written', true])
    await world.settle(clone.close())
  })

  it('is undone like any other when the store fails; the status tells', async () => {
    const world = new World()
    const disk = world.disk(5)
    const clone = await world.alone({ disk, durability: 'none' })
    disk.conditions.failing = true
    await clone.write({ '@id': 'a', name: 'A' })
    await world.pass(100)
    expect([clone.get('a'), clone.status.value.storage?.facts]).toEqual([
      undefined,
      { location: disk.location, operation: 'batch', reason: 'io' },
    ])
    disk.conditions.failing = false
    await world.settle(clone.status.becomes({ storage: undefined }))
    await world.settle(clone.close())
  })
})

describe('a store after a power cut', () => {
  /** A store with writes of which the first is flushed, and all it was given, one transaction a batch. */
  async function history(length: number, durability: Durability) {
    const world = new World()
    const store = new RecordingStore(world)
    const clone = await world.alone({ store })
    const shown: string[][] = []
    for (let number = 0; number < length; number++) {
      await world.settle(clone.write({ '@id': `s${number}`, number }, number === 0 ? {} : { durability }))
      shown.push(contents(clone))
    }
    return { world, given: [...store.given], shown }
  }
  /** A store that has got these batches, and no others. */
  async function storeOf(batches: readonly Given[]): Promise<MemoryStore> {
    const store = new MemoryStore()
    await store.open()
    for (const { changes } of batches) await store.batch(changes)
    await store.close()
    return store
  }

  it('opens to what came before the first loss, whichever batches of those not flushed are missing, and goes on from there', async () => {
    const { world, given, shown } = await history(8, 'written')
    const unflushed = given.length - 7
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), async kept => {
        const store = await storeOf(given.filter((_, at) => at < unflushed || kept[at - unflushed]))
        const clone = await world.alone({ store })
        const firstLost = kept.includes(false) ? kept.indexOf(false) : 7
        expect(contents(clone)).toEqual(shown[firstLost])
        expect(clone.status.value.ticks).toBe(firstLost + 1)
        await world.settle(clone.write({ '@id': 'later', name: 'L' }))
        const kept2 = contents(clone)
        await world.settle(clone.close())
        const again = await world.alone({ store })
        expect(contents(again)).toEqual(kept2)
        await world.settle(again.close())
      }),
      { numRuns: 60 },
    )
  })

  it('gets from others what was lost, when they have seen it', async () => {
    const world = new World()
    const store = new RecordingStore(world)
    const clone = await world.open({ store, durability: 'written' })
    const other = await world.open()
    await world.rest()
    for (let number = 0; number < 5; number++) await world.settle(clone.write({ '@id': `s${number}`, number }))
    await world.settle(clone.delete('s1'))
    await world.rest()
    const isEntry = ({ changes }: Given) => changes.some(({ key }) => key.startsWith('journal/'))
    const entries = store.given.filter(isEntry)
    const cut = await storeOf(
      store.given.filter(given => !isEntry(given) || given === entries[0] || given === entries[4]),
    )
    await world.settle(clone.close())
    const again = await world.open({ store: cut })
    expect(contents(again)).toHaveLength(1)
    await world.settle(again.write({ '@id': 'later', name: 'L' }))
    await world.rest()
    expect(contents(again)).toEqual(contents(other))
    expect(contents(again)).toHaveLength(5)
    await world.settle(Promise.all([again.close(), other.close()]))
  })

  it('leaves out what came after a loss also when it needs nothing of that: a cursor of it gives a gap', async () => {
    const world = new World()
    const store = new RecordingStore(world)
    const clone = await world.open({ store, durability: 'written' })
    const other = await world.open()
    await world.rest()
    await world.settle(clone.write({ '@id': 'first', number: 1 }, { durability: 'flushed' }))
    await world.rest()
    const before = clone.status.value
    const count = store.given.length
    // At the same time: neither is a cause of the other.
    const writes = [clone, other].map(each => each.write({ '@id': each === clone ? 'lost' : 'later', number: 2 }))
    await world.settle(Promise.all(writes))
    await world.rest()
    const after = clone.status.value
    expect(after.ticks).toBe(before.ticks + 2)
    const [lost, ...rest] = store.given.slice(count)
    expect(lost.changes[0].key).toBe(`journal/${String(before.ticks + 1).padStart(11, '0')}`)
    const cut = await storeOf([...store.given.slice(0, count), ...rest])
    await world.settle(Promise.all([clone.close(), other.close()]))

    const again = await world.alone({ store: cut })
    expect(again.status.value.ticks).toBe(before.ticks)
    expect([again.get('lost'), again.get('later')]).toEqual([undefined, undefined])
    for (const ticks of [before.ticks + 1, after.ticks]) {
      const updates = again.follow({ after: { life: after.life, ticks } })
      expect(await world.settle(updates.next())).toMatchObject({ value: { '@gap': 'future' } })
      await updates.return!()
    }
    const good = again.follow({ after: { life: before.life, ticks: before.ticks } })
    await world.settle(again.write({ '@id': 'next', number: 3 }))
    expect(await world.settle(good.next())).toMatchObject({ value: { '@insert': [{ '@id': 'next' }] } })
    await good.return!()
    const updates = again.follow({ after: { life: after.life, ticks: before.ticks + 1 } })
    expect(await world.settle(updates.next())).toMatchObject({ value: { '@gap': 'life' } })
    await world.settle(again.close())
  })

  it('opens also when what a process left that died before it was flushed is lost, and what the next one flushed is there', async () => {
    const { world, given, shown } = await history(3, 'flushed')
    const store = new RecordingStore(world)
    await store.open()
    for (const { changes } of given) await world.settle(store.batch(changes))
    await store.close()
    const count = store.given.length
    const next = await world.alone({ store })
    // It does not know whether what it found is flushed: so it does that.
    await world.settle(next.flushed())
    expect(store.given.slice(count).map(({ durability }) => durability)).toEqual(['flushed'])
    await world.settle(next.close())

    for (const asked of ['flushed', 'written'] as const) {
      const store = new RecordingStore(world)
      await store.open()
      for (const { changes } of given) await world.settle(store.batch(changes))
      await store.close()
      const count = store.given.length
      const next = await world.alone({ store })
      await world.settle(next.write({ '@id': 'next', number: 3 }, { durability: asked }))
      const cut = await storeOf([...store.given.slice(0, count - 1), ...store.given.slice(count)])
      await world.settle(next.close())
      const again = await world.alone({ store: cut })
      expect(contents(again)).toEqual(shown[1])
      await world.settle(again.write({ '@id': 'next', number: 3 }))
      await world.settle(again.close())
      const last = await world.alone({ store: cut })
      expect(last.get('next')).toEqual({ '@id': 'next', number: 3 })
      await world.settle(last.close())
    }
  })

  it('is corrupt when something is missing that was flushed', async () => {
    const { world, given } = await history(8, 'flushed')
    for (const missing of [1, 4, 6]) {
      const at = given.length - 8 + missing
      const store = await storeOf(given.filter((_, index) => index !== at))
      const opening = world.alone({ store })
      await expect(opening).rejects.toMatchObject({
        code: 'store-corrupt',
        facts: { key: `journal/0000000000${missing + 2}` },
      })
    }
  })
})

describe('a store that is emptied while it is open', () => {
  it('is not written to again: the status tells, reads go on', async () => {
    const { world, store, clone } = await opened()
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    // As a browser does: the database is closed, and there is an empty one when it is opened again.
    await store.erase()
    expect(await world.settle(code(clone.write({ '@id': 'wilma', name: 'Wilma' })))).toBe('store-failed')
    await world.pass(60_000)
    expect(clone.status.value.storage?.facts.reason).toBe('evicted')
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
    expect(await code(clone.write({ '@id': 'wilma', name: 'Wilma' }))).toBe('store-failed')
    await world.settle(clone.close())
    const again = await world.alone({ store })
    expect(contents(again)).toEqual([])
    await world.settle(again.write({ '@id': 'fred', name: 'Fred' }))
    expect(again.domain).toBe(domain)
    await world.settle(again.close())
  })
})
