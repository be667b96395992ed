/** One readable example of each form of a read. What they mean in general is compared with another engine in differential.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Clone, Expression, Patterns, Read } from '../../src/index.js'
import { people } from './people.js'

let clone: Clone
beforeAll(async () => {
  clone = await people()
})

const read = (request: Read) => clone.read(request)
/** The values of `?x` for which a pattern matches, sorted. */
const found = (where: Patterns) =>
  clone.read({ '@select': '?x', '@where': where, '@orderBy': '?x' }).map(solution => solution['?x'])
const id = (name: string) => ({ '@id': name })

describe('describe', () => {
  it('gives a subject, with references to others', () => {
    expect(read({ '@describe': 'wilma' })).toEqual([
      { '@id': 'wilma', '@type': 'Person', name: 'Wilma', age: 38, knows: id('fred') },
    ])
  })
  it('gives several, each once, without those that are not there', () => {
    const ids = read({ '@describe': ['wilma', 'nobody', 'fred', 'wilma'] }).map(subject => subject['@id' as never])
    expect(ids).toEqual(['wilma', 'fred'])
  })
  it('gives what a pattern finds, in an order', () => {
    const request = {
      '@describe': '?p',
      '@where': { '@id': '?p', age: '?age' },
      '@orderBy': { '@desc': '?age' },
    } as const
    expect(clone.read(request).map(subject => subject.name)).toEqual(['Fred', 'Wilma', 'Barney'])
    expect(clone.read({ ...request, '@offset': 1, '@limit': 1 }).map(subject => subject.name)).toEqual(['Wilma'])
  })
  it('puts subjects inside each other, down to a depth, and not inside themselves', () => {
    const [wilma] = clone.read({ '@describe': 'wilma', '@depth': 2 })
    expect(wilma.knows).toMatchObject({ '@id': 'fred', knows: [id('barney'), id('wilma')] })
  })
})

describe('select', () => {
  it('gives one variable, or several', () => {
    const where = { '@id': 'wilma', name: '?name', age: '?age' }
    expect(read({ '@select': '?name', '@where': where })).toEqual([{ '?name': 'Wilma' }])
    expect(read({ '@select': ['?name', '?age'], '@where': where })).toEqual([{ '?name': 'Wilma', '?age': 38 }])
  })
  it('gives all variables that have a name', () => {
    expect(read({ '@select': '*', '@where': { '@id': '?p', weight: '?w', age: '?' } })).toEqual([
      { '?p': id('barney'), '?w': 80.5 },
    ])
  })
  it('gives expressions, under names', () => {
    const next = { '?next': { '@plus': ['?age', 1] } } as const
    expect(read({ '@select': next, '@where': { '@id': 'fred', age: '?age' } })).toEqual([{ '?next': 41 }])
  })
  it('leaves out what has no value', () => {
    const where = [{ '@id': '?p', '@type': 'Person' }, { '@optional': { '@id': '?p', weight: '?w' } }] as const
    expect(read({ '@select': '?w', '@where': where, '@orderBy': '?w' })).toEqual([{}, {}, { '?w': 80.5 }])
  })
})

describe('order, limits and distinct', () => {
  const where = { '@type': 'Person', age: '?x' }
  it('sorts ascending and descending', () => {
    expect(found(where)).toEqual([35, 38, 40])
    expect(read({ '@select': '?x', '@where': where, '@orderBy': { '@desc': '?x' } })).toEqual([
      { '?x': 40 },
      { '?x': 38 },
      { '?x': 35 },
    ])
  })
  it('sorts by several things, and by expressions', () => {
    const request = {
      '@select': '?n',
      '@where': { '@id': '?p', name: '?n' },
      '@orderBy': [{ '@asc': { '@lang': '?n' } }, { '@desc': { '@str': '?n' } }],
    } as const
    const names = clone.read(request).map(solution => solution['?n'])
    expect(names).toEqual(['Wilma', 'Fred', 'Dino', 'Barney', { '@language': 'en', '@value': 'Dino' }])
  })
  it('sorts values of all kinds: none, references, numbers, booleans, dates with a time, dates, text, text in languages, others', () => {
    const of = (type: string, value: string) => ({
      '@type': `http://www.w3.org/2001/XMLSchema#${type}`,
      '@value': value,
    })
    const values = [
      id('fred'),
      of('double', 'NaN'),
      -1,
      1.5,
      of('integer', '9007199254740993'),
      false,
      true,
      of('dateTime', '2024-01-01T00:00:00Z'),
      of('date', '2024-01-01'),
      'B',
      'a',
      { '@language': 'en', '@value': 'a' },
      of('gYear', '2024'),
    ]
    const rows = [...values].reverse().map(value => ({ '?x': value }))
    const request = { '@select': '?x', '@where': { '@values': [...rows, { '?y': 1 }] }, '@orderBy': '?x' }
    const sorted = clone.read(request as never) as unknown as { '?x'?: unknown }[]
    expect(sorted.map(solution => solution['?x'])).toEqual([undefined, ...values.map(bigInteger)])
  })
  it('gives some of the solutions', () => {
    expect(read({ '@select': '?x', '@where': where, '@orderBy': '?x', '@offset': 1, '@limit': 1 })).toEqual([
      { '?x': 38 },
    ])
    expect(read({ '@select': '?x', '@where': where, '@limit': 0 })).toEqual([])
  })
  it('gives each once', () => {
    const types = {
      '@select': '?x',
      '@where': { '@type': '?x', name: '?' },
      '@orderBy': '?x',
      '@distinct': true,
    } as const
    expect(read(types)).toEqual([{ '?x': id('#Bowler') }, { '?x': id('#Person') }, { '?x': id('#Pet') }])
  })
})

/** As the clone reads it. */
function bigInteger(value: unknown): unknown {
  const isBig =
    typeof value === 'object' && value !== null && (value as Record<string, unknown>)['@value'] === '9007199254740993'
  return isBig ? clone.read({ '@select': '?v', '@where': { '@values': { '?v': value as never } } })[0]['?v'] : value
}

describe('groups', () => {
  const where = { '@type': '?type', name: '?', age: '?age' }
  it('calculates for each group', () => {
    const request = {
      '@select': ['?type', { '?n': { '@count': '*' }, '?sum': { '@sum': '?age' }, '?mean': { '@avg': '?age' } }],
      '@where': where,
      '@groupBy': '?type',
      '@orderBy': '?n',
    } as const
    expect(read(request)).toEqual([
      { '?type': id('#Bowler'), '?n': 1, '?sum': 35, '?mean': 35 },
      { '?type': id('#Person'), '?n': 3, '?sum': 113, '?mean': 113 / 3 },
    ])
  })
  it('calculates for all solutions, also when there are none', () => {
    const aggregates = {
      '?n': { '@count': '?age' },
      '?distinct': { '@count': { '@distinct': '?type' } },
      '?least': { '@min': '?age' },
      '?most': { '@max': '?age' },
      '?any': { '@sample': '?age' },
    } as const
    expect(read({ '@select': aggregates, '@where': where })).toEqual([
      { '?n': 4, '?distinct': 2, '?least': 35, '?most': 40, '?any': 35 },
    ])
    expect(
      read({
        '@select': { '?n': { '@count': '?x' }, '?s': { '@sum': '?x' }, '?m': { '@min': '?x' } },
        '@where': { no: '?x' },
      }),
    ).toEqual([{ '?n': 0, '?s': 0 }])
  })
  it('joins texts, and identifiers as texts', () => {
    const request = {
      '@select': { '?names': { '@groupConcat': ['?n', ', '] }, '?ids': { '@groupConcat': '?p' } },
      '@where': { '@id': '?p', name: '?n', weight: '?' },
    } as const
    expect(read(request)).toEqual([{ '?names': 'Barney', '?ids': 'http://x.example/barney' }])
  })
  it('groups by expressions, and keeps groups for which conditions hold', () => {
    const request = {
      '@select': ['?old', { '?n': { '@count': '*' } }],
      '@where': { '@type': 'Person', age: '?age' },
      '@groupBy': { '?old': { '@gt': ['?age', 36] } },
      '@having': { '@gt': [{ '@count': '*' }, 1] },
    } as const
    expect(read(request)).toEqual([{ '?old': true, '?n': 2 }])
  })
  it('leaves out solutions in which the variable has no value, in every aggregate', () => {
    const all = [{ '@id': '?p', '@type': 'Person' }, { '@optional': { '@id': '?p', weight: '?w' } }] as const
    const select = {
      '?n': { '@count': '?w' },
      '?s': { '@sum': '?w' },
      '?m': { '@avg': '?w' },
      '?t': { '@groupConcat': '?w' },
    } as const
    expect(read({ '@select': select, '@where': all })).toEqual([{ '?n': 1, '?s': 80.5, '?m': 80.5, '?t': '80.5' }])
  })
  it('gives a sum the same type in whatever order its numbers come', () => {
    const decimal = { '@type': 'http://www.w3.org/2001/XMLSchema#decimal', '@value': '2.5' }
    const sum = (...values: unknown[]) =>
      clone.read({
        '@select': { '?s': { '@sum': '?v' } },
        '@where': { '@values': values.map(value => ({ '?v': value })) as never },
      })
    expect(sum(1.5, 1.5, decimal)).toEqual([{ '?s': 5.5 }])
    expect(sum(1.5, decimal, 1.5)).toEqual([{ '?s': 5.5 }])
  })
})

describe('construct', () => {
  it('makes nested subjects, whose parts stay together', () => {
    const request = {
      '@construct': { '@id': '?p', called: '?name', friends: { '@id': '?k', called: '?kn' } },
      '@where': { '@id': '?p', name: '?name', knows: { '@id': '?k', name: '?kn' } },
      '@orderBy': ['?name', '?kn'],
    } as const
    expect(read(request)).toEqual([
      {
        '@id': 'fred',
        called: 'Fred',
        friends: [
          { '@id': 'barney', called: 'Barney' },
          { '@id': 'wilma', called: 'Wilma' },
        ],
      },
      { '@id': 'wilma', called: 'Wilma', friends: { '@id': 'fred', called: 'Fred' } },
    ])
  })
  it('takes the template as the pattern', () => {
    expect(read({ '@construct': { '@id': 'wilma', name: '?', knows: { name: '?n' } } })).toMatchObject([
      { '@id': 'wilma', name: 'Wilma', knows: { '@id': 'fred', name: 'Fred' } },
    ])
    expect(read({ '@construct': { '@id': 'dino', '@type': '?' } })).toEqual([{ '@id': 'dino', '@type': 'Pet' }])
  })
  it('makes subjects that refer to another', () => {
    const request = {
      '@construct': { '@id': 'fred', '@reverse': { owner: '?o' } },
      '@where': { '@id': '?o', owner: id('fred') },
    }
    expect(read(request)).toEqual([{ '@id': 'fred', '@reverse': { owner: id('dino') } }])
  })
  it('has variables for properties, also in a subject inside another', () => {
    const request = {
      '@construct': { '@id': 'dino', owner: { '@id': '?o', '?p': '?v' } },
      '@where': { '@id': 'dino', owner: { '@id': '?o', '?p': '?v' } },
    }
    expect(read(request)).toMatchObject([{ '@id': 'dino', owner: { '@id': 'fred', age: 40, name: 'Fred' } }])
  })
})

describe('where', () => {
  it('a subject', () => expect(found({ '@id': '?x', age: 40 })).toEqual([id('fred')]))
  it('a subject alone: one that has something', () =>
    expect(found([{ '@id': 'dino' }, { '@id': 'dino', owner: '?x' }])).toHaveLength(4))
  it('an array: all', () =>
    expect(
      found([
        { '@id': '?p', age: 40 },
        { '@id': '?p', name: '?x' },
      ]),
    ).toEqual(['Fred']))
  it('a group', () =>
    expect(
      found({
        '@graph': [
          { '@id': '?p', age: 40 },
          { '@id': '?p', name: '?x' },
        ],
      }),
    ).toEqual(['Fred']))
  it('nested', () => expect(found({ '@id': '?x', owner: { knows: { name: 'Wilma' } } })).toEqual([id('dino')]))
  it('anonymous', () => expect(found({ '@id': '?x', weight: '?' })).toEqual([id('barney')]))
  it('any property', () => expect(found({ '@id': 'dino', '?x': id('fred') })).toEqual([id('#owner')]))
  it('any property of a nested subject', () =>
    expect(found({ '@id': 'dino', owner: { '?x': 40 } })).toEqual([id('#age')]))
  it('types', () => expect(found({ '@id': '?x', '@type': ['Person', 'Bowler'] })).toEqual([id('barney')]))
  it('@reverse', () =>
    expect(found({ '@id': 'fred', '@reverse': { owner: { '@id': '?p', name: '?x' }, knows: '?' } })).toHaveLength(2))
  it('@union', () =>
    expect(
      found({
        '@union': [
          { '@id': '?x', age: 40 },
          { '@id': '?x', '@type': 'Pet' },
        ],
      }),
    ).toEqual([id('dino'), id('fred')]))
  it('@optional', () =>
    expect(found([{ '@id': '?p', '@type': 'Pet' }, { '@optional': { '@id': '?p', weight: '?x' } }])).toEqual([
      undefined,
    ]))
  it('@filter', () => expect(found({ age: '?x', '@filter': { '@lt': ['?x', 36] } })).toEqual([35]))
  it('@bind', () =>
    expect(found([{ age: '?age' }, { '@bind': { '?x': { '@times': ['?age', 2] } } }])).toEqual([70, 76, 80]))
  it('@values', () =>
    expect(found([{ '@values': [{ '?age': 35 }, { '?age': 40 }] }, { name: '?x', age: '?age' }])).toEqual([
      'Barney',
      'Fred',
    ]))
  it('@exists', () =>
    expect(
      found([{ '@id': '?x', '@type': 'Person' }, { '@filter': { '@exists': { '@id': '?x', knows: '?' } } }]),
    ).toEqual([id('fred'), id('wilma')]))
  it('@notexists', () =>
    expect(
      found([{ '@id': '?x', '@type': 'Person' }, { '@filter': { '@notexists': { '@id': '?x', knows: '?' } } }]),
    ).toEqual([id('barney')]))
  it('conditions beside a value', () => {
    expect(found({ '@id': '?x', age: { '@value': '?a', '@gte': 38 } })).toEqual([id('fred'), id('wilma')])
    expect(found({ '@id': '?x', age: { '@in': [35, 36] } })).toEqual([id('barney')])
    expect(found({ name: { '@value': '?x', '@regex': '^w', '@neq': 'Fred' } })).toEqual([])
    expect(found({ name: { '@value': '?x', '@regex': ['^w', 'i'] } })).toEqual(['Wilma'])
  })
  it('language', () => {
    expect(found({ name: { '@value': '?x', '@language': 'EN' } })).toEqual([{ '@language': 'en', '@value': 'Dino' }])
    expect(found({ '@id': 'dino', name: { '@value': '?', '@language': '?x' } })).toEqual(['', 'en'])
    expect(found({ '@id': '?x', name: { '@langmatches': 'en' } })).toEqual([id('dino')])
  })
  it('datatype', () => {
    expect(
      found({ '@id': 'barney', '?': { '@value': '?x', '@type': 'http://www.w3.org/2001/XMLSchema#double' } }),
    ).toEqual([80.5])
    expect(found({ '@id': 'barney', age: { '@value': '?', '@type': '?x' } })).toEqual([
      id('http://www.w3.org/2001/XMLSchema#integer'),
    ])
  })
  it('a variable for a datatype, used in what follows', () => {
    const where = [
      { '@id': 'barney', age: { '@value': '?', '@type': '?t' } },
      { '@bind': { '?x': { '@str': '?t' } } },
    ] as const
    expect(found(where)).toEqual(['http://www.w3.org/2001/XMLSchema#integer'])
  })
})

describe('operators', () => {
  const value = (expression: Expression) =>
    clone.read({
      '@select': { '?v': expression },
      '@where': { '@id': 'barney', name: '?n', age: '?a', weight: '?w' },
    })[0]['?v']
  const decimal = (text: string) => ({ '@type': 'http://www.w3.org/2001/XMLSchema#decimal', '@value': text })
  const nan = { '@type': 'http://www.w3.org/2001/XMLSchema#double', '@value': 'NaN' }
  const french = { '@language': 'fr', '@value': 'chat' }

  it.each<[string, Expression, unknown]>([
    ['@eq', { '@eq': ['?a', 35] }, true],
    ['@eq of a number and a text: not equal', { '@eq': ['?n', 35] }, false],
    ['@neq of a number and a text', { '@neq': ['?n', 35] }, true],
    ['@lt', { '@lt': ['?a', 35] }, false],
    ['@lte', { '@lte': ['?a', 35] }, true],
    ['@gt', { '@gt': ['?w', '?a'] }, true],
    ['@gte between kinds that have no order: an error', { '@gte': ['?n', '?a'] }, undefined],
    ['@lt with what is not a number', { '@lt': ['?a', nan] }, false],
    ['@lt of texts by code points', { '@lt': ['B', 'a'] }, true],
    ['@in', { '@in': ['?a', 1, 35] }, true],
    ['@in, an array', { '@in': ['?a', [1, 2]] }, false],
    ['@notin', { '@notin': ['?a', 1, 2] }, true],
    ['@not', { '@not': { '@eq': ['?a', 1] } }, true],
    ['@and', { '@and': [true, { '@gt': ['?a', 1] }] }, true],
    ['@or, also when another argument is an error', { '@or': [{ '@lt': ['?n', 1] }, true] }, true],
    ['several conditions', { '@gt': ['?a', 1], '@lt': ['?a', 30] }, false],
    ['@plus', { '@plus': ['?a', 1, 0.5] }, 36.5],
    ['@minus', { '@minus': ['?a', 36] }, -1],
    ['@times', { '@times': ['?w', 2] }, 161],
    ['@divide to a whole number', { '@divide': ['?a', 7] }, 5],
    ['@divide to another', { '@divide': ['?a', 2] }, 17.5],
    ['@divide by nothing: an error', { '@divide': ['?a', 0] }, undefined],
    ['decimals exactly', { '@plus': [decimal('0.1'), decimal('0.2')] }, decimal('0.3')],
    ['@bound', { '@bound': '?a' }, true],
    ['@regex', { '@regex': ['?n', '^b', 'i'] }, true],
    ['@str of a number', { '@str': '?w' }, '80.5'],
    ['@str of a subject', { '@str': { '@id': 'fred' } }, 'http://x.example/fred'],
    ['@lang', { '@lang': french }, 'fr'],
    ['@lang of a plain text', { '@lang': '?n' }, ''],
    ['@langmatches', { '@langmatches': [{ '@lang': { '@language': 'en-gb', '@value': 'x' } }, 'en'] }, true],
    ['@langmatches of no text: an error', { '@langmatches': ['?a', '*'] }, undefined],
    ['@concat', { '@concat': ['?n', ' is ', '?a', ', ', true] }, 'Barney is 35, true'],
    ['@concat of one', { '@concat': ['?a'] }, '35'],
    ['@concat of one in a language', { '@concat': french }, french],
    ['@concat in a language', { '@concat': [french, french] }, { '@language': 'fr', '@value': 'chatchat' }],
  ])('%s', (_, expression, expected) => {
    expect(value(expression)).toEqual(expected)
  })
})

describe('ask', () => {
  it('tells whether a pattern matches', () => {
    expect([clone.ask({ name: 'Fred' }), clone.ask({ name: 'Nobody' })]).toEqual([true, false])
  })
})

describe('a context of one request', () => {
  it('gives names a meaning', () => {
    const context = { nom: 'http://x.example/#name', id: '@id' }
    expect(
      read({
        '@context': context,
        '@construct': { id: '?p', nom: '?n' },
        '@where': { id: '?p', nom: '?n', weight: '?' },
      } as never),
    ).toEqual([{ id: 'barney', nom: 'Barney' }])
  })
})
