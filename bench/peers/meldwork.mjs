// meldwork itself, through its public API: JSON in, JSON out. A follower stands on every clone and looks at each event, as an
// app would; the peers beside it have only the listener that gives their messages.
//
// Messages are what the clone publishes, taken from a transport that records and delivers nothing by itself. What is no
// message of operations (greetings) is not handed on. The whole is what its store holds after a checkpoint, for a clone that keeps no
// history for others; loading is opening a clone on a store that holds the same.
import { createRequire } from 'node:module'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { Sent } from '../lib/counted.mjs'
import { operationsIn } from '../lib/wire.mjs'

export const name = 'meldwork'
export const version = createRequire(import.meta.url)('meldwork/package.json').version

export const domain = 'bench.example'
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

/** Counts what is written to it. */
class CountingStore extends MemoryStore {
  batches = 0
  batch(changes, durability) {
    this.batches++
    return super.batch(changes, durability)
  }
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
  assign(key, value) {
    return this.clone.patch({ '@id': 'map', [key]: value })
  }
  assigned() {
    const { '@id': _, ...rest } = this.clone.get('map') ?? {}
    return rest
  }
  assignApart(key, value) {
    return this.clone.patch({ '@id': key, value })
  }
  assignedApart(keys) {
    return Object.fromEntries(keys.map(key => [key, this.clone.get(key)?.value]))
  }
  apply(message) {
    this.transport.deliver(message)
  }
  async settled() {
    // A message of many operations is taken in by and by.
    for (let ticks = -1; ticks !== this.clone.status.value.ticks; ) {
      ticks = this.clone.status.value.ticks
      await setImmediate()
    }
    await this.clone.flushed()
    const { refused, waiting, storage } = this.clone.status.value
    if (refused.malformed + refused.foreign + refused.newer + waiting.count > 0 || storage !== undefined)
      throw new Error(`not all was taken: ${JSON.stringify({ refused, waiting, storage })}`)
  }
  async encode() {
    // A long journal becomes a checkpoint by itself, once there is a pause.
    for (let waits = 0; waits < 200 && this.clone.stats().tailBytes > 256 * 1024; waits++) await setTimeout(5)
    // A copy is of one instant: nothing may be written meanwhile, as a checkpoint that is due would be.
    for (;;) {
      const batches = this.store.batches
      const entries = []
      for await (const [key, value] of this.store.entries(everything)) entries.push([key, value])
      if (this.store.batches === batches) return pack(entries)
    }
  }
  /** Bytes of all messages until a new clone has the state from this one. */
  async sentBytes() {
    const network = new MemoryNetwork()
    const sent = new Sent()
    const open = store =>
      openClone({ domain, store, transport: sent.on(new MemoryTransport(network)), history: { operations: 0 } })
    const clones = [await open(await storeOf(await this.encode())), await open(new MemoryStore())]
    await clones[1].status.becomes({ online: true, outdated: false }, { timeoutMs: 10_000 })
    if (clones[0].stats().digest !== clones[1].stats().digest)
      throw new Error('wrong result: the digest of a clone that joined')
    for (const clone of clones) await clone.close()
    return sent.bytes
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
  index(object) {
    // A question by value for each property: the first makes the index of all its values.
    const { '@id': _, ...properties } = subject('', object)
    for (const [key, value] of Object.entries(properties))
      this.clone.read({ '@select': '?s', '@where': { '@id': '?s', [key]: value }, '@limit': 1 })
  }
  close() {
    return this.clone.close()
  }
}

async function open(store, onMessage, options, Kind = Document) {
  const transport = new RecordingTransport()
  const clone = await openClone({ domain, store, transport, genesis: true, ...options })
  // Online, and the other seen.
  await clone.status.becomes({ online: true, peers: 1 }, { timeoutMs: 1000 })
  return new Kind(clone, store, transport, onMessage)
}

/**
 * @param options.historyless keep no operations for clones that were away: the store then holds the state alone
 * @param options.constraints rules, in the workload about these
 */
export const create = (onMessage, { historyless = false, constraints } = {}) =>
  open(new CountingStore(), onMessage, { history: historyless ? { operations: 0 } : undefined, constraints })

export const load = async (bytes, onMessage, { constraints } = {}) =>
  open(await storeOf(bytes), onMessage, { constraints })

/** A store that holds what `encode` gave. */
export async function storeOf(bytes) {
  const store = new CountingStore()
  await store.open()
  await store.batch(unpack(bytes))
  await store.close()
  return store
}

/** A list of single characters: there is no text yet. */
class Text extends Document {
  insert(index, text) {
    return this.clone.write({ '@id': 'text', '@list': { [index]: [...text] } })
  }
  /** A transaction each, in one turn: few messages. In one batch, each would look the list up anew. */
  insertAll(edits) {
    for (const [index, text] of edits) void this.insert(index, text)
  }
  text() {
    return this.clone.get('text')?.['@list'].join('') ?? ''
  }
}

export const createText = onMessage => open(new CountingStore(), onMessage, {}, Text)

/** The operations in a message: how many, and their bytes without the envelope. */
export const operations = operationsIn

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
