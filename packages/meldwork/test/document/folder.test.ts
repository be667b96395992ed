/** Documents in real folders, which people copy with what they have. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FolderBlocks } from '../../src/blocks/fs.js'
import { Replica } from '../../src/document/index.js'
import { sight } from './histories.js'

const root = mkdtempSync(join(tmpdir(), 'document-folder-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const open = (name: string, create = true): Promise<Replica> =>
  Replica.open(new FolderBlocks(join(root, name), { create }))

test('copying one folder over another is a meld', async () => {
  const alice = await open('alice')
  alice.update({ 'items♭': [{ _id: 'a', v: 1 }] })
  await alice.commit({ author: 'Alice' })
  cpSync(join(root, 'alice'), join(root, 'bob'), { recursive: true })
  const bob = await open('bob', false)
  bob.update({
    'items♭': [
      { _id: 'a', v: 1 },
      { _id: 'b', v: 2 },
    ],
  })
  await bob.commit({ author: 'Bob' })
  alice.update({
    'items♭': [
      { _id: 'c', v: 3 },
      { _id: 'a', v: 1 },
    ],
  })
  await alice.commit({ author: 'Alice' })
  cpSync(join(root, 'bob'), join(root, 'alice'), { recursive: true })
  await alice.refresh()
  await bob.meld(alice)
  expect(sight(alice)).toEqual(sight(bob))
  expect(alice.read()).toEqual({
    _id: '√',
    'items♭': [
      { _id: 'c', v: 3 },
      { _id: 'a', v: 1 },
      { _id: 'b', v: 2 },
    ],
  })
  writeFileSync(join(root, 'alice', 'README.md'), '# Ours')
  const again = await open('alice', false)
  expect(sight(again)).toEqual(sight(alice))
  for (const replica of [alice, bob, again]) await replica.close()
})

test('a folder that is not there is not made by looking into it', async () => {
  await expect(open('nowhere', false)).rejects.toMatchObject({ code: 'store-missing' })
  await expect(open('nowhere', false)).rejects.toMatchObject({ code: 'store-missing' })
})

test('what another process commits is told to who watches', async () => {
  const [one, other] = [await open('watched'), await open('watched')]
  const changes = one.watch()
  other.update({ n: 1 })
  const { id } = (await other.commit())!
  expect((await changes.next()).value).toEqual({ blocks: [id], objects: ['√'] })
  expect(one.read()).toEqual({ _id: '√', n: 1 })
  await one.close()
  expect((await changes.next()).done).toBe(true)
  await other.close()
})
