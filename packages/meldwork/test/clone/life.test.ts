/** The life of a clone: options, opening, following, waiting, presence, closing; each clause of what the docstrings of `clone` say. */
import { describe, expect, it, vi } from 'vitest'
import { check32 } from '../../src/codec/index.js'
import { type Clone, openClone, type StatusValue, type Update } from '../../src/index.js'
import { platformEnvironment } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { contents, domain, Puppet, sealed, World } from './world.js'

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    error => error.code ?? String(error),
  )
const thrown = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return 'nothing'
}

describe('opening', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'board.example',
    `${'l'.repeat(63)}.example`,
    'a.verylongtoplevellabel',
    '127.0.0.1:3000',
  ])('takes the domain %s', async name => {
    const clone = await openClone({ domain: name, store: new MemoryStore() })
    await clone.write({ '@id': 'fred', name: 'Fred' })
    expect(clone.domain).toBe(name)
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
    expect([...clone.quads()][0].subject.value).toBe(`http://${name}/fred`)
    await clone.close()
  })

  it.each([
    '',
    ' ',
    'a b',
    'http://board.example',
    'board.example/x',
    'board.example:x',
    'board_example ',
    '.',
    'a..b',
    'board.example:99999999',
  ])('refuses the domain %j, and says what it may be', async name => {
    const store = new MemoryStore()
    const error = await openClone({ domain: name, store }).catch(caught => caught)
    expect(error).toMatchObject({ code: 'domain-invalid', facts: { domain: name } })
    // The store is as closed as before.
    await store.open()
    await store.close()
  })

  it.each([
    ['no options', undefined],
    ['no store', { domain }],
    ['a store that is none', { domain, store: {} }],
    ['a transport that is none', { domain, store: new MemoryStore(), transport: 'ws://x' }],
    ['a history that is none', { domain, store: new MemoryStore(), history: { operations: -1 } }],
    ['a history that is no number', { domain, store: new MemoryStore(), history: { bytes: 'many' } }],
  ])('refuses %s', async (_name, options) => {
    expect(await codeOf(openClone(options as never))).toBe('option-invalid')
  })

  it('refuses a malformed context, before it touches the store', async () => {
    const store = new MemoryStore()
    const open = vi.spyOn(store, 'open')
    expect(await codeOf(openClone({ domain, store, context: { name: 7 } }))).toBe('context-invalid')
    expect(open).not.toHaveBeenCalled()
  })

  it('refuses a store that is open, and leaves that one alone', async () => {
    const store = new MemoryStore()
    const clone = await openClone({ domain, store })
    expect(await codeOf(openClone({ domain, store }))).toBe('store-locked')
    await clone.write({ '@id': 'fred', name: 'Fred' })
    await clone.close()
  })

  it.each([
    [
      'another domain',
      'store-domain',
      async (store: MemoryStore) => (await openClone({ domain: 'else.example', store })).close(),
    ],
    [
      'a newer format',
      'store-format',
      (store: MemoryStore) => put(store, 'meta', bytes => sealed(bytes.fill(9, 0, 1))),
    ],
    [
      'a damaged description',
      'store-corrupt',
      (store: MemoryStore) => put(store, 'meta', bytes => sealed(bytes.subarray(0, 9))),
    ],
    ['a version 0', 'store-corrupt', (store: MemoryStore) => put(store, 'meta', bytes => sealed(bytes.fill(0, 0, 1)))],
    [
      'another byte in its description',
      'store-corrupt',
      (store: MemoryStore) => put(store, 'meta', bytes => bytes.fill(7, 9, 10)),
    ],
    [
      'another byte in an entry',
      'store-corrupt',
      (store: MemoryStore) => put(store, 'journal/00000000001', bytes => bytes.fill(7, 40, 41)),
    ],
    [
      'a damaged entry',
      'store-corrupt',
      (store: MemoryStore) => put(store, 'journal/00000000001', bytes => sealed(bytes.subarray(0, 9))),
    ],
    [
      'an entry of a newer version',
      'data-version',
      (store: MemoryStore) => put(store, 'journal/00000000001', bytes => sealed(bytes.fill(7, 0, 1))),
    ],
  ])('refuses a store of %s, says so, and closes it', async (_name, code, damage) => {
    const store = new MemoryStore('here')
    if (code !== 'store-domain') {
      const clone = await openClone({ domain, store })
      await clone.write({ '@id': 'fred', name: 'Fred' })
      await clone.close()
    }
    await damage(store)
    const error = await openClone({ domain, store }).catch(caught => caught)
    expect(error.code).toBe(code)
    if (code.startsWith('store')) expect(error.facts.location).toBe('here')
    await store.open()
    await store.close()
  })

  it('does not wait for the network, and needs no transport', async () => {
    const world = new World()
    const alone = await world.alone({ genesis: false })
    expect(alone.status.value).toMatchObject({
      online: false,
      connection: 'none',
      outdated: false,
      silo: false,
      peers: 0,
      unsent: 0,
    })
    await world.settle(alone.write({ '@id': 'fred', name: 'Fred' }))
    await world.settle(alone.sent())
    expect(thrown(() => alone.presence)).toBe('option-invalid')
    await world.settle(alone.close())
  })

  it('fails and lets go of the store when the transport is closed', async () => {
    const transport = new MemoryTransport(new MemoryNetwork())
    await transport.close()
    const store = new MemoryStore()
    expect(await codeOf(openClone({ domain, store, transport }))).toBe('transport-closed')
    await store.open()
  })
})

async function put(store: MemoryStore, key: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await store.open()
  const bytes = (await store.get(key))!
  await store.batch([{ key, value: change(bytes.slice()) }])
  await store.close()
}

describe('genesis', () => {
  const outdated = (clone: Clone) => clone.status.value.outdated

  it('means not to be outdated while alone; without it, a new clone is outdated until another one has given it all', async () => {
    const world = new World()
    const first = await world.open({ genesis: true })
    const puppet = new Puppet()
    const waiting = await world.open({ genesis: false, transport: puppet })
    expect([outdated(first), outdated(waiting)]).toEqual([false, true])
    puppet.meet()
    await world.rest()
    expect(outdated(waiting)).toBe(true)
    await world.settle(waiting.write({ '@id': 'mine', name: 'M' }))
    expect(outdated(waiting)).toBe(true)
    const second = await world.open({ genesis: false })
    expect(outdated(second)).toBe(true)
    await world.rest()
    expect(outdated(second)).toBe(false)
    await world.settle(Promise.all([first.close(), second.close(), waiting.close()]))
  })

  it('is ignored when the store has data', async () => {
    const world = new World()
    const disk = world.disk()
    const clone = await world.open({ disk, genesis: true })
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    await world.settle(clone.close())
    const again = await world.open({ disk, genesis: false, transport: new Puppet() })
    expect(outdated(again)).toBe(false)
    await world.settle(again.close())
  })

  it('does not matter when two that both began meet: they join', async () => {
    const world = new World()
    const transports = [world.network.transport('a'), world.network.transport('b')]
    for (const transport of transports) transport.connect(false)
    const [a, b] = [await world.open({ transport: transports[0] }), await world.open({ transport: transports[1] })]
    await world.settle(
      a.write([
        { '@id': 'fred', name: 'Fred' },
        { '@id': 'a', name: 'A' },
      ]),
    )
    await world.settle(
      b.write([
        { '@id': 'fred', name: 'Freddy' },
        { '@id': 'b', name: 'B' },
      ]),
    )
    for (const transport of transports) transport.connect(true)
    await world.pass(5000)
    expect(a.get('fred')).toEqual({ '@id': 'fred', name: ['Fred', 'Freddy'] })
    expect(contents(a)).toEqual(contents(b))
    expect(a.stats().digest).toBe(b.stats().digest)
    for (const { status } of [a, b])
      expect(status.value).toMatchObject({ outdated: false, unsent: 0, divergence: undefined })
    await world.settle(Promise.all([a.close(), b.close()]))
  })
})

describe('a context', () => {
  it('gives keys their meaning, in writes, reads and updates', async () => {
    const world = new World()
    const context = {
      id: '@id',
      type: '@type',
      name: 'http://schema.org/name',
      knows: { '@id': 'http://schema.org/knows', '@type': '@id' },
    }
    const clone = await world.alone({ context })
    const updates: Update[] = []
    clone.follow(update => updates.push(update))
    await world.settle(clone.write({ id: 'fred', name: 'Fred', knows: 'wilma' } as never))
    expect(clone.get('fred')).toEqual({ id: 'fred', name: 'Fred', knows: 'wilma' })
    expect(updates[0]['@insert']).toEqual([{ id: 'fred', name: 'Fred', knows: 'wilma' }])
    expect(contents(clone)).toEqual([
      `http://${domain}/fred http://schema.org/knows http://${domain}/wilma`,
      `http://${domain}/fred http://schema.org/name "Fred"`,
    ])
    await world.settle(clone.close())
  })
})

describe('follow', () => {
  it('calls handlers in the order of their coming, in the turn of the change', async () => {
    const world = new World()
    const clone = await world.alone()
    const seen: string[] = []
    clone.follow(() => seen.push('first'))
    clone.follow(() => seen.push('second'))
    void clone.write({ '@id': 'fred', name: 'Fred' })
    expect(seen).toEqual(['first', 'second'])
    await world.settle(clone.close())
  })

  it('goes on when a handler throws, and reports it', async () => {
    const world = new World()
    const clone = await world.alone()
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    const seen: number[] = []
    clone.follow(() => {
      throw new Error('handler')
    })
    clone.follow(update => seen.push(update['@ticks']))
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    await world.settle(clone.write({ '@id': 'fred', name: 'F' }))
    expect(seen).toEqual([1, 2])
    expect(reported).toHaveBeenCalledTimes(2)
    reported.mockRestore()
    await world.settle(clone.close())
  })

  it('gives every handler every update in order, also when one of them writes', async () => {
    const world = new World()
    const clone = await world.alone()
    const [first, second]: number[][] = [[], []]
    clone.follow(update => {
      first.push(update['@ticks'])
      if (update['@ticks'] < 5) void clone.write({ '@id': 'fred', count: update['@ticks'] })
      // It has written, and reads it, before anybody has been told.
      if (update['@ticks'] < 5) expect(clone.get('fred', 'count')).toBeDefined()
    })
    clone.follow(update => second.push(update['@ticks']))
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    expect(first).toEqual([1, 2, 3, 4, 5])
    expect(second).toEqual([1, 2, 3, 4, 5])
    await world.settle(clone.close())
  })

  it('stops at once: also one that another handler stops', async () => {
    const world = new World()
    const clone = await world.alone()
    const seen: number[] = []
    clone.follow(() => stop())
    const stop = clone.follow(update => seen.push(update['@ticks']))
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    expect(seen).toEqual([])
    stop()
    await world.settle(clone.close())
  })

  it('tells one that comes while a handler writes only of what comes after', async () => {
    const world = new World()
    const clone = await world.alone()
    const late: number[] = []
    let started = false
    clone.follow(() => {
      if (started) return
      started = true
      void clone.write({ '@id': 'fred', age: 1 })
      clone.follow(update => late.push(update['@ticks']))
      void clone.write({ '@id': 'fred', age: 2 })
    })
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    expect(late).toEqual([3])
    await world.settle(clone.close())
  })

  it('counts the same function twice when it follows twice', async () => {
    const world = new World()
    const clone = await world.alone()
    const handler = vi.fn()
    const stop = clone.follow(handler)
    clone.follow(handler)
    stop()
    stop()
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    expect(handler).toHaveBeenCalledTimes(1)
    await world.settle(clone.close())
  })

  it('can be iterated: from the call on, until the loop is left', async () => {
    const world = new World()
    const clone = await world.alone()
    await world.settle(clone.write({ '@id': 'early', name: 'E' }))
    const updates = clone.follow()
    for (const name of ['a', 'b', 'c']) void clone.write({ '@id': name, name })
    const seen: unknown[] = []
    for await (const update of updates) {
      seen.push(update['@insert'][0]['@id'])
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['a', 'b'])
    expect(await updates.next()).toEqual({ done: true, value: undefined })
    await world.settle(clone.close())
  })

  it('can be asked for several at once', async () => {
    const world = new World()
    const clone = await world.alone()
    const updates = clone.follow()
    const asked = Promise.all([updates.next(), updates.next(), updates.next()])
    for (const name of ['a', 'b', 'c']) void clone.write({ '@id': name, name })
    const seen = await world.settle(asked)
    expect(seen.map(({ value }) => value?.['@ticks'])).toEqual([1, 2, 3])
    const rest = Promise.all([updates.next(), updates.next()])
    await world.settle(clone.close())
    expect(await world.settle(rest)).toEqual(new Array(2).fill({ done: true, value: undefined }))
  })

  it('ends with the clone, after what came before', async () => {
    const world = new World()
    const clone = await world.alone()
    const updates = clone.follow()
    void clone.write({ '@id': 'fred', name: 'Fred' })
    await world.settle(clone.close())
    const seen: Update[] = []
    for await (const update of updates) seen.push(update)
    expect(seen).toHaveLength(1)
  })

  it('tells who wrote, when, and why', async () => {
    const world = new World()
    const [a, b] = [await world.open(), await world.open()]
    await world.rest()
    const seen: Update[] = []
    a.follow(update => seen.push(update))
    b.follow(update => seen.push(update))
    await world.settle(a.write({ '@id': 'fred', name: 'Fred' }))
    await world.rest()
    const { replica } = a.status.value
    expect(seen.map(({ trace }) => trace)).toMatchObject([
      { cause: 'write', replica },
      { cause: 'remote', replica },
    ])
    expect(seen[0].trace.timeMs).toBeGreaterThan(1_700_000_000_000)
    expect(seen[0].trace.timeMs).toBe(seen[1].trace.timeMs)
    expect(Object.keys(seen[0]).sort()).toEqual(['@delete', '@insert', '@ticks', '@update'])
    await world.settle(Promise.all([a.close(), b.close()]))
  })
})

describe('status', () => {
  it('becomes: at once, later, or not in time', async () => {
    const world = new World()
    const puppet = new Puppet()
    const clone = await world.open({ transport: puppet })
    expect((await world.settle(clone.status.becomes({ online: false }))).online).toBe(false)
    const late = clone.status.becomes({ online: true, silo: true }, { timeoutMs: 5000 })
    const never = codeOf(clone.status.becomes({ peers: 7 }, { timeoutMs: 1000 }))
    await world.pass(900)
    puppet.meet()
    expect((await world.settle(late)).connection).toBe('online')
    expect(await world.settle(never)).toBe('wait-timeout')
    await world.settle(clone.close())
  })

  it('ends a wait by its signal, before or during it', async () => {
    const world = new World()
    const clone = await world.alone()
    const controller = new AbortController()
    const reason = new Error('enough')
    const waiting = clone.status
      .becomes({ peers: 7 }, { signal: controller.signal, timeoutMs: 1000 })
      .catch(error => error)
    controller.abort(reason)
    expect(await world.settle(waiting)).toBe(reason)
    expect(await clone.status.becomes({ peers: 0 }, { signal: controller.signal }).catch(error => error)).toBe(reason)
    expect(await clone.flushed({ signal: controller.signal }).catch(error => error)).toBe(reason)
    await world.settle(clone.close())
  })

  it('ends waits when the clone is closed, but for those for that', async () => {
    const world = new World()
    const clone = await world.alone()
    const waits = [clone.status.becomes({ peers: 7 }), clone.status.becomes({ closed: true })].map(codeOf)
    await world.settle(clone.close())
    expect(await Promise.all(waits)).toEqual(['clone-closed', 'resolved'])
    expect(await codeOf(clone.status.becomes({ peers: 7 }))).toBe('clone-closed')
    expect(clone.status.value.closed).toBe(true)
  })

  it('is followed: several changes of one turn together, until stopped', async () => {
    const world = new World()
    const clone = await world.alone()
    const seen: StatusValue[] = []
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    clone.status.follow(() => {
      throw new Error('handler')
    })
    const stop = clone.status.follow(value => seen.push(value))
    for (let i = 0; i < 5; i++) void clone.write({ '@id': 'fred', age: i })
    await world.pass(0)
    expect(seen.at(-1)).toMatchObject({ ticks: 5 })
    expect(seen.length).toBeLessThan(5)
    stop()
    const { length } = seen
    await world.settle(clone.write({ '@id': 'fred', age: 9 }))
    expect(seen).toHaveLength(length)
    expect(reported).toHaveBeenCalled()
    reported.mockRestore()
    await world.settle(clone.close())
  })

  it('counts what is not durable, and what nobody is known to have', async () => {
    const world = new World()
    const puppet = new Puppet()
    const clone = await world.open({ transport: puppet, disk: world.disk(50) })
    const writes = [1, 2, 3].map(age => clone.write({ '@id': 'fred', age }))
    expect(clone.status.value).toMatchObject({ undurable: 3, unsent: 0, ticks: 3 })
    await world.settle(Promise.all(writes))
    await world.pass(0)
    expect(clone.status.value).toMatchObject({ undurable: 0, unsent: 3 })
    expect(await world.settle(codeOf(clone.sent({ timeoutMs: 1000 })))).toBe('wait-timeout')
    const sent = codeOf(clone.sent())
    const flushed = codeOf(clone.flushed())
    await world.settle(clone.close())
    expect(await flushed).toBe('resolved')
    expect(await sent).toBe('clone-closed')
  })
})

describe('presence', () => {
  it('shows what the others announced, until they go', async () => {
    const world = new World()
    const [a, b] = [await world.open(), await world.open()]
    const seen: unknown[] = []
    const stop = a.presence.follow(others => seen.push(others.map(({ data }) => data)))
    expect(seen).toEqual([[]])
    b.presence.announce({ name: 'B', colour: 'red' })
    await world.rest()
    expect(seen.at(-1)).toEqual([{ name: 'B', colour: 'red' }])
    b.presence.announce(undefined)
    await world.rest()
    expect(a.presence.others.map(({ data }) => data)).toEqual([undefined])
    stop()
    const { length } = seen
    await world.settle(b.close())
    await world.rest()
    expect(a.presence.others).toEqual([])
    expect(seen).toHaveLength(length)
    await world.settle(a.close())
  })

  it('takes JSON of up to 1 KB, and refuses more, and what is no JSON', async () => {
    const world = new World()
    const clone = await world.open()
    clone.presence.announce('x'.repeat(1022))
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (const bad of ['x'.repeat(1023), 'é'.repeat(512), (() => {}) as never, 1n as never, circular as never])
      expect(thrown(() => clone.presence.announce(bad))).toBe('value-invalid')
    await world.settle(clone.close())
  })

  it('ignores what is no presence of this domain', async () => {
    const world = new World()
    const puppet = new Puppet()
    const clone = await world.open({ transport: puppet })
    puppet.listener.state('online')
    puppet.listener.peers(
      new Map([
        ['p', new Uint8Array(50).fill(255)],
        ['q', puppet.payload!],
        ['r', new Uint8Array(4000)],
      ]),
    )
    expect(clone.presence.others.map(({ peer, data }) => [peer, data])).toEqual([
      ['p', undefined],
      ['q', undefined],
      ['r', undefined],
    ])
    expect(clone.status.value.peers).toBe(3)
    await world.settle(clone.close())
  })
})

describe('closing', () => {
  it('makes everything durable, hands it to the transport, leaves, and closes the store; again is the same', async () => {
    const world = new World()
    const disk = world.disk(200)
    const puppet = new Puppet()
    const clone = await world.open({ disk, transport: puppet })
    puppet.meet('p')
    await world.rest()
    puppet.clear()
    const written = codeOf(clone.write({ '@id': 'fred', name: 'Fred' }))
    const closing = clone.close()
    expect(clone.close()).toBe(closing)
    expect(clone.close({ erase: true })).toBe(closing)
    await world.settle(closing)
    expect(await written).toBe('resolved')
    expect(puppet.left).toBe(true)
    expect(puppet.sent.length).toBeGreaterThan(0)
    const again = await world.alone({ disk })
    expect(again.get('fred')).toBeDefined()
    await world.settle(again.close())
  })

  it('with erase removes this copy, and no other', async () => {
    const world = new World()
    const disk = world.disk()
    const [a, b] = [await world.open({ disk }), await world.open()]
    await world.settle(a.write({ '@id': 'fred', name: 'Fred' }))
    await world.settle(a.sent())
    await world.settle(a.close({ erase: true }))
    expect(b.get('fred')).toBeDefined()
    const again = await world.alone({ disk })
    expect(contents(again)).toEqual([])
    expect(again.status.value.ticks).toBe(0)
    await world.settle(Promise.all([again.close(), b.close()]))
  })

  it('makes everything else say clone-closed', async () => {
    const world = new World()
    const clone = await world.open()
    const closing = clone.close()
    for (let round = 0; round < 2; round++) {
      const rejecting = [
        clone.write({ '@id': 'fred', name: 'Fred' }),
        clone.patch({ '@id': 'fred', name: 'Fred' }),
        clone.put({ '@id': 'fred', name: 'Fred' }),
        clone.delete('fred'),
        clone.insertQuads([]),
        clone.flushed(),
        clone.sent(),
      ]
      expect(await Promise.all(rejecting.map(codeOf))).toEqual(new Array(rejecting.length).fill('clone-closed'))
      for (const throwing of [
        () => clone.get('fred'),
        () => clone.read({ '@describe': 'fred' }),
        () => clone.quads(),
        () => clone.follow(),
        () => clone.follow(() => {}),
        () => clone.presence,
        () => clone.stats(),
      ])
        expect(thrown(throwing)).toBe('clone-closed')
      await world.settle(closing)
    }
    expect(clone.status.value.closed).toBe(true)
  })

  it('leaves no timer that does anything', async () => {
    const world = new World()
    const puppet = new Puppet()
    const clone = await world.open({ transport: puppet })
    puppet.meet('p', 'q')
    await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    await world.settle(clone.close())
    puppet.clear()
    await world.pass(1_000_000)
    expect(puppet.sent).toEqual([])
    puppet.listener.state('offline')
    puppet.listener.peers(new Map())
    puppet.listener.message('p', Uint8Array.of(1, 2, 3))
    expect(clone.status.value.refused.malformed).toBe(0)
  })
})

describe('one store, copied', () => {
  it('makes two clones that write under different ids, and both keep everything', async () => {
    const world = new World()
    const disk = world.disk()
    const origin = await world.alone({ disk })
    await world.settle(origin.write({ '@id': 'fred', name: 'Fred' }))
    await world.settle(origin.close())
    const copied = world.disk()
    copied.restore(disk.image())
    const [a, b] = [await world.open({ disk }), await world.open({ disk: copied })]
    expect(a.status.value.replica).toBeUndefined()
    await world.settle(Promise.all([a.write({ '@id': 'a', name: 'A' }), b.write({ '@id': 'b', name: 'B' })]))
    await world.pass(5000)
    expect(a.status.value.replica).not.toBe(b.status.value.replica)
    expect(contents(a)).toEqual(contents(b))
    expect(contents(a)).toHaveLength(3)
    expect([a.status.value.forks, b.status.value.forks]).toEqual([0, 0])
    await world.settle(Promise.all([a.close(), b.close()]))
  })
})

describe('the environment', () => {
  it('of the platform needs nothing that a page over plain http lacks', () => {
    expect(platformEnvironment.random(8)).toHaveLength(8)
    expect(Math.abs(platformEnvironment.now() - Date.now())).toBeLessThan(1000)
    const cancel = platformEnvironment.schedule(() => {}, 1000)
    cancel()
  })
})
