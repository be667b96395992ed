import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { type GraphSubject, SubjectUpdater } from 'meldwork'
import { expect, onTestFinished, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { Gateway } from '../../src/gateway/index.js'
import { domain, fetched, opened, sentRaw } from '../gateway-client.js'
import { EventReader, type ReceivedEvent } from './app.js'

const updatesOf = ({ port }: Gateway) => `http://127.0.0.1:${port}/domains/${domain}/updates`

/** Follows over the network, until the test has finished. */
async function followed(gateway: Gateway, after?: string) {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const query = after === undefined ? '' : `?after=${after}`
  const answer = await fetch(`${updatesOf(gateway)}${query}`, { signal: leaving.signal })
  expect(answer.status).toBe(200)
  return { events: new EventReader(answer.body!), leave: () => leaving.abort() }
}

/** What somebody makes of a stream who follows the rules of its page. */
class Copy {
  cursor = ''
  readonly subjects = new Map<string, Record<string, unknown>>()

  take({ event, id, data }: ReceivedEvent): void {
    if (event === 'gap') this.subjects.clear()
    else {
      const update = data as unknown as ConstructorParameters<typeof SubjectUpdater>[0]
      const updater = new SubjectUpdater(update)
      for (const subject of this.subjects.values()) updater.update(subject as GraphSubject)
      for (const subject of data['@insert'] as GraphSubject[]) if (!this.subjects.has(subject['@id'])) this.add(subject)
      for (const [key, { '@id': _, ...rest }] of this.subjects)
        if (Object.values(rest).every(each => Array.isArray(each) && each.length === 0)) this.subjects.delete(key)
    }
    this.cursor = id ?? this.cursor
  }

  /** Everything, comparable. */
  get text(): string {
    const told = [...this.subjects.values()].map(subject =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(subject)
            .sort()
            .map(([key, value]) => [key, sorted(value)]),
        ),
      ),
    )
    return told.sort().join('\n')
  }

  private add(subject: GraphSubject): void {
    this.subjects.set(subject['@id'], { ...subject })
  }
}

const sorted = (value: unknown) => {
  const values = (Array.isArray(value) ? value : [value]).map(each => JSON.stringify(each)).sort()
  return values.length === 1 ? values[0] : values
}

test('whoever is cut off anywhere, and goes on, has what there is', async () => {
  const ids = ['a', 'b', 'c', 'd']
  const values = fc.uniqueArray(fc.constantFrom(1, 2, 'x', 'y'), { maxLength: 3 })
  const write = fc.tuple(
    fc.constantFrom('write' as const, 'put' as const, 'delete' as const),
    fc.constantFrom(...ids),
    values,
  )
  const steps = fc.array(
    fc.oneof({ weight: 4, arbitrary: write }, { weight: 1, arbitrary: fc.constant('cut' as const) }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(300), async (steps, many) => {
      const gateway = await opened({ domains: [domain] })
      const clone = gateway.clones.get(domain)!
      if (many > 150) await clone.write(Array.from({ length: many }, (_, at) => ({ '@id': `many-${at}`, at })))
      const copy = new Copy()
      let { events, leave } = await followed(gateway, '')
      for (const step of steps) {
        if (step === 'cut') {
          leave()
          ;({ events, leave } = await followed(gateway, copy.cursor))
          continue
        }
        const [action, id, numbers] = step
        const before = JSON.stringify(clone.get(id))
        const subject = { '@id': id, ...(numbers.length > 0 && { value: numbers }) }
        const actions = {
          write: () => clone.write(subject),
          put: () => clone.put(subject),
          delete: () => clone.delete(id),
        }
        await actions[action]()
        // A change that nobody sees is not told. Sometimes what is told is read, sometimes it is left for later.
        const isSeen = JSON.stringify(clone.get(id)) !== before
        if (isSeen && numbers.length !== 1) copy.take((await events.next())!)
      }
      await clone.write({ '@id': 'end', end: true })
      while (!copy.subjects.has('end')) copy.take((await events.next())!)
      const there = new Copy()
      for (const subject of clone.read({ '@describe': '?s', '@where': { '@id': '?s' } }))
        there.subjects.set(subject['@id'], subject)
      expect(copy.text).toBe(there.text)
      leave()
      await gateway.close()
    }),
    { numRuns: fuzz.runs(15) },
  )
}, 120_000)

/** A reader that asks for the updates, and then reads nothing. */
async function stuckReader({ port }: Gateway): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  onTestFinished(() => {
    socket.destroy()
  })
  await once(socket, 'connect')
  socket.pause()
  socket.write(`GET /domains/${domain}/updates HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  return socket
}

const streamsOf = async (gateway: Gateway) =>
  Number(/^meldwork_http_update_streams (\d+)$/m.exec((await fetched(gateway, '/metrics')).body)![1])

async function untilStreams(gateway: Gateway, count: number): Promise<void> {
  while ((await streamsOf(gateway)) !== count) await new Promise(resolve => setImmediate(resolve))
}

test('a reader that is slower than the changes is given several as one, and ends up with what there is', async () => {
  const gateway = await opened({ domains: [domain] })
  const clone = gateway.clones.get(domain)!
  const socket = await stuckReader(gateway)
  await untilStreams(gateway, 1)
  // More than is kept one by one, by more than sockets buffer: 1.2 MB.
  const text = 'x'.repeat(2000)
  const total = 1300
  for (let number = 1; number <= total; number++) {
    const written = clone.put({ '@id': 'fred', number, text: `${text}${number}` }, { durability: 'none' })
    if (number % 100 === 0) await written.then(() => new Promise(resolve => setImmediate(resolve)))
  }
  const chunks = (async function* () {
    for await (const chunk of socket) yield chunk as Uint8Array
  })()
  const events = new EventReader(chunked(chunks))
  let count = 0
  let last: ReceivedEvent | undefined
  while (last?.data['@ticks'] !== total) {
    last = (await events.next())!
    count++
  }
  expect(last.data['@insert']).toEqual([{ '@id': 'fred', number: total, text: `${text}${total}` }])
  console.log(`${total} changes came as ${count} events`)
  expect(count).toBeLessThan(total)
  expect(count).toBeGreaterThan(1000)
}, 60_000)

/** The body of an HTTP/1.1 response in chunks. */
async function* chunked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0)
  let begun = false
  for await (const more of bytes) {
    rest = Buffer.concat([rest, more])
    if (!begun) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) continue
      begun = true
      rest = rest.subarray(end + 4)
    }
    for (;;) {
      const line = rest.indexOf('\r\n')
      const length = Number.parseInt(rest.subarray(0, Math.max(line, 0)).toString(), 16)
      if (line < 0 || rest.length < line + 4 + length) break
      yield rest.subarray(line + 2, line + 2 + length)
      rest = rest.subarray(line + 4 + length)
    }
  }
}

test('closing a gateway ends its streams, and does not wait for who does not read', async () => {
  const gateway = await opened({ domains: [domain] })
  const clone = gateway.clones.get(domain)!
  const readers = [await followed(gateway), await followed(gateway, ''), await followed(gateway)]
  await stuckReader(gateway)
  await untilStreams(gateway, 4)
  for (let number = 0; number < 300; number++)
    void clone.write({ '@id': `s-${number}`, text: 'x'.repeat(10_000) }, { durability: 'none' })
  await clone.flushed()
  const last = readers.map(async ({ events }) => {
    const seen: ReceivedEvent[] = []
    for (let event = await events.next(); event !== undefined; event = await events.next()) seen.push(event)
    return seen
  })
  const closing = performance.now()
  await gateway.close()
  const closedMs = performance.now() - closing
  console.log(`closed in ${Math.round(closedMs)} ms`)
  expect(closedMs).toBeLessThan(10_000)
  // They end as they should, in the middle of what there is, and what has come is in order.
  for (const seen of await Promise.all(last)) {
    const ticks = seen.map(({ data }) => Number(data['@ticks']))
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b))
  }
}, 60_000)

test('a body that is too long, or does not come to its end, costs its sender only', async () => {
  const reports: unknown[] = []
  const gateway = await opened({ domains: [domain], report: error => reports.push(error) })
  const post = (body: string) =>
    fetch(`http://127.0.0.1:${gateway.port}/domains/${domain}/write`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  const long = await post(JSON.stringify({ '@id': 'x', text: 'y'.repeat(4 * 1024 * 1024) }))
  expect([long.status, (await long.json()).code]).toEqual([413, 'message-too-large'])
  const head = `POST /domains/${domain}/write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
  for (const body of [
    'Content-Length: 100\r\n\r\n{',
    'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n',
    'Transfer-Encoding: chunked\r\n\r\nzz',
  ])
    await sentRaw(gateway, head + body)
  expect((await post('{"@id":"fred","name":"Fred"}')).status).toBe(200)
  expect(reports).toEqual([])
})

test('an answer that closing cuts short does not look whole', async () => {
  const gateway = await opened({ domains: [domain] })
  const clone = gateway.clones.get(domain)!
  await clone.write(Array.from({ length: 1000 }, (_, at) => ({ '@id': `s-${at}`, at })))
  for (const accept of ['application/json', 'application/x-ndjson']) {
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/domains/${domain}/read`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      // 10^6 answers.
      body: JSON.stringify({
        '@select': ['?a', '?b'],
        '@where': [
          { '@id': '?x', at: '?a' },
          { '@id': '?y', at: '?b' },
        ],
      }),
    })
    const reader = answer.body!.getReader()
    await reader.read()
    if (accept === 'application/json') await reader.cancel()
    else {
      const rest = (async () => {
        while (!(await reader.read()).done);
      })()
      const cut = expect(rest).rejects.toThrow()
      await gateway.close()
      await cut
    }
  }
})

test('a reader that goes away makes room, and so does one that asks for a long answer', async () => {
  const gateway = await opened({ domains: [domain], limits: { maxUpdateStreams: 1 } })
  const clone = gateway.clones.get(domain)!
  const first = await followed(gateway)
  expect(await fetched(gateway, `/domains/${domain}/updates`)).toMatchObject({ status: 503 })
  first.leave()
  await untilStreams(gateway, 0)
  const second = await followed(gateway)
  // 10^12 combinations, none of which is an answer: nothing else stops for it, and it ends with its reader.
  await clone.write(Array.from({ length: 1000 }, (_, at) => ({ '@id': `s-${at}`, at })))
  const where = ['?a', '?b', '?c', '?d'].map(at => ({ '@id': `${at}s`, at }))
  const request = { '@select': '*', '@where': [...where, { '@filter': { '@gt': [{ '@plus': ['?a', '?d'] }, 5000] } }] }
  const asking = new AbortController()
  const answer = fetch(`http://127.0.0.1:${gateway.port}/domains/${domain}/read`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: asking.signal,
  })
  const refused = expect(answer).rejects.toThrow()
  expect((await second.events.take(1))[0].data['@ticks']).toBe(1)
  await clone.write({ '@id': 'fred', name: 'Fred' })
  expect((await second.events.take(1))[0].data['@insert']).toEqual([{ '@id': 'fred', name: 'Fred' }])
  asking.abort()
  await refused
  second.leave()
}, 60_000)
