/** Updating an app's own copies: what is compared, kept, nested and refused. */
import { describe, expect, it } from 'vitest'
import { valueKey } from '../../src/binding/value-key.js'
import { asSubjectUpdates, type Clone, SubjectUpdater, type Update, updateSubject } from '../../src/index.js'
import { World, type WorldOptions } from '../clone/world.js'

const xsd = 'http://www.w3.org/2001/XMLSchema#'

const update = (deleted: object[], inserted: object[] = []) =>
  ({ '@delete': deleted, '@insert': inserted }) as unknown as Update

/** A clone, and the update that each write of it gave. */
async function following(options: WorldOptions = {}) {
  const world = new World()
  const clone = await world.alone(options)
  const updates: Update[] = []
  clone.follow(each => {
    updates.push(each)
  })
  const write = async (does: (clone: Clone) => Promise<unknown>): Promise<Update> => {
    await world.settle(does(clone))
    return updates[updates.length - 1]
  }
  return { clone, write }
}

describe('values', () => {
  it.each<[unknown, unknown]>([
    [5, 5n],
    [5, { '@value': 5 }],
    [0, -0],
    [5, { '@type': `${xsd}integer`, '@value': '5' }],
    [2n ** 70n, { '@type': `${xsd}integer`, '@value': String(2n ** 70n) }],
    [0.5, { '@type': `${xsd}double`, '@value': '5.0E-1' }],
    ['x', { '@value': 'x' }],
    ['x', { '@type': `${xsd}string`, '@value': 'x' }],
    [true, { '@type': `${xsd}boolean`, '@value': 'true' }],
    [new Date(0), { '@type': `${xsd}dateTime`, '@value': '1970-01-01T00:00:00.000Z' }],
    [new Date(5), new Date(5)],
    [new Uint8Array([1]), new Uint8Array([1])],
    [new Uint8Array([1]), { '@type': `${xsd}base64Binary`, '@value': 'AQ==' }],
    [
      { '@language': 'en', '@value': 'x' },
      { '@value': 'x', '@language': 'EN' },
    ],
    [
      { '@type': '@json', '@value': { a: 1, b: 2 } },
      { '@value': { b: 2, a: 1 }, '@type': '@json' },
    ],
    [{ '@id': 'a' }, { '@id': 'a', name: 'A' }],
  ])('%o and %o are one', (a, b) => expect(valueKey(a)).toBe(valueKey(b)))

  it.each<[unknown, unknown]>([
    [5, '5'],
    [5, -5],
    [5, 5.5],
    [true, 'true'],
    ['a', { '@id': 'a' }],
    ['x', { '@language': 'en', '@value': 'x' }],
    [
      { '@language': 'fr', '@value': 'x' },
      { '@language': 'en', '@value': 'x' },
    ],
    [5, { '@type': `${xsd}integer`, '@value': '05' }],
    [5, { '@type': `${xsd}decimal`, '@value': '5' }],
    [new Date(5), new Date(6)],
    [new Uint8Array([1]), new Uint8Array([2])],
    ['', { '@type': '@json', '@value': [] }],
    [
      { '@type': '@json', '@value': { a: 1 } },
      { '@type': '@json', '@value': { a: 2 } },
    ],
    [{ a: () => 1 }, { a: () => 1 }],
  ])('%o and %o are not', (a, b) => expect(valueKey(a)).not.toBe(valueKey(b)))
})

describe('a copy', () => {
  it('that has the update already stays as it is', () => {
    const copy = Object.freeze({ '@id': 'a', p: 'x', q: Object.freeze(['y', 1]) })
    updateSubject(copy, update([{ '@id': 'a', p: 'z' }], [{ '@id': 'a', p: 'x', q: ['y', 1] }]))
    expect(copy).toEqual({ '@id': 'a', p: 'x', q: ['y', 1] })
  })

  it('loses, in a plain object, what has no value; an instance keeps it undefined', () => {
    class Card {
      readonly '@id' = 'a'
      p?: string = 'x'
    }
    const gone = update([{ '@id': 'a', p: 'x' }])
    expect(Object.keys(updateSubject({ '@id': 'a', p: 'x' }, gone))).toEqual(['@id'])
    const card = updateSubject(new Card(), gone)
    expect(Object.keys(card)).toContain('p')
    expect(card.p).toBeUndefined()
    let heard: unknown = 'nothing'
    const reactive = Object.defineProperty({ '@id': 'a' } as { '@id': string; p?: string }, 'p', {
      configurable: true,
      get: () => 'x',
      set(value) {
        heard = value
      },
    })
    updateSubject(reactive, gone)
    expect(heard).toBeUndefined()
    expect(Object.hasOwn(reactive, 'p')).toBe(true)
  })

  it('keeps its methods and what it derives', () => {
    class Card {
      readonly '@id' = 'a'
      first = 'A'
      onclick = () => 'own'
      get label() {
        return `<${this.first}>`
      }
      render() {
        return 'own'
      }
      set secret(_: string) {
        throw new Error('assigned')
      }
    }
    const hostile = {
      '@id': 'a',
      secret: 'x',
      first: 'B',
      label: 'x',
      render: 'x',
      onclick: 'x',
      toString: 'x',
      constructor: 'x',
    }
    const card = updateSubject(new Card(), update([{ '@id': 'a', first: 'A' }], [hostile]))
    expect([card.first, card.label, card.render(), card.onclick()]).toEqual(['B', '<B>', 'own', 'own'])
    expect(card.toString()).toBe('[object Object]')
    expect(card.constructor).toBe(Card)
  })

  it('takes any name for a property', async () => {
    const { clone, write } = await following()
    const copy = { '@id': 'a' }
    const subject = JSON.parse('{ "@id": "a", "__proto__": "x", "constructor": "y", "toString": "z" }')
    updateSubject(copy, await write(() => clone.write(subject)))
    expect(copy).toEqual(clone.get('a'))
    expect(Object.getOwnPropertyDescriptor(copy, '__proto__')?.value).toBe('x')
    updateSubject(
      copy,
      await write(() => clone.patch(JSON.parse('{ "@id": "a", "__proto__": null, "toString": null }'))),
    )
    expect(Object.keys(copy)).toEqual(['@id', 'constructor'])
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  })

  it('of some properties gets only those', () => {
    const copy = updateSubject({ '@id': 'a' }, update([], [{ '@id': 'a', p: 1, q: 2 }]), { properties: ['q'] })
    expect(copy).toEqual({ '@id': 'a', q: 2 })
  })

  it('shares nothing with the update', () => {
    const inserted = {
      '@id': 'a',
      r: { '@id': 'b' },
      j: { '@type': '@json', '@value': { x: [1] } },
      b: new Uint8Array(1),
    }
    const copy = updateSubject({ '@id': 'a' } as Record<string, unknown> & { '@id': string }, update([], [inserted]))
    expect(copy).toEqual(inserted)
    for (const key of ['r', 'j', 'b'] as const) expect(copy[key]).not.toBe(inserted[key])
  })

  it('follows a context with language maps, sets and references', async () => {
    const context = {
      label: { '@id': 'http://ex.example/label', '@container': '@language' },
      knows: { '@id': 'http://ex.example/knows', '@type': '@id', '@container': '@set' },
    }
    const { clone, write } = await following({ context })
    const copy = { '@id': 'a' }
    const does = [
      () => clone.write({ '@id': 'a', label: { en: 'cat', fr: ['chat', 'matou'] }, knows: 'b' }),
      () => clone.write({ '@id': 'a', label: { '@none': 'Felis', en: 'moggy' }, knows: ['c'] }),
      () => clone.patch({ '@id': 'a', label: { fr: 'chat' } }),
      () => clone.patch({ '@id': 'a', knows: null, label: null }),
    ]
    for (const [i, each] of does.entries()) {
      updateSubject(copy, await write(each))
      // What is an array stays one.
      const expected = [{}, {}, { label: { fr: ['chat'] } }, { knows: [] }][i]
      expect(copy).toEqual({ '@id': 'a', ...clone.get('a'), ...expected })
    }
  })
})

describe('subjects in a copy', () => {
  it('are updated wherever they stand, once, with cycles; references stay', () => {
    const joe = { '@id': 'joe', name: 'Joe', boss: undefined as unknown, tags: ['t'] }
    const fred = { '@id': 'fred', name: 'Fred', boss: joe, friends: [joe, { '@id': 'ann' }], ref: { '@id': 'joe' } }
    joe.boss = fred
    const updater = new SubjectUpdater(
      update(
        [{ '@id': 'joe', name: 'Joe' }],
        [
          { '@id': 'joe', name: 'Joseph' },
          { '@id': 'ann', name: 'Ann' },
          { '@id': 'fred', age: 5 },
        ],
      ),
    )
    updater.update(fred)
    expect(joe).toMatchObject({ name: 'Joseph', tags: ['t'] })
    expect(fred).toMatchObject({ age: 5, ref: { '@id': 'joe' } })
    expect(fred.friends[0]).toBe(joe)
    expect([fred.friends[1], fred.ref]).toEqual([{ '@id': 'ann' }, { '@id': 'joe' }])
  })

  it('are what references to them become, and go with the reference', () => {
    const joe = { '@id': 'joe', name: 'Joe' }
    const fred: { '@id': string; boss?: object; friends: object[] } = { '@id': 'fred', friends: [joe] }
    updateSubject(fred, update([], [{ '@id': 'fred', boss: { '@id': 'joe' }, self: { '@id': 'fred' } }]))
    expect(fred.boss).toBe(joe)
    expect(fred).toHaveProperty('self', { '@id': 'fred' })
    updateSubject(fred, update([{ '@id': 'fred', friends: { '@id': 'joe' } }]))
    expect(fred.friends).toEqual([])
    expect(fred.boss).toBe(joe)
  })

  it('are found behind accessors, and in lists', async () => {
    class Column {
      readonly '@id' = 'column'
      #card = { '@id': 'x', title: 'X' }
      get card() {
        return this.#card
      }
      set card(card) {
        this.#card = card
      }
    }
    const column = updateSubject(new Column(), update([{ '@id': 'x', title: 'X' }], [{ '@id': 'x', title: 'Y' }]))
    expect(column.card.title).toBe('Y')

    const { clone, write } = await following()
    await write(() => clone.write({ '@id': 'menu', '@list': [{ '@id': 'soup', name: 'Soup' }, 'tea'] }))
    const soup = clone.get('soup') as { '@id': string }
    const menu = { '@id': 'menu', '@list': [soup, 'tea'] }
    const [found] = clone.read({
      '@select': '?s',
      '@where': { '@id': 'menu', '@list': { '0': { '@id': '?s', '@item': '?' } } },
    })
    const slot = { ...(found['?s'] as { '@id': string }), '@item': { '@id': 'soup' } }
    updateSubject(menu, await write(() => clone.write({ '@id': 'menu', '@list': { '2': [slot] } } as never)))
    updateSubject(menu, await write(() => clone.patch({ '@id': 'soup', name: 'Fish soup' })))
    expect(menu['@list'][0]).toBe('tea')
    expect(menu['@list'][1]).toBe(soup)
    expect(soup).toEqual({ '@id': 'soup', name: 'Fish soup' })
  })

  it('in two copies are updated once by one updater', async () => {
    const { clone, write } = await following()
    await write(() => clone.write({ '@id': 'l', '@list': ['a'] }))
    const list = clone.get('l')!
    const [one, other] = [
      { '@id': 'one', l: list },
      { '@id': 'other', l: list },
    ]
    const updater = new SubjectUpdater(await write(() => clone.write({ '@id': 'l', '@list': ['b'] })))
    for (const copy of [one, other, one]) updater.update(copy)
    expect(list['@list']).toEqual(['b', 'a'])
  })
})

describe('lists', () => {
  it('are arrays under properties where the app says which', async () => {
    const context = { steps: { '@id': 'http://ex.example/steps', '@container': '@list' } }
    const { clone, write } = await following({ context })
    await write(() => clone.write({ '@id': 'a', steps: { '@id': 'l', '@list': ['x', 'y'] } }))
    const copy = clone.get('a')! as { '@id': string; steps: string[] }
    expect(copy.steps).toEqual(['x', 'y'])
    const { steps } = copy
    const lists = { steps: 'l' }
    updateSubject(copy, await write(() => clone.write({ '@id': 'l', '@list': { '1': 'z' } })), { lists })
    updateSubject(copy, await write(() => clone.write({ '@delete': { '@id': 'l', '@list': { '0': '?' } } })), { lists })
    expect(copy).toEqual(clone.get('a'))
    expect(copy.steps).toEqual(['z', 'y'])
    expect(copy.steps).toBe(steps)
  })

  it.each<[string, object, object, unknown[]]>([
    ['deleted beyond the end', { '1': { '@item': 'a' } }, {}, ['a']],
    ['inserted beyond the end', {}, { '2': { '@item': 'a' } }, ['a']],
    ['other than what was deleted', { '0': { '@item': 'b' } }, {}, ['a']],
    ['inserted at no index', {}, { x: { '@item': 'b' } }, ['a']],
  ])('that are %s are refused, and nothing is changed', (_, deleted, inserted, items) => {
    const copy = { '@id': 'l', name: 'L', '@list': [...items], in: { '@id': 'm', name: 'M' } }
    const said = update(
      [{ '@id': 'l', '@list': deleted }],
      [
        { '@id': 'm', name: 'N' },
        { '@id': 'l', name: 'N', '@list': inserted },
      ],
    )
    expect(() => updateSubject(copy, said)).toThrow(expect.objectContaining({ code: 'copy-outdated' }))
    expect(copy).toEqual({ '@id': 'l', name: 'L', '@list': items, in: { '@id': 'm', name: 'M' } })
  })
})

describe('an update by subject', () => {
  it('has what it says of each', async () => {
    const { clone, write } = await following()
    await write(() => clone.write({ '@id': 'a', p: 1 }))
    const said = await write(() =>
      clone.write({ '@delete': { '@id': 'a', p: 1 }, '@insert': [{ '@id': '__proto__', p: 2 }] }),
    )
    expect(asSubjectUpdates(said)).toEqual(
      new Map([
        ['a', { '@delete': { '@id': 'a', p: 1 } }],
        ['__proto__', { '@insert': { '@id': '__proto__', p: 2 } }],
      ]),
    )
    const updater = new SubjectUpdater(JSON.parse(JSON.stringify(said)))
    expect([updater.affects('a'), updater.affects('b'), [...updater.affectedIds]]).toEqual([
      true,
      false,
      ['a', '__proto__'],
    ])
  })

  it('is refused when subjects go by another keyword', () => {
    expect(() => asSubjectUpdates(update([{ id: 'a' }]))).toThrow(
      expect.objectContaining({ code: 'value-invalid', facts: expect.objectContaining({ path: "['@delete'][0]" }) }),
    )
  })
})
