import { describe, expect, it } from 'vitest'
import { type BasicPattern, isVariable, type PatternTerm, Variables } from '../../src/subject/index.js'
import { Subjects } from '../reference/subjects.js'

const localContext = {
  list: { '@container': '@list' },
  knows: { '@type': '@id' },
  meta: { '@type': '@json' },
  ignored: null,
}

/** A dictionary that has what the patterns below name. */
function known(): Subjects {
  const subjects = new Subjects(localContext)
  subjects.insert({
    '@id': 'fred',
    '@type': 'Person',
    name: ['Fred', '?x', 5],
    knows: 'joe',
    meta: { a: 1 },
    kind: { '@vocab': 'Kind' },
  })
  return subjects
}

/** As text: constants as they are, variables by name, anonymous ones by number. */
function print(subjects: Subjects, variables: Variables, { triples }: BasicPattern): string[] {
  const term = ({ variable, id }: PatternTerm, property: boolean): string => {
    if (variable !== -1) return variables.names[variable] || `?${variable}`
    if (property) return id === -1 ? 'unknown' : subjects.writer.property(id)
    return id === 0 ? 'unknown' : JSON.stringify(subjects.writer.value(id))
  }
  return triples.map(
    ({ subject, property, object }) => `${term(subject, false)} ${term(property, true)} ${term(object, false)}`,
  )
}

function where(json: unknown): string[] {
  const subjects = known()
  const variables = new Variables()
  const size = subjects.terms.size
  const pattern = subjects.patterns.where(json, variables)
  expect(subjects.terms.size).toBe(size)
  expect(pattern.empty).toBe(print(subjects, variables, pattern).join().includes('unknown'))
  return print(subjects, variables, pattern)
}

describe('a where pattern', () => {
  it.each<[unknown, string[]]>([
    [{ '@id': 'fred', name: 'Fred' }, ['{"@id":"fred"} name "Fred"']],
    [{ '@id': '?p', name: '?n' }, ['?p name ?n']],
    [{ name: '?n' }, ['?0 name ?n']],
    [{ '@id': '?', name: '?' }, ['?0 name ?1']],
    [{ '@id': '?p', '@type': 'Person' }, ['?p @type {"@id":"#Person"}']],
    [{ '@id': '?p', '@type': '?t' }, ['?p @type ?t']],
    [{ '@id': '?p', '@type': ['Person', '?t'] }, ['?p @type {"@id":"#Person"}', '?p @type ?t']],
    [{ '@id': '?p', name: ['Fred', '?n', 5] }, ['?p name "Fred"', '?p name ?n', '?p name 5']],
    [{ '@id': '?p', name: { '@set': ['Fred', '?n'] } }, ['?p name "Fred"', '?p name ?n']],
    [{ '@id': '?p', knows: { '@id': 'joe' } }, ['?p knows {"@id":"joe"}']],
    [{ '@id': '?p', knows: { '@id': '?q' } }, ['?p knows ?q']],
    [{ '@id': '?p', knows: 'joe' }, ['?p knows {"@id":"joe"}']],
    [{ '@id': '?p', knows: '?q' }, ['?p knows ?q']],
    [{ '@id': '?p', knows: { '@id': '?q', name: '?n' } }, ['?q name ?n', '?p knows ?q']],
    [{ '@id': '?p', knows: { name: '?n' } }, ['?1 name ?n', '?p knows ?1']],
    [{ '@id': '?p', knows: {} }, ['?p knows ?1']],
    [{ '@id': '?p', '?r': '?v' }, ['?p ?r ?v']],
    [{ '@id': '?p', '?': 'Fred' }, ['?p ?1 "Fred"']],
    [{ '@id': 'fred', '?r': { '@id': 'joe' } }, ['{"@id":"fred"} ?r {"@id":"joe"}']],
    [{ '@id': '?p', meta: { a: 1 } }, ['?p meta {"@type":"@json","@value":{"a":1}}']],
    [{ '@id': '?p', meta: '?m' }, ['?p meta ?m']],
    [{ '@id': '?p', kind: { '@vocab': 'Kind' } }, ['?p kind {"@id":"#Kind"}']],
    [{ '@id': '?p', name: { '@value': 'Fred' } }, ['?p name "Fred"']],
    [{ '@id': '?p' }, ['?p ?1 ?2']],
    [{ '@id': 'fred' }, ['{"@id":"fred"} ?0 ?1']],
    [{}, ['?0 ?1 ?2']],
    [
      [
        { '@id': '?p', name: '?n' },
        { '@id': '?q', name: '?n' },
      ],
      ['?p name ?n', '?q name ?n'],
    ],
    [{ '@graph': [{ '@id': '?p', name: '?n' }, [{ '@id': '?p', knows: '?q' }]] }, ['?p name ?n', '?p knows ?q']],
    [{ '@id': '?p', name: 'Nobody' }, ['?p name unknown']],
    [{ '@id': '?p', unheard: '?v' }, ['?p unknown ?v']],
    [{ '@id': 'nobody', name: '?n' }, ['unknown name ?n']],
    [{ '@id': '?p', '@type': 'Unheard' }, ['?p @type unknown']],
    [{ '@id': '?p', name: { '@language': 'fr', '@value': 'Fred' } }, ['?p name unknown']],
    [{ '@id': '?p', meta: [1] }, ['?p meta unknown']],
  ])('%j', (json, triples) => {
    expect(where(json)).toEqual(triples)
  })

  it('takes a string for a variable only when it is a question mark and a name', () => {
    for (const text of ['?', '?x', '?x_1', '?1']) expect(isVariable(text)).toBe(true)
    for (const text of ['', 'x', '?x y', '?x?', 'x?', '??', '?é']) expect(isVariable(text)).toBe(false)
    expect(where({ '@id': '?p', name: '?x y' })).toEqual(['?p name unknown'])
  })

  it('numbers the variables of a request together', () => {
    const subjects = known()
    const variables = new Variables()
    subjects.patterns.where({ '@id': '?p', name: '?n' }, variables)
    const deletes = subjects.patterns.delete({ '@id': '?p', name: '?' }, variables)
    expect(print(subjects, variables, deletes)).toEqual(['?p name ?2'])
    expect(variables.names).toEqual(['?p', '?n', ''])
  })
})

describe('a delete pattern', () => {
  it('names triples, and subjects to be deleted whole', () => {
    const subjects = known()
    const variables = new Variables()
    const json = [{ '@id': 'fred', name: '?', knows: { '@id': '?q' } }, { '@id': 'fred' }, { '@id': '?q' }]
    const pattern = subjects.patterns.delete(json, variables)
    expect(print(subjects, variables, pattern)).toEqual(['{"@id":"fred"} name ?0', '{"@id":"fred"} knows ?q'])
    expect(pattern.subjects).toEqual([
      { variable: -1, id: subjects.patterns.constants.reference('fred') },
      { variable: 1, id: 0 },
    ])
    expect(pattern.empty).toBe(false)
    expect(subjects.patterns.delete({ '@id': 'nobody' }, new Variables())).toMatchObject({ triples: [], empty: true })
  })

  // Each of these would delete more than was meant.
  it.each<[unknown, string]>([
    [{}, "$['@delete']['@id']"],
    [{ name: 'Fred' }, "$['@delete']['@id']"],
    [{ '@id': undefined, name: 'Fred' }, "$['@delete']['@id']"],
    [{ '@id': 'fred', knows: { name: '?' } }, "$['@delete'].knows['@id']"],
    [{ '@id': 'fred', name: undefined }, "$['@delete'].name"],
    [{ '@id': 'fred', name: null }, "$['@delete'].name"],
    [{ '@id': 'fred', name: [] }, "$['@delete'].name"],
    [{ '@id': 'fred', name: { '@value': null } }, "$['@delete'].name"],
    [{ '@id': 'fred', ignored: '?' }, "$['@delete'].ignored"],
    [[], "$['@delete']"],
  ])('must not be %j', (json, path) => {
    expect(() => known().patterns.delete(json, new Variables())).toThrow(
      expect.objectContaining({ code: 'pattern-invalid', facts: expect.objectContaining({ path }) }),
    )
  })
})

describe('an error tells what and where', () => {
  let deep: unknown = '?x'
  for (let i = 0; i < 200; i++) deep = { p: deep }

  it.each<[unknown, string, string]>([
    [null, 'value-invalid', "$['@where']"],
    ['?x', 'value-invalid', "$['@where']"],
    [[5], 'value-invalid', "$['@where'][0]"],
    [[], 'pattern-invalid', "$['@where']"],
    [{ '@id': undefined, name: 'x' }, 'pattern-invalid', "$['@where']['@id']"],
    [{ '@id': null }, 'value-invalid', "$['@where']['@id']"],
    [{ '@id': 'a b' }, 'iri-malformed', "$['@where']['@id']"],
    [{ '@id': '?a b' }, 'iri-malformed', "$['@where']['@id']"],
    [{ '@id': '_:b', p: 1 }, 'pattern-unsupported', "$['@where']['@id']"],
    [{ p: null }, 'pattern-invalid', "$['@where'].p"],
    [{ p: [1, undefined] }, 'pattern-invalid', "$['@where'].p[1]"],
    [{ p: [1, [2]] }, 'pattern-unsupported', "$['@where'].p[1]"],
    [{ p: Number.NaN }, 'value-invalid', "$['@where'].p"],
    [{ p: () => 1 }, 'value-invalid', "$['@where'].p"],
    [{ p: new Map() }, 'value-invalid', "$['@where'].p"],
    [{ p: { '@value': 5, '@gt': 3 } }, 'pattern-invalid', "$['@where'].p"],
    [{ p: { '@value': '?x', '@lessThan': 3 } }, 'pattern-unsupported', "$['@where'].p['@lessThan']"],
    [{ '@id': 'fred', '@gt': 3 }, 'pattern-invalid', "$['@where']['@gt']"],
    [{ p: { '@list': [] } }, 'pattern-invalid', "$['@where'].p['@list']"],
    [{ p: { '@list': { x: 1 } } }, 'pattern-invalid', "$['@where'].p['@list'].x"],
    [{ p: { '@list': { '01': 1 } } }, 'pattern-invalid', "$['@where'].p['@list']['01']"],
    [{ p: { '@list': { '0': { '@item': 1, name: 2 } } } }, 'pattern-unsupported', "$['@where'].p['@list']['0'].name"],
    [{ p: { '@list': [null] } }, 'pattern-invalid', "$['@where'].p['@list'][0]"],
    [{ ignored: '?x' }, 'pattern-invalid', "$['@where'].ignored"],
    [{ '@reverse': 5 }, 'value-invalid', "$['@where']['@reverse']"],
    [{ '@reverse': { p: 5 } }, 'value-invalid', "$['@where']['@reverse'].p"],
    [{ '@union': [] }, 'pattern-unsupported', "$['@where']['@union']"],
    [{ '@graph': [], '@filter': {} }, 'pattern-unsupported', "$['@where']['@filter']"],
    [{ '@type': 5 }, 'value-invalid', "$['@where']['@type']"],
    [{ '@type': [] }, 'pattern-invalid', "$['@where']['@type']"],
    [{ meta: null }, 'pattern-invalid', "$['@where'].meta"],
    [deep, 'value-invalid', `$['@where']${'.p'.repeat(128)}`],
  ])('%j', (json, code, path) => {
    expect(() => known().patterns.where(json, new Variables())).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining({ path }) }),
    )
  })
})

describe('an identifier or property by itself', () => {
  it('is looked up, never added', () => {
    const { patterns, terms } = known()
    const size = terms.size
    const properties = terms.propertyCount
    expect(terms.text(patterns.constants.reference('fred'))).toBe('fred')
    expect(patterns.constants.reference('http://board.example/fred')).toBe(patterns.constants.reference('fred'))
    expect(patterns.constants.reference('nobody')).toBe(0)
    expect(patterns.constants.reference('nobody/../x')).toBe(0)
    expect(terms.propertyText(patterns.constants.property('name'))).toBe('#name')
    expect(terms.propertyText(patterns.constants.property('@type'))).toBe('\u0001type')
    expect(patterns.constants.property('unheard')).toBe(-1)
    expect(terms.size).toBe(size)
    expect(terms.propertyCount).toBe(properties)
    expect(() => patterns.constants.reference('a b', '$.id')).toThrow(
      expect.objectContaining({ code: 'iri-malformed' }),
    )
    expect(() => patterns.constants.property('@id')).toThrow(expect.objectContaining({ code: 'pattern-invalid' }))
  })

  it('is found once it is there', () => {
    const subjects = new Subjects()
    expect(subjects.patterns.constants.property('name')).toBe(-1)
    subjects.insert({ '@id': 'fred', name: 'F' })
    expect(subjects.patterns.constants.property('name')).toBe(0)
  })
})
