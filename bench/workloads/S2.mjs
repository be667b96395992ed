// S2: a replica has the objects, and lacks 1,000 changes (a transaction each) that another has made: it says what it has, gets the difference and applies it.
//
// The peers are asked for version and difference. Ours are two clones on a network in the process: one comes back, and all that both say is counted; the bytes compared are those of
// the messages with operations, as with the peers.
import { openClone } from 'meldwork'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { Sent } from '../lib/counted.mjs'
import { check, now } from '../lib/measure.mjs'
import { wholeOf } from '../lib/wholes.mjs'
import { operationsType } from '../lib/wire.mjs'

export const title = '1,000 changes behind: version, difference, apply'
export const only = ['meldwork', 'yjs', 'loro', 'automerge']
export const settings = { capMs: 12_000 }
export const measures = {
  totalMs: 'version, difference and apply ms',
  differenceBytes: 'bytes of the difference',
  allBytes: 'bytes of all messages',
}

const changes = 1_000

export async function run(peer, entries) {
  const whole = await wholeOf(peer, entries)
  const targets = Array.from({ length: changes }, (_, i) => `obj${(i * 7) % entries.length}`)
  return peer.name === 'meldwork' ? meet(peer, whole, targets) : ask(peer, whole, targets)
}

async function ask(peer, whole, targets) {
  const [ahead, behind] = [await peer.load(whole, () => {}), await peer.load(whole, () => {})]
  check(behind.get('obj1', 'count') === 3, 'obj1.count')
  for (const [i, id] of targets.entries()) ahead.set(id, 'count', -i - 1)
  const t0 = now()
  const version = behind.version()
  const difference = ahead.difference(version)
  if (behind.applyAll) behind.applyAll(difference)
  else for (const message of difference) behind.apply(message)
  const totalMs = now() - t0
  for (const [i, id] of targets.entries()) check(behind.get(id, 'count') === -i - 1, `${id}.count`)
  const differenceBytes = difference.reduce((bytes, { length }) => bytes + length, 0)
  // A list of hashes, where it is no bytes.
  const versionBytes = version.length * (typeof version[0] === 'string' ? 32 : 1)
  return { totalMs, differenceBytes, allBytes: differenceBytes + versionBytes }
}

async function meet(peer, whole, targets) {
  const network = new MemoryNetwork()
  const sent = new Sent()
  const transports = [new MemoryTransport(network), new MemoryTransport(network)]
  const clones = []
  for (const transport of transports) {
    const store = await peer.storeOf(whole)
    clones.push(await openClone({ domain: peer.domain, store, transport: sent.on(transport) }))
  }
  const [ahead, behind] = clones
  let events = 0
  for (const clone of clones)
    clone.follow(update => {
      events += update['@insert'].length
    })
  await Promise.all(clones.map(clone => clone.status.becomes({ online: true, outdated: false }, { timeoutMs: 5000 })))
  transports[1].offline()
  await behind.status.becomes({ online: false })
  for (const [i, id] of targets.entries()) await ahead.patch({ '@id': id, count: -i - 1 })
  const { ticks } = behind.status.value
  sent.clear()
  const t0 = now()
  transports[1].online()
  await behind.status.becomes({ ticks: ticks + changes }, { timeoutMs: 5000 })
  const totalMs = now() - t0
  const figures = { totalMs, differenceBytes: sent.bytesOf(operationsType), allBytes: sent.bytes }
  for (const [i, id] of targets.entries()) check(behind.get(id, 'count').count === -i - 1, `${id}.count`)
  check(behind.stats().digest === ahead.stats().digest, 'both are equal')
  check(events >= 2 * changes, 'the followers were told')
  for (const clone of clones) await clone.close()
  return figures
}
