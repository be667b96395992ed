import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder } from '../running.js'
import { copy, done, expectSound, failed, fixtures, melda, meldaWith, namesIn, transcripts } from './running.js'

const file = (name: string) => join(transcripts, name)
const json = async (...argv: string[]) => JSON.parse(await done(...argv, '--json'))

/** A document with one more block than the first, and a copy of it in which something else was done. */
async function planning(folder: string) {
  const [alice, bob] = [join(folder, 'alice'), join(folder, 'bob')]
  await done('update', '-a', 'Alice', '-d', 'First commit', '-j', file('v1.json'), '-t', alice)
  await done('update', '-a', 'Alice', '-d', 'Add buy milk', '-j', file('v2.json'), '-t', alice)
  copy(alice, bob)
  return { alice, bob }
}

/** Writes a document to a file. @returns the file */
function written(folder: string, document: unknown, name = 'document.json'): string {
  const path = join(folder, name)
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document))
  return path
}

/** Two copies in which one object was changed on each side, melded. */
async function disputed(folder: string): Promise<string> {
  const { alice, bob } = await planning(folder)
  const plan = (title: string) => ({ 'items♭': [{ _id: 'alice_todo_01', title }] })
  await done('update', '-a', 'Alice', '-j', written(folder, plan('Buy oat milk')), '-t', alice)
  await done('update', '-a', 'Bob', '-j', written(folder, plan('Buy soy milk')), '-t', bob)
  await done('meld', '-t', alice, '-s', bob)
  return alice
}

test('update: author, description, standard input, --no-create, --json', async () => {
  const folder = emptyFolder()
  const plan = join(folder, 'plan')
  expect(await failed(4, 'update', '-j', file('v1.json'), '-t', plan, '--no-create')).toMatch(
    /^store-missing: There is nothing at .*melda init/,
  )
  expect(existsSync(plan)).toBe(false)
  const first = await melda('update', '--author', 'Alice', '--description', 'First', '-j', file('v1.json'), '-t', plan)
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^Committed block 1-/), err: `${plan} is new\n` })
  const piped = await meldaWith({ input: '{"a":1.0}' }, 'update', '-j', '-', '-t', plan, '--create', '--json')
  expect(JSON.parse(piped.out)).toEqual({ id: expect.stringMatching(/^2-[0-9a-f]{64}$/), warnings: [] })
  expect(await done('read', '-s', plan)).toBe('{"_id":"√","a":1.0}\n')
  expect(await json('update', '-j', written(folder, '{"a":1.0}'), '-t', plan)).toEqual({ id: null, warnings: [] })
  const [latest, origin] = await json('log', '-s', plan)
  expect(origin).toEqual({
    id: expect.stringMatching(/^1-/),
    anchor: false,
    origin: true,
    parents: [],
    packs: [expect.any(String)],
    information: { author: 'Alice', description: 'First' },
  })
  expect(latest).toMatchObject({ anchor: true, origin: false, parents: [origin.id] })
  expect(latest).not.toHaveProperty('information')
  expectSound(plan)
})

test('what is no document is refused before anything is made', async () => {
  const folder = emptyFolder()
  const plan = join(folder, 'plan')
  const refused = (document: string) => failed(5, 'update', '-j', written(folder, document), '-t', plan)
  expect(await failed(5, 'update', '-j', join(folder, 'none.json'), '-t', plan)).toMatch(/^file-unreadable: /)
  expect(existsSync(plan)).toBe(false)
  writeFileSync(join(folder, 'latin1.json'), Buffer.from([0x22, 0xe9, 0x22]))
  expect(await failed(5, 'update', '-j', join(folder, 'latin1.json'), '-t', plan)).toMatch(/^file-unreadable: .*UTF-8/)
  expect(await refused('{')).toMatch(/json-malformed: /)
  expect(await refused('[]')).toMatch(/document-malformed: /)
  expect(await refused('{"a♭":{"_id":"^x"}}')).toMatch(/document-malformed: /)
  expect(await refused('{"a♭":[{"_id":"x"},{"_id":"x"}]}')).toMatch(/document-duplicate-id: /)
  expect(await refused('['.repeat(200))).toMatch(/json-malformed: /)
  expect(namesIn(plan)).toEqual([])
})

test('--generation, --items, --exponents, --floats and --braces', async () => {
  const folder = emptyFolder()
  const plan = (name: string) => join(folder, name)
  const all = '{"n":1e21,"items♭":[{"a":1},{"a":2},"text"],"text":"unbalanced {"}'
  const given = written(folder, all)
  const update = (name: string, ...options: string[]) => melda('update', '-j', given, '-t', plan(name), ...options)

  const usual = await update('d')
  expect(usual.err.match(/^warning: .*$/gm)).toEqual([
    expect.stringMatching(/unbalanced brace.*--braces escaped/),
    expect.stringMatching(/items that are no objects/),
  ])
  expect(await done('read', '-s', plan('d'))).toMatch(/"items♭":\[\{.*"a":1\},\{.*"a":2\},"text"\],"n":1e\+21,/)
  expect(namesIn(plan('d'))).toEqual([expect.stringMatching(/^(1-)?/), expect.stringMatching(/\.(pack|delta)$/)])
  expect(namesIn(plan('d')).some(name => name.startsWith('1-'))).toBe(true)

  await update('b', '--generation', 'b', '--items', 'original', '--exponents', 'unsigned', '--braces', 'escaped')
  expect(namesIn(plan('b')).every(name => /^[0-9a-f]{64}\.(pack|delta)$/.test(name))).toBe(true)
  expect(packText(plan('b'))).toMatch(/\\u007b.*/)
  expect(packText(plan('b'))).toMatch(/"n":1e21/)
  expectSound(plan('b'))
  const read = await done('read', '-s', plan('b'), '--items', 'original', '--exponents', 'unsigned')
  expect(read).toMatch(/"items♭":\[\{"_id":"[0-9a-f]{64}","a":2\}\],"n":1e21,/)

  const precise = written(folder, '{"n":2.2250738585072011e-308}', 'precise.json')
  await done('update', '-j', precise, '-t', plan('f'), '--floats', 'exact')
  expect(await done('read', '-s', plan('f'), '--floats', 'exact')).toBe('{"_id":"√","n":2.225073858507201e-308}\n')

  const kept = await melda('update', '-j', file('v1.json'), '-t', plan('d'), '--generation', 'B')
  expect(kept.err).toMatch(/^warning: .* stays of generation D/)
  for (const [option, value] of [
    ['--generation', 'C'],
    ['--items', 'some'],
    ['--exponents', 'none'],
    ['--floats', 'x'],
    ['--braces', 'x'],
  ])
    expect((await melda('update', '-j', given, '-t', plan('x'), option, value)).code).toBe(2)
})

function packText(folder: string): string {
  const pack = namesIn(folder).find(name => name.endsWith('.pack'))!
  return readFileSync(join(folder, pack.slice(0, 2), pack), 'utf8')
}

test('read and others at a block, named by its id, its file or the beginning of it', async () => {
  const { alice } = await planning(emptyFolder())
  const [second, first] = (await json('log', '-s', alice)).map(({ id }: { id: string }) => id)
  const then = '{"_id":"√","items♭":[],"software":"MeldaDo","version":"1.0.0"}\n'
  for (const name of [first, `${first}.delta`, first.slice(0, 8), first.slice(2, 10)])
    expect(await done('read', '-s', alice, '-b', name)).toBe(then)
  expect(await done('read', '-s', alice, '--block', second)).toBe(await done('read', '-s', alice))
  expect(await json('log', '-s', alice, '-b', first)).toMatchObject([{ id: first, anchor: true, origin: true }])
  expect(await failed(3, 'history', '-s', alice, '-b', first, '-o', 'alice_todo_01')).toContain('unknown_document')
  expect(await done('read', '-s', alice, '--root', 'alice_todo_01')).toMatch(/^\{"_id":"alice_todo_01",/)
  expect(await failed(3, 'read', '-s', alice, '-b', 'abcd')).toMatch(/^block-unknown: .*melda log/)
  expect(await failed(3, 'read', '-s', alice, '-b', first.slice(2, 4))).toMatch(/^block-unknown: /)
  expect(await failed(4, 'read', '-s', alice, '--root', 'nobody')).toMatch(/^root-missing: /)
})

test('history and value, of an object, a list and a revision; a deleted one', async () => {
  const { alice } = await planning(emptyFolder())
  expect(await done('history', '-s', alice, '--object', '^√@items♭')).toMatch(/^2-\w+\n1-\w+\n$/)
  expect(await done('value', '-s', alice, '-o', '^√@items♭')).toBe('{"a":[["i",0,["alice_todo_01"]]]}\n')
  const [, creation] = await json('history', '-s', alice, '-o', '^√@items♭')
  expect(await done('value', '-s', alice, '-o', '^√@items♭', '--revision', creation)).toBe('{"A":[]}\n')
  await done('update', '-j', file('v1.json'), '-t', alice)
  expect(await done('value', '-s', alice, '-o', 'alice_todo_01', '--json')).toBe('{"_deleted":true}\n')
  expect(await failed(3, 'value', '-s', alice, '-o', '√', '-r', '9-abc')).toMatch(/^revision-unknown: /)
  expect(await failed(3, 'value', '-s', alice, '-o', 'nope')).toBe('Invalid object nope: unknown_document\n')
  expect(JSON.parse(await failed(3, 'value', '-s', alice, '-o', 'nope', '--json-errors'))).toMatchObject({
    code: 'object-unknown',
    facts: { object: 'nope' },
  })
})

test('conflicts and resolve: a winner, a strategy, all; exit codes of the original', async () => {
  const folder = emptyFolder()
  const alice = await disputed(folder)
  const [conflict] = await json('conflicts', '-s', alice)
  expect(conflict).toMatchObject({
    object: 'alice_todo_01',
    winner: { revision: expect.stringMatching(/^2-/), deleted: false, information: expect.anything() },
    others: [{ revision: expect.stringMatching(/^2-/) }],
    ancestor: { revision: expect.stringMatching(/^1-/), value: { title: 'Buy milk' } },
  })
  const other = conflict.others[0].revision
  expect(await done('conflicts', '-s', alice)).toMatch(
    /^alice_todo_01:\n\t🏆 2-\w+: \{"title":"Buy \w+ milk"\}\n\t🗲 2-/,
  )
  // Each in a copy of its own.
  const inCopy = async (...options: string[]) => {
    const plan = join(folder, `copy${options.join('').replace(/\W/g, '')}`)
    copy(alice, plan)
    const result = await melda('resolve', '-t', plan, ...options)
    expectSound(plan)
    return { ...result, title: JSON.parse(await done('read', '-s', plan))['items♭'][0].title }
  }
  const chosen = await inCopy('-o', 'alice_todo_01', '-w', other)
  expect(chosen.out).toMatch(/^alice_todo_01 resolved as 3-\w+ \(previous: 2-\w+\)\nCommitted changes\n$/)
  expect(chosen.title).toBe(conflict.others[0].value.title)
  expect(await inCopy('--strategy', 'ours', '-a', 'Alice', '-d', 'Mine')).toMatchObject({
    code: 0,
    title: 'Buy oat milk',
  })
  expect(await inCopy('--strategy', 'theirs', '--author', 'Alice')).toMatchObject({ code: 0, title: 'Buy soy milk' })
  expect(await inCopy('--strategy', 'merge')).toMatchObject({
    code: 0,
    out: 'Committed changes\n',
    err: expect.stringMatching(/^alice_todo_01 stays in conflict/),
  })
  expect(await inCopy('--strategy', 'winner')).toMatchObject({ code: 0, title: conflict.winner.value.title })
  expect(await inCopy('--object', 'alice_todo_01', '--winner', '2-abc')).toMatchObject({ code: 2, out: '' })
  expect(await inCopy('-w', other)).toMatchObject({ code: 2, err: expect.stringContaining('-o') })
  expect(await inCopy('-o', 'alice_todo_01', '-w', other, '--strategy', 'ours')).toMatchObject({ code: 2 })
  expect(await inCopy('--strategy', 'loudest')).toMatchObject({ code: 2 })
  expect(await inCopy('-o', '√')).toMatchObject({ code: 1, err: '√ has no conflicts\n' })
  expect(await inCopy('-o', 'nope')).toMatchObject({ code: 3, err: 'Invalid object nope: unknown_document\n' })

  const report = await json('resolve', '-t', alice)
  expect(report).toEqual({
    resolved: [{ object: 'alice_todo_01', revision: conflict.winner.revision, previous: conflict.winner.revision }],
    id: expect.stringMatching(/^4-/),
    warnings: [],
  })
  expect(await done('conflicts', '-s', alice)).toBe('')
  expect(await json('resolve', '-t', alice)).toEqual({ resolved: [], id: null, warnings: [] })
  expect(await failed(4, 'resolve', '-t', join(folder, 'nowhere'))).toMatch(/^store-missing: /)
  expect(existsSync(join(folder, 'nowhere'))).toBe(false)
})

test('meld: into a new place, from and to anything, again, --no-create', async () => {
  const folder = emptyFolder()
  const { alice } = await planning(folder)
  const other = join(folder, 'other place')
  expect(await failed(4, 'meld', '-s', alice, '-t', other, '--no-create')).toMatch(/^store-missing: /)
  expect(await failed(4, 'meld', '-s', join(folder, 'none'), '-t', other)).toMatch(/^store-missing: /)
  expect(existsSync(other)).toBe(false)
  const read = await done('read', '-s', alice)
  const places = [other, `sqlite://${folder}/plan.db`, `file+flate://${folder}/flate`, `file+brotli://${folder}/brotli`]
  for (const [at, place] of places.entries()) {
    const from = at === 0 ? alice : places[at - 1]
    const { out, code } = await melda('meld', '-s', from, '-t', place)
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^\["\w+\.pack", "\w+\.pack", "1-\w+\.delta", "2-\w+\.delta"\]\n$/),
    ])
    expect((await melda('read', '-s', place)).out).toBe(read)
    expect(await done('meld', '-s', from, '-t', place)).toBe('[]\n')
  }
  expect(await json('meld', '-s', alice, '-t', other)).toEqual({ written: [] })
  for (const name of ['alice', 'other place', 'flate', 'brotli']) expectSound(join(folder, name))
  expect(await failed(4, 'read', '-s', join(folder, 'flate'))).toMatch(/file\+flate:\/\/\n/)
})

test('generations do not mix, and those that are only read are not written', async () => {
  const folder = emptyFolder()
  const { alice } = await planning(folder)
  expect(await failed(7, 'meld', '-t', alice, '-s', file('todolist'))).toMatch(/^generation-mismatch: .*melda migrate/)
})

test('merge: what two people did to different fields of one object', async () => {
  const folder = emptyFolder()
  const { alice, bob } = await planning(folder)
  const todo = { _id: 'alice_todo_01', title: 'Buy milk', description: 'Go to the grocery store' }
  const update = (place: string, changed: object, ...options: string[]) =>
    done('update', '-j', written(folder, { 'items♭': [{ ...todo, ...changed }] }), '-t', place, ...options)
  await update(alice, { title: 'Buy oat milk' })
  await update(bob, { description: 'At the market' })
  await done('meld', '-t', alice, '-s', bob)
  await done('meld', '-t', bob, '-s', alice)
  const merged = '{"description":"At the market","title":"Buy oat milk"}\n'
  expect(await done('resolve', '-t', alice, '--strategy', 'merge')).toMatch(/^alice_todo_01 resolved as 3-/)
  expect(await done('value', '-s', alice, '-o', 'alice_todo_01')).toBe(merged)
  const seen = written(folder, await done('read', '-s', bob), 'seen.json')
  expect(await done('update', '-j', seen, '-t', bob, '--merge')).toMatch(/^Committed block 4-/)
  expect(await done('value', '-s', bob, '-o', 'alice_todo_01')).toBe(merged)
  // Both did the same.
  await done('meld', '-t', alice, '-s', bob)
  expect(await done('conflicts', '-s', alice)).toBe('')
  expectSound(alice)
})

test('migrate: into D, into B, into any place; once; what is damaged stays behind', async () => {
  const folder = emptyFolder()
  const [newer, older] = [join(folder, 'newer'), join(folder, 'older')]
  const old = file('todolist_melded')
  expect(await done('migrate', '-s', old, '-t', newer)).toBe(`${newer}: 4 blocks of generation D, from B\n`)
  expect(await done('read', '-s', newer)).toBe(await done('read', '-s', old))
  // Two of them are of the same time: in which order they stand depends on their ids.
  const said = async (place: string) =>
    (await json('log', '-s', place))
      .map(({ information }: { information: object }) => JSON.stringify(information))
      .sort()
  expect(await said(newer)).toEqual(await said(old))
  const report = await json('migrate', '-s', newer, '-t', older, '--generation', 'B')
  expect(report).toMatchObject({ from: 'D', to: 'B', objects: 6, written: 8, damaged: [], blocked: [] })
  expect(report.blocks).toHaveLength(4)
  for (const place of [newer, older]) expectSound(place)
  await done('migrate', '-s', newer, '-t', `sqlite://${folder}/plan.db`)
  expect(await done('read', '-s', `sqlite://${folder}/plan.db`)).toBe(await done('read', '-s', old))
  expect(await failed(6, 'migrate', '-s', old, '-t', older)).toMatch(/^store-occupied: /)
  expect(await failed(4, 'migrate', '-s', join(folder, 'none'), '-t', join(folder, 'x'))).toMatch(/^store-missing: /)
  expect(existsSync(join(folder, 'x'))).toBe(false)
  expect(await failed(2, 'migrate', '-s', old, '-t', join(folder, 'x'), '--generation', 'C')).toMatch(/B or D/)
  const pack = namesIn(newer).find(name => name.endsWith('.pack'))!
  writeFileSync(join(newer, pack.slice(0, 2), pack), '[]')
  const partly = await melda('migrate', '-s', newer, '-t', join(folder, 'partly'))
  expect([partly.code, partly.err]).toEqual([8, expect.stringContaining(`${pack} stays behind`)])
})

test('diff: by object and field, between two points', async () => {
  const folder = emptyFolder()
  const { alice } = await planning(folder)
  const later = {
    software: 'MeldaDo',
    version: 2,
    'items♭': [
      { _id: 'b', title: 'B', 'owner♭': { _id: 'fred' } },
      { _id: 'alice_todo_01', title: 'Buy milk' },
    ],
  }
  await done('update', '-j', written(folder, later), '-t', alice)
  expect(await done('diff', '-s', alice)).toBe(`~ √
    items♭ + b
    version "1.0.0" → 2
+ b
    owner♭ fred
    title "B"
+ fred
~ alice_todo_01
    description - "Go to the grocery store"
`)
  const ids = (await json('log', '-s', alice)).map(({ id }: { id: string }) => id)
  expect(await json('diff', '-s', alice, '--from', ids[2].slice(0, 8), '--to', ids[1])).toEqual({
    from: [ids[2]],
    to: [ids[1]],
    objects: [
      { object: '√', change: 'changed', fields: [{ field: 'items♭', before: [], after: [{ _id: 'alice_todo_01' }] }] },
      {
        object: 'alice_todo_01',
        change: 'created',
        fields: [
          { field: 'description', after: 'Go to the grocery store' },
          { field: 'title', after: 'Buy milk' },
        ],
      },
    ],
  })
  expect(await done('diff', '-s', alice, '--from', ids[0])).toBe('')
  expect(await json('diff', '-s', alice, '--to', ids[2])).toMatchObject({
    from: null,
    objects: [{ change: 'created' }],
  })
  expect(await json('diff', '-s', alice, '--from', 'now', '--to', ids.slice(1).join(','))).toMatchObject({
    to: ids.slice(1),
  })
  await done('update', '-j', written(folder, { ...later, 'items♭': [...later['items♭']].reverse() }), '-t', alice)
  expect(await done('diff', '-s', alice)).toBe('~ √\n    items♭ in the order alice_todo_01, b\n')
  await done('update', '-j', written(folder, {}), '-t', alice)
  expect(await done('diff', '-s', alice)).toContain('- fred\n')
  const coloured = await meldaWith({ shown: true }, 'diff', '-s', alice)
  expect(coloured.out.includes('\u001b[')).toBe(process.env.NO_COLOR === undefined)
})

test('show: anchors, origins, conflicts and blocked ones are marked; colours for people only', async () => {
  const folder = emptyFolder()
  const alice = await disputed(folder)
  const drawn = await done('show', '-s', alice)
  // The ids are made of what was committed: always the same.
  expect(drawn).toBe(`● (A) 3-ad2454a6 Bob 🏆 alice_todo_01
│ ● (A) 3-fd0190d0 Alice 🗲 alice_todo_01
├─╯
● (-) 2-03172554 Alice: Add buy milk
● (O) 1-3a3d61c9 Alice: First commit
`)
  const blocks = await json('show', '-s', alice)
  expect(blocks).toMatchObject([{ anchor: true, blocked: false }, { anchor: true }, {}, { origin: true }])
  expect(blocks.flatMap(({ wins }: { wins: string[] }) => wins)).toEqual(['alice_todo_01'])
  expect(blocks.flatMap(({ loses }: { loses: string[] }) => loses)).toEqual(['alice_todo_01'])
  expect(await json('show', '-s', alice, '-b', blocks[2].id)).toHaveLength(2)

  // The second block's pack is missing: it and those that follow it wait.
  const [pack] = (await json('log', '-s', alice)).at(-2).packs
  rmSync(join(alice, pack.slice(0, 2), `${pack}.pack`))
  const waiting = await done('show', '-s', alice)
  expect(waiting.match(/\(B\)/g)).toHaveLength(3)
  expect(waiting).toContain(`Alice: Add buy milk waits for pack ${pack.slice(0, 8)}`)
  expect((await json('show', '-s', alice)).filter(({ blocked }: { blocked: boolean }) => blocked)).toHaveLength(3)

  const before = process.env.NO_COLOR
  try {
    delete process.env.NO_COLOR
    expect((await meldaWith({ shown: true }, 'show', '-s', alice)).out).toContain('\u001b[')
    process.env.NO_COLOR = '1'
    expect((await meldaWith({ shown: true }, 'show', '-s', alice)).out).toBe(waiting)
  } finally {
    if (before === undefined) delete process.env.NO_COLOR
    else process.env.NO_COLOR = before
  }
})

test('check: what is damaged, misnamed, foreign or waits; exit code 8; meld mends it', async () => {
  const folder = emptyFolder()
  const { alice, bob } = await planning(folder)
  expect(await done('check', '-s', alice)).toBe(`${alice}: generation D, 2 blocks, 3 objects, 0 conflicts\n`)
  const [second] = await json('log', '-s', alice)
  const [pack] = second.packs
  const path = join(alice, pack.slice(0, 2), `${pack}.pack`)
  writeFileSync(path, readFileSync(path).subarray(1))
  cpSync(path, join(alice, pack.slice(0, 2), `${pack} (conflicted copy).pack`))
  cpSync(path, join(alice, pack.slice(0, 2), `${pack}.conflicted.pack`))
  const strange = `${pack.slice(0, 2)}/${pack} (conflicted copy).pack`
  const found = await melda('check', '-s', alice)
  expect(found.code).toBe(8)
  expect(found.out).toContain(`damaged ${pack}.pack (digest): `)
  expect(found.out).toContain(`damaged ${pack}.conflicted.pack (name): `)
  expect(found.out).toContain(`blocked ${second.id}: waits for pack ${pack}\n`)
  expect(found.out).toContain(`stray ${strange}\n`)
  expect(found.err).toMatch(/^document-incomplete: .*melda meld/)
  const report = await melda('check', '-s', alice, '--json')
  expect([report.code, JSON.parse(report.out)]).toMatchObject([
    8,
    {
      location: alice,
      generation: 'D',
      blocks: 1,
      conflicts: 0,
      readable: true,
      blocked: [{ id: second.id, packs: [pack] }],
    },
  ])
  expect(await done('meld', '-t', alice, '-s', bob)).toBe(`["${pack}.pack"]\n`)
  rmSync(join(alice, pack.slice(0, 2), `${pack}.conflicted.pack`))
  expect(await melda('check', '-s', alice)).toMatchObject({
    code: 8,
    err: expect.stringMatching(/does not belong there/),
  })
  rmSync(join(alice, strange))
  expect(await done('check', '-s', alice)).toContain('2 blocks')
  writeFileSync(join(alice, 'README'), '')
  expect(await melda('check', '-s', alice)).toMatchObject({ code: 8, err: expect.stringMatching(/^warning: .*README/) })
  expect((await json0('check', '-s', alice)).strays).toEqual(['README'])
  expect(await done('read', '-s', alice)).toContain('Buy milk')
})

const json0 = async (...argv: string[]) => JSON.parse((await melda(...argv, '--json')).out)

test('check tells what the published tools leave behind', async () => {
  const stray = join(fixtures, 'scenarios/33_corrupt_pack')
  const { code } = await melda('check', '-s', join(stray, 'a'))
  expect(code).toBe(8)
  expect((await json0('check', '-s', file('todolist_melded'))).generation).toBe('B')
})

test('what others wrote does nothing to a terminal', async () => {
  const folder = emptyFolder()
  const plan = join(folder, 'plan')
  const evil = '\u001b]0;x\u0007\n\u009b2J\u202e'
  const update = (title: string, ...options: string[]) =>
    done('update', '-j', written(folder, { 'a♭': [{ _id: evil, [`${evil}♭`]: title }] }), '-t', plan, ...options)
  await update('one', '-a', evil, '-d', evil)
  const other = join(folder, 'other')
  copy(plan, other)
  await update('two')
  await done('update', '-j', written(folder, { 'a♭': [{ _id: evil, [`${evil}♭`]: evil }] }), '-t', other)
  await done('meld', '-t', plan, '-s', other)
  const text = [
    ...(await Promise.all(['show', 'conflicts', 'diff', 'log', 'check'].map(command => done(command, '-s', plan)))),
    await done('diff', '-s', plan, '--to', (await json('log', '-s', plan)).at(-1).id),
    (await melda('value', '-s', plan, '-o', `${evil}?`)).err,
    await done('resolve', '-t', plan),
  ].join('')
  expect(text).toContain('\\u001b')
  expect(text).toContain('\\u202e')
  // JSON keeps what is no control of ASCII as it is, as the original prints it.
  const lines = text.split('\n').filter(line => !/[\t ]*(🏆|🗲|Information)/u.test(line))
  for (const line of lines) expect(line).toMatch(/^[\t\P{Cc}]*$/u)
  expect(text).not.toContain('\u001b')
})

test('places that fail: a file, a folder without rights, a database that is none', async () => {
  const folder = emptyFolder()
  const plain = written(folder, 'x', 'plain')
  expect(await failed(6, 'read', '-s', plain)).toMatch(/^store-failed: /)
  expect(await failed(6, 'update', '-j', file('v1.json'), '-t', plain)).toMatch(/^store-failed: /)
  expect(await failed(6, 'read', '-s', `sqlite://${plain}`)).toMatch(/^store-failed: /)
  expect(await failed(4, 'read', '-s', `sqlite://${folder}/none.db`)).toMatch(/^store-missing: /)
  expect(await failed(6, 'read', '-s', `sqlite://${folder}`)).toMatch(/^store-failed: /)
  mkdirSync(join(folder, 'empty'))
  expect(await done('log', '-s', join(folder, 'empty'))).toBe('')
  expect(await done('conflicts', '-s', join(folder, 'empty'), '--json')).toBe('[]\n')
  expect(await done('show', '-s', join(folder, 'empty'))).toBe('')
  expect(await failed(4, 'read', '-s', join(folder, 'empty'))).toMatch(/^root-missing: .*nothing was committed/)
  expect(await failed(2, 'read', '-s', 'ftp://host/x')).toMatch(/^option-invalid: /)
})

test('help teaches: each command with an example, its flags and its exit codes', async () => {
  const help = await melda('--help')
  expect(help).toMatchObject({ code: 0, err: '' })
  const names = 'update read meld log conflicts resolve history value diff show watch check init migrate'.split(' ')
  for (const name of names) {
    expect(help.out).toMatch(new RegExp(`^ +${name} .*\\w`, 'm'))
    const own = await melda(name, '--help')
    expect(own).toMatchObject({ code: 0, err: '' })
    expect(own.out).toContain(`Examples:\n  melda ${name} `)
    expect(own.out).toMatch(/\nExit codes:\n {2}0 {2}done\n/)
    expect(own.out).toContain('--json')
    expect(await melda('help', name)).toEqual(own)
    const missing = await melda(name)
    expect([missing.code, missing.out]).toEqual([2, ''])
    expect(missing.err).toContain('Examples:')
    expect(missing.err).toContain('usage: required option')
  }
  expect(await melda('--version')).toMatchObject({ code: 0, out: '0.1.0\n' })
  expect(await failed(2, 'updaet')).toContain('Did you mean update?')
})
