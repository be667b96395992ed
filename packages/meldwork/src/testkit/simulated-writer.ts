import { hasCode } from '../errors.js'
import type { GraphSubject, Literal, ReadValue, Reference, Write } from '../subject/index.js'
import type { Chance } from './chance.js'
import type { SimulatedClone, SimulatedDraft, SimulatedDurability, SimulatedWriteOptions } from './simulated-clone.js'
import type { VirtualTime } from './virtual-time.js'
import type { Mark, Place, Witness } from './witness.js'

/** Few enough that clones often mean the same. */
const subjects = ['s1', 's2', 's3']
const properties = ['p1', 'p2', 'p3']
const types = ['T', 'U']
const lists = ['l1', 'l2']
const durabilities: readonly SimulatedDurability[] = ['flushed', 'written', 'none']
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

/** By number, what {@link SimulatedWriter.writeSomething} does; every further number inserts. */
const kinds = [
  'puts',
  'patches',
  'deletes a subject',
  'deletes and inserts',
  'deletes a mark',
  'deletes a value',
  'inserts items',
  'moves an item',
  'deletes items',
  'batches',
  'drafts',
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

const itemsOf = (subject: GraphSubject | undefined): readonly ReadValue[] => subject?.['@list'] ?? []

/** What a writer needs of the world. */
export interface WriterWorld {
  readonly time: VirtualTime
  readonly witness: Witness
  readonly chance: Chance
  /** Whether rules are in force: then some writes are refused, and some subjects have types. */
  readonly isRuled: boolean
}

/**
 * Writes random things to one clone while it lives, reads at once what must be readable, and tells the witness how each write ends. All clones write
 * to the same few subjects and lists; and most writes bring a {@link Mark} that only they write.
 */
export class SimulatedWriter {
  private readonly place: Place
  private readonly clone: SimulatedClone
  private readonly world: WriterWorld
  /** Of writes that do not say it themselves. */
  private readonly durability: SimulatedDurability
  /** The clone has died, or was closed: nothing that it says counts any more. */
  over = false
  /** How durable all are to be that are written now. */
  private insisted: SimulatedDurability | undefined
  /** Whether the last write was taken, and changed something. */
  private took = false

  /** @param durability what the clone was opened with */
  constructor(place: Place, clone: SimulatedClone, durability: SimulatedDurability, world: WriterWorld) {
    this.place = place
    this.clone = clone
    this.durability = durability
    this.world = world
  }

  /** As {@link writeSomething}. @param durability what it asks for */
  writeAs(durability: SimulatedDurability): void {
    this.insisted = durability
    this.writeSomething()
    this.insisted = undefined
  }

  /** One of all kinds of writes. */
  writeSomething(): void {
    const { clone } = this
    const { chance } = this.world
    const id = chance.pick(subjects)
    const kind = chance.whole(0, kinds.length + 2)
    this.world.witness.say(`    ${this.place.name}: ${kinds[kind] ?? 'inserts'}`)
    switch (kind) {
      case 0: {
        const subject: Record<string, SomeValues> & { '@id': string } = { '@id': id, ...this.some(), ...this.some() }
        this.now(
          options => clone.put(subject, options),
          properties.map(property => [id, property, subject[property] ?? null] as const),
        )
        break
      }
      case 1: {
        const property = chance.pick(properties)
        const patched = chance.happens(0.3) ? null : this.someValues()
        this.now(options => clone.patch({ '@id': id, [property]: patched }, options), [[id, property, patched]])
        break
      }
      case 2:
        this.now(
          options => clone.delete(id, options),
          properties.map(property => [id, property, null] as const),
        )
        break
      case 3:
        this.replace(id)
        break
      case 4:
        this.deleteMark()
        break
      case 5:
        this.deleteValue(id)
        break
      case 6:
        this.insertItems()
        break
      case 7:
        this.moveItem()
        break
      case 8:
        this.deleteItem()
        break
      case 9:
        this.batch(id)
        break
      case 10:
        this.draft(id)
        break
      default:
        this.marked((mark, options) => clone.write([{ '@id': id, ...this.some() }, ...mark.subjects], options))
    }
  }

  /** One value of so many characters. */
  writeBig(length: number): void {
    const id = this.world.chance.pick(subjects)
    const big = (mark: Mark) => `${mark.id} ${'x'.repeat(length)}`
    this.marked((mark, options) => this.clone.write([{ '@id': id, big: big(mark) }, ...mark.subjects], options))
  }

  /** Something that must be everywhere when all has settled. */
  writeMark(): void {
    const { chance, isRuled } = this.world
    const id = chance.pick(subjects)
    const value = chance.pick(values)
    // No rule refuses a mark by itself.
    this.marked((mark, options) =>
      this.clone.write(isRuled ? [...mark.subjects] : [{ '@id': id, p1: value }, ...mark.subjects], options),
    )
  }

  flush(): void {
    const { witness, time } = this.world
    const waited = witness.undecidedMarks(this.place)
    const before = witness.next()
    this.clone.flushed().then(
      async () => {
        // The promises of writes may be some microtasks longer on their way.
        await time.delay(0)
        if (!this.over) witness.flushed(this.place, waited, before)
      },
      error => this.expectFailure(error),
    )
  }

  // --- values

  private some(): Record<string, SomeValues> {
    const { chance, isRuled } = this.world
    const type = isRuled && chance.happens(0.4) ? { '@type': chance.pick(types) } : {}
    return { [chance.pick(properties)]: this.someValues(), ...type }
  }

  private someValues(): SomeValues {
    const { chance } = this.world
    return chance.happens(0.6) ? chance.pick(values) : [chance.pick(values), chance.pick(values)]
  }

  private replace(id: string): void {
    const { chance } = this.world
    const property = chance.pick(properties)
    const deleted = chance.happens(0.5) ? '?' : chance.pick(values)
    this.marked((mark, options) =>
      this.clone.write(
        {
          '@delete': { '@id': chance.happens(0.8) ? id : '?s', [property]: deleted },
          '@insert': [{ '@id': id, [property]: chance.pick(values) }, ...mark.subjects],
        },
        options,
      ),
    )
  }

  /** One value, from however many. */
  private deleteValue(id: string): void {
    const { chance } = this.world
    const property = chance.pick(properties)
    const value = chance.pick(values)
    this.now(options => this.clone.write({ '@delete': { '@id': id, [property]: value } }, options), [])
    const left = this.clone.get(id)?.[property]
    if (this.took && contains(left, value)) this.complain(`${id} ${property}`)
  }

  /** A mark is deleted at most once, and never written again: so it must stay away. */
  private deleteMark(): void {
    const { chance, witness } = this.world
    const present = witness.presentMarks(this.place)
    if (present.length === 0) return
    const mark = chance.pick(present)
    const [first, second] = mark.subjects
    const options = this.ask()
    const pattern = chance.happens(0.5)
      ? mark.subjects.map(subject => ({ '@id': subject['@id'], '?p': '?v' }))
      : [{ '@id': first['@id'] }, { '@id': second['@id'] }]
    witness.deleting(mark, this.place)
    const deletion = this.clone.write({ '@delete': pattern }, options)
    this.watch(deletion, undefined, () => witness.deleted(mark, this.place, this.asked(options)))
  }

  // --- lists

  private insertItems(): void {
    const { chance } = this.world
    const id = chance.pick(lists)
    const before = itemsOf(this.clone.get(id))
    const index = chance.whole(0, before.length + 1)
    this.marked((mark, options) => {
      const items = chance.happens(0.5) ? [mark.id] : [mark.id, chance.pick(values)]
      const written = this.clone.write([{ '@id': id, '@list': { [index]: items } }, ...mark.subjects], options)
      const at = Math.min(index, before.length)
      const expected = [...before.slice(0, at), ...items, ...before.slice(at)]
      if (this.clone.get(mark.id) !== undefined) this.expectItems(id, expected)
      return written
    })
  }

  private moveItem(): void {
    const { chance } = this.world
    const id = chance.pick(lists)
    const item = this.someItem(id)
    if (item === undefined) return
    const request = {
      '@delete': { '@id': id, '@list': { '?i': { '@id': '?slot', '@item': item } } },
      '@insert': { '@id': id, '@list': { [chance.whole(0, 3)]: { '@id': '?slot', '@item': item } } },
    }
    this.watch(this.clone.write(request as unknown as Write, this.ask()))
  }

  private deleteItem(): void {
    const { chance } = this.world
    const id = chance.pick(lists)
    const item = this.someItem(id)
    if (item === undefined) return
    const request = { '@delete': { '@id': id, '@list': { '?': item } } } as unknown as Write
    this.now(options => this.clone.write(request, options), [])
    if (this.took && itemsOf(this.clone.get(id)).some(left => left === item)) this.complain(`the items of ${id}`)
  }

  /** One that no other list is likely to have. */
  private someItem(id: string): string | undefined {
    const items = itemsOf(this.clone.get(id)).filter(item => typeof item === 'string')
    return items.length > 0 ? (this.world.chance.pick(items) as string) : undefined
  }

  private expectItems(id: string, expected: readonly unknown[]): void {
    const items = itemsOf(this.clone.get(id))
    if (items.length === expected.length && items.every((item, at) => textOf(item) === textOf(expected[at]))) return
    this.complain(`the items of ${id}`)
  }

  // --- several as one

  private batch(id: string): void {
    const { chance } = this.world
    const property = chance.pick(properties)
    const fails = chance.happens(0.1)
    const options = this.ask()
    const mark = this.newMark(options)
    const batched = this.clone.batch(() => {
      const parts = [
        this.clone.write(mark.subjects[0]),
        this.clone.patch({ '@id': id, [property]: chance.pick(values) }),
      ]
      for (const part of parts) part.catch(() => {})
      if (fails) throw new Error('a batch that is given up')
      this.clone.write(mark.subjects[1]).catch(() => {})
    }, options)
    if (fails) this.expectGivenUp(batched, mark)
    else this.watch(batched, mark)
  }

  private draft(id: string): void {
    const { chance, time } = this.world
    const fails = chance.happens(0.1)
    const pauseMs = chance.pick([0, 0, 3, 200])
    const options = this.ask()
    const mark = this.newMark(options)
    const [property, value, deletes] = [chance.pick(properties), chance.pick(values), chance.happens(0.2)]
    const drafted = this.clone.write(async (draft: SimulatedDraft) => {
      draft.write(mark.subjects[0])
      if (deletes) draft.delete(id)
      await time.delay(pauseMs)
      draft.write([{ '@id': id, [property]: value }, mark.subjects[1]])
      if (draft.get(mark.id) === undefined) this.complain(`${mark.id} in a draft`)
      if (fails) throw new Error('a draft that is given up')
    }, options)
    if (fails) this.expectGivenUp(drafted, mark)
    else this.watch(drafted, mark)
  }

  /** What was thrown in it, or what kept it from being written. Nobody may see any of it. */
  private expectGivenUp(promise: Promise<unknown>, mark: Mark): void {
    promise.then(
      () => this.world.witness.violation(`${this.place.name} has written ${mark.id}, which was given up`),
      () => {
        if (!this.over) this.world.witness.rejected(mark)
      },
    )
  }

  // --- what becomes of a write

  /** How durable a write is to be: mostly it does not say. */
  private ask(): SimulatedWriteOptions | undefined {
    const { chance } = this.world
    const durability = this.insisted ?? (chance.happens(0.15) ? chance.pick(durabilities) : undefined)
    return durability && { durability }
  }

  private asked(options: SimulatedWriteOptions | undefined): SimulatedDurability {
    return options?.durability ?? this.durability
  }

  private newMark(options: SimulatedWriteOptions | undefined): Mark {
    return this.world.witness.newMark(this.place, this.asked(options))
  }

  private marked(write: (mark: Mark, options: SimulatedWriteOptions | undefined) => Promise<unknown>): void {
    const options = this.ask()
    const mark = this.newMark(options)
    this.watch(write(mark, options), mark)
  }

  /** A write whose effect can be read at once: values by subject and property, null for none. */
  private now(
    write: (options: SimulatedWriteOptions | undefined) => Promise<unknown>,
    expected: readonly (readonly [string, string, SomeValues | null])[],
  ): void {
    const { clone } = this
    const { ticks } = clone.status.value
    this.watch(write(this.ask()))
    this.took = clone.status.value.ticks > ticks
    if (!this.took) return
    for (const [id, property, values] of expected)
      if (!sameValues(clone.get(id)?.[property], values)) this.complain(`${id} ${property}`)
  }

  private complain(about: string): void {
    this.world.witness.violation(`${this.place.name} does not read at once what it has written to ${about}`)
  }

  private watch(promise: Promise<unknown>, mark?: Mark, done?: () => void): void {
    const { witness } = this.world
    witness.writes++
    promise.then(
      () => {
        if (this.over) return
        if (mark !== undefined) witness.acknowledged(mark)
        done?.()
      },
      error => {
        if (this.over) return
        if (mark !== undefined) witness.rejected(mark)
        this.expectFailure(error)
      },
    )
  }

  private expectFailure(error: unknown): void {
    // A draft that is open when its clone is closed cannot be written.
    const isRefused = this.world.isRuled && hasCode(error, 'constraint-violated')
    if (isRefused) this.world.witness.refusals++
    const isExpected = isRefused || hasCode(error, 'store-failed') || hasCode(error, 'clone-closed')
    if (!isExpected && !this.over) this.world.witness.violation(`${this.place.name} refused a write: ${error}`)
  }
}
