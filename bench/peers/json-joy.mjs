// json-joy, the last version under Apache-2.0: an object of objects of constants. https://github.com/streamich/json-joy
// Each document has a session id of its own from the whole range, as in real use: it takes more bytes than a small one.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Model } = require('json-joy/lib/json-crdt')
const { Patch, s } = require('json-joy/lib/json-crdt-patch')

export const name = 'json-joy'
export const version = require('json-joy/package.json').version

const base = Model.create()
base.api.set({ objs: {}, map: {}, text: '' })
base.api.flush()
const empty = base.toBinary()
const sessionId = () => Math.floor(2 ** 52 + Math.random() * 2 ** 51)

class Document {
  constructor(onMessage, model = Model.fromBinary(empty).fork(sessionId())) {
    this.model = model
    this.objects = model.api.obj(['objs'])
    this.shared = model.api.obj(['map'])
    this.onMessage = onMessage
  }
  flush() {
    const patch = this.model.api.flush()
    if (this.onMessage && patch) this.onMessage(patch.toBinary())
  }
  insert(id, object) {
    const constants = {}
    for (const key in object) constants[key] = s.con(object[key])
    this.objects.set({ [id]: s.obj(constants) })
  }
  putAll(entries) {
    for (const [id, object] of entries) this.insert(id, object)
    this.flush()
  }
  put(id, object) {
    this.insert(id, object)
    this.flush()
  }
  set(id, key, value) {
    this.model.api.obj(['objs', id]).set({ [key]: s.con(value) })
    this.flush()
  }
  assign(key, value) {
    this.shared.set({ [key]: s.con(value) })
    this.flush()
  }
  assigned() {
    return this.shared.view()
  }
  apply(message) {
    this.model.applyPatch(Patch.fromBinary(message))
  }
  settled() {}
  encode() {
    return this.model.toBinary()
  }
  get(id, key) {
    return this.objects.node.get(id).get(key).view()
  }
  read(id) {
    return this.objects.node.get(id)?.view()
  }
  size() {
    return Object.keys(this.objects.view()).length
  }
}

export const create = onMessage => new Document(onMessage)
export const load = (bytes, onMessage) => new Document(onMessage, Model.load(bytes, sessionId()))

class Text extends Document {
  content = this.model.api.str(['text'])
  insert(index, text) {
    this.content.ins(index, text)
    this.flush()
  }
  insertAll(edits) {
    for (const [index, text] of edits) this.content.ins(index, text)
    this.flush()
  }
  text() {
    return this.content.view()
  }
}

export const createText = onMessage => new Text(onMessage)
