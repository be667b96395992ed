// What `growth` times: for each operation a function that prepares a domain of `size`, does the operation as often as there are subjects (or once, where it is about all of them), and
// returns the milliseconds.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import * as peer from '../peers/meldwork.mjs'
import { check, collect, now, until } from './measure.mjs'

const domain = 'growth.example'
/** As many subjects in each group at each size: so a question about a group has as many answers. */
const groupSize = 20
const row = (i, size) => ({
  '@id': `obj${i}`,
  name: `Name ${i}`,
  age: (i * 37) % 100,
  group: `group${Math.floor(i / groupSize)}`,
  next: { '@id': `obj${(i * 7919 + 1) % size}` },
})
const rows = size => Array.from({ length: size }, (_, i) => row(i, size))
/** Another order than that of writing. */
const shuffled = (i, size) => (i * 7919 + 13) % size

const open = options => openClone({ domain, store: new MemoryStore(), genesis: true, ...options })

async function filled(size, options) {
  const clone = await open(options)
  await clone.write({ '@graph': rows(size) })
  return clone
}

async function timed(use) {
  collect()
  const start = now()
  await use()
  return now() - start
}

/** Writes one by one; whoever writes much awaits now and then. */
async function each(size, write) {
  for (let i = 0; i < size; i++) {
    const written = write(i)
    if (i % 100 === 99) await written
  }
}

export const operations = {
  async write(size) {
    const clone = await open()
    const all = rows(size)
    const ms = await timed(async () => {
      await each(size, i => clone.write(all[i]))
      await clone.flushed()
    })
    check(clone.stats().subjects === size, `${clone.stats().subjects} subjects`)
    await clone.close()
    return ms
  },
  async get(size) {
    const clone = await filled(size)
    let found = 0
    const ms = await timed(() => {
      for (let i = 0; i < size; i++) found += clone.get(`obj${shuffled(i, size)}`).age
    })
    check(found > size, `${found} in all`)
    await clone.close()
    return ms
  },
  async query(size) {
    const clone = await filled(size)
    const ask = group =>
      clone.read({
        '@select': ['?s', '?t'],
        '@where': [
          { '@id': '?s', group, next: { '@id': '?t' } },
          { '@id': '?t', age: '?a' },
          { '@filter': { '@gt': ['?a', 50] } },
        ],
      }).length
    // Makes the indexes.
    ask('group0')
    let found = 0
    const ms = await timed(() => {
      for (let i = 0; i < size / groupSize; i++) found += ask(`group${shuffled(i, size / groupSize)}`)
    })
    check(found > size / 3, `${found} answers`)
    await clone.close()
    return ms
  },
  async merge(size) {
    const messages = []
    const writer = await peer.create(message => messages.push(message))
    await each(size, i => writer.clone.write(row(i, size)))
    await writer.settled()
    const reader = await peer.create()
    const ms = await timed(async () => {
      for (const message of messages) reader.apply(message)
      await reader.settled()
    })
    check(reader.clone.stats().digest === writer.clone.stats().digest, 'both are equal')
    for (const document of [writer, reader]) await document.close()
    return ms
  },
  async join(size) {
    const network = new MemoryNetwork()
    const options = { transport: new MemoryTransport(network), history: { operations: 0 } }
    const source = await open(options)
    // More of them: what is less is given as operations.
    const all = rows(3 * size)
    for (let at = 0; at < all.length; at += 1000) await source.write({ '@graph': all.slice(at, at + 1000) })
    // The checkpoint that lets the journal go waits for a pause.
    await until(() => source.stats().journalOperations < all.length / 1000, 'the source has let its journal go')
    let clone
    const ms = await timed(async () => {
      clone = await open({ ...options, transport: new MemoryTransport(network), genesis: false })
      await clone.status.becomes({ online: true, outdated: false }, { timeoutMs: 60_000 })
    })
    check(clone.stats().digest === source.stats().digest, 'the digest of the clone that joined')
    check(clone.stats().journalOperations < all.length / 1000, 'it has come as a state')
    for (const each of [clone, source]) await each.close()
    return ms
  },
  async open(size) {
    const store = new MemoryStore()
    // More of them: it takes so little that the noise would decide.
    const before = await filled(3 * size, { store })
    const { digest } = before.stats()
    await before.close()
    let clone
    const ms = await timed(async () => {
      clone = await open({ store })
    })
    check(clone.stats().digest === digest, 'the digest after opening')
    await clone.close()
    return ms
  },
  async list(size) {
    const clone = await open()
    const ms = await timed(async () => {
      await each(size, i => clone.write({ '@id': 'l', '@list': { [(i * 7919) % (i + 1)]: i } }))
      await clone.flushed()
    })
    check(clone.get('l')['@list'].length === size, 'the length of the list')
    await clone.close()
    return ms
  },
  async watch(size) {
    const clone = await filled(size)
    let told = 0
    for (let i = 0; i < 20; i++)
      clone.watch({ '@select': ['?s', '?a'], '@where': { '@id': '?s', group: `group${i}`, age: '?a' } }, change => {
        told += change.added.length
      })
    const ms = await timed(async () => {
      await each(size, i => clone.patch({ '@id': `obj${shuffled(i, size)}`, age: 100 + i }))
      await clone.flushed()
    })
    check(told >= 20 * groupSize, `${told} answers were told`)
    await clone.close()
    return ms
  },
}
