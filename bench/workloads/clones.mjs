// clones: 10 and 100 clones of a domain in one process, and what they give to their transports to send: a message to everybody is one. A write, here, is a transaction of one property.
import { setTimeout } from 'node:timers/promises'
import { openClone } from 'meldwork'
import { platformEnvironment } from 'meldwork/ports'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { Sent } from '../lib/counted.mjs'
import { check, now, until } from '../lib/measure.mjs'

export const title = '10 and 100 clones in a domain: messages and bytes, a write and when one arrives'
export const only = ['meldwork']
export const settings = { warm: 0, runs: 1 }

const sizes = [10, 100]
export const measures = Object.fromEntries(
  sizes.flatMap(size => [
    [`streamMessages${size}`, `${size} clones: messages a write, one writer`],
    [`streamBytes${size}`, `${size}: bytes a write, one writer`],
    [`streamUs${size}`, `${size}: us a write, for each clone`],
    [`manyMessages${size}`, `${size}: messages a write, 10 writers at once`],
    [`manyBytes${size}`, `${size}: bytes a write, 10 writers at once`],
    [`arriveMessages${size}`, `${size}: messages when an empty one arrives`],
    [`arriveBytes${size}`, `${size}: bytes when an empty one arrives`],
    [`returnMessages${size}`, `${size}: messages when one returns that lacks nothing`],
    [`returnBytes${size}`, `${size}: bytes when one returns that lacks nothing`],
  ]),
)

const domain = 'clones.example'
const writes = 200
const writerCount = 10
/** After this long all that follows from a write has been said. */
const quietMs = 1_000
/** What clones say every quarter of a minute, whatever happens, is left out: how much of it there is depends on how fast the machine is. */
const environment = {
  ...platformEnvironment,
  schedule: (callback, delayMs, background) =>
    delayMs > 10_000 ? () => {} : platformEnvironment.schedule(callback, delayMs, background),
}

export async function run() {
  const figures = {}
  for (const size of sizes)
    for (const [name, value] of Object.entries(await measure(size))) figures[`${name}${size}`] = value
  return figures
}

async function measure(size) {
  const network = new MemoryNetwork()
  const sent = new Sent()
  const members = []
  const enter = async () => {
    const transport = new MemoryTransport(network)
    const genesis = members.length === 0
    const store = new MemoryStore()
    const clone = await openClone({ domain, store, transport: sent.on(transport), genesis, environment })
    members.push({ clone, transport })
    return clone
  }
  const isEqual = () => new Set(members.map(({ clone }) => clone.stats().digest)).size === 1
  /** What is sent while something is done, and until it has become quiet. */
  const during = async act => {
    sent.clear()
    const t0 = now()
    await act()
    await until(isEqual, 'all have the same')
    const ms = now() - t0
    await setTimeout(quietMs)
    check(isEqual(), 'all have the same')
    return { messages: sent.messages, bytes: sent.bytes, ms }
  }
  let written = 0
  const writeSome = async (writer, count) => {
    for (let i = 0; i < count; i++)
      await members[writer].clone.write({ '@id': `subject${++written}`, name: `Name ${i}` })
  }

  for (let i = 0; i < size; i++) await enter()
  await Promise.all(members.map(({ clone }) => clone.status.becomes({ outdated: false }, { timeoutMs: 60_000 })))
  await setTimeout(quietMs)
  const stream = await during(() => writeSome(0, writes))
  const many = await during(() =>
    Promise.all(Array.from({ length: writerCount }, (_, writer) => writeSome(writer, writes / writerCount))),
  )
  const arrive = await during(async () => {
    const clone = await enter()
    await clone.status.becomes({ outdated: false }, { timeoutMs: 60_000 })
  })
  const [{ clone, transport }] = members.slice(-1)
  transport.offline()
  await clone.status.becomes({ online: false }, { timeoutMs: 1_000 })
  const back = await during(async () => {
    transport.online()
    await clone.status.becomes({ online: true, outdated: false }, { timeoutMs: 60_000 })
  })
  for (const { clone } of members) {
    check(clone.stats().subjects === written, 'the number of subjects')
    await clone.close()
  }
  return {
    streamMessages: stream.messages / writes,
    streamBytes: stream.bytes / writes,
    streamUs: (stream.ms * 1000) / writes / size,
    manyMessages: many.messages / writes,
    manyBytes: many.bytes / writes,
    arriveMessages: arrive.messages,
    arriveBytes: arrive.bytes,
    returnMessages: back.messages,
    returnBytes: back.bytes,
  }
}
