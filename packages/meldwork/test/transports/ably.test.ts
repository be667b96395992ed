/** The transport over Ably, against a stand-in for the service and its SDK; and the SDK itself, where nobody answers. */
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { channelOf, openClone } from '../../src/index.js'
import type { ChannelListener } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { AblyTransport, type AblyTransportOptions } from '../../src/transports/ably.js'
import { inParts } from '../../src/transports/ably-parts.js'
import { openSuiteClone } from './clones.js'
import { errorInfo, FakeAbly, FakeNetwork, type FakeRealtime } from './fake-ably.js'

const quick = { firstBackoffMs: 20, maxBackoffMs: 100, beatMs: 200, lingerMs: 20 }
const key = 'app.key:secret'
const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

describe('transport suite: Ably (a stand-in)', () => {
  testTransport(
    { test },
    {
      async create(count) {
        const service = new FakeAbly()
        const networks = Array.from({ length: count }, () => new FakeNetwork(service))
        return {
          transports: networks.map(({ client }) => new AblyTransport({ ...quick, key, client })),
          cut: index => networks[index].cut(),
          restore: index => {
            networks[index].isCut = false
          },
          restartServer: () => service.restart(),
          heldBytes: () => service.heldBytes,
          close() {
            expect(service.clients.size).toBe(0)
          },
        }
      },
      powers: { cut: true, restartServer: true, heldBytes: true },
      openClone: openSuiteClone,
    },
  )
})

class Listening implements ChannelListener {
  readonly states: string[] = []
  readonly heard: Uint8Array[] = []
  present: string[] = []
  message(_from: string, bytes: Uint8Array): void {
    this.heard.push(bytes)
  }
  peers(present: ReadonlyMap<string, Uint8Array>): void {
    this.present = [...present.keys()]
  }
  state(state: string, reason?: string): void {
    this.states.push(reason === undefined ? state : `${state}: ${reason}`)
  }
  get last(): string | undefined {
    return this.states.at(-1)
  }
}

function transportOf(service: FakeAbly, options: AblyTransportOptions = { key }) {
  const network = new FakeNetwork(service)
  const transport = new AblyTransport({ ...quick, client: network.client, ...options })
  ending.push(() => transport.close())
  const join = (name = 'a') => {
    const listening = new Listening()
    return { listening, channel: transport.join(name, listening) }
  }
  /** The client that is connected now. */
  const client = () => [...network.clients][0] as FakeRealtime
  return { network, transport, join, client }
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 })
const becomes = (listening: Listening, state: string | RegExp) =>
  until(() => expect(listening.last).toMatch(typeof state === 'string' ? new RegExp(`^${state}$`) : state))

/** Two members of the channel `a`, acquainted. */
async function pair(service: FakeAbly, options?: AblyTransportOptions) {
  const members = [transportOf(service, options), transportOf(service, options)].map(each => ({
    ...each,
    ...each.join(),
  }))
  await until(() => {
    for (const { listening } of members) expect(listening.present).toHaveLength(1)
  })
  return members
}

const pattern = (length: number, seed = 0) => Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) + seed) & 255)
const all = 'meldwork:1:channels:a:all'

describe('Ably', () => {
  test('a wrong key is refused once, with the reason, until there is another', async () => {
    const service = new FakeAbly()
    const { transport, join, network } = transportOf(service, { key: 'app.key:guessed' })
    const { listening } = join()
    await becomes(listening, 'refused: Invalid credentials \\(40101\\)')
    expect(service.attempts).toBe(1)
    transport.authenticate({ key })
    await becomes(listening, 'online')
    expect(network.made[1]).toMatchObject({ key, autoConnect: false, echoMessages: false, queueMessages: false })
    const shown = inspect(transport, { depth: 10, showHidden: true })
    for (const secret of [key, 'app.key:guessed']) expect(shown).not.toContain(secret)
  })

  test.each([{}, { key: 'without a colon' }])('credentials that the SDK does not take are refused: %o', async given => {
    const { join, network } = transportOf(new FakeAbly(), given)
    const { listening } = join()
    await becomes(listening, /^refused: (No authentication|invalid key)/)
    expect(network.made).toHaveLength(1)
  })

  test('a prefix that no channel may have is an error', () => {
    for (const prefix of ['', ':a', '[a]', 'a:', 'a*'])
      expect(() => new AblyTransport({ key, prefix })).toThrow(expect.objectContaining({ code: 'option-invalid' }))
  })

  test('an account without connections left is tried again, with waits', async () => {
    const service = new FakeAbly()
    const { join, client } = transportOf(service)
    const { listening } = join()
    await becomes(listening, 'online')
    client().fail(errorInfo(40111, 'account restricted (connection limits exceeded)', 401))
    await until(() =>
      expect(listening.states).toContainEqual(expect.stringMatching(/^offline: account restricted.*40111/)),
    )
    await becomes(listening, 'online')
    client().fail(errorInfo(40112, 'account restricted'))
    await becomes(listening, 'online')
    expect(service.attempts).toBe(3)
  })

  test('a token that has ended is replaced by one that the app is asked for', async () => {
    const service = new FakeAbly()
    let asked = 0
    const token = () => {
      service.accepted.set(`token ${++asked}`, { 'meldwork:1:channels:a:*': ['publish', 'subscribe'] })
      return { token: `token ${asked}` }
    }
    const { join, client } = transportOf(service, { credentials: token })
    const { listening } = join()
    await becomes(listening, 'online')
    client().expire()
    await until(() => expect(listening.states.join()).toContain('offline: The token can not be renewed (40171)'))
    await becomes(listening, 'online')
    expect([asked, service.attempts]).toEqual([2, 2])
  })

  test('the SDK renews a token while it is connected; one that ended unheeded is asked for by a new connection', async () => {
    const service = new FakeAbly()
    let asked = 0
    const { join, client } = transportOf(service, {
      authCallback: (_, callback) => callback(null, ++asked === 3 ? 'expired' : key),
    })
    const { listening } = join()
    await becomes(listening, 'online')
    await client().renew()
    expect([asked, listening.last]).toEqual([2, 'online'])
    client().expire()
    await until(() => expect(listening.states.join()).toContain('offline: Token expired (40142)'))
    service.accepted.set(key, { '*': ['*'] })
    await becomes(listening, 'online')
    // The third was too old: each of our attempts is one of the service's, the SDK makes none of its own.
    expect([asked, service.attempts]).toEqual([4, 3])
  })

  test("the app's own server: one that fails is asked again, one that says no is not", async () => {
    const service = new FakeAbly()
    let asked = 0
    const { join } = transportOf(service, {
      authCallback: (_, callback) =>
        ++asked === 1 ? callback('it is asleep', null) : callback(errorInfo(40300, 'who are you?', 403), null),
    })
    const { listening } = join()
    await becomes(listening, /^refused: .*\(80019\): who are you\? \(40300\)$/)
    expect(listening.states).toContainEqual(expect.stringMatching(/^offline: .*\(80019\): it is asleep$/))
    expect(asked).toBe(2)
  })

  test('a forbidden channel is refused, the others go on', async () => {
    const service = new FakeAbly()
    service.accepted.set('guest', {
      'meldwork:1:channels:a:*': ['publish', 'subscribe'],
      'meldwork:1:channels:readable:*': ['subscribe'],
    })
    const { join, transport, client } = transportOf(service, { token: 'guest' })
    const [mine, other, readable] = [join('a'), join('b'), join('readable')]
    await becomes(mine.listening, 'online')
    await becomes(other.listening, /^refused: meldwork:1:channels:b:\S+: Channel denied access .*40160/)
    await becomes(readable.listening, /^refused: meldwork:1:channels:readable:all: .* capability publish$/)
    expect(mine.listening.states).toEqual(['connecting', 'online'])
    // Nothing is left of those that were refused.
    await until(() => expect([...client().channels.all.keys()].filter(name => !name.includes(':a:'))).toEqual([]))
    transport.authenticate({ key })
    for (const { listening } of [mine, other, readable]) await becomes(listening, 'online')
  })

  test('more channels than a connection takes: those beyond are refused', async () => {
    const service = new FakeAbly()
    service.maxChannels = 2
    const { join } = transportOf(service)
    const first = join('a')
    await becomes(first.listening, 'online')
    const second = join('b')
    await becomes(second.listening, /^refused: .*Maximum number of channels/)
    expect(first.listening.last).toBe('online')
  })

  test('a channel that Ably takes away is asked for again, and then refused', async () => {
    const service = new FakeAbly()
    const { join, client } = transportOf(service)
    const { listening } = join()
    await becomes(listening, 'online')
    service.accepted.set(key, { elsewhere: ['subscribe'] })
    client()
      .channels.get(all)
      .fail(errorInfo(40160, 'Channel denied access', 401))
    await becomes(listening, /^refused: .*40160/)
    expect(service.attempts).toBe(2)
  })

  test('what the rate limit or the size refuses is dropped and counted, and the rest goes on', async () => {
    const service = new FakeAbly()
    const [a, b] = await pair(service, { key, beatMs: 60_000 })
    service.publishable = 10
    for (let index = 0; index < 15; index++) a.channel.publish(Uint8Array.of(index))
    await until(() => expect(a.transport.statistics().dropped).toBe(5))
    expect(b.listening.heard.map(([first]) => first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    service.publishable = 3
    a.channel.publish(pattern(1024 * 1024))
    await until(() => expect(a.transport.statistics().dropped).toBe(6))
    service.publishable = Number.POSITIVE_INFINITY
    a.channel.publish(Uint8Array.of(99))
    await until(() => expect(b.listening.heard).toHaveLength(11))
    expect(a.listening.last).toBe('online')
  })

  test.each([65_536, 8192])('long messages go in parts of no more than %i bytes', async maxMessageSize => {
    const service = new FakeAbly(maxMessageSize)
    const [a, b] = await pair(service)
    let longest = 0
    service.carry = data => {
      longest = Math.max(longest, data.length)
      return [data, data]
    }
    for (const length of [maxMessageSize, 200_000, 1024 * 1024]) {
      const before = b.listening.heard.length
      a.channel.publish(pattern(length))
      // Each part comes twice; the message once.
      await until(() => expect(b.listening.heard).toHaveLength(before + 1))
      expect(Buffer.compare(b.listening.heard[before], pattern(length))).toBe(0)
    }
    expect(longest).toBeLessThan(maxMessageSize)
    expect(longest).toBeGreaterThan(maxMessageSize / 2)
  })

  test('a long message of which a part is lost is lost, whole; the next arrives', async () => {
    const service = new FakeAbly()
    const [a, b] = await pair(service)
    for (const lost of [0, 2, 4]) {
      let count = 0
      service.carry = data => (data.length < 1000 || count++ !== lost ? [data] : [])
      a.channel.publish(pattern(300_000))
      a.channel.publish(pattern(300_000, 1))
      const heard = () => b.listening.heard.splice(0)
      await until(() => expect(b.listening.heard.length).toBeGreaterThan(0))
      expect(heard().map(bytes => Buffer.compare(bytes, pattern(300_000, 1)))).toEqual([0])
    }
  })

  test('foreign traffic on our channels is counted, and does no harm', async () => {
    const service = new FakeAbly()
    const [a, b] = await pair(service)
    const strange: unknown[] = [
      'text',
      { a: 1 },
      null,
      new Uint8Array(0),
      Uint8Array.of(0xe2),
      Uint8Array.of(0xe2, ...new Array(12).fill(255), 1),
      pattern(500),
    ]
    for (const each of strange) service.deliver(undefined, all, each)
    await until(() => expect(b.transport.statistics().malformed).toBe(strange.length))
    // Whole, and in parts, and yet nothing of ours.
    for (const part of inParts(pattern(5000), 1, 1000)) service.deliver(undefined, all, part)
    await until(() => expect(b.transport.statistics().malformed).toBe(strange.length + 1))
    a.channel.publish(Uint8Array.of(1))
    await until(() => expect(b.listening.heard).toEqual([Uint8Array.of(1)]))
  })

  test('channels of those who have gone are let go', async () => {
    const service = new FakeAbly()
    const { join, client } = transportOf(service)
    const { listening, channel } = join()
    await becomes(listening, 'online')
    for (let round = 0; round < 5; round++) {
      const guest = transportOf(service)
      guest.join()
      await until(() => expect(listening.present).toHaveLength(1))
      channel.send(listening.present[0], Uint8Array.of(round))
      await guest.transport.close()
      await until(() => expect(listening.present).toHaveLength(0))
    }
    await until(() => expect(client().channels.all.size).toBe(2))
  })

  test("a client of the app's own is used, and left as it was", async () => {
    const service = new FakeAbly()
    const network = new FakeNetwork(service)
    const own = network.client({ key })
    ending.push(() => own.close())
    const { join, transport } = transportOf(service, { client: () => own })
    const { listening } = join()
    await becomes(listening, 'online')
    // It connects again by itself, and the transport with it.
    own.lose(errorInfo(80003, 'Connection to server temporarily unavailable', 400))
    await until(() => expect(listening.states.join()).toContain('offline: Connection to server'))
    await becomes(listening, 'online')
    await transport.close()
    expect(own.connection.state).toBe('connected')
    await until(() => expect(own.channels.all.size).toBe(0))
  })

  test('two clones converge over it, with a restart in between', async () => {
    const service = new FakeAbly()
    const domain = 'ably.example'
    service.accepted.set('guest', { [`meldwork:1:channels:${channelOf(domain).name}:*`]: ['publish', 'subscribe'] })
    const open = async (genesis: boolean) => {
      const { transport } = transportOf(service, { token: 'guest' })
      const clone = await openClone({ domain, store: new MemoryStore(), transport, genesis })
      ending.push(() => clone.close())
      return clone
    }
    const one = await open(true)
    const text = 'long '.repeat(40_000)
    await one.write({ '@id': 'first', text })
    const other = await open(false)
    await expect.poll(() => other.get('first'), { timeout: 10_000 }).toMatchObject({ text })
    service.isDown = true
    service.restart()
    await one.write({ '@id': 'second', name: 'of one' })
    await other.write({ '@id': 'third', name: 'of the other' })
    service.isDown = false
    await expect.poll(() => other.get('second'), { timeout: 10_000 }).toMatchObject({ name: 'of one' })
    await expect.poll(() => one.get('third'), { timeout: 10_000 }).toMatchObject({ name: 'of the other' })
    expect(one.stats().digest).toBe(other.stats().digest)
  })
})

describe('the package ably itself', () => {
  test('where nobody answers, it is offline, with a reason, tries again, and closes', async () => {
    const server = createServer()
    const port = await new Promise<number>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    await new Promise(resolve => server.close(resolve))
    const transport = new AblyTransport({
      ...quick,
      authCallback: (_, callback) => callback(null, 'a.token'),
      clientOptions: { endpoint: '127.0.0.1', port, tls: false, fallbackHosts: [], disableConnectivityCheck: true },
    })
    ending.push(() => transport.close())
    const listening = new Listening()
    transport.join('a', listening)
    await until(() => expect(listening.states.filter(state => state.startsWith('offline: ')).length).toBeGreaterThan(1))
    expect(listening.states.filter(state => /^(online|refused)/.test(state))).toEqual([])
    await transport.close()
  })

  test('refuses what it does not take', async () => {
    const transport = new AblyTransport({ ...quick, key: 'without a colon' })
    ending.push(() => transport.close())
    const listening = new Listening()
    transport.join('a', listening)
    await becomes(listening, /^refused: .*\(\d+\)$/)
  })
})
