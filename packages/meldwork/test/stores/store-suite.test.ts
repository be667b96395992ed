// The acceptance suite itself: each of these stores breaks one promise of the contract, and must not pass.
import { describe, expect, test } from 'vitest'
import type { KeyRange, Store, StoreChange } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { testStore } from '../../src/testkit/store-suite.js'

const later = () => new Promise(resolve => setTimeout(resolve, 1))

const faulty: Record<string, () => typeof MemoryStore> = {
  'gives keys in the order of writing': () =>
    class extends MemoryStore {
      readonly #order = new Set<string>()
      override batch(changes: readonly StoreChange[]) {
        for (const { key } of changes) this.#order.add(key)
        return super.batch(changes)
      }
      override async *entries(range: KeyRange) {
        const found = new Map<string, Uint8Array>()
        for await (const [key, value] of super.entries(range)) found.set(key, value)
        for (const key of this.#order) if (found.has(key)) yield [key, found.get(key)!] as const
      }
    },
  'gives keys in the order of a dictionary': () =>
    class extends MemoryStore {
      override async *entries(range: KeyRange) {
        const found: (readonly [string, Uint8Array])[] = []
        for await (const entry of super.entries(range)) found.push(entry)
        yield* found.sort(([one], [other]) => one.localeCompare(other, 'en'))
      }
    },
  'takes the end of a range in': () =>
    class extends MemoryStore {
      override entries({ gte, lt }: KeyRange) {
        return super.entries({ gte, lt: `${lt}!` })
      }
    },
  'leaves the start of a range out': () =>
    class extends MemoryStore {
      override entries({ gte, lt }: KeyRange) {
        return super.entries({ gte: `${gte}!`, lt })
      }
    },
  'applies the good half of a bad batch': () =>
    class extends MemoryStore {
      override async batch(changes: readonly StoreChange[]) {
        for (const change of changes) await super.batch([change])
      }
    },
  'applies batches when it finds the time': () =>
    class extends MemoryStore {
      override async batch(changes: readonly StoreChange[]) {
        await super.batch([])
        await later()
        return super.batch(changes)
      }
    },
  'lets short batches overtake long ones': () =>
    class extends MemoryStore {
      #written = Promise.resolve()
      override async batch(changes: readonly StoreChange[]) {
        const before = this.#written
        const write = async () => {
          if (changes.length > 1) await before
          await later()
          await super.batch(changes)
        }
        const done = write()
        this.#written = done.catch(() => {})
        return done
      }
    },
  'takes any key': () =>
    class extends MemoryStore {
      override batch(changes: readonly StoreChange[]) {
        return super.batch(changes.filter(({ key }) => /^[!-~]{1,64}$/.test(key)))
      }
    },
  'takes an empty value for none': () =>
    class extends MemoryStore {
      override batch(changes: readonly StoreChange[]) {
        return super.batch(changes.map(({ key, value }) => ({ key, value: value?.length ? value : null })))
      }
    },
  'stores the buffer under a view': () =>
    class extends MemoryStore {
      override batch(changes: readonly StoreChange[]) {
        return super.batch(changes.map(({ key, value }) => ({ key, value: value && new Uint8Array(value.buffer) })))
      }
    },
  'writes into the bytes that it gave': () =>
    class extends MemoryStore {
      override async batch(changes: readonly StoreChange[]) {
        for (const { key, value } of changes) (await super.get(key))?.set(value?.subarray(0, 1) ?? [])
        return super.batch(changes)
      }
    },
  'opens twice': () =>
    class extends MemoryStore {
      override open() {
        return super.open().catch(() => {})
      }
    },
  'reads after closing': () =>
    class extends MemoryStore {
      override async get(key: string) {
        return super.get(key).catch(() => undefined)
      }
    },
  'fails without a code': () =>
    class extends MemoryStore {
      override async get(key: string) {
        return super.get(key).catch(error => Promise.reject(new Error(error.message)))
      }
    },
  'forgets on closing': () =>
    class extends MemoryStore {
      override close() {
        return super.erase()
      }
    },
  'closes without waiting for batches': () =>
    class extends MemoryStore {
      override async batch(changes: readonly StoreChange[]) {
        const done = super.batch(changes)
        for (let turn = 0; turn < 20; turn++) await done
      }
    },
  'leaves something behind when erased': () =>
    class extends MemoryStore {
      override erase() {
        return super.close()
      }
    },
  'stays open when erased': () =>
    class extends MemoryStore {
      override async erase() {
        await super.erase()
        await super.open()
      }
    },
  'gives entries twice': () =>
    class extends MemoryStore {
      override async *entries(range: KeyRange) {
        for await (const entry of super.entries(range)) yield* [entry, entry]
      }
    },
}

/** Runs every case. @returns the names of those that failed */
async function failuresOf(Faulty: typeof MemoryStore): Promise<string[]> {
  const cases: [name: string, run: () => Promise<void>][] = []
  const runner = { test: (name: string, run: () => Promise<void>) => cases.push([name, run]) }
  testStore(runner, { create: name => new Faulty(name), persistent: true })
  const failures: string[] = []
  for (const [name, run] of cases) await run().catch(() => failures.push(name))
  return failures
}

describe('the store suite', () => {
  test('passes a store that keeps the contract', async () => {
    expect(await failuresOf(MemoryStore)).toEqual([])
  })
  test.each(Object.keys(faulty))('finds out a store that %s', async name => {
    expect((await failuresOf(faulty[name]())).length).toBeGreaterThan(0)
  })

  test('names the seed of a random history that failed, and takes it', async () => {
    const outcome = (seed?: number) =>
      new Promise<Error>(resolve => {
        const test = (name: string, run: () => Promise<void>) => name.includes('random') && run().catch(resolve)
        class Faulty extends MemoryStore {
          override async get(key: string): Promise<Uint8Array | undefined> {
            return key.includes('~') ? undefined : super.get(key)
          }
        }
        const create = (name: string): Store => new Faulty(name)
        testStore({ test }, { create, persistent: true }, seed === undefined ? {} : { seed })
      })
    const first = await outcome()
    const seed = Number(/seed: (\d+)/.exec(first.message)?.[1])
    expect((await outcome(seed)).message).toBe(first.message)
  })
})
