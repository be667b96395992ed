/**
 * A clone that keeps its id: over restarts and crashes it is one, as long as nobody else has used it and the store has not failed; and when somebody has, it is noticed, given
 * up for good, and nothing is lost.
 */
import { describe, expect, it } from 'vitest'
import type { Clone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import type { SimulatedDisk } from '../../src/testkit/simulated-store.js'
import { contents, World, type WorldOptions } from './world.js'

const stable = { identity: 'stable' } as const

async function restart(world: World, clone: Clone, disk: SimulatedDisk, options: WorldOptions = {}): Promise<Clone> {
  await world.settle(clone.close())
  return world.alone({ disk, ...stable, ...options })
}

const write = (world: World, clone: Clone, id: string, name = id) => world.settle(clone.write({ '@id': id, name }))
const names = (clone: Clone): string[] => contents(clone).map(line => /"(.*)"/.exec(line)![1])

describe('a stable identity', () => {
  it('is one id, over restarts and crashes', async () => {
    const world = new World()
    const disk = world.disk(5)
    let clone = await world.alone({ disk, ...stable })
    const ids = new Set<string | undefined>()
    for (let i = 0; i < 8; i++) {
      await write(world, clone, `s${i}`)
      ids.add(clone.status.value.replica)
      if (i % 2 === 0) clone = await restart(world, clone, disk)
      else {
        void clone.write({ '@id': `lost${i}`, name: 'L' })
        disk.crash()
        clone = await world.alone({ disk, ...stable })
      }
    }
    await write(world, clone, 'last')
    ids.add(clone.status.value.replica)
    expect(ids.size).toBe(1)
    expect(clone.stats().replicas).toBe(1)
    expect(names(clone).filter(name => name !== 'L')).toHaveLength(9)
    await world.settle(clone.close())
  })

  it('leaves nothing to a power cut that it was opened with: what it sends again is named once', async () => {
    for (let seed = 1, found = 0; found < 3; seed++) {
      expect(seed).toBeLessThan(100)
      const world = new World(seed)
      const disk = world.disk(5)
      const clone = await world.alone({ disk, ...stable })
      await write(world, clone, 'first')
      void clone.write({ '@id': 'second', name: 'second' })
      await Promise.resolve()
      disk.crash()
      // The process died during the flush, and what it wrote came through.
      if (disk.isFlushed) continue
      found++
      const again = await world.alone({ disk, ...stable })
      expect(names(again)).toContain('second')
      expect(disk.isFlushed).toBe(true)
      disk.powerCut()
      const after = await world.alone({ disk, ...stable })
      expect(names(after)).toContain('second')
      await world.settle(after.close())
    }
  })

  it('is durable with the first operation under it: before, there is none', async () => {
    const world = new World()
    const disk = world.disk(5)
    const clone = await world.alone({ disk, ...stable })
    void clone.write({ '@id': 'lost', name: 'L' })
    expect(disk.image().has('identity')).toBe(false)
    await write(world, clone, 'kept')
    const image = disk.image()
    expect(image.has('identity')).toBe(true)
    await world.settle(clone.close())
  })

  it('is not used by a clone that does not ask for it, nor kept by one that never did', async () => {
    const world = new World()
    const disk = world.disk()
    const first = await world.alone({ disk })
    await write(world, first, 'a')
    expect(disk.image().has('identity')).toBe(false)
    const second = await restart(world, first, disk)
    await write(world, second, 'b')
    const { replica } = second.status.value
    const third = await restart(world, second, disk, { identity: 'fresh' })
    await write(world, third, 'c')
    expect(third.status.value.replica).not.toBe(replica)
    const fourth = await restart(world, third, disk)
    await write(world, fourth, 'd')
    expect(fourth.status.value.replica).toBe(replica)
    await world.settle(fourth.close())
  })

  it('is given up when the store has failed', async () => {
    const world = new World()
    const disk = world.disk(5)
    const clone = await world.alone({ disk, ...stable })
    await write(world, clone, 'a')
    const { replica } = clone.status.value
    disk.conditions.failing = true
    await expect(write(world, clone, 'lost')).rejects.toMatchObject({ code: 'store-failed' })
    disk.conditions.failing = false
    await world.settle(clone.status.becomes({ storage: undefined }))
    await write(world, clone, 'b')
    const second = clone.status.value.replica
    expect(second).not.toBe(replica)
    const again = await restart(world, clone, disk)
    await write(world, again, 'c')
    expect(again.status.value.replica).toBe(second)
    await world.settle(again.close())
  })

  it.each(['a folder that was copied', 'a backup that was restored'])('survives %s', async what => {
    const world = new World()
    const disks = [world.disk(), world.disk()]
    const [one, other] = disks
    const origin = await world.alone({ disk: one, ...stable })
    await write(world, origin, 'old')
    const { replica } = origin.status.value
    await world.settle(origin.close())
    other.restore(one.image())
    const cables = disks.map((_, i) => world.network.transport(`t${i}`))
    for (const cable of cables) cable.connect(false)
    const clones: Clone[] = []
    for (const [i, disk] of disks.entries()) clones.push(await world.open({ disk, transport: cables[i], ...stable }))
    const third = await world.open({ genesis: false })
    await write(world, clones[0], 'x', 'X1')
    await write(world, clones[0], 'y', 'Y1')
    if (what.includes('backup')) {
      // The others have what only the lost disk had.
      cables[0].connect(true)
      await world.pass(5000)
      cables[0].connect(false)
      await world.settle(clones[0].close())
    }
    await write(world, clones[1], 'x', 'X2')
    expect(clones[1].status.value.replica).toBe(replica)
    for (const cable of cables) cable.connect(true)
    await world.pass(700_000)
    const open = [...clones.slice(what.includes('backup') ? 1 : 0), third]
    for (const clone of open) expect(names(clone).sort()).toEqual(['X1', 'X2', 'Y1', 'old'])
    expect(new Set(open.map(clone => clone.stats().digest)).size).toBe(1)
    expect(open.some(clone => clone.status.value.forks > 0)).toBe(true)
    // Given up for good.
    const [again, kept] = await Promise.all([restart(world, clones[1], other), world.settle(third.close())])
    expect(kept).toBeUndefined()
    await write(world, again, 'z')
    expect(again.status.value.replica).not.toBe(replica)
    await world.settle(Promise.all([again.close(), clones[0].close()]))
  })

  it('is given up also when there is nothing to make again', async () => {
    const world = new World()
    const disk = world.disk()
    const clone = await world.alone({ disk, ...stable })
    await write(world, clone, 'old')
    await world.settle(clone.delete('old'))
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    const transactions = clone['transactions']
    await world.settle(transactions.reissue(0))
    await world.rest()
    expect(disk.image().has('identity')).toBe(false)
    await world.settle(clone.close())
  })
})

it('flushes what it writes under an id that is used again, whatever a write asks for', async () => {
  const asked: (string | undefined)[] = []
  const store = new MemoryStore()
  const batch = store.batch.bind(store)
  store.batch = (changes, durability) => {
    if (changes.some(({ key }) => key.startsWith('journal/'))) asked.push(durability)
    return batch(changes)
  }
  const world = new World()
  const clone = await world.alone({ store, identity: 'stable', durability: 'written' })
  await world.settle(clone.write({ '@id': 'a', name: 'A' }))
  await world.settle(clone.write({ '@id': 'b', name: 'B' }, { durability: 'none' }))
  await world.settle(clone.close())
  expect(asked.length).toBeGreaterThanOrEqual(2)
  expect(asked.every(durability => durability === undefined || durability === 'flushed')).toBe(true)
})
