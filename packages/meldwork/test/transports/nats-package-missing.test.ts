import { expect, test, vi } from 'vitest'
import { NatsTransport } from '../../src/transports/nats-node.js'
import { becomes, memberAt } from './nats-member.js'

vi.mock('@nats-io/transport-node', () => {
  throw new Error("Cannot find package '@nats-io/transport-node'")
})
vi.mock('@nats-io/nats-core', () => {
  throw new Error("Cannot find package '@nats-io/nats-core'")
})

test.each([
  ['nats://127.0.0.1:1', 'npm install @nats-io/transport-node@3'],
  ['ws://127.0.0.1:1', 'npm install @nats-io/nats-core@3'],
])('without its package, a transport to %s is refused, with what to install', async (url, install) => {
  const { seen, transport } = memberAt(url)
  await becomes(() => seen.last.startsWith('refused'), 'refused')
  expect(seen.states).toEqual(['connecting', expect.stringContaining(install)])
  expect(transport).toBeInstanceOf(NatsTransport)
})
