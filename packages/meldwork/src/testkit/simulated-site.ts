import { hasCode } from '../errors.js'
import { Chance } from './chance.js'
import { PlainCopy } from './plain-copy.js'
import type {
  OpenSimulatedClone,
  SimulatedClone,
  SimulatedDurability,
  SimulatedHistory,
  SimulatedUpdate,
} from './simulated-clone.js'
import { SimulatedFollower } from './simulated-follower.js'
import type { SimulatedNetwork, SimulatedTransport } from './simulated-network.js'
import { faultsOf, refusingCleanly, type SimulatedRule } from './simulated-rules.js'
import { type CrashPoint, SimulatedDisk } from './simulated-store.js'
import { SimulatedWriter } from './simulated-writer.js'
import { VirtualEnvironment, type VirtualTime } from './virtual-time.js'
import type { Durable, Place, Witness } from './witness.js'

/** The parts of a simulated world that all sites share. */
export interface World {
  readonly time: VirtualTime
  readonly networks: readonly SimulatedNetwork[]
  readonly witness: Witness
}

/** What can be done with clones. */
export interface Powers {
  readonly open: OpenSimulatedClone
  readonly checkpoint?: ((clone: SimulatedClone, history: SimulatedHistory) => Promise<void>) | undefined
}

interface SiteSettings {
  readonly domain: string
  readonly name: string
  readonly skewMs: number
  readonly genesis: boolean
  /** Which of the networks it is on, in its own order. */
  readonly on: readonly number[]
  readonly history: SimulatedHistory
  readonly rules: readonly SimulatedRule[]
}

/** One running of a clone that is open. */
interface Life {
  readonly clone: SimulatedClone
  readonly writer: SimulatedWriter
  readonly copy: PlainCopy
  /** Of the last update that the copy has. */
  ticks: number | undefined
}

/** Mostly a clone keeps everything as safely as it can. */
const durabilities: readonly SimulatedDurability[] = [
  ...Array(6).fill('flushed'),
  'written',
  'written',
  'written',
  'none',
]

/** How a process ends: by itself, or with all that the disk has not flushed. */
export type Death = 'crash' | 'power cut'

/** A program that runs: it opens a clone, has it open, closes it, or dies at any time. */
interface Process {
  readonly environment: VirtualEnvironment
  /** One for each network that it is on, in that order. */
  readonly transports: readonly SimulatedTransport[]
  /** Resolves when it dies. */
  readonly died: Promise<void>
  readonly die: () => void
  /** What its clone is opened with. */
  readonly durability: SimulatedDurability
  /** Nothing that it does counts any more. */
  over: boolean
}

/** In milliseconds: half of all processes are fast; of the others some do one piece of work in a slice, some a few. */
const slownesses = [0, 0, 3, 11]

/** One place where a clone lives: a disk, a cable, and now and then a running clone, with a follower. */
export class Site implements Place {
  readonly name: string
  private readonly settings: SiteSettings
  private readonly powers: Powers
  private readonly world: World
  private readonly chance: Chance
  private readonly disk: SimulatedDisk
  private readonly diskChance: Chance
  private readonly followerChance: Chance
  private readonly speedChance: Chance
  private process: Process | undefined
  private life: Life | undefined
  private readonly unplugged = new Set<number>()
  /** What it keeps is not on the disk. */
  private readonly follower: SimulatedFollower
  /** Whether no handler writes any more. */
  isQuiet = false
  /** The replica id under which the next clone here will write. */
  private identity: Uint8Array | undefined
  /** The clone that is being closed. */
  private closing: Life | undefined
  private backup: { image: ReadonlyMap<string, Uint8Array>; durable: Durable } | undefined

  constructor(settings: SiteSettings, powers: Powers, world: World, seed: number) {
    this.name = settings.name
    this.settings = settings
    this.powers = powers
    this.world = world
    this.chance = Chance.of(seed, settings.name)
    this.diskChance = Chance.of(seed, settings.name, 'disk')
    this.followerChance = Chance.of(seed, settings.name, 'follower')
    this.speedChance = Chance.of(seed, settings.name, 'speed')
    this.disk = new SimulatedDisk(world.time, this.diskChance, `disk of ${settings.name}`)
    this.follower = new SimulatedFollower(this.followerChance, fault =>
      world.witness.violation(`${settings.name}: a follower ${fault}`),
    )
  }

  /** From here on, what happens here by chance follows from this seed. */
  restartChance(seed: number): void {
    this.chance.restart(Chance.seedOf(seed, this.name))
    this.diskChance.restart(Chance.seedOf(seed, this.name, 'disk'))
    this.followerChance.restart(Chance.seedOf(seed, this.name, 'follower'))
  }

  get isOpen(): boolean {
    return this.life !== undefined
  }

  get clone(): SimulatedClone | undefined {
    return this.life?.clone
  }

  get copyOfState(): PlainCopy | undefined {
    return this.life?.copy
  }

  get batches() {
    const { called, answered } = this.disk
    return { called, answered }
  }

  /** Whether no power cut could take away anything of what is on its disk. */
  get isFlushed(): boolean {
    return this.disk.isFlushed
  }

  /** What its follower has been given after the fact, and how often it had to start over. */
  get followed(): { readonly replayed: number; readonly gaps: number } {
    return this.follower
  }

  /** The writer of the clone that is open. */
  get writer(): SimulatedWriter {
    return this.life!.writer
  }

  /** Whether what one network has reaches the other by it. */
  get isBetween(): boolean {
    return this.settings.on.length > 1
  }

  /** Which of the networks it is on. */
  get on(): readonly number[] {
    return this.settings.on
  }

  // --- coming and going

  /** Opens a clone, unless one is. It may die meanwhile. */
  async start(): Promise<void> {
    if (this.process !== undefined) return
    const { opened, process } = this.launch()
    await this.world.time.settle(Promise.race([opened, process.died]))
  }

  /** Begins to open, and dies some time later, whatever it has come to. */
  async startInVain(): Promise<void> {
    await this.stop()
    const { opened } = this.launch()
    opened.catch(() => {})
    await this.world.time.pass(this.chance.whole(0, 10))
    this.crash()
  }

  private launch(): { opened: Promise<void>; process: Process } {
    const { time, networks } = this.world
    const { domain, genesis, history, skewMs, rules, on } = this.settings
    const constraints = rules.map(({ constraint }) => constraint)
    const environment = new VirtualEnvironment(time, this.chance.branch(), skewMs, this.speedChance.pick(slownesses))
    if (this.identity !== undefined) environment.foretell(this.identity)
    this.identity = undefined
    const transports = on.map(place => {
      const transport = networks[place].transport(this.name)
      transport.connect(!this.unplugged.has(place))
      return transport
    })
    let die!: () => void
    const died = new Promise<void>(resolve => {
      die = resolve
    })
    const durability = this.chance.pick(durabilities)
    const process: Process = { environment, transports, died, die, durability, over: false }
    this.process = process
    const store = this.disk.store()
    const [transport] = transports
    const options = { domain, store, transport, transports, environment, history, genesis, durability, constraints }
    const opening = this.powers.open(options)
    return { opened: this.opened(opening, process), process }
  }

  private async opened(opening: Promise<SimulatedClone>, process: Process): Promise<void> {
    const { witness, time } = this.world
    try {
      const clone = await opening
      if (process.over) return
      const { durability } = process
      const isRuled = this.settings.rules.length > 0
      const complain = (about: string) => witness.violation(`${this.name} refused a write that changed it: ${about}`)
      const written = isRuled ? refusingCleanly(clone, complain) : clone
      const writer = new SimulatedWriter(this, written, durability, { time, witness, chance: this.chance, isRuled })
      const life: Life = { clone, writer, copy: PlainCopy.of(clone), ticks: undefined }
      this.life = life
      this.requireRules(life)
      witness.opened(this, clone)
      clone.follow(update => {
        if (!writer.over) this.onUpdate(life, update)
      })
      // Some come later, and have missed some of this life, too.
      if (this.followerChance.happens(0.7)) this.follower.start(clone)
    } catch (error) {
      if (process.over) return
      this.end(process)
      if (!hasCode(error, 'store-failed') || this.hasGoodDisk) throw error
    }
  }

  private get hasGoodDisk(): boolean {
    const { failing, capacityBytes } = this.disk.conditions
    return failing === false && capacityBytes === Number.POSITIVE_INFINITY
  }

  /** Nothing is heard of a process any more. */
  private end(process: Process): void {
    process.over = true
    process.environment.kill()
    for (const transport of process.transports) transport.kill()
    if (this.process === process) this.process = undefined
  }

  /** Closes the clone, if one is open. It may die meanwhile. */
  async stop(): Promise<void> {
    const { life, process } = this
    if (life === undefined || process === undefined) {
      this.crash()
      return
    }
    this.life = undefined
    this.closing = life
    const { witness, time } = this.world
    const before = witness.next()
    await time.settle(Promise.race([life.clone.close(), process.died]))
    this.closing = undefined
    if (process.over) return
    this.leave(life)
    this.end(process)
    // One that could not be flushed does not say so.
    if (this.hasGoodDisk && life.clone.status.value.storage === undefined) witness.flushed(this, [], before)
    witness.crashed(this)
  }

  /** Nothing that a clone says counts any more. */
  private leave(life: Life): void {
    life.writer.over = true
    this.compareFollower(life)
    this.follower.stop()
  }

  /** Where both have come equally far, the follower has what the clone has told. */
  private compareFollower({ copy, ticks }: Life): void {
    const difference = ticks && this.follower.differenceTo(copy, ticks)
    if (difference)
      this.world.witness.violation(`a follower of ${this.name} by its cursor has something else: ${difference}`)
  }

  /** The process dies in this instant, whatever it does. */
  crash(): void {
    this.endProcess(() => this.disk.crash())
  }

  /** As {@link crash}; and what the disk has not flushed is in danger, also of processes that have ended before. */
  losePower(): void {
    this.endProcess(() => {})
    const { witness } = this.world
    const lost = this.disk.powerCut()
    if (lost > 0) witness.say(`    ${this.name}: ${lost} batches are lost`)
    witness.lostPower(this, lost)
  }

  private endProcess(then: () => void): void {
    const { process } = this
    if (process === undefined) return
    // What a clone says in the instant of its death, while it is being closed, too, is not heard.
    const life = this.life ?? this.closing
    this.life = undefined
    if (life !== undefined) this.leave(life)
    this.end(process)
    this.world.witness.crashed(this)
    then()
    process.die()
  }

  die(death: Death): void {
    if (death === 'crash') this.crash()
    else this.losePower()
  }

  /** The process dies when its disk gets to a point for the `countdown`th time: soon, later, or never. */
  dieAt(point: CrashPoint, countdown: number, death: Death): void {
    const { witness } = this.world
    this.disk.setTrap(point, countdown, () => {
      witness.say(`${this.name} dies by a ${death}: ${point}`)
      this.die(death)
    })
  }

  /** Its follower goes on, if it does not follow. */
  follow(): void {
    if (this.life !== undefined) this.follower.start(this.life.clone)
  }

  /** Its follower stops, and goes on from what it has kept. */
  restartFollower(): void {
    if (this.life === undefined) return
    this.compareFollower(this.life)
    this.follower.stop()
    this.follow()
  }

  /** In what its follower has something else than its clone, as far as which it must have come. */
  get followerDifference(): string | undefined {
    const { life } = this
    if (life === undefined) return undefined
    return this.follower.isFollowing ? this.follower.differenceTo(life.copy) : 'it does not follow'
  }

  // --- the world around

  /** @param places of which networks: all of them, unless it is said */
  plug(plugged: boolean, places = this.settings.on): void {
    for (const [i, place] of this.settings.on.entries()) {
      if (!places.includes(place)) continue
      if (plugged) this.unplugged.delete(place)
      else this.unplugged.add(place)
      this.process?.transports[i].connect(plugged)
    }
  }

  failing(failing: number | boolean, untilOpened: boolean): void {
    this.disk.conditions.failing = failing
    this.disk.conditions.stuckAfterFailure = untilOpened
  }

  slow(slowestMs: number): void {
    this.disk.conditions.slowestMs = slowestMs
  }

  /** Its disk has room for so many bytes more. */
  leaveRoom(bytes: number): void {
    this.disk.conditions.capacityBytes = this.disk.usedBytes + bytes
  }

  /** All that was wrong with its disk and its cable is mended, and no trap is set. */
  mend(): void {
    this.disk.setTrap(undefined)
    this.failing(false, false)
    this.leaveRoom(Number.POSITIVE_INFINITY)
    this.slow(5)
    this.plug(true)
  }

  /** Its disk becomes a copy of another's, as it is now. */
  copy(other: Site): void {
    this.disk.restore(other.disk.image())
    this.follower.inherit(other.follower)
    this.world.witness.copied(other)
  }

  /** Both will write under one id, as if one were the other's running machine, copied. Neither is open. */
  becomeTwinOf(other: Site): void {
    this.copy(other)
    this.identity = this.chance.bytes(8)
    other.identity = this.identity
  }

  backUp(): void {
    this.backup = { image: this.disk.image(), durable: this.world.witness.durableAt(this) }
  }

  /** Goes for good, with what nobody else has. */
  async retire(): Promise<void> {
    await this.stop()
    this.world.witness.restored(this, { written: new Set(), deleted: new Set() })
  }

  /** Its disk becomes again what it was when it was backed up; where it never was, a backup is kept now. */
  restore(): void {
    if (this.backup === undefined) {
      this.backUp()
      return
    }
    this.crash()
    this.disk.restore(this.backup.image)
    this.world.witness.restored(this, this.backup.durable)
  }

  /** @param history how much of it to keep */
  checkpoint(history = this.settings.history): void {
    if (this.life !== undefined) this.powers.checkpoint?.(this.life.clone, history).catch(() => {})
  }

  /** Whatever a clone shows at any time keeps the rules. */
  private requireRules({ copy }: Life): void {
    for (const fault of faultsOf(this.settings.rules, copy)) this.world.witness.violation(`${this.name}: ${fault}`)
  }

  private onUpdate(life: Life, update: SimulatedUpdate): void {
    const { witness } = this.world
    life.ticks = update['@ticks']
    life.copy.apply(update, fault => witness.violation(`${this.name}, ticks ${update['@ticks']}: ${fault}`))
    this.requireRules(life)
    const marks = witness.updated(this, update, life.clone)
    // Now and then a handler writes.
    if (this.isQuiet) return
    if (update.trace.cause === 'remote' && marks > 0 && this.chance.happens(0.05) && life === this.life)
      life.writer.writeMark()
  }
}
