import { describe, expect, test, vi } from 'vitest'
import { hasCode } from '../../src/errors.js'
import type { ChannelListener } from '../../src/ports/index.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { openSuiteClone } from './clones.js'

describe('transport suite: memory', () => {
  testTransport(
    { test },
    {
      create(count) {
        const network = new MemoryNetwork({ maxQueuedBytes: 4 * 1024 * 1024 })
        const transports = Array.from({ length: count }, () => new MemoryTransport(network))
        return {
          transports,
          cut: index => transports[index].offline(),
          restore: index => transports[index].online(),
          heldBytes: () => network.queuedBytes,
          close: () => {},
        }
      },
      powers: { cut: true, heldBytes: true },
      openClone: openSuiteClone,
      maxHeldBytes: 4 * 1024 * 1024,
    },
  )
})

describe('the memory transport', () => {
  const listener = (told: unknown[] = []): ChannelListener => ({
    message: (_from, bytes) => told.push(bytes),
    peers: present => told.push(present.size),
    state: state => told.push(state),
  })

  test('tells nobody anything until the network says so', () => {
    const tasks: (() => void)[] = []
    const network = new MemoryNetwork({ later: task => tasks.push(task) })
    const told: unknown[] = []
    new MemoryTransport(network).join('a', listener(told))
    const other = new MemoryTransport(network).join('a', listener())
    const bytes = Uint8Array.of(1, 2, 3)
    other.publish(bytes)
    expect(told).toEqual([])
    while (tasks.length > 0) tasks.shift()?.()
    expect(told).toEqual(['online', 1, 1, bytes])
    expect(told.at(-1), 'it copies nothing').toBe(bytes)
  })

  test('loses what is under way when it is cut off', async () => {
    const network = new MemoryNetwork()
    const told: unknown[] = []
    const near = new MemoryTransport(network)
    const channel = near.join('a', listener())
    new MemoryTransport(network).join('a', listener(told))
    await Promise.resolve()
    channel.publish(Uint8Array.of(7))
    near.offline()
    await Promise.resolve()
    expect(told).toEqual(['online', 1, 0])
    expect(network.queuedBytes).toBe(0)
  })

  test('counts what it drops', () => {
    const network = new MemoryNetwork({ later: () => {}, maxMessageBytes: 65536, maxQueuedBytes: 100_000 })
    const channel = new MemoryTransport(network).join('a', listener())
    channel.publish(new Uint8Array(65537))
    channel.publish(new Uint8Array(65536))
    channel.publish(new Uint8Array(65536))
    expect(network.dropped).toBe(2)
  })

  test('a listener that throws is reported and stops nobody', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    const network = new MemoryNetwork()
    const fails = () => {
      throw new Error('a bug')
    }
    new MemoryTransport(network).join('a', { message: fails, peers: fails, state: fails })
    const told: unknown[] = []
    new MemoryTransport(network).join('a', listener(told))
    const channel = new MemoryTransport(network).join('a', listener())
    await Promise.resolve()
    channel.publish(Uint8Array.of(1))
    await Promise.resolve()
    expect(told).toContainEqual(Uint8Array.of(1))
    expect(report).toHaveBeenCalled()
    report.mockRestore()
  })

  test('refuses what it cannot do', async () => {
    const transport = new MemoryTransport(new MemoryNetwork())
    for (const name of ['', 'a/b', 'ä', 'a'.repeat(65)]) {
      expect(() => transport.join(name, listener())).toThrow(
        expect.toSatisfy(error => hasCode(error, 'option-invalid')),
      )
    }
    const channel = transport.join('a', listener())
    expect(() => channel.announce(new Uint8Array(1281))).toThrow(
      expect.toSatisfy(error => hasCode(error, 'message-too-large')),
    )
    await transport.close()
    expect(() => transport.join('a', listener())).toThrow(expect.toSatisfy(error => hasCode(error, 'transport-closed')))
  })
})
