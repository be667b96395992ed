import { describe, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { testStore } from '../../src/testkit/store-suite.js'

describe('MemoryStore', () => {
  const factory = { create: (name: string) => new MemoryStore(name), persistent: true }
  testStore({ test }, factory, { seed: fuzz.seed, steps: fuzz.runs(1000) })
})
