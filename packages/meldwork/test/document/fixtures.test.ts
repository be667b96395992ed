/** Packs and documents that the published tools wrote, read and made again. */
import { expect, it } from 'vitest'
import { canonicalJson, isJsonArray, type JsonObject, parseJson, scanObjects } from '../../src/codec/index.js'
import { blockHash, flatten, objectDigest, parseBlockName, unflatten } from '../../src/document/index.js'
import { fixture, fixtures, fixtureText } from './vectors.js'

const print = (value: JsonObject): string => canonicalJson(value, { exponents: 'unsigned' })

it('a pack is its objects: their canonical text, between brackets', () => {
  // By hand, or damaged on purpose.
  const odd = /33_corrupt|36_pack_pretty|38_escaped/
  let count = 0
  for (const path of fixtures) {
    const name = parseBlockName(path.slice(path.lastIndexOf('/') + 1))
    if (name?.kind !== 'pack' || odd.test(path)) continue
    const bytes = fixture(path)
    expect(blockHash(bytes), path).toBe(name.digest)
    const { objects, miscounted } = scanObjects(bytes)
    expect(miscounted).toEqual([])
    const texts = objects.map(({ offset, length }) =>
      print(parseJson(bytes.subarray(offset, offset + length)) as JsonObject),
    )
    expect(`[${texts.join()}]`).toBe(new TextDecoder().decode(bytes))
    count++
  }
  expect(count).toBeGreaterThan(40)
})

it('a delta is its canonical text', () => {
  let count = 0
  for (const path of fixtures) {
    const name = parseBlockName(path.slice(path.lastIndexOf('/') + 1))
    if (name?.kind !== 'delta') continue
    const bytes = fixture(path)
    if (blockHash(bytes) !== name.id.hash) continue
    expect(print(parseJson(bytes) as JsonObject), path).toBe(new TextDecoder().decode(bytes))
    count++
  }
  expect(count).toBeGreaterThan(60)
})

interface Dump {
  in_conflict?: string[]
  objects?: Record<string, { winner: string; value_text?: string }>
  read?: { text?: string }
}
interface Step {
  step: { op: string; r?: string; raw?: string }
  result: Dump
}

it('a document that was read is its objects put together; put in again, it is the same objects', () => {
  let read = 0
  let written = 0
  for (const path of fixtures.filter(path => path.endsWith('/result.json'))) {
    const updates = new Map<string, number>()
    let document: string | undefined
    for (const { step, result } of JSON.parse(fixtureText(path)) as Step[]) {
      if (step.op === 'update') {
        updates.set(step.r!, (updates.get(step.r!) ?? 0) + 1)
        document = step.raw
      }
      const text = result?.read?.text
      if (step.op !== 'dump' || text === undefined || result.objects === undefined) continue
      const values = new Map<string, JsonObject>()
      for (const [id, { winner, value_text }] of Object.entries(result.objects)) {
        if (value_text !== undefined && !/^\d+-d_/.test(winner)) values.set(id, parseJson(value_text) as JsonObject)
      }
      // Where a descriptor's value is a patch, or several are merged, the order takes the history.
      if (result.in_conflict?.some(id => id.startsWith('^'))) continue
      const descriptors = [...values].filter(([id]) => id.startsWith('^'))
      if (!descriptors.every(([, { A }]) => A !== undefined && isJsonArray(A))) continue
      expect(print(unflatten('√', id => values.get(id), { items: 'original' })!), path).toBe(text)
      read++
      if (document === undefined || updates.size > 1 || updates.get('a') !== 1) continue
      const flat = flatten(parseJson(document), { items: 'original' })
      for (const [id, { winner }] of Object.entries(result.objects)) {
        const object = flat.objects.get(id)
        if (object !== undefined && winner.startsWith('1-'))
          expect(`1-${objectDigest(object, { exponents: 'unsigned' })}`).toBe(winner)
      }
      written++
    }
  }
  expect(read).toBeGreaterThan(10)
  expect(written).toBeGreaterThan(5)
})
