import { expect, test } from 'vitest'
import type { GatewayRequest } from '../../src/gateway/index.js'
import { domain } from '../gateway-client.js'
import { EventReader, testApp } from './app.js'

/** The code and the status of an error, which must be a problem as RFC 9457 has it. */
async function problem(answer: Response | Promise<Response>) {
  const response = await answer
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const { status, code, message, detail, facts, title } = await response.json()
  expect([status, detail, typeof title]).toEqual([response.status, message, 'string'])
  return { status, code, facts, headers: response.headers }
}

test('what is written is read, in each form of a request', async () => {
  const { post } = await testApp()
  const written = await post('/write', [{ '@id': 'fred', name: 'Fred', age: 40 }, { name: 'Wilma' }])
  expect([written.status, written.headers.get('meldwork-ticks')]).toEqual([200, '1'])
  expect(await written.json()).toEqual({ ticks: 1, ids: [expect.stringMatching(/^\.well-known\/genid\//)] })
  const read = async (request: object) => {
    const answer = await post('/read', request)
    expect([answer.status, answer.headers.get('meldwork-ticks'), answer.headers.get('content-type')]).toEqual([
      200,
      '1',
      'application/json',
    ])
    return answer.json()
  }
  expect(await read({ '@describe': 'fred' })).toEqual([{ '@id': 'fred', name: 'Fred', age: 40 }])
  expect(await read({ '@select': '?n', '@where': { name: '?n' }, '@orderBy': '?n' })).toEqual([
    { '?n': 'Fred' },
    { '?n': 'Wilma' },
  ])
  expect(await read({ '@construct': { '@id': 'people', known: '?n' }, '@where': { name: '?n' } })).toEqual([
    { '@id': 'people', known: ['Fred', 'Wilma'] },
  ])
  expect(await read({ '@ask': { '@id': 'fred', name: 'Fred' } })).toBe(true)
  expect(await read({ '@ask': { name: 'Barney' } })).toBe(false)
  expect(await read({ '@context': { called: 'name' }, '@ask': { called: 'Fred' } })).toBe(true)
  expect(await read({ '@select': '?n', '@where': { name: '?n', age: 41 } })).toEqual([])
})

test('an update is one change, and is told with what JSON does not have as value objects', async () => {
  const { post, clone } = await testApp()
  await post('/write', {
    '@id': 'fred',
    name: 'Fred',
    born: { '@type': 'http://www.w3.org/2001/XMLSchema#integer', '@value': '100000000000000000000' },
  })
  const answer = await post('/write', {
    '@delete': { '@id': 'fred', name: '?' },
    '@insert': { '@id': 'fred', name: 'Freddy' },
  })
  expect(await answer.json()).toEqual({ ticks: 2, ids: [] })
  expect(clone.get('fred')?.name).toBe('Freddy')
  const read = await (await post('/read', { '@describe': 'fred' })).json()
  expect(read).toEqual([
    {
      '@id': 'fred',
      name: 'Freddy',
      born: { '@type': 'http://www.w3.org/2001/XMLSchema#integer', '@value': '100000000000000000000' },
    },
  ])
})

test('a write asks for a durability as in the library', async () => {
  const { post } = await testApp()
  for (const durability of ['flushed', 'written', 'none'])
    expect(await post(`/write?durability=${durability}`, { '@id': durability, x: 1 })).toMatchObject({ status: 200 })
  expect(await problem(post('/write?durability=perhaps', { '@id': 'x', x: 1 }))).toMatchObject({
    status: 400,
    code: 'option-invalid',
    facts: { option: 'durability' },
  })
  // Nothing is ignored.
  expect(await problem(post('/write?durabilty=none', { '@id': 'x', x: 1 }))).toMatchObject({
    code: 'option-invalid',
    facts: { option: '?durabilty' },
  })
  expect(await problem(post('/write?durability=none&durability=none', {}))).toMatchObject({ code: 'option-invalid' })
  expect(await problem(post('/read?durability=none', {}))).toMatchObject({ code: 'option-invalid' })
})

test('answers come on lines of their own, when that is asked for', async () => {
  const { post } = await testApp()
  await post(
    '/write',
    Array.from({ length: 3 }, (_, at) => ({ '@id': `s-${at}`, at, text: 'two\nlines' })),
  )
  const accept = 'application/json;q=0.5, application/x-ndjson'
  const answer = await post(
    '/read',
    { '@select': ['?a', '?t'], '@where': { at: '?a', text: '?t' }, '@orderBy': '?a' },
    { accept },
  )
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
  const lines = (await answer.text()).split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map(line => JSON.parse(line))).toEqual([0, 1, 2].map(at => ({ '?a': at, '?t': 'two\nlines' })))
  expect(await (await post('/read', { '@describe': 'nobody' }, { accept })).text()).toBe('')
  expect(await (await post('/read', { '@ask': { at: 7 } }, { accept })).text()).toBe('false\n')
})

test('an answer of any length is given bit by bit, of the state in which it began', async () => {
  const { post, clone } = await testApp()
  await clone.write(Array.from({ length: 300 }, (_, at) => ({ '@id': `s-${at}`, at })))
  // Every combination of two: 90,000 answers.
  const request = {
    '@select': ['?a', '?b'],
    '@where': [
      { '@id': '?x', at: '?a' },
      { '@id': '?y', at: '?b' },
    ],
  }
  const answer = await post('/read', request)
  const reader = answer.body!.getReader()
  const first = await reader.read()
  expect(first.value!.length).toBeLessThan(100_000)
  await clone.write({ '@id': 's-300', at: 300 })
  let bytes = first.value!.length
  const texts = [new TextDecoder().decode(first.value)]
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.length
    texts.push(new TextDecoder().decode(next.value))
  }
  expect(bytes).toBeGreaterThan(1_000_000)
  expect(JSON.parse(texts.join(''))).toHaveLength(90_000)
})

test('an error is told as the library tells it', async () => {
  const { post } = await testApp()
  expect(await problem(post('/read', { '@select': '?x', '@where': { '@tpye': 'Card' } }))).toMatchObject({
    status: 400,
    code: expect.stringMatching(/^pattern-/),
    facts: { path: expect.any(String) },
  })
  expect(await problem(post('/read', {}))).toMatchObject({
    status: 400,
    code: 'pattern-invalid',
    facts: { path: '$', expected: 'one of @select, @describe, @construct' },
  })
  expect(await problem(post('/read', { '@ask': {}, '@select': '*' }))).toMatchObject({ code: 'pattern-invalid' })
  expect(await problem(post('/write', { '@id': 'not an iri' }))).toMatchObject({
    status: 400,
    code: 'iri-malformed',
    facts: { iri: 'not an iri' },
  })
  expect(await problem(post('/write', '{"@id":'))).toMatchObject({
    status: 400,
    code: 'input-malformed',
    facts: { source: 'the body' },
  })
  expect(await problem(post('/write', '{"@id":"x","n":12345678901234567890}'))).toMatchObject({
    code: 'input-malformed',
  })
  expect(await problem(post('/write', new Uint8Array([0x22, 0xff, 0x22])))).toMatchObject({
    code: 'input-malformed',
    facts: { reason: 'it is not UTF-8' },
  })
  expect(await problem(post('/write', ''))).toMatchObject({ code: 'input-malformed' })
})

test('a rule that would be broken is a conflict with what is there', async () => {
  const { post, clone } = await testApp()
  await clone.declare({ '@type': 'single-valued', property: 'title' } as never)
  expect((await post('/write', { '@id': 'card', title: 'One' })).status).toBe(200)
  expect(await problem(post('/write', { '@id': 'card', title: 'Two' }))).toMatchObject({
    status: 409,
    code: 'constraint-violated',
    facts: { subject: expect.stringContaining('card') },
  })
})

test('a body is JSON, says so, and has a greatest length', async () => {
  const { post, reports } = await testApp({ limits: { maxMessageBytes: 65_536 } })
  for (const type of [
    'application/x-www-form-urlencoded',
    'text/plain',
    '',
    'application/json; charset=utf-16',
    'application/jsonp',
    'multipart/form-data',
  ])
    expect(await problem(post('/write', {}, { 'content-type': type }))).toMatchObject({
      status: 415,
      code: 'media-type-unsupported',
    })
  expect(await problem(post('/write', {}, { 'content-encoding': 'gzip' }))).toMatchObject({ status: 415 })
  for (const type of ['application/ld+json', 'Application/JSON; charset="UTF-8"'])
    expect((await post('/write', { '@id': 'x', x: 1 }, { 'content-type': type })).status).toBe(200)
  const long = JSON.stringify({ '@id': 'x', text: 'y'.repeat(65_536) })
  expect(await problem(post('/write', long))).toMatchObject({
    status: 413,
    code: 'message-too-large',
    facts: { maxBytes: 65_536 },
  })
  expect(await problem(post('/write', long, { 'content-length': String(long.length) }))).toMatchObject({
    status: 413,
    facts: { bytes: long.length },
  })
  expect((await post('/write', JSON.stringify({ '@id': 'x', text: 'y'.repeat(65_000) }))).status).toBe(200)
  expect(reports).toEqual([])
})

test('what nests too deep, and what names the prototype, does no harm', async () => {
  const { post, clone } = await testApp()
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  for (const depth of [200, 20_000])
    for (const path of ['/write', '/read']) expect((await problem(post(path, deep(depth)))).status).toBe(400)
  expect((await problem(post('/read', `{"@ask":${'['.repeat(20_000)}${']'.repeat(20_000)}}`))).status).toBe(400)
  const polluting = '{"@id":"p","__proto__":{"@id":"q","polluted":true},"constructor":{"@id":"r","prototype":"x"}}'
  expect((await post('/write', polluting)).status).toBe(200)
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  expect(await (await post('/read', { '@describe': 'p' })).text()).toContain('"__proto__":{"@id":"q"}')
  expect(clone.get('q')).toEqual({ '@id': 'q', polluted: true })
})

test('only what is there can be asked for, as it is meant to be', async () => {
  const { app, get, post } = await testApp()
  expect(await problem(get('/domains/other.example/updates'))).toMatchObject({
    status: 404,
    code: 'domain-not-kept',
    facts: { domain: 'other.example' },
  })
  expect(await problem(get('/domains/%ff/updates'))).toMatchObject({ status: 404 })
  expect(await problem(get(`/domains/${domain}/upgrade`))).toMatchObject({ status: 404, code: 'path-unknown' })
  expect(await problem(get('/domains'))).toMatchObject({ status: 404, code: 'path-unknown' })
  const wrong = await problem(get(`/domains/${domain}/read`))
  expect(wrong).toMatchObject({
    status: 405,
    code: 'method-unsupported',
    facts: { method: 'GET', allowed: ['POST', 'OPTIONS'] },
  })
  expect(wrong.headers.get('allow')).toBe('POST, OPTIONS')
  expect(await problem(post('/updates', {}))).toMatchObject({ status: 405, facts: { allowed: ['GET', 'OPTIONS'] } })
  const head = (path: string) => app.request(path, { method: 'HEAD', headers: { host: 'localhost' } })
  expect((await head('/metrics')).status).toBe(200)
  // It would have no end.
  expect((await head(`/domains/${domain}/updates`)).status).toBe(405)
  // What is not below it is the page's.
  expect((await get('/nothing')).headers.get('content-type')).toContain('text/plain')
})

test('with a token, all but the description needs it', async () => {
  const { get, post } = await testApp({ token: 'secret' })
  const none = await problem(post('/read', { '@describe': 'fred' }))
  expect(none).toMatchObject({ status: 401, code: 'token-refused', facts: { reason: 'a token is needed' } })
  expect(none.headers.get('www-authenticate')).toBe('Bearer')
  const wrong = { authorization: 'Bearer Secret' }
  for (const path of [`/domains/${domain}/updates`, '/domains/other.example/updates', '/metrics'])
    expect(await problem(get(path, wrong))).toMatchObject({
      status: 401,
      facts: { reason: 'the token is not the right one' },
    })
  expect((await post('/read', { '@describe': 'fred' }, { authorization: 'Bearer secret' })).status).toBe(200)
  expect((await get('/metrics', { authorization: 'Bearer secret' })).status).toBe(200)
  expect((await get('/openapi.json')).status).toBe(200)
})

test('an app decides who may do what, knowing who it is', async () => {
  const asked: GatewayRequest[] = []
  const { get, post } = await testApp({
    authorize: async request => {
      asked.push(request)
      if (request.action === 'connect')
        return { allowed: request.token !== undefined, reason: 'who are you?', principal: request.token }
      if (request.action === 'write') return { allowed: request.principal === 'boss', reason: 'guests only look' }
      return request.action === 'read'
    },
  })
  expect(await problem(post('/read', { '@describe': 'x' }))).toMatchObject({
    status: 403,
    code: 'access-refused',
    facts: { reason: 'who are you?' },
  })
  const [guest, boss] = ['guest', 'boss'].map(token => ({ authorization: `Bearer ${token}` }))
  expect((await post('/read', { '@describe': 'x' }, guest)).status).toBe(200)
  expect(await problem(post('/write', { '@id': 'x', x: 1 }, guest))).toMatchObject({
    status: 403,
    facts: { reason: 'guests only look' },
  })
  expect((await post('/write', { '@id': 'x', x: 1 }, boss)).status).toBe(200)
  expect(await problem(get(`/domains/${domain}/updates`, boss))).toMatchObject({
    status: 403,
    facts: { reason: 'it is not allowed' },
  })
  expect(asked.map(({ action, domain, principal }) => [action, domain, principal]).slice(1, 5)).toEqual([
    ['connect', undefined, undefined],
    ['read', domain, 'guest'],
    ['connect', undefined, undefined],
    ['write', domain, 'guest'],
  ])
  expect(asked[2]).toMatchObject({ token: 'guest', headers: { host: 'localhost:7330' } })
})

test('a decision that fails is a defect, and lets nobody in', async () => {
  const { post, clone, reports } = await testApp({
    authorize: () => {
      throw new Error('secret')
    },
  })
  const answer = await post('/write', { '@id': 'x', x: 1 })
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('secret')])
  expect([clone.get('x'), reports]).toEqual([undefined, [new Error('secret')]])
})

test('pages of other origins may do what they are allowed to, and browsers learn of it beforehand', async () => {
  const origin = 'https://app.example'
  const { app, post, get, clone } = await testApp({ allowOrigins: [origin], token: 'secret' })
  const preflight = (from: string) =>
    app.request(`/domains/${domain}/write`, {
      method: 'OPTIONS',
      headers: {
        host: 'localhost:7330',
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
  const allowed = await preflight(origin)
  expect(allowed.status).toBe(204)
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'Authorization, Content-Type, Last-Event-ID',
    vary: 'Origin',
  })
  const refused = await preflight('https://evil.example')
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
  const authorization = 'Bearer secret'
  const foreign = await problem(post('/write', { '@id': 'x', x: 1 }, { origin: 'https://evil.example', authorization }))
  expect(foreign).toMatchObject({
    status: 403,
    code: 'access-refused',
    facts: { reason: expect.stringContaining('--allow-origin https://evil.example') },
  })
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  expect(clone.get('x')).toBeUndefined()
  const shared = await post('/write', { '@id': 'x', x: 1 }, { origin, authorization })
  expect([
    shared.status,
    shared.headers.get('access-control-allow-origin'),
    shared.headers.get('access-control-expose-headers'),
  ]).toEqual([200, origin, 'Meldwork-Ticks, Retry-After'])
  // So that a page can tell what went wrong, too.
  expect((await post('/write', {}, { origin })).headers.get('access-control-allow-origin')).toBe(origin)
  // A name that was made to point here.
  expect((await get('/metrics', { host: 'evil.example', authorization })).status).toBe(421)
})

test('a clone that is closed says so, and when to come back', async () => {
  const { post, get, clone } = await testApp()
  await clone.close()
  for (const answer of [
    post('/read', { '@describe': 'x' }),
    post('/write', { '@id': 'x', x: 1 }),
    get(`/domains/${domain}/updates`),
  ]) {
    const told = await problem(answer)
    expect([told.status, told.code, told.headers.get('retry-after')]).toEqual([503, 'clone-closed', '1'])
  }
  expect((await get('/metrics')).status).toBe(200)
})

test('updates come as events with exactly the keys of an update, and ids that go on', async () => {
  const { get, clone } = await testApp()
  const path = `/domains/${domain}/updates`
  const answer = await get(path)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  const events = new EventReader(answer.body!)
  await clone.write({ '@id': 'fred', name: 'Fred' })
  await clone.patch({ '@id': 'fred', name: 'Freddy' })
  const [first, second] = await events.take(2)
  expect(events.retryMs).toBe(1000)
  expect(first).toEqual({
    event: 'update',
    id: expect.stringMatching(/^[0-9a-f]{16}:1$/),
    data: { '@ticks': 1, '@delete': [], '@insert': [{ '@id': 'fred', name: 'Fred' }], '@update': [] },
  })
  expect(second).toMatchObject({ event: 'update', id: expect.stringMatching(/:2$/) })
  await events.leave()

  // By the header, which goes before what is in the address, or by the address.
  await clone.patch({ '@id': 'fred', name: 'Fredericus' })
  const byHeader = new EventReader((await get(`${path}?after=${second.id}`, { 'last-event-id': first.id! })).body!)
  expect((await byHeader.take(2)).map(({ data }) => data['@ticks'])).toEqual([2, 3])
  const byAddress = new EventReader((await get(`${path}?after=${first.id}`)).body!)
  expect(await byAddress.take(1)).toEqual([second])
  expect(await problem(get(path, { 'last-event-id': 'yesterday' }))).toMatchObject({
    status: 400,
    code: 'option-invalid',
    facts: { option: 'after' },
  })
  for (const reader of [byHeader, byAddress]) await reader.leave()
})

test('a stream that began now goes on from there, although nothing has come', async () => {
  const { get, clone } = await testApp()
  const path = `/domains/${domain}/updates`
  for (const ticks of [0, 1]) {
    const { body } = await get(path)
    const reader = body!.getReader()
    const opening = new TextDecoder().decode((await reader.read()).value)
    await reader.cancel()
    const id = /^id: (.*)$/m.exec(opening)![1]
    await clone.write({ '@id': 'fred', name: `Fred ${ticks}` })
    const events = new EventReader((await get(path, { 'last-event-id': id })).body!)
    expect(await events.take(1)).toMatchObject([{ event: 'update', data: { '@ticks': ticks + 1 } }])
    await events.leave()
  }
})

test('where updates are missing, the state comes in their place', async () => {
  const { get, clone } = await testApp()
  const path = `/domains/${domain}/updates`
  const first = new EventReader((await get(`${path}?after=`)).body!)
  expect(await first.take(1)).toEqual([
    { event: 'gap', id: expect.stringMatching(/:0$/), data: { '@gap': 'first', '@ticks': 0 } },
  ])
  await clone.write({ '@id': 'fred', name: 'Fred' })
  const [update] = await first.take(1)
  await first.leave()
  const { ticks, life } = clone.status.value
  for (const [id, reason] of [
    [`${life}:${ticks + 1}`, 'future'],
    ['00000000000000ff:1', 'life'],
  ]) {
    const events = new EventReader((await get(path, { 'last-event-id': id })).body!)
    const [gap, state] = await events.take(2)
    expect(gap).toEqual({ event: 'gap', id: undefined, data: { '@gap': reason, '@ticks': ticks } })
    expect(state).toEqual({ ...update, event: 'state' })
    await events.leave()
  }
})

test('so many streams, and no more; who leaves makes room', async () => {
  const { get } = await testApp({ limits: { maxUpdateStreams: 2 } })
  const path = `/domains/${domain}/updates`
  const [one, two] = [await get(path), await get(path)]
  const surplus = await problem(get(path))
  expect(surplus).toMatchObject({ status: 503, code: 'streams-exhausted', facts: { limit: 2 } })
  expect(surplus.headers.get('retry-after')).toBe('1')
  const figure = async () => /^meldwork_http_update_streams (\d+)$/m.exec(await (await get('/metrics')).text())![1]
  expect(await figure()).toBe('2')
  await one.body!.cancel()
  expect(await figure()).toBe('1')
  const three = await get(path)
  expect(three.status).toBe(200)
  for (const { body } of [two, three]) await body!.cancel()
  expect(await figure()).toBe('0')
})

test('metrics tell of clones, the relay and requests', async () => {
  const { get, post, clone } = await testApp()
  await post('/write', { '@id': 'fred', name: 'Fred' })
  await post('/write', 'no JSON')
  await get('/domains/nobody/knows/what')
  const answer = await get('/metrics')
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  const { journalBytes } = clone.stats()
  for (const line of [
    `meldwork_clone_ticks{domain="${domain}"} 1`,
    `meldwork_clone_triples{domain="${domain}"} 1`,
    `meldwork_clone_journal_bytes{domain="${domain}"} ${journalBytes}`,
    `meldwork_clone_storage_failing{domain="${domain}"} 0`,
    'meldwork_relay_connections 0',
    'meldwork_relay_messages_in_total 0',
    'meldwork_http_requests_total{route="/domains/{domain}/write",method="POST",status="200"} 1',
    'meldwork_http_requests_total{route="/domains/{domain}/write",method="POST",status="400"} 1',
    'meldwork_http_requests_total{route="/domains",method="GET",status="404"} 1',
    'meldwork_http_request_duration_seconds_count{route="/domains/{domain}/write",method="POST"} 2',
  ])
    expect(text.split('\n')).toContain(line)
  // One of its own, without what is the same for each process.
  expect(text).not.toMatch(/^(process|nodejs)_/m)
  await testApp()
})
