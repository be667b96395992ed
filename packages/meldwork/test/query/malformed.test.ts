/** What is no request is refused, with the place in it; and no request can cost without bound or reach beyond its own members. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Clone, CodedError } from '../../src/index.js'
import { people } from './people.js'

let clone: Clone
beforeAll(async () => {
  clone = await people()
})

/** The error of a request: its code and the place in the JSON. */
function refusal(request: unknown): readonly [code: string, path: unknown] {
  try {
    clone.read(request as never)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return [
      error.code,
      (error.facts as Record<string, unknown> | undefined)?.path ?? (error as unknown as { path: unknown }).path,
    ]
  }
  throw new Error('It was answered')
}

const select = (where: unknown, others: object = {}) => ({ '@select': '?x', '@where': where, ...others })
const pattern = { '@id': '?x', age: '?age' }
const filter = (condition: unknown) => select([pattern, { '@filter': condition }])

describe('a request that is none', () => {
  it.each<[string, unknown, string, string]>([
    ['null', null, 'pattern-invalid', '$'],
    ['an array', [], 'pattern-invalid', '$'],
    ['nothing to read', { '@where': pattern }, 'pattern-invalid', '$'],
    ['two forms', { '@select': '?x', '@describe': '?x', '@where': pattern }, 'pattern-invalid', '$'],
    ['an unknown keyword', select(pattern, { '@sort': '?x' }), 'pattern-unsupported', "$['@sort']"],
    ['a property', select(pattern, { name: 'x' }), 'pattern-unsupported', '$.name'],
    ['a modifier of another form', { '@describe': 'fred', '@distinct': true }, 'pattern-unsupported', "$['@distinct']"],
    ['no pattern', { '@select': '?x' }, 'pattern-invalid', "$['@where']"],
    ['an empty pattern', select([]), 'pattern-invalid', "$['@where']"],
    ['a pattern that is text', select('fred'), 'pattern-invalid', "$['@where']"],
    ['nothing selected', { '@select': [], '@where': pattern }, 'pattern-invalid', "$['@select']"],
    [
      'a variable that is not in the pattern',
      { '@select': '?y', '@where': pattern },
      'pattern-invalid',
      "$['@select']",
    ],
    ['text selected', { '@select': 'x', '@where': pattern }, 'pattern-invalid', "$['@select']"],
    [
      'an expression without a name',
      { '@select': { '@count': '?x' }, '@where': pattern },
      'pattern-unsupported',
      "$['@select']['@count']",
    ],
    ['a name that is taken', { '@select': { '?x': 1 }, '@where': pattern }, 'pattern-invalid', "$['@select']['?x']"],
    ['an anonymous variable described', { '@describe': '?', '@where': pattern }, 'pattern-invalid', "$['@describe']"],
    ['a variable described without a pattern', { '@describe': '?x' }, 'pattern-invalid', "$['@describe']"],
    ['an identifier that is none', { '@describe': 'a b' }, 'iri-malformed', "$['@describe']"],
    ['a depth of 0', { '@describe': 'fred', '@depth': 0 }, 'pattern-invalid', "$['@depth']"],
    ['an order without a pattern', { '@describe': 'fred', '@orderBy': 1 }, 'pattern-invalid', "$['@orderBy']"],
    ['a limit below 0', select(pattern, { '@limit': -1 }), 'pattern-invalid', "$['@limit']"],
    ['half an offset', select(pattern, { '@offset': 0.5 }), 'pattern-invalid', "$['@offset']"],
    ['distinct that is text', select(pattern, { '@distinct': 'yes' }), 'pattern-invalid', "$['@distinct']"],
    [
      'an order with a neighbour',
      select(pattern, { '@orderBy': { '@asc': '?x', '@desc': '?x' } }),
      'pattern-unsupported',
      "$['@orderBy']['@desc']",
    ],
  ])('%s', (_, request, code, path) => {
    expect(refusal(request)).toEqual([code, path])
  })
})

describe('a pattern that is none', () => {
  it.each<[string, unknown, string, string]>([
    ['null as a value', { name: null }, 'pattern-invalid', "$['@where'].name"],
    ['an empty array as a value', { name: [] }, 'pattern-invalid', "$['@where'].name"],
    ['an array in an array', { name: [['x']] }, 'pattern-unsupported', "$['@where'].name[0]"],
    ['an unknown keyword', { '@id': '?x', '@foo': 1 }, 'pattern-unsupported', "$['@where']['@foo']"],
    ['a malformed @id', { '@id': 'a b' }, 'iri-malformed', "$['@where']['@id']"],
    ['a property beside a group', { '@graph': pattern, name: 'x' }, 'pattern-invalid', "$['@where'].name"],
    ['a union that is an object', { '@union': pattern }, 'pattern-invalid', "$['@where']['@union']"],
    ['a union of nothing', { '@union': [] }, 'pattern-invalid', "$['@where']['@union']"],
    ['values without a solution', { '@values': [] }, 'pattern-invalid', "$['@where']['@values']"],
    ['values of something else than variables', { '@values': { x: 1 } }, 'pattern-invalid', "$['@where']['@values'].x"],
    [
      'a value with properties in values',
      { '@values': { '?x': { name: 1 } } },
      'pattern-unsupported',
      "$['@where']['@values']['?x'].name",
    ],
    [
      'a variable that has a value already',
      [pattern, { '@bind': { '?x': 1 } }],
      'pattern-invalid',
      "$['@where'][1]['@bind']['?x']",
    ],
    [
      'an anonymous variable bound',
      [pattern, { '@bind': { '?': 1 } }],
      'pattern-invalid',
      "$['@where'][1]['@bind']['?']",
    ],
    ['a condition beside a constant', { name: { '@value': 'x', '@lt': 1 } }, 'pattern-invalid', "$['@where'].name"],
    [
      'a language that is a number',
      { name: { '@value': '?x', '@language': 1 } },
      'pattern-invalid',
      "$['@where'].name['@language']",
    ],
  ])('%s', (_, where, code, path) => {
    expect(refusal(select(where))).toEqual([code, path])
  })
})

describe('an expression that is none', () => {
  const at = "$['@where'][1]['@filter']"
  it.each<[string, unknown, string, string]>([
    ['an unknown operator', { '@like': ['?age', 1] }, 'pattern-unsupported', `${at}['@like']`],
    ['too few arguments', { '@lt': ['?age'] }, 'pattern-invalid', `${at}['@lt']`],
    ['too many arguments', { '@lt': ['?age', 1, 2] }, 'pattern-invalid', `${at}['@lt']`],
    ['a variable that can have no value', { '@lt': ['?agee', 1] }, 'pattern-invalid', `${at}['@lt'][0]`],
    ['an anonymous variable', { '@lt': ['?', 1] }, 'pattern-invalid', `${at}['@lt'][0]`],
    ['a number that JSON does not have', { '@lt': ['?age', Number.NaN] }, 'value-invalid', `${at}['@lt'][1]`],
    ['an aggregate', { '@gt': [{ '@count': '*' }, 1] }, 'pattern-unsupported', `${at}['@gt'][0]['@count']`],
    ['two operators that are no conditions', { '@plus': [1, 2], '@minus': [1, 2] }, 'pattern-invalid', at],
    ['a regular expression that is none', { '@regex': ['?age', '('] }, 'pattern-invalid', `${at}['@regex']`],
    [
      'flags of a regular expression that are none',
      { '@regex': ['?age', 'a', 'g'] },
      'pattern-invalid',
      `${at}['@regex']`,
    ],
    ['a regular expression from data', { '@regex': ['?age', '?age'] }, 'pattern-unsupported', `${at}['@regex']`],
    ['an empty @exists', { '@exists': [] }, 'pattern-invalid', `${at}['@exists']`],
  ])('%s', (_, condition, code, path) => {
    expect(refusal(filter(condition))).toEqual([code, path])
  })
})

describe('groups that are none', () => {
  it.each<[string, object, string, string]>([
    [
      'a condition on groups without groups',
      { '@select': '?x', '@having': { '@gt': ['?age', 1] } },
      'pattern-invalid',
      "$['@having']",
    ],
    [
      'a variable that is not grouped by',
      { '@select': ['?age', { '?n': { '@count': '*' } }], '@groupBy': '?x' },
      'pattern-invalid',
      "$['@select'][0]",
    ],
    ['everything', { '@select': '*', '@groupBy': '?x' }, 'pattern-invalid', "$['@select']"],
    ['everything summed', { '@select': { '?s': { '@sum': '*' } } }, 'pattern-invalid', "$['@select']['?s']['@sum']"],
    [
      'an aggregate of an aggregate',
      { '@select': { '?s': { '@sum': { '@count': '*' } } } },
      'pattern-unsupported',
      "$['@select']['?s']['@sum']['@count']",
    ],
    [
      'a separator that is a number',
      { '@select': { '?s': { '@groupConcat': ['?x', 1] } } },
      'pattern-invalid',
      "$['@select']['?s']['@groupConcat']",
    ],
  ])('%s', (_, request, code, path) => {
    expect(refusal({ '@where': pattern, ...request })).toEqual([code, path])
  })
})

describe('a template that is none', () => {
  it.each<[string, unknown, string, string]>([
    ['a variable that is not in the pattern', { '@id': '?y' }, 'pattern-invalid', "$['@construct']['@id']"],
    ['an expression', { '@id': '?x', age: { '@plus': ['?age', 1] } }, 'pattern-unsupported', "$['@construct'].age"],
    ['an unknown keyword', { '@id': '?x', '@foo': 1 }, 'pattern-unsupported', "$['@construct']['@foo']"],
    [
      'a number that refers',
      { '@id': '?x', '@reverse': { name: 1 } },
      'pattern-invalid',
      "$['@construct']['@reverse'].name",
    ],
  ])('%s', (_, template, code, path) => {
    const [found, at] = refusal({ '@construct': template, '@where': pattern })
    expect([found, at]).toEqual([code, path])
  })
})

describe('a request out of hostile hands', () => {
  const nested = (depth: number, wrap: (inner: unknown) => unknown, inner: unknown): unknown => {
    let json = inner
    for (let i = 0; i < depth; i++) json = wrap(json)
    return json
  }

  it.each<[string, (inner: unknown) => unknown]>([
    ['arrays', inner => [inner]],
    ['groups', inner => ({ '@optional': inner })],
    ['unions', inner => ({ '@union': [inner, inner] })],
    ['@graph', inner => ({ '@graph': inner })],
    ['subjects', inner => ({ knows: inner })],
    ['@exists', inner => ({ '@filter': { '@exists': inner } })],
  ])('is refused when it is deep: %s', (_, wrap) => {
    const depth = wrap(0) instanceof Object && '@union' in (wrap(0) as object) ? 10 : 5000
    const where = nested(depth, wrap, pattern)
    if (depth === 10) expect(() => clone.ask(where as never)).not.toThrow(RangeError)
    else expect(['pattern-invalid', 'value-invalid']).toContain(refusal(select(where))[0])
  })

  it.each<[string, (inner: unknown) => unknown]>([
    ['@not', inner => ({ '@not': inner })],
    ['@and', inner => ({ '@and': [inner, inner] })],
    ['@plus', inner => ({ '@plus': [inner, 1] })],
  ])('is refused when an expression is deep: %s', (_, wrap) => {
    const depth = '@and' in (wrap(true) as object) ? 12 : 100_000
    if (depth === 12) expect(clone.read(filter(nested(depth, wrap, true)) as never)).toHaveLength(3)
    else expect(refusal(filter(nested(depth, wrap, true)))[0]).toBe('pattern-invalid')
  })

  it.each<[string, (cycle: object) => unknown]>([
    ['@graph', cycle => Object.assign(cycle, { '@graph': cycle })],
    ['a subject', cycle => Object.assign(cycle, { knows: cycle })],
    ['@optional', cycle => Object.assign(cycle, { '@optional': cycle })],
    ['@not', cycle => ({ '@filter': Object.assign(cycle, { '@not': cycle }) })],
  ])('is refused when it holds itself: %s', (_, make) => {
    expect(['pattern-invalid', 'value-invalid']).toContain(refusal(select(make({})))[0])
  })

  it('may have texts of a megabyte', () => {
    const long = 'x'.repeat(1_000_000)
    expect(clone.read(select({ '@id': '?x', name: long }) as never)).toEqual([])
    expect(clone.read(filter({ '@eq': ['?age', long] }) as never)).toEqual([])
    expect(clone.read(filter({ '@lt': [{ '@concat': [long, long] }, long] }) as never)).toEqual([])
    expect(clone.read(filter({ '@regex': [long, 'y$'] }) as never)).toEqual([])
  })

  it('may have many values', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => i + 36)
    const startMs = performance.now()
    expect(clone.read(filter({ '@in': ['?age', many] }) as never)).toHaveLength(2)
    expect(clone.read(filter({ '@in': ['?age', ...many] }) as never)).toHaveLength(2)
    expect(clone.read(select([{ '@values': many.map(age => ({ '?age': age })) }, pattern]) as never)).toHaveLength(2)
    expect(performance.now() - startMs).toBeLessThan(5000)
  })

  it('leaves nothing in the dictionary', () => {
    const { terms } = clone.stats() as unknown as { terms?: number }
    clone.read(filter({ '@in': ['?age', [123_456_789, 'never seen', { '@id': 'never-seen' }]] }) as never)
    expect((clone.stats() as unknown as { terms?: number }).terms).toBe(terms)
  })

  describe.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('with %s', name => {
    const keyed = (value: unknown) => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as object

    it('as a variable', () => {
      const variable = `?${name}`
      expect(clone.read({ '@select': variable, '@where': { '@id': 'fred', age: variable } } as never)).toEqual([
        { [variable]: 40 },
      ])
      const values = { '@values': { [variable]: 1 } }
      expect(clone.read({ '@select': variable, '@where': values } as never)).toEqual([{ [variable]: 1 }])
    })
    it('as a property', async () => {
      const own = await people()
      await own.write({ '@id': 'odd', ...keyed('x') } as never)
      await own.write(Object.assign(keyed('y'), { '@id': 'odd2' }) as never)
      const where = Object.assign(keyed('?v'), { '@id': '?x' })
      const solutions = own.read({ '@select': ['?x', '?v'], '@where': where } as never) as unknown as object[]
      expect(solutions).toContainEqual({ '?x': { '@id': 'odd2' }, '?v': 'y' })
      const [made] = own.read({ '@construct': Object.assign(keyed('?v'), { '@id': 'odd2' }), '@where': where } as never)
      expect(Object.hasOwn(made, name)).toBe(true)
      await own.close()
    })
    it('as a keyword', () => {
      expect(refusal(Object.assign(keyed(1), select(pattern)))[0]).toBe('pattern-unsupported')
    })
    it('in place of an operator', () => {
      expect(() => clone.read(filter(keyed(['?age', 1])) as never)).toThrow(CodedError)
      expect(refusal(filter({ [`@${name}`]: ['?age', 1] }))[0]).toMatch(/pattern-(un)?supported|pattern-invalid/)
    })
  })

  it('with inherited members, which are none', () => {
    const request = Object.create({ '@limit': 0 }) as Record<string, unknown>
    Object.assign(request, select(pattern))
    expect(clone.read(request as never)).toHaveLength(3)
  })
})
