import { afterEach, describe, expect, it } from 'vitest'
import { type Clone, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'

const open: Clone[] = []
afterEach(async () => {
  for (const clone of open.splice(0)) await clone.close()
})

async function clone(network?: MemoryNetwork, store = new MemoryStore(), genesis = false): Promise<Clone> {
  const transport = network && new MemoryTransport(network)
  const opened = await openClone({ domain: 'board.example', store, transport, genesis })
  open.push(opened)
  return opened
}

describe('a clone alone', () => {
  it('reads what it has written, at once', async () => {
    const board = await clone()
    const written = board.write({ '@id': 'fred', '@type': 'Person', name: 'Fred', age: 40 })
    expect(board.get('fred')).toEqual({ '@id': 'fred', '@type': 'Person', name: 'Fred', age: 40 })
    expect(await written).toEqual({ ticks: 1, ids: [] })
  })

  it('follows the issue', async () => {
    const board = await clone()
    const { ids, ticks } = await board.write({ '@type': 'Card', title: 'Hello' })
    expect(ids).toHaveLength(1)
    expect(ticks).toBe(1)
    await board.write({ '@id': 'fred', name: 'Fred' })
    await board.write({ '@id': 'fred', name: 'Flint' })
    expect(board.get('fred')).toEqual({ '@id': 'fred', name: ['Flint', 'Fred'] })
    await board.patch({ '@id': 'fred', name: 'Freddy' })
    expect(board.get('fred')).toEqual({ '@id': 'fred', name: 'Freddy' })
    await board.put({ '@id': 'fred', nick: 'F' })
    expect(board.get('fred')).toEqual({ '@id': 'fred', nick: 'F' })
    await board.write({ '@delete': { '@id': 'fred', nick: '?' }, '@insert': { '@id': 'fred', name: 'Freddy' } })
    expect(board.read({ '@describe': '?p', '@where': { '@id': '?p', name: '?n' } })).toEqual([
      { '@id': 'fred', name: 'Freddy' },
    ])
    expect(board.read({ '@select': ['?p', '?n'], '@where': { '@id': '?p', name: '?n' } })).toEqual([
      { '?p': { '@id': 'fred' }, '?n': 'Freddy' },
    ])
    await board.delete('fred')
    expect(board.get('fred')).toBeUndefined()
  })

  it('keeps its data when it is opened again', async () => {
    const store = new MemoryStore()
    const first = await clone(undefined, store)
    await first.write({ '@id': 'fred', name: 'Fred' })
    const { digest } = first.stats()
    await first.close()
    const second = await clone(undefined, store)
    expect(second.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
    expect(second.stats().digest).toBe(digest)
    expect(second.status.value.ticks).toBe(1)
  })
})

describe('two clones', () => {
  it("see each other's changes", async () => {
    const network = new MemoryNetwork()
    const a = await clone(network, new MemoryStore(), true)
    await a.write({ '@id': 'fred', name: 'Fred' })
    const b = await clone(network)
    await b.status.becomes({ outdated: false }, { timeoutMs: 2000 })
    expect(b.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
    const seen = new Promise(resolve => a.follow(resolve))
    await b.write({ '@id': 'wilma', name: 'Wilma' })
    await seen
    expect(a.get('wilma')).toEqual({ '@id': 'wilma', name: 'Wilma' })
    expect(a.stats().digest).toBe(b.stats().digest)
  })
})
