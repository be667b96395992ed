// join: a process with an empty store joins, over a relay on `ws`, a domain that holds the schema.org vocabulary on disk in another process.
import { outcome } from '../lib/gateway.mjs'
import { now } from '../lib/measure.mjs'
import { domain, importQuads, parseVocabulary, withVocabulary } from '../lib/vocabulary.mjs'

export const title = 'an empty clone in a process of its own joins the domain of the schema.org vocabulary over a relay'
export const only = ['meldwork']
export const measures = {
  joinMs: 'join ms (store in memory)',
  joinDiskMs: 'join ms (LevelDB)',
  diskMs: '... until on disk',
  processMs: 'whole process ms',
}

let quads

export async function run() {
  quads ??= await parseVocabulary()
  return withVocabulary(async (url, holds) => {
    const { digest } = await importQuads(url, quads, holds)
    const t0 = now()
    const { joinMs } = await outcome('joiner', { url, domain, digest, durable: false })
    const processMs = now() - t0
    const disk = await outcome('joiner', { url, domain, digest, durable: true })
    return { joinMs, joinDiskMs: disk.joinMs, diskMs: disk.durableMs, processMs }
  })
}
