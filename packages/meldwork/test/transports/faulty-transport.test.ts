/** The transport that fails as it is told to, and what the acceptance suite finds with it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { ChannelListener, Transport } from '../../src/ports/index.js'
import {
  FaultyTransport,
  type FaultyTransportOptions,
  type TransportSuiteOptions,
  testTransport,
} from '../../src/testkit/transport-suite.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { openSuiteClone } from './clones.js'
import { FakeEnvironment, settled } from './fake-environment.js'

describe('over one that loses, repeats and reorders, it keeps the contract', () => {
  testTransport(
    { test },
    {
      create(count) {
        const network = new MemoryNetwork()
        const near = Array.from({ length: count }, () => new MemoryTransport(network))
        const faults = { loss: 0.02, duplicates: 0.1, delayMs: 5 }
        return {
          transports: near.map(
            (transport, index) => new FaultyTransport(transport, { seed: fuzz.seed + index, ...faults }),
          ),
          cut: index => near[index].offline(),
          restore: index => near[index].online(),
          close: () => {},
        }
      },
      powers: { cut: true },
      openClone: openSuiteClone,
    },
  )
})

/** Who sends through the faults, who receives without, and what has come. */
async function pair(options: FaultyTransportOptions) {
  const network = new MemoryNetwork()
  const near = new MemoryTransport(network)
  const environment = new FakeEnvironment()
  const faulty = new FaultyTransport(near, { environment, ...options })
  const come: number[] = []
  const back: number[] = []
  const listener = (into: number[]): ChannelListener => ({
    message: (_from, bytes) => void into.push(bytes[0]),
    peers() {},
    state() {},
  })
  const plain = new MemoryTransport(network).join('a', listener(come))
  const channel = faulty.join('a', listener(back))
  await settled()
  return { near, faulty, environment, channel, plain, come, back }
}

const numbers = Array.from({ length: 100 }, (_, index) => index)
const share = fc.double({ min: 0, max: 1, noNaN: true })
const faults = fc.record({ seed: fc.integer(), loss: share, duplicates: share, delayMs: fc.nat(50) })

describe('a faulty transport', () => {
  test('loses, repeats and delays what goes out and what comes in, and counts it', async () => {
    await fc.assert(
      fc.asyncProperty(faults, async options => {
        const { faulty, environment, channel, plain, come, back } = await pair(options)
        for (const number of numbers) channel.publish(Uint8Array.of(number))
        await environment.advance(options.delayMs)
        expect(come.length).toBe(numbers.length - faulty.counts.lost + faulty.counts.repeated)
        const { lost, repeated } = { ...faulty.counts }
        for (const number of numbers) plain.publish(Uint8Array.of(number))
        await environment.advance(options.delayMs)
        expect(back.length).toBe(numbers.length - (faulty.counts.lost - lost) + (faulty.counts.repeated - repeated))
        expect(environment.timerCount).toBe(0)
        if (options.delayMs === 0) for (const each of [come, back]) expect(each).toEqual(each.toSorted((a, b) => a - b))
      }),
    )
  })

  test('does the same again with the same seed, and something else with another', async () => {
    const run = async (seed: number) => {
      const { environment, channel, come } = await pair({ seed, loss: 0.2, duplicates: 0.2, delayMs: 20 })
      for (const number of numbers) channel.publish(Uint8Array.of(number))
      await environment.advance(20)
      return come
    }
    const first = await run(fuzz.seed)
    expect(await run(fuzz.seed)).toEqual(first)
    expect(await run(fuzz.seed + 1)).not.toEqual(first)
    expect(first, 'some overtake others').not.toEqual(first.toSorted((a, b) => a - b))
    expect(new Set(first).size, 'some are lost').toBeLessThan(100)
    expect(first.length, 'some come twice').toBeGreaterThan(new Set(first).size)
  })

  test('is as good as the other when it is healed', async () => {
    const { faulty, environment, channel, come } = await pair({ seed: fuzz.seed, loss: 1, delayMs: 20 })
    channel.publish(Uint8Array.of(1))
    faulty.heal()
    for (const number of numbers) channel.publish(Uint8Array.of(number))
    await settled()
    expect(come).toEqual(numbers)
    expect(environment.timerCount).toBe(0)
  })

  test('loses what is late when the connection is lost, or it is closed', async () => {
    const { near, environment, channel, plain, come, back } = await pair({ seed: fuzz.seed, delayMs: 1000 })
    const both = async () => {
      for (const each of [channel, plain]) each.publish(Uint8Array.of(1))
      await settled()
    }
    await both()
    expect(environment.timerCount).toBe(2)
    near.offline()
    await settled()
    expect(environment.timerCount).toBe(0)
    near.online()
    await settled()
    await both()
    channel.close()
    expect(environment.timerCount).toBe(0)
    expect([...come, ...back]).toEqual([])
  })

  test('holds what is late in bounded memory', async () => {
    const { faulty, environment, channel, come } = await pair({ seed: fuzz.seed, delayMs: 1000 })
    const bytes = new Uint8Array(1024 * 1024)
    for (let index = 0; index < 40; index++) channel.publish(bytes)
    expect(faulty.counts.lost).toBe(25)
    await environment.advance(1000)
    expect(come.length).toBe(15)
    expect(faulty.lateBytes).toBe(0)
  })
})

/** Runs one test of the suite. */
async function outcome(promise: string, options: TransportSuiteOptions): Promise<string> {
  const tests = new Map<string, () => Promise<void>>()
  testTransport({ test: (name, run) => tests.set(name, run) }, options)
  return tests.get(promise)!().then(
    () => 'kept',
    error => String(error),
  )
}

describe('the suite finds', () => {
  const near = (count: number, network = new MemoryNetwork()) =>
    Array.from({ length: count }, () => new MemoryTransport(network))

  test('a transport over which clones do not converge, and tells the seed', async () => {
    const deaf = (transport: Transport): Transport => {
      const { maxMessageBytes } = transport
      const join: Transport['join'] = (name, listener) => {
        let heard = 0
        const message: ChannelListener['message'] = (from, bytes) => {
          if (heard++ < 20) listener.message(from, bytes)
        }
        const { peers, state } = listener
        return transport.join(name, { message, peers: peers.bind(listener), state: state.bind(listener) })
      }
      return { maxMessageBytes, join, close: () => transport.close() }
    }
    const create = (count: number) => ({
      transports: near(count).map((transport, index) => (index === 1 ? deaf(transport) : transport)),
      close: () => {},
    })
    const options = { create, openClone: openSuiteClone, timeoutMs: 1000, seed: 7 }
    expect(await outcome('clones converge while messages are lost, repeated and reordered', options)).toMatch(
      /^Error: Clones do not converge over it, with \{ seed: 7 \}: /,
    )
  })

  test('a transport on which one who does not read stops the others, and one that keeps all for it', async () => {
    const network = new MemoryNetwork()
    const stopped = (count: number) => {
      const transports = near(count, network)
      return { transports, clog: () => transports[0].offline(), flow: () => transports[0].online(), close: () => {} }
    }
    const promise = 'one who does not read costs the others nothing, and hears again when it reads'
    const options = { powers: { clog: true, heldBytes: true }, timeoutMs: 300, maxHeldBytes: 1000 }
    expect(await outcome(promise, { ...options, create: stopped })).toMatch(/did not come to this: "\[a 1\] says 1\."/)
    const hoarding = (count: number) => ({ ...stopped(count), clog: () => {}, heldBytes: () => 1001 })
    expect(await outcome(promise, { ...options, create: hoarding })).toMatch(/1001 bytes were held, more than 1000/)
  })
})
