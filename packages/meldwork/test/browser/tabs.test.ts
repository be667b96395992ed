import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { fuzz } from '../../../../test/fuzz.js'
import { type Clone, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { Chance } from '../../src/testkit/chance.js'
import { WebSocketTransport } from '../../src/transports/websocket-node.js'
import { serveRelay } from '../transports/relay-server.js'
import { serveScript } from './serve.js'
import type { TabsPage } from './tabs-page.js'

const executable = await findChromium()
/** Any name but localhost is an insecure context over plain http: no Web Locks. */
const flags = ['--host-resolver-rules=MAP *.example 127.0.0.1']

/** In the page: what tabs-page.ts has put there. */
type Tab = { page: TabsPage }

/** What happens to the tabs of one app, and what they have been promised. */
class App {
  readonly pages: Page[] = []
  readonly written: string[] = []
  readonly acknowledged = new Set<string>()
  private readonly browser: LaunchedChromium
  private readonly url: string
  private readonly domain: string

  constructor(browser: LaunchedChromium, url: string, domain: string) {
    this.browser = browser
    this.url = url
    this.domain = domain
  }

  async open(): Promise<Page> {
    const page = await this.browser.context.newPage()
    await page.exposeFunction('acknowledged', (id: string) => void this.acknowledged.add(id))
    await this.load(page, () => page.goto(this.url))
    this.pages.push(page)
    return page
  }

  async reload(page: Page): Promise<void> {
    await this.load(page, () => page.reload())
  }

  private async load(page: Page, load: () => Promise<unknown>): Promise<void> {
    await load()
    await page.waitForFunction(() => 'page' in globalThis)
    await page.evaluate(domain => (globalThis as unknown as Tab).page.open(domain), this.domain)
  }

  /** Writes, and does not wait for it. */
  write(page: Page): Promise<void> {
    const id = `w${this.written.push('')}`
    this.written[this.written.length - 1] = id
    const writing = page.evaluate(id => (globalThis as unknown as Tab).page.write(id), id)
    // A page that is closed or crashes never acknowledges.
    return writing.catch(() => {})
  }

  async close(page: Page): Promise<void> {
    this.pages.splice(this.pages.indexOf(page), 1)
    await page.close()
  }

  async crash(page: Page): Promise<void> {
    this.pages.splice(this.pages.indexOf(page), 1)
    const session = await this.browser.context.newCDPSession(page)
    const crashed = new Promise(resolve => page.once('crash', resolve))
    session.send('Page.crash').catch(() => {})
    await crashed
    await page.close()
  }

  status(page: Page) {
    return page.evaluate(() => (globalThis as unknown as Tab).page.status())
  }

  contents(page: Page) {
    return page.evaluate(() => (globalThis as unknown as Tab).page.contents())
  }

  async keeper(): Promise<Page | undefined> {
    for (const page of this.pages) if ((await this.status(page)).keeper === 'here') return page
    return undefined
  }

  async end(): Promise<void> {
    for (const page of [...this.pages]) await this.close(page)
  }
}

const eventually = async (what: string, isSo: () => Promise<unknown>): Promise<void> => {
  const untilMs = performance.now() + 20_000
  for (let last: unknown; ; ) {
    last = await isSo()
    if (last === true) return
    if (performance.now() > untilMs) throw new Error(`It did not come to this: ${what}, but ${JSON.stringify(last)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

describe.skipIf(!executable)(`tabs in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  let browser: LaunchedChromium
  let server: Awaited<ReturnType<typeof serveScript>>
  let relay: Awaited<ReturnType<typeof serveRelay>>
  const apps: App[] = []
  const clones: Clone[] = []
  let count = 0

  beforeAll(async () => {
    server = await serveScript(new URL('tabs-page.ts', import.meta.url))
    relay = await serveRelay()
    browser = await launchChromium(executable!, { flags })
  }, 60_000)
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.end()
    for (const clone of clones.splice(0)) await clone.close()
  })
  afterAll(async () => {
    await browser?.close()
    await relay?.close()
    await server?.close()
  })

  const start = (host: string, domain = `board-${++count}.example`): App => {
    const app = new App(browser, `http://${host}:${server.port}/?relay=${relay.port}`, domain)
    apps.push(app)
    return app
  }
  const elsewhere = async (domain: string): Promise<Clone> => {
    const transport = new WebSocketTransport(`ws://localhost:${relay.port}`)
    const clone = await openClone({ domain, store: new MemoryStore(), transport, genesis: true })
    clones.push(clone)
    return clone
  }

  describe.each([
    { host: 'localhost', secure: true },
    { host: 'app.example', secure: false },
  ])('on $host', ({ host, secure }) => {
    test(`is ${secure ? 'a secure' : 'an insecure'} context`, async () => {
      const page = await start(host).open()
      expect(await page.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([secure, secure])
    })

    test.each(['close', 'crash'] as const)('after a %s of the keeper, the next one has taken over soon', async how => {
      const app = start(host)
      const a = await app.open()
      const [b, c] = [await app.open(), await app.open()]
      await app.write(c)
      await eventually('the first keeps', async () => (await app.status(a)).keeper === 'here')
      const sinceMs = performance.now()
      await app[how](a)
      await app.write(b)
      const tookMs = performance.now() - sinceMs
      console.log(`After a ${how} on ${host} a write was acknowledged after ${tookMs.toFixed(0)} ms`)
      expect(app.acknowledged).toEqual(new Set(['w1', 'w2']))
      const limitMs = secure ? { close: 1000, crash: 3000 } : { close: 3000, crash: 10_000 }
      expect(tookMs).toBeLessThan(limitMs[how])
      expect([(await app.status(b)).keeper, (await app.status(c)).keeper].sort()).toEqual(['elsewhere', 'here'])
    })

    test('what a tab writes reaches a clone elsewhere, and back, whichever tab keeps the store', async () => {
      const domain = `far-${++count}.example`
      const far = await elsewhere(domain)
      const app = start(host, domain)
      const a = await app.open()
      const b = await app.open()
      await app.write(b)
      await eventually('it is elsewhere', async () => far.get('w1')?.title === 'w1')
      await app.close(a)
      await app.write(b)
      await far.write({ '@id': 'far', title: 'far' })
      await eventually('it is elsewhere', async () => far.get('w2')?.title === 'w2')
      await eventually('it is here', async () => (await app.contents(b)).titles === 3)
    })

    test('when the keeper is left for another page it is succeeded; and on coming back it is one of them', async () => {
      const app = start(host)
      const [a, b] = [await app.open(), await app.open()]
      await app.write(b)
      await a.goto(`http://elsewhere.example:${server.port}/nothing`)
      await app.write(b)
      expect((await app.status(b)).keeper).toBe('here')
      // Whether the same page is shown again or a new one is loaded, what drives the browser does not see it: it is seen by what it writes.
      const entered = b.evaluate(() => (globalThis as unknown as Tab).page.arrival('w-back'))
      a.evaluate(() => history.back()).catch(() => {})
      await entered
      expect((await app.status(b)).keeper).toBe('here')
    })

    test('a keeper that was alone, was left and is shown again, goes on', async () => {
      const app = start(host)
      const a = await app.open()
      await app.write(a)
      await a.goto(`http://elsewhere.example:${server.port}/nothing`)
      a.evaluate(() => history.back()).catch(() => {})
      const b = await app.open()
      await b.evaluate(() => (globalThis as unknown as Tab).page.arrival('w-back'))
      await app.write(b)
      expect((await app.contents(b)).log.toSorted()).toEqual(['w-back', 'w1', 'w2'])
      await eventually('somebody keeps the store', async () => (await app.status(b)).keeper !== undefined)
    })

    test('a tab that is opened while the keeper is kept for the way back, succeeds it', async () => {
      const app = start(host)
      const a = await app.open()
      await app.write(a)
      await a.goto(`http://elsewhere.example:${server.port}/nothing`)
      const b = await app.open()
      expect((await app.contents(b)).log).toEqual(['w1'])
      await app.write(b)
      expect((await app.status(b)).keeper).toBe('here')
    })

    test('a worker takes part', async () => {
      const app = start(host)
      const page = await app.open()
      const domain = `board-${count}.example`
      await page.evaluate(async domain => {
        const worker = new Worker('/script.js', { type: 'module' })
        const tell = (...order: string[]) =>
          new Promise(resolve => {
            worker.addEventListener('message', resolve, { once: true })
            worker.postMessage(order)
          })
        await tell('open', domain)
        await tell('write', 'by-a-worker')
      }, domain)
      await eventually('the page has it', async () => (await app.contents(page)).log.includes('by-a-worker'))
    })

    test('whatever happens to the tabs, each acknowledged write is there once, in all of them and in the store', async () => {
      const chance = new Chance(fuzz.seed + (secure ? 0 : 1))
      const app = start(host)
      await app.open()
      const writing: Promise<void>[] = []
      const happened: string[] = []
      for (let step = 0; step < fuzz.runs(40); step++) {
        const page = chance.pick(app.pages)
        const what = chance.whole(0, 9)
        if (what === 0 && app.pages.length > 1) {
          happened.push('close')
          await app.close(page)
        } else if (what === 1 && app.pages.length > 1) {
          happened.push('crash')
          await app.crash(page)
        } else if (what === 2) {
          happened.push('reload')
          await app.reload(page)
        } else if (what === 3 && app.pages.length > 1) {
          const keeper = (await app.keeper()) ?? page
          happened.push('the keeper crashes')
          await app.crash(keeper)
        } else if (what < 6 && app.pages.length < 4) {
          happened.push('open')
          await app.open()
        } else for (let index = chance.whole(0, 5); index >= 0; index--) writing.push(app.write(page))
      }
      await app.open()
      await Promise.all(writing)
      const isWhole = async (page: Page) => {
        const { log, titles } = await app.contents(page)
        const missing = [...app.acknowledged].filter(id => !log.includes(id))
        const isOnce = new Set(log).size === log.length && titles === log.length
        return missing.length === 0 && isOnce ? true : { missing, log, titles }
      }
      for (const page of app.pages) await eventually('all is there, once', () => isWhole(page))
      const [first, ...rest] = await Promise.all(app.pages.map(page => app.contents(page)))
      for (const other of rest) expect(other).toEqual(first)
      await app.end()
      const alone = await app.open()
      expect(await isWhole(alone)).toBe(true)
      expect(await app.contents(alone)).toEqual(first)
      console.log(
        `FUZZ_SEED=${fuzz.seed} on ${host}: ${app.written.length} written, ${app.acknowledged.size} acknowledged; ${happened.join(', ')}`,
      )
      expect(app.acknowledged.size).toBeGreaterThan(0)
    }, 120_000)
  })
})
