/** The example of an adapter of one's own, examples/redis-streams, against a real Redis. */
import { expect, test } from 'vitest'
import { redisTransport } from '../../../../examples/redis-streams/redis-transport.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { openSuiteClone } from './clones.js'
import { Wire } from './relay-server.js'
import { describeWith, Server } from './servers.js'

const args = (port: number) => ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
const options = { firstBackoffMs: 20, maxBackoffMs: 100, beatMs: 200 }

describeWith('redis-server', 'transport suite: Redis Streams', path => {
  testTransport(
    { test },
    {
      async create(count) {
        const server = await Server.start(path, args)
        const wires = Array.from({ length: count }, () => new Wire(() => server.port))
        const urls = await Promise.all(wires.map(async wire => (await wire.open()).replace('ws:', 'redis:')))
        return {
          transports: urls.map(url => redisTransport(url, options)),
          cut: index => wires[index].cut(),
          restore: index => wires[index].restore(),
          clog: index => wires[index].clog(),
          flow: index => wires[index].flow(),
          restartServer: () => server.restart(),
          async close() {
            await Promise.all(wires.map(wire => wire.close()))
            await server.close()
          },
        }
      },
      powers: { cut: true, clog: true, restartServer: true },
      openClone: openSuiteClone,
    },
  )
})

describeWith('redis-server', 'Redis Streams', path => {
  test('refuses a wrong password once', async () => {
    const server = await Server.start(path, port => [...args(port), '--requirepass', 'secret'])
    const url = `redis://127.0.0.1:${server.port}`
    const transport = redisTransport(url, { ...options, credentials: { password: 'wrong' } })
    const states: string[] = []
    transport.join('a', { message() {}, peers() {}, state: (state, reason) => states.push(`${state} ${reason ?? ''}`) })
    await expect.poll(() => states.at(-1)).toBe('refused Redis refuses the password')
    transport.authenticate({ password: 'secret' })
    await expect.poll(() => states.at(-1)).toBe('online ')
    await transport.close()
    await server.close()
  })
})
