/** What a transport over a broker of topics does when the broker, or somebody else on it, is not as it should be: on a clock of the test. */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { CodedError } from '../../src/errors.js'
import type { ChannelListener } from '../../src/ports/index.js'
import { type Topic, TopicTransport, type TopicTransportOptions } from '../../src/pubsub/index.js'
import { checkOf } from '../../src/pubsub/message.js'
import { FakeEnvironment, settled } from '../transports/fake-environment.js'
import { FakeBroker, FakeHub } from './fake-broker.js'

class Recorder implements ChannelListener {
  readonly told: unknown[] = []
  present: string[] = []
  message(from: string, content: Uint8Array): void {
    this.told.push([from, ...content])
  }
  peers(present: ReadonlyMap<string, Uint8Array>): void {
    this.present = [...present.keys()]
  }
  state(state: string, reason?: string): void {
    this.told.push(reason === undefined ? state : `${state}: ${reason}`)
  }
  take(): unknown[] {
    return this.told.splice(0)
  }
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(each => each.close()))
})

const bytes = (...values: number[]) => Uint8Array.from(values)

/** A world on a clock of the test. */
function setUp(retains: boolean, options: TopicTransportOptions = {}) {
  const environment = new FakeEnvironment()
  const hub = new FakeHub(queueMicrotask)
  const member = (more: TopicTransportOptions = {}) => {
    const broker = new FakeBroker(hub, retains)
    const transport = new TopicTransport(broker, { environment, beatMs: 1000, ...options, ...more })
    open.push(transport)
    const recorder = new Recorder()
    return { broker, transport, recorder, channel: transport.join('a', recorder) }
  }
  /** Says something as another client would. */
  const say = async (topic: Topic, content: Uint8Array, retain = false) => {
    hub.deliver(topic, content, retain)
    await settled()
  }
  return { environment, hub, member, say }
}

/** A message of somebody, as the protocol of `message.ts` has it. */
const message = (kind: number, connection: number, member: number, ...payload: number[]) =>
  bytes(0xe1, kind, ...new Array(8).fill(connection), member, ...payload)
const nameOf = (connection: number, member: number) => `${connection.toString(16).padStart(2, '0').repeat(8)}-${member}`
const [content, here, greeting, beat, gone, question] = [0, 1, 2, 3, 4, 5]
const toAll = ['channels', 'a', 'all']
/** The check of no payload. */
const empty = checkOf(new Uint8Array(0))

describe('a transport over topics', () => {
  test('that is refused says why, and tries no more until it is given something else', async () => {
    const { environment, hub, member } = setUp(true, { credentials: 'wrong' })
    hub.accepted = 'right'
    const { transport, recorder } = member()
    await environment.advance(1)
    expect(recorder.take()).toEqual(['connecting', 'refused: the password is wrong'])
    await environment.advance(3_600_000)
    expect(hub.opened).toEqual(['wrong'])
    transport.authenticate(() => 'right')
    await environment.advance(1)
    expect(recorder.take()).toEqual(['connecting', 'online'])
    expect(inspect(transport, { depth: 10, showHidden: true })).not.toContain('wrong')
  })

  test('asks for credentials before each connection, and goes on when the old ones have ended', async () => {
    let count = 0
    const credentials = async () => `token ${++count}`
    const { environment, hub, member } = setUp(false, { credentials })
    const { broker, recorder } = member()
    await environment.advance(1)
    broker.connection?.breakOff(true, 'the token has expired')
    await environment.advance(600)
    expect(hub.opened).toEqual(['token 1', 'token 2'])
    expect(recorder.take()).toEqual(['connecting', 'online', 'offline: the token has expired', 'connecting', 'online'])
  })

  test('whose app has no credentials now asks it again later', async () => {
    const credentials = vi
      .fn(() => 'token')
      .mockImplementationOnce(() => {
        throw new Error('not signed in')
      })
    const { environment, hub, member } = setUp(false, { credentials })
    const { recorder } = member()
    await environment.advance(0)
    expect(recorder.take()).toEqual(['offline: not signed in'])
    await environment.advance(600)
    expect(hub.opened).toEqual(['token'])
    expect(recorder.take()).toEqual(['connecting', 'online'])
  })

  test('waits longer and longer, at random, and no longer than allowed', async () => {
    const { environment, hub, member } = setUp(false, { firstBackoffMs: 100, maxBackoffMs: 5000 })
    hub.isDown = true
    const attempts: number[] = []
    const opening = vi.spyOn(FakeBroker.prototype, 'open').mockImplementation(async () => {
      attempts.push(environment.now())
      throw new Error('nobody is there')
    })
    member()
    await environment.advance(600_000)
    opening.mockRestore()
    const waits = attempts.slice(1).map((at, index) => at - attempts[index])
    expect(waits.length).toBeGreaterThan(150)
    for (const [index, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(Math.min(5000, 100 * 2 ** index))
    const late = waits.slice(8)
    expect(Math.max(...late) - Math.min(...late)).toBeGreaterThan(2000)
    expect(late.reduce((sum, wait) => sum + wait) / late.length).toBeGreaterThan(1500)
  })

  test('that is let in and thrown out again and again does not hurry; after a long connection it does', async () => {
    const { environment, hub, member } = setUp(false, { firstBackoffMs: 100, maxBackoffMs: 60_000, stableMs: 1000 })
    const { broker } = member()
    for (let round = 0; round < 200; round++) {
      await environment.advance(500)
      broker.connection?.breakOff(true)
    }
    expect(hub.opened.length).toBeLessThan(30)
    await environment.advance(120_000)
    const before = hub.opened.length
    broker.connection?.breakOff(true)
    await environment.advance(101)
    expect(hub.opened).toHaveLength(before + 1)
  })

  test('gives up a broker that does not answer, and a connection that comes too late is closed', async () => {
    const { environment, hub, member } = setUp(false, { connectTimeoutMs: 5000 })
    hub.isMute = true
    const { recorder } = member()
    await environment.advance(5000)
    expect(recorder.take()).toEqual(['connecting', 'offline: the broker does not answer'])
    hub.isMute = false
    await environment.advance(600)
    expect(recorder.take()).toEqual(['connecting', 'online'])
    expect(hub.clients.size).toBe(1)
  })

  test('closes a connection that comes when nobody wants it any more', async () => {
    const { environment, hub, member } = setUp(false)
    const { transport } = member()
    await Promise.resolve()
    await transport.close()
    await environment.advance(100)
    expect(hub.clients.size).toBe(0)
    expect(environment.timerCount).toBe(0)
  })

  test('is refused a channel without harm to the others', async () => {
    const { environment, hub, member } = setUp(true)
    hub.forbidden.add('secret')
    const { transport, recorder } = member()
    const secret = new Recorder()
    transport.join('secret', secret)
    await environment.advance(1)
    expect(recorder.take()).toEqual(['connecting', 'online'])
    expect(secret.take()).toEqual(['connecting', 'refused: this topic is not for you'])
    hub.forbidden.clear()
    transport.authenticate(undefined)
    await environment.advance(1000)
    expect(secret.take()).toEqual(['offline: new credentials', 'connecting', 'online'])
  })

  test('is of no use over a broker with too small a limit, and says so', async () => {
    const { environment, hub, member } = setUp(false)
    hub.maxMessageBytes = 60_000
    const { recorder } = member()
    await environment.advance(1)
    expect(recorder.take()[1]).toMatch(/^refused: .* raise its limit/)
  })

  test('takes the limit of the broker, without what it puts around messages', async () => {
    const { environment, hub, member } = setUp(false)
    hub.maxMessageBytes = 100_000
    const { transport } = member()
    expect(transport.maxMessageBytes).toBe(1024 * 1024)
    await environment.advance(1)
    expect(transport.maxMessageBytes).toBe(100_000 - 15)
  })

  test('drops what the network does not take, and what is too long or to nobody, and counts it', async () => {
    const { environment, member } = setUp(false, { sendBufferBytes: 1000 })
    const { transport, broker, channel } = member()
    channel.publish(bytes(1))
    await environment.advance(1)
    channel.publish(new Uint8Array(transport.maxMessageBytes + 1))
    channel.send('nobody', bytes(1))
    broker.connection!.bufferedBytes = 1000
    channel.publish(bytes(2))
    expect(transport.statistics()).toMatchObject({ dropped: 4, messagesOut: 1, connections: 1 })
  })

  test.each([true, false])('counts what makes no sense, and goes on (retains: %s)', async retains => {
    const { environment, hub, member } = setUp(retains)
    const { transport, recorder } = member()
    await environment.advance(1)
    recorder.take()
    const part = fc.constantFrom('channels', 'a', 'all', 'to', 'here', 'gone', nameOf(7, 1), '')
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }).map(rest => bytes(0xe1, ...rest)),
      fc.tuple(fc.nat(7), fc.nat(3), fc.nat(3)).map(([kind, connection, number]) => message(kind, connection, number)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), some, async (topic, content) => {
        for (const client of hub.clients) client.listener.message(topic, content, false)
        await settled()
      }),
    )
    const { malformed } = transport.statistics()
    await recorder.take()
    for (const client of hub.clients) client.listener.message(toAll, bytes(0xe1, 99), false)
    expect(transport.statistics().malformed).toBe(malformed + 1)
    for (const client of hub.clients) client.listener.message(toAll, message(content, 9, 1, 42), false)
    expect(recorder.take()).toEqual([[nameOf(9, 1), 42]])
  })

  test('does not believe in more members than there can be', async () => {
    const { environment, member, hub } = setUp(true)
    const { transport, recorder } = member()
    await environment.advance(1)
    const [client] = hub.clients
    for (let number = 0; number < 10_100; number++) {
      // All in one turn: they are shown together.
      const name = nameOf(7, number)
      const shown = bytes(0xe1, here, ...new Array(8).fill(7), ...varint(number))
      client.listener.message(['channels', 'a', 'here', name], shown, false)
    }
    await settled()
    expect(recorder.present).toHaveLength(10_000)
    expect(transport.statistics().malformed).toBe(100)
  })

  test('keeps nothing of a channel that was left, and lets go of the connection after a while', async () => {
    const { environment, hub, member } = setUp(false, { lingerMs: 1000 })
    const { transport, channel } = member()
    await environment.advance(1)
    channel.close()
    await environment.advance(900)
    expect(hub.clients.size).toBe(1)
    const again = transport.join('a', new Recorder())
    await environment.advance(2000)
    expect(hub.clients.size).toBe(1)
    again.close()
    await environment.advance(1100)
    expect([hub.clients.size, environment.timerCount]).toEqual([0, 0])
  })

  test('one who closes, or is cut off, while it comes in is told nothing more', async () => {
    const { environment, hub, member } = setUp(true)
    const { recorder, channel, transport } = member()
    const other = new Recorder()
    transport.join('b', other)
    await Promise.resolve()
    channel.close()
    const before = recorder.take()
    await environment.advance(10)
    expect([before, recorder.told]).toEqual([['connecting'], []])
    expect(other.take()).toEqual(['connecting', 'online'])
    const late = new Recorder()
    transport.join('c', late)
    await Promise.resolve()
    hub.restart()
    await environment.advance(0)
    expect(late.told).not.toContain('online')
    await environment.advance(1000)
    expect(late.take().at(-1)).toBe('online')
  })

  test('refuses options that make no sense', () => {
    const { hub } = setUp(true)
    const broker = new FakeBroker(hub, true)
    for (const options of [{ maxMessageBytes: 1000 }, { beatMs: 0 }])
      expect(() => new TopicTransport(broker, options)).toThrow(expect.objectContaining({ code: 'option-invalid' }))
    const transport = new TopicTransport(broker, {})
    expect(() => transport.join('a b', new Recorder())).toThrow(expect.objectContaining({ code: 'option-invalid' }))
    void transport.close()
    expect(() => transport.join('a', new Recorder())).toThrow(expect.objectContaining({ code: 'transport-closed' }))
  })

  test('whose package is missing does not try again', async () => {
    const { environment, member } = setUp(true, {
      credentials: () => {
        throw new CodedError('package-missing', 'install it', { package: 'it', install: 'npm install it' })
      },
    })
    const { recorder } = member()
    await environment.advance(60_000)
    expect(recorder.take()).toEqual(['refused: install it'])
  })
})

describe('presence where the broker retains', () => {
  test('is asked of those who were there before, and the dead are cleared by one of the living', async () => {
    const { environment, hub, member, say } = setUp(true)
    const dead = nameOf(7, 1)
    await say(['channels', 'a', 'here', dead], message(here, 7, 1), true)
    const one = member()
    await environment.advance(1)
    const two = member()
    await environment.advance(1)
    expect(one.recorder.present).toContain(dead)
    const clears = () => hub.published.filter(topic => topic === `channels/a/here/${dead}`).length - 1
    await environment.advance(10_000)
    expect([one.recorder.present.length, two.recorder.present.length]).toEqual([1, 1])
    expect([...hub.retained.keys()].filter(topic => topic.includes(dead))).toEqual([])
    expect(clears()).toBeGreaterThanOrEqual(1)
    expect(clears()).toBeLessThanOrEqual(2)
    // Nobody who is there is asked again.
    hub.published.length = 0
    await environment.advance(60_000)
    expect(hub.published).toEqual([])
  })

  test('one who answers stays', async () => {
    const { environment, member, say } = setUp(true)
    await say(['channels', 'a', 'here', nameOf(7, 1)], message(here, 7, 1), true)
    const { recorder } = member()
    await environment.advance(1)
    await say(toAll, message(content, 7, 1, 5))
    await environment.advance(60_000)
    expect(recorder.present).toEqual([nameOf(7, 1)])
  })

  test('one whose words arrive before it is shown can be answered', async () => {
    const { environment, hub, member, say } = setUp(true)
    const { channel, recorder } = member()
    await environment.advance(1)
    const other = nameOf(7, 1)
    channel.send(other, bytes(1))
    expect(hub.published).not.toContain(`channels/a/to/${other}`)
    await say(toAll, message(content, 7, 1, 2))
    expect([recorder.take().at(-1), recorder.present]).toEqual([[other, 2], []])
    hub.published.length = 0
    channel.send(other, bytes(3))
    await settled()
    expect(hub.published).toContain(`channels/a/to/${other}`)
    await say(['channels', 'a', 'here', other], message(here, 7, 1))
    expect(recorder.present).toEqual([other])
  })

  test('ends with the farewell of a connection, and the first of those who are left clears it', async () => {
    const { environment, hub, member } = setUp(true)
    const members = [member(), member(), member()]
    await environment.advance(1)
    members[0].broker.isCut = true
    members[0].broker.connection?.breakOff(true)
    hub.published.length = 0
    await environment.advance(1)
    for (const { recorder } of members.slice(1)) expect(recorder.present).toHaveLength(1)
    expect(hub.published.filter(topic => topic.includes('/here/'))).toHaveLength(1)
    expect(hub.retained.size).toBe(2)
  })

  test('a name of a connection before is taken back by its own member', async () => {
    const { environment, hub, member } = setUp(true)
    const { broker } = member()
    await environment.advance(1)
    // The broker has not noticed.
    broker.connection?.breakOff(false)
    await environment.advance(1000)
    expect(hub.retained.size).toBe(1)
  })

  test('a retained presence in another name than its topic says is nobody’s', async () => {
    const { environment, member, say } = setUp(true)
    const { recorder, transport } = member()
    await environment.advance(1)
    await say(['channels', 'a', 'here', nameOf(7, 1)], message(here, 8, 1), true)
    expect(recorder.present).toEqual([])
    expect(transport.statistics().malformed).toBe(1)
  })
})

describe('presence where the broker only passes on', () => {
  test('one who falls silent is asked, and then given up; when it speaks again it is there again', async () => {
    const { environment, hub, member, say } = setUp(false)
    const { recorder } = member()
    await environment.advance(1)
    const other = nameOf(7, 1)
    await say(toAll, message(greeting, 7, 1))
    expect(recorder.present).toEqual([other])
    const questions = () => hub.published.filter(topic => topic === `channels/a/to/${other}`).length
    // The answer to its greeting.
    expect(questions()).toBe(1)
    for (let second = 0; second < 30; second++) {
      await environment.advance(1000)
      await say(toAll, message(beat, 7, 1, ...empty))
    }
    expect([recorder.present, questions()]).toEqual([[other], 1])
    await environment.advance(8000)
    expect(recorder.present).toEqual([])
    expect(questions()).toBe(3)
    await say(toAll, message(content, 7, 1, 1))
    expect(recorder.take().at(-1)).toEqual([other, 1])
    expect(questions()).toBe(4)
    await say(toAll, message(content, 7, 1, 2))
    // Asked once between two beats.
    expect(questions()).toBe(4)
    await say(toAll, message(here, 7, 1))
    expect(recorder.present).toEqual([other])
    await say(toAll, message(gone, 7, 1))
    expect(recorder.present).toEqual([])
  })

  test('one whose announcement was lost is asked when it says that it lives', async () => {
    const { environment, hub, member, say } = setUp(false)
    const { recorder } = member()
    await environment.advance(1)
    const other = nameOf(7, 1)
    await say(toAll, message(greeting, 7, 1))
    hub.published.length = 0
    await say(toAll, message(beat, 7, 1, ...empty))
    expect(hub.published).not.toContain(`channels/a/to/${other}`)
    await say(toAll, message(beat, 7, 1, 1, 2, 3, 4))
    expect(hub.published).toContain(`channels/a/to/${other}`)
    expect(recorder.present).toEqual([other])
  })

  test('one who is asked answers, and says now and then that it lives', async () => {
    const { environment, hub, member, say } = setUp(false)
    member()
    await environment.advance(1)
    await say(toAll, message(here, 7, 1))
    const [client] = hub.clients
    hub.published.length = 0
    const own = [...client.subscribed].find(topic => topic.includes('/to/'))!
    await say(own.split('/'), message(question, 7, 1))
    expect(hub.published).toContain(`channels/a/to/${nameOf(7, 1)}`)
    hub.published.length = 0
    await environment.advance(10_000)
    const beats = hub.published.filter(topic => topic === 'channels/a/all').length
    expect(beats).toBeGreaterThan(6)
    expect(beats).toBeLessThan(15)
  })
})

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]
}
