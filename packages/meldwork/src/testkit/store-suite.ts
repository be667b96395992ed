import { type KeyRange, platformEnvironment, type Store, type StoreChange } from '../ports/index.js'
import { attended, equal, equalBytes, rejects } from './expectations.js'

/** What the suite needs of a test runner: `{ test }` of vitest, node:test or mocha (`it`) will do. */
export interface TestRunner {
  test(name: string, run: () => Promise<void>): unknown
}

/** How the suite gets at an implementation. Powers are declared here, never found out by trying. */
export interface StoreFactory {
  /** A closed store at a location that nothing has used. `name` is new with each call, and made of letters and digits. */
  create(name: string): Store
  /**
   * A closed store for the location of this one, as a new process would make it. Left out by a store whose data ends
   * with the object: the object itself is then opened again.
   */
  reopen?(store: Store): Store
  /** Whether what was committed is there after closing and opening again. */
  persistent: boolean
}

export interface StoreSuiteOptions {
  /** Seed of the random histories; a failure names the one it had. By default a new one for each run. */
  seed?: number
  /** Steps of the random history: 300 by default. */
  steps?: number
}

/**
 * The acceptance suite for implementations of {@link Store}: one test for each promise of the contract.
 *
 * It does not test what needs another process, a crash or a full disk: an implementation's own tests must.
 */
export function testStore(runner: TestRunner, factory: StoreFactory, options: StoreSuiteOptions = {}): void {
  let created = 0
  const reopen = (store: Store) => factory.reopen?.(store) ?? store
  const create = () => factory.create(`suite${platformEnvironment.random(4).join('x')}n${created++}`)

  /** A test with an open store, which is erased afterwards. */
  const test = (name: string, run: (store: Store) => Promise<void>) =>
    runner.test(name, async () => {
      const store = create()
      await store.open()
      try {
        await run(store)
      } catch (error) {
        await store.erase().catch(() => {})
        throw error
      }
      await store.erase()
    })
  /** The state that a new opening finds, where there is one to be found. */
  const afterRestart = async (store: Store, check: (store: Store) => Promise<void>) => {
    await store.close()
    const again = reopen(store)
    await again.open()
    if (factory.persistent) await check(again)
    await again.close()
  }

  lifeTests(test, runner, create, reopen, afterRestart)
  readTests(test)
  batchTests(test, afterRestart)
  byteTests(test, afterRestart)

  test('agrees with an ordered map in a random history', async store => {
    const seed = options.seed ?? new DataView(platformEnvironment.random(4).buffer).getUint32(0)
    try {
      await randomHistory(store, factory.persistent ? reopen : undefined, seed, options.steps ?? 300)
    } catch (cause) {
      throw new Error(`with { seed: ${seed} }: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  })
}

type Test = (name: string, run: (store: Store) => Promise<void>) => void
type AfterRestart = (store: Store, check: (store: Store) => Promise<void>) => Promise<void>

function lifeTests(
  test: Test,
  runner: TestRunner,
  create: () => Store,
  reopen: (store: Store) => Store,
  afterRestart: AfterRestart,
) {
  const unusable = async (store: Store) => {
    await rejects(store.get('a'), 'store-failed', 'get')
    await rejects(store.batch([put('a')]), 'store-failed', 'batch')
    await rejects(keysOf(store), 'store-failed', 'entries')
  }

  test('says where it is', async store => {
    equal(typeof store.location, 'string', 'type of location')
    equal(store.location.length > 0, true, 'location is not empty')
  })
  runner.test('refuses use before it is open', async () => {
    const store = create()
    await unusable(store)
    await store.erase()
  })
  test('refuses use after it is closed', async store => {
    await store.batch([put('a')])
    await store.close()
    await unusable(store)
  })
  test('refuses use from the call of close on', async store => {
    const closed = attended(store.close())
    await rejects(store.batch([put('a')]), 'store-failed', 'batch')
    await closed
  })
  test('closes as often as it is told, also at the same time', async store => {
    await Promise.all([store.close(), store.close()])
    await store.close()
  })
  runner.test('closes without ever having been open', async () => {
    const store = create()
    await store.close()
    await store.erase()
  })
  runner.test('closes while it is opening', async () => {
    const store = create()
    const [opened, closed] = await Promise.allSettled([store.open(), store.close()])
    equal([opened.status, closed.status], ['fulfilled', 'fulfilled'], 'open and close')
    await unusable(store)
    await store.erase()
  })
  test('refuses a second opening, and goes on', async store => {
    await store.batch([put('a')])
    await rejects(store.open(), 'store-locked', 'second open')
    await rejects(reopen(store).open(), 'store-locked', 'open of another store at the same location')
    equal(await keysOf(store), ['a'], 'keys after the refused opening')
    await store.batch([put('b')])
    equal(await keysOf(store), ['a', 'b'], 'keys after a later batch')
  })
  runner.test('lets only one of two openings at the same time through', async () => {
    const store = create()
    const other = reopen(store)
    const outcomes = await Promise.allSettled([store.open(), other.open()])
    equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'number of successful openings')
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') await rejects(Promise.reject(outcome.reason), 'store-locked', 'open')
    }
    await Promise.all([store.close(), other.close()])
    await store.erase()
  })
  test('keeps what was committed over a new opening', async store => {
    await store.batch([put('a', 1), put('b', 1), put('c', 1)])
    await store.batch([remove('a'), put('b', 2)])
    await afterRestart(store, async again => {
      await holds(again, { b: [2], c: [1] })
      await again.batch([remove('c'), put('d', 3)])
      await afterRestart(again, async third => holds(third, { b: [2], d: [3] }))
    })
  })
  test('waits on closing for the batches under way', async store => {
    let settled = 0
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    const batches = numbers.map(number => store.batch([put(`k${number}`, number), put('last', number)]))
    const counted = batches.map(batch => attended(batch.then(() => settled++)))
    await store.close()
    equal(settled, 20, 'batches resolved when close resolves')
    await Promise.all(counted)
    await afterRestart(store, async again => {
      equal((await keysOf(again)).length, 21, 'number of keys')
      equalBytes(await again.get('last'), [19], 'last')
    })
  })
  test('erases everything, also what is under way, and can be used again', async store => {
    await store.batch([put('a'), put('b')])
    const underWay = attended(store.batch([put('c')]))
    await store.erase()
    await underWay
    await unusable(store)
    const again = reopen(store)
    await again.open()
    equal(await keysOf(again), [], 'keys after erasing')
    await again.batch([put('d')])
    equal(await keysOf(again), ['d'], 'keys after erasing and writing')
    await again.close()
    await again.erase()
    await store.open()
    equal(await keysOf(store), [], 'keys after erasing a closed store')
  })
  test('has nothing to do with a store at another location', async store => {
    const other = create()
    await other.open()
    await Promise.all([store.batch([put('a', 1)]), other.batch([put('a', 2), put('b', 2)])])
    await holds(store, { a: [1] })
    await other.erase()
    await holds(store, { a: [1] })
  })
}

function readTests(test: Test) {
  test('has nothing at first', async store => {
    equal(await store.get('a'), undefined, 'get')
    equal(await keysOf(store), [], 'keys')
  })
  test('gives entries in the order of character codes', async store => {
    const keys = ['~', 'b', 'a~', 'Z', 'a', '!', 'a!', '0', '10', '9', '_', 'aa', 'a0', '!!', '!~', '~!', 'A'].concat(
      ['!', '~', 'k'].flatMap(character => [character.repeat(63), character.repeat(64)]),
    )
    await store.batch(keys.map((key, index) => put(key, index)))
    equal(await keysOf(store), [...keys].sort(), 'keys')
    for (const [index, key] of keys.entries()) equalBytes(await store.get(key), [index], key)
  })
  test('gives every character that a key may have', async store => {
    const characters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
    await store.batch(characters.toReversed().map(character => put(`${character}x${character}`)))
    const expected = characters.map(character => `${character}x${character}`)
    equal(await keysOf(store), expected, 'keys')
  })
  test('takes ranges half-open', async store => {
    await store.batch(['a', 'b', 'b!', 'c', 'd'].map(key => put(key)))
    const within = (gte: string, lt: string) => keysOf(store, { gte, lt })
    equal(await within('b', 'd'), ['b', 'b!', 'c'], 'from b to d')
    equal(await within('a!', 'b~'), ['b', 'b!'], 'between keys that are not there')
    equal(await within('a', 'a!'), ['a'], 'one key')
    equal(await within('!', '~'), ['a', 'b', 'b!', 'c', 'd'], 'all')
    equal(await within('e', '~'), [], 'after the last')
    equal(await within('!', 'a'), [], 'before the first')
    equal(await within('b', 'b'), [], 'an empty range')
    equal(await within('d', 'b'), [], 'a reversed range')
  })
  test('can be left in the middle of a range', async store => {
    await store.batch(['a', 'b', 'c'].map(key => put(key)))
    for await (const [key] of store.entries(all)) if (key === 'b') break
    await store.batch([put('d')])
    equal(await keysOf(store), ['a', 'b', 'c', 'd'], 'keys')
  })
  test('gives ranges to two readers at once', async store => {
    await store.batch(Array.from({ length: 100 }, (_, index) => put(`k${100 + index}`)))
    const [one, two] = await Promise.all([keysOf(store), keysOf(store, { gte: 'k150', lt: '~' })])
    equal([one.length, two.length], [100, 50], 'number of keys')
  })
  test('can be written to while a range is read', async store => {
    const keys = Array.from({ length: 200 }, (_, index) => `k${1000 + 2 * index}`)
    await store.batch(keys.map(key => put(key)))
    const found: string[] = []
    for await (const [key] of store.entries(all)) {
      found.push(key)
      if (found.length % 20 === 0) await store.batch([put(key, 9), put(`k${1001 + found.length}`), put('a')])
    }
    equal(found, [...new Set(found)].sort(), 'order of the keys found')
    equal(
      found.filter(key => keys.includes(key)),
      keys,
      'the keys that were there all the time',
    )
  })
}

function batchTests(test: Test, afterRestart: AfterRestart) {
  test('puts, replaces and deletes', async store => {
    await store.batch([put('a', 1), put('b', 1)])
    await store.batch([put('a', 2), remove('b'), remove('never'), put('c', 3)])
    await holds(store, { a: [2], c: [3] })
    equal(await store.get('b'), undefined, 'a deleted key')
    await store.batch([put('b', 4), remove('a'), remove('c')])
    await holds(store, { b: [4] })
  })
  test('takes a batch without changes', async store => {
    await store.batch([])
    await Promise.all([store.batch([put('a')]), store.batch([]), store.batch([put('b')])])
    equal(await keysOf(store), ['a', 'b'], 'keys')
  })
  test('takes 10,000 changes in a batch', async store => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `k/${100_000 + ((index * 7919) % 10_000)}`)
    await store.batch(keys.map((key, index) => ({ key, value: new Uint8Array([index, index >> 8]) })))
    equal(await keysOf(store), [...keys].sort(), 'keys')
    equalBytes(await store.get(keys[7777]), [7777 & 255, 7777 >> 8], 'one value')
    await store.batch(keys.slice(1).map(remove))
    equal(await keysOf(store), [keys[0]], 'keys after deleting all but one')
  })
  test('shows a batch to every later reader, resolved or not', async store => {
    const first = attended(store.batch([put('a', 1), put('b', 1)]))
    const read = attended(store.get('a'))
    const second = attended(store.batch([put('a', 2), remove('b')]))
    const readAgain = attended(Promise.all([store.get('a'), store.get('b'), keysOf(store)]))
    const atFirst = (await read)?.[0]
    equal(atFirst === 1 || atFirst === 2, true, 'a is there after the first batch')
    const [a, b, keys] = await readAgain
    equalBytes(a, [2], 'a')
    equal(b, undefined, 'b')
    equal(keys, ['a'], 'keys')
    await Promise.all([first, second])
  })
  test('applies batches in the order of the calls, also when nobody waits', async store => {
    const batches: Promise<void>[] = []
    for (let index = 0; index < 100; index++) {
      const b = index % 3 === 0 ? put('b', index) : remove('b')
      batches.push(attended(store.batch([put('a', index), b, put(`k${index}`)])))
      // Now and then some time passes: so that batches are called at every stage of those before.
      if (index % 17 === 0) await batches.at(-1)
      else if (index % 3 === 0) await null
    }
    await Promise.all(batches)
    equalBytes(await store.get('a'), [99], 'a')
    equalBytes(await store.get('b'), [99], 'b')
    await store.batch([remove('a'), remove('b')])
    await afterRestart(store, async again => equal((await keysOf(again)).length, 100, 'number of keys'))
  })

  test('takes batches of either durability, in the order of the calls', async store => {
    const durabilities = ['written', 'flushed', undefined, 'written'] as const
    const batches = Array.from({ length: 20 }, (_, index) =>
      attended(store.batch([put('a', index), put(`k${index}`)], durabilities[index % durabilities.length])),
    )
    equalBytes(await store.get('a'), [19], 'a')
    await Promise.all(batches)
    await afterRestart(store, async again => {
      equalBytes(await again.get('a'), [19], 'a')
      equal((await keysOf(again)).length, 21, 'number of keys')
    })
  })

  const faults: [name: string, changes: StoreChange[]][] = [
    ['an empty key', [put('')]],
    ['a key of 65 characters', [put('k'.repeat(65))]],
    ['a space in a key', [put('a b')]],
    ['a line break at the end of a key', [put('a\n')]],
    ['a character after ~', [put('a\x7f')]],
    ['a letter outside of ASCII', [put('é')]],
    ['a malformed key to delete', [remove('a b')]],
    ['a key that is named twice', [put('twice', 1), put('twice', 2)]],
  ]
  for (const [name, changes] of faults) {
    test(`refuses the whole batch because of ${name}`, async store => {
      await store.batch([put('a', 1), put('b', 1)])
      const before = attended(store.batch([put('before', 1)]))
      const refused = rejects(
        store.batch([put('a', 2), remove('b'), put('c', 2), ...changes, put('d', 2)]),
        'store-failed',
        'batch',
      )
      const after = attended(store.batch([put('after', 1)]))
      await Promise.all([before, refused, after])
      await holds(store, { a: [1], after: [1], b: [1], before: [1] })
      await afterRestart(store, async again => holds(again, { a: [1], after: [1], b: [1], before: [1] }))
    })
  }
}

function byteTests(test: Test, afterRestart: AfterRestart) {
  test('keeps empty values', async store => {
    await store.batch([{ key: 'a', value: new Uint8Array(0) }])
    equalBytes(await store.get('a'), [], 'a')
    await holds(store, { a: [] })
    await afterRestart(store, async again => holds(again, { a: [] }))
  })
  test('keeps values of 1 MB', async store => {
    const large = Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 31) ^ (index >> 8))
    await store.batch([{ key: 'a', value: large }, put('b', 1), { key: 'c', value: large }])
    equalBytes(await store.get('a'), large, 'a')
    await holds(store, { a: large, b: [1], c: large })
    await afterRestart(store, async again => holds(again, { a: large, b: [1], c: large }))
  })
  test('keeps every value of a byte', async store => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    await store.batch([{ key: 'a', value: bytes }])
    await afterRestart(store, async again => equalBytes(await again.get('a'), bytes, 'a'))
  })
  test('keeps parts of a larger buffer, and only these', async store => {
    const buffer = Uint8Array.from({ length: 100_000 }, (_, index) => index)
    const part = (key: string, from: number, to: number) => ({ key, value: buffer.subarray(from, to) })
    const expected = { a: [10, 11, 12], b: [0, 1], c: buffer.slice(99_998), d: [12, 13], e: [] }
    await store.batch([
      part('a', 10, 13),
      part('b', 0, 2),
      part('c', 99_998, 100_000),
      part('d', 12, 14),
      part('e', 5, 5),
    ])
    await holds(store, expected)
    await afterRestart(store, async again => holds(again, expected))
  })
  test('leaves alone the bytes that it was given and that it gave', async store => {
    const given = new Uint8Array([1, 2, 3])
    await store.batch([{ key: 'a', value: given }])
    const got = await store.get('a')
    const [[, listed]] = await entriesOf(store)
    await store.batch([{ key: 'a', value: new Uint8Array([9, 9, 9]) }])
    await store.batch([remove('a')])
    await store.batch([put('b'), put('a', 7)])
    await store.close()
    for (const bytes of [given, got, listed]) equalBytes(bytes, [1, 2, 3], 'bytes kept by the caller')
  })
}

/** Random changes, readings and restarts; after each the store must answer as a plain Map does. */
async function randomHistory(first: Store, reopen: ((store: Store) => Store) | undefined, seed: number, steps: number) {
  const random = randomNumbers(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const letters = ['!', '~', 'a', 'b', 'B', '0']
  const key = () => Array.from({ length: 1 + below(3) }, () => letters[below(letters.length)]).join('')
  const model = new Map<string, Uint8Array>()
  let store = first
  const change = (name: string): StoreChange => {
    const value = random() < 0.3 ? null : Uint8Array.from({ length: below(20) }, () => below(256))
    if (value === null) model.delete(name)
    else model.set(name, value)
    return { key: name, value }
  }
  const batch = () => store.batch([...new Set(Array.from({ length: below(9) }, key))].map(change))

  for (let step = 0; step < steps; step++) {
    const chance = random()
    if (chance < 0.4) await batch()
    else if (chance < 0.5) await Promise.all(Array.from({ length: 1 + below(5) }, batch))
    else if (chance < 0.75) {
      const name = key()
      equalBytes(await store.get(name), model.get(name), `step ${step}, ${name}`)
    } else if (chance < 0.97 || reopen === undefined) {
      const range = { gte: key(), lt: key() }
      const expected = [...model].filter(([name]) => range.gte <= name && name < range.lt)
      sameEntries(await entriesOf(store, range), expected, `step ${step}, from ${range.gte} to ${range.lt}`)
    } else {
      const underWay = attended(batch())
      await store.close()
      await underWay
      store = reopen(store)
      await store.open()
    }
  }
  sameEntries(await entriesOf(store), [...model], 'at the end')
  await store.close()
}

/** Numbers from 0 to below 1: mulberry32, by Tommy Ettinger. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const all: KeyRange = { gte: '!', lt: '~'.repeat(65) }
const put = (key: string, byte = 0): StoreChange => ({ key, value: new Uint8Array([byte]) })
const remove = (key: string): StoreChange => ({ key, value: null })

async function entriesOf(store: Store, range = all): Promise<(readonly [string, Uint8Array])[]> {
  const found = []
  for await (const entry of store.entries(range)) found.push(entry)
  return found
}
const keysOf = async (store: Store, range = all) => (await entriesOf(store, range)).map(([key]) => key)

async function holds(store: Store, expected: Record<string, ArrayLike<number>>) {
  sameEntries(await entriesOf(store), Object.entries(expected), 'entries')
}

function sameEntries(
  found: (readonly [string, Uint8Array])[],
  expected: (readonly [string, ArrayLike<number>])[],
  what: string,
) {
  const sorted = [...expected].sort(([one], [other]) => (one < other ? -1 : 1))
  equal(
    found.map(([key]) => key),
    sorted.map(([key]) => key),
    `keys, ${what}`,
  )
  for (const [index, [key, value]] of sorted.entries()) equalBytes(found[index][1], value, `${key}, ${what}`)
}
