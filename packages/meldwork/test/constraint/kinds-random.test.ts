/**
 * All types of rules together, over random concurrent writes: all clones see the same; what one has judged change by change is what it judges of the whole after a
 * restart; and every rule holds in what is seen, as a clone finds that has only this and the rules as such that report.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { Clone, Constraint } from '../../src/index.js'
import { contents, World } from '../clone/world.js'

const p = { property: 'p' }
const q = { property: 'q' }
const some: readonly Constraint[] = [
  { '@type': 'in', ...p, values: [1, 2, 3, 'a'], class: 'C' },
  { '@type': 'datatype', ...q, datatype: 'integer' },
  { '@type': 'min-inclusive', ...p, value: 2, subjectsOf: 'q' },
  { '@type': 'closed', properties: ['p', 'q', 'r'], class: 'D' },
  {
    '@type': 'or',
    ...p,
    class: 'C',
    of: [
      { '@type': 'max-inclusive', value: 2 },
      { '@type': 'in', values: ['a'] },
    ],
  },
  { '@type': 'single-valued', ...p },
  { '@type': 'single-valued', property: '@type', winner: 'latest' },
  { '@type': 'max-count', ...q, count: 2, winner: 'least', class: ['C', 'D'] },
  { '@type': 'disjoint', ...p, with: 'q' },
  { '@type': 'equals', ...p, with: 'q', class: 'D' },
  { '@type': 'less-than', ...q, than: 'p', class: 'C' },
  { '@type': 'unique', ...p },
  { '@type': 'unique', property: ['p', 'q'], class: 'C' },
  { '@type': 'required', ...p, class: 'C' },
  { '@type': 'min-count', ...q, count: 2, objectsOf: 'r' },
  { '@type': 'has-value', ...p, value: 2, node: 's1' },
  {
    '@type': 'xone',
    class: 'D',
    of: [
      { '@type': 'required', ...p },
      { '@type': 'required', ...q },
    ],
  },
  {
    '@type': 'not',
    class: 'C',
    of: [
      { '@type': 'required', ...p },
      { '@type': 'in', ...q, values: [1] },
    ],
  },
  { '@type': 'reference', property: 'r' },
  { '@type': 'reference', property: 'r', to: 'C', class: 'D' },
]

const ids = fc.constantFrom('s1', 's2', 's3')
const number = fc.constantFrom<unknown>(1, 2, 3, 'a')
const subjects = fc
  .record(
    {
      '@id': ids,
      '@type': fc.constantFrom('C', 'D'),
      p: number,
      q: fc.uniqueArray(number, { minLength: 1, maxLength: 2 }),
      r: ids.map(id => ({ '@id': id })),
      s: number,
    },
    { requiredKeys: ['@id'] },
  )
  .filter(subject => Object.keys(subject).length > 1)
const writes = fc.oneof(
  { weight: 6, arbitrary: subjects },
  { weight: 2, arbitrary: subjects.map(subject => ({ '@delete': subject })) },
  { weight: 1, arbitrary: ids.map(id => ({ '@delete': { '@id': id } })) },
)

/** What is refused has not happened. */
const attempt = (world: World, clone: Clone, write: unknown) =>
  world.settle(clone.write(write as never)).then(
    () => true,
    error => {
      expect(error).toMatchObject({ code: 'constraint-violated' })
      return false
    },
  )

test('all clones see the same, at once and after a restart, and every rule holds in it', async () => {
  let hidden = 0
  await fc.assert(
    fc.asyncProperty(
      fc.subarray([...some], { minLength: 1, maxLength: 6 }),
      fc.array(fc.array(fc.tuple(fc.boolean(), writes), { minLength: 1, maxLength: 10 }), {
        minLength: 2,
        maxLength: 4,
      }),
      async (rules, rounds) => {
        const world = new World()
        const disks = [world.disk(), world.disk()]
        const clones = [await world.open({ disk: disks[0] }), await world.open({ disk: disks[1], genesis: false })]
        await world.pass(2_000)
        const same = () => {
          const [mine, yours] = clones.map(contents)
          expect(yours).toEqual(mine)
          expect(clones[1].conflicts()).toEqual(clones[0].conflicts())
        }
        for (const [i, round] of rounds.entries()) {
          // The first has no rules. Of those that cannot be kept together one is refused.
          const now = i === 1 ? rules : []
          for (const rule of now)
            await world.settle(clones[0].declare(rule)).catch(error => expect(error.code).toBe('constraint-invalid'))
          world.network.cut('t1', 't2')
          world.network.cut('t2', 't1')
          await world.pass(100)
          for (const [first, write] of round) {
            await attempt(world, clones[first ? 0 : 1], write)
            await world.pass(10)
          }
          world.network.heal()
          // Clones that are quiet say rarely what they have.
          const isSettled = () => clones[0].stats().digest === clones[1].stats().digest
          for (let minutes = 0; minutes < 30 && !isSettled(); minutes++) await world.pass(60_000)
          same()
          hidden += clones[0].conflicts().length
        }
        const [seen, inForce] = [contents(clones[0]), clones[0].rules.inForce]
        for (const clone of clones) await world.settle(clone.close())
        const again = await world.alone({ disk: disks[0] })
        expect(contents(again)).toEqual(seen)

        const constraints = inForce.map(({ declaration }) => ({ ...declaration, reportOnly: true }))
        const judge = await world.alone({ constraints })
        const quads = [...again.quads()].filter(({ subject }) => /s[123]$/.test(subject.value))
        if (quads.length > 0) await world.settle(judge.insertQuads(quads))
        expect(judge.report()).toEqual([])
      },
    ),
    { numRuns: fuzz.runs(50) },
  )
  // Otherwise it would say little.
  expect(hidden).toBeGreaterThan(fuzz.runs(25))
}, 600_000)
