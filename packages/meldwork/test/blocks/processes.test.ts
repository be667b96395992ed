/** Several processes over one place: each block is created by one of them, and those that are killed leave nothing half. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import sqlite from 'node-sqlite3-wasm'
import { afterAll, describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { FolderBlocks } from '../../src/blocks/fs.js'
import { SqliteBlocks } from '../../src/blocks/sqlite.js'
import { compileBlocks } from '../stores/compiled.js'
import { filesBelow } from './folders.js'

const root = mkdtempSync(join(tmpdir(), 'blocks-process-test-'))
const library = compileBlocks(join(root, 'compiled'))
const script = fileURLToPath(new URL('writer.mjs', import.meta.url))
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Writer {
  readonly process: ChildProcess
  readonly said: unknown[]
  /** Resolves when it has ended, and all that it said is there. */
  readonly ended: Promise<void>
}

function start(kind: string, place: string, task: string, argument = '', uid?: number): Writer {
  const args = [script, library, kind, place, task, argument]
  const options = { stdio: ['pipe', 'pipe', 'inherit'] as const, ...(uid === undefined ? {} : { uid }) }
  const child = spawn(process.execPath, args, { ...options, stdio: [...options.stdio] })
  const said: unknown[] = []
  const lines = createInterface({ input: child.stdout! })
  lines.on('line', line => said.push(JSON.parse(line)))
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(() => {})
  return { process: child, said, ended }
}

const storeAt = (kind: string, place: string) => (kind === 'fs' ? new FolderBlocks(place) : new SqliteBlocks(place))

/** What a writer writes says its name, and who wrote it, over and over. */
function writerOf(name: string, content: Uint8Array): string {
  const text = new TextDecoder().decode(content)
  const line = text.slice(0, text.indexOf('\n') + 1)
  const times = 1 + ((name.length * 997 + Number.parseInt(name.split('-')[1], 10) * 131) % 500)
  expect(text === line.repeat(times) || text.slice(0, 200), name).toBe(true)
  expect(line.split(' ')[0]).toBe(name)
  return line.trim().split(' ')[1]
}

describe.each(['fs', 'sqlite'])('processes over one place (%s)', kind => {
  test('create each block once, also when all begin with no place at all', async () => {
    const place = join(root, `race-${kind}`)
    const count = kind === 'fs' ? 60 : 24
    const writers = Array.from({ length: 4 }, () => start(kind, place, 'race', String(count)))
    for (const { said } of writers) await expect.poll(() => said, { timeout: 15_000 }).toContain('open')
    for (const writer of writers) writer.process.stdin!.write('go\n')
    await Promise.all(writers.map(({ ended }) => ended))
    for (const { said } of writers) expect(said.at(-1)).toBe('end')
    const created = writers.flatMap(({ said }) => said.filter(each => Array.isArray(each))) as [string, number][]
    const creators = new Map(created)
    expect(created).toHaveLength(count)
    expect(creators.size).toBe(count)
    const store = storeAt(kind, place)
    await store.open()
    expect([...(await store.list())].sort()).toEqual([...creators.keys()].sort())
    for (const [name, pid] of creators) expect(writerOf(name, (await store.read(name))!)).toBe(String(pid))
    await store.close()
    // Nothing is left beside the blocks.
    const left = kind === 'fs' ? filesBelow(place) : readdirSync(root).filter(name => name.startsWith('race-sqlite'))
    expect(left).toHaveLength(kind === 'fs' ? count : 1)
  }, 60_000)

  test(
    'that are killed at any instant lose no block that they have told of, and leave no half of one',
    async () => {
      const place = join(root, `killed-${kind}`)
      const random = (limit: number, round: number) => ((fuzz.seed ^ (round * 0x9e3779b1)) >>> 0) % limit
      const told = new Set<string>()
      for (let round = 0; round < fuzz.runs(kind === 'fs' ? 4 : 2); round++) {
        const writers = ['a', 'b'].map(name => start(kind, place, 'write', `${name}${round}`))
        const wanted = 2 + random(30, round)
        const [first, second] = writers
        await expect.poll(() => first.said.length, { interval: 1, timeout: 15_000 }).toBeGreaterThan(wanted)
        first.process.kill('SIGKILL')
        await first.ended
        // The other goes on.
        const before = second.said.length
        await expect.poll(() => second.said.length, { interval: 1, timeout: 15_000 }).toBeGreaterThan(before + 2)
        second.process.kill('SIGKILL')
        await second.ended
        for (const { said } of writers) for (const name of said) told.add(name as string)
        const store = storeAt(kind, place)
        await store.open()
        const found = new Set(await store.list())
        expect(
          [...told].filter(name => !found.has(name)),
          `round ${round}`,
        ).toEqual([])
        for (const name of found) expect(name.startsWith(writerOf(name, (await store.read(name))!)), name).toBe(true)
        await store.close()
      }
      if (kind === 'sqlite') {
        const database = new sqlite.Database(place)
        database.exec('PRAGMA locking_mode = EXCLUSIVE')
        expect(database.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
        database.close()
      }
    },
    60_000 * fuzz.runs(1),
  )
})

// The superuser may write anywhere: a process of its own is somebody else.
const nobody = process.getuid?.() === 0 ? 65_534 : undefined
const reaches = () => {
  chmodSync(root, 0o755)
  const args = ['--input-type=module', '-e', `await import('${library}blocks/fs.js')`]
  return spawnSync(process.execPath, args, nobody === undefined ? {} : { uid: nobody }).status === 0
}

describe.skipIf(process.platform === 'win32' || !reaches())('a folder without the right to', () => {
  const made = (name: string, mode: number) => {
    const place = join(root, name)
    mkdirSync(join(place, 'ab'), { recursive: true })
    writeFileSync(join(place, 'ab', 'ab.pack'), 'four')
    for (const folder of [join(place, 'ab'), place]) chmodSync(folder, mode)
    return place
  }
  const answers = async (place: string) => {
    const { said, ended } = start('fs', place, 'try', '', nobody)
    await ended
    return said
  }
  const denied = {
    code: 'store-failed',
    reason: 'denied',
    message: expect.stringContaining('Give this user the right'),
  }

  test('write is read', async () => {
    expect(await answers(made('read-only', 0o555))).toEqual([
      ['open', null],
      ['list', ['ab.pack']],
      ['read', 4],
      ['write', denied],
      ['write', denied],
      ['write', denied],
    ])
  })

  test('read is not opened, and says what to do', async () => {
    const place = made('private', 0o700)
    chmodSync(place, 0o000)
    const [opened] = await answers(place)
    expect(opened).toEqual(['open', denied])
    chmodSync(place, 0o755)
  })
})
