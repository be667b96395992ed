import { describe, expect, test, vi } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { HttpBlocks, type HttpBlocksOptions } from '../../src/blocks/http.js'
import { readMultistatus, readTurtle } from '../../src/blocks/http-listing.js'
import { testBlocks } from '../../src/testkit/block-suite.js'
import { type Fault, SimulatedServer } from './ldp-server.js'

const bytes = (...values: number[]) => new Uint8Array(values)
const quick = { retryMs: 1, pollMs: 20 }

const servers = new WeakMap<object, SimulatedServer>()
function blocksAt(server: SimulatedServer, path = 'doc/', options: HttpBlocksOptions = {}) {
  const store = new HttpBlocks(`http://pod.example/${path}`, { fetch: server.fetch, ...quick, ...options })
  servers.set(store, server)
  return store
}

async function opened(server = new SimulatedServer(), options: HttpBlocksOptions = {}) {
  const store = blocksAt(server, 'doc/', { create: true, ...options })
  await store.open()
  return { store, server }
}

const put = (server: SimulatedServer, path: string) => server.fetch(`http://pod.example/doc/${path}`, { method: 'PUT' })

describe.each([
  { name: 'a Solid server', protocol: 'ldp', heeds: true, tellsTimes: true },
  { name: 'a Solid server that says little', protocol: 'ldp', heeds: true, tellsTimes: false },
  { name: 'a WebDAV server', protocol: 'webdav', heeds: true, tellsTimes: true },
] as const)('HttpBlocks on $name', ({ protocol, heeds, tellsTimes }) => {
  const create = (name: string) => {
    const server = Object.assign(new SimulatedServer(protocol), { heeds, tellsTimes })
    return blocksAt(server, `${name}/`, { create: true })
  }
  testBlocks(
    { test },
    {
      create,
      another: store => blocksAt(servers.get(store)!, store.location.slice('http://pod.example/'.length)),
      missing: name => blocksAt(new SimulatedServer(protocol), `${name}/`),
      strew: async store => {
        const server = servers.get(store)!
        const others = ['README.md', 'xy', 'abc/abc.pack', 'ab/other.pack', 'ab/ab c.pack', 'ab/deep/abdeep.pack']
        others.push('ab/abcd.pack.meta', 'ab/ab.acl', 'ab/ab.ACR', '♭♭/♭♭')
        for (const path of [...others, 'ab/abnotes.txt', 'zz/zz']) {
          const address = new URL(path, store.location)
          for (const [at] of [...address.pathname.matchAll(/(?<=.)\//g)].map(({ index }) => [index]))
            await server.fetch(`http://pod.example${address.pathname.slice(0, at + 1)}`, { method: 'MKCOL' })
          await server.fetch(address, { method: 'PUT', body: 'theirs' })
        }
        return ['abnotes.txt', 'zz']
      },
      watchMs: 2000,
    },
    { seed: fuzz.seed, steps: fuzz.runs(60), bigBytes: 1_000_000, files: 150 },
  )
})

describe('an address', () => {
  test.each([
    '',
    'pod',
    'ftp://pod.example/',
    'http://a:b@pod.example/',
    'http://pod.example/?a',
    'http://pod.example/#a',
  ])('%j is refused', address =>
    expect(() => new HttpBlocks(address)).toThrow(expect.objectContaining({ code: 'option-invalid' })),
  )
  test('has a slash at the end, and keeps what is encoded', () => {
    expect(new HttpBlocks('https://pod.example/my%20dir').location).toBe('https://pod.example/my%20dir/')
    expect(new HttpBlocks(new URL('https://pod.example')).location).toBe('https://pod.example/')
  })
  test('with a space is written to', async () => {
    const server = new SimulatedServer()
    const store = blocksAt(server, 'my dir/', { create: true })
    await store.open()
    await store.write('ab.pack', bytes(1))
    expect(await store.list()).toEqual(['ab.pack'])
    expect([...server.files.keys()]).toEqual(['/my dir/ab/ab.pack'])
    await store.close()
  })
})

describe('names that mean something to a Solid server', () => {
  test.each(['ab.acl', 'ab.acr', 'ab.meta', '.acl', 'ab.pack.META'])('%s is never written', async name => {
    const { store, server } = await opened()
    for (const mode of ['create', 'replace'] as const)
      await expect(store.write(name, bytes(1), mode)).rejects.toMatchObject({ facts: { reason: 'malformed' } })
    expect(await store.read(name)).toBeUndefined()
    expect(server.requests.filter(request => !request.endsWith('/'))).toEqual([])
    await store.close()
  })
})

describe('a server that', () => {
  test('does not heed If-None-Match: * keeps what is there all the same', async () => {
    const { store, server } = await opened(Object.assign(new SimulatedServer(), { heeds: false }))
    expect([await store.write('ab.pack', bytes(1)), await store.write('ab.pack', bytes(2))]).toEqual([true, false])
    expect(await store.read('ab.pack')).toEqual(bytes(1))
    expect(server.requests.filter(request => request.startsWith('PUT') && request.endsWith('pack'))).toHaveLength(1)
    await store.close()
  })

  test('has shown that it does is not asked first any more', async () => {
    const { store, server } = await opened()
    const { store: other } = await opened(server)
    await Promise.all(['ab.pack', 'ab.pack'].map((name, index) => [store, other][index].write(name, bytes(1))))
    const before = server.requests.length
    for (const each of [store, other]) await each.write('ac.pack', bytes(1))
    expect(server.requests.slice(before).filter(request => request.startsWith('HEAD')).length).toBeLessThan(2)
    await Promise.all([store.close(), other.close()])
  })

  const answers: [status: number, reason: string, advice: RegExp][] = [
    [401, 'denied', /Log in/],
    [403, 'denied', /right/],
    [409, 'io', /409/],
    [413, 'quota', /length/],
    [500, 'io', /500 \(out of order\)/],
    [507, 'full', /space/],
  ]
  test.each(answers)('answers %i is a failure (%s), and nothing is repeated', async (status, reason, advice) => {
    const { store, server } = await opened()
    await store.write('ab.pack', bytes(1))
    server.fault = () => new Response('out of order', { status })
    const failed = { code: 'store-failed', facts: { reason }, message: expect.stringMatching(advice) }
    for (const act of [
      () => store.list(),
      () => store.read('ab.pack'),
      () => store.write('ac.pack', bytes(1), 'replace'),
    ]) {
      const before = server.requests.length
      await expect(act()).rejects.toMatchObject(failed)
      expect(server.requests.length - before).toBeLessThanOrEqual(status === 403 ? 2 : 1)
    }
    await expect(store.write('ac.pack', bytes(1))).rejects.toMatchObject(failed)
    server.fault = undefined
    expect(await store.list()).toEqual(['ab.pack'])
    expect(await store.write('ac.pack', bytes(1))).toBe(true)
    await store.close()
  })

  test.each([429, 502, 503, 504])('answers %i is asked again until it answers', async status => {
    const { store, server } = await opened()
    let left = 0
    server.fault = (_, answer) => (left-- > 0 ? new Response(null, { status }) : answer())
    left = 4
    expect(await store.write('ab.pack', bytes(1))).toBe(true)
    left = 4
    expect(await store.read('ab.pack')).toEqual(bytes(1))
    left = 1_000_000
    const before = server.requests.length
    await expect(store.read('ab.pack')).rejects.toMatchObject({ code: 'store-failed', facts: { reason: 'io' } })
    expect(server.requests.length - before).toBe(5)
    await store.close()
  })

  test('says when to come back is not asked before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
    try {
      const { store, server } = await opened()
      const busy = (after: string) => {
        let asked = false
        server.fault = (_, answer) => {
          if (asked) return answer()
          asked = true
          return new Response(null, { status: 503, headers: { 'retry-after': after } })
        }
      }
      for (const after of [() => '7', () => new Date(Date.now() + 7500).toUTCString()]) {
        busy(after())
        const before = server.requests.length
        const reading = store.read('ab.pack')
        await vi.advanceTimersByTimeAsync(5900)
        expect(server.requests.length - before).toBe(1)
        await vi.advanceTimersByTimeAsync(2000)
        expect(await reading).toBeUndefined()
        expect(server.requests.length - before).toBe(2)
      }
      await store.close()
    } finally {
      vi.useRealTimers()
    }
  })

  const half = (chunks: Uint8Array[], end: (controller: ReadableStreamDefaultController) => void, length: number) =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk)
          end(controller)
        },
      }),
      { headers: { 'content-length': String(length) } },
    )
  const halves: [name: string, make: () => Response][] = [
    ['ends too early', () => half([bytes(1, 2)], controller => controller.close(), 4)],
    ['breaks off', () => half([bytes(1, 2)], controller => controller.error(new TypeError('terminated')), 4)],
  ]
  test.each(halves)('sends half a body (%s) is asked again, and nobody gets a half', async (_, make) => {
    const { store, server } = await opened()
    await store.write('ab.pack', bytes(1, 2, 3, 4))
    let left = 2
    server.fault = (_, answer) => (left-- > 0 ? make() : answer())
    expect(await store.read('ab.pack')).toEqual(bytes(1, 2, 3, 4))
    left = 1_000_000
    await expect(store.read('ab.pack')).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringMatching(/no answer came.*Try again/),
    })
    await store.close()
  })

  test('cannot be reached is a failure with its cause', async () => {
    const { store, server } = await opened()
    const cause = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
    server.fault = () => Promise.reject(cause)
    const failed = { code: 'store-failed', message: expect.stringContaining('ECONNREFUSED'), cause: { cause } }
    await expect(store.read('ab.pack')).rejects.toMatchObject(failed)
    await expect(blocksAt(server).open()).rejects.toMatchObject(failed)
    await store.close()
  })

  test('never answers is given up', async () => {
    const server = new SimulatedServer()
    const forever = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    const store = blocksAt(server, 'doc/', { fetch: forever, timeoutMs: 10 })
    await expect(store.open()).rejects.toMatchObject({ message: expect.stringContaining('longer than 10 ms') })
  })

  test('took what was written, whose answer was lost, says that it is there', async () => {
    const { store, server } = await opened()
    let lost = false
    server.fault = ({ method }, answer) => {
      const given = answer()
      if (method !== 'PUT' || lost) return given
      lost = true
      return Promise.reject(new TypeError('fetch failed'))
    }
    expect(await store.write('ab.pack', bytes(1))).toBe(false)
    expect(await store.read('ab.pack')).toEqual(bytes(1))
    await store.close()
  })

  test('sends more than is allowed is not listened to', async () => {
    const { store, server } = await opened(new SimulatedServer(), { maxBytes: 10 })
    await server.fetch('http://pod.example/doc/ab/ab.pack', { method: 'PUT', body: '12345678901' })
    await expect(store.read('ab.pack')).rejects.toMatchObject({ code: 'data-malformed', facts: { what: 'ab.pack' } })
    await expect(store.write('ac.pack', new Uint8Array(11))).rejects.toMatchObject({ facts: { reason: 'malformed' } })
    await store.close()
  })

  test.each([301, 302, 307, 308])('redirects within itself (%i) is followed in reading', async status => {
    const { store, server } = await opened()
    await store.write('ab.pack', bytes(1))
    server.fault = ({ method, path }, answer) =>
      method === 'GET' && path.startsWith('/doc/')
        ? new Response(null, { status, headers: { location: `/moved${path}` } })
        : answer()
    await server.fetch('http://pod.example/moved/doc/ab/ab.pack', { method: 'PUT', body: 'moved' })
    expect(new TextDecoder().decode(await store.read('ab.pack'))).toBe('moved')
    await store.close()
  })

  test.each([301, 302, 303, 307, 308])('redirects to another server (%i) is not followed', async status => {
    const { store, server } = await opened()
    server.fault = () => new Response(null, { status, headers: { location: 'https://evil.example/' } })
    const asked: string[] = []
    const watched = blocksAt(server, 'doc/', {
      fetch: (input, init) => {
        asked.push(String(input))
        return server.fetch(input, init)
      },
    })
    const refused = {
      code: 'store-failed',
      message: expect.stringMatching(/another server, https:\/\/evil|what is written/),
    }
    await expect(watched.open()).rejects.toMatchObject(refused)
    await expect(store.read('ab.pack')).rejects.toMatchObject(refused)
    await expect(store.write('ab.pack', bytes(1), 'replace')).rejects.toMatchObject(refused)
    expect(asked.filter(url => !url.startsWith('http://pod.example/'))).toEqual([])
    await store.close()
  })

  test('redirects for ever is left', async () => {
    const { store, server } = await opened()
    const loop: Fault = ({ path }) => new Response(null, { status: 307, headers: { location: path } })
    server.fault = loop
    await expect(store.read('ab.pack')).rejects.toMatchObject({ message: expect.stringContaining('again and again') })
    await store.close()
  })

  test('has lost the container is a failure that says so', async () => {
    const { store, server } = await opened()
    server.containers.delete('/doc/')
    await expect(store.list()).rejects.toMatchObject({ code: 'store-failed', facts: { reason: 'evicted' } })
    await store.close()
  })

  test.each([
    ['no Turtle', 'text/turtle', '<> <unclosed'],
    ['no UTF-8', 'text/turtle', bytes(0x3c, 0xff, 0x3e)],
  ])('lists what is %s is a failure', async (_, type, text) => {
    const { store, server } = await opened()
    server.fault = () => new Response(text as string, { headers: { 'content-type': type } })
    await expect(store.list()).rejects.toMatchObject({ code: 'store-failed', facts: { operation: 'list' } })
    await store.close()
  })
})

describe('listing', () => {
  test.each(['ldp', 'webdav'] as const)(
    'costs one request when nothing has changed, and two when something has (%s)',
    async protocol => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
      try {
        const server = new SimulatedServer(protocol)
        const { store } = await opened(server)
        const { store: other } = await opened(server)
        for (let index = 0; index < 20; index++) await other.write(`${index + 10}-ab.delta`, bytes(1))
        const costOf = async () => {
          const before = server.requests.length
          const names = await store.list()
          // The first request of all finds out the protocol.
          return [names.length, server.requests.length - before]
        }
        const later = async (ms: number) => {
          await vi.advanceTimersByTimeAsync(ms)
          server.nowMs += ms
        }
        expect((await costOf())[0]).toBe(20)
        await later(4000)
        // What was listed soon after a change is listed once more.
        expect(await costOf()).toEqual([20, 21])
        expect(await costOf()).toEqual([20, 1])
        await later(10_000)
        expect(await costOf()).toEqual([20, 1])
        await other.write('10-ac.delta', bytes(1))
        expect(await costOf()).toEqual([21, 2])
        // In the same second as the one before: its time does not show it.
        await other.write('10-ad.delta', bytes(1))
        expect(await costOf()).toEqual([22, 2])
        await later(61_000)
        // Whatever it says, everything is looked at now and then.
        expect(await costOf()).toEqual([22, 21])
        await Promise.all([store.close(), other.close()])
      } finally {
        vi.useRealTimers()
      }
    },
  )

  test('of a server that never says what has changed shows everything', async () => {
    const server = Object.assign(new SimulatedServer(), { tellsTimes: false })
    const { store } = await opened(server)
    for (let index = 0; index < 10; index++) {
      await put(server, `1${index % 3}/1${index % 3}-${index}.delta`)
      expect(await store.list()).toHaveLength(index + 1)
    }
    await store.close()
  })

  test('leaves out what is said of other places', async () => {
    const url = 'http://pod.example/doc/'
    const turtle = `@prefix ldp: <http://www.w3.org/ns/ldp#>.
      <> ldp:contains <a>, <b/>, <c/d>, <../e>, <http://evil.example/f>, "g", _:h, <%C3%A9>, <i%2Fj>, <>.
      <b/> ldp:contains <b/k>. <http://evil.example/> ldp:contains <l>.`
    expect(await readTurtle(turtle, url)).toEqual({ files: ['a', 'é'], folders: new Map([['b', undefined]]) })
    const entry = (href: string, rest = '') => `<d:response xmlns:d="DAV:"><d:href>${href}</d:href>${rest}</d:response>`
    const collection = '<d:propstat><d:prop><d:resourcetype><d:collection /></d:resourcetype></d:prop></d:propstat>'
    const xml = [
      entry('/doc/', collection),
      entry('/doc/a&amp;b&#x63;&#100;&unknown;'),
      entry(`${url}b`, '<d:getetag>"x"</d:getetag>'),
      entry('/doc/c', collection),
      entry('/other/d'),
      entry('http://evil.example/doc/e'),
      '<d:response>nothing</d:response>',
    ].join('')
    expect(readMultistatus(xml, url)).toEqual({ files: ['a&bcd&unknown;', 'b'], folders: new Map([['c', undefined]]) })
    expect(() => readMultistatus(`<!DOCTYPE x [<!ENTITY y "z">]>${xml}`, url)).toThrow('document type')
  })
})
