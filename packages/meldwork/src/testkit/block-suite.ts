import { type BlockStore, type BlockWriteMode, maxBlockNameLength, platformEnvironment } from '../ports/index.js'
import { Chance } from './chance.js'
import { attended, equal, equalBytes, rejects } from './expectations.js'
import type { TestRunner } from './store-suite.js'

export type { TestRunner } from './store-suite.js'

/** How the suite gets at an implementation. Powers are declared here, never found out by trying. */
export interface BlockStoreFactory {
  /** A closed store at a place that nothing has used, told to create it. `name` is new with each call, and made of letters and digits. */
  create(name: string): BlockStore
  /** Another closed store for the place of this one, as a new process would make it. */
  another(store: BlockStore): BlockStore
  /** A closed store at a place that is not there, not told to create it; left out where every place is there. */
  missing?(name: string): BlockStore
  /**
   * Puts into the place of an open store what others may leave there: things that are no files of the layout, and some that are. The latter, other than
   * `abcd.pack`, have these names. Left out where nobody else can.
   */
  strew?(store: BlockStore): Promise<readonly string[]>
  /** Within how many milliseconds a watcher is told, at most; left out by stores that cannot be watched. */
  watchMs?: number
  /** The longest name that it takes: 200 characters, unless it adds something to names. */
  maxNameLength?: number
  /** Removes the place of a store. */
  remove?(store: BlockStore): Promise<void>
}

export interface BlockSuiteOptions {
  /** Seed of the random histories; a failure names the one it had. By default a new one for each run. */
  seed?: number
  /** Steps of the random history: 60 by default. */
  steps?: number
  /** How many files the test of many files writes: 300 by default. */
  files?: number
  /** The length of the big file: 5 MiB by default. */
  bigBytes?: number
}

type Test = (name: string, run: (store: BlockStore, other: BlockStore) => Promise<void>) => void

/**
 * The acceptance suite for implementations of {@link BlockStore}: one test for each promise of the contract.
 *
 * It does not test what needs another process, a crash or a full disk: an implementation's own tests must.
 */
export function testBlocks(runner: TestRunner, factory: BlockStoreFactory, options: BlockSuiteOptions = {}): void {
  let created = 0
  const newName = () => `suite${platformEnvironment.random(4).join('x')}n${created++}`

  /** A test with two open stores for one place. */
  const test: Test = (name, run) =>
    runner.test(name, async () => {
      const store = factory.create(newName())
      await store.open()
      const other = factory.another(store)
      try {
        await other.open()
        await run(store, other)
      } finally {
        await Promise.all([store.close(), other.close()])
        await factory.remove?.(store)
      }
    })

  lifeTests(test, runner, factory, newName)
  writeTests(test)
  nameTests(test, options, factory.maxNameLength ?? maxBlockNameLength)
  byteTests(test, options)
  if (factory.strew !== undefined) strangerTest(test, factory.strew.bind(factory))
  if (factory.watchMs !== undefined) watchTests(test, factory.watchMs)

  test('agrees with a map in a random history', async (store, other) => {
    const seed = options.seed ?? new DataView(platformEnvironment.random(4).buffer).getUint32(0)
    try {
      await randomHistory([store, other], seed, options.steps ?? 60)
    } catch (cause) {
      throw new Error(`with { seed: ${seed} }: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  })
}

function lifeTests(test: Test, runner: TestRunner, factory: BlockStoreFactory, newName: () => string) {
  const unusable = async (store: BlockStore) => {
    await rejects(store.list(), 'store-failed', 'list')
    await rejects(store.read('a'), 'store-failed', 'read')
    await rejects(store.write('a', bytes(1)), 'store-failed', 'write')
    if (factory.watchMs !== undefined) await rejects(watching(store), 'store-failed', 'watch')
  }
  const watching = async (store: BlockStore) => store.watch!(() => {})

  test('says where it is', async store => {
    equal(typeof store.location, 'string', 'type of location')
    equal(store.location.length > 0, true, 'location is not empty')
  })
  runner.test('refuses use before it is open', async () => unusable(factory.create(newName())))
  test('refuses use after it is closed', async store => {
    await store.write('a', bytes(1))
    await store.close()
    await unusable(store)
  })
  test('opens when it is open, and closes as often as it is told', async store => {
    await Promise.all([store.open(), store.open()])
    await store.write('a', bytes(1))
    await Promise.all([store.close(), store.close()])
    await store.close()
    await unusable(store)
  })
  runner.test('closes without ever having been open, and while it is opening', async () => {
    const store = factory.create(newName())
    await store.close()
    const [opened, closed] = await Promise.allSettled([store.open(), store.close()])
    equal([opened.status, closed.status], ['fulfilled', 'fulfilled'], 'open and close')
    await unusable(store)
    await factory.remove?.(store)
  })
  test('keeps what was written over closing and opening', async (store, other) => {
    await store.write('ab.pack', bytes(1, 2))
    await Promise.all([store.close(), other.close()])
    await store.open()
    await holds(store, { 'ab.pack': [1, 2] })
    equal(await store.write('ab.pack', bytes(3)), false, 'write after opening again')
    const third = factory.another(store)
    await third.open()
    await holds(third, { 'ab.pack': [1, 2] })
    await third.close()
  })
  test('waits on closing for the writes under way', async (store, other) => {
    const names = Array.from({ length: 10 }, (_, index) => `k${index}`)
    let settled = 0
    const writes = names.map(name => attended(store.write(name, bytes(1)).then(() => settled++)))
    await store.close()
    equal(settled, names.length, 'writes that have ended when close ends')
    await Promise.all(writes)
    equal([...(await other.list())].sort(), names, 'names')
  })
  test('has nothing to do with another place', async store => {
    const elsewhere = factory.create(newName())
    await elsewhere.open()
    equal(await Promise.all([store.write('a', bytes(1)), elsewhere.write('a', bytes(2))]), [true, true], 'writes')
    await holds(store, { a: [1] })
    await elsewhere.close()
    await factory.remove?.(elsewhere)
    await holds(store, { a: [1] })
  })
  if (factory.missing === undefined) return
  runner.test('does not create a missing place unless it is told to', async () => {
    const store = factory.missing!(newName())
    await rejects(store.open(), 'store-missing', 'open')
    await rejects(store.open(), 'store-missing', 'open again')
    await unusable(store)
    await store.close()
  })
}

function writeTests(test: Test) {
  test('has nothing at first', async store => {
    await holds(store, {})
    equal(await store.read('ab.pack'), undefined, 'read')
  })
  test('creates a file once', async (store, other) => {
    equal(await store.write('ab.pack', bytes(1, 2, 3)), true, 'first write')
    await holds(other, { 'ab.pack': [1, 2, 3] })
    const again = [
      await store.write('ab.pack', bytes(1, 2, 3)),
      await store.write('ab.pack', bytes(4)),
      await other.write('ab.pack', bytes(5), 'create'),
    ]
    equal(again, [false, false, false], 'later writes')
    await holds(store, { 'ab.pack': [1, 2, 3] })
    await holds(other, { 'ab.pack': [1, 2, 3] })
  })
  test('lets one of several writers at the same time create a file, and shows it whole or not at all', async (store, other) => {
    for (let round = 0; round < 5; round++) {
      const name = `race${round}.pack`
      const given = Array.from({ length: 8 }, (_, index) => patterned(20_000 + 1000 * index, index + 1))
      let over = false
      const look = async (reader: BlockStore) => {
        while (!over) {
          const found = await reader.read(name)
          if (found !== undefined) isOneOf(found, given, 'what is read meanwhile')
          else if ((await reader.list()).includes(name)) isOneOf(await reader.read(name), given, 'what is listed')
          await pause(1)
        }
      }
      const looking = attended(look(other))
      const created = await Promise.all(
        given.map((content, index) => (index % 2 === 0 ? store : other).write(name, content)),
      )
      over = true
      await looking
      equal(created.filter(Boolean).length, 1, `writers that created ${name}`)
      const winner = given[created.indexOf(true)]
      equalBytes(await store.read(name), winner, name)
      equalBytes(await other.read(name), winner, name)
    }
  })
  test('replaces a file when it is told to', async (store, other) => {
    equal(await store.write('ab.pack', bytes(1, 2)), true, 'first write')
    equal(await other.write('ab.pack', bytes(3), 'replace'), true, 'replace')
    await holds(store, { 'ab.pack': [3] })
    equal(await store.write('new.pack', bytes(4), 'replace'), true, 'replace what is not there')
    equal(await other.write('new.pack', bytes(5)), false, 'create after that')
    await holds(other, { 'ab.pack': [3], 'new.pack': [4] })
  })
  test('shows the old or the new file while it is replaced', async (store, other) => {
    const given = Array.from({ length: 6 }, (_, index) => patterned(50_000 - 5000 * index, index + 1))
    await store.write('ab.pack', given[0])
    let over = false
    const looking = attended(
      (async () => {
        while (!over) {
          isOneOf(await other.read('ab.pack'), given, 'what is read meanwhile')
          await pause(1)
        }
      })(),
    )
    for (const content of given.slice(1)) await store.write('ab.pack', content, 'replace')
    over = true
    await looking
    equalBytes(await other.read('ab.pack'), given[5], 'at the end')
  })
}

function nameTests(test: Test, { files = 300 }: BlockSuiteOptions, maxLength: number) {
  test('keeps apart names that begin alike', async (store, other) => {
    const names = ['1-ab.delta', '10-ab.delta', '10ab.pack', '10', '1', '1-', '1-ab.delta.aa.sig', '2-ab.delta']
    for (const [index, name] of names.entries()) equal(await store.write(name, bytes(index)), true, name)
    await holds(other, Object.fromEntries(names.map((name, index) => [name, [index]])))
    equal(await store.read('10-a'), undefined, 'the beginning of a name')
  })
  test('takes names of every length, of all characters that are allowed', async (store, other) => {
    const allowed = 'abcdefghijklmnopqrstuvwxyz0123456789._-ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    const names = ['x', 'y.', '-', '_', allowed, 'w'.repeat(maxLength - 1), 'v'.repeat(maxLength), 'a..b', '--', '0.0']
    for (const name of names) equal(await store.write(name, bytes(name.length)), true, name)
    await holds(other, Object.fromEntries(names.map(name => [name, [name.length]])))
  })
  const refused = ['', '.', '..', '.hidden', 'a/b', '../up', 'a\\b', 'a b', 'a:b', 'é', 'a\n', 'a\0', 'x'.repeat(201)]
  refused.push('%2e%2e', 'a%2fb', 'a?b', 'a#b', '*', '♭')
  test('refuses all other names, and has no files of that name', async store => {
    for (const name of refused) {
      equal(await store.read(name), undefined, `read ${JSON.stringify(name)}`)
      for (const mode of ['create', 'replace'] as const)
        await rejects(store.write(name, bytes(1), mode), 'store-failed', `write ${JSON.stringify(name)}`)
    }
    await holds(store, {})
  })
  test('keeps many files', async (store, other) => {
    const names = Array.from({ length: files }, (_, index) => `${((index * 7919) % 65_536).toString(16)}-${index}.pack`)
    for (let at = 0; at < files; at += 50)
      await Promise.all(names.slice(at, at + 50).map((name, index) => store.write(name, bytes(at + index))))
    equal([...(await other.list())].sort(), [...names].sort(), 'names')
    equal([...(await store.list())].sort(), [...names].sort(), 'names, of the writer')
    equalBytes(await other.read(names[files - 1]), bytes(files - 1), 'the last')
  })
}

function byteTests(test: Test, { bigBytes = 5 << 20 }: BlockSuiteOptions) {
  test('keeps an empty file', async (store, other) => {
    equal(await store.write('empty.pack', bytes()), true, 'write')
    await holds(other, { 'empty.pack': [] })
    equal(await other.write('empty.pack', bytes(1)), false, 'a later write')
  })
  test('keeps every value of a byte', async (store, other) => {
    const all = Uint8Array.from({ length: 1024 }, (_, index) => index)
    await store.write('all.pack', all)
    equalBytes(await other.read('all.pack'), all, 'all.pack')
  })
  test('keeps a big file', async (store, other) => {
    const big = patterned(bigBytes, 3)
    equal(await store.write('big.pack', big), true, 'write')
    equalBytes(await other.read('big.pack'), big, 'big.pack')
  })
  test('keeps parts of a larger buffer, and only these', async (store, other) => {
    const buffer = Uint8Array.from({ length: 100_000 }, (_, index) => index)
    await store.write('a', buffer.subarray(10, 13))
    await store.write('b', buffer.subarray(5, 5))
    await store.write('c', buffer.subarray(99_998))
    await holds(other, { a: [10, 11, 12], b: [], c: buffer.slice(99_998) })
  })
  test('leaves alone the bytes that it was given and that it gave', async store => {
    const given = bytes(1, 2, 3)
    await store.write('a', given)
    const got = await store.read('a')
    await store.write('a', bytes(9, 9, 9), 'replace')
    await store.close()
    for (const kept of [given, got]) equalBytes(kept, [1, 2, 3], 'bytes kept by the caller')
  })
}

function strangerTest(test: Test, strew: (store: BlockStore) => Promise<readonly string[]>) {
  test('lists files of others, and goes on beside what is no file of the layout', async (store, other) => {
    await store.write('abcd.pack', bytes(1))
    const theirs = await strew(store)
    const expected = ['abcd.pack', ...theirs].sort()
    for (const each of [store, other]) {
      const found = await each.list()
      equal([...found].sort(), expected, 'names')
      for (const name of found) equal((await each.read(name)) !== undefined, true, `${name} can be read`)
    }
    equal(await other.write('abce.pack', bytes(2)), true, 'write')
    for (const name of theirs) equal(await store.write(name, bytes(3)), false, `write ${name}`)
    equal([...(await store.list())].sort(), [...expected, 'abce.pack'].sort(), 'names after writing')
    equalBytes(await store.read('abcd.pack'), [1], 'abcd.pack')
  })
}

function watchTests(test: Test, watchMs: number) {
  /** Resolves when `happened` does so within the time that a watcher has. */
  const until = async (happened: () => boolean, what: string) => {
    const deadlineMs = platformEnvironment.now() + watchMs
    while (!happened()) {
      if (platformEnvironment.now() > deadlineMs) throw new Error(`${what}: not told within ${watchMs} ms`)
      await pause(5)
    }
  }
  const counted = (store: BlockStore) => {
    const counter = { told: 0, stop: () => {} }
    counter.stop = store.watch!(() => counter.told++)
    return counter
  }
  test('tells that something was added, by itself and by another', async (store, other) => {
    const counter = counted(store)
    for (const [index, writer] of [other, store, other].entries()) {
      const before = counter.told
      await writer.write(`${index}0-ab.delta`, bytes(index))
      await until(() => counter.told > before, `after write ${index}`)
      equal((await store.list()).includes(`${index}0-ab.delta`), true, 'it is listed when a watcher is told')
    }
    counter.stop()
  })
  test('tells each watcher until that one ends it', async (store, other) => {
    const [one, two] = [counted(store), counted(store)]
    one.stop()
    one.stop()
    await other.write('ab.pack', bytes(1))
    await until(() => two.told > 0, 'the other watcher')
    equal(one.told, 0, 'told after the end')
    two.stop()
  })
  test('tells nothing more after closing', async (store, other) => {
    const [closed, open] = [counted(store), counted(other)]
    await store.close()
    await other.write('ab.pack', bytes(1))
    await until(() => open.told > 0, 'the watcher of another')
    equal(closed.told, 0, 'told after closing')
    open.stop()
  })
}

/** Random writes, readings and openings by two objects; after each the place must answer as a plain Map does. */
async function randomHistory(stores: readonly BlockStore[], seed: number, steps: number) {
  const chances = new Chance(seed)
  const below = (limit: number) => Math.floor(chances.number() * limit)
  const model = new Map<string, Uint8Array>()
  const name = () => `${below(3)}${'-ab'[below(3)]}${below(4)}`
  for (let step = 0; step < steps; step++) {
    const store = stores[below(stores.length)]
    const chance = chances.number()
    if (chance < 0.5) {
      const [written, content] = [name(), Uint8Array.from({ length: below(40) }, () => below(256))]
      const mode: BlockWriteMode | undefined = chance < 0.1 ? 'replace' : chance < 0.3 ? 'create' : undefined
      const expected = mode === 'replace' || !model.has(written)
      equal(await store.write(written, content, mode), expected, `step ${step}, write ${written}`)
      if (expected) model.set(written, content)
    } else if (chance < 0.75) {
      const read = name()
      equalBytes(await store.read(read), model.get(read), `step ${step}, read ${read}`)
    } else if (chance < 0.95) {
      equal([...(await store.list())].sort(), [...model.keys()].sort(), `step ${step}, list`)
    } else {
      await store.close()
      await store.open()
    }
  }
  await holds(stores[0], Object.fromEntries(model))
}

const bytes = (...values: number[]) => new Uint8Array(values)
const patterned = (length: number, factor: number) =>
  Uint8Array.from({ length }, (_, index) => (index * factor) ^ (index >> 8) ^ factor)
const pause = (ms: number) => new Promise<void>(resolve => platformEnvironment.schedule(resolve, ms))

async function holds(store: BlockStore, expected: Record<string, ArrayLike<number>>) {
  equal([...(await store.list())].sort(), Object.keys(expected).sort(), 'names')
  for (const [name, content] of Object.entries(expected)) equalBytes(await store.read(name), content, name)
}

function isOneOf(found: Uint8Array | undefined, given: readonly Uint8Array[], what: string) {
  const same = given.find(({ length }) => length === found?.length)
  if (same === undefined) throw new Error(`${what}: ${found?.length} bytes, which nobody wrote`)
  equalBytes(found, same, what)
}
