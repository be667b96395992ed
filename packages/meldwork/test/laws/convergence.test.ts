/**
 * Strong convergence, on random histories of three to five clones: concurrent writes and deletes of the same, delivery in any order and
 * again, states joined in between, ids changed, changes undone. Every clone is compared with the reference after every few steps,
 * and at the end all of them with each other and with one that has only the log.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Step, steps, World } from './history.js'
import { snapshot } from './terms-pool.js'

/** A busy machine must not make it fail. */
const timeoutMs = 60_000 + fuzz.runs(60_000)

const converge = (size: number, history: readonly Step[]): World => {
  const world = new World(size)
  world.run(history)
  world.drain()
  for (const clone of world.clones) {
    clone.check()
    expect(clone.waiting).toBe(0)
  }
  return world
}

test(
  'the same operations, in any causal order, with duplicates, give the same live state, the same visible state and the same digest',
  () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5 }), steps(1, 75), (size, history) => {
        const world = converge(size, history)
        const expected = snapshot(world.clones[0].graph)
        for (const clone of world.clones.slice(1)) expect(snapshot(clone.graph)).toEqual(expected)
        const fromLog = world.newClone()
        for (const published of [...world.log.values()].reverse()) fromLog.take(published)
        fromLog.check()
        expect(snapshot(fromLog.graph)).toEqual(expected)
      }),
      { numRuns: fuzz.runs(500) },
    )
  },
  timeoutMs,
)

test(
  'so do long histories',
  () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5 }), steps(1, 300), (size, history) => {
        const world = converge(size, history)
        const expected = snapshot(world.clones[0].graph)
        for (const clone of world.clones.slice(1)) expect(snapshot(clone.graph)).toEqual(expected)
      }),
      { numRuns: fuzz.runs(10) },
    )
  },
  timeoutMs,
)
