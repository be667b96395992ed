// Runs in the browser, for blocks.test.ts: the acceptance suite over the stores that browsers have, one case at a time, and the stores themselves.
import { DeflateBlocks } from '../../src/blocks/deflate.js'
import { HttpBlocks } from '../../src/blocks/http.js'
import { IndexedDbBlocks } from '../../src/blocks/indexeddb.js'
import type { BlockStore } from '../../src/ports/index.js'
import { testBlocks } from '../../src/testkit/block-suite.js'

const cases = { plain: new Map<string, () => Promise<void>>(), deflated: new Map<string, () => Promise<void>>() }
const query = new URLSearchParams(location.search)
const options = { seed: Number(query.get('seed')), steps: Number(query.get('steps')), files: 200 }

/** What another program, or another version of this one, has left there. */
const strew = (store: BlockStore) =>
  new Promise<string[]>((resolve, reject) => {
    const request = indexedDB.open(store.location)
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const transaction = request.result.transaction('blocks', 'readwrite')
      transaction.objectStore('blocks').put(new Uint8Array(1), 'theirs.txt')
      transaction.objectStore('blocks').put(new Uint8Array(1), 'no block')
      transaction.objectStore('blocks').put(new Uint8Array(1), 7)
      transaction.oncomplete = () => {
        request.result.close()
        resolve(['theirs.txt'])
      }
    }
  })

const common = {
  missing: (name: string) => new IndexedDbBlocks(name),
  watchMs: 2000,
  remove: async (store: BlockStore) => {
    indexedDB.deleteDatabase(store.location)
  },
}
testBlocks(
  { test: (name, run) => cases.plain.set(name, run) },
  {
    ...common,
    create: name => new IndexedDbBlocks(name, { create: true }),
    another: store => new IndexedDbBlocks(store.location),
    strew,
  },
  options,
)
testBlocks(
  { test: (name, run) => cases.deflated.set(name, run) },
  {
    ...common,
    create: name => new DeflateBlocks(new IndexedDbBlocks(name, { create: true })),
    another: store => new DeflateBlocks(new IndexedDbBlocks(store.location)),
    maxNameLength: 194,
  },
  options,
)

const blocksPage = {
  IndexedDbBlocks,
  HttpBlocks,
  names: (kind: 'plain' | 'deflated') => [...cases[kind].keys()],
  runCase: (kind: 'plain' | 'deflated', name: string) => cases[kind].get(name)!(),
}

declare global {
  var blocks: typeof blocksPage
}
globalThis.blocks = blocksPage
