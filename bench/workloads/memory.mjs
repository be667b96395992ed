// memory: bytes in memory for each object, after loading the whole, making every index and reading every object once.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkObjects, memoryBytes } from '../lib/measure.mjs'

export const title = 'memory after loading and reading everything, with all indexes'
export const settings = { capMs: 12_000 }
export const measures = { bytesPerObject: 'bytes an object' }

export async function run(peer, entries) {
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-bench-'))
  const file = join(folder, 'whole')
  try {
    await save(peer, entries, file)
    // Neither the encoded bytes nor the document they came from are in memory at the first measurement.
    const before = memoryBytes()
    const loaded = await peer.load(readFileSync(file))
    loaded.index?.(entries[0][1])
    checkObjects(loaded, entries)
    const after = memoryBytes()
    // Used again, so that it is alive until here.
    checkObjects(loaded, entries)
    await loaded.close?.()
    return { bytesPerObject: (after - before) / entries.length }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function save(peer, entries, file) {
  const source = await peer.create(undefined, { historyless: true })
  await source.putAll(entries)
  await source.settled()
  writeFileSync(file, await source.encode())
  await source.close?.()
}
