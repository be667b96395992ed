// meeting: two clones of a domain in which 10,000 others have come, written once and gone meet: what they send, beside the operations that they lack. That past is
// made of operations that nobody has written, which the engine's own parts encode.
import { setTimeout } from 'node:timers/promises'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { Sent } from '../lib/counted.mjs'
import { check, now, until } from '../lib/measure.mjs'
import { past, remember } from '../lib/past.mjs'
import { operationsType } from '../lib/wire.mjs'

export const title = 'two clones meet when 10,000 others have come and gone: bytes beside operations'
export const only = ['meldwork']
export const settings = { warm: 0, runs: 1 }
export const measures = {
  equalBytes: 'equal: bytes',
  equalMessages: 'equal: messages',
  lackBytes: 'one lacks 10: bytes',
  lackMessages: 'one lacks 10: messages',
  bothBytes: 'each lacks 5: bytes',
  bothMessages: 'each lacks 5: messages',
  bothMs: 'each lacks 5: ms until they have the same',
}

const domain = 'meeting.example'
/** After this long nothing more is said, but what is said every quarter of a minute. */
const quietMs = 2_500

export async function run() {
  const shared = past(9_990)
  const [some, others, ten] = [past(5, shared), past(5, shared), past(10, shared)]
  const all = [...shared, ...ten]
  const figures = {}
  for (const [name, mine, theirs] of [
    ['equal', all, all],
    ['lack', all, shared],
    ['both', [...shared, ...some], [...shared, ...others]],
  ]) {
    const { bytes, messages, ms } = await meet(mine, theirs)
    Object.assign(figures, { [`${name}Bytes`]: bytes, [`${name}Messages`]: messages, [`${name}Ms`]: ms })
  }
  return figures
}

async function meet(...pasts) {
  const network = new MemoryNetwork()
  const sent = new Sent()
  const stores = []
  for (const operations of pasts) {
    const store = new MemoryStore()
    await remember({ domain, store }, operations)
    stores.push(store)
  }
  const clones = []
  const t0 = now()
  for (const store of stores)
    clones.push(await openClone({ domain, store, transport: sent.on(new MemoryTransport(network)) }))
  await until(() => clones.every(clone => !clone.status.value.outdated), 'both have met')
  await until(() => new Set(clones.map(clone => clone.stats().digest)).size === 1, 'both have the same')
  const ms = now() - t0
  await setTimeout(quietMs)
  const count = new Set(pasts.flat()).size
  for (const clone of clones) {
    check(clone.stats().replicas === count, `${clone.stats().replicas} replicas, not ${count}`)
    await clone.close()
  }
  return { bytes: sent.bytes - sent.bytesOf(operationsType), messages: sent.messages, ms }
}
