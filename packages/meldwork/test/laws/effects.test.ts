/**
 * Effects as a list of what happened to a set of visible triples: the difference is that of the set before and after, however often a triple
 * came and went; the inverse leads back.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Effect, Effects, effectStride, visibly, wasHidden } from '../../src/graph/effects.js'

const rows = (list: readonly number[]): string[] =>
  Array.from({ length: list.length / 3 }, (_, i) => list.slice(i * 3, i * 3 + 3).join(' '))

const toggles = (triples: number, maxLength: number) =>
  fc.array(fc.tuple(fc.nat(triples), fc.boolean()), { maxLength, size: 'max' })

test.each([
  [5, 12, 100],
  [60, 400, 20],
])('of %d triples, toggled up to %d times', (triples, maxLength, runs) => {
  const property = fc.property(fc.uniqueArray(fc.nat(triples)), toggles(triples, maxLength), (start, steps) => {
    const visible = new Set(start)
    const effects = new Effects()
    for (const [triple, ofView] of steps) {
      const goes = visible.has(triple)
      const what = ofView ? (goes ? Effect.hidden : Effect.shown) : goes ? Effect.removed : Effect.inserted
      effects.push(what | visibly, triple, triple % 3, triple * 7, 1, 1)
      // Beside it what nobody sees: another dot that comes, and one of a hidden triple that goes.
      effects.push(Effect.inserted, triple, 1, 1, 2, 2)
      effects.push(Effect.removed | wasHidden, triple, 1, 1, 2, 2)
      if (!visible.delete(triple)) visible.add(triple)
    }
    const before = new Set(start)
    const spell = (triple: number) => `${triple} ${triple % 3} ${triple * 7}`
    const came = [...visible].filter(triple => !before.has(triple)).map(spell)
    const went = [...before].filter(triple => !visible.has(triple)).map(spell)
    const { inserted, deleted } = effects.difference()
    expect([rows(inserted).sort(), rows(deleted).sort()]).toEqual([came.sort(), went.sort()])

    const inverse = new Effects()
    effects.appendInverse(inverse)
    expect(inverse.length).toBe(effects.length)
    const back = inverse.difference()
    expect([rows(back.deleted).sort(), rows(back.inserted).sort()]).toEqual([came.sort(), went.sort()])
  })
  fc.assert(property, { numRuns: fuzz.runs(runs) })
})

test('a very large list is let go', () => {
  const effects = new Effects()
  for (let i = 0; i < 20_000; i++) effects.push(Effect.inserted, 1, 2, 3, 4, 5)
  expect(effects.list.length).toBe(20_000 * effectStride)
  effects.clear()
  expect([effects.list.length, effects.length]).toEqual([0, 0])
})
