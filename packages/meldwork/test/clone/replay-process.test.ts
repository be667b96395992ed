/** A process that keeps a copy of its clone, is killed at any instant, and goes on after its cursor: nothing is lost, and nothing doubled. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Chance } from '../../src/testkit/chance.js'
import { compileLibrary } from '../stores/compiled.js'

const root = mkdtempSync(join(tmpdir(), 'replay-process-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
/** Where it is, compiled once. */
const library = compileLibrary(join(root, 'compiled'))
const program = fileURLToPath(new URL('follow-process.mjs', import.meta.url))

test('a process killed at any instant goes on after its cursor', { timeout: 120_000 }, async () => {
  const chance = new Chance(fuzz.seed)
  const gaps: string[] = []
  let same = 0
  for (let round = 0; round < fuzz.runs(6); round++) {
    const child = spawn(process.execPath, [program, library, root, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exit = once(child, 'exit')
    // At any instant, or at any after it has come to the present.
    const waits = round % 2 === 1
    let left = chance.whole(0, 60)
    let present = false
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        expect(line, `round ${round}`).not.toMatch(/lost|doubled|another/)
        if (line.startsWith('gap ')) gaps.push(line.slice(4))
        if (line === 'same') {
          same++
          present = true
        }
        if ((present || !waits) && left-- === 0) child.kill('SIGKILL')
      }
    } finally {
      child.kill('SIGKILL')
      await exit
    }
    if (waits) expect(present, `round ${round}`).toBe(true)
  }
  expect(same).toBeGreaterThan(0)
  expect(gaps[0]).toBe('first')
  for (const reason of gaps.slice(1)) expect(['truncated', 'life', 'future']).toContain(reason)
})

/** Work that is under way keeps a process alive. */
test('a process that waits for nothing but a clone to join goes on until it has', { timeout: 60_000 }, async () => {
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
