import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { openSuiteClone } from '../transports/clones.js'
import { serveRelay } from '../transports/relay-server.js'
import { serveScript } from './serve.js'
import type { WebRtcPage } from './webrtc-page.js'

const executable = await findChromium()
/** Addresses of this machine as they are: there is nobody here who would answer for `….local`. */
const flags = ['--disable-features=WebRtcHideLocalIpsWithMdns']

/** In the page: what webrtc-page.ts has put there. */
type Tab = { page: WebRtcPage }

describe.skipIf(!executable)(`WebRtcTransport in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  let browser: LaunchedChromium
  let server: Awaited<ReturnType<typeof serveScript>>

  beforeAll(async () => {
    server = await serveScript(new URL('webrtc-page.ts', import.meta.url))
    browser = await launchChromium(executable!, { flags })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  const open = async (): Promise<Page> => {
    const page = await browser.context.newPage()
    await page.goto(`http://localhost:${server.port}/`)
    await page.waitForFunction(() => 'page' in globalThis)
    return page
  }

  describe('transport suite: WebRTC in Chromium', () => {
    let page: Page
    beforeAll(async () => {
      page = await open()
    })
    afterAll(() => page.close())

    // Only the names are taken here: each case runs in the page.
    const inPage = (name: string) =>
      test(name, () => page.evaluate(name => (globalThis as unknown as Tab).page.runCase(name), name))
    const create = (count: number) => {
      const network = new MemoryNetwork()
      return { transports: Array.from({ length: count }, () => new MemoryTransport(network)), close: () => {} }
    }
    testTransport({ test: inPage }, { create, powers: { cut: true }, openClone: openSuiteClone })
  })

  test('clones in two pages converge; the relay carries signals alone, and can go', async () => {
    const relay = await serveRelay()
    const pages = [await open(), await open()]
    const counts = (page: Page) => page.evaluate(() => (globalThis as unknown as Tab).page.counts())
    const write = (page: Page, id: string) => page.evaluate(id => (globalThis as unknown as Tab).page.write(id), id)
    const shows = (page: Page, id: string) =>
      page.waitForFunction(id => (globalThis as unknown as Tab).page.has(id), id, { polling: 10, timeout: 15_000 })
    try {
      for (const page of pages) {
        await page.evaluate(port => (globalThis as unknown as Tab).page.open(port), relay.port)
      }
      // Until something of each goes directly.
      for (const [index, page] of pages.entries()) {
        for (let attempt = 0; (await counts(page)).direct === 0; attempt++) {
          expect(attempt, 'attempts').toBeLessThan(200)
          await write(page, `first-${index}`)
          await shows(pages[1 - index], `first-${index}`)
        }
      }
      const before = await Promise.all(pages.map(counts))
      for (let round = 0; round < 20; round++) {
        for (const [index, page] of pages.entries()) await write(page, `${index}-${round}`)
      }
      for (const [index, page] of pages.entries()) await shows(page, `${1 - index}-19`)
      const after = await Promise.all(pages.map(counts))
      for (const index of [0, 1]) {
        expect(after[index].over).toBe(before[index].over)
        expect(after[index].direct).toBeGreaterThanOrEqual(before[index].direct + 20)
      }
      await relay.close()
      for (const [index, page] of pages.entries()) await write(page, `without-${index}`)
      for (const [index, page] of pages.entries()) await shows(page, `without-${1 - index}`)
      for (const page of pages) {
        expect(await page.evaluate(() => (globalThis as unknown as Tab).page.connection())).toBe('online')
      }
    } finally {
      for (const page of pages) await page.close()
      await relay.close().catch(() => {})
    }
  })
})
