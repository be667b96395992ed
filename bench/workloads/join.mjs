// join: a process with an empty store joins, over a relay on `ws`, a domain that holds the schema.org vocabulary on disk in another process.
import { once } from 'node:events'
import { now } from '../lib/measure.mjs'
import { domain, importQuads, parseVocabulary, start, withGateway } from '../lib/vocabulary.mjs'

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
  return withGateway(async (url, holds) => {
    const { digest } = await importQuads(url, quads, holds)
    const t0 = now()
    const { joinMs } = await join({ url, domain, digest, durable: false })
    const processMs = now() - t0
    const disk = await join({ url, domain, digest, durable: true })
    return { joinMs, joinDiskMs: disk.joinMs, diskMs: disk.durableMs, processMs }
  })
}

async function join(settings) {
  const { child, message } = await start('joiner', settings)
  await once(child, 'exit')
  return message
}
