import { readFileSync, rmSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { checkFolder } from './check.mjs'
import { child, digest, Folder } from './folder.js'
import { canonical, type JsonObject, parse, type Value } from './sections.mjs'

const folders: Folder[] = []
const folder = () => {
  const made = new Folder()
  folders.push(made)
  return made
}
afterAll(() => {
  for (const { path } of folders) rmSync(path, { recursive: true })
})

const names = ({ errors, warnings }: ReturnType<typeof checkFolder>) =>
  [...errors, ...warnings].map(({ check }) => check)

/** The items of a document of the command line tool's transcript, as objects without their ids. */
const itemsOf = (file: string) => {
  const url = new URL(`../../packages/meldwork/test/vectors/melda/cli_0.4.1/${file}.json`, import.meta.url)
  const document = parse(readFileSync(url, 'utf8')) as JsonObject
  return new Map(
    (document.get('items♭') as JsonObject[]).map(item => {
      const object = new Map<string, Value>([...item].filter(([key]) => key !== '_id'))
      return [item.get('_id') as string, canonical(object)]
    }),
  )
}
const rootOf = (...ids: string[]) => `{"items♭":${JSON.stringify(ids)},"software":"MeldaDo","version":"1.0.0"}`
const info = (author: string, description: string) => `"i":{"author":"${author}","description":"${description}"}`

describe('generation A', () => {
  const alice = itemsOf('v3_alice')
  const bob = itemsOf('v3_bob')
  const milk = bob.get('alice_todo_01')!
  const [empty, one] = [rootOf(), rootOf('alice_todo_01')]
  const alices = rootOf('alice_todo_02')
  const bobs = rootOf('alice_todo_01', 'bob_todo_01', 'bob_todo_02')
  const first = `1-${digest(empty)}`
  const second = child(first, digest(one))

  /** The published example: two writers, one list. */
  const example = () => {
    const made = folder()
    const packs = [made.pack(empty), made.pack(one, milk)]
    const origin = made.delta(
      0,
      `{"c":[["√","${digest(empty)}"]],${info('Alice', 'First commit')},"k":["${packs[0]}"]}`,
    )
    const milkRecords = [`["√","${first}","${digest(one)}"]`, `["alice_todo_01","${digest(milk)}"]`].join(',')
    const shared = made.delta(
      0,
      `{"c":[${milkRecords}],${info('Alice', 'Add buy milk')},"k":["${packs[1]}"],"p":["${origin}"]}`,
    )
    packs.push(made.pack(bobs, bob.get('bob_todo_02')!, bob.get('bob_todo_01')!))
    const bobRecords = ['bob_todo_02', 'bob_todo_01'].map(id => `["${id}","${digest(bob.get(id)!)}"]`)
    bobRecords.push(`["√","${second}","${digest(bobs)}"]`)
    const bobDelta = made.delta(
      0,
      `{"c":[${bobRecords}],${info('Bob', 'Add some todos')},"k":["${packs[2]}"],"p":["${shared}"]}`,
    )
    packs.push(made.pack(alices, alice.get('alice_todo_02')!))
    const aliceRecords = [
      `["alice_todo_01","1-${digest(milk)}","d"]`,
      `["√","${second}","${digest(alices)}"]`,
      `["alice_todo_02","${digest(alice.get('alice_todo_02')!)}"]`,
    ]
    const text = `{"c":[${aliceRecords}],${info('Alice', 'Some more stuff to do')},"k":["${packs[3]}"],"p":["${shared}"]}`
    return { made, packs, deltas: [origin, shared, bobDelta, made.delta(0, text)] }
  }

  test('the hashes are those that were published', () => {
    const { packs, deltas } = example()
    expect(packs.map(id => id.slice(0, 8))).toEqual(['b4e50e44', '2b0a463f', '515ebf5e', '967e769c'])
    expect(deltas.map(id => id.slice(0, 8))).toEqual(['49ccea4d', '460b4dd4', 'd0d23eea', 'ec11159e'])
    expect(second.slice(-7)).toBe('1bcf3be')
    expect(child(second, digest(alices))).toMatch(/^3-8f147f81.*_6258b20$/)
    expect(child(second, digest(bobs))).toMatch(/^3-5bf66514.*_6258b20$/)
  })

  test('is told, and merges the lists within their objects', () => {
    const { made, deltas } = example()
    const report = checkFolder(made.path)
    // Generation A wrote records in any order.
    expect([report.generation, new Set(names(report))]).toEqual(['A', new Set(['D.2/changes-order'])])
    expect(report.anchors).toEqual(deltas.slice(2).sort())
    expect(report.objects['√'].winner).toBe(child(second, digest(alices)))
    expect(report.objects['√'].leaves).toHaveLength(2)
    const { text } = report.read as { text: string }
    expect(JSON.parse(text)['items♭'].map(({ _id }: { _id: string }) => _id)).toEqual([
      'bob_todo_01',
      'bob_todo_02',
      'alice_todo_02',
    ])
  })

  /** A patched object: the record, the stored patch and its whole. */
  const patched = (whole: string) => {
    const made = folder()
    const [base, patch] = ['{"Δitems♭":["x"]}', '{"Δitems♭":[["i",1,["y"]]]}']
    const pack = made.pack(base, '{"v":1}', '{"v":2}')
    const things = `["x","${digest('{"v":1}')}"],["y","${digest('{"v":2}')}"]`
    const origin = made.delta(0, `{"c":[${things},["√","${digest(base)}"]],"k":["${pack}"]}`)
    const record = `["√","1-${digest(base)}","${digest(whole)}","${digest(patch)}"]`
    made.delta(0, `{"c":[${record}],"k":["${made.pack(patch)}"],"p":["${origin}"]}`)
    const tail = child(`1-${digest(base)}`, 'd').slice(-7)
    return { report: checkFolder(made.path), winner: `2-Δ${digest(whole)}~${digest(patch)}_${tail}` }
  }

  test('a patched object is made whole', () => {
    const { report, winner } = patched('{"Δitems♭":["x","y"]}')
    expect([report.generation, names(report), report.objects['√'].winner]).toEqual(['A', [], winner])
    expect(report.read).toEqual({ text: '{"_id":"√","Δitems♭":[{"_id":"x","v":1},{"_id":"y","v":2}]}' })
  })

  test('a patched object has the digest that is told', () => {
    expect(names(patched('{"Δitems♭":["y","x"]}').report)).toEqual(['J/digest'])
  })
})

describe('generation D', () => {
  test('the hashes are those that were published', () => {
    const made = folder()
    const [order, root] = ['{"A":[]}', '{"items♭":"^√@items♭","software":"MeldaDo","version":"1.0.0"}']
    const [patch, milk] = [
      '{"a":[["i",0,["alice_todo_01"]]]}',
      '{"description":"Go to the grocery store","title":"Buy milk"}',
    ]
    const packs = [made.pack(root, order), made.pack(patch, milk)]
    const things = `["^√@items♭","${digest(order)}"],["√","${digest(root)}"]`
    const origin = made.delta(1, `{"c":[${things}],${info('Alice', 'First commit')},"k":["${packs[0]}"]}`)
    const changes = `["^√@items♭","1-${digest(order)}","${digest(patch)}"],["alice_todo_01","${digest(milk)}"]`
    const text = `{"c":[${changes}],${info('Alice', 'Add buy milk')},"k":["${packs[1]}"],"p":["${origin}"]}`
    const ids = [...packs, origin, made.delta(2, text)]
    expect(ids.map(id => /(\d+-)?.{8}/.exec(id)![0])).toEqual(['95700d1e', 'ec6c2a01', '1-86af1e7c', '2-ff474331'])
    const report = checkFolder(made.path)
    expect([report.generation, names(report), report.anchors]).toEqual(['D', [], ids.slice(3)])
  })
})

describe('generations B and C', () => {
  const written = (orderId: string) => {
    const made = folder()
    const root = `{"items♭":"${orderId}"}`
    const pack = made.pack(root, '{"A":["x"]}')
    const changes = [`["${orderId}","${digest('{"A":["x"]}')}"]`, '["x","e"]', `["√","${digest(root)}"]`]
    const origin = made.delta(0, `{"c":[${changes}],"k":["${pack}"]}`)
    // Says nothing of its generation.
    const last = made.delta(0, `{"c":[["x","1-e","d"]],"p":["${origin}"]}`)
    return { made, last }
  }

  test.each([
    ['B', `^${digest('√items♭')}`],
    ['C', '^√@items♭'],
  ])('%s is told by the ids of orders', (generation, orderId) => {
    const { made, last } = written(orderId)
    const report = checkFolder(made.path)
    expect([report.generation, names(report)]).toEqual([generation, []])
    expect([report.anchors, report.read]).toEqual([[last], { text: '{"_id":"√","items♭":[]}' }])
  })

  test('rules that were observed of D only are warnings', () => {
    const { made, last } = written('^√@items♭')
    made.delta(0, `{"p": ["${last}"]}`)
    const { errors, warnings } = checkFolder(made.path)
    expect([errors, warnings.map(({ check }) => check)]).toEqual([[], ['D.2/canonical-bytes']])
  })

  test('an empty folder is of none', () => {
    const { generation, read, errors } = checkFolder(folder().path)
    expect([generation, read, errors]).toEqual([null, { error: 'no_root' }, []])
  })
})
