/** What a rule throws, or answers that is no answer, gets to nobody but to whoever is told of it. */
import { expect, test } from 'vitest'
import { guarded } from '../../src/constraint/guarded.js'
import { everything, type PairRule, type Rule, type SetRule } from '../../src/constraint/index.js'
import { ReferenceTermTable } from '../reference/term-table.js'

const terms = new ReferenceTermTable()
const failures: (readonly [Rule, unknown])[] = []
const guard = (rule: Rule) => guarded(rule, (...failure) => failures.push(failure))

test.each([
  ['throws', () => expect.unreachable()],
  ['answers nothing', () => undefined],
  ['answers a number', () => 7],
])('a rule that %s hides nothing', (_, answer) => {
  failures.length = 0
  const parts = { name: 'bad', scope: everything }
  const hides = answer as unknown as SetRule['hides'] & PairRule['hides']
  const set = guard({ ...parts, stratum: 'set', property: 0, hides }) as SetRule
  const pair = guard({ ...parts, stratum: 'pair', properties: [0, 1], hides }) as PairRule
  expect(set.hides([{ value: 1, replica: Uint8Array.of(1), counter: 1, time: 1 }], terms).length).toBe(0)
  expect(pair.hides([1], [2], terms)).toEqual([[], []])
  expect(failures.map(([rule]) => rule)).toEqual([set, pair])
})
