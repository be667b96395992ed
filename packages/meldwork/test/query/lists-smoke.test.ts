import { expect, it } from 'vitest'
import { openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

it('smoke', async () => {
  const c = await openClone({ domain: 'x.example', store: new MemoryStore(), genesis: true })
  const show = (r: unknown) => console.log(JSON.stringify(r))
  c.follow(u => show(u))
  await c.write({ '@id': 'shopping', '@list': ['Bread', 'Jam', 'Milk'] })
  await c.write({ '@id': 'shopping', '@list': { '1': ['Spam', 'Spam'], '99': 'End' } })
  show(c.get('shopping'))
  show(c.read({ '@select': ['?i', '?x'], '@where': { '@id': 'shopping', '@list': { '?i': '?x' } } }))
  show(c.read({ '@select': ['?i', '?l'], '@where': { '@id': '?l', '@list': { '?i': 'Milk' } } }))
  await c.write({ '@delete': { '@id': 'shopping', '@list': { '?i': 'Spam' } } })
  show(c.get('shopping'))
  await c.write({
    '@delete': { '@id': 'shopping', '@list': { '?i': { '@id': '?slot', '@item': 'End' } } },
    '@insert': { '@id': 'shopping', '@list': { '0': { '@id': '?slot', '@item': 'End' } } },
  })
  show(c.get('shopping'))
  await c.write({ '@update': { '@id': 'shopping', '@list': { '1': 'Brioche' } } })
  show(c.get('shopping'))
  await c.write({ '@id': 'fred', todo: { '@list': ['a', { '@id': 'x', name: 'X' }] } })
  show(c.read({ '@describe': 'fred', '@depth': 3 }))
  await c.patch({ '@id': 'shopping', '@list': ['1', '2'] })
  show(c.get('shopping'))
  await c.put({ '@id': 'shopping', '@list': ['3'] })
  show(c.get('shopping'))
  await c.delete('shopping')
  show([...c.quads()].length)
  expect(1).toBe(1)
})
