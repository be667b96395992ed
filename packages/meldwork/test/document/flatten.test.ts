import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from '../../src/codec/index.js'
import {
  type FlatDocument,
  type FlattenOptions,
  flatten,
  type Generation,
  type ItemsOf,
  type KnownItem,
  unflatten,
} from '../../src/document/index.js'
import { key as anyKey, expectSame, text } from '../codec/json-reference.js'

const generations: readonly Generation[] = ['A', 'B', 'C', 'D']

const read = ({ root, objects }: FlatDocument): JsonObject => unflatten(root, id => objects.get(id))!

/** The items that an array of a flattened document has, as a replica would say. */
const itemsIn =
  ({ objects }: FlatDocument): ItemsOf =>
  (owner, key) => {
    const known: KnownItem[] = []
    const field = objects.get(owner)?.[key] ?? null
    const visit = (elements: JsonValue): void => {
      if (!isJsonArray(elements)) return
      for (const element of elements) {
        const content = typeof element === 'string' ? unflatten(element, id => objects.get(id)) : undefined
        if (content !== undefined) known.push({ id: element as string, content })
        else visit(element)
      }
    }
    visit(typeof field === 'string' ? (objects.get(field)?.A ?? null) : field)
    return known
  }

/** Without the identifiers of flattened objects. */
function anonymous(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(anonymous)
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).filter(([name]) => name !== '_id')
  return Object.fromEntries(members.map(([name, member]) => [name, name.endsWith('♭') ? anonymous(member) : member]))
}

const inert = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, 0, 1.5, 10n ** 18n, [1, { _id: 5, 'x♭': [{}] }]),
  text,
  fc.constantFrom('!a', '!!', '^√@a♭', '√', '^', ''),
)
const plainKey = fc
  .oneof(anyKey, fc.constantFrom('title', 'done'))
  .filter(name => !name.endsWith('♭') && name !== '_id')
const flatKey = fc.constantFrom('a♭', 'items♭', '♭', '😀♭')

/** Documents in which no object has an identifier. */
const { object } = fc.letrec<{ object: JsonObject; value: JsonValue; array: JsonValue[] }>(tie => ({
  object: fc
    .tuple(
      fc.array(fc.tuple(plainKey, inert), { maxLength: 2 }),
      fc.array(fc.tuple(flatKey, tie('value')), { maxLength: 2 }),
    )
    .map(([plain, flat]) => Object.fromEntries([...plain, ...flat]) as JsonObject),
  value: fc.oneof(
    { maxDepth: 3 },
    inert.filter(value => !isJsonArray(value)),
    tie('object'),
    tie('array'),
  ),
  array: fc.array(tie('value'), { maxLength: 4 }),
}))

/** Gives some objects identifiers, each another. */
const named = fc.tuple(object, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 })).map(([document, choices]) => {
  let count = 0
  const name = (value: JsonValue): JsonValue => {
    if (isJsonArray(value)) return value.map(name)
    if (!isJsonObject(value)) return value
    const members = Object.entries(value).map(
      ([key, member]) => [key, key.endsWith('♭') ? name(member) : member] as const,
    )
    const id: [string, JsonValue][] = choices[count++ % choices.length] ? [['_id', `id ${count}`]] : []
    return Object.fromEntries([...id, ...members])
  }
  return name(document) as JsonObject
})

describe('a document', () => {
  it('is the same when it is put together again, in all generations, its identifiers apart', () => {
    fc.assert(
      fc.property(named, fc.constantFrom(...generations), (document, generation) => {
        const together = read(flatten(document, { generation }))
        expectSame(anonymous(together), anonymous(document))
        if (document._id !== undefined) expect(together._id).toBe(document._id)
      }),
    )
  })

  it('that was read is the same objects when it is put in again', () => {
    fc.assert(
      fc.property(named, fc.constantFrom(...generations), (document, generation) => {
        const flat = flatten(document, { generation })
        const again = flatten(read(flat), { generation })
        expect(again.root).toBe(flat.root)
        // Only the order of the map is free.
        expect([...again.objects.keys()].sort()).toEqual([...flat.objects.keys()].sort())
        for (const [id, value] of flat.objects) expectSame(again.objects.get(id)!, value)
      }),
    )
  })

  it('has the same objects from whatever text, and on every replica', () => {
    fc.assert(
      fc.property(named, document => {
        const reversed = (value: JsonValue): JsonValue => {
          if (isJsonArray(value)) return value.map(reversed)
          if (!isJsonObject(value)) return value
          return Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, member]) => [key, reversed(member)]),
          )
        }
        const other = flatten(reversed(document))
        for (const [id, value] of flatten(document).objects) {
          expect(canonicalJson(other.objects.get(id)!)).toBe(canonicalJson(value))
        }
      }),
    )
  })

  it('keeps its anonymous objects when it comes again without identifiers, whatever moved', () => {
    fc.assert(
      fc.property(object, fc.constantFrom(...generations), (document, generation) => {
        const first = flatten(document, { generation })
        const options: FlattenOptions = { generation, itemsOf: itemsIn(first) }
        expectSame(read(flatten(document, options)), read(first))
        // Those that were there keep theirs behind new ones.
        const longer = {
          ...document,
          'a♭': [{ new: 1 }, ...(isJsonArray(document['a♭'] ?? null) ? (document['a♭'] as JsonValue[]) : [])],
        }
        const second = flatten(longer, options)
        const ids = (flat: FlatDocument): string[] => [...flat.objects.keys()].filter(id => !id.startsWith('^'))
        if (isJsonArray(document['a♭'] ?? null))
          expect(new Set(ids(second))).toEqual(new Set([...ids(first), ...ids(second)]))
      }),
    )
  })
})

describe('anonymous items', () => {
  const idsIn = (flat: FlatDocument): JsonValue => flat.objects.get('^√@items♭')!.A
  const doc = (...items: JsonValue[]): JsonValue => ({ 'items♭': items })

  it('are all kept, equal ones too', () => {
    const flat = flatten(doc({ v: 1 }, { v: 2 }, { v: 1 }))
    expect(new Set(idsIn(flat) as string[]).size).toBe(3)
    expect(anonymous(read(flat))).toEqual(doc({ v: 1 }, { v: 2 }, { v: 1 }))
  })

  it('keep their identifiers when others are put in, taken out or changed', () => {
    const first = flatten(doc({ v: 1 }, { v: 2 }, { v: 1 }))
    const [a, b, c] = idsIn(first) as string[]
    const itemsOf = itemsIn(first)
    expect(idsIn(flatten(doc({ v: 2 }, { v: 1 }), { itemsOf }))).toEqual([b, a])
    const [x, ...rest] = idsIn(flatten(doc({ v: 0 }, { v: 1 }, { v: 1 }, { v: 2 }), { itemsOf })) as string[]
    expect(rest).toEqual([a, c, b])
    expect([a, b, c]).not.toContain(x)
  })

  it('take the identifier of an item that got the same content later, and none that is in use', () => {
    const first = flatten(doc({ v: 1 }))
    const [a] = idsIn(first) as string[]
    // Somebody changed it: now 1 is new, and the identifier made of it is taken.
    const changed = flatten(doc({ _id: a, v: 5 }))
    const itemsOf = itemsIn(changed)
    expect(idsIn(flatten(doc({ v: 5 }), { itemsOf }))).toEqual([a])
    const both = idsIn(flatten(doc({ _id: a, v: 5 }, { v: 1 }), { itemsOf })) as string[]
    expect(both[0]).toBe(a)
    expect(both[1]).not.toBe(a)
    // The document names it elsewhere: an anonymous one of the same content is another.
    expect((idsIn(flatten(doc({ v: 5 }, { _id: a, v: 7 }), { itemsOf })) as string[])[0]).not.toBe(a)
    // Only one by the identifier that the document gave, though it is not in the array.
    expect(idsIn(flatten({ 'items♭': [{ v: 1 }], 'x♭': { _id: a } })) as string[]).not.toContain(a)
  })

  it('are told apart by the identifiers inside of them, where the document gives these', () => {
    const first = flatten(doc({ 'sub♭': [{ _id: 'p', n: 1 }] }, { 'sub♭': [{ _id: 'q', n: 1 }] }))
    const [a, b] = idsIn(first) as string[]
    const itemsOf = itemsIn(first)
    expect(
      idsIn(flatten(doc({ 'sub♭': [{ _id: 'q', n: 1 }] }, { 'sub♭': [{ _id: 'p', n: 1 }] }), { itemsOf })),
    ).toEqual([b, a])
    const second = flatten(doc({ 'sub♭': [{ n: 1 }] }), { itemsOf })
    expect(idsIn(second)).toEqual([a])
    expect(second.objects.get(`^${a}@sub♭`)).toEqual({ A: ['p'] })
  })

  it('collapse as in the original when it is asked for', () => {
    const flat = flatten(doc({ v: 1 }, { v: 2 }), { items: 'original' })
    const id = 'df9a00d3a2c7d498c502519a042141e1da9d681b8fb8f9bdb809ac6b375a6419'
    expect(idsIn(flat)).toEqual([id, id])
    expect(unflatten('√', id => flat.objects.get(id), { items: 'original' })).toEqual({
      _id: '√',
      'items♭': [{ _id: id, v: 2 }],
    })
  })
})

describe('what cannot be flattened', () => {
  const refused: [string, string, string?][] = [
    ['[]', 'document-malformed', ''],
    ['"text"', 'document-malformed', ''],
    ['1.0', 'document-malformed', ''],
    ['null', 'document-malformed', ''],
    ['{"_id":5}', 'document-malformed', '_id'],
    ['{"_id":""}', 'document-malformed', '_id'],
    ['{"_id":"^x"}', 'document-malformed', '_id'],
    ['{"_id":"!x"}', 'document-malformed', '_id'],
    ['{"_id":null}', 'document-malformed', '_id'],
    ['{"a♭":[[{"_id":{}}]]}', 'document-malformed', 'a♭[0][0]._id'],
    ['{"a♭":[{"_id":"x"},{"_id":"x"}]}', 'document-duplicate-id', 'a♭[1]._id'],
    ['{"a♭":{"_id":"x","b♭":{"_id":"x"}}}', 'document-duplicate-id', 'a♭.b♭._id'],
    ['{"a♭":[{"_id":"√"}]}', 'document-duplicate-id', 'a♭[0]._id'],
  ]
  it.each(refused)('%s is refused: %s', (source, code, path) => {
    expect(() => flatten(parseJson(source))).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining({ path }) }),
    )
  })

  it('is not what stands in plain fields', () => {
    const document = parseJson('{"plain":{"_id":"^bad","x♭":[{"_id":5}]}}')
    expect(flatten(document).objects).toEqual(new Map([['√', document]]))
  })

  it('in the original way, of equal identifiers the later is kept', () => {
    const flat = flatten(parseJson('{"a♭":[{"_id":"x","v":1}],"b♭":[{"_id":"x","v":2},{"_id":"!y"}]}'), {
      items: 'original',
    })
    expect(flat.objects.get('x')).toEqual({ v: 2 })
    expect(flat.objects.has('!y')).toBe(true)
  })

  it('is what nests too deep', () => {
    let value: JsonValue = 1
    for (let i = 0; i < 126; i++) value = [value]
    expect(read(flatten({ 'a♭': value }))).toEqual({ _id: '√', 'a♭': value })
    expect(() => flatten({ 'a♭': [value] })).toThrow(expect.objectContaining({ code: 'document-malformed' }))
  })
})

describe('generations', () => {
  const document = parseJson('{"items♭":[{"_id":"x","sub♭":["s",1]}],"one♭":{"_id":"y"}}')
  const keys = (generation: Generation): string[] =>
    [...flatten(document, { generation }).objects.keys()].filter(id => id.startsWith('^'))

  it('keep arrays inside, or as objects of their own with identifiers that differ', () => {
    expect(flatten(document, { generation: 'A' }).objects.get('√')).toEqual({ 'items♭': ['x'], 'one♭': 'y' })
    expect(flatten(document, { generation: 'A' }).objects.get('x')).toEqual({ 'sub♭': ['!s', 1] })
    expect(keys('A')).toEqual([])
    // SHA-256 of "√items♭" and of "√items♭xsub♭".
    expect(keys('B').every(id => /^\^[0-9a-f]{64}$/.test(id))).toBe(true)
    expect(keys('B')).toContain('^df9a00d3a2c7d498c502519a042141e1da9d681b8fb8f9bdb809ac6b375a6419')
    expect(keys('C').sort()).toEqual(['^x@sub♭', '^√@items♭'])
    expect(keys('D')).toEqual(keys('C'))
  })
})

describe('putting a document together', () => {
  const from = (
    objects: Record<string, JsonObject>,
    missing: string[] = [],
    items: 'all' | 'original' = 'all',
  ): JsonObject | undefined => unflatten('√', id => objects[id], { items, missing: id => missing.push(id) })

  it('has each object in the first place that refers to it', () => {
    expect(
      from({
        '√': { 'b♭': '^b', 'a♭': '^a', 'c♭': 'x' },
        '^a': { A: ['y', 'x', 'x'] },
        '^b': { A: ['x', 'z'] },
        x: { v: 1 },
        z: {},
      }),
    ).toEqual({ _id: '√', 'a♭': [{ _id: 'x', v: 1 }], 'b♭': [{ _id: 'z' }], 'c♭': null })
  })

  it('ends for objects that refer to one another', () => {
    expect(from({ '√': { 'a♭': 'x' }, x: { 'a♭': 'y' }, y: { 'a♭': 'x', 'b♭': '√' } })).toEqual({
      _id: '√',
      'a♭': { _id: 'x', 'a♭': { _id: 'y', 'a♭': null, 'b♭': null } },
    })
  })

  it('tells of arrays that are not there, and leaves them empty', () => {
    const missing: string[] = []
    expect(
      from({ '√': { 'a♭': '^a', 'b♭': '^b', 'c♭': '^c', 'd♭': '^c' }, '^b': { a: [] }, '^c': { A: [1] } }, missing),
    ).toEqual({
      _id: '√',
      'a♭': [],
      'b♭': [],
      'c♭': [1],
      'd♭': [],
    })
    expect(missing).toEqual(['^a', '^b', '^c'])
  })

  it('reads texts and numbers in arrays back, or leaves them out as the original', () => {
    const objects = {
      '√': { 'a♭': '^a', 's♭': '!!x', 'n♭': 5 },
      '^a': { A: ['!s', '!!t', 1, null, ['!u', ['x'], 'gone'], 'gone', '^a'] },
      x: {},
    }
    expect(from(objects)).toEqual({ _id: '√', 'a♭': ['s', '!t', 1, null, ['u', [{ _id: 'x' }]]], 's♭': '!x', 'n♭': 5 })
    expect(from(objects, [], 'original')).toEqual({ _id: '√', 'a♭': [], 's♭': '!x', 'n♭': 5 })
  })

  it('is undefined without a root, and refuses what would nest too deep', () => {
    expect(from({})).toBeUndefined()
    const chain = (id: string): JsonObject => ({ 'a♭': `x${id}` })
    expect(() => unflatten('√', chain)).toThrow(expect.objectContaining({ code: 'document-malformed' }))
    expect(() => unflatten('√', id => (id.startsWith('^') ? { A: [`x${id.slice(1)}`] } : { 'a♭': `^${id}` }))).toThrow(
      expect.objectContaining({ code: 'document-malformed' }),
    )
  })
})
