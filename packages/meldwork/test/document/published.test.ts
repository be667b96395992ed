/** The files of the walk-through that the authors of Melda published, made again. Their names are the hashes of what is in them. */
import { expect, it } from 'vitest'
import { canonicalJson, type JsonObject, type JsonValue, jsonOf } from '../../src/codec/index.js'
import {
  blockHash,
  childRevision,
  creationRevision,
  deltaText,
  flatten,
  type Generation,
  indexAfter,
  mergeOrders,
  objectDigest,
  orderPatch,
  parseDeltaId,
} from '../../src/document/index.js'

const hashOf = (value: JsonValue): string => blockHash(new TextEncoder().encode(canonicalJson(value)))

const milk = { title: 'Buy milk', description: 'Go to the grocery store' }
const dog = { title: 'Take picture of our dog', description: 'It must be a nice one' }
const bills = { title: 'Pay bills', description: 'Withdraw 500 to pay bill' }
const mom = { title: 'Call mom', description: 'Call mom to schedule dinner' }
const list = (items: readonly object[]): JsonValue => jsonOf({ software: 'MeldaDo', version: '1.0.0', 'items♭': items })
const objects = (items: readonly object[], generation: Generation): ReadonlyMap<string, JsonObject> =>
  flatten(list(items), { generation }).objects

const descriptor = '^√@items♭'
const first = { author: 'Alice', description: 'First commit' }

it('generation D: the first commit, of both runs', () => {
  const flat = objects([], 'D')
  const root = flat.get('√')!
  const empty = flat.get(descriptor)!
  expect(objectDigest(root)).toBe('e892cd49a31ed4a88c86d2c533c37bd9108a974ca01370aba4224c75c52504c4')
  const c = [
    [descriptor, objectDigest(empty)],
    ['√', objectDigest(root)],
  ]
  const packs = [
    [[empty, root], '10e9fd7c', '3a3d61c9'],
    [[root, empty], '95700d1e', '86af1e7c'],
  ] as const
  for (const [pack, name, delta] of packs) {
    expect(hashOf(pack).slice(0, 8)).toBe(name)
    expect(hashOf({ c, i: first, k: [hashOf(pack)] }).slice(0, 8)).toBe(delta)
  }
})

it('generation D: the second commit', () => {
  const before = objects([], 'D')
  const after = objects([{ _id: 'alice_todo_01', ...milk }], 'D')
  const patch = { a: orderPatch(before.get(descriptor)!.A as string[], after.get(descriptor)!.A as string[]) }
  const todo = after.get('alice_todo_01')!
  const pack = hashOf([patch, todo])
  expect(pack.slice(0, 8)).toBe('ec6c2a01')
  const empty = before.get(descriptor)!
  const firstPack = hashOf([before.get('√')!, empty])
  const c1 = [
    [descriptor, objectDigest(empty)],
    ['√', objectDigest(before.get('√')!)],
  ]
  const parent = { index: indexAfter([]), hash: hashOf({ c: c1, i: first, k: [firstPack] }) }
  const c = [
    [descriptor, creationRevision(objectDigest(empty)).text, objectDigest(patch)],
    ['alice_todo_01', objectDigest(todo)],
  ]
  const delta = { c, i: { author: 'Alice', description: 'Add buy milk' }, k: [pack], p: [deltaText(parent)] }
  expect(deltaText({ index: indexAfter([parent]), hash: hashOf(delta) }).slice(0, 10)).toBe('2-ff474331')
})

it('generation A: all files, and the revisions of the conflict', () => {
  const start = objects([], 'A').get('√')!
  expect(hashOf([start]).slice(0, 8)).toBe('b4e50e44')
  const rootOne = creationRevision(objectDigest(start))
  const deltaOne = hashOf({ c: [['√', objectDigest(start)]], i: first, k: [hashOf([start])] })
  expect(deltaOne.slice(0, 8)).toBe('49ccea4d')
  expect(parseDeltaId(deltaOne)).toEqual({ hash: deltaOne })

  const second = objects([{ _id: 'alice_todo_01', ...milk }], 'A')
  const rootTwo = childRevision(rootOne, objectDigest(second.get('√')!))
  expect(rootTwo.text).toMatch(/^2-b7408d0c[0-9a-f]{56}_1bcf3be$/)
  const pack = hashOf([second.get('√')!, second.get('alice_todo_01')!])
  expect(pack.slice(0, 8)).toBe('2b0a463f')
  const records = [
    ['alice_todo_01', objectDigest(second.get('alice_todo_01')!)],
    ['√', rootOne.text, rootTwo.digest],
  ]
  const two = (c: JsonValue): string =>
    hashOf({ c, i: { author: 'Alice', description: 'Add buy milk' }, k: [pack], p: [deltaOne] })
  expect(two(records).slice(0, 8)).toBe('b6297035')
  expect(two([records[1], records[0]]).slice(0, 8)).toBe('460b4dd4')

  const bob = objects(
    [
      { _id: 'alice_todo_01', ...milk },
      { _id: 'bob_todo_01', ...bills },
      { _id: 'bob_todo_02', ...mom },
    ],
    'A',
  )
  expect(hashOf([bob.get('√')!, bob.get('bob_todo_02')!, bob.get('bob_todo_01')!]).slice(0, 8)).toBe('515ebf5e')
  const alice = objects([{ _id: 'alice_todo_02', ...dog }], 'A')
  const bobs = childRevision(rootTwo, objectDigest(bob.get('√')!))
  const alices = childRevision(rootTwo, objectDigest(alice.get('√')!))
  expect(bobs.text).toMatch(/^3-5bf66514[0-9a-f]{56}_6258b20$/)
  expect(alices.text).toMatch(/^3-8f147f81[0-9a-f]{56}_6258b20$/)

  const order = (flat: typeof bob): readonly JsonValue[] => flat.get('√')!['items♭'] as JsonValue[]
  expect(mergeOrders(order(alice), order(bob))).toEqual([
    'alice_todo_01',
    'bob_todo_01',
    'bob_todo_02',
    'alice_todo_02',
  ])
})
