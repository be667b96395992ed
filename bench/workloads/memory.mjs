// memory: bytes in memory for each object, after loading the whole, making every index and reading every object once.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { keepAlive } from '../lib/alive.mjs'
import { outcome } from '../lib/gateway.mjs'
import { checkObjects, memoryBytes } from '../lib/measure.mjs'

export const title = 'memory after loading and reading everything, with all indexes'
export const settings = { warm: 0, runs: 1, capMs: 40_000 }
export const measures = { bytesPerObject: 'bytes an object' }

export async function run(peer, entries, { entropy = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-bench-'))
  const file = join(folder, 'whole')
  try {
    await outcome('saver', { peerName: peer.name, count: entries.length, entropy, file })
    // What V8 makes of the code is no data. Memory of WebAssembly never shrinks: there only the first load says something.
    if (peer.isWasm !== true) {
      await whole(peer, file, entries).then(document => document.close?.())
      // A shared decoder may hold what it has read last: something small then; and the stack, until the next turn.
      await keepAlive(peer)
      await setImmediate()
    }
    // Neither the encoded bytes nor the document they came from are in memory at the first measurement.
    const before = memoryBytes()
    const loaded = await whole(peer, file, entries)
    const after = memoryBytes()
    // Used again, so that it is alive until here.
    checkObjects(loaded, entries)
    await loaded.close?.()
    return { bytesPerObject: (after - before) / entries.length }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function whole(peer, file, entries) {
  const loaded = await peer.load(readFileSync(file))
  loaded.index?.(entries[0][1])
  checkObjects(loaded, entries)
  return loaded
}
