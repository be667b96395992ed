// browser: how long a page in Chromium is kept from anything else while it joins, and opens, a domain of 60,000 subjects x 5 properties. The relay is in a process of its own.
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { recordTasks } from '../browser/tasks.mjs'
import { withGateway } from '../lib/gateway.mjs'
import { check } from '../lib/measure.mjs'

export const title =
  'a page in Chromium joins, and opens, a domain of 60,000 subjects of 5 properties: its longest tasks'
export const only = ['meldwork']
export const settings = { warm: 0, runs: 1 }

const scenes = {
  state: 'joining by state (store in memory), nobody follows',
  followed: 'joining by state (store in memory)',
  disk: 'joining by state (IndexedDB)',
  open: 'opening (IndexedDB)',
  tail: 'opening with a journal of 10,000 writes',
  written: 'joining by state what it has written to',
  journal: 'joining by 60 operations of 1,000 subjects',
}
export const measures = Object.fromEntries(
  Object.entries(scenes).flatMap(([name, text]) => [
    [`${name}Ms`, `${text}: ms`],
    [`${name}Task`, '... longest task ms'],
    [`${name}Busy`, '... of the processor'],
  ]),
)

const count = 60_000
const domain = 'browser.example'
const load = async path => (await runnerImport(fileURLToPath(new URL(path, import.meta.url)))).module

export async function run() {
  const { findChromium, launchChromium, noChromium } = await load('../../test/browser/chromium.ts')
  const { serveScript } = await load('../../packages/meldwork/test/browser/serve.ts')
  const executable = await findChromium()
  check(executable !== undefined, noChromium)
  const server = await serveScript(new URL('../browser/page.mjs', import.meta.url))
  const browser = await launchChromium(executable)
  const figures = {}

  /** Opens a clone in a page of its own. */
  const scene = async (name, options, before = () => {}) => {
    const page = await browser.context.newPage()
    await page.goto(`http://localhost:${server.port}/`)
    await page.waitForFunction(() => globalThis.page !== undefined)
    const open = () => page.evaluate(given => globalThis.page.open(given), options)
    const { result, byClock, byProcessor } = await recordTasks(page, open)
    check(result.subjects >= count, `${result.subjects} subjects`)
    Object.assign(figures, { [`${name}Ms`]: result.ms, [`${name}Task`]: byClock[0], [`${name}Busy`]: byProcessor[0] })
    await before(page)
    await page.evaluate(() => globalThis.page.close())
    await page.close()
  }

  try {
    await withGateway({ domain, history: { operations: 0 } }, async (url, tell) => {
      const digest = await tell({ write: { count, each: 1000 } })
      await scene('state', { url, digest })
      await scene('followed', { url, digest, busy: true })
      await scene('disk', { url, digest, busy: true, disk: true })
      const write = page => page.evaluate(given => globalThis.page.write(given), { count: 10_000 })
      await scene('open', { digest, busy: true, disk: true }, write)
      await scene('tail', { busy: true, disk: true })
      await scene('written', { url, busy: true, mine: true })
    })
    await withGateway({ domain }, async (url, tell) => {
      const digest = await tell({ write: { count, each: 1000 } })
      await scene('journal', { url, digest, busy: true })
    })
  } finally {
    await browser.close()
    await server.close()
  }
  return figures
}
