/**
 * What rules hide is kept up to date in proportion to each change. Here, after each change, it is what it is when everything is judged anew: with rules of every
 * scope, changes that bring subjects into these and out, come from others, are refused, or put the same in the place of itself.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Clone, Constraint, Subject } from '../../src/index.js'
import { contents, World } from '../clone/world.js'

const constraints: readonly Constraint[] = [
  { '@type': 'single-valued', property: 'name', class: 'Person' },
  { '@type': 'required', property: 'name', subjectsOf: 'age' },
  { '@type': 'single-valued', property: 'nick', objectsOf: 'knows' },
  { '@type': 'max-count', property: 'nick', count: 2, subjectsOf: 'nick', winner: 'least' },
  { '@type': 'unique', property: 'email', class: 'Person' },
  { '@type': 'reference', property: 'likes', to: 'Person' },
  { '@type': 'in', property: 'age', values: [1, 2], node: ['a', 'b'] },
]

const ids = ['a', 'b', 'c', 'd']
const id = fc.constantFrom(...ids)
const reference = id.map(each => ({ '@id': each }))
const several = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.uniqueArray(value, { maxLength: 2 }))
const subject = fc
  .record(
    {
      '@id': id,
      '@type': several(fc.constantFrom('Person', 'Thing')),
      name: several(fc.constantFrom('A', 'B')),
      nick: several(fc.constantFrom('N', 'O', 'P')),
      age: several(fc.constantFrom(1, 2, 3)),
      email: several(fc.constantFrom('x', 'y')),
      knows: several(reference),
      likes: several(reference),
    },
    { requiredKeys: ['@id'] },
  )
  .map(each => each as Subject)
/** A write of the clone under rules, or of the other. */
const step = fc.record({
  isOurs: fc.boolean(),
  what: fc.oneof(
    subject.map(given => (clone: Clone) => clone.write(given)),
    subject.map(given => (clone: Clone) => clone.patch(given as Subject & { '@id': string })),
    fc.array(subject, { maxLength: 4 }).map(given => (clone: Clone) => clone.write({ '@graph': given })),
    id.map(given => (clone: Clone) => clone.delete(given)),
  ),
})

it('what is kept up to date equals what is judged anew', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async steps => {
      const world = new World()
      const ruled = await world.open({ constraints })
      const plain = await world.open({ genesis: false })
      await world.pass(2000)
      for (const { isOurs, what } of steps) {
        await world.settle(what(isOurs ? ruled : plain)).catch(error => {
          expect(error).toMatchObject({ code: 'constraint-violated' })
        })
        await world.pass(200)
        const before = [contents(ruled), ruled.conflicts()]
        // To try a rule everything is judged with it, and again without.
        await world.settle(ruled.declare({ '@type': 'max-count', property: 'other', count: 1 }, { dryRun: true }))
        expect([contents(ruled), ruled.conflicts()]).toEqual(before)
      }
      expect(ruled.stats().digest).toBe(plain.stats().digest)
      await world.settle(ruled.close())
      await world.settle(plain.close())
    }),
  ))
