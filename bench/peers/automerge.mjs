// automerge: an object of objects, in WebAssembly; texts as immutable values. It keeps the whole history. https://github.com/automerge/automerge
import * as A from '@automerge/automerge'
import { versionOf } from '../lib/version.mjs'

export const name = 'automerge'
export const version = versionOf('@automerge/automerge')

const base = A.save(A.from({ objs: {}, map: {} }))
const value = given => (typeof given === 'string' ? new A.ImmutableString(given) : given)
const plain = found => (found instanceof A.ImmutableString ? found.toString() : found)
const object = given => Object.fromEntries(Object.entries(given).map(([key, each]) => [key, value(each)]))
export const isWasm = true

class Document {
  constructor(onMessage, doc = A.load(base)) {
    this.doc = doc
    this.onMessage = onMessage
  }
  change(edit) {
    this.doc = A.change(this.doc, edit)
    this.onMessage?.(A.getLastLocalChange(this.doc))
  }
  putAll(entries) {
    this.change(doc => {
      for (const [id, given] of entries) doc.objs[id] = object(given)
    })
  }
  put(id, given) {
    this.putAll([[id, given]])
  }
  set(id, key, given) {
    this.change(doc => {
      doc.objs[id][key] = value(given)
    })
  }
  assign(key, given) {
    this.change(doc => {
      doc.map[key] = value(given)
    })
  }
  assigned() {
    return A.toJS(this.doc).map
  }
  apply(message) {
    this.applyAll([message])
  }
  applyAll(messages) {
    this.doc = A.applyChanges(this.doc, messages)[0]
  }
  settled() {}
  encode() {
    return A.save(this.doc)
  }
  version() {
    return A.getHeads(this.doc)
  }
  difference(version) {
    return A.getChangesSince(this.doc, version)
  }
  get(id, key) {
    return plain(this.doc.objs[id][key])
  }
  read(id) {
    const found = this.doc.objs[id]
    return found && Object.fromEntries(Object.entries(found).map(([key, each]) => [key, plain(each)]))
  }
  size() {
    return Object.keys(this.doc.objs).length
  }
}

export const create = onMessage => new Document(onMessage)
export const load = (bytes, onMessage) => new Document(onMessage, A.load(bytes))
