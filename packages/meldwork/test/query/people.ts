/** A small domain for examples. */
import { type Clone, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

export async function people(): Promise<Clone> {
  const clone = await openClone({ domain: 'x.example', store: new MemoryStore(), genesis: true })
  await clone.write([
    { '@id': 'fred', '@type': 'Person', name: 'Fred', age: 40, knows: [{ '@id': 'wilma' }, { '@id': 'barney' }] },
    { '@id': 'wilma', '@type': 'Person', name: 'Wilma', age: 38, knows: { '@id': 'fred' } },
    { '@id': 'barney', '@type': ['Person', 'Bowler'], name: 'Barney', age: 35, weight: 80.5 },
    {
      '@id': 'dino',
      '@type': 'Pet',
      name: [{ '@value': 'Dino', '@language': 'en' }, 'Dino'],
      owner: { '@id': 'fred' },
    },
  ])
  return clone
}
