/** Random shapes over random data: what is kept holds in all that is seen, by the word of another validator; and where nothing is wrong, nothing is hidden. */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { declareShapes, type NotKept, shapes } from '../../src/bindings/shacl.js'
import { type Clone, type Conflict, hasCode, type RDF } from '../../src/index.js'
import { Chance } from '../../src/testkit/chance.js'
import { contents, World } from '../clone/world.js'
import { classes, prefixes, shapesText, triples } from './random-shapes.js'
import { ruled } from './shacl-clone.js'
import { turtle, type Wrong, wrongs } from './shacl-oracle.js'

/** Whether it is said of a part of a shape that it is not kept. What shapes want as a whole, they are wrong about as a whole. */
function isExcused(wrong: Wrong, notKept: readonly NotKept[]): boolean {
  return notKept.some(({ component, property }) => {
    if (wrong.component === 'node' || wrong.component === 'and')
      return wrong.path === undefined || wrong.path === property
    return component === wrong.component && (property === wrong.path || component === 'closed')
  })
}

/** What is wrong with what is seen, though it is to be kept. */
async function broken(clone: Clone, quads: readonly RDF.Quad[], notKept: readonly NotKept[]): Promise<Wrong[]> {
  const wrong = await wrongs([...clone.quads()], quads)
  return wrong.filter(one => one.severity === 'Violation' && !isExcused(one, notKept))
}

/** The other validator takes a tenth of a second for each. */
const timeout = 600 * fuzz.runs(100)

describe('random shapes', () => {
  it('hold in what is seen of random data, and hide nothing of what conforms', { timeout }, async () => {
    const runs = fuzz.runs(60)
    const seen = { contradictory: 0, conforming: 0, hiding: 0, whole: 0 }
    for (let run = 0; run < runs; run++) {
      const seed = Chance.seedOf(fuzz.seed, run)
      const chance = new Chance(seed)
      const text = prefixes + classes + shapesText(chance)
      const dataText = prefixes + classes + triples(chance).join('\n')
      const [quads, data] = [turtle(text), turtle(dataText)]
      const { constraints, notKept } = shapes(quads)
      const clone = await ruled(data, constraints).catch(error => {
        if (hasCode(error, 'constraint-invalid') && error.message.includes('contradicts')) return undefined
        throw new Error(`seed ${seed}\n${text}\n${JSON.stringify(constraints, null, 1)}`, { cause: error })
      })
      if (clone === undefined) {
        seen.contradictory++
        continue
      }
      const story = () => `seed ${seed}\n${text}\n${dataText}\n${JSON.stringify({ constraints, notKept }, null, 1)}`
      expect(await broken(clone, quads, notKept), story()).toEqual([])
      const live = await wrongs(data, quads)
      const hidden = clone.conflicts()
      // The other validator compares texts of different languages; SPARQL does not.
      const isComparable = ({ constraint }: Conflict) =>
        !constraint['@type'].startsWith('less-than') || !/"@/.test(dataText)
      if (live.length === 0) expect(hidden.filter(isComparable), story()).toEqual([])
      if (live.length === 0) seen.conforming++
      if (hidden.length > 0) seen.hiding++
      if (notKept.length === 0 && hidden.length > 0) seen.whole++
      await clone.close()
    }
    // There is something of everything.
    if (runs >= 60) expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(0)
  })

  it('hold in what is seen at two clones that have written apart', { timeout }, async () => {
    const seen = { written: 0, refused: 0, hiding: 0 }
    for (let run = 0; run < fuzz.runs(15); run++) {
      const seed = Chance.seedOf(fuzz.seed, run, 'apart')
      const chance = new Chance(seed)
      const text = prefixes + classes + shapesText(chance)
      const quads = turtle(text)
      const { constraints, notKept } = shapes(quads)
      const world = new World(seed)
      const one = await world.open({ constraints }).catch(error => {
        if (hasCode(error, 'constraint-invalid') && error.message.includes('contradicts')) return undefined
        throw error
      })
      if (one === undefined) continue
      const two = await world.open({ constraints, genesis: false })
      await world.settle(one.updateQuads({ insert: turtle(prefixes + classes) }))
      await world.pass(2000)
      world.network.cut('t1', 't2')
      world.network.cut('t2', 't1')
      await world.pass(100)
      for (const clone of [one, two, one, two])
        for (const line of triples(chance)) {
          const written = await world.settle(
            clone.updateQuads({ insert: turtle(prefixes + line) }).then(
              () => true,
              error => {
                if (hasCode(error, 'constraint-violated')) return false
                throw error
              },
            ),
          )
          seen[written ? 'written' : 'refused']++
        }
      world.network.heal()
      await world.pass(30_000)
      const story = () => `seed ${seed}\n${text}\n${contents(one).join('\n')}`
      expect(contents(two), story()).toEqual(contents(one))
      expect(await broken(one, quads, notKept), story()).toEqual([])
      if (one.conflicts().length > 0) seen.hiding++
      for (const clone of [one, two]) await world.settle(clone.close())
    }
    expect(Math.min(seen.written, seen.refused, seen.hiding), JSON.stringify(seen)).toBeGreaterThan(0)
  })

  it('are the same rules as data', { timeout }, async () => {
    for (let run = 0; run < fuzz.runs(15); run++) {
      const seed = Chance.seedOf(fuzz.seed, run, 'data')
      const text = prefixes + classes + shapesText(new Chance(seed))
      const quads = turtle(text)
      const configured = await ruled([], shapes(quads).constraints).catch(() => undefined)
      if (configured === undefined) continue
      const clone = await ruled([], [])
      await declareShapes(clone, quads)
      const declared = ({ rules }: Clone) => rules.inForce.map(({ declaration }) => declaration)
      expect(clone.rules.notInForce, `seed ${seed}\n${text}`).toEqual([])
      expect(declared(clone), `seed ${seed}\n${text}`).toEqual(declared(configured))
      for (const one of [clone, configured]) await one.close()
    }
  })
})
