// durable: transactions of one small object on LevelDB, each on the disk (fsync) when its promise resolves.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { check, now } from '../lib/measure.mjs'

export const title = 'transactions of one object on LevelDB, durable'
export const only = ['meldwork']
export const measures = { oneByOne: 'awaited one by one, a second', burst: 'in one turn, a second' }

const oneByOneCount = 500
const burstCount = 10_000

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-bench-'))
  const clone = await openClone({ domain: 'durable.example', store: new LevelStore(folder) })
  const record = i => ({
    '@id': `record${i}`,
    text: `A record of about a hundred bytes, with its number: ${i}`.padEnd(90),
  })
  try {
    const t0 = now()
    for (let i = 0; i < oneByOneCount; i++) await clone.write(record(i))
    const t1 = now()
    for (let i = oneByOneCount; i < oneByOneCount + burstCount; i++) clone.write(record(i))
    await clone.flushed()
    const t2 = now()
    check(clone.stats().subjects === oneByOneCount + burstCount, 'the number of records')
    return { oneByOne: (oneByOneCount * 1000) / (t1 - t0), burst: (burstCount * 1000) / (t2 - t1) }
  } finally {
    await clone.close()
    rmSync(folder, { recursive: true })
  }
}
