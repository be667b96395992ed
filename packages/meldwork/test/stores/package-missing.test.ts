import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { compileStore } from './compiled.js'

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
