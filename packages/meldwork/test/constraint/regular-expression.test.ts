/** Patterns match what native regular expressions match, and in linear time, whatever the pattern. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { RegularExpression } from '../../src/constraint/regular-expression.js'
import { UnusablePattern } from '../../src/constraint/regular-expression-syntax.js'

const matches = (pattern: string, text: string, flags = '') => new RegularExpression(pattern, flags).matches(text)

/** Patterns that both have, without too many repetitions in one another for the native one. */
const { pattern: patterns } = fc.letrec<{ atom: string; pattern: string; group: string }>(tie => ({
  atom: fc.constantFrom(
    ...[
      'a',
      'b',
      'B',
      '1',
      'ß',
      '😀',
      '.',
      '\\.',
      '\\d',
      '\\D',
      '\\w',
      '\\W',
      '\\s',
      '\\S',
      '\\p{L}',
      '\\P{Lu}',
      '\\n',
      '\\u0061',
    ],
    ...[
      '[ab]',
      '[^ab]',
      '[a-c]',
      '[^\\d-]',
      '[\\w.]',
      '[-a]',
      '[😀-😂]',
      '[\\]\\[]',
      '^',
      '$',
      '\\b',
      '\\B',
      '\\x41',
      '[\\b]',
      '\\u{1F600}',
    ],
  ),
  group: fc.oneof(
    { maxDepth: 2 },
    { weight: 3, arbitrary: tie('atom') },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:', '(?<n>'), tie('pattern'))
        .map(([open, inner]) => `${open}${inner})`),
    },
  ),
  pattern: fc
    .array(
      fc
        .array(
          fc
            .tuple(
              tie('group'),
              fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,2}', '{2,}', '*?', '+?', '{0}'),
            )
            .map(([of, repeat]) => (/^(\^|\$|\\b|\\B)$/.test(of) ? of : of + repeat)),
          { maxLength: 4 },
        )
        .map(parts => parts.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map(choices => choices.join('|')),
}))
const texts = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', 'B', 'c', '1', ' ', '-', '.', '\n', 'ß', '😀', '_', ']'),
  maxLength: 7,
})

/** The native one has names for groups once only. */
const native = (pattern: string, flags: string) => new RegExp(pattern.replaceAll('?<n>', '?:'), `${flags}u`)

test('patterns match what native regular expressions match', () => {
  let matching = 0
  let all = 0
  fc.assert(
    fc.property(
      patterns,
      fc.array(texts, { minLength: 8, maxLength: 8 }),
      fc.subarray(['i', 's', 'm']).map(flags => flags.join('')),
      (pattern, some, flags) => {
        // The native one takes exponential time for repetitions in one another: it is not what is tested.
        fc.pre((pattern.match(/[*+}]/g) ?? []).length <= 3)
        const own = new RegularExpression(pattern, flags)
        const other = native(pattern, flags)
        for (const given of some) {
          // V8 finds a \\B in the middle of a character beyond U+FFFF, where there is no place.
          const text = pattern.includes('\\B') ? given.replaceAll('😀', 'ß') : given
          const { matches, steps } = own.run(text)
          expect([text, matches]).toEqual([text, other.test(text)])
          expect(steps).toBeLessThanOrEqual(2 * own.size * (text.length + 1))
          all++
          if (matches) matching++
        }
      },
    ),
    { numRuns: fuzz.runs(4000) },
  )
  // Otherwise it would say little.
  expect(Math.min(matching, all - matching) / all).toBeGreaterThan(0.05)
})

test.each([
  ['(a+)+$', 'a'],
  ['(a|a)*$', 'a'],
  ['(a*)*b', 'a'],
  ['((a?){50}){1,9}b', 'a'],
  ['(.*)(.*)(.*)(.*)[^a]', 'a'],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'],
  ['(\\w+\\s?)+$', 'x '],
  ['(x+x+)+y', 'x'],
])('%s is linear in the length of a hostile text', (pattern, unit) => {
  const expression = new RegularExpression(pattern)
  const steps = (length: number) => expression.run(`${unit.repeat(length)}!`).steps
  // The first characters are fewer places to be in.
  const aThousand = steps(3_000) - steps(2_000)
  expect(steps(11_000) - steps(3_000)).toBe(8 * aThousand)
  expect(aThousand).toBeLessThanOrEqual(2 * expression.size * unit.length * 1_000)
})

describe('flags', () => {
  it.each([
    ['a b', 'ab', 'x', true],
    ['a [ ]b', 'a b', 'x', true],
    ['a\\ ?b', 'ab', '', undefined],
    ['a.c', 'a\nc', '', false],
    ['a.c', 'a\nc', 's', true],
    ['^b$', 'a\nb\nc', '', false],
    ['^b$', 'a\nb\nc', 'm', true],
    ['ABC', 'xabcx', 'i', true],
    ['[A-C]', 'b', 'i', true],
    ['É', 'é', 'i', true],
    ['a.c', 'abc', 'q', false],
    ['(a.c', 'x(A.C', 'qi', true],
    ['', '', '', true],
    ['^.$', '😀', '', true],
  ])('%s matches %j under "%s": %s', (pattern, text, flags, expected) => {
    if (expected === undefined) expect(() => matches(pattern, text, flags)).toThrow(UnusablePattern)
    else expect(matches(pattern, text, flags)).toBe(expected)
  })
})

describe('what is refused', () => {
  it.each([
    ['(a)\\1', '', /refers back/],
    ['(?<n>a)\\k<n>', '', /refers back/],
    ['a(?=b)', '', /looks around/],
    ['a(?!b)', '', /looks around/],
    ['(?<=a)b', '', /looks around/],
    ['(?<!a)b', '', /looks around/],
    ['(?i:a)', '', /group of a sort/],
    ['a{1001}', '', /too large/],
    ['(a{100}){100}', '', /too large/],
    ['(){1000000}', '', /too large/],
    ['((a{0}){1000000}){1000000}', '', /too large/],
    [`a{${'9'.repeat(400)}}`, '', /too large/],
    ['a{2,1}', '', /at least 2 times and at most 1/],
    ['a{', '', /no repetition/],
    ['a{,2}', '', /no repetition/],
    ['{', '', /nothing to repeat/],
    ['*a', '', /nothing to repeat/],
    ['a**', '', /nothing to repeat/],
    ['^*', '', /no characters/],
    ['(a', '', /does not close a group/],
    ['a)', '', /has not opened/],
    ['[a', '', /does not close a class/],
    ['[]', '', /empty class/],
    ['[b-a]', '', /no order/],
    ['[a-\\d]', '', /no order/],
    ['[a-z-[aeiou]]', '', /\[ within a class/],
    ['a]', '', /closes nothing/],
    ['\\p{Klingon}', '', /not known/],
    ['\\p', '', /without its/],
    ['\\i', '', /not known/],
    ['\\u12', '', /4 digits/],
    ['\\ud83d\\ude00', '', /half of a character/],
    ['\\u{110000}', '', /more than any/],
    ['a\\', '', /ends with/],
    ['a', 'g', /flag g/],
    ['('.repeat(51), '', /50 groups/],
  ])('%s with flags "%s"', (pattern, flags, message) => {
    expect(() => new RegularExpression(pattern, flags)).toThrow(message)
  })

  it('what is long', () => {
    expect(() => new RegularExpression('a'.repeat(2001))).toThrow(/longer than 2000/)
  })

  it('is never anything but that: any text is a pattern, or refused with a reason', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab()[]{}|*+?.^$\\-,1pP{uxk<>=!:'), maxLength: 14 }),
        fc.subarray(['i', 's', 'm', 'x', 'q']).map(flags => flags.join('')),
        (pattern, flags) => {
          try {
            new RegularExpression(pattern, flags).run('ab1')
          } catch (error) {
            expect(error).toBeInstanceOf(UnusablePattern)
            expect((error as Error).message).toMatch(/^[a-z]/)
          }
        },
      ),
      { numRuns: fuzz.runs(3000) },
    )
  })
})
