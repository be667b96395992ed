// import: the schema.org vocabulary, in transactions of 1,000 quads, over a relay on `ws` in another process, until a clone there has it on disk.
import { now } from '../lib/measure.mjs'
import { importQuads, parseVocabulary, withVocabulary } from '../lib/vocabulary.mjs'

export const title =
  'the schema.org vocabulary, 17,823 quads, into a clone and over a relay onto the disk of another process'
export const only = ['meldwork']
export const measures = {
  parseMs: 'parse ms',
  writeMs: 'write ms',
  durableMs: 'on disk there, ms after the first write',
}

export function run() {
  return withVocabulary(async (url, holds) => {
    const t0 = now()
    const quads = await parseVocabulary()
    const parseMs = now() - t0
    const { writeMs, durableMs } = await importQuads(url, quads, holds)
    return { parseMs, writeMs, durableMs }
  })
}
