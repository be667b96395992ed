/**
 * Rules, on random histories of several clones: what is visible is what the reference makes of what is live, stratum by stratum, after every step; events
 * applied to a copy give it; what the engine remembers of it is what it would find if it began now. When everybody has everything, all show the same for the
 * same reasons, whatever came first, was joined, undone, or declared in between.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { TermKind } from '../../src/rdf/index.js'
import type { PlainTerm } from '../reference/digest.js'
import { checkRules, constraints, RuledWorld, reasonsOf, ruleNumbers } from './ruled.js'
import { snapshot } from './terms-pool.js'

/** A busy machine must not make it fail. */
const timeoutMs = 60_000 + fuzz.runs(60_000)

const law = (maxLength: number, normal: number) => () => {
  const property = fc.property(
    fc.integer({ min: 2, max: 4 }),
    ruleNumbers,
    RuledWorld.steps(1, maxLength),
    (size, rules, history) => {
      const world = new RuledWorld(size, rules)
      world.run(history, Number.MAX_SAFE_INTEGER)
      world.drain()
      const expected = { ...snapshot(world.clones[0].graph), reasons: reasonsOf(world.clones[0]) }
      for (const clone of world.clones) {
        clone.check()
        expect({ ...snapshot(clone.graph), reasons: reasonsOf(clone) }).toEqual(expected)
      }
      // Whoever has the log alone, in another order; and whoever has a state alone.
      const fromLog = world.newClone()
      for (const published of [...world.log.values()].reverse()) fromLog.take(published)
      const joined = world.newClone()
      for (const clone of world.clones) joined.join(clone)
      for (const clone of [fromLog, joined]) {
        checkRules(clone)
        expect({ ...snapshot(clone.graph), reasons: reasonsOf(clone) }).toEqual(expected)
      }
    },
  )
  fc.assert(property, { numRuns: fuzz.runs(normal) })
}

test('visible is a function of live, and all clones show the same for the same reasons', law(30, 335), timeoutMs)
test('so it is in long histories', law(150, 5), timeoutMs)

test('of more combinations of values than are counted, the same ones count on all clones', () => {
  const [a, b] = ['a', 'b'].map(value => ({ kind: TermKind.iri, value }))
  const [name, code] = ['#name', '#code'].map(value => ({ kind: TermKind.iri, value }))
  const values = Array.from({ length: 20 }, (_, value) => ({ kind: TermKind.integer, value }))
  const unique = constraints.findIndex(it => it['@type'] === 'unique' && String(it.property) === 'name,code')
  const world = new RuledWorld(3, [unique])
  const some = (subject: PlainTerm, property: PlainTerm, from: number) =>
    values.slice(from, from + 10).map(object => ({ subject, property, object }))
  for (const [i, subject] of [a, b].entries())
    for (const [j, property] of [name, code].entries()) {
      // One half of the values here, the other there.
      world.write((i + j) % 3, [], some(subject, property, 0))
      world.write((i + j + 1) % 3, [], some(subject, property, 10))
    }
  world.drain()
  const reasons = world.clones.map(reasonsOf)
  expect(reasons[0].length).toBeGreaterThan(10)
  for (const others of reasons) expect(others).toEqual(reasons[0])
})
