/** Watched requests: what a change says, when it is told, and what it costs. */
import { describe, expect, it, vi } from 'vitest'
import type { Change, Clone, Solution } from '../../src/index.js'
import { Copy } from './watch-copy.js'
import { World } from './world.js'

const people = [
  { '@id': 'fred', name: 'Fred', age: 40, knows: { '@id': 'wilma' } },
  { '@id': 'wilma', name: 'Wilma', age: 35 },
]

async function opened() {
  const world = new World()
  const clone = await world.alone()
  await world.settle(clone.write(people))
  return { world, clone }
}

/** What is registered, for all requests together. */
const interests = (clone: Clone): number => {
  // biome-ignore lint/complexity/useLiteralKeys: what an app cannot ask for
  const queries = clone['watchers']['queries']
  // biome-ignore lint/complexity/useLiteralKeys: as above
  const { byProperty, anyProperty } = queries!['tools'].interests as unknown as {
    byProperty: Map<number, unknown>
    anyProperty: { isEmpty: boolean }
  }
  return byProperty.size + (anyProperty.isEmpty ? 0 : 1)
}

const names = { '@select': '?n', '@where': { '@id': '?s', name: '?n' } } as const

describe('a select', () => {
  it('is answered at once, then again in the turn of each change', async () => {
    const { clone } = await opened()
    const changes: Change<Solution>[] = []
    clone.watch(names, change => changes.push(change))
    expect(changes).toHaveLength(1)
    expect(Object.keys(changes[0])).toEqual(['@ticks', 'added', 'removed', 'changed'])
    expect(changes[0]).toMatchObject({ '@ticks': 1, removed: [], changed: [] })
    expect(changes[0].added.map(row => row['?n']).sort()).toEqual(['Fred', 'Wilma'])
    void clone.patch({ '@id': 'fred', name: 'Freddy' })
    expect(changes[1]).toEqual({ '@ticks': 2, added: [{ '?n': 'Freddy' }], removed: [{ '?n': 'Fred' }], changed: [] })
    expect(changes[1].answers).toBeUndefined()
  })

  it('is a multiset of rows', async () => {
    const { clone } = await opened()
    const copy = new Copy()
    clone.watch(names, change => copy.apply(change))
    void clone.write({ '@id': 'barney', name: 'Fred' })
    void clone.write({ '@id': 'betty', name: 'Fred' })
    expect(copy.last?.added).toEqual([{ '?n': 'Fred' }])
    void clone.delete('fred')
    expect(copy.last?.removed).toEqual([{ '?n': 'Fred' }])
    copy.expectSameAs(clone, names)
    void clone.patch({ '@id': 'betty', name: 'Fred', age: 1 })
    expect(copy.calls).toBe(4)
  })

  it('may name what is not there yet', async () => {
    const { clone } = await opened()
    const copy = new Copy()
    const request = { '@select': '?s', '@where': { '@id': '?s', 'likes-to': { '@id': 'swim' }, at: 'noon' } } as const
    clone.watch(request, change => copy.apply(change))
    void clone.write({ '@id': 'wilma', at: 'noon' })
    void clone.write({ '@id': 'wilma', 'likes-to': { '@id': 'swim' } })
    expect(copy.last?.added).toEqual([{ '?s': { '@id': 'wilma' } }])
  })

  it('does not take a computed term for another when the dictionary gets it', async () => {
    const { clone } = await opened()
    const copy = new Copy()
    const request = {
      '@select': '?greeting',
      '@where': [{ name: '?n' }, { '@bind': { '?greeting': { '@concat': ['Hello ', '?n'] } } }],
      '@distinct': true,
    } as const
    clone.watch(request, change => copy.apply(change))
    void clone.write({ '@id': 'wilma', says: 'Hello Fred' })
    void clone.write({ '@id': 'barney', name: 'Barney' })
    expect(copy.last).toMatchObject({ added: [{ '?greeting': 'Hello Barney' }], removed: [] })
  })

  it('with an order has the whole answer, and is told when only that changes', async () => {
    const { clone } = await opened()
    const changes: Change[] = []
    const request = {
      '@select': '?n',
      '@where': { name: '?n', age: '?a' },
      '@orderBy': { '@desc': '?a' },
      '@limit': 2,
    } as const
    clone.watch(request, change => changes.push(change))
    expect(changes[0].answers).toEqual([{ '?n': 'Fred' }, { '?n': 'Wilma' }])
    void clone.patch({ '@id': 'fred', age: 30 })
    expect(changes[1]).toMatchObject({ added: [], removed: [], changed: [] })
    expect(changes[1].answers).toEqual([{ '?n': 'Wilma' }, { '?n': 'Fred' }])
    void clone.patch({ '@id': 'wilma', age: 36 })
    expect(changes).toHaveLength(2)
  })

  it('keeps its context', async () => {
    const { clone } = await opened()
    const copy = new Copy()
    const request = {
      '@context': { who: 'http://board.example/#knows', '@base': 'http://board.example/' },
      '@select': '?o',
      '@where': { '@id': 'wilma', who: '?o' },
    } as const
    clone.watch(request, change => copy.apply(change))
    void clone.write({ '@id': 'wilma', knows: { '@id': 'fred' } })
    expect(copy.calls).toBe(2)
    copy.expectSameAs(clone, request)
  })
})

describe('a describe', () => {
  it('tells whole subjects, before and after', async () => {
    const { clone } = await opened()
    const changes: Change[] = []
    clone.watch({ '@describe': '?s', '@where': { '@id': '?s', age: { '@value': '?a', '@gt': 36 } } }, change =>
      changes.push(change),
    )
    const [fred, wilma] = people
    expect(changes[0].added).toEqual([fred])
    void clone.patch({ '@id': 'fred', name: 'Freddy' })
    expect(changes[1]).toMatchObject({ added: [], removed: [] })
    expect(changes[1].changed).toEqual([{ before: fred, after: { ...fred, name: 'Freddy' } }])
    void clone.patch({ '@id': 'wilma', age: 37 })
    expect(changes[2]).toMatchObject({ added: [{ ...wilma, age: 37 }], removed: [], changed: [] })
    void clone.patch({ '@id': 'fred', age: 3 })
    expect(changes[3]).toMatchObject({ added: [], removed: [{ ...fred, name: 'Freddy' }], changed: [] })
    void clone.patch({ '@id': 'fred', name: 'Fred' })
    expect(changes).toHaveLength(4)
  })

  it('of one subject, which comes, changes and goes', async () => {
    const { clone } = await opened()
    const changes: Change[] = []
    clone.watch({ '@describe': 'dino' }, change => changes.push(change))
    expect(changes[0].added).toEqual([])
    void clone.write({ '@id': 'dino', legs: 4 })
    void clone.patch({ '@id': 'dino', legs: 3 })
    void clone.delete('dino')
    expect(
      changes.slice(1).map(({ added, changed, removed }) => [added.length, changed.length, removed.length]),
    ).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
  })

  it('of some depth changes with what stands inside', async () => {
    const { clone } = await opened()
    const [one, two] = [new Copy(), new Copy()]
    clone.watch({ '@describe': 'fred' }, change => one.apply(change))
    clone.watch({ '@describe': 'fred', '@depth': 2 }, change => two.apply(change))
    void clone.patch({ '@id': 'wilma', age: 36 })
    expect([one.calls, two.calls]).toEqual([1, 2])
    void clone.delete('wilma')
    void clone.write({ '@id': 'wilma', age: 36 })
    expect([one.calls, two.calls]).toEqual([2, 3])
  })

  it('is watched no more when it cannot be given', { timeout: 20_000 }, async () => {
    const { clone } = await opened()
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    const copy = new Copy()
    const other = new Copy()
    clone.watch({ '@describe': 'n0', '@depth': 19 }, change => copy.apply(change))
    clone.watch({ '@describe': 'n0' }, change => other.apply(change))
    // Two in each of 18 layers, each with a reference to both of the next one.
    const layer = (i: number) => [{ '@id': `n${2 * i}` }, { '@id': `n${2 * i + 1}` }]
    void clone.write(Array.from({ length: 36 }, (_, i) => ({ '@id': `n${i}`, to: layer((i >> 1) + 1) })))
    void clone.write({ '@id': 'n0', size: 1 })
    expect([copy.calls, other.calls]).toEqual([1, 3])
    expect(report).toHaveBeenCalledTimes(1)
    report.mockRestore()
  })
})

it('a construct tells subjects by their identity, and those without one by what they are', async () => {
  const { clone } = await opened()
  const [named, unnamed] = [new Copy(), new Copy()]
  const where = { '@id': '?s', name: '?n' }
  clone.watch({ '@construct': { '@id': '?s', label: '?n' }, '@where': where }, change => named.apply(change))
  clone.watch({ '@construct': { label: '?n' }, '@where': where }, change => unnamed.apply(change))
  void clone.patch({ '@id': 'fred', name: 'Freddy' })
  expect(named.last?.changed).toEqual([
    { before: { '@id': 'fred', label: 'Fred' }, after: { '@id': 'fred', label: 'Freddy' } },
  ])
  expect(unnamed.last).toMatchObject({ added: [{ label: 'Freddy' }], removed: [{ label: 'Fred' }] })
})

describe('handlers', () => {
  it('that write get their own change afterwards, also in their first call', async () => {
    const { clone } = await opened()
    const told: string[] = []
    clone.watch(names, ({ '@ticks': ticks }) => {
      told.push(`a${ticks}`)
      if (ticks < 3) void clone.write({ '@id': `s${ticks}`, name: `${ticks}` })
      told.push(`a${ticks} end`)
    })
    expect(told).toEqual(['a1', 'a1 end', 'a2', 'a2 end', 'a3', 'a3 end'])
  })

  it('are called transaction by transaction, with followers', async () => {
    const { clone } = await opened()
    const told: string[] = []
    clone.follow(update => {
      told.push(`follow ${update['@ticks']}`)
      if (update['@ticks'] === 2) void clone.write({ '@id': 'y', name: 'Y' })
    })
    clone.watch(names, change => told.push(`watch ${change['@ticks']}`))
    clone.follow(update => told.push(`also ${update['@ticks']}`))
    void clone.write({ '@id': 'x', name: 'X' })
    expect(told.slice(1).map(text => text.at(-1))).toEqual(['2', '2', '2', '3', '3', '3'])
  })

  it('that throw are reported, and stop nobody', async () => {
    const { clone } = await opened()
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    const copy = new Copy()
    clone.watch(names, () => {
      throw new Error('no')
    })
    clone.watch(names, change => copy.apply(change))
    void clone.write({ '@id': 'x', name: 'X' })
    expect(copy.calls).toBe(2)
    expect(report).toHaveBeenCalledTimes(2)
    report.mockRestore()
  })

  it('are called no more once they are stopped, though something waits', async () => {
    const { clone } = await opened()
    const copy = new Copy()
    clone.follow(() => stop())
    const stop = clone.watch(names, change => copy.apply(change))
    const second = clone.watch(names, change => {
      if (change['@ticks'] > 1) stop()
    })
    void clone.write({ '@id': 'x', name: 'X' })
    void clone.write({ '@id': 'y', name: 'Y' })
    expect(copy.calls).toBeLessThan(3)
    second()
    expect(interests(clone)).toBe(0)
  })

  it('leave nothing behind, whatever they watched', async () => {
    const { clone } = await opened()
    const requests = [
      names,
      { '@describe': ['fred', 'nobody'], '@depth': 3 },
      { '@describe': '?s', '@where': { '@id': '?s', '?p': '?o' }, '@orderBy': '?o', '@limit': 1 },
      { '@construct': { '@id': '?s', '?p': '?o' } },
      { '@select': '*', '@where': [{ '@id': '?s' }, { '@optional': { '@id': '?s', '@list': { '0': '?i' } } }] },
    ]
    const stops = requests.map(request => clone.watch(request as typeof names, () => {}))
    void clone.write({ '@id': 'fred', knows: { '@id': 'nobody', '@list': ['a'] } })
    void clone.delete('fred')
    expect(interests(clone)).toBeGreaterThan(0)
    for (const stop of stops) stop()
    expect(interests(clone)).toBe(0)
  })
})

describe('one change', () => {
  it('is a batch, and what a draft commits', async () => {
    const { world, clone } = await opened()
    const copy = new Copy()
    clone.watch(names, change => copy.apply(change))
    void clone.batch(() => {
      void clone.write({ '@id': 'x', name: 'X' })
      void clone.patch({ '@id': 'x', name: 'XX' })
      void clone.delete('fred')
    })
    expect(copy.last).toMatchObject({ added: [{ '?n': 'XX' }], removed: [{ '?n': 'Fred' }] })
    await world.settle(
      clone.write(async draft => {
        draft.write({ '@id': 'y', name: 'Y' })
        await Promise.resolve()
        draft.delete('x')
      }),
    )
    expect(copy.last).toMatchObject({ added: [{ '?n': 'Y' }], removed: [{ '?n': 'XX' }] })
    expect(copy.calls).toBe(3)
  })

  it('is a rollback, and a state that is joined', async () => {
    const world = new World()
    const disk = world.disk()
    const first = await world.open()
    await world.settle(first.write(people))
    const clone = await world.open({ disk, genesis: false })
    const copy = new Copy()
    clone.watch(names, change => copy.apply(change))
    expect(copy.answers).toEqual([])
    await world.rest()
    expect(copy.calls).toBe(2)
    copy.expectSameAs(clone, names)
    disk.conditions.failing = true
    const lost = [clone.write({ '@id': 'x', name: 'X' }), clone.delete('fred')].map(each => each.catch(() => {}))
    expect(copy.answers.length).toBe(2)
    await world.settle(Promise.all(lost))
    expect(copy.last).toMatchObject({ added: [{ '?n': 'Fred' }], removed: [{ '?n': 'X' }] })
    expect(copy.calls).toBe(5)
  })
})

describe('a loop', () => {
  it('is given what has changed since it was last', async () => {
    const { clone } = await opened()
    const copy = new Copy()
    const changes = clone.watch(names)
    copy.apply((await changes.next()).value)
    void clone.write({ '@id': 'x', name: 'X' })
    void clone.patch({ '@id': 'x', name: 'Y' })
    void clone.delete('fred')
    const { value } = await changes.next()
    expect(value).toMatchObject({ '@ticks': 4, added: [{ '?n': 'Y' }], removed: [{ '?n': 'Fred' }], changed: [] })
    copy.apply(value)
    const next = changes.next()
    void clone.write({ '@id': 'fred', age: 1 })
    void clone.write({ '@id': 'fred', name: 'Fred' })
    copy.apply((await next).value)
    copy.expectSameAs(clone, names)
    await changes.return!()
    expect(interests(clone)).toBe(0)
    expect(await changes.next()).toEqual({ done: true, value: undefined })
  })

  it('gives nothing for what has come to nothing, and merges what became of a subject', async () => {
    const { clone } = await opened()
    const changes = clone.watch({ '@describe': ['fred', 'wilma'] })
    const [fred] = (await changes.next()).value.added
    const next = changes.next()
    void clone.patch({ '@id': 'wilma', age: 36 })
    void clone.patch({ '@id': 'wilma', age: 35 })
    void clone.patch({ '@id': 'fred', age: 41 })
    void clone.patch({ '@id': 'fred', age: 42 })
    await next
    void clone.patch({ '@id': 'fred', age: 43 })
    void clone.patch({ '@id': 'fred', age: 44 })
    const { value } = await changes.next()
    expect(value).toMatchObject({ added: [], removed: [] })
    expect(value.changed[0].after).toEqual({ ...fred, age: 44 })
    expect(value.changed).toHaveLength(1)
  })

  it('gives an empty answer, too, and ends with the clone', async () => {
    const { world, clone } = await opened()
    const seen: Change[] = []
    const loop = (async () => {
      for await (const change of clone.watch({ '@describe': 'nobody' })) seen.push(change)
    })()
    await Promise.resolve()
    await world.settle(clone.close())
    await loop
    expect(seen).toHaveLength(1)
    expect(() => clone.watch(names)).toThrow(expect.objectContaining({ code: 'clone-closed' }))
  })
})

it('what is not understood throws at the call, and leaves nothing', async () => {
  const { clone } = await opened()
  clone.watch(names, () => {})()
  // biome-ignore lint/complexity/useLiteralKeys: what an app cannot ask for
  const { terms } = clone['transactions'].graph
  const count = () => [terms.byteSize, terms.propertyCount]
  const before = count()
  const bad: unknown[] = [
    null,
    { '@select': '?x', '@where': { '@id': '?s', unheard: 'of' } },
    { '@describe': 'a b' },
    { '@describe': '?s', '@where': { '@id': '?s', unheard: 'of' }, '@limit': -1 },
    { '@construct': { '@id': '?s', unheard: '?x' }, '@where': { '@id': '?s', name: 'unheard' } },
    { '@select': '?s', '@where': { '@id': '?s' }, '@context': { '@bad': 1 } },
  ]
  for (const request of bad) {
    let code = ''
    try {
      clone.read(request as never)
    } catch (error) {
      code = (error as { code: string }).code
    }
    expect(code).not.toBe('')
    expect(() => clone.watch(request as never, () => {})).toThrow(expect.objectContaining({ code }))
  }
  expect(count()).toEqual(before)
  expect(interests(clone)).toBe(0)
})
