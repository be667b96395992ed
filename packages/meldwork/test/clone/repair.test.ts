/**
 * A damaged store: each of its values in turn is damaged. Opening says which and touches nothing; repairing brings back what is whole, and with others only
 * what they have never seen. Nothing that others have is lost by it, nothing damaged gets in.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { domainOfStore, repairStore, type SalvageProgress } from '../../src/clone/repair.js'
import type { Clone } from '../../src/index.js'
import { journalKey } from '../../src/journal/index.js'
import type { StoreChange } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { Chance } from '../../src/testkit/chance.js'
import { contents, domain, World } from './world.js'

type Entries = readonly (readonly [key: string, value: Uint8Array])[]

const range = { gte: '!', lt: '~' }

/** Everything in a closed store, as it stands there. */
async function entriesOf(store: MemoryStore): Promise<Entries> {
  await store.open()
  const entries: [string, Uint8Array][] = []
  for await (const [key, value] of store.entries(range)) entries.push([key, value.slice()])
  await store.close()
  return entries
}

/** The same as one text, which is quick to compare. */
const imageOf = async (store: MemoryStore) =>
  (await entriesOf(store)).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join('\n')

async function storeOf(entries: Entries, changed?: StoreChange): Promise<MemoryStore> {
  const store = new MemoryStore('damaged')
  await store.open()
  await store.batch(entries.map(([key, value]) => ({ key, value: value.slice() })))
  if (changed !== undefined) await store.batch([changed])
  await store.close()
  return store
}

/** Two clones that have met and parted: the entries of both stores, and what they show. */
interface Parted {
  readonly mine: Entries
  readonly peers: Entries
  /** What mine shows alone, and what both show when they meet again. */
  readonly alone: readonly string[]
  readonly together: readonly string[]
  /** Every line that either has ever shown. */
  readonly ever: ReadonlySet<string>
  /** The subject of each transaction after the checkpoint, by its key. */
  readonly subjects: ReadonlyMap<string, string>
  /** The keys of those that nobody has seen. */
  readonly unsent: ReadonlySet<string>
}

async function parted(checkpointed: boolean): Promise<Parted> {
  const before = checkpointed ? 15 : 10
  const world = new World()
  const ever = new Set<string>()
  const transport = world.network.transport('mine')
  const subjects = new Map<string, string>()
  const [store, peerStore] = [new MemoryStore('mine'), new MemoryStore('peer')]
  const mine = await world.open({ store, transport, history: { operations: 5 } })
  const peer = await world.open({ store: peerStore })
  mine.follow(update => {
    for (const { '@id': id } of [...update['@insert'], ...update['@delete']])
      subjects.set(journalKey(update['@ticks']), id)
  })
  const see = () => {
    for (const clone of [mine, peer]) for (const line of contents(clone)) ever.add(line)
  }
  const chance = new Chance(fuzz.seed)
  // Not alike, so that a checkpoint has several items.
  const text = () =>
    Array.from({ length: checkpointed ? 10_000 : 20 }, () => String.fromCharCode(chance.whole(97, 122))).join('')
  await world.rest()
  for (let n = 0; n < before; n++)
    await world.settle((n % 3 === 0 ? peer : mine).write({ '@id': `s${n}`, number: n, text: text() }))
  await world.rest()
  see()
  // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
  if (checkpointed) await world.settle(mine['checkpoints'].write())
  for (let n = before; n < before + 4; n++)
    await world.settle((n % 2 === 0 ? peer : mine).write({ '@id': `s${n}`, number: n }))
  await world.settle(peer.delete('s5'))
  await world.rest()
  transport.connect(false)
  await world.rest()
  see()
  await world.settle(peer.delete('s3'))
  await world.settle(peer.patch({ '@id': 's4', number: 400 }))
  await world.settle(peer.write({ '@id': 'theirs', number: 1 }))
  const unsent = new Set<string>()
  const write = async (writing: Promise<{ ticks: number }>) => {
    const { ticks } = await world.settle(writing)
    unsent.add(journalKey(ticks))
    see()
  }
  for (let n = 0; n < 3; n++) await write(mine.write({ '@id': `u${n}`, number: n, text: 'unsent' }))
  await write(mine.patch({ '@id': 's7', number: 700 }))
  await write(mine.delete('s8'))
  const alone = contents(mine)
  await world.settle(Promise.all([mine.close(), peer.close()]))
  const [ofMine, ofPeer] = [await entriesOf(store), await entriesOf(peerStore)]
  const together = await met(await storeOf(ofPeer), async meeting => meeting.open({ store: await storeOf(ofMine) }))
  for (const line of together) ever.add(line)
  return { mine: ofMine, peers: ofPeer, alone, together, ever, subjects, unsent }
}

/** What a clone and a peer show when they have met; both must show the same. */
async function met(peerStore: MemoryStore, open: (world: World) => Promise<Clone>): Promise<readonly string[]> {
  const world = new World()
  const peer = await world.open({ store: peerStore })
  await world.rest()
  const clone = await open(world)
  await world.pass(5000)
  expect(contents(clone)).toEqual(contents(peer))
  expect(clone.status.value).toMatchObject({ outdated: false, unsent: 0, divergence: undefined, waiting: { count: 0 } })
  const shown = contents(clone)
  await world.settle(Promise.all([clone.close(), peer.close()]))
  return shown
}

/** The lines that are not about some subject. */
const without = (lines: readonly string[], subject: string | undefined) =>
  lines.filter(line => !line.startsWith(`http://${domain}/${subject} `))

const damages: [name: string, damage: (value: Uint8Array, chance: Chance) => Uint8Array | null][] = [
  [
    'has another byte',
    (value, chance) => {
      const at = chance.whole(0, value.length - 1)
      const changed = value.slice()
      changed[at] ^= 1 << chance.whole(0, 7)
      return changed
    },
  ],
  ['is cut', (value, chance) => value.subarray(0, chance.whole(0, value.length - 1))],
  ['is missing', () => null],
]

describe.each([
  ['with a checkpoint', true],
  ['without a checkpoint', false],
])('a store %s', (_name, checkpointed) => {
  let world: Parted
  beforeAll(async () => {
    world = await parted(checkpointed)
  })

  it('is what this test needs', () => {
    const keys = world.mine.map(([key]) => key)
    expect(keys.filter(key => key.startsWith('state/')).length).toBeGreaterThan(checkpointed ? 3 : -1)
    expect([world.unsent.size, keys.filter(key => world.unsent.has(key)).length]).toEqual([5, 5])
  })

  it.each(damages)(
    'of which a value %s says which when it is opened, and is left as it was',
    async (_damage, damage) => {
      const chance = new Chance(fuzz.seed)
      for (const [key, value] of world.mine) {
        const store = await storeOf(world.mine, { key, value: damage(value, chance) })
        const before = await imageOf(store)
        const opened = await new World().alone({ store }).catch(error => error)
        // What others are known to have is advice.
        if (key === 'confirmed') continue
        // A transaction on which nothing depends leaves no trace.
        if (!(opened instanceof Error)) {
          expect([damage(value, chance), key.startsWith('journal/')], key).toEqual([null, true])
          await opened.close()
          continue
        }
        expect(opened, key).toMatchObject({ code: 'store-corrupt', facts: { location: 'damaged' } })
        // Of one that is missing, the next one tells.
        if (damage(value, chance) !== null) expect(opened).toMatchObject({ facts: { key } })
        expect(await imageOf(store), key).toBe(before)
      }
    },
  )

  it.each(damages)(
    'of which a value %s gives to the others what they have never seen, and changes nothing else',
    async (_damage, damage) => {
      const chance = new Chance(fuzz.seed + 1)
      for (const [key, value] of world.mine) {
        const damaged = await storeOf(world.mine, { key, value: damage(value, chance) })
        const before = await imageOf(damaged)
        const shown = await met(await storeOf(world.peers), async meeting => {
          const clone = await meeting.open({ store: new MemoryStore('new'), genesis: false })
          await meeting.settle(clone.status.becomes({ outdated: false }))
          const report = await meeting.settle(repairStore(damaged, clone))
          const isDamage = key !== 'confirmed' && !(damage(value, chance) === null && key.startsWith('journal/'))
          expect(report.damaged, key).toEqual(isDamage ? [key] : [])
          return clone
        })
        const about = world.subjects.get(key)
        // Without the first item of a checkpoint nobody can tell what others have deleted from what they have never seen.
        if (key.startsWith('state/') && key.endsWith('/0000000')) {
          const gone = world.together.filter(line => !shown.includes(line))
          expect(gone, key).toEqual([])
        } else expect(without(shown, about), key).toEqual(without(world.together, about))
        expect(
          shown.filter(line => !world.ever.has(line)),
          key,
        ).toEqual([])
        expect(await imageOf(damaged), key).toBe(before)
      }
    },
  )

  it.each(damages)('of which a value %s gives all that is whole to a clone that is alone', async (_damage, damage) => {
    const chance = new Chance(fuzz.seed + 2)
    for (const [key, value] of world.mine) {
      const damaged = await storeOf(world.mine, { key, value: damage(value, chance) })
      const meeting = new World()
      const clone = await meeting.alone()
      await meeting.settle(repairStore(damaged, clone))
      const shown = contents(clone)
      expect(
        shown.filter(line => !world.ever.has(line)),
        key,
      ).toEqual([])
      if (!key.startsWith('state/'))
        expect(without(shown, world.subjects.get(key)), key).toEqual(without(world.alone, world.subjects.get(key)))
      const lost = world.alone.filter(line => !shown.includes(line))
      // A value holds a part only: the others are there.
      expect(lost.length, key).toBeLessThan(world.alone.length / 2)
      await meeting.settle(clone.close())
    }
  })

  it('that is whole is brought back whole, and tells how far that is', async () => {
    const meeting = new World()
    const clone = await meeting.alone()
    const progress: SalvageProgress[] = []
    const report = await meeting.settle(
      repairStore(await storeOf(world.mine), clone, { onProgress: each => progress.push(each) }),
    )
    expect(contents(clone)).toEqual(world.alone)
    const { liveTriples } = clone.stats()
    expect(report).toEqual({
      damaged: [],
      operations: world.mine.filter(([key]) => key.startsWith('journal/')).length,
      found: liveTriples,
      known: 0,
      broughtBack: liveTriples,
      deletesBroughtBack: 0,
    })
    expect(progress.at(-1)).toEqual({ step: 'writing', done: liveTriples })
    // Once more: now all of it is there.
    const again = await meeting.settle(repairStore(await storeOf(world.mine), clone))
    expect(again).toMatchObject({ known: liveTriples, broughtBack: 0 })
    await meeting.settle(clone.close())
  })

  it('tells its domain, unless its description is damaged, and is refused by a clone of another', async () => {
    const meta = world.mine.find(([key]) => key === 'meta')![1]
    expect(await domainOfStore(await storeOf(world.mine))).toBe(domain)
    expect(await domainOfStore(await storeOf(world.mine, { key: 'meta', value: meta.subarray(1) }))).toBeUndefined()
    const meeting = new World()
    const [other, closed] = [await meeting.alone({ domain: 'else.example' }), await meeting.alone()]
    await expect(repairStore(await storeOf(world.mine), other)).rejects.toMatchObject({ code: 'store-domain' })
    await meeting.settle(Promise.all([other.close(), closed.close()]))
    await expect(repairStore(await storeOf(world.mine), closed)).rejects.toMatchObject({ code: 'clone-closed' })
  })
})
