/**
 * Effects as a list of what happened to a set of visible triples: the difference is that of the set before and after, however often a triple
 * came and went; the inverse leads back.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Effect, Effects, effectStride, visibly, wasHidden } from '../../src/graph/effects.js'
import { decodeState, encodeState, Graph } from '../../src/graph/index.js'
import { Changes } from '../../src/operation/index.js'

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

test('everything that came is spelt out only for who asks, and says the same', () => {
  const property = fc.property(
    fc.array(fc.tuple(fc.nat(4), fc.nat(2), fc.nat(3), fc.nat(1)), { minLength: 1 }),
    fc.nat(),
    (written, hide) => {
      const source = new Graph(() => true)
      const changes = new Changes()
      written.forEach(([subject, predicate, text, id], i) => {
        const { terms, replicas } = source
        changes.clear()
        changes.triple(
          terms.iri(`s${subject}`, true),
          terms.property(`p${predicate}`, true),
          terms.string(`${text}`, true),
        )
        const author = replicas.add(Uint8Array.of(id))
        const first = replicas.counters[author] + 1
        const heads = [...source.heads.entries()].filter(([other]) => other !== author)
        source.apply({ author, first, last: first, check: first, time: i * 1024, heads }, changes, new Effects())
      })
      const items = encodeState(source)
      const joined = () => {
        const graph = new Graph(() => true)
        const effects = new Effects()
        const before = graph.join(decodeState(items, graph), effects)
        expect(effects.everything).toBeDefined()
        expect(effects.length).toBe(0)
        const shown: number[] = []
        const subject = [...graph.liveSubjects()][hide % graph.subjectCount]
        graph.triplesOf(subject, shown)
        graph.setHidden(subject, shown[0], shown[1], true, effects)
        return { graph, effects, before }
      }
      const [lazy, spelt] = [joined(), joined()]
      spelt.effects.spell()
      expect(spelt.effects.everything).toBeUndefined()
      expect(spelt.effects.length / effectStride).toBe(written.length + 1)
      const [a, b] = [lazy.effects.difference(), spelt.effects.difference()]
      expect(a.deleted).toEqual([])
      expect(b.deleted).toEqual([])
      expect(rows(a.inserted).sort()).toEqual(rows(b.inserted).sort())
      expect(a.inserted.length / 3).toBe(lazy.graph.tripleCount)
      const inverse = new Effects()
      lazy.effects.appendInverse(inverse)
      expect(rows(inverse.difference().deleted).sort()).toEqual(rows(a.inserted).sort())
      for (const { graph, effects, before } of [lazy, spelt]) {
        graph.undo(effects, before)
        expect([graph.liveCount, graph.tripleCount, graph.subjectCount, graph.replicas.covered]).toEqual([0, 0, 0, 0])
        expect(graph.digest).toEqual([0, 0, 0, 0])
      }
    },
  )
  fc.assert(property, { numRuns: fuzz.runs(100) })
})
