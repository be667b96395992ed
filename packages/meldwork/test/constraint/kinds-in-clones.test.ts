/**
 * Each type of rules that ships, in two clones that write concurrently: what everyone sees, and what the next write does. These are the rows of the tables in
 * docs/rules.md, by name.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { shippedKinds } from '../../src/constraint/index.js'
import { inferenceKinds } from '../../src/constraint/inference-kinds.js'
import { inputKinds } from '../../src/constraint/input-kinds.js'
import type { Clone, CloneOptions } from '../../src/index.js'
import { World } from '../clone/world.js'

type Write = (clone: Clone) => Promise<unknown>
type Subject = Record<string, unknown>
/** What is seen of subjects, by id. */
type Seen = Record<string, Subject | undefined>

interface Row {
  readonly type: string
  /** The name of the test: `type name`. */
  readonly name: string
  readonly constraint: Subject
  readonly before?: Subject
  readonly one: Write
  readonly two: Write
  readonly seen: Seen
  /** Subject, property, winners. */
  readonly conflicts: readonly (readonly [string, string, readonly unknown[]])[]
  readonly refused?: Write
  readonly next: Write
  readonly afterwards: Seen
}

const id = (iri: string) => ({ '@id': iri })
const text = (language: string, value: string) => ({ '@language': language, '@value': value })
const write =
  (subject: Subject): Write =>
  clone =>
    clone.write(subject as never)
const patch =
  (subject: Subject): Write =>
  clone =>
    clone.patch(subject as never)
const remove =
  (subject: Subject): Write =>
  clone =>
    clone.write({ '@delete': subject } as never)

/** One gives a subject its class, while the other writes values under which one is that the class does not allow. */
function valueRow(type: string, parameters: Subject, good: unknown, bad: unknown, better: unknown): Row {
  const x = (p: unknown) => ({ '@id': 'x', '@type': 'C', p })
  return {
    type,
    name: 'hides a value that came while the subject got its class',
    constraint: { '@type': type, property: 'p', class: 'C', ...parameters },
    one: write({ '@id': 'x', '@type': 'C' }),
    two: write({ '@id': 'x', p: [good, bad] }),
    seen: { x: x(good) },
    conflicts: [['x', 'p', [good]]],
    refused: write({ '@id': 'y', '@type': 'C', p: bad }),
    next: patch({ '@id': 'x', p: better }),
    afterwards: { x: x(better) },
  }
}

const dateTime = (value: string) => ({ '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': value })
const either = (property: string) => ({ '@type': 'required', property })

const rows: readonly Row[] = [
  valueRow('in', { values: ['todo', 'done'] }, 'todo', 'maybe', 'done'),
  valueRow('datatype', { datatype: 'integer' }, 1, '1', 2),
  valueRow('node-kind', { kind: 'iri' }, id('fred'), 'fred', id('wilma')),
  valueRow(
    'language-in',
    { languages: ['en', 'de'] },
    text('en-gb', 'Colour'),
    text('fr', 'Couleur'),
    text('de', 'Farbe'),
  ),
  valueRow('pattern', { pattern: '^[A-Z]{2}$' }, 'AB', 'abc', 'CD'),
  valueRow('min-inclusive', { value: 18 }, 18, 17, 19),
  valueRow('max-inclusive', { value: 18 }, 18, 18.5, 17),
  valueRow(
    'min-exclusive',
    { value: dateTime('2024-01-01T00:00:00Z') },
    dateTime('2024-01-01T00:00:01Z'),
    dateTime('2024-01-01T00:00:00Z'),
    dateTime('2025-01-01T00:00:00Z'),
  ),
  valueRow('max-exclusive', { value: 'n' }, 'm', 'n', 'a'),
  valueRow('min-length', { length: 2 }, '😀😀', '😀', 'ab'),
  valueRow('max-length', { length: 2 }, 'ab', 'abc', 'a'),
  valueRow(
    'and',
    {
      of: [
        { '@type': 'datatype', datatype: 'integer' },
        { '@type': 'min-inclusive', value: 1 },
      ],
    },
    1,
    0,
    2,
  ),
  valueRow(
    'or',
    {
      of: [
        { '@type': 'datatype', datatype: 'integer' },
        { '@type': 'in', values: ['none'] },
      ],
    },
    'none',
    'many',
    2,
  ),
  valueRow('not', { of: [{ '@type': 'in', values: ['admin'] }] }, 'fred', 'admin', 'wilma'),
  valueRow(
    'xone',
    {
      of: [
        { '@type': 'min-inclusive', value: 1 },
        { '@type': 'in', values: [7] },
      ],
    },
    6,
    7,
    5,
  ),
  {
    type: 'closed',
    name: 'hides a property that came while the subject got its class',
    constraint: { '@type': 'closed', properties: ['name'], class: 'C' },
    one: write({ '@id': 'x', '@type': 'C' }),
    two: write({ '@id': 'x', name: 'Fred', nick: 'Freddy' }),
    seen: { x: { '@id': 'x', '@type': 'C', name: 'Fred' } },
    conflicts: [['x', 'nick', []]],
    refused: write({ '@id': 'x', nick: 'Fredo' }),
    next: patch({ '@id': 'x', nick: null }),
    afterwards: { x: { '@id': 'x', '@type': 'C', name: 'Fred' } },
  },
  ...(
    [
      ['greatest', {}, 'todo'],
      ['least', {}, 'doing'],
      ['latest', {}, 'doing'],
      ['order', { order: ['done', 'doing', 'todo'] }, 'doing'],
    ] as const
  ).map(([winner, parameters, seen]): Row => {
    const loser = seen === 'todo' ? 'doing' : 'todo'
    return {
      type: 'single-valued',
      name: `shows the ${winner === 'order' ? 'first of an order' : winner} of what came concurrently`,
      constraint: { '@type': 'single-valued', property: 'p', winner, ...parameters },
      one: write({ '@id': 'x', p: 'todo' }),
      two: write({ '@id': 'x', p: 'doing' }),
      seen: { x: { '@id': 'x', p: seen } },
      conflicts: [['x', 'p', [seen]]],
      refused: write({ '@id': 'y', p: ['todo', 'doing'] }),
      next: patch({ '@id': 'x', p: loser }),
      afterwards: { x: { '@id': 'x', p: loser } },
    }
  }),
  {
    type: 'max-count',
    name: 'shows the greatest of what came concurrently',
    constraint: { '@type': 'max-count', property: 'p', count: 2 },
    one: write({ '@id': 'x', p: [1, 2] }),
    two: write({ '@id': 'x', p: 3 }),
    seen: { x: { '@id': 'x', p: [2, 3] } },
    conflicts: [['x', 'p', [2, 3]]],
    refused: write({ '@id': 'x', p: 4 }),
    next: remove({ '@id': 'x', p: 3 }),
    afterwards: { x: { '@id': 'x', p: 2 } },
  },
  {
    type: 'unique-lang',
    name: 'shows one text of each language',
    constraint: { '@type': 'unique-lang', property: 'p' },
    one: write({ '@id': 'x', p: [text('en', 'Color'), text('de', 'Farbe')] }),
    two: write({ '@id': 'x', p: text('en', 'Colour') }),
    seen: { x: { '@id': 'x', p: [text('de', 'Farbe'), text('en', 'Colour')] } },
    conflicts: [['x', 'p', [text('de', 'Farbe'), text('en', 'Colour')]]],
    refused: write({ '@id': 'x', p: text('de', 'Kolorit') }),
    next: write({ '@id': 'x', p: text('fr', 'Couleur') }),
    afterwards: { x: { '@id': 'x', p: [text('de', 'Farbe'), text('en', 'Colour'), text('fr', 'Couleur')] } },
  },
  {
    type: 'disjoint',
    name: 'hides a value that the other property got',
    constraint: { '@type': 'disjoint', property: 'member', with: 'banned' },
    one: write({ '@id': 'x', member: id('fred') }),
    two: write({ '@id': 'x', banned: id('fred') }),
    seen: { x: { '@id': 'x', banned: id('fred') } },
    conflicts: [['x', 'member', []]],
    refused: write({ '@id': 'x', member: id('fred') }),
    next: patch({ '@id': 'x', banned: null }),
    afterwards: { x: { '@id': 'x', member: id('fred') } },
  },
  {
    type: 'equals',
    name: 'hides a value that the other property has lost',
    constraint: { '@type': 'equals', property: 'p', with: 'q' },
    before: { '@id': 'x', p: 1, q: 1 },
    one: patch({ '@id': 'x', p: null, q: null }),
    two: write({ '@id': 'x', p: 1, name: 'Fred' }),
    seen: { x: { '@id': 'x', name: 'Fred' } },
    conflicts: [['x', 'p', []]],
    refused: write({ '@id': 'x', p: 2 }),
    next: write({ '@id': 'x', q: 1 }),
    afterwards: { x: { '@id': 'x', name: 'Fred', p: 1, q: 1 } },
  },
  {
    type: 'less-than',
    name: 'hides a value that the other property has passed',
    constraint: { '@type': 'less-than', property: 'start', than: 'end' },
    before: { '@id': 'x', start: 1, end: 10 },
    one: patch({ '@id': 'x', start: 5 }),
    two: patch({ '@id': 'x', end: 5 }),
    seen: { x: { '@id': 'x', end: 5 } },
    conflicts: [['x', 'start', []]],
    refused: patch({ '@id': 'x', start: 7 }),
    next: patch({ '@id': 'x', start: 4 }),
    afterwards: { x: { '@id': 'x', start: 4, end: 5 } },
  },
  {
    type: 'less-than-or-equals',
    name: 'hides a value that the other property has passed',
    constraint: { '@type': 'less-than-or-equals', property: 'start', than: 'end' },
    before: { '@id': 'x', start: 1, end: 10 },
    one: patch({ '@id': 'x', start: 6 }),
    two: patch({ '@id': 'x', end: 5 }),
    seen: { x: { '@id': 'x', end: 5 } },
    conflicts: [['x', 'start', []]],
    refused: patch({ '@id': 'x', start: 7 }),
    next: patch({ '@id': 'x', end: 6 }),
    afterwards: { x: { '@id': 'x', start: 6, end: 6 } },
  },
  {
    type: 'unique',
    name: 'leaves a key to the first who claimed it',
    constraint: { '@type': 'unique', property: 'email' },
    one: write({ '@id': 'fred', name: 'Fred', email: 'a@b.example' }),
    two: write({ '@id': 'wilma', name: 'Wilma', email: 'a@b.example' }),
    seen: { fred: { '@id': 'fred', name: 'Fred', email: 'a@b.example' }, wilma: { '@id': 'wilma', name: 'Wilma' } },
    conflicts: [['wilma', 'email', []]],
    refused: write({ '@id': 'barney', email: 'a@b.example' }),
    next: patch({ '@id': 'wilma', email: 'c@b.example' }),
    afterwards: { wilma: { '@id': 'wilma', name: 'Wilma', email: 'c@b.example' } },
  },
  {
    type: 'required',
    name: 'hides a subject that was deleted while somebody wrote to it',
    constraint: { '@type': 'required', property: 'name', class: 'C' },
    before: { '@id': 'x', '@type': 'C', name: 'Fred' },
    one: clone => clone.delete('x'),
    two: write({ '@id': 'x', '@type': 'C', age: 40 }),
    seen: { x: undefined },
    conflicts: [['x', 'name', []]],
    refused: write({ '@id': 'y', '@type': 'C', age: 40 }),
    next: write({ '@id': 'x', name: 'Freddy' }),
    afterwards: { x: { '@id': 'x', '@type': 'C', name: 'Freddy', age: 40 } },
  },
  {
    type: 'min-count',
    name: 'hides a subject of which each took a value',
    constraint: { '@type': 'min-count', property: 'p', count: 2, class: 'C' },
    before: { '@id': 'x', '@type': 'C', p: [1, 2, 3] },
    one: remove({ '@id': 'x', p: 1 }),
    two: remove({ '@id': 'x', p: 2 }),
    seen: { x: undefined },
    conflicts: [['x', 'p', []]],
    refused: write({ '@id': 'y', '@type': 'C', p: 1 }),
    next: write({ '@id': 'x', p: 4 }),
    afterwards: { x: { '@id': 'x', '@type': 'C', p: [3, 4] } },
  },
  {
    type: 'has-value',
    name: 'hides a subject that was deleted while somebody wrote to it',
    constraint: { '@type': 'has-value', property: 'p', value: 'x', class: 'C' },
    before: { '@id': 'x', '@type': 'C', p: 'x' },
    one: clone => clone.delete('x'),
    two: write({ '@id': 'x', '@type': 'C', p: 'y' }),
    seen: { x: undefined },
    conflicts: [['x', 'p', []]],
    refused: write({ '@id': 'y', '@type': 'C', p: 'y' }),
    next: write({ '@id': 'x', p: 'x' }),
    afterwards: { x: { '@id': 'x', '@type': 'C', p: ['x', 'y'] } },
  },
  {
    type: 'or',
    name: 'of properties hides a subject of which each took one',
    constraint: { '@type': 'or', class: 'C', of: [either('email'), either('phone')] },
    before: { '@id': 'x', '@type': 'C', email: 'a@b.example', phone: '123' },
    one: patch({ '@id': 'x', email: null }),
    two: patch({ '@id': 'x', phone: null }),
    seen: { x: undefined },
    conflicts: [['x', 'email', []]],
    refused: write({ '@id': 'y', '@type': 'C', name: 'Fred' }),
    next: write({ '@id': 'x', phone: '456' }),
    afterwards: { x: { '@id': 'x', '@type': 'C', phone: '456' } },
  },
  {
    type: 'xone',
    name: 'of properties hides a subject to which each gave one',
    constraint: { '@type': 'xone', class: 'C', of: [either('email'), either('phone')] },
    one: write({ '@id': 'x', '@type': 'C', email: 'a@b.example' }),
    two: write({ '@id': 'x', '@type': 'C', phone: '123' }),
    seen: { x: undefined },
    conflicts: [['x', 'email', []]],
    refused: write({ '@id': 'y', '@type': 'C', email: 'a@b.example', phone: '123' }),
    next: patch({ '@id': 'x', email: null }),
    afterwards: { x: { '@id': 'x', '@type': 'C', phone: '123' } },
  },
  {
    type: 'reference',
    name: 'hides what leads to a subject that was deleted',
    constraint: { '@type': 'reference', property: 'column', to: 'Column' },
    before: { '@id': 'todo', '@type': 'Column' },
    one: clone => clone.delete('todo'),
    two: write({ '@id': 'card', title: 'Hello', column: id('todo') }),
    seen: { card: { '@id': 'card', title: 'Hello' }, todo: undefined },
    conflicts: [['card', 'column', []]],
    refused: write({ '@id': 'other', column: id('todo') }),
    next: write({ '@id': 'todo', '@type': 'Column' }),
    afterwards: { card: { '@id': 'card', title: 'Hello', column: id('todo') } },
  },
]

const byJson = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
const sorted = (subject: Subject | undefined) =>
  subject &&
  Object.fromEntries(Object.entries(subject).map(([name, of]) => [name, Array.isArray(of) ? of.toSorted(byJson) : of]))

describe('concurrently', () => {
  it.each(rows.map(row => [`${row.type} ${row.name}`, row] as const))('%s', async (_, row) => {
    const world = new World()
    const options: Partial<CloneOptions> = { constraints: [row.constraint as never] }
    const clones = [await world.open(options), await world.open({ ...options, genesis: false })]
    await world.pass(2_000)
    if (row.before !== undefined) await world.settle(write(row.before)(clones[0]))
    await world.pass(1_000)
    const both = (seen: Seen) => {
      for (const clone of clones)
        for (const [subject, expected] of Object.entries(seen))
          expect([subject, sorted(clone.get(subject))]).toEqual([subject, sorted(expected)])
    }

    world.network.cut('t1', 't2')
    world.network.cut('t2', 't1')
    await world.pass(100)
    await world.settle(row.one(clones[0]))
    await world.pass(50)
    await world.settle(row.two(clones[1]))
    world.network.heal()
    await world.pass(20_000)

    both(row.seen)
    for (const clone of clones)
      expect(
        clone.conflicts().map(({ subject, property, winners, constraint }) => {
          expect(constraint['@type']).toBe(row.type)
          return [subject, property, winners.toSorted(byJson)]
        }),
      ).toEqual(row.conflicts.map(([subject, property, winners]) => [subject, property, winners.toSorted(byJson)]))
    expect(clones[1].stats().digest).toBe(clones[0].stats().digest)

    if (row.refused !== undefined)
      await expect(world.settle(row.refused(clones[0]))).rejects.toMatchObject({
        code: 'constraint-violated',
        facts: { constraint: row.type },
      })
    both(row.seen)
    await world.settle(row.next(clones[0]))
    await world.pass(2_000)
    both(row.afterwards)
    for (const clone of clones) expect(clone.conflicts()).toEqual([])
  })
})

const page = readFileSync(new URL('../../../../docs/rules.md', import.meta.url), 'utf8')

/** Those that hide nothing are in `clone/inference`. */
const elsewhere = [...inferenceKinds, ...inputKinds]
const here = shippedKinds.filter(kind => !elsewhere.includes(kind))

test.each(here.map(({ type }) => type))('docs/rules.md has a row of %s that names its tests', type => {
  const row = page.split('\n').find(line => line.startsWith(`| \`${type}\` |`))
  const names = rows.filter(row => row.type === type).map(({ name }) => name)
  expect(names.length).toBeGreaterThan(0)
  for (const name of names) expect(row).toContain(name)
})
