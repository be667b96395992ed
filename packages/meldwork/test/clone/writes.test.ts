/** What each kind of write does, and that one which is refused has done nothing. */
import { describe, expect, it } from 'vitest'
import { observedStride } from '../../src/graph/index.js'
import type { Clone, Update, UpdateRequest, Write } from '../../src/index.js'
import { contents, World } from './world.js'

async function board(seed: Write, options = {}) {
  const world = new World()
  const clone = await world.alone(options)
  await world.settle(clone.write(seed))
  const updates: Update[] = []
  clone.follow(update => updates.push(update))
  return { world, clone, updates }
}

const family = [
  {
    '@id': 'fred',
    '@type': 'Person',
    name: ['Fred', 'Freddy'],
    age: 40,
    knows: [{ '@id': 'wilma' }, { '@id': 'barney' }],
  },
  { '@id': 'wilma', name: 'Wilma', knows: { '@id': 'fred' } },
  { '@id': 'barney', name: 'Barney', knows: { '@id': 'fred' }, boss: { '@id': 'fred' } },
]

describe('a write that is refused', () => {
  const bad: [string, string, (clone: Clone) => Promise<unknown>][] = [
    ['no object', 'value-invalid', clone => clone.write('fred' as never)],
    ['an unknown keyword', 'pattern-unsupported', clone => clone.write({ '@id': 'fred', '@lits': [] } as never)],
    ['a malformed @id', 'iri-malformed', clone => clone.write({ '@id': 'a b', name: 'x' })],
    [
      'a bad second subject',
      'value-invalid',
      clone =>
        clone.write([
          { '@id': 'new', name: 'x' },
          { '@id': 'fred', name: Number.NaN },
        ]),
    ],
    [
      'a variable that stands nowhere',
      'pattern-invalid',
      clone => clone.write({ '@where': { '@id': '?s' }, '@delete': { '@id': '?t' } }),
    ],
    [
      'an @insert after a @delete',
      'value-invalid',
      clone => clone.write({ '@delete': { '@id': 'fred', name: '?' }, '@insert': { '@id': 'fred', name: Number.NaN } }),
    ],
    [
      'a variable in an @insert that has no value',
      'pattern-invalid',
      clone => clone.write({ '@delete': { '@id': 'fred', name: '?n' }, '@insert': { '@id': 'fred', nick: '?m' } }),
    ],
    ['an update that changes nothing', 'pattern-invalid', clone => clone.write({ '@delete': undefined } as never)],
    ['a @delete without @id', 'pattern-invalid', clone => clone.write({ '@delete': { name: '?' } })],
    ['a patch of no object', 'value-invalid', clone => clone.patch('x' as never)],
    ['a patch without @id', 'pattern-invalid', clone => clone.patch({ name: 'x' } as never)],
    [
      'a patch whose last value is bad',
      'value-invalid',
      clone => clone.patch({ '@id': 'fred', name: 'x', age: Number.NaN }),
    ],
    ['a put without @id', 'pattern-invalid', clone => clone.put({ name: 'x' } as never)],
    [
      'a put whose last value is bad',
      'value-invalid',
      clone => clone.put({ '@id': 'fred', name: 'x', age: Number.NaN }),
    ],
    ['a delete of a malformed id', 'iri-malformed', clone => clone.delete('a b')],
    [
      'quads of which one is bad',
      'pattern-unsupported',
      clone => clone.insertQuads([...clone.quads(), { subject: { termType: 'Literal' } } as never]),
    ],
  ]
  it.each(bad)('%s: says %s, and leaves everything as it was', async (_name, code, write) => {
    const { world, clone, updates } = await board(family)
    const before = contents(clone)
    const stats = clone.stats()
    const refused = write(clone)
    await expect(refused).rejects.toMatchObject({ code })
    await world.rest()
    expect(contents(clone)).toEqual(before)
    expect({ ...clone.stats(), memoryBytes: 0 }).toEqual({ ...stats, memoryBytes: 0 })
    expect(clone.status.value.ticks).toBe(1)
    expect(updates).toEqual([])
    // The next one is as if it had not been.
    await world.settle(clone.write({ '@id': 'next', name: 'N' }))
    expect(updates).toHaveLength(1)
    expect(updates[0]['@insert']).toEqual([{ '@id': 'next', name: 'N' }])
  })
})

describe('write', () => {
  it('inserts beside what is there, and gives ids to subjects without', async () => {
    const { world, clone, updates } = await board(family)
    const { ids, ticks } = await world.settle(
      clone.write([
        { name: 'one', child: { name: 'two' } },
        { '@id': 'fred', name: 'Third' },
      ]),
    )
    expect(ids).toHaveLength(2)
    expect(ticks).toBe(2)
    expect(clone.get(ids[0])).toEqual({ '@id': ids[0], name: 'one', child: { '@id': ids[1] } })
    expect(clone.get(ids[1])).toEqual({ '@id': ids[1], name: 'two' })
    expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: ['Fred', 'Freddy', 'Third'] })
    expect(updates).toHaveLength(1)
  })

  it('of what is there already changes nothing that is visible, and keeps it from a concurrent delete', async () => {
    const { world, clone, updates } = await board({ '@id': 'fred', name: 'Fred' })
    const again = await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
    expect(again.ticks).toBe(2)
    expect(updates).toEqual([])
    expect(clone.stats()).toMatchObject({ triples: 1, liveTriples: 1 })
    // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
    const { graph } = clone['transactions']
    expect(graph.observed(graph.terms.iri('fred', false), -1, [])).toBe(observedStride)
  })

  it('of nothing is no operation', async () => {
    const { world, clone } = await board(family)
    expect(await world.settle(clone.write([]))).toEqual({ ticks: 1, ids: [] })
    expect(await world.settle(clone.write({ '@id': 'fred' }))).toEqual({ ticks: 1, ids: [] })
    expect(await world.settle(clone.delete('nobody'))).toEqual({ ticks: 1, ids: [] })
    expect(clone.stats().journalOperations).toBe(1)
  })

  it.each([
    ['one value', { '@id': 'fred', name: 'Fred' }, ['fred.name.Fred']],
    ['any value', { '@id': 'fred', name: '?' }, ['fred.name.Fred', 'fred.name.Freddy']],
    ['a value that is not there', { '@id': 'fred', name: 'Else' }, []],
    ['an unknown property', { '@id': 'fred', unheard: '?' }, []],
    [
      'several properties, of which one has no match',
      { '@id': 'fred', name: '?n', unheard: '?u' },
      ['fred.name.Fred', 'fred.name.Freddy'],
    ],
    ['a type', { '@id': 'fred', '@type': '?' }, ['fred.@type.Person']],
    ['any property', { '@id': 'wilma', '?p': '?v' }, ['wilma.name.Wilma', 'wilma.knows.fred']],
    ['a value of any subject', { '@id': '?s', knows: { '@id': 'fred' } }, ['wilma.knows.fred', 'barney.knows.fred']],
    [
      'what two patterns share',
      [
        { '@id': '?s', boss: { '@id': '?b' } },
        { '@id': '?s', knows: { '@id': '?b' } },
      ],
      ['barney.boss.fred', 'barney.knows.fred'],
    ],
    ['a nested pattern', { '@id': '?s', boss: { '@id': '?b', age: '?a' } }, ['barney.boss.fred', 'fred.age.40']],
    ['a whole subject', { '@id': 'wilma' }, ['wilma.name.Wilma', 'wilma.knows.fred', 'fred.knows.wilma']],
    [
      'a whole subject beside a value',
      [{ '@id': 'wilma' }, { '@id': 'fred', age: 40 }],
      ['wilma.name.Wilma', 'wilma.knows.fred', 'fred.knows.wilma', 'fred.age.40'],
    ],
  ])('deletes %s', async (_name, pattern, gone) => {
    const { world, clone, updates } = await board(family)
    const before = lines(clone)
    await world.settle(clone.write({ '@delete': pattern } as UpdateRequest))
    expect(lines(clone)).toEqual(before.filter(line => !(gone as readonly string[]).includes(line)))
    expect(before.filter(line => !lines(clone).includes(line))).toHaveLength(gone.length)
    expect(updates).toHaveLength(gone.length === 0 ? 0 : 1)
  })

  it('deletes everything when it is told to', async () => {
    const { world, clone } = await board(family)
    await world.settle(clone.write({ '@delete': { '@id': '?s' } }))
    expect(contents(clone)).toEqual([])
  })

  it('deletes and inserts in one: what is in both stays', async () => {
    const { world, clone, updates } = await board(family)
    await world.settle(
      clone.write({ '@delete': { '@id': 'fred', name: '?' }, '@insert': { '@id': 'fred', name: ['Freddy', 'F'] } }),
    )
    expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: ['F', 'Freddy'] })
    expect(updates).toHaveLength(1)
    expect(updates[0]['@delete']).toEqual([{ '@id': 'fred', name: 'Fred' }])
    expect(updates[0]['@insert']).toEqual([{ '@id': 'fred', name: 'F' }])
  })
})

/** All triples as `subject.property.value`, in the order of the family. */
function lines(clone: Clone): string[] {
  const all: string[] = []
  for (const subject of clone.read({ '@describe': '?s', '@where': { '@id': '?s', '?p': '?o' } }))
    for (const [key, value] of Object.entries(subject))
      if (key !== '@id')
        for (const item of Array.isArray(value) ? value : [value])
          all.push(`${subject['@id']}.${key}.${typeof item === 'object' ? (item as { '@id': string })['@id'] : item}`)
  return all.sort()
}

describe('patch', () => {
  it('replaces what these properties had, and leaves the others', async () => {
    const { world, clone, updates } = await board(family)
    await world.settle(clone.patch({ '@id': 'fred', name: 'F', age: null, '@type': [], knows: { '@id': 'wilma' } }))
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'F', knows: { '@id': 'wilma' } })
    expect(updates).toHaveLength(1)
    expect(updates[0]['@delete']).toEqual([
      { '@id': 'fred', '@type': 'Person', name: ['Fred', 'Freddy'], age: 40, knows: { '@id': 'barney' } },
    ])
    expect(updates[0]['@insert']).toEqual([{ '@id': 'fred', name: 'F' }])
  })

  it('inserts what a nested subject has, and does not replace in it', async () => {
    const { world, clone } = await board(family)
    await world.settle(clone.patch({ '@id': 'fred', knows: { '@id': 'wilma', name: 'W' } }))
    expect(clone.get('fred', 'knows')).toEqual({ '@id': 'fred', knows: { '@id': 'wilma' } })
    expect(clone.get('wilma', 'name')).toEqual({ '@id': 'wilma', name: ['W', 'Wilma'] })
  })

  it('of a subject that is not there inserts it', async () => {
    const { world, clone } = await board(family)
    await world.settle(clone.patch({ '@id': 'pebbles', name: 'P' }))
    expect(clone.get('pebbles')).toEqual({ '@id': 'pebbles', name: 'P' })
  })
})

describe('put', () => {
  it('replaces the subject, and leaves references to it', async () => {
    const { world, clone, updates } = await board(family)
    await world.settle(clone.put({ '@id': 'fred', name: ['Fred', 'F'] }))
    expect(clone.get('fred')).toEqual({ '@id': 'fred', name: ['F', 'Fred'] })
    expect(clone.get('wilma')).toEqual({ '@id': 'wilma', name: 'Wilma', knows: { '@id': 'fred' } })
    expect(updates).toHaveLength(1)
  })

  it('of what is there is no visible change', async () => {
    const { world, clone, updates } = await board(family)
    await world.settle(clone.put({ '@id': 'wilma', name: 'Wilma', knows: { '@id': 'fred' } }))
    expect(updates).toEqual([])
  })

  it('knows its id by another name, too, when the context gives it one', async () => {
    const { world, clone } = await board(family, { context: { id: '@id', '@vocab': '#' } })
    await world.settle(clone.put({ id: 'wilma', name: 'W' } as never))
    expect(clone.get('wilma')).toEqual({ id: 'wilma', name: 'W' })
  })

  it('with an id alone empties the subject', async () => {
    const { world, clone } = await board(family)
    await world.settle(clone.put({ '@id': 'wilma' }))
    expect(clone.get('wilma')).toBeUndefined()
    expect(clone.get('fred', 'knows')?.knows).toEqual([{ '@id': 'barney' }, { '@id': 'wilma' }])
  })
})

describe('a triple that two have written concurrently', () => {
  it('is gone when it has been deleted once', async () => {
    const world = new World()
    const transports = ['a', 'b'].map(name => world.network.transport(name))
    for (const transport of transports) transport.connect(false)
    const [a, b] = [await world.open({ transport: transports[0] }), await world.open({ transport: transports[1] })]
    for (const clone of [a, b])
      await world.settle(clone.write({ '@id': 'fred', name: ['Fred', 'F'], knows: { '@id': 'w' } }))
    for (const transport of transports) transport.connect(true)
    await world.pass(5000)
    await world.settle(a.write({ '@delete': { '@id': 'fred', name: 'Fred' } }))
    await world.settle(b.delete('w'))
    await world.pass(5000)
    for (const clone of [a, b]) {
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'F' })
      await world.settle(clone.close())
    }
  })
})

describe('delete', () => {
  it('takes the subject, and every reference to it, in one update', async () => {
    const { world, clone, updates } = await board(family)
    await world.settle(clone.delete('fred'))
    expect(clone.get('fred')).toBeUndefined()
    expect(clone.get('wilma')).toEqual({ '@id': 'wilma', name: 'Wilma' })
    expect(clone.get('barney')).toEqual({ '@id': 'barney', name: 'Barney' })
    expect(updates).toHaveLength(1)
    expect(updates[0]['@insert']).toEqual([])
    expect(updates[0]['@delete']).toHaveLength(3)
  })

  it('of a subject that is only referred to takes the references', async () => {
    const { world, clone } = await board([{ '@id': 'a', to: { '@id': 'nowhere' }, name: 'A' }])
    await world.settle(clone.delete('nowhere'))
    expect(clone.get('a')).toEqual({ '@id': 'a', name: 'A' })
  })

  it('of a subject that refers to itself takes it once', async () => {
    const { world, clone } = await board([{ '@id': 'a', to: { '@id': 'a' }, name: 'A' }])
    await world.settle(clone.delete('a'))
    expect(contents(clone)).toEqual([])
  })

  it('spares what was written concurrently', async () => {
    const world = new World()
    const a = await world.open()
    const transport = world.network.transport('b')
    const b = await world.open({ transport })
    await world.settle(a.write(family))
    await world.rest()
    transport.connect(false)
    await world.rest()
    await world.settle(a.delete('fred'))
    await world.settle(
      b.write([
        { '@id': 'fred', name: 'Late' },
        { '@id': 'wilma', loves: { '@id': 'fred' } },
      ]),
    )
    transport.connect(true)
    await world.pass(5000)
    for (const clone of [a, b]) {
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Late' })
      expect(clone.get('wilma')).toEqual({ '@id': 'wilma', name: 'Wilma', loves: { '@id': 'fred' } })
    }
    await world.settle(Promise.all([a.close(), b.close()]))
  })
})
