import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import { afterAll, describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { SqliteBlocks, type SqliteBlocksOptions } from '../../src/blocks/sqlite.js'
import { testBlocks } from '../../src/testkit/block-suite.js'

const root = mkdtempSync(join(tmpdir(), 'sqlite-blocks-test-'))
let created = 0
const newFile = () => join(root, `file${created++}.db`)
const bytes = (...values: number[]) => new Uint8Array(values)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Does something with the file as another program would. */
function directly<Result>(file: string, act: (database: sqlite.Database) => Result): Result {
  const database = new sqlite.Database(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    return act(database)
  } finally {
    database.close()
  }
}

const opened = async (file = newFile(), options: SqliteBlocksOptions = {}) => {
  const store = new SqliteBlocks(file, { create: true, ...options })
  await store.open()
  return store
}

describe('SqliteBlocks', () => {
  testBlocks(
    { test },
    {
      create: name => new SqliteBlocks(join(root, name), { create: true, pollMs: 10 }),
      another: ({ location }) => new SqliteBlocks(location, { pollMs: 10 }),
      missing: name => new SqliteBlocks(join(root, name)),
      strew: async ({ location }) => {
        for (const key of ['no name', '../up', 'theirs.txt'])
          directly(location, database => database.run('INSERT INTO entries VALUES (?, ?)', [key, 'AAAA']))
        return ['theirs.txt']
      },
      watchMs: 3000,
      remove: async ({ location }) => rmSync(location, { force: true }),
    },
    { seed: fuzz.seed, steps: fuzz.runs(60) },
  )
})

describe('an SQLite file of blocks', () => {
  test('has the table and the values of the tools, and nothing beside it', async () => {
    const store = await opened()
    await store.write('10-ab.delta', bytes(1, 2, 3, 4))
    await store.write('ab.pack.flate', bytes())
    await store.close()
    const [schema, rows] = directly(store.location, database => [
      database.all('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL'),
      database.all('SELECT * FROM entries ORDER BY key'),
    ])
    expect(schema).toEqual([{ sql: 'CREATE TABLE entries (key VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL)' }])
    expect(rows).toEqual([
      { key: '10-ab.delta', value: 'AQIDBA==' },
      { key: 'ab.pack.flate', value: '' },
    ])
    expect(readdirSync(root).filter(name => name.startsWith(basename(store.location)))).toHaveLength(1)
  })

  test('that the tools made is read, and written to', async () => {
    const file = newFile()
    directly(file, database => {
      database.exec('CREATE TABLE entries (key VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL)')
      database.run("INSERT OR IGNORE INTO entries VALUES ('ab.pack', 'W10=')")
    })
    const store = new SqliteBlocks(file)
    await store.open()
    expect(new TextDecoder().decode(await store.read('ab.pack'))).toBe('[]')
    expect([await store.write('ab.pack', bytes(1)), await store.write('ac.pack', bytes(1))]).toEqual([false, true])
    await store.close()
    expect(directly(file, database => database.get('SELECT count(*) AS count FROM entries'))).toEqual({ count: 2 })
  })

  test.each([
    ['holds something else', (file: string) => directly(file, database => database.exec('CREATE TABLE other (a)'))],
    ['is empty', (file: string) => writeFileSync(file, '')],
    [
      'is no database',
      (file: string) => writeFileSync(file, 'A letter, as long as the head of a database is. '.repeat(9)),
    ],
    ['is a folder', (file: string) => mkdirSync(file)],
  ])('that %s is refused, and left as it is', async (_, make) => {
    const file = newFile()
    make(file)
    for (const create of [false, true])
      await expect(new SqliteBlocks(file, { create }).open()).rejects.toMatchObject({
        code: 'store-failed',
        facts: { location: file, operation: 'open' },
      })
  })

  test('in a folder that is missing is a failure', async () => {
    const file = join(newFile(), 'inside.db')
    await expect(new SqliteBlocks(file, { create: true }).open()).rejects.toMatchObject({ code: 'store-failed' })
    await expect(new SqliteBlocks(file).open()).rejects.toMatchObject({ code: 'store-missing' })
  })

  test('that another program has left in the middle of a transaction is not touched', async () => {
    const store = await opened()
    await store.close()
    writeFileSync(`${store.location}-journal`, 'what is to be undone')
    await expect(store.open()).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('sqlite3'),
    })
    rmSync(`${store.location}-journal`)
    await store.open()
    await store.close()
  })

  test('that goes while it is open fails, and is not made anew', async () => {
    const store = await opened()
    rmSync(store.location)
    const gone = { code: 'store-failed', facts: { reason: 'evicted' } }
    await expect(store.write('ab.pack', bytes(1))).rejects.toMatchObject(gone)
    await expect(store.list()).rejects.toMatchObject(gone)
    expect(existsSync(store.location)).toBe(false)
    await store.close()
  })

  test('whose values are no base64, or too long, gives the others', async () => {
    const store = await opened(newFile(), { maxBytes: 6 })
    const values = {
      a: 'A',
      b: 'A===',
      c: 'A-_A',
      d: 'AA=A',
      e: 'AAAA AAA',
      f: 'A'.repeat(12),
      g: 'AAAAAAA=',
      h: 'AAAAAAAA',
    }
    directly(store.location, database => {
      for (const [key, value] of Object.entries(values)) database.run('INSERT INTO entries VALUES (?, ?)', [key, value])
      database.run("INSERT INTO entries VALUES ('i', x'01')")
    })
    for (const name of 'abcdefi')
      await expect(store.read(name), name).rejects.toMatchObject({ code: 'data-malformed', facts: { what: name } })
    expect([await store.read('g'), await store.read('h')]).toEqual([new Uint8Array(5), new Uint8Array(6)])
    await expect(store.write('j', new Uint8Array(7))).rejects.toMatchObject({ facts: { reason: 'malformed' } })
    await store.close()
  })

  test('is waited for while another program has its lock', async () => {
    const store = await opened()
    const lock = `${store.location}.lock`
    mkdirSync(lock)
    let written = false
    const writing = store.write('ab.pack', bytes(1)).then(() => {
      written = true
    })
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(written).toBe(false)
    rmSync(lock, { recursive: true })
    await writing
    await store.close()
  })

  test.each([
    ['of a process that has died', { pid: 0x7ffffff0, startMs: 0 }, 30_000],
    ['of a process that had the same number', { pid: process.pid, startMs: 0 }, 30_000],
    ['of which nobody knows', undefined, 1500],
  ])('with a lock %s is used again, by several at once', async (_, holder, waitMs) => {
    const store = await opened(newFile(), { waitMs })
    mkdirSync(`${store.location}.lock`)
    if (holder) writeFileSync(`${store.location}.holder`, JSON.stringify({ host: hostname(), ...holder }))
    const others = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const other = new SqliteBlocks(store.location, { waitMs })
        await other.open()
        return other
      }),
    )
    const created = await Promise.all([store, ...others].map(each => each.write('ab.pack', bytes(1))))
    expect(created.filter(Boolean)).toHaveLength(1)
    expect(readdirSync(root).filter(name => name.startsWith(basename(store.location)))).toHaveLength(1)
    await Promise.all([store, ...others].map(each => each.close()))
  })

  test.each([
    ['a living process', { host: hostname(), pid: process.ppid, startMs: 0 }],
    ['a process of another machine', { host: `not-${hostname()}`, pid: 0x7ffffff0, startMs: 0 }],
  ])('that %s has is not taken away from it', async (_, holder) => {
    const store = await opened(newFile(), { waitMs: 50 })
    writeFileSync(`${store.location}.holder`, JSON.stringify(holder))
    await expect(store.write('ab.pack', bytes(1))).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining(`remove ${store.location}.holder`),
    })
    rmSync(`${store.location}.holder`)
    expect(await store.write('ab.pack', bytes(1))).toBe(true)
    await store.close()
  })

  test('tells a watcher nothing while it is only read', async () => {
    const store = await opened(newFile(), { pollMs: 5 })
    const other = new SqliteBlocks(store.location)
    await other.open()
    await other.write('ab.pack', bytes(1))
    let told = 0
    store.watch(() => told++)
    for (let index = 0; index < 20; index++) expect(await other.read('ab.pack')).toEqual(bytes(1))
    expect(told).toBe(0)
    await other.write('ac.pack', bytes(1))
    await expect.poll(() => told).toBeGreaterThan(0)
    await Promise.all([store.close(), other.close()])
  })
})
