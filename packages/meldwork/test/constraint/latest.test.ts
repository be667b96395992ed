/** The rule that shows the value written last: by time, then replica id, then counter; the order of the candidates does not matter. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Candidate, latest } from '../../src/constraint/index.js'
import { Dictionary } from '../../src/graph/index.js'

const terms = new Dictionary(() => true)
const rule = latest('latest', terms.property('#p', true))
const visible = (candidates: readonly Candidate[]) => {
  const hidden = rule.hides(candidates, terms)
  return candidates.map(({ value }) => value).filter(value => !hidden.includes(value))
}
const candidate = (value: number, time: number, replica: number[], counter: number): Candidate => ({
  value,
  time,
  replica: Uint8Array.from(replica),
  counter,
})

test.each([
  ['time', candidate(1, 5, [9], 9), candidate(3, 6, [1], 1)],
  ['replica id', candidate(1, 5, [1, 255], 9), candidate(3, 5, [2], 1)],
  ['counter', candidate(1, 5, [1], 9), candidate(3, 5, [1], 10)],
])('the greater %s is visible', (_name, loser, winner) => {
  expect(visible([loser, winner])).toEqual([3])
  expect(visible([winner, loser])).toEqual([3])
})

test('one value is visible, the same in any order', () => {
  const some = fc.array(
    fc
      .tuple(fc.nat(3), fc.nat(2), fc.array(fc.nat(2), { minLength: 1, maxLength: 2 }), fc.nat(2))
      .map(([value, time, replica, counter]) => candidate(value * 2 + 1, time, replica, counter)),
    { minLength: 1, maxLength: 6 },
  )
  fc.assert(
    fc.property(some, candidates => {
      // Where a replica id forked, a dot may have several values.
      const shown = new Set(visible(candidates))
      expect(shown.size).toBe(1)
      expect(new Set(visible(candidates.toReversed()))).toEqual(shown)
    }),
    { numRuns: fuzz.runs(500) },
  )
})
