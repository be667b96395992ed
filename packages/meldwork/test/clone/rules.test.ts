/**
 * Rules at work in clones: what they refuse, what they hide when clones write concurrently, what is listed as a conflict and how it is settled; rules as
 * configuration and as data.
 */
import { describe, expect, it } from 'vitest'
import { type Clone, type CloneOptions, type Conflict, openClone, type Update } from '../../src/index.js'
import { domain, World } from './world.js'

async function pair(options: Partial<CloneOptions>, others: Partial<CloneOptions> = options) {
  const world = new World()
  const one = await world.open(options)
  const two = await world.open({ ...others, genesis: false })
  await world.pass(2_000)
  return { world, one, two }
}

type Pair = Awaited<ReturnType<typeof pair>>

/** Both write what they write without knowing of each other. */
async function apart({ world, one, two }: Pair, ...writes: [(clone: Clone) => unknown, (clone: Clone) => unknown]) {
  world.network.cut('t1', 't2')
  world.network.cut('t2', 't1')
  await world.pass(100)
  writes[0](one)
  await world.pass(50)
  writes[1](two)
  await world.pass(100)
  world.network.heal()
  await world.pass(20_000)
}

const single = { constraints: [{ '@type': 'single-valued', property: 'name' }] }

describe('a single-valued property', () => {
  it('shows the greatest of what was written concurrently, on all clones', async () => {
    const both = await pair(single)
    await apart(
      both,
      clone => clone.write({ '@id': 'fred', name: 'Flintstone' }),
      clone => clone.write({ '@id': 'fred', name: 'Fred' }),
    )
    for (const clone of [both.one, both.two]) {
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
      expect(clone.conflicts()).toMatchObject([
        {
          subject: 'fred',
          property: 'name',
          constraint: { '@type': 'single-valued' },
          winners: ['Fred'],
          candidates: [
            { value: 'Fred', visible: true },
            { value: 'Flintstone', visible: false },
          ],
          hidesSubject: false,
        },
      ])
    }
  })

  it('shows it with five clones at once, and to one that comes later', async () => {
    const world = new World()
    const clones = [await world.open(single)]
    for (let i = 1; i < 5; i++) clones.push(await world.open({ ...single, genesis: false }))
    await world.pass(5_000)
    const names = ['Flintstone', 'Bam-Bam', 'Fred', 'Barney', 'Dino']
    await world.settle(Promise.all(clones.map((clone, i) => clone.write({ '@id': 'fred', name: names[i] }))))
    await world.pass(60_000)
    const late = await world.open({ ...single, genesis: false })
    await world.pass(60_000)
    for (const clone of [...clones, late]) {
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
      expect(clone.conflicts()[0].candidates).toHaveLength(5)
      expect(Array.from(clone.liveQuads(), ({ object }) => object.value).sort()).toEqual([...names].sort())
      expect(Array.from(clone.quads(), ({ object }) => object.value)).toEqual(['Fred'])
    }
  })

  it('refuses a second of several writes of a batch or a draft, and with it all', async () => {
    const { world, one } = await pair(single)
    const twice = () => {
      one.write({ '@id': 'fred', name: 'Fred' }).catch(() => {})
      one.write({ '@id': 'fred', name: 'Freddy' }).catch(() => {})
    }
    const violated = { code: 'constraint-violated' }
    await expect(world.settle(one.batch(twice))).rejects.toMatchObject(violated)
    const draft = one.write(async draft => {
      draft.write({ '@id': 'fred', name: 'Fred' })
      draft.write({ '@id': 'fred', name: 'Freddy' })
    })
    await expect(world.settle(draft)).rejects.toMatchObject(violated)
    expect(one.stats()).toMatchObject({ liveTriples: 0, heads: 0 })
    await world.settle(one.write({ '@id': 'fred', name: 'Fred' }))
    expect(one.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
  })

  it('refuses a second value, and nothing has happened', async () => {
    const { world, one } = await pair(single)
    await world.settle(one.write({ '@id': 'fred', name: 'Fred', age: 40 }))
    const updates: Update[] = []
    one.follow(update => updates.push(update))
    const before = one.stats()
    await expect(world.settle(one.write({ '@id': 'fred', name: 'Freddy', age: 41 }))).rejects.toMatchObject({
      code: 'constraint-violated',
      message: expect.stringContaining('Multiple values for name of fred'),
      facts: { constraint: 'single-valued', subject: 'fred', property: 'name', values: [expect.any(String)] },
    })
    expect(updates).toEqual([])
    expect(one.stats().digest).toBe(before.digest)
    await world.settle(one.patch({ '@id': 'fred', name: 'Freddy' }))
    expect(one.get('fred')).toEqual({ '@id': 'fred', name: 'Freddy', age: 40 })
  })

  it('is settled by the next write, for good', async () => {
    const both = await pair(single)
    await apart(
      both,
      clone => clone.write({ '@id': 'fred', name: 'Flintstone' }),
      clone => clone.write({ '@id': 'fred', name: 'Fred' }),
    )
    await both.world.settle(both.one.write({ '@delete': { '@id': 'fred', name: 'Fred' } }))
    await both.world.pass(1_000)
    for (const clone of [both.one, both.two]) {
      expect(clone.get('fred')).toBeUndefined()
      expect(clone.conflicts()).toEqual([])
      expect(clone.stats().liveTriples).toBe(0)
    }
  })

  it('is settled by a choice, unless somebody was faster', async () => {
    const both = await pair(single)
    await apart(
      both,
      clone => clone.write({ '@id': 'fred', name: 'Flintstone' }),
      clone => clone.write({ '@id': 'fred', name: 'Fred' }),
    )
    const { world, one, two } = both
    const seen: (readonly Conflict[])[] = []
    two.watchConflicts(conflicts => seen.push(conflicts))
    const [conflict] = one.conflicts({ subject: 'fred', property: 'name', constraint: 'single-valued' })
    await world.settle(one.resolve(conflict, 'Flintstone'))
    await world.pass(1_000)
    for (const clone of [one, two]) {
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Flintstone' })
      expect(clone.conflicts()).toEqual([])
    }
    expect(seen.map(({ length }) => length)).toEqual([1, 0])
    await expect(world.settle(two.resolve(conflict, 'Fred'))).rejects.toMatchObject({
      code: 'conflict-outdated',
      facts: { subject: 'fred', property: 'name', resolved: true },
    })
  })
})

describe('conflicts', () => {
  it('are found by subject, property and type of rule, whatever the subject is called', async () => {
    const both = await pair({ constraints: [...single.constraints, { '@type': 'single-valued', property: 'age' }] })
    await apart(
      both,
      clone =>
        clone.write([
          { '@id': 'fred', name: 'Flintstone', age: 40 },
          { '@id': 'wilma', name: 'Wilma' },
        ]),
      clone =>
        clone.write([
          { '@id': 'fred', name: 'Fred', age: 41 },
          { '@id': 'wilma', name: 'Slaghoople' },
        ]),
    )
    const found = (filter?: Parameters<Clone['conflicts']>[0]) =>
      both.one.conflicts(filter).map(({ subject, property }) => `${subject} ${property}`)
    expect(found()).toEqual(['fred age', 'fred name', 'wilma name'])
    expect(found({ subject: 'fred' })).toEqual(['fred age', 'fred name'])
    expect(found({ subject: `http://${domain}/fred`, property: 'age' })).toEqual(['fred age'])
    expect(found({ property: 'name', constraint: 'single-valued' })).toEqual(['fred name', 'wilma name'])
    for (const none of [
      { subject: 'barney' },
      { subject: 'not an iri' },
      { subject: 'wilma', property: 'age' },
      { constraint: 'unique' },
    ])
      expect(found(none)).toEqual([])
  })

  it('of one turn are told once, and only when they have changed', async () => {
    const both = await pair(single)
    const { world, one } = both
    const seen: number[] = []
    const stop = one.watchConflicts(conflicts => seen.push(conflicts.length))
    await apart(
      both,
      clone => clone.write({ '@graph': Array.from({ length: 5 }, (_, i) => ({ '@id': `s${i}`, name: 'A' })) }),
      clone => {
        for (let i = 0; i < 5; i++) clone.write({ '@id': `s${i}`, name: 'B' })
      },
    )
    expect(seen).toEqual([0, 5])
    const conflicts = one.conflicts()
    void one.resolve(conflicts[0], 'A')
    void one.resolve(conflicts[1], 'A')
    await world.settle(one.write({ '@id': 'other', age: 1 }))
    expect(seen).toEqual([0, 5, 3])
    await world.settle(one.write({ '@id': 'other', age: 2 }))
    stop()
    await world.settle(one.resolve(conflicts[2], 'B'))
    await world.pass(100)
    expect(seen).toEqual([0, 5, 3])
  })
})

describe('a unique property', () => {
  const unique = { constraints: [{ '@type': 'unique', property: 'email', class: 'Person' }] }
  const person = (id: string, email: string) => ({ '@id': id, '@type': 'Person', email })

  it('is that of the first who claimed it', async () => {
    const both = await pair(unique)
    await apart(
      both,
      clone => clone.write(person('fred', 'a@b.example')),
      clone => clone.write(person('wilma', 'a@b.example')),
    )
    for (const clone of [both.one, both.two]) {
      expect(clone.get('fred')).toEqual(person('fred', 'a@b.example'))
      expect(clone.get('wilma')).toEqual({ '@id': 'wilma', '@type': 'Person' })
      expect(clone.conflicts()).toMatchObject([{ subject: 'wilma', property: 'email', winners: [] }])
    }
    await both.world.settle(both.one.delete('fred'))
    await both.world.pass(1_000)
    expect(both.two.get('wilma')).toEqual(person('wilma', 'a@b.example'))
    expect(both.two.conflicts()).toEqual([])
  })

  it('refuses what another has, and is free for other classes', async () => {
    const { world, one } = await pair(unique)
    await world.settle(one.write(person('fred', 'a@b.example')))
    await expect(world.settle(one.write(person('wilma', 'a@b.example')))).rejects.toMatchObject({
      code: 'constraint-violated',
      facts: { constraint: 'unique', subject: 'wilma', property: 'email', values: ['a@b.example'] },
    })
    await world.settle(one.write({ '@id': 'shop', '@type': 'Shop', email: 'a@b.example' }))
  })
})

describe('a required property', () => {
  const required = { constraints: [{ '@type': 'required', property: 'name', class: 'Person' }] }

  it('hides a subject that lacks it, and nothing of it is lost', async () => {
    const both = await pair(required)
    const { world, one, two } = both
    await world.settle(one.write({ '@id': 'fred', '@type': 'Person', name: 'Fred' }))
    await world.pass(1_000)
    await apart(
      both,
      clone => clone.delete('fred'),
      clone => clone.write({ '@id': 'fred', '@type': 'Person', age: 40 }),
    )
    for (const clone of [one, two]) {
      expect(clone.get('fred')).toBeUndefined()
      expect(clone.conflicts()).toMatchObject([{ subject: 'fred', property: 'name', hidesSubject: true }])
      expect(clone.stats().liveTriples).toBe(2)
    }
    await world.settle(two.write({ '@id': 'fred', name: 'Freddy' }))
    await world.pass(1_000)
    expect(one.get('fred')).toEqual({ '@id': 'fred', '@type': 'Person', name: 'Freddy', age: 40 })
  })

  it('is asked of a subject that is named, whatever is written of it first', async () => {
    const both = await pair({ constraints: [{ '@type': 'required', property: 'name', node: 'fred' }] })
    const { world, one, two } = both
    await expect(world.settle(one.write({ '@id': 'fred', age: 40 }))).rejects.toMatchObject({
      code: 'constraint-violated',
    })
    await world.settle(one.write({ '@id': 'fred', name: 'Fred' }))
    await world.pass(1_000)
    await apart(
      both,
      clone => clone.delete('fred'),
      clone => clone.write({ '@id': 'fred', age: 40 }),
    )
    for (const clone of [one, two]) expect([clone.get('fred'), clone.conflicts().length]).toEqual([undefined, 1])
  })

  it('cannot be taken away, and a subject without it cannot be made', async () => {
    const { world, one } = await pair(required)
    await expect(world.settle(one.write({ '@id': 'fred', '@type': 'Person', age: 40 }))).rejects.toMatchObject({
      code: 'constraint-violated',
      facts: { constraint: 'required', subject: 'fred', property: 'name' },
    })
    await world.settle(one.write({ '@id': 'fred', '@type': 'Person', name: 'Fred' }))
    await expect(world.settle(one.patch({ '@id': 'fred', name: null }))).rejects.toMatchObject({
      code: 'constraint-violated',
    })
    await world.settle(one.delete('fred'))
    expect(one.stats().liveTriples).toBe(0)
  })
})

describe('a reference', () => {
  const reference = { constraints: [{ '@type': 'reference', property: 'column', to: 'Column' }] }

  it('is hidden while what it refers to is not there', async () => {
    const both = await pair(reference)
    const { world, one, two } = both
    await world.settle(one.write({ '@id': 'todo', '@type': 'Column' }))
    await world.pass(1_000)
    await apart(
      both,
      clone => clone.delete('todo'),
      clone => clone.write({ '@id': 'card', '@type': 'Card', column: { '@id': 'todo' } }),
    )
    for (const clone of [one, two]) expect(clone.get('card')).toEqual({ '@id': 'card', '@type': 'Card' })
    await world.settle(one.write({ '@id': 'todo', '@type': 'Column' }))
    await world.pass(1_000)
    for (const clone of [one, two]) expect(clone.get('card')).toMatchObject({ column: { '@id': 'todo' } })
  })

  it('to nothing is refused', async () => {
    const { world, one } = await pair(reference)
    await expect(world.settle(one.write({ '@id': 'card', column: { '@id': 'todo' } }))).rejects.toMatchObject({
      code: 'constraint-violated',
      facts: { constraint: 'reference', subject: 'card', property: 'column', values: [{ '@id': 'todo' }] },
    })
  })
})

describe('a rule that is data', () => {
  it('comes with a state that others of the rules hide a part of: these are kept, too', async () => {
    const forgetful = { ...single, history: { operations: 0 } }
    const both = await pair(forgetful)
    await apart(
      both,
      clone => clone.write({ '@id': 'fred', name: 'Flintstone', age: [1, 2] }),
      clone => clone.write({ '@id': 'fred', name: 'Fred' }),
    )
    const { world, one, two } = both
    await world.settle(one.declare({ '@type': 'single-valued', property: 'age' }))
    await world.pass(60_000)
    const late = await world.open({ ...forgetful, genesis: false })
    await world.pass(60_000)
    for (const clone of [one, two, late]) {
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred', age: 2 })
      expect(clone.conflicts()).toHaveLength(2)
    }
  })

  it('comes with one operation that breaks another rule', async () => {
    const both = await pair(single)
    const age = { '@type': 'single-valued', property: 'age' }
    await apart(
      both,
      clone => clone.write({ '@id': 'fred', name: 'Flintstone' }),
      clone =>
        clone.batch(() => {
          clone.write({ '@id': 'fred', name: 'Fred' })
          clone.declare({ '@id': 'one-age', ...age })
        }),
    )
    for (const clone of [both.one, both.two]) {
      expect(clone.rules.inForce).toHaveLength(2)
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
      expect(clone.conflicts()).toHaveLength(1)
    }
  })

  it('is in force at every clone, and is tried before', async () => {
    const { world, one, two } = await pair({})
    await world.settle(one.write({ '@id': 'fred', name: ['Fred', 'Flintstone'] }))
    await world.pass(1_000)
    const rule = { '@type': 'single-valued', property: 'name' }
    const trial = await world.settle(one.declare(rule, { dryRun: true }))
    expect(trial).toMatchObject({ id: undefined, conflicts: [{ subject: 'fred', winners: ['Fred'] }] })
    expect(one.conflicts()).toEqual([])
    expect(one.get('fred', 'name')).toEqual({ '@id': 'fred', name: ['Flintstone', 'Fred'] })
    const { id, conflicts } = await world.settle(one.declare({ '@id': 'one-name', ...rule }))
    expect([id, conflicts.length]).toEqual(['one-name', 1])
    await world.pass(1_000)
    for (const clone of [one, two]) {
      expect(clone.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
      expect(clone.rules.inForce).toMatchObject([{ source: 'data', declaration: { '@type': 'single-valued' } }])
      expect(clone.status.value.rules).toEqual({ inForce: 1, notInForce: 0, failing: 0, differ: false })
      expect(clone.stats().liveTriples).toBe(5)
    }
    await world.settle(two.delete('one-name'))
    await world.pass(1_000)
    for (const clone of [one, two]) {
      expect(clone.get('fred', 'name')).toEqual({ '@id': 'fred', name: ['Flintstone', 'Fred'] })
      expect(clone.rules.inForce).toEqual([])
    }
  })
})

describe('clones with other rules', () => {
  it('say so, and have the same data', async () => {
    const { world, one, two } = await pair(single, {})
    expect([one, two].map(clone => clone.status.value.rules.differ)).toEqual([true, true])
    await world.settle(two.write({ '@id': 'fred', name: ['Fred', 'Flintstone'] }))
    await world.pass(1_000)
    expect(one.get('fred', 'name')).toEqual({ '@id': 'fred', name: 'Fred' })
    expect(two.get('fred', 'name')).toEqual({ '@id': 'fred', name: ['Flintstone', 'Fred'] })
    expect(one.stats().digest).toBe(two.stats().digest)
    expect(one.status.value.divergence).toBeUndefined()
  })
})

describe('a declaration', () => {
  it.each([
    [{ '@type': 'single-valud', property: 'name' }, 'constraint-unknown', /single-valud/],
    [{ '@type': 'single-valued' }, 'constraint-invalid', /property/],
    [{ '@type': 'single-valued', property: 'name', winer: 'least' }, 'constraint-invalid', /winer/],
    [{ '@type': 'required', property: 'name' }, 'constraint-invalid', /class/],
  ])('%o is refused', async (constraint, code, message) => {
    const world = new World()
    const options = {
      domain,
      store: world.disk(1).store(),
      environment: world.environment(),
      constraints: [constraint],
    }
    await expect(world.settle(openClone(options))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  it('that a later stratum would break is refused, or only reports', async () => {
    const world = new World()
    const refers = { '@type': 'reference', property: 'column', to: 'Column' }
    const required = { '@type': 'required', property: 'column', class: 'Card' }
    const open = (reportOnly: boolean) =>
      world.settle(
        openClone({
          domain,
          store: world.disk(1).store(),
          environment: world.environment(),
          constraints: [refers, { ...required, ...(reportOnly && { reportOnly }) }],
        }),
      )
    await expect(open(false)).rejects.toMatchObject({ code: 'constraint-invalid' })
    const clone = await open(true)
    await world.settle(clone.write({ '@id': 'card', '@type': 'Card' }))
    expect(clone.get('card')).toEqual({ '@id': 'card', '@type': 'Card' })
    expect(clone.report()).toMatchObject([{ subject: 'card', property: 'column', hidesSubject: true }])
    expect(clone.conflicts()).toEqual([])
  })
})

describe('a rule that contradicts another', () => {
  it.each([
    ['min-count', 1, 'max-count', 0],
    ['max-count', 0, 'min-count', 1],
  ])('is refused when it is declared: %s %i, then %s %i', async (first, one, second, other) => {
    const world = new World()
    const clone = await world.open()
    const about = { property: 'name', class: 'Person' }
    await world.settle(clone.declare({ '@type': first, ...about, count: one }))
    const declared = clone.declare({ '@type': second, ...about, count: other })
    await expect(world.settle(declared)).rejects.toMatchObject({ code: 'constraint-invalid', facts: { path: '$' } })
    expect(clone.rules).toMatchObject({ inForce: [{ declaration: { '@type': first } }], notInForce: [] })
  })
})
