/** What a live query looks at in the graph when something has changed: nothing, when the change does not concern it. */
import { expect, it } from 'vitest'
import { LiveQueries } from '../../src/query/index.js'
import { Context, IriSpace } from '../../src/rdf/index.js'
import { domain, World } from '../clone/world.js'

/** Live queries over a clone's graph that counts what is read of it, beside the clone. */
async function counted(size: number) {
  const world = new World()
  const clone = await world.alone()
  const subjects = Array.from({ length: size }, (_, i) => ({
    '@id': `s${i}`,
    p: i,
    q: i % 10,
    to: { '@id': `s${i + 1}` },
  }))
  void clone.write(subjects)
  // biome-ignore lint/complexity/useLiteralKeys: the graph of a clone is its own
  const transactions = clone['transactions']
  const { graph } = transactions
  let reads = 0
  const double = new Proxy(graph, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        reads++
        return member.apply(target, args)
      }
    },
  })
  const queries = new LiveQueries(double, Context.of(new IriSpace(domain)))
  /** @returns how many queries were concerned, how many have another answer, and how many reads that took */
  const change = (write: () => unknown) => {
    const snapshot = transactions.snapshot()
    void write()
    const difference = snapshot.difference()
    snapshot.close()
    reads = 0
    let concerned = 0
    let changed = 0
    queries.update(difference, (_, update) => {
      concerned++
      if (update() !== undefined) changed++
    })
    return { concerned, changed, reads }
  }
  return { clone, queries, change }
}

it('what does not concern a query costs it nothing', async () => {
  const { clone, queries, change } = await counted(100)
  const requests = [
    { '@select': '?s', '@where': { '@id': '?s', q: 3 } },
    { '@select': '?s', '@where': [{ '@id': '?s', q: 3 }, { '@optional': { '@id': '?s', r: '?r' } }] },
    { '@select': '?o', '@where': { '@id': 's7', '?x': '?o' } },
    { '@describe': 's8', '@depth': 3 },
    { '@describe': '?s', '@where': { '@id': '?s', q: 4 }, '@limit': 3 },
    { '@construct': { '@id': 's9', p: '?p' } },
  ]
  for (const request of requests) queries.open(request)
  expect(change(() => clone.patch({ '@id': 's50', p: 'x' }))).toEqual({ concerned: 0, changed: 0, reads: 0 })
  expect(change(() => clone.patch({ '@id': 's51', q: 'y' }))).toEqual({ concerned: 0, changed: 0, reads: 0 })
  expect(change(() => clone.patch({ '@id': 's53', q: 'y' }))).toMatchObject({ concerned: 2, changed: 2 })
  expect(change(() => clone.patch({ '@id': 's7', p: 'x' }))).toMatchObject({ concerned: 1, changed: 1 })
  expect(change(() => clone.patch({ '@id': 's8', p: 'x' }))).toMatchObject({ concerned: 1, changed: 1 })
  expect(change(() => clone.patch({ '@id': 's10', p: 'x' }))).toMatchObject({ concerned: 1, changed: 1 })
  expect(change(() => clone.patch({ '@id': 's9', p: 'x' }))).toMatchObject({ concerned: 2, changed: 2 })
})

it('a difference is found in proportion to the change', async () => {
  const few = await counted(100)
  const many = await counted(3000)
  const read = [few, many].map(({ clone, queries, change }) => {
    queries.open({
      '@select': '*',
      '@where': [
        { '@id': '?a', to: { '@id': '?b' } },
        {
          '@union': [
            { '@id': '?b', p: '?v' },
            { '@id': '?b', q: '?v' },
          ],
        },
        { '@filter': { '@neq': ['?v', 1000] } },
      ],
    })
    const { changed, reads } = change(() => clone.patch({ '@id': 's50', p: 'x' }))
    expect(changed).toBe(1)
    return reads
  })
  expect(read[0]).toBeLessThan(100)
  expect(read[1]).toBe(read[0])
})
