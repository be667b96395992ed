/** A file system that has no hard links, as FAT and many network drives: what is promised is promised there, too. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { FolderBlocks } from '../../src/blocks/fs.js'
import { testBlocks } from '../../src/testkit/block-suite.js'
import { strew } from './folders.js'

const links = vi.hoisted(() => ({ refused: 0 }))
vi.mock('node:fs/promises', async original => ({
  ...(await original<typeof import('node:fs/promises')>()),
  link: async () => {
    links.refused++
    throw Object.assign(new Error('operation not permitted, link'), { code: 'EPERM' })
  },
}))

const root = mkdtempSync(join(tmpdir(), 'folder-blocks-links-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('FolderBlocks without hard links', () => {
  testBlocks(
    { test },
    {
      create: name => new FolderBlocks(join(root, name), { create: true }),
      another: ({ location }) => new FolderBlocks(location),
      strew: async ({ location }) => strew(location),
      remove: ({ location }) => rm(location, { recursive: true, force: true }),
    },
    { seed: fuzz.seed, steps: fuzz.runs(30), files: 100 },
  )

  test('waits for a lock, and takes away one that is old', async () => {
    const store = new FolderBlocks(join(root, 'locked'), { create: true })
    await store.open()
    const folder = join(store.location, 'ab')
    mkdirSync(folder)
    const lock = join(folder, '.ab.pack.lock')
    writeFileSync(lock, '')
    let created: boolean | undefined
    const writing = store.write('ab.pack', new Uint8Array(1)).then(outcome => {
      created = outcome
    })
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(created).toBeUndefined()
    utimesSync(lock, new Date(), new Date(Date.now() - 120_000))
    await writing
    expect(created).toBe(true)
    expect(readdirSync(folder)).toEqual(['ab.pack'])
    await store.close()
  })

  test('has not used any', () => expect(links.refused).toBeGreaterThan(100))
})
