import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { LevelStore } from '../../src/stores/level.js'
import { testStore } from '../../src/testkit/store-suite.js'

const root = mkdtempSync(join(tmpdir(), 'level-test-'))
let created = 0
const newFolder = () => join(root, `store${created++}`)
const bytes = (...values: number[]) => new Uint8Array(values)
const put = (key: string, value = 0) => ({ key, value: bytes(value) })
afterAll(() => rmSync(root, { recursive: true, force: true }))

const suiteOptions = { seed: fuzz.seed, steps: fuzz.runs(200) }

describe('LevelStore in a folder', () => {
  const factory = {
    create: (name: string) => new LevelStore(join(root, 'not', 'there', name)),
    reopen: (store: { location: string }) => new LevelStore(store.location),
    persistent: true,
  }
  testStore({ test }, factory, suiteOptions)
})

describe('LevelStore over a database', () => {
  const databases = new Map<unknown, ClassicLevel>()
  const over = (database: ClassicLevel) => {
    const store = new LevelStore(database)
    databases.set(store, database)
    return store
  }
  const factory = {
    create: (name: string) => over(new ClassicLevel(join(root, 'given', name))),
    reopen: (store: unknown) => over(databases.get(store)!),
    persistent: true,
  }
  testStore({ test }, factory, suiteOptions)
})

describe('a folder', () => {
  test('is one place, by whatever path it is named', async () => {
    const folder = newFolder()
    const store = new LevelStore(folder)
    await store.open()
    const link = newFolder()
    symlinkSync(folder, link)
    for (const path of [relative(process.cwd(), folder), `${folder}/../${folder.split('/').at(-1)}/`, link]) {
      await expect(new LevelStore(path).open(), path).rejects.toMatchObject({
        code: 'store-locked',
        cause: { cause: { code: 'LEVEL_LOCKED' } },
      })
    }
    await store.close()
    const other = new LevelStore(link)
    await other.open()
    await other.close()
  })

  test('does not move with the working directory', () => {
    const store = new LevelStore(relative(process.cwd(), join(root, 'here')))
    expect(store.location).toBe(join(root, 'here'))
  })

  test('is gone after erasing', async () => {
    const folder = newFolder()
    const store = new LevelStore(folder)
    await store.open()
    await store.batch([put('a')])
    expect(existsSync(folder)).toBe(true)
    await store.erase()
    expect(existsSync(folder)).toBe(false)
    await new LevelStore(join(folder, 'never', 'made')).erase()
    expect(existsSync(folder)).toBe(false)
  })

  test('keeps what is not the store’s when erased', async () => {
    const folder = newFolder()
    mkdirSync(folder)
    writeFileSync(join(folder, 'letter.txt'), 'dear')
    const store = new LevelStore(folder)
    await store.open()
    await store.erase()
    expect(readdirSync(folder)).toEqual(['letter.txt'])
  })

  test('is not erased while somebody else has it open', async () => {
    const folder = newFolder()
    const store = new LevelStore(folder)
    await store.open()
    await store.batch([put('a', 1)])
    await expect(new LevelStore(folder).erase()).rejects.toMatchObject({ code: 'store-locked' })
    await store.batch([put('b', 1)])
    await store.close()
    await store.open()
    expect(await store.get('a')).toEqual(bytes(1))
    await store.close()
  })

  test('that cannot be made is a failure with its cause, and the store can be opened later', async () => {
    const folder = newFolder()
    writeFileSync(folder, 'a file')
    const store = new LevelStore(join(folder, 'inside'))
    await expect(store.open()).rejects.toMatchObject({
      code: 'store-failed',
      facts: { location: store.location, operation: 'open', reason: 'io' },
      cause: { code: 'ENOTDIR' },
    })
    rmSync(folder)
    await store.open()
    await store.close()
  })

  test('gives plain Uint8Arrays, whose slice is a copy', async () => {
    const store = new LevelStore(newFolder())
    await store.open()
    await store.batch([put('a', 1)])
    const got = (await store.get('a'))!
    got.slice()[0] = 2
    expect(got).toEqual(bytes(1))
    expect(Buffer.isBuffer(got)).toBe(false)
    for await (const [, value] of store.entries({ gte: 'a', lt: 'b' })) expect(Buffer.isBuffer(value)).toBe(false)
    await store.close()
  })
})

describe('a database that is handed over', () => {
  const open = async () => {
    const database = new ClassicLevel(newFolder())
    const store = new LevelStore(database)
    await store.open()
    return { database, store }
  }

  test('is told to sync each batch, and gets batches that wait as one', async () => {
    const { database, store } = await open()
    const batch = vi.spyOn(database, 'batch')
    await Promise.all([store.batch([put('a', 1)]), store.batch([put('b', 1)])])
    const first = store.batch([put('a', 2)])
    await new Promise(resolve => setImmediate(resolve))
    await Promise.all([first, store.batch([put('b', 2)]), store.batch([put('b', 3)])])
    expect(batch.mock.calls.flat().filter(argument => !Array.isArray(argument))).toEqual(
      batch.mock.calls.map(() => expect.objectContaining({ sync: true })),
    )
    expect(batch.mock.calls.length).toBeLessThan(5)
    expect(await store.get('b')).toEqual(bytes(3))
    await store.close()
  })

  test('gets a batch when the one before has ended, and is read when both have', async () => {
    const { database, store } = await open()
    const write = database.batch.bind(database)
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const slow = async (...given: unknown[]) => {
      await released
      await Reflect.apply(write, undefined, given)
    }
    const batch = vi.spyOn(database, 'batch').mockImplementationOnce(slow as never)
    const first = store.batch([put('a', 1), put('b', 1)])
    await new Promise(resolve => setImmediate(resolve))
    const rest = Promise.all([store.batch([put('a', 2)]), store.get('a'), store.entries({ gte: 'a', lt: 'b' }).next()])
    await new Promise(resolve => setImmediate(resolve))
    expect(batch).toHaveBeenCalledTimes(1)
    release()
    const [, got, { value: entry }] = await rest
    expect([got, entry]).toEqual([bytes(2), ['a', bytes(2)]])
    await first
    await store.close()
  })

  test('whose batch fails is a failure with its cause: nothing has changed, and it takes no writes until it is opened again', async () => {
    const { database, store } = await open()
    await store.batch([put('a', 1)])
    const cause = new Error('IO error: 000003.log: No space left on device')
    const batch = vi.spyOn(database, 'batch').mockRejectedValueOnce(cause)
    const failures = await Promise.allSettled([store.batch([put('a', 2)]), store.batch([put('b', 2)])])
    expect(batch).toHaveBeenCalledTimes(1)
    for (const failure of failures) {
      expect(failure).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'store-failed',
          facts: { location: store.location, operation: 'batch', reason: 'full' },
          cause,
        },
      })
    }
    await expect(store.batch([put('c', 2)])).rejects.toMatchObject({ facts: { reason: 'full' }, cause })
    expect(batch).toHaveBeenCalledTimes(1)
    expect(await store.get('a')).toEqual(bytes(1))
    await store.close()
    await store.open()
    await store.batch([put('c', 3)])
    expect(await Promise.all(['a', 'b', 'c'].map(key => store.get(key)))).toEqual([bytes(1), undefined, bytes(3)])
    await store.close()
  })

  test('whose reading or closing fails is a failure with its cause', async () => {
    const { database, store } = await open()
    const cause = new Error('bad sector')
    vi.spyOn(database, 'get').mockRejectedValueOnce(cause)
    await expect(store.get('a')).rejects.toMatchObject({ code: 'store-failed', facts: { operation: 'get' }, cause })
    vi.spyOn(database, 'iterator').mockImplementationOnce(() => {
      throw cause
    })
    const reading = store.entries({ gte: 'a', lt: 'b' }).next()
    await expect(reading).rejects.toMatchObject({ code: 'store-failed', facts: { operation: 'entries' }, cause })
    vi.spyOn(database, 'close').mockRejectedValueOnce(cause)
    await expect(store.close()).rejects.toMatchObject({ code: 'store-failed', facts: { operation: 'close' }, cause })
    await store.open()
    await store.close()
  })

  test('may be a sublevel: erasing leaves the rest alone', async () => {
    const database = new ClassicLevel(newFolder())
    const [one, other] = ['one', 'other'].map(name => new LevelStore(database.sublevel(name)))
    await one.open()
    await other.open()
    await Promise.all([one.batch([put('a', 1)]), other.batch([put('a', 2)])])
    await one.erase()
    expect(await other.get('a')).toEqual(bytes(2))
    await other.close()
    await database.close()
  })
})
