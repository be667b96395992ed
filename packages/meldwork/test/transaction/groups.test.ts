/**
 * Bursts of writes, which stand in the store in groups of entries: a checkpoint, an end of the history, a cursor, damage in the middle of a group; and random histories
 * of bursts, checkpoints, restarts, deaths and power cuts.
 */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { repairStore } from '../../src/clone/repair.js'
import type { Clone, CloneOptions, Durability, Update } from '../../src/index.js'
import { groupsOf, ticksOf } from '../../src/journal/index.js'
import type { StoreChange } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { Chance } from '../../src/testkit/chance.js'
import { contents, entriesIn, forgetJournal, sealed, World } from '../clone/world.js'

/** Makes a clone write a checkpoint now. */
const checkpoint = (clone: Clone): Promise<void> =>
  // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
  clone['checkpoints'].write()

const write = (clone: Clone, number: number, durability?: Durability) =>
  clone.write({ '@id': `s${number}`, number }, durability && { durability })
function burst(clone: Clone, from: number, to: number): Promise<unknown> {
  const writes: Promise<unknown>[] = []
  for (let number = from; number <= to; number++) writes.push(write(clone, number))
  return Promise.all(writes)
}
/** The numbers that a clone has. */
const numbers = (clone: Clone) =>
  contents(clone)
    .map(line => Number(/"(\d+)"/.exec(line)?.[1] ?? Number.NaN))
    .sort((a, b) => a - b)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

async function stored(store: MemoryStore): Promise<StoreChange[]> {
  const found: StoreChange[] = []
  for await (const [key, value] of store.entries({ gte: 'journal/', lt: 'journal0' })) found.push({ key, value })
  return found
}
const keys = async (store: MemoryStore) => (await stored(store)).map(({ key }) => ticksOf(key))

/** A clone that has written 20 times in one turn, with a checkpoint of the instant after the first 10. */
async function halfCovered(history?: CloneOptions['history']) {
  const world = new World()
  const store = new MemoryStore()
  const clone = await world.alone({ store, ...(history && { history }) })
  const told: Update[] = []
  clone.follow(update => told.push(update))
  const first = burst(clone, 1, 10)
  const written = checkpoint(clone)
  await world.settle(Promise.all([first, burst(clone, 11, 20), written]))
  return { world, store, clone, told }
}

describe('a group of entries', () => {
  it('is one key of the store, and what it costs is its entries, a length and a check for each', async () => {
    const { world, store, clone } = await halfCovered()
    const [{ key, value }, ...more] = await stored(store)
    expect([ticksOf(key), more]).toEqual([20, []])
    const entries = entriesIn([{ key, value }])
    expect(entries.map(([ticks]) => ticks)).toEqual(upTo(20))
    const bytes = entries.reduce((sum, [, entry]) => sum + entry.length + 5, 0)
    expect(value).toHaveLength(2 + bytes + 4)
    await world.settle(clone.close())
  })

  it('of which a checkpoint covers a part is history up to there, and applied from there on', async () => {
    const { world, store, clone } = await halfCovered()
    const { digest, tailBytes } = clone.stats()
    await world.settle(clone.close())
    const again = await world.alone({ store })
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    expect(again['transactions'].meta.ticks).toBe(10)
    expect(numbers(again)).toEqual(upTo(20))
    expect(again.stats()).toMatchObject({ digest, tailBytes, journalOperations: 20 })
    await world.settle(again.close())
  })

  it('stays until nothing in it is needed, and what is beyond the history is not given to anybody', async () => {
    const { world, store, clone, told } = await halfCovered({ operations: 0 })
    expect([await keys(store), clone.stats().journalOperations]).toEqual([[20], 10])
    const gaps: unknown[] = []
    const stop = clone.follow({ after: told[4].cursor }, update => gaps.push('@gap' in update && update['@gap']))
    await world.pass(10)
    stop()
    expect(gaps).toEqual(['truncated'])
    await world.settle(clone.close())
    const again = await world.alone({ store, history: { operations: 0 } })
    expect(numbers(again)).toEqual(upTo(20))
    await world.settle(checkpoint(again))
    expect([await keys(store), again.stats().journalOperations]).toEqual([[], 0])
    await world.settle(again.close())
    const last = await world.alone({ store })
    expect(numbers(last)).toEqual(upTo(20))
    await world.settle(last.close())
  })

  it('gives what comes after any of its cursors, from memory and from the store, in this opening and the next', async () => {
    const { world, store, clone, told } = await halfCovered()
    for (let opening = 0, open = clone; opening < 2; opening++) {
      // It covers what is before: that must not go.
      if (opening === 1) await world.settle(checkpoint(open))
      for (const [at, after] of [0, ...told.map(({ cursor }) => cursor)].entries())
        for (const isRead of [false, true]) {
          if (isRead) forgetJournal(open)
          const received: Update[] = []
          const stop = open.follow({ after }, update => received.push(update as Update))
          await world.pass(10)
          stop()
          const expected = told.slice(at)
          expect(received.map(update => JSON.stringify(update))).toEqual(expected.map(update => JSON.stringify(update)))
        }
      await world.settle(open.close())
      if (opening === 0) open = await world.alone({ store })
    }
  })

  it('is read by who was away, each key once in an answer', async () => {
    const world = new World()
    const store = new MemoryStore()
    const transport = world.network.transport('writer')
    let writer = await world.open({ store, transport })
    const reader = await world.open()
    await world.rest()
    await world.settle(burst(writer, 1, 10))
    await world.rest()
    transport.connect(false)
    await world.settle(burst(writer, 11, 700))
    await world.settle(writer.close())
    writer = await world.open({ store, transport: world.network.transport('again') })
    forgetJournal(writer)
    const reads: string[] = []
    const get = store.get.bind(store)
    store.get = key => {
      reads.push(key)
      return get(key)
    }
    await world.pass(60_000)
    expect(numbers(reader)).toEqual(upTo(700))
    const groups = reads.filter(key => key.startsWith('journal/'))
    const { size } = new Set(groups)
    expect(size).toBe((await keys(store)).length - 1)
    // By those that were asked for, and those that nobody was known to have.
    expect(groups.length).toBeLessThanOrEqual(2 * size)
    await world.settle(Promise.all([writer.close(), reader.close()]))
  })

  it('that is damaged gives all but what is damaged', async () => {
    const { world, store, clone } = await halfCovered()
    const kept = contents(clone)
    await world.settle(clone.close())
    await store.open()
    const [{ key, value }] = await stored(store)
    await store.close()
    const chance = new Chance(fuzz.seed)
    // Without its checkpoint: nothing of it is anywhere else.
    for (let run = fuzz.runs(20); run > 0; run--) {
      const damaged = new MemoryStore()
      await damaged.open()
      const changed = value!.slice()
      const at = chance.whole(2, changed.length - 5)
      changed[at] ^= 1 << chance.whole(0, 7)
      await damaged.batch([{ key, value: changed }])
      await damaged.close()
      const repaired = await world.alone()
      const report = await world.settle(repairStore(damaged, repaired))
      // The kind of an entry may be another, that of an operation, too.
      expect([19, 20]).toContain(report.operations)
      expect(report).toMatchObject({ damaged: [key, 'meta'], broughtBack: report.operations })
      expect(contents(repaired).filter(line => !kept.includes(line))).toEqual([])
      expect(contents(repaired)).toHaveLength(report.operations)
      await world.settle(repaired.close())
      await expect(world.alone({ store: damaged })).rejects.toMatchObject({ code: 'store-corrupt' })
    }
  })

  it('with what came twice, since a store took what it said that it had not, loses nothing of the rest', async () => {
    const world = new World()
    const store = new LyingStore()
    const here = await world.open({ store, history: { operations: 3 } })
    const there = await world.open()
    await world.rest()
    await world.settle(burst(there, 1, 5))
    await world.rest()
    store.lies = 1
    burst(there, 6, 10).catch(() => {})
    await world.pass(120_000)
    expect(store.lies).toBe(0)
    await world.settle(burst(there, 11, 15))
    await world.rest()
    for (let opening = 0, clone = here; opening < 4; opening++) {
      expect(numbers(clone)).toEqual(upTo(15))
      if (opening > 1) await world.settle(checkpoint(clone))
      await world.settle(clone.close())
      if (opening < 3) clone = await world.alone({ store, history: { operations: 3 } })
    }
    await world.settle(there.close())
  })
})

describe('what came twice at the end of a group', () => {
  it('is passed over, and keeps nothing back', async () => {
    const world = new World()
    const store = new MemoryStore()
    const clone = await world.alone({ store })
    for (let number = 1; number <= 3; number++) await world.settle(write(clone, number))
    await world.settle(clone.close())
    await store.open()
    const given = await stored(store)
    const entries = entriesIn(given).map(([, entry]) => entry)
    const [group] = groupsOf(
      [...entries, entries[1]].map((entry, at) => ({ ticks: at + 1, entry, check: 0, group: 0 })),
    )
    await store.batch(given.map(({ key }) => ({ key, value: null })))
    await store.batch([{ key: group.key, value: sealed(Uint8Array.of(...group.value, 0, 0, 0, 0)) }])
    await store.close()
    for (let opening = 0; opening < 3; opening++) {
      const again = await world.alone({ store })
      expect([numbers(again), again.stats().journalOperations]).toEqual([upTo(3), 3])
      forgetJournal(again)
      const ticks: number[] = []
      const stop = again.follow({ after: 0 }, update => ticks.push('@gap' in update ? -1 : update['@ticks']))
      await world.pass(10)
      stop()
      expect(ticks).toEqual([1, 2, 3])
      if (opening === 1) await world.settle(checkpoint(again))
      await world.settle(again.close())
    }
    const last = await world.alone({ store, history: { operations: 0 } })
    await world.settle(checkpoint(last))
    expect([numbers(last), await keys(store)]).toEqual([upTo(3), []])
    await world.settle(last.close())
  })
})

/** Takes some batches with entries, and says that it has not. */
class LyingStore extends MemoryStore {
  lies = 0

  override async batch(changes: readonly StoreChange[]): Promise<void> {
    await super.batch(changes)
    if (this.lies === 0 || !changes.some(({ key }) => key.startsWith('journal/'))) return
    this.lies--
    throw new Error('no')
  }
}

describe('bursts', () => {
  it('survive restarts, deaths and power cuts as far as they were told to', {
    timeout: 60_000 + fuzz.runs(60_000),
  }, async () => {
    for (let run = fuzz.runs(25); run > 0; run--) await history(fuzz.seed + run)
  })
})

/** A clone writes ascending numbers: so what it has must always be a beginning of them. */
async function history(seed: number): Promise<void> {
  const world = new World(seed)
  const chance = new Chance(seed)
  const disk = world.disk(20)
  const options = () => ({
    disk,
    environment: world.environment(),
    history: { operations: chance.pick([0, 5, 100, 1000]) },
  })
  let current = options()
  let clone = await world.alone(current)
  let written = 0
  /** How many of them must be there after a death, and after a power cut. */
  let kept = 0
  let flushed = 0
  for (let step = 0; step < 30; step++) {
    const kind = chance.number()
    if (kind < 0.55) {
      const usual = chance.pick<Durability>(['flushed', 'written', 'written', 'written', 'written', 'none'])
      for (let left = chance.pick([1, 2, 3, 30, 300]); left > 0; left--) {
        const number = ++written
        const durability = chance.happens(0.001) ? 'flushed' : usual
        const writing = write(clone, number, durability)
        if (durability === 'none') continue
        const { environment } = current
        writing.then(
          () => {
            if (environment !== current.environment) return
            kept = Math.max(kept, number)
            if (durability === 'flushed') flushed = Math.max(flushed, number)
          },
          () => {},
        )
        if (chance.happens(0.003)) checkpoint(clone).catch(() => {})
      }
      if (chance.happens(0.7)) await world.pass(chance.whole(0, 60))
    } else if (kind < 0.8) await world.pass(chance.whole(0, 100))
    else if (kind < 0.83) await world.settle(checkpoint(clone))
    else {
      const end = chance.pick(['close', 'death', 'power', 'power'])
      if (end === 'close') {
        await world.settle(clone.close())
        kept = flushed = written
      } else {
        if (end === 'death') disk.crash()
        else disk.powerCut()
        current.environment.kill()
      }
      current = options()
      clone = await world.alone(current)
      const found = numbers(clone)
      expect(found, `seed ${seed}`).toEqual(upTo(found.length))
      expect(found.length, `seed ${seed}`).toBeGreaterThanOrEqual(end === 'power' ? flushed : kept)
      expect(found.length).toBeLessThanOrEqual(written)
      written = kept = found.length
      flushed = Math.min(flushed, written)
    }
  }
  // Of what is not needed, less than a group stays: nothing else is under way now.
  await world.settle(clone.flushed())
  await world.settle(checkpoint(clone))
  await world.pass(2000)
  const inStore = entriesIn(Array.from(disk.image(), ([key, value]) => ({ key, value })))
  expect(inStore.length - clone.stats().journalOperations, `seed ${seed}`).toBeLessThan(256)
  await world.settle(clone.close())
}
