/** What a replica promises beside the formats: failures, races, time travel, staging, changes that it tells, input from anybody. */
import { describe, expect, test } from 'vitest'
import { type ConflictChoice, encodeDelta, Replica, type ReplicaOptions } from '../../src/document/index.js'
import { CodedError } from '../../src/errors.js'
import { type Files, TestBlocks } from './blocks.js'
import { sight } from './histories.js'
import { expectNamesToTell } from './names-tell.js'

const open = async (files: Files = new Map(), options: ReplicaOptions = {}): Promise<[Replica, TestBlocks]> => {
  const store = new TestBlocks(files)
  return [await Replica.open(store, options), store]
}
const failWhen =
  (fails: (operation: string, name: string) => boolean): TestBlocks['before'] =>
  (operation, name) => {
    if (fails(operation, name))
      throw new CodedError('store-failed', 'The disk is full', { location: 'memory', operation, reason: 'full' })
  }
const coded = (code: string, facts?: object): unknown =>
  expect.objectContaining({ name: 'CodedError', code, ...(facts && { facts: expect.objectContaining(facts) }) })

describe('numbers', () => {
  test('are kept with all their digits and their kind, and one that is not touched is not rewritten', async () => {
    const [replica, { files }] = await open()
    const text = '{"big":18446744073709551615,"float":1.0,"n":1,"exp":1e5,"small":0.1,"zero":-0.0}'
    replica.update(text)
    await replica.commit()
    expect(replica.readText()).toBe(
      '{"_id":"√","big":18446744073709551615,"exp":100000.0,"float":1.0,"n":1,"small":0.1,"zero":-0.0}',
    )
    expect(() => replica.read()).toThrow(coded('number-too-large', { path: 'big' }))
    const document = replica.read({ numbers: 'lossless' })
    expect(document.big).toBe(18446744073709551615n)
    const [again] = await open(files)
    again.update({ ...document, float: 1, exp: 100000, zero: 0, n: 2 })
    await again.commit()
    expect(again.readText()).toBe(replica.readText().replace('"n":1', '"n":2'))
  })

  test('are written with the exponents that were asked for; both are read, and the same document is no change', async () => {
    for (const [exponents, written] of [
      ['signed', '1e+21'],
      ['unsigned', '1e21'],
    ] as const) {
      const [replica, { files }] = await open(new Map(), { exponents })
      replica.update('{"n":1e21}')
      await replica.commit()
      expect(replica.readText()).toBe(`{"_id":"√","n":${written}}`)
      for (const other of ['signed', 'unsigned'] as const) {
        const [reader] = await open(files, { exponents: other })
        reader.update({ n: 1e21 })
        expect(reader.isStaged).toBe(false)
      }
    }
  })
})

describe('a commit', () => {
  test('that fails changes nothing, at either file, and can be tried again', async () => {
    for (const failsAt of ['.pack', '.delta']) {
      const [replica, store] = await open()
      replica.update({ 'items♭': [{ _id: 'x', v: 1 }] })
      await replica.commit()
      replica.updateObject('x', { v: 2 })
      replica.updateObject('x', { v: 3 })
      const [before, stage] = [sight(replica), replica.stage()]
      store.before = failWhen((operation, name) => operation === 'write' && name.endsWith(failsAt))
      await expect(replica.commit({ try: 1 })).rejects.toThrow(coded('store-failed'))
      expect(sight(replica)).toEqual(before)
      expect(replica.stage()).toEqual(stage)
      store.before = () => {}
      const committed = await replica.commit({ try: 2 })
      expect(replica.anchors).toEqual([committed!.id])
      expect(replica.isStaged).toBe(false)
      expectNamesToTell(store.files)
      const [again] = await open(store.files)
      expect(sight(again)).toEqual(sight(replica))
    }
  })

  test('that fails with a list in conflict leaves the conflict', async () => {
    const [a, store] = await open()
    const [b] = await open()
    a.update({ 'items♭': ['1'] })
    await a.commit()
    await b.meld(a)
    a.update({ 'items♭': ['1', '2'] })
    await a.commit()
    b.update({ 'items♭': ['1', '3'] })
    await b.commit()
    await a.meld(b)
    a.updateObject('x', { v: 1 })
    const before = sight(a)
    store.before = failWhen(operation => operation === 'write')
    await expect(a.commit()).rejects.toThrow(coded('store-failed'))
    expect(sight(a)).toEqual(before)
    expect(a.conflicts().length).toBe(1)
  })

  test('takes what was staged when it began; what is staged meanwhile is in the next', async () => {
    const [replica, store] = await open()
    let release = (): void => {}
    const held = new Promise<void>(resolve => (release = resolve))
    store.before = operation => (operation === 'write' ? held : undefined)
    replica.update({ n: 1 })
    const first = replica.commit()
    await Promise.resolve()
    await Promise.resolve()
    await Promise.resolve()
    replica.update({ n: 2 })
    const second = replica.commit()
    replica.unstage() // takes back what is not being written
    expect(replica.read()).toEqual({ _id: '√', n: 1 })
    replica.update({ n: 3 })
    release()
    await first
    await second
    const [again] = await open(store.files)
    expect(again.log().length).toBe(2)
    expect(again.read({ at: again.origins })).toEqual({ _id: '√', n: 1 })
    expect(again.read()).toEqual({ _id: '√', n: 3 })
  })

  test('of two replicas on one folder, at once: both are kept', async () => {
    const files: Files = new Map()
    const [a] = await open(files)
    a.update({ 'items♭': [{ _id: 'x', v: 0 }] })
    await a.commit()
    const [b] = await open(files)
    a.updateObject('x', { v: 1 })
    b.updateObject('y', { v: 2 })
    await Promise.all([a.commit(), b.commit()])
    await Promise.all([a.refresh(), b.refresh()])
    expect(sight(a)).toEqual(sight(b))
    expect(a.anchors.length).toBe(2)
    expect([a.value('x'), a.value('y')]).toEqual([{ v: 1 }, { v: 2 }])
    // The same commit, made twice, is one.
    a.updateObject('z', { v: 3 })
    b.updateObject('z', { v: 3 })
    const [one, other] = await Promise.all([a.commit(), b.commit()])
    expect(one!.id).toBe(other!.id)
    await a.refresh()
    expect(sight(a)).toEqual(sight(b))
  })

  test('mends a damaged file that it would write', async () => {
    const [replica, { files }] = await open()
    replica.update({ n: 1 })
    await replica.commit()
    const whole = new Map(files)
    for (const [name, bytes] of files) files.set(name, bytes.subarray(0, 3))
    const [again] = await open(files)
    expect(again.damaged().length).toBe(2)
    again.update({ n: 1 })
    await again.commit()
    expect(files).toEqual(whole)
    expect(again.damaged()).toEqual([])
    // Also one that was damaged after it was looked for.
    const [late, store] = await open()
    late.update({ n: 1 })
    for (const [name, bytes] of whole) store.files.set(name, bytes.subarray(0, 3))
    await late.commit()
    expect(store.files).toEqual(whole)
  })

  test('without anything staged gives nothing, also when what was staged came from others', async () => {
    const files: Files = new Map()
    const [[a], [b]] = [await open(files), await open(files)]
    expect(await a.commit({ author: 'Alice' })).toBeUndefined()
    a.update({ n: 1 })
    b.update({ n: 1 })
    await a.commit()
    expect(b.isStaged).toBe(true)
    await b.refresh()
    expect(b.isStaged).toBe(false)
    expect(await b.commit()).toBeUndefined()
    expect(files.size).toBe(2)
  })

  test('warns of a float in its information; empty information is none', async () => {
    const [replica] = await open()
    replica.update({ n: 1 })
    expect((await replica.commit({ author: undefined }))?.warnings).toEqual([])
    expect(replica.log()[0].information).toBeUndefined()
    replica.update({ n: 2 })
    expect((await replica.commit({ author: 'A', weight: 0.5 }))?.warnings.map(({ code }) => code)).toEqual([
      'information',
    ])
    expect(replica.log()[0].information).toEqual({ author: 'A', weight: 0.5 })
    await expect(replica.commit({ f: () => 1 })).rejects.toThrow(coded('value-invalid'))
  })
})

describe('the past', () => {
  async function three(): Promise<[Replica, TestBlocks, string[]]> {
    const [replica, store] = await open()
    const ids: string[] = []
    for (const n of [1, 2, 3]) {
      replica.update({ n, 'items♭': Array.from({ length: n }, (_, i) => ({ _id: `i${i}` })) })
      ids.push((await replica.commit({ n }))!.id)
    }
    return [replica, store, ids]
  }

  test('is read without changing anything', async () => {
    const [replica, , ids] = await three()
    replica.update({ n: 9 })
    const before = sight(replica)
    for (const [i, id] of ids.entries()) expect(replica.read({ at: id })).toMatchObject({ n: i + 1 })
    expect((replica.read({ at: ids.slice(0, 2) }) as { 'items♭': unknown[] })['items♭'].length).toBe(2)
    expect(sight(replica)).toEqual(before)
    expect(() => replica.read({ at: '9-nothing' })).toThrow(coded('block-unknown', { block: '9-nothing' }))
  })

  test('is gone back to: a commit makes a branch, what comes later counts, and forward again', async () => {
    const [replica, store, ids] = await three()
    const change = await replica.reload({ until: [ids[0]] })
    expect(change.objects).toContain('√')
    expect(replica.anchors).toEqual([ids[0]])
    expect(replica.blocked()).toEqual([])
    expect((await replica.refresh()).blocks).toEqual([])
    replica.update({ n: 7 })
    const { id } = (await replica.commit())!
    expect(replica.anchors).toEqual([id])
    const [other] = await open(store.files)
    expect(other.anchors).toEqual([id, ids[2]].sort())
    other.updateObject('x', { v: 1 })
    const last = (await other.commit())!.id
    await replica.refresh() // follows what was left out
    expect(replica.anchors).toEqual([id])
    await replica.reload()
    expect(replica.anchors).toEqual([last])
    expect(sight(replica)).toEqual(sight(other))
  })

  test('the same commit made once more, after going back, counts', async () => {
    const [replica, , ids] = await three()
    await replica.reload({ until: [ids[0]] })
    replica.update({ n: 2, 'items♭': [{ _id: 'i0' }, { _id: 'i1' }] })
    expect((await replica.commit({ n: 2 }))!.id).toBe(ids[1])
    expect(replica.anchors).toEqual([ids[1]])
    expect(replica.read()).toMatchObject({ n: 2 })
  })

  test('needs an empty stage, and blocks that are here and whole', async () => {
    const [replica, { files }, ids] = await three()
    replica.update({ n: 9 })
    await expect(replica.reload({ until: [ids[0]] })).rejects.toThrow(coded('stage-pending'))
    replica.unstage()
    await expect(replica.reload({ until: ['1-x'] })).rejects.toThrow(coded('block-unknown'))
    files.delete(`${ids[1]}.delta`)
    const [gap] = await open(files)
    const before = sight(gap)
    expect(gap.blocked().map(({ id, blocks }) => [id, blocks])).toEqual([[ids[2], [ids[1]]]])
    await expect(gap.reload({ until: [ids[2]] })).rejects.toThrow(coded('block-unknown'))
    expect(() => gap.read({ at: ids[2] })).toThrow(coded('block-unknown'))
    expect(sight(gap)).toEqual(before)
  })
})

describe('conflicts', () => {
  async function disputed(): Promise<{ a: Replica; b: Replica }> {
    const [[a], [b]] = [await open(), await open()]
    a.update({ 'items♭': [{ _id: 'x', v: 0, w: 0 }] })
    await a.commit()
    await b.meld(a)
    a.updateObject('x', { v: 1, w: 0 })
    await a.commit({ author: 'Alice' })
    b.updateObject('x', { v: 0, w: 2 })
    await b.commit({ author: 'Bob' })
    await a.meld(b)
    await b.meld(a)
    return { a, b }
  }

  test('tell all sides, who wrote them, and what they had in common', async () => {
    const { a } = await disputed()
    const [{ object, winner, others, ancestor, merged }] = a.conflicts()
    expect(object).toBe('x')
    const sides = [winner, ...others]
    expect(sides.map(({ value, information }) => [information?.author, value]).sort()).toEqual([
      ['Alice', { v: 1, w: 0 }],
      ['Bob', { v: 0, w: 2 }],
    ])
    expect(winner.revision > others[0].revision).toBe(true)
    expect(ancestor?.value).toEqual({ v: 0, w: 0 })
    expect(merged).toBeUndefined()
  })

  test('are decided by name, for who commits here, or an author', async () => {
    for (const [strategy, author, expected] of [
      ['ours', undefined, 'Alice'],
      ['theirs', undefined, 'Bob'],
      ['ours', 'Alice', 'Alice'],
      ['theirs', 'Alice', 'Bob'],
    ] as const) {
      const { a } = await disputed()
      const [{ winner, others }] = a.conflicts()
      const side = [winner, ...others].find(({ information }) => information?.author === expected)!
      const [{ object, previous }] = a.resolve({ strategy, author })
      expect([object, previous]).toEqual(['x', winner.revision])
      expect(a.value('x')).toEqual(side.value)
      expect(a.conflicts()).toEqual([])
    }
  })

  test('are decided by a function: a side, a value, a deletion, an order, or not', async () => {
    const decided = async (choice: ConflictChoice | undefined): Promise<Replica> => {
      const { a, b } = await disputed()
      a.resolve({ strategy: () => choice })
      await a.commit()
      await b.meld(a)
      expect(sight(b)).toEqual(sight(a))
      return a
    }
    expect((await decided({ value: { v: 1, w: 2 } })).value('x')).toEqual({ v: 1, w: 2 })
    expect((await decided({ deleted: true })).value('x')).toBeUndefined()
    expect((await decided(undefined)).conflicts().length).toBe(1)
    await expect(decided({ revision: '1-nothing' })).rejects.toThrow(coded('revision-unknown'))
    await expect(decided({ value: [] as never })).rejects.toThrow(coded('value-invalid'))
    const [[a], [b]] = [await open(), await open()]
    a.update({ 'items♭': ['1'] })
    await a.commit()
    await b.meld(a)
    for (const [replica, item] of [
      [a, '2'],
      [b, '3'],
    ] as const) {
      replica.update({ 'items♭': ['1', item] })
      await replica.commit()
    }
    await a.meld(b)
    expect(new Set(a.conflicts()[0].merged)).toEqual(new Set(['!1', '!2', '!3']))
    expect(a.conflicts()[0].ancestor?.order).toEqual(['!1'])
    a.resolve({ strategy: () => ({ order: ['!9', '!1'] }) })
    expect(a.read()).toEqual({ _id: '√', 'items♭': ['9', '1'] })
  })

  test('that are none, and objects that are not there, are refused', async () => {
    const { a } = await disputed()
    expect(() => a.resolve({ object: '√' })).toThrow(coded('object-undisputed', { object: '√' }))
    expect(() => a.resolve({ object: 'nope' })).toThrow(coded('object-unknown', { object: 'nope' }))
    expect(() => a.resolve({ object: 'x', winner: a.history('x')[1] })).toThrow(coded('revision-unknown'))
    expect(() => a.history('nope')).toThrow(coded('object-unknown'))
    expect(() => a.value('x', '1-nothing')).toThrow(coded('revision-unknown'))
    expect(a.isStaged).toBe(false)
  })
})

describe('objects', () => {
  test('are changed one by one, lists by their descriptors', async () => {
    const [replica] = await open()
    replica.update({ 'items♭': [{ _id: 'x', v: 1 }] })
    await replica.commit()
    replica.updateObject('y', { v: 2 })
    replica.updateObject('^√@items♭', { A: ['y', 'x'] })
    expect(replica.read()).toEqual({
      _id: '√',
      'items♭': [
        { _id: 'y', v: 2 },
        { _id: 'x', v: 1 },
      ],
    })
    expect(replica.value('^√@items♭')).toEqual({ a: [['i', 0, ['y']]] })
    const winner = replica.winner('y')
    expect(replica.updateObject('y', { v: 2 })).toBe(winner)
    replica.removeObject('y')
    expect(replica.objects()).not.toContain('y')
    await replica.commit()
    expect(replica.deleteObject('x')).toMatch(/^2-d_/)
    expect(replica.deleteObject('x')).toBeUndefined()
    expect(replica.deleteObject('nope')).toBeUndefined()
  })

  test('that would be lost are refused, and nothing is staged', async () => {
    const [replica] = await open()
    for (const object of [{ '#': 'a long text' }, { '#': '41', v: 1 }, { '#': 'd' }, { '#': true }, { _id: 'x' }])
      expect(() => replica.updateObject('x', object), JSON.stringify(object)).toThrow(coded('document-malformed'))
    expect(() => replica.update({ 'items♭': [{ _id: 'x' }, { _id: 'y', '#': 'no code' }] })).toThrow(
      coded('document-malformed'),
    )
    for (const document of [
      [],
      1,
      null,
      'nope',
      '[]',
      { 'i♭': [{ _id: 1 }] },
      { 'i♭': [{ _id: '^x' }] },
      { n: Number.NaN },
    ])
      expect(() => replica.update(document)).toThrow(expect.objectContaining({ name: 'CodedError' }))
    for (const id of ['', 7, '\ud800'])
      expect(() => replica.updateObject(id as string, {})).toThrow(coded('value-invalid'))
    expect(replica.isStaged).toBe(false)
    replica.updateObject('x', { '#': '41' })
    await replica.commit()
    expect(replica.value('x')).toEqual({ '#': '41' })
  })
})

describe('a stage', () => {
  test('is replayed at another replica that has the same blocks', async () => {
    const [[a], [b]] = [await open(), await open()]
    a.update({ 'items♭': [{ _id: 'x', v: 1 }] })
    await a.commit()
    await b.meld(a)
    a.update('{"items♭":[{"_id":"y","v":1.0},{"_id":"x","v":18446744073709551615}]}')
    a.updateObject('x', { v: 3 })
    for (const stage of [a.stage(), a.stageText()]) {
      b.unstage()
      b.replay(stage)
      expect(sight(b)).toEqual(sight(a))
    }
    const [one, other] = [await a.commit(), await b.commit()]
    expect(one).toEqual(other)
  })

  test('that is none, was changed, or follows what is not here is refused', async () => {
    const [[a], [b]] = [await open(), await open()]
    a.update({ n: 1 })
    await a.commit()
    a.update({ n: 2 })
    const stage = a.stage() as { c: string[][]; o: Record<string, object> }
    const [digest] = Object.keys(stage.o)
    for (const bad of [
      [],
      { c: 1 },
      { c: [], o: [] },
      { ...stage, o: { [digest]: { n: 3 } } },
      { c: stage.c },
      stage, // its parent is not at b
    ])
      expect(() => b.replay(bad), JSON.stringify(bad)).toThrow(coded('stage-malformed'))
    for (const c of [[['x']], [['x', 1]], [['x', '2', 'd']], [['x', 'a b']], ['x']])
      expect(() => b.replay({ c })).toThrow(coded('block-malformed'))
    expect(b.isStaged).toBe(false)
  })
})

describe('changes', () => {
  test('are told by commits, refreshes and melds, to loops that are slow as one', async () => {
    const files: Files = new Map()
    const [[a], [b], [c]] = [await open(files), await open(files), await open()]
    const seen = a.watch()
    const next = seen.next()
    a.update({ n: 1 })
    const first = (await a.commit())!.id
    expect(await next).toEqual({ done: false, value: { blocks: [first], objects: ['√'] } })
    await b.refresh()
    b.updateObject('x', { v: 1 })
    const second = (await b.commit())!.id // a hears of it from the store
    expect((await seen.next()).value).toEqual({ blocks: [second], objects: ['x'] })
    for (const v of [2, 3]) {
      a.updateObject('x', { v })
      await a.commit()
    }
    const { value } = await seen.next()
    expect(value.blocks.length).toBe(2)
    expect(value.objects).toEqual(['x'])
    const all = c.watch()
    await c.meld(a)
    expect((await all.next()).value.objects).toEqual(['x', '√'])
    const last = seen.next()
    await a.close()
    expect(await last).toEqual({ done: true, value: undefined })
    await all.return!()
    expect((await all.next()).done).toBe(true)
  })

  test('end with the error of a refresh that failed', async () => {
    const files: Files = new Map()
    const [[a, store], [b]] = [await open(files), await open(files)]
    const next = a.watch().next()
    store.before = failWhen(operation => operation === 'read')
    b.update({ n: 1 })
    await b.commit()
    await expect(next).rejects.toThrow(coded('store-failed'))
    store.before = () => {}
    expect((await a.refresh()).blocks.length).toBe(1)
  })
})

describe('a closed replica', () => {
  test('refuses everything, and what was under way is done', async () => {
    const [replica, { files }] = await open()
    replica.update({ n: 1 })
    const committing = replica.commit()
    const closing = replica.close()
    await closing
    expect((await committing)?.id).toMatch(/^1-/)
    expect(files.size).toBe(2)
    for (const call of [() => replica.read(), () => replica.update({}), () => replica.unstage(), () => replica.watch()])
      expect(call).toThrow(coded('replica-closed'))
    for (const call of [
      () => replica.commit(),
      () => replica.refresh(),
      () => replica.reload(),
      () => replica.meld(replica),
    ])
      await expect(call()).rejects.toThrow(coded('replica-closed'))
    await replica.close()
  })
})

describe('input from anybody', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

  test('beyond the limits is set aside', async () => {
    const [replica, { files }] = await open()
    for (const n of [1, 2, 3]) {
      replica.update({ n, text: 'x'.repeat(1000) })
      await replica.commit()
    }
    const [long] = await open(files, { limits: { fileBytes: 500 } })
    expect(long.damaged().map(({ reason }) => reason)).toEqual(['limit', 'limit', 'limit'])
    const [much] = await open(files, { limits: { totalBytes: 2500 } })
    expect(much.damaged().length).toBeGreaterThan(0)
    const [many] = await open(files, { limits: { files: 2 } })
    expect(many.damaged().length).toBe(4)
    for (const limited of [long, much, many]) {
      // Each is looked at again, and there is still no room for it.
      const before = limited.damaged()
      await limited.refresh()
      expect(limited.damaged()).toEqual(before)
    }
  })

  test('that is named by its digest and is no block is set aside', async () => {
    const files: Files = new Map()
    const { createHash } = await import('node:crypto')
    const put = (text: string, kind: string, index = '1-'): void => {
      const content = bytes(text)
      const hash = createHash('sha256').update(content).digest('hex')
      files.set(kind === 'pack' ? `${hash}.pack` : `${index}${hash}.delta`, content)
    }
    const depth = 200_000
    for (const text of [
      '',
      'x',
      '[]',
      '{"c":1}',
      '{"p":["x"]}',
      '{"k":[1]}',
      '{"i":1}',
      '{"c":[["x"]]}',
      '{"c":[["x","y","z","a","b"]]}',
    ])
      put(text, 'delta')
    put('{"c":[["x","4294967295-d_0000000","d"]]}', 'delta')
    put('{"c":[["x","2-d","d"]]}', 'delta')
    put(`{"i":${'['.repeat(depth)}${']'.repeat(depth)}}`, 'delta')
    put('{"c":[]}', 'delta', '2-')
    put('[{"a":1', 'pack')
    const [replica] = await open(files)
    expect(replica.damaged().length).toBe(files.size)
    expect(new Set(replica.damaged().map(({ reason }) => reason))).toEqual(new Set(['malformed', 'index']))
  })

  test('in packs that is no JSON blocks the blocks that need it', async () => {
    const [replica, { files }] = await open()
    replica.update({ n: 1 })
    await replica.commit()
    const { createHash } = await import('node:crypto')
    const hash = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex')
    const pack = bytes(`[{nonsense},{"deep":${'['.repeat(300)}${']'.repeat(300)}}]`)
    files.set(`${hash(pack)}.pack`, pack)
    const digest = hash('{nonsense}')
    const delta = encodeDelta({
      records: [{ object: 'x', parent: undefined, digest }],
      information: undefined,
      packs: [hash(pack)],
      parents: replica.anchors,
    })
    files.set(`2-${hash(delta)}.delta`, delta)
    await replica.refresh()
    expect(replica.blocked()).toEqual([{ id: `2-${hash(delta)}`, blocks: [], packs: [], values: [digest] }])
    expect(replica.objects()).toEqual(['√'])
  })

  test('that marks the only version of an object as resolved hides it, until it is written again', async () => {
    const [replica, { files }] = await open()
    const object = { v: 1 }
    replica.update({ 'items♭': [{ _id: 'x', ...object }] })
    const { id } = (await replica.commit())!
    const { createHash } = await import('node:crypto')
    const records = ['x', '^√@items♭', '√'].map(each => ({ object: each, parent: replica.winner(each), digest: 'r' }))
    const delta = encodeDelta({ records, information: undefined, packs: [], parents: [id] })
    files.set(`2-${createHash('sha256').update(delta).digest('hex')}.delta`, delta)
    await replica.refresh()
    expect(() => replica.read()).toThrow(coded('root-missing'))
    expect(() => replica.winner('x')).toThrow(coded('object-unknown'))
    replica.update({ 'items♭': [{ _id: 'x', ...object }] })
    expect(replica.winner('x')).toMatch(/^3-/)
    await replica.commit()
    const [again] = await open(files)
    expect(again.read()).toEqual({ _id: '√', 'items♭': [{ _id: 'x', v: 1 }] })
    expect(again.conflicts()).toEqual([])
  })

  test('cannot set a prototype', async () => {
    const [replica, { files }] = await open()
    replica.update('{"__proto__":{"polluted":1},"items♭":[{"_id":"__proto__","constructor":2}]}')
    await replica.commit({ author: 'x' })
    const [again] = await open(files)
    expect(again.readText()).toBe(
      '{"__proto__":{"polluted":1},"_id":"√","items♭":[{"_id":"__proto__","constructor":2}]}',
    )
    expect(Object.hasOwn(again.read(), '__proto__')).toBe(true)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    expect(again.stage()).toBeUndefined()
    again.updateObject('__proto__', { v: 1 })
    expect(JSON.parse(JSON.stringify(again.stage())).c[0][0]).toBe('__proto__')
  })

  test('options that are none are refused', async () => {
    for (const options of [{ generation: 'A' }, { items: 'x' }, { exponents: 1 }, { braces: null }])
      await expect(Replica.open(new TestBlocks(), options as ReplicaOptions)).rejects.toThrow(coded('option-invalid'))
  })
})

test('signatures and indexes of blocks go with a meld, other strange files do not', async () => {
  const [a, { files }] = await open()
  a.update({ n: 1 })
  const { id } = (await a.commit())!
  const pack = [...files.keys()].find(name => name.endsWith('.pack'))!.slice(0, 64)
  files.set(`${id}.delta.${'ab'.repeat(32)}.sig`, new Uint8Array([1]))
  files.set(`${pack}.index`, new Uint8Array([2]))
  files.set(`${'0'.repeat(64)}.index`, new Uint8Array([3]))
  files.set('README.txt', new Uint8Array([4]))
  const [b, store] = await open()
  await b.meld(new TestBlocks(files))
  expect([...store.files.keys()].sort()).toEqual(
    [...files.keys()].filter(name => name !== 'README.txt' && !name.startsWith('000')).sort(),
  )
  expect(b.damaged()).toEqual([])
})
