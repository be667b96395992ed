/** What takes long is done in slices: how much at a time, and what is seen between two of them. The clock here goes on by a millisecond with each look at it. */
import { describe, expect, it } from 'vitest'
import type { Clone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import type { Chance } from '../../src/testkit/chance.js'
import { VirtualEnvironment, type VirtualTime } from '../../src/testkit/virtual-time.js'
import { World } from './world.js'

const count = 3000

/** Counts turns that were asked for, and does something at the beginning of each. */
class Turns extends VirtualEnvironment {
  turns = 0
  between = (): void => {}

  constructor(time: VirtualTime, chance: Chance) {
    super(time, chance, 0, 1)
  }

  override schedule(callback: () => void, delayMs: number): () => void {
    const turn = () => {
      if (delayMs === 0) {
        this.turns++
        this.between()
      }
      callback()
    }
    return super.schedule(turn, delayMs)
  }
}

const subject = (n: number) => ({ '@id': `s${n}`, name: `Subject number ${n}`, count: n, active: n % 3 === 0 })

/** A clone that has many subjects, and no history of them. */
async function rich(world: World, operations = 0): Promise<Clone> {
  const clone = await world.open({ history: { operations } })
  for (let at = 0; at < count; at += 100)
    await world.settle(clone.write({ '@graph': Array.from({ length: 100 }, (_, i) => subject(at + i)) }))
  // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
  await world.settle(clone['checkpoints'].write())
  return clone
}

const turnsOf = (world: World) => new Turns(world.time, world.chance.branch())

describe('a state that comes in', () => {
  it.each([
    ['into an empty clone', false],
    ['beside what was written before', true],
  ])('%s takes many turns, and is there whole in one of them', async (_, writes) => {
    const world = new World(1, 1 << 20)
    const source = await rich(world)
    const environment = turnsOf(world)
    const clone = await world.open({ genesis: false, environment })
    let told = 0
    const seen = new Set<number>()
    clone.follow(update => {
      if (update.trace.cause !== 'join') return
      told += update['@insert'].length
      expect(update['@insert'].find(({ '@id': id }) => id === 's7')).toEqual(subject(7))
    })
    if (writes) clone.write({ '@id': 'mine', name: 'Mine' }).catch(() => {})
    environment.turns = 0
    environment.between = () => {
      seen.add([0, 1500, count - 1].filter(n => clone.get(`s${n}`) !== undefined).length)
      if (!writes || seen.has(3)) return
      clone.write({ '@id': `during${environment.turns}`, name: 'During' }).catch(() => {})
      clone.patch({ '@id': 'mine', turn: environment.turns }).catch(() => {})
    }
    await world.settle(clone.status.becomes({ outdated: false }))
    // A piece is 32 subjects, one item or one operation, and costs one look: of ten, there are more than this in it.
    expect(environment.turns).toBeGreaterThan(count / 32 / 10)
    expect([...seen].every(found => found === 0 || found === 3)).toBe(true)
    expect(told).toBe(count)
    environment.between = () => {}
    await world.rest()
    expect(clone.stats().digest).toBe(source.stats().digest)
    if (writes) expect(source.get('mine')).toEqual(clone.get('mine'))
    await world.settle(Promise.all([clone.close(), source.close()]))
  })

  it('is joined when whoever gave it has left meanwhile', async () => {
    const world = new World(2, 1 << 20)
    const source = await rich(world)
    const environment = turnsOf(world)
    const clone = await world.open({ genesis: false, environment })
    clone.follow(() => {})
    // Only what comes after the last item is done in slices.
    environment.between = () => {
      environment.between = () => {}
      void source.close()
    }
    await world.settle(source.status.becomes({ closed: true }))
    await world.pass(60_000)
    expect(clone.stats().subjects).toBe(count)
    await world.settle(clone.close())
  })
})

describe('operations that come in', () => {
  it('are applied in several turns, in order, each as a whole', async () => {
    const world = new World(3, 1 << 20)
    const source = await world.open({})
    for (let n = 0; n < 400; n++) await world.settle(source.patch({ '@id': 'one', value: n, twice: 2 * n }))
    const environment = turnsOf(world)
    const clone = await world.open({ genesis: false, environment })
    const values: number[] = []
    clone.follow(() => {
      const { value, twice } = clone.get('one') as unknown as { value: number; twice: number }
      expect(twice).toBe(2 * value)
      values.push(value)
    })
    environment.turns = 0
    await world.settle(clone.status.becomes({ outdated: false }))
    expect(environment.turns).toBeGreaterThan(400 / 10 / 2)
    expect(values).toEqual(Array.from({ length: 400 }, (_, n) => n))
    await world.settle(Promise.all([clone.close(), source.close()]))
  })
})

describe('opening', () => {
  it('gives others a turn while it reads and applies', async () => {
    const world = new World(4)
    const store = new MemoryStore()
    const clone = await world.alone({ store })
    for (let n = 0; n < 500; n++) await world.settle(clone.write(subject(n)))
    const { digest } = clone.stats()
    await world.settle(clone.close())
    const environment = turnsOf(world)
    const again = await world.alone({ store, environment })
    expect(environment.turns).toBeGreaterThanOrEqual(500 / 10 - 1)
    expect(again.stats().digest).toBe(digest)
    await world.settle(again.close())
  })
})

describe('a checkpoint', () => {
  it('is of the moment when it was begun, whatever is written between its slices', async () => {
    const world = new World(5)
    const store = new MemoryStore()
    const environment = turnsOf(world)
    const clone = await world.alone({ store, environment, history: { operations: 0 } })
    for (let at = 0; at < count; at += 100)
      await world.settle(clone.write({ '@graph': Array.from({ length: 100 }, (_, i) => subject(at + i)) }))
    environment.turns = 0
    environment.between = () => {
      const n = environment.turns
      clone.patch({ '@id': `s${(n * 911) % count}`, name: null, count: -n }).catch(() => {})
      clone.delete(`s${count - n}`).catch(() => {})
      clone.write({ '@id': `new${n}`, name: 'New' }).catch(() => {})
    }
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    await world.settle(clone['checkpoints'].write())
    environment.between = () => {}
    expect(environment.turns).toBeGreaterThanOrEqual(Math.floor(count / 64 / 10))
    const { digest } = clone.stats()
    await world.settle(clone.close())
    const again = await world.alone({ store })
    expect(again.stats().digest).toBe(digest)
    await world.settle(again.close())
  })
})
