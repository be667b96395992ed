/** Following after a cursor, and the lives of a store that cursors are of; each clause of what their docstrings say. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Writer } from '../../src/codec/index.js'
import {
  asSubjectUpdates,
  type Clone,
  type Cursor,
  type Gap,
  openClone,
  type Update,
  type UpdateParts,
} from '../../src/index.js'
import { encodeHeader } from '../../src/operation/index.js'
import { NamedNode, Quad } from '../../src/rdf/rdfjs.js'
import { LevelStore } from '../../src/stores/level.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { MessageType } from '../../src/sync/envelope.js'
import * as messages from '../../src/sync/messages.js'
import { domain, entriesIn, forgetJournal, Puppet, sealed, World } from './world.js'

const code = (error: unknown) => expect.toSatisfy(found => (found as { code?: unknown }).code === error)

/** Follows after a cursor until nothing more comes. */
async function after(world: World, clone: Clone, cursor: Cursor | number | undefined): Promise<(Update | Gap)[]> {
  const received: (Update | Gap)[] = []
  const updates = clone.follow({ after: cursor })
  const reading = (async () => {
    for await (const update of updates) received.push(update)
  })()
  await world.pass(100)
  await updates.return!()
  await reading
  return received
}

const texts = (received: readonly (Update | Gap)[]) =>
  received.map(update => ('@gap' in update ? `gap: ${update['@gap']}` : JSON.stringify(update)))
const write = (world: World, clone: Clone, name: string) => world.settle(clone.write({ '@id': name, name }))
const cursorOf = ({ status }: Clone): Cursor => ({ life: status.value.life, ticks: status.value.ticks })
// biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
const openSnapshots = (clone: Clone): number => clone['transactions']['snapshots'].size
// biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
const checkpoint = (clone: Clone): Promise<void> => clone['checkpoints'].write()

/** A clone that has told of three writes. */
async function three(options: Parameters<World['alone']>[0] = {}) {
  const world = new World()
  const clone = await world.alone(options)
  const told: Update[] = []
  clone.follow(update => told.push(update))
  for (const name of ['a', 'b', 'c']) await write(world, clone, name)
  return { world, clone, told }
}

describe('follow({ after })', () => {
  it.each([
    ['a cursor', (update: Update) => update.cursor],
    ['ticks', (update: Update) => update['@ticks']],
  ])('gives what came after %s, then what comes, as a loop', async (_, of) => {
    const { world, clone, told } = await three()
    const updates = clone.follow({ after: of(told[0]) })
    void write(world, clone, 'd')
    for (let i = 1; i < 4; i++) {
      const update = (await updates.next()).value as Update
      expect(JSON.stringify(update)).toBe(JSON.stringify(told[i]))
      expect(update.trace).toEqual(told[i].trace)
      expect(update.cursor).toEqual(told[i].cursor)
    }
    const next = updates.next()
    await write(world, clone, 'e')
    expect((await next).value).toEqual(told[4])
    const last = updates.next()
    await world.settle(clone.close())
    expect(await last).toEqual({ done: true, value: undefined })
  })

  it('hands it to a handler from the next turn on, and then in the turn in which it becomes readable', async () => {
    const { world, clone, told } = await three()
    const received: (Update | Gap)[] = []
    const stop = clone.follow({ after: told[0].cursor }, update => received.push(update))
    expect(received).toEqual([])
    void clone.write({ '@id': 'd', name: 'd' })
    await world.pass(50)
    expect(texts(received)).toEqual(texts(told.slice(1)))
    void clone.write({ '@id': 'e', name: 'e' })
    expect(texts(received)).toEqual(texts(told.slice(1)))
    stop()
    stop()
    await write(world, clone, 'f')
    expect(received).toHaveLength(4)
    await world.settle(clone.close())
  })

  it('stops a handler while the past is handed to it', async () => {
    const { world, clone } = await three()
    const received: (Update | Gap)[] = []
    const stop = clone.follow({ after: 0 }, update => {
      received.push(update)
      if (received.length === 2) stop()
    })
    await world.pass(50)
    await write(world, clone, 'd')
    expect(received).toHaveLength(2)
    await world.settle(clone.close())
  })

  it('gives what is not durable yet, and nothing twice when it becomes so', async () => {
    const world = new World()
    const disk = world.disk(100)
    const clone = await world.alone({ disk })
    const told: Update[] = []
    clone.follow(update => told.push(update))
    void write(world, clone, 'a')
    void write(world, clone, 'b')
    for (let ms = 0; ms < 150; ms += 10) {
      void clone.write({ '@id': `s${ms}`, name: 'n' })
      const updates = clone.follow({ after: 0 })
      const count = told.length
      await world.pass(7)
      const received: (Update | Gap)[] = []
      for (let i = 0; i < count; i++) received.push((await world.settle(updates.next())).value)
      expect(texts(received)).toEqual(texts(told.slice(0, count)))
      await updates.return!()
    }
    await world.settle(clone.close())
  })

  it('answers calls that do not wait for each other in order', async () => {
    const { world, clone, told } = await three()
    const updates = clone.follow({ after: 0 })
    const answers = Promise.all([1, 2, 3, 4].map(() => updates.next()))
    await world.pass(10)
    await write(world, clone, 'd')
    expect(texts((await world.settle(answers)).map(({ value }) => value))).toEqual(texts(told))
    await world.settle(clone.close())
  })

  it('reads the past part by part, as it is asked for', async () => {
    const world = new World()
    const store = new MemoryStore()
    const clone = await world.alone({ store })
    const count = 1200
    for (let i = 0; i < count; i++) void clone.write({ '@id': `s${i % 7}`, [`p${i % 3}`]: `${i}`.repeat(100) })
    await world.settle(clone.flushed())
    forgetJournal(clone)
    const read: number[] = []
    const { entries } = store
    store.entries = async function* (range) {
      for await (const entry of entries.call(store, range)) {
        const [key, value] = entry
        read.push(...entriesIn([{ key, value }]).map(([ticks]) => ticks))
        yield entry
      }
    }
    const updates = clone.follow({ after: 0 })
    for (let i = 1; i <= count; i++) {
      expect((await updates.next()).value).toMatchObject({ '@ticks': i })
      // Up to 256 entries, and the rest of a group.
      expect(read.length).toBeLessThan(i + 350)
    }
    // Nothing twice, though entries stand in groups.
    expect(read).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    await world.settle(clone.close())
  })

  it('comes to the present though the store is slow, and something is written all the time', async () => {
    const world = new World()
    const store = new MemoryStore()
    const clone = await world.alone({ store })
    for (let i = 0; i < 300; i++) void clone.write({ '@id': `s${i}`, name: 'n' })
    await world.settle(clone.flushed())
    forgetJournal(clone)
    const { entries } = store
    store.entries = async function* (range) {
      await world.time.delay(50)
      yield* entries.call(store, range)
    }
    const received: number[] = []
    clone.follow({ after: 0 }, update => received.push(update['@ticks']))
    for (let ms = 0; ms < 500; ms += 10) {
      void clone.write({ '@id': `t${ms}`, name: 'n' })
      await world.pass(10)
    }
    void clone.write({ '@id': 'now', name: 'n' })
    expect(received).toEqual(Array.from({ length: 351 }, (_, i) => i + 1))
    await world.settle(clone.close())
  })

  it('gives the past of an earlier process, also of a store in a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'replay-test-'))
    try {
      const open = () => openClone({ domain, store: new LevelStore(folder), genesis: true })
      const first = await open()
      const told: Update[] = []
      first.follow(update => told.push(update))
      await first.write({ '@id': 'fred', name: 'Fred', age: 40, steps: { '@id': 'steps', '@list': ['one', 'two'] } })
      await first.write({ '@id': 'steps', '@list': { 0: 'zero' } })
      await first.patch({ '@id': 'fred', name: ['Fred', 'Freddy'], age: null })
      await first.delete('fred')
      await first.close()
      const second = await open()
      const received: (Update | Gap)[] = []
      for await (const update of second.follow({ after: 0 })) {
        received.push(update)
        if (received.length === told.length) break
      }
      expect(texts(received)).toEqual(texts(told))
      expect(received.map(update => '@gap' in update || update.quads)).toEqual(told.map(({ quads }) => quads))
      await second.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('tells a past that names what nobody knows', async () => {
    const world = new World()
    const transport = new Puppet()
    const clone = await world.open({ transport })
    await write(world, clone, 'mine')
    const told: Update[] = []
    clone.follow(update => told.push(update))
    const text = (letter: string, flags: number, scale: number) => [scale + flags, letter.charCodeAt(0)]
    // Deletes: the first dot of a replica that nobody knows, then one of its own that it has not made; and an insert.
    const writer = new Writer()
    encodeHeader(writer, Uint8Array.of(5, 5), 1, 1, 0, [], 1024 * 1_700_000_000_000)
    const body = [3, 1, 99, ...text('s', 0, 2), ...text('p', 2, 8), 4 * 2 + 1, 3, 0, 40, ...text('v', 0, 8)]
    writer.raw(Uint8Array.from(body))
    const operation = writer.take()
    transport.meet('other')
    transport.say('other', MessageType.operations, w =>
      messages.writeOperations(w, { request: 0, end: 2, operations: [operation] }),
    )
    await world.pass(1000)
    expect(told).toHaveLength(1)
    // The replica comes to be known: the past stays what it was.
    const next = new Writer()
    encodeHeader(next, Uint8Array.of(99), 1, 1, 0, [], 1024 * 1_700_000_000_000)
    next.raw(Uint8Array.from([0, ...text('t', 0, 2), ...text('p', 2 + 4, 8), ...text('v', 0, 8)]))
    transport.say('other', MessageType.operations, w =>
      messages.writeOperations(w, { request: 0, end: 2, operations: [next.take()] }),
    )
    await world.pass(1000)
    expect(told).toHaveLength(2)
    expect(texts(await after(world, clone, 1))).toEqual(texts(told))
    await world.settle(clone.close())
  })

  it.each<[string, unknown]>([
    ['a text', '5'],
    ['half a tick', 1.5],
    ['ticks below 0', -1],
    ['no ticks', { life: 'x' }],
    ['no life', { ticks: 1 }],
    ['a life that is a number', { life: 1, ticks: 1 }],
  ])('refuses %s', async (_, value) => {
    const { world, clone } = await three()
    expect(() => clone.follow({ after: value as number })).toThrow(code('option-invalid'))
    expect(() => clone.follow({ after: value as number }, () => {})).toThrow(code('option-invalid'))
    await world.settle(clone.close())
    expect(() => clone.follow({ after: 0 })).toThrow(code('clone-closed'))
  })
})

describe('a list in the past, under a context that writes lists as their items', () => {
  it('is written out when it was made then, and else is a reference', async () => {
    const context = { steps: { '@id': `http://${domain}/#steps`, '@container': '@list' } }
    const world = new World()
    const clone = await world.alone({ context })
    const told: Update[] = []
    clone.follow(update => told.push(update))
    await world.settle(clone.write({ '@id': 'card', steps: ['one', 'two'] }))
    await world.settle(clone.write({ '@id': 'bare', steps: [] }))
    await world.settle(clone.write({ '@id': 'list', '@list': ['three'] }))
    const [other, steps, list] = ['other', '#steps', 'list'].map(name => new NamedNode(`http://${domain}/${name}`))
    await world.settle(clone.insertQuads([new Quad(other, steps, list)]))
    const received = await after(world, clone, 0)
    expect(texts(received.slice(0, 3))).toEqual(texts(told.slice(0, 3)))
    expect(told[0]['@insert']).toContainEqual({ '@id': 'card', steps: ['one', 'two'] })
    expect(told[3]['@insert']).toEqual([{ '@id': 'other', steps: ['three'] }])
    expect((received[3] as Update)['@insert']).toEqual([{ '@id': 'other', [steps.value]: { '@id': 'list' } }])
    await world.settle(clone.close())
  })
})

describe('a gap', () => {
  it('has the state from which to start over, and what follows it', async () => {
    const { world, clone } = await three()
    const updates = clone.follow({ after: undefined })
    const gap = (await updates.next()).value as Gap
    expect(Object.keys(gap)).toEqual(['@gap', '@ticks'])
    expect(JSON.parse(JSON.stringify(gap))).toEqual({ '@gap': 'first', '@ticks': 3 })
    expect(gap.cursor).toEqual(cursorOf(clone))
    expect(gap.cause).toBeUndefined()
    // The state stands still.
    await write(world, clone, 'd')
    await world.settle(clone.delete('a'))
    expect(Array.from(gap.quads(), ({ object }) => object.value).sort()).toEqual(['a', 'b', 'c'])
    expect(gap.get('a')).toEqual({ '@id': 'a', name: 'a' })
    expect(gap.read({ '@select': '?n', '@where': { '@id': '?s', name: '?n' } })).toHaveLength(3)
    expect(openSnapshots(clone)).toBe(1)
    expect((await updates.next()).value).toMatchObject({ '@insert': [{ '@id': 'd', name: 'd' }] })
    expect(openSnapshots(clone)).toBe(0)
    for (const late of [() => gap.quads(), () => gap.get('a'), () => gap.read({ '@describe': 'a' })])
      expect(late).toThrow(code('gap-closed'))
    expect((await updates.next()).value).toMatchObject({ '@delete': [{ '@id': 'a', name: 'a' }] })
    await updates.return!()
    expect(openSnapshots(clone)).toBe(0)
    await world.settle(clone.close())
  })

  it('is open for a handler until that returns, and what the handler writes comes after it', async () => {
    const { world, clone } = await three()
    const received: string[] = []
    let kept: Gap | undefined
    clone.follow({ after: null }, update => {
      if (!('@gap' in update)) return void received.push(update['@insert'][0]['@id'])
      kept = update
      void clone.write({ '@id': 'd', name: 'd' })
      expect([...update.quads()]).toHaveLength(3)
      received.push('gap')
    })
    await world.pass(50)
    expect(received).toEqual(['gap', 'd'])
    expect(() => kept!.quads()).toThrow(code('gap-closed'))
    expect(openSnapshots(clone)).toBe(0)
    await world.settle(clone.close())
  })

  it('holds nothing when the reader leaves, or the clone is closed', async () => {
    const { world, clone } = await three()
    const readers = [0, 1].map(() => clone.follow({ after: undefined }))
    for (const reader of readers) await reader.next()
    expect(openSnapshots(clone)).toBe(2)
    await readers[0].return!()
    expect(openSnapshots(clone)).toBe(1)
    await world.settle(clone.close())
    expect(await readers[1].next()).toEqual({ done: true, value: undefined })
  })

  it('taken for an update throws', async () => {
    const { world, clone } = await three()
    const [gap] = await after(world, clone, undefined)
    for (const part of ['@insert', '@delete', '@update'] as const)
      expect(() => (gap as Update)[part]).toThrow(code('gap-unheeded'))
    expect(() => asSubjectUpdates(gap as unknown as UpdateParts)).toThrow(code('gap-unheeded'))
    await world.settle(clone.close())
  })

  it('is there for what is not of this history', async () => {
    const { world, clone, told } = await three()
    const { life } = told[0].cursor
    expect(texts(await after(world, clone, { life, ticks: 4 }))).toEqual(['gap: future'])
    expect(texts(await after(world, clone, 4))).toEqual(['gap: future'])
    expect(texts(await after(world, clone, { life: '0123456789abcdef', ticks: 2 }))).toEqual(['gap: life'])
    expect(texts(await after(world, clone, { life, ticks: 3 }))).toEqual([])
    await world.settle(clone.close())
  })

  it('is there for what has been truncated, and not for what has not', async () => {
    const { world, clone, told } = await three({ history: { operations: 2 } })
    await world.settle(checkpoint(clone))
    expect(texts(await after(world, clone, 0))).toEqual(['gap: truncated'])
    expect(texts(await after(world, clone, told[0].cursor))).toEqual(texts(told.slice(1)))
    await world.settle(clone.close())
  })

  it('is there for a cursor before a state that was joined, in this opening and the next', async () => {
    const world = new World()
    const rich = await world.open({ history: { operations: 0 } })
    await write(world, rich, 'a')
    await world.settle(checkpoint(rich))
    const disk = world.disk()
    const transport = world.network.transport('poor')
    transport.connect(false)
    const poor = await world.open({ disk, transport })
    await write(world, poor, 'mine')
    const before = cursorOf(poor)
    transport.connect(true)
    await world.pass(10_000)
    expect(poor.get('a')).toBeDefined()
    const joined = cursorOf(poor)
    await write(world, poor, 'b')
    for (let opening = 0, clone = poor; opening < 2; opening++) {
      expect(texts(await after(world, clone, before))).toEqual(['gap: truncated'])
      expect(await after(world, clone, joined)).toMatchObject([{ '@insert': [{ '@id': 'b' }] }])
      await world.settle(clone.close())
      clone = await world.alone({ disk })
      if (opening === 1) await world.settle(clone.close())
    }
    await world.settle(rich.close())
  })

  it('comes on the way when the past is truncated before it has been read', async () => {
    const world = new World()
    const clone = await world.alone({ history: { operations: 0 } })
    for (let i = 0; i < 600; i++) void clone.write({ '@id': `s${i}`, name: 'n' })
    await world.settle(clone.flushed())
    const updates = clone.follow({ after: 0 })
    expect((await world.settle(updates.next())).value).toMatchObject({ '@ticks': 1 })
    await world.settle(checkpoint(clone))
    let ticks = 1
    for (;;) {
      const { value } = await world.settle(updates.next())
      if ('@gap' in value) {
        expect(value['@gap']).toBe('truncated')
        expect([...value.quads()]).toHaveLength(600)
        break
      }
      expect(value['@ticks']).toBe(++ticks)
    }
    expect(ticks).toBeLessThan(600)
    await write(world, clone, 'next')
    expect((await world.settle(updates.next())).value).toMatchObject({ '@ticks': 601 })
    await world.settle(clone.close())
  })

  it('has the reason when the journal cannot be read, or is damaged', async () => {
    const world = new World()
    const store = new MemoryStore()
    const clone = await world.alone({ store })
    for (const name of ['a', 'b', 'c']) await write(world, clone, name)
    forgetJournal(clone)
    const { entries } = store
    const cause = new Error('no')
    store.entries = () => {
      throw cause
    }
    const [unreadable] = await after(world, clone, 0)
    expect(unreadable).toMatchObject({ '@gap': 'unreadable', cause })
    store.entries = entries
    const key = 'journal/00000000002'
    const bytes = await store.get(key)
    await store.batch([{ key, value: sealed(Uint8Array.of(1, 1, 200, 0, 0, 0, 0)) }])
    const [first, damaged] = await after(world, clone, 0)
    expect(first).toMatchObject({ '@ticks': 1 })
    expect(damaged).toMatchObject({ '@gap': 'unreadable', '@ticks': 3, cause: { code: 'data-malformed' } })
    await store.batch([{ key, value: null }])
    const [missing] = await after(world, clone, 0)
    expect(missing).toMatchObject({ '@gap': 'unreadable', cause: { code: 'store-corrupt', facts: { key } } })
    await store.batch([{ key, value: bytes! }])
    expect(await after(world, clone, 0)).toHaveLength(3)
    await world.settle(clone.close())
  })
})

describe('a life', () => {
  it('begins with the first transaction after an opening, and not with one that commits nothing', async () => {
    const world = new World()
    const disk = world.disk()
    const lives: string[] = []
    const first = await world.alone({ disk })
    lives.push(first.status.value.life)
    await write(world, first, 'a')
    expect(first.status.value.life).toBe(lives[0])
    await world.settle(first.close())
    const idle = await world.alone({ disk })
    expect(idle.status.value.life).toBe(lives[0])
    await world.settle(idle.close())
    const second = await world.alone({ disk })
    await write(world, second, 'b')
    lives.push(second.status.value.life)
    await write(world, second, 'c')
    expect(second.status.value.life).toBe(lives[1])
    expect(lives[0]).not.toBe(lives[1])
    expect(lives.every(life => /^[0-9a-f]{16}$/.test(life))).toBe(true)
    // Both are of this history.
    expect(await after(world, second, { life: lives[0], ticks: 0 })).toHaveLength(3)
    expect(await after(world, second, { life: lives[0], ticks: 1 })).toHaveLength(2)
    expect(await after(world, second, { life: lives[1], ticks: 1 })).toHaveLength(2)
    expect(texts(await after(world, second, { life: lives[0], ticks: 2 }))).toEqual(['gap: life'])
    expect(texts(await after(world, second, { life: lives[1], ticks: 0 }))).toEqual(['gap: life'])
    await world.settle(second.close())
  })

  it('ends where a crash took back what was told', async () => {
    const world = new World()
    const disk = world.disk(50)
    const clone = await world.alone({ disk })
    await write(world, clone, 'a')
    const cursors: Cursor[] = []
    clone.follow(({ cursor }) => cursors.push(cursor))
    void clone.write({ '@id': 'lost', name: 'L' })
    disk.conditions.failing = true
    disk.crash()
    disk.conditions.failing = false
    const again = await world.alone({ disk })
    expect(texts(await after(world, again, cursors[0]))).toEqual(['gap: future'])
    await write(world, again, 'b')
    // The same ticks, and something else.
    expect(again.status.value.ticks).toBe(cursors[0].ticks)
    expect(texts(await after(world, again, cursors[0]))).toEqual(['gap: life'])
    expect(texts(await after(world, again, cursors[0].ticks))).toEqual([])
    await world.settle(again.close())
  })

  it('ends with a rollback, before and after it is durable', async () => {
    const { world, clone, told } = await (async () => {
      const world = new World()
      const disk = world.disk(5)
      const clone = await world.alone({ disk })
      const told: Update[] = []
      clone.follow(update => told.push(update))
      await write(world, clone, 'a')
      for (let failure = 0; failure < 2; failure++) {
        disk.conditions.failing = true
        await expect(write(world, clone, 'lost')).rejects.toMatchObject({ code: 'store-failed' })
        disk.conditions.failing = false
        await world.settle(clone.status.becomes({ storage: undefined }))
      }
      return { world, clone, told }
    })()
    expect(told.map(({ trace }) => trace.cause)).toEqual(['write', 'write', 'rollback', 'write', 'rollback'])
    const look = async (count: number) => {
      expect(texts(await after(world, clone, told[0].cursor))).toHaveLength(count)
      for (const lost of [1, 2, 3]) expect(texts(await after(world, clone, told[lost].cursor))).toEqual(['gap: life'])
      expect(texts(await after(world, clone, told[4].cursor))).toHaveLength(count)
      expect(texts(await after(world, clone, cursorOf(clone)))).toEqual([])
    }
    await look(0)
    await write(world, clone, 'b')
    await look(1)
    await world.settle(clone.close())
  })

  it('ends with a rollback after which there is only a checkpoint', async () => {
    const world = new World()
    const disk = world.disk(50)
    const first = await world.alone({ disk })
    const cursors: Cursor[] = []
    first.follow(({ cursor }) => cursors.push(cursor))
    for (const id of ['x', 'y', 'z']) void first.write({ '@id': id, name: id })
    disk.conditions.failing = true
    disk.crash()
    disk.conditions.failing = false
    const second = await world.alone({ disk })
    for (let failure = 0; failure < 2; failure++) {
      disk.conditions.failing = true
      await expect(write(world, second, 'lost')).rejects.toMatchObject({ code: 'store-failed' })
      disk.conditions.failing = false
      await world.settle(second.status.becomes({ storage: undefined }))
    }
    await world.settle(checkpoint(second))
    disk.crash()
    const third = await world.alone({ disk })
    // The ticks that were lost are covered, by nothing that was told.
    expect(third.status.value.ticks).toBeGreaterThan(cursors[2].ticks)
    for (const cursor of cursors) expect(texts(await after(world, third, cursor))).toEqual(['gap: life'])
    await world.settle(third.close())
  })

  it('is another one in a folder that was copied', async () => {
    const world = new World()
    const disks = [world.disk(), world.disk()]
    const first = await world.alone({ disk: disks[0] })
    await write(world, first, 'a')
    const shared = cursorOf(first)
    disks[1].restore(disks[0].image())
    await write(world, first, 'b')
    const own = cursorOf(first)
    const copy = await world.alone({ disk: disks[1] })
    expect(texts(await after(world, copy, own))).toEqual(['gap: future'])
    await write(world, copy, 'c')
    expect(texts(await after(world, copy, own))).toEqual(['gap: life'])
    expect(await after(world, copy, shared)).toMatchObject([{ '@insert': [{ '@id': 'c' }] }])
    expect(await after(world, first, shared)).toMatchObject([{ '@insert': [{ '@id': 'b' }] }])
    await world.settle(Promise.all([first.close(), copy.close()]))
  })

  it('is forgotten when the journal does not reach back to it', async () => {
    const world = new World()
    const disk = world.disk()
    for (let opening = 0; opening < 12; opening++) {
      const clone = await world.alone({ disk, history: { operations: 2 } })
      await write(world, clone, `s${opening}`)
      await world.settle(checkpoint(clone))
      await world.settle(clone.close())
    }
    // version, number, and for each a length, a name and ticks
    expect(disk.image().get('lives')!.length).toBeLessThanOrEqual(2 + 5 * 10)
    await world.settle((await world.alone({ disk })).close())
  })

  it.each<[string, number[], string]>([
    ['nothing', [], 'store-corrupt'],
    ['version 0', [0], 'store-corrupt'],
    ['a newer version', [2], 'store-format'],
    ['none', [1, 0], 'store-corrupt'],
    ['more than there are bytes', [1, 100, 8], 'store-corrupt'],
    ['a short name', [1, 1, 7, 1, 2, 3, 4, 5, 6, 7, 0, 0], 'store-corrupt'],
    ['a beginning in the future', [1, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'store-corrupt'],
    ['lives out of order', [1, 2, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 8, 1, 2, 3, 4, 5, 6, 7, 9, 1], 'store-corrupt'],
    ['bytes left over', [1, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0], 'store-corrupt'],
  ])('is not read from %s', async (_, bytes, expected) => {
    const world = new World()
    const store = new MemoryStore()
    const clone = await world.alone({ store })
    for (const name of ['a', 'b', 'c']) await write(world, clone, name)
    await store.batch([{ key: 'lives', value: sealed(Uint8Array.from([...bytes, 0, 0, 0, 0])) }])
    await world.settle(clone.close())
    await expect(world.alone({ store })).rejects.toMatchObject({ code: expected })
  })
})
