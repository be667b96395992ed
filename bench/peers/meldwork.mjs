// This engine, through its public API: JSON in, events on. A follower stands on every clone and looks at each event, as an
// app would; the peers beside it have only the listener that gives their messages.
//
// A message is what the clone publishes for a transaction, taken from a transport that records and delivers nothing. The
// whole is what its store holds; loading is opening a clone on a store that holds the same.
import { createRequire } from 'node:module'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'

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
    queueMicrotask(() => listener.state('online'))
    return { publish: bytes => this.onMessage?.(bytes), send: () => {}, announce: () => {}, close: () => {} }
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
    this.failure = undefined
    transport.onMessage = onMessage
    clone.follow(update => {
      seen.events += update['@insert'].length + update['@delete'].length
    })
  }
  write(promise) {
    promise.catch(error => {
      this.failure ??= error
    })
  }
  putAll(entries) {
    this.write(this.clone.write({ '@graph': entries.map(([id, object]) => subject(id, object)) }))
  }
  put(id, object) {
    this.write(this.clone.write(subject(id, object)))
  }
  set(id, key, value) {
    this.write(this.clone.patch({ '@id': id, [key]: value }))
  }
  apply(message) {
    this.transport.deliver(message)
  }
  async settled() {
    await this.clone.flushed()
    await this.clone.sent()
    if (this.failure) throw this.failure
  }
  async encode() {
    await this.clone.flushed()
    const entries = []
    for await (const [key, value] of this.store.entries(everything)) entries.push([key, value])
    return pack(entries)
  }
  get(id, key) {
    return this.clone.get(id)[key]
  }
  read(id) {
    const { next, ...rest } = this.clone.get(id) ?? {}
    return { ...rest, next: next?.['@id'] }
  }
  size() {
    return this.clone.read({ '@select': '?s', '@where': { '@id': '?s', count: '?c' } }).length
  }
  close() {
    return this.clone.close()
  }
}

async function open(store, onMessage) {
  const transport = new RecordingTransport()
  const clone = await openClone({ domain, store, transport, genesis: true })
  return new Document(clone, store, transport, onMessage)
}

export const create = onMessage => open(new MemoryStore(), onMessage)

export async function load(bytes, onMessage) {
  const store = new MemoryStore()
  await store.open()
  await store.batch(unpack(bytes))
  await store.close()
  return open(store, onMessage)
}

/** All entries of a store in one array of bytes: for each the lengths of key and value, then both. */
function pack(entries) {
  const parts = entries.flatMap(([key, value]) => {
    const head = Buffer.alloc(8)
    head.writeUInt32LE(key.length, 0)
    head.writeUInt32LE(value.length, 4)
    return [head, Buffer.from(key, 'latin1'), value]
  })
  return Buffer.concat(parts)
}

function unpack(bytes) {
  const changes = []
  for (let at = 0; at < bytes.length; ) {
    const keyEnd = at + 8 + bytes.readUInt32LE(at)
    const valueEnd = keyEnd + bytes.readUInt32LE(at + 4)
    const key = bytes.toString('latin1', at + 8, keyEnd)
    changes.push({ key, value: new Uint8Array(bytes.subarray(keyEnd, valueEnd)) })
    at = valueEnd
  }
  return changes
}
