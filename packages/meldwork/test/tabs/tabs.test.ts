import { describe, expect, test } from 'vitest'
import { MemoryStore } from '../../src/stores/memory.js'
import { openTabClone } from '../../src/tabs/index.js'
import { coded } from './coded.js'
import { domain, TabWorld } from './tab-world.js'

describe.each([{ locks: true }, { locks: false }])('tabs that share a store (locks: $locks)', options => {
  test('the first keeps it; the next ones show what it shows, and what they write is in the store when it is acknowledged', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    expect(a.status).toMatchObject({ keeper: 'here', online: true, outdated: false })
    await world.settle(a.write('one'))
    const b = await world.open()
    expect(b.status).toMatchObject({ keeper: 'elsewhere', online: true, outdated: false })
    expect(b.titles()).toEqual(['one'])
    const before = world.place.values.size
    await world.settle(b.write('two'))
    expect(world.place.values.size).toBeGreaterThan(before)
    expect(a.titles()).toEqual(['one', 'two'])
    expect(world.place.violations).toEqual([])
  })

  test('a write is acknowledged no sooner than the keeper has it in the store', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    const b = await world.open()
    await world.settle(b.write('one'))
    world.place.slowMs = 500
    let acknowledged = false
    const writing = b.write('two').then(() => {
      acknowledged = true
    })
    expect(b.titles()).toEqual(['one', 'two'])
    await world.pass(400)
    expect(a.titles()).toEqual(['one', 'two'])
    expect(acknowledged).toBe(false)
    await world.settle(writing)
  })

  test('when the keeper closes the next one takes over, and what waits is acknowledged', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    const [b, c] = [await world.open(), await world.open()]
    await world.settle(c.write('one'))
    await world.settle(a.close())
    const writing = [b.write('two'), c.write('three')]
    await world.pass(1000)
    await world.settle(Promise.all(writing))
    expect([b.status.keeper, c.status.keeper].sort()).toEqual(['elsewhere', 'here'])
    expect(b.titles()).toEqual(['one', 'three', 'two'])
    expect(c.titles()).toEqual(['one', 'three', 'two'])
    await world.settle(Promise.all([b.close(), c.close()]))
    expect(world.place.openStores).toBe(0)
    const d = await world.open()
    expect(d.titles()).toEqual(['one', 'three', 'two'])
    expect(world.place.violations).toEqual([])
  })

  test('when the keeper dies the next one takes over, and nothing acknowledged is lost', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    const b = await world.open()
    await world.settle(b.write('one'))
    await world.settle(a.write('two'))
    a.crash()
    const writing = b.write('three')
    await world.pass(5000)
    await world.settle(writing)
    expect(b.status.keeper).toBe('here')
    expect(b.titles()).toEqual(['one', 'three', 'two'])
    b.crash()
    const c = await world.open()
    await world.pass(5000)
    expect(c.status.keeper).toBe('here')
    expect(c.titles()).toEqual(['one', 'three', 'two'])
    expect(world.place.violations).toEqual([])
  })

  test('reach the clones elsewhere through the keeper, and are reached', async () => {
    const world = new TabWorld(options)
    const far = await world.elsewhere()
    await world.settle(far.write({ '@id': 'far', title: 'far' }))
    const a = await world.open()
    const b = await world.open()
    await world.pass(5000)
    expect(b.titles()).toEqual(['far'])
    await world.settle(b.write('near'))
    await world.pass(1000)
    expect(far.get('near')?.title).toBe('near')
    a.crash()
    await world.pass(5000)
    await world.settle(far.write({ '@id': 'later', title: 'later' }))
    await world.settle(b.write('nearer'))
    await world.pass(2000)
    expect(far.get('nearer')?.title).toBe('nearer')
    expect(b.titles()).toEqual(['far', 'later', 'near', 'nearer'])
  })

  test('a new one has caught up when it is opened, however much there is', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    for (let index = 0; index < 300; index++) void a.write(`title-${index}`)
    await world.pass(1000)
    const b = await world.open()
    expect(b.titles()).toHaveLength(300)
    expect(b.status.outdated).toBe(false)
  })

  test('one opens after a while when the keeper does not answer, and says that it is outdated', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    // It neither hears nor says anything, and has not let go.
    a.platform.freeze()
    world.place.isBroken = true
    const b = await world.open({ catchUpMs: 3000 })
    expect(b.status).toMatchObject({ outdated: true })
    expect(b.titles()).toEqual([])
  })

  test('a draft, a batch and a patch are acknowledged as a write is', async () => {
    const world = new TabWorld(options)
    await world.open()
    await world.pass(2000)
    const b = await world.open()
    const { clone } = b
    await world.settle(clone.write(draft => draft.write({ '@id': 'draft', title: 'draft' })))
    await world.settle(clone.batch(() => void clone.write({ '@id': 'batch', title: 'batch' })))
    await world.settle(clone.patch({ '@id': 'batch', title: 'patched' }))
    expect(clone.status.value.unsent).toBe(0)
    const c = await world.open()
    expect(c.titles()).toEqual(['draft', 'patched'])
  })

  test('closing gives the keeper what it has not had yet', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    const b = await world.open()
    const writing = b.write('last')
    await world.settle(b.close())
    await world.settle(writing)
    expect(a.titles()).toEqual(['last'])
  })

  test('a store that cannot be opened is in the status, and is opened when it can be', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    const b = await world.open()
    world.place.isBroken = true
    await world.settle(a.close())
    const writing = b.write('waits')
    await world.pass(10_000)
    expect(b.status.keeper).toBe(undefined)
    expect(b.status.storage).toMatchObject({ code: 'store-failed' })
    world.place.isBroken = false
    await world.settle(writing)
    await world.pass(5000)
    expect(b.status).toMatchObject({ keeper: 'here', storage: undefined })
  })

  test('erased by the last one, it is gone', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    await world.pass(2000)
    await world.settle(a.write('one'))
    await world.settle(a.clone.close({ erase: true }))
    expect(world.place.values.size).toBe(0)
  })

  test('leave nothing behind when they are closed', async () => {
    const world = new TabWorld(options)
    const a = await world.open()
    const b = await world.open()
    await world.settle(Promise.all([a.close(), b.close()]))
    await world.pass(1000)
    expect(world.origin.openChannels).toBe(0)
    expect([world.origin.locks.held, world.origin.locks.waiting]).toEqual([0, 0])
    expect(world.place).toMatchObject({ openStores: 0, holder: undefined })
  })

  test('refuse what makes no sense', async () => {
    const platform = new TabWorld(options).origin.openTab()
    const open = (options: object) => openTabClone({ domain, platform, ...options } as never)
    await expect(open({})).rejects.toThrow(coded('option-invalid'))
    await expect(open({ store: new MemoryStore(), catchUpMs: -1 })).rejects.toThrow(coded('option-invalid'))
    await expect(open({ store: new MemoryStore(), domain: 'not a domain' })).rejects.toThrow()
  })
})

describe('where there are locks', () => {
  test('a store that is stolen is let go', async () => {
    const world = new TabWorld({ locks: true })
    const a = await world.open()
    world.origin.locks.steal()
    await world.pass(1000)
    expect(a.status.closed).toBe(true)
    expect(world.place.openStores).toBe(0)
  })

  test('one whose lock was given away while it slept writes nothing any more, and is closed', async () => {
    const world = new TabWorld({ locks: true })
    const a = await world.open()
    await world.settle(a.write('one'))
    const b = await world.open()
    a.platform.freeze()
    a.platform.giveAway()
    await world.settle(b.write('two'))
    a.platform.thaw()
    const writing = a.write('three')
    await expect(world.settle(writing)).rejects.toThrow(coded('store-failed'))
    await world.pass(1000)
    expect(a.status.closed).toBe(true)
    expect(b.titles()).toEqual(['one', 'two'])
    await world.settle(b.close())
    expect((await world.open()).titles()).toEqual(['one', 'two'])
  })

  test('a store that cannot be leased will do', async () => {
    const world = new TabWorld({ locks: true })
    const store = new MemoryStore('plain')
    const a = await world.open({ store })
    const b = await world.open({ store })
    await world.settle(b.write('one'))
    await world.settle(a.close())
    await world.settle(b.write('two'))
    await world.settle(b.close())
    const c = await world.open({ store })
    expect(c.titles()).toEqual(['one', 'two'])
  })

  test('a page that sleeps does not take its turn until it is awake', async () => {
    const world = new TabWorld({ locks: true })
    const a = await world.open()
    const [b, c] = [await world.open(), await world.open()]
    b.platform.hide()
    await world.settle(a.close())
    await world.pass(1000)
    expect(c.status.keeper).toBe('here')
    b.platform.show()
    await world.pass(1000)
    expect(b.status.keeper).toBe('elsewhere')
    await world.settle(c.close())
    await world.pass(1000)
    expect(b.status.keeper).toBe('here')
  })

  test('a keeper that is left for another page is succeeded', async () => {
    const world = new TabWorld({ locks: true })
    const a = await world.open()
    const b = await world.open()
    a.leave()
    await world.settle(b.write('one'))
    expect(b.status.keeper).toBe('here')
    expect(world.place.violations).toEqual([])
  })

  test('the time it takes to take over is that of opening the store', async () => {
    const world = new TabWorld({ locks: true })
    const a = await world.open()
    const b = await world.open()
    a.crash()
    const writing = b.write('one')
    await world.pass(100)
    await world.settle(writing)
    expect(b.status.keeper).toBe('here')
  })
})

describe('where there are no locks', () => {
  test('a store that cannot be leased is refused', async () => {
    const platform = new TabWorld({ locks: false }).origin.openTab()
    await expect(openTabClone({ domain, platform, store: new MemoryStore() })).rejects.toThrow(coded('option-invalid'))
  })

  test('a keeper whose page sleeps is succeeded at once, and writes nothing when it is awake', async () => {
    const world = new TabWorld({ locks: false })
    const a = await world.open()
    await world.pass(2000)
    const b = await world.open()
    expect(a.status.keeper).toBe('here')
    a.platform.hide()
    await world.pass(1000)
    expect(b.status.keeper).toBe('here')
    const writing = a.write('asleep')
    await world.settle(b.write('awake'))
    a.platform.show()
    await world.settle(writing)
    expect(a.status.keeper).toBe('elsewhere')
    expect(a.titles()).toEqual(['asleep', 'awake'])
    expect(b.titles()).toEqual(['asleep', 'awake'])
  })

  test('a keeper that was held for dead finds out, and its writes are not lost', async () => {
    const world = new TabWorld({ locks: false })
    const a = await world.open()
    await world.pass(2000)
    const b = await world.open()
    // Its thread is busy: it says nothing, and hears nothing.
    a.platform.freeze()
    await world.pass(6000)
    expect(b.status.keeper).toBe('here')
    await world.settle(b.write('one'))
    a.platform.thaw()
    const writing = a.write('two')
    await world.pass(10_000)
    await world.settle(writing)
    expect([a.status.keeper, b.status.keeper]).toEqual(['elsewhere', 'here'])
    expect(a.titles()).toEqual(['one', 'two'])
    expect(b.titles()).toEqual(['one', 'two'])
    await world.settle(Promise.all([a.close(), b.close()]))
    expect((await world.open()).titles()).toEqual(['one', 'two'])
  })

  test('a lease that was left behind is nobody’s', async () => {
    const world = new TabWorld({ locks: false })
    const a = await world.open()
    await world.settle(a.write('one'))
    a.crash()
    await world.pass(10_000)
    const b = await world.open()
    expect(b.titles()).toEqual(['one'])
    expect(b.status.keeper).toBe('here')
  })
})
