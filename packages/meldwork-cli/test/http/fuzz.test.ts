import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { domain } from '../gateway-client.js'
import { EventReader, testApp } from './app.js'

/** The words of requests, in places where they mean something and where they do not. */
const keyword = fc.constantFrom(
  ...[
    '@id',
    '@type',
    '@value',
    '@language',
    '@list',
    '@item',
    '@context',
    '@graph',
    '@select',
    '@describe',
    '@construct',
  ],
  ...[
    '@ask',
    '@where',
    '@insert',
    '@delete',
    '@update',
    '@union',
    '@optional',
    '@filter',
    '@bind',
    '@values',
    '@exists',
  ],
  ...[
    '@orderBy',
    '@groupBy',
    '@having',
    '@limit',
    '@offset',
    '@distinct',
    '@depth',
    '@reverse',
    '@plus',
    '@gt',
    '@count',
  ],
  ...[
    '@regex',
    '@in',
    '@concat',
    '@tpye',
    '__proto__',
    'constructor',
    'toString',
    'name',
    '?x',
    '?',
    '',
    ' ',
    '#',
    'http://',
  ],
)
const scalar = fc.oneof(
  keyword,
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e300,
    2,
    'fred',
    'name',
    '?x',
    '?y',
    '*',
    '@json',
    '(a+)+$',
    'http://www.w3.org/2001/XMLSchema#date',
  ),
  fc.string({ maxLength: 5, unit: 'binary' }),
  fc.integer(),
)
const json = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(keyword, tie('value')), { maxLength: 4 }).map(entries => Object.fromEntries(entries)),
  ),
})).value

/** Requests that are understood, of every form. */
const understood: readonly object[] = [
  { '@describe': ['fred', '?x'], '@where': { '@id': '?x', likes: { '@id': '?y' } }, '@depth': 2, '@limit': 5 },
  {
    '@select': ['?x', { '?n': { '@count': '*' } }],
    '@where': { '@id': '?x', '?p': '?o' },
    '@groupBy': '?x',
    '@having': { '@gt': [{ '@count': '?o' }, 1] },
  },
  {
    '@select': '*',
    '@distinct': true,
    '@where': [{ '@id': '?x', name: '?n' }, { '@optional': { '@id': '?x', likes: '?l' } }],
    '@orderBy': { '@desc': '?n' },
    '@limit': 5,
  },
  {
    '@construct': { '@id': '?x', called: '?n', friend: { '@id': '?y' } },
    '@where': { '@id': '?x', name: '?n', likes: { '@id': '?y' } },
  },
  {
    '@ask': {
      '@union': [{ name: 'Fred' }, { '@id': 'list', '@list': { '?i': 'a' } }],
      '@filter': { '@not': { '@exists': { name: '?' } } },
    },
  },
  {
    '@select': '?t',
    '@where': {
      '@id': '?x',
      name: { '@value': '?v', '@regex': '^F' },
      '@bind': { '?t': { '@concat': ['?v', '!'] } },
      '@values': [{ '?v': 'Fred' }],
    },
  },
  {
    '@id': 'fred',
    '@type': 'Person',
    name: 'Fred',
    born: { '@type': 'http://www.w3.org/2001/XMLSchema#date', '@value': '1970-01-01' },
  },
  [
    { '@id': 'wilma', says: { '@value': 'Oh', '@language': 'en' }, tools: { '@list': ['axe', { '@id': 'fred' }] } },
    { name: 'Pebbles' },
  ],
  { '@context': { n: 'name' }, '@id': 'barney', n: 'Barney', '@reverse': { likes: { '@id': 'wilma' } } },
  {
    '@delete': { '@id': '?x', name: '?n' },
    '@insert': { '@id': '?x', called: '?n' },
    '@where': { '@id': '?x', name: '?n' },
  },
  { '@update': { '@id': 'fred', age: { '@plus': 1 } } },
  { '@insert': { '@id': 'list', '@list': { '1': ['x', 'y'] } } },
  { '@delete': { '@id': 'list', '@list': { '?i': { '@id': '?slot', '@item': 'x' } } } },
]

/** A part of a value, as what it stands in and under which key. */
function* placesIn(value: unknown): Generator<[parent: Record<string, unknown>, key: string]> {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    yield [value as Record<string, unknown>, key]
    yield* placesIn((value as Record<string, unknown>)[key])
  }
}

/** One that is understood, in which something has been put in the place of something else, or under another name. */
const request = fc
  .tuple(fc.constantFrom(...understood), fc.array(fc.tuple(fc.nat(), fc.boolean(), keyword, json), { maxLength: 2 }))
  .map(([from, changes]) => {
    const value = structuredClone(from)
    for (const [at, renames, name, part] of changes) {
      const places = [...placesIn(value)]
      const [parent, key] = places[at % places.length]
      if (!renames) parent[key] = part
      else {
        Object.defineProperty(parent, name, {
          value: parent[key],
          enumerable: true,
          configurable: true,
          writable: true,
        })
        if (name !== key) delete parent[key]
      }
    }
    return JSON.stringify(value)
  })
const bytes = fc.oneof(
  { weight: 4, arbitrary: request },
  { weight: 1, arbitrary: json.map(value => JSON.stringify(value)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(request, fc.nat(), fc.string({ maxLength: 3 }))
      .map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more + text.slice(at % (text.length + 1))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
)

test('no body whatever is a defect, and what is there stays whole', async () => {
  const { post, clone, reports } = await testApp()
  await clone.write([
    { '@id': 'fred', name: 'Fred', likes: ['ribs', { '@id': 'wilma' }] },
    { '@id': 'list', '@list': ['a', 'b'] },
  ])
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('/read', '/write'), bytes, async (path, body) => {
      const answer = await post(path, body)
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
      const text = await answer.text()
      if (answer.status === 200) expect(() => JSON.parse(text)).not.toThrow()
      else expect([JSON.parse(text).code, answer.status]).toEqual([expect.not.stringMatching('unexpected'), 400])
    }),
    { numRuns: fuzz.runs(1000) },
  )
  expect(reports).toEqual([])
  // Both have been there, or it says nothing.
  expect(seen.get(200)).toBeGreaterThan(fuzz.runs(100))
  expect(seen.get(400)).toBeGreaterThan(fuzz.runs(100))
  expect(clone.stats().triples).toBe([...clone.quads()].length)
}, 120_000)

test('no address, header or method whatever is a defect', async () => {
  const { app, reports } = await testApp()
  const part = fc.oneof(
    fc.constantFrom(domain, 'domains', 'read', 'updates', '%ff', '%2e%2e', '..', '{domain}', ':domain', '*', 'metrics'),
    fc.webSegment(),
  )
  const query = fc.dictionary(fc.constantFrom('after', 'durability', '__proto__', 'x'), fc.string({ maxLength: 30 }))
  const headers = fc.dictionary(
    fc.constantFrom(
      'accept',
      'authorization',
      'content-type',
      'content-length',
      'last-event-id',
      'origin',
      'content-encoding',
      'access-control-request-method',
    ),
    fc.string({ maxLength: 30 }).filter(text => /^[\x21-\x7e]*$/.test(text)),
  )
  const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND')
  await fc.assert(
    fc.asyncProperty(methods, fc.array(part, { maxLength: 4 }), query, headers, async (method, parts, asked, given) => {
      const address = `http://localhost:7330/domains/${parts.join('/')}?${new URLSearchParams(asked)}`
      const answer = await app.request(new Request(address, { method, headers: { host: 'localhost:7330', ...given } }))
      expect(answer.status).not.toBe(500)
      if (answer.headers.get('content-type') === 'text/event-stream') await new EventReader(answer.body!).leave()
      else await answer.text()
    }),
    { numRuns: fuzz.runs(500) },
  )
  expect(reports).toEqual([])
}, 120_000)
