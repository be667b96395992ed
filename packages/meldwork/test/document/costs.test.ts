/** What things cost, counted: files, bytes and reads, which are the same on every machine. */
import { describe, expect, test } from 'vitest'
import { Replica } from '../../src/document/index.js'
import { TestBlocks } from './blocks.js'

const todo = (i: number): Record<string, unknown> => ({ title: `Buy milk ${i}`, done: false })

async function ofTodos(count: number): Promise<[Replica, TestBlocks]> {
  const store = new TestBlocks()
  const replica = await Replica.open(store)
  replica.update({ 'items♭': Array.from({ length: count }, (_, i) => ({ _id: `todo-${i}`, ...todo(i) })) })
  await replica.commit()
  return [replica, store]
}

describe.each([100, 10_000])('in a document of %i todos', count => {
  test('a commit writes what has changed', async () => {
    const [replica, store] = await ofTodos(count)
    const costOf = async (change: () => void): Promise<number[]> => {
      const [files, bytes] = [store.writes, store.bytesWritten]
      change()
      await replica.commit()
      return [store.writes - files, store.bytesWritten - bytes]
    }
    // However many there are: a pack with the object, a block that names it and its parent.
    expect(await costOf(() => replica.updateObject('todo-7', { ...todo(7), done: true }))).toEqual([2, 338])
    const document = replica.read() as { 'items♭': Record<string, unknown>[] }
    const items = document['items♭'].with(8, { ...document['items♭'][8], done: true })
    expect(await costOf(() => replica.update({ ...document, 'items♭': items }))).toEqual([2, 338])
    // The list stores the move as a patch.
    const [files, bytes] = await costOf(() => replica.update({ ...document, 'items♭': [...items.slice(1), items[0]] }))
    expect(files).toBe(2)
    expect(bytes).toBeLessThan(450)
    expect(await costOf(() => replica.deleteObject('todo-9'))).toEqual([1, 166])
  })

  test('a refresh reads what is new', async () => {
    const [replica, store] = await ofTodos(count)
    const other = await Replica.open(new TestBlocks(store.files))
    other.updateObject('todo-3', { ...todo(3), done: true })
    const { id } = (await other.commit())!
    const reads = store.reads
    expect(await replica.refresh()).toEqual({ blocks: [id], objects: ['todo-3'] })
    expect(store.reads - reads).toBe(2)
    expect(await replica.refresh()).toEqual({ blocks: [], objects: [] })
    expect(store.reads - reads).toBe(2)
  })
})
