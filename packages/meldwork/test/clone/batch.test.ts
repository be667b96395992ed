/** Batches: writes of one turn that become one operation, or none. */
import { describe, expect, it, vi } from 'vitest'
import type { Update } from '../../src/index.js'
import { contents, World } from './world.js'

async function board() {
  const world = new World()
  const clone = await world.alone()
  await world.settle(clone.write({ '@id': 'fred', name: 'Fred', age: 40 }))
  const updates: Update[] = []
  clone.follow(update => updates.push(update))
  return { world, clone, updates }
}

describe('a batch', () => {
  it('is one operation and one update; within it the clone reads what was written so far', async () => {
    const { world, clone, updates } = await board()
    const inner: Promise<unknown>[] = []
    const result = clone.batch(() => {
      inner.push(clone.patch({ '@id': 'fred', age: 41 }))
      inner.push(clone.write({ name: 'generated' }))
      inner.push(clone.write({ '@id': 'x', name: 'X' }), clone.delete('x'))
      expect(clone.get('fred', 'age')).toEqual({ '@id': 'fred', age: 41 })
      expect(clone.read({ '@select': '?s', '@where': { '@id': '?s', name: 'generated' } })).toHaveLength(1)
      expect(contents(clone)).toHaveLength(3)
      expect(updates).toEqual([])
    })
    expect(updates).toHaveLength(1)
    expect(clone.get('fred', 'age')).toEqual({ '@id': 'fred', age: 41 })
    const { ids, ticks } = await world.settle(result)
    expect([ticks, ids.length]).toEqual([2, 1])
    expect(await world.settle(Promise.all(inner))).toEqual([
      { ticks, ids: [] },
      { ticks, ids },
      { ticks, ids: [] },
      { ticks, ids: [] },
    ])
    expect(clone.stats().journalOperations).toBe(2)
  })

  it('that throws has done nothing, and all its promises say why', async () => {
    const { world, clone, updates } = await board()
    const before = contents(clone)
    let inner: Promise<unknown> | undefined
    const result = clone.batch(() => {
      inner = clone.patch({ '@id': 'fred', age: 41 })
      throw new Error('on purpose')
    })
    await expect(world.settle(result)).rejects.toThrow('on purpose')
    await expect(inner).rejects.toThrow('on purpose')
    expect(contents(clone)).toEqual(before)
    expect(updates).toEqual([])
    // And the next write is an ordinary one.
    await world.settle(clone.patch({ '@id': 'fred', age: 42 }))
    expect(updates).toHaveLength(1)
  })

  it('of which one write is refused has done nothing', async () => {
    const { world, clone, updates } = await board()
    const result = clone.batch(() => {
      void clone.patch({ '@id': 'fred', age: 41 })
      void clone.patch({ '@id': 'fred', age: Number.NaN })
      void clone.write({ '@id': 'x', name: 'X' })
    })
    await expect(world.settle(result)).rejects.toMatchObject({ code: 'value-invalid' })
    expect(clone.get('fred', 'age')).toEqual({ '@id': 'fred', age: 40 })
    expect(updates).toEqual([])
  })

  it('in a batch joins it', async () => {
    const { world, clone, updates } = await board()
    let inner: Promise<unknown> | undefined
    const result = clone.batch(() => {
      void clone.write({ '@id': 'a', name: 'A' })
      inner = clone.batch(() => void clone.write({ '@id': 'b', name: 'B' }))
      void clone.write({ '@id': 'c', name: 'C' })
    })
    expect(await world.settle(Promise.all([result, inner]))).toEqual(new Array(2).fill({ ticks: 2, ids: [] }))
    expect(updates).toHaveLength(1)
    const refused = clone.batch(() => {
      void clone.write({ '@id': 'd', name: 'D' })
      void clone.batch(() => {
        throw new Error('inner')
      })
    })
    await expect(world.settle(refused)).rejects.toThrow('inner')
    expect(clone.get('d')).toBeUndefined()
  })

  it('does not wait: a procedure that does is refused', async () => {
    const { world, clone, updates } = await board()
    const result = clone.batch(async () => {
      void clone.write({ '@id': 'a', name: 'A' })
    })
    await expect(world.settle(result)).rejects.toMatchObject({ code: 'option-invalid' })
    expect(updates).toEqual([])
  })

  it('of a closed clone, or closing it, is refused', async () => {
    const { world, clone } = await board()
    const result = clone.batch(() => {
      void clone.write({ '@id': 'a', name: 'A' })
      void clone.close()
    })
    await expect(world.settle(result)).rejects.toMatchObject({ code: 'clone-closed' })
    const never = vi.fn()
    await expect(clone.batch(never)).rejects.toMatchObject({ code: 'clone-closed' })
    expect(never).not.toHaveBeenCalled()
  })
})
