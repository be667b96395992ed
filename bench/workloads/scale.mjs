// scale: how joining, opening and the bytes on disk grow with the domain: ten times as many objects should take about ten times as long.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { objects } from '../lib/data.mjs'
import { check, folderBytes, now } from '../lib/measure.mjs'
import { subject } from '../lib/subjects.mjs'

export const title =
  'joining over the in-process network, and opening from LevelDB, with 10,000 and 100,000 objects of 5 properties'
export const only = ['meldwork']
export const settings = { warm: 1, runs: 1 }
export const measures = {
  join10k: 'join 10,000, ms',
  join100k: 'join 100,000',
  operations10k: 'join by operations 10,000',
  operations100k: 'join by operations 100,000',
  open10k: 'open 10,000',
  open100k: 'open 100,000',
  written10k: 'on disk 10,000, just written: bytes a subject',
  written100k: 'on disk 100,000, just written',
  opened10k: 'on disk 10,000, once opened again',
  opened100k: 'on disk 100,000, once opened again',
}

const domain = 'scale.example'
const transactionObjects = 1_000

export async function run() {
  const figures = {}
  for (const [name, count] of [
    ['10k', 10_000],
    ['100k', 100_000],
  ]) {
    const entries = objects(count, true)
    // Without history, whoever comes is given the state; with it, the operations.
    figures[`join${name}`] = await joining(entries, { operations: 0 })
    figures[`operations${name}`] = await joining(entries, {})
    for (const [key, value] of Object.entries(await opening(entries))) figures[`${key}${name}`] = value
  }
  return figures
}

async function write(clone, entries) {
  for (let from = 0; from < entries.length; from += transactionObjects)
    await clone.write({ '@graph': entries.slice(from, from + transactionObjects).map(subject) })
}

async function joining(entries, history) {
  const network = new MemoryNetwork()
  const first = await openClone({
    domain,
    store: new MemoryStore(),
    transport: new MemoryTransport(network),
    genesis: true,
    history,
  })
  await write(first, entries)
  const t0 = now()
  const second = await openClone({ domain, store: new MemoryStore(), transport: new MemoryTransport(network) })
  await second.status.becomes({ outdated: false }, { timeoutMs: 60_000 })
  const ms = now() - t0
  check(second.stats().digest === first.stats().digest, 'the digest of the clone that joined')
  check(second.stats().subjects === entries.length, 'the number of subjects')
  for (const clone of [first, second]) await clone.close()
  return ms
}

async function opening(entries) {
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-bench-'))
  try {
    const before = await openClone({ domain, store: new LevelStore(folder) })
    await write(before, entries)
    const { digest } = before.stats()
    await before.close()
    const written = folderBytes(folder)
    const t0 = now()
    const after = await openClone({ domain, store: new LevelStore(folder) })
    const open = now() - t0
    check(after.stats().digest === digest, 'the digest after opening')
    await after.close()
    // LevelDB has made compressed tables of its log meanwhile. History is in both.
    const opened = folderBytes(folder)
    return { open, written: written / entries.length, opened: opened / entries.length }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
