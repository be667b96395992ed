// Runs in the browser, for tabs.test.ts: an app whose tabs share a store.
import type { Clone } from '../../src/index.js'
import { IndexedDbStore } from '../../src/stores/indexeddb.js'
import { openTabClone } from '../../src/tabs/index.js'
import { WebSocketTransport } from '../../src/transports/websocket.js'

declare global {
  /** Tells the test: this write has been acknowledged. */
  var acknowledged: (id: string) => Promise<void>
}

/** A page that is shown again, or loaded on the way back, writes that it is there. */
addEventListener('pageshow', async ({ persisted }) => {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  if (!persisted && navigation.type !== 'back_forward') return
  const domain = sessionStorage.getItem('domain')
  if (domain === null) return
  if (!persisted) await tabsPage.open(domain)
  await tabsPage.write('w-back')
})

const relay = new URLSearchParams(location.search).get('relay')
let clone: Clone | undefined

const tabsPage = {
  /** @returns for how many milliseconds it was opened */
  async open(domain: string): Promise<number> {
    const sinceMs = performance.now()
    globalThis.sessionStorage?.setItem('domain', domain)
    const transport = relay === null ? undefined : new WebSocketTransport(`ws://localhost:${relay}`)
    clone = await openTabClone({ domain, store: new IndexedDbStore(domain), transport, genesis: true })
    return performance.now() - sinceMs
  },
  close: () => clone!.close(),
  status: () => {
    const { keeper, outdated, unsent, peers, ticks, storage } = clone!.status.value
    return { keeper, outdated, unsent, peers, ticks, storage: storage?.message }
  },
  /** Resolves when it is acknowledged. */
  async write(id: string): Promise<void> {
    await clone!.write([
      { '@id': id, title: id },
      { '@id': 'log', '@list': { 0: id } },
    ])
    await globalThis.acknowledged?.(id)
  },
  /** Resolves when there is something of that name. */
  arrival: (id: string) =>
    new Promise<void>(resolve => {
      const look = () => {
        if (clone!.get(id) !== undefined) resolve()
      }
      clone!.follow(look)
      look()
    }),
  contents: () => ({
    titles: clone!.read({ '@select': ['?s', '?t'], '@where': { '@id': '?s', title: '?t' } }).length,
    log: [...((clone!.get('log')?.['@list'] ?? []) as string[])],
  }),
}

// In a worker: does what it is told, and tells when it is done.
if (typeof document === 'undefined')
  addEventListener('message', async ({ data: [method, argument] }) => {
    await tabsPage[method as 'open' | 'write'](argument)
    postMessage(method)
  })

/** What this script puts into its page. */
export type TabsPage = typeof tabsPage
Object.assign(globalThis, { page: tabsPage })
