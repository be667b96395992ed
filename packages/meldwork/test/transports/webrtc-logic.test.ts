import { describe, expect, test } from 'vitest'
import { hasCode } from '../../src/errors.js'
import { maxPresenceBytes } from '../../src/ports/index.js'
import { same } from '../../src/testkit/transport-world.js'
import { WebRtcTransport } from '../../src/transports/webrtc.js'
import { writeSignal } from '../../src/transports/webrtc-signal.js'
import { settled } from './fake-environment.js'
import { FakeWorld, text, Watcher } from './webrtc-world.js'

const code = (code: string) => expect.toSatisfy(error => hasCode(error, code as never))

describe('who is reached directly', () => {
  test('once connected, messages cost the other transport nothing, and presence is shown as it was announced', async () => {
    const world = new FakeWorld()
    const { transports, members } = await world.together(3)
    const [a, b, c] = members
    a.say('to all')
    b.channel.send(b.idOf('c'), text('to one'))
    await settled()
    expect([a.heard, b.heard, c.heard]).toEqual([[], ['to all'], ['to all', 'to one']])
    expect(c.messages.map(({ from }) => from)).toEqual([c.idOf('a'), c.idOf('b')])
    expect([a.others, b.others, c.others]).toEqual([
      ['b', 'c'],
      ['a', 'c'],
      ['a', 'b'],
    ])
    expect(world.carried).toBe(0)
    expect(transports[0].statistics()).toMatchObject({ links: 2, opened: 2, messagesOut: 2, bytesOut: 12, fallback: 0 })
    expect(transports[2].statistics()).toMatchObject({ messagesIn: 2, malformed: 0, refused: 0 })
  })

  test('200 channels, and two members of one transport on a channel, share one connection', async () => {
    const world = new FakeWorld()
    const [one, other] = [world.transport(), world.transport()]
    const pairs = Array.from({ length: 200 }, (_, index) => [
      new Watcher(one, `channel-${index}`, 'one'),
      new Watcher(other, `channel-${index}`, 'other'),
    ])
    const second = new Watcher(other, 'channel-7', 'second')
    await settled()
    for (const [index, [member]] of pairs.entries()) member.say(`on ${index}`)
    await settled()
    for (const [index, [, member]] of pairs.entries()) expect(member.heard).toEqual([`on ${index}`])
    expect(second.heard).toEqual(['on 7'])
    expect(world.ice.open.length).toBe(2)
    expect(world.carried).toBe(0)
    second.say('to both')
    await settled()
    expect(pairs[7].map(({ heard }) => heard.at(-1))).toEqual(['to both', 'to both'])
    expect(world.carried, 'to its sibling').toBe(1)
  })

  test('nobody gets a message twice: few others are sent it, many are published to', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(2)
    const [a, b] = members
    const plain: Watcher[] = []
    for (const count of [1, 2, 3]) {
      plain.push(new Watcher(world.plain(), 'channel', `plain ${count}`))
      await settled()
      const over = world.overs[0]
      const before = { published: over.published, sent: over.sent }
      a.say(`with ${count}`)
      await settled()
      for (const member of [b, ...plain]) expect(member.heard.filter(heard => heard === `with ${count}`).length).toBe(1)
      const published = over.published - before.published
      expect([published, over.sent - before.sent]).toEqual(count <= 2 ? [0, count] : [1, 0])
    }
    plain[0].say('from one who has only the other transport')
    await settled()
    expect([a, b].map(({ heard }) => heard.at(-1))).toEqual(Array(2).fill('from one who has only the other transport'))
  })

  test('so many are connected to at most; there is a place when one goes; all hear all', async () => {
    const world = new FakeWorld()
    const { transports, members } = await world.together(6, { maxPeers: 2 })
    await world.environment.advance(600_000)
    for (const transport of transports) expect(transport.statistics().links).toBeLessThanOrEqual(2)
    expect(world.ice.open.length).toBeGreaterThanOrEqual(8)
    for (const member of members) member.say('hello')
    await settled()
    for (const member of members) expect(member.heard).toEqual(Array(5).fill('hello'))
    await Promise.all(transports.slice(3).map(transport => transport.close()))
    await world.environment.advance(600_000)
    for (const transport of transports.slice(0, 3)) expect(transport.statistics().links).toBe(2)
  })

  test('without WebRTC on the platform, all goes by the other transport', async () => {
    const world = new FakeWorld()
    const bare = new Watcher(new WebRtcTransport(world.plain()), 'channel', 'bare')
    const { members } = await world.together(1)
    const plain = new Watcher(world.plain(), 'channel', 'plain')
    await settled()
    expect(plain.present.get(plain.idOf('bare'))).toEqual(text('bare'))
    bare.say('hello')
    members[0].say('hello')
    const signal = writeSignal({ type: 'bind', secret: new Uint8Array(16) })
    bare.channel.send(bare.idOf('plain'), signal)
    await settled()
    expect([bare.heard, members[0].heard]).toEqual([['hello'], ['hello']])
    expect(plain.messages.at(-1)?.bytes).toEqual(signal)
    expect(world.ice.connections.length).toBe(0)
  })

  test('a presence payload that leaves no room is announced alone, and its member is reached by the other transport', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(2)
    const [a, b] = members
    const long = 'x'.repeat(maxPresenceBytes - 24)
    b.channel.announce(text(long))
    await settled()
    expect(a.others).toEqual([long])
    a.say('by the other way')
    await settled()
    expect(b.heard).toEqual(['by the other way'])
    expect(world.carried).toBe(1)
    b.channel.announce(text(long.slice(1)))
    await settled()
    a.say('directly again')
    await settled()
    expect(b.heard.at(-1)).toBe('directly again')
    expect(world.carried).toBe(1)
    expect(() => b.channel.announce(new Uint8Array(maxPresenceBytes + 1))).toThrow(code('message-too-large'))
  })
})

describe('messages', () => {
  test('long ones are cut as the platform asks, and put together', async () => {
    for (const [maxMessageSize, longest] of [
      [undefined, 16 * 1024],
      [20_000, 20_000],
      [Number.POSITIVE_INFINITY, 64 * 1024],
    ]) {
      const world = new FakeWorld()
      world.ice.maxMessageSize = maxMessageSize
      const { members, transports } = await world.together(2)
      const [a, b] = members
      const sizes = [
        0,
        1,
        longest! - 18,
        longest! - 17,
        longest! - 16,
        longest!,
        3 * longest!,
        transports[0].maxMessageBytes,
      ]
      const sent = sizes.map(size => Uint8Array.from({ length: size }, (_, index) => index * 31 + (index >> 8)))
      for (const bytes of sent) a.channel.publish(bytes)
      a.channel.publish(new Uint8Array(transports[0].maxMessageBytes + 1))
      await settled()
      expect(b.messages.map(({ bytes }) => bytes.length)).toEqual(sizes)
      for (const [index, { bytes }] of b.messages.entries()) expect(same(bytes, sent[index])).toBe(true)
      expect(world.ice.longest).toBeLessThanOrEqual(longest!)
      expect(world.carried).toBe(0)
      expect(transports[0].statistics().dropped).toBe(1)
    }
  })

  test('one that looks like a signal arrives as it is, by every way', async () => {
    const world = new FakeWorld()
    world.ice.isBlocked = true
    const { members } = await world.together(2)
    const [a, b] = members
    const plain = new Watcher(world.plain(), 'channel', 'plain')
    await settled()
    const lookalikes = [
      writeSignal({ type: 'data', bytes: text('message') }),
      writeSignal({ type: 'bind', secret: new Uint8Array(16) }),
      writeSignal({ type: 'data', bytes: text('') }).subarray(0, 8),
    ]
    for (const bytes of lookalikes) {
      a.channel.publish(bytes)
      a.channel.send(a.idOf('b'), bytes)
      a.channel.send(a.idOf('plain'), bytes)
    }
    world.ice.isBlocked = false
    await world.environment.advance(200_000)
    for (const bytes of lookalikes) a.channel.publish(bytes)
    await settled()
    const expected = [...lookalikes.flatMap(bytes => [bytes, bytes]), ...lookalikes]
    expect(b.messages.map(({ bytes }) => bytes)).toEqual(expected)
    expect(plain.messages.map(({ bytes }) => bytes)).toEqual(expected)
  })

  test('a slow connection holds no more than its buffer may, drops the rest, and goes on afterwards', async () => {
    const world = new FakeWorld()
    const { transports, members } = await world.together(2, { sendBufferBytes: 1024 * 1024 })
    const [a, b] = members
    world.ice.isStill = true
    for (let index = 0; index < 5000; index++) a.channel.publish(new Uint8Array(4096).fill(index))
    expect(world.ice.waitingBytes).toBeGreaterThan(1_000_000)
    expect(world.ice.waitingBytes).toBeLessThan(1.01 * 1024 * 1024)
    expect(transports[0].statistics().dropped).toBeGreaterThan(4000)
    world.ice.flow()
    await settled()
    a.say('after')
    await settled()
    expect(b.heard.at(-1)).toBe('after')
    expect(b.messages.length).toBe(5001 - transports[0].statistics().dropped)
    expect(world.carried).toBe(0)
  })
})

describe('what fails', () => {
  test('a platform that refuses connections: all goes by the other transport, and attempts become rare', async () => {
    const world = new FakeWorld()
    let attempts = 0
    const peerConnection = () => {
      attempts++
      throw new Error('not today')
    }
    const { members, transports } = await world.together(2, { peerConnection })
    const [a, b] = members
    a.say('hello')
    await world.environment.advance(3_600_000)
    b.say('hello')
    await settled()
    expect([a.heard, b.heard]).toEqual([['hello'], ['hello']])
    // Each waits half a minute, on average.
    expect(attempts).toBeGreaterThan(60)
    expect(attempts).toBeLessThan(200)
    expect(transports[0].statistics().failed + transports[1].statistics().failed).toBe(attempts)
  })

  test('a network that lets nobody through: the same, until it does', async () => {
    const world = new FakeWorld()
    world.ice.isBlocked = true
    const { members } = await world.together(2)
    const [a, b] = members
    await world.environment.advance(3_600_000)
    expect(world.ice.connections.length).toBeGreaterThan(60)
    expect(world.ice.connections.length).toBeLessThan(400)
    for (const connection of world.ice.connections.slice(0, -2)) expect(connection.connectionState).toBe('closed')
    a.say('by the other way')
    world.ice.isBlocked = false
    await world.environment.advance(120_000)
    const { carried } = world
    a.say('directly')
    await settled()
    expect(b.heard).toEqual(['by the other way', 'directly'])
    expect(world.carried).toBe(carried)
  })

  test('a connection that is lost: the other transport takes over at once, then a new connection', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(2)
    const [a, b] = members
    world.ice.cut()
    for (const member of members) member.say('hello')
    await settled()
    expect([a.heard, b.heard, world.carried]).toEqual([['hello'], ['hello'], 2])
    expect([a.states, b.states, a.others, b.others]).toEqual([['online'], ['online'], ['b'], ['a']])
    await world.environment.advance(5000)
    for (const member of members) member.say('again')
    await settled()
    expect([a.heard.at(-1), b.heard.at(-1), world.carried]).toEqual(['again', 'again', 2])
  })

  test('one that is interrupted: the other transport, as long as it lasts', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(2)
    const [a, b] = members
    for (const connection of world.ice.open) connection.become('disconnected')
    a.say('round about')
    expect(world.carried).toBe(1)
    for (const connection of world.ice.connections) connection.become('connected')
    a.say('directly')
    await settled()
    expect([b.heard.sort(), world.carried]).toEqual([['directly', 'round about'], 1])
  })

  test('signals that are lost are sent again', async () => {
    for (let lost = 1; lost <= 6; lost++) {
      const world = new FakeWorld()
      let count = 0
      const { overs } = world
      const join = world.transport.bind(world)
      world.transport = options => {
        const transport = join(options)
        const over = overs.at(-1)!
        const joinOver = over.join.bind(over)
        over.join = (name, listener) => {
          const channel = joinOver(name, listener)
          const send = channel.send
          // The first `lost` of all that is sent.
          channel.send = (to, bytes) => (++count <= lost ? undefined : send(to, bytes))
          return channel
        }
        return transport
      }
      const { members } = await world.together(2)
      await world.environment.advance(600_000)
      for (const member of members) member.say('directly')
      await settled()
      expect(members.map(({ heard }) => heard)).toEqual([['directly'], ['directly']])
      expect(world.carried, `${lost} are lost`).toBe(0)
    }
  })

  test('closing leaves nothing behind', async () => {
    const world = new FakeWorld()
    const { members, transports } = await world.together(4)
    members[0].channel.close()
    members[0].channel.close()
    await settled()
    expect(members[1].others).toEqual(['c', 'd'])
    world.ice.cut()
    await Promise.all(transports.map(transport => transport.close()))
    await settled()
    for (const { connectionState } of world.ice.connections) expect(connectionState).toBe('closed')
    expect(world.environment.timerCount).toBe(0)
    for (const transport of transports) expect(transport.statistics().links).toBe(0)
    expect(() => transports[0].join('channel', { message() {}, peers() {}, state() {} })).toThrow(
      code('transport-closed'),
    )
  })

  test('what was published before closing still arrives, and a connection without a channel is closed after a while', async () => {
    const world = new FakeWorld()
    const { members, transports } = await world.together(2)
    const [a, b] = members
    a.say('last words')
    a.channel.close()
    await settled()
    expect(b.heard).toEqual(['last words'])
    expect(world.ice.open.length).toBe(2)
    await world.environment.advance(40_000)
    expect(world.ice.open.length).toBe(0)
    const again = new Watcher(transports[0], 'channel', 'again')
    await settled()
    again.say('again')
    await settled()
    expect([b.heard.at(-1), world.carried]).toEqual(['again', 0])
  })

  test('options and names that make no sense are refused', () => {
    const world = new FakeWorld()
    for (const options of [{ maxMessageBytes: 1000 }, { sendBufferBytes: 1000 }, { maxPeers: -1 }]) {
      expect(() => world.transport(options)).toThrow(code('option-invalid'))
    }
    expect(() => new Watcher(world.transport(), 'no/name')).toThrow(code('option-invalid'))
  })
})

describe('when the other transport is offline', () => {
  const offline = (world: FakeWorld) => {
    for (const { memory } of world.overs) memory.offline()
  }
  const online = (world: FakeWorld) => {
    for (const { memory } of world.overs) memory.online()
  }

  test('those who are reached directly go on, and what they announce is shown', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(3)
    const [a, b, c] = members
    const plain = new Watcher(world.plain(), 'channel', 'plain')
    await settled()
    const names = [...b.present.keys()].filter(peer => peer !== b.idOf('plain'))
    offline(world)
    await settled()
    a.say('to all')
    a.channel.send(a.idOf('b'), text('to b'))
    a.channel.announce(text('a, changed'))
    await settled()
    expect([b.heard, c.heard, plain.heard]).toEqual([['to all', 'to b'], ['to all'], []])
    expect([...b.present.keys()]).toEqual(names)
    expect([a.others, b.others, c.others]).toEqual([
      ['b', 'c'],
      ['a, changed', 'c'],
      ['a, changed', 'b'],
    ])
    expect(a.states).toEqual(['online'])
  })

  test('one who leaves is seen to leave; with the last connection, a member is offline', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(3)
    const [a, b, c] = members
    offline(world)
    await settled()
    c.channel.close()
    await settled()
    expect([a.others, b.others, a.states]).toEqual([['b'], ['a'], ['online']])
    world.ice.cut()
    await settled()
    expect([a.others, b.others, a.states, b.states]).toEqual([[], [], ['online', 'offline'], ['online', 'offline']])
    online(world)
    await settled()
    expect([a.others, b.others, a.states.at(-1)]).toEqual([['b'], ['a'], 'online'])
  })

  test('when it is online again, all have new names, are seen once, and the clone is told', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(2)
    const [a, b] = members
    const before = a.idOf('b')
    offline(world)
    await settled()
    online(world)
    await settled()
    expect(a.states).toEqual(['online', 'connecting', 'online'])
    expect([a.others, b.others]).toEqual([['b'], ['a']])
    expect(a.idOf('b')).not.toBe(before)
    const { carried } = world
    for (const member of members) member.say('directly')
    await settled()
    expect([a.heard, b.heard, world.carried - carried]).toEqual([['directly'], ['directly'], 0])
    expect(world.ice.connections.length, 'the connection was kept').toBe(2)
  })

  test('one who alone is cut off from it is gone for the others, and knows', async () => {
    const world = new FakeWorld()
    const { members } = await world.together(2)
    const [a, b] = members
    world.overs[0].memory.offline()
    await settled()
    expect([b.others, a.others, a.states.at(-1)]).toEqual([[], [], 'offline'])
    a.say('lost')
    await settled()
    expect(b.heard).toEqual([])
    world.overs[0].memory.online()
    await settled()
    a.say('back')
    await settled()
    expect([b.heard, a.others, b.others]).toEqual([['back'], ['b'], ['a']])
  })

  test('who tells first that nobody is there, and then that it is offline, is understood', async () => {
    const world = new FakeWorld()
    const transport = world.transport()
    const over = world.overs[0]
    const join = over.join.bind(over)
    let listener: Parameters<typeof join>[1] | undefined
    over.join = (name, given) => {
      listener = given
      return join(name, given)
    }
    const a = new Watcher(transport, 'channel', 'a')
    await world.together(1)
    listener!.peers(new Map())
    listener!.state('offline', 'the relay is gone')
    await settled()
    expect([a.states, a.others]).toEqual([['online'], ['a']])
    listener!.state('refused', 'not any more')
    expect([a.states, a.others]).toEqual([['online', 'refused: not any more'], []])
    await settled()
    a.say('not sent')
    await settled()
    expect(world.carried).toBe(0)
  })
})
