import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NumberColumn, Reader, Writer, writeNumbers } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'

const written = (...columns: readonly (readonly number[])[]): Uint8Array => {
  const writer = new Writer()
  for (const numbers of columns) writeNumbers(writer, numbers)
  return writer.take()
}

const column = new NumberColumn()
function read(bytes: Uint8Array, count: number): number[] {
  const reader = new Reader(bytes, 'column')
  column.open(reader)
  const numbers = Array.from({ length: count }, () => column.next())
  column.finish()
  reader.finish()
  return numbers
}

const row = fc.oneof(
  fc.array(fc.oneof(fc.nat(5), fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 2 ** 50, 2 ** 53 - 1)), { minLength: 1 }),
  // In steps, with a number now and then that is out of step.
  fc
    .tuple(fc.nat(1e9), fc.integer({ min: -1000, max: 1000 }), fc.array(fc.nat(20), { minLength: 1, maxLength: 100 }))
    .map(([start, step, noise]) => noise.map((n, i) => Math.max(0, start + i * step + (n > 17 ? n : 0)))),
  fc
    .array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 9 })), { minLength: 1 })
    .map(runs => runs.flatMap(([number, length]) => Array.from({ length }, () => number))),
)

describe('a column of numbers', () => {
  test('gives back what was written', () => {
    const property = fc.property(row, numbers => {
      expect(read(written(numbers), numbers.length)).toEqual(numbers)
    })
    fc.assert(property)
  })

  test('is exact for the greatest numbers, however even their steps', () => {
    for (const step of [1, 2, 1000]) {
      const numbers = Array.from({ length: 50 }, (_, i) => Number.MAX_SAFE_INTEGER - i * step)
      expect(read(written(numbers), numbers.length)).toEqual(numbers)
    }
  })

  test('ends where the next begins', () => {
    const property = fc.property(row, row, (one, other) => {
      const reader = new Reader(written(one, other), 'columns')
      for (const numbers of [one, other]) {
        const next = new NumberColumn()
        next.open(reader)
        expect(numbers.map(() => next.next())).toEqual(numbers)
        next.finish()
      }
      reader.finish()
    })
    fc.assert(property)
  })

  test.each([
    ['zeros', new Array(1000).fill(0), 1],
    ['one number', new Array(1000).fill(7), 3],
    ['even steps', Array.from({ length: 1000 }, (_, i) => 5 + 3 * i), 6],
    ['the same differences', Array.from({ length: 1000 }, (_, i) => 2 ** 40 - 300 * i), 20],
    ['two runs', Array.from({ length: 1000 }, (_, i) => (i < 700 ? 1 : 2)), 8],
    ['random bytes', Array.from({ length: 1000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 25), 1008],
  ])('takes few bytes for %s', (_, numbers: number[], most) => {
    const bytes = written(numbers)
    expect(bytes.length).toBeLessThanOrEqual(most)
    expect(read(bytes, numbers.length)).toEqual(numbers)
  })

  test.each([
    ['nothing', [], 1],
    ['an unknown kind', [3], 1],
    ['more bytes than there are', [8, 2], 1],
    ['an empty run', [4, 0], 1],
    ['an empty run of numbers that are alike', [8, 1, 5], 1],
    ['a run without numbers', [4, 2], 1],
    ['a number below 0', [9, 2, 1], 1],
    ['a number that is too large', [37, 7, 254, 255, 255, 255, 255, 255, 255, 15], 3],
    ['more numbers than were read', [12, 4, 1, 1], 1],
    ['more that are alike than were read', [8, 5, 1], 1],
    ['a run that was not read', [16, 2, 1, 2, 1], 1],
  ])('is refused with %s', (_, bytes: number[], count) => {
    const found = (() => {
      try {
        return read(Uint8Array.from(bytes), count)
      } catch (error) {
        return error
      }
    })()
    expect(hasCode(found, 'data-malformed'), String(found)).toBe(true)
  })

  test('of any bytes ends, or is refused', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(50), (bytes, count) => {
      try {
        for (const number of read(bytes, count)) expect(Number.isSafeInteger(number) && number >= 0).toBe(true)
      } catch (error) {
        if (!hasCode(error, 'data-malformed')) throw error
      }
    })
    fc.assert(property, { numRuns: 2000 })
  })
})
