import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, goodbyeCodes, type RelayFrame, refusedCodes } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import { Relay, type RelayOptions, socketPair } from '../../src/transports/relay.js'
import { FakeEnvironment, settled } from './fake-environment.js'
import { FakeSocket, MuteSocket, PausableSocket } from './fake-socket.js'

const bytes = (...values: number[]) => Uint8Array.from(values)
const hello: RelayFrame = { type: 'hello', lowest: 1, highest: 1, token: '' }
const join = (handle: number, channel: string, payload = bytes()): RelayFrame => ({
  type: 'join',
  handle,
  channel,
  payload,
})
const publish = (handle: number, payload = bytes(1)): RelayFrame => ({ type: 'publish', handle, payload })

function setUp(options: RelayOptions = {}) {
  const environment = new FakeEnvironment()
  const relay = new Relay({ environment, ...options })
  const connect = <Socket extends FakeSocket>(socket: Socket, token = ''): Socket => {
    relay.accept(socket, { address: 'test' })
    socket.says({ ...hello, token } as RelayFrame)
    return socket
  }
  const client = (token = '') => connect(new FakeSocket(), token)
  /** A client with a member on the channel, whose beginnings have been looked at. */
  const member = (channel: string, payload = bytes()) => {
    const socket = client()
    socket.says(join(1, channel, payload))
    const joined = socket.take().find(frame => frame.type === 'joined')
    return { socket, number: joined?.type === 'joined' ? joined.member : 0 }
  }
  return { environment, relay, connect, client, member }
}

describe('joining and presence', () => {
  test('a newcomer gets the whole list, ending with itself; the others get the newcomer', () => {
    const { member, client } = setUp()
    const first = member('a', bytes(1))
    const second = client()
    expect(second.take()).toMatchObject([{ type: 'welcome', version: 1, maxMessageBytes: 1024 * 1024 }])
    second.says(join(9, 'a', bytes(2)))
    const [joined, present] = second.take()
    expect(joined).toMatchObject({ type: 'joined', handle: 9 })
    const number = (joined as { member: number }).member
    expect(present).toMatchObject({
      type: 'present',
      members: [
        { member: first.number, payload: bytes(1) },
        { member: number, payload: bytes(2) },
      ],
    })
    expect(first.socket.take()).toMatchObject([{ type: 'present', members: [{ member: number, payload: bytes(2) }] }])
  })

  test('a change costs one entry for each other, however many there are', () => {
    const { member } = setUp()
    const members = Array.from({ length: 50 }, () => member('a', new Uint8Array(1000)))
    for (const { socket } of members) socket.take()
    members[7].socket.says({ type: 'announce', handle: 1, payload: bytes(5) })
    for (const { socket } of members) {
      const entry = { member: members[7].number, payload: bytes(5) }
      expect(socket.take()).toMatchObject([{ type: 'present', members: [entry] }])
    }
    members[7].socket.emit('close')
    for (const { socket } of members.filter(each => each !== members[7])) {
      expect(socket.take()).toEqual([{ type: 'absent', member: members[7].number }])
    }
  })

  test('a long list comes in frames that are not long', () => {
    const { member, client } = setUp()
    for (let index = 0; index < 200; index++) member('a', new Uint8Array(1280))
    const late = client()
    late.take()
    late.says(join(1, 'a'))
    const lists = late.take().filter(frame => frame.type === 'present')
    expect(lists.length).toBeGreaterThan(4)
    for (const list of lists) expect(encodeFrame(list).length).toBeLessThan(40_000)
    expect(lists.flatMap(list => list.members)).toHaveLength(201)
  })

  test('two members of one connection: one copy of a message, and none where there is only the sender', () => {
    const { member, client } = setUp()
    const far = member('a')
    const near = client()
    near.says(join(1, 'a'), publish(1))
    near.take()
    far.socket.take()
    near.says(publish(1, bytes(1)))
    expect(near.take()).toEqual([])
    near.says(join(2, 'a'))
    near.take()
    near.says(publish(2, bytes(2)))
    expect(near.take()).toMatchObject([{ type: 'message', payload: bytes(2) }])
    near.says({ type: 'leave', handle: 1 })
    expect(near.take()).toMatchObject([{ type: 'absent' }])
    near.says(publish(2, bytes(3)))
    expect(near.take()).toEqual([])
    const heard = far.socket.take().filter(frame => frame.type === 'message')
    expect(heard.map(frame => frame.payload)).toEqual([bytes(1), bytes(2), bytes(3)])
  })

  test('payloads are kept as they came, whatever becomes of the buffer in which they came', () => {
    const { client, member } = setUp()
    const early = client()
    const frames = [join(1, 'a', bytes(1)), join(2, 'a', bytes(2)), { type: 'announce', handle: 2, payload: bytes(3) }]
    for (const frame of frames) {
      const received = encodeFrame(frame as RelayFrame)
      early.saysBytes(received)
      received.fill(255)
    }
    const late = client()
    late.take()
    late.says(join(1, 'a'))
    const lists = late.take().flatMap(frame => (frame.type === 'present' ? frame.members : []))
    expect(lists.map(entry => entry.payload)).toEqual([bytes(1), bytes(3), bytes()])
    member('a')
  })

  test('peer ids are random and not used again', () => {
    const { client } = setUp()
    const peers = new Set<string>()
    const one = client()
    for (let round = 0; round < 20; round++) {
      const socket = round % 2 === 0 ? one : client()
      socket.says(join(1, 'a'), { type: 'leave', handle: 1 })
      for (const frame of socket.take()) if (frame.type === 'joined') peers.add(frame.peer)
    }
    expect(peers.size).toBe(20)
    for (const peer of peers) expect(peer).toMatch(/^[0-9a-f]{24}-[0-9a-z]+$/)
  })
})

describe('relaying', () => {
  test('encodes a message once for all its receivers', () => {
    const { relay, member } = setUp()
    const sender = member('a')
    const frames: Uint8Array[] = []
    for (let index = 0; index < 5; index++) {
      const { socket } = member('a')
      socket.send = frame => void frames.push(frame)
    }
    frames.length = 0
    sender.socket.says(publish(1))
    expect(frames).toHaveLength(5)
    expect(new Set(frames).size).toBe(1)
    expect(relay.statistics()).toMatchObject({ messagesIn: 1, bytesIn: 1, messagesOut: 5 })
  })

  test('a live message has an overhead of two bytes', () => {
    expect(encodeFrame({ type: 'message', from: 100, payload: new Uint8Array(50) })).toHaveLength(52)
  })

  test('a direct message stays in its channel, and never comes back', () => {
    const { relay, member } = setUp()
    const a = member('a')
    const b = member('a')
    const elsewhere = member('b')
    for (const to of [elsewhere.number, a.number, 9999])
      a.socket.says({ type: 'send', handle: 1, to, payload: bytes(1) })
    a.socket.says({ type: 'send', handle: 1, to: b.number, payload: bytes(2) })
    expect(b.socket.take().filter(frame => frame.type === 'direct')).toEqual([
      { type: 'direct', handle: 1, from: a.number, payload: bytes(2) },
    ])
    expect(elsewhere.socket.take()).toEqual([])
    expect(a.socket.take().filter(frame => frame.type === 'direct')).toEqual([])
    expect(relay.statistics().droppedAbsent).toBe(3)
  })

  test('who is no member publishes nothing', () => {
    const { relay, member, client } = setUp()
    const a = member('a')
    const stranger = client()
    stranger.says(publish(1), { type: 'announce', handle: 1, payload: bytes() }, { type: 'leave', handle: 1 })
    expect(a.socket.take()).toEqual([])
    expect(stranger.closeCode).toBeUndefined()
    expect(relay.statistics().droppedAbsent).toBe(1)
  })

  test('an empty channel is forgotten', () => {
    const { relay, member } = setUp()
    const a = member('a')
    const b = member('a')
    expect(relay.statistics()).toMatchObject({ connections: 2, channels: 1, members: 2 })
    a.socket.emit('close')
    b.socket.says({ type: 'leave', handle: 1 })
    expect(relay.statistics()).toMatchObject({ connections: 1, channels: 0, members: 0 })
  })
})

describe('permission', () => {
  test('a token is shown to authorize, with what is known of the request, and its principal to mayJoin', () => {
    const asked: unknown[] = []
    const { client } = setUp({
      authorize: (token, request) => {
        asked.push([token, request.address])
        return token === 'good' ? { allowed: true, principal: 'fred' } : { allowed: false, reason: 'not you' }
      },
      mayJoin: (channel, connection) => {
        asked.push([channel, connection.principal, connection.request.address])
        return channel === 'mine'
      },
    })
    const bad = client('bad')
    expect(bad.take()).toEqual([{ type: 'goodbye', code: goodbyeCodes.unauthorized, final: true, reason: 'not you' }])
    expect(bad.closeCode).toBe(4001)
    const good = client('good')
    good.says(join(1, 'mine'), join(2, 'yours'))
    expect(good.take().map(frame => frame.type)).toEqual(['welcome', 'joined', 'present', 'refused'])
    expect(asked).toEqual([
      ['bad', 'test'],
      ['good', 'test'],
      ['mine', 'fred', 'test'],
      ['yours', 'fred', 'test'],
    ])
  })

  test('hooks may take their time; who leaves meanwhile does not get in', async () => {
    const answers: ((allowed: boolean) => void)[] = []
    const { relay, client } = setUp({ mayJoin: () => new Promise<boolean>(resolve => answers.push(resolve)) })
    const socket = client()
    socket.take()
    socket.says(join(1, 'a'), join(2, 'b'), join(3, 'c'))
    socket.says({ type: 'leave', handle: 2 }, { type: 'announce', handle: 1, payload: bytes(8) })
    for (const answer of answers) answer(true)
    await settled()
    const joined = socket.take().filter(frame => frame.type === 'joined')
    expect(joined.map(frame => frame.handle)).toEqual([1, 3])
    socket.says(join(4, 'd'))
    socket.emit('close')
    answers[3](true)
    await settled()
    expect(relay.statistics()).toMatchObject({ connections: 0, channels: 0, members: 0 })
  })

  test('a hook that fails keeps everyone out, for now, and is reported', async () => {
    const reported: unknown[] = []
    const failing = setUp({
      authorize: () => {
        throw new Error('database is down')
      },
      report: error => reported.push(error),
    })
    const refused = failing.client()
    expect(refused.take()).toMatchObject([{ type: 'goodbye', code: goodbyeCodes.unavailable, final: false }])
    const rejecting = setUp({
      mayJoin: () => Promise.reject(new Error('database is down')),
      report: error => reported.push(error),
    })
    const socket = rejecting.client()
    socket.says(join(1, 'a'))
    await settled()
    expect(socket.take().at(-1)).toMatchObject({ type: 'refused', code: refusedCodes.unavailable, final: false })
    expect(reported).toHaveLength(2)
    expect(rejecting.relay.statistics().members).toBe(0)
  })
})

describe('limits', () => {
  const said = (socket: FakeSocket) => socket.take().at(-1)

  test('connections', () => {
    const { relay, client } = setUp({ maxConnections: 2 })
    const [one, , three] = [client(), client(), client()]
    expect(said(three)).toMatchObject({ type: 'goodbye', code: goodbyeCodes.busy, final: false })
    one.emit('close')
    expect(said(client())).toMatchObject({ type: 'welcome' })
    expect(relay.statistics()).toMatchObject({ connections: 2, accepted: 4, refused: 1 })
  })

  test('channels of a connection', () => {
    const { client } = setUp({ maxChannelsPerConnection: 2 })
    const socket = client()
    socket.says(join(1, 'a'), join(2, 'b'), join(3, 'c'))
    expect(said(socket)).toMatchObject({ type: 'refused', handle: 3, code: refusedCodes.channelLimit, final: false })
    socket.says({ type: 'leave', handle: 1 }, join(4, 'd'))
    expect(socket.take().map(frame => frame.type)).toContain('joined')
  })

  test('the length of a message', () => {
    const { relay, member } = setUp({ maxMessageBytes: 65536 })
    const a = member('a')
    const b = member('a')
    a.socket.says(publish(1, new Uint8Array(65537)))
    expect(b.socket.take()).toEqual([])
    a.socket.says(publish(1, new Uint8Array(65536)))
    expect(b.socket.take()).toHaveLength(1)
    expect(relay.statistics().droppedLong).toBe(1)
    expect(relay.maxFrameBytes).toBeGreaterThan(65536)
    const isInvalid = expect.toSatisfy(error => hasCode(error, 'option-invalid'))
    expect(() => new Relay({ maxMessageBytes: 65535 })).toThrow(isInvalid)
  })

  test('messages a second: what is too much is dropped, and costs the others nothing', async () => {
    const { environment, relay, member } = setUp({ messagesPerSecond: 10 })
    const eager = member('a')
    const other = member('a')
    for (let index = 0; index < 100; index++) eager.socket.says(publish(1))
    const burst = other.socket.take().length
    expect(burst).toBeGreaterThanOrEqual(18)
    expect(burst).toBeLessThanOrEqual(20)
    expect(relay.statistics().droppedRate).toBe(100 - burst)
    other.socket.says(publish(1))
    expect(eager.socket.take().filter(frame => frame.type === 'message')).toHaveLength(1)
    await environment.advance(1000)
    for (let index = 0; index < 100; index++) eager.socket.says(publish(1))
    const later = other.socket.take().length
    expect(later).toBeGreaterThanOrEqual(9)
    expect(later).toBeLessThanOrEqual(11)
  })

  test('bytes a second, and a clock that jumps gives nothing away', async () => {
    const { environment, member } = setUp({ bytesPerSecond: 1000 })
    const eager = member('a')
    const other = member('a')
    const flood = () => {
      for (let index = 0; index < 100; index++) eager.socket.says(publish(1, new Uint8Array(98)))
      return other.socket.take().length
    }
    expect(flood()).toBeLessThanOrEqual(20)
    environment.sleep(3_600_000)
    expect(flood()).toBeLessThanOrEqual(21)
    environment.sleep(-3_600_000)
    expect(flood()).toBeLessThanOrEqual(1)
    await environment.advance(1000)
    expect(flood()).toBeGreaterThanOrEqual(9)
  })

  test('a socket that can be paused is paused instead, and loses nothing that it had read by then', async () => {
    const { environment, relay, connect, member } = setUp({ messagesPerSecond: 10 })
    const eager = connect(new PausableSocket())
    eager.says(join(1, 'a'))
    const other = member('a')
    for (let index = 0; index < 30; index++) eager.says(publish(1))
    expect(other.socket.take()).toHaveLength(30)
    expect(eager.paused).toBe(true)
    await environment.advance(1300)
    expect(eager.paused).toBe(false)
    expect(relay.statistics().droppedRate).toBe(0)
    for (let index = 0; index < 1000; index++) eager.says(publish(1))
    expect(relay.statistics().droppedRate).toBeGreaterThan(900)
  })

  test('a paused socket is not called silent', async () => {
    const { relay, environment, connect } = setUp({ bytesPerSecond: 1000, idleTimeoutMs: 1000 })
    const eager = connect(new PausableSocket())
    eager.says(join(1, 'a'), publish(1, new Uint8Array(5000)))
    await environment.advance(2900)
    expect([eager.paused, relay.statistics().connections]).toEqual([true, 1])
    await environment.advance(200)
    expect([eager.paused, relay.statistics().connections]).toEqual([false, 1])
  })

  test('a paused socket that ends is let go', async () => {
    const { relay, environment, connect } = setUp({ messagesPerSecond: 1 })
    const eager = connect(new PausableSocket())
    eager.says(join(1, 'a'))
    for (let index = 0; index < 3; index++) eager.says(publish(1))
    expect(eager.paused).toBe(true)
    relay.close()
    expect(eager.paused).toBe(false)
    await environment.advance(60_000)
    expect(environment.timerCount).toBe(0)
  })

  test('a connection from inside the process may send at any rate', async () => {
    const { relay, member } = setUp({ messagesPerSecond: 10, bytesPerSecond: 100 })
    const receiver = member('a')
    const inside = relay.connect()
    const say = (frame: RelayFrame) => inside.send(encodeFrame(frame))
    say(hello)
    say(join(1, 'a'))
    for (let i = 0; i < 1000; i++) say(publish(1))
    await settled()
    expect(receiver.socket.take().filter(frame => frame.type === 'message')).toHaveLength(1000)
    expect(relay.statistics().droppedRate).toBe(0)
  })

  test('who floods with frames that cannot be dropped is sent away', () => {
    const { client } = setUp({ messagesPerSecond: 10 })
    const socket = client()
    for (let index = 0; index < 100; index++) socket.says({ type: 'ping' })
    expect(said(socket)).toMatchObject({ type: 'goodbye', code: goodbyeCodes.rate, final: false })
  })

  test('a slow receiver loses messages but no presence; when hopeless it is closed', async () => {
    const { environment, relay, member } = setUp({ sendBufferBytes: 1000, slowTimeoutMs: 10_000, idleTimeoutMs: 8000 })
    const sender = member('a')
    const slow = member('a')
    slow.socket.bufferedAmount = 1001
    sender.socket.says(publish(1), { type: 'announce', handle: 1, payload: bytes(3) })
    expect(slow.socket.take().map(frame => frame.type)).toEqual(['present'])
    expect(relay.statistics().droppedSlow).toBe(1)
    slow.socket.bufferedAmount = 0
    sender.socket.says(publish(1))
    expect(slow.socket.take().map(frame => frame.type)).toEqual(['message'])
    slow.socket.bufferedAmount = 1001
    for (let second = 0; second < 15; second++) {
      sender.socket.says(publish(1))
      slow.socket.says({ type: 'pong' })
      await environment.advance(1000)
    }
    expect(slow.socket.terminated).toBe(true)
    const busy = member('a')
    await environment.advance(500)
    for (let second = 0; second < 15; second++) {
      busy.socket.bufferedAmount = 0
      sender.socket.says(publish(1), { type: 'pong' })
      busy.socket.bufferedAmount = 1001
      sender.socket.says(publish(1))
      busy.socket.says({ type: 'pong' })
      await environment.advance(1000)
    }
    expect(busy.socket.terminated, 'one that catches up is not hopeless').toBe(false)
    busy.socket.emit('close')
    const overfull = member('a')
    overfull.socket.bufferedAmount = 2001
    sender.socket.says({ type: 'announce', handle: 1, payload: bytes(4) })
    expect(overfull.socket.terminated).toBe(true)
    expect(relay.statistics().members).toBe(1)
  })

  test('an end that is the end of another, and so on, is told to the last', () => {
    // As many as would overflow the stack, if the end of one were inside the end of another.
    const { relay, connect, member } = setUp({ sendBufferBytes: 1000, maxConnections: 5000 })
    const chain = Array.from({ length: 3000 }, () => connect(new MuteSocket()))
    for (const [index, socket] of chain.entries()) socket.says(join(1, `c${index}`), join(2, `c${index + 1}`))
    const witness = member('c3000')
    for (const socket of chain) socket.bufferedAmount = 2001
    chain[0].emit('close')
    expect(relay.statistics()).toMatchObject({ connections: 1, channels: 1, members: 1 })
    expect(witness.socket.take()).toMatchObject([{ type: 'absent' }])
  })

  test('a socket that cannot send any more is done with', () => {
    const { relay, member } = setUp()
    const broken = member('a')
    broken.socket.send = () => {
      throw new Error('not open')
    }
    const other = member('a')
    other.socket.says(publish(1))
    expect(relay.statistics()).toMatchObject({ connections: 1, members: 1 })
  })

  test('the silent are asked, then sent away; those who never say hello sooner', async () => {
    const { environment, relay, member, client } = setUp({ idleTimeoutMs: 80_000 })
    const mute = new FakeSocket()
    relay.accept(mute)
    const silent = member('a')
    const answering = client()
    answering.take()
    await environment.advance(35_000)
    expect(said(mute)).toMatchObject({ type: 'goodbye', code: goodbyeCodes.idle, final: false })
    await environment.advance(20_000)
    expect(said(silent.socket)).toEqual({ type: 'ping' })
    expect(said(answering)).toEqual({ type: 'ping' })
    answering.says({ type: 'pong' })
    await environment.advance(40_000)
    expect(silent.socket.take()).toContainEqual(expect.objectContaining({ type: 'goodbye', code: goodbyeCodes.idle }))
    expect(answering.closeCode).toBeUndefined()
    expect(relay.statistics().connections).toBe(1)
    answering.emit('close')
    expect(environment.timerCount, 'nothing is left running').toBe(0)
  })
})

describe('bad clients', () => {
  const cases: [string, (socket: FakeSocket) => void][] = [
    ['text', socket => socket.saysBytes('{"hello":true}')],
    ['an empty message', socket => socket.saysBytes(bytes())],
    ['a frame cut short', socket => socket.saysBytes(bytes(2, 1))],
    ['a second hello', socket => socket.says(hello)],
    ['a handle that is in use', socket => socket.says(join(1, 'b'))],
    ['a frame that only a relay may send', socket => socket.says({ type: 'absent', member: 1 })],
  ]
  test.each(cases)('%s costs the connection, and nobody else', (_, act) => {
    const { relay, member } = setUp()
    const good = member('a')
    const bad = member('a')
    good.socket.take()
    act(bad.socket)
    expect(bad.socket.take().at(-1)).toMatchObject({ type: 'goodbye', code: goodbyeCodes.malformed, final: false })
    expect(good.socket.take()).toEqual([{ type: 'absent', member: bad.number }])
    expect(relay.statistics()).toMatchObject({ connections: 1, members: 1, malformed: 1 })
    bad.socket.says(publish(1))
    expect(good.socket.take()).toEqual([])
  })

  test('frames before the welcome', () => {
    const { relay } = setUp()
    const socket = new FakeSocket()
    relay.accept(socket)
    socket.says(join(1, 'a'))
    expect(socket.take()).toMatchObject([{ type: 'goodbye', code: goodbyeCodes.malformed }])
    const stranger = new FakeSocket()
    relay.accept(stranger)
    stranger.saysBytes(bytes(255, 1, 2))
    expect(stranger.take()).toMatchObject([{ type: 'goodbye', code: goodbyeCodes.malformed }])
  })

  test('another version of the protocol', () => {
    const { relay } = setUp()
    for (const [lowest, highest, answer] of [
      [2, 9, 'goodbye'],
      [0, 0, 'goodbye'],
      [0, 9, 'welcome'],
    ] as const) {
      const socket = new FakeSocket()
      relay.accept(socket)
      socket.says({ type: 'hello', lowest, highest, token: '' })
      expect(socket.take()).toMatchObject([{ type: answer }])
    }
  })

  test('frames of types to come are skipped', () => {
    const { relay, member } = setUp()
    const a = member('a')
    a.socket.saysBytes(bytes(99, 1, 2, 3))
    a.socket.says({ type: 'ping' })
    expect(a.socket.take()).toEqual([{ type: 'pong' }])
    expect(relay.statistics().unknown).toBe(1)
  })

  test('whatever many clients send, the relay throws nothing, forgets those who went, and serves the good ones', () => {
    const type = fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 19, 20, 21, 99)
    const frame = fc.tuple(type, fc.uint8Array({ maxLength: 12 })).map(([first, rest]) => bytes(first, ...rest))
    const handle = fc.nat({ max: 3 })
    const sensible: fc.Arbitrary<Uint8Array> = fc
      .oneof(
        fc.record({ type: fc.constant('join'), handle, channel: fc.constantFrom('a', 'b'), payload: fc.uint8Array() }),
        fc.record({ type: fc.constant('leave'), handle }),
        fc.record({ type: fc.constant('publish'), handle, payload: fc.uint8Array() }),
        fc.record({ type: fc.constant('send'), handle, to: fc.nat({ max: 12 }), payload: fc.uint8Array() }),
        fc.record({ type: fc.constant('announce'), handle, payload: fc.uint8Array() }),
      )
      .map(value => encodeFrame(value as RelayFrame))
    const step = fc.tuple(fc.nat({ max: 5 }), fc.oneof({ weight: 9, arbitrary: sensible }, frame))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const { relay, member, client } = setUp()
        const good = [member('a'), member('a')]
        const bad = Array.from({ length: 6 }, () => client())
        for (const [which, input] of steps) bad[which].saysBytes(input)
        good[0].socket.take()
        good[1].socket.says(publish(1, bytes(42)))
        expect(good[0].socket.take()).toEqual([{ type: 'message', from: good[1].number, payload: bytes(42) }])
        for (const socket of bad) socket.emit('close')
        expect(relay.statistics()).toMatchObject({ connections: 2, channels: 1, members: 2 })
      }),
    )
  })
})

describe('its end', () => {
  test('everyone is told, and nobody is let in any more', () => {
    const { environment, relay, client, member } = setUp()
    const [a, b] = [member('a'), member('a')]
    a.socket.take()
    relay.close()
    relay.close()
    for (const { socket } of [a, b]) {
      const last = { type: 'goodbye', code: goodbyeCodes.closing, final: false }
      expect(socket.take().filter(frame => frame.type !== 'joined' && frame.type !== 'present')).toMatchObject([last])
      expect(socket.closeCode).toBe(4007)
    }
    expect(client().take()).toMatchObject([{ type: 'goodbye', code: goodbyeCodes.closing }])
    expect(relay.statistics()).toMatchObject({ connections: 0, channels: 0, members: 0 })
    expect(environment.timerCount).toBe(0)
  })
})

describe('a pair of sockets', () => {
  test('carries in order, in later turns, and what was sent before a close arrives before it', async () => {
    const [near, far] = socketPair()
    const told: unknown[] = []
    far.addEventListener('message', event => told.push(event.data))
    far.addEventListener('close', () => told.push('close'))
    near.addEventListener('close', () => told.push('near close'))
    near.send(bytes(1))
    near.send(bytes(2, 3))
    near.close()
    near.close()
    near.send(bytes(4))
    expect(told).toEqual([])
    expect(near.bufferedAmount).toBe(3)
    await settled()
    expect(told).toEqual([bytes(1), bytes(2, 3), 'close', 'near close'])
    expect([near.bufferedAmount, near.readyState, far.readyState]).toEqual([0, 3, 3])
  })
})
