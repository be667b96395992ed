import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeFrame, type RelayFrame } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import type { ChannelListener } from '../../src/ports/index.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { Relay } from '../../src/transports/relay.js'
import {
  type WebSocketLike,
  WebSocketTransport,
  type WebSocketTransportOptions,
} from '../../src/transports/websocket.js'
import { openSuiteClone } from './clones.js'
import { FakeEnvironment, settled } from './fake-environment.js'
import { FakeSocket } from './fake-socket.js'

const bytes = (...values: number[]) => Uint8Array.from(values)

class Recorder implements ChannelListener {
  readonly told: unknown[] = []
  message(from: string, content: Uint8Array): void {
    this.told.push([from, ...content])
  }
  peers(present: ReadonlyMap<string, Uint8Array>): void {
    this.told.push([...present.keys()].join())
  }
  state(state: string, reason?: string): void {
    this.told.push(reason === undefined ? state : `${state}: ${reason}`)
  }
  take(): unknown[] {
    return this.told.splice(0)
  }
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(each => each.close()))
  vi.unstubAllGlobals()
})

/** A transport on a clock of the test, whose sockets the test answers. */
function setUp(options: WebSocketTransportOptions = {}) {
  const environment = new FakeEnvironment()
  const sockets: FakeSocket[] = []
  const socket = () => {
    const opened = new FakeSocket()
    sockets.push(opened)
    opened.close = () => {
      opened.readyState = 3
      opened.emit('close')
    }
    return opened
  }
  const transport = new WebSocketTransport('ws://relay.example', { environment, socket, ...options })
  open.push(transport)
  const latest = () => sockets[sockets.length - 1]
  const welcome = (maxMessageBytes = 1024 * 1024) =>
    latest().says({ type: 'welcome', version: 1, maxMessageBytes, connection: 'c' })
  /** The relay lets a handle in: number 100 + handle in channel 50, with others who are there. */
  const enter = (handle: number, ...others: number[]) => {
    const entry = (member: number) => ({ member, peer: `p${member}`, payload: bytes(member) })
    const number = 100 + handle
    latest().says(
      { type: 'joined', handle, channel: 50, member: number, peer: `p${number}` },
      { type: 'present', channel: 50, members: [...others, number].map(entry) },
    )
  }
  return { environment, transport, sockets, latest, welcome, enter }
}

/** A transport with one channel, online. */
async function online(options: WebSocketTransportOptions = {}) {
  const world = setUp(options)
  const listener = new Recorder()
  const channel = world.transport.join('a', listener)
  await settled()
  world.welcome()
  world.enter(1, 7)
  world.latest().take()
  listener.take()
  return { ...world, listener, channel }
}

describe('connecting', () => {
  test('waits for the first channel, says hello with the token, and joins after the welcome', async () => {
    const { environment, transport, sockets, latest, welcome, enter } = setUp({ token: 'secret' })
    await environment.advance(60_000)
    expect(sockets).toHaveLength(0)
    const listener = new Recorder()
    const channel = transport.join('a', listener)
    channel.announce(bytes(1))
    expect(listener.told).toEqual([])
    await settled()
    expect(listener.take()).toEqual(['connecting'])
    expect(latest().take()).toEqual([{ type: 'hello', lowest: 1, highest: 1, token: 'secret' }])
    expect(latest().binaryType).toBe('arraybuffer')
    welcome()
    expect(latest().take()).toEqual([{ type: 'join', handle: 1, channel: 'a', payload: bytes(1) }])
    expect(listener.told).toEqual([])
    enter(1, 7, 8)
    expect(listener.take()).toEqual(['online', 'p7,p8'])
    transport.join('b', listener)
    await settled()
    expect(sockets, 'one connection for all').toHaveLength(1)
    expect(latest().take()).toMatchObject([{ type: 'join', handle: 2, channel: 'b' }])
  })

  test('stays a little after the last channel has closed, and comes back for the next one', async () => {
    const { environment, transport, sockets, latest, channel, listener } = await online({ lingerMs: 1000 })
    channel.close()
    expect(latest().take()).toEqual([{ type: 'leave', handle: 1 }])
    await environment.advance(900)
    const next = transport.join('a', listener)
    await environment.advance(5000)
    expect(latest().readyState).toBe(1)
    next.close()
    await environment.advance(1100)
    expect(latest().readyState).toBe(3)
    await environment.advance(100_000)
    expect(sockets).toHaveLength(1)
    transport.join('a', listener)
    await settled()
    expect(sockets).toHaveLength(2)
    expect(listener.take()).toEqual(['connecting', 'connecting'])
  })

  test('waits longer each time, by chance, up to a bound; and shortly again after a connection that lasted', async () => {
    const { environment, sockets, latest, welcome, enter, transport } = setUp({
      firstBackoffMs: 1000,
      maxBackoffMs: 8000,
      stableMs: 5000,
    })
    transport.join('a', new Recorder())
    await settled()
    const waits: number[] = []
    const waitForNext = async () => {
      const count = sockets.length
      const fromMs = environment.now()
      while (sockets.length === count) await environment.advance(1)
      waits.push(environment.now() - fromMs)
    }
    for (let attempt = 0; attempt < 40; attempt++) {
      latest().emit('close')
      await waitForNext()
    }
    for (const [attempt, waitMs] of waits.entries()) {
      expect(waitMs).toBeLessThanOrEqual(Math.min(8000, 1000 * 2 ** attempt) + 1)
    }
    expect(Math.max(...waits)).toBeGreaterThan(4000)
    expect(Math.min(...waits.slice(5)), 'full jitter: some waits are short').toBeLessThan(2000)
    expect(new Set(waits).size).toBeGreaterThan(20)
    // A relay that lets in and drops at once is no reason to hurry.
    for (let round = 0; round < 10; round++) {
      welcome()
      enter(1)
      latest().emit('close')
      await waitForNext()
    }
    expect(Math.max(...waits.slice(-10))).toBeGreaterThan(2000)
    welcome()
    await environment.advance(5001)
    latest().emit('close')
    await waitForNext()
    expect(waits.at(-1)).toBeLessThanOrEqual(1001)
  })

  test('a relay that does not answer is given up', async () => {
    const { environment, transport, sockets } = setUp({ connectTimeoutMs: 5000 })
    const listener = new Recorder()
    transport.join('a', listener)
    await environment.advance(4900)
    expect(sockets).toHaveLength(1)
    await environment.advance(60_000)
    expect(sockets[0].terminated).toBe(true)
    expect(sockets.length).toBeGreaterThan(1)
    expect(listener.take().slice(0, 3)).toEqual(['connecting', 'offline: the relay does not answer', 'connecting'])
  })

  test('a socket that cannot be opened is a reason to try again', async () => {
    let attempts = 0
    const { environment, transport } = setUp({
      socket: async () => {
        attempts++
        throw new Error('no route')
      },
    })
    const listener = new Recorder()
    transport.join('a', listener)
    await environment.advance(200_000)
    expect(attempts).toBeGreaterThan(5)
    expect(listener.take().slice(0, 3)).toEqual(['connecting', 'offline: no route', 'connecting'])
  })

  test('a socket that comes too late is closed', async () => {
    let deliver: (socket: WebSocketLike) => void = () => {}
    const late = new FakeSocket()
    const { transport } = setUp({ socket: () => new Promise(resolve => (deliver = resolve)) })
    const channel = transport.join('a', new Recorder())
    await settled()
    channel.close()
    await transport.close()
    deliver(late)
    await settled()
    expect(late.terminated).toBe(true)
    expect(late.sent).toEqual([])
  })

  test('a socket that fails too late disturbs nobody', async () => {
    let reject: (error: Error) => void = () => {}
    const sockets: FakeSocket[] = []
    const { transport } = setUp({
      socket: () => {
        if (sockets.push(new FakeSocket()) > 1) return sockets[1]
        return new Promise<WebSocketLike>((_, fail) => {
          reject = fail
        })
      },
    })
    const listener = new Recorder()
    transport.join('a', listener)
    await settled()
    transport.authenticate('new')
    await settled()
    reject(new Error('too late'))
    await settled()
    expect(listener.told).toEqual(['connecting', 'offline: new credentials', 'connecting'])
    expect([sockets.length, sockets[1].terminated]).toEqual([2, false])
    sockets[1].readyState = 3
  })

  test('a browser that is online again connects at once, and looks whether its connection still lives', async () => {
    const events = new EventTarget()
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
    const remove = vi.fn(events.removeEventListener.bind(events))
    vi.stubGlobal('removeEventListener', remove)
    const { environment, transport, sockets, latest, channel } = await online({
      firstBackoffMs: 1e9,
      maxBackoffMs: 1e9,
    })
    events.dispatchEvent(new Event('online'))
    expect(latest().take()).toEqual([{ type: 'ping' }])
    await environment.advance(3100)
    expect(sockets[0].terminated, 'no answer to that').toBe(true)
    await environment.advance(60_000)
    expect(sockets).toHaveLength(1)
    events.dispatchEvent(new Event('online'))
    await settled()
    expect(sockets).toHaveLength(2)
    channel.close()
    await transport.close()
    expect(remove).toHaveBeenCalledTimes(1)
    latest().take()
    events.dispatchEvent(new Event('online'))
    expect(latest().take()).toEqual([])
  })
})

describe('a connection that dies in silence', () => {
  test('is noticed within three intervals, and a quiet one that answers is kept', async () => {
    const { environment, latest, sockets, listener } = await online({ pingIntervalMs: 10_000 })
    for (let round = 0; round < 10; round++) {
      await environment.advance(10_000)
      if (latest().take().length > 0) latest().says({ type: 'pong' })
    }
    expect(sockets).toHaveLength(1)
    expect(listener.take()).toEqual([])
    latest().says({ type: 'pong' })
    await environment.advance(30_000)
    expect(sockets[0].terminated).toBe(true)
    expect(listener.take().slice(0, 2)).toEqual(['', 'offline: the relay has fallen silent'])
  })

  test('a machine that slept asks once more before it gives up', async () => {
    const { environment, latest, sockets } = await online({ pingIntervalMs: 10_000 })
    await environment.advance(20_000)
    expect(latest().take()).toEqual([{ type: 'ping' }])
    environment.sleep(3_600_000)
    await environment.advance(1)
    expect(latest().take()).toEqual([{ type: 'ping' }])
    latest().says({ type: 'pong' })
    await environment.advance(10_000)
    expect(sockets).toHaveLength(1)
  })

  test('answers the pings of the relay', async () => {
    const { latest } = await online()
    latest().says({ type: 'ping' })
    expect(latest().take()).toEqual([{ type: 'pong' }])
  })
})

describe('a connection that is lost', () => {
  test('takes everyone with it; the next one joins and announces again, and what comes from the old one is not heard', async () => {
    const { environment, sockets, latest, welcome, enter, listener, channel } = await online()
    channel.announce(bytes(5))
    sockets[0].emit('close')
    expect(listener.take()).toEqual(['', 'offline: the connection was closed'])
    channel.publish(bytes(1))
    const payload = bytes(6)
    channel.announce(payload)
    payload.fill(0)
    await environment.advance(500)
    expect(sockets).toHaveLength(2)
    welcome()
    const [, join] = latest().take()
    expect(join).toEqual({ type: 'join', handle: 1, channel: 'a', payload: bytes(6) })
    sockets[0].says({ type: 'message', from: 7, payload: bytes(1) })
    enter(1, 9)
    sockets[0].says({ type: 'message', from: 7, payload: bytes(1) })
    expect(listener.take()).toEqual(['connecting', 'online', 'p9'])
    channel.send('p7', bytes(1))
    expect(latest().take(), 'a peer of the old connection').toEqual([])
  })

  test('a goodbye is obeyed: final ones are refusals, until there are new credentials', async () => {
    const { environment, transport, sockets, latest, welcome, enter, listener } = await online({ token: 'old' })
    latest().says({ type: 'goodbye', code: 1, final: true, reason: 'expired' })
    expect(listener.take()).toEqual(['', 'refused: expired'])
    const second = new Recorder()
    transport.join('b', second)
    await environment.advance(600_000)
    expect(sockets).toHaveLength(1)
    expect(second.take()).toEqual(['refused: expired'])
    transport.authenticate('new')
    expect(listener.take(), 'not inside the call').toEqual([])
    await settled()
    expect(sockets).toHaveLength(2)
    expect(latest().take()).toMatchObject([{ type: 'hello', token: 'new' }])
    welcome()
    enter(1)
    expect(listener.take()).toEqual(['connecting', 'online', ''])
  })

  test('new credentials while online make a new connection at once', async () => {
    const { transport, sockets, latest, listener } = await online({ token: 'old' })
    transport.authenticate(() => Promise.resolve('fetched'))
    await settled()
    expect(sockets).toHaveLength(2)
    expect(sockets[0].readyState).toBe(3)
    expect(latest().take()).toMatchObject([{ type: 'hello', token: 'fetched' }])
    expect(listener.take()).toEqual(['', 'offline: new credentials', 'connecting'])
  })
})

describe('a channel that is refused', () => {
  test('for good: stays so over reconnections, and the others go on', async () => {
    const { environment, transport, sockets, latest, welcome, enter, listener } = await online()
    const refused = new Recorder()
    const channel = transport.join('secret', refused)
    await settled()
    latest().take()
    latest().says({ type: 'refused', handle: 2, code: 1, final: true, reason: 'not yours' })
    expect(refused.take()).toEqual(['connecting', 'refused: not yours'])
    channel.publish(bytes(1))
    channel.announce(bytes(1))
    expect(latest().take()).toEqual([])
    sockets[0].emit('close')
    await environment.advance(500)
    welcome()
    expect(latest().take()).toMatchObject([{ type: 'hello' }, { type: 'join', handle: 1 }])
    enter(1)
    expect(listener.take().at(-2)).toBe('online')
    expect(refused.take().at(-1)).toBe('refused: not yours')
    transport.authenticate('better')
    await settled()
    welcome()
    expect(latest().take()).toMatchObject([{ type: 'hello' }, { type: 'join', handle: 1 }, { type: 'join', handle: 2 }])
  })

  test('for now: is asked for again, by itself', async () => {
    const { environment, transport, latest, listener } = await online()
    const refused = new Recorder()
    transport.join('b', refused)
    await settled()
    latest().take()
    latest().says({ type: 'refused', handle: 2, code: 3, final: false, reason: 'later' })
    expect(refused.take()).toEqual(['connecting', 'offline: later'])
    await environment.advance(15_000)
    latest().says({ type: 'pong' })
    await environment.advance(15_000)
    expect(latest().take()).toContainEqual({ type: 'join', handle: 2, channel: 'b', payload: bytes() })
    expect(listener.take()).toEqual([])
  })
})

test('a refusal for now is forgotten with its connection', async () => {
  const { environment, transport, sockets, latest, welcome } = await online({ connectTimeoutMs: 1e6 })
  transport.join('b', new Recorder())
  await settled()
  latest().says({ type: 'refused', handle: 2, code: 3, final: false, reason: 'later' })
  sockets[0].emit('close')
  await environment.advance(60_000)
  welcome()
  expect(latest().take()).toMatchObject([{ type: 'hello' }, { type: 'join', handle: 1 }, { type: 'join', handle: 2 }])
})

describe('what cannot be sent is dropped', () => {
  test('beyond the bound of the send buffer', async () => {
    const { transport, latest, channel } = await online({ sendBufferBytes: 1000 })
    latest().bufferedAmount = 1000
    channel.publish(bytes(1))
    channel.send('p7', bytes(1))
    expect(latest().take()).toEqual([])
    channel.announce(bytes(2))
    expect(latest().take(), 'presence is not dropped').toMatchObject([{ type: 'announce' }])
    latest().bufferedAmount = 999
    channel.publish(bytes(1))
    channel.send('p7', bytes(2))
    expect(latest().take()).toEqual([
      { type: 'publish', handle: 1, payload: bytes(1) },
      { type: 'send', handle: 1, to: 7, payload: bytes(2) },
    ])
    expect(transport.statistics()).toMatchObject({ messagesOut: 2, bytesOut: 2, dropped: 2 })
  })

  test('beyond the longest message, of here or of the relay', async () => {
    const { transport, latest, welcome, enter } = setUp({ maxMessageBytes: 100_000 })
    const channel = transport.join('a', new Recorder())
    await settled()
    expect(transport.maxMessageBytes).toBe(100_000)
    welcome(65536)
    enter(1)
    latest().take()
    expect(transport.maxMessageBytes).toBe(65536)
    channel.publish(new Uint8Array(65537))
    expect(latest().take()).toEqual([])
    channel.publish(new Uint8Array(65536))
    expect(latest().take()).toHaveLength(1)
  })

  test('on a socket that throws', async () => {
    const { latest, channel } = await online()
    latest().send = () => {
      throw new Error('InvalidStateError')
    }
    channel.publish(bytes(1))
  })
})

describe('a relay that makes no sense', () => {
  const cases: [string, (socket: FakeSocket) => void][] = [
    ['text', socket => socket.saysBytes('hello')],
    ['an empty message', socket => socket.saysBytes(bytes())],
    ['a frame cut short', socket => socket.saysBytes(bytes(21))],
    ['a frame that only a client may send', socket => socket.says({ type: 'publish', handle: 1, payload: bytes() })],
    [
      'a second welcome',
      socket => socket.says({ type: 'welcome', version: 1, maxMessageBytes: 65536, connection: 'c' }),
    ],
    ['a second joining', socket => socket.says({ type: 'joined', handle: 1, channel: 1, member: 2, peer: 'p' })],
  ]
  test.each(cases)('%s: is counted, and costs the connection', async (_, act) => {
    const { environment, transport, sockets, latest, listener } = await online()
    act(latest())
    expect(transport.statistics().malformed).toBe(1)
    expect(listener.take()).toEqual(['', 'offline: the relay sent what cannot be understood'])
    await environment.advance(500)
    expect(sockets).toHaveLength(2)
  })

  test('members without end', async () => {
    const { transport, latest } = await online()
    for (let frame = 0; frame < 11; frame++) {
      const entry = (_: unknown, index: number) => ({
        member: 1000 + frame * 10_000 + index,
        peer: 'p',
        payload: bytes(),
      })
      latest().says({ type: 'present', channel: 50, members: Array.from({ length: 10_000 }, entry) })
    }
    expect(transport.statistics().malformed).toBe(1)
  })

  test('another version of the protocol is a refusal', async () => {
    const { transport, latest } = setUp()
    const listener = new Recorder()
    transport.join('a', listener)
    await settled()
    latest().says({ type: 'welcome', version: 2, maxMessageBytes: 65536, connection: 'c' })
    expect(listener.take()).toEqual(['connecting', 'refused: the relay speaks version 2 of the protocol'])
  })

  test('frames of types to come, and frames for nobody, are skipped', async () => {
    const { transport, latest, sockets, listener } = await online()
    latest().saysBytes(bytes(99, 1))
    const nobody: RelayFrame[] = [
      { type: 'message', from: 999, payload: bytes() },
      { type: 'direct', handle: 9, from: 7, payload: bytes() },
      { type: 'direct', handle: 1, from: 999, payload: bytes() },
      { type: 'direct', handle: 1, from: 101, payload: bytes() },
      { type: 'message', from: 101, payload: bytes() },
      { type: 'absent', member: 999 },
      { type: 'present', channel: 999, members: [{ member: 1, peer: 'x', payload: bytes() }] },
      { type: 'joined', handle: 9, channel: 1, member: 2, peer: 'p' },
      { type: 'refused', handle: 9, code: 1, final: true, reason: '' },
    ]
    latest().says(...nobody)
    expect(listener.take()).toEqual([])
    expect(sockets).toHaveLength(1)
    expect(transport.statistics().ignored).toBe(4)
  })

  test('whatever it sends, nothing is thrown, memory is bounded, and a good relay is understood afterwards', async () => {
    const type = fc.constantFrom(7, 8, 16, 17, 18, 19, 20, 21, 22, 23, 99, 1)
    const anything = fc.tuple(type, fc.uint8Array({ maxLength: 12 })).map(([first, rest]) => bytes(first, ...rest))
    const number = fc.nat({ max: 4 })
    const peer = fc.constantFrom('p', 'q')
    const payload = fc.uint8Array({ maxLength: 4 })
    const sensible = fc
      .oneof(
        fc.record({ type: fc.constant('joined'), handle: number, channel: number, member: number, peer }),
        fc.record({
          type: fc.constant('present'),
          channel: number,
          members: fc.array(fc.record({ member: number, peer, payload }), { minLength: 1, maxLength: 3 }),
        }),
        fc.record({ type: fc.constant('absent'), member: number }),
        fc.record({ type: fc.constant('message'), from: number, payload }),
        fc.record({ type: fc.constant('direct'), handle: number, from: number, payload }),
        fc.record({ type: fc.constant('refused'), handle: number, code: number, final: fc.boolean(), reason: peer }),
      )
      .map(value => encodeFrame(value as RelayFrame))
    const property = fc.asyncProperty(
      fc.array(fc.oneof({ weight: 9, arbitrary: sensible }, anything), { maxLength: 40 }),
      async inputs => {
        const { environment, transport, sockets, latest, welcome, enter } = setUp()
        const listener = new Recorder()
        transport.join('a', listener)
        transport.join('a', new Recorder())
        await settled()
        welcome()
        for (const input of inputs) latest().saysBytes(input)
        transport.authenticate(undefined)
        await environment.advance(1)
        expect(sockets.length).toBeGreaterThan(1)
        welcome()
        enter(1, 7)
        expect(listener.take().slice(-2)).toEqual(['online', 'p7'])
        await transport.close()
      },
    )
    await fc.assert(property)
  })

  test('a listener that throws is reported, and costs neither the connection nor the others', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { transport, sockets, latest, enter, listener } = await online()
    const fails = () => {
      throw new Error('a bug')
    }
    transport.join('a', { message: fails, peers: fails, state: fails })
    await settled()
    enter(2)
    latest().says({ type: 'message', from: 7, payload: bytes(3) })
    expect(listener.take()).toEqual(['p7,p102', ['p7', 3]])
    expect(report).toHaveBeenCalled()
    expect(sockets[0].readyState).toBe(1)
    report.mockRestore()
  })
})

describe('the border', () => {
  const invalid = (option: string) =>
    expect.toSatisfy(error => hasCode(error, 'option-invalid') && error.facts.option === option)

  test('refuses what it cannot do', async () => {
    for (const url of ['relay.example', 'ftp://relay.example', '']) {
      expect(() => new WebSocketTransport(url)).toThrow(invalid('url'))
    }
    const secret = expect.not.stringContaining('secret')
    expect(() => new WebSocketTransport('ftp://x/?key=secret')).toThrow(expect.objectContaining({ message: secret }))
    const large = 't'.repeat(8193)
    expect(() => new WebSocketTransport('ws://x', { token: large })).toThrow(invalid('token'))
    expect(() => new WebSocketTransport('ws://x', { maxMessageBytes: 1000 })).toThrow(invalid('maxMessageBytes'))
    const { transport } = setUp()
    expect(() => transport.join('a/b', new Recorder())).toThrow(invalid('channel'))
    expect(() => transport.join('a', new Recorder()).announce(new Uint8Array(1281))).toThrow(
      expect.toSatisfy(error => hasCode(error, 'message-too-large')),
    )
    await transport.close()
    const isClosed = expect.toSatisfy(error => hasCode(error, 'transport-closed'))
    expect(() => transport.join('a', new Recorder())).toThrow(isClosed)
  })

  test('without the option, it opens the WebSocket of the platform, without the token in the address', async () => {
    const opened: string[] = []
    vi.stubGlobal(
      'WebSocket',
      class extends FakeSocket {
        constructor(url: string) {
          super()
          opened.push(url)
        }
      },
    )
    const transport = new WebSocketTransport('https://relay.example/x?y#z', { token: 'secret' })
    transport.join('a', new Recorder())
    await settled()
    expect(opened).toEqual(['wss://relay.example/x?y'])
    expect(inspect(transport, { depth: 9, showHidden: true })).not.toContain('secret')
    void transport.close()
  })

  test('a close that the relay does not answer takes two seconds', async () => {
    const { environment, transport, latest } = await online()
    latest().close = () => {}
    let closed = false
    const closing = transport.close().then(() => {
      closed = true
    })
    await environment.advance(1900)
    expect(closed).toBe(false)
    await environment.advance(200)
    await closing
    expect(latest().terminated).toBe(true)
    expect(environment.timerCount).toBe(0)
  })
})

describe('over sockets inside the process, it keeps the contract', () => {
  testTransport(
    { test },
    {
      create(count) {
        let relay = new Relay({ sendBufferBytes: 4 * 1024 * 1024, messagesPerSecond: 1e9, bytesPerSecond: 1e12 })
        const sockets: (WebSocketLike | undefined)[] = []
        const isCut: boolean[] = []
        const transports = Array.from({ length: count }, (_, index) => {
          const socket = () => {
            if (isCut[index]) throw new Error('no network')
            const opened = relay.connect()
            sockets[index] = opened
            return opened
          }
          return new WebSocketTransport('memory:', {
            socket,
            firstBackoffMs: 1,
            maxBackoffMs: 20,
            sendBufferBytes: 4 * 1024 * 1024,
          })
        })
        return {
          transports,
          cut: index => {
            isCut[index] = true
            sockets[index]?.close()
          },
          restore: index => {
            isCut[index] = false
          },
          restartServer: () => {
            relay.close()
            relay = new Relay()
          },
          heldBytes: () => sockets.reduce((sum, socket) => sum + (socket?.bufferedAmount ?? 0), 0),
          close: () => relay.close(),
        }
      },
      powers: { cut: true, restartServer: true, heldBytes: true },
      openClone: openSuiteClone,
      maxHeldBytes: 5 * 4 * 1024 * 1024,
    },
  )
})
