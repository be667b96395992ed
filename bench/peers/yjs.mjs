// yjs: a map of maps. https://github.com/yjs/yjs
import { createRequire } from 'node:module'
import * as Y from 'yjs'

export const name = 'yjs'
export const version = createRequire(import.meta.url)('yjs/package.json').version

const remote = Symbol('remote')

class Document {
  constructor(onMessage, doc = new Y.Doc()) {
    this.doc = doc
    this.objects = doc.getMap('objs')
    if (onMessage) doc.on('update', (update, origin) => origin === remote || onMessage(update))
  }
  putAll(entries) {
    this.doc.transact(() => {
      for (const [id, object] of entries) this.put(id, object)
    })
  }
  put(id, object) {
    this.objects.set(id, new Y.Map(Object.entries(object)))
  }
  set(id, key, value) {
    this.objects.get(id).set(key, value)
  }
  apply(message) {
    Y.applyUpdate(this.doc, message, remote)
  }
  settled() {}
  encode() {
    return Y.encodeStateAsUpdate(this.doc)
  }
  get(id, key) {
    return this.objects.get(id).get(key)
  }
  read(id) {
    return this.objects.get(id)?.toJSON()
  }
  size() {
    return this.objects.size
  }
}

export const create = onMessage => new Document(onMessage)

export function load(bytes, onMessage) {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, bytes)
  return new Document(onMessage, doc)
}
