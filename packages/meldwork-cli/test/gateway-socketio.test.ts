import { once } from 'node:events'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { SocketIoTransport, type SocketIoTransportOptions } from 'meldwork/transports/socketio'
import { io as connectSocketIo } from 'socket.io-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Gateway, GatewayRequest } from '../src/gateway/index.js'
import { domain, fetched, joined, opened, upgraded } from './gateway-client.js'
import { emptyFolder, serve } from './running.js'

const handshake = '/socket.io/?EIO=4&transport=polling'

/** A clone in memory, connected to a gateway over Socket.IO. */
async function joinedBySocketIo(
  gateway: Pick<Gateway, 'port'>,
  transports: ('polling' | 'websocket')[],
  token?: string,
) {
  const options: SocketIoTransportOptions = { socketOptions: { transports }, ...(token && { token }) }
  const transport = new SocketIoTransport(`http://127.0.0.1:${gateway.port}`, options)
  const clone = await openClone({ domain, store: new MemoryStore(), transport })
  onTestFinished(async () => {
    await clone.close()
    await transport.close()
  })
  return clone
}

test('clones on Socket.IO, polling or not, and on WebSocket are in one domain', async () => {
  const gateway = await opened({ domains: [domain], socketIo: true })
  const clones = [
    await joined(gateway, domain),
    await joinedBySocketIo(gateway, ['websocket']),
    await joinedBySocketIo(gateway, ['polling']),
    await joinedBySocketIo(gateway, ['polling', 'websocket']),
  ]
  // The clone of the gateway is the fourth that each sees.
  for (const clone of clones) await clone.status.becomes({ online: true, outdated: false, peers: 4 })
  for (const [index, clone] of clones.entries()) await clone.write({ '@id': `subject-${index}`, name: `Name ${index}` })
  // Longer than any one message.
  await clones[2].write({ '@id': 'long', note: 'x'.repeat(1_500_000) })
  const digest = () => gateway.health().domains[domain].digest
  await vi.waitFor(
    () => {
      for (const clone of clones) expect([clone.stats().subjects, clone.stats().digest]).toEqual([5, digest()])
    },
    { timeout: 10_000 },
  )
  expect(gateway.health().relay).toMatchObject({ connections: 5, malformed: 0 })
})

test('a token is needed, and the app is told who asks', async () => {
  const asked: GatewayRequest[] = []
  const authorize = (request: GatewayRequest) => asked.push(request) > 0
  const gateway = await opened({ domains: [domain], token: 'secret', socketIo: true, authorize })
  const wrong = await joinedBySocketIo(gateway, ['polling', 'websocket'], 'wrong')
  await wrong.status.becomes({ connection: 'refused', reason: 'the token is not the right one' })
  const right = await joinedBySocketIo(gateway, ['polling', 'websocket'], 'secret')
  await right.status.becomes({ online: true, outdated: false })
  expect(asked.map(({ action }) => action)).toEqual(['connect', 'join'])
  expect(asked[1]).toMatchObject({ domain, token: 'secret', address: expect.stringContaining('127.0.0.1') })
  expect(asked[1].headers.host).toBe(`127.0.0.1:${gateway.port}`)
})

test('pages of elsewhere may not connect by any way that there is', async () => {
  const gateway = await opened({ allowOrigins: ['https://app.example'], socketIo: true })
  expect(await fetched(gateway, handshake)).toMatchObject({ status: 200 })
  const own = await fetched(gateway, handshake, { origin: `http://127.0.0.1:${gateway.port}` })
  expect(own.status).toBe(200)
  const named = await fetched(gateway, handshake, { origin: 'https://app.example' })
  expect([named.status, named.headers['access-control-allow-origin']]).toEqual([200, 'https://app.example'])
  const foreign = await fetched(gateway, handshake, { origin: 'http://evil.example' })
  expect(foreign).toMatchObject({ status: 403, body: expect.stringContaining('--allow-origin http://evil.example') })
  expect(foreign.headers).not.toHaveProperty('access-control-allow-origin')
  const rebound = { host: `evil.example:${gateway.port}` }
  expect(await fetched(gateway, handshake, rebound)).toMatchObject({ status: 403 })
  // A script of any page could read what this answers.
  expect(await fetched(gateway, `${handshake}&j=0`)).toMatchObject({ status: 403 })
  const session = JSON.parse((await fetched(gateway, handshake)).body.slice(1)).sid
  const stolen = await fetched(gateway, `${handshake}&sid=${session}`, { origin: 'http://evil.example' })
  expect(stolen.status).toBe(403)
  const socket = '/socket.io/?EIO=4&transport=websocket'
  expect(await upgraded(gateway, socket)).toMatchObject({ status: 'open' })
  const sockets = await Promise.race([
    upgraded(gateway, socket, { origin: 'http://evil.example' }),
    vi.waitFor(() => expect(gateway.health().relay.connections).toBe(1)).then(() => 'nothing'),
  ])
  expect(sockets).not.toMatchObject({ status: 'open' })
  // The WebSockets of the gateway are where they were.
  expect(await upgraded(gateway, '/relay')).toMatchObject({ status: 'open' })
  expect(await upgraded(gateway, '/elsewhere')).toMatchObject({ status: 404 })
})

test('it is not there unless it is asked for, and only in its namespace', async () => {
  const without = await opened({})
  expect(await fetched(without, handshake)).toMatchObject({ status: 404 })
  expect(await upgraded(without, '/socket.io/?EIO=4&transport=websocket')).toMatchObject({ status: 404 })
  const gateway = await opened({ socketIo: true })
  const socket = connectSocketIo(`http://127.0.0.1:${gateway.port}`, { forceNew: true, reconnection: false })
  onTestFinished(() => void socket.disconnect())
  const error = await new Promise<Error>(resolve => socket.on('connect_error', resolve))
  expect(error.message).toContain('/meldwork')
})

test('what is too long, too many or no protocol at all costs its sender only', async () => {
  const limits = { maxMessageBytes: 65_536, maxConnections: 2 }
  const gateway = await opened({ domains: [domain], limits, socketIo: true })
  const clone = await joinedBySocketIo(gateway, ['polling'])
  await clone.status.becomes({ online: true, outdated: false })
  const attack = async (transport: 'polling' | 'websocket', ...values: unknown[]) => {
    const socket = connectSocketIo(`http://127.0.0.1:${gateway.port}/meldwork`, {
      forceNew: true,
      reconnection: false,
      transports: [transport],
    })
    const gone = new Promise(resolve => socket.on('disconnect', resolve))
    await new Promise<void>(resolve => socket.on('connect', resolve))
    // A relay that is full says goodbye by itself.
    if (values.length > 0) socket.emit(...(values as [string]))
    return gone
  }
  for (const transport of ['polling', 'websocket'] as const) {
    await attack(transport, 'frame', new Uint8Array(200_000))
    await attack(transport, 'frame', 'hello')
    await attack(transport, 'frame', new Uint8Array([255, 1, 2, 3]))
    await attack(transport, 'frame')
    await attack(transport, 'anything', { deep: [new Uint8Array(3)] })
    await attack(transport, 'error', 'hello')
  }
  expect(gateway.health().relay).toMatchObject({ malformed: 10, connections: 2 })
  const quiet = connectSocketIo(`http://127.0.0.1:${gateway.port}/meldwork`, { forceNew: true, reconnection: false })
  onTestFinished(() => void quiet.disconnect())
  await new Promise<void>(resolve => quiet.on('connect', resolve))
  await attack('websocket')
  expect(gateway.health().relay).toMatchObject({ refused: 1, connections: 3 })
  // A value longer than any message goes in parts.
  await clone.write({ '@id': 'fred', note: 'x'.repeat(200_000) })
  await gateway.clones.get(domain)!.status.becomes({ ticks: 1 })
})

test('connections that enter nothing are bounded, too', async () => {
  const gateway = await opened({ limits: { maxConnections: 1 }, socketIo: true })
  const statuses: number[] = []
  for (let count = 0; count < 102; count++) statuses.push((await fetched(gateway, handshake)).status)
  expect(statuses.slice(0, 101).every(status => status === 200)).toBe(true)
  expect(statuses[101]).toBe(503)
})

test('a gateway that closes says so, and leaves nothing open', async () => {
  const gateway = await opened({ domains: [domain], socketIo: true })
  const clones = [await joinedBySocketIo(gateway, ['polling']), await joinedBySocketIo(gateway, ['websocket'])]
  for (const clone of clones) await clone.status.becomes({ online: true, outdated: false })
  const socket = (await upgraded(gateway, '/')).socket
  const closed = once(socket, 'close')
  await gateway.close()
  await closed
  for (const clone of clones) await clone.status.becomes({ connection: 'offline' })
  await expect(fetched(gateway, handshake)).rejects.toThrow('ECONNREFUSED')
})

test('the command serves it, and ends with a clone that polls', async () => {
  const { gateway, port } = await serve('--socketio', '--port', '0', '--data', emptyFolder(), '--domain', domain)
  const clone = await joinedBySocketIo({ port }, ['polling'])
  await clone.status.becomes({ online: true, outdated: false, peers: 1 })
  await clone.write({ '@id': 'fred', name: 'Fred' })
  expect(await gateway.kill('SIGTERM')).toMatchObject({ code: 0, signal: null })
  await clone.status.becomes({ connection: 'offline' })
}, 60_000)
