// durable: transactions of one small object on LevelDB; and beside it records of the same text appended to a file in the same folder, with a flush that serves all
// who wait (group commit).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { LogFile } from '../lib/log-file.mjs'
import { check, folderBytes, now } from '../lib/measure.mjs'

export const title = 'transactions of one object on LevelDB, durable; and appends to a plain file with group commit'
export const only = ['meldwork']
export const settings = { warm: 1, runs: 2 }
export const measures = {
  oneByOne: 'awaited one by one, a second',
  writers: '100 writers, each awaits its own, a second',
  burst: 'in one turn, a second',
  fileOneByOne: 'file, one by one',
  fileWriters: 'file, 100 writers',
  fileBurst: 'file, in one turn',
  oneByOneRatio: 'ours / file, one by one',
  writersRatio: 'ours / file, 100 writers',
  burstRatio: 'ours / file, in one turn',
  writtenOneByOne: 'written, not flushed: one by one',
  writtenWriters: 'written: 100 writers',
  writtenBurst: 'written: in one turn, until written',
  noneOneByOne: 'awaits nothing: one by one',
  noneBurst: 'awaits nothing: in one turn, until written',
}

const counts = { oneByOne: 500, writers: 10_000, burst: 10_000 }
const writerCount = 100

const record = i => ({
  '@id': `record${i}`,
  text: `A record of about a hundred bytes, with its number: ${i}`.padEnd(90),
})

/** How many a second of `write`, which resolves when a record is kept, and `flushed`, when all are. */
async function rates(write, flushed) {
  let written = 0
  const measured = async (count, writeAll) => {
    const t0 = now()
    await writeAll(count)
    return (count * 1000) / (now() - t0)
  }
  return {
    oneByOne: await measured(counts.oneByOne, async count => {
      for (let i = 0; i < count; i++) await write(written++)
    }),
    writers: await measured(counts.writers, async count => {
      const each = async () => {
        for (let i = 0; i < count / writerCount; i++) await write(written++)
      }
      await Promise.all(Array.from({ length: writerCount }, each))
    }),
    burst: await measured(counts.burst, async count => {
      let last
      for (let i = 0; i < count; i++) last = write(written++)
      await last
      await flushed()
    }),
  }
}

const total = Object.values(counts).reduce((sum, count) => sum + count)

async function clone(folder, durability) {
  const clone = await openClone({ domain: 'durable.example', store: new LevelStore(folder), durability })
  try {
    const found = await rates(
      i => clone.write(record(i)),
      () => clone.flushed(),
    )
    check(clone.stats().subjects === total, 'the number of records')
    return found
  } finally {
    await clone.close()
  }
}

async function file(folder) {
  const log = new LogFile()
  const path = join(folder, 'log')
  await log.open(path)
  let bytes = 0
  const found = await rates(
    i => {
      const line = Buffer.from(`${JSON.stringify(record(i))}\n`)
      bytes += line.length
      return log.append(line)
    },
    async () => {},
  )
  await log.close()
  check(folderBytes(folder) === bytes, 'the length of the file')
  return found
}

async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-bench-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function run() {
  const flushed = await inFolder(folder => clone(folder, 'flushed'))
  const plain = await inFolder(file)
  const written = await inFolder(folder => clone(folder, 'written'))
  const none = await inFolder(folder => clone(folder, 'none'))
  return {
    ...flushed,
    fileOneByOne: plain.oneByOne,
    fileWriters: plain.writers,
    fileBurst: plain.burst,
    oneByOneRatio: flushed.oneByOne / plain.oneByOne,
    writersRatio: flushed.writers / plain.writers,
    burstRatio: flushed.burst / plain.burst,
    writtenOneByOne: written.oneByOne,
    writtenWriters: written.writers,
    writtenBurst: written.burst,
    noneOneByOne: none.oneByOne,
    noneBurst: none.burst,
  }
}
