import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { SocketIoTransport } from '../../src/transports/socketio.js'
import { serveOnSocketIo } from '../transports/socketio-server.js'
import { serveScript } from './serve.js'
import type { SocketIoPage } from './socketio-page.js'

const executable = await findChromium()

describe.skipIf(!executable)(`SocketIoTransport in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  let browser: LaunchedChromium
  let scripts: Awaited<ReturnType<typeof serveScript>>
  let server: Awaited<ReturnType<typeof serveOnSocketIo>>

  beforeAll(async () => {
    scripts = await serveScript(new URL('socketio-page.ts', import.meta.url))
    server = await serveOnSocketIo({}, 0, { cors: { origin: `http://127.0.0.1:${scripts.port}` } })
    browser = await launchChromium(executable!, {})
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await scripts?.close()
  })

  test.each([[['polling']], [['websocket']], [['polling', 'websocket']]] as ('polling' | 'websocket')[][][])(
    'a page and a process hear each other, the page by %s',
    async transports => {
      const url = `http://127.0.0.1:${server.port}`
      const near = new SocketIoTransport(url)
      const heard: Uint8Array[] = []
      const channel = near.join(transports.join('-'), {
        message: (_, bytes) => heard.push(bytes),
        peers: present => {
          // What the page answers is what it hears.
          if (present.size > 0) channel.publish(Uint8Array.from({ length: 100_000 }, (_, index) => index))
        },
        state() {},
      })
      const page = await browser.context.newPage()
      await page.goto(`http://127.0.0.1:${scripts.port}/`)
      await page.waitForFunction(() => 'page' in globalThis)
      const length = await page.evaluate(
        ({ url, transports }) =>
          new Promise<number>(resolve => {
            const { SocketIoTransport } = (globalThis as unknown as { page: SocketIoPage }).page
            const transport = new SocketIoTransport(url, { socketOptions: { transports } })
            const channel = transport.join(transports.join('-'), {
              message: (_, bytes) => {
                channel.publish(bytes)
                resolve(bytes.length)
              },
              peers() {},
              state() {},
            })
          }),
        { url, transports },
      )
      expect(length).toBe(100_000)
      await expect.poll(() => heard.length, { timeout: 5000 }).toBe(1)
      expect(heard[0]).toEqual(Uint8Array.from({ length: 100_000 }, (_, index) => index))
      await page.close()
      await near.close()
    },
  )
})
