// Runs in the browser, for indexeddb.test.ts: the acceptance suite, one case at a time, the store itself, and clones on it.
import { openClone } from '../../src/index.js'
import { IndexedDbStore } from '../../src/stores/indexeddb.js'
import { testStore } from '../../src/testkit/store-suite.js'

const cases = new Map<string, () => Promise<void>>()
const query = new URLSearchParams(location.search)

testStore(
  { test: (name, run) => cases.set(name, run) },
  {
    create: name => new IndexedDbStore(name),
    reopen: store => new IndexedDbStore(store.location),
    persistent: true,
  },
  { seed: Number(query.get('seed')), steps: Number(query.get('steps')) },
)

const storePage = {
  IndexedDbStore,
  openClone,
  runCase: (name: string) => cases.get(name)!(),
  /** What matters of an error, as values that can leave the page. */
  failure: (promise: Promise<unknown>) =>
    promise.then(
      () => 'succeeded',
      ({ code, message, facts, cause }) => ({ code, message, facts, cause: cause?.name }),
    ),
}

declare global {
  var page: typeof storePage
}
globalThis.page = storePage
