// loro-crdt: a map of maps, in WebAssembly. It keeps the whole history. https://github.com/loro-dev/loro
import { LoroDoc, LoroMap, VersionVector } from 'loro-crdt'
import { versionOf } from '../lib/version.mjs'

export const name = 'loro'
export const version = versionOf('loro-crdt')
export const isWasm = true

class Document {
  constructor(onMessage, doc = new LoroDoc()) {
    this.doc = doc
    this.objects = doc.getMap('objs')
    this.shared = doc.getMap('map')
    if (onMessage) doc.subscribeLocalUpdates(onMessage)
  }
  insert(id, object) {
    const map = this.objects.setContainer(id, new LoroMap())
    for (const key in object) map.set(key, object[key])
  }
  putAll(entries) {
    for (const [id, object] of entries) this.insert(id, object)
    this.doc.commit()
  }
  put(id, object) {
    this.insert(id, object)
    this.doc.commit()
  }
  set(id, key, value) {
    this.objects.get(id).set(key, value)
    this.doc.commit()
  }
  assign(key, value) {
    this.shared.set(key, value)
    this.doc.commit()
  }
  assigned() {
    return this.shared.toJSON()
  }
  apply(message) {
    this.doc.import(message)
  }
  settled() {}
  encode() {
    return this.doc.export({ mode: 'snapshot' })
  }
  version() {
    return this.doc.oplogVersion().encode()
  }
  difference(version) {
    return [this.doc.export({ mode: 'update', from: VersionVector.decode(version) })]
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
export const load = (bytes, onMessage) => new Document(onMessage, LoroDoc.fromSnapshot(bytes))

class Text {
  constructor(onMessage) {
    this.doc = new LoroDoc()
    this.content = this.doc.getText('text')
    if (onMessage) this.doc.subscribeLocalUpdates(onMessage)
  }
  insert(index, text) {
    this.content.insert(index, text)
    this.doc.commit()
  }
  insertAll(edits) {
    for (const [index, text] of edits) this.content.insert(index, text)
    this.doc.commit()
  }
  apply(message) {
    this.doc.import(message)
  }
  settled() {}
  text() {
    return this.content.toString()
  }
}

export const createText = onMessage => new Text(onMessage)
