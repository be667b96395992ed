/** Random shapes over random data: what is kept holds in all that is seen, by the word of another validator; and where nothing is wrong, nothing is hidden. */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type NotKept, shapes } from '../../src/bindings/shacl.js'
import { type Clone, hasCode, type RDF } from '../../src/index.js'
import { Chance } from '../../src/testkit/chance.js'
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
      if (live.length === 0) expect(hidden, story()).toEqual([])
      if (live.length === 0) seen.conforming++
      if (hidden.length > 0) seen.hiding++
      if (notKept.length === 0 && hidden.length > 0) seen.whole++
      await clone.close()
    }
    console.log(JSON.stringify(seen))
  })
})
