/**
 * What comes from the network and cannot be used costs its sender, never the receiver: garbage, truncated, foreign and newer messages are counted, and
 * nothing else happens; a peer that does not answer, or with rubbish, is left alone and another one is asked.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Writer } from '../../src/codec/index.js'
import type { Clone } from '../../src/index.js'
import { encodeHeader } from '../../src/operation/index.js'
import { channelOf } from '../../src/sync/channel.js'
import { MessageType, protocolVersion } from '../../src/sync/envelope.js'
import {
  AnswerEnd,
  readFetch,
  readRequest,
  type StateOffer,
  writeFetch,
  writeFragment,
  writeHello,
  writeOperations,
  writeRequest,
  writeStateItem,
  writeStateOffer,
} from '../../src/sync/messages.js'
import { contents, message, Puppet, payloadOf, World } from '../clone/world.js'

afterEach(() => vi.restoreAllMocks())

const replica = (...bytes: number[]) => Uint8Array.of(...bytes, 0, 0, 0, 0, 0, 0, 0, 0).subarray(0, 8)

/** What somebody says who has something else, and more. */
const other = { keeps: false, covered: 1000, vectorDigest: [1, 2], stateDigest: [1, 2, 3, 4] } as const

/** A hello of that one. */
const otherHello = (writer: Writer, isNew = false) => writeHello(writer, { ...other, reply: false, isNew })

/** An operation with a body given as bytes. */
function operation(author: Uint8Array, first: number, count: number, body: (writer: Writer) => void): Uint8Array {
  const writer = new Writer(256)
  encodeHeader(writer, author, first, count, 0, [], 1024 * 1_700_000_000_000)
  body(writer)
  return writer.take()
}

async function harness() {
  const world = new World()
  const puppet = new Puppet()
  const clone = await world.open({ transport: puppet })
  await world.settle(clone.write({ '@id': 'fred', name: 'Fred' }))
  puppet.meet('p1', 'p2')
  await world.rest()
  puppet.clear()
  return { world, puppet, clone }
}

/** Everything that must not change. */
const stateOf = (clone: Clone) => {
  const { digest, triples, replicas, journalOperations } = clone.stats()
  const { ticks, forks, divergence, waiting } = clone.status.value
  return { digest, triples, replicas, journalOperations, ticks, forks, divergence, waiting, all: contents(clone) }
}

describe('bytes that are no message', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'malformed'],
    ['too short', Uint8Array.of(0x4d, 0x57, 1), 'malformed'],
    ['another magic', message(MessageType.hello, otherHello).fill(0, 0, 1), 'malformed'],
    ['version 0', message(MessageType.hello, otherHello).fill(0, 2, 3), 'malformed'],
    ['a newer version', message(MessageType.hello, otherHello).fill(protocolVersion + 1, 2, 3), 'newer'],
    ['another domain', message(MessageType.hello, otherHello, channelOf('else.example').check), 'foreign'],
    ['a critical flag', message(MessageType.hello, otherHello).fill(2, 8, 9), 'newer'],
    ['a sealed payload', message(MessageType.hello, otherHello).fill(1, 9, 10), 'newer'],
    ['an unknown odd type', message(99 as MessageType, () => {}), 'newer'],
    ['an unknown even type', message(98 as MessageType, () => {}), undefined],
    ['a truncated hello', message(MessageType.hello, otherHello).subarray(0, 20), 'malformed'],
    ['a hello of a far version', message(MessageType.hello, writer => writer.raw(farHello)), 'newer'],
    ['half a request', message(MessageType.request, writer => writer.varint(5)), 'malformed'],
    ['a fragment beyond the last', message(MessageType.fragment, w => fragment(w, 1, 3, 2)), 'malformed'],
    ['an operation that is none', operations([Uint8Array.of(1, 0, 3)]), 'malformed'],
    ['an operation of a newer version', operations([Uint8Array.of(9, 0, 1, 1, 1, 1, 0, 0)]), 'newer'],
    ['an operation with a critical flag', operations([Uint8Array.of(1, 32 + 8, 1, 1, 1, 0, 0)]), 'newer'],
    ['an operation that changes nothing', operations([operation(replica(7), 1, 1, w => w.varint(0))]), 'malformed'],
    ['an operation with an illegal body', operations([operation(replica(7), 1, 1, w => w.raw(junk))]), 'malformed'],
  ] as const)('%s: counted, and nothing else', async (_name, bytes, counted) => {
    const { world, puppet, clone } = await harness()
    const before = stateOf(clone)
    puppet.listener.message('p1', bytes as Uint8Array)
    await world.rest()
    const refused = { malformed: 0, foreign: 0, newer: 0 }
    if (counted !== undefined) refused[counted]++
    expect(clone.status.value.refused).toEqual(refused)
    expect(stateOf(clone)).toEqual(before)
    // It goes on greeting, and asking who has what it wrote, and says nothing else.
    const said = [...puppet.of(MessageType.hello), ...puppet.of(MessageType.probe)]
    expect(new Set(puppet.sent)).toEqual(new Set(said))
    await world.settle(clone.close())
  })
})

const junk = Uint8Array.of(0, 255, 255, 255, 255, 255, 3, 1, 2)
const farHello = Uint8Array.of(7, 9, 0, 0, ...new Array(24).fill(0), 0)
const fragment = (writer: Writer, number: number, index: number, count: number) =>
  writeFragment(writer, { message: number, index, count, bytes: new Uint8Array(3) })
function operations(list: readonly Uint8Array[], request = 0, end: AnswerEnd = AnswerEnd.all): Uint8Array {
  return message(MessageType.operations, writer => writeOperations(writer, { request, end, operations: list }))
}

describe('fragments', () => {
  it('within fragments are refused, however deep, and do not exhaust the stack', async () => {
    const { world, puppet, clone } = await harness()
    // As deep as one message of the largest transport can be: built from the inside out.
    const header = message(MessageType.fragment, () => {})
    const parts: Uint8Array[] = []
    let length = 10
    for (let depth = 0; depth < 60_000; depth++) {
      const writer = new Writer(32)
      writer.raw(header)
      writer.varint(depth + 1)
      writer.varint(0)
      writer.varint(1)
      writer.varint(length)
      const part = writer.take()
      parts.push(part)
      length += part.length
    }
    const bytes = new Uint8Array(length)
    let at = 0
    for (const part of parts.reverse()) {
      bytes.set(part, at)
      at += part.length
    }
    expect(() => puppet.listener.message('p1', bytes)).not.toThrow()
    expect(clone.status.value.refused.malformed).toBe(1)
    await world.settle(clone.close())
  })

  it('that announce many parts cost what they brought', async () => {
    const { world, puppet, clone } = await harness()
    const before = process.memoryUsage().heapUsed
    for (let number = 0; number < 2000; number++)
      puppet.say('p1', MessageType.fragment, writer => fragment(writer, number, 0, 65_536))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
    await world.settle(clone.close())
  })

  it('are put together in any order, twice, and with another message between', async () => {
    const { world, puppet, clone } = await harness()
    const whole = message(98 as MessageType, writer => writer.raw(new Uint8Array(1000).fill(7)))
    const hello = message(MessageType.hello, writer => writeHello(writer, { ...other, reply: true, isNew: false }))
    const say = (number: number, of: Uint8Array, index: number, count: number) => {
      const size = Math.ceil(of.length / count)
      const bytes = of.subarray(index * size, (index + 1) * size)
      puppet.say('p1', MessageType.fragment, w => writeFragment(w, { message: number, index, count, bytes }))
    }
    say(1, hello, 2, 3)
    say(2, whole, 0, 2)
    say(1, hello, 0, 3)
    say(1, hello, 0, 3)
    expect(puppet.of(MessageType.hello)).toEqual([])
    say(1, hello, 1, 3)
    expect(puppet.of(MessageType.hello)).toHaveLength(1)
    expect(clone.status.value.refused).toEqual({ malformed: 0, foreign: 0, newer: 0 })
    await world.settle(clone.close())
  })
})

describe('a peer that is of no use', () => {
  const say = (puppet: Puppet, peer: string) => puppet.say(peer, MessageType.hello, otherHello)
  const asked = (puppet: Puppet) => puppet.of(MessageType.request).map(({ to }) => to)

  it('does not answer: another is asked', async () => {
    const { world, puppet, clone } = await harness()
    say(puppet, 'p1')
    await world.pass(10)
    expect(asked(puppet)).toEqual(['p1'])
    say(puppet, 'p2')
    await world.pass(4000)
    expect(asked(puppet)).toEqual(['p1'])
    await world.pass(2000)
    expect(asked(puppet)).toEqual(['p1', 'p2'])
    expect(clone.status.value.outdated).toBe(true)
    await world.settle(clone.close())
  })

  it('leaves while it is asked: another is asked at once', async () => {
    const { world, puppet, clone } = await harness()
    say(puppet, 'p1')
    say(puppet, 'p2')
    await world.pass(10)
    const [first] = asked(puppet)
    puppet.present(first === 'p1' ? 'p2' : 'p1')
    await world.pass(10)
    expect(asked(puppet)).toHaveLength(2)
    expect(new Set(asked(puppet)).size).toBe(2)
    await world.settle(clone.close())
  })

  it.each([
    ['an operation that is none', (id: number) => operations([Uint8Array.of(1, 0, 3)], id)],
    ['an illegal body', (id: number) => operations([operation(replica(7), 1, 1, w => w.raw(junk))], id)],
    ['an end that there is not', (id: number) => operations([], id, 7 as AnswerEnd)],
    ['"ask again" and nothing else', (id: number) => operations([], id, AnswerEnd.askAgain)],
    [
      'a state whose header is none',
      (id: number) => message(MessageType.stateHeader, w => writeStateOffer(w, offer(id, junk, 1))),
    ],
    [
      'a state that is only its header',
      (id: number) => message(MessageType.stateHeader, w => writeStateOffer(w, offer(id, stateHeader(1), 0))),
    ],
    [
      'a state with another number of items than it says',
      (id: number) => message(MessageType.stateHeader, w => writeStateOffer(w, offer(id, stateHeader(3), 1))),
    ],
  ])('answers with %s: nothing happens, and another is asked soon', async (_name, answer) => {
    const { world, puppet, clone } = await harness()
    const before = stateOf(clone)
    say(puppet, 'p1')
    say(puppet, 'p2')
    await world.pass(10)
    const [{ to, bytes }] = puppet.of(MessageType.request)
    puppet.listener.message(to!, answer(readRequest(payloadOf(bytes)).id))
    await world.pass(500)
    expect(new Set(asked(puppet)).size).toBe(2)
    expect(stateOf(clone)).toEqual(before)
    expect(clone.status.value.outdated).toBe(true)
    await world.settle(clone.close())
  })

  it('gives items of a state that are not what was announced: the state is not joined', async () => {
    const { world, puppet, clone } = await harness()
    const before = stateOf(clone)
    say(puppet, 'p1')
    say(puppet, 'p2')
    await world.pass(10)
    const [{ to, bytes }] = puppet.of(MessageType.request)
    const { id } = readRequest(payloadOf(bytes))
    puppet.say(to!, MessageType.stateHeader, w => writeStateOffer(w, offer(id, stateHeader(3), 2)))
    await world.pass(10)
    expect(clone.status.value.catchingUp).toEqual({ received: 1, total: 3 })
    const [fetch] = puppet.of(MessageType.fetch)
    expect(readFetch(payloadOf(fetch.bytes))).toEqual({ stream: 5, inflates: true, items: [1, 2] })
    for (const index of [1, 2])
      puppet.say(to!, MessageType.stateItem, w => writeStateItem(w, { stream: 5, index, deflated: false, bytes: junk }))
    await world.pass(500)
    expect(clone.status.value.refused.malformed).toBe(1)
    expect(clone.status.value.catchingUp).toBeUndefined()
    expect(stateOf(clone)).toEqual(before)
    expect(new Set(asked(puppet)).size).toBe(2)
    await world.settle(clone.close())
  })

  it('has dropped the state meanwhile: another is asked', async () => {
    const { world, puppet, clone } = await harness()
    say(puppet, 'p1')
    say(puppet, 'p2')
    await world.pass(10)
    const [{ to, bytes }] = puppet.of(MessageType.request)
    const { id } = readRequest(payloadOf(bytes))
    puppet.say(to!, MessageType.stateHeader, w => writeStateOffer(w, offer(id, stateHeader(3), 2)))
    puppet.say(to!, MessageType.stateItem, w =>
      writeStateItem(w, { stream: 5, index: 1, deflated: false, bytes: new Uint8Array(0) }),
    )
    await world.pass(500)
    expect(new Set(asked(puppet)).size).toBe(2)
    await world.settle(clone.close())
  })

  it('asks for items of a state that is not here', async () => {
    const { world, puppet, clone } = await harness()
    puppet.say('p1', MessageType.fetch, w => writeFetch(w, { stream: 77, inflates: false, items: [1, 2, 3] }))
    await world.pass(10)
    expect(puppet.of(MessageType.stateItem)).toHaveLength(1)
    await world.settle(clone.close())
  })
})

/** The offer of a state with so many items, which are 100 bytes long. */
const offer = (request: number, header: Uint8Array, items: number): StateOffer => ({
  request,
  stream: 5,
  header,
  items: Array.from({ length: items }, (_, i) => ({ length: 100, check: [i, i] as const })),
})

/** The header of a state that has nothing, and says that it has so many items. */
function stateHeader(itemCount: number): Uint8Array {
  const writer = new Writer(64)
  writer.varint(1)
  writer.uint8(1)
  writer.varint(itemCount)
  writer.varint(1)
  for (let lane = 0; lane < 4; lane++) writer.uint32(lane)
  writer.varint(0)
  return writer.take()
}

describe('a flood', () => {
  it('of operations without causes is held in bounded memory, and others are served', async () => {
    const { world, puppet, clone } = await harness()
    for (let counter = 2; counter < 30_000; counter += 2) {
      const writer = new Writer(64)
      encodeHeader(writer, replica(9), counter, 1, counter, [], 1024)
      writer.raw(junk)
      puppet.listener.message('p1', operations([writer.take()]))
    }
    const { waiting } = clone.status.value
    expect(waiting.count).toBeLessThanOrEqual(10_000)
    expect(waiting.for.length).toBeGreaterThan(0)
    puppet.clear()
    puppet.say('p2', MessageType.request, writer => writeRequest(writer, { id: 1, parts: undefined, vector: [] }))
    await world.pass(100)
    expect(puppet.of(MessageType.operations).filter(({ to }) => to === 'p2')).toHaveLength(1)
    // What never becomes ready is forgotten after a while.
    await world.pass(600_000)
    expect(clone.status.value.waiting.count).toBe(0)
    await world.settle(clone.close())
  })
})

describe('any bytes', () => {
  it('never make a clone throw, nor lose what it has', async () => {
    const { world, puppet, clone } = await harness()
    puppet.say('p1', MessageType.request, writer => writeRequest(writer, { id: 1, parts: undefined, vector: [] }))
    await world.settle(clone.write([{ '@id': 'wilma', name: ['W', 1, 2.5, { '@id': 'fred' }] }]))
    await world.rest()
    const samples = puppet.sent.map(({ bytes }) => bytes)
    samples.push(
      message(MessageType.hello, otherHello),
      message(MessageType.fragment, w => fragment(w, 1, 0, 1)),
    )
    const before = contents(clone)
    fc.assert(
      fc.property(
        fc.nat(samples.length - 1),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(400),
        (at, changes, length) => {
          const bytes = samples[at].slice(0, Math.max(0, samples[at].length - Math.max(0, length - 300)))
          for (const [place, value] of changes) if (bytes.length > 0) bytes[10 + (place % bytes.length)] = value
          puppet.listener.message('p1', bytes)
        },
      ),
    )
    await world.rest()
    // A changed byte can make a legal operation: nothing here is signed. It cannot take away what it does not name.
    expect(contents(clone)).toEqual(expect.arrayContaining(before))
    await world.settle(clone.write({ '@id': 'still', name: 'here' }))
    expect(clone.get('still')).toBeDefined()
    await world.settle(clone.close())
  })
})
