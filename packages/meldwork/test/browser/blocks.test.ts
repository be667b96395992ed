import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { fuzz } from '../../../../test/fuzz.js'
import { DeflateBlocks } from '../../src/blocks/deflate.js'
import { MemoryBlocks } from '../../src/blocks/memory.js'
import { testBlocks } from '../../src/testkit/block-suite.js'
import { SimulatedServer } from '../blocks/ldp-server.js'
import { serveScript } from './serve.js'

const executable = await findChromium()
/** Any name but localhost is an insecure context over plain http. */
const flags = ['--host-resolver-rules=MAP *.example 127.0.0.1']

describe.skipIf(!executable)(`blocks in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  let browser: LaunchedChromium
  let server: Awaited<ReturnType<typeof serveScript>>
  let page: Page

  const open = async (host: string, context = browser.context): Promise<Page> => {
    const opened = await context.newPage()
    await opened.goto(`http://${host}:${server.port}/?seed=${fuzz.seed}&steps=${fuzz.runs(60)}`)
    await opened.waitForFunction(() => globalThis.blocks !== undefined)
    return opened
  }
  beforeAll(async () => {
    server = await serveScript(new URL('blocks-page.ts', import.meta.url))
    browser = await launchChromium(executable!, { flags })
    page = await open('app.example')
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  // Only the names are taken here: each case runs in the page.
  const inPage = (kind: 'plain' | 'deflated') => ({
    test: (name: string, _run: () => Promise<void>) =>
      test(name, () => page.evaluate(([kind, name]) => globalThis.blocks.runCase(kind, name), [kind, name] as const)),
  })
  const over = { create: () => new MemoryBlocks(), another: () => new MemoryBlocks(), watchMs: 1 }
  const missing = () => new MemoryBlocks()
  describe('IndexedDbBlocks', () => {
    testBlocks(inPage('plain'), { ...over, missing, strew: async () => [] })
  })
  describe('DeflateBlocks over IndexedDbBlocks', () => {
    testBlocks(inPage('deflated'), { ...over, missing, create: () => new DeflateBlocks(new MemoryBlocks()) })
  })

  test('of two tabs one creates a block, and each is told of what the other writes', async () => {
    const [one, two] = await Promise.all([open('app.example'), open('app.example')])
    const begin = (tab: Page) =>
      tab.evaluate(async () => {
        const store = new globalThis.blocks.IndexedDbBlocks('shared', { create: true })
        await store.open()
        const state = { store, told: 0 }
        store.watch(() => state.told++)
        Object.assign(globalThis, { state })
      })
    await begin(one)
    await begin(two)
    type State = { store: InstanceType<typeof globalThis.blocks.IndexedDbBlocks>; told: number }
    const write = (tab: Page, byte: number) =>
      tab.evaluate(async byte => {
        const { store } = (globalThis as unknown as { state: State }).state
        const names = Array.from({ length: 20 }, (_, index) => `r${index}.pack`)
        return Promise.all(names.map(name => store.write(name, new Uint8Array([byte]))))
      }, byte)
    const [ofOne, ofTwo] = await Promise.all([write(one, 1), write(two, 2)])
    expect(ofOne.map((created, index) => created !== ofTwo[index])).toEqual(ofOne.map(() => true))
    const read = (tab: Page) =>
      tab.evaluate(async () => {
        const { store } = (globalThis as unknown as { state: State }).state
        return Promise.all(Array.from({ length: 20 }, async (_, index) => (await store.read(`r${index}.pack`))![0]))
      })
    expect(await read(one)).toEqual(ofOne.map(created => (created ? 1 : 2)))
    for (const tab of [one, two])
      await tab.waitForFunction(() => (globalThis as unknown as { state: State }).state.told > 0)
    // A tab that deletes the database is not held up, and the other is told.
    const failure = await one.evaluate(async () => {
      const { store } = (globalThis as unknown as { state: State }).state
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('shared')
        request.onsuccess = resolve
        request.onerror = reject
      })
      return store.list().then(
        () => undefined,
        ({ code, facts }) => ({ code, reason: facts.reason }),
      )
    })
    expect(failure).toEqual({ code: 'store-failed', reason: 'evicted' })
    await Promise.all([one.close(), two.close()])
  })

  test('HttpBlocks works with a server of another origin that allows it', async () => {
    const simulated = new SimulatedServer()
    const pod = createServer(async (request, response) => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part)
      response.setHeader('access-control-allow-origin', '*')
      response.setHeader('access-control-allow-methods', 'GET, HEAD, PUT, MKCOL, PROPFIND')
      response.setHeader('access-control-allow-headers', 'content-type, if-none-match, link, depth')
      if (request.method === 'OPTIONS') return response.writeHead(204).end()
      if (request.url === '/doc/ab/abmoved.pack')
        return response.writeHead(307, { location: `http://evil.example:${port}/doc/ab/ab.pack` }).end()
      const headers = request.headers as Record<string, string>
      const init = { method: request.method!, headers, body: Buffer.concat(parts) as never }
      const answer = await simulated.fetch(`http://pod.example${request.url}`, init)
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      response.end(Buffer.from(await answer.arrayBuffer()))
    })
    pod.listen(0, '127.0.0.1')
    await once(pod, 'listening')
    const { port } = pod.address() as AddressInfo
    const outcome = await page.evaluate(async port => {
      const store = new globalThis.blocks.HttpBlocks(`http://pod.example:${port}/doc`, { create: true, retryMs: 1 })
      await store.open()
      const created = [
        await store.write('ab.pack', new Uint8Array([1, 2])),
        await store.write('ab.pack', new Uint8Array([3])),
      ]
      const refused = await store.read('abmoved.pack').catch(({ code, message }) => ({ code, message }))
      const found = [await store.list(), [...(await store.read('ab.pack'))!], await store.read('no.pack')]
      await store.close()
      return { created, found, refused }
    }, port)
    pod.close()
    pod.closeAllConnections()
    expect(outcome).toEqual({
      created: [true, false],
      found: [['ab.pack'], [1, 2], undefined],
      refused: { code: 'store-failed', message: expect.stringContaining('evil.example') },
    })
  })
})
