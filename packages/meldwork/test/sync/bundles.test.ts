/** Operations that go together go as bundles: what was missed, and what was written in one turn. Whatever is wrong with one costs its sender. */
import { describe, expect, it } from 'vitest'
import { Writer } from '../../src/codec/index.js'
import type { Clone } from '../../src/index.js'
import { bundleOperations } from '../../src/operation/index.js'
import { MessageType } from '../../src/sync/envelope.js'
import { AnswerEnd, readOperations, writeOperations } from '../../src/sync/messages.js'
import { Puppet, payloadOf, World } from '../clone/world.js'
import { Tap } from './tap.js'

const operationsOf = (tap: Tap) => tap.messages.filter(({ type }) => type === 'operations').map(({ bytes }) => bytes)
const operationsIn = (bytes: Uint8Array) => readOperations(payloadOf(bytes)).operations
const size = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0)

async function writeEach(world: World, clone: Clone, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.settle(clone.write({ '@id': `obj${i * 7}`, name: `Object ${i}`, count: i }))
    await world.pass(3)
  }
}

describe('a bundle', () => {
  it('brings what was missed, in less than a third of the bytes', async () => {
    const world = new World(3)
    const tap = new Tap()
    const disk = world.disk()
    const one = await world.open({ transport: tap.on(world.network.transport('one')) })
    const first = await world.open({ disk })
    await world.pass(2000)
    await world.settle(first.close())
    await writeEach(world, one, 300)
    tap.clear()
    const again = await world.open({ disk })
    await world.pass(2000)
    expect(again.stats().digest).toBe(one.stats().digest)
    expect(again.get('obj70')).toMatchObject({ name: 'Object 10', count: 10 })
    const messages = operationsOf(tap)
    const operations = messages.flatMap(operationsIn)
    expect(operations.length).toBe(300)
    expect(size(messages)).toBeLessThan(size(operations) / 3)
    for (const clone of [one, again]) await world.settle(clone.close())
  })

  it('carries what was written in one turn', async () => {
    const world = new World(4)
    const tap = new Tap()
    const [one, two] = [await world.open({ transport: tap.on(world.network.transport('one')) }), await world.open()]
    await world.pass(2000)
    tap.clear()
    await world.settle(Promise.all(Array.from({ length: 100 }, (_, i) => one.write({ '@id': `s${i}`, n: i }))))
    await world.pass(1000)
    expect(two.stats().digest).toBe(one.stats().digest)
    const messages = operationsOf(tap)
    expect(messages.length).toBeLessThan(10)
    expect(messages.flatMap(operationsIn).length).toBe(100)
    expect(size(messages)).toBeLessThan(size(messages.flatMap(operationsIn)) / 3)
    for (const clone of [one, two]) await world.settle(clone.close())
  })

  it('that is damaged is refused whole, and its sender left alone', async () => {
    const world = new World(5)
    const source = new Tap()
    const one = await world.open({ transport: source.on(world.network.transport('one')) })
    const two = await world.open()
    await world.pass(2000)
    source.clear()
    await world.settle(Promise.all(Array.from({ length: 20 }, (_, i) => one.write({ '@id': `s${i}`, n: i }))))
    const operations = operationsOf(source).flatMap(operationsIn)
    const bundle = bundleOperations(operations)!.slice()
    const puppet = new Puppet()
    const three = await world.open({ transport: puppet })
    puppet.meet('p')
    const say = (bytes: Uint8Array) =>
      puppet.say('p', MessageType.operations, writer => {
        writer.varint(0)
        writer.uint8(0)
        writer.raw(bytes)
      })
    const damaged = bundle.slice()
    damaged[damaged.length - 2] ^= 1
    say(damaged)
    say(bundle.subarray(0, bundle.length - 1))
    say(new Uint8Array(0))
    await world.pass(100)
    expect(three.stats().subjects).toBe(0)
    expect(three.status.value.refused).toEqual({ malformed: 3, foreign: 0, newer: 0 })
    say(bundle)
    await world.pass(100)
    expect(three.stats().digest).toBe(one.stats().digest)
    for (const clone of [one, two, three]) await world.settle(clone.close())
  })

  it('is made of four, and of no fewer; of none when it is not shorter', () => {
    const firstByte = (operations: Uint8Array[]) => {
      const writer = new Writer()
      writeOperations(writer, { request: 0, end: AnswerEnd.all, operations })
      return writer.bytes[1]
    }
    const alike = Array.from({ length: 4 }, () =>
      Uint8Array.of(1, 8, 1, 9, 1, 0, 0, 0, 200, 1, ...new Uint8Array(100), 14, 98, 4),
    )
    expect(firstByte(alike)).toBe(0)
    expect(firstByte(alike.slice(1))).toBe(alike[0].length)
    const strange = Array.from({ length: 4 }, (_, i) => Uint8Array.of(3, i, i * 77))
    expect(firstByte(strange)).toBe(3)
  })
})
