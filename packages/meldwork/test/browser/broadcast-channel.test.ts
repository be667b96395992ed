import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { openSuiteClone } from '../transports/clones.js'
import type { ChannelPage } from './channel-page.js'
import { serveScript } from './serve.js'

const executable = await findChromium()
/** Any name but localhost is an insecure context over plain http: no Web Locks. */
const flags = ['--host-resolver-rules=MAP *.example 127.0.0.1']

/** In the page: what channel-page.ts has put there. */
type Tab = { page: Required<ChannelPage> }

describe.skipIf(!executable)(`BroadcastChannelTransport in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  let browser: LaunchedChromium
  let server: Awaited<ReturnType<typeof serveScript>>
  let pages: Page[] = []

  beforeAll(async () => {
    server = await serveScript(new URL('channel-page.ts', import.meta.url))
    browser = await launchChromium(executable!, { flags })
  }, 60_000)
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  const open = async (host: string): Promise<Page> => {
    const page = await browser.context.newPage()
    pages.push(page)
    await page.goto(`http://${host}:${server.port}/`)
    await page.waitForFunction(() => 'page' in globalThis)
    return page
  }
  const join = (page: Page, name: string) =>
    page.evaluate(name => {
      const { page } = globalThis as unknown as Tab
      page.member = page.join(name)
    }, name)
  const seen = (page: Page) => page.evaluate(() => (globalThis as unknown as Tab).page.member.seen)
  const say = (page: Page, message: string) =>
    page.evaluate(message => (globalThis as unknown as Tab).page.member.say(message), message)
  const hears = (page: Page, message: string) => {
    const isSo = (message: string) => (globalThis as unknown as Tab).page.member.seen.messages.includes(message)
    return page.waitForFunction(isSo, message, { polling: 10, timeout: 15_000 })
  }
  /** @returns how long it took, in milliseconds */
  const sees = async (page: Page, others: string[]): Promise<number> => {
    const sinceMs = performance.now()
    const isSo = (names: string) => (globalThis as unknown as Tab).page.member.seen.others.join() === names
    await page.waitForFunction(isSo, others.join(), { polling: 10, timeout: 15_000 })
    return performance.now() - sinceMs
  }
  const together = async (host: string) => {
    const tabs = [await open(host), await open(host), await open(host)]
    for (const [index, tab] of tabs.entries()) await join(tab, `tab ${index}`)
    await sees(tabs[0], ['tab 1', 'tab 2'])
    await sees(tabs[1], ['tab 0', 'tab 2'])
    await sees(tabs[2], ['tab 0', 'tab 1'])
    return tabs
  }

  describe('it keeps the contract', () => {
    let page: Page
    beforeAll(async () => {
      page = await open('localhost')
      pages = []
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

  describe.each([
    { host: 'localhost', secure: true },
    { host: 'app.example', secure: false },
  ])('on $host', ({ host, secure }) => {
    test(`is ${secure ? 'a secure' : 'an insecure'} context`, async () => {
      const page = await open(host)
      expect(await page.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([secure, secure])
    })

    test('pages hear and see each other', async () => {
      const [a, b, c] = await together(host)
      await say(a, 'to all')
      await Promise.all([hears(b, 'to all'), hears(c, 'to all')])
      expect((await seen(a)).messages).toEqual([])
    })

    test('a page that is closed, reloaded or navigated away is gone at once', async () => {
      const [a, b, c] = await together(host)
      await b.close()
      expect(await sees(a, ['tab 2'])).toBeLessThan(1000)
      await c.reload()
      expect(await sees(a, [])).toBeLessThan(1000)
    })

    test('a page that crashes is noticed', async () => {
      const [a, b, c] = await together(host)
      const session = await browser.context.newCDPSession(b)
      const crashed = new Promise(resolve => b.once('crash', resolve))
      session.send('Page.crash').catch(() => {})
      await crashed
      const noticedMs = Math.max(...(await Promise.all([sees(a, ['tab 2']), sees(c, ['tab 0'])])))
      console.log(`A crash is noticed after ${noticedMs.toFixed(0)} ms on ${host}`)
      expect(noticedMs).toBeLessThan(secure ? 1000 : 6000)
    })

    test('a page that is kept for the way back leaves, and is back when it is shown', async () => {
      const [a, b] = await together(host)
      await b.goto(`http://other.example:${server.port}/`)
      await sees(a, ['tab 2'])
      await say(a, 'meanwhile')
      // What drives the browser loses sight of a page that comes back: it is asked over the channel.
      b.evaluate(() => history.back()).catch(() => {})
      await sees(a, ['tab 1', 'tab 2'])
      await say(a, 'tell')
      const told = { messages: ['tell'], states: ['online', 'offline', 'online'], others: ['tab 0', 'tab 2'] }
      await hears(a, JSON.stringify(told))
    })
  })
})
