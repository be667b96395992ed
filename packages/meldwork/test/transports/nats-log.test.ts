import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { expect, onTestFinished, test } from 'vitest'
import { type Clone, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import type { NatsTransport, NatsTransportOptions } from '../../src/transports/nats-node.js'
import { becomes, memberAt, quick, Seen, transportTo } from './nats-member.js'
import { NatsServer } from './nats-server.js'
import { Wire } from './relay-server.js'
import { describeWith } from './servers.js'

const domain = 'notes.example'
const log: NatsTransportOptions = { ...quick, log: {} }

async function opened(transport: NatsTransport, store = new MemoryStore(), genesis = false): Promise<Clone> {
  const clone = await openClone({ domain, store, transport, genesis })
  onTestFinished(() => clone.close())
  return clone
}

/** The stream, as an administrator sees it. */
async function streamAt(url: string, name = 'meldwork-1') {
  const client = await connect({ servers: url })
  onTestFinished(() => client.close())
  const manager = await jetstreamManager(client)
  return { manager, state: async () => (await manager.streams.info(name)).state }
}

/** Whether they have lost their connections so often, and see each other again. */
const isBack = (losses: number, ...members: ReturnType<typeof memberAt>[]) =>
  members.every(
    ({ seen, transport }) =>
      transport.statistics().connections > Math.min(losses, 1) &&
      seen.last === 'online' &&
      seen.present === members.length - 1,
  ) && members[0].transport.statistics().connections > losses

const inLog = (transport: NatsTransport) => becomes(() => transport.logStatistics()!.kept > 0, 'the log has something')

describeWith('nats-server', 'a log of NATS', path => {
  const start = (config?: string) =>
    NatsServer.forTest(path, { jetstream: true, ...(config !== undefined && { config }) })

  test('gives what one has written who is gone to one who is new, and alone; and to a third with a store', async () => {
    const { url } = await start()
    const writing = transportTo(url, log)
    const a = await opened(writing, new MemoryStore(), true)
    await a.status.becomes({ online: true })
    for (let count = 0; count < 500; count++)
      await a.write({ '@id': `note-${count}`, text: `the text of ${count}`, count })
    await a.write({ '@id': 'note-0', long: 'x'.repeat(3_000_000) })
    await a.write({ '@delete': { '@id': 'note-1' } })
    const { digest, triples } = a.stats()
    await a.close()
    await writing.close()
    expect(writing.logStatistics()).toMatchObject({ unkept: 0, repeated: 0, duplicates: 0 })

    const reading = transportTo(url, log)
    const b = await opened(reading)
    await becomes(() => b.stats().digest === digest, 'all has come')
    expect(b.stats().triples).toBe(triples)
    expect(b.status.value).toMatchObject({ online: true, peers: 0, outdated: true, refused: { malformed: 0 } })
    // It goes on where the other one was.
    await b.write({ '@id': 'note-2', text: 'changed' })
    await inLog(reading)
    const latest = b.stats().digest
    await b.close()
    await reading.close()

    const store = new MemoryStore()
    const c = await opened(transportTo(url, log), store)
    await becomes(() => c.stats().digest === latest, 'all has come')
    const ticks = c.status.value.ticks
    await c.close()
    const again = await opened(transportTo(url, log), store)
    await again.status.becomes({ online: true })
    await again.write({ '@id': 'note-3', text: 'changed, too' })
    expect(again.status.value.ticks).toBe(ticks + 1)
  }, 60_000)

  test('gets what was written while its writer was offline, or had not been opened', async () => {
    const { url, port } = await start()
    const store = new MemoryStore()
    const silo = await openClone({ domain, store, genesis: true })
    for (let count = 0; count < 50; count++) await silo.write({ '@id': `early-${count}`, count })
    await silo.close()

    const wire = new Wire(() => port)
    onTestFinished(() => wire.close())
    const writing = transportTo((await wire.open()).replace('ws:', 'nats:'), log)
    const a = await opened(writing, store)
    await inLog(writing)
    wire.cut()
    await a.status.becomes({ online: false })
    for (let count = 0; count < 50; count++) await a.write({ '@id': `late-${count}`, count })
    wire.restore()
    await a.status.becomes({ online: true })
    await becomes(() => writing.logStatistics()!.kept > 1, 'what was written meanwhile is kept, too')
    const { digest } = a.stats()
    await a.close()
    await writing.close()
    const b = await opened(transportTo(url, log))
    await becomes(() => b.stats().digest === digest, 'all has come')
  }, 60_000)

  test('is read from where it was after a reconnection; keeps nothing twice, and no presence', async () => {
    const { url, port } = await start()
    const wire = new Wire(() => port)
    onTestFinished(() => wire.close())
    const [a, b] = [memberAt(url, log), memberAt((await wire.open()).replace('ws:', 'nats:'), log)]
    await becomes(() => a.seen.present === 1 && b.seen.present === 1, 'both are there')
    for (let count = 0; count < 200; count++) a.channel.publish(Uint8Array.of(count), true)
    a.channel.publish(Uint8Array.of(1, 2, 3))
    await becomes(() => b.seen.messages.length === 201, 'all have come')
    const { state } = await streamAt(url)
    await becomes(() => a.transport.logStatistics()!.kept === 200, 'all are kept')
    expect((await state()).messages).toBe(200)
    for (let count = 0; count < 200; count++) a.channel.publish(Uint8Array.of(count), true)
    await becomes(() => a.transport.logStatistics()!.duplicates === 200, 'nothing is kept twice')
    expect((await state()).messages).toBe(200)

    // One who comes later is given all, in order; and after a reconnection only what it has missed.
    const wired = new Wire(() => port)
    onTestFinished(() => wired.close())
    const c = memberAt((await wired.open()).replace('ws:', 'nats:'), log)
    await becomes(() => c.seen.messages.length === 200, 'all have come')
    expect(c.seen.messages.map(([first]) => first)).toEqual(Array.from({ length: 200 }, (_, count) => count))
    await becomes(() => c.seen.present === 2, 'all are there')
    wired.cut()
    await becomes(() => c.seen.last.startsWith('offline'), 'offline')
    for (let count = 0; count < 10; count++) a.channel.publish(Uint8Array.of(count, 99), true)
    wired.restore()
    await becomes(() => c.seen.messages.length === 210, 'what it has missed')
    expect(c.transport.logStatistics()).toMatchObject({ replayed: 210 })
    expect((await state()).messages).toBe(210)
  }, 60_000)

  test('keeps the channels apart, and members without a log write into it, too', async () => {
    const { url } = await start()
    const keeper = memberAt(url, log)
    await becomes(() => keeper.seen.last === 'online', 'online')
    const plain = memberAt(url)
    await becomes(() => plain.seen.present === 1, 'both are there')
    plain.channel.publish(Uint8Array.of(7), true)
    await becomes(() => keeper.seen.messages.length === 1, 'it comes live')
    const late = memberAt(url, log)
    await becomes(() => late.seen.messages.length === 1, 'it comes from the log')
    // One who leaves and comes again on the same connection is another: it is given all of it.
    for (let times = 0; times < 3; times++) {
      const again = memberAt(url, log)
      again.channel.close()
      const seen = new Seen()
      again.transport.join('a', seen).close()
      again.transport.join('a', seen)
      await becomes(() => seen.messages.length === 1, 'it comes from the log')
    }
    const other = transportTo(url, log)
    const messages: Uint8Array[] = []
    other.join('b', { message: (_, bytes) => messages.push(bytes), peers() {}, state() {} })
    other.join('a', { message() {}, peers() {}, state() {} })
    await becomes(() => other.logStatistics()!.replayed === 1, 'the other channel has it')
    expect(messages).toEqual([])
  })

  test('gives again what was not acknowledged when the connection was lost', async () => {
    const server = await start()
    const wire = new Wire(() => server.port)
    onTestFinished(() => wire.close())
    const a = memberAt((await wire.open()).replace('ws:', 'nats:'), { ...log, pingIntervalMs: 100 })
    await becomes(() => a.seen.last === 'online', 'online')
    wire.stall()
    for (let count = 0; count < 20; count++) a.channel.publish(new Uint8Array(1000).fill(count), true)
    await becomes(() => a.seen.states.some(state => state.startsWith('offline')), 'lost')
    await becomes(() => a.transport.logStatistics()!.kept === 20, 'all are kept')
    expect(a.transport.logStatistics()).toMatchObject({ repeated: 20, unkept: 0 })
    const late = memberAt(server.url, log)
    await becomes(() => late.seen.messages.length === 20, 'all have come')
  })

  test('survives a restart of the server; and one that has lost its stream is read anew', async () => {
    const server = await start()
    const a = memberAt(server.url, log)
    const b = memberAt(server.url, log)
    await becomes(() => a.seen.present === 1 && b.seen.present === 1, 'both are there')
    a.channel.publish(Uint8Array.of(1), true)
    await becomes(() => a.transport.logStatistics()!.kept === 1, 'kept')
    await server.restart(undefined, 'SIGKILL')
    await becomes(() => isBack(1, a, b), 'back')
    const late = memberAt(server.url, log)
    await becomes(() => late.seen.messages.length === 1, 'it is still there')
    const { manager } = await streamAt(server.url)
    await manager.streams.delete('meldwork-1')
    await server.restart()
    await becomes(() => isBack(2, a, b, late), 'back')
    a.channel.publish(Uint8Array.of(2), true)
    await becomes(() => a.transport.logStatistics()!.kept === 2, 'kept')
    expect(
      (await manager.streams.info('meldwork-1').catch(() => undefined)) ?? (await (await streamAt(server.url)).state()),
    ).toBeDefined()
  }, 60_000)

  test('is read by those who may, channel by channel', async () => {
    const api = ['STREAM.INFO.meldwork-1', 'CONSUMER.CREATE.meldwork-1.*.meldwork.1.channels.a.log']
    const readers = ['INFO', 'DELETE', 'MSG.NEXT'].map(each => `CONSUMER.${each}.meldwork-1.*`)
    const publish = ['meldwork.1.channels.a.>', ...[...api, ...readers].map(each => `$JS.API.${each}`)]
    const permissions = JSON.stringify({ publish, subscribe: ['meldwork.1.channels.a.>', '_INBOX.>'] })
    const users = `{ user: admin, password: x }, { user: ann, password: x, permissions: ${permissions} }`
    const { url } = await start(`authorization { users: [ ${users} ] }`)
    const admin = memberAt(url, { ...log, credentials: { user: 'admin', password: 'x' } })
    await becomes(() => admin.seen.last === 'online', 'online')
    admin.channel.publish(Uint8Array.of(1), true)
    await inLog(admin.transport)
    const ann = memberAt(url, { ...log, credentials: { user: 'ann', password: 'x' } })
    const other = new Seen()
    ann.transport.join('b', other)
    await becomes(() => ann.seen.messages.length === 1, 'it comes from the log')
    ann.channel.publish(Uint8Array.of(2), true)
    await inLog(ann.transport)
    await becomes(() => other.last.startsWith('refused'), 'the other channel is refused')
    const client = await connect({ servers: url, user: 'ann', pass: 'x' })
    onTestFinished(() => client.close())
    const manager = await jetstreamManager(client, { checkAPI: false })
    const config = { ack_policy: 'none', deliver_policy: 'all', filter_subject: 'meldwork.1.channels.b.log' } as const
    await expect(manager.consumers.add('meldwork-1', { ...config, name: 'mine' })).rejects.toThrow(
      'Permissions Violation',
    )
  })

  test('has the limits that it is made with, and is refused where it cannot be', async () => {
    const { url } = await start()
    const limits = { maxBytes: 1_000_000, maxAgeMs: 3_600_000, maxMessagesPerDomain: 3, duplicateWindowMs: 5_000 }
    const a = memberAt(url, { ...quick, log: { stream: 'notes', create: limits } })
    await becomes(() => a.seen.last === 'online', 'online')
    const { manager } = await streamAt(url)
    expect((await manager.streams.info('notes')).config).toMatchObject({
      subjects: ['meldwork.1.channels.*.log'],
      max_bytes: 1_000_000,
      max_age: 3_600_000_000_000,
      max_msgs_per_subject: 3,
      duplicate_window: 5_000_000_000,
    })
    for (let count = 0; count < 5; count++) a.channel.publish(Uint8Array.of(count), true)
    await becomes(() => a.transport.logStatistics()!.kept === 5, 'all are kept, for a while')
    const b = memberAt(url, { ...quick, log: { stream: 'notes', create: false } })
    await becomes(() => b.seen.messages.length === 3, 'the last are there')
    expect(b.seen.messages.map(([first]) => first)).toEqual([2, 3, 4])

    await manager.streams.add({ name: 'others', subjects: ['others.>'] })
    const wrong = memberAt(url, { ...quick, log: { stream: 'others' } })
    await becomes(
      () => wrong.seen.states.some(state => /^offline: .*does not take the subjects/.test(state)),
      'the wrong stream',
    )
    const none = memberAt(url, { ...quick, log: { stream: 'none', create: false } })
    await becomes(() => none.seen.states.some(state => /^offline: .*there is no stream none/.test(state)), 'no stream')
    const plain = await NatsServer.forTest(path)
    const without = memberAt(plain.url, log)
    await becomes(
      () => without.seen.states.some(state => /^offline: .*jetstream is not enabled/.test(state)),
      'no JetStream',
    )
    // An administrator can mend each of them: it is tried again.
    for (const { seen } of [wrong, none, without]) expect(seen.states.join()).not.toMatch(/refused|online/)
  })
})
