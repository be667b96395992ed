import { expect, it } from 'vitest'
import { openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

it('smoke', async () => {
  const c = await openClone({ domain: 'x.example', store: new MemoryStore(), genesis: true })
  await c.write([
    { '@id': 'fred', '@type': 'Person', name: 'Fred', age: 40, knows: [{ '@id': 'joe' }, { '@id': 'ann' }] },
    { '@id': 'joe', '@type': 'Person', name: 'Joe', age: 30, knows: { '@id': 'ann' } },
    { '@id': 'ann', '@type': 'Person', name: { '@value': 'Anne', '@language': 'fr' }, age: 12 },
  ])
  const show = (r: unknown) => console.log(JSON.stringify(r))
  show(
    c.read({ '@select': ['?n', '?a'], '@where': { name: '?n', age: { '@value': '?a', '@lt': 36 } }, '@orderBy': '?a' }),
  )
  show(
    c.read({
      '@select': ['?n'],
      '@where': [
        { '@id': '?p', name: '?n' },
        { '@optional': { '@id': '?p', knows: { name: '?k' } } },
        { '@filter': { '@not': { '@bound': '?k' } } },
      ],
    }),
  )
  show(c.read({ '@select': [{ '?s': { '@sum': '?a' } }, { '?c': { '@count': '*' } }], '@where': { age: '?a' } }))
  show(
    c.read({
      '@select': ['?p', { '?c': { '@count': '?k' } }],
      '@where': { '@id': '?p', knows: '?k' },
      '@groupBy': '?p',
      '@having': { '@gt': [{ '@count': '?k' }, 1] },
    }),
  )
  show(c.read({ '@construct': { '@id': '?p', name: '?n', knows: { '@id': '?k', name: '?kn' } } }))
  show(c.read({ '@describe': 'fred', '@depth': 3 }))
  show(
    c.read({
      '@select': '*',
      '@where': {
        '@union': [
          { '@id': '?p', name: 'Fred' },
          { '@id': '?p', age: 12 },
        ],
        '@bind': { '?x': { '@concat': [{ '@str': '?p' }, '!'] } },
      },
    }),
  )
  show(c.ask({ name: 'Fred' }))
  await c.write({ '@update': { '@id': '?p', age: { '@plus': ['?a', 1] } }, '@where': { '@id': '?p', age: '?a' } })
  await c.write({ '@update': { '@id': 'ann', age: { '@plus': 100 } } })
  show(c.read({ '@select': ['?a'], '@where': { age: '?a' }, '@orderBy': { '@desc': '?a' } }))
  await c.write({ '@delete': { '@id': '?p', name: '?old' }, '@insert': { '@id': '?p', formerName: '?old' } })
  show(c.read({ '@describe': '?p', '@where': { '@id': '?p', formerName: '?' } }))
  show(
    c.read({
      '@select': '?p',
      '@where': [{ '@id': '?p', age: '?a' }, { '@filter': { '@exists': { '@id': '?p', knows: { '@id': 'ann' } } } }],
    }),
  )
  expect(1).toBe(1)
})
