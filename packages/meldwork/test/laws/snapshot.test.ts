/**
 * A snapshot answers every question as the graph answered it when it was opened, whatever comes after: writes, others' operations, joins of
 * states, what rules hide and show, and the undoing of all that.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Graph, Snapshot } from '../../src/graph/index.js'
import type { Clone, PlainPattern, PlainTriple } from './clone.js'
import { type Step, steps, World } from './history.js'
import { reading, type Universe } from './reading.js'
import { intern, isLegal, objects, properties, subjects, triplesOf } from './terms-pool.js'

function universeOf(graph: Graph): Universe {
  const { terms } = graph
  for (const property of properties) terms.property(String(property.value), true)
  return {
    subjects: subjects.map(term => intern(terms, term)),
    objects: [...objects, ...subjects].map(term => intern(terms, term)),
    propertyCount: terms.propertyCount,
  }
}

interface Opened {
  readonly clone: Clone
  readonly snapshot: Snapshot
  readonly expected: ReturnType<typeof reading>
  readonly universe: Universe
  readonly followed: readonly string[]
}

function open(clone: Clone): Opened {
  const universe = universeOf(clone.graph)
  const snapshot = new Snapshot(clone.graph, closed => clone.snapshots.delete(closed))
  clone.snapshots.add(snapshot)
  return { clone, snapshot, universe, expected: reading(clone.graph, universe), followed: [...clone.followed] }
}

function check({ clone, snapshot, universe, expected, followed }: Opened): void {
  expect(reading(snapshot, universe)).toEqual(expected)
  const now = new Set(followed)
  const { inserted, deleted } = snapshot.difference()
  for (const triple of triplesOf(clone.graph, deleted)) expect(now.delete(triple)).toBe(true)
  for (const triple of triplesOf(clone.graph, inserted)) expect(now.size).toBeLessThan(now.add(triple).size)
  expect([...now].sort()).toEqual([...clone.followed].sort())
}

test('a snapshot equals a deep copy made when it was opened', () => {
  const property = fc.property(steps(10, 60), fc.array(fc.nat(59), { maxLength: 6 }), (history, moments) => {
    const world = new World(3)
    let opened: Opened[] = []
    history.forEach((step: Step, i) => {
      world.step(step)
      if (moments.includes(i)) for (const clone of world.clones) opened.push(open(clone))
      // A clone that was loaded anew has another graph.
      opened = opened.filter(({ clone, snapshot }) => clone.snapshots.has(snapshot))
      if (i % 10 === 9) opened.forEach(check)
    })
    opened.forEach(check)
    for (const { clone, snapshot } of opened) {
      snapshot.close()
      expect(clone.snapshots.has(snapshot)).toBe(false)
    }
  })
  fc.assert(property, { numRuns: fuzz.runs(60) })
})

test('what a rule shows later stays hidden, and what it hides later visible', () => {
  const world = new World(1)
  const [clone] = world.clones
  const [subject, property] = [subjects[0], properties[0]]
  const write = (patterns: PlainPattern[], triples: PlainTriple[]) => clone.write(patterns, triples)!.undoable
  write(
    [],
    [5, 7].map(at => ({ subject, property, object: objects[at] })),
  )
  const opened = [open(clone)]
  write([{ subject, property, object: objects[7] }], [])
  opened.push(open(clone))
  const last = write([], [{ subject, property, object: objects[8] }])
  opened.push(open(clone))
  opened.forEach(check)
  clone.undo(last)
  opened.forEach(check)
  const hidden = opened.map(({ snapshot, expected }) => snapshot.tripleCount - expected.live.triples.length)
  expect(hidden).toEqual([-1, 0, -1])
})

test('a snapshot of an empty graph stays empty', () => {
  const world = new World(1)
  const opened = open(world.clones[0])
  world.clones[0].write([], [{ subject: subjects[0], property: properties[2], object: objects[0] }])
  check(opened)
  expect(opened.snapshot.tripleCount).toBe(0)
  expect(new Graph(isLegal).dots(4, 0, 4, [])).toBe(0)
})
