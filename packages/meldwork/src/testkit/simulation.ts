import { Chance } from './chance.js'
import type { OpenSimulatedClone, SimulatedClone } from './simulated-clone.js'
import { SimulatedNetwork } from './simulated-network.js'
import { Site } from './simulated-site.js'
import { VirtualTime } from './virtual-time.js'
import { Witness } from './witness.js'

export interface SimulationOptions {
  /** Everything follows from it. */
  readonly seed: number
  readonly open: OpenSimulatedClone
  /** Makes a clone write a checkpoint now, if it can be made to. */
  readonly checkpoint?: (clone: SimulatedClone) => Promise<void>
  /** How many steps before all is healed. */
  readonly steps?: number
}

/** What a history was. */
export interface SimulationReport {
  readonly trace: readonly string[]
  readonly writes: number
  readonly joins: number
  readonly rollbacks: number
  readonly messages: number
  /** Whether clones were made to write under one id; and how many acknowledged writes that has cost: none, if all go on running until they meet. */
  readonly forked: boolean
  readonly lostToForks: number
  /** How long, in virtual time, it took until all were equal after everything had been healed. */
  readonly healingMs: number
}

/** A history in which something was wrong: its message has the seed, what was wrong, and the steps. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure'
  readonly seed: number
  readonly violations: readonly string[]

  constructor(seed: number, violations: readonly string[], trace: readonly string[]) {
    super(`Simulation ${seed}: ${violations.join('\n  ')}\n--- steps\n${trace.join('\n')}`)
    this.seed = seed
    this.violations = violations
  }
}

const domain = 'simulated.example'
/** After this much virtual time in a healed world everybody must have everything. */
const healingLimitMs = 60_000
/** The same, when a disk has lost something: what waits for that is given up after a while, and greetings are rare by then. */
const patientLimitMs = 1_800_000
/** So long nothing happens afterwards, and nothing may go on but greetings. */
const quietMs = 900_000

/**
 * Runs one random history of clones of one domain, in virtual time: writes of all kinds, crashes, restarts, copied and restored disks, failing
 * disks, a bad network, partitions. Then everything is healed, and what must hold is checked (see {@link Witness}).
 * @throws SimulationFailure
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  return new Simulation(options).run()
}

/** One kind of step, and how often it is taken. */
type Step = readonly [weight: number, name: string, run: (site: Site) => Promise<unknown> | unknown]

class Simulation {
  private readonly options: SimulationOptions
  private readonly chance: Chance
  private readonly time = new VirtualTime()
  private readonly network: SimulatedNetwork
  private readonly witness: Witness
  private readonly sites: Site[] = []
  private readonly history: { operations: number; bytes: number }
  private readonly bigBytes: number
  private readonly isRough: boolean
  private readonly slowestMs: number
  private last: Site | undefined
  private added = 0

  constructor(options: SimulationOptions) {
    this.options = options
    this.chance = new Chance(options.seed)
    const { chance, time } = this
    const maxMessageBytes = chance.pick([700, 3000, 65_536])
    this.network = new SimulatedNetwork(time, chance.branch(), maxMessageBytes)
    this.witness = new Witness(time)
    this.history = { operations: chance.pick([0, 3, 20, 10_000]), bytes: 1 << 20 }
    this.bigBytes = maxMessageBytes * 2
    this.isRough = chance.happens(0.7)
    this.slowestMs = chance.pick([2, 5, 30, 200])
  }

  async run(): Promise<SimulationReport> {
    const { witness, network } = this
    try {
      await this.live()
      const healingMs = await this.heal()
      await this.keepQuiet()
      const { trace, writes, joins, rollbacks, forksAllowed: forked } = witness
      const lostToForks = witness.lostToForks.size
      return { trace, writes, joins, rollbacks, messages: network.messages, forked, lostToForks, healingMs }
    } catch (error) {
      if (witness.violations.length === 0) witness.violation(String(error instanceof Error ? error.stack : error))
      throw new SimulationFailure(this.options.seed, witness.violations, witness.trace)
    } finally {
      for (const site of this.sites) site.crash()
    }
  }

  private async live(): Promise<void> {
    const { chance, witness } = this
    const sites = chance.whole(2, 4)
    witness.say(`${sites} sites, messages of ${this.network.maxMessageBytes}, history of ${this.history.operations}`)
    for (let i = 0; i < sites; i++) await this.add()
    const steps = this.steps()
    const total = steps.reduce((sum, [weight]) => sum + weight, 0)
    const count = this.options.steps ?? chance.whole(10, 70)
    for (let i = 0; i < count; i++) {
      let at = chance.number() * total
      const step = steps.find(([weight]) => {
        at -= weight
        return at < 0
      })!
      // What follows on something at one site is often about the same site.
      const site = this.last !== undefined && chance.happens(0.4) ? this.last : chance.pick(this.sites)
      this.last = site
      witness.say(`${site.name} ${step[1]}`)
      await step[2](site)
      await this.pass(this.pauseMs())
    }
  }

  private pauseMs(): number {
    const { chance } = this
    if (chance.happens(0.4)) return 0
    if (chance.happens(0.1)) return chance.whole(100, 20_000)
    return chance.whole(1, chance.happens(0.5) ? 5 : 100)
  }

  /** Lets time pass, and stops when something was wrong. */
  private async pass(durationMs: number): Promise<void> {
    await this.time.pass(durationMs)
    this.witness.stopWhenWrong()
  }

  private steps(): Step[] {
    const { chance, network, time } = this
    const open = (run: (site: Site) => Promise<unknown> | unknown) => (site: Site) =>
      site.isOpen ? run(site) : site.start()
    const bad = this.isRough ? 1 : 0
    return [
      [30, 'writes', open(site => site.writeSomething())],
      [8, 'writes several at once', open(site => this.repeat(chance.whole(2, 6), () => site.writeSomething()))],
      [2, 'writes something big', open(site => site.writeBig(chance.whole(1, this.bigBytes)))],
      [3, 'flushes', open(site => site.flush())],
      [2 * bad, 'crashes', site => site.crash()],
      [2 * bad, 'crashes and starts', site => this.inOrder(site.crash(), () => site.start())],
      [1 * bad, 'crashes while starting', site => this.inOrder(site.stop(), () => site.startInVain())],
      [2, 'stops', site => site.stop()],
      [2, 'stops and starts', site => this.inOrder(site.stop(), () => site.start())],
      [3, 'starts', site => site.start()],
      [3, 'writes a checkpoint', open(site => site.checkpoint())],
      [2 * bad, 'writes a checkpoint and crashes', open(site => this.crashAt(site))],
      [2, 'is new', () => (this.sites.length < 6 ? this.add() : undefined)],
      [
        1 * bad,
        'is copied',
        site => (this.sites.length < 6 && site.isOpen ? this.add(copy => copy.copy(site)) : undefined),
      ],
      [bad, 'is doubled while it runs', site => this.double(site)],
      [1, 'keeps a backup', open(site => site.backUp())],
      [1 * bad, 'restores its backup', site => this.inOrder(site.crash(), () => site.restore())],
      [2 * bad, 'has a failing disk', site => site.failing(chance.pick([true, 0.5, 0.2]), chance.happens(0.5))],
      [2, 'leaves for good', site => this.retire(site)],
      [3, 'has a good disk', site => site.failing(false, false)],
      [2, 'has a slow disk', site => site.slow(chance.pick([0, 5, 300, 4000]))],
      [2 * bad, 'is cut off', site => site.plug(false)],
      [3, 'is plugged in', site => site.plug(true)],
      [2 * bad, 'is cut from another', site => this.cut(site, chance.happens(0.5))],
      [2, 'sees the network healed', () => network.heal()],
      [2 * bad, 'sees bad weather', () => this.weather(true)],
      [2, 'sees good weather', () => this.weather(false)],
      [2, 'waits', () => time.pass(chance.whole(1000, 60_000))],
    ]
  }

  private repeat(times: number, run: () => void): void {
    for (let i = 0; i < times; i++) run()
  }

  private async inOrder(first: unknown, next: () => Promise<unknown> | unknown): Promise<void> {
    await first
    await next()
  }

  private async crashAt(site: Site): Promise<void> {
    site.writeSomething()
    site.checkpoint()
    for (let i = this.chance.whole(0, 3); i > 0; i--) {
      await this.time.pass(this.chance.whole(0, 10))
      if (site.isOpen) site.writeSomething()
    }
    await this.time.pass(this.chance.whole(0, 100))
    site.crash()
  }

  private weather(isBad: boolean): void {
    const { conditions } = this.network
    conditions.loss = isBad ? this.chance.pick([0, 0.1, 0.5]) : 0
    conditions.duplication = isBad ? this.chance.pick([0, 0.2]) : 0
    conditions.fastestMs = isBad ? this.chance.pick([1, 100]) : 1
    conditions.slowestMs = conditions.fastestMs * (isBad ? this.chance.pick([1, 3, 20]) : 1)
  }

  private cut(site: Site, bothWays: boolean): void {
    const other = this.chance.pick(this.sites)
    if (other === site) return
    this.network.cut(site.name, other.name)
    if (bothWays) this.network.cut(other.name, site.name)
  }

  private async double(site: Site): Promise<void> {
    // What was written under a shared id is found again in the journal: where that is truncated, it may be lost.
    if (this.sites.length > 5 || !site.isOpen || this.history.operations < 10_000) return
    await site.stop()
    this.witness.forksAllowed = true
    await this.add(twin => twin.becomeTwinOf(site))
    await site.start()
  }

  private async retire(site: Site): Promise<void> {
    // Somebody must stay who knows that there is nothing else to be had.
    const others = this.sites.filter(other => other !== site)
    if (others.length < 2 || others.some(({ clone }) => clone?.status.value.outdated !== false)) return
    await site.retire()
    this.sites.splice(this.sites.indexOf(site), 1)
    this.last = undefined
  }

  private async add(prepare?: (site: Site) => void): Promise<void> {
    const { chance, time, network, witness, options, history } = this
    const name = String.fromCharCode(65 + this.added++)
    const skewMs = chance.pick([0, 0, 0, -3_600_000, 5000, 100_000_000_000])
    const genesis = name === 'A'
    const settings = { domain, name, skewMs, genesis, history }
    const site = new Site(settings, options, { time, network, witness, chance: chance.branch() })
    site.slow(this.slowestMs)
    prepare?.(site)
    witness.say(`${name} is there`)
    this.sites.push(site)
    await site.start()
  }

  // --- the end

  /** @returns how long it took */
  private async heal(): Promise<number> {
    const { network, witness, time } = this
    witness.say('--- all is healed')
    network.heal()
    this.weather(false)
    for (const site of this.sites) {
      site.failing(false, false)
      site.slow(5)
      site.plug(true)
    }
    // A disk that failed is asked again after at most half a minute.
    await this.pass(35_000)
    for (const site of this.sites) if (!site.isOpen) await site.start()
    const sinceMs = time.nowMs
    const limitMs = witness.isLossPossible || witness.forksAllowed ? patientLimitMs : healingLimitMs
    while (time.nowMs - sinceMs < limitMs) {
      if (witness.differences(this.sites).length === 0) {
        witness.settle(this.sites)
        witness.stopWhenWrong()
        return time.nowMs - sinceMs
      }
      await this.pass(time.nowMs - sinceMs < 2000 ? 50 : 1000)
    }
    for (const difference of witness.differences(this.sites)) witness.violation(`in the end: ${difference}`)
    witness.stopWhenWrong()
    return 0
  }

  private async keepQuiet(): Promise<void> {
    const { network, witness, sites } = this
    const before = network.messages
    await this.pass(quietMs)
    for (const difference of witness.differences(sites)) witness.violation(`after a quiet time: ${difference}`)
    // A greeting each, ever more rarely, and the presence of answers to them.
    const allowed = sites.length * 40
    const sent = network.messages - before
    if (sent > allowed) witness.violation(`${sent} messages while nothing happened`)
    witness.settle(sites)
    witness.stopWhenWrong()
  }
}
