import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { BrotliBlocks } from '../../src/blocks/brotli.js'
import { DeflateBlocks } from '../../src/blocks/deflate.js'
import { FolderBlocks } from '../../src/blocks/fs.js'
import { MemoryBlocks } from '../../src/blocks/memory.js'
import { testBlocks } from '../../src/testkit/block-suite.js'

const root = mkdtempSync(join(tmpdir(), 'compressed-blocks-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const scenarios = fileURLToPath(new URL('../vectors/melda/scenarios/', import.meta.url))

describe.each([
  {
    kind: 'DeflateBlocks',
    Blocks: DeflateBlocks,
    extension: '.flate',
    inflate: inflateRawSync,
    scenario: '02_readme_flate',
  },
  {
    kind: 'BrotliBlocks',
    Blocks: BrotliBlocks,
    extension: '.brotli',
    inflate: brotliDecompressSync,
    scenario: '03_readme_brotli',
  },
])('$kind', ({ Blocks, extension, inflate, scenario }) => {
  const filesOf = new WeakMap<object, Map<string, Uint8Array>>()
  const over = (files: Map<string, Uint8Array>) => {
    const store = new Blocks(new MemoryBlocks(files))
    filesOf.set(store, files)
    return store
  }
  const opened = async (files = new Map<string, Uint8Array>(), maxBytes = 1000) => {
    const store = new Blocks(new MemoryBlocks(files), { maxBytes })
    await store.open()
    return { store, files }
  }

  testBlocks(
    { test },
    {
      create: () => over(new Map()),
      another: store => over(filesOf.get(store)!),
      strew: async store => {
        const files = filesOf.get(store)!
        for (const name of ['plain.pack', 'abcd.pack', extension, `.x${extension}`, `a b${extension}`])
          files.set(name, new Uint8Array(1))
        return []
      },
      watchMs: 1000,
      maxNameLength: 200 - extension.length,
    },
    { seed: fuzz.seed, steps: fuzz.runs(60), bigBytes: 200_000, files: 100 },
  )

  test('reads what the tools wrote, in which names are digests of what is inside', async () => {
    const folder = join(root, scenario)
    cpSync(join(scenarios, scenario, 'todolist'), folder, { recursive: true })
    const files = new FolderBlocks(folder)
    const store = new Blocks(files)
    await store.open()
    const names = await store.list()
    expect(names).toHaveLength((await files.list()).length)
    expect(names.length).toBeGreaterThan(8)
    for (const name of names) {
      const [, digest] = /^(?:\d+-)?([0-9a-f]{64})\.(?:pack|delta)$/.exec(name)!
      const content = (await store.read(name))!
      expect(createHash('sha256').update(content).digest('hex'), name).toBe(digest)
      expect(await store.write(name, content)).toBe(false)
    }
    await store.close()
  })

  test('writes what zlib reads, in a file with the extension, in the folder of the name', async () => {
    const { store, files } = await opened()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), async content => {
        await store.write('ab.pack', content, 'replace')
        expect([...files.keys()]).toEqual([`ab.pack${extension}`])
        expect(new Uint8Array(inflate(files.get(`ab.pack${extension}`)!))).toEqual(content)
        expect(await store.read('ab.pack')).toEqual(content)
      }),
      { numRuns: fuzz.runs(50) },
    )
  })

  test('refuses a file that is damaged, or would become too long, and names it', async () => {
    const { store, files } = await opened()
    const content = Uint8Array.from({ length: 1000 }, (_, index) => (index * index) >> 3)
    await store.write('ab.pack', content)
    const file = `ab.pack${extension}`
    const whole = files.get(file)!
    const refused = { code: 'data-malformed', facts: { what: file, offset: 0 } }
    for (const cut of [0, 1, whole.length >> 1, whole.length - 1]) {
      files.set(file, whole.slice(0, cut))
      await expect(store.read('ab.pack'), `${cut} bytes`).rejects.toMatchObject(refused)
    }
    files.set(file, new Uint8Array(100).fill(0xff))
    await expect(store.read('ab.pack')).rejects.toMatchObject(refused)
    files.set(file, whole)
    expect(await store.read('ab.pack')).toEqual(content)
    const { store: wide } = await opened(files, 1_000_000_000)
    await wide.write('bomb.pack', new Uint8Array(10_000_000))
    expect(files.get(`bomb.pack${extension}`)!.length).toBeLessThan(20_000)
    await expect(store.read('bomb.pack')).rejects.toMatchObject({ code: 'data-malformed' })
  })
})

test('both kinds and plain files live in one place, unseen by one another', async () => {
  const files = new Map([['ab.pack.flate', new Uint8Array(deflateRawSync('ab'))]])
  const stores = [MemoryBlocks, DeflateBlocks, BrotliBlocks].map(Kind =>
    Kind === MemoryBlocks ? new MemoryBlocks(files) : new Kind(new MemoryBlocks(files) as never),
  )
  for (const store of stores) await store.open()
  const [, deflated, brotli] = stores
  expect([await deflated.list(), await brotli.list()]).toEqual([['ab.pack'], []])
  expect(await brotli.write('ab.pack', new Uint8Array(2))).toBe(true)
  expect(new TextDecoder().decode(await deflated.read('ab.pack'))).toBe('ab')
  expect(await brotli.read('ab.pack')).toEqual(new Uint8Array(2))
  expect((await stores[0].list()).length).toBe(2)
})
