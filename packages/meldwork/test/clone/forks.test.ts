/**
 * A running machine that was cloned: two clones write under one id. It is noticed when they meet, by whoever does, shown in the status, and what both
 * wrote survives. Simulated by two clones over copies of one store whose environments give the same random bytes.
 */
import { describe, expect, it } from 'vitest'
import type { Clone } from '../../src/index.js'
import type { Environment } from '../../src/ports/index.js'
import type { SimulatedTransport } from '../../src/testkit/simulated-network.js'
import { contents, World } from './world.js'

interface Fork {
  readonly world: World
  readonly clones: { a: Clone; b: Clone; c: Clone }
  readonly cables: { a: SimulatedTransport; b: SimulatedTransport; c: SimulatedTransport }
}

/** Draws the given id first, when asked for something as long. */
function withId(environment: Environment, id: Uint8Array): Environment {
  let next: Uint8Array | undefined = id
  return {
    now: () => environment.now(),
    schedule: (callback, delayMs) => environment.schedule(callback, delayMs),
    random: length => {
      if (length !== id.length || next === undefined) return environment.random(length)
      const given = next
      next = undefined
      return given
    },
  }
}

/** Two clones that will write under one id, and a third; none of them connected. */
async function forked(): Promise<Fork> {
  const world = new World()
  const disk = world.disk()
  const origin = await world.alone({ disk })
  await world.settle(
    origin.write([
      { '@id': 'old', name: 'Old' },
      { '@id': 'both', name: 'Both' },
    ]),
  )
  await world.settle(origin.close())
  const id = world.chance.bytes(8)
  const open = async (name: string, isFork: boolean) => {
    const own = world.disk()
    own.restore(disk.image())
    const transport = world.network.transport(name)
    transport.connect(false)
    const environment = isFork ? withId(world.environment(), id) : world.environment()
    return [await world.open({ disk: own, transport, environment }), transport] as const
  }
  const [[a, cableA], [b, cableB], [c, cableC]] = [await open('a', true), await open('b', true), await open('c', false)]
  return { world, clones: { a, b, c }, cables: { a: cableA, b: cableB, c: cableC } }
}

type Name = 'a' | 'b' | 'c'
type Step = readonly [Name, (clone: Clone) => Promise<unknown>] | readonly ['connect' | 'disconnect', ...Name[]]

const write = (name: Name, id: string, value: string): Step => [name, clone => clone.write({ '@id': id, name: value })]
const both = (value: string): Step[] => [write('a', 'shared', value), write('b', 'shared', value)]

/** What must be there in the end, as `subject value`; and what must not. */
const histories: [string, Step[], string[], string[]][] = [
  ['one write each', [write('a', 'x', 'A'), write('b', 'y', 'B')], ['x A', 'y B'], []],
  ['one write each, of the same property', [write('a', 'x', 'A'), write('b', 'x', 'B')], ['x A', 'x B'], []],
  [
    'the same prefix, then one each',
    [...both('S'), write('a', 'x', 'A'), write('b', 'x', 'B')],
    ['shared S', 'x A', 'x B'],
    [],
  ],
  [
    'more on one side than on the other',
    [write('a', 'x', 'A1'), write('a', 'x', 'A2'), write('a', 'y', 'A3'), write('b', 'x', 'B1')],
    ['x A1', 'x A2', 'y A3', 'x B1'],
    [],
  ],
  [
    'more on the other',
    [write('b', 'x', 'B1'), write('b', 'x', 'B2'), write('b', 'y', 'B3'), write('a', 'x', 'A1')],
    ['x B1', 'x B2', 'y B3', 'x A1'],
    [],
  ],
  [
    'several each',
    [...both('S'), ...[1, 2, 3].flatMap(i => [write('a', 'x', `A${i}`), write('b', 'x', `B${i}`)])],
    ['shared S', 'x A1', 'x A2', 'x A3', 'x B1', 'x B2', 'x B3'],
    [],
  ],
  [
    'a third that knows one of them first',
    [
      write('a', 'x', 'A1'),
      write('a', 'x', 'A2'),
      ['connect', 'a', 'c'],
      ['disconnect', 'a'],
      write('b', 'x', 'B1'),
      ['connect', 'b'],
    ],
    ['x A1', 'x A2', 'x B1'],
    [],
  ],
  [
    'a third that knows both, one after the other',
    [
      write('a', 'x', 'A1'),
      ['connect', 'a', 'c'],
      ['disconnect', 'a'],
      write('b', 'x', 'B1'),
      write('b', 'x', 'B2'),
      ['connect', 'b'],
      ['disconnect', 'b'],
    ],
    ['x A1', 'x B1', 'x B2'],
    [],
  ],
  [
    'deletes on both sides',
    [
      ['a', clone => clone.delete('old')],
      ['b', clone => clone.write({ '@delete': { '@id': 'both', name: '?' }, '@insert': { '@id': 'x', name: 'B' } })],
      write('a', 'x', 'A'),
    ],
    ['x A', 'x B'],
    ['old', 'both'],
  ],
  [
    'writes that go on after they have met',
    [
      write('a', 'x', 'A1'),
      write('b', 'x', 'B1'),
      ['connect', 'a', 'b', 'c'],
      write('a', 'y', 'A2'),
      write('b', 'y', 'B2'),
      write('c', 'y', 'C'),
    ],
    ['x A1', 'x B1', 'y A2', 'y B2', 'y C'],
    [],
  ],
]

describe('two clones that write under one id', () => {
  it.each(histories)('%s', async (_name, steps, present, absent) => {
    const { world, clones, cables } = await forked()
    for (const [what, ...rest] of steps) {
      if (what === 'connect' || what === 'disconnect') {
        for (const name of rest as Name[]) cables[name].connect(what === 'connect')
        await world.pass(3000)
      } else await world.settle((rest[0] as (clone: Clone) => Promise<unknown>)(clones[what]))
    }
    for (const cable of Object.values(cables)) cable.connect(true)
    await world.pass(700_000)
    const all = Object.values(clones)
    const shown = all.map(clone =>
      contents(clone).map(line => line.replace(/^http:\/\/board.example\/(\S+) \S+ "(.*)"$/, '$1 $2')),
    )
    for (const lines of shown) {
      expect(lines).toEqual(shown[0])
      expect(lines).toEqual(expect.arrayContaining(present))
      for (const id of absent) expect(lines.filter(line => line.startsWith(`${id} `))).toEqual([])
    }
    expect(new Set(all.map(clone => clone.stats().digest)).size).toBe(1)
    expect(clones.a.status.value.forks + clones.b.status.value.forks).toBeGreaterThan(0)
    for (const { status } of all)
      expect(status.value).toMatchObject({ outdated: false, unsent: 0, divergence: undefined, waiting: { count: 0 } })
    for (const clone of all) await world.settle(clone.close())
  })
})
