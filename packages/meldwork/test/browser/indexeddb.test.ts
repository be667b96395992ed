import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { fuzz } from '../../../../test/fuzz.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { testStore } from '../../src/testkit/store-suite.js'
import { serveScript } from './serve.js'

type PageClone = Awaited<ReturnType<typeof globalThis.page.openClone>>

const executable = await findChromium()
/** Any name but localhost is an insecure context over plain http: no Web Locks, no crypto.subtle. */
const flags = ['--host-resolver-rules=MAP *.example 127.0.0.1']

describe.skipIf(!executable)(`IndexedDbStore in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  let browser: LaunchedChromium
  let server: Awaited<ReturnType<typeof serveScript>>

  beforeAll(async () => {
    server = await serveScript(new URL('store-page.ts', import.meta.url))
    browser = await launchChromium(executable!, { flags })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  const open = async (host = 'localhost', context = browser.context): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(`http://${host}:${server.port}/?seed=${fuzz.seed}&steps=${fuzz.runs(200)}`)
    await page.waitForFunction(() => globalThis.page !== undefined)
    return page
  }

  describe.each([
    { host: 'localhost', secure: true },
    { host: 'app.example', secure: false },
  ])('on $host', ({ host, secure }) => {
    let page: Page
    beforeAll(async () => {
      page = await open(host)
    })
    afterAll(() => page.close())

    test(`is ${secure ? 'a secure' : 'an insecure'} context`, async () => {
      expect(await page.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([secure, secure])
    })
    // Only the names are taken here: each case runs in the page.
    const inPage = (name: string) => test(name, () => page.evaluate(name => globalThis.page.runCase(name), name))
    testStore({ test: inPage }, { create: name => new MemoryStore(name), persistent: true })

    test('keeps what was committed over a reload', async () => {
      await page.evaluate(async () => {
        const store = new globalThis.page.IndexedDbStore('reloaded')
        await store.open()
        await store.batch([{ key: 'a', value: new Uint8Array([1, 2, 3]) }])
        await store.batch([{ key: 'b', value: new Uint8Array([4]) }])
        // Not closed, as no page that is left has the time to.
      })
      await page.reload()
      await page.waitForFunction(() => globalThis.page !== undefined)
      const found = await page.evaluate(async () => {
        const store = new globalThis.page.IndexedDbStore('reloaded')
        await store.open()
        const entries: [string, number[]][] = []
        for await (const [key, value] of store.entries({ gte: '!', lt: '~' })) entries.push([key, [...value]])
        await store.erase()
        return entries
      })
      expect(found).toEqual([
        ['a', [1, 2, 3]],
        ['b', [4]],
      ])
    })
  })

  test('once another tab has taken the lease, not one write of the former holder arrives', async () => {
    const [former, next] = [await open('app.example'), await open('app.example')]
    await former.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('leased')
      const taken = await store.takeLease('former')
      if (taken !== 'former') throw new Error(`the lease is held by ${taken}`)
      await store.open()
      const state = { written: 0, refused: undefined as unknown }
      Object.assign(globalThis, { state, store })
      const write = async () => {
        for (;;) {
          await store.batch([{ key: 'count', value: new Uint8Array(new Uint32Array([state.written + 1]).buffer) }])
          state.written++
        }
      }
      void globalThis.page.failure(write()).then(failure => {
        state.refused = failure
      })
    })
    await former.waitForFunction(() => (globalThis as unknown as { state: { written: number } }).state.written > 20)
    const read = () =>
      next.evaluate(async () => {
        const store = new globalThis.page.IndexedDbStore('leased')
        const holders = [
          await store.takeLease('next'),
          await store.takeLease('next', 'former'),
          await store.leaseHolder(),
        ]
        await store.open()
        const counts: number[] = []
        for (let index = 0; index < 20; index++) {
          counts.push(new Uint32Array((await store.get('count'))!.slice().buffer)[0])
          await new Promise(resolve => setTimeout(resolve, 10))
        }
        const keys: string[] = []
        for await (const [key] of store.entries({ gte: '', lt: '~' })) keys.push(key)
        await store.batch([{ key: 'count', value: null }])
        await store.close()
        await store.endLease('former')
        const kept = await store.leaseHolder()
        await store.endLease('next')
        return { holders, counts: [...new Set(counts)], keys, kept, end: await store.leaseHolder() }
      })
    const { counts, ...rest } = await read()
    expect(rest).toEqual({ holders: ['former', 'next', 'next'], keys: ['count'], kept: 'next', end: undefined })
    expect(counts).toHaveLength(1)
    const state = await former.evaluate(async () => {
      const { state, store } = globalThis as unknown as {
        state: { written: number; refused: unknown }
        store: InstanceType<typeof globalThis.page.IndexedDbStore>
      }
      // Opened again, it is still not the holder: a name serves for one taking.
      await store.close()
      await store.open()
      return { ...state, again: await globalThis.page.failure(store.batch([{ key: 'a', value: new Uint8Array(1) }])) }
    })
    const refused = expect.objectContaining({
      code: 'store-failed',
      message: expect.stringContaining('another tab has taken it over'),
    })
    expect(state).toEqual({ written: counts[0], refused, again: refused })
    await Promise.all([former.close(), next.close()])
  })

  test('stores a part of a larger buffer without the rest', async () => {
    const page = await open()
    const lengths = await page.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('parts')
      await store.open()
      await store.batch([{ key: 'a', value: new Uint8Array(100_000).subarray(10, 13) }])
      const value = (await store.get('a'))!
      await store.erase()
      return [value.byteLength, value.buffer.byteLength]
    })
    expect(lengths).toEqual([3, 3])
    await page.close()
  })

  test('asks for strict durability, unless it is told that written is enough', async () => {
    const page = await open()
    const durabilities = await page.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('strict')
      await store.open()
      const { transaction } = IDBDatabase.prototype
      const found: string[] = []
      IDBDatabase.prototype.transaction = function (...given) {
        const made = transaction.apply(this, given)
        if (made.mode === 'readwrite') found.push(made.durability)
        return made
      }
      await store.batch([{ key: 'a', value: new Uint8Array(1) }])
      await store.batch([{ key: 'a', value: new Uint8Array(1) }], 'flushed')
      await store.batch([{ key: 'a', value: new Uint8Array(1) }], 'written')
      IDBDatabase.prototype.transaction = transaction
      await store.erase()
      return found
    })
    expect(durabilities).toEqual(['strict', 'strict', 'relaxed'])
    await page.close()
  })

  test('aborts a batch of which the browser refuses a value', async () => {
    const page = await open()
    const [failure, keys] = await page.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('refused')
      await store.open()
      const detached = new Uint8Array(10)
      structuredClone(detached, { transfer: [detached.buffer] })
      const refused = [
        { key: 'a', value: new Uint8Array(1) },
        { key: 'b', value: detached },
      ]
      const failing = globalThis.page.failure(store.batch(refused))
      await store.batch([{ key: 'c', value: new Uint8Array(1) }])
      const keys: string[] = []
      for await (const [key] of store.entries({ gte: '!', lt: '~' })) keys.push(key)
      const failure = await failing
      await store.erase()
      return [failure, keys] as const
    })
    expect(failure).toMatchObject({
      code: 'store-failed',
      facts: { operation: 'batch', reason: 'malformed' },
      cause: 'DataCloneError',
    })
    expect(keys).toEqual(['c'])
    await page.close()
  })

  test('is erased from another tab without waiting for ever, and fails from then on', async () => {
    const [holder, eraser] = [await open(), await open()]
    await holder.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('shared')
      await store.open()
      await store.batch([{ key: 'a', value: new Uint8Array(1) }])
      Object.assign(globalThis, { store })
    })
    await eraser.evaluate(() => new globalThis.page.IndexedDbStore('shared').erase())
    const failures = await holder.evaluate(async () => {
      const { store } = globalThis as unknown as { store: InstanceType<typeof globalThis.page.IndexedDbStore> }
      const { failure } = globalThis.page
      const failed = [await failure(store.batch([])), await failure(store.get('a'))]
      await store.close()
      await store.open()
      return [...failed, await store.get('a'), await store.erase()]
    })
    const failed = (operation: string) => ({
      code: 'store-failed',
      facts: { location: 'shared', operation, reason: 'evicted' },
      message: expect.stringContaining('another tab has erased'),
      cause: 'InvalidStateError',
    })
    expect(failures).toEqual([failed('batch'), failed('get'), undefined, undefined])
    await Promise.all([holder.close(), eraser.close()])
  })

  test('is not erased while something else holds the database, and says so', async () => {
    const [holder, eraser] = [await open(), await open()]
    await holder.evaluate(async () => {
      const request = indexedDB.open('held', 1)
      request.onupgradeneeded = () => request.result.createObjectStore('entries')
      await new Promise(resolve => {
        request.onsuccess = resolve
      })
      Object.assign(globalThis, { database: request.result })
    })
    const erase = () => globalThis.page.failure(new globalThis.page.IndexedDbStore('held').erase())
    expect(await eraser.evaluate(erase)).toMatchObject({ code: 'store-locked', facts: { location: 'held' } })
    await holder.evaluate(() => (globalThis as unknown as { database: IDBDatabase }).database.close())
    expect(await eraser.evaluate(erase)).toBe('succeeded')
    expect(await eraser.evaluate(() => indexedDB.databases())).not.toContainEqual(
      expect.objectContaining({ name: 'held' }),
    )
    await Promise.all([holder.close(), eraser.close()])
  })

  test('does not touch a database that belongs to something else', async () => {
    const page = await open()
    const failure = await page.evaluate(async () => {
      const request = indexedDB.open('foreign', 1)
      request.onupgradeneeded = () => request.result.createObjectStore('theirs')
      await new Promise(resolve => {
        request.onsuccess = resolve
      })
      request.result.close()
      return globalThis.page.failure(new globalThis.page.IndexedDbStore('foreign').open())
    })
    expect(failure).toMatchObject({ code: 'store-failed', facts: { location: 'foreign', operation: 'open' } })
    await page.close()
  })

  test('fails with the cause when the quota is exceeded: nothing has changed, and it goes on', async () => {
    const page = await open('full.example')
    const session = await browser.context.newCDPSession(page)
    const origin = new URL(page.url()).origin
    // Before the first use of the origin: Chromium keeps in mind for a while how much is left.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 })
    await page.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('full')
      await store.open()
      await store.batch([{ key: 'a', value: new Uint8Array([1]) }])
      Object.assign(globalThis, { store })
    })
    const refused = await page.evaluate(async () => {
      const { store } = globalThis as unknown as { store: InstanceType<typeof globalThis.page.IndexedDbStore> }
      // Random: what the browser could compress might fit.
      const large = new Uint8Array(2_000_000).map(() => Math.random() * 256)
      const changes = [
        { key: 'a', value: null },
        { key: 'b', value: new Uint8Array(1) },
        { key: 'c', value: large },
      ]
      return globalThis.page.failure(store.batch(changes))
    })
    expect(refused).toMatchObject({
      code: 'store-failed',
      facts: { location: 'full', operation: 'batch', reason: 'quota' },
      cause: 'QuotaExceededError',
    })
    await session.send('Storage.overrideQuotaForOrigin', { origin })
    const found = await page.evaluate(async () => {
      const { store } = globalThis as unknown as { store: InstanceType<typeof globalThis.page.IndexedDbStore> }
      const keys = async () => {
        const found: string[] = []
        for await (const [key] of store.entries({ gte: '!', lt: '~' })) found.push(key)
        return found
      }
      const before = await keys()
      await store.batch([{ key: 'd', value: new Uint8Array(1) }])
      const after = await keys()
      await store.erase()
      return [before, after]
    })
    expect(found).toEqual([['a'], ['a', 'd']])
    await page.close()
  })

  test('a clone on it says that the quota is exceeded, goes on reading, and writes again when there is room', async () => {
    const page = await open('crowded.example')
    const session = await browser.context.newCDPSession(page)
    const origin = new URL(page.url()).origin
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 })
    const full = await page.evaluate(async () => {
      const { IndexedDbStore, openClone } = globalThis.page
      const clone = await openClone({ domain: 'board.example', store: new IndexedDbStore('crowded') })
      Object.assign(globalThis, { clone })
      await clone.write({ '@id': 'fred', name: 'Fred' })
      // Random: what the browser could compress might fit.
      const text = Array.from({ length: 2_000_000 }, () => String.fromCharCode(33 + Math.random() * 90)).join('')
      const refused = await clone.write({ '@id': 'book', text }).catch(error => error.facts)
      return [refused, clone.status.value.storage?.facts, clone.get('fred'), clone.get('book')]
    })
    const facts = { location: 'crowded', operation: 'batch', reason: 'quota' }
    expect(full).toEqual([facts, facts, { '@id': 'fred', name: 'Fred' }, undefined])
    await session.send('Storage.overrideQuotaForOrigin', { origin })
    const after = await page.evaluate(async () => {
      const { clone } = globalThis as unknown as { clone: PageClone }
      await clone.status.becomes({ storage: undefined })
      await clone.write({ '@id': 'wilma', name: 'Wilma' })
      await clone.close()
      const { IndexedDbStore, openClone } = globalThis.page
      const again = await openClone({ domain: 'board.example', store: new IndexedDbStore('crowded') })
      const found = [again.get('fred'), again.get('wilma'), again.get('book')]
      await again.close({ erase: true })
      return found
    })
    expect(after).toEqual([{ '@id': 'fred', name: 'Fred' }, { '@id': 'wilma', name: 'Wilma' }, undefined])
    await page.close()
  })

  test('a clone whose data the browser evicts says so, goes on reading, and writes nothing into what is empty', async () => {
    const page = await open('evicted.example')
    const session = await browser.context.newCDPSession(page)
    await page.evaluate(async () => {
      const { IndexedDbStore, openClone } = globalThis.page
      const clone = await openClone({ domain: 'board.example', store: new IndexedDbStore('evicted') })
      Object.assign(globalThis, { clone })
      await clone.write({ '@id': 'fred', name: 'Fred' })
    })
    const { origin } = new URL(page.url())
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
    const found = await page.evaluate(async () => {
      const { clone } = globalThis as unknown as { clone: PageClone }
      const refused = await clone.write({ '@id': 'wilma', name: 'Wilma' }).catch(error => error.facts)
      // It asks again, after a quarter of a second: there is an empty database now.
      await new Promise(resolve => setTimeout(resolve, 1500))
      const { storage } = clone.status.value
      const shown = [clone.get('fred'), clone.get('wilma')]
      await clone.close()
      const { IndexedDbStore, openClone } = globalThis.page
      const again = await openClone({ domain: 'board.example', store: new IndexedDbStore('evicted') })
      const kept = again.get('fred')
      await again.close({ erase: true })
      return [refused, storage?.facts.reason, shown, kept]
    })
    expect(found).toEqual([
      { location: 'evicted', operation: 'batch', reason: 'evicted' },
      'evicted',
      [{ '@id': 'fred', name: 'Fred' }, undefined],
      undefined,
    ])
    await page.close()
  })

  test('a batch that has resolved survives the crash of the browser', async () => {
    const profile = mkdtempSync(join(tmpdir(), 'crashed-profile-'))
    const crashing = await launchChromium(executable!, { flags, profile })
    const page = await open('localhost', crashing.context)
    await page.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('crashed')
      await store.open()
      for (let index = 0; index < 20; index++) {
        await store.batch([
          { key: 'a', value: new Uint8Array([index]) },
          { key: `b${index}`, value: new Uint8Array(1) },
        ])
      }
    })
    const session = await crashing.context.newCDPSession(page)
    const gone = new Promise(resolve => crashing.context.once('close', resolve))
    session.send('Browser.crash').catch(() => {})
    await gone
    await using again = await launchChromium(executable!, { flags, profile })
    const after = await open('localhost', again.context)
    const found = await after.evaluate(async () => {
      const store = new globalThis.page.IndexedDbStore('crashed')
      await store.open()
      return [...(await store.get('a'))!, ...(await store.get('b19'))!]
    })
    expect(found).toEqual([19, 0])
    await again.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
  })
})
