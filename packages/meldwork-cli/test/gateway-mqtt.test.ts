import { connect } from 'node:net'
import { type Clone, channelOf, openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { MqttTransport, type MqttTransportOptions } from 'meldwork/transports/mqtt'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Gateway, GatewayOptions, GatewayRequest } from '../src/gateway/index.js'
import { domain, fetched, joined, opened, upgraded } from './gateway-client.js'
import { emptyFolder, serve } from './running.js'

const until = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 10 })

const withMqtt = (options: GatewayOptions = {}) => opened({ domains: [domain], mqttPort: 0, ...options })
const addressOf = ({ mqttPort }: Gateway) => `mqtt://127.0.0.1:${mqttPort}`

/** A clone in memory, connected by MQTT. */
async function published(url: string, options: MqttTransportOptions = {}, name = domain): Promise<Clone> {
  const transport = new MqttTransport(url, { firstBackoffMs: 20, ...options })
  const clone = await openClone({ domain: name, store: new MemoryStore(), transport })
  onTestFinished(async () => {
    await clone.close()
    await transport.close()
  })
  return clone
}

/** Somebody who need not be a clone. */
async function stranger(gateway: Gateway, options: IClientOptions = {}): Promise<MqttClient & { heard: string[] }> {
  const client = mqtt.connect(addressOf(gateway), { clientId: '0123456789abcdef', reconnectPeriod: 0, ...options })
  client.on('error', () => {})
  onTestFinished(() => void client.end(true))
  const heard: string[] = []
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
  await new Promise((resolve, reject) => client.on('connect', resolve).on('error', reject))
  return Object.assign(client, { heard })
}

const closed = (connection: { on(event: 'close', listener: () => void): unknown }) =>
  new Promise<void>(resolve => connection.on('close', resolve))

const channel = `meldwork/1/channels/${channelOf(domain).name}`

test('clones by MQTT, by MQTT over WebSockets and by WebSocket are in one domain', async () => {
  const gateway = await withMqtt()
  const socket = await joined(gateway, domain)
  const tcp = await published(addressOf(gateway))
  const page = await published(`ws://127.0.0.1:${gateway.port}/mqtt`)
  const clones = [socket, tcp, page]
  await Promise.all(clones.map(clone => clone.status.becomes({ online: true, outdated: false })))
  await Promise.all(clones.map((clone, at) => clone.write({ '@id': `of-${at}`, name: `${at}` })))
  await until(() => {
    for (const clone of clones) expect(clone.stats()).toMatchObject({ subjects: 3, digest: socket.stats().digest })
  })
  const health = JSON.parse((await fetched(gateway, '/health')).body)
  expect(health.mqtt).toMatchObject({ connections: 3, members: 3, accepted: 3, refused: 0, malformed: 0 })
  expect(health.domains[domain]).toMatchObject({ subjects: 3, storage: null })
  expect(health.mqtt.messagesOut).toBeGreaterThan(3)
})

test('the token is the password', async () => {
  const gateway = await withMqtt({ token: 'secret' })
  const none = await published(addressOf(gateway))
  await none.status.becomes({ connection: 'refused' })
  expect(none.status.value.reason).toContain('these credentials are not allowed')
  const wrong = await published(addressOf(gateway), { credentials: 'Secret' })
  await wrong.status.becomes({ connection: 'refused' })
  const right = await published(addressOf(gateway), { credentials: { username: 'ada', password: 'secret' } })
  await right.status.becomes({ online: true, outdated: false })
  expect(gateway.health().mqtt).toMatchObject({ connections: 2, refused: 2 })
})

test('an app decides who may connect, and join what', async () => {
  const asked: GatewayRequest[] = []
  const gateway = await withMqtt({
    domains: [domain, 'secret.example'],
    authorize: async request => {
      asked.push(request)
      if (request.action === 'connect') return { allowed: request.token !== 'enemy', principal: request.token }
      return request.domain !== 'secret.example' || request.principal === 'boss'
    },
  })
  const enemy = await published(addressOf(gateway), { credentials: 'enemy' })
  await enemy.status.becomes({ connection: 'refused' })
  const worker = await published(addressOf(gateway), { credentials: 'worker' }, 'secret.example')
  await worker.status.becomes({ connection: 'refused' })
  expect(worker.status.value.reason).toContain('does not allow')
  const boss = await published(addressOf(gateway), { credentials: 'boss' }, 'secret.example')
  await boss.status.becomes({ online: true, outdated: false })
  const joins = asked.filter(({ action, token }) => action === 'join' && token === 'boss')
  expect(joins).toHaveLength(1)
  expect(joins[0]).toMatchObject({ domain: 'secret.example', address: expect.stringContaining('127.0.0.1') })
})

test('a domain that is not named is refused, or passed on and not kept', async () => {
  const strict = await withMqtt()
  const refused = await published(addressOf(strict), {}, 'other.example')
  await refused.status.becomes({ connection: 'refused' })
  const open = await withMqtt({ anyDomain: true })
  const [one, two] = [
    await published(addressOf(open), {}, 'other.example'),
    await published(addressOf(open), {}, 'other.example'),
  ]
  await Promise.all([one, two].map(clone => clone.status.becomes({ online: true, peers: 1 })))
  await one.write({ '@id': 'fred', name: 'Fred' })
  await two.status.becomes({ ticks: 1 })
})

test('nobody reads what is not for all of a domain, nor speaks for another', async () => {
  const gateway = await withMqtt()
  const clone = await published(addressOf(gateway))
  await clone.status.becomes({ online: true, outdated: false })
  const spy = await stranger(gateway)
  const shown: string[] = []
  spy.on('message', topic => shown.push(topic))
  await spy.subscribeAsync(`${channel}/here/+`)
  await until(() => expect(shown).toHaveLength(2))
  const peer = shown[0].slice(`${channel}/here/`.length)
  const other = `meldwork/1/channels/${channelOf('other.example').name}`
  const forbidden = [
    '#',
    '+/#',
    'meldwork/#',
    'meldwork/1/#',
    'meldwork/1/channels/#',
    'meldwork/1/channels/+/all',
    '$SYS/#',
    `${channel}/#`,
    `${channel}/+`,
    `${channel}/to/+`,
    `${channel}/to/${peer}`,
    `${channel}/all/x`,
    `${channel}/here/${peer}`,
    `${other}/all`,
    'meldwork/1/gone/#',
    'temperature',
  ]
  for (const topic of forbidden) await expect(spy.subscribeAsync(topic), topic).rejects.toThrow()
  for (const topic of [`${channel}/all`, `${channel}/to/0123456789abcdef-1`, 'meldwork/1/gone/+'])
    await spy.subscribeAsync(topic)
  const lies: [string, string, boolean][] = [
    [`${channel}/here/${peer}`, 'not there', true],
    [`${channel}/here/${peer}`, '', true],
    [`${channel}/here/0123456789abcdef-1`, 'x'.repeat(4000), true],
    [`${channel}/all`, 'kept', true],
    [`${channel}/here/0123456789abcdef-1`, 'not kept', false],
    [`${other}/all`, 'x', false],
    [`meldwork/1/gone/${peer.slice(0, 16)}`, 'x', false],
    ['temperature', '20', false],
    ['$SYS/x', 'x', false],
  ]
  for (const [topic, payload, retain] of lies) {
    const liar = await stranger(gateway, { clientId: 'fedcba9876543210' })
    const sentAway = closed(liar)
    liar.publish(topic, payload, { qos: 1, retain })
    await sentAway
  }
  await clone.write({ '@id': 'fred', name: 'Fred' })
  await gateway.clones.get(domain)!.status.becomes({ ticks: 1 })
  await until(() => expect(gateway.health().mqtt).toMatchObject({ connections: 3, members: 2, malformed: lies.length }))
  expect(clone.status.value.peers).toBe(1)
})

test('a name that somebody has is not taken from him, nor is one that no clone has', async () => {
  const gateway = await withMqtt()
  await stranger(gateway)
  for (const clientId of ['0123456789abcdef', 'mosq', '0123456789ABCDEF'])
    await expect(stranger(gateway, { clientId })).rejects.toThrow('Identifier rejected')
  await expect(
    mqtt.connectAsync(addressOf(gateway), { clientId: 'aaaaaaaaaaaaaaaa', clean: false, reconnectPeriod: 0 }, false),
  ).rejects.toThrow()
  expect(gateway.health().mqtt).toMatchObject({ connections: 2 })
})

test('what one has shown goes with it', async () => {
  const gateway = await withMqtt()
  const ghost = await stranger(gateway)
  await ghost.publishAsync(`${channel}/here/0123456789abcdef-1`, 'boo', { qos: 1, retain: true })
  const watching = await stranger(gateway, { clientId: 'fedcba9876543210' })
  await watching.subscribeAsync(`${channel}/here/+`)
  await until(() => expect(watching.heard).toContain(`${channel}/here/0123456789abcdef-1 boo`))
  ghost.stream.destroy()
  await until(() => expect(watching.heard).toContain(`${channel}/here/0123456789abcdef-1 `))
})

test('what is too long, too many or no MQTT at all costs its sender only', async () => {
  const gateway = await withMqtt({ limits: { maxMessageBytes: 65_536, maxConnections: 2 } })
  const clone = await published(addressOf(gateway), { maxMessageBytes: 65_536 })
  await clone.status.becomes({ online: true, outdated: false })
  const long = await stranger(gateway)
  await long.subscribeAsync(`${channel}/all`)
  long.publish(`${channel}/all`, Buffer.alloc(67_000))
  await closed(long)
  for (const garbage of [
    Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0x30, 0xff, 0xff, 0x7f]),
  ]) {
    const socket = connect(gateway.mqttPort!, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(garbage)
    await closed(socket)
  }
  await stranger(gateway)
  await expect(stranger(gateway, { clientId: 'fedcba9876543210' })).rejects.toThrow('Server unavailable')
  expect(gateway.health().mqtt).toMatchObject({ connections: 3, refused: 1 })
  await clone.write({ '@id': 'fred', note: 'x'.repeat(200_000) })
  await gateway.clones.get(domain)!.status.becomes({ ticks: 1 })
})

test('one who does not read keeps nobody waiting, and nothing piles up for him', async () => {
  const gateway = await withMqtt({ limits: { bytesPerSecond: 1024 * 1024 * 1024 } })
  const sleeper = await stranger(gateway)
  await sleeper.subscribeAsync(`${channel}/all`)
  sleeper.stream.pause()
  ;(sleeper.stream as unknown as { unpipe(): void }).unpipe()
  sleeper.stream.pause()
  const [from, to] = [
    await stranger(gateway, { clientId: 'aaaaaaaaaaaaaaaa' }),
    await stranger(gateway, { clientId: 'bbbbbbbbbbbbbbbb' }),
  ]
  await to.subscribeAsync(`${channel}/all`)
  const message = Buffer.alloc(500_000, 7)
  let arrived = 0
  to.on('message', () => arrived++)
  for (let count = 0; count < 100; count++) await from.publishAsync(`${channel}/all`, message, { qos: 1 })
  await until(() => expect(arrived).toBe(100))
  expect(gateway.health().mqtt!.droppedSlow).toBeGreaterThan(50)
})

test('one who sends too fast is slowed down', async () => {
  const gateway = await withMqtt({ limits: { messagesPerSecond: 50 } })
  const eager = await stranger(gateway)
  await eager.subscribeAsync(`${channel}/all`)
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: 150 }, (_, at) => eager.publishAsync(`${channel}/all`, `${at}`, { qos: 1 })))
  // Two seconds' worth at once, the rest at the rate; sent in a few reads, whose debt is paid after them.
  await eager.publishAsync(`${channel}/all`, 'last', { qos: 1 })
  expect(performance.now() - beganMs).toBeGreaterThan(500)
  await until(() => expect(eager.heard).toHaveLength(151))
})

test('pages of elsewhere may not connect, and only MQTT is spoken at /mqtt', async () => {
  const gateway = await withMqtt()
  expect(await upgraded(gateway, '/mqtt', { origin: 'http://evil.example' })).toMatchObject({ status: 403 })
  expect(await upgraded(await opened(), '/mqtt')).toMatchObject({ status: 404 })
})

test('meldwork serve --mqtt tells where, and clones of both kinds meet there', async () => {
  const options = ['--domain', domain, '--port', '0', '--mqtt', '0', '--no-page', '--data', emptyFolder()]
  const { gateway } = await serve(...options)
  const [, url, page] = await gateway.line(/MQTT: (\S+) and (\S+)/)
  const clones = [await published(url), await published(page)]
  await Promise.all(clones.map(clone => clone.status.becomes({ online: true, outdated: false })))
  await clones[0].write({ '@id': 'fred', name: 'Fred' })
  await clones[1].status.becomes({ ticks: 1 })
})
