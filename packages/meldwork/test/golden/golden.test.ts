/**
 * What was written once is read for ever: the bytes in `test/vectors/` decode to the meaning that stands beside them, and today's code makes the
 * same bytes.
 *
 * To add vectors, add them to `cases.ts` and run this file with WRITE_VECTORS=1: those with new names are appended. What stands there
 * already is never changed: from release 1.0 on, a vector that fails is a break of the format.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bytesOf, kinds, read, type Vector, vectorsOf } from './cases.js'

const fileOf = (name: string) => new URL(`../vectors/${name}.json`, import.meta.url)
const load = (name: string): Vector[] =>
  existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : []

if (process.env.WRITE_VECTORS)
  for (const kind of kinds) {
    const known = load(kind.file)
    const names = new Set(known.map(({ name }) => name))
    const added = (await vectorsOf(kind)).filter(({ name }) => !names.has(name))
    writeFileSync(fileOf(kind.file), `${JSON.stringify([...known, ...added], null, 2)}\n`)
  }

describe.each(kinds)('$file', kind => {
  const vectors = load(kind.file)

  test.each(vectors)('$name: it means what it meant', async ({ name, ...vector }) => {
    const found = await read(kind, bytesOf({ name, ...vector }))
    expect({ bytes: vector.bytes, ...found }).toEqual(vector)
    expect('error' in vector).toBe(name.startsWith('refused: '))
  })

  test('today the same bytes are made', async () => {
    const made = await vectorsOf(kind)
    expect(vectors.filter(({ name }) => made.some(vector => vector.name === name))).toEqual(made)
    expect(vectors.length).toBeGreaterThan(0)
  })
})
