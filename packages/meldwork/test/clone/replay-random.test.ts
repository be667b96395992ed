/**
 * Following after a cursor against what was told live: for random histories of conflicting writes, lists, batches, rollbacks, crashes, restarts, joins and checkpoints,
 * what is replayed from any cursor is what was told when it happened, one by one; and where it is not there any more, or never was, there is a gap,
 * with the state from which to go on.
 */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { openCloneWith } from '../../src/clone/open.js'
import { latest } from '../../src/constraint/index.js'
import type { Clone, Cursor, Gap, Update } from '../../src/index.js'
import type { Quad, TermTable } from '../../src/rdf/index.js'
import { Chance } from '../../src/testkit/chance.js'
import type { SimulatedTransport } from '../../src/testkit/simulated-network.js'
import type { SimulatedDisk } from '../../src/testkit/simulated-store.js'
import type { VirtualEnvironment } from '../../src/testkit/virtual-time.js'
import { randomWrite } from './random-requests.js'
import { domain, forgetJournal, World } from './world.js'

/** Everything that there is to see of an update. */
const spelled = (update: Update) => ({
  own: JSON.stringify(update),
  trace: update.trace,
  cursor: update.cursor,
  quads: JSON.stringify(update.quads),
})
type Spelled = ReturnType<typeof spelled>

const rules = (terms: TermTable) => [latest('the latest p', terms.property('#p', true))]
const lines = (quads: Iterable<Quad>): string[] => Array.from(quads, quad => JSON.stringify(quad)).sort()

/** A clone whose life is watched, beside others that write, too. */
class Watched {
  readonly world: World
  readonly chance: Chance
  readonly disk: SimulatedDisk
  clone!: Clone
  /** What was told and has not been taken back. */
  history: Spelled[] = []
  /** Every cursor that there ever was. */
  readonly cursors: Cursor[] = []
  /** Where the store stood when it was opened: that is durable. */
  private readonly openings: Cursor[] = []
  /** The ticks of the last state that was joined. */
  joined = 0
  gaps = 0
  replayed = 0
  private cable!: SimulatedTransport
  private environment!: VirtualEnvironment
  private openingCount = 0
  private readonly keeps: number

  /** @param keeps how many operations */
  constructor(seed: number, keeps: number) {
    this.keeps = keeps
    this.world = new World(seed)
    this.chance = new Chance(seed)
    this.disk = this.world.disk(20)
  }

  async open(): Promise<void> {
    const { world, disk } = this
    this.cable = world.network.transport(`watched${++this.openingCount}`)
    this.environment = world.environment()
    const { environment, cable: transport } = this
    const history = { operations: this.keeps }
    const options = { domain, environment, genesis: true, transport, store: disk.store(), history }
    this.clone = await world.settle(openCloneWith(options, { rules }))
    const { ticks, life } = this.clone.status.value
    // What a crash has taken back.
    this.history = this.history.filter(({ cursor }) => cursor.ticks <= ticks)
    this.openings.push({ life, ticks })
    this.cursors.push({ life, ticks })
    const { clone } = this
    // What is taken back may come to nothing that is visible: then no update tells of it.
    clone.status.follow(({ storage }) => {
      if (storage === undefined) return
      const { durable } = this
      this.history = this.history.filter(({ cursor, trace }) => cursor.ticks <= durable || trace.cause === 'rollback')
    })
    clone.follow(update => {
      const { trace } = update
      if (trace.cause === 'rollback') this.history = this.history.filter(({ cursor }) => cursor.ticks <= this.durable)
      this.history.push(spelled(update))
      if (trace.cause === 'join') this.joined = update['@ticks']
      this.cursors.push(update.cursor)
    })
  }

  get durable(): number {
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    return this.clone['transactions'].committer.durableTicks
  }

  get floor(): number {
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    return this.clone['transactions'].journal.floorTicks
  }

  async something(): Promise<void> {
    const { world, chance, clone, disk, cable } = this
    const kind = chance.number()
    if (kind < 0.5) for (let i = chance.whole(1, chance.happens(0.05) ? 40 : 4); i > 0; i--) randomWrite(chance, clone)
    else if (kind < 0.55) clone.batch(() => [1, 2].forEach(() => void randomWrite(chance, clone))).catch(() => {})
    else if (kind < 0.65) cable.connect(chance.happens(0.5))
    else if (kind < 0.9) await world.pass(chance.whole(0, 300))
    else if (kind < 0.93) {
      disk.conditions.failing = true
      await world.pass(chance.whole(0, 40))
      disk.conditions.failing = false
      await world.pass(2000)
    } else if (kind < 0.95) {
      await world.settle(clone.close())
      await this.open()
    } else if (kind < 0.97) {
      disk.crash()
      this.environment.kill()
      cable.kill()
      await this.open()
    }
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    else if (kind < 0.99) await world.settle(this.clone['checkpoints'].write())
  }

  /** Follows after a random cursor, while more happens. */
  async follow(): Promise<void> {
    const { chance, world, clone } = this
    const after = chance.pick(this.cursors)
    const { floor } = this
    if (chance.happens(0.5)) forgetJournal(clone)
    const received: (Update | Gap)[] = []
    let stop: () => void
    if (chance.happens(0.5)) stop = clone.follow({ after }, update => received.push(kept(update)))
    else {
      const updates = clone.follow({ after })
      stop = () => void updates.return!()
      void (async () => {
        for await (const update of updates) received.push(kept(update))
      })()
    }
    if (chance.happens(0.5)) for (let i = 0; i < 3; i++) randomWrite(chance, clone)
    await world.pass(200)
    for (let i = 0; i < 2; i++) randomWrite(chance, clone)
    await world.pass(1)
    stop()
    const isKnown = this.isKnown(after)
    // The state after an undoing is that of before.
    const expected = this.history.filter(
      ({ cursor, trace }) => cursor.ticks > after.ticks && trace.cause !== 'rollback',
    )
    const at = received.findIndex(update => '@gap' in update)
    if (isKnown && after.ticks >= floor && (this.floor === floor || at < 0)) {
      expect(received.map(update => ('@gap' in update ? update['@gap'] : spelled(update)))).toEqual(expected)
      this.replayed += expected.length
      return
    }
    if (at < 0) throw new Error(`no gap after ${JSON.stringify(after)}, but ${JSON.stringify(received)}`)
    // What was read before the rest of it was truncated.
    expect(isKnown && after.ticks >= floor ? at : 0).toBe(at)
    expect(received.slice(0, at).map(update => spelled(update as Update))).toEqual(expected.slice(0, at))
    const gap = received[at] as Gap
    const rest = received.slice(at + 1)
    const state = new Set(states.get(gap))
    for (const update of rest) {
      if ('@gap' in update) throw new Error('two gaps')
      const { delete: deleted, insert } = update.quads
      for (const line of lines(deleted)) expect(state.delete(line)).toBe(true)
      for (const line of lines(insert)) expect(state.size < state.add(line).size).toBe(true)
    }
    expect([...state].sort()).toEqual(lines(clone.quads()))
    expect(gap.cursor.ticks).toBeGreaterThanOrEqual(0)
    this.gaps++
  }

  /** Whether a cursor is of what led to now. */
  private isKnown(after: Cursor): boolean {
    const { ticks, life } = this.clone.status.value
    const known = [{ ticks, life }, ...this.openings, ...this.history.map(({ cursor }) => cursor)]
    return known.some(cursor => cursor.ticks === after.ticks && cursor.life === after.life)
  }
}

/** What gaps had. */
const states = new WeakMap<object, string[]>()
const kept = (update: Update | Gap): Update | Gap => {
  if ('@gap' in update) states.set(update, lines(update.quads()))
  return update
}

describe('what is followed after a cursor', () => {
  it('is what was told, or a gap', { timeout: 120_000 }, async () => {
    let replayed = 0
    let gaps = 0
    for (let run = 0; run < fuzz.runs(12); run++) {
      const watched = new Watched(fuzz.seed + run, run % 3 === 0 ? 5 : 10_000)
      const { world, chance } = watched
      await watched.open()
      const other = await world.open({ history: { operations: chance.happens(0.3) ? 2 : 1000 } })
      for (let step = 0; step < 60; step++) {
        await watched.something()
        if (chance.happens(0.4)) randomWrite(chance, other)
        // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
        if (chance.happens(0.05)) await world.settle(other['checkpoints'].write())
        if (chance.happens(0.3)) await watched.follow()
      }
      replayed += watched.replayed
      gaps += watched.gaps
      await world.settle(Promise.all([watched.clone.close(), other.close()]))
    }
    expect(replayed).toBeGreaterThan(fuzz.runs(500))
    expect(gaps).toBeGreaterThan(fuzz.runs(6))
  })
})
