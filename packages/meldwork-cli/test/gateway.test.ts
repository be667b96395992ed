import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { expect, test } from 'vitest'
import { folderOfDomain } from '../src/folders.js'
import { type GatewayRequest, openGateway } from '../src/gateway/index.js'
import { fetched, joined, opened, sentRaw, upgraded } from './gateway-client.js'
import { emptyFolder } from './running.js'

const domain = 'board.example'

test('clones meet at a gateway, and it keeps what they have', async () => {
  const folder = emptyFolder()
  const gateway = await opened({ domains: [domain], folder })
  const [one, two] = [await joined(gateway, domain), await joined(gateway, domain)]
  await Promise.all([one, two].map(clone => clone.status.becomes({ online: true, outdated: false })))
  const arrived = new Promise(resolve => two.follow(resolve))
  await one.write({ '@id': 'fred', name: 'Fred' })
  await arrived
  expect(two.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
  await one.sent()
  await gateway.close()
  await gateway.close()
  // A second gateway on the same data has it, with nobody else there.
  const again = await opened({ domains: [domain], folder })
  expect(again.clones.get(domain)?.get('fred')).toEqual({ '@id': 'fred', name: 'Fred' })
})

test('health tells how each domain and the relay are', async () => {
  const gateway = await opened({ domains: [domain, 'notes.example', domain] })
  await gateway.clones.get(domain)!.write({ '@id': 'fred', name: 'Fred' })
  const { status, body, headers } = await fetched(gateway, '/health')
  expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
  const health = JSON.parse(body)
  expect(health).toMatchObject({ status: 'ok', version: '0.1.0', relay: { connections: 1, channels: 2 } })
  expect(Object.keys(health.domains)).toEqual([domain, 'notes.example'])
  expect(health.domains[domain]).toMatchObject({ triples: 1, subjects: 1, ticks: 1, outdated: false, storage: null })
  expect(health.domains[domain].digest).toMatch(/^[0-9a-f]{32}$/)
})

test('with a token, health says little to others, and the page learns only that one is needed', async () => {
  const gateway = await opened({ domains: [domain], token: 'secret' })
  expect(JSON.parse((await fetched(gateway, '/health')).body)).toEqual({ status: 'ok', version: '0.1.0' })
  const wrong = await fetched(gateway, '/health', { authorization: 'Bearer wrong' })
  expect(JSON.parse(wrong.body)).not.toHaveProperty('domains')
  const right = await fetched(gateway, '/health', { authorization: 'Bearer secret' })
  expect(JSON.parse(right.body)).toHaveProperty(['domains', domain])
  const config = JSON.parse((await fetched(gateway, '/config.json')).body)
  expect(config).toEqual({ domains: [domain], anyDomain: false, url: 'relay', tokenRequired: true })
})

test('a token is needed, and the right one', async () => {
  const gateway = await opened({ domains: [domain], token: 'secret' })
  const none = await joined(gateway, domain)
  await none.status.becomes({ connection: 'refused', reason: 'a token is needed' })
  const wrong = await joined(gateway, domain, 'Secret')
  await wrong.status.becomes({ connection: 'refused', reason: 'the token is not the right one' })
  const right = await joined(gateway, domain, 'secret')
  await right.status.becomes({ online: true, outdated: false })
})

test('a domain that is not named is refused, or relayed and not kept', async () => {
  const strict = await opened({ domains: [domain] })
  const stranger = await joined(strict, 'other.example')
  await stranger.status.becomes({ connection: 'refused' })
  expect(stranger.status.value.reason).toContain('--domain')

  const open = await opened({ domains: [domain], anyDomain: true })
  const first = await joined(open, 'other.example')
  const second = await joined(open, 'other.example')
  await first.status.becomes({ online: true, peers: 1 })
  await second.status.becomes({ online: true, peers: 1 })
  await first.write({ '@id': 'fred', name: 'Fred' })
  await second.status.becomes({ ticks: 1 })
  expect([...open.clones.keys()]).toEqual([domain])
})

test('an app decides who may connect, and join what', async () => {
  const asked: GatewayRequest[] = []
  const gateway = await opened({
    domains: [domain, 'secret.example'],
    authorize: async request => {
      asked.push(request)
      if (request.action === 'connect') return { allowed: true, principal: request.token }
      if (request.domain === 'secret.example') return request.principal === 'boss'
      return { allowed: request.principal !== 'guest', reason: 'guests only look' }
    },
  })
  const boss = await joined(gateway, 'secret.example', 'boss')
  await boss.status.becomes({ online: true, outdated: false })
  const worker = await joined(gateway, 'secret.example', 'worker')
  await worker.status.becomes({ connection: 'refused' })
  const guest = await joined(gateway, domain, 'guest')
  await guest.status.becomes({ connection: 'refused', reason: 'guests only look' })
  expect(asked[0]).toMatchObject({
    action: 'connect',
    token: 'boss',
    origin: undefined,
    address: expect.stringContaining('127.0.0.1'),
  })
  expect(asked[0].headers.host).toBe(`127.0.0.1:${gateway.port}`)
  expect(asked[1]).toMatchObject({ action: 'join', domain: 'secret.example', token: 'boss', principal: 'boss' })
})

test('pages of elsewhere may not connect, nor use a name that they made point here', async () => {
  const gateway = await opened({ allowOrigins: ['https://app.example'] })
  const own = `http://127.0.0.1:${gateway.port}`
  expect(await upgraded(gateway, '/', { origin: own })).toMatchObject({ status: 'open' })
  expect(await upgraded(gateway, '/relay?x=1', { origin: 'https://app.example' })).toMatchObject({ status: 'open' })
  expect(await upgraded(gateway, '/relay')).toMatchObject({ status: 'open' })
  const foreign = await upgraded(gateway, '/', { origin: 'http://evil.example' })
  expect(foreign).toMatchObject({ status: 403, body: expect.stringContaining('--allow-origin http://evil.example') })
  const rebound = { origin: `http://evil.example:${gateway.port}`, host: `evil.example:${gateway.port}` }
  expect(await upgraded(gateway, '/', rebound)).toMatchObject({ status: 403 })
  expect(await fetched(gateway, '/health', { host: 'evil.example' })).toMatchObject({ status: 421 })
  expect(await upgraded(gateway, '/elsewhere')).toMatchObject({ status: 404 })
})

test('what is too long, too many or no protocol at all costs its sender only', async () => {
  const gateway = await opened({ domains: [domain], limits: { maxMessageBytes: 65_536, maxConnections: 2 } })
  const clone = await joined(gateway, domain)
  await clone.status.becomes({ online: true, outdated: false })
  const long = await upgraded(gateway, '/')
  long.socket.send(new Uint8Array(70_000))
  const [code] = await once(long.socket, 'close')
  expect(code).toBe(1009)
  const text = await upgraded(gateway, '/')
  text.socket.send('hello')
  await once(text.socket, 'close')
  const garbage = await upgraded(gateway, '/')
  garbage.socket.send(new Uint8Array([255, 1, 2, 3]))
  await once(garbage.socket, 'close')
  await upgraded(gateway, '/')
  // Told goodbye, because it is one too many.
  const surplus = await upgraded(gateway, '/')
  await once(surplus.socket, 'close')
  expect(await sentRaw(gateway, 'NONSENSE\r\n\r\n')).toContain('400')
  expect(gateway.health().relay).toMatchObject({ connections: 3, refused: 1, malformed: 2 })
  // A value longer than any message goes in parts.
  await clone.write({ '@id': 'fred', note: 'x'.repeat(200_000) })
  await gateway.clones.get(domain)!.status.becomes({ ticks: 1 })
})

test('options that cannot be are refused, and nothing is left open', async () => {
  const folder = emptyFolder()
  const refused = (options: Parameters<typeof openGateway>[0]) =>
    expect(openGateway({ folder, port: 0, ...options })).rejects
  await refused({ port: 70_000 }).toMatchObject({ code: 'option-invalid', facts: { option: 'port' } })
  await refused({ token: '' }).toMatchObject({ code: 'option-invalid', facts: { option: 'token' } })
  await refused({ limits: { maxMessageBytes: 10 } }).toMatchObject({ facts: { option: 'limits.maxMessageBytes' } })
  await refused({ limits: { maxConnection: 10 } as object }).toMatchObject({
    facts: { option: 'limits.maxConnection' },
  })
  await refused({ allowOrigins: ['*'] }).toMatchObject({ code: 'option-invalid' })
  await refused({ domains: [domain, 'No Domain'] }).toMatchObject({ code: 'domain-invalid' })
  await refused({ domains: [domain], host: 'no.such.host.invalid' }).toMatchObject({ code: 'address-unusable' })
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await refused({ domains: [domain], port }).toMatchObject({ code: 'port-in-use', facts: { host: '127.0.0.1', port } })
  other.close()
  // Each of these has let go of the folder.
  const gateway = await opened({ domains: [domain], folder })
  await refused({ domains: [domain] }).toMatchObject({ code: 'store-locked' })
  await gateway.close()
  const store = new LevelStore(join(folder, folderOfDomain(domain)))
  await (await openClone({ domain, store })).close()
})
