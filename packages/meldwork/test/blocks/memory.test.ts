import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { MemoryBlocks } from '../../src/blocks/memory.js'
import { testBlocks } from '../../src/testkit/block-suite.js'

const filesOf = new WeakMap<object, Map<string, Uint8Array>>()
const over = (files: Map<string, Uint8Array>) => {
  const store = new MemoryBlocks(files)
  filesOf.set(store, files)
  return store
}

describe('MemoryBlocks', () => {
  const factory = {
    create: () => over(new Map()),
    another: (store: object) => over(filesOf.get(store)!),
    strew: async (store: object) => {
      filesOf.get(store)!.set('no block', new Uint8Array(1)).set('theirs.txt', new Uint8Array(1))
      return ['theirs.txt']
    },
    watchMs: 1000,
  }
  testBlocks({ test }, factory, { seed: fuzz.seed, steps: fuzz.runs(100) })

  test('is a place of its own without a map, named as it is told', async () => {
    const [one, other] = [new MemoryBlocks(), new MemoryBlocks(undefined, 'the other')]
    await Promise.all([one.open(), other.open()])
    await one.write('a', new Uint8Array(1))
    expect(await other.list()).toEqual([])
    expect([one.location, other.location]).toEqual(['memory', 'the other'])
  })
})
