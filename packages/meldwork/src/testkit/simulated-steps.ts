import type { Chance } from './chance.js'
import type { SimulatedDurability, SimulatedHistory } from './simulated-clone.js'
import type { SimulatedNetwork } from './simulated-network.js'
import type { Death, Site, World } from './simulated-site.js'
import type { CrashPoint } from './simulated-store.js'
import type { Stranger } from './stranger.js'

/** The world as steps see and change it. */
export interface SteppedWorld extends World {
  readonly sites: readonly Site[]
  readonly history: SimulatedHistory
  /** The length of a text that fits in few messages. */
  readonly bigBytes: number
  /** Whether things go wrong. */
  readonly isRough: boolean
  readonly stranger: Stranger | undefined
  /** Whether history has been truncated by other limits than those of {@link history}. */
  isTruncated: boolean
  add(prepare?: (site: Site) => void): Promise<void>
  remove(site: Site): void
}

/** One kind of step, and how often it is taken. */
export type Step = readonly [
  weight: number,
  name: string,
  run: (site: Site, chance: Chance) => Promise<unknown> | unknown,
]

const mostSites = 6
/** One death of three is a power cut. */
const deathOf = (chance: Chance): Death => (chance.happens(0.35) ? 'power cut' : 'crash')
/** What writes ask for that are not flushed, one by one or together. */
const unflushed: readonly (readonly SimulatedDurability[])[] = [
  ['written'],
  ['written', 'none'],
  ['written', 'flushed'],
]
const crashPoints: readonly CrashPoint[] = ['called', 'written', 'answered', 'read']

/** What can happen to a site, or to everything. Each step takes all its chance from the source that it is given. */
export function stepsOf(world: SteppedWorld): readonly Step[] {
  const { networks, time, witness } = world
  const bad = world.isRough ? 1 : 0
  const several = networks.length > 1 ? 1 : 0
  const open =
    (run: Step[2]): Step[2] =>
    (site, chance) =>
      site.isOpen ? run(site, chance) : site.start()
  const isFull = () => world.sites.length >= mostSites

  const one = (chance: Chance) => networkOf(world, chance)
  const weather = (chance: Chance) => setWeather(one(chance), chance)

  return [
    [30, 'writes', open(site => site.writer.writeSomething())],
    [8, 'writes several at once', open((site, chance) => writeSeveral(site, chance))],
    [2, 'writes something big', open((site, chance) => site.writer.writeBig(chance.whole(1, world.bigBytes)))],
    [3, 'flushes', open(site => site.writer.flush())],
    [1 * bad, 'crashes', site => site.crash()],
    [1 * bad, 'loses its power', site => site.losePower()],
    [1 * bad, 'loses its power and starts', site => then(site.losePower(), () => site.start())],
    [1 * bad, 'crashes and starts', site => then(site.crash(), () => site.start())],
    [1 * bad, 'crashes while starting', site => site.startInVain()],
    [4 * bad, 'will die', (site, chance) => site.dieAt(chance.pick(crashPoints), chance.whole(1, 6), deathOf(chance))],
    [4 * bad, 'writes, and dies at some point of it', open((site, chance) => dieWriting(site, chance))],
    [5 * bad, 'writes, and loses what is not flushed', (site, chance) => loseUnflushed(world, site, chance)],
    [2 * bad, 'loses what one that died has left', (site, chance) => loseWhatWasFound(world, site, chance)],
    [2, 'has its follower restarted', site => site.restartFollower()],
    [2, 'stops', site => site.stop()],
    [2, 'stops and starts', site => then(site.stop(), () => site.start())],
    [3, 'starts', site => site.start()],
    [3, 'writes a checkpoint', open(site => site.checkpoint())],
    [5, 'forgets most of its history', open((site, chance) => truncate(world, site, chance))],
    [3, 'is away while others forget', open((site, chance) => missHistory(world, site, chance))],
    [2 * bad, 'writes a checkpoint and crashes', open((site, chance) => crashInCheckpoint(world, site, chance))],
    [2, 'is new', () => (isFull() ? undefined : world.add())],
    [2 * bad, 'is copied', (site, chance) => (isFull() || !site.isOpen ? undefined : copyOf(world, site, chance))],
    [1 * bad, 'is doubled while it runs', site => double(world, site)],
    [2, 'keeps a backup', open(site => site.backUp())],
    [2 * bad, 'goes back to a backup', (site, chance) => goBack(site, chance)],
    [2 * bad, 'has a failing disk', (site, chance) => site.failing(chance.pick([true, 0.5, 0.2]), chance.happens(0.5))],
    [2 * bad, 'has a disk that fills up', (site, chance) => site.leaveRoom(chance.pick([0, 100, 1000]))],
    [2 * bad, 'has room on its disk again', site => site.leaveRoom(Number.POSITIVE_INFINITY)],
    [2, 'leaves for good', site => retire(world, site)],
    [3, 'has a good disk', site => site.failing(false, false)],
    [2, 'has a slow disk', (site, chance) => site.slow(chance.pick([0, 5, 300, 4000]))],
    [4 * bad, 'is cut off', site => site.plug(false)],
    [4, 'is plugged in', site => site.plug(true)],
    [2 * bad, 'is cut from another', (site, chance) => cut(world, site, chance)],
    [2, 'has a slow line', (site, chance) => one(chance).slowDown(site.name, chance.pick([0, 60, 2000, 7000]))],
    [2, 'sees the network healed', (_, chance) => one(chance).heal()],
    [4 * bad, 'sees bad weather', (_, chance) => weather(chance)],
    [2, 'sees good weather', () => fairWeather(world)],
    [2, 'waits', (_, chance) => time.pass(chance.whole(1000, 60_000))],
    [5 * several, 'is cut off from one network', (site, chance) => site.plug(false, [chance.pick(site.on)])],
    [5 * several, 'is plugged in to one network', (site, chance) => site.plug(true, [chance.pick(site.on)])],
    [4 * several, 'sees a network fail', (_, chance) => fail(chance.whole(0, networks.length - 1), false)],
    [4 * several, 'sees a network work again', (_, chance) => fail(chance.whole(0, networks.length - 1), true)],
    [4 * several * bad, 'sees a network lose everything', (_, chance) => loseAll(one(chance))],
    [world.stranger === undefined ? 0 : 50, 'hears from a stranger', (_, chance) => world.stranger!.act(chance)],
  ]

  function fail(place: number, works: boolean): void {
    for (const site of world.sites) site.plug(works, [place])
  }

  async function retire({ sites }: SteppedWorld, site: Site): Promise<void> {
    // Somebody must stay who knows that there is nothing else to be had; also after a restart, before which a disk with nothing on it says nothing.
    const others = sites.filter(other => other !== site)
    if (several && !others.some(({ isBetween }) => isBetween)) return
    const knows = ({ clone }: Site) => {
      const status = clone?.status.value
      return status !== undefined && !status.outdated && status.ticks > 0 && status.undurable === 0
    }
    // What none has flushed could be lost to all.
    const keeps = (other: Site) => knows(other) && other.isFlushed
    if (others.length < 2 || !others.every(keeps)) return
    await site.retire()
    world.remove(site)
  }

  async function double({ history, isTruncated }: SteppedWorld, site: Site): Promise<void> {
    // What was written under a shared id is found again in the journal: where that is truncated, it may be lost.
    if (isFull() || !site.isOpen || history.operations < 10_000 || isTruncated) return
    await site.stop()
    witness.forksAllowed = true
    await world.add(twin => twin.becomeTwinOf(site))
    await site.start()
  }
}

/** Nothing is lost, doubled or late. */
export function fairWeather({ networks }: World): void {
  for (const { conditions } of networks) {
    conditions.loss = 0
    conditions.duplication = 0
    conditions.fastestMs = 1
    conditions.slowestMs = 1
  }
}

function networkOf({ networks }: World, chance: Chance): SimulatedNetwork {
  return networks.length === 1 ? networks[0] : chance.pick(networks)
}

/** It goes on showing who is there. */
function loseAll({ conditions }: SimulatedNetwork): void {
  conditions.loss = 1
}

function setWeather({ conditions }: SimulatedNetwork, chance: Chance): void {
  conditions.loss = chance.pick([0, 0.1, 0.5])
  conditions.duplication = chance.pick([0, 0.2])
  conditions.fastestMs = chance.pick([1, 100])
  conditions.slowestMs = conditions.fastestMs * chance.pick([1, 3, 20])
}

async function then(first: unknown, next: () => Promise<unknown>): Promise<void> {
  await first
  await next()
}

function writeSeveral(site: Site, chance: Chance): void {
  for (let i = chance.whole(2, 6); i > 0 && site.isOpen; i--) site.writer.writeSomething()
}

function dieWriting(site: Site, chance: Chance): void {
  site.dieAt(chance.pick(['called', 'written', 'answered']), chance.whole(1, 2), deathOf(chance))
  writeSeveral(site, chance)
}

/** What was written in several batches, own and others', is in danger together. */
async function loseUnflushed({ time, sites }: SteppedWorld, site: Site, chance: Chance): Promise<void> {
  await site.start()
  const asked = chance.pick(unflushed)
  for (let i = chance.whole(2, 4); i > 0; i--) {
    if (site.isOpen) site.writer.writeAs(chance.pick(asked))
    const other = chance.pick(sites)
    if (other.isOpen && other !== site && chance.happens(0.6)) other.writer.writeSomething()
    await time.pass(chance.pick([6, 6, 60]))
  }
  if (site.isOpen && chance.happens(0.4)) {
    site.writer.flush()
    await time.pass(chance.pick([0, 20]))
  }
  if (site.isOpen && chance.happens(0.4)) {
    site.writer.writeAs('flushed')
    await time.pass(0)
  }
  site.losePower()
  if (chance.happens(0.7)) await site.start()
}

/** What a process leaves that dies before it is flushed: the next one finds it, and must not take it for flushed. */
async function loseWhatWasFound({ time }: World, site: Site, chance: Chance): Promise<void> {
  await site.start()
  site.dieAt('called', 1, 'crash')
  if (site.isOpen) site.writer.writeMark()
  await time.pass(0)
  await site.start()
  if (site.isOpen && chance.happens(0.6)) site.writer.flush()
  await time.pass(20)
  if (site.isOpen && chance.happens(0.3)) site.writer.writeAs('written')
  await time.pass(chance.pick([0, 20]))
  site.losePower()
  if (chance.happens(0.7)) await site.start()
}

function truncate(world: SteppedWorld, site: Site, chance: Chance): void {
  if (world.witness.forksAllowed) return
  world.isTruncated = true
  site.checkpoint({ operations: chance.whole(0, 3), bytes: chance.pick([0, 200, 1 << 20]) })
}

/** The copy, and what it was copied from, go on writing. */
async function copyOf(world: SteppedWorld, site: Site, chance: Chance): Promise<void> {
  await world.add(copy => copy.copy(site))
  for (const one of [site, world.sites[world.sites.length - 1]]) if (one.isOpen) writeSeveral(one, chance)
}

async function goBack(site: Site, chance: Chance): Promise<void> {
  site.restore()
  await site.start()
  if (site.isOpen) writeSeveral(site, chance)
}

/** Afterwards it needs the state, and has something that nobody else has. */
async function missHistory(world: SteppedWorld, site: Site, chance: Chance): Promise<void> {
  const others = world.sites.filter(other => other !== site && other.isOpen)
  if (others.length === 0 || world.witness.forksAllowed) return
  site.plug(false)
  const other = chance.pick(others)
  await world.time.pass(chance.whole(0, 50))
  if (site.isOpen) writeSeveral(site, chance)
  if (other.isOpen) writeSeveral(other, chance)
  truncate(world, other, chance)
  await world.time.pass(chance.whole(50, 1000))
  site.plug(true)
}

async function crashInCheckpoint({ time }: World, site: Site, chance: Chance): Promise<void> {
  site.writer.writeSomething()
  if (chance.happens(0.7))
    site.dieAt(chance.pick(['called', 'written', 'answered']), chance.whole(1, 5), deathOf(chance))
  site.checkpoint()
  for (let i = chance.whole(0, 3); i > 0; i--) {
    await time.pass(chance.whole(0, 10))
    if (site.isOpen) site.writer.writeSomething()
  }
  await time.pass(chance.whole(0, 100))
  site.die(deathOf(chance))
}

function cut(world: SteppedWorld, site: Site, chance: Chance): void {
  const other = chance.pick(world.sites)
  if (other === site) return
  const network = networkOf(world, chance)
  network.cut(site.name, other.name)
  if (chance.happens(0.5)) network.cut(other.name, site.name)
}
