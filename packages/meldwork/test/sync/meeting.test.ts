/**
 * How clones meet: what it costs, whatever there has been before; that few answer, however many there are; that a clone between two groups gives each
 * what the other has; and that what must be kept elsewhere is confirmed from there.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketCount, partCount, partsInBucket, Replicas } from '../../src/causality/index.js'
import type { Keeping } from '../../src/clone/connection.js'
import { openCloneWith } from '../../src/clone/open.js'
import { Writer } from '../../src/codec/index.js'
import type { Clone, CloneOptions } from '../../src/index.js'
import { encodeHeader } from '../../src/operation/index.js'
import type { Transport } from '../../src/ports/index.js'
import { MessageType } from '../../src/sync/envelope.js'
import { AnswerEnd, writeOperations } from '../../src/sync/messages.js'
import { Chance } from '../../src/testkit/chance.js'
import { SimulatedNetwork } from '../../src/testkit/simulated-network.js'
import type { SimulatedDisk } from '../../src/testkit/simulated-store.js'
import { contents, domain, Puppet, World } from '../clone/world.js'
import { Tap } from './tap.js'

/** The first operation of somebody who has seen that of another, and inserts one value. */
function operationOf(replica: Uint8Array, seen: Uint8Array | undefined): Uint8Array {
  const writer = new Writer(64)
  const heads = seen === undefined ? [] : [{ replica: seen, counter: 1 }]
  encodeHeader(writer, replica, 1, 1, 0, heads, 1024 * 1_700_000_000_000)
  writer.varint(0)
  writer.varint(2 * 4)
  writer.raw(new TextEncoder().encode('fred'))
  // A new property, the last one, with one insert: the integer 1.
  writer.varint(8 * 5 + 6)
  writer.raw(new TextEncoder().encode('#seen'))
  writer.varint(2 * 8 + 4)
  return writer.take()
}

/** A disk with the operations of so many replicas that have come and gone. */
async function diskWith(world: World, replicas: readonly Uint8Array[]): Promise<SimulatedDisk> {
  const disk = world.disk()
  const puppet = new Puppet()
  const clone = await world.open({ disk, transport: puppet })
  puppet.meet('p')
  const operations = replicas.map((replica, i) => operationOf(replica, replicas[i - 1]))
  for (let at = 0; at < operations.length; at += 500) {
    const part = operations.slice(at, at + 500)
    puppet.say('p', MessageType.operations, w =>
      writeOperations(w, { request: 0, end: AnswerEnd.all, operations: part }),
    )
    await world.pass(1)
  }
  expect(clone.stats().replicas).toBe(replicas.length)
  await world.settle(clone.close())
  return disk
}

describe('a handshake', () => {
  const chance = new Chance(11)
  const ids = (count: number) => Array.from({ length: count }, () => chance.bytes(8))

  async function meet(mine: readonly Uint8Array[], theirs: readonly Uint8Array[]) {
    const world = new World()
    const disks = [await diskWith(world, mine), await diskWith(world, theirs)]
    const tap = new Tap()
    const clones: Clone[] = []
    for (const [i, disk] of disks.entries())
      clones.push(await world.open({ disk, transport: tap.on(world.network.transport(`n${i}`)) }))
    await world.pass(10_000)
    const digests = new Set(clones.map(clone => clone.stats().digest))
    expect(digests.size).toBe(1)
    expect(clones.map(clone => clone.status.value.outdated)).toEqual([false, false])
    for (const clone of clones) await world.settle(clone.close())
    return tap
  }

  it('between equals costs less than 1 KB when 10,000 clones have come and gone', async () => {
    const all = ids(10_000)
    const tap = await meet(all, all)
    expect(tap.bytesBesideOperations).toBeLessThan(1024)
    expect(tap.count('operations')).toBe(0)
  })

  it('costs less than 4 KB when they differ in 10 of 10,000, on one side or on both', async () => {
    const [shared, mine, theirs] = [ids(9990), ids(10), ids(10)]
    const one = await meet([...shared, ...mine], shared)
    expect(one.bytesBesideOperations).toBeLessThan(4096)
    expect(one.count('buckets')).toBe(1)
    const both = await meet([...shared, ...mine.slice(5)], [...shared, ...theirs.slice(5)])
    expect(both.bytesBesideOperations).toBeLessThan(4096)
    expect(both.count('buckets')).toBe(1)
  })

  it('compares small vectors at once', async () => {
    const shared = ids(20)
    const tap = await meet([...shared, ...ids(3)], [...shared, ...ids(2)])
    expect(tap.count('buckets')).toBe(0)
  })
})

describe('the parts of a vector', () => {
  it('differ exactly where an entry does', () => {
    const entry = fc.tuple(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat(100), fc.nat())
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), fc.array(entry, { maxLength: 5 }), (shared, changed) => {
        const vectors = [new Replicas(), new Replicas()]
        for (const [id, counter, check] of shared)
          for (const vector of vectors) vector.set(vector.add(id), counter + 1, check)
        const [mine, theirs] = vectors
        const parts = new Set<number>()
        for (const [id, counter, check] of changed) {
          const index = mine.add(id)
          if (mine.counters[index] === counter + 200) continue
          mine.set(index, counter + 200, check)
          parts.add(mine.partOf(index))
        }
        const [a, b] = [mine.partDigests(), theirs.partDigests()]
        const found = Array.from({ length: partCount }, (_, part) => part).filter(part => a.part(part) !== b.part(part))
        expect(new Set(found)).toEqual(parts)
        const buckets = Array.from({ length: bucketCount }, (_, i) => i).filter(i => a.bucket(i) !== b.bucket(i))
        expect(new Set(buckets)).toEqual(new Set([...parts].map(part => Math.floor(part / partsInBucket))))
        expect(mine.covered).toBe(mine.counters.reduce((sum, counter) => sum + counter, 0))
      }),
    )
  })
})

describe('an arrival among many', () => {
  it('is answered by few, and what was written alone is given to all at once', { timeout: 30_000 }, async () => {
    const world = new World()
    const clones: Clone[] = []
    for (let i = 0; i < 30; i++) clones.push(await world.open({ genesis: i === 0 }))
    await world.settle(clones[0].write({ '@id': 'fred', name: 'Fred' }))
    await world.pass(60_000)
    const disk = world.disk()
    const alone = await world.alone({ disk })
    for (let i = 0; i < 10; i++) await world.settle(alone.write({ '@id': `alone${i}`, name: 'Alone' }))
    await world.settle(alone.close())
    const tap = new Tap()
    const before = world.network.messages
    const arriving = await world.open({ disk, transport: tap.on(world.network.transport('arriving')) })
    await world.pass(1500)
    const sent = world.network.messages - before
    for (const clone of clones) expect(clone.stats().digest).toBe(arriving.stats().digest)
    // Hellos to three and their answers, one request and its answer, hellos to all and the operations; and a presence that is no message.
    expect(tap.count('hello')).toBeLessThanOrEqual(8)
    expect(sent).toBeLessThan(40)
    expect(arriving.get('fred')).toBeDefined()
    expect(arriving.status.value).toMatchObject({ outdated: false, unsent: 0, peers: 30 })
    for (const clone of [...clones, arriving]) await world.settle(clone.close())
  })
})

/** A clone on several networks, as tabs have it. */
const openOn = (
  world: World,
  transports: readonly Transport[],
  options: Partial<CloneOptions> & { readonly disk?: SimulatedDisk } = {},
  keeping: Keeping = { needsKeeper: false },
): Promise<Clone> => {
  const { disk = world.disk(), ...rest } = options
  const store = disk.store()
  return world.settle(
    openCloneWith({ domain, environment: world.environment(), ...rest, store }, { transports, keeping }),
  )
}

describe('a clone between two groups', () => {
  async function groups(bridges: number, history?: { operations: number }) {
    const world = new World()
    const other = new SimulatedNetwork(world.time, world.chance.branch())
    const left = await world.open({ history })
    const right = await openOn(world, [other.transport('right')], { history })
    const between: Clone[] = []
    for (let i = 0; i < bridges; i++)
      between.push(await openOn(world, [world.network.transport(`l${i}`), other.transport(`r${i}`)], { history }))
    await world.rest()
    return { world, other, left, right, between }
  }

  it('gives each what the other writes, once', async () => {
    const { world, other, left, right, between } = await groups(1)
    await world.settle(left.write({ '@id': 'fred', name: 'Fred' }))
    await world.settle(right.write({ '@id': 'wilma', knows: { '@id': 'fred' } }))
    await world.settle(between[0].write({ '@id': 'bridge', name: 'B' }))
    await world.rest()
    for (const clone of [right, between[0]]) expect(contents(clone)).toEqual(contents(left))
    expect(left.get('wilma')).toBeDefined()
    expect(between[0].status.value).toMatchObject({ online: true, outdated: false, silo: false, peers: 2, unsent: 0 })
    const before = other.messages
    await world.settle(left.write({ '@id': 'fred', age: 40 }))
    await world.pass(50)
    // The operation, and nothing in return.
    expect(other.messages - before).toBe(1)
  })

  it('gives each what the other has, also as a state', async () => {
    const world = new World()
    const other = new SimulatedNetwork(world.time, world.chance.branch())
    const history = { operations: 0 }
    const left = await world.open({ history })
    const right = await openOn(world, [other.transport('right')], { history })
    for (let i = 0; i < 50; i++) await world.settle(left.write({ '@id': `left${i}`, name: 'x'.repeat(2000) }))
    for (let i = 0; i < 50; i++) await world.settle(right.write({ '@id': `right${i}`, name: 'y'.repeat(2000) }))
    await world.settle((left as unknown as { checkpoints: { write(): Promise<void> } }).checkpoints.write())
    await world.settle((right as unknown as { checkpoints: { write(): Promise<void> } }).checkpoints.write())
    const between = await openOn(world, [world.network.transport('l'), other.transport('r')], { history })
    await world.pass(20_000)
    expect(between.get('left49')).toBeDefined()
    expect(right.get('left49')).toBeDefined()
    expect(contents(left)).toEqual(contents(right))
  })

  it('does no harm when there are two of them: nothing goes round', async () => {
    const { world, other, left, right, between } = await groups(2)
    const before = world.network.messages + other.messages
    await world.settle(left.write({ '@id': 'fred', name: 'Fred' }))
    await world.pass(1000)
    for (const clone of [right, ...between]) expect(contents(clone)).toEqual(contents(left))
    expect(world.network.messages + other.messages - before).toBeLessThan(12)
  })
})

describe('a clone whose writes are kept elsewhere', () => {
  const follower: Keeping = { needsKeeper: true }
  const openKeeper = (world: World, disk?: SimulatedDisk) => {
    const keepsFor = world.network.transport('keeper')
    return openOn(world, [keepsFor], disk ? { disk } : {}, { keepsFor, needsKeeper: false })
  }

  it('acknowledges what the keeper has made durable, and not before', async () => {
    const world = new World()
    const disk = world.disk(500)
    const page = await openOn(world, [world.network.transport('page')], {}, follower)
    const bystander = await openOn(world, [world.network.transport('bystander')], {}, follower)
    let kept = false
    const written = page.write({ '@id': 'fred', name: 'Fred' }).then(() => {
      kept = true
    })
    await world.pass(60_000)
    expect(bystander.get('fred')).toBeDefined()
    expect(kept).toBe(false)
    expect(page.status.value.unsent).toBe(1)
    const other = await openKeeper(world, disk)
    await world.settle(written)
    expect(page.status.value).toMatchObject({ unsent: 0 })
    expect(page.status.value.others.map(({ keeps }) => keeps).sort()).toEqual([false, true])
    // It is on the disk: the keeper dies at this very moment.
    disk.crash()
    const again = await world.alone({ disk })
    expect(again.get('fred')).toBeDefined()
    expect(other).toBeDefined()
  })

  it('acknowledges soon while the keeper is there', async () => {
    const world = new World()
    await openKeeper(world)
    const page = await openOn(world, [world.network.transport('page')], {}, follower)
    await world.rest()
    const beganMs = world.time.nowMs
    for (let i = 0; i < 10; i++) await world.settle(page.write({ '@id': `fred${i}`, name: 'Fred' }))
    // A round trip each, of 2 ms here.
    expect(world.time.nowMs - beganMs).toBeLessThan(40)
    await world.settle(page.write(draft => void draft.write({ '@id': 'wilma', name: 'Wilma' })))
    await world.settle(page.batch(() => void page.write({ '@id': 'betty', name: 'Betty' })))
    expect(page.status.value.unsent).toBe(0)
  })

  it('rejects what is not kept when it is closed', async () => {
    const world = new World()
    const page = await openOn(world, [world.network.transport('page')], {}, follower)
    const written = page.write({ '@id': 'fred', name: 'Fred' })
    const rejected = expect(written).rejects.toMatchObject({ code: 'clone-closed' })
    await world.pass(100)
    await world.settle(page.close())
    await rejected
  })
})
