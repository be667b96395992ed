import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Conflict } from 'meldwork'
import { expect, test } from 'vitest'
import { conflictsText, rulesText } from '../src/commands/rule-text.js'
import { constraintsOf } from '../src/constraints.js'
import { domain, gatewayOf, opened } from './gateway-client.js'
import { ran } from './in-process.js'
import { emptyFolder, meldwork, start } from './running.js'

const oneName = { '@type': 'single-valued', property: 'name' }

/** A file with rules. */
function rulesFile(rules: unknown): string {
  const file = join(emptyFolder(), 'rules.json')
  writeFileSync(file, JSON.stringify(rules))
  return file
}

/** What a command prints, which must be well. */
async function printed(...args: string[]) {
  const { code, out, err } = await meldwork(args)
  expect([code, err.split('\n').filter(line => /^[a-z-]+: /.test(line))]).toEqual([0, []])
  return JSON.parse(out)
}

test('two clones write one name apart: the conflict is listed, followed, and settled for all', async () => {
  const { to } = await gatewayOf()
  const constraints = ['--constraints', rulesFile([oneName])]
  const [ours, theirs] = [emptyFolder(), emptyFolder()].map(folder => ['--data', folder, ...constraints])
  const here = ['--domain', domain]
  await printed('write', '{"@id": "fred", "name": "Fred"}', ...here, ...ours)
  await printed('write', '{"@id": "fred", "name": "Flintstone", "age": 40}', ...here, ...theirs)
  const twoNames = await meldwork(['write', '{"@id": "fred", "name": "Freddy"}', ...here, ...ours])
  expect(twoNames).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^constraint-violated: Multiple values for name/),
  })
  for (const data of [theirs, ours])
    expect(await printed('write', '{"@id": "met", "often": true}', ...to, ...data)).toMatchObject({ sent: true })

  const [conflict, ...more] = await printed('conflicts', '--property', 'name', ...here, ...ours)
  expect(more).toEqual([])
  expect(conflict).toMatchObject({
    subject: 'fred',
    property: 'name',
    constraint: { '@type': 'single-valued', winner: 'greatest' },
    winners: ['Fred'],
    hidesSubject: false,
  })
  expect(conflict.candidates.map(({ value, visible }: Conflict['candidates'][0]) => [value, visible])).toEqual([
    ['Flintstone', false],
    ['Fred', true],
  ])
  expect(new Set(conflict.candidates.map(({ replica }: Conflict['candidates'][0]) => replica)).size).toBe(2)
  for (const other of [
    ['--subject', 'wilma'],
    ['--property', 'age'],
    ['--constraint', 'unique'],
  ])
    expect(await printed('conflicts', ...other, ...here, ...ours)).toEqual([])
  // Without the rules of the app nothing is hidden, and the status of clones that meet says so.
  expect(await printed('conflicts', ...to)).toEqual([])

  const refused = async (...args: string[]) => {
    const { code, out, err } = await meldwork(['resolve', ...args, ...here, ...ours])
    expect([code, out]).toEqual([1, ''])
    return err
  }
  expect(await refused('fred', 'age', '41')).toMatch(/^conflict-absent: .*name of fred/)
  expect(await refused('fred', 'name', 'Freddy')).toMatch(/^conflict-outdated: .*"Flintstone", "Fred".*--new/)

  const follower = start(['conflicts', '--follow', ...to, ...constraints])
  await follower.line(/^following the conflicts of board\.example$/)
  expect(JSON.parse((await follower.line(/^\[.*\]$/))[0])).toHaveLength(1)
  const settled = await meldwork(['resolve', 'fred', 'name', 'Flintstone', ...to, ...theirs])
  expect(JSON.parse(settled.out)).toEqual({
    ticks: expect.any(Number),
    subject: 'fred',
    property: 'name',
    value: 'Flintstone',
    removed: ['Fred'],
    sent: true,
  })
  expect(settled.err).toContain('name of fred is "Flintstone" now; gone: "Fred"')
  expect(JSON.parse((await follower.line(/^\[.*\]$/))[0])).toEqual([])
  expect(await follower.kill('SIGINT')).toMatchObject({ code: 0 })
  expect(await printed('read', '{"@describe": "fred"}', ...to)).toEqual([
    { '@id': 'fred', name: 'Flintstone', age: 40 },
  ])
  const late = await meldwork(['resolve', 'fred', 'name', 'Fred', ...to, ...ours])
  expect(late).toMatchObject({ code: 1, err: expect.stringMatching(/^conflict-absent: .*may have settled it/) })
}, 90_000)

test('a rule is tried, declared as data, listed, and withdrawn', async () => {
  const mine = ['--domain', domain, '--data', emptyFolder()]
  await printed('write', '{"@id": "fred", "name": ["Fred", "Flintstone"]}', ...mine)
  const declaration = JSON.stringify({ '@id': 'one-name', ...oneName })
  const tried = await meldwork(['declare', declaration, '--dry-run', ...mine])
  expect(JSON.parse(tried.out)).toMatchObject({ conflicts: [{ subject: 'fred', property: 'name', winners: ['Fred'] }] })
  expect(tried.err).toContain('it would hide at 1 place; nothing was declared')
  expect(await printed('rules', ...mine)).toEqual({ inForce: [], notInForce: [], differ: false })

  expect(await printed('declare', declaration, ...mine)).toMatchObject({ id: 'one-name', conflicts: [{}] })
  await printed('write', '{"@id": "odd", "@type": "http://meldwork.org/rule#unique"}', ...mine)
  const rules = await printed('rules', ...mine)
  expect(rules).toMatchObject({
    inForce: [{ source: 'data', id: 'http://board.example/one-name', declaration: { '@type': 'single-valued' } }],
    notInForce: [{ source: 'data', id: 'http://board.example/odd', code: 'constraint-invalid' }],
    differ: false,
  })
  expect(await printed('resolve', 'fred', 'name', '--delete', ...mine)).toMatchObject({
    value: null,
    removed: ['Flintstone', 'Fred'],
  })
  expect(await printed('read', '{"@describe": "fred"}', ...mine)).toEqual([])
  await printed('write', '{"@delete": {"@id": "one-name"}}', ...mine)
  expect(await printed('rules', ...mine)).toMatchObject({ inForce: [] })
  const unknown = await meldwork(['declare', '{"@type": "single-valud", "property": "name"}', ...mine])
  expect(unknown).toMatchObject({ code: 1, err: expect.stringMatching(/^constraint-unknown: .*single-valud/) })
}, 60_000)

test('a value that nobody wrote must be said to be new, and what is not understood is told with 2', async () => {
  const mine = ['--domain', domain, '--data', emptyFolder()]
  const named = ['--constraints', rulesFile(oneName)]
  const data = '{"@id": "fred", "name": ["5", 5]}'
  expect(await ran('write', data, ...mine)).toMatchObject({ code: 0 })
  // A text is a candidate as it is, before it is read as JSON.
  expect(JSON.parse((await ran('resolve', 'fred', 'name', '5', ...mine, ...named)).out)).toMatchObject({
    value: '5',
    removed: [5],
  })
  expect(await ran('write', '{"@id": "fred", "name": ["A", "B"]}', ...mine)).toMatchObject({ code: 0 })
  const fresh = await ran('resolve', 'fred', 'name', 'C', '--new', ...mine, ...named)
  expect(JSON.parse(fresh.out)).toMatchObject({ value: 'C', removed: expect.arrayContaining(['5', 'A', 'B']) })
  const absent = await ran('resolve', 'fred', 'name', 'C', ...mine)
  expect(absent).toMatchObject({ code: 1, err: expect.stringMatching(/^conflict-absent: .*--constraints/) })
  expect(await ran('resolve', 'fred', 'name', ...mine)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--delete'),
  })
  expect(await ran('rules', '--constraints', rulesFile(['name']), ...mine)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^option-invalid: --constraints .*"single-valued"/),
  })
  expect(await ran('rules', '--constraints', '/nowhere/rules.json', ...mine)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^file-unreadable: .*\/nowhere\/rules\.json/),
  })
  expect(await ran('rules', '--constraints', rulesFile({ '@type': 'required' }), ...mine)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^constraint-invalid: /),
  })
})

test('what a rule that only reports finds is listed apart', async () => {
  const mine = [
    '--domain',
    domain,
    '--data',
    emptyFolder(),
    '--constraints',
    rulesFile({ ...oneName, reportOnly: true }),
  ]
  await ran('write', '{"@id": "fred", "name": ["Fred", "Flintstone"]}', ...mine)
  expect(JSON.parse((await ran('conflicts', ...mine)).out)).toEqual([])
  expect(JSON.parse((await ran('conflicts', '--report', ...mine)).out)).toMatchObject([{ subject: 'fred' }])
  expect(JSON.parse((await ran('conflicts', '--report', '--subject', 'wilma', ...mine)).out)).toEqual([])
})

test('the clones of a gateway have the rules that they are given; without any, the board has those of the page', async () => {
  const gateway = await opened({ domains: [domain], constraints: [oneName] })
  expect(gateway.clones.get(domain)!.rules.inForce).toMatchObject([
    { source: 'configuration', declaration: { '@type': 'single-valued', property: 'http://board.example/#name' } },
  ])
  expect(constraintsOf('board.example', undefined)).toEqual([])
  const own = constraintsOf('board.meldwork.example', undefined)
  expect(own).toMatchObject([{ '@type': 'single-valued', property: 'title', class: 'Card' }])
  expect(constraintsOf('board.meldwork.example', [])).toEqual([])
})

test('for people, conflicts and rules are text', () => {
  const constraint = { '@type': 'single-valued', property: 'http://board.example/#title' }
  const written = { timeMs: Date.UTC(2026, 0, 2, 3, 4, 5), replica: 'a-replica' }
  const candidates = [
    { value: 'Black tea', visible: true, ...written },
    { value: 'Green tea', visible: false, ...written },
  ]
  const conflict: Conflict = {
    subject: 'card-1',
    property: 'title',
    constraint,
    winners: ['Black tea'],
    candidates,
    hidesSubject: false,
  }
  expect(conflictsText([conflict, { ...conflict, candidates: [], hidesSubject: true }])).toBe(
    `card-1  title
  single-valued {"property":"http://board.example/#title"}
  shown   "Black tea"  2026-01-02T03:04:05.000Z  by a-replica
  hidden  "Green tea"  2026-01-02T03:04:05.000Z  by a-replica

card-1  title
  single-valued {"property":"http://board.example/#title"}
  the whole subject is hidden, for what it lacks
`,
  )
  expect(conflictsText([])).toBe('No conflicts.\n')
  const failing = {
    declaration: constraint,
    source: 'data' as const,
    id: 'rule-1',
    failure: new TypeError('no such thing'),
  }
  expect(rulesText({ inForce: [failing], notInForce: [] })).toBe(`In force:
  single-valued {"property":"http://board.example/#title"}
    data: rule-1; FAILING, hides nothing there: TypeError: no such thing
`)
  expect(rulesText({ inForce: [], notInForce: [] })).toBe('No rules are in force.\n')
})
