import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxPresenceBytes } from '../../src/ports/index.js'
import { readFrame, writeFrame } from '../../src/transports/webrtc-frame.js'
import { readSignal, type Signal, writeSignal } from '../../src/transports/webrtc-signal.js'
import { readTrailer, withTrailer } from '../../src/transports/webrtc-trailer.js'
import { settled } from './fake-environment.js'
import { FakeWorld, text, Watcher } from './webrtc-world.js'

const name = (fill: number) => new Uint8Array(16).fill(fill)
const sdp = 'v=0\r\nm=application 9 fake\r\n'
const anyBytes = fc.uint8Array({ maxLength: 200 })
const magic = writeSignal({ type: 'data', bytes: new Uint8Array(0) }).subarray(0, 8)

/** A member that has only the other transport, and announces what it likes. */
async function intruder(world: FakeWorld, transportId: Uint8Array, payload = 'intruder') {
  const member = new Watcher(world.plain(), 'channel')
  member.channel.announce(withTrailer(text(payload), transportId))
  await settled()
  return member
}

/** The id of the transport behind a member, as somebody without WebRTC sees it. */
function transportIdOf(observer: Watcher, payload: string): Uint8Array {
  for (const bytes of observer.present.values()) {
    const { payload: own, transportId } = readTrailer(bytes)
    if (new TextDecoder().decode(own) === payload && transportId !== undefined)
      return Uint8Array.from(Buffer.from(transportId, 'hex'))
  }
  throw new Error(`${payload} is not there`)
}

describe('what is written is read as it was', () => {
  const signals: fc.Arbitrary<Signal> = fc.oneof(
    fc.record({ type: fc.constant('data' as const), bytes: anyBytes }),
    fc.record({
      type: fc.constantFrom('offer' as const, 'answer' as const),
      link: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      sdp: fc.string({ unit: 'binary' }).map(line => `${sdp}a=${line.replace(/[\r\n\u2028\u2029]/g, '')}\r\n`),
    }),
    fc.record({ type: fc.constant('bind' as const), secret: fc.uint8Array({ minLength: 16, maxLength: 16 }) }),
    fc.record({
      type: fc.constant('gone' as const),
      link: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      isFull: fc.boolean(),
    }),
  )
  test('signals', () => {
    fc.assert(
      fc.property(signals, signal => {
        expect(readSignal(writeSignal(signal))).toEqual(signal)
      }),
    )
  })

  test('frames', () => {
    const number = fc.nat()
    const frames = fc.oneof(
      fc.record({ type: fc.constantFrom('message' as const, 'announce' as const), number, bytes: anyBytes }),
      fc.record({ type: fc.constant('first' as const), number, length: number, bytes: anyBytes }),
      fc.record({ type: fc.constant('next' as const), bytes: anyBytes }),
      fc.record({
        type: fc.constant('open' as const),
        number,
        secret: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      }),
      fc.record({ type: fc.constantFrom('opened' as const, 'leave' as const), number }),
    )
    fc.assert(
      fc.property(frames, frame => {
        expect(readFrame(writeFrame(frame))).toEqual(frame)
      }),
    )
  })

  test('trailers, also behind a payload that ends with one', () => {
    fc.assert(
      fc.property(anyBytes, payload => {
        const announced = withTrailer(payload, name(7))
        expect(readTrailer(announced)).toEqual({ payload, transportId: '07'.repeat(16) })
        expect(readTrailer(withTrailer(announced, name(8))).payload).toEqual(announced)
      }),
    )
    expect(readTrailer(new Uint8Array(maxPresenceBytes)).transportId).toBeUndefined()
  })

  test('descriptions of sound and picture, of several things, too long or not in UTF-8 are refused', () => {
    const bad = [
      '',
      'v=0\r\n',
      `v=0\r\nm=audio 9 x\r\n`,
      `${sdp}m=video 9 x\r\n`,
      `${sdp}${'a'.repeat(33_000)}`,
      `x${sdp}`,
    ]
    for (const sdp of bad) expect(() => readSignal(writeSignal({ type: 'offer', link: name(1), sdp }))).toThrow()
    const offer = writeSignal({ type: 'offer', link: name(1), sdp: `${sdp}é` })
    expect(() => readSignal(offer.subarray(0, -1))).toThrow()
  })
})

describe('a member that means harm', () => {
  test('does not get what is for those whose transport it announces as its own, and does not speak for them', async () => {
    // Of two ends the one with the greater id connects: so the intruder meets both.
    for (const victim of ['a', 'b']) {
      const world = new FakeWorld()
      const { members } = await world.together(2)
      const [a, b] = members
      const [mine, other] = victim === 'a' ? [a, b] : [b, a]
      const plain = new Watcher(world.plain(), 'channel', 'plain')
      await settled()
      const liar = await intruder(world, transportIdOf(plain, victim))
      // It says a secret here, as if it spoke on the connection of the two.
      for (let fill = 0; fill < 40; fill++) {
        liar.channel.send(
          liar.idOf([...liar.others].find(it => it.startsWith(other === a ? 'a' : 'b'))!),
          writeSignal({ type: 'bind', secret: name(fill) }),
        )
      }
      await world.environment.advance(120_000)
      other.channel.send(other.idOf('intruder'), text('for the intruder'))
      other.channel.send(other.idOf(victim), text('for the victim'))
      mine.channel.send(mine.idOf(other === a ? 'a' : 'b'), text('from the victim'))
      await settled()
      expect(mine.heard).toEqual(['for the victim'])
      expect(liar.heard.at(-1)).toBe('for the intruder')
      expect(other.messages.map(({ from }) => from)).toEqual([other.idOf(victim)])
      liar.channel.close()
      await settled()
      const { carried } = world
      other.say('again')
      await settled()
      expect(mine.heard.at(-1)).toBe('again')
      expect(world.carried - carried, 'the one without WebRTC').toBe(1)
    }
  })

  test('cannot end or replace the connection of others', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(2)
    const [a, b] = members
    const plain = new Watcher(world.plain(), 'channel', 'plain')
    await settled()
    for (const [victim, other] of [
      ['a', b],
      ['b', a],
    ] as const) {
      const liar = await intruder(world, transportIdOf(plain, victim), 'liar')
      const target = [...liar.present].find(
        ([, bytes]) => readTrailer(bytes).payload[0] === (other === a ? 97 : 98),
      )![0]
      for (const type of ['offer', 'answer'] as const)
        liar.channel.send(target, writeSignal({ type, link: name(1), sdp }))
      liar.channel.send(target, writeSignal({ type: 'gone', link: name(1), isFull: true }))
      await settled()
      liar.channel.close()
      await settled()
    }
    expect(world.ice.connections.length).toBe(2)
    plain.channel.close()
    await settled()
    a.say('still here')
    await settled()
    expect([b.heard, world.carried]).toEqual([['still here'], 0])
  })

  test('cannot make more than a few connections, however many offers it makes', async () => {
    const world = new FakeWorld()
    const { members, transports } = await world.together(1, { maxPeers: 4 })
    const offers = async (liar: Watcher) => {
      for (let index = 0; index < 1000; index++) {
        liar.channel.send([...liar.present.keys()][0], writeSignal({ type: 'offer', link: name(index), sdp }))
      }
      await settled()
    }
    const first = await intruder(world, name(255))
    await offers(first)
    expect(world.ice.connections.length).toBeLessThanOrEqual(8)
    expect(transports[0].statistics().refused).toBeGreaterThan(900)
    for (let index = 0; index < 20; index++) await offers(await intruder(world, name(235 + index)))
    const living = world.ice.connections.filter(({ connectionState }) => connectionState !== 'closed')
    expect(living.length).toBeLessThanOrEqual(4)
    expect(members[0].states).toEqual(['online'])
  })

  test('may send any bytes as signals: they are counted, and all else goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyBytes, { maxLength: 50 }), fc.boolean(), async (payloads, isKnown) => {
        const world = new FakeWorld()
        const { members, transports } = await world.together(2)
        const liar = isKnown ? await intruder(world, name(255)) : new Watcher(world.plain(), 'channel', 'plain')
        await settled()
        for (const payload of payloads) liar.channel.publish(Uint8Array.of(...magic, ...payload))
        await settled()
        liar.channel.close()
        await settled()
        const { carried } = world
        members[0].say('unharmed')
        await settled()
        expect(members[1].heard.at(-1)).toBe('unharmed')
        expect(world.carried).toBe(carried)
        const { malformed, ignored, refused } = transports[0].statistics()
        const known = payloads.filter(([type]) => type === 0).length
        if (!isKnown) expect(malformed + ignored + refused + known).toBe(payloads.length)
      }),
      { numRuns: 30 },
    )
  })

  /** Two who are connected, and the first one's end of the connection, to say anything on. */
  async function connected() {
    const world = new FakeWorld()
    const { members, transports } = await world.together(2)
    const [one, other] = world.ice.open
    // Which of the two is the end of b's.
    members[0].say('hello')
    await settled()
    const before = world.ice.open.map(({ channel }) => channel!)
    let heard: unknown
    one.channel!.addEventListener('message', (event: { data: ArrayBuffer }) => {
      heard = event.data
    })
    members[0].say('which')
    await settled()
    const ofB = heard === undefined ? other : one
    return { world, members, transports, toB: before.find(channel => channel !== ofB.channel)! }
  }

  test('may send any frames: they cost the connection, or nothing, and never an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(anyBytes, fc.constant('text')), { maxLength: 20 }), async frames => {
        const { world, members, toB } = await connected()
        for (const frame of frames) if (toB.readyState === 'open') toB.send(frame)
        await world.environment.advance(300_000)
        members[0].say('unharmed')
        await settled()
        expect(members[1].heard.at(-1)).toBe('unharmed')
      }),
      { numRuns: 50 },
    )
  })

  test('makes nobody hold more than one message for it', async () => {
    const { world, members, transports, toB } = await connected()
    const long = 1024 * 1024
    const counts = () => transports[1].statistics()
    // Numbers of nobody, and messages that never end or are too long.
    toB.send(writeFrame({ type: 'message', number: 99, bytes: text('for nobody') }))
    toB.send(writeFrame({ type: 'first', number: 99, length: 1000, bytes: text('for nobody') }))
    toB.send(writeFrame({ type: 'next', bytes: new Uint8Array(2000) }))
    toB.send(writeFrame({ type: 'first', number: 1, length: long + 1, bytes: text('too long') }))
    toB.send(writeFrame({ type: 'next', bytes: text('too long') }))
    toB.send(writeFrame({ type: 'message', number: 1, bytes: new Uint8Array(long + 1) }))
    for (let index = 0; index < 100; index++) {
      toB.send(writeFrame({ type: 'first', number: 1, length: long, bytes: text('never ends') }))
    }
    await settled()
    expect(counts()).toMatchObject({ ignored: 4, malformed: 0, messagesIn: 2, links: 1 })
    toB.send(writeFrame({ type: 'next', bytes: new Uint8Array(long) }))
    await settled()
    expect(counts()).toMatchObject({ malformed: 1, messagesIn: 2, links: 0 })
    await world.environment.advance(10_000)
    members[0].say('again')
    await settled()
    expect([members[1].heard.at(-1), world.carried]).toEqual(['again', 0])
  })

  test('cannot introduce members without end', async () => {
    const { transports, toB } = await connected()
    for (let index = 0; index < 2000 && toB.readyState === 'open'; index++) {
      toB.send(
        writeFrame({
          type: 'open',
          number: 1000 + index,
          secret: Uint8Array.from({ length: 16 }, (_, at) => index >> at),
        }),
      )
      await Promise.resolve()
    }
    await settled()
    expect(transports[1].statistics()).toMatchObject({ malformed: 1, links: 0 })
  })

  test('who makes the other end answer, and does not read, is given up', async () => {
    const world = new FakeWorld()
    const { transports, members } = await world.together(2, { sendBufferBytes: 1024 * 1024, maxMessageBytes: 65_536 })
    world.ice.isStill = true
    for (let index = 0; index < 100; index++) members[0].channel.publish(new Uint8Array(65_536))
    expect(transports[0].statistics().links).toBe(1)
    for (const { memory } of world.overs) memory.offline()
    await settled()
    for (let index = 0; index < 2000; index++) members[0].channel.announce(new Uint8Array(1280))
    expect(world.ice.waitingBytes).toBeLessThan(2.1 * 1024 * 1024)
    await settled()
    expect(transports[0].statistics().links).toBe(0)
  })
})
