// meldwork itself, through its public API: JSON in, JSON out. A follower stands on every clone and looks at each event, as an
// app would; the peers beside it have only the listener that gives their messages.
//
// Messages are what the clone publishes, taken from a transport that records and delivers nothing by itself. What is no
// message of operations (greetings) is not handed on. The whole is what its store holds after a checkpoint, for a clone that keeps no
// history for others; loading is opening a clone on a store that holds the same.
import { createRequire } from 'node:module'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { operationsIn } from '../lib/wire.mjs'

export const name = 'meldwork'
export const version = createRequire(import.meta.url)('meldwork/package.json').version

const domain = 'bench.example'
const everything = { gte: '!', lt: '~~' }
/** What the followers have seen, so that no compiler leaves their work out. */
export const seen = { events: 0 }

/** Records what is published; what `deliver` is given comes from the one other member. */
class RecordingTransport {
  maxMessageBytes = 64 << 20
  onMessage
  join(_channel, listener) {
    this.listener = listener
    queueMicrotask(() => {
      listener.state('online')
      listener.peers(new Map([['other', new Uint8Array(0)]]))
    })
    return { publish: bytes => this.publish(bytes), send: () => {}, announce: () => {}, close: () => {} }
  }
  publish(bytes) {
    if (this.onMessage !== undefined && operationsIn(bytes) !== undefined) this.onMessage(bytes)
  }
  deliver(bytes) {
    this.listener.message('other', bytes)
  }
  async close() {}
}

/** The object as JSON for the engine: `next` is a reference. */
const subject = (id, { name, count, score, active, next }) => ({
  '@id': id,
  name,
  count,
  score,
  active,
  next: { '@id': next },
})

class Document {
  constructor(clone, store, transport, onMessage) {
    this.clone = clone
    this.store = store
    this.transport = transport
    transport.onMessage = onMessage
    clone.follow(update => {
      seen.events += update['@insert'].length + update['@delete'].length
    })
  }
  putAll(entries) {
    return this.clone.write({ '@graph': entries.map(([id, object]) => subject(id, object)) })
  }
  put(id, object) {
    return this.clone.write(subject(id, object))
  }
  set(id, key, value) {
    return this.clone.patch({ '@id': id, [key]: value })
  }
  apply(message) {
    this.transport.deliver(message)
  }
  async settled() {
    await this.clone.flushed()
    const { refused, waiting, storage } = this.clone.status.value
    if (refused.malformed + refused.foreign + refused.newer + waiting.count > 0 || storage !== undefined)
      throw new Error(`not all was taken: ${JSON.stringify({ refused, waiting, storage })}`)
  }
  async encode() {
    await this.clone.close()
    const { store } = this
    await checkpointed(store)
    await store.open()
    const entries = []
    for await (const [key, value] of store.entries(everything)) entries.push([key, value])
    await store.close()
    await this.reopen()
    return pack(entries)
  }
  async reopen() {
    const { onMessage } = this.transport
    const { clone, transport } = await openDocument(this.store, onMessage)
    this.clone = clone
    this.transport = transport
  }
  get(id, key) {
    return this.clone.get(id, key)[key]
  }
  read(id) {
    const { '@id': _, next, ...rest } = this.clone.get(id) ?? {}
    return { ...rest, next: next?.['@id'] }
  }
  size() {
    return this.clone.stats().subjects
  }
  close() {
    return this.clone.close()
  }
}
