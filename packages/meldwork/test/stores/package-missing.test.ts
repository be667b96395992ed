import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { compileBlocks, compileStore } from './compiled.js'

const root = mkdtempSync(join(tmpdir(), 'package-missing-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test.each([
  { store: 'level', name: 'LevelStore', package: 'classic-level', install: 'npm install classic-level@3' },
  { store: 'indexeddb', name: 'IndexedDbStore', package: 'idb', install: 'npm install idb@8' },
] as const)('without $package, opening and erasing a $name say what to install', async ({ store, name, ...facts }) => {
  const script = `
    const { ${name}: Store } = await import('${compileStore(store, join(root, store), false)}')
    const store = new Store(${JSON.stringify(join(root, 'never'))})
    for (const operation of ['open', 'open', 'erase']) {
      await store[operation]().catch(({ code, facts, message }) => console.log(JSON.stringify({ code, facts, message })))
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  const missing = { code: 'package-missing', facts, message: expect.stringContaining(facts.install) }
  const failures = stdout.trim().split('\n')
  expect(failures.map(failure => JSON.parse(failure))).toEqual([missing, missing, missing])
})

test.each([
  { door: 'sqlite', open: "new SqliteBlocks('never.db', { create: true })", package: 'node-sqlite3-wasm', major: '' },
  { door: 'indexeddb', open: "new IndexedDbBlocks('never', { create: true })", package: 'idb', major: '@8' },
  { door: 'http', open: "new HttpBlocks('http://never.example/', { fetch })", package: 'n3', major: '' },
])('without $package, opening blocks ($door) says what to install', async ({ door, open, package: name, major }) => {
  const library = compileBlocks(join(root, `blocks-${door}`), false)
  const script = `
    const fetch = async () => new Response('', { headers: { 'content-type': 'text/turtle' } })
    const { SqliteBlocks, IndexedDbBlocks, HttpBlocks } = await import('${library}blocks/${door}.js')
    const store = ${open}
    for (const attempt of [1, 2])
      await store.open().catch(({ code, facts, message }) => console.log(JSON.stringify({ code, facts, message })))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
  })
  const facts = { package: name, install: `npm install ${name}${major}` }
  const missing = { code: 'package-missing', facts, message: expect.stringContaining(facts.install) }
  const failures = stdout.trim().split('\n')
  expect(failures.map(failure => JSON.parse(failure))).toEqual([missing, missing])
})
