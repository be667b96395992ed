import { inspect } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { MqttTransport, type MqttTransportOptions } from '../../src/transports/mqtt.js'
import { Listening, until } from './mqtt-members.js'
import { AedesServer } from './mqtt-servers.js'
import { freePort } from './servers.js'

const quick: MqttTransportOptions = { firstBackoffMs: 20, maxBackoffMs: 100, beatMs: 200, lingerMs: 20 }
const ending: (() => unknown)[] = []
afterEach(async () => {
  vi.doUnmock('mqtt')
  vi.resetModules()
  for (const end of ending.splice(0).reverse()) await end()
})

async function brokerWith(options: ConstructorParameters<typeof AedesServer>[0]): Promise<AedesServer> {
  const server = await new AedesServer(options).start()
  ending.push(() => server.stop())
  return server
}

function memberAt(port: number, options: MqttTransportOptions = {}): Listening & { transport: MqttTransport } {
  const transport = new MqttTransport(`mqtt://127.0.0.1:${port}`, { ...quick, ...options })
  ending.push(() => transport.close())
  return Object.assign(new Listening(transport), { transport })
}

test('when a token has expired, the app is asked for a new one, and it goes on', async () => {
  let valid = 'token 1'
  const server = await brokerWith({
    authenticate: (_, username, password, done) => done(null, username === 'token' && password?.toString() === valid),
  })
  const asked: string[] = []
  const credentials = async () => {
    asked.push(valid)
    return valid
  }
  const member = memberAt(server.port, { credentials })
  const fixed = memberAt(server.port, { credentials: 'token 1' })
  await Promise.all([member.sees(1), fixed.sees(1)])
  valid = 'token 2'
  for (const client of Object.values((server.broker as unknown as { clients: object }).clients)) client.close()
  await fixed.is('refused: the broker refuses: these credentials are not allowed')
  await until(() => expect(asked).toEqual(['token 1', 'token 2']))
  await member.is('online')
  fixed.transport.authenticate('token 2')
  await Promise.all([member.sees(1), fixed.sees(1)])
})

test('a broker that accepts everything and delivers nothing is noticed', async () => {
  const server = await brokerWith({ authorizeForward: () => null })
  const member = memberAt(server.port, { answerTimeoutMs: 500 })
  await member.is('refused: the broker delivers nothing on meldwork/1/channels/a/to/')
  expect(member.states).not.toContain('online')
})

test('a subscription that is forbidden refuses that channel, and no other', async () => {
  const server = await brokerWith({
    authorizeSubscribe: (_, subscription, done) => done(null, subscription.topic.includes('/b/') ? null : subscription),
  })
  const member = memberAt(server.port)
  const forbidden = new Listening(member.transport, 'b')
  await member.is('online')
  await forbidden.is('refused: the broker does not allow meldwork/1/channels/b/')
})

test('a broker that only speaks 3.1.1 refuses 5, and says so', async () => {
  const server = await brokerWith({})
  await memberAt(server.port, { protocolVersion: 5 }).is('refused: the broker refuses: it does not speak this version')
})

test('nobody there is told, with a reason, and tried again', async () => {
  const port = await freePort()
  const member = memberAt(port)
  await until(() => expect(member.states.filter(state => state.includes('ECONNREFUSED')).length).toBeGreaterThan(2))
  const server = new AedesServer()
  server.port = port
  await server.start()
  ending.unshift(() => server.stop())
  await member.is('online')
})

test.each([
  ['url', 'http://broker.example', {}],
  ['url', 'nonsense', {}],
  ['url', 'mqtt://', {}],
  ['url', 'mqtt://ada:enigma@broker.example', {}],
  ['prefix', 'mqtt://broker.example', { prefix: 'a//b' }],
  ['prefix', 'mqtt://broker.example', { prefix: '+' }],
  ['prefix', 'mqtt://broker.example', { prefix: 'a/' }],
  ['protocolVersion', 'mqtt://broker.example', { protocolVersion: 3 as never }],
  ['keepAliveMs', 'mqtt://broker.example', { keepAliveMs: 1500 }],
  ['maxMessageBytes', 'mqtt://broker.example', { maxMessageBytes: 100 }],
])('the option %s is checked: %s %j', (option, url, options) => {
  const error = catching(() => new MqttTransport(url, options))
  expect(error).toMatchObject({ code: 'option-invalid', facts: { option } })
  expect(inspect(error)).not.toMatch(/enigma/)
})

test('credentials that make no sense are told, and tried again: what fetches them may do better', async () => {
  const server = await brokerWith({})
  const member = memberAt(server.port, { credentials: (() => 42) as never })
  const told = () => member.states.filter(state => state.startsWith('offline: The credentials must be a token'))
  await until(() => expect(told().length).toBeGreaterThan(1))
})

test('what inspects a transport does not find the password', async () => {
  const server = await brokerWith({})
  const member = memberAt(server.port, { credentials: { username: 'ada', password: 'enigma' } })
  await member.is('online')
  expect(inspect(member.transport, { depth: 20, showHidden: true })).not.toMatch(/enigma/)
})

test('without the package mqtt, the channels are refused, with what to install', async () => {
  vi.resetModules()
  vi.doMock('mqtt', () => {
    throw new Error("Cannot find package 'mqtt'")
  })
  const { MqttTransport: Fresh } = await import('../../src/transports/mqtt.js')
  const transport = new Fresh('mqtt://broker.example', quick)
  ending.push(() => transport.close())
  await new Listening(transport).is('refused: MqttTransport needs the package mqtt: npm install mqtt@5')
})

function catching(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}
