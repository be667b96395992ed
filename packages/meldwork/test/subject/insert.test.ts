import { describe, expect, it } from 'vitest'
import { Subjects, TripleSet } from '../reference/subjects.js'

const name = '<http://board.example/#name>'
const fred = '<http://board.example/fred>'
const text = (value: string) => `${JSON.stringify(value)}^^<http://www.w3.org/2001/XMLSchema#string>`

describe('reading subjects', () => {
  it('takes one, several, or a graph', () => {
    const expected = [`${fred} ${name} ${text('F')}`]
    expect(new Subjects().inserted({ '@id': 'fred', name: 'F' })).toEqual(expected)
    expect(new Subjects().inserted([{ '@id': 'fred', name: 'F' }])).toEqual(expected)
    expect(new Subjects().inserted({ '@graph': { '@id': 'fred', name: 'F' } })).toEqual(expected)
    expect(new Subjects().inserted({ '@graph': [{ '@id': 'fred', name: 'F' }] })).toEqual(expected)
    expect(new Subjects().inserted([])).toEqual([])
  })

  it('gives new identifiers, outer before inner, and tells them', () => {
    const subjects = new Subjects()
    const sink = new TripleSet()
    const ids = subjects.reader.insert(
      [
        { name: 'a', p: { name: 'b' } },
        { '@id': 'fred', p: [{ name: 'c' }, { '@id': 'x' }] },
      ],
      sink,
    )
    expect(ids).toEqual(['.well-known/genid/1', '.well-known/genid/2', '.well-known/genid/3'])
    expect(subjects.text(sink.triples)[0]).toBe(`<http://board.example/.well-known/genid/1> ${name} ${text('a')}`)
  })

  it('tells new identifiers under the base of the context', () => {
    const subjects = new Subjects({ '@base': 'http://other.example/' })
    expect(subjects.reader.insert({ p: 1 }, new TripleSet())).toEqual(['http://board.example/.well-known/genid/1'])
  })

  it.each([null, undefined, [], [null], [undefined], { '@set': [] }, { '@value': null }, { '@set': null }])(
    'takes %j for nothing said',
    value => {
      expect(new Subjects().inserted({ '@id': 'fred', name: value })).toEqual([])
    },
  )

  it('takes keys from a null prototype, a class instance and another realm; none from the prototype, no symbols', () => {
    class Card {
      readonly name = 'F'
      readonly '@id' = 'fred'
      method(): void {}
    }
    const expected = [`${fred} ${name} ${text('F')}`]
    expect(new Subjects().inserted(new Card())).toEqual(expected)
    expect(new Subjects().inserted(Object.assign(Object.create(null), { '@id': 'fred', name: 'F' }))).toEqual(expected)
    expect(
      new Subjects().inserted(Object.assign(Object.create({ inherited: 1, '@id': 'x' }), { '@id': 'fred', name: 'F' })),
    ).toEqual(expected)
    expect(new Subjects().inserted({ '@id': 'fred', name: 'F', [Symbol('s')]: 1 })).toEqual(expected)
    expect(
      new Subjects().inserted(Object.defineProperty({ '@id': 'fred', name: 'F' }, 'hidden', { value: 1 })),
    ).toEqual(expected)
  })

  it('does not read an inherited @id', () => {
    const object = Object.assign(Object.create({ '@id': 'fred' }), { name: 'F' })
    expect(new Subjects().inserted(object)[0]).toContain('genid/1')
  })

  it('reads the same subject again and again, in any order of keys', () => {
    const subjects = new Subjects()
    const once = subjects.inserted({ '@id': 'fred', name: 'F', age: 5 })
    expect(subjects.inserted({ age: 5, name: 'F', '@id': 'fred' })).toEqual(once)
    expect(
      subjects.inserted({ age: 5, 'http://board.example/#name': 'F', '@id': 'http://board.example/fred' }),
    ).toEqual(once)
    expect(subjects.inserted({ age: 5, name: 'F', '@id': './x/../fred' })).toEqual(once)
  })

  it('does not take a control character for an abbreviation', () => {
    const subjects = new Subjects()
    subjects.insert({ '@id': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type', p: 1 })
    expect(() => subjects.insert({ '@id': '\u0001type', p: 1 })).toThrow(
      expect.objectContaining({ code: 'iri-malformed' }),
    )
    expect(() => subjects.insert({ '@id': 'x', '\u0001type': 1 })).toThrow(
      expect.objectContaining({ code: 'iri-malformed' }),
    )
  })

  it('does not take a relative reference for a compact IRI, nor the other way round', () => {
    const subjects = new Subjects({ ex: 'http://ex.example/' })
    new Subjects().insert({ '@id': 'ex:a', p: 1 })
    expect(subjects.inserted({ '@id': 'ex:a', p: 1 })[0]).toMatch(/^<http:\/\/ex\.example\/a>/)
    const other = new Subjects()
    other.terms.iri('ex:a', true)
    expect(other.inserted({ '@id': 'ex:a', p: 1 })[0]).toMatch(/^<ex:a>/)
  })

  it('gives each value of an array once, also of its types', () => {
    const { reader } = new Subjects()
    let count = 0
    const sink = { triple: () => count++ }
    reader.insert(
      { '@id': 'x', '@type': ['A', 'A'], p: [1, 1, { '@id': 'y' }, { '@set': [1, { '@id': './y' }] }] },
      sink,
    )
    expect(count).toBe(3)
  })

  it('does not take an alias of a keyword for an IRI, even when the dictionary has it as one', () => {
    const subjects = new Subjects({ name: '@id' })
    subjects.insert({ name: 'http://board.example/name', p: 1 })
    expect(() => subjects.insert({ name: 'name', p: 1 })).toThrow(expect.objectContaining({ code: 'iri-malformed' }))
  })

  it('ignores what the context says to ignore', () => {
    expect(new Subjects({ note: null }).inserted({ '@id': 'fred', note: 'x', name: 'F' })).toHaveLength(1)
  })

  it('reads 100,000 values and a text of 1 MB', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => i % 50_000)
    const subjects = new Subjects()
    expect(subjects.insert({ '@id': 'x', p: values })).toHaveLength(3 * 50_000)
    const [long] = subjects.inserted({ '@id': 'x', p: 'x'.repeat(1 << 20) })
    expect(long.length).toBeGreaterThan(1 << 20)
  })

  it('takes strings that look like variables for text, and refuses them in a template', () => {
    expect(new Subjects().inserted({ '@id': 'fred', name: '?x' })).toEqual([`${fred} ${name} ${text('?x')}`])
    const { reader } = new Subjects()
    expect(() => reader.insert({ '@id': 'fred', name: '?x' }, new TripleSet(), { template: true })).toThrow(
      expect.objectContaining({ code: 'pattern-unsupported', facts: { keyword: '?x', path: '$.name' } }),
    )
    expect(reader.insert({ '@id': 'fred', name: '?x y' }, new TripleSet(), { template: true })).toEqual([])
  })
})

describe('an error tells what and where', () => {
  const cycle: Record<string, unknown> = { '@id': 'a' }
  cycle.p = [cycle]
  let deep: unknown = 'x'
  for (let i = 0; i < 200; i++) deep = { p: deep }
  const context = {
    list: { '@container': '@list' },
    map: { '@container': ['@language', '@set'] },
    byIndex: { '@container': '@index' },
    byId: { '@container': '@id' },
    byType: { '@container': ['@set', '@type'] },
    graphs: { '@container': '@graph' },
    jsonList: { '@container': '@list', '@type': '@json' },
    back: { '@reverse': 'http://x/p' },
    born: { '@type': 'http://www.w3.org/2001/XMLSchema#date' },
    count: { '@type': 'http://www.w3.org/2001/XMLSchema#integer' },
    amount: { '@type': 'http://www.w3.org/2001/XMLSchema#decimal' },
    knows: { '@type': '@id' },
    kind: { '@type': '@vocab' },
    meta: { '@type': '@json' },
    ignored: null,
  }

  it.each<[string, unknown, string, string]>([
    ['null', null, 'value-invalid', '$'],
    ['text', 'x', 'value-invalid', '$'],
    ['a number in an array', [5], 'value-invalid', '$[0]'],
    ['an array in an array', [[{}]], 'value-invalid', '$[0]'],
    ['a Map', new Map(), 'value-invalid', '$'],
    ['a Date', new Date(), 'value-invalid', '$'],
    ['a Promise', { p: Promise.resolve() }, 'value-invalid', '$.p'],
    ['a RegExp', { p: /x/ }, 'value-invalid', '$.p'],
    ['a boxed string', { p: Object('x') }, 'value-invalid', '$.p'],
    ['bytes of another kind', { p: new Uint16Array(1) }, 'value-invalid', '$.p'],
    ['an object with toJSON', { p: new URL('http://x/') }, 'value-invalid', '$.p'],
    ['a function', { p: () => 1 }, 'value-invalid', '$.p'],
    ['a symbol', { p: Symbol('x') }, 'value-invalid', '$.p'],
    ['NaN', { p: [1, Number.NaN] }, 'value-invalid', '$.p[1]'],
    ['Infinity', { p: Number.POSITIVE_INFINITY }, 'value-invalid', '$.p'],
    ['an invalid Date', { p: new Date(Number.NaN) }, 'value-invalid', '$.p'],
    ['an unpaired surrogate', { p: { q: 'a\ud800' } }, 'value-invalid', '$.p.q'],
    ['an @id that is no string', { '@id': 5 }, 'value-invalid', "$['@id']"],
    ['an @id that is null', { p: { '@id': null } }, 'value-invalid', "$.p['@id']"],
    ['an @id with a space', { p: [{ '@id': 'a b' }] }, 'iri-malformed', "$.p[0]['@id']"],
    ['an @id that is a variable', { '@id': '?x', p: 1 }, 'iri-malformed', "$['@id']"],
    ['a blank node', { '@id': '_:x', p: 1 }, 'pattern-unsupported', "$['@id']"],
    ['a key with a space', { 'a b': 1 }, 'iri-malformed', "$['a b']"],
    ['a key with an apostrophe', { p: { "it's <": 1 } }, 'iri-malformed', "$.p['it\\'s <']"],
    ['a key that is a variable', { '?p': 1 }, 'iri-malformed', "$['?p']"],
    ['a key like a keyword', { '@foo': 1 }, 'pattern-unsupported', "$['@foo']"],
    ['a type that is no string', { '@type': 5 }, 'value-invalid', "$['@type']"],
    ['a type that is no IRI', { '@type': ['A', 'a b'] }, 'iri-malformed', "$['@type'][1]"],
    ['an array of arrays', { p: [1, [2]] }, 'pattern-unsupported', '$.p[1]'],
    ['an array in a set', { p: { '@set': [[2]] } }, 'pattern-unsupported', "$.p['@set'][0]"],
    ['a list where the sink takes none', { p: { '@list': [1] } }, 'pattern-unsupported', "$.p['@list']"],
    ['a set with more', { p: { '@set': [], q: 1 } }, 'pattern-unsupported', '$.p.q'],
    ['a context that is none', { '@context': 5, p: 1 }, 'context-invalid', "$['@context']"],
    ['a context that is no JSON', { '@context': { a: () => 1 } }, 'context-invalid', "$['@context']"],
    ['a nested context that is none', { p: [{ '@context': { q: 5 } }] }, 'context-invalid', "$.p[0]['@context'].q"],
    ['a context that is not loaded', { '@context': 'http://x/' }, 'context-invalid', "$['@context']"],
    ['a scoped context', { '@context': { q: { '@context': {} } } }, 'pattern-unsupported', "$['@context'].q"],
    ['a context of a value', { p: { '@context': {}, '@value': 1 } }, 'pattern-unsupported', "$.p['@context']"],
    ['a context of a set', { p: { '@context': {}, '@set': [] } }, 'pattern-unsupported', "$.p['@context']"],
    ['a reverse that is no map', { '@reverse': 'x' }, 'value-invalid', "$['@reverse']"],
    ['a reverse value that is none', { '@reverse': { p: 'x' } }, 'value-invalid', "$['@reverse'].p"],
    ['one of several reverse values', { '@reverse': { p: [{}, 5] } }, 'value-invalid', "$['@reverse'].p[1]"],
    ['a reverse set', { '@reverse': { p: { '@set': [] } } }, 'pattern-unsupported', "$['@reverse'].p"],
    ['a reverse keyword', { '@reverse': { '@type': 'x' } }, 'pattern-unsupported', "$['@reverse']['@type']"],
    ['a reverse of a reverse term', { '@reverse': { back: {} } }, 'pattern-unsupported', "$['@reverse'].back"],
    ['a reverse of a container', { '@reverse': { map: {} } }, 'pattern-unsupported', "$['@reverse'].map"],
    ['included', { '@included': [] }, 'pattern-unsupported', "$['@included']"],
    ['nest', { '@nest': {} }, 'pattern-unsupported', "$['@nest']"],
    ['index', { '@index': 'x' }, 'pattern-unsupported', "$['@index']"],
    ['a nested graph', { p: { '@graph': [] } }, 'pattern-unsupported', "$.p['@graph']"],
    ['a named graph', { '@id': 'g', '@graph': [] }, 'pattern-unsupported', "$['@id']"],
    ['a value object with more', { p: { '@value': 1, q: 1 } }, 'pattern-unsupported', '$.p.q'],
    ['a direction', { p: { '@value': 'x', '@direction': 'ltr' } }, 'pattern-unsupported', "$.p['@direction']"],
    ['a language without a value', { p: { '@language': 'en' } }, 'value-invalid', '$.p'],
    ['a bad language', { p: { '@language': 'e n', '@value': 'x' } }, 'value-invalid', '$.p'],
    ['a language of a number', { p: { '@language': 'en', '@value': 5 } }, 'value-invalid', '$.p'],
    ['a language and a type', { p: { '@language': 'en', '@type': 'x', '@value': 'x' } }, 'value-invalid', '$.p'],
    [
      'a language without a tag',
      { p: { '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString', '@value': 'x' } },
      'value-invalid',
      '$.p',
    ],
    ['a value that is an object', { p: { '@value': {} } }, 'value-invalid', '$.p'],
    ['a value that is NaN', { p: { '@value': Number.NaN, '@type': 'x' } }, 'value-invalid', '$.p'],
    ['a datatype that is no IRI', { p: { '@value': 'x', '@type': 'a b' } }, 'iri-malformed', '$.p'],
    ['a datatype that is no string', { p: { '@value': 'x', '@type': 5 } }, 'value-invalid', '$.p'],
    ['a datatype that is ignored', { p: { '@value': 'x', '@type': 'ignored' } }, 'value-invalid', '$.p'],
    ['a type that is ignored', { '@type': 'ignored' }, 'value-invalid', "$['@type']"],
    ['JSON that is none', { p: { '@type': '@json', '@value': { a: [1n] } } }, 'value-invalid', '$.p'],
    ['a cycle', cycle, 'value-invalid', `$${'.p[0]'.repeat(64)}`],
    ['too deep', deep, 'value-invalid', `$${'.p'.repeat(128)}`],
    ['an index of a value', { p: { '@value': 'x', '@index': 'y' } }, 'pattern-unsupported', "$.p['@index']"],
    ['a list container where the sink takes none', { list: ['x'] }, 'pattern-unsupported', '$.list'],
    ['a list container of JSON', { jsonList: ['x'] }, 'pattern-unsupported', '$.jsonList'],
    ['an id map', { byId: { x: {} } }, 'pattern-unsupported', '$.byId'],
    ['a type map', { byType: { x: {} } }, 'pattern-unsupported', '$.byType'],
    ['a graph container', { graphs: {} }, 'pattern-unsupported', '$.graphs'],
    ['a number in a language map', { map: { en: 5 } }, 'value-invalid', '$.map.en'],
    ['an object in a language map', { map: { en: ['x', {}] } }, 'value-invalid', '$.map.en[1]'],
    ['an unpaired surrogate in a language map', { map: { en: 'a\ud800' } }, 'value-invalid', '$.map.en'],
    ['a bad tag in a language map', { map: { 'e n': 'x' } }, 'value-invalid', "$.map['e n']"],
    ['a tag of no letters', { map: { ['__proto__']: 'x' } }, 'value-invalid', '$.map.__proto__'],
    ['a value object as a language map', { map: { '@value': 'x' } }, 'value-invalid', "$.map['@value']"],
    ['a subject as an index map', { byIndex: { '@id': 'x' } }, 'pattern-unsupported', "$.byIndex['@id']"],
    ['an array in an array of an index map', { byIndex: { a: [[1]] } }, 'pattern-unsupported', '$.byIndex.a[0]'],
    ['a reverse term of a value', { back: 'x' }, 'value-invalid', '$.back'],
    ['a reverse term of a number', { back: [{ '@id': 'x' }, 5] }, 'value-invalid', '$.back[1]'],
    ['a Date where the context says date', { born: new Date() }, 'value-invalid', '$.born'],
    ['a fraction where the context says integer', { count: 0.5 }, 'value-invalid', '$.count'],
    ['a huge number where the context says decimal', { amount: 1e300 }, 'value-invalid', '$.amount'],
    ['text that is no IRI where the context says IRI', { knows: 'a b' }, 'iri-malformed', '$.knows'],
    ['text that is ignored where the context says name', { kind: 'ignored' }, 'value-invalid', '$.kind'],
    ['a cycle where the context says JSON', { meta: [cycle] }, 'value-invalid', '$.meta'],
    ['no JSON where the context says JSON', { meta: { a: () => 1 } }, 'value-invalid', '$.meta'],
  ])('%s', (_, json, code, path) => {
    const subjects = new Subjects(context)
    const failing = () => subjects.insert(json)
    expect(failing).toThrow(expect.objectContaining({ code, facts: expect.objectContaining({ path }) }))
    expect(failing).toThrow(path)
    // Nothing of it stays in the reader.
    expect(subjects.inserted({ '@id': 'fred', name: 'F' })).toEqual([`${fred} ${name} ${text('F')}`])
  })

  it('beginning where the caller says', () => {
    expect(() => new Subjects().reader.insert({ p: Number.NaN }, new TripleSet(), { path: "$['@insert']" })).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ path: "$['@insert'].p" }) }),
    )
  })

  it('for an alias used twice', () => {
    expect(() => new Subjects({ id: '@id' }).insert({ id: 'a', '@id': 'b' })).toThrow(
      expect.objectContaining({ code: 'pattern-invalid' }),
    )
  })
})

describe('reading a patch', () => {
  const patch = (json: unknown, localContext?: unknown) => {
    const subjects = new Subjects(localContext)
    const lines: string[] = []
    const ids = subjects.reader.patch(json, {
      replace: (subject, property) =>
        lines.push(`- ${subjects.writer.id(subject)} ${subjects.writer.property(property)}`),
      triple: (subject, property, object) => {
        lines.push(
          `+ ${subjects.writer.id(subject)} ${subjects.writer.property(property)} ${JSON.stringify(subjects.writer.value(object))}`,
        )
      },
    })
    return { lines, ids }
  }

  it('tells what goes and what comes', () => {
    const { lines, ids } = patch({
      '@id': 'fred',
      name: 'F',
      age: null,
      tags: [],
      other: undefined,
      '@type': 'A',
      knows: { name: 'J' },
    })
    expect(lines).toEqual([
      '- fred name',
      '+ fred name "F"',
      '- fred age',
      '- fred tags',
      '- fred @type',
      '+ fred @type {"@id":"#A"}',
      '- fred knows',
      '+ .well-known/genid/1 name "J"',
      '+ fred knows {"@id":".well-known/genid/1"}',
    ])
    expect(ids).toEqual(['.well-known/genid/1'])
  })

  it('removes all types with null', () => {
    expect(patch({ '@id': 'fred', '@type': null }).lines).toEqual(['- fred @type'])
  })

  it.each<[unknown, string, string]>([
    [{ name: 'F' }, 'pattern-invalid', "$['@id']"],
    [[], 'value-invalid', '$'],
    [{ '@id': 'fred', '@context': 5 }, 'context-invalid', "$['@context']"],
    [{ '@id': 'fred', '@reverse': {} }, 'pattern-unsupported', "$['@reverse']"],
    [{ '@id': 'fred', back: null }, 'pattern-unsupported', '$.back'],
    [{ '@id': 'fred', '@graph': [] }, 'pattern-unsupported', "$['@graph']"],
    [{ '@id': 'fred', list: ['x'] }, 'pattern-unsupported', '$.list'],
  ])('refuses %j', (json, code, path) => {
    expect(() => patch(json, { list: { '@container': '@list' }, back: { '@reverse': 'p' } })).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining({ path }) }),
    )
  })
})
