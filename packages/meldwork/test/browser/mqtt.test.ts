import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { openSuiteClone } from '../transports/clones.js'
import { AedesServer } from '../transports/mqtt-servers.js'
import type { MqttPage } from './mqtt-page.js'
import { serveScript } from './serve.js'

const executable = await findChromium()

/** In the page: what mqtt-page.ts has put there. */
type Tab = { page: MqttPage }

describe.skipIf(!executable)(`transport suite: MQTT in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  const broker = new AedesServer({}, true)
  let browser: LaunchedChromium
  let server: Awaited<ReturnType<typeof serveScript>>
  let page: Page

  beforeAll(async () => {
    await broker.start()
    server = await serveScript(new URL('mqtt-page.ts', import.meta.url))
    browser = await launchChromium(executable!, {})
    page = await browser.context.newPage()
    await page.goto(`http://localhost:${server.port}/?broker=ws://127.0.0.1:${broker.port}/`)
    await page.waitForFunction(() => 'page' in globalThis)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await broker.stop()
  })

  // The cases run in the page; here are their names.
  const inPage = (name: string) =>
    test(name, () => page.evaluate(name => (globalThis as unknown as Tab).page.run(name), name))
  testTransport({ test: inPage }, { create: () => expect.unreachable(), openClone: openSuiteClone })

  test('what a socket does not take in time is counted, and dropped', async () => {
    const dropped = await page.evaluate(() => (globalThis as unknown as Tab).page.flood())
    // Of 20 MB, 4 MB may wait.
    expect(dropped).toBeGreaterThan(100)
    expect(dropped).toBeLessThan(165)
  })
})
