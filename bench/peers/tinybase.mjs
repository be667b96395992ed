// tinybase: a mergeable store of rows of cells; messages as JSON. https://github.com/tinyplex/tinybase
import { randomUUID } from 'node:crypto'
import { createMergeableStore } from 'tinybase/mergeable-store'
import { versionOf } from '../lib/version.mjs'

export const name = 'tinybase'
export const version = versionOf('tinybase')

/** JSON has no `undefined`: tinybase's own sign for it. */
const sign = '\uFFFC'
const toBytes = json => Buffer.from(JSON.stringify(json, (_, value) => (value === undefined ? sign : value)))
const fromBytes = bytes => JSON.parse(bytes.toString(), (_, value) => (value === sign ? undefined : value))

class Document {
  constructor(onMessage, store = createMergeableStore(randomUUID())) {
    this.store = store
    this.applying = false
    if (onMessage)
      store.addDidFinishTransactionListener(() => {
        if (!this.applying) onMessage(toBytes(store.getTransactionMergeableChanges()))
      })
  }
  putAll(entries) {
    this.store.transaction(() => {
      for (const [id, object] of entries) this.put(id, object)
    })
  }
  put(id, object) {
    this.store.setRow('objs', id, object)
  }
  set(id, key, value) {
    this.store.setCell('objs', id, key, value)
  }
  assign(key, value) {
    this.store.setCell('map', 'map', key, value)
  }
  assigned() {
    return this.store.getRow('map', 'map')
  }
  apply(message) {
    this.applying = true
    this.store.applyMergeableChanges(fromBytes(message))
    this.applying = false
  }
  settled() {}
  encode() {
    return toBytes(this.store.getMergeableContent())
  }
  get(id, key) {
    return this.store.getCell('objs', id, key)
  }
  read(id) {
    return this.store.getRow('objs', id)
  }
  size() {
    return this.store.getRowCount('objs')
  }
}

export const create = onMessage => new Document(onMessage)

export function load(bytes, onMessage) {
  const store = createMergeableStore(randomUUID())
  store.setMergeableContent(fromBytes(bytes))
  return new Document(onMessage, store)
}
