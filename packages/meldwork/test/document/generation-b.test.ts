/** Generation B: the folders that the published command (0.2.0 with Melda 0.4.1) wrote, and its blocks again. Generation C: those of D by name. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeDelta, decodePack, encodeDelta, Replica } from '../../src/document/index.js'
import { type Files, readFolder, TestBlocks } from './blocks.js'
import { vectors } from './scenario.js'

const folder = join(vectors, 'cli_0.4.1')
const files = (name: string): Files => readFolder(join(folder, name))
const json = (name: string): string => readFileSync(join(folder, `${name}.json`), 'utf8')
const transcript = readFileSync(join(folder, 'transcript.txt'), 'utf8')
const original = { items: 'original', exponents: 'unsigned', generation: 'B' } as const

/** What a command printed, the how-many-eth time that it was given. */
function printed(command: string, time = 0): string {
  const answer = transcript.split(`$ libmelda-tools ${command}\n`)[time + 1]
  return answer.slice(0, answer.indexOf('[exit ')).trimEnd()
}

describe('the folders of the published command', () => {
  test('are read: documents, log and history as it printed them', async () => {
    const melded = await Replica.open(new TestBlocks(files('todolist_melded')), original)
    expect(melded.generation).toBe('B')
    expect(melded.readText()).toBe(printed('read -s file:///FIXTURE/todolist', 1))
    const set = (names: readonly string[]): string => `{${names.map(name => `"${name}"`).join(', ')}}`
    const lines = melded
      .log()
      .flatMap(({ id, information, packs, parents, anchor, origin }) => [
        `(${anchor ? 'A' : origin ? 'O' : '-'}) Block: ${id}`,
        `\t\tInformation: ${JSON.stringify(information)}`,
        `\t\tPacks: ${set(packs)}`,
        ...(origin ? [] : [`\t\tParents: ${set(parents)}`]),
      ])
    expect(lines.join('\n')).toBe(printed('log -s file:///FIXTURE/todolist'))
    expect(melded.history('alice_todo_01').join('\n')).toBe(
      printed('history -s file:///FIXTURE/todolist -o alice_todo_01'),
    )
    expect(melded.valueText('bob_todo_01')).toBe(printed('value -s file:///FIXTURE/todolist -o bob_todo_01'))
    const [{ object, winner, others }] = melded.conflicts()
    const shown = [`${object}:`, `\t🏆 ${winner.revision}: ${melded.valueText(object, winner.revision)}`]
    for (const { revision } of others) shown.push(`\t🗲 ${revision}: ${melded.valueText(object, revision)}`)
    expect(shown.join('\n')).toBe(printed('conflicts -s file:///FIXTURE/todolist'))
    const bobs = melded.log().find(({ information }) => information?.author === 'Bob')!.id
    expect(melded.readText({ at: bobs })).toBe(printed(`read -s file:///FIXTURE/todolist_melded -b ${bobs}`))
  })

  test('blocks come out the same after theirs, to the letter where they have one new object', async () => {
    const theirs = files('todolist')
    const blocks = [...transcript.matchAll(/Committed block ([0-9a-f]{64})/g)].map(([, id]) => id)
    const resolution = [...theirs.keys()].map(name => name.slice(0, 64)).find(id => id.startsWith('cf77'))!
    const documents = ['v1', 'v2', 'v3_bob', 'v3_alice', undefined, 'v3_alice']
    let letters = 0
    for (const [i, id] of [...blocks.slice(0, 4), resolution, blocks[4]].entries()) {
      const want = decodeDelta(theirs.get(`${id}.delta`)!)
      const found = past(theirs, want.parents)
      const replica = await Replica.open(new TestBlocks(found), original)
      const document = documents[i]
      if (document !== undefined) replica.update(json(document))
      else {
        const [{ object, revision, previous }] = replica.resolve()
        const shown = `${object} resolved as ${revision} (previous: ${previous})\nCommitted changes`
        expect(shown).toBe(printed('resolve -t file:///FIXTURE/todolist'))
      }
      const committed = await replica.commit(want.information)
      const got = decodeDelta(found.get(`${committed!.id}.delta`)!)
      const inOrder = (records: readonly object[]): string[] => records.map(record => JSON.stringify(record)).sort()
      expect(inOrder(got.records)).toEqual(inOrder(want.records))
      expect({ ...got, packs: [], records: [] }).toEqual({ ...want, packs: [], records: [] })
      expect(replica.readText()).toBe(await textAt(theirs, id))
      const objects = want.packs.flatMap(pack => decodePack(theirs.get(`${pack}.pack`)!).entries)
      if (objects.length > 1 || want.records.some(({ digest }) => digest === 'r')) continue
      expect(committed!.id).toBe(id)
      letters++
    }
    expect(letters).toBe(1)
  })

  test('are not mixed with those of D', async () => {
    const inB = await Replica.open(new TestBlocks(files('todolist')), original)
    const inD = await Replica.open(new TestBlocks())
    inD.update({ t: 1 })
    await inD.commit()
    await expect(inB.meld(inD)).rejects.toMatchObject({
      code: 'generation-mismatch',
      facts: { expected: 'B', found: 'D' },
    })
    await expect(inD.meld(inB)).rejects.toMatchObject({
      code: 'generation-mismatch',
      facts: { expected: 'D', found: 'B' },
    })
    const empty = await Replica.open(new TestBlocks())
    await empty.meld(inB)
    expect(empty.generation).toBe('B')
    expect(empty.readText()).toBe(inB.readText())
  })

  test('where both are, those of D count, and the others are listed', async () => {
    const mixed: Files = new Map(files('todolist'))
    const inD = await Replica.open(new TestBlocks())
    inD.update({ t: 1 })
    const { id } = (await inD.commit())!
    await inD.meld(new TestBlocks(new Map()))
    const both = new TestBlocks(mixed)
    const source = await Replica.open(new TestBlocks())
    source.update({ t: 1 })
    await source.commit()
    for (const [name, bytes] of filesOf(source)) mixed.set(name, bytes)
    const replica = await Replica.open(both)
    expect(replica.generation).toBe('D')
    expect(replica.anchors).toEqual([id])
    expect(new Set(replica.damaged().map(({ reason }) => reason))).toEqual(new Set(['generation']))
    expect(replica.damaged().length).toBe(6)
    expect((await replica.refresh()).blocks).toEqual([])
  })
})

describe('generation C', () => {
  test('is told by the ids of its lists, read, and not changed', async () => {
    const replica = await Replica.open(new TestBlocks(await folderOfC()))
    expect(replica.generation).toBe('C')
    expect(replica.read()).toEqual({
      _id: '√',
      'items♭': [
        { _id: 'y', v: 2 },
        { _id: 'x', v: 1 },
      ],
    })
    expect(replica.log().length).toBe(3)
    expect(() => replica.update({})).toThrow(expect.objectContaining({ code: 'generation-read-only' }))
    expect(() => replica.snapshot()).toThrow(/melda migrate/)
  })
})

const filesOf = (replica: Replica): Files =>
  (replica as unknown as { library: { store: TestBlocks } }).library.store.files

async function textAt(theirs: Files, id: string): Promise<string> {
  return (await Replica.open(new TestBlocks(theirs), original)).readText({ at: id })
}

/** Blocks, all that they follow, and their packs. */
function past(theirs: Files, blocks: readonly string[]): Files {
  const found: Files = new Map()
  const open = [...blocks]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const bytes = theirs.get(`${id}.delta`)!
    const { parents, packs } = decodeDelta(bytes)
    found.set(`${id}.delta`, bytes)
    for (const pack of packs) found.set(`${pack}.pack`, theirs.get(`${pack}.pack`)!)
    open.push(...parents)
  }
  return found
}

/** A folder of D with its blocks named as those of C: without the index. */
async function folderOfC(): Promise<Files> {
  const store = new TestBlocks()
  const replica = await Replica.open(store)
  const items = [
    { _id: 'x', v: 1 },
    { _id: 'y', v: 1 },
  ]
  replica.update({ 'items♭': items })
  await replica.commit({ n: 0 })
  replica.update({ 'items♭': items.reverse() })
  await replica.commit({ n: 1 })
  replica.updateObject('y', { v: 2 })
  await replica.commit({ n: 2 })
  const renamed: Files = new Map()
  const names = new Map<string, string>()
  for (const { id } of replica.log().reverse()) {
    const delta = decodeDelta(store.files.get(`${id}.delta`)!)
    const bytes = encodeDelta({ ...delta, parents: delta.parents.map(parent => names.get(parent)!) })
    const hash = createHash('sha256').update(bytes).digest('hex')
    names.set(id, hash)
    renamed.set(`${hash}.delta`, bytes)
  }
  for (const [name, bytes] of store.files) if (name.endsWith('.pack')) renamed.set(name, bytes)
  return renamed
}
