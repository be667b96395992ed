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

type SomeValues = (typeof values)[number] | readonly (typeof values)[number][]

const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(Object.entries(value).sort()) : JSON.stringify(value)

const textsOf = (value: unknown): Set<string> =>
  new Set((Array.isArray(value) ? value : [value]).filter(item => item !== undefined).map(textOf))

function sameValues(read: unknown, written: SomeValues | null): boolean {
  const [are, shouldBe] = [textsOf(read), textsOf(written ?? undefined)]
  return are.size === shouldBe.size && [...are].every(text => shouldBe.has(text))
}

const contains = (read: unknown, value: SomeValues): boolean => textsOf(read).has([...textsOf(value)][0])

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
  /** The replica id under which the next clone here will write. */
  private identity: Uint8Array | undefined
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
      if (hasCode(error, 'store-failed') && this.disk.conditions.failing !== false) return
      throw error
    }
    const life: Life = { clone, environment, transport, copy: PlainCopy.of(clone), over: false }
    this.life = life
    witness.opened(this, clone)
    clone.follow(update => {
      if (!life.over) this.onUpdate(life, update)
    })
  }

  private open() {
    const { time, network, chance } = this.world
    const { domain, genesis, history, skewMs } = this.settings
    const environment = new VirtualEnvironment(time, chance.branch(), skewMs)
    if (this.identity !== undefined) environment.foretell(this.identity)
    this.identity = undefined
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
    let isOver = false
    opening.then(
      clone => {
        if (!isOver) witness.opened(this, clone)
      },
      () => {},
    )
    await time.pass(chance.whole(0, 10))
    isOver = true
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

  failing(failing: number | boolean, untilOpened: boolean): void {
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

  /** Both will write under one id, as if one were the other's running machine, copied. Neither is open. */
  becomeTwinOf(other: Site): void {
    this.copy(other)
    this.identity = this.world.chance.bytes(8)
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
    switch (chance.whole(0, 9)) {
      case 0: {
        const subject: Record<string, SomeValues> & { '@id': string } = { '@id': id, ...some(), ...some() }
        this.now(
          () => clone.put(subject),
          properties.map(property => [id, property, subject[property] ?? null] as const),
        )
        break
      }
      case 1: {
        const property = chance.pick(properties)
        const patched = chance.happens(0.3) ? null : this.someValues()
        this.now(() => clone.patch({ '@id': id, [property]: patched }), [[id, property, patched]])
        break
      }
      case 2:
        this.now(
          () => clone.delete(id),
          properties.map(property => [id, property, null] as const),
        )
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
      case 5: {
        // One value, from however many.
        const property = chance.pick(properties)
        const value = chance.pick(values)
        this.now(() => clone.write({ '@delete': { '@id': id, [property]: value } }), [])
        const left = clone.get(id)?.[property]
        if (this.took && contains(left, value)) this.complain(`${id} ${property}`)
        break
      }
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

  private someValues(): SomeValues {
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

  /** Whether the last write was taken, and changed something. */
  private took = false

  /** A write whose effect can be read at once: values by subject and property, null for none. */
  private now(
    write: () => Promise<unknown>,
    expected: readonly (readonly [string, string, SomeValues | null])[],
  ): void {
    const { clone } = this.life!
    const { ticks } = clone.status.value
    this.watch(write())
    this.took = clone.status.value.ticks > ticks
    if (!this.took) return
    for (const [id, property, values] of expected)
      if (!sameValues(clone.get(id)?.[property], values)) this.complain(`${id} ${property}`)
  }

  private complain(about: string): void {
    this.world.witness.violation(`${this.name} does not read at once what it has written to ${about}`)
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
