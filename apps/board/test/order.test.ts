import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareOrdered, isOrderKey, keyBetween, keysBetween, type Ordered, placeAt, placeOf } from '../src/order.js'

/** A repeatable source of chance. */
const chance = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
const seeds = fc.integer().map(chance)
/** Extremes of chance, too: nothing may depend on luck. */
const chances = fc.oneof(
  seeds,
  fc.constantFrom(
    () => 0,
    () => 1 - 2 ** -53,
  ),
)

const heads = 'STUVWXYZabcdefgh'
const digit = fc.constantFrom(...'019AZaz')
/** Keys that anybody might have written, at the bounds above all. */
const integer = fc.constantFrom(...heads).chain(head => {
  const count = head >= 'a' ? head.charCodeAt(0) - 96 : 91 - head.charCodeAt(0)
  return fc
    .oneof(
      fc.constantFrom('0', 'z').map(each => each.repeat(count)),
      fc.array(digit, { minLength: count, maxLength: count }).map(parts => parts.join('')),
    )
    .map(rest => head + rest)
})
const key = fc
  .array(integer, { minLength: 1, maxLength: 4 })
  .map(parts => parts.join(''))
  .filter(isOrderKey)

describe('a key between two keys', () => {
  test('is strictly between, as plain strings, and a key itself', () => {
    fc.assert(
      fc.property(key, key, chances, (one, other, random) => {
        fc.pre(one !== other)
        const [lower, upper] = one < other ? [one, other] : [other, one]
        const made = keyBetween(lower, upper, random)
        expect(lower < made && made < upper).toBe(true)
        expect(isOrderKey(made)).toBe(true)
      }),
    )
  })

  test('is beyond a single bound', () => {
    fc.assert(
      fc.property(key, chances, (bound, random) => {
        const above = keyBetween(bound, undefined, random)
        const below = keyBetween(undefined, bound, random)
        expect(below < bound && bound < above).toBe(true)
        expect(isOrderKey(above) && isOrderKey(below)).toBe(true)
      }),
    )
  })

  test('is not promised where there is none', () => {
    expect(() => keyBetween('a1', 'a1')).toThrow(RangeError)
    expect(() => keyBetween('a2', 'a1')).toThrow(RangeError)
    expect(() => keyBetween('nonsense!', undefined)).toThrow(RangeError)
  })

  test('differs from what another makes at the same place at the same time', () => {
    const first = keyBetween(undefined, undefined, chance(1))
    const last = keyBetween(first, undefined, chance(2))
    for (const [lower, upper] of [
      [undefined, undefined],
      [first, undefined],
      [undefined, first],
      [first, last],
    ]) {
      const made = Array.from({ length: 40 }, (_, seed) => keyBetween(lower, upper, chance(seed * 7919)))
      expect(new Set(made).size).toBe(made.length)
    }
  })
})

describe('10,000 insertions at one place', () => {
  type Next = (list: { lower: string; upper: string; made: string; random: () => number }) => [string, string]
  const patterns: Record<string, { next: Next; atMost: number }> = {
    'at the end': { next: ({ made }) => [made, ''], atMost: 12 },
    'at the beginning': { next: ({ made }) => ['', made], atMost: 12 },
    'each after the last, before a fixed one': { next: ({ made, upper }) => [made, upper], atMost: 60 },
    'each before the last, after a fixed one': { next: ({ made, lower }) => [lower, made], atMost: 60 },
  }
  test.each(Object.entries(patterns))('%s', (_, { next, atMost }) => {
    fc.assert(
      fc.property(seeds, random => {
        const lower = keyBetween(undefined, undefined, random)
        const upper = keyBetween(lower, undefined, random)
        let made = keyBetween(lower, upper, random)
        let longest = 0
        for (let i = 0; i < 10_000; i++) {
          const [from, to] = next({ lower, upper, made, random })
          made = keyBetween(from || undefined, to || undefined, random)
          longest = Math.max(longest, made.length)
        }
        expect(longest).toBeLessThanOrEqual(atMost)
      }),
      { numRuns: 3 },
    )
  })

  test('between the last two, in turns: a bit each, as it must be, and no more than six times that', () => {
    const random = chance(3)
    let lower = keyBetween(undefined, undefined, random)
    let upper = keyBetween(lower, undefined, random)
    for (let i = 0; i < 1000; i++) {
      const made = keyBetween(lower, upper, random)
      if (i % 2 === 0) lower = made
      else upper = made
    }
    expect(lower.length).toBeLessThan((6 * 1000) / Math.log2(62))
  })
})

describe('a list', () => {
  const insertions = fc.array(fc.nat(1000), { maxLength: 60 })

  test('keeps the order that insertions gave it', () => {
    fc.assert(
      fc.property(insertions, chances, (places, random) => {
        const expected: Ordered[] = []
        places.forEach((place, i) => {
          const index = place % (expected.length + 1)
          const [own, ...others] = placeAt(expected, index, `card-${i}`, random)
          expect(others).toEqual([])
          expected.splice(index, 0, own)
        })
        expect([...expected].sort(compareOrdered)).toEqual(expected)
      }),
    )
  })

  test('takes an insertion anywhere, also among equal keys and none', () => {
    const orders = fc.array(fc.constantFrom('', 'a1', 'a2', 'b00'), { maxLength: 8 })
    fc.assert(
      fc.property(orders, fc.nat(), chances, (given, place, random) => {
        const list = given.map((order, i) => ({ id: `card-${i}`, order })).sort(compareOrdered)
        const index = place % (list.length + 1)
        const written = new Map(placeAt(list, index, 'new', random).map(({ id, order }) => [id, order]))
        const wanted = [...list.slice(0, index).map(({ id }) => id), 'new', ...list.slice(index).map(({ id }) => id)]
        const after = [...list, { id: 'new', order: '' }].map(({ id, order }) => ({
          id,
          order: written.get(id) ?? order,
        }))
        expect(after.sort(compareOrdered).map(({ id }) => id)).toEqual(wanted)
      }),
    )
  })

  test('is searched by key, then id', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ id: fc.string(), order: fc.constantFrom('', 'a1', 'a2') })), items => {
        const list = [...items].sort(compareOrdered)
        for (const item of list) expect(compareOrdered(list[placeOf(list, item)], item)).toBe(0)
      }),
    )
  })
})

test('what is no key is told', () => {
  for (const value of [
    undefined,
    null,
    1,
    '',
    'a',
    'a1a',
    '!',
    'a-',
    '__proto__',
    'x1',
    `${'a1'.repeat(6000)}`,
    'S00000000',
  ])
    expect(isOrderKey(value)).toBe(false)
  expect(keysBetween(undefined, undefined, 50).every(isOrderKey)).toBe(true)
})
