import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { channelOf, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { MqttTransport, type MqttTransportOptions } from '../../src/transports/mqtt.js'
import { Listening, until } from './mqtt-members.js'
import { type MosquittoSettings, startMosquitto } from './mqtt-servers.js'
import { Wire } from './relay-server.js'
import { describeWith, type Server } from './servers.js'

const quick: MqttTransportOptions = { firstBackoffMs: 20, maxBackoffMs: 100, beatMs: 200, lingerMs: 20 }
const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

function transportTo(port: number, options: MqttTransportOptions = {}): MqttTransport {
  const transport = new MqttTransport(`mqtt://127.0.0.1:${port}`, { ...quick, ...options })
  ending.push(() => transport.close())
  return transport
}

/** Over a wire that can be cut. */
async function wiredTo({ port }: Server, options: MqttTransportOptions = {}) {
  const wire = new Wire(() => port)
  const transport = transportTo(Number(new URL(await wire.open()).port), options)
  ending.unshift(() => wire.close())
  return { wire, transport }
}

const ofLength = (length: number) => new Uint8Array(length).map((_, at) => at * 7)

describeWith('mosquitto', 'MQTT with mosquitto', path => {
  const start = async (settings?: MosquittoSettings) => {
    const server = await startMosquitto(path, settings)
    ending.unshift(() => server.close())
    return server
  }

  test.for([4, 5] as const)(
    'a wrong password is refused, and not tried again; a right one is let in (version %i)',
    async protocolVersion => {
      const server = await start({ users: { ada: 'enigma' } })
      const given: string[] = []
      const credentials = () => {
        given.push('asked')
        return { username: 'ada', password: 'wrong' }
      }
      const transport = transportTo(server.port, { protocolVersion, credentials })
      const member = new Listening(transport)
      await member.is('refused')
      expect(member.states.at(-1)).toMatch(/these credentials are not allowed|the password is wrong/)
      transport.authenticate({ username: 'ada', password: 'enigma' })
      await member.is('online')
      expect(given).toEqual(['asked'])
      expect(server.output.match(/New client connected/g)).toHaveLength(1)
      expect(member.states.join()).not.toMatch(/enigma|wrong,/)
    },
  )

  // As in the docstring of MqttTransport.
  const rules = [
    'pattern write meldwork/1/gone/%c',
    'pattern read meldwork/1/gone/+',
    'user ada',
    'topic readwrite meldwork/1/channels/one/#',
    'user bob',
    'topic readwrite meldwork/1/channels/one/#',
    'topic readwrite meldwork/1/channels/two/#',
    'user eve',
    'topic read meldwork/1/channels/one/#',
    'user mallory',
    'topic write meldwork/1/channels/one/#',
  ]
  const users = Object.fromEntries(['ada', 'bob', 'eve', 'mallory'].map(name => [name, name]))
  const as = (name: string, protocolVersion: 4 | 5): MqttTransportOptions => ({
    protocolVersion,
    credentials: { username: name, password: name },
    answerTimeoutMs: 3000,
  })

  test.for([4, 5] as const)('rules of a broker say who takes part in which domain (version %i)', async version => {
    const server = await start({ users, rules })
    const { wire, transport } = await wiredTo(server, as('ada', version))
    const bob = transportTo(server.port, as('bob', version))
    const eve = new Listening(transportTo(server.port, as('eve', version)), 'one')
    const mallory = new Listening(transportTo(server.port, as('mallory', version)), 'one')
    const [allowed, forbidden] = [new Listening(transport, 'one'), new Listening(transport, 'two')]
    const [one, two] = [new Listening(bob, 'one'), new Listening(bob, 'two')]
    await Promise.all([allowed, one, two].map(member => member.is('online')))
    await Promise.all([forbidden, eve, mallory].map(member => member.is('refused: the broker')))
    await one.sees(1)
    await allowed.sees(1)
    two.channel.publish(ofLength(10))
    allowed.channel.publish(ofLength(20))
    await one.hears(ofLength(20))
    // The farewell, too.
    wire.cut()
    await one.sees(0)
    wire.restore()
    await one.sees(1)
    expect([...forbidden.messages, ...eve.messages, ...mallory.messages]).toEqual([])
    expect(two.present.size).toBe(0)
  })

  test.for([4, 5] as const)(
    'payloads up to the limit of the broker pass, where it is set here, too (version %i)',
    async protocolVersion => {
      const server = await start({ lines: () => ['message_size_limit 100000'] })
      const [a, b] = [0, 1].map(() => transportTo(server.port, { protocolVersion, maxMessageBytes: 99_744 }))
      const [from, to] = [new Listening(a), new Listening(b)]
      await Promise.all([from.sees(1), to.sees(1)])
      from.channel.publish(ofLength(99_744))
      await to.hears(ofLength(99_744))
      from.channel.send([...from.present.keys()][0], ofLength(99_743))
      await to.hears(ofLength(99_743))
    },
  )

  test('a broker of version 5 says how much it takes, and that is kept', async () => {
    const server = await start({ lines: () => ['max_packet_size 200000'] })
    const [a, b] = [0, 1].map(() => transportTo(server.port, { protocolVersion: 5 }))
    const [from, to] = [new Listening(a), new Listening(b)]
    await Promise.all([from.sees(1), to.sees(1)])
    expect(a.maxMessageBytes).toBeGreaterThan(199_500)
    expect(a.maxMessageBytes).toBeLessThan(200_000)
    const longest = ofLength(a.maxMessageBytes)
    from.channel.publish(ofLength(a.maxMessageBytes + 1))
    from.channel.publish(longest)
    await to.hears(longest)
    from.channel.send([...from.present.keys()][0], longest)
    await until(() => expect(to.messages.length).toBe(2))
    expect(a.statistics()).toMatchObject({ dropped: 1, connections: 1 })
  })

  test('one that takes less than an engine needs is refused', async () => {
    const server = await start({ lines: () => ['max_packet_size 60000'] })
    await new Listening(transportTo(server.port, { protocolVersion: 5 })).is('refused: the broker takes no messages')
  })

  test('foreign traffic on the topics is counted and ignored', async () => {
    const server = await start()
    const [a, b] = [transportTo(server.port), transportTo(server.port)]
    const [one, other] = [new Listening(a), new Listening(b)]
    await Promise.all([one.sees(1), other.sees(1)])
    const stranger = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.port}`)
    ending.push(() => stranger.endAsync())
    const [peer] = one.present.keys()
    const topics = ['all', `to/${peer}`, 'to/nobody', 'here/somebody', 'here/a/b', `here/${peer}`]
    for (const topic of topics)
      for (const payload of ['', 'temperature=20', Buffer.from([0xe1, 0, 1]), Buffer.alloc(200_000, 7)])
        await stranger.publishAsync(`meldwork/1/channels/a/${topic}`, payload, {
          qos: 1,
          retain: topic.startsWith('here/s'),
        })
    for (const topic of ['gone/', 'gone/x', 'channels', 'channels/a', ''])
      await stranger.publishAsync(`meldwork/1/${topic}`, 'x', { qos: 1 })
    one.channel.publish(ofLength(99))
    await other.hears(ofLength(99))
    expect(a.statistics().malformed + b.statistics().malformed).toBeGreaterThan(10)
    expect([...one.messages, ...other.messages]).toHaveLength(1)
    const late = new Listening(transportTo(server.port))
    await late.sees(2)
  })

  test('what a broker does not take in time is dropped, so that memory is bounded', async () => {
    const server = await start()
    const { wire, transport } = await wiredTo(server)
    const member = new Listening(transport)
    await member.is('online')
    const [message, payload] = [ofLength(1_000_000), ofLength(1200)]
    wire.stall()
    for (let count = 0; count < 200; count++) member.channel.publish(message)
    // Announcements replace each other.
    for (let count = 0; count < 10_000; count++) member.channel.announce(payload)
    const { dropped, messagesOut } = transport.statistics()
    expect(dropped + messagesOut).toBe(200)
    // 8 MiB, and what the systems on the way take.
    expect(messagesOut).toBeLessThan(40)
  })

  test('a connection that has died silently is given up', async () => {
    const server = await start()
    const { wire, transport } = await wiredTo(server, { keepAliveMs: 1000 })
    const [dying, other] = [new Listening(transport), new Listening(transportTo(server.port))]
    await Promise.all([dying.sees(1), other.sees(1)])
    wire.stall()
    await until(() => expect(dying.states.join()).toMatch(/offline/))
    await dying.is('online')
    await other.sees(1)
  })

  test('one who has died while the broker was down is not shown for ever', async () => {
    const server = await start({ lines: folder => ['persistence true', `persistence_location ${folder}/`] })
    const { wire, transport } = await wiredTo(server)
    const dying = new Listening(transport)
    const staying = new Listening(transportTo(server.port))
    await Promise.all([dying.sees(1), staying.sees(1)])
    // It writes what is retained, and is stopped before it hears that anybody has gone.
    await server.stop()
    wire.cut()
    await server.start()
    await staying.is('online')
    await staying.sees(0)
    const late = new Listening(transportTo(server.port))
    await late.sees(1)
    await staying.sees(1)
    // Nor does the broker keep it.
    const stranger = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.port}`)
    ending.push(() => stranger.endAsync())
    const kept: string[] = []
    stranger.on('message', topic => kept.push(topic))
    await stranger.subscribeAsync('meldwork/#')
    await until(() =>
      expect(kept.sort()).toEqual([...late.present.keys(), ...staying.present.keys()].sort().map(hereOf)),
    )
  })

  test.for([4, 5] as const)('two clones converge, over a broker that is killed (version %i)', async protocolVersion => {
    const server = await start()
    const domain = 'mqtt.example'
    const open = async (genesis: boolean) => {
      const clone = await openClone({
        domain,
        store: new MemoryStore(),
        transport: transportTo(server.port, { protocolVersion }),
        genesis,
      })
      ending.push(() => clone.close())
      return clone
    }
    const one = await open(true)
    await one.write({ '@id': 'first', name: 'before' })
    const other = await open(false)
    await until(async () => expect(await other.get('first')).toMatchObject({ name: 'before' }))
    await server.stop('SIGKILL')
    await one.write({ '@id': 'second', name: 'of one' })
    await other.write({ '@id': 'third', name: 'of the other' })
    await server.start()
    await until(() => {
      expect(one.stats().digest).toBe(other.stats().digest)
      expect(one.stats().subjects).toBe(3)
    })
    expect(channelOf(domain).name).toMatch(/^[0-9a-f]{32}$/)
  })

  describeWith('openssl', 'with a certificate that nobody has signed', openssl => {
    const certified = () => {
      let certificate = ''
      return {
        server: start({
          lines: folder => {
            const [cert, key] = ['cert.pem', 'key.pem'].map(name => join(folder, name))
            const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
            const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
            execFileSync(openssl, ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], {
              stdio: 'pipe',
            })
            certificate = readFileSync(cert, 'utf8')
            return [`certfile ${cert}`, `keyfile ${key}`]
          },
        }),
        certificate: () => certificate,
      }
    }

    test('it is not trusted, which is told, and tried again after a while', async () => {
      const { server, certificate } = certified()
      const { port } = await server
      const member = (host: string, options: MqttTransportOptions) => {
        const transport = new MqttTransport(`mqtts://${host}:${port}`, { ...quick, ...options })
        ending.push(() => transport.close())
        return new Listening(transport)
      }
      const strict = member('localhost', {})
      await until(() => expect(strict.states.filter(state => state.startsWith('offline')).length).toBeGreaterThan(1))
      expect(strict.states.join()).toMatch(/certificate is not trusted: .*DEPTH_ZERO_SELF_SIGNED_CERT/)
      await member('localhost', { tls: { ca: certificate() } }).is('online')
      const misnamed = member('127.0.0.1', { tls: { ca: certificate() } })
      await until(() =>
        expect(misnamed.states.join()).toMatch(/certificate is not trusted.*ERR_TLS_CERT_ALTNAME_INVALID/),
      )
      await member('127.0.0.1', { tls: { ca: certificate(), servername: 'localhost' } }).is('online')
    })
  })
})

const hereOf = (peer: string) => `meldwork/1/channels/a/here/${peer}`
