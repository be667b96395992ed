/** The types of rules that ship, one by one: which parameters they take, and what they say of values. */
import { describe, expect, it } from 'vitest'
import type { PairRule, SetRule, SubjectRule, ValueRule } from '../../src/constraint/index.js'
import { xsd } from '../../src/rdf/index.js'
import { candidates, one, property, read, terms, valueId } from './declared.js'

const xsdIri = (name: string) => `http://www.w3.org/2001/XMLSchema#${name}`
const typed = (type: string, value: string) => ({ '@type': type.includes(':') ? type : xsdIri(type), '@value': value })
const text = (language: string, value: string) => ({ '@language': language, '@value': value })
const id = (iri: string) => ({ '@id': iri })

describe('a rule on single values', () => {
  it.each<[Record<string, unknown>, readonly unknown[], readonly unknown[]]>([
    [{ '@type': 'in', values: ['a', 1, id('x')] }, ['a', 1, id('x')], ['b', '1', 2, id('a')]],
    [
      { '@type': 'datatype', datatype: 'integer' },
      [1, typed('integer', '007')],
      ['1', 0.5, true, id('x'), typed('integer', 'x'), typed('int', '1')],
    ],
    [
      { '@type': 'datatype', datatype: 'double' },
      [0.5, typed('double', '5'), typed('double', 'NaN')],
      [1, typed('float', '1'), typed('double', 'x')],
    ],
    [{ '@type': 'datatype', datatype: 'boolean' }, [true, typed('boolean', '0')], ['true', typed('boolean', 'yes')]],
    [{ '@type': 'datatype', datatype: 'string' }, ['', 'a'], [1, text('en', 'a'), id('a')]],
    [{ '@type': 'datatype', datatype: 'langString' }, [text('en', 'a')], ['a']],
    [
      { '@type': 'datatype', datatype: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString' },
      [text('en', 'a')],
      ['a'],
    ],
    [
      { '@type': 'datatype', datatype: 'dateTime' },
      [typed('dateTime', '2024-02-29T12:00:00Z')],
      [typed('dateTime', '2023-02-29T12:00:00Z'), '2024-02-29T12:00:00Z'],
    ],
    [{ '@type': 'datatype', datatype: 'date' }, [typed('date', '2024-02-29')], [typed('date', '2024-02-30')]],
    [
      { '@type': 'datatype', datatype: xsdIri('byte') },
      [typed('byte', '-128'), typed('byte', '+7')],
      [typed('byte', '128'), 1],
    ],
    [
      { '@type': 'datatype', datatype: 'nonNegativeInteger' },
      [typed('nonNegativeInteger', '9'.repeat(40))],
      [typed('nonNegativeInteger', '-1')],
    ],
    [{ '@type': 'datatype', datatype: 'decimal' }, [typed('decimal', '1.50')], [typed('decimal', '1e5')]],
    [
      { '@type': 'datatype', datatype: 'time' },
      [typed('time', '23:59:59.5Z'), typed('time', '24:00:00')],
      [typed('time', '24:00:01')],
    ],
    [
      { '@type': 'datatype', datatype: 'duration' },
      [typed('duration', '-P1Y2M3DT4H5M6.7S'), typed('duration', 'PT1S')],
      [typed('duration', 'P'), typed('duration', 'P1DT')],
    ],
    [{ '@type': 'datatype', datatype: 'gMonthDay' }, [typed('gMonthDay', '--02-29')], [typed('gMonthDay', '--13-01')]],
    [
      { '@type': 'datatype', datatype: 'base64Binary' },
      [typed('base64Binary', 'AA =='), typed('base64Binary', '')],
      [typed('base64Binary', 'AAA')],
    ],
    [{ '@type': 'datatype', datatype: 'hexBinary' }, [typed('hexBinary', '0aF0')], [typed('hexBinary', '0')]],
    [
      { '@type': 'datatype', datatype: 'http://other.example/type' },
      [typed('http://other.example/type', 'anything')],
      ['anything'],
    ],
    [
      { '@type': 'min-inclusive', value: 5 },
      [5, 5.5, typed('decimal', '5.0')],
      [4, '6', true, id('x'), typed('double', 'NaN')],
    ],
    [{ '@type': 'max-inclusive', value: 5 }, [5, -1], [5.5, 'a', typed('double', 'NaN')]],
    [{ '@type': 'min-exclusive', value: 5 }, [5.5], [5, typed('decimal', '5.0')]],
    [
      { '@type': 'max-exclusive', value: typed('dateTime', '2024-01-01T00:00:00Z') },
      [typed('dateTime', '2024-01-01T00:30:00+01:00')],
      [typed('dateTime', '2024-01-01T00:00:00Z'), 5],
    ],
    [{ '@type': 'min-length', length: 2 }, ['ab', '😀😀', 10, 0.5, id('x')], ['a', '😀', 5]],
    [{ '@type': 'max-length', length: 1 }, ['', 'a', '😀', text('en', 'a'), 5], ['ab', 10, id('x')]],
    [{ '@type': 'max-length', length: 'http://rules.example/x'.length }, [id('x')], [id('xy')]],
    [{ '@type': 'pattern', pattern: '^[A-Z]{2}$' }, ['AB'], ['ab', 'ABC']],
    [{ '@type': 'pattern', pattern: 'ab', flags: 'i' }, ['xABx', text('en', 'ab')], ['a b']],
    [{ '@type': 'pattern', pattern: '^http://rules\\.example/' }, [id('x')], [id('http://other.example/')]],
    [{ '@type': 'pattern', pattern: '^5\\.0E-1$' }, [0.5], ['0.5']],
    [{ '@type': 'node-kind', kind: 'iri' }, [id('x')], ['x', 1, text('en', 'x')]],
    [{ '@type': 'node-kind', kind: 'literal' }, ['x', 1, true, text('en', 'x')], [id('x')]],
    [
      { '@type': 'language-in', languages: ['EN', 'de-ch'] },
      [text('en', 'a'), text('en-GB', 'a'), text('de-ch', 'a')],
      ['a', text('de', 'a'), text('eng', 'a'), 1],
    ],
    [
      {
        '@type': 'and',
        of: [
          { '@type': 'min-inclusive', value: 1 },
          { '@type': 'max-inclusive', value: 3 },
        ],
      },
      [1, 3],
      [0, 4],
    ],
    [
      {
        '@type': 'or',
        of: [
          { '@type': 'datatype', datatype: 'integer' },
          { '@type': 'in', values: ['none'] },
        ],
      },
      [7, 'none'],
      ['many'],
    ],
    [{ '@type': 'not', of: [{ '@type': 'in', values: ['a'] }] }, ['b'], ['a']],
    [{ '@type': 'not', of: { '@type': 'in', values: 'a' } }, ['b'], ['a']],
    [
      {
        '@type': 'xone',
        of: [
          { '@type': 'min-inclusive', value: 5 },
          { '@type': 'in', values: [7, 1] },
        ],
      },
      [6, 1],
      [7, 0],
    ],
    [
      {
        '@type': 'not',
        of: [
          {
            '@type': 'or',
            of: [
              { '@type': 'in', values: 'a' },
              { '@type': 'in', values: 'b' },
            ],
          },
        ],
      },
      ['c'],
      ['a', 'b'],
    ],
  ])('%j', (declaration, allowed, refused) => {
    const { rule, canonical } = one({ property: 'p', ...declaration })
    expect(rule).toMatchObject({ stratum: 'value', property: property('p') })
    const { allows } = rule as ValueRule
    expect(allowed.filter(value => !allows(valueId(value), terms))).toEqual([])
    expect(refused.filter(value => allows(valueId(value), terms))).toEqual([])
    // The canonical form means the same.
    expect(one(canonical as Record<string, unknown>).canonical).toEqual(canonical)
  })

  it('closed is about all properties but those, types and what makes lists', () => {
    const { rule } = one({ '@type': 'closed', properties: ['name', 'age'], class: 'Person' })
    const { allBut } = (rule as ValueRule).property as { allBut: ReadonlySet<number> }
    const named = Array.from(allBut, id => terms.propertyText(id))
    expect(new Set(named)).toEqual(
      new Set([
        '#name',
        '#age',
        '\u0001type',
        'http://json-rql.org/#slot',
        'http://m-ld.org/#position',
        'http://json-rql.org/#item',
      ]),
    )
  })

  it('takes a datatype as a canonical IRI', () => {
    const { canonical } = one({ '@type': 'datatype', property: 'p', datatype: 'integer' })
    expect(canonical).toEqual({
      '@type': 'datatype',
      property: 'http://rules.example/#p',
      datatype: xsdIri('integer'),
    })
    expect(xsd.integer).toBe('\u0002integer')
  })
})

describe('a rule that chooses', () => {
  it.each<[Record<string, unknown>, readonly unknown[], readonly unknown[]]>([
    [{ '@type': 'single-valued' }, [1, 3, 2], [3]],
    [{ '@type': 'single-valued', winner: 'least' }, [2, 1, 3], [1]],
    [{ '@type': 'single-valued', winner: 'latest' }, [3, 1, 2], [2]],
    [{ '@type': 'single-valued', winner: 'order', order: ['done', 'doing', 'todo'] }, ['todo', 'doing'], ['doing']],
    [
      { '@type': 'single-valued', winner: 'order', order: ['done', 'doing', 'todo'] },
      ['todo', 'zzz', 'aaa', 'done'],
      ['done'],
    ],
    [{ '@type': 'single-valued', winner: 'order', order: ['done'] }, ['b', 'a'], ['a']],
    [{ '@type': 'max-count', count: 2 }, [1, 3, 2], [3, 2]],
    [{ '@type': 'max-count', count: 0 }, [1], []],
    [{ '@type': 'max-count', count: 2, winner: 'least' }, [1, 3, 2], [1, 2]],
    [
      { '@type': 'unique-lang' },
      ['x', 'y', text('en', 'a'), text('en', 'b'), text('de', 'a'), 1],
      ['x', 'y', text('en', 'b'), text('de', 'a'), 1],
    ],
    [
      { '@type': 'unique-lang', winner: 'least' },
      [text('en', 'b'), text('en', 'a'), text('en-gb', 'c')],
      [text('en', 'a'), text('en-gb', 'c')],
    ],
    [{ '@type': 'unique-lang', winner: 'latest' }, [text('en', 'b'), text('en', 'a')], [text('en', 'a')]],
  ])('%j: of %j is seen %j', (declaration, given, seen) => {
    const { rule } = one({ property: 'p', ...declaration })
    expect(rule).toMatchObject({ stratum: 'set', property: property('p') })
    const all = candidates(given)
    for (const some of [all, all.toReversed()]) {
      const hidden = new Set((rule as SetRule).hides(some, terms))
      const left = all.map(({ value }) => value).filter(value => !hidden.has(value))
      expect(left).toEqual(seen.map(valueId).sort((a, b) => left.indexOf(a) - left.indexOf(b)))
    }
  })
})

describe('a rule on two properties', () => {
  it.each<[Record<string, unknown>, readonly unknown[], readonly unknown[], readonly unknown[], readonly unknown[]]>([
    [{ '@type': 'disjoint', with: 'q' }, [1, 2], [2, 3], [2], []],
    [{ '@type': 'disjoint', with: 'q' }, [1], [2], [], []],
    [{ '@type': 'equals', with: 'q' }, [1, 2], [2, 3], [1], [3]],
    [{ '@type': 'equals', with: 'q' }, [1], [], [1], []],
    [{ '@type': 'less-than', than: 'q' }, [1, 2, 3, 'a'], [3, 5], [3, 'a'], []],
    [{ '@type': 'less-than', than: 'q' }, [1, 'a'], [], [], []],
    [{ '@type': 'less-than', than: 'q' }, [1], [2, 'b'], [1], []],
    [{ '@type': 'less-than-or-equals', than: 'q' }, [3, 4], [3, 5], [4], []],
    [{ '@type': 'less-than-or-equals', than: 'q' }, [id('x')], [id('x')], [id('x')], []],
  ])('%j: of %j and %j are hidden %j and %j', (declaration, first, second, ...hidden) => {
    const { rule } = one({ property: 'p', ...declaration })
    expect(rule).toMatchObject({ stratum: 'pair', properties: [property('p'), property('q')] })
    const { hides } = rule as PairRule
    expect(hides(first.map(valueId), second.map(valueId), terms)).toEqual(hidden.map(values => values.map(valueId)))
  })
})

describe('a rule on subjects', () => {
  const p = (declaration: Record<string, unknown>) => ({ property: 'p', ...declaration })
  it.each<[Record<string, unknown>, readonly (readonly [object, boolean])[]]>([
    [
      p({ '@type': 'required' }),
      [
        [{ p: [1] }, true],
        [{}, false],
      ],
    ],
    [
      p({ '@type': 'min-count', count: 2 }),
      [
        [{ p: [1, 2] }, true],
        [{ p: [1] }, false],
      ],
    ],
    [p({ '@type': 'min-count', count: 0 }), [[{}, true]]],
    [
      p({ '@type': 'has-value', value: 'x' }),
      [
        [{ p: ['x', 'y'] }, true],
        [{ p: ['y'] }, false],
        [{}, false],
      ],
    ],
    [
      { '@type': 'or', of: [p({ '@type': 'required' }), { '@type': 'required', property: 'q' }] },
      [
        [{ p: [1] }, true],
        [{ q: [1] }, true],
        [{}, false],
      ],
    ],
    [
      { '@type': 'xone', of: [p({ '@type': 'required' }), { '@type': 'required', property: 'q' }] },
      [
        [{ p: [1] }, true],
        [{ q: [1], p: [1] }, false],
        [{}, false],
      ],
    ],
    [
      { '@type': 'not', of: [p({ '@type': 'has-value', value: 'x' }), { '@type': 'required', property: 'q' }] },
      [
        [{ p: ['x'] }, true],
        [{ p: ['x'], q: [1] }, false],
        [{}, true],
      ],
    ],
    [
      {
        '@type': 'or',
        of: [p({ '@type': 'in', values: [1, 2] }), { '@type': 'datatype', property: 'q', datatype: 'string' }],
      },
      [
        [{ p: [1, 2] }, true],
        [{ p: [1, 3] }, true],
        [{ p: [3], q: ['a'] }, true],
        [{ p: [3], q: [1] }, false],
        [{}, true],
      ],
    ],
    [
      p({ '@type': 'and', of: [{ '@type': 'required' }, { '@type': 'min-inclusive', value: 1 }] }),
      [
        [{ p: [1] }, true],
        [{ p: [0, 1] }, false],
        [{}, false],
      ],
    ],
  ])('%j', (declaration, cases) => {
    const { rule } = one({ ...declaration, class: 'C' })
    expect(rule).toMatchObject({ stratum: 'subject', scope: { type: 'class' } })
    for (const [subject, expected] of cases) {
      const values = (of: number) =>
        Object.entries(subject).flatMap(([name, list]) =>
          property(name) === of ? (list as unknown[]).map(valueId) : [],
        )
      expect([subject, (rule as SubjectRule).holds(values, terms)]).toEqual([subject, expected])
    }
  })
})

describe('what is refused', () => {
  it.each<[Record<string, unknown>, RegExp]>([
    [{ '@type': 'in', property: 'p' }, /\.values cannot be used: it is missing/],
    [{ '@type': 'in', property: 'p', values: [] }, /\.values .*empty/],
    [{ '@type': 'in', property: 'p', values: [{ '@id': ['x'] }] }, /\.values/],
    [{ '@type': 'datatype', property: 'p' }, /\.datatype .*name of a datatype/],
    [{ '@type': 'datatype', property: 'p', datatype: 'interger' }, /there is no datatype interger/],
    [{ '@type': 'datatype', property: 'p', datatype: 'http://bad iri' }, /\.datatype/],
    [{ '@type': 'min-inclusive', property: 'p' }, /\.value .*must be a value/],
    [{ '@type': 'min-inclusive', property: 'p', value: { '@id': 'x' } }, /what has an order/],
    [{ '@type': 'max-exclusive', property: 'p', value: typed('double', 'NaN') }, /what has an order/],
    [{ '@type': 'max-exclusive', property: 'p', value: typed('integer', 'x') }, /what has an order/],
    [{ '@type': 'min-length', property: 'p', length: -1 }, /whole number/],
    [{ '@type': 'max-length', property: 'p', length: '5' }, /whole number/],
    [{ '@type': 'pattern', property: 'p' }, /\.pattern .*regular expression/],
    [{ '@type': 'pattern', property: 'p', pattern: '(a' }, /\.pattern cannot be used: it does not close a group/],
    [{ '@type': 'pattern', property: 'p', pattern: '(a)\\1' }, /refers back/],
    [{ '@type': 'pattern', property: 'p', pattern: 'a', flags: 'g' }, /flag g/],
    [{ '@type': 'pattern', property: 'p', pattern: 'a', flags: 1 }, /\.flags/],
    [{ '@type': 'node-kind', property: 'p' }, /one of iri, literal/],
    [{ '@type': 'node-kind', property: 'p', kind: 'blank' }, /one of iri, literal/],
    [{ '@type': 'language-in', property: 'p', languages: ['not a tag'] }, /tag of a language/],
    [{ '@type': 'language-in', property: 'p' }, /\.languages .*missing/],
    [{ '@type': 'closed', properties: ['name'] }, /\.class .*which subjects are closed/],
    [{ '@type': 'closed', class: 'Person' }, /\.properties .*missing/],
    [{ '@type': 'closed', class: 'Person', properties: [1] }, /\.properties .*name of a property/],
    [{ '@type': 'single-valued', property: 'p', winner: 'order' }, /\.order .*missing/],
    [{ '@type': 'single-valued', property: 'p', winner: 'greatest', order: ['a'] }, /no such parameter/],
    [{ '@type': 'unique-lang', property: 'p', winner: 'order' }, /one of greatest, least, latest/],
    [{ '@type': 'disjoint', property: 'p' }, /\.with .*name of a property/],
    [{ '@type': 'disjoint', property: 'p', with: 'p' }, /another property/],
    [{ '@type': 'equals', property: 'p', with: 'p' }, /another property/],
    [{ '@type': 'less-than', property: 'p', with: 'q' }, /\.than/],
    [{ '@type': 'less-than-or-equals', property: 'p', than: 'p' }, /another property/],
    [{ '@type': 'min-count', property: 'p', count: 1 }, /\.class .*of which subjects/],
    [{ '@type': 'min-count', property: 'p', class: 'C', count: 1.5 }, /whole number/],
    [{ '@type': 'has-value', property: 'p', class: 'C' }, /\.value .*must be a value/],
    [{ '@type': 'and', property: 'p' }, /\.of .*missing/],
    [{ '@type': 'and', property: 'p', of: [] }, /\.of .*empty/],
    [{ '@type': 'and', property: 'p', of: ['in'] }, /\.of\[0\] .*must be an object/],
    [{ '@type': 'and', property: 'p', of: [{ '@type': 'in' }] }, /\.of\[0\]\.values .*missing/],
    [{ '@type': 'and', of: [{ '@type': 'in', values: [1] }] }, /\.of\[0\]\.property/],
    [
      { '@type': 'or', property: 'p', of: [{ '@type': 'single-valued' }] },
      /\.of .*"p has one value" chooses what is seen/,
    ],
    [{ '@type': 'or', property: 'p', of: [{ '@type': 'unique', property: 'p' }] }, /chooses what is seen/],
    [{ '@type': 'or', property: 'p', of: [{ '@type': 'reference' }] }, /chooses what is seen/],
    [{ '@type': 'or', property: 'p', of: [{ '@type': 'equals', with: 'q' }] }, /chooses what is seen/],
    [{ '@type': 'or', class: 'C', of: [{ '@type': 'closed', properties: ['p'] }] }, /about all properties/],
    [{ '@type': 'or', property: 'p', of: [{ '@type': 'in', values: [1], class: 'C' }] }, /say it outside/],
    [{ '@type': 'or', property: 'p', of: [{ '@type': 'required' }] }, /\.of\[0\]\.class/],
    [{ '@type': 'or', property: 'p', of: [{ '@type': 'in', values: [1], reportOnly: true }] }, /said of the whole/],
    [
      { '@type': 'not', property: 'p', class: 'C', node: 'x', of: [{ '@type': 'in', values: [1], clas: 'C' }] },
      /no such parameter/,
    ],
  ])('%j: %s', (declaration, message) => {
    expect(() => one(declaration)).toThrow(
      expect.objectContaining({ code: 'constraint-invalid', message: expect.stringMatching(message) }),
    )
  })

  it('rules in one another, deeper than 8', () => {
    const nest = (depth: number): object =>
      depth === 0 ? { '@type': 'in', values: ['a'] } : { '@type': 'not', of: [nest(depth - 1)] }
    const { rule } = one({ ...nest(7), property: 'p' })
    // Odd: not in.
    expect((rule as ValueRule).allows(valueId('a'), terms)).toBe(false)
    expect(() => one({ ...nest(8), property: 'p' })).toThrow(/at most 8/)
    expect(() => one({ ...nest(5_000), property: 'p' })).toThrow(/at most 8/)
  })

  it('is a declaration on which the code of a type fails', () => {
    const kind = {
      point: 'rule',
      type: 'http://rules.example/broken',
      version: 1,
      make: (): never => {
        throw new TypeError('broken')
      },
    } as const
    const { inForce, notInForce } = read([{ '@type': kind.type }, { '@type': 'single-valued', property: 'p' }], [kind])
    expect(inForce).toHaveLength(1)
    expect(notInForce).toMatchObject([{ error: { code: 'constraint-invalid', cause: { message: 'broken' } } }])
  })
})
