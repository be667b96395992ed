/** Folders of generation A (Melda 0.1): those whose names are published, built again byte by byte; and cases made by hand of what only they have. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Replica } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const tail = (revision: string): string => hash(revision).slice(0, 7)

/** Puts a file there, named by its digest. @returns the digest */
function put(files: Files, kind: 'pack' | 'delta', text: string): string {
  files.set(`${hash(text)}.${kind}`, new TextEncoder().encode(text))
  return hash(text)
}

const root = (items: string[]): string => `{"items♭":${JSON.stringify(items)},"software":"MeldaDo","version":"1.0.0"}`
const milk = '{"description":"Go to the grocery store","title":"Buy milk"}'
const picture = '{"description":"It must be a nice one","title":"Take picture of our dog"}'
const bills = '{"description":"Withdraw 500 to pay bill","title":"Pay bills"}'
const mom = '{"description":"Call mom to schedule dinner","title":"Call mom"}'

/** The activity planning of the original's first README. */
function published(): { files: Files; first: string; second: string; alice: string; bob: string } {
  const files: Files = new Map()
  const block = (records: string[][], author: string, description: string, pack: string, parents?: string[]): string =>
    put(files, 'delta', JSON.stringify({ c: records, i: { author, description }, k: [pack], p: parents }))
  const one = `1-${hash(root([]))}`
  const two = `2-${hash(root(['alice_todo_01']))}_${tail(one)}`
  const first = block([['√', hash(root([]))]], 'Alice', 'First commit', put(files, 'pack', `[${root([])}]`))
  const pack = put(files, 'pack', `[${root(['alice_todo_01'])},${milk}]`)
  const records = [
    ['√', one, hash(root(['alice_todo_01']))],
    ['alice_todo_01', hash(milk)],
  ]
  const second = block(records, 'Alice', 'Add buy milk', pack, [first])
  const bobs = root(['alice_todo_01', 'bob_todo_01', 'bob_todo_02'])
  const bob = block(
    [
      ['bob_todo_02', hash(mom)],
      ['bob_todo_01', hash(bills)],
      ['√', two, hash(bobs)],
    ],
    'Bob',
    'Add some todos',
    put(files, 'pack', `[${bobs},${mom},${bills}]`),
    [second],
  )
  const alices = root(['alice_todo_02'])
  const alice = block(
    [
      ['alice_todo_01', `1-${hash(milk)}`, 'd'],
      ['√', two, hash(alices)],
      ['alice_todo_02', hash(picture)],
    ],
    'Alice',
    'Some more stuff to do',
    put(files, 'pack', `[${alices},${picture}]`),
    [second],
  )
  return { files, first, second, alice, bob }
}

describe('the published files', () => {
  test('have the published names', () => {
    const { files } = published()
    const names = [...files.keys()].map(name => name.slice(0, 8) + name.slice(64))
    const packs = ['b4e50e44.pack', '2b0a463f.pack', '515ebf5e.pack', '967e769c.pack']
    const deltas = ['49ccea4d.delta', '460b4dd4.delta', 'd0d23eea.delta', 'ec11159e.delta']
    expect(names.sort()).toEqual([...packs, ...deltas].sort())
  })

  test('are read, with lists in conflict merged', async () => {
    const { files, first, second, alice, bob } = published()
    const replica = await Replica.open(new TestBlocks(files))
    expect(replica.generation).toBe('A')
    expect(replica.anchors).toEqual([alice, bob].sort())
    expect(replica.origins).toEqual([first])
    expect(replica.log().map(({ id }) => id)).toEqual([...[alice, bob].sort(), second, first])
    const [conflict] = replica.conflicts()
    expect(conflict.object).toBe('√')
    expect(conflict.winner.revision).toMatch(/^3-8f147f81[0-9a-f]{56}_6258b20$/)
    expect(conflict.others[0].revision).toMatch(/^3-5bf66514[0-9a-f]{56}_6258b20$/)
    const ids = (replica.read() as { 'items♭': { _id: string }[] })['items♭'].map(({ _id }) => _id)
    expect(ids).toEqual(['bob_todo_01', 'bob_todo_02', 'alice_todo_02'])
    const then = replica.read({ at: bob }) as { 'items♭': { _id: string }[] }
    expect(then['items♭'].map(({ _id }) => _id)).toEqual(['alice_todo_01', 'bob_todo_01', 'bob_todo_02'])
  })

  test('are not changed: the error names what does', async () => {
    const replica = await Replica.open(new TestBlocks(published().files))
    const error = { code: 'generation-read-only', facts: { generation: 'A', location: 'memory' } }
    expect(() => replica.update({})).toThrow(expect.objectContaining(error))
    expect(() => replica.update({})).toThrow(/melda migrate/)
    expect(() => replica.deleteObject('√')).toThrow(expect.objectContaining(error))
    expect(() => replica.resolve()).toThrow(expect.objectContaining(error))
    expect(await replica.commit()).toBeUndefined()
  })
})

describe('objects stored as patches', () => {
  const list = (...items: string[]): string => `{"t":1,"Δitems♭":${JSON.stringify(items)}}`

  /** A root that begins as the first of these, each next one stored as a patch of the one before. */
  function patched(...steps: { full: string; patch?: string }[]): Files {
    const files: Files = new Map()
    let revision = ''
    let parents: string[] | undefined
    for (const [i, { full, patch }] of steps.entries()) {
      const pack = put(files, 'pack', `[${patch ?? full}]`)
      const record = i === 0 ? ['√', hash(full)] : ['√', revision, hash(full), ...(patch ? [hash(patch)] : [])]
      const objects = ['x', 'y'].map(id => [id, 'e'])
      const c = i === 0 ? [record, ...objects] : [record]
      parents = [put(files, 'delta', JSON.stringify({ c, k: [pack], p: parents }))]
      const digest = patch ? `Δ${hash(full)}~${hash(patch)}` : hash(full)
      revision = i === 0 ? `1-${digest}` : `${i + 1}-${digest}_${tail(revision)}`
    }
    return files
  }

  test('are put together from their parents', async () => {
    const files = patched(
      { full: list('x') },
      { full: list('y', 'x'), patch: '{"t":1,"Δitems♭":[["i",0,["y"]]]}' },
      { full: list('y'), patch: '{"t":1,"Δitems♭":[["d",1,1]]}' },
    )
    const replica = await Replica.open(new TestBlocks(files))
    expect(replica.blocked()).toEqual([])
    expect(replica.generation).toBe('A')
    expect(replica.winner('√')).toMatch(/^3-Δ[0-9a-f]{64}~[0-9a-f]{64}_[0-9a-f]{7}$/)
    expect(replica.read()).toEqual({ _id: '√', t: 1, 'Δitems♭': [{ _id: 'y' }] })
    const [latest, before] = replica.history('√')
    expect(latest).toBe(replica.winner('√'))
    expect(replica.valueText('√', before)).toBe('{"t":1,"Δitems♭":["y","x"]}')
  })

  test('a counterpart without the mark is patched, too', async () => {
    const files = patched(
      { full: '{"items♭":["x"],"t":1}' },
      { full: list('x', 'y'), patch: '{"t":1,"Δitems♭":[["i",1,["y"]]]}' },
    )
    const replica = await Replica.open(new TestBlocks(files))
    expect(replica.read()).toEqual({ _id: '√', t: 1, 'Δitems♭': [{ _id: 'x' }, { _id: 'y' }] })
  })

  test('a patch that does not give what its digest says gives nothing', async () => {
    const files = patched({ full: list('x') }, { full: list('y'), patch: '{"t":1,"Δitems♭":[["i",9,["y"]]]}' })
    const replica = await Replica.open(new TestBlocks(files))
    expect(replica.value('√')).toBeUndefined()
    expect(() => replica.read()).toThrow(expect.objectContaining({ code: 'root-missing' }))
    expect(replica.read({ at: replica.origins })).toEqual({ _id: '√', t: 1, 'Δitems♭': [{ _id: 'x' }] })
  })
})
