// Runs in Chromium, for the workload `browser`: a page that joins and opens a domain, as an app does.
import { openClone } from 'meldwork'
import { IndexedDbStore } from 'meldwork/stores/indexeddb'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'

let clone

globalThis.page = {
  /**
   * Opens a clone, and waits until it has what the domain holds.
   * @param disk whether it is kept in IndexedDB
   * @param url of a relay to join; without one it is only opened
   * @param mine whether it writes something before it has met anybody
   * @param busy whether somebody follows, and reads now and then meanwhile
   * @param digest what it is to have in the end
   */
  async open({ disk, url, mine, busy, digest, history }) {
    const store = disk ? new IndexedDbStore('bench') : new MemoryStore()
    const transport = url && new WebSocketTransport(url)
    performance.mark('begin')
    const start = performance.now()
    const genesis = url === undefined
    clone = await openClone({ domain: 'browser.example', store, transport, genesis, history })
    let updates = 0
    let stopReading = () => {}
    if (busy) {
      clone.follow(() => updates++)
      const timer = setInterval(() => {
        clone.get('obj7')
        clone.read({ '@select': '?name', '@where': { '@id': 'obj9', name: '?name' } })
      }, 20)
      stopReading = () => clearInterval(timer)
    }
    if (mine) clone.write({ '@id': 'mine', name: 'Mine' })
    if (url !== undefined) await clone.status.becomes({ outdated: false, online: true }, { timeoutMs: 60_000 })
    await clone.flushed()
    const ms = performance.now() - start
    // What a clone does beside, as writing a checkpoint, belongs to it.
    await new Promise(resolve => setTimeout(resolve, 1500))
    stopReading()
    performance.mark('end')
    const { subjects, digest: found } = clone.stats()
    if (digest !== undefined && !mine && found !== digest) throw new Error(`digest ${found}, not ${digest}`)
    return { ms, subjects, updates, journalOperations: clone.stats().journalOperations }
  },
  async write({ count }) {
    for (let i = 0; i < count; i++) {
      const durable = clone.write({ '@id': `later${i}`, name: `Later ${i}`, count: i }, { durability: 'written' })
      if (i % 100 === 99) await durable
    }
    await clone.flushed()
  },
  async close() {
    await clone.close()
    clone = undefined
  },
}
