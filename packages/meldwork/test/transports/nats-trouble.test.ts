import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { hasCode } from '../../src/errors.js'
import { openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { NatsTransport as BrowserTransport } from '../../src/transports/nats.js'
import { NatsTransport } from '../../src/transports/nats-node.js'
import { NatsOperator } from './nats-jwt.js'
import { becomes, memberAt, Seen, transportTo } from './nats-member.js'
import { NatsServer } from './nats-server.js'
import { Wire } from './relay-server.js'
import { describeWith, freePort } from './servers.js'

const isInvalid = expect.toSatisfy(error => hasCode(error, 'option-invalid'))

test('addresses that cannot be ones are refused at once; so are secrets in them', () => {
  for (const servers of ['localhost:4222', '', 'http://a', [], 'nats://a:1,ws://b:2', 'nats://'])
    expect(() => new NatsTransport(servers), String(servers)).toThrow(isInvalid)
  for (const servers of ['nats://user:secret@a', 'nats://secret@a:1']) {
    expect(() => new NatsTransport(servers)).toThrow(isInvalid)
    expect(() => new NatsTransport(servers)).not.toThrow('secret')
  }
  expect(() => new BrowserTransport('nats://a:1')).toThrow(isInvalid)
  expect(() => new BrowserTransport('wss://a:1, wss://b:1')).not.toThrow()
  expect(() => new NatsTransport('nats://a', { prefix: 'a..b' })).toThrow(isInvalid)
  expect(() => new NatsTransport('nats://a', { log: { stream: 'a.b' } })).toThrow(isInvalid)
})

async function listening(onSocket: (socket: Socket) => void) {
  const server = createServer(onSocket).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a server that is none', () => {
  test('that accepts and drops is tried again, with waits', async () => {
    let attempts = 0
    const url = await listening(socket => {
      attempts++
      socket.destroy()
    })
    const { seen } = memberAt(url, { firstBackoffMs: 100, maxBackoffMs: 400 })
    const began = performance.now()
    await becomes(() => attempts >= 5, 'attempts')
    expect(performance.now() - began).toBeGreaterThan(100)
    expect(seen.states[0]).toBe('connecting')
    expect(seen.states.filter(state => state.startsWith('offline: ')).length).toBeGreaterThan(2)
  })

  test('that says nothing is given up, and nothing is left of the connection; one that talks nonsense, too', async () => {
    for (const greeting of ['', 'INFO nonsense\r\n', 'INFO {}\r\n', 'HTTP/1.1 200 OK\r\n\r\n']) {
      let ended = 0
      const url = await listening(socket => {
        socket.on('error', () => {})
        socket.on('close', () => ended++)
        socket.resume()
        socket.write(greeting)
      })
      const { seen } = memberAt(url, { connectTimeoutMs: 100 })
      await becomes(() => ended >= 2, `it has hung up on ${JSON.stringify(greeting)}`)
      expect(seen.states).toContainEqual(expect.stringMatching(/^offline: /))
    }
  })

  test('that is not there: the next of the addresses is taken', async () => {
    const { seen } = memberAt(['nats://127.0.0.1:1', 'nats://127.0.0.1:2'])
    await becomes(() => seen.last.startsWith('offline: '), 'offline')
    expect(seen.last).toContain('connection refused')
  })
})

describeWith('nats-server', 'NATS, when something is wrong', path => {
  test('wrong credentials are refused once; right ones begin again; they are in no reason', async () => {
    const { url } = await NatsServer.forTest(path, { config: 'authorization { user: ann, password: secret }' })
    const { transport, seen } = memberAt(url, { credentials: { user: 'ann', password: 'wrong secret' } })
    await becomes(() => seen.last.startsWith('refused'), 'refused')
    expect(seen.states).toEqual(['connecting', expect.stringMatching(/^refused: .*Authorization Violation/)])
    expect(seen.states.join()).not.toContain('secret')
    transport.authenticate(async () => ({ user: 'ann', password: 'secret' }))
    await becomes(() => seen.last === 'online', 'online')
    expect(transport.statistics().connections).toBe(1)
  })

  test('a token that is changed at the server: the app is asked for the new one, and it goes on', async () => {
    let token = 'one'
    const server = await NatsServer.forTest(path, { config: 'authorization { token: one }' })
    const { seen } = memberAt(server.url, { credentials: () => ({ token }) })
    await becomes(() => seen.last === 'online', 'online')
    token = 'two'
    await server.restart('authorization { token: two }')
    await becomes(() => seen.states.filter(state => state === 'online').length === 2, 'online again')
  })

  test('a user whose time is over: the app is asked for another, and it goes on; without one it is refused', async () => {
    const operator = new NatsOperator()
    const { url } = await NatsServer.forTest(path, { config: operator.config })
    const users = [operator.userFor(2), operator.userFor(3600)]
    let asked = 0
    const fresh = memberAt(url, { credentials: () => users[Math.min(asked++, 1)] })
    const stale = memberAt(url, { credentials: users[0] })
    await becomes(() => fresh.seen.states.filter(state => state === 'online').length === 2, 'online again')
    expect(fresh.seen.states).toContainEqual(expect.stringMatching(/^offline: .*Expired/i))
    expect(asked).toBe(2)
    await becomes(() => stale.seen.last.startsWith('refused'), 'refused')
  })

  test('a channel that may not be heard, or not be spoken on, is refused, and others are not', async () => {
    const permissions =
      'subscribe: { deny: "meldwork.1.channels.deaf.>" }, publish: { deny: "meldwork.1.channels.mute.>" }'
    const config = `authorization { users: [ { user: ann, password: b, permissions: { ${permissions} } } ] }`
    const { url } = await NatsServer.forTest(path, { config })
    const { transport, seen } = memberAt(url, { credentials: { user: 'ann', password: 'b' } })
    const [deaf, mute] = [new Seen(), new Seen()]
    transport.join('deaf', deaf)
    transport.join('mute', mute)
    await becomes(() => deaf.last.startsWith('refused') && mute.last.startsWith('refused'), 'refused')
    expect(deaf.last).toMatch(/Permissions Violation for Subscription to "meldwork.1.channels.deaf/)
    expect(mute.last).toMatch(/Permissions Violation for Publish to "meldwork.1.channels.mute/)
    await becomes(() => seen.last === 'online', 'online')
    expect(seen.states).toEqual(['connecting', 'online'])
    expect(transport.statistics().connections).toBe(1)
  })

  test('messages are as long as the server takes them; a server that takes too short ones is refused', async () => {
    const { url } = await NatsServer.forTest(path, { config: 'max_payload: 100KB' })
    const [a, b] = [memberAt(url), memberAt(url)]
    await becomes(() => a.seen.present === 1 && b.seen.present === 1, 'both are there')
    expect(a.transport.maxMessageBytes).toBeLessThan(100 * 1024)
    a.channel.publish(new Uint8Array(a.transport.maxMessageBytes + 1))
    a.channel.publish(new Uint8Array(a.transport.maxMessageBytes))
    await becomes(() => b.seen.messages.length === 1, 'the longest arrives')
    expect(a.transport.statistics().dropped).toBe(1)
    expect(a.seen.states).toEqual(['connecting', 'online'])

    const small = await NatsServer.forTest(path, { config: 'max_payload: 60KB' })
    const { seen } = memberAt(small.url)
    await becomes(() => seen.last.startsWith('refused: the broker takes no messages of'), 'refused')
  })

  test('foreign traffic on its subjects is counted, and harms nobody', async () => {
    const { url } = await NatsServer.forTest(path)
    const [a, b] = [memberAt(url), memberAt(url)]
    await becomes(() => a.seen.present === 1 && b.seen.present === 1, 'both are there')
    const stranger = await connect({ servers: url })
    onTestFinished(() => stranger.close())
    const garbage = [
      new Uint8Array(0),
      new Uint8Array(1000),
      new TextEncoder().encode('{"hello":"world"}'),
      Uint8Array.of(0xe1, 9),
    ]
    for (const bytes of garbage)
      for (const subject of ['all', 'log', 'else', 'to.somebody'])
        stranger.publish(`meldwork.1.channels.a.${subject}`, bytes)
    await stranger.flush()
    await becomes(() => a.transport.statistics().malformed === garbage.length * 3, 'counted')
    a.channel.publish(Uint8Array.of(1))
    await becomes(() => b.seen.messages.length === 1, 'the good ones go on')
    expect(b.seen.messages).toEqual([Uint8Array.of(1)])
  })

  test('a server that does not take what is published costs bounded memory; a connection that stands still is replaced', async () => {
    const { port } = await NatsServer.forTest(path)
    const wire = new Wire(() => port)
    onTestFinished(() => wire.close())
    const sendBufferBytes = 1024 * 1024
    const url = (await wire.open()).replace('ws:', 'nats:')
    const { transport, seen, channel } = memberAt(url, { sendBufferBytes, pingIntervalMs: 200 })
    await becomes(() => seen.last === 'online', 'online')
    wire.stall()
    for (let count = 0; count < 1000; count++) channel.publish(new Uint8Array(256 * 1024))
    const { dropped, messagesOut } = transport.statistics()
    expect(dropped + messagesOut).toBe(1000)
    expect(messagesOut * 256 * 1024).toBeLessThanOrEqual(sendBufferBytes + 256 * 1024)
    await becomes(() => seen.last.startsWith('offline'), 'noticed')
    expect(seen.last).toContain('does not answer')
    await becomes(() => seen.last === 'online', 'replaced')
  })

  test('one who does not read is cut off by the server, comes back, and hears again', async () => {
    const config = 'write_deadline: "500ms"\nmax_pending: 1MB'
    const { port, url, server } = await NatsServer.forTest(path, { config })
    const wire = new Wire(() => port)
    onTestFinished(() => wire.close())
    const slow = memberAt((await wire.open()).replace('ws:', 'nats:'))
    const sender = memberAt(url)
    await becomes(() => slow.seen.present === 1 && sender.seen.present === 1, 'both are there')
    wire.clog()
    await becomes(() => {
      for (let count = 0; count < 16; count++) sender.channel.publish(new Uint8Array(64 * 1024))
      return server.output.includes('Slow Consumer')
    }, 'the server has enough')
    wire.flow()
    await becomes(() => slow.seen.states.filter(state => state === 'online').length === 2, 'it is back')
    await becomes(() => {
      sender.channel.publish(Uint8Array.of(1, 2, 3))
      return slow.seen.messages.some(message => message.length === 3)
    }, 'it hears again')
    expect(sender.transport.statistics().connections).toBe(1)
  }, 30_000)

  test('what was published just before it is closed still leaves', async () => {
    const { url } = await NatsServer.forTest(path)
    const [a, b] = [memberAt(url), memberAt(url)]
    await becomes(() => a.seen.present === 1 && b.seen.present === 1, 'both are there')
    for (let count = 0; count < 100; count++) a.channel.publish(new Uint8Array(10_000).fill(count))
    await a.transport.close()
    await becomes(() => b.seen.messages.length === 100 && b.seen.present === 0, 'all have come')
  })

  test('one that is closed while it connects leaves nothing behind', async () => {
    const monitor = await freePort()
    const { url } = await NatsServer.forTest(path, { config: `http: "127.0.0.1:${monitor}"` })
    for (let turns = 0; turns < 40; turns++) {
      const { transport, seen } = memberAt(url)
      for (let turn = 0; turn < turns; turn++) await (turn % 3 ? Promise.resolve() : new Promise(setImmediate))
      await transport.close()
      expect(seen.states.join()).not.toContain('offline')
    }
    const { seen } = memberAt(url)
    await becomes(() => seen.last === 'online', 'a last one')
    const connections = async () =>
      (await fetch(`http://127.0.0.1:${monitor}/connz`).then(each => each.json())).num_connections
    await vi.waitFor(async () => expect(await connections()).toBe(1), { timeout: 10_000 })
  })

  test('two clones are one domain, with values longer than a message', async () => {
    const { url } = await NatsServer.forTest(path, { config: 'max_payload: 100KB' })
    const open = async (genesis: boolean) => {
      const clone = await openClone({
        domain: 'notes.example',
        store: new MemoryStore(),
        transport: transportTo(url),
        genesis,
      })
      onTestFinished(() => clone.close())
      return clone
    }
    const [a, b] = await Promise.all([open(true), open(false)])
    await b.status.becomes({ online: true, outdated: false })
    await a.write({ '@id': 'fred', name: 'Fred', text: 'x'.repeat(300_000) })
    await b.write({ '@id': 'wilma', name: 'Wilma' })
    await becomes(() => a.stats().triples === 3 && a.stats().digest === b.stats().digest, 'the same')
    await becomes(() => a.status.value.unsent === 0 && b.status.value.unsent === 0, 'confirmed')
  })
})

describeWith('openssl', 'NATS over TLS', openssl => {
  describeWith('nats-server', 'with a certificate', path => {
    test('of nobody known is a reason to stay offline; with its authority it is online', async () => {
      const folder = join(tmpdir(), `nats-tls-${process.pid}`)
      execFileSync('mkdir', ['-p', folder])
      onTestFinished(() => void execFileSync('rm', ['-r', folder]))
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      execFileSync(
        openssl,
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...names],
        { stdio: 'ignore' },
      )
      const { port } = await NatsServer.forTest(path, { config: `tls { cert_file: "${cert}", key_file: "${key}" }` })
      const unknown = memberAt(`tls://localhost:${port}`)
      await becomes(() => unknown.seen.last.startsWith('offline'), 'offline')
      expect(unknown.seen.last).toMatch(/self-signed/)
      const known = memberAt(`tls://localhost:${port}`, { tls: { ca: readFileSync(cert, 'utf8') } })
      await becomes(() => known.seen.last === 'online', 'online')
    })
  })
})
