/**
 * Checkpoints: written beside live commits, switched to in one batch; a crash at any batch of one leaves a store that opens with everything; and
 * history is truncated so that whoever lacks it gets the state.
 */
import { describe, expect, it } from 'vitest'
import { type Clone, openClone } from '../../src/index.js'
import type { KeyRange, Store, StoreChange } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { contents, World } from '../clone/world.js'

/** Makes a clone write a checkpoint now. */
const checkpoint = (clone: Clone): Promise<void> =>
  // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
  clone['checkpoints'].write()

/** Whether this batch is the one that switches to a checkpoint. */
const isSwitch = (changes: readonly StoreChange[]): boolean => changes[0].key === 'meta'

/** A store whose batches the test can hold back, or fail, one by one. */
class GatedStore implements Store {
  readonly location = 'gated'
  readonly inner: MemoryStore
  batches = 0
  before: (changes: readonly StoreChange[], number: number) => Promise<void> = async () => {}

  constructor(inner = new MemoryStore()) {
    this.inner = inner
  }

  open = () => this.inner.open()
  get = (key: string) => this.inner.get(key)
  entries = (range: KeyRange) => this.inner.entries(range)
  close = () => this.inner.close()
  erase = () => this.inner.erase()

  async batch(changes: readonly StoreChange[]): Promise<void> {
    await this.before(changes, this.batches++)
    return this.inner.batch(changes)
  }

  /** Everything that it has, for another store. */
  async copy(): Promise<MemoryStore> {
    const copy = new MemoryStore()
    await copy.open()
    for await (const [key, value] of this.inner.entries({ gte: '!', lt: '~' })) await copy.batch([{ key, value }])
    await copy.close()
    return copy
  }

  async keys(): Promise<string[]> {
    const keys: string[] = []
    for await (const [key] of this.inner.entries({ gte: '!', lt: '~' })) keys.push(key)
    return keys
  }
}

const fill = async (world: World, clone: Clone, from: number, to: number) => {
  for (let i = from; i < to; i++) await world.settle(clone.write({ '@id': `s${i % 5}`, [`p${i % 3}`]: i }))
}

describe('a checkpoint', () => {
  it('takes the place of the journal that the limits do not keep, and of the one before', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { operations: 4 } })
    await fill(world, clone, 0, 10)
    await world.settle(checkpoint(clone))
    expect((await store.keys()).filter(key => key.startsWith('journal/'))).toHaveLength(4)
    expect(clone.stats()).toMatchObject({ journalOperations: 4, tailBytes: 0 })
    await fill(world, clone, 10, 13)
    await world.settle(checkpoint(clone))
    const keys = await store.keys()
    expect(keys.filter(key => key.startsWith('journal/'))).toHaveLength(4)
    expect(new Set(keys.filter(key => key.startsWith('state/')).map(key => key.slice(0, 15))).size).toBe(1)
    const kept = contents(clone)
    await world.settle(clone.close())
    const again = await world.alone({ store })
    expect(contents(again)).toEqual(kept)
    expect(again.stats().journalOperations).toBe(4)
    await world.settle(again.close())
  })

  it('is written when the tail has grown, without being asked for', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store })
    for (let i = 0; i < 5; i++) await world.settle(clone.write({ '@id': `s${i}`, big: 'x'.repeat(70_000) }))
    await world.rest()
    expect((await store.keys()).some(key => key.startsWith('state/'))).toBe(true)
    expect(clone.stats().tailBytes).toBeLessThan(256 * 1024)
    await world.settle(clone.close())
  })

  it('is over before its clone is closed: whoever opens the store again is alone with it', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store })
    await fill(world, clone, 0, 20)
    let release = () => {}
    store.before = async changes => {
      if (changes[0].key.startsWith('state/')) await new Promise<void>(resolve => (release = resolve))
    }
    const writing = checkpoint(clone)
    await world.pass(1000)
    let isClosed = false
    const closing = clone.close().then(() => {
      isClosed = true
    })
    await world.pass(1000)
    expect(isClosed).toBe(false)
    release()
    await world.settle(Promise.all([closing, writing]))
    expect(isClosed).toBe(true)
    const { batches } = store
    await world.pass(1000)
    expect(store.batches).toBe(batches)
  })

  it('that is being encoded is given up when its clone is closed', async () => {
    const store = new MemoryStore()
    const open = () => openClone({ domain: 'example.org', store, genesis: true })
    const clone = await open()
    // More than is encoded in one slice.
    await clone.write({ '@graph': Array.from({ length: 20_000 }, (_, i) => ({ '@id': `s${i}`, count: i })) })
    const writing = checkpoint(clone)
    await clone.close()
    await store.open()
    for await (const [key] of store.entries({ gte: 'state/', lt: 'state0' })) expect.fail(`${key} is there`)
    await store.close()
    const again = await open()
    await writing
    await again.close()
    const last = await open()
    expect(last.stats().subjects).toBe(20_000)
    await last.close()
  })

  it('is followed by another when much was written while it was, though nothing comes after that', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store })
    await fill(world, clone, 0, 5)
    let release = () => {}
    store.before = async changes => {
      if (isSwitch(changes)) await new Promise<void>(resolve => (release = resolve))
    }
    const first = checkpoint(clone)
    await world.pass(1000)
    const rest = Array.from({ length: 40 }, (_, i) => clone.write({ '@id': `s${i}`, text: 'long '.repeat(2000) }))
    await world.pass(1000)
    expect(clone.stats().tailBytes).toBeGreaterThan(400_000)
    store.before = async () => {}
    release()
    await world.settle(Promise.all([first, ...rest]))
    await world.pass(1000)
    expect(clone.stats().tailBytes).toBe(0)
    await world.settle(clone.close())
  })

  it('loses nothing when the process dies at any of its batches, with writes between', async () => {
    const total = 9
    for (let dies = 1; dies < total + 6; dies++) {
      const world = new World()
      const store = new GatedStore()
      const clone = await world.alone({ store, history: { operations: 2 } })
      const acknowledged: string[] = []
      let image: MemoryStore | undefined
      store.before = async (_changes, number) => {
        if (number === dies) image = await store.copy()
      }
      for (let i = 0; i < total; i++) {
        void clone.write({ '@id': `s${i}`, p: 'x'.repeat(i * 2000) }).then(() => {
          if (image === undefined) acknowledged.push(`s${i}`)
        })
        if (i % 3 === 2) void checkpoint(clone)
        await world.pass(1)
      }
      await world.pass(100)
      await world.settle(clone.close())
      if (image === undefined) continue
      const opened = await world.alone({ store: image })
      for (const id of acknowledged) expect(opened.get(id)).toBeDefined()
      await world.settle(opened.close())
    }
  })

  it('keeps what became durable while it was written', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { operations: 0 } })
    await fill(world, clone, 0, 10)
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    store.before = changes => (changes[0].key.startsWith('state/') ? held : Promise.resolve())
    const written = checkpoint(clone)
    await world.pass(1)
    await fill(world, clone, 10, 20)
    release()
    await world.settle(written)
    const kept = contents(clone)
    const again = await world.alone({ store: await store.copy() })
    expect(contents(again)).toEqual(kept)
    await world.settle(Promise.all([clone.close(), again.close()]))
  })

  it('is not undone by a store that is asked, meanwhile, whether it takes writes again', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { operations: 0 } })
    await fill(world, clone, 0, 10)
    const kept = contents(clone)
    store.before = async () => {
      throw new Error('no')
    }
    await expect(world.settle(clone.write({ '@id': 's1', lost: true }))).rejects.toThrow('no')
    // The next batches are taken in their order; the answer to the one that switches comes late.
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    store.before = async () => {}
    const batch = store.batch.bind(store)
    store.batch = async changes => {
      await batch(changes)
      if (isSwitch(changes)) await held
    }
    const written = checkpoint(clone)
    await world.pass(60_000)
    release()
    await world.settle(written)
    const again = await world.alone({ store: await store.copy() })
    expect(contents(again)).toEqual(kept)
    await world.settle(Promise.all([clone.close(), again.close()]))
  })

  it('that never became whole is deleted at the next opening', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store })
    await fill(world, clone, 0, 10)
    store.before = async changes => {
      if (isSwitch(changes)) throw new Error('no')
    }
    await world.settle(checkpoint(clone))
    const kept = contents(clone)
    expect((await store.keys()).some(key => key.startsWith('state/'))).toBe(true)
    await world.settle(clone.close())
    store.before = async () => {}
    const again = await world.alone({ store })
    expect(contents(again)).toEqual(kept)
    expect((await store.keys()).some(key => key.startsWith('state/'))).toBe(false)
    await world.settle(again.close())
  })

  it('that the store has switched to, although it said that it had not, is not written over', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { operations: 0 } })
    await fill(world, clone, 0, 10)
    let switches = 0
    store.before = async changes => {
      if (!isSwitch(changes)) return
      if (++switches === 1) await store.inner.batch(changes)
      throw new Error('no')
    }
    await world.settle(checkpoint(clone))
    for (let i = 0; i < 4; i++) await world.settle(clone.write({ '@id': `s${i}`, text: 'x'.repeat(50_000 + i) }))
    const kept = contents(clone)
    // The next one comes as far as its items: so the process dies.
    await world.settle(checkpoint(clone))
    expect(switches).toBeGreaterThan(1)
    const opened = await world.alone({ store: await store.copy() })
    expect(contents(opened)).toEqual(kept)
    // And what nobody needs goes with the next that is whole.
    store.before = async () => {}
    await world.settle(checkpoint(clone))
    const generations = (await store.keys()).filter(key => key.startsWith('state/')).map(key => key.split('/')[1])
    expect(new Set(generations).size).toBe(1)
    await world.settle(Promise.all([opened.close(), clone.close()]))
  })

  it('whose switch failed leaves no gap in the history that others are given', async () => {
    const world = new World()
    const store = new GatedStore()
    const first = await world.alone({ store, history: { operations: 3 } })
    await fill(world, first, 0, 10)
    store.before = async changes => {
      if (isSwitch(changes)) throw new Error('no')
    }
    await world.settle(checkpoint(first))
    store.before = async () => {}
    await fill(world, first, 10, 16)
    await world.settle(checkpoint(first))
    await world.settle(first.close())
    const again = await world.open({ store })
    const other = await world.open({ genesis: false })
    await world.pass(20_000)
    expect(contents(other)).toEqual(contents(again))
    expect(other.status.value.outdated).toBe(false)
    expect((await store.keys()).filter(key => key.startsWith('journal/')).length).toBeLessThanOrEqual(6)
    await world.settle(Promise.all([again.close(), other.close()]))
  })

  it('beside which a state is joined leaves no gap in the history either', async () => {
    const world = new World()
    const rich = await world.open({ history: { operations: 0 } })
    await fill(world, rich, 0, 10)
    await world.settle(checkpoint(rich))
    const store = new GatedStore()
    const transport = world.network.transport('joining')
    transport.connect(false)
    const joining = await world.open({ store, transport, history: { operations: 2 } })
    await fill(world, joining, 20, 30)
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    store.before = changes => (isSwitch(changes) ? held : Promise.resolve())
    void checkpoint(joining)
    transport.connect(true)
    await world.pass(5000)
    expect(contents(joining)).toEqual(contents(rich))
    store.before = async () => {}
    release()
    await fill(world, joining, 40, 45)
    await world.settle(checkpoint(joining))
    await fill(world, joining, 50, 55)
    await world.settle(checkpoint(joining))
    const kept = contents(joining)
    await world.settle(Promise.all([joining.close(), rich.close()]))
    const again = await world.open({ store })
    const other = await world.open({ genesis: false })
    await world.pass(20_000)
    expect(contents(again)).toEqual(kept)
    expect(contents(other)).toEqual(kept)
    await world.settle(Promise.all([again.close(), other.close()]))
  })
})

describe('a state that a new clone takes in', () => {
  /** A clone whose state is of several batches, and whose history is gone. */
  async function origin(world: World): Promise<Clone> {
    const clone = await world.open({ history: { operations: 0 } })
    for (let i = 0; i < 60; i++) await world.settle(clone.write({ '@id': `s${i}`, text: `${i} `.repeat(20_000) }))
    await world.settle(checkpoint(clone))
    return clone
  }

  it('is a checkpoint at once: it is written in parts, and stands in the store once', async () => {
    const world = new World()
    const first = await origin(world)
    const store = new GatedStore()
    const sizes: number[] = []
    store.before = async changes => {
      sizes.push(changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0))
    }
    const second = await world.open({ store, genesis: false })
    await world.pass(20_000)
    expect(second.stats()).toMatchObject({ digest: first.stats().digest, journalOperations: 0, tailBytes: 0 })
    expect((await store.keys()).filter(key => key.startsWith('journal/'))).toEqual([])
    expect(sizes.length).toBeGreaterThan(3)
    expect(Math.max(...sizes)).toBeLessThan(1.5 * 1024 * 1024)
    // What comes after it is the tail.
    await fill(world, second, 0, 3)
    const kept = contents(second)
    await world.settle(Promise.all([first.close(), second.close()]))
    const again = await world.open({ store })
    expect(contents(again)).toEqual(kept)
    await world.settle(again.close())
  })

  it('is there whole or not at all, wherever the process dies, with what was written after it', async () => {
    const world = new World()
    const first = await origin(world)
    const wanted = contents(first).length
    const found: number[] = []
    for (let dies = 0; dies < 9; dies++) {
      const store = new GatedStore()
      const images: MemoryStore[] = []
      store.before = async (_, number) => {
        if (number === dies) images.push(await store.copy())
      }
      const second = await world.open({ store, genesis: false })
      second.follow(({ trace }) => {
        if (trace.cause === 'join') void second.write({ '@id': 'after', name: 'the join' })
      })
      await world.pass(20_000)
      await world.settle(second.close())
      for (const image of images) {
        const opened = await world.alone({ store: image, genesis: false })
        const { length } = contents(opened)
        found.push(length)
        expect([0, wanted, wanted + 1]).toContain(length)
        await world.settle(opened.close())
      }
    }
    expect(new Set(found).size).toBeGreaterThan(1)
    await world.settle(first.close())
  })

  it('that a store refuses half-way leaves nothing behind, and comes again', async () => {
    const world = new World()
    const first = await origin(world)
    const store = new GatedStore()
    let refusals = 0
    store.before = async (changes, number) => {
      if (number > 3 && refusals < 2 && changes.some(({ key }) => key.startsWith('state/'))) {
        refusals++
        throw new Error('no')
      }
    }
    const second = await world.open({ store, genesis: false })
    const causes: string[] = []
    second.follow(({ trace }) => causes.push(trace.cause))
    await world.pass(120_000)
    expect(causes).toEqual(['join', 'rollback', 'join', 'rollback', 'join'])
    expect(contents(second)).toEqual(contents(first))
    const generations = (await store.keys()).filter(key => key.startsWith('state/')).map(key => key.split('/')[1])
    expect(new Set(generations).size).toBe(1)
    await world.settle(Promise.all([first.close(), second.close()]))
    const again = await world.alone({ store })
    expect(contents(again).length).toBe(60)
    await world.settle(again.close())
  })
})

/** The numbers of the subjects whose operations are in the journal. */
const journalTicks = async (store: GatedStore): Promise<number[]> =>
  (await store.keys()).filter(key => key.startsWith('journal/')).map(key => Number.parseInt(key.slice(8), 36))

const hourMs = 60 * 60_000

describe('the limits of history', () => {
  it('hold for what grows old on a clone where nothing happens', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { ageMs: 4 * hourMs } })
    await fill(world, clone, 0, 5)
    await world.settle(checkpoint(clone))
    await world.pass(2 * hourMs)
    await fill(world, clone, 5, 8)
    expect(clone.stats().journalOperations).toBe(8)
    await world.pass(2 * hourMs + hourMs / 2)
    // Those of before the checkpoint.
    expect(await journalTicks(store)).toEqual([6, 7, 8])
    await world.pass(2 * hourMs)
    // Those of after it, by another one.
    expect(await journalTicks(store)).toEqual([])
    expect(clone.stats()).toMatchObject({ journalOperations: 0, tailBytes: 0 })
    const kept = contents(clone)
    await world.settle(clone.close())
    const again = await world.alone({ store })
    expect(contents(again)).toEqual(kept)
    await world.settle(again.close())
  })

  it('hold for what came late, too, and not for its author’s clock', async () => {
    const world = new World()
    const a = await world.open({ history: { ageMs: hourMs } })
    const transport = world.network.transport('b')
    const b = await world.open({ transport })
    transport.connect(false)
    await fill(world, b, 0, 3)
    await world.pass(3 * hourMs)
    await world.settle(a.write({ '@id': 'recent', name: 'R' }))
    transport.connect(true)
    await world.pass(20_000)
    await world.settle(checkpoint(a))
    expect(a.stats().journalOperations).toBe(4)
    await world.pass(2 * hourMs)
    expect(a.stats().journalOperations).toBe(0)
    await world.settle(Promise.all([a.close(), b.close()]))
  })

  it('hold without a checkpoint, in small batches, and never for what is needed to open the store', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { operations: 100 } })
    await fill(world, clone, 0, 90)
    await world.settle(checkpoint(clone))
    const deletes: number[] = []
    store.before = async changes => {
      deletes.push(changes.filter(({ value }) => value === null).length)
    }
    await fill(world, clone, 90, 300)
    await world.rest()
    expect(deletes.some(count => count > 0)).toBe(true)
    expect(Math.max(...deletes)).toBeLessThanOrEqual(512)
    // All those of after the checkpoint.
    const ticks = await journalTicks(store)
    expect(ticks).toEqual(Array.from({ length: 210 }, (_, i) => 91 + i))
    const again = await world.alone({ store: await store.copy() })
    expect(contents(again)).toEqual(contents(clone))
    // With time, another checkpoint.
    await world.pass(2 * hourMs)
    expect(await journalTicks(store)).toHaveLength(100)
    await world.settle(Promise.all([clone.close(), again.close()]))
  })

  it('hold when what should be deleted could not be', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { operations: 10 } })
    await fill(world, clone, 0, 60)
    store.before = async changes => {
      if (changes.some(({ value }) => value === null)) throw new Error('no')
    }
    await world.settle(checkpoint(clone))
    store.before = async () => {}
    await fill(world, clone, 60, 61)
    await world.rest()
    expect((await journalTicks(store)).length).toBeLessThanOrEqual(11)
    await world.settle(clone.close())
  })

  it('do not wake a clone that is closed', async () => {
    const world = new World()
    const store = new GatedStore()
    const clone = await world.alone({ store, history: { ageMs: 1000, operations: 0 } })
    await fill(world, clone, 0, 5)
    await world.settle(clone.close())
    const { batches } = store
    await world.pass(hourMs)
    expect(store.batches).toBe(batches)
  })
})

describe('a truncated history', () => {
  it('is made up for by the state, to one who was away and has written meanwhile', async () => {
    const world = new World()
    const a = await world.open({ history: { operations: 0 } })
    const transport = world.network.transport('b')
    const b = await world.open({ transport })
    await fill(world, a, 0, 4)
    await world.rest()
    transport.connect(false)
    await world.rest()
    await fill(world, a, 4, 20)
    await world.settle(a.delete('s1'))
    await world.settle(checkpoint(a))
    await world.settle(b.write({ '@id': 'only-b', name: 'B' }))
    transport.connect(true)
    const causes: string[] = []
    b.follow(({ trace }) => causes.push(trace.cause))
    await world.pass(20_000)
    expect(causes).toContain('join')
    expect(contents(b)).toEqual(contents(a))
    expect(b.get('s1')).toBeUndefined()
    expect(a.get('only-b')).toEqual({ '@id': 'only-b', name: 'B' })
    expect(a.status.value.unsent).toBe(0)
    expect(b.status.value.unsent).toBe(0)
    await world.settle(Promise.all([a.close(), b.close()]))
  })

  it('keeps operations that come with a join, when a later write fails, from making the state be sent again and again', async () => {
    const world = new World()
    const rich = await world.open({ history: { operations: 0 } })
    await fill(world, rich, 0, 6)
    await world.settle(checkpoint(rich))
    const store = new GatedStore()
    const transport = world.network.transport('poor')
    const poor = await world.open({ store, genesis: false, transport })
    let isJoined = false
    let failed = false
    store.before = async changes => {
      if (isJoined && !failed && !isSwitch(changes) && changes.some(({ key }) => key.startsWith('journal/'))) {
        failed = true
        throw new Error('no')
      }
    }
    // A write in the turn of the join: its batch comes after that of the join.
    poor.follow(({ trace }) => {
      if (trace.cause !== 'join' || isJoined) return
      queueMicrotask(() =>
        queueMicrotask(() => {
          isJoined = true
          poor.write({ '@id': 'mine', name: 'M' }).catch(() => {})
        }),
      )
    })
    await world.pass(5000)
    expect(isJoined && failed).toBe(true)
    await world.settle(rich.close())
    await world.pass(5000)
    const third = await world.open({ genesis: false })
    let joins = 0
    third.follow(({ trace }) => {
      if (trace.cause === 'join') joins++
    })
    const sent = world.network.messages
    await world.pass(5000)
    expect(contents(third)).toEqual(contents(poor))
    expect(joins).toBe(1)
    expect(world.network.messages - sent).toBeLessThan(40)
    await world.settle(Promise.all([poor.close(), third.close()]))
  })
})
