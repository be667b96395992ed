/**
 * The join of states, on what clones of random histories hold: the three laws, and that it is the same as having applied the operations behind
 * the states. Heads are the causal frontier, after any of it.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { joinStates, ObservedRemoveSet, type ReferenceState } from '../reference/observed-remove-set.js'
import type { Clone } from './clone.js'
import { steps, World } from './history.js'
import { snapshot } from './terms-pool.js'

type Items = readonly Uint8Array[]

/** Three clones that have met here and there, and some of what they hold in common. */
const histories = fc.tuple(steps(1, 40), steps(0, 10)).map(([one, two]) => {
  const world = new World(3)
  world.run([...one, ...two], Number.MAX_SAFE_INTEGER)
  return world
})

function joined(world: World, ...states: Items[]): Clone {
  const clone = world.newClone()
  for (const items of states) clone.joinItems(items)
  return clone
}

const same = (one: Clone, other: Clone) => expect(snapshot(one.graph)).toEqual(snapshot(other.graph))

const plainState = ({ pairs, vector, heads }: ReferenceState) => ({
  pairs: [...pairs.keys()].sort(),
  vector: [...vector].sort(),
  heads: [...heads].sort(),
})

const law = (name: string, holds: (world: World, a: Items, b: Items, c: Items) => void) =>
  test(name, () => {
    const property = fc.property(histories, world => {
      const [a, b, c] = world.clones.map(clone => clone.encoded())
      holds(world, a, b, c)
    })
    fc.assert(property, { numRuns: fuzz.runs(40) })
  })

describe('join', () => {
  law('is associative', (world, a, b, c) => {
    const ab = joined(world, a, b)
    const bc = joined(world, b, c)
    same(joined(world, ab.encoded(), c), joined(world, a, bc.encoded()))
  })

  law('is commutative', (world, a, b) => same(joined(world, a, b), joined(world, b, a)))

  law('is idempotent', (world, a, b) => {
    const ab = joined(world, a, b)
    const expected = snapshot(ab.graph)
    for (const items of [a, b, ab.encoded()]) {
      ab.joinItems(items)
      expect(snapshot(ab.graph)).toEqual(expected)
    }
  })

  law('equals the log', (world, a, b, c) => {
    const all = joined(world, a, b, c)
    const fromLog = world.newClone()
    for (const [name, published] of world.log)
      if (world.clones.some(clone => clone.reference.history.has(name))) fromLog.take(published)
    same(all, fromLog)
    all.reference = fromLog.reference
    all.check()
  })

  law('with a clone that has nothing changes nothing, on either side', (world, a) => {
    const nothing = world.newClone()
    const one = joined(world, a, nothing.encoded())
    same(one, joined(world, a))
    nothing.joinItems(a)
    same(nothing, one)
  })

  law('of two references is what their operations make of it', world => {
    const [a, b] = world.clones.map(({ reference }) => reference)
    const both = new ObservedRemoveSet()
    both.join(a)
    both.join(b)
    expect(plainState(joinStates(a.state(), b.state()))).toEqual(plainState(both.state()))
  })
})

test('heads are the causal frontier', () => {
  const property = fc.property(steps(1, 60), history => {
    const world = new World(4)
    for (const step of history) {
      world.step(step)
      const { graph, reference } = world.clones[step[1] % 4]
      const heads = [...graph.heads.entries()].map(
        ([replica, counter]) => `${Buffer.from(graph.replicas.ids[replica]).toString('hex')}@${counter}`,
      )
      expect(heads.sort()).toEqual([...reference.heads()].sort())
    }
  })
  fc.assert(property, { numRuns: fuzz.runs(40) })
})
