/** Contexts where a clone meets them: the option, its loader, and what writes bring along. */
import { describe, expect, it } from 'vitest'
import { openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { World } from './world.js'

const ex = 'http://ex.example/'
const open = (options: object) =>
  openClone({ domain: 'board.example', store: new MemoryStore(), genesis: true, ...options })

describe('the context of a clone', () => {
  it('is loaded, once, and names in requests what it has loaded', async () => {
    const asked: string[] = []
    const clone = await open({
      context: [`${ex}a`, { name: 'ex:name' }],
      contextLoader: async (iri: string) => {
        asked.push(iri)
        return { '@context': iri === `${ex}a` ? ['b', { ex }] : { '@vocab': 'http://vocab.example/' } }
      },
    })
    await clone.write({ '@id': 'fred', name: 'F' })
    await clone.write({ '@context': [null, `${ex}b`], '@id': 'joe', name: 'J' })
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'F' })
    expect(clone.get('joe')).toEqual({ '@id': 'joe', 'http://vocab.example/name': 'J' })
    await expect(clone.write({ '@context': `${ex}c`, '@id': 'joe', name: 'J' })).rejects.toMatchObject({
      code: 'context-invalid',
      message: expect.stringContaining('contextLoader'),
    })
    expect(asked).toEqual([`${ex}a`, `${ex}b`])
    await clone.close()
  })

  it.each<[string, object, string]>([
    ['at an IRI without a loader', { context: `${ex}a` }, 'context-invalid'],
    [
      'that fails to load',
      { context: `${ex}a`, contextLoader: () => Promise.reject(new Error('404')) },
      'context-invalid',
    ],
    [
      'whose loader throws',
      {
        context: `${ex}a`,
        contextLoader: () => {
          throw new Error('404')
        },
      },
      'context-invalid',
    ],
    ['that is none when loaded', { context: `${ex}a`, contextLoader: async () => '<html>' }, 'context-invalid'],
    ['whose loader is none', { context: {}, contextLoader: 'x' }, 'option-invalid'],
  ])('%s is refused, and the store is not opened', async (_, options, code) => {
    const store = new MemoryStore()
    let opened = false
    store.open = async () => {
      opened = true
    }
    await expect(open({ store, ...options })).rejects.toMatchObject({ code })
    expect(opened).toBe(false)
  })
})

describe('a write with a context of its own', () => {
  it('puts and patches the subject that its aliases name', async () => {
    const world = new World()
    const clone = await world.alone({})
    await world.settle(clone.write({ '@id': 'fred', name: 'F', age: 5 }))
    const local = { '@context': { is: '@id', n: 'http://board.example/#name' } }
    await world.settle(clone.patch({ ...local, is: 'fred', n: 'G' } as never))
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'G', age: 5 })
    await world.settle(clone.put({ ...local, is: 'fred', n: 'H' } as never))
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'H' })
  })

  it('changes nothing when the context is refused', async () => {
    const world = new World()
    const clone = await world.alone({})
    await expect(
      clone.write([
        { '@id': 'a', p: 1 },
        { '@context': 5 as never, '@id': 'b', p: 1 },
      ]),
    ).rejects.toMatchObject({
      code: 'context-invalid',
      facts: { path: "$[1]['@context']" },
    })
    expect(clone.get('a')).toBeUndefined()
  })
})
