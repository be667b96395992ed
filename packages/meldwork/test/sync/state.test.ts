/**
 * The state of a domain on its way to a clone that lacks too much: it comes compressed where both can, goes on where it was interrupted, by whomever it is then
 * given, is not joined when it is damaged, and nothing waits for it.
 */
import { describe, expect, it } from 'vitest'
import type { Clone } from '../../src/index.js'
import type { Environment, Transport } from '../../src/ports/index.js'
import { platformEnvironment } from '../../src/ports/index.js'
import { readStateItem } from '../../src/sync/messages.js'
import { contents, payloadOf, World } from '../clone/world.js'
import { Tap, type TypeName } from './tap.js'

const subjects = 2000

/** A clone whose journal does not reach back: whoever is new needs its state, of some 30 items. */
async function origin(world: World, transport: Transport, environment?: Environment): Promise<Clone> {
  const clone = await world.open({ transport, history: { operations: 0 }, ...(environment && { environment }) })
  const fill = () => {
    for (let i = 0; i < subjects; i++)
      clone.write({ '@id': `s${i}`, name: `Subject ${i}`, text: noise(i, 1600), age: i % 90 })
  }
  await world.settle(clone.batch(fill))
  // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
  await world.settle(clone['checkpoints'].write())
  expect(clone.stats().journalOperations).toBe(0)
  return clone
}

/** Text that does not repeat itself. */
function noise(seed: number, length: number): string {
  let text = ''
  for (let state = seed + 1; text.length < length; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    text += (state >>> 8).toString(36)
  }
  return text
}

/** Loses what this clone gets, from when it has had so many items of states. */
function cutting(world: World, name: string, after: number) {
  const transport = world.network.transport(name)
  let items = 0
  const cutter = (type: TypeName, bytes: Uint8Array) => {
    if (type === 'stateItem' && ++items === after) {
      transport.connect(false)
      return undefined
    }
    return bytes
  }
  return { transport, cutter }
}

const itemsIn = (tap: Tap) =>
  tap.messages.filter(({ type }) => type === 'stateItem').map(({ bytes }) => readStateItem(payloadOf(bytes)))

describe('a state', () => {
  it('comes compressed, and each item once', async () => {
    const world = new World()
    const tap = new Tap()
    const first = await origin(world, tap.on(world.network.transport('a')))
    const second = await world.open({ genesis: false })
    await world.rest()
    expect(contents(second)).toEqual(contents(first))
    const items = itemsIn(tap)
    expect(items.length).toBeGreaterThan(20)
    expect(items.every(({ deflated }) => deflated)).toBe(true)
    expect(new Set(items.map(({ index }) => index)).size).toBe(items.length)
  })

  it('comes as it is where one of the two cannot compress', async () => {
    for (const plainSide of ['giver', 'taker']) {
      const world = new World()
      const tap = new Tap()
      const plain = Object.assign(world.environment(), { deflate: undefined, inflate: undefined })
      const first = await origin(world, tap.on(world.network.transport('a')), plainSide === 'giver' ? plain : undefined)
      const second = await world.open({ genesis: false, ...(plainSide === 'taker' && { environment: plain }) })
      await world.rest()
      expect(contents(second)).toEqual(contents(first))
      expect(itemsIn(tap).some(({ deflated }) => deflated)).toBe(false)
    }
  })

  it.each([1, 3, 11, 20])('that is interrupted at its item %i goes on there', async after => {
    const world = new World()
    const tap = new Tap()
    const { transport, cutter } = cutting(world, 'a', after)
    const first = await origin(world, tap.on(transport, cutter))
    const second = await world.open({ genesis: false })
    await world.rest()
    expect(second.status.value.outdated).toBe(true)
    expect(second.stats().triples).toBe(0)
    // Both go on meanwhile.
    second.write({ '@id': 'second', name: 'meanwhile' })
    first.write({ '@id': 'first', name: 'meanwhile' })
    await world.rest()
    transport.connect(true)
    await world.rest()
    expect(contents(second)).toEqual(contents(first))
    expect(first.get('second')).toBeDefined()
    const items = itemsIn(tap)
    const total = new Set(items.map(({ index }) => index)).size
    // What was under way is lost, and nothing else.
    expect(items.length - total).toBeLessThanOrEqual(16)
    if (after > 16) expect(items.length - total).toBeLessThan(after)
  })

  it('is given to the end by another clone when the first one goes away for ever', async () => {
    const world = new World()
    const { transport, cutter } = cutting(world, 'a', 40)
    const tap = new Tap()
    const first = await origin(world, tap.on(transport, cutter))
    const cable = world.network.transport('third')
    const third = await world.open({ genesis: false, transport: cable })
    await world.rest()
    expect(contents(third)).toEqual(contents(first))
    cable.connect(false)
    const second = await world.open({ genesis: false })
    await world.rest()
    expect(itemsIn(tap).length).toBeGreaterThanOrEqual(40)
    expect(second.stats().triples).toBe(0)
    await world.settle(first.close())
    cable.connect(true)
    await world.rest()
    expect(contents(second)).toEqual(contents(third))
    expect(second.status.value).toMatchObject({ outdated: false, peers: 1 })
  })

  it('with a damaged item is not joined; it is asked for again, and then it is', async () => {
    const world = new World()
    const tap = new Tap()
    let damaged = 0
    const transport = tap.on(world.network.transport('a'), (type, bytes) => {
      if (type !== 'stateItem' || damaged > 0) return bytes
      damaged++
      return bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 64 : byte))
    })
    const first = await origin(world, transport)
    const second = await world.open({ genesis: false })
    await world.rest()
    expect(second.status.value.refused.malformed).toBe(1)
    expect(second.stats().triples).toBe(0)
    await world.pass(20_000)
    expect(contents(second)).toEqual(contents(first))
  })

  it('comes through a network that loses much', async () => {
    const world = new World(7)
    const first = await origin(world, world.network.transport('a'))
    world.network.conditions.loss = 0.2
    const second = await world.open({ genesis: false })
    await world.pass(120_000)
    expect(contents(second)).toEqual(contents(first))
  })

  it('tells how far it has come', async () => {
    const world = new World()
    const first = await origin(world, world.network.transport('a'))
    const second = await world.open({ genesis: false })
    const seen: number[] = []
    second.status.follow(({ catchingUp }) => {
      if (catchingUp !== undefined) seen.push(catchingUp.received / catchingUp.total)
    })
    await world.rest()
    expect(seen.length).toBeGreaterThan(5)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(second.status.value).toMatchObject({ catchingUp: undefined, outdated: false })
    expect(first.stats().digest).toBe(second.stats().digest)
  })
})

describe('compression of the platform', () => {
  const { deflate, inflate } = platformEnvironment
  const text = new TextEncoder().encode('so it goes '.repeat(1000))

  it('gives back what it was given', async () => {
    const small = await deflate!(text)
    expect(small.length).toBeLessThan(200)
    expect(await inflate!(small, text.length)).toEqual(text)
    expect(await inflate!(await deflate!(new Uint8Array(0)), 0)).toEqual(new Uint8Array(0))
  })

  it('refuses what is longer than was said, and what is damaged', async () => {
    const small = await deflate!(text)
    await expect(inflate!(small, text.length - 1)).rejects.toThrow(RangeError)
    await expect(inflate!(small.subarray(0, 20), text.length)).rejects.toThrow()
    await expect(
      inflate!(
        small.map(byte => byte ^ 0xff),
        text.length,
      ),
    ).rejects.toThrow()
  })

  it('does not take the memory that a hostile message asks for', async () => {
    const bomb = await deflate!(new Uint8Array(200 * 1024 * 1024))
    const before = process.memoryUsage().rss
    await expect(inflate!(bomb, 40_000)).rejects.toThrow(RangeError)
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024)
  })
})
