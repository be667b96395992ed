import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { checkFolder } from '../../../../test/melda-format/check.mjs'
import { Folder } from '../../../../test/melda-format/folder.js'
import { decodeDelta, encodeDelta, type MigrationReport, migrate, Replica } from '../../src/document/index.js'
import { type Files, readFolder, TestBlocks } from './blocks.js'
import { FolderA, type VersionA } from './folder-a.js'
import { History, historySteps } from './histories.js'
import { scenarioFolders, scenarioNames, vectors } from './scenario.js'

interface Migrated {
  readonly files: Files
  readonly report: MigrationReport
  readonly before: Replica
  readonly after: Replica
}

/** Migrates, and compares what two replicas show. */
async function migrated(source: Files, generation: 'B' | 'D' = 'D'): Promise<Migrated> {
  const kept = new Map(source)
  const store = new TestBlocks(source)
  const files: Files = new Map()
  const report = await migrate(store, new TestBlocks(files), { generation })
  expect([source, store.writes]).toEqual([kept, 0])
  const before = await Replica.open(new TestBlocks(source))
  const after = await Replica.open(new TestBlocks(files))
  expect(report).toMatchObject({ to: generation, objects: after.objects().length })
  expect(textOf(after)).toBe(textOf(before))
  expect([after.blocked(), after.damaged()]).toEqual([[], []])
  const blocks = new Map(report.blocks.map(({ from, to }) => [from, to]))
  const log = before.log().map(({ id, information, parents }) => ({
    id: blocks.get(id),
    information,
    parents: parents.map(parent => blocks.get(parent)).sort(),
  }))
  const sorted = (entries: { id: string | undefined }[]): unknown => entries.sort((a, b) => (a.id! < b.id! ? -1 : 1))
  const now = after.log().filter(({ id }) => id !== report.added)
  expect(
    sorted(now.map(({ id, information, parents }) => ({ id, information, parents: [...parents].sort() }))),
  ).toEqual(sorted(log))
  return { files, report, before, after }
}

const textOf = (replica: Replica): string | undefined => {
  try {
    return replica.readText()
  } catch {
    return undefined
  }
}

/** The document as it is changes nothing, but for a list in conflict; and all lists have the names that an update gives them. */
function expectAtHome(replica: Replica): void {
  const text = textOf(replica)
  if (text === undefined) return
  const objects = replica.objects()
  const inConflict = new Set(replica.conflicts().map(({ object }) => object))
  replica.update(text)
  expect(replica.objects()).toEqual(objects)
  const stage = (replica.stage() ?? { c: [] }) as { c: string[][] }
  expect(stage.c.filter(([object]) => !inConflict.has(object))).toEqual([])
}

/** What is there to see of the objects that are no lists, with the values of all leaves. */
const objectsOf = (replica: Replica): unknown => {
  const conflicts = new Map(replica.conflicts().map(conflict => [conflict.object, conflict]))
  return replica
    .objects()
    .filter(id => !id.startsWith('^'))
    .map(id => [
      id,
      replica.value(id, undefined, { numbers: 'lossless' }),
      conflicts.get(id)?.others.map(({ value }) => value),
    ])
}

/** That an independent checker accepts a folder, and reads it as we do. */
async function expectAccepted(files: Files, generation: 'B' | 'D', except: readonly string[] = []): Promise<void> {
  const folder = new Folder()
  try {
    for (const [name, bytes] of files) folder.put(name, bytes)
    const report = checkFolder(folder.path)
    const replica = await Replica.open(new TestBlocks(files), { items: 'original', exponents: 'unsigned' })
    expect(report.errors.filter(({ check }) => !except.includes(check))).toEqual([])
    if (files.size === 0) return
    expect(report.generation === generation || report.generation === 'A').toBe(true)
    expect(report.read).toEqual('text' in report.read ? { text: replica.readText() } : report.read)
    for (const id of replica.objects()) expect(report.objects[id].winner).toBe(replica.winner(id))
  } finally {
    rmSync(folder.path, { recursive: true, force: true })
  }
}

describe('generation B to D', () => {
  test.each(['todolist', 'todolist_bob', 'todolist_melded'])('the folder %s of the published command', async name => {
    const source = readFolder(join(vectors, 'cli_0.4.1', name))
    const { files, report, before, after } = await migrated(source)
    expect(report).toMatchObject({ from: 'B', to: 'D', collapsed: [], blocked: [], damaged: [] })
    expect(after.generation).toBe('D')
    expect(after.objects()).toContain('^√@items♭')
    const plain = (replica: Replica): string[] => replica.objects().filter(id => !id.startsWith('^'))
    expect(plain(after)).toEqual(plain(before))
    expectAtHome(after)
    await expectAccepted(files, 'D')
  })

  test('a list that moved with its owner keeps its history under a name of its own', async () => {
    const source: Files = new Map()
    const replica = await Replica.open(new TestBlocks(source), { generation: 'B' })
    const list = (_id: string, ...rest: object[]): object => ({ _id, 'in♭': rest })
    replica.update({ 'a♭': [list('x', { _id: 'i' })], 'b♭': [] })
    await replica.commit()
    replica.update({ 'a♭': [], 'b♭': [list('x', { _id: 'i' }, { _id: 'j' })] })
    await replica.commit()
    const { after, files } = await migrated(source)
    expect(after.objects().filter(id => id.includes('in♭')).length).toBe(2)
    expectAtHome(after)
    await expectAccepted(files, 'D')
  })
})

describe('the folders of the original', () => {
  test.each(scenarioNames)('%s to B, to D, and back', async name => {
    for (const source of scenarioFolders(name).values()) {
      const same = await migrated(source, 'D')
      const inB = await migrated(source, 'B')
      const back = await migrated(inB.files, 'D')
      expect(inB.report.from).toBe('D')
      if (same.report.collapsed.length > 0) continue
      for (const id of same.before.objects()) expect(same.after.history(id)).toEqual(same.before.history(id))
      if (inB.report.added === undefined && back.report.added === undefined)
        expect(objectsOf(back.after)).toEqual(objectsOf(same.before))
      const { damaged, blocked } = same.report
      expect([damaged, blocked]).toEqual([same.before.damaged(), same.before.blocked()])
    }
  })

  test('two changes before the first commit: the block has only what they came to', async () => {
    const [source] = scenarioFolders('39_two_updates_before_first_commit').values()
    const { report, files, before, after } = await migrated(source)
    expect(report.collapsed).toEqual(before.origins)
    expect(after.history('√').length).toBeLessThan(before.history('√').length)
    await expectAccepted(files, 'D')
  })
})

describe('generation C to D', () => {
  test('gives the blocks that D itself writes', async () => {
    const store = new TestBlocks()
    const replica = await Replica.open(store)
    const items = [
      { _id: 'x', v: 1 },
      { _id: 'y', v: 2.0 },
    ]
    replica.update({ 'items♭': items, n: 18446744073709551615n })
    await replica.commit({ n: 0 })
    const other = await Replica.open(new TestBlocks(new Map(store.files)))
    replica.update({ 'items♭': items.reverse() })
    await replica.commit({ n: 1 })
    other.updateObject('y', { text: 'unbalanced }' })
    await other.commit({ n: 2 })
    await replica.meld(other)
    const { files, report } = await migrated(asGenerationC(store.files))
    expect(report).toMatchObject({ from: 'C', added: undefined, raised: [], settled: [] })
    expect(new Map([...files].sort())).toEqual(new Map([...store.files].sort()))
  })

  test('the same blocks give the same files, whoever migrates them', async () => {
    const [source] = scenarioFolders('01_readme_alice_bob').values()
    const inC = asGenerationC(source)
    const [one, other] = [await migrated(inC, 'B'), await migrated(new Map([...inC].reverse()), 'B')]
    expect(new Map([...other.files].sort())).toEqual(new Map([...one.files].sort()))
  })
})

describe('generation A', () => {
  const root = (...items: string[]): object => ({ 'items♭': items, title: 'list' })

  test.each(['B', 'D'] as const)('lists become objects, with their history, in %s', async generation => {
    const folder = new FolderA()
    const first = folder.block(
      [
        ['√', undefined, root('x')],
        ['x', undefined, { v: 1 }],
      ],
      [],
      'one',
    )
    const [r1, x1] = first.revisions
    const second = folder.block(
      [
        ['√', r1, root('x', 'y')],
        ['y', undefined, { v: 2 }],
      ],
      [first.id],
      'two',
    )
    const third = folder.block(
      [
        ['√', second.revisions[0], { title: 'none' }],
        ['x', x1, undefined],
        ['y', second.revisions[1], undefined],
      ],
      [second.id],
      'three',
    )
    folder.block(
      [
        ['√', third.revisions[0], root('z')],
        ['z', undefined, { v: 3 }],
      ],
      [third.id],
      'four',
    )
    const { after, files, report } = await migrated(folder.files, generation)
    expect(report.from).toBe('A')
    const list = after.objects().find(id => id.startsWith('^'))!
    expect(after.history(list).map(revision => after.value(list, revision))).toEqual([
      { A: ['z'] },
      undefined,
      { a: [['i', 1, ['y']]] },
      { A: ['x'] },
    ])
    expectAtHome(after)
    await expectAccepted(files, generation)
  })

  test('two who changed one list are in conflict about the list; who changed the object, too, about both', async () => {
    const folder = new FolderA()
    const first = folder.block(
      [
        ['√', undefined, root('x')],
        ['x', undefined, {}],
      ],
      [],
      'one',
    )
    const [r1] = first.revisions
    folder.block(
      [
        ['√', r1, root('y', 'x')],
        ['y', undefined, { v: 1 }],
      ],
      [first.id],
      'two',
    )
    folder.block(
      [
        ['√', r1, root('x', 'z')],
        ['z', undefined, { v: 2 }],
      ],
      [first.id],
      'three',
    )
    const { after, files } = await migrated(folder.files)
    expect(after.conflicts().map(({ object }) => object)).toEqual(['^√@items♭'])
    await expectAccepted(files, 'D')
    folder.block(
      [
        ['√', r1, { ...root('x', 'q'), title: 'other' }],
        ['q', undefined, { v: 3 }],
      ],
      [first.id],
      'four',
    )
    const more = await migrated(folder.files)
    expect(more.after.conflicts().map(({ object }) => object)).toContain('√')
    await expectAccepted(more.files, 'D')
  })

  test('a conflict that was resolved is resolved', async () => {
    const folder = new FolderA()
    const first = folder.block(
      [
        ['√', undefined, root('x')],
        ['x', undefined, { v: 1 }],
      ],
      [],
      'one',
    )
    const [r1] = first.revisions
    const one = folder.block(
      [
        ['√', r1, root('y', 'x')],
        ['y', undefined, { v: 2 }],
      ],
      [first.id],
      'two',
    )
    const two = folder.block(
      [
        ['√', r1, root('x', 'z')],
        ['z', undefined, { v: 3 }],
      ],
      [first.id],
      'three',
    )
    const [winner, loser] = [one.revisions[0], two.revisions[0]].sort().reverse()
    folder.block([['√', loser, 'r']], [one.id, two.id], 'four')
    const { before, after, files } = await migrated(folder.files)
    expect([before.conflicts(), after.conflicts(), before.winner('√')]).toEqual([[], [], winner])
    await expectAccepted(files, 'D')
  })

  test('random histories keep what readers see', () => {
    const id = fc.constantFrom('a', 'b', 'c')
    const change = fc.record({
      from: fc.nat(20),
      also: fc.nat(20),
      kind: fc.constantFrom('order', 'title', 'delete', 'object'),
      items: fc.uniqueArray(id, { maxLength: 3 }),
      id,
      v: fc.nat(2),
    })
    return fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), async changes => {
        const folder = new FolderA()
        const objects = ['a', 'b', 'c'].map((object): VersionA => [object, undefined, { v: 9 }])
        const origin = folder.block([['√', undefined, root('a')], ...objects], [], 'origin')
        type State = { id: string; at: Map<string, [revision: string, value: object | undefined]> }
        const start: State['at'] = new Map([['√', [origin.revisions[0], root('a')]]])
        for (const [i, [object, , value]] of objects.entries())
          start.set(object, [origin.revisions[i + 1], value as object])
        const states: State[] = [{ id: origin.id, at: start }]
        for (const [n, { from, also, kind, items, id, v }] of changes.entries()) {
          const state = states[from % states.length]
          const object = kind === 'object' || kind === 'delete' ? id : '√'
          const [parent, before] = state.at.get(object)!
          const title = (before as { title?: string } | undefined)?.title
          const value =
            kind === 'delete'
              ? undefined
              : kind === 'object'
                ? { v, 'in♭': items }
                : kind === 'order'
                  ? { ...root(...items), title }
                  : { ...before, title: `${v}` }
          // A deletion of what is deleted is no change.
          if (kind === 'delete' && before === undefined) continue
          const parents = new Set([state.id, states[also % states.length].id])
          const { id: block, revisions } = folder.block([[object, parent, value]], [...parents], `${n}`)
          states.push({ id: block, at: new Map(state.at).set(object, [revisions[0], value]) })
        }
        for (const generation of ['B', 'D'] as const) {
          const { files } = await migrated(folder.files, generation)
          await expectAccepted(files, generation)
        }
      }),
      { numRuns: fuzz.runs(30) },
    )
  })
})

test('random histories of D go to B and back: what readers see, and all conflicts, stay', () =>
  fc.assert(
    fc.asyncProperty(historySteps, async steps => expectThereAndBack((await History.run(steps)).files)),
    { numRuns: fuzz.runs(30) },
  ))

test('what was resolved in D stays so for readers of B, who take the greatest revision for the winner', async () => {
  const { files } = await History.run([
    { kind: 'edit', at: 1, edit: { what: 'add', index: 0, to: 0, v: 0 } },
    { kind: 'commit', at: 1 },
    { kind: 'update', at: 2, document: { w: 0, 'more♭': [] } },
    { kind: 'meld', at: 2, from: 1 },
    { kind: 'resolve', at: 2 },
    { kind: 'commit', at: 2 },
  ])
  const { report } = await migrated(files, 'B')
  expect(report.raised).toContain('√')
  await expectThereAndBack(files)
})

async function expectThereAndBack(source: Files): Promise<void> {
  const inB = await migrated(source, 'B')
  expect(objectsOf(inB.after)).toHaveLength((objectsOf(inB.before) as []).length)
  // One removed a list, another changed its owner, and nobody has committed since: that is in the source, too.
  await expectAccepted(inB.files, 'B', ['A.3/unknown-descriptor'])
  const back = await migrated(inB.files, 'D')
  await expectAccepted(back.files, 'D', ['A.3/unknown-descriptor'])
  if (inB.report.added === undefined && back.report.added === undefined)
    expect(objectsOf(back.after)).toEqual(objectsOf(inB.before))
}

describe('into another store', () => {
  const source = (): Files => scenarioFolders('01_readme_alice_bob').values().next().value!

  test('that holds something else: nothing is written', async () => {
    const files: Files = new Map([['notes.txt', new Uint8Array(3)]])
    await expect(migrate(new TestBlocks(source()), new TestBlocks(files))).rejects.toMatchObject({
      code: 'store-occupied',
      facts: { file: 'notes.txt', location: 'memory' },
    })
    expect(files.size).toBe(1)
  })

  test('a migration that was cut off is done again', async () => {
    const files: Files = new Map()
    const failing = new TestBlocks(files)
    failing.before = (operation, name) => {
      if (operation === 'write' && name.startsWith('2-')) throw new Error('full')
    }
    await expect(migrate(new TestBlocks(source()), failing)).rejects.toThrow('full')
    const [cut, { size }] = [files.keys().next().value!, files]
    files.set(cut, files.get(cut)!.subarray(1))
    const { written, blocks } = await migrate(new TestBlocks(source()), new TestBlocks(files))
    expect(files.size).toBe(written + size - 1)
    expect(await migrate(new TestBlocks(source()), new TestBlocks(files))).toMatchObject({ written: 0, blocks })
  })

  test('what cannot be migrated is told', async () => {
    const files = source()
    const [first, ...others] = [...files.keys()].filter(name => name.endsWith('.delta')).sort()
    files.delete(first)
    files.set('stray.delta', new Uint8Array(1))
    files.set(`${others[0]}.abc.sig`, new Uint8Array(1))
    const report = await migrate(new TestBlocks(files), new TestBlocks())
    expect(report.blocked.map(({ id }) => `${id}.delta`).sort()).toEqual([...others].sort())
    expect(report.damaged.map(({ name }) => name)).toEqual(['stray.delta'])
    expect(report.companions).toEqual([`${others[0]}.abc.sig`])
    expect(report.blocks).toEqual([])
  })

  test('in a generation that is only read', async () => {
    const options = { generation: 'C' } as unknown as { generation: 'B' }
    await expect(migrate(new TestBlocks(), new TestBlocks(), options)).rejects.toMatchObject({ code: 'option-invalid' })
  })
})

/** A folder of D with its blocks named as those of C: without the index. */
function asGenerationC(files: Files): Files {
  const names = new Map<string, string>()
  const renamed: Files = new Map([...files].filter(([name]) => name.endsWith('.pack')))
  const index = (name: string): number => Number.parseInt(name, 10)
  for (const name of [...files.keys()].filter(each => each.endsWith('.delta')).sort((a, b) => index(a) - index(b))) {
    const delta = decodeDelta(files.get(name)!)
    const bytes = encodeDelta({ ...delta, parents: delta.parents.map(parent => names.get(parent)!) })
    const hash = createHash('sha256').update(bytes).digest('hex')
    names.set(name.slice(0, -'.delta'.length), hash)
    renamed.set(`${hash}.delta`, bytes)
  }
  return renamed
}
