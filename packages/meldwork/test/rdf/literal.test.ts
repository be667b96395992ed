import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalDouble,
  canonicalJson,
  dateTimeLexical,
  decodeCanonicalBase64,
  encodeBase64,
  IriSpace,
  internLiteral,
  internNumber,
  isLegalNative,
  isLegalTerm,
  literalKind,
  NotJson,
  newId,
  parseCanonicalJson,
  rdf,
  splitLiteral,
  TermKind,
  xsd,
} from '../../src/rdf/index.js'
import { ReferenceTermTable } from '../reference/term-table.js'

const iris = new IriSpace('board.example')

describe('canonical double', () => {
  it.each([
    [0.5, '5.0E-1'],
    [1e300, '1.0E300'],
    [-125.5, '-1.255E2'],
    [5, '5.0E0'],
    [0, '0.0E0'],
    [5e-324, '5.0E-324'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [2 ** 53, '9.007199254740992E15'],
  ])('of %d is %s', (value, lexical) => {
    expect(canonicalDouble(value)).toBe(lexical)
  })

  it('round-trips', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(Number(canonicalDouble(value))).toBe(value === 0 ? 0 : value)
        expect(canonicalDouble(value)).toMatch(/^-?[0-9]\.(0|[0-9]*[1-9])E(0|-?[1-9][0-9]*)$/)
      }),
    )
  })
})

describe('the kind of a literal', () => {
  it.each([
    [xsd.string, 'x', TermKind.string],
    [xsd.string, '', TermKind.string],
    [xsd.boolean, 'true', TermKind.boolean],
    [xsd.boolean, 'false', TermKind.boolean],
    [xsd.integer, '5', TermKind.integer],
    [xsd.integer, '-5', TermKind.integer],
    [xsd.integer, '0', TermKind.integer],
    [xsd.integer, '9007199254740991', TermKind.integer],
    [xsd.double, '5.0E-1', TermKind.double],
    [xsd.double, '1.0E300', TermKind.double],
    [xsd.double, '9.007199254740992E15', TermKind.double],
  ])('%j %s is native', (datatype, lexical, kind) => {
    expect(literalKind(datatype, lexical)).toBe(kind)
    const table = new ReferenceTermTable()
    expect(table.kind(internLiteral(table, datatype, lexical, true))).toBe(kind)
  })

  it.each([
    [xsd.boolean, '1'],
    [xsd.boolean, 'TRUE'],
    [xsd.boolean, ' true'],
    [xsd.integer, '007'],
    [xsd.integer, '+5'],
    [xsd.integer, '-0'],
    [xsd.integer, ''],
    [xsd.integer, ' 5'],
    [xsd.integer, '5.0'],
    [xsd.integer, '1e3'],
    [xsd.integer, '9007199254740992'],
    [xsd.integer, '-123456789012345678901234567890'],
    [xsd.double, '5'],
    [xsd.double, '5.0E0'],
    [xsd.double, '-0.0E0'],
    [xsd.double, '0.5'],
    [xsd.double, '5.0e-1'],
    [xsd.double, '5.00E-1'],
    [xsd.double, '5E-1'],
    [xsd.double, 'NaN'],
    [xsd.double, 'INF'],
    [xsd.double, '1.0E999'],
    [xsd.double, ''],
    [xsd.decimal, '5'],
    [rdf.JSON, '{}'],
    ['http://x/y', 'true'],
  ])('%j %j stays as it is written', (datatype, lexical) => {
    expect(literalKind(datatype, lexical)).toBe(TermKind.typed)
    const table = new ReferenceTermTable()
    const id = internLiteral(table, datatype, lexical, true)
    expect(table.text(id)).toBe(`${datatype}\0${lexical}`)
    expect(isLegalTerm(TermKind.typed, table.text(id), iris)).toBe(true)
  })

  it('is native exactly when that gives the same text back', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(xsd.integer, xsd.double),
        (value, datatype) => {
          const table = new ReferenceTermTable()
          const id = internNumber(table, value, true)
          const kind = table.kind(id)
          const lexical = kind === TermKind.integer ? String(value) : canonicalDouble(value)
          if ((kind === TermKind.integer) !== (datatype === xsd.integer)) return
          if (Object.is(value, -0)) return
          expect(internLiteral(table, datatype, lexical, false)).toBe(id)
        },
      ),
    )
  })

  it('adds nothing when it only looks', () => {
    const table = new ReferenceTermTable()
    expect(internLiteral(table, xsd.string, 'x', false)).toBe(0)
    expect(internLiteral(table, 'http://x/y', 'x', false)).toBe(0)
    expect(internNumber(table, 5, false)).toBe(0)
    expect(table.size).toBe(0)
  })
})

describe('a term off the wire', () => {
  it.each([
    [TermKind.iri, 'fred'],
    [TermKind.string, 'a\0b'],
    [TermKind.string, ''],
    [TermKind.typed, 'http://x/y\0'],
    [TermKind.typed, `${xsd.integer}\u0000007`],
    [TermKind.typed, '#mine\0a\0b'],
    [TermKind.language, 'en-gb\0colour'],
    [TermKind.language, 'de\0'],
  ])('of kind %d can be %j', (kind, text) => {
    expect(isLegalTerm(kind, text, iris)).toBe(true)
  })

  it.each([
    [TermKind.iri, ''],
    [TermKind.iri, 'http://board.example/fred'],
    [TermKind.string, 'a\ud800'],
    [TermKind.typed, 'no separator'],
    [TermKind.typed, '\0x'],
    [TermKind.typed, `${xsd.integer}\u00005`],
    [TermKind.typed, `${xsd.string}\0x`],
    [TermKind.typed, `${xsd.boolean}\0true`],
    [TermKind.typed, `${xsd.double}\u00005.0E-1`],
    [TermKind.typed, `${rdf.langString}\0x`],
    [TermKind.typed, `${rdf.dirLangString}\0x`],
    [TermKind.typed, 'http://www.w3.org/2001/XMLSchema#date\0x'],
    [TermKind.typed, 'http://x/y\0\udc00'],
    [TermKind.language, 'EN\0x'],
    [TermKind.language, '\0x'],
    [TermKind.language, 'en'],
    [TermKind.language, 'en_gb\0x'],
    [TermKind.language, 'waytoolong1\0x'],
    [TermKind.integer, '5'],
    [99 as TermKind, 'a\0b'],
  ])('of kind %d cannot be %j', (kind, text) => {
    expect(isLegalTerm(kind, text, iris)).toBe(false)
  })

  it('has one native form', () => {
    expect(isLegalNative(TermKind.integer, 5)).toBe(true)
    expect(isLegalNative(TermKind.integer, -0)).toBe(false)
    expect(isLegalNative(TermKind.integer, 0.5)).toBe(false)
    expect(isLegalNative(TermKind.double, 0.5)).toBe(true)
    expect(isLegalNative(TermKind.double, 5)).toBe(false)
    expect(isLegalNative(TermKind.double, -0)).toBe(false)
    expect(isLegalNative(TermKind.double, Number.NaN)).toBe(false)
    expect(isLegalNative(TermKind.double, Number.POSITIVE_INFINITY)).toBe(false)
    expect(isLegalNative(TermKind.boolean, true)).toBe(true)
    expect(isLegalNative(TermKind.integer, true)).toBe(false)
    expect(isLegalNative(TermKind.boolean, 1)).toBe(false)
  })

  it('is split at the first U+0000', () => {
    expect(splitLiteral('en\0a\0b')).toEqual(['en', 'a\0b'])
  })
})

describe('base64', () => {
  it('is what the platform makes, and comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), bytes => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
        expect(decodeCanonicalBase64(encodeBase64(bytes))).toEqual(new Uint8Array(bytes))
      }),
    )
  })

  it.each(['A', 'AA', 'AAA', 'AB==', 'AAB=', 'A===', 'AA==AAAA', 'AAA A', '====', 'AA-_', 'AAAA\n'])(
    'refuses %j',
    text => {
      expect(decodeCanonicalBase64(text)).toBeUndefined()
    },
  )

  it('decodes only what it would encode', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('A', 'B', 'Q', 'w', '/', '+', '='), { maxLength: 8 }), letters => {
        const bytes = decodeCanonicalBase64(letters.join(''))
        if (bytes !== undefined) expect(encodeBase64(bytes)).toBe(letters.join(''))
      }),
    )
  })
})

describe('canonical JSON', () => {
  it('is that of RFC 8785', () => {
    expect(canonicalJson({ b: [1, -0, 1e21, 0.1], a: '\u20ac\n', '\ud83d\ude00': null, é: true })).toBe(
      '{"a":"€\\n","b":[1,0,1e+21,0.1],"é":true,"😀":null}',
    )
    // Section 3.2.3: sorted by UTF-16 code units.
    expect(Object.keys(JSON.parse(canonicalJson({ '\ufb33': 1, '\ud83d\ude00': 2, '1': 3, '\u20ac': 4 })))).toEqual([
      '1',
      '\u20ac',
      '\ud83d\ude00',
      '\ufb33',
    ])
  })

  it('round-trips any JSON, hostile names included', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const plain = JSON.parse(JSON.stringify(value))
        const text = canonicalJson(plain)
        expect(JSON.parse(text)).toEqual(plain)
        expect(parseCanonicalJson(text)).toEqual(plain)
      }),
    )
    const hostile = JSON.parse('{"__proto__":{"a":1},"constructor":2}')
    expect(canonicalJson(hostile)).toBe('{"__proto__":{"a":1},"constructor":2}')
  })

  it.each(['{ }', '{"b":1,"a":2}', '1.0', '[1, 2]', '', '{', '{"a":1,"a":2}', '[['.repeat(200)])(
    'does not take %j for it',
    text => {
      expect(parseCanonicalJson(text)).toBeUndefined()
    },
  )

  it('does not overflow the stack on what a peer sends', () => {
    expect(parseCanonicalJson('['.repeat(100_000) + ']'.repeat(100_000))).toBeUndefined()
  })

  it('refuses what is no JSON', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    const all = [
      undefined,
      Number.NaN,
      5n,
      () => 1,
      Symbol('x'),
      new Map(),
      new Date(),
      'a\ud800',
      { 'a\ud800': 1 },
      cycle,
    ]
    for (const value of all) expect(() => canonicalJson(value)).toThrow(NotJson)
    expect(() => canonicalJson({ a: [1, Number.NaN] })).toThrow(expect.objectContaining({ at: '.a[1]' }))
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}')
  })
})

describe('dates', () => {
  it.each([
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['+010000-01-01T00:00:00Z', '10000-01-01T00:00:00.000Z'],
    ['+275760-09-13T00:00:00Z', '275760-09-13T00:00:00.000Z'],
    ['-000001-01-01T00:00:00Z', '-0001-01-01T00:00:00.000Z'],
    ['-271821-04-20T00:00:00Z', '-271821-04-20T00:00:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ])('%s is the xsd:dateTime %s', (date, lexical) => {
    expect(dateTimeLexical(new Date(date))).toBe(lexical)
  })

  it('that are invalid have none', () => {
    expect(dateTimeLexical(new Date(Number.NaN))).toBeUndefined()
  })
})

describe('a new identifier', () => {
  it('is a short form with 128 random bits', () => {
    expect(newId(length => new Uint8Array(length).fill(255))).toBe('.well-known/genid/_____________________w')
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => iris.isShort(newId(() => bytes))))
  })
})
