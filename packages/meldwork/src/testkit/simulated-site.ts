import { hasCode } from '../errors.js'
import type { Literal, Reference } from '../subject/index.js'
import type { Chance } from './chance.js'
import type { OpenSimulatedClone, SimulatedClone, SimulatedUpdate } from './simulated-clone.js'
import type { SimulatedNetwork, SimulatedTransport } from './simulated-network.js'
import { SimulatedDisk } from './simulated-store.js'
import { VirtualEnvironment, type VirtualTime } from './virtual-time.js'
import { type Durable, type Mark, type Place, PlainCopy, type Witness } from './witness.js'

/** Few enough that clones often mean the same. */
const subjects = ['s1', 's2', 's3']
const properties = ['p1', 'p2', 'p3']
const values: readonly (Literal | Reference)[] = [
  'a',
  'b',
  1,
  2.5,
  true,
  { '@id': 's1' },
  { '@id': 's2' },
  { '@value': 'chat', '@language': 'fr' },
]

interface World {
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly witness: Witness
  readonly chance: Chance
}

/** What can be done with clones. */
interface Powers {
  readonly open: OpenSimulatedClone
  readonly checkpoint?: (clone: SimulatedClone) => Promise<void>
}

interface SiteSettings {
  readonly domain: string
  readonly name: string
  readonly skewMs: number
  readonly genesis: boolean
  readonly history: { readonly operations: number; readonly bytes: number }
}

/** One running of a clone, from its opening to its end. */
interface Life {
  readonly clone: SimulatedClone
  readonly environment: VirtualEnvironment
  readonly transport: SimulatedTransport
  readonly copy: PlainCopy
  over: boolean
}

/** One place where a clone lives: a disk, a cable, and now and then a running clone. */
export class Site implements Place {
  readonly name: string
  private readonly settings: SiteSettings
  private readonly powers: Powers
  private readonly world: World
  private readonly disk: SimulatedDisk
  private life: Life | undefined
  private plugged = true
  private backup: { image: ReadonlyMap<string, Uint8Array>; durable: Durable } | undefined

  constructor(settings: SiteSettings, powers: Powers, world: World) {
    this.name = settings.name
    this.settings = settings
    this.powers = powers
    this.world = world
    this.disk = new SimulatedDisk(world.time, world.chance.branch(), `disk of ${settings.name}`)
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

  // --- coming and going

  async start(): Promise<void> {
    if (this.life !== undefined) return
    const { witness, time } = this.world
    const { environment, transport, opening } = this.open()
    let clone: SimulatedClone
    try {
      clone = await time.settle(opening)
    } catch (error) {
      transport.kill()
      if (hasCode(error, 'store-failed') && this.disk.conditions.failing) return
      throw error
    }
    const life: Life = { clone, environment, transport, copy: PlainCopy.of(clone), over: false }
    this.life = life
    witness.opened(this)
    clone.follow(update => {
      if (!life.over) this.onUpdate(life, update)
    })
  }

  private open() {
    const { time, network, chance } = this.world
    const { domain, genesis, history, skewMs } = this.settings
    const environment = new VirtualEnvironment(time, chance.branch(), skewMs)
    const transport = network.transport(this.name)
    transport.connect(this.plugged)
    const store = this.disk.store()
    const opening = this.powers.open({ domain, store, transport, environment, history, genesis })
    return { environment, transport, opening }
  }

  /** Begins to open, and dies before it is done, or just after. */
  async startInVain(): Promise<void> {
    if (this.life !== undefined) return
    const { time, chance, witness } = this.world
    const { environment, transport, opening } = this.open()
    opening.catch(() => {})
    await time.pass(chance.whole(0, 10))
    environment.kill()
    transport.kill()
    this.disk.crash()
    witness.crashed(this)
  }

  async stop(): Promise<void> {
    const { life } = this
    if (life === undefined) return
    this.life = undefined
    await this.world.time.settle(life.clone.close())
    life.over = true
    life.environment.kill()
    life.transport.kill()
    this.world.witness.crashed(this)
  }

  /** The process dies in this instant. */
  crash(): void {
    const { life } = this
    this.life = undefined
    if (life === undefined) return
    life.over = true
    life.environment.kill()
    life.transport.kill()
    this.disk.crash()
    this.world.witness.crashed(this)
  }

  // --- the world around

  plug(plugged: boolean): void {
    this.plugged = plugged
    this.life?.transport.connect(plugged)
  }

  failing(failing: boolean, untilOpened: boolean): void {
    this.disk.conditions.failing = failing
    this.disk.conditions.stuckAfterFailure = untilOpened
  }

  slow(slowestMs: number): void {
    this.disk.conditions.slowestMs = slowestMs
  }

  /** Its disk becomes a copy of another's, as it is now. */
  copy(other: Site): void {
    this.disk.restore(other.disk.image())
  }

  backUp(): void {
    this.backup = { image: this.disk.image(), durable: this.world.witness.durableAt(this) }
  }

  async restore(): Promise<void> {
    if (this.life !== undefined) await this.stop()
    if (this.backup === undefined) return
    this.disk.restore(this.backup.image)
    this.world.witness.restored(this, this.backup.durable)
  }

  checkpoint(): void {
    if (this.life !== undefined) this.powers.checkpoint?.(this.life.clone).catch(() => {})
  }

  // --- writing

  writeSomething(): void {
    const { chance } = this.world
    const clone = this.life!.clone
    const id = chance.pick(subjects)
    const some = () => ({ [chance.pick(properties)]: this.someValues() })
    switch (chance.whole(0, 8)) {
      case 0:
        this.watch(clone.put({ '@id': id, ...some(), ...some() }))
        break
      case 1:
        this.watch(
          clone.patch({ '@id': id, [chance.pick(properties)]: chance.happens(0.3) ? null : this.someValues() }),
        )
        break
      case 2:
        this.watch(clone.delete(id))
        break
      case 3: {
        const mark = this.newMark()
        const property = chance.pick(properties)
        const deleted = chance.happens(0.5) ? '?' : chance.pick(values)
        const request = {
          '@delete': { '@id': chance.happens(0.8) ? id : '?s', [property]: deleted },
          '@insert': [{ '@id': id, [property]: chance.pick(values) }, ...mark.subjects],
        }
        this.watch(clone.write(request), mark)
        break
      }
      case 4:
        this.deleteToken()
        break
      default: {
        const mark = this.newMark()
        this.watch(clone.write([{ '@id': id, ...some() }, ...mark.subjects]), mark)
      }
    }
  }

  writeBig(length: number): void {
    const mark = this.newMark()
    const big = { '@id': this.world.chance.pick(subjects), big: `${mark.id} ${'x'.repeat(length)}` }
    this.watch(this.life!.clone.write([big, ...mark.subjects]), mark)
  }

  async flush(): Promise<void> {
    const { witness } = this.world
    const waited = witness.undecidedMarks(this)
    const life = this.life!
    life.clone.flushed().then(
      () => {
        if (!life.over) witness.flushed(this, waited)
      },
      error => this.expectFailure(error),
    )
  }

  private someValues() {
    const { chance } = this.world
    return chance.happens(0.6) ? chance.pick(values) : [chance.pick(values), chance.pick(values)]
  }

  private newMark(): Mark {
    return this.world.witness.newMark(this)
  }

  /** A mark is deleted at most once, and never written again: so it must stay away. */
  private deleteToken(): void {
    const { chance, witness } = this.world
    const present = witness.presentMarks(this)
    if (present.length === 0) return
    const mark = chance.pick(present)
    const { clone } = this.life!
    const [first] = mark.subjects
    const deletion = chance.happens(0.5)
      ? clone.write({ '@delete': mark.subjects.map(subject => ({ '@id': subject['@id'], '?p': '?v' })) })
      : clone.write({ '@delete': [{ '@id': first['@id'] }, { '@id': mark.subjects[1]['@id'] }] })
    witness.deleting(mark, this)
    this.watch(deletion, undefined, () => witness.deleted(mark, this))
  }

  private watch(promise: Promise<unknown>, mark?: Mark, done?: () => void): void {
    const { witness } = this.world
    const life = this.life!
    witness.writes++
    promise.then(
      () => {
        if (life.over) return
        if (mark !== undefined) witness.acknowledged(mark)
        done?.()
      },
      error => {
        if (life.over) return
        if (mark !== undefined) witness.rejected(mark)
        this.expectFailure(error)
      },
    )
  }

  private expectFailure(error: unknown): void {
    const isExpected = hasCode(error, 'store-failed')
    if (!isExpected) this.world.witness.violation(`${this.name} refused a write: ${error}`)
  }

  private onUpdate(life: Life, update: SimulatedUpdate): void {
    const { witness, chance } = this.world
    life.copy.apply(update, fault => witness.violation(`${this.name}, ticks ${update['@ticks']}: ${fault}`))
    const marks = witness.updated(this, update, life.clone)
    // Now and then a handler writes.
    if (update.trace.cause === 'remote' && marks > 0 && chance.happens(0.05) && life === this.life) {
      const mark = this.newMark()
      this.watch(life.clone.write([{ '@id': chance.pick(subjects), p1: chance.pick(values) }, ...mark.subjects]), mark)
    }
  }
}
