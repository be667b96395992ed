import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { LevelStore } from '../../src/stores/level.js'
import { compileStore } from './compiled.js'

const root = mkdtempSync(join(tmpdir(), 'level-process-test-'))
const writer = fileURLToPath(new URL('writer.mjs', import.meta.url))
const compiled = compileStore('level', join(root, 'compiled'), true)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Starts a writer, hands each line that it says to `hear`, and kills it when `hear` says so. @returns after its death */
async function runWriter(task: 'hold' | 'write', folder: string, hear: (line: string) => boolean | Promise<boolean>) {
  const child = spawn(process.execPath, [writer, compiled, folder, task], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  // What it said before it died is heard, also after the decision to kill it.
  try {
    for await (const line of createInterface({ input: child.stdout })) if (await hear(line)) child.kill('SIGKILL')
  } finally {
    child.kill('SIGKILL')
    await exit
  }
}

test('a folder that another process has open is locked, until that process dies', async () => {
  const folder = join(root, 'locked')
  const heard: string[] = []
  await runWriter('hold', folder, async line => {
    heard.push(line)
    await expect(new LevelStore(folder).open()).rejects.toMatchObject({ code: 'store-locked' })
    await expect(new LevelStore(folder).erase()).rejects.toMatchObject({ code: 'store-locked' })
    return true
  })
  const store = new LevelStore(folder)
  await store.open()
  await runWriter('hold', folder, line => heard.push(line) > 0)
  expect(heard).toEqual(['open', 'store-locked'])
  await store.close()
})

test('a process killed at any instant loses no acknowledged batch, and leaves no half of one', async () => {
  const folder = join(root, 'killed')
  let acknowledged = -1
  const random = (limit: number, round: number) => ((fuzz.seed ^ (round * 0x9e3779b1)) >>> 0) % limit
  for (let round = 0; round < fuzz.runs(8); round++) {
    const wanted = 1 + random(60, round)
    let count = -1
    await runWriter('write', folder, line => {
      if (line !== 'open') acknowledged = Math.max(acknowledged, Number(line))
      return ++count === wanted
    })
    const highest = await checkBatches(folder, round)
    expect(highest, `round ${round}`).toBeGreaterThanOrEqual(acknowledged)
    acknowledged = highest
  }
})

/** Every batch up to the highest is there, and every one is whole. @returns the highest */
async function checkBatches(folder: string, round: number): Promise<number> {
  const store = new LevelStore(folder)
  await store.open()
  const parts = new Map<number, string[]>()
  for await (const [key, value] of store.entries({ gte: '0', lt: 'a' })) {
    const batch = Number(key.slice(0, 8))
    const whole = value.length === 1 + ((batch * 997) % 5000) && value.every(byte => byte === (batch & 255))
    parts.set(batch, [...(parts.get(batch) ?? []), whole ? key.slice(9) : 'broken'])
  }
  const highest = parts.size - 1
  expect([...parts.keys()], `batches after round ${round}`).toEqual(Array.from({ length: parts.size }, (_, at) => at))
  expect(new Set([...parts.values()].map(String)), `parts after round ${round}`).toEqual(new Set(['a,b,c,d']))
  expect(new TextDecoder().decode(await store.get('last')), `last after round ${round}`).toBe(String(highest))
  await store.close()
  return highest
}
