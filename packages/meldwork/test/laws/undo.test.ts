/**
 * What a store did not take is taken back: operations and joins, and what the rules hid with them, in reverse. After each step back
 * everything is exactly as it was before the step: live and visible triples, vector, heads, times, digest.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { Clone, Undoable } from './clone.js'
import { type Step, steps, World } from './history.js'
import { objects, properties, snapshot, subjects } from './terms-pool.js'

/** With every time that is known, not only those of live dots. */
function everything({ graph, followed }: Clone) {
  const timelines = graph.replicas.ids.flatMap((id, replica) => {
    const timeline = graph.times.copy(replica)
    return timeline === undefined || timeline.starts.length === 0 ? [] : [[Buffer.from(id).toString('hex'), timeline]]
  })
  return { ...snapshot(graph), timelines, followed: [...followed].sort() }
}

/** Something that can be undone. */
function change(world: World, clone: Clone, [kind, a, b, c]: Step): Undoable | undefined {
  const subject = subjects[a % subjects.length]
  const property = properties[b % 3]
  const object = objects[c % objects.length]
  const ready = [...world.log.values()].filter(({ reference }) => {
    const { history } = clone.reference
    return !history.has(`${reference.replica}@${reference.last}`) && [...reference.causes].every(it => history.has(it))
  })
  switch (kind % 5) {
    case 0:
      return clone.write([{ subject }], [{ subject, property, object }])?.undoable
    case 1:
      return clone.write([], [{ subject, property, object }])?.undoable
    case 2:
      return clone.write([{ subject, property }], [])?.undoable
    case 3: {
      // What waited for the state must not be delivered in between: it would be a change of its own.
      const other = world.clones[a % world.clones.length]
      clone.reference.join(other.reference)
      return clone.joinItems(other.encoded())
    }
    default:
      return ready.length === 0 ? undefined : clone.applyNow(ready[a % ready.length])
  }
}

test('undo restores state, vector, heads, times, digest exactly', () => {
  const property = fc.property(steps(1, 40), steps(1, 12), (history, changes) => {
    const world = new World(3)
    world.run(history, Number.MAX_SAFE_INTEGER)
    const [clone] = world.clones
    const done: { before: ReturnType<typeof everything>; undoable: Undoable }[] = []
    for (const step of changes) {
      const before = everything(clone)
      const undoable = change(world, clone, step)
      if (undoable !== undefined) done.push({ before, undoable })
    }
    for (const { before, undoable } of done.reverse()) {
      clone.undo(undoable)
      expect(everything(clone)).toEqual(before)
    }
  })
  fc.assert(property, { numRuns: fuzz.runs(60) })
})

test('the join of an empty state can be undone', () => {
  const world = new World(2)
  const [clone] = world.clones
  clone.write([], [{ subject: subjects[0], property: properties[0], object: objects[0] }])
  const before = everything(clone)
  const undoable = clone.join(world.newClone())
  expect(everything(clone)).toEqual(before)
  clone.undo(undoable)
  expect(everything(clone)).toEqual(before)
})
