import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { hasCode } from '../../src/errors.js'
import type { ChannelListener } from '../../src/ports/index.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import {
  BroadcastChannelTransport,
  type BroadcastChannelTransportOptions,
} from '../../src/transports/broadcast-channel.js'
import { openSuiteClone } from './clones.js'
import { FakeEnvironment, settled } from './fake-environment.js'
import { FakeOrigin, type FakeTab } from './fake-tabs.js'

describe('transport suite: BroadcastChannel', () => {
  testTransport(
    { test },
    {
      create: count => ({
        transports: Array.from({ length: count }, () => new BroadcastChannelTransport()),
        close: () => {},
      }),
      openClone: openSuiteClone,
    },
  )
})

describe.each([{ locks: true }, { locks: false }])(
  'in tabs of a browser (locks: $locks) it keeps the contract',
  options => {
    testTransport(
      { test },
      {
        create(count) {
          const origin = new FakeOrigin(options)
          const tabs = Array.from({ length: count }, () => origin.openTab())
          return {
            transports: tabs.map(platform => new BroadcastChannelTransport({ platform })),
            cut: index => tabs[index].hide(),
            restore: index => tabs[index].show(),
            close: () => {},
          }
        },
        powers: { cut: true },
        openClone: openSuiteClone,
      },
    )
  },
)

class Seen implements ChannelListener {
  readonly messages: string[] = []
  readonly states: string[] = []
  peers = (present: ReadonlyMap<string, Uint8Array>) => {
    this.present = present
  }
  present: ReadonlyMap<string, Uint8Array> = new Map()
  message(_from: string, bytes: Uint8Array) {
    this.messages.push(new TextDecoder().decode(bytes))
  }
  state(state: string) {
    this.states.push(state)
  }
  get payloads() {
    return Array.from(this.present.values(), payload => new TextDecoder().decode(payload)).sort()
  }
}

const text = (value: string) => new TextEncoder().encode(value)

function join(tab: FakeTab, name: string, options: BroadcastChannelTransportOptions = {}) {
  const seen = new Seen()
  const transport = new BroadcastChannelTransport({ platform: tab, ...options })
  const channel = transport.join('a', seen)
  channel.announce(text(name))
  return { tab, seen, transport, channel }
}

/** Some tabs, acquainted. */
async function together(options: { locks: boolean }, count = 3) {
  const origin = new FakeOrigin(options)
  const environment = new FakeEnvironment()
  const members = Array.from({ length: count }, (_, index) => join(origin.openTab(), `tab ${index}`, { environment }))
  await settled()
  for (const { seen } of members) expect(seen.present.size).toBe(count - 1)
  return { origin, environment, members }
}

describe('a tab that dies without a word', () => {
  test('is noticed at once where there are locks, and time plays no part', async () => {
    const { members, environment, origin } = await together({ locks: true })
    members[0].tab.crash()
    await settled()
    expect(members[1].seen.payloads).toEqual(['tab 2'])
    expect(members[2].seen.payloads).toEqual(['tab 1'])
    expect(environment.timerCount).toBe(0)
    // Each of the two holds its own lock, and waits for that of the other.
    expect([origin.locks.held, origin.locks.waiting]).toEqual([2, 2])
  })

  test('is noticed by its silence where there are no locks', async () => {
    const { members, environment } = await together({ locks: false })
    await environment.advance(10_000)
    expect(members[1].seen.payloads, 'the living are not taken for dead').toEqual(['tab 0', 'tab 2'])
    members[0].tab.crash()
    await environment.advance(1500)
    expect(members[1].seen.payloads).toEqual(['tab 0', 'tab 2'])
    await environment.advance(2500)
    expect(members[1].seen.payloads).toEqual(['tab 2'])
    expect(members[2].seen.payloads).toEqual(['tab 1'])
  })

  test('is noticed by one without locks that shares the channel with others that have them', async () => {
    const { origin, environment, members } = await together({ locks: true }, 1)
    const locked = join(origin.openTab(), 'locked', { environment })
    const tab = origin.openTab()
    const without = join(tab, 'without', {
      environment,
      platform: { openChannel: name => tab.openChannel(name), page: tab.page, locks: undefined },
    })
    await environment.advance(10_000)
    expect(without.seen.payloads).toEqual(['locked', 'tab 0'])
    expect(locked.seen.payloads).toEqual(['tab 0', 'without'])
    locked.tab.crash()
    await environment.advance(5000)
    expect(without.seen.payloads).toEqual(['tab 0'])
    tab.crash()
    await environment.advance(5000)
    expect(members[0].seen.payloads).toEqual([])
  })

  test('is not taken for dead when it was this one that slept', async () => {
    const { members, environment } = await together({ locks: false })
    await environment.advance(1100)
    environment.sleep(60_000)
    await environment.advance(10)
    for (const { seen } of members) expect(seen.present.size).toBe(2)
    await environment.advance(5000)
    for (const { seen } of members) expect(seen.present.size).toBe(2)
  })

  test('and was only busy, is seen again as soon as it says something', async () => {
    const { members, environment } = await together({ locks: false })
    members[0].tab.freeze()
    await environment.advance(5000)
    expect(members[1].seen.payloads).toEqual(['tab 2'])
    members[0].tab.thaw()
    members[0].channel.publish(text('still here'))
    await settled()
    expect(members[1].seen.messages).toEqual(['still here'])
    expect(members[1].seen.payloads).toEqual(['tab 0', 'tab 2'])
    await environment.advance(5000)
    for (const { seen } of members) expect(seen.present.size).toBe(2)
  })
})

describe('a page', () => {
  test('that is hidden leaves with a farewell, and is back under another name when it is shown', async () => {
    const { members, environment, origin } = await together({ locks: true })
    const [before] = [...members[1].seen.present.keys()]
    members[0].tab.hide()
    members[0].tab.hide()
    await settled()
    expect(members[0].seen.states).toEqual(['online', 'offline'])
    expect(members[0].seen.present.size).toBe(0)
    expect(members[1].seen.payloads).toEqual(['tab 2'])
    expect(origin.locks.held, 'it keeps no lock, which would keep it from being kept for the way back').toBe(2)
    members[0].channel.publish(text('lost'))
    members[0].channel.announce(text('tab 0 again'))
    members[0].tab.show()
    members[0].tab.show()
    await settled()
    expect(members[0].seen.states).toEqual(['online', 'offline', 'online'])
    expect(members[1].seen.payloads).toEqual(['tab 0 again', 'tab 2'])
    expect([...members[1].seen.present.keys()]).not.toContain(before)
    expect(members[1].seen.messages).toEqual([])
    expect(environment.timerCount).toBe(0)
  })

  test('that is shown does not bring back who has closed', async () => {
    const { members } = await together({ locks: true })
    members[0].tab.hide()
    members[0].channel.close()
    members[0].tab.show()
    await settled()
    expect(members[1].seen.payloads).toEqual(['tab 2'])
    expect(members[0].seen.states).toEqual(['online', 'offline'])
  })

  test('leaves nothing behind: no lock, no timer, no listener', async () => {
    for (const locks of [true, false]) {
      const { members, environment, origin } = await together({ locks })
      for (const { transport } of members) await transport.close()
      await settled()
      expect([origin.locks.held, origin.locks.waiting, environment.timerCount]).toEqual([0, 0, 0])
    }
  })
})

describe('what comes in', () => {
  test('makes nobody throw, whatever it is, and is counted', async () => {
    const { members, origin } = await together({ locks: true })
    const stray = origin.openTab().openChannel('meldwork-1:a')
    const peer = fc.constantFrom(...members[1].seen.present.keys(), 'somebody', '', 'a/b', 'a'.repeat(65))
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.string(),
      fc.constant(new ArrayBuffer(3)),
      fc.constant(new Float64Array(1)),
    )
    const kind = fc.constantFrom('here', 'bytes', 'other', undefined)
    const like = fc.record(
      { kind, from: peer, to: peer, asks: peer, payload: bytes, bytes, locked: fc.oneof(fc.boolean(), fc.string()) },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(like, fc.jsonValue(), bytes), async message => {
        stray.postMessage(message)
        await settled()
      }),
    )
    expect(members[0].transport.statistics().malformed).toBeGreaterThan(0)
    members[2].channel.publish(text('after all'))
    await settled()
    expect(members[0].seen.messages).toContain('after all')
  })

  test('is bounded: a script that makes up members and long messages', async () => {
    const { members, origin } = await together({ locks: false }, 2)
    const stray = origin.openTab().openChannel('meldwork-1:a')
    for (let index = 0; index < 3000; index++)
      stray.postMessage({ kind: 'here', from: `made-up-${index}`, payload: new Uint8Array(0), locked: false })
    stray.postMessage({ kind: 'here', from: 'x', payload: new Uint8Array(1281), locked: false })
    stray.postMessage({ kind: 'bytes', from: 'x', bytes: new Uint8Array(4 * 1024 * 1024 + 1) })
    await settled()
    expect(members[0].seen.present.size).toBe(1000)
    expect(members[0].seen.messages).toEqual([])
    expect(members[0].transport.statistics().malformed).toBe(3000 - 999 + 2)
  })

  test('shares no memory with its sender, and holds no more than itself', async () => {
    const { members } = await together({ locks: true }, 2)
    let heard: Uint8Array | undefined
    members[1].seen.message = (_from, bytes) => {
      heard = bytes
    }
    const shared = new Uint8Array(new SharedArrayBuffer(1000)).subarray(10, 13)
    members[0].channel.publish(shared)
    await settled()
    shared[0] = 7
    expect([...heard!]).toEqual([0, 0, 0])
    expect(heard!.buffer.byteLength).toBe(3)
  })
})

describe('the transport', () => {
  const threads: Worker[] = []
  afterEach(async () => {
    for (const thread of threads.splice(0)) await thread.terminate()
  })

  test('reaches a thread, and notices that it has been ended', async () => {
    const transport = new BroadcastChannelTransport({ silenceMs: 100 })
    const seen = new Seen()
    const channel = transport.join('threads', seen)
    // What a member in a thread says, spelt out.
    const script = `
      const channel = new BroadcastChannel('meldwork-1:threads')
      const here = { kind: 'here', from: 'thread', payload: new Uint8Array([65]), locked: false }
      channel.onmessage = ({ data }) => {
        if (data.asks) channel.postMessage(here)
        if (data.kind === 'bytes') channel.postMessage({ ...data, from: 'thread', to: data.from })
      }
      channel.postMessage(here)`
    threads.push(new Worker(script, { eval: true }))
    await vi.waitFor(() => expect(seen.payloads).toEqual(['A']), { timeout: 10_000 })
    channel.publish(text('echo'))
    await vi.waitFor(() => expect(seen.messages).toEqual(['echo']), { timeout: 10_000 })
    await threads[0].terminate()
    await vi.waitFor(() => expect(seen.present.size).toBe(0), { timeout: 10_000 })
    await transport.close()
  })

  test('counts what it drops', async () => {
    const origin = new FakeOrigin()
    const { channel, transport, tab } = join(origin.openTab(), 'alone')
    channel.publish(text('too early'))
    await settled()
    channel.publish(new Uint8Array(4 * 1024 * 1024 + 1))
    channel.send('no/body', text('never'))
    expect(transport.statistics()).toEqual({ dropped: 3, malformed: 0 })
    tab.hide()
    channel.publish(text('too late'))
    expect(transport.statistics().dropped).toBe(4)
  })

  test('a listener that throws is reported and stops nobody', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    const origin = new FakeOrigin()
    const fails = () => {
      throw new Error('a bug')
    }
    const transport = new BroadcastChannelTransport({ platform: origin.openTab() })
    transport.join('a', { message: fails, peers: fails, state: fails })
    const { seen, channel } = join(origin.openTab(), 'sound')
    const other = join(origin.openTab(), 'other')
    await settled()
    channel.publish(text('heard'))
    await settled()
    expect(other.seen.messages).toEqual(['heard'])
    expect(seen.present.size).toBe(2)
    expect(report).toHaveBeenCalled()
    report.mockRestore()
  })

  test('refuses what it cannot do', async () => {
    const platform = new FakeOrigin().openTab()
    expect(() => new BroadcastChannelTransport({ maxMessageBytes: 1000 })).toThrow(
      expect.toSatisfy(error => hasCode(error, 'option-invalid')),
    )
    expect(() => new BroadcastChannelTransport({ silenceMs: 0 })).toThrow(
      expect.toSatisfy(error => hasCode(error, 'option-invalid')),
    )
    const transport = new BroadcastChannelTransport({ platform })
    for (const name of ['', 'a/b', 'ä', 'a'.repeat(65)])
      expect(() => transport.join(name, new Seen())).toThrow(
        expect.toSatisfy(error => hasCode(error, 'option-invalid')),
      )
    const channel = transport.join('a', new Seen())
    expect(() => channel.announce(new Uint8Array(1281))).toThrow(
      expect.toSatisfy(error => hasCode(error, 'message-too-large')),
    )
    await transport.close()
    expect(() => transport.join('a', new Seen())).toThrow(expect.toSatisfy(error => hasCode(error, 'transport-closed')))
  })
})
