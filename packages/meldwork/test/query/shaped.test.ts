/** Reading subjects to a shape. */
import { describe, expect, it } from 'vitest'
import { type Clone, CodedError, Json, List, pick, Ref } from '../../src/index.js'
import { World, type WorldOptions } from '../clone/world.js'

const xsd = 'http://www.w3.org/2001/XMLSchema#'

async function cloneOf(subjects: object[], options: WorldOptions = {}): Promise<Clone> {
  const world = new World()
  const clone = await world.alone(options)
  for (const subject of subjects) await world.settle(clone.write(subject as never))
  return clone
}

function refusal(read: () => unknown) {
  try {
    read()
  } catch (error) {
    if (error instanceof CodedError) return { code: error.code, ...error.facts }
    throw error
  }
  throw new Error('not refused')
}

describe('a shape', () => {
  it('converts what is there, and says what is not', async () => {
    const clone = await cloneOf([
      {
        '@id': 'fred',
        '@type': ['Person', 'Admin'],
        name: 'Fred',
        age: 40,
        height: { '@type': `${xsd}decimal`, '@value': '1.80' },
        done: false,
        huge: 2n ** 70n,
        born: new Date(12_345),
        photo: new Uint8Array([1, 2]),
        data: { '@type': '@json', '@value': { a: [null] } },
        nothing: { '@type': '@json', '@value': null },
        boss: { '@id': 'joe' },
        tags: 'x',
        address: { '@id': 'home', street: 'Main' },
      },
    ])
    const fred = clone.get('fred', {
      name: String,
      age: Number,
      height: Number,
      done: Boolean,
      huge: BigInt,
      born: Date,
      photo: Uint8Array,
      data: Json,
      nothing: Json,
      boss: Ref,
      tags: [String],
      none: [String],
      address: { street: String, city: String },
      missing: Number,
      steps: List(String),
    })
    expect(fred).toEqual({
      '@id': 'fred',
      '@type': ['Admin', 'Person'],
      name: 'Fred',
      age: 40,
      height: 1.8,
      done: false,
      huge: 2n ** 70n,
      born: new Date(12_345),
      photo: new Uint8Array([1, 2]),
      data: { a: [null] },
      nothing: null,
      boss: { '@id': 'joe' },
      tags: ['x'],
      none: [],
      address: { '@id': 'home', '@type': [], street: 'Main', city: undefined },
      missing: undefined,
      steps: [],
    })
    expect(fred).toHaveProperty('missing', undefined)
    expect(clone.get('fred', { age: BigInt })?.age).toBe(40n)
    expect(clone.get('nobody', { name: String })).toBeUndefined()
    expect(clone.get('home', { name: String })).toBeUndefined()
    expect(clone.get('fred', {})?.['@type']).toEqual(['Admin', 'Person'])
  })

  it('reads lists, in lists and with their identifiers', async () => {
    const clone = await cloneOf([
      { '@id': 'menu', courses: { '@id': 'l', '@list': ['Soup', 'Fish', 'Soup'] } },
      { '@id': 'grid', rows: { '@list': [[1, 2], [3]] } },
      { '@id': 'crew', '@list': [{ '@id': 'joe', name: 'Joe' }, { '@id': 'nobody' }] },
    ])
    expect(clone.get('menu', { courses: List(String) })?.courses).toEqual(['Soup', 'Fish', 'Soup'])
    expect(clone.get('menu', { courses: { '@list': String } })?.courses).toMatchObject({
      '@id': 'l',
      '@list': ['Soup', 'Fish', 'Soup'],
    })
    expect(clone.get('grid', { rows: List(List(Number)) })?.rows).toEqual([[1, 2], [3]])
    const crew = clone.get('crew', { '@list': { name: String } })
    expect(crew?.['@list'].map(({ name }) => name)).toEqual(['Joe', undefined])
    expect(refusal(() => clone.get('menu', { courses: List(Number) }))).toEqual({
      code: 'value-unexpected',
      id: 'l',
      property: '@list',
      expected: 'a number that JavaScript has',
    })
  })

  it('refuses several values where it asks for one, and picks the one that it says', async () => {
    const clone = await cloneOf([
      {
        '@id': 'fred',
        name: ['Fred', 'Freddy'],
        age: [10, 9],
        at: [new Date(5), new Date(-5)],
        boss: [{ '@id': 'a' }, { '@id': 'b' }],
      },
      { '@id': 'team', lead: { '@id': 'fred' } },
    ])
    const conflict = { code: 'conflicting', id: 'fred', property: 'name', count: 2 }
    expect(refusal(() => clone.get('fred', { name: String }))).toEqual(conflict)
    expect(refusal(() => clone.get('team', { lead: { name: String } }))).toEqual(conflict)
    const shape = {
      name: pick(String, 'greatest'),
      age: pick(Number, 'least'),
      at: pick(Date, 'greatest'),
      boss: pick(Ref, all => all[all.length - 1]),
      none: pick(String, 'least'),
    }
    expect(clone.get('fred', shape)).toEqual({
      '@id': 'fred',
      '@type': [],
      name: 'Freddy',
      age: 9,
      at: new Date(5),
      boss: { '@id': 'b' },
      none: undefined,
    })
  })

  it.each<[string, object, unknown]>([
    ['text', { v: 5 }, String],
    ['text', { v: { '@id': 'a' } }, String],
    ['text', { v: { '@language': 'en', '@value': 'x' } }, String],
    ['a number that JavaScript has', { v: '5' }, Number],
    ['a number that JavaScript has', { v: 2n ** 60n }, Number],
    ['a number that JavaScript has', { v: { '@type': `${xsd}decimal`, '@value': 'x' } }, Number],
    ['an integer', { v: 0.5 }, BigInt],
    ['a boolean', { v: 1 }, Boolean],
    ['a date and time with its time zone', { v: { '@type': `${xsd}dateTime`, '@value': '2024-01-01T00:00:00' } }, Date],
    ['a date and time with its time zone', { v: { '@type': `${xsd}date`, '@value': '2024-01-01' } }, Date],
    [
      'a date and time with its time zone',
      { v: { '@type': `${xsd}dateTime`, '@value': '2024-13-01T00:00:00Z' } },
      Date,
    ],
    ['bytes', { v: 'AAAA' }, Uint8Array],
    ['bytes', { v: { '@type': `${xsd}base64Binary`, '@value': 'A' } }, Uint8Array],
    ['a reference', { v: 'a' }, Ref],
    ['a reference', { v: 'a' }, { name: String }],
    ['a list', { v: 'a' }, List(String)],
    ['JSON, kept as one value', { v: 'a' }, Json],
    [
      'JSON, kept as one value',
      { v: { '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON', '@value': '{' } },
      Json,
    ],
  ])('refuses what is not %s: %o', async (expected, members, shape) => {
    const clone = await cloneOf([{ '@id': 'a', ...members }])
    expect(refusal(() => clone.get('a', { v: shape } as never))).toEqual({
      code: 'value-unexpected',
      id: 'a',
      property: 'v',
      expected,
    })
    expect(refusal(() => clone.get('a', { v: [shape] } as never))).toMatchObject({ code: 'value-unexpected' })
  })

  it('reads dates of any year and zone', async () => {
    const dates = ['-0044-03-15T12:00:00Z', '12024-01-01T00:00:00.5+02:00', '2024-02-29T23:59:59-05:00']
    const clone = await cloneOf(
      dates.map((text, i) => ({ '@id': `d${i}`, at: { '@type': `${xsd}dateTime`, '@value': text } })),
    )
    expect(dates.map((_, i) => clone.get(`d${i}`, { at: Date })?.at?.toISOString())).toEqual([
      '-000044-03-15T12:00:00.000Z',
      '+012023-12-31T22:00:00.500Z',
      '2024-03-01T04:59:59.000Z',
    ])
  })

  it.each<[unknown, string]>([
    [{ v: 5 }, '$.v'],
    [{ v: [String, String] }, '$.v'],
    [{ v: { w: 'x' } }, '$.v.w'],
    [{ '@id': String }, "$['@id']"],
    [{ v: pick(pick(String, 'least') as never, 'least') }, '$.v'],
  ])('that is none is refused: %o', async (shape, path) => {
    const clone = await cloneOf([{ '@id': 'a', v: { '@id': 'b', w: { '@id': 'c' } } }])
    expect(refusal(() => clone.get('a', shape as never))).toMatchObject({ code: 'pattern-invalid', path })
  })

  it('that stands in itself has an end', async () => {
    const clone = await cloneOf([{ '@id': 'a', v: { '@id': 'a' } }])
    const shape: { v?: unknown } = {}
    shape.v = shape
    expect(refusal(() => clone.get('a', shape as never))).toMatchObject({ code: 'pattern-invalid' })
  })

  it('goes by the context, whose terms may be anything', async () => {
    const context = {
      born: { '@id': 'http://ex.example/born', '@type': `${xsd}date` },
      knows: { '@id': 'http://ex.example/knows', '@type': '@id' },
      label: { '@id': 'http://ex.example/label', '@language': 'en' },
      steps: { '@id': 'http://ex.example/steps', '@container': '@list' },
    }
    const subject = { '@id': 'a', born: '2024-02-29', knows: 'b', label: 'x', steps: ['s', 't'], toString: 'own' }
    const clone = await cloneOf([subject], { context })
    const shape = { born: String, knows: Ref, label: String, steps: List(String), toString: String }
    expect(clone.get('a', shape)).toMatchObject({ ...subject, knows: { '@id': 'b' } })
  })

  it('sees what a draft and a batch have written', async () => {
    const world = new World()
    const clone = await world.alone()
    await world.settle(
      clone.write(draft => {
        draft.write({ '@id': 'a', n: 1 })
        expect(draft.get('a', { n: Number })?.n).toBe(1)
      }),
    )
    const batch = clone.batch(() => {
      void clone.patch({ '@id': 'a', n: 2 })
      expect(clone.get('a', { n: Number })?.n).toBe(2)
      void clone.write({ '@id': 'a', n: 3 })
      expect(() => clone.get('a', { n: Number })).toThrow(expect.objectContaining({ code: 'conflicting' }))
    })
    await world.settle(batch)
  })
})
