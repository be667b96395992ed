import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { FolderBlocks, type FolderBlocksOptions } from '../../src/blocks/fs.js'
import { testBlocks } from '../../src/testkit/block-suite.js'
import { filesBelow, strew } from './folders.js'

const root = mkdtempSync(join(tmpdir(), 'folder-blocks-test-'))
let created = 0
const newFolder = () => join(root, `folder${created++}`)
const bytes = (...values: number[]) => new Uint8Array(values)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const opened = async (folder = newFolder(), options: FolderBlocksOptions = {}) => {
  const store = new FolderBlocks(folder, { create: true, ...options })
  await store.open()
  return store
}

describe('FolderBlocks', () => {
  testBlocks(
    { test },
    {
      create: name => new FolderBlocks(join(root, 'not', 'there', name), { create: true }),
      another: ({ location }) => new FolderBlocks(location),
      missing: name => new FolderBlocks(join(root, name)),
      strew: async ({ location }) => strew(location),
      watchMs: 3000,
      remove: ({ location }) => rm(location, { recursive: true, force: true }),
    },
    { seed: fuzz.seed, steps: fuzz.runs(60) },
  )
})

describe('a folder of blocks', () => {
  test('has each file in a folder named by its first two characters, and nothing else', async () => {
    const store = await opened()
    for (const name of ['1-ab.delta', '10-ab.delta', '10ab.pack', 'x']) await store.write(name, bytes(1))
    await store.write('x', bytes(2))
    await store.write('x', bytes(2), 'replace')
    expect(filesBelow(store.location)).toEqual(['1-/1-ab.delta', '10/10-ab.delta', '10/10ab.pack', 'x/x'])
    await store.close()
  })

  test('does not move with the working directory', () => {
    expect(new FolderBlocks(relative(process.cwd(), join(root, 'here'))).location).toBe(join(root, 'here'))
  })

  test('that is missing is told with what to do, and not made', async () => {
    const folder = newFolder()
    await expect(new FolderBlocks(folder).open()).rejects.toMatchObject({
      code: 'store-missing',
      facts: { location: folder },
      message: expect.stringContaining('{ create: true }'),
    })
    expect(existsSync(folder)).toBe(false)
  })

  test('that is a file is a failure with its cause', async () => {
    const folder = newFolder()
    writeFileSync(folder, 'a file')
    for (const path of [folder, join(folder, 'inside')])
      await expect(new FolderBlocks(path, { create: true }).open()).rejects.toMatchObject({
        code: 'store-failed',
        facts: { location: path, operation: 'open', reason: 'io' },
      })
  })

  test('that goes while it is open fails from then on, is not made anew, and is used again when it is back', async () => {
    const store = await opened()
    await store.write('ab.pack', bytes(1))
    rmSync(store.location, { recursive: true })
    const gone = { code: 'store-failed', facts: { reason: 'evicted' }, message: expect.stringContaining('Bring') }
    await expect(store.list()).rejects.toMatchObject(gone)
    await expect(store.read('ab.pack')).rejects.toMatchObject(gone)
    await expect(store.write('ab.pack', bytes(1))).rejects.toMatchObject(gone)
    expect(existsSync(store.location)).toBe(false)
    mkdirSync(store.location)
    expect(await store.write('ab.pack', bytes(2))).toBe(true)
    expect(await store.read('ab.pack')).toEqual(bytes(2))
    await store.close()
  })

  test('whose sub-folder goes is written to as before', async () => {
    const store = await opened()
    await store.write('ab.pack', bytes(1))
    rmSync(join(store.location, 'ab'), { recursive: true })
    expect([await store.list(), await store.read('ab.pack')]).toEqual([[], undefined])
    expect(await store.write('ab.pack', bytes(2))).toBe(true)
    await store.close()
  })

  test('is not left through links', async () => {
    const store = await opened()
    const outside = newFolder()
    mkdirSync(outside)
    writeFileSync(join(outside, 'cd.pack'), 'secret')
    writeFileSync(join(outside, 'ef.pack'), 'secret')
    symlinkSync(outside, join(store.location, 'cd'))
    mkdirSync(join(store.location, 'ef'))
    symlinkSync(join(outside, 'ef.pack'), join(store.location, 'ef', 'ef.pack'))
    symlinkSync(join(outside, 'nothing'), join(store.location, 'ef', 'efg.pack'))
    expect(await store.list()).toEqual([])
    for (const name of ['cd.pack', 'ef.pack', 'efg.pack']) expect(await store.read(name), name).toBeUndefined()
    for (const mode of ['create', 'replace'] as const)
      await expect(store.write('cd.pack', bytes(1), mode)).rejects.toMatchObject({ code: 'store-failed' })
    // The names are taken; replacing replaces the link.
    expect([await store.write('ef.pack', bytes(1)), await store.write('efg.pack', bytes(1))]).toEqual([false, false])
    expect(await store.write('ef.pack', bytes(1), 'replace')).toBe(true)
    expect(await store.read('ef.pack')).toEqual(bytes(1))
    expect(readdirSync(outside).sort()).toEqual(['cd.pack', 'ef.pack'])
    expect(readFileSync(join(outside, 'ef.pack'), 'utf8')).toBe('secret')
    await store.close()
  })

  test('loses what a dead writer left, once that is old, and nothing else', async () => {
    const store = await opened()
    await store.write('ab.pack', bytes(1))
    const leave = (name: string, ageMs: number) => {
      const path = join(store.location, 'ab', name)
      writeFileSync(path, 'half')
      utimesSync(path, new Date(), new Date(Date.now() - ageMs))
    }
    leave('.abc.pack.0123456789ab.tmp', 7_200_000)
    leave('.abd.pack.0123456789ab.tmp', 60_000)
    leave('.hidden', 7_200_000)
    leave('abe.tmp', 7_200_000)
    await store.close()
    await store.open()
    await store.write('abf.pack', bytes(1))
    const left = ['.abd.pack.0123456789ab.tmp', '.hidden', 'ab.pack', 'abe.tmp', 'abf.pack']
    expect(readdirSync(join(store.location, 'ab')).sort()).toEqual(left)
    expect([...(await store.list())].sort()).toEqual(['ab.pack', 'abe.tmp', 'abf.pack'])
    await store.close()
  })

  test('neither gives nor takes longer files than it is told', async () => {
    const store = await opened(newFolder(), { maxBytes: 10 })
    await expect(store.write('ab.pack', new Uint8Array(11))).rejects.toMatchObject({ facts: { reason: 'malformed' } })
    expect(await store.write('ab.pack', new Uint8Array(10))).toBe(true)
    writeFileSync(join(store.location, 'ab', 'abc.pack'), new Uint8Array(11))
    await expect(store.read('abc.pack')).rejects.toMatchObject({ code: 'data-malformed', facts: { what: 'abc.pack' } })
    expect(await store.read('ab.pack')).toHaveLength(10)
    await store.close()
  })

  test('gives plain Uint8Arrays, whose slice is a copy', async () => {
    const store = await opened()
    await store.write('ab.pack', bytes(1))
    const got = (await store.read('ab.pack'))!
    expect(Buffer.isBuffer(got)).toBe(false)
    await store.close()
  })
})

describe('a watched folder of blocks', () => {
  /** Resolves when a watcher has been told as often. */
  const watched = (store: FolderBlocks) => {
    const counter = { told: 0, stop: store.watch(() => counter.told++) }
    const reaches = (told: number) => expect.poll(() => counter.told, { timeout: 10_000, interval: 5 }).toBe(told)
    return { counter, reaches }
  }

  test('tells what others copy there, and nothing of what is no block', async () => {
    const store = await opened()
    const { counter, reaches } = watched(store)
    const theirs = join(store.location, 'ab')
    mkdirSync(theirs)
    writeFileSync(join(theirs, 'ab.pack'), 'theirs')
    await reaches(1)
    writeFileSync(join(theirs, '.hidden'), 'theirs')
    writeFileSync(join(store.location, 'README'), 'theirs')
    writeFileSync(join(theirs, 'ab.pack'), 'changed')
    rmSync(join(theirs, 'ab.pack'))
    mkdirSync(join(store.location, 'cd'))
    writeFileSync(join(store.location, 'cd', 'cd.pack'), 'theirs')
    await reaches(2)
    counter.stop()
    await store.close()
  })

  test('tells of it after it had gone, too', async () => {
    const store = await opened(newFolder(), { pollMs: 50 })
    await store.write('ab.pack', bytes(1))
    const { counter } = watched(store)
    rmSync(store.location, { recursive: true })
    await expect(store.list()).rejects.toMatchObject({ code: 'store-failed' })
    const other = await opened(store.location)
    await other.write('ab.pack', bytes(1))
    await other.write('cd.pack', bytes(1))
    await expect.poll(() => counter.told, { timeout: 10_000 }).toBeGreaterThan(0)
    const before = counter.told
    await other.write('cde.pack', bytes(1))
    await expect.poll(() => counter.told, { timeout: 10_000 }).toBeGreaterThan(before)
    await Promise.all([store.close(), other.close()])
  })
})
