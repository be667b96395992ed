/**
 * Power cuts, as far as they can be had without cutting the power.
 *
 * A process writes to a clone on LevelDB. At random instants it is stopped, and what is on the disk then is copied: so each copy is of one instant.
 *
 * 1. *Copies of the files*, as the operating system knows them: what a dead process leaves. To imitate what a power cut leaves, what had not been
 *    flushed is damaged: the logs are cut at a random byte, or sectors of them are zeroes, from the length on that they had when something was last
 *    flushed. Tables and the manifest are left alone: LevelDB flushes them before it relies on them, which is taken on trust here.
 * 2. *Copies of the medium*: an ext4 file system in a file. That has only what the kernel has written to it, and nothing is taken on trust but
 *    ext4 and the kernel, which write in their own order. It needs the right to mount.
 *
 * Neither knows a disk that lies about its cache. Every copy must open, to a beginning of the history without a hole and without half a
 * transaction, that has everything that was acknowledged as flushed before the instant; what a dead process leaves, also everything acknowledged as written.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Durability, openClone } from '../../src/index.js'
import { LevelStore } from '../../src/stores/level.js'
import { Chance } from '../../src/testkit/chance.js'
import { compileLibrary } from './compiled.js'

const root = mkdtempSync(join(tmpdir(), 'power-cut-test-'))
const library = compileLibrary(join(root, 'compiled'))
const script = fileURLToPath(new URL('power-writer.mjs', import.meta.url))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const levels = ['flushed', 'written', 'none', 'mixed'] as const
const delay = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** What a writer had said at some instant. */
interface Said {
  /** One more than the last number acknowledged with this durability, or with a stronger one. */
  readonly acknowledged: Readonly<Record<Durability, number>>
  /** How much of each log had been flushed. */
  readonly logs: ReadonlyMap<string, number>
}

/** A process that writes, and is stopped at random instants for `look`, so many times. */
async function write(folder: string, level: string, chance: Chance, times: number, look: (said: Said) => void) {
  const args = [script, library, folder, level, String(chance.whole(0, 2 ** 31))]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const acknowledged: Record<Durability, number> = { flushed: 0, written: 0, none: 0 }
  let logs = new Map<string, number>()
  const hear = (line: string) => {
    const [word, ...rest] = line.split(' ')
    if (word === 'logs') logs = new Map(rest.map(each => each.split('=')).map(([name, size]) => [name, Number(size)]))
    if (word === 'from')
      for (const each of ['flushed', 'written', 'none'] as const) acknowledged[each] = Number(rest[0])
    if (word !== 'ack') return
    const next = Number(rest[0]) + 1
    acknowledged.none = next
    if (rest[1] !== 'none') acknowledged.written = next
    if (rest[1] === 'flushed') acknowledged.flushed = next
  }
  const lines = createInterface({ input: child.stdout }).on('line', hear)
  await once(lines, 'line')
  try {
    for (let time = 0; time < times; time++) {
      await delay(chance.whole(1, 150))
      // What has been heard by now was said before the instant.
      const said = { acknowledged: { ...acknowledged }, logs: new Map(logs) }
      child.kill('SIGSTOP')
      await stopped(child.pid!)
      look(said)
      child.kill('SIGCONT')
    }
  } finally {
    child.kill('SIGKILL')
    await exit
  }
}

/** Waits until all threads of a process stand still. */
async function stopped(pid: number): Promise<void> {
  const stands = (thread: string) => /^State:\s+[tT]/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))
  while (!readdirSync(`/proc/${pid}/task`).every(stands)) await delay(1)
}

/** Opens what is left, and checks it. @returns how many transactions are there */
async function check(folder: string, atLeast: number, what: string): Promise<number> {
  const open = () => openClone({ domain: 'power.example', store: new LevelStore(folder) })
  const clone = await open().catch(error => Promise.reject(new Error(`${what}: ${error}`, { cause: error })))
  const subjects = new Set(
    clone.read({ '@describe': '?s', '@where': { '@id': '?s', number: '?n' } }).map(({ '@id': id }) => id),
  )
  let count = 0
  while (subjects.has(`a${count}`) && subjects.has(`b${count}`)) count++
  expect(subjects.size, `${what}: a hole or half a transaction after ${count}`).toBe(2 * count)
  expect(count, what).toBeGreaterThanOrEqual(atLeast)
  // It goes on from there.
  await clone.write({ '@id': 'later', number: -1 })
  const { digest } = clone.stats()
  await clone.close()
  const again = await open()
  expect(again.stats().digest, what).toBe(digest)
  await again.close()
  return count
}

/** Damages what had not been flushed. */
function damage(folder: string, { logs }: Said, chance: Chance): string {
  const done: string[] = []
  for (const name of readdirSync(folder).filter(each => each.endsWith('.log'))) {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    const safe = Math.min(logs.get(name) ?? 0, bytes.length)
    if (chance.happens(0.2)) continue
    if (chance.happens(0.5)) {
      const length = chance.whole(safe, bytes.length)
      writeFileSync(path, bytes.subarray(0, length))
      done.push(`${name} cut from ${bytes.length} to ${length}, flushed to ${safe}`)
    } else {
      for (let at = Math.ceil(safe / 512) * 512; at < bytes.length; at += 512) {
        if (!chance.happens(0.1)) continue
        bytes.fill(0, at, Math.min(at + 512, bytes.length))
        done.push(`${name} zero at ${at}`)
      }
      writeFileSync(path, bytes)
    }
  }
  return done.join(', ')
}

describe.each(levels)('a clone that writes with %s', level => {
  test(
    'opens from copies of its files at any instant, whatever becomes of what was not flushed',
    async () => {
      const chance = new Chance(fuzz.seed + levels.indexOf(level))
      const folder = join(root, `files-${level}`)
      const copies: { place: string; said: Said; how: string; atLeast: number }[] = []
      for (let life = 0; life < fuzz.runs(2); life++)
        await write(folder, level, chance, 4, said => {
          const place = join(root, `copies-${level}`, String(copies.length))
          const { written, flushed } = said.acknowledged
          cpSync(folder, place, { recursive: true })
          copies.push({ place, said, how: 'as it is', atLeast: written })
          for (let variant = 0; variant < 2; variant++) {
            const damaged = join(root, `copies-${level}`, String(copies.length))
            cpSync(folder, damaged, { recursive: true })
            copies.push({ place: damaged, said, how: damage(damaged, said, chance), atLeast: flushed })
          }
        })
      let taken = 0
      for (const { place, said, how, atLeast } of copies) {
        const count = await check(place, atLeast, `seed ${fuzz.seed}, ${place}: ${how}`)
        if (count < said.acknowledged.none) taken++
        rmSync(place, { recursive: true })
      }
      console.log(`${level}: ${copies.length} copies, ${taken} without something acknowledged`)
      rmSync(folder, { recursive: true })
    },
    120_000 * Math.max(1, fuzz.runs(1)),
  )
})

const mounted = join(root, 'medium')
const image = join(root, 'medium.img')
const canMount = (() => {
  mkdirSync(mounted)
  writeFileSync(image, '')
  const run = (command: string, ...args: string[]) => spawnSync(command, args).status === 0
  const made =
    run('truncate', '-s', '64M', image) && run('mkfs.ext4', '-q', image) && run('mount', '-o', 'loop', image, mounted)
  return made && run('umount', mounted)
})()

describe.skipIf(!canMount)(`a medium${canMount ? '' : ' (this system lets nobody mount one)'}`, () => {
  test.each(levels)(
    'that loses its power keeps what was flushed with %s',
    async level => {
      const chance = new Chance(fuzz.seed + 10 + levels.indexOf(level))
      const mount = (file: string) => execFileSync('mount', ['-o', 'loop,commit=1', file, mounted])
      const unmount = () => execFileSync('umount', [mounted])
      const copies: { file: string; said: Said }[] = []
      execFileSync('mkfs.ext4', ['-q', '-F', image])
      mount(image)
      try {
        await write(join(mounted, 'store'), level, chance, Math.min(30, fuzz.runs(5)), said => {
          const file = join(root, `cut-${level}-${copies.length}.img`)
          // The kernel may write anything at any time: now and then the latest log, and not the one before.
          if (chance.happens(0.5)) spawnSync('sync', ['-d', latestLog(join(mounted, 'store'))])
          execFileSync('cp', ['--sparse=always', image, file])
          copies.push({ file, said })
        })
      } finally {
        unmount()
      }
      let taken = 0
      for (const { file, said } of copies) {
        mount(file)
        try {
          const count = await check(join(mounted, 'store'), said.acknowledged.flushed, `seed ${fuzz.seed}, ${file}`)
          if (count < said.acknowledged.none) taken++
        } finally {
          unmount()
        }
        rmSync(file)
      }
      console.log(`${level}: ${copies.length} power cuts, ${taken} took something acknowledged`)
      if (level === 'flushed') expect(taken).toBe(0)
    },
    120_000 * Math.max(1, fuzz.runs(1)),
  )
})

const latestLog = (folder: string) =>
  join(
    folder,
    readdirSync(folder)
      .filter(name => name.endsWith('.log'))
      .sort()
      .at(-1) ?? 'CURRENT',
  )
