/** Requests that are not understood: each tells its code, where in the JSON the fault is, and what was expected; and none does harm. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clone, hasCode, openClone, type Read } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

let clone: Clone

beforeAll(async () => {
  clone = await openClone({ domain: 'x.example', store: new MemoryStore(), genesis: true })
  await clone.write({ '@id': 'a', n: 1, to: { '@id': 'b', n: 2 } })
})
afterAll(() => clone.close())

const where = { '@id': '?s', n: '?n' }
const select = (rest: object) => ({ '@select': '?s', '@where': where, ...rest })
const filter = (condition: unknown) => select({ '@where': [where, { '@filter': condition }] })
const condition = "$['@where'][1]['@filter']"

function fault(request: unknown): { code: string; path: string; expected?: string; keyword?: string } {
  try {
    clone.read(request as Read)
  } catch (error) {
    for (const code of [
      'pattern-invalid',
      'pattern-unsupported',
      'value-invalid',
      'iri-malformed',
      'context-invalid',
    ] as const)
      if (hasCode(error, code)) return { code, ...error.facts }
    throw error
  }
  throw new Error('it was understood')
}

describe('a request that is not understood', () => {
  it.each<[unknown, string, string]>([
    // as a whole
    [null, 'pattern-invalid', '$'],
    ['?s', 'pattern-invalid', '$'],
    [[], 'pattern-invalid', '$'],
    [{}, 'pattern-invalid', '$'],
    [{ '@where': where }, 'pattern-invalid', '$'],
    [{ '@select': '?s', '@describe': '?s', '@where': where }, 'pattern-invalid', '$'],
    [select({ '@were': where }), 'pattern-unsupported', "$['@were']"],
    [select({ limit: 1 }), 'pattern-unsupported', '$.limit'],
    [{ '@describe': 'a', '@distinct': true }, 'pattern-unsupported', "$['@distinct']"],
    [{ '@describe': 'a', '@groupBy': '?s' }, 'pattern-unsupported', "$['@groupBy']"],
    [{ '@construct': { '@id': '?s' }, '@having': true }, 'pattern-unsupported', "$['@having']"],
    [select({ '@depth': 2 }), 'pattern-unsupported', "$['@depth']"],
    [select({ '@context': 5 }), 'context-invalid', "$['@context']"],
    [select({ '@context': 'http://elsewhere.example/context' }), 'context-invalid', "$['@context']"],
    // what is selected
    [{ '@select': '?s' }, 'pattern-invalid', "$['@where']"],
    [select({ '@select': [] }), 'pattern-invalid', "$['@select']"],
    [select({ '@select': '?' }), 'pattern-invalid', "$['@select']"],
    [select({ '@select': 's' }), 'pattern-invalid', "$['@select']"],
    [select({ '@select': ['?s', '?x'] }), 'pattern-invalid', "$['@select'][1]"],
    [select({ '@select': { '@count': '*' } }), 'pattern-unsupported', "$['@select']['@count']"],
    [select({ '@select': { '?s': { '@plus': ['?n', 1] } } }), 'pattern-invalid', "$['@select']['?s']"],
    [select({ '@select': ['?s', { '?c': { '@count': '*' } }] }), 'pattern-invalid', "$['@select'][0]"],
    [select({ '@select': '*', '@groupBy': '?s' }), 'pattern-invalid', "$['@select']"],
    [
      select({ '@select': { '?x': { '@sum': { '@sum': '?n' } } } }),
      'pattern-unsupported',
      "$['@select']['?x']['@sum']['@sum']",
    ],
    [select({ '@select': { '?x': { '@sum': '*' } } }), 'pattern-invalid', "$['@select']['?x']['@sum']"],
    [
      select({ '@select': { '?x': { '@groupConcat': ['?n', 5] } } }),
      'pattern-invalid',
      "$['@select']['?x']['@groupConcat']",
    ],
    [select({ '@select': { '?x': { '@max': ['?n', 5] } } }), 'pattern-invalid', "$['@select']['?x']['@max']"],
    // what is described
    [{ '@describe': [] }, 'pattern-invalid', "$['@describe']"],
    [{ '@describe': 5 }, 'pattern-invalid', "$['@describe']"],
    [{ '@describe': '?s' }, 'pattern-invalid', "$['@describe']"],
    [{ '@describe': ['a', '?x'], '@where': where }, 'pattern-invalid', "$['@describe'][1]"],
    [{ '@describe': 'a b' }, 'iri-malformed', "$['@describe']"],
    [{ '@describe': 'a', '@depth': 0 }, 'pattern-invalid', "$['@depth']"],
    [{ '@describe': 'a', '@depth': '2' }, 'pattern-invalid', "$['@depth']"],
    [{ '@describe': 'a', '@orderBy': '?s' }, 'pattern-invalid', "$['@orderBy']"],
    // what is constructed
    [{ '@construct': 'a' }, 'pattern-invalid', "$['@construct']"],
    [{ '@construct': { '@id': '?x' }, '@where': where }, 'pattern-invalid', "$['@construct']['@id']"],
    [{ '@construct': { '@id': '?s', m: '?x' }, '@where': where }, 'pattern-invalid', "$['@construct'].m"],
    [
      { '@construct': { '@id': '?s', m: { '@plus': ['?n', 1] } }, '@where': where },
      'pattern-unsupported',
      "$['@construct'].m",
    ],
    [
      { '@construct': { '@id': '?s', '@list': ['?n'] }, '@where': where },
      'pattern-unsupported',
      "$['@construct']['@list']",
    ],
    // how solutions are ordered and cut
    [select({ '@limit': -1 }), 'pattern-invalid', "$['@limit']"],
    [select({ '@limit': '1' }), 'pattern-invalid', "$['@limit']"],
    [select({ '@limit': 1.5 }), 'pattern-invalid', "$['@limit']"],
    [select({ '@offset': Number.NaN }), 'pattern-invalid', "$['@offset']"],
    [select({ '@distinct': 'yes' }), 'pattern-invalid', "$['@distinct']"],
    [select({ '@orderBy': '?x' }), 'pattern-invalid', "$['@orderBy']"],
    [select({ '@orderBy': [{ '@desc': '?x' }] }), 'pattern-invalid', "$['@orderBy'][0]['@desc']"],
    [select({ '@orderBy': { '@desc': '?n', '@asc': '?s' } }), 'pattern-unsupported', "$['@orderBy']['@desc']"],
    [select({ '@orderBy': { '@down': '?n' } }), 'pattern-unsupported', "$['@orderBy']['@down']"],
    [select({ '@groupBy': '?x' }), 'pattern-invalid', "$['@groupBy']"],
    [select({ '@groupBy': { '?s': '?n' } }), 'pattern-invalid', "$['@groupBy']['?s']"],
    [select({ '@having': { '@gt': ['?n', 1] } }), 'pattern-invalid', "$['@having']"],
    // groups
    [select({ '@where': [] }), 'pattern-invalid', "$['@where']"],
    [select({ '@where': 5 }), 'pattern-invalid', "$['@where']"],
    [select({ '@where': [where, { '@union': where }] }), 'pattern-invalid', "$['@where'][1]['@union']"],
    [select({ '@where': [where, { '@union': [] }] }), 'pattern-invalid', "$['@where'][1]['@union']"],
    [select({ '@where': [where, { '@minus': where }] }), 'pattern-unsupported', "$['@where'][1]['@minus']"],
    [select({ '@where': { '@graph': where, name: 'x' } }), 'pattern-invalid', "$['@where'].name"],
    [select({ '@where': [where, { '@values': [] }] }), 'pattern-invalid', "$['@where'][1]['@values']"],
    [select({ '@where': [where, { '@values': { s: 1 } }] }), 'pattern-invalid', "$['@where'][1]['@values'].s"],
    [select({ '@where': [where, { '@values': { '?x': [1] } }] }), 'value-invalid', "$['@where'][1]['@values']['?x']"],
    [select({ '@where': [where, { '@bind': { '?n': 1 } }] }), 'pattern-invalid', "$['@where'][1]['@bind']['?n']"],
    [select({ '@where': [where, { '@bind': { x: 1 } }] }), 'pattern-invalid', "$['@where'][1]['@bind'].x"],
    [select({ '@where': [where, { '@bind': '?x' }] }), 'pattern-invalid', "$['@where'][1]['@bind']"],
    [select({ '@where': [where, { '@optional': [] }] }), 'pattern-invalid', "$['@where'][1]['@optional']"],
    // A condition that could never hold is refused where it stands.
    [
      select({ '@where': [where, { '@union': [{ '@id': '?s', '@filter': { '@gt': ['?n', 1] } }] }] }),
      'pattern-invalid',
      "$['@where'][1]['@union'][0]['@filter']['@gt'][0]",
    ],
    // expressions
    [filter({ '@gt': ['?x', 1] }), 'pattern-invalid', `${condition}['@gt'][0]`],
    [filter({ '@gt': ['?n'] }), 'pattern-invalid', `${condition}['@gt']`],
    [filter({ '@gt': ['?n', 1, 2] }), 'pattern-invalid', `${condition}['@gt']`],
    [filter({ '@not': ['?n', 1] }), 'pattern-invalid', `${condition}['@not']`],
    [filter({ '@gtt': ['?n', 1] }), 'pattern-unsupported', `${condition}['@gtt']`],
    [filter({ '@count': '*' }), 'pattern-unsupported', `${condition}['@count']`],
    [filter({ '@gt': ['?n', 1], '@plus': ['?n', 1] }), 'pattern-invalid', condition],
    [filter({ '@gt': ['?n', { '@id': 'a b' }] }), 'iri-malformed', `${condition}['@gt'][1]['@id']`],
    [filter({ '@gt': ['?n', Number.NaN] }), 'value-invalid', `${condition}['@gt'][1]`],
    [filter({ '@gt': [null, 1] }), 'value-invalid', `${condition}['@gt'][0]`],
    [filter({ '@in': ['?n', [1, null]] }), 'value-invalid', `${condition}['@in'][1][1]`],
    [select({ '@having': { '@gt': [null, 1] } }), 'value-invalid', "$['@having']['@gt'][0]"],
    [filter({ '@gt': ['?n', { x: 1 }] }), 'pattern-unsupported', `${condition}['@gt'][1].x`],
    [filter({ '@regex': ['?n', '('] }), 'pattern-invalid', `${condition}['@regex']`],
    [filter({ '@regex': ['?n', 'a', 'x'] }), 'pattern-invalid', `${condition}['@regex']`],
    [filter({ '@regex': ['?s', '?n'] }), 'pattern-unsupported', `${condition}['@regex']`],
    [filter({ '@bound': '?' }), 'pattern-invalid', `${condition}['@bound']`],
    [filter({ '@exists': [] }), 'pattern-invalid', `${condition}['@exists']`],
    // values with conditions
    [select({ '@where': { '@id': '?s', n: { '@value': 1, '@gt': 0 } } }), 'pattern-invalid', "$['@where'].n"],
    [select({ '@where': { '@id': '?s', n: { '@gt': '?x' } } }), 'pattern-invalid', "$['@where'].n['@gt']"],
    [
      select({ '@where': { '@id': '?s', n: { '@value': '?n', '@language': 5 } } }),
      'pattern-invalid',
      "$['@where'].n['@language']",
    ],
  ])('%j', (request, code, path) => {
    expect(fault(request)).toMatchObject({ code, path })
  })

  it('says what was expected', () => {
    expect(fault(select({ '@limit': -1 })).expected).toContain('whole number')
    expect(fault(filter({ '@gt': ['?n'] })).expected).toContain('2 arguments')
    expect(fault(select({ '@were': where })).keyword).toBe('@were')
  })

  it('however deep, cyclic or long, is refused or answered, and quickly', () => {
    let deep: unknown = where
    for (let i = 0; i < 10_000; i++) deep = [deep]
    expect(fault(select({ '@where': deep })).code).toBe('pattern-invalid')
    let nested: unknown = true
    for (let i = 0; i < 10_000; i++) nested = { '@not': nested }
    expect(fault(filter(nested)).code).toBe('pattern-invalid')
    const cyclic: Record<string, unknown> = { '@id': '?s' }
    cyclic.to = cyclic
    expect(fault(select({ '@where': cyclic })).code).toBe('value-invalid')
    const group: { '@union': unknown[] } = { '@union': [] }
    group['@union'].push(group)
    expect(fault(select({ '@where': [where, group] })).code).toBe('pattern-invalid')
    const template: Record<string, unknown> = { '@id': '?s' }
    template.n = template
    expect(fault({ '@construct': template, '@where': where }).code).toBe('pattern-invalid')
    expect(fault({ '@construct': template }).code).toBe('value-invalid')
    const long = 'x'.repeat(1 << 20)
    expect(clone.read(filter({ '@eq': [{ '@concat': [long, '?n'] }, long] }) as Read)).toEqual([])
    const many = Array.from({ length: 100_000 }, (_, i) => i)
    expect(clone.read(filter({ '@in': ['?n', many] }) as Read)).toHaveLength(2)
    expect(clone.read(select({ '@where': [where, { '@values': many.map(n => ({ '?n': n })) }] }) as Read)).toHaveLength(
      2,
    )
  })

  it('with hostile names does nothing but what it says', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    for (const name of names) {
      const hostile = JSON.parse(`{ "@id": "?s", "${name}": "?v" }`)
      expect(clone.read({ '@select': '?v', '@where': hostile })).toEqual([])
      await clone.write(JSON.parse(`{ "@id": "h", "${name}": "${name}" }`))
      expect(clone.read({ '@select': '?v', '@where': hostile })).toEqual([{ '?v': name }])
      const [made] = clone.read({ '@construct': JSON.parse(`{ "@id": "?s", "${name}": "?v" }`) })
      expect(Object.getOwnPropertyDescriptor(made, name)?.value).toBe(name)
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
      expect(clone.get('h', name)).toHaveProperty([name])
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(fault(JSON.parse('{ "@select": "?s", "@where": { "@id": "?s" }, "__proto__": 1 }')).path).toBe('$.__proto__')
    expect(fault(select({ '@where': [where, JSON.parse('{ "@values": { "__proto__": 1 } }')] })).code).toBe(
      'pattern-invalid',
    )
  })
})
