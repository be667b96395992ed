import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  compareCodePoints,
  equalJson,
  JsonFloat,
  type JsonObject,
  type JsonValue,
  jsonOf,
  keepNumbers,
  maxJsonDepth,
  parseJson,
  plainOf,
} from '../../src/codec/index.js'
import {
  compareBytes,
  expectSame,
  floatForm,
  key,
  numberText,
  objectOf,
  slowFloat,
  slowText,
  text,
  tree,
} from './json-reference.js'

const malformed = expect.objectContaining({ code: 'json-malformed' })

/** What a text is refused for. */
function refusal(source: string | Uint8Array): { position: number; line: number; column: number; reason: string } {
  try {
    parseJson(source)
  } catch (error) {
    expect(error).toEqual(malformed)
    return (error as { facts: { position: number; line: number; column: number; reason: string } }).facts
  }
  throw new Error(`Taken: ${source}`)
}

describe('parsing', () => {
  it('gives the value of which a text is one of many', () => {
    fc.assert(
      fc.property(tree, ({ value, text }) => {
        expectSame(parseJson(text, { floats: 'exact' }), value)
        expectSame(parseJson(new TextEncoder().encode(text), { floats: 'exact' }), value)
      }),
    )
  })

  it('prints it again, and what it prints is canonical: parsed and printed, it is the same text', () => {
    fc.assert(
      fc.property(tree, ({ value }) => {
        const printed = canonicalJson(value)
        expectSame(parseJson(printed, { floats: 'exact' }), value)
        expect(printed).toBe(slowText(value))
        const unsigned = canonicalJson(value, { exponents: 'unsigned' })
        expectSame(parseJson(unsigned, { floats: 'exact' }), value)
      }),
    )
  })

  it('is equal to JSON.parse where that loses nothing', () => {
    fc.assert(
      fc.property(fc.json(), source => {
        const value = parseJson(source, { floats: 'exact' })
        // Integers beyond 2^53.
        if (/\d{16}/.test(source)) return
        expect(isDeepStrictEqual(plainOf(value, 'native'), JSON.parse(source))).toBe(true)
      }),
    )
  })

  it('refuses what JSON.parse refuses, and takes what it takes but for what cannot be kept', () => {
    const noise = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '1',
        '-',
        '.5',
        'e1',
        '0',
        'true',
        'nul',
        ' ',
        '\\',
        '\\u00',
        '\u0001',
      ),
      { maxLength: 7 },
    )
    fc.assert(
      fc.property(
        noise.map(parts => parts.join('')),
        source => {
          let valid = true
          try {
            JSON.parse(source)
          } catch {
            valid = false
          }
          if (valid) expect(parseJson(source)).toBeDefined()
          else expect(() => parseJson(source)).toThrow(malformed)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('refuses a text that has been cut off anywhere', () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 3 }), fc.nat(), (trees, at) => {
        const source = `[${trees.map(({ text }) => text).join()}]`
        expect(() => parseJson(source.slice(0, at % source.length))).toThrow(malformed)
      }),
    )
  })

  it('refuses bytes that are cut off in a character, or are none', () => {
    const bytes = new TextEncoder().encode('"grün 😀"')
    for (let end = 0; end < bytes.length; end++) expect(() => parseJson(bytes.subarray(0, end))).toThrow(malformed)
    expect(refusal(bytes.subarray(0, bytes.length - 2)).reason).toContain('UTF-8')
    expect(refusal(Uint8Array.of(0x22, 0x61, 0x0a, 0xff, 0x22))).toMatchObject({ position: 3, line: 2, column: 1 })
    // A surrogate, an overlong form, a byte order mark.
    expect(() => parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toThrow(malformed)
    expect(() => parseJson(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22))).toThrow(malformed)
    expect(() => parseJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31))).toThrow(malformed)
  })

  it.each(['"\ud83d"', '"\ude00\ud83d"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\ud83d"', '"\\ud83dx"', '{"\ud83d":1}'])(
    'refuses half of a surrogate pair: %j',
    source => {
      expect(refusal(source).reason).toContain('surrogate')
    },
  )

  it('takes half a pair as an escape beside the other half as an escape only', () => {
    expect(parseJson('"\\ud83d\\uDE00"')).toBe('😀')
    expect(() => parseJson('"\\ud83d\ude00"')).toThrow(malformed)
  })

  it.each([
    '',
    ' ',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x1',
    '1_0',
    'NaN',
    'Infinity',
    '[1,]',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '[1 2]',
    '{"a" 1}',
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    'nulll',
    '1 2',
    '\ufeff1',
    '\u00a01',
  ])('refuses %j', source => {
    expect(() => parseJson(source)).toThrow(malformed)
  })

  it('says where', () => {
    expect(refusal('{\n  "a": 1,\n  "b": x\n}')).toEqual({
      position: 19,
      line: 3,
      column: 8,
      reason: 'a value is expected',
    })
    expect(refusal('[1, 2')).toMatchObject({ position: 5, line: 1, column: 6, reason: 'the text ends too early' })
    expect(refusal('[1e999]')).toMatchObject({ position: 1, reason: 'a number is out of range' })
  })

  it('of members of the same name takes the last one', () => {
    expect(parseJson('{"a":1,"b":2,"a":3}')).toEqual({ a: 3, b: 2 })
  })

  it('keeps __proto__ as a member, and gives nobody a prototype', () => {
    const value = parseJson('{"__proto__":{"polluted":true},"a":{"__proto__":null}}') as JsonObject
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(canonicalJson(value)).toBe('{"__proto__":{"polluted":true},"a":{"__proto__":null}}')
    expect(canonicalJson({ b: 1, ...value })).toBe('{"__proto__":{"polluted":true},"a":{"__proto__":null},"b":1}')
    for (const copy of [jsonOf(value), plainOf(value, 'native'), keepNumbers(value, jsonOf(value))]) {
      expect(copy).toStrictEqual(value)
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    }
    expect(equalJson(value, parseJson('{"a":{"b":null},"b":1}'))).toBe(false)
    expect(equalJson({}, objectOf([['__proto__', {}]]))).toBe(false)
    expect(keepNumbers({}, objectOf([['toString', 1]]))).toEqual({ toString: 1 })
  })

  it('goes as deep as the original, and no deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(canonicalJson(parseJson(nested(maxJsonDepth)))).toBe(nested(maxJsonDepth))
    for (const bomb of [nested(maxJsonDepth + 1), nested(100_000), '['.repeat(1_000_000), '{"a":'.repeat(1_000_000)]) {
      expect(refusal(bomb).reason).toContain(`more than ${maxJsonDepth}`)
    }
    expect(parseJson(`[${'[],'.repeat(10_000)}[]]`)).toHaveLength(10_001)
  })

  it('is not slowed down by numbers, text and white space of great length', () => {
    const long = 1_000_000
    expect(() => parseJson('9'.repeat(long))).toThrow(malformed)
    expect(parseJson(`0.${'0'.repeat(long)}1`)).toEqual(floatForm(0))
    expect(parseJson(`1${'0'.repeat(30)}.${'9'.repeat(long)}`)).toBe(1e30)
    expect(parseJson(`0e${'9'.repeat(long)}`)).toEqual(floatForm(0))
    expect(parseJson(`1e-${'9'.repeat(long)}`)).toEqual(floatForm(0))
    expect(() => parseJson(`1e${'9'.repeat(long)}`)).toThrow(malformed)
    expect(parseJson(`"${'\\n'.repeat(long)}"`)).toHaveLength(long)
    expect(parseJson(`${' '.repeat(long)}1`)).toBe(1)
    expect(() => parseJson('"\\'.repeat(long))).toThrow(malformed)
  })
})

describe('numbers', () => {
  const bits = new DataView(new ArrayBuffer(8))
  const pattern = (value: number): bigint => {
    bits.setFloat64(0, value)
    return bits.getBigInt64(0)
  }

  it('of any text are those that the original reads', () => {
    fc.assert(
      fc.property(numberText, source => {
        const value = parseJson(source)
        const integer = /^-?\d+$/.test(source) && source !== '-0' ? BigInt(source) : undefined
        if (integer !== undefined && integer >= -(2n ** 63n) && integer < 2n ** 64n) {
          expect(typeof value === 'bigint' || Number.isSafeInteger(value)).toBe(true)
          expect(BigInt(value as number | bigint)).toBe(integer)
        } else expect(value).toStrictEqual(floatForm(slowFloat(source)))
      }),
      { numRuns: 2000 },
    )
  })

  it('of 15 digits and small exponents are the nearest, as JSON.parse has them', () => {
    const short = fc
      .tuple(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), fc.integer({ min: -22, max: 22 }))
      .map(([significand, exponent]) => `${significand}e${exponent}`)
    fc.assert(
      fc.property(short, source => {
        const value = parseJson(source)
        expect(pattern(value instanceof JsonFloat ? value.value : (value as number))).toBe(pattern(JSON.parse(source)))
      }),
    )
  })

  it('of any others are off by units in the last place only', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), value => {
        const read = parseJson(value.toExponential())
        const difference = pattern(read instanceof JsonFloat ? read.value : (read as number)) - pattern(value)
        expect(difference > -4n && difference < 4n).toBe(true)
        expect(parseJson(value.toExponential(), { floats: 'exact' })).toStrictEqual(floatForm(value))
      }),
    )
  })

  it('are read alike in both styles of exponents', () => {
    for (const source of ['1e21', '1E+21', '1e+21']) expect(parseJson(source)).toBe(1e21)
    expect(canonicalJson(parseJson('[1e16,1e-7,1.5E300,-1e16]'))).toBe('[1e+16,1e-7,1.5e+300,-1e+16]')
    expect(canonicalJson(parseJson('[1e16,1e-7,1.5E300,-1e16]'), { exponents: 'unsigned' })).toBe(
      '[1e16,1e-7,1.5e300,-1e16]',
    )
  })

  it('have one form each, at the edges too', () => {
    expect(parseJson('9007199254740991')).toBe(9007199254740991)
    expect(parseJson('9007199254740992')).toBe(9007199254740992n)
    expect(parseJson('-9007199254740992')).toBe(-9007199254740992n)
    expect(parseJson('9007199254740992.0')).toEqual(new JsonFloat(9007199254740992))
    // From here on no integer has so many digits.
    expect(parseJson('18446744073709551616.0')).toBe(2 ** 64)
    expect(parseJson('-9223372036854775808.0')).toBe(-(2 ** 63))
    expect(parseJson('18446744073709549568.0')).toEqual(new JsonFloat(2 ** 64 - 2048))
    expect(Object.is((parseJson('-0') as JsonFloat).value, -0)).toBe(true)
    expect(() => new JsonFloat(Number.NaN)).toThrow(expect.objectContaining({ code: 'value-invalid' }))
  })
})

describe('order', () => {
  it('by code points is that of UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, text, (start, a, b) => {
        expect(Math.sign(compareCodePoints(start + a, start + b))).toBe(Math.sign(compareBytes(start + a, start + b)))
      }),
    )
    expect(compareCodePoints('\u{1f600}', '\uffff')).toBeGreaterThan(0)
  })

  it('of members is that of their names, whatever order they came in and JavaScript has', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 12 }), fc.boolean(), (names, special) => {
        const object = objectOf(names.map(name => [name, special ? new JsonFloat(1) : 1]))
        const one = special ? '1.0' : '1'
        const sorted = [...names].sort(compareBytes)
        expect(canonicalJson(object)).toBe(`{${sorted.map(name => `${JSON.stringify(name)}:${one}`).join()}}`)
        expect(canonicalJson([{ b: object, a: object }])).toBe(
          `[{"a":${canonicalJson(object)},"b":${canonicalJson(object)}}]`,
        )
      }),
    )
  })
})

describe('values of an app', () => {
  it('are what JSON.stringify prints of them', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, stringUnit: 'grapheme' }), value => {
        expect(jsonOf(value)).toStrictEqual(parseJson(JSON.stringify(value), { floats: 'exact' }))
      }),
    )
  })

  it('have integers where JSON.stringify prints integers', () => {
    expect(
      jsonOf([1.0, -0, 1e17, 2 ** 64, -(2 ** 63), 1e21, 5n, 2n ** 60n, new JsonFloat(2), new JsonFloat(2.5)]),
    ).toStrictEqual([1, 0, 100000000000000000n, 2 ** 64, -(2 ** 63), 1e21, 5, 2n ** 60n, new JsonFloat(2), 2.5])
  })

  it('drop members that are undefined, and honour toJSON once', () => {
    class Point {
      x = 1
      y = undefined
    }
    const date = new Date(0)
    expect(jsonOf({ a: undefined, point: new Point(), date, key: { toJSON: (name: string) => name } })).toStrictEqual({
      point: { x: 1 },
      date: '1970-01-01T00:00:00.000Z',
      key: 'key',
    })
  })

  it('that JSON cannot say are refused, with their place', () => {
    const cycle: unknown[] = []
    cycle.push({ cycle })
    const endless = { toJSON: () => ({ endless }) }
    const refused: [unknown, string][] = [
      [undefined, ''],
      [[undefined], '[0]'],
      [{ a: [1, Number.NaN] }, 'a[1]'],
      [{ a: { b: Number.POSITIVE_INFINITY } }, 'a.b'],
      [[() => 1], '[0]'],
      [{ s: Symbol('s') }, 's'],
      [{ big: 2n ** 64n }, 'big'],
      [{ small: -(2n ** 63n) - 1n }, 'small'],
      [['\ud83d'], '[0]'],
      [{ map: new Map() }, 'map'],
      [[new Set()], '[0]'],
      [[new Uint8Array(1)], '[0]'],
      [[Object(1)], '[0]'],
      [[/x/], '[0]'],
      [cycle, `[0]${'.cycle[0]'.repeat(63)}`],
      [endless, `endless${'.endless'.repeat(126)}`],
    ]
    for (const [value, path] of refused) {
      expect(() => jsonOf(value)).toThrow(
        expect.objectContaining({
          code: 'value-invalid',
          facts: expect.objectContaining({ path }),
        }),
      )
    }
  })

  it('go as deep as texts', () => {
    let value: unknown = 1
    for (let i = 0; i < maxJsonDepth; i++) value = i % 2 === 0 ? [value] : { value }
    expect(parseJson(canonicalJson(jsonOf(value)))).toStrictEqual(value)
    expect(() => jsonOf([value])).toThrow(expect.objectContaining({ code: 'value-invalid' }))
  })

  it('are copies', () => {
    const value = { items: [{ a: 1 }] }
    const kept = jsonOf(value)
    value.items[0].a = 2
    expect(kept).toEqual({ items: [{ a: 1 }] })
  })
})

describe('values for an app', () => {
  it('are native numbers, or the numbers as they are', () => {
    const value = parseJson('{"a":[1.0,-0,1e21,2],"big":[9007199254740993]}') as JsonObject
    expect(plainOf(value.a, 'native')).toStrictEqual([1, -0, 1e21, 2])
    expect(plainOf(value, 'lossless')).toStrictEqual(value)
    expect(plainOf(value, 'lossless')).not.toBe(value)
    expect(() => plainOf(value, 'native')).toThrow(
      expect.objectContaining({ code: 'number-too-large', facts: { path: 'big[0]', number: '9007199254740993' } }),
    )
  })

  it('come back as they were, numbers in their form', () => {
    fc.assert(
      fc.property(tree, ({ value }) => {
        expectSame(jsonOf(plainOf(value, 'lossless')), value)
        let native: unknown
        try {
          native = plainOf(value, 'native')
        } catch (error) {
          expect(error).toEqual(expect.objectContaining({ code: 'number-too-large' }))
          return
        }
        const back = jsonOf(native)
        expect(equalJson(back, value)).toBe(true)
        expectSame(keepNumbers(value, back), value)
      }),
    )
  })
})

describe('equality', () => {
  it('is that of canonical texts, but for the kind of a number', () => {
    fc.assert(
      fc.property(tree, tree, ({ value, text }, { value: other }) => {
        expect(equalJson(value, parseJson(text, { floats: 'exact' }))).toBe(true)
        if (canonicalJson(value) === canonicalJson(other)) expect(equalJson(value, other)).toBe(true)
        expect(equalJson(value, other)).toBe(equalJson(other, value))
        expect(equalJson([value], { value })).toBe(false)
      }),
    )
  })

  it('compares numbers by what they are', () => {
    const equal: [string, string, boolean][] = [
      ['1', '1.0', true],
      ['0', '-0.0', true],
      ['9007199254740993', '9007199254740992.0', false],
      ['9007199254740992', '9007199254740992.0', true],
      ['18446744073709551615', '18446744073709551616.0', false],
      ['1152921504606846976', '1152921504606847000.0', true],
      ['1152921504606847000', '1152921504606847000.0', true],
      ['1152921504606846977', '1152921504606847000.0', false],
      ['1', '"1"', false],
      ['1', 'true', false],
      ['0', 'null', false],
      ['[]', '{}', false],
      ['[1]', '[1,1]', false],
      ['{"a":1}', '{"b":1}', false],
      ['1.0', '{}', false],
      ['{}', '1.0', false],
    ]
    for (const [a, b, same] of equal) {
      expect(equalJson(parseJson(a), parseJson(b)), `${a} ${b}`).toBe(same)
      expect(equalJson(parseJson(b), parseJson(a)), `${b} ${a}`).toBe(same)
    }
  })

  it('keeps the form of numbers where they stand, and shares what has not changed', () => {
    const before = parseJson('{"a":1.0,"list":[1.0,2.0,{"x":-0.0}],"gone":1.0,"other":1.0}')
    const after = jsonOf({ a: 1, list: [1, 3, { x: 0 }, 1], new: 1, other: '1' }) as JsonObject
    expect(canonicalJson(keepNumbers(before, after))).toBe('{"a":1.0,"list":[1.0,3,{"x":-0.0},1],"new":1,"other":"1"}')
    expect(after.a).toBe(1)
    const same: JsonValue = { a: [1, { b: 2 }] }
    expect(keepNumbers({ a: [1, { b: 2 }] }, same)).toBe(same)
  })
})
