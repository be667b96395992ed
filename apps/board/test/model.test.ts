import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FoundSubject } from '../src/facts.js'
import { loose, Model } from '../src/model.js'

/** One value of one property: what a domain is a set of. */
type Triple = readonly [id: string, property: string, value: unknown]

const ids = ['one', 'two', 'three', 'four', '__proto__']
const odd: unknown[] = [
  7,
  -0,
  0,
  true,
  10n ** 20n,
  new Uint8Array([1, 2]),
  { '@value': 'salut', '@language': 'fr' },
  { '@type': '@json', '@value': { b: 1, a: [null] } },
  { '@id': '__proto__' },
  '<img src=x onerror=alert(1)>',
  'constructor',
  '',
]
const triple: fc.Arbitrary<Triple> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...ids), fc.constant('@type'), fc.constantFrom('Card', 'Column', 'Else')),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom(...ids),
      fc.constant('column'),
      fc.constantFrom(...ids.map(id => ({ '@id': id }))),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom(...ids),
      fc.constant('order'),
      fc.constantFrom<unknown>('a1', 'a2', 'b00', 'nonsense', 3),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constantFrom(...ids),
      fc.constantFrom('title', 'assignee', 'note', 'done', 'order', 'column', '__proto__', 'constructor'),
      fc.oneof(fc.constantFrom(...odd), fc.constantFrom('Buy milk', 'Sell milk')),
    ),
  },
)
const changes = fc.array(fc.array(fc.tuple(fc.boolean(), triple), { maxLength: 6 }), { maxLength: 25 })

/** Triples as a clone gives them: one value, or an array of several. */
function subjects(triples: Iterable<Triple>): FoundSubject[] {
  const found = new Map<string, Map<string, unknown[]>>()
  for (const [id, property, value] of triples) {
    const properties = found.get(id) ?? new Map<string, unknown[]>()
    found.set(id, properties.set(property, [...(properties.get(property) ?? []), value]))
  }
  return Array.from(found, ([id, properties]) => {
    const entries = Array.from(properties, ([name, values]) => [name, values.length === 1 ? values[0] : values])
    return Object.fromEntries([['@id', id], ...entries]) as FoundSubject
  })
}

/** All that the model shows. */
function view(model: Model) {
  const lists = [...model.columns.map(column => column.id), loose]
  return {
    columns: model.columns,
    cards: lists.map(id => [id, model.cardsIn(id)]),
    byId: ids.map(id => [model.card(id), model.column(id)]),
    count: model.cardCount,
  }
}

const identify = (given: Triple) => fc.stringify(given)

describe('the model', () => {
  test('kept by updates equals one built from everything, and tells all that has changed', () => {
    fc.assert(
      fc.property(changes, transactions => {
        const state = new Map<string, Triple>()
        const model = new Model()
        for (const transaction of transactions) {
          const before = new Map(state)
          for (const [insert, each] of transaction) {
            if (insert) state.set(identify(each), each)
            else if (state.size > 0) state.delete([...state.keys()][identify(each).length % state.size])
          }
          const deleted = [...before.keys()].filter(key => !state.has(key)).map(key => before.get(key)!)
          const inserted = [...state.keys()].filter(key => !before.has(key)).map(key => state.get(key)!)
          const shownBefore = ids.map(id => [model.card(id), model.column(id)])
          const change = model.apply({ '@delete': subjects(deleted), '@insert': subjects(inserted) })
          ids.forEach((id, i) => {
            if (!change.cards.has(id)) expect(model.card(id)).toBe(shownBefore[i][0])
            if (!change.columns.has(id)) expect(model.column(id)).toBe(shownBefore[i][1])
          })
        }
        const rebuilt = new Model()
        rebuilt.load(subjects(state.values()))
        expect(view(model)).toEqual(view(rebuilt))
      }),
    )
  })

  test('tells of lists only whose sequence has changed', () => {
    const model = new Model()
    model.load([
      { '@id': 'todo', '@type': 'Column', title: 'To do', order: 'a1' },
      { '@id': 'card', '@type': 'Card', title: 'A', column: { '@id': 'todo' }, order: 'a1' },
    ])
    const renamed = model.apply({
      '@delete': [{ '@id': 'card', title: 'A' }],
      '@insert': [{ '@id': 'card', title: 'B' }],
    })
    expect(renamed).toEqual({ cards: new Set(['card']), columns: new Set(), lists: new Set() })
    expect(model.cardsIn('todo')[0].title).toEqual(['B'])
  })

  test('shows both values that two people gave, and reads anything as text', () => {
    const model = new Model()
    model.load([
      {
        '@id': 'card',
        '@type': ['Card', 'Else'],
        title: ['B', 5, 'A', '5'],
        note: { '@value': 'x', '@language': 'en' },
      },
    ])
    expect(model.card('card')).toMatchObject({
      title: ['5', 'A', 'B'],
      note: ['x'],
      assignee: [],
      done: false,
      order: '',
    })
    expect(model.cardsIn(loose)).toHaveLength(1)
  })

  test('keeps the cards of a column that is gone, and takes them back with it', () => {
    const model = new Model()
    const column = { '@id': 'todo', '@type': 'Column', title: 'To do', order: 'a1' }
    model.load([{ '@id': 'card', '@type': 'Card', column: { '@id': 'todo' } }])
    expect(model.cardsIn(loose)).toHaveLength(1)
    expect(model.apply({ '@delete': [], '@insert': [column] }).lists).toEqual(new Set(['todo', loose]))
    expect(model.cardsIn('todo')).toHaveLength(1)
    model.apply({ '@delete': [column], '@insert': [] })
    expect(model.cardsIn(loose)).toHaveLength(1)
  })
})
