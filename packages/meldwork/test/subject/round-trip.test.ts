import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Subjects } from '../reference/subjects.js'

const xsd = 'http://www.w3.org/2001/XMLSchema#'

/** Written, read back, and written again: the same triples. */
function roundTrip(json: unknown, localContext?: unknown): unknown {
  const subjects = new Subjects(localContext)
  const triples = subjects.insert(json)
  const read = subjects.writer.subjects(triples)
  const again = new Subjects(localContext)
  expect(again.inserted(read)).toEqual(subjects.text(triples))
  return read.length === 1 ? read[0] : read
}

describe('a value comes back exactly as it went in', () => {
  it.each<[string, unknown]>([
    ['text', 'text'],
    ['no text', ''],
    ['text with U+0000', 'a\0b'],
    ['text beyond the BMP', '😀é字'],
    ['text like a variable', '?x'],
    ['text like a keyword', '@id'],
    ['an integer', 5],
    ['zero', 0],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER],
    ['the smallest safe integer', Number.MIN_SAFE_INTEGER],
    ['a double', 0.1],
    ['a large double', 1e300],
    ['a small double', 5e-324],
    ['a double that has no fraction', 2 ** 53],
    ['true', true],
    ['false', false],
    ['a big integer', 2n ** 64n],
    ['bytes', new Uint8Array([0, 1, 255])],
    ['no bytes', new Uint8Array(0)],
    ['a reference', { '@id': 'fred' }],
    ['a reference to the domain', { '@id': 'http://board.example/' }],
    ['a reference elsewhere', { '@id': 'http://other.example/x?y#z' }],
    ['a double written as an integer', { '@type': `${xsd}double`, '@value': '5' }],
    ['a double written canonically, that is an integer', { '@type': `${xsd}double`, '@value': '5.0E0' }],
    ['not a number', { '@type': `${xsd}double`, '@value': 'NaN' }],
    ['an integer with zeros', { '@type': `${xsd}integer`, '@value': '007' }],
    ['a boolean as a digit', { '@type': `${xsd}boolean`, '@value': '1' }],
    ['a decimal', { '@type': `${xsd}decimal`, '@value': '1.50' }],
    ['an ill-typed date', { '@type': `${xsd}date`, '@value': 'yesterday' }],
    ['a datatype of the domain', { '@type': 'mine', '@value': 'x\0y' }],
    ['base64 that is not canonical', { '@type': `${xsd}base64Binary`, '@value': 'AB==' }],
    ['French', { '@language': 'fr', '@value': 'chat' }],
    ['English of Britain', { '@language': 'en-gb', '@value': 'colour' }],
    ['JSON', { '@type': '@json', '@value': { b: [1, null, { a: 'x' }], a: '' } }],
    ['JSON null', { '@type': '@json', '@value': null }],
    [
      'JSON text, not canonical',
      { '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON', '@value': '{ "b": 1, "a": 2 }' },
    ],
    ['JSON text that is none', { '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON', '@value': '{' }],
  ])('%s', (_, value) => {
    expect(roundTrip({ '@id': 'fred', p: value })).toEqual({ '@id': 'fred', p: value })
  })

  it.each<[string, unknown, unknown]>([
    ['-0 is 0', -0, 0],
    ['a bigint that is safe is a number', 5n, 5],
    ['a Date is an xsd:dateTime', new Date(0), { '@type': `${xsd}dateTime`, '@value': '1970-01-01T00:00:00.000Z' }],
    ['a canonical integer is native', { '@type': `${xsd}integer`, '@value': '5' }, 5],
    ['a canonical double is native', { '@type': `${xsd}double`, '@value': '5.0E-1' }, 0.5],
    ['a canonical boolean is native', { '@type': `${xsd}boolean`, '@value': 'true' }, true],
    ['an xsd:string is text', { '@type': `${xsd}string`, '@value': 'x' }, 'x'],
    ['a value object without a type is native', { '@value': 5 }, 5],
    [
      'a number with a datatype is its text',
      { '@type': `${xsd}decimal`, '@value': 1.5 },
      { '@type': `${xsd}decimal`, '@value': '1.5' },
    ],
    [
      'an integer as a double',
      { '@type': `${xsd}double`, '@value': 5 },
      { '@type': `${xsd}double`, '@value': '5.0E0' },
    ],
    ['a boolean with a datatype', { '@type': 'mine', '@value': true }, { '@type': 'mine', '@value': 'true' }],
    ['a bigint with a datatype', { '@type': `${xsd}long`, '@value': 5n }, { '@type': `${xsd}long`, '@value': '5' }],
    ['a canonical integer beyond 2^53', { '@type': `${xsd}integer`, '@value': '9007199254740992' }, 9007199254740992n],
    ['canonical base64 is bytes', { '@type': `${xsd}base64Binary`, '@value': 'AAEC' }, new Uint8Array([0, 1, 2])],
    ['a language in upper case', { '@language': 'en-GB', '@value': 'x' }, { '@language': 'en-gb', '@value': 'x' }],
    ['a name as a reference', { '@vocab': 'Foo' }, { '@id': '#Foo' }],
    ['a set of one', { '@set': ['x'] }, 'x'],
    ['a set of a set', ['x', { '@set': ['x', 'y'] }], ['x', 'y']],
    ['an array of one', ['x'], 'x'],
    ['an array of the same', ['x', 'x', 'x'], 'x'],
    ['nothing among values', [null, 'x', undefined], 'x'],
    [
      'canonical JSON text',
      { '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON', '@value': '{"a":1}' },
      { '@type': '@json', '@value': { a: 1 } },
    ],
  ])('%s', (_, written, read) => {
    expect(roundTrip({ '@id': 'fred', p: written })).toEqual({ '@id': 'fred', p: read })
  })

  it('whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter(text => (text as unknown as { isWellFormed(): boolean }).isWellFormed()),
        text => {
          expect(roundTrip({ '@id': 'fred', p: text })).toEqual({ '@id': 'fred', p: text })
        },
      ),
    )
  })

  it('whatever the number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), number => {
        expect(roundTrip({ '@id': 'fred', p: number })).toEqual({ '@id': 'fred', p: number === 0 ? 0 : number })
      }),
    )
  })

  it('whatever the datatype and lexical form', () => {
    const lexical = fc.oneof(
      fc.constantFrom('5', '5.0E0', '5.0E-1', '007', 'true', '1', 'NaN', '-0', '', 'AAEC', '{}', 'null'),
      fc.string(),
    )
    const datatype = fc.constantFrom(
      ...['integer', 'double', 'boolean', 'decimal', 'string', 'base64Binary'].map(name => xsd + name),
      'mine',
    )
    fc.assert(
      fc.property(datatype, lexical, (type, value) => {
        const subjects = new Subjects()
        const iri = type === 'mine' ? 'http://board.example/#mine' : type
        expect(subjects.inserted({ '@id': 'x', p: { '@type': type, '@value': value } })).toEqual([
          `<http://board.example/x> <http://board.example/#p> ${JSON.stringify(value)}^^<${iri}>`,
        ])
        roundTrip({ '@id': 'x', p: { '@type': type, '@value': value } })
      }),
    )
  })
})

describe('a subject comes back as it went in', () => {
  it('with its types', () => {
    expect(roundTrip({ '@id': 'a', '@type': 'Card', p: 1 })).toEqual({ '@id': 'a', '@type': 'Card', p: 1 })
    expect(roundTrip({ '@id': 'a', '@type': ['B', 'A', 'B'] })).toEqual({ '@id': 'a', '@type': ['A', 'B'] })
    const rdfType = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'
    expect(roundTrip({ '@id': 'a', [rdfType]: [{ '@id': '#A' }, 'text'] })).toEqual({
      '@id': 'a',
      '@type': 'A',
      [rdfType]: 'text',
    })
  })

  it('under names that do harm elsewhere', () => {
    const hostile = JSON.parse('{"@id":"a","__proto__":"x","constructor":"y","toString":[1,2],"hasOwnProperty":true}')
    const read = roundTrip(hostile) as object
    expect(read).toEqual(hostile)
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(Object.hasOwn(read, '__proto__')).toBe(true)
    const nested = JSON.parse('{"@id":"a","p":{"@id":"b","__proto__":{"@id":"c","q":1}}}')
    expect(new Subjects().inserted(nested)).toHaveLength(3)
  })

  it('under names that are no plain terms', () => {
    const subject = {
      '@id': 'http://board.example/a:b',
      'http://board.example/#?x': 1,
      'http://board.example/#@id': 2,
      'http://board.example/#a:b': 3,
      'mailto:x': 4,
      '1': 5,
      'a/b': 6,
    }
    expect(roundTrip(subject)).toEqual(subject)
  })

  it('with several values in an order that does not depend on the dictionary', () => {
    const values = [
      'b',
      'a',
      10,
      9,
      2.5,
      -1,
      true,
      false,
      { '@id': 'y' },
      { '@id': 'x' },
      { '@language': 'fr', '@value': 'a' },
      2n ** 70n,
    ]
    const expected = [
      { '@id': 'x' },
      { '@id': 'y' },
      'a',
      'b',
      2n ** 70n,
      { '@language': 'fr', '@value': 'a' },
      -1,
      2.5,
      9,
      10,
      false,
      true,
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(values, { minLength: values.length }), shuffled => {
        expect(roundTrip({ '@id': 'a', p: shuffled })).toEqual({ '@id': 'a', p: expected })
      }),
    )
  })

  it('nested subjects are subjects of their own', () => {
    expect(roundTrip({ '@id': 'a', p: { '@id': 'b', q: { r: 1 } } })).toEqual([
      { '@id': '.well-known/genid/1', r: 1 },
      { '@id': 'b', q: { '@id': '.well-known/genid/1' } },
      { '@id': 'a', p: { '@id': 'b' } },
    ])
  })

  it('wherever its triples stand', () => {
    const subjects = new Subjects()
    const triples = subjects.insert([
      { '@id': 'a', p: [1, 2], q: 3 },
      { '@id': 'b', p: 4 },
    ])
    const chunks = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 })
    fc.assert(
      fc.property(chunks, order => {
        const shuffled = order.flatMap(i => triples.slice(3 * i, 3 * i + 3))
        const read = subjects.writer.subjects(shuffled).sort((a, b) => (a['@id'] < b['@id'] ? -1 : 1))
        expect(read).toEqual([
          { '@id': 'a', p: [1, 2], q: 3 },
          { '@id': 'b', p: 4 },
        ])
      }),
    )
    expect(subjects.writer.subjects(triples, 6)).toEqual([{ '@id': 'a', p: [1, 2] }])
    expect(subjects.writer.subjects(triples, 0)).toEqual([])
    expect(subjects.writer.subject(triples[0], [triples[1], triples[2], 99, 99], 2)).toEqual({ '@id': 'a', p: 1 })
  })

  it('still after very many reads', () => {
    const subjects = new Subjects()
    const triples = subjects.insert({ '@id': 'a', p: [1, 2], '@type': ['A', 'B'] })
    const before = subjects.writer.subjects(triples)
    ;(subjects.keys as unknown as { round: number }).round = 2 ** 30 - 2
    for (let i = 0; i < 4; i++) expect(subjects.writer.subjects(triples)).toEqual(before)
  })
})

describe('under a context, reading is the inverse of writing', () => {
  const localContext = {
    xsd,
    ex: 'http://ex.example/',
    '@language': 'en',
    id: '@id',
    type: '@type',
    lang: '@language',
    knows: { '@id': 'ex:knows', '@type': '@id' },
    kind: { '@id': 'ex:kind', '@type': '@vocab' },
    meta: { '@id': 'ex:meta', '@type': '@json' },
    born: { '@id': 'ex:born', '@type': 'xsd:date' },
    score: { '@id': 'ex:score', '@type': 'xsd:double' },
    count: { '@id': 'ex:count', '@type': 'xsd:integer' },
    bytes: { '@id': 'ex:bytes', '@type': 'xsd:base64Binary' },
    plain: { '@id': 'ex:plain', '@language': null },
    nameFr: { '@id': 'ex:name', '@language': 'fr' },
    name: { '@id': 'ex:name' },
    tags: { '@id': 'ex:tags', '@container': '@set' },
    list: { '@id': 'ex:list', '@container': '@list' },
    none: { '@id': 'ex:none', '@type': '@none' },
  }

  it('for what each term is made for', () => {
    const subject = {
      id: 'fred',
      type: ['Person', 'ex:Person'],
      knows: ['ex:joe', 'joe'],
      kind: 'Kind',
      meta: { a: [1], '@value': 2 },
      born: '2024-02-29',
      score: 5,
      count: 2n ** 64n,
      bytes: new Uint8Array([1]),
      plain: 'x',
      name: 'Fred',
      nameFr: 'Frédéric',
      tags: ['a'],
      none: 'x',
      'ex:other': 1,
      local: 2,
    }
    expect(roundTrip(subject, localContext)).toEqual(subject)
  })

  it('for values that the terms are not made for', () => {
    const values: unknown[] = [
      { '@value': 'x' },
      'x',
      { lang: 'de', '@value': 'x' },
      { lang: 'fr', '@value': 'x' },
      5,
      0.5,
      true,
      2n ** 64n,
      { id: 'y' },
      { type: 'xsd:date', '@value': 'x' },
      { type: '@json', '@value': [1] },
      { type: '@json', '@value': null },
    ]
    const terms = Object.keys(localContext).filter(
      name => name.length > 2 && !['type', 'lang', 'xsd', 'list', '@language'].includes(name),
    )
    for (const term of terms) {
      for (const value of values) {
        roundTrip({ id: 'fred', [`http://ex.example/${term === 'nameFr' ? 'name' : term}`]: value }, localContext)
      }
      roundTrip({ id: 'fred', [`http://ex.example/${term}`]: values }, localContext)
    }
  })

  it('for terms in the vocabulary that cannot take every value', () => {
    const terms = {
      meta: { '@type': '@json' },
      list: { '@container': '@list' },
      back: { '@id': 'http://board.example/#p', '@container': '@id' },
    }
    const json = (value: unknown) => ({ '@type': '@json', '@value': value })
    const meta = 'http://board.example/#meta'
    const list = 'http://board.example/#list'
    expect(roundTrip({ '@id': 'a', [meta]: ['x', json({ b: 1 }), 5, json(null)], [list]: 1, p: 2 }, terms)).toEqual({
      '@id': 'a',
      meta: { b: 1 },
      [meta]: ['x', json(null), 5],
      [list]: 1,
      p: 2,
    })
  })

  it('with several JSON values as the context makes it: an array', () => {
    const subjects = new Subjects(localContext)
    const triples = subjects.insert({
      id: 'a',
      'http://ex.example/meta': [
        { type: '@json', '@value': 1 },
        { type: '@json', '@value': 2 },
      ],
    })
    expect(subjects.writer.subjects(triples)).toEqual([{ id: 'a', meta: [1, 2] }])
  })

  it('for random subjects under random terms', () => {
    const term = fc.constantFrom(
      ...Object.keys(localContext).filter(name => !name.startsWith('@') && name !== 'list' && name !== 'meta'),
      'other',
      'ex:other',
    )
    const value = fc.oneof(
      fc.constantFrom('x', 'y', 5, 0.5, true, 5n),
      fc.constantFrom(
        { '@value': 'x' },
        { lang: 'fr', '@value': 'x' },
        { id: 'ex:a' },
        { type: 'xsd:double', '@value': '5.0E0' },
      ),
      fc.constantFrom({ type: 'xsd:date', '@value': '2024' }, { type: '@json', '@value': { a: 1 } }),
    )
    const subject = fc.dictionary(term, fc.array(value, { minLength: 1, maxLength: 3 }), {
      maxKeys: 6,
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(subject, json => {
        for (const name of ['id', 'type', 'lang', 'ex', 'xsd', 'count']) delete json[name]
        roundTrip({ id: 'fred', ...json }, localContext)
      }),
      { numRuns: fuzz.runs(500) },
    )
  })
})
