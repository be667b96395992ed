/** Lists through real transactions of one clone: every write against an array, with the order told, kept over restarts, and taken back. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { CodedError, hasCode } from '../../src/errors.js'
import { encodeState, type ListDifference, ListProperty, listDifference } from '../../src/graph/index.js'
import type { Changes } from '../../src/operation/index.js'
import type { Environment, Store } from '../../src/ports/index.js'
import { Context, IriSpace, RdfTerms, rdf, type ValueId } from '../../src/rdf/index.js'
import { Positions } from '../../src/sequence/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { Keys, type ListItem } from '../../src/subject/index.js'
import { Chance } from '../../src/testkit/chance.js'
import { ListWriter, Requests, recover, Transactions } from '../../src/transaction/index.js'

const iris = new IriSpace('lists.example')

/** A store that can be told to fail. */
class FailingStore extends MemoryStore {
  failing = false

  override async batch(...changes: Parameters<Store['batch']>): Promise<void> {
    if (this.failing) throw new Error('full')
    return super.batch(...changes)
  }
}

class Site {
  readonly told: ListDifference[] = []
  readonly transactions: Transactions
  readonly writer: ListWriter
  readonly requests: Requests
  private ids = 0

  private constructor(transactions: Transactions, chance: Chance, told: ListDifference[]) {
    this.told = told
    this.transactions = transactions
    const newId = () => `slot/${++this.ids}-${chance.whole(0, 1e9)}`
    const positions = new Positions(length => chance.bytes(length))
    this.writer = new ListWriter(transactions.graph, () => positions, newId)
    const keys = new Keys(Context.of(iris), transactions.graph.terms)
    this.requests = new Requests(
      transactions.graph,
      keys,
      new RdfTerms(iris, transactions.graph.terms),
      () => positions,
      newId,
    )
  }

  static async open(seed = 1, store = new FailingStore()): Promise<Site> {
    const chance = new Chance(seed)
    const environment: Environment = {
      now: () => 1000,
      random: length => chance.bytes(length),
      schedule: callback => {
        const timer = setTimeout(callback, 1)
        return () => clearTimeout(timer)
      },
    }
    await store.open()
    const recovered = await recover(store, iris, environment)
    const told: ListDifference[] = []
    const transactions: Transactions = new Transactions(
      recovered,
      store,
      environment,
      { configuration: [], kinds: [], failure: () => {}, iris },
      {
        applied: (_, outcome) => told.push(listDifference(transactions.graph, outcome.difference())),
        durable: () => {},
        stateDurable: () => {},
        rulesChanged: () => {},
        violated: ({ rule }) =>
          new CodedError('constraint-violated', rule.name, {
            constraint: rule.name,
            subject: '',
            property: '',
            values: [],
          }),
        trouble: () => {},
      },
    )
    return new Site(transactions, chance, told)
  }

  get graph() {
    return this.transactions.graph
  }

  iri = (name: string): ValueId => this.graph.terms.iri(name, true)
  text = (text: string): ValueId => this.graph.terms.string(text, true)
  items = (...texts: string[]): ListItem[] => texts.map(text => ({ slot: 0, item: this.text(text) }))
  slotAt = (index: number): ValueId => this.graph.list(this.iri('list')).slotAt(index)

  write(fill: (writer: ListWriter, list: ValueId, changes: Changes) => void): Promise<void> {
    this.writer.begin()
    return this.transactions.write(changes => {
      fill(this.writer, this.iri('list'), changes)
      this.writer.flush(changes)
    }).durable
  }

  list(name = 'list'): string[] {
    const view = this.graph.list(this.iri(name))
    return Array.from({ length: view.length }, (_, i) => this.graph.terms.text(view.itemAt(i)))
  }

  types(name = 'list'): string[] {
    const into: number[] = []
    const count = this.graph.objects(this.iri(name), this.graph.terms.property(rdf.type, true), into)
    return into.slice(0, count).map(type => this.graph.terms.text(type))
  }

  /** The last change of a list, in words. */
  lastTold(): { removed: string[]; added: string[] } {
    const { lists } = this.told.at(-1)!
    const words = (entries: readonly { index: number; item: ValueId }[]) =>
      entries.map(({ index, item }) => `${index} ${this.graph.terms.text(item)}`)
    return {
      removed: lists.flatMap(({ removed }) => words(removed)),
      added: lists.flatMap(({ added }) => words(added)),
    }
  }
}

async function of(...texts: string[]): Promise<Site> {
  const site = await Site.open()
  await site.write((writer, list) => writer.insert(list, 0, site.items(...texts)))
  return site
}

describe('a write to a list', () => {
  it('inserts at indexes of the list before it, in the order given', async () => {
    const site = await of('a', 'b', 'c')
    await site.write((writer, list) => {
      writer.insert(list, 2, site.items('x', 'y'))
      writer.insert(list, 0, site.items('first'))
      writer.insert(list, 2, site.items('z'))
      writer.insert(list, 99, site.items('last'))
      writer.deleteSlot(list, site.slotAt(1))
    })
    expect(site.list()).toEqual(['first', 'a', 'x', 'y', 'z', 'c', 'last'])
    expect(site.lastTold()).toEqual({ removed: ['1 b'], added: ['0 first', '2 x', '3 y', '4 z', '6 last'] })
  })

  it('moves a slot that is there, and replaces its item only if it is another', async () => {
    const site = await of('a', 'b', 'c')
    const a = site.slotAt(0)
    await site.write((writer, list) => writer.insert(list, 3, [{ slot: a, item: site.text('a') }]))
    expect(site.list()).toEqual(['b', 'c', 'a'])
    expect(site.lastTold()).toEqual({ removed: ['0 a'], added: ['2 a'] })
    expect(site.slotAt(2)).toBe(a)
    await site.write((writer, list) => writer.insert(list, 0, [{ slot: a, item: site.text('A') }]))
    expect(site.list()).toEqual(['A', 'b', 'c'])
    expect(site.graph.liveCount).toBe(3 * 3 + 1)
  })

  it('does not move a slot that is put where it stands', async () => {
    const site = await of('a', 'b', 'c')
    const position = () => {
      const into: number[] = []
      site.graph.objects(site.slotAt(1), ListProperty.position, into)
      return into[0]
    }
    const before = position()
    for (const index of [1, 2])
      await site.write((writer, list) =>
        writer.insert(list, index, [{ slot: site.slotAt(1), item: site.text(`B${index}`) }]),
      )
    expect(site.list()).toEqual(['a', 'B2', 'c'])
    expect(position()).toBe(before)
    expect(site.lastTold()).toEqual({ removed: ['1 B1'], added: ['1 B2'] })
  })

  it('takes the last of several places of one slot, and moves what it deletes and inserts', async () => {
    const site = await of('a', 'b', 'c')
    await site.write((writer, list) => {
      const a = { slot: site.slotAt(0), item: site.text('a') }
      writer.deleteSlot(list, a.slot)
      writer.insert(list, 3, [a])
      writer.insert(list, 2, [a])
    })
    expect(site.list()).toEqual(['b', 'a', 'c'])
  })

  it('makes a slot of a name that is none yet', async () => {
    const site = await of('a')
    await site.write((writer, list) => writer.insert(list, 0, [{ slot: site.iri('mine'), item: site.text('x') }]))
    expect(site.list()).toEqual(['x', 'a'])
    expect(site.slotAt(0)).toBe(site.iri('mine'))
  })

  it('refuses the slot of another list, changing nothing', async () => {
    const site = await of('a')
    const slot = site.slotAt(0)
    const move = () =>
      site.transactions.write(changes => {
        site.writer.begin()
        site.writer.insert(site.iri('other'), 0, [{ slot, item: site.text('a') }])
        site.writer.flush(changes)
      })
    expect(move).toThrow(expect.toSatisfy(error => hasCode(error, 'pattern-unsupported')))
    const twice = () =>
      site.transactions.write(() => {
        site.writer.begin()
        for (const name of ['list', 'other'])
          site.writer.insert(site.iri(name), 0, [{ slot: site.iri('new'), item: slot }])
      })
    expect(twice).toThrow(expect.toSatisfy(error => hasCode(error, 'pattern-unsupported')))
    expect(site.list()).toEqual(['a'])
    expect(site.transactions.ticks).toBe(1)
  })

  it('replaces all items, keeping the slots that it names', async () => {
    const site = await of('a', 'b', 'c')
    const b = site.slotAt(1)
    await site.write((writer, list) => {
      writer.clearList(list)
      writer.insert(list, 0, [...site.items('x'), { slot: b, item: site.text('b') }, ...site.items('y')])
    })
    expect(site.list()).toEqual(['x', 'b', 'y'])
    expect(site.slotAt(1)).toBe(b)
    expect(site.graph.liveCount).toBe(3 * 3 + 1)
  })

  it.each([
    ['when it is the first', [], ['http://m-ld.org/RdfLseq']],
    ['not when it has one', ['#Mine'], ['#Mine']],
  ])('gives a list its type %s', async (_name, given, expected) => {
    const site = await Site.open()
    await site.write((writer, list, changes) => {
      for (const type of given) changes.triple(list, site.graph.terms.property(rdf.type, true), site.iri(type))
      writer.insert(list, 0, [])
    })
    expect(site.types()).toEqual(expected)
    await site.write((writer, list) => writer.insert(list, 0, site.items('a')))
    expect(site.types()).toEqual(expected)
  })

  it('gives a list its type again when it takes everything from it', async () => {
    const site = await of('a')
    const requests = site.requests
    await site.write((writer, list, changes) => {
      requests.put({ '@id': 'list', name: 'new' }, changes)
      writer.clearList(list)
      writer.insert(list, 0, site.items('b'))
    })
    expect(site.types()).toEqual(['http://m-ld.org/RdfLseq'])
    expect(site.list()).toEqual(['b'])
    expect(site.graph.liveCount).toBe(5)
  })

  it('stands where it can where there is no room', async () => {
    const site = await of('a', 'd')
    // Between the two, positions that are none, and two that are the same.
    await site.write((_writer, list, changes) => {
      const into: number[] = []
      site.graph.objects(site.slotAt(0), ListProperty.position, into)
      const position = site.graph.terms.text(into[0])
      for (const [name, text] of [
        ['1', `${position}!`],
        ['2', `${position}é`],
        ['3', position],
      ]) {
        changes.triple(list, ListProperty.slot, site.iri(`hostile/${name}`))
        changes.triple(site.iri(`hostile/${name}`), ListProperty.position, site.text(text))
        changes.triple(site.iri(`hostile/${name}`), ListProperty.item, site.text(name))
      }
    })
    const before = site.list()
    expect(before).toHaveLength(5)
    for (let index = 0; index <= 5; index++)
      await site.write((writer, list) => writer.insert(list, index, site.items(`new${index}`)))
    const after = site.list()
    expect(after.filter(text => before.includes(text))).toEqual(before)
    expect(new Set(after).size).toBe(11)
  })
})

describe('deleting', () => {
  it('a list deletes its slots, and a subject the slots it stands in', async () => {
    const site = await Site.open()
    const fred = () => ({ slot: 0, item: site.iri('fred') })
    await site.write((writer, list) => writer.insert(list, 0, [...site.items('a'), fred(), fred()]))
    await site.write((writer, _list, changes) => {
      changes.triple(site.iri('fred'), site.graph.terms.property('#name', true), site.text('Fred'))
      writer.insert(site.iri('other'), 0, [fred()])
    })
    await site.transactions.write(changes => site.requests.deleteSubject('fred', changes)).durable
    expect([site.list(), site.list('other')]).toEqual([['a'], []])
    expect(site.graph.liveCount).toBe(3 + 2)
    await site.transactions.write(changes => site.requests.deleteSubject('list', changes)).durable
    expect(site.graph.liveCount).toBe(1)
  })
})

/** What a random write does, and three numbers to choose by. */
const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(0xffff), fc.nat(0xffff), fc.nat(5)), { maxLength: 40, size: 'max' })

test('any writes leave what an array would hold, and tell of it; so do restarts, states and rollbacks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), steps, async (seed, history) => {
      const store = new FailingStore()
      let site = await Site.open(seed, store)
      let model: { slot: number; text: string }[] = []
      let texts = 0
      let openings = 0
      let followed: string[] = []
      for (const [kind, a, b, count] of history) {
        const before = model
        const place = a % (model.length + 2)
        const some = model.filter((_, i) => (b >> (i % 13)) & 1)
        const { length } = site.told
        if (kind === 9) {
          await site.transactions.durable()
          await store.close()
          site = await Site.open(seed + ++openings, store)
          model = model.map(({ text }, i) => ({ text, slot: site.slotAt(i) }))
        } else {
          store.failing = kind === 8
          const added = Array.from({ length: kind === 7 ? 0 : count }, () => ({ slot: 0, text: `t${++texts}` }))
          const moved =
            kind % 3 === 0 ? some : kind % 3 === 1 ? some.slice(0, 1).map(it => ({ ...it, text: `t${++texts}` })) : []
          const deleted = kind > 4 ? model.filter((_, i) => (a >> (i % 11)) & 1 & b) : []
          const cleared = kind === 6
          const written = site.write((writer, list) => {
            if (cleared) writer.clearList(list)
            for (const { slot } of deleted) writer.deleteSlot(list, slot)
            writer.insert(
              list,
              place,
              [...moved, ...added].map(({ slot, text }) => ({ slot, item: site.text(text) })),
            )
          })
          if (kind === 8) {
            // It may have had nothing to do.
            await written.catch(() => {})
            store.failing = false
            while (site.transactions.committer.trouble !== undefined)
              await new Promise(resolve => setTimeout(resolve, 1))
          } else {
            await written
            const gone = new Set([...moved, ...deleted, ...(cleared ? model : [])].map(({ slot }) => slot))
            const stays = (list: typeof model) => list.filter(({ slot }) => !gone.has(slot))
            model = [...stays(model.slice(0, place)), ...moved, ...added, ...stays(model.slice(place))]
            model = model.map(({ text }, i) => ({ text, slot: site.slotAt(i) }))
          }
        }
        for (const { lists } of site.told.slice(kind === 9 ? 0 : length))
          for (const { removed, added } of lists) {
            const text = (item: ValueId) => site.graph.terms.text(item)
            for (const { index, item } of removed.toReversed()) expect(followed.splice(index, 1)).toEqual([text(item)])
            for (const { index, item } of added) followed.splice(index, 0, text(item))
          }
        const expected = model.map(({ text }) => text)
        expect(site.list(), JSON.stringify([kind, before, model])).toEqual(expected)
        expect(followed).toEqual(expected)
      }
      const copy = await Site.open(seed - 1)
      await copy.transactions.join(encodeState(site.graph))
      expect(copy.list()).toEqual(site.list())
      followed = []
    }),
    { numRuns: fuzz.runs(60) },
  )
})

test('an insert into ten thousand items writes three triples, and tells of one item', async () => {
  const site = await Site.open(fuzz.seed)
  const chance = new Chance(fuzz.seed)
  const items = site.items(...Array.from({ length: 10_000 }, (_, i) => `${i}`))
  await site.write((writer, list) => writer.insert(list, 0, items))
  const { tailBytes } = site.transactions
  for (let i = 0; i < 1000; i++) {
    const index = chance.whole(0, 10_000)
    void site.write((writer, list) => writer.insert(list, index, site.items('x')))
    expect(site.lastTold()).toEqual({ removed: [], added: [`${index} x`] })
  }
  await site.transactions.durable()
  expect(site.graph.liveCount).toBe(3 * 11_000 + 1)
  expect((site.transactions.tailBytes - tailBytes) / 1000).toBeLessThan(250)
})
