/** Work that is under way keeps a process alive: a script that only waits for a clone to join does not end before. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { compileLibrary } from '../stores/compiled.js'

const root = mkdtempSync(join(tmpdir(), 'joining-process-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('a process that waits for nothing but a clone to join goes on until it has', { timeout: 60_000 }, async () => {
  const library = compileLibrary(join(root, 'compiled'))
  const script = `
    const { openClone } = await import('${library}index.js')
    const { MemoryStore } = await import('${library}stores/memory.js')
    const { MemoryNetwork, MemoryTransport } = await import('${library}transports/memory.js')
    const network = new MemoryNetwork()
    const open = genesis =>
      openClone({ domain: 'join.example', store: new MemoryStore(), transport: new MemoryTransport(network), genesis })
    const first = await open(true)
    for (let i = 0; i < 2000; i++) await first.write({ '@id': 's' + i, name: 'n' + i, count: i })
    const second = await open(false)
    await second.status.becomes({ outdated: false })
    console.log(second.stats().subjects)
    for (const clone of [first, second]) await clone.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  expect(stdout).toBe('2000\n')
})
