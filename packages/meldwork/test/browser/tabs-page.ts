// Runs in the browser, for tabs.test.ts: an app whose tabs share a store.
import type { Clone } from '../../src/index.js'
import { IndexedDbStore } from '../../src/stores/indexeddb.js'
import { openTabClone } from '../../src/tabs/index.js'
import { WebSocketTransport } from '../../src/transports/websocket.js'

declare global {
  /** Tells the test: this write has been acknowledged. */
  var acknowledged: (id: string) => Promise<void>
}

const relay = new URLSearchParams(location.search).get('relay')
let clone: Clone | undefined

const tabsPage = {
  /** @returns for how many milliseconds it was opened */
  async open(domain: string): Promise<number> {
    const sinceMs = performance.now()
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
  contents: () => ({
    titles: clone!.read({ '@select': ['?s', '?t'], '@where': { '@id': '?s', title: '?t' } }).length,
    log: [...((clone!.get('log')?.['@list'] ?? []) as string[])],
  }),
}

/** What this script puts into its page. */
export type TabsPage = typeof tabsPage
Object.assign(globalThis, { page: tabsPage })
