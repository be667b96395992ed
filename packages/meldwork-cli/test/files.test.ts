import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { domain, gatewayOf } from './gateway-client.js'
import { ran, ranWith } from './in-process.js'
import { emptyFolder } from './running.js'

test('a file is taken whole, or not at all', async () => {
  const { gateway, to } = await gatewayOf()
  const folder = emptyFolder()
  const turtle = join(folder, 'people.ttl')
  writeFileSync(
    turtle,
    '@prefix : <#> .\n<fred> :name "Fred" ; :knows [ :name "Wilma" ], _:b .\n_:b :name "Barney" .\n',
  )
  const taken = await ran('import', turtle, ...to)
  expect(taken.err).toBe('')
  expect(JSON.parse(taken.out)).toEqual({
    quads: 5,
    taken: 5,
    inserted: 5,
    blankNodes: 2,
    triples: 5,
    ticks: 1,
    sent: true,
  })

  const broken = `${'<a:s> <a:p> "1" .\n'.repeat(2000)}<a:s> <a:p> .\n`
  const refused = await ranWith(broken, 'import', '-', '--format', 'ntriples', ...to)
  expect(refused).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('parse-failed: Cannot parse line 2001'),
  })
  const named = await ranWith('<a:s> <a:p> "1" <a:g> .\n', 'import', '-', '--format', 'nquads', ...to)
  expect(named).toMatchObject({ code: 1, out: '', err: expect.stringContaining('graph-named: ') })
  expect(named.err).toContain('a:g (1 quads)')
  expect(gateway.clones.get(domain)!.stats().triples).toBe(5)

  const all = ['import', '-', '--format', 'nquads', '--graph', '*', '--progress', ...to]
  const flat = await ranWith('<a:s> <a:p> "1" <a:g> .\n<a:s> <a:p> "1" <a:h> .\n', ...all)
  expect(JSON.parse(flat.out)).toMatchObject({ quads: 2, taken: 2, inserted: 1, triples: 6 })
  expect(flat.err).toContain('imported 2 quads')
})

test('JSON-LD is taken as writes are, and not from elsewhere', async () => {
  const { to } = await gatewayOf()
  const document = JSON.stringify({ '@id': 'fred', '@type': 'Person', name: 'Fred', knows: { name: 'Wilma' } })
  const asJsonLd = ['import', '-', '--format', 'jsonld', ...to]
  const { out } = await ranWith(document, ...asJsonLd)
  expect(JSON.parse(out)).toMatchObject({ quads: 4, taken: 4, inserted: 4, blankNodes: 1, triples: 4 })
  const read = JSON.parse((await ran('read', '{"@describe": "fred"}', ...to)).out)
  expect(read).toEqual([{ '@id': 'fred', '@type': 'Person', name: 'Fred', knows: { '@id': expect.any(String) } }])

  const elsewhere = await ranWith('{"@context": "https://contexts.example/c", "name": "x"}', ...asJsonLd)
  expect(elsewhere).toMatchObject({ code: 1, out: '', err: expect.stringContaining('context-invalid: ') })
  expect(elsewhere.err).toContain('fetches nothing')
  const named = await ranWith('{"@id": "g", "@graph": [{"name": "x"}]}', ...asJsonLd)
  expect(named).toMatchObject({ code: 1, err: expect.stringContaining('graph-named: ') })
  expect(await ranWith('{"name":\n oops}', ...asJsonLd)).toMatchObject({
    code: 1,
    err: expect.stringContaining('line 2'),
  })
  expect(JSON.parse((await ran('read', '{"@describe": "fred"}', ...to)).out)).toEqual(read)
})

test('an export comes back as the same data', async () => {
  const { to } = await gatewayOf()
  const folder = emptyFolder()
  const data = {
    '@id': 'fred',
    '@type': 'Person',
    name: ['Fred', { '@language': 'en', '@value': 'Freddy' }],
    age: 40,
    height: 1.75,
    'a:b': true,
  }
  await ran('write', JSON.stringify(data), ...to)
  const digests = new Set<string>()
  for (const [name, ...options] of [
    ['fred.nq'],
    ['fred.nt'],
    ['fred.ttl'],
    ['fred.txt', '--format', 'trig'],
    ['fred.jsonld'],
  ]) {
    const file = join(folder, name)
    const exported = await ran('export', file, ...options, ...to)
    expect(exported).toMatchObject({ code: 0, out: '', err: 'exported 6 triples\n' })
    const copy = ['--domain', domain, '--data', join(folder, `${name}-copy`)]
    expect(JSON.parse((await ran('import', file, ...options, ...copy)).out)).toMatchObject({ inserted: 6 })
    const read = JSON.parse((await ran('read', '{"@describe": "fred"}', ...copy)).out)
    digests.add(JSON.stringify(read, Object.keys(read[0]).sort()))
  }
  expect(digests.size).toBe(1)
  const lines = (await ran('export', ...to)).out.trim().split('\n').sort()
  expect(lines).toEqual(readFileSync(join(folder, 'fred.nq'), 'utf8').trim().split('\n').sort())
  const nowhere = join(folder, 'missing', 'fred.nq')
  expect(await ran('export', nowhere, ...to)).toMatchObject({
    code: 1,
    err: expect.stringContaining('file-unwritable: '),
  })
  expect(existsSync(nowhere)).toBe(false)
})
