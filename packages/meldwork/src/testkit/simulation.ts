import { Chance } from './chance.js'
import type { OpenSimulatedClone, SimulatedClone, SimulatedHistory } from './simulated-clone.js'
import { type History, SimulationFailure } from './simulated-history.js'
import { SimulatedNetwork } from './simulated-network.js'
import { type SimulatedRule, someRules } from './simulated-rules.js'
import { Site } from './simulated-site.js'
import { fairWeather, type Step, type SteppedWorld, stepsOf } from './simulated-steps.js'
import { Stranger, strangerKinds } from './stranger.js'
import { VirtualTime } from './virtual-time.js'
import { Witness } from './witness.js'

export { shrink } from './shrink.js'
export type {
  OpenSimulatedClone,
  SimulatedClone,
  SimulatedCloneOptions,
  SimulatedCursor,
  SimulatedDraft,
  SimulatedDurability,
  SimulatedGap,
  SimulatedHistory,
  SimulatedStatus,
  SimulatedUpdate,
  SimulatedWriteOptions,
} from './simulated-clone.js'
export { type History, SimulationFailure } from './simulated-history.js'

/** What is simulated, and which history of it. */
export interface SimulationOptions extends History {
  /**
   * Opens what is simulated: `openClone`, or something that puts a store, a transport or a clone of its own around what it is given. It takes time and
   * chance from the `environment`, and waits for nothing but that and what it is given.
   */
  readonly open: OpenSimulatedClone
  /** Makes a clone write a checkpoint now, and keep only so much history. Without it, a clone does so when it thinks fit. */
  readonly checkpoint?: (clone: SimulatedClone, history: SimulatedHistory) => Promise<void>
  /** Says how a history is run again, for the message of a failure. */
  readonly replay?: (history: History) => string
}

/** What a history was. */
export interface SimulationReport {
  /** What happened, each line with the milliseconds of virtual time before it. */
  readonly trace: readonly string[]
  readonly writes: number
  /** How often a clone has joined a whole state; how often one has undone what its disk refused. */
  readonly joins: number
  readonly rollbacks: number
  /** How many writes were refused because a rule would have hidden something. */
  readonly refusals: number
  readonly messages: number
  /** How often a disk has lost its power; how many updates were given to followers after the fact, and how often they had to start over. */
  readonly powerCuts: number
  readonly replayed: number
  readonly gaps: number
  /** Whether clones were made to write under one id; and how many acknowledged writes that has cost: none, if all go on running until they meet. */
  readonly forked: boolean
  readonly lostToForks: number
  /** How long, in virtual time, it took until all were equal after everything had been healed. */
  readonly healingMs: number
}

const domain = 'simulated.example'
/** After this much virtual time in a healed world everybody must have everything. */
const healingLimitMs = 60_000
/** The same, when a disk has lost something: what waits for that is given up after a while, and greetings are rare by then. */
const patientLimitMs = 1_800_000
/** Far more than any history needs: somebody goes round in circles. */
const mostMessages = 10_000
/** Within this time clones that are there greet each other, however quiet it is. */
const greetingMs = 300_000
/** So long nothing happens afterwards, and nothing may go on but greetings. */
const quietMs = 900_000

/**
 * Runs one random history of clones of one domain, in virtual time: `docs/simulation.md` says what can happen in it, and what must hold. Everything in it follows
 * from the seed, and from what `open` does. Several can run at a time, as far as what is opened shares nothing.
 * @throws SimulationFailure when something does not hold, or anything throws
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  return new Simulation(options).run()
}

class Simulation implements SteppedWorld {
  readonly time = new VirtualTime()
  readonly networks: readonly SimulatedNetwork[]
  readonly witness: Witness
  readonly sites: Site[] = []
  readonly history: SimulatedHistory
  readonly bigBytes: number
  readonly isRough: boolean
  readonly stranger: Stranger | undefined
  isTruncated = false
  private readonly options: SimulationOptions
  private readonly seed: number
  private readonly slowestMs: number
  private readonly siteCount: number
  private readonly stepCount: number
  private readonly networkChances: readonly Chance[]
  private readonly rules: readonly SimulatedRule[]
  /** What happens at random now follows from this. */
  private stepSeed: number
  private added = 0

  constructor(options: SimulationOptions) {
    this.options = options
    const { seed } = options
    this.seed = seed
    this.stepSeed = seed
    this.rules = options.rules ? someRules(Chance.of(seed, 'rules')) : []
    const chance = Chance.of(seed)
    const maxMessageBytes = chance.pick([700, 3000, 65_536])
    this.networkChances = Array.from({ length: options.networks ?? 1 }, (_, place) =>
      place === 0 ? chance.branch() : Chance.of(seed, 'network', place),
    )
    this.networks = this.networkChances.map(chance => new SimulatedNetwork(this.time, chance, maxMessageBytes))
    this.witness = new Witness(this.time)
    this.history = { operations: chance.pick([0, 3, 20, 10_000, 10_000]), bytes: 1 << 20 }
    this.bigBytes = maxMessageBytes * 2
    this.isRough = chance.happens(0.8)
    this.slowestMs = chance.pick([2, 5, 30, 200])
    // Most are short: a defect that needs few steps is found in a shorter time, and is easier to understand.
    this.stepCount = chance.happens(0.08) ? chance.whole(20, 80) : chance.whole(4, 16)
    this.siteCount = chance.whole(2, 4)
    // Not where there are two networks: a clone that is alone with one on one of them has nobody there to tell it better.
    this.stranger =
      chance.happens(0.2) && this.networks.length === 1
        ? new Stranger(chance.pick(strangerKinds), this.networks[0])
        : undefined
    this.witness.areStrangersThere = this.stranger !== undefined
    // Damaged bytes of an operation are an operation, by the name of another.
    this.witness.forksAllowed = this.stranger?.kind === 'damaging'
  }

  async run(): Promise<SimulationReport> {
    const { witness } = this
    try {
      await this.live()
      const healingMs = await this.heal()
      await this.keepQuiet()
      const { trace, writes, joins, rollbacks, refusals, powerCuts, forksAllowed: forked } = witness
      const { messages } = this
      const lostToForks = witness.lostToForks.size
      const replayed = this.sites.reduce((sum, { followed }) => sum + followed.replayed, 0)
      const gaps = this.sites.reduce((sum, { followed }) => sum + followed.gaps, 0)
      const counts = { writes, joins, rollbacks, refusals, messages, powerCuts, replayed, gaps, lostToForks }
      return { trace, ...counts, forked, healingMs }
    } catch (error) {
      if (witness.violations.length === 0) witness.violation(String(error instanceof Error ? error.stack : error))
      const { seed, sites, steps, rules, networks } = this.options
      const replay = this.options.replay ?? (history => `simulate({ ...${JSON.stringify(history)}, open })`)
      const history = {
        seed,
        ...(sites !== undefined && { sites }),
        ...(steps !== undefined && { steps }),
        ...(rules !== undefined && { rules }),
        ...(networks !== undefined && { networks }),
      }
      throw new SimulationFailure(history, this.stepCount, witness.violations, witness.trace, replay(history))
    } finally {
      for (const site of this.sites) site.crash()
    }
  }

  // --- what happens

  private async live(): Promise<void> {
    const { witness, options } = this
    const sites = options.sites ?? this.siteCount
    witness.say(
      `${sites} sites, messages of ${this.networks[0].maxMessageBytes}, history of ${this.history.operations}`,
    )
    for (const { constraint } of this.rules) witness.say(`in force: ${JSON.stringify(constraint)}`)
    for (let i = 0; i < sites; i++) await this.add()
    this.stranger?.come()
    const steps = stepsOf(this)
    const total = steps.reduce((sum, [weight]) => sum + weight, 0)
    const { steps: chosen = this.stepCount } = options
    const indexes = typeof chosen === 'number' ? Array.from({ length: chosen }, (_, index) => index) : chosen
    for (const index of indexes) await this.take(index, steps, total)
  }

  /** Each step draws from a source of its own, and so does all that happens until the next: so one can be left out, and others stay what they are. */
  private async take(index: number, steps: readonly Step[], total: number): Promise<void> {
    const { witness, seed } = this
    const chance = Chance.of(seed, index)
    this.stepSeed = Chance.seedOf(seed, index, 'sites')
    for (const [place, chance] of this.networkChances.entries())
      chance.restart(Chance.seedOf(seed, index, place === 0 ? 'network' : `network ${place}`))
    for (const site of this.sites) site.restartChance(this.stepSeed)
    let at = chance.number() * total
    const [, name, run] = steps.find(([weight]) => {
      at -= weight
      return at < 0
    })!
    const site = this.siteOf(index)
    witness.say(`[${index}] ${site.name} ${name}`)
    await run(site, chance)
    await this.pass(pauseMs(chance))
  }

  /** What follows on something at one site is often about the same site. One that comes or goes does not change the choice among the others. */
  private siteOf(index: number): Site {
    const chance = Chance.of(this.seed, index, 'site')
    if (index > 0 && chance.happens(0.4)) return this.siteOf(index - 1)
    const draw = chance.whole(0, 0x7fffffff)
    const rank = ({ name }: Site) => Chance.seedOf(draw, name)
    return this.sites.reduce((best, site) => (rank(site) > rank(best) ? site : best))
  }

  /** Lets time pass, and stops when something was wrong. */
  private async pass(durationMs: number): Promise<void> {
    await this.time.pass(durationMs)
    if (this.messages > mostMessages * this.networks.length)
      this.witness.violation(`more than ${mostMessages} messages`)
    this.witness.stopWhenWrong()
  }

  async add(prepare?: (site: Site) => void): Promise<void> {
    const { witness, options, history, rules } = this
    const name = String.fromCharCode(65 + this.added++)
    const chance = Chance.of(this.seed, name)
    const skewMs = chance.pick([0, 0, 0, -3_600_000, 5000, 100_000_000_000])
    const genesis = name === 'A'
    const on = this.placesOf(name)
    const site = new Site({ domain, name, skewMs, genesis, on, history, rules }, options, this, this.stepSeed)
    site.slow(this.slowestMs)
    prepare?.(site)
    witness.say(`${name} is there${this.networks.length > 1 ? `, on the networks ${on.join()}` : ''}`)
    this.sites.push(site)
    await site.start()
  }

  /** On which networks a site is: the first site is on all. */
  private placesOf(name: string): readonly number[] {
    if (this.networks.length === 1) return [0]
    const chance = Chance.of(this.seed, name, 'networks')
    const both = chance.pick([
      [0, 1],
      [0, 1],
      [1, 0],
    ])
    return name === 'A' || chance.happens(0.6) ? both : both.slice(0, 1)
  }

  /** Handed to all networks. */
  private get messages(): number {
    return this.networks.reduce((sum, { messages }) => sum + messages, 0)
  }

  remove(site: Site): void {
    this.sites.splice(this.sites.indexOf(site), 1)
  }

  // --- the end

  /** @returns how long it took */
  private async heal(): Promise<number> {
    const { networks, witness, time } = this
    witness.say('--- all is healed')
    for (const network of networks) network.heal()
    fairWeather(this)
    for (const site of this.sites) site.mend()
    // A disk that failed is asked again after at most half a minute.
    await this.pass(35_000)
    for (const site of this.sites) {
      if (!site.isOpen) await site.start()
      site.follow()
    }
    if (this.stranger?.kind === 'newer') await this.refuseNewer(this.stranger)
    const limitMs =
      witness.isLossPossible || witness.forksAllowed || witness.areStrangersThere ? patientLimitMs : healingLimitMs
    const sinceMs = time.nowMs
    await this.untilEqual(limitMs, 'in the end')
    const healingMs = time.nowMs - sinceMs
    this.stranger?.leave()
    return healingMs
  }

  /** Whoever hears it says so in the status. */
  private async refuseNewer(stranger: Stranger): Promise<void> {
    // Whoever has just come must have been let in.
    await this.pass(1000)
    if (!stranger.act(Chance.of(this.seed, 'newer'))) return
    await this.pass(1000)
    for (const { name, clone, on } of this.sites)
      if (on.includes(0) && clone!.status.value.refused.newer === 0)
        this.witness.violation(`${name} does not say that a peer is newer`)
  }

  private async untilEqual(limitMs: number, when: string): Promise<void> {
    const { witness, time, sites } = this
    const sinceMs = time.nowMs
    while (witness.differences(sites).length > 0) {
      if (time.nowMs - sinceMs >= limitMs) {
        for (const difference of witness.differences(sites)) witness.violation(`${when}: ${difference}`)
        break
      }
      await this.pass(time.nowMs - sinceMs < 2000 ? 50 : 1000)
    }
    witness.stopWhenWrong()
  }

  private async sayLastWord(): Promise<void> {
    this.sites[0].writer.writeMark()
    await this.pass(50)
    await this.untilEqual(healingLimitMs, 'after one more write')
  }

  /** One more write is heard by all, and follows on everything; then nothing happens any more. */
  private async keepQuiet(): Promise<void> {
    const { witness, sites } = this
    for (const site of sites) site.isQuiet = true
    await this.sayLastWord()
    if (sites.some(({ clone }) => clone!.stats().heads !== 1)) {
      // An operation that changed nothing may have been missing at the writer: greetings tell.
      await this.pass(greetingMs)
      await this.sayLastWord()
    }
    for (const { name, clone } of sites)
      if (clone!.stats().heads !== 1) witness.violation(`${name} has ${clone!.stats().heads} heads after it`)
    witness.settle(sites)
    for (const { name, followerDifference: difference } of sites)
      if (difference !== undefined)
        witness.violation(`a follower of ${name} by its cursor has something else: ${difference}`)
    witness.stopWhenWrong()
    const ticks = sites.map(({ clone }) => clone!.status.value.ticks)
    const before = this.messages
    await this.pass(quietMs)
    for (const difference of witness.differences(sites)) witness.violation(`after a quiet time: ${difference}`)
    sites.forEach(({ name, clone }, i) => {
      if (clone!.status.value.ticks !== ticks[i]) witness.violation(`${name} has changed in a quiet time`)
    })
    // A greeting each, ever more rarely, and the presence of answers to them.
    const allowed = sites.length * 40 * this.networks.length
    const sent = this.messages - before
    if (sent > allowed) witness.violation(`${sent} messages while nothing happened`)
    witness.stopWhenWrong()
  }
}

function pauseMs(chance: Chance): number {
  if (chance.happens(0.4)) return 0
  if (chance.happens(0.1)) return chance.whole(100, 20_000)
  return chance.whole(1, chance.happens(0.5) ? 5 : 100)
}
