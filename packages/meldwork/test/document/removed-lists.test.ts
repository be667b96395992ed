/** A list that one removes while another changes it, or the object that has it: which of the two wins is told by hashes, so that all of this is tried with several values. */
import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkFolder } from '../../../../test/melda-format/check.mjs'
import { Folder } from '../../../../test/melda-format/folder.js'
import { Replica } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'

const list = '^√@items♭'
const x = { _id: 'x' }

/** Alice removes the list; Bob makes the document another one. Both have both then. */
async function removed(bobs: object): Promise<{ alice: Replica; bob: Replica; files: Files }> {
  const files: Files = new Map()
  const alice = await Replica.open(new TestBlocks(files))
  alice.update({ 'items♭': [x], title: 'old' })
  await alice.commit()
  const bob = await Replica.open(new TestBlocks(new Map(files)))
  alice.update({ title: 'old' })
  await alice.commit({ author: 'Alice' })
  bob.update(bobs)
  await bob.commit({ author: 'Bob' })
  await alice.meld(bob)
  await bob.meld(alice)
  return { alice, bob, files }
}

/** What the original finds wrong with the files. */
function errorsIn(files: Files): string[] {
  const folder = new Folder()
  try {
    for (const [name, bytes] of files) folder.put(name, bytes)
    return checkFolder(folder.path).errors.map(({ check }) => check)
  } finally {
    rmSync(folder.path, { recursive: true })
  }
}

const isDead = (replica: Replica): boolean => replica.winner(list).includes('-d_')

test('is there while the object that readers see has it, before and after the next commit, with all that is in it', async () => {
  const seen = new Set<string>()
  for (let n = 0; n < 24; n++) {
    const y = { _id: `y${n}` }
    const { alice, bob, files } = await removed({ 'items♭': [x, y], title: n })
    const dead = isDead(alice)
    const winner = alice.value('√')!.title === n ? 'Bob' : 'Alice'
    seen.add(`${dead} ${winner}`)
    const text = alice.readText()
    // Alice has deleted x.
    const expected = winner === 'Bob' ? { _id: '√', 'items♭': [y], title: n } : { _id: '√', title: 'old' }
    expect(alice.read()).toEqual(expected)
    if (dead && winner === 'Bob') expect(errorsIn(files)).toEqual(['A.3/unknown-descriptor'])
    alice.updateObject('other', {})
    await alice.commit()
    bob.updateObject('other', {})
    await bob.commit()
    expect([alice.readText(), errorsIn(files), isDead(alice)]).toEqual([text, [], false])
    // Both have done the same.
    expect(bob.winner(list)).toBe(alice.winner(list))
    await alice.meld(bob)
    expect(alice.conflicts().map(({ object }) => object)).toEqual(['√'])
    // Whichever version is chosen afterwards finds it.
    const bobs = [alice.conflicts()[0].winner, alice.conflicts()[0].others[0]].find(side => side.value?.title === n)!
    alice.resolve({ object: '√', winner: bobs.revision })
    await alice.commit()
    expect(alice.read()).toEqual({ _id: '√', 'items♭': [y], title: n })
    expect(errorsIn(files)).toEqual([])
  }
  expect(seen.size).toBe(4)
})

test('is empty where only the object was changed that has it, and no commit leaves it named and deleted', async () => {
  const seen = new Set<boolean>()
  for (let n = 0; n < 16; n++) {
    const { alice, files } = await removed({ 'items♭': [x], title: n })
    const isBobs = alice.value('√')!.title === n
    seen.add(isBobs)
    const text = alice.readText()
    expect(alice.read()).toEqual(isBobs ? { _id: '√', 'items♭': [], title: n } : { _id: '√', title: 'old' })
    expect(isDead(alice)).toBe(true)
    alice.updateObject('other', {})
    await alice.commit()
    expect([alice.readText(), errorsIn(files)]).toEqual([text, []])
  }
  expect(seen.size).toBe(2)
})

test('is deleted where no version of an object has it any more', async () => {
  for (let n = 0; n < 8; n++) {
    const files: Files = new Map()
    const alice = await Replica.open(new TestBlocks(files))
    alice.update({ 'items♭': [x] })
    await alice.commit()
    const bob = await Replica.open(new TestBlocks(new Map(files)))
    alice.update({ title: 'old' })
    await alice.commit()
    // Only the list: the document is that of Alice then.
    bob.updateObject('item', { n })
    bob.updateObject(list, { A: ['x', 'item'] })
    await bob.commit()
    await alice.meld(bob)
    const dead = isDead(alice)
    expect(alice.read()).toEqual({ _id: '√', title: 'old' })
    alice.updateObject('other', {})
    await alice.commit()
    expect([alice.conflicts(), isDead(alice), errorsIn(files)]).toEqual([[], dead, []])
  }
})
