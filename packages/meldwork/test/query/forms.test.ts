/** Every form of a request, by the name that it has in the table of docs/requests.md: one small example each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clone, openClone, type Patterns, type Read } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

let shop: Clone

beforeAll(async () => {
  shop = await openClone({ domain: 'shop.example', store: new MemoryStore(), genesis: true })
  await shop.write([
    { '@id': 'jam', '@type': 'Food', name: 'Jam', price: 3, stock: 4, madeBy: { '@id': 'ann' } },
    {
      '@id': 'tea',
      '@type': 'Drink',
      name: { '@value': 'thé', '@language': 'fr' },
      price: 7,
      madeBy: { '@id': 'bob' },
    },
    { '@id': 'rum', '@type': 'Drink', name: 'Rum', price: 20.5, stock: 1, madeBy: { '@id': 'bob' }, adult: true },
    { '@id': 'ann', '@type': 'Person', name: 'Ann', knows: { '@id': 'bob', name: 'Bob', knows: { '@id': 'ann' } } },
    { '@id': 'bob', born: { '@value': '1990-02-01', '@type': 'http://www.w3.org/2001/XMLSchema#date' } },
    { '@id': 'todo', '@list': ['buy', 'cook', 'eat', 'cook'] },
  ])
})
afterAll(() => shop.close())

const read = (request: unknown): unknown[] => shop.read(request as Read)
/** The values of one variable, as text, sorted. */
const values = (variable: string, where: unknown, rest: object = {}): string[] =>
  read({ '@select': variable, '@where': where, ...rest })
    .map(row => (row as Record<string, unknown>)[variable])
    .map(value =>
      typeof value === 'object' ? ((value as { '@id'?: string })['@id'] ?? JSON.stringify(value)) : String(value),
    )
const sorted = (variable: string, where: unknown) => values(variable, where).sort()

describe('@describe', () => {
  it('of an id', () => expect(read({ '@describe': 'bob' })).toMatchObject([{ '@id': 'bob', name: 'Bob' }]))
  it('of ids', () =>
    expect(read({ '@describe': ['bob', 'nobody', 'ann'] })).toMatchObject([{ '@id': 'bob' }, { '@id': 'ann' }]))
  it('of a variable', () =>
    expect(read({ '@describe': '?m', '@where': { price: { '@gt': 5 }, madeBy: '?m' } })).toMatchObject([
      { '@id': 'bob' },
    ]))
  it('with a depth', () => {
    const [ann] = read({ '@describe': 'ann', '@depth': 2 })
    expect(ann).toMatchObject({ '@id': 'ann', knows: { '@id': 'bob', name: 'Bob', knows: { '@id': 'ann' } } })
    expect(read({ '@describe': 'ann' })).toMatchObject([{ knows: { '@id': 'bob' } }])
  })
  it('with order, limit and offset, which count subjects', () =>
    expect(
      read({ '@describe': '?p', '@where': { '@id': '?p', price: '?n' }, '@orderBy': '?n', '@offset': 1, '@limit': 1 }),
    ).toMatchObject([{ '@id': 'tea' }]))
})

describe('@select', () => {
  it('of one variable', () => expect(sorted('?p', { '@id': '?p', '@type': 'Drink' })).toEqual(['rum', 'tea']))
  it('of several', () =>
    expect(read({ '@select': ['?p', '?n'], '@where': { '@id': '?p', stock: '?n', price: 3 } })).toEqual([
      { '?p': { '@id': 'jam' }, '?n': 4 },
    ]))
  it('of all', () =>
    expect(read({ '@select': '*', '@where': { '@id': '?p', stock: '?n', price: 3, '?': 'Jam' } })).toEqual([
      { '?p': { '@id': 'jam' }, '?n': 4 },
    ]))
  it('of an expression', () =>
    expect(
      read({ '@select': { '?double': { '@times': ['?n', 2] } }, '@where': { '@id': 'jam', stock: '?n' } }),
    ).toEqual([{ '?double': 8 }]))
})

describe('@construct', () => {
  it('nested', () =>
    expect(read({ '@construct': { '@id': 'ann', knows: { '@id': '?k', name: '?n' } } })).toEqual([
      { '@id': 'ann', knows: { '@id': 'bob', name: 'Bob' } },
    ]))
  it('correlated: what belongs together stays together', () =>
    expect(
      read({
        '@construct': { '@id': '?m', makes: { '@id': '?p', costs: '?n' } },
        '@where': { '@id': '?p', madeBy: '?m', price: '?n' },
        '@orderBy': '?n',
      }),
    ).toEqual([
      { '@id': 'ann', makes: { '@id': 'jam', costs: 3 } },
      {
        '@id': 'bob',
        makes: [
          { '@id': 'tea', costs: 7 },
          { '@id': 'rum', costs: 20.5 },
        ],
      },
    ]))
  it('without an @id: one for each combination', () =>
    expect(
      read({
        '@construct': { type: '?t', '@reverse': { of: { '@id': '?p' } } },
        '@where': { '@id': '?p', '@type': '?t', adult: true },
      }),
    ).toEqual([{ type: { '@id': '#Drink' }, '@reverse': { of: { '@id': 'rum' } } }]))
})

describe('@where', () => {
  it('a subject', () => expect(values('?n', { '@id': 'jam', name: '?n' })).toEqual(['Jam']))
  it('an array', () =>
    expect(
      values('?n', [
        { '@id': 'jam', madeBy: '?m' },
        { '@id': '?m', name: '?n' },
      ]),
    ).toEqual(['Ann']))
  it('a group', () =>
    expect(
      values('?n', {
        '@graph': [
          { '@id': 'jam', madeBy: '?m' },
          { '@id': '?m', name: '?n' },
        ],
      }),
    ).toEqual(['Ann']))
  it('nested', () => expect(values('?n', { '@id': 'jam', madeBy: { name: '?n' } })).toEqual(['Ann']))
  it('anonymous', () => expect(sorted('?p', { '@id': '?p', madeBy: '?', stock: '?' })).toEqual(['jam', 'rum']))
  it('@union', () =>
    expect(
      sorted('?p', {
        '@union': [
          { '@id': '?p', price: 3 },
          { '@id': '?p', adult: true },
        ],
      }),
    ).toEqual(['jam', 'rum']))
  it('@optional', () =>
    expect(
      read({
        '@select': ['?p', '?s'],
        '@where': [{ '@id': '?p', '@type': 'Drink' }, { '@optional': { '@id': '?p', stock: '?s' } }],
        '@orderBy': '?p',
      }),
    ).toEqual([{ '?p': { '@id': 'rum' }, '?s': 1 }, { '?p': { '@id': 'tea' } }]))
  it('@filter', () =>
    expect(values('?p', [{ '@id': '?p', price: '?n' }, { '@filter': { '@gt': ['?n', 10] } }])).toEqual(['rum']))
  it('@bind', () =>
    expect(values('?x', { '@id': 'jam', price: '?n', '@bind': { '?x': { '@plus': ['?n', 1] } } })).toEqual(['4']))
  it('@values', () =>
    expect(
      sorted('?p', [{ '@values': [{ '?n': 'Jam' }, { '?n': 'Rum' }, { '?n': 'Ham' }] }, { '@id': '?p', name: '?n' }]),
    ).toEqual(['jam', 'rum']))
  it('@exists', () =>
    expect(
      values('?p', [{ '@id': '?p', '@type': 'Drink' }, { '@filter': { '@exists': { '@id': '?p', stock: '?' } } }]),
    ).toEqual(['rum']))
  it('@notexists', () =>
    expect(
      values('?p', [{ '@id': '?p', '@type': 'Drink' }, { '@filter': { '@notexists': { '@id': '?p', stock: '?' } } }]),
    ).toEqual(['tea']))
})

describe('solutions', () => {
  const prices = { '@id': '?p', price: '?n' }
  it('@orderBy, upwards', () => expect(values('?p', prices, { '@orderBy': '?n' })).toEqual(['jam', 'tea', 'rum']))
  it('@orderBy, downwards', () =>
    expect(values('?p', prices, { '@orderBy': { '@desc': '?n' } })).toEqual(['rum', 'tea', 'jam']))
  it('@limit', () =>
    expect(values('?p', prices, { '@orderBy': { '@asc': '?n' }, '@limit': 2 })).toEqual(['jam', 'tea']))
  it('@offset', () => expect(values('?p', prices, { '@orderBy': '?n', '@offset': 2 })).toEqual(['rum']))
  it('@distinct', () => {
    expect(values('?m', { madeBy: '?m' })).toHaveLength(3)
    expect(values('?m', { madeBy: '?m' }, { '@distinct': true })).toHaveLength(2)
  })
  it('@groupBy and @having', () =>
    expect(
      read({
        '@select': ['?m', { '?c': { '@count': '*' } }],
        '@where': { madeBy: '?m' },
        '@groupBy': '?m',
        '@having': { '@gt': [{ '@count': '*' }, 1] },
      }),
    ).toEqual([{ '?m': { '@id': 'bob' }, '?c': 2 }]))
  const aggregate = (expression: unknown) =>
    read({ '@select': { '?x': expression }, '@where': { price: '?n', madeBy: '?m' } })
  it.each<[string, unknown, unknown]>([
    ['@count', { '@count': '?n' }, 3],
    ['@count', { '@count': '*' }, 3],
    ['@count', { '@count': { '@distinct': '?m' } }, 2],
    ['@sum', { '@sum': '?n' }, 30.5],
    ['@min', { '@min': '?n' }, 3],
    ['@max', { '@max': '?n' }, 20.5],
    ['@avg', { '@avg': { '@times': ['?n', 2] } }, 61 / 3],
    ['@sample', { '@sample': '?n' }, 3],
  ])('%s: %j', (_name, expression, expected) => expect(aggregate(expression)).toEqual([{ '?x': expected }]))
  it('@count of distinct solutions, which differ in the variables that have a name', () => {
    const count = { '?x': { '@count': { '@distinct': '*' } } }
    expect(read({ '@select': count, '@where': { madeBy: '?m', price: '?' } })).toEqual([{ '?x': 2 }])
    expect(read({ '@select': count, '@where': { '@id': '?p', madeBy: '?m' } })).toEqual([{ '?x': 3 }])
  })
  it('@groupConcat', () =>
    expect(
      read({
        '@select': { '?all': { '@groupConcat': ['?i', '-'] } },
        '@where': [{ '@values': [{ '?i': 'a' }, { '?i': 'b' }] }],
      }),
    ).toEqual([{ '?all': 'a-b' }]))
})

describe('operators', () => {
  const holds = (condition: unknown) =>
    shop.ask([{ '@id': 'jam', price: '?three', name: '?jam' }, { '@filter': condition }] as Patterns)
  it.each<[string, unknown, unknown]>([
    ['@eq', { '@eq': ['?three', 3] }, { '@eq': ['?three', 4] }],
    ['@neq', { '@neq': ['?three', 'Jam'] }, { '@neq': ['?three', 3] }],
    ['@gt', { '@gt': ['?three', 2.5] }, { '@gt': ['?three', 3] }],
    ['@gte', { '@gte': ['?three', 3] }, { '@gte': ['?three', 3.5] }],
    ['@lt', { '@lt': ['?jam', 'Kam'] }, { '@lt': ['?jam', 'Jam'] }],
    ['@lte', { '@lte': ['?jam', 'Jam'] }, { '@lte': ['?jam', 'A'] }],
    ['@not', { '@not': { '@eq': ['?three', 4] } }, { '@not': { '@eq': ['?three', 3] } }],
    ['@and', { '@and': [{ '@gt': ['?three', 1] }, { '@lt': ['?three', 5] }] }, { '@and': [true, false] }],
    ['@or', { '@or': [{ '@gt': ['?three', 5] }, { '@lt': ['?three', 5] }] }, { '@or': [false, false] }],
    ['@plus', { '@eq': [{ '@plus': ['?three', 1, 1] }, 5] }, { '@plus': ['?jam', 1] }],
    ['@minus', { '@eq': [{ '@minus': ['?three', 1] }, 2] }, { '@minus': ['?three', 3] }],
    ['@times', { '@eq': [{ '@times': ['?three', 0.5] }, 1.5] }, { '@times': ['?three', 0] }],
    ['@divide', { '@eq': [{ '@divide': ['?three', 2] }, 1.5] }, { '@divide': ['?three', 0] }],
    ['@bound', { '@bound': '?jam' }, { '@not': { '@bound': '?jam' } }],
    ['@regex', { '@regex': ['?jam', '^j', 'i'] }, { '@regex': ['?jam', '^j'] }],
    ['@in', { '@in': ['?three', [1, 2, 3]] }, { '@in': ['?three', 1, 2] }],
    ['@notin', { '@notin': ['?three', [1, 2]] }, { '@notin': ['?three', [3]] }],
    ['@str', { '@eq': [{ '@str': '?three' }, '3'] }, { '@eq': [{ '@str': '?three' }, 3] }],
    ['@lang', { '@eq': [{ '@lang': '?jam' }, ''] }, { '@eq': [{ '@lang': '?jam' }, 'en'] }],
    ['@langmatches', { '@langmatches': ['fr-BE', 'fr'] }, { '@langmatches': ['fr', 'fr-BE'] }],
    [
      '@concat',
      { '@eq': [{ '@concat': ['?jam', '-', '?three'] }, 'Jam-3'] },
      { '@eq': [{ '@concat': ['?jam'] }, 'jam'] },
    ],
  ])('%s', (_name, yes, no) => {
    expect(holds(yes)).toBe(true)
    expect(holds(no)).toBe(false)
  })
  it('inline constraints', () => {
    expect(values('?p', { '@id': '?p', price: { '@value': '?n', '@gt': 3, '@lt': 20 } })).toEqual(['tea'])
    expect(values('?p', { '@id': '?p', name: { '@in': ['Jam', 'Ham'] } })).toEqual(['jam'])
    expect(values('?p', { '@id': '?p', '@neq': { '@id': 'rum' }, stock: '?' })).toEqual(['jam'])
  })
})

describe('lists', () => {
  it('by index', () => expect(values('?x', { '@id': 'todo', '@list': { '1': '?x' } })).toEqual(['cook']))
  it('by item', () => expect(sorted('?i', { '@id': 'todo', '@list': { '?i': 'cook' } })).toEqual(['1', '3']))
  it('slots', () => {
    const [{ '?s': slot }] = shop.read({
      '@select': '?s',
      '@where': { '@id': 'todo', '@list': { '2': { '@id': '?s', '@item': '?' } } },
    })
    const id = (slot as { '@id': string })['@id']
    expect(values('?i', { '@id': 'todo', '@list': { '?i': { '@id': id, '@item': 'eat' } } })).toEqual(['2'])
  })
  it('as an array', () => {
    expect(shop.ask({ '@id': 'todo', '@list': ['buy', 'cook'] })).toBe(true)
    expect(shop.ask({ '@id': 'todo', '@list': ['cook'] })).toBe(false)
  })
  it('any list', () => expect(values('?l', { '@id': '?l', '@list': { '?': 'eat' } })).toEqual(['todo']))
})

describe('matching', () => {
  it('a language', () => {
    expect(values('?p', { '@id': '?p', name: { '@language': 'fr', '@value': '?n' } })).toEqual(['tea'])
    expect(values('?l', { '@id': 'tea', name: { '@value': '?', '@language': '?l' } })).toEqual(['fr'])
    expect(values('?p', { '@id': '?p', name: { '@value': '?n', '@langmatches': 'fr' } })).toEqual(['tea'])
  })
  it('a datatype', () => {
    const date = 'http://www.w3.org/2001/XMLSchema#date'
    expect(values('?p', { '@id': '?p', born: { '@value': '?d', '@type': date } })).toEqual(['bob'])
    expect(values('?t', { '@id': 'bob', born: { '@value': '?', '@type': '?t' } })).toEqual([date])
    expect(shop.ask({ born: { '@value': '1990-02-01', '@type': date } })).toBe(true)
  })
  it('@reverse', () =>
    expect(sorted('?p', { '@id': 'bob', '@reverse': { madeBy: { '@id': '?p' } } })).toEqual(['rum', 'tea']))
  it('a property', () => expect(values('?q', { '@id': 'jam', '?q': 3 })).toEqual(['#price']))
  it('what refers to a subject', () =>
    expect(sorted('?q', { '@id': '?', '?q': { '@id': 'bob' } })).toEqual(['#knows', '#madeBy', '#madeBy']))
  it('a @context of the request', () =>
    expect(
      read({
        '@context': { cost: 'http://shop.example/#price', shop: 'http://shop.example/' },
        '@construct': { '@id': 'shop:jam', cost: '?n' },
      }),
    ).toEqual([{ '@id': 'shop:jam', cost: 3 }]))
})

describe('short forms', () => {
  it('ask', () => {
    expect(shop.ask({ name: 'Jam', price: { '@lt': 5 } })).toBe(true)
    expect(shop.ask({ name: 'Jam', price: { '@gt': 5 } })).toBe(false)
  })
  it('get', () => {
    expect(shop.get('jam', 'name', 'price', 'colour')).toEqual({ '@id': 'jam', name: 'Jam', price: 3 })
    expect(shop.get('nobody')).toBeUndefined()
  })
  it('put, patch, delete', async () => {
    await shop.put({ '@id': 'ham', name: 'Ham', stock: 1 })
    await shop.patch({ '@id': 'ham', stock: [2, 3], name: null })
    expect(shop.get('ham')).toEqual({ '@id': 'ham', stock: [2, 3] })
    await shop.put({ '@id': 'ham', likes: { '@id': 'jam' } })
    expect(shop.get('ham')).toEqual({ '@id': 'ham', likes: { '@id': 'jam' } })
    await shop.delete('ham')
    expect(shop.get('ham')).toBeUndefined()
  })
})
