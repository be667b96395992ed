/** What Melda's own tools lose, hang on or cannot read, each with what happens here. The scripts are fixtures. */
import { describe, expect, test } from 'vitest'
import { decodeDelta, decodePack, Replica, type ReplicaOptions } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'
import { readScenario, Scenario, scenarioFolders } from './scenario.js'

const open = (files: Files = new Map(), options: ReplicaOptions = {}): Promise<Replica> =>
  Replica.open(new TestBlocks(files), options)

async function ran(name: string): Promise<Scenario> {
  const scenario = new Scenario()
  for (const step of readScenario(name).script) await scenario.run(step)
  return scenario
}

interface List {
  'items♭': { _id: string }[]
}
const idsOf = (replica: Replica): string[] => (replica.read() as unknown as List)['items♭'].map(({ _id }) => _id)

describe('concurrent edits of a list', () => {
  test('do not make the next commit hang, and it leaves no conflict of a list (07b)', async () => {
    const { replicas } = await ran('07b_commit_with_array_conflict_deadlocks')
    const a = replicas.get('a')!
    expect(a.isStaged).toBe(false)
    expect(a.conflicts()).toEqual([])
    expect(idsOf(a)).toEqual(['1'])
    // Also at the other, which then has nothing to hang on.
    const b = replicas.get('b')!
    await b.meld(a)
    expect(b.conflicts()).toEqual([])
    expect(b.readText()).toBe(a.readText())
  })

  test('become one order with any commit: two who commit it apart agree', async () => {
    const [a, b] = await forked(['1', '2'], ['1', '2', '3'], ['0', '1', '2'])
    const seen = idsOf(a)
    expect(new Set(seen)).toEqual(new Set(['0', '1', '2', '3']))
    for (const [replica, note] of [
      [a, 'of a'],
      [b, 'of b'],
    ] as const) {
      replica.updateObject('note', { note })
      await replica.commit()
      expect(replica.conflicts()).toEqual([])
      expect(idsOf(replica)).toEqual(seen)
    }
    await a.meld(b)
    expect(a.conflicts().map(({ object }) => object)).toEqual(['note'])
    expect(idsOf(a)).toEqual(seen)
  })

  test('are not undone by an update of who has seen both: what that moves or removes stays so', async () => {
    const [a] = await forked(['1', '2'], ['1', '2', '3'], ['1', '2', '4'])
    a.update({ 'items♭': [{ _id: '2' }, { _id: '4' }], 'others♭': [{ _id: '3' }] })
    await a.commit()
    expect(a.read()).toEqual({ _id: '√', 'items♭': [{ _id: '2' }, { _id: '4' }], 'others♭': [{ _id: '3' }] })
    a.update(a.read())
    expect(a.isStaged).toBe(false)
  })

  test('are settled by an update to what the winner said alone', async () => {
    const [a] = await forked(['1'], ['1', '2'], ['1', '3'])
    const [{ winner, others }] = a.conflicts()
    expect(winner.order).not.toEqual(others[0].order)
    a.update({ 'items♭': (winner.order as string[]).map(_id => ({ _id })) })
    await a.commit()
    expect(idsOf(a)).toEqual(winner.order)
    expect(a.conflicts()).toEqual([])
  })
})

/** Two replicas that have committed different orders of one list, and have then seen each other's. */
async function forked(base: string[], ...orders: string[][]): Promise<Replica[]> {
  const first = await open()
  const list = (ids: string[]): unknown => ({ 'items♭': ids.map(_id => ({ _id })) })
  first.update(list(base))
  await first.commit()
  const replicas: Replica[] = []
  for (const order of orders) {
    const replica = await open()
    await replica.meld(first)
    replica.update(list(order))
    await replica.commit()
    replicas.push(replica)
  }
  for (const one of replicas) for (const other of replicas) if (one !== other) await one.meld(other)
  return replicas
}

test('two updates before the first commit make a block that can be read, theirs is read, too (39)', async () => {
  const { replicas, folders } = await ran('39_two_updates_before_first_commit')
  expect(replicas.get('b')!.readText()).toBe('{"_id":"√","t":2}')
  expect(replicas.get('b')!.history('√').length).toBe(1)
  for (const [name, bytes] of folders.get('a')!)
    if (name.endsWith('.delta'))
      expect(decodeDelta(bytes).records.every(({ parent }) => parent === undefined)).toBe(true)
  const theirs = await open(scenarioFolders('39_two_updates_before_first_commit').get('a'))
  expect(theirs.readText()).toBe('{"_id":"√","t":2}')
  expect(theirs.history('√').length).toBe(2)
})

test('what is created and deleted before the first commit is in no block', async () => {
  const files: Files = new Map()
  const replica = await open(files)
  replica.update({ 'items♭': [{ _id: 'x' }, { _id: 'y' }] })
  replica.update({ 'items♭': [{ _id: 'y' }] })
  const { id } = (await replica.commit())!
  const { records } = decodeDelta(files.get(`${id}.delta`)!)
  expect(records.map(({ object }) => object)).toEqual(['^√@items♭', 'y', '√'])
  expect(replica.objects()).toEqual(['^√@items♭', 'y', '√'])
  replica.createObject('z', { v: 1 })
  replica.deleteObject('z')
  expect((await replica.commit())?.id).toMatch(/^2-/)
  const fresh = await open()
  fresh.createObject('z', { v: 1 })
  fresh.deleteObject('z')
  expect(await fresh.commit()).toBeUndefined()
  expect(fresh.objects()).toEqual([])
})

describe('a list', () => {
  test('that was removed and comes back empty is there, and theirs that is missing reads as empty (05)', async () => {
    const { replicas } = await ran('05_delete_resurrect')
    for (const replica of replicas.values()) expect(replica.readText()).toBe('{"_id":"√","items♭":[]}')
    expect(replicas.get('a')!.valueText('^√@items♭')).toBe('{"A":[]}')
    const theirs = await open(scenarioFolders('05_delete_resurrect').get('a'))
    const missing: string[] = []
    expect(theirs.readText({ missing: id => missing.push(id) })).toBe('{"_id":"√","items♭":[]}')
    expect(missing).toEqual(['^√@items♭'])
    // The next update mends it.
    theirs.update({ 'items♭': [] })
    await theirs.commit()
    expect(theirs.valueText('^√@items♭')).toBe('{"A":[]}')
  })

  test('whose first item is removed twice in a row loses both, though the two patches are equal', async () => {
    const replica = await open()
    for (const items of [['a', 'b', 'c'], ['b', 'c'], ['c']]) {
      replica.update({ 'items♭': items })
      await replica.commit()
    }
    expect(replica.history('^√@items♭').map(revision => revision.split('-')[0])).toEqual(['3', '2', '1'])
    expect(replica.read()).toEqual({ _id: '√', 'items♭': ['c'] })
  })

  test('keeps items without ids, and those that are no objects', async () => {
    const files: Files = new Map()
    const replica = await open(files)
    const document = { 'items♭': [{ v: 1 }, { v: 1 }, { v: 2 }, 'text', '!x', 7, null, ['nested', { _id: 'n' }]] }
    replica.update(document)
    const { warnings } = (await replica.commit())!
    expect(warnings.map(({ code, object }) => [code, object])).toEqual([['items', '^√@items♭']])
    const read = (await open(files)).read() as { 'items♭': unknown[] }
    expect(withoutIds(read['items♭'].slice(0, 3))).toEqual([{ v: 1 }, { v: 1 }, { v: 2 }])
    expect(read['items♭'].slice(3)).toEqual(['text', '!x', 7, null, ['nested', { _id: 'n' }]])
    replica.update(document)
    expect(replica.isStaged).toBe(false)
  })

  const withoutIds = (items: unknown[]): unknown[] => items.map(item => ({ ...(item as object), _id: undefined }))
})

describe('an unbalanced brace in a text', () => {
  const document = { t: 'un}balanced', u: '{' }

  test('is read back, and the commit tells that their tools cannot', async () => {
    const files: Files = new Map()
    const replica = await open(files)
    replica.update(document)
    const { warnings } = (await replica.commit())!
    expect(warnings.map(({ code }) => code)).toEqual(['braces'])
    expect((await open(files)).read()).toEqual({ _id: '√', ...document })
  })

  test('is escaped when that is wanted: so their counter of braces finds the object', async () => {
    const files: Files = new Map()
    const replica = await open(files, { braces: 'escaped' })
    replica.update(document)
    const { warnings } = (await replica.commit())!
    expect(warnings).toEqual([])
    const [pack] = [...files].filter(([name]) => name.endsWith('.pack')).map(([, bytes]) => bytes)
    expect(decodePack(pack).miscounted).toEqual([])
    expect(new TextDecoder().decode(pack)).toBe('[{"t":"un\\u007dbalanced","u":"\\u007b"}]')
    const again = await open(files, { braces: 'escaped' })
    expect(again.read()).toEqual({ _id: '√', ...document })
    // The same document is no change, however it is written.
    for (const braces of ['escaped', 'plain'] as const) {
      const other = await open(files, { braces })
      other.update(document)
      expect(other.isStaged).toBe(false)
    }
  })
})

test('a document that was pretty-printed into a pack is the same document (36)', async () => {
  const files = scenarioFolders('36_pack_pretty_printed').get('a')!
  const replica = await open(files)
  await replica.reload({ until: replica.origins })
  replica.update('{"t":"hi"}')
  expect(replica.isStaged).toBe(false)
})

describe('a deleted winner', () => {
  /** An object that one replica deleted and the other changed. */
  async function disputed(deleteWins: boolean): Promise<Replica> {
    for (let v = 1; ; v++) {
      const a = await open()
      a.createObject('x', { v: 0 })
      await a.commit()
      const b = await open()
      await b.meld(a)
      a.deleteObject('x')
      await a.commit()
      b.updateObject('x', { v })
      await b.commit()
      await a.meld(b)
      if (a.winner('x').includes('-d') === deleteWins) return a
    }
  }

  test('that is confirmed stays deleted, it does not become an object that says so (47)', async () => {
    const replica = await disputed(true)
    const [{ revision, previous }] = replica.resolve()
    expect(revision).toBe(previous)
    await replica.commit()
    expect(replica.conflicts()).toEqual([])
    expect(replica.value('x')).toBeUndefined()
  })

  test('can be chosen over a value, and a value over it', async () => {
    const one = await disputed(false)
    const deletion = one.conflicts()[0].others[0]
    expect(deletion.deleted).toBe(true)
    one.resolve({ object: 'x', winner: deletion.revision })
    await one.commit()
    expect(one.winner('x')).toMatch(/^3-d_/)
    expect(one.conflicts()).toEqual([])
    const other = await disputed(true)
    const [conflict] = other.conflicts()
    other.resolve({ object: 'x', winner: conflict.others[0].revision })
    await other.commit()
    expect(other.value('x')).toEqual(conflict.others[0].value)
    expect(other.conflicts()).toEqual([])
  })
})

describe('a folder with files that do not belong there', () => {
  test('a stray file is set aside (41)', async () => {
    const replica = await open(scenarioFolders('41_stray_files').get('a'))
    expect(replica.damaged().map(({ name, reason }) => [name, reason])).toEqual([['README.txt', 'foreign']])
    expect(replica.readText()).toBe('{"_id":"√","items♭":[{"_id":"y","v":1}]}')
    expect(replica.blocked()).toEqual([])
  })

  test('a corrupt pack blocks the blocks that need it, no others (33)', async () => {
    const files = scenarioFolders('33_corrupt_pack').get('a')!
    const replica = await open(files)
    const [{ name, reason }] = replica.damaged()
    expect(reason).toBe('digest')
    const [first, second] = replica.blocked()
    expect(first.packs).toEqual([name.slice(0, 64)])
    expect(second.blocks).toEqual([first.id])
    expect(replica.readText()).toBe('{"_id":"√","items♭":[{"_id":"x","v":1}]}')
    // Whole again: a meld brings it, or whoever copies it.
    const whole = await open(scenarioFolders('31_missing_parent').get('a'))
    expect(await replica.meld(whole)).toEqual([name])
    expect(replica.damaged()).toEqual([])
    expect(replica.blocked()).toEqual([])
    expect(replica.readText()).toBe(whole.readText())
  })

  test('a copy that a sync program named is set aside', async () => {
    const files = scenarioFolders('31_missing_parent').get('a')!
    const [[name, bytes]] = [...files].filter(([each]) => each.endsWith('.pack'))
    files.set(name.replace('.pack', '-conflicted-copy.pack'), bytes)
    files.set(`${'0'.repeat(64)}.pack`, bytes)
    files.set(`2-${'0'.repeat(64)}.delta`, bytes)
    const replica = await open(files)
    expect(
      replica
        .damaged()
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['digest', 'digest', 'name'])
    expect(replica.blocked()).toEqual([])
    const other = await open()
    await other.meld(replica)
    expect(other.damaged()).toEqual([])
    expect(other.readText()).toBe(replica.readText())
  })
})

test('the same changes make the same names, whoever makes them', async () => {
  const names = async (): Promise<string[]> => {
    const files: Files = new Map()
    const replica = await open(files)
    replica.update({ 'items♭': Array.from({ length: 20 }, (_, v) => ({ _id: `i${v}`, v })) })
    await replica.commit({ author: 'Alice' })
    replica.update({
      'items♭': [
        { _id: 'i3', v: 9 },
        { _id: 'new', v: 1 },
      ],
    })
    await replica.commit({ author: 'Alice' })
    return [...files.keys()].sort()
  }
  expect(await names()).toEqual(await names())
})
