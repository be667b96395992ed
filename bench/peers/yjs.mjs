// yjs: a map of maps. https://github.com/yjs/yjs
import * as Y from 'yjs'
import { versionOf } from '../lib/version.mjs'

export const name = 'yjs'
export const version = versionOf('yjs')

const remote = Symbol('remote')

class Document {
  constructor(onMessage, doc = new Y.Doc()) {
    this.doc = doc
    this.objects = doc.getMap('objs')
    this.shared = doc.getMap('map')
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
  assign(key, value) {
    this.shared.set(key, value)
  }
  assigned() {
    return this.shared.toJSON()
  }
  apply(message) {
    Y.applyUpdate(this.doc, message, remote)
  }
  settled() {}
  encode() {
    return Y.encodeStateAsUpdate(this.doc)
  }
  version() {
    return Y.encodeStateVector(this.doc)
  }
  difference(version) {
    return [Y.encodeStateAsUpdate(this.doc, version)]
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

class Text {
  constructor(onMessage) {
    this.doc = new Y.Doc()
    this.content = this.doc.getText('text')
    if (onMessage) this.doc.on('update', (update, origin) => origin === remote || onMessage(update))
  }
  insert(index, text) {
    this.content.insert(index, text)
  }
  insertAll(edits) {
    this.doc.transact(() => {
      for (const [index, text] of edits) this.content.insert(index, text)
    })
  }
  apply(message) {
    Y.applyUpdate(this.doc, message, remote)
  }
  settled() {}
  text() {
    return this.content.toString()
  }
}

export const createText = onMessage => new Text(onMessage)
