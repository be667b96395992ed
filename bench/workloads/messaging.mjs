// messaging: two clones, and a hundred, over each transport on loopback, its server in a process of its own; and the same server used barely.
import { setTimeout } from 'node:timers/promises'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { check, now, summary, until } from '../lib/measure.mjs'
import { messaging } from '../lib/messaging.mjs'

export const title = 'clones over each transport on loopback; the floor is a bare message of the same server'
export const only = ['meldwork']
/** Half an hour with all transports. */
export const byName = true
export const settings = { warm: 0, runs: 1, rounds: 1, timeoutMs: 1_800_000 }

const names = (process.env.TRANSPORTS ?? Object.keys(messaging).join(',')).split(',')
export const measures = Object.fromEntries(
  names.flatMap(name => [
    [`${name}P50`, `${name}: us until the other clone shows a write, p50`],
    [`${name}P99`, `${name}: the same, p99`],
    [`${name}FloorP50`, `${name}: us of a bare message of 100 bytes, p50`],
    [`${name}FloorP99`, `${name}: the same, p99`],
    [`${name}Rate`, `${name}: writes a second that the other clone takes`],
    [`${name}Bytes`, `${name}: bytes a write on the wire, all connections, both ways`],
    [`${name}Hundred`, `${name}: ms until 100 clones show a write`],
    [`${name}Storm`, `${name}: ms until 100 clones are back and equal after a restart of the server`],
  ]),
)

const domain = 'messaging.example'
const rounds = 2000
const sustained = 10_000
const crowd = 100

export async function run() {
  const figures = {}
  for (const name of names) {
    const world = await messaging[name]()
    try {
      const found = { ...(await pair(world)), ...(await floor(world)), ...(await hundred(world)) }
      for (const [key, value] of Object.entries(found)) figures[`${name}${key}`] = value
    } finally {
      await world.close()
    }
  }
  return figures
}

async function open(transport, genesis) {
  return { transport, clone: await openClone({ domain, store: new MemoryStore(), transport, genesis }) }
}

async function together(members) {
  const all = members.map(({ clone }) => clone.status.becomes({ online: true, outdated: false }, { timeoutMs: 60_000 }))
  await Promise.all(all)
}

async function close(members) {
  await Promise.all(members.map(({ clone }) => clone.close()))
  await Promise.all(members.map(({ transport }) => transport.close()))
}

async function pair(world) {
  const members = [await open(world.open(), true), await open(world.open(), false)]
  const [{ clone: one }, { clone: other }] = members
  await together(members)
  // WebRTC has its own way only after a while.
  await setTimeout(1500)
  let shown = () => {}
  other.follow(() => shown())
  const times = []
  for (let round = 0; round < rounds; round++) {
    const arrived = new Promise(resolve => {
      shown = resolve
    })
    const t0 = now()
    one.write({ '@id': `ping${round % 10}`, count: round })
    await arrived
    times.push((now() - t0) * 1000)
  }
  await setTimeout(500)
  const bytesBefore = world.bytes?.()
  const ticks = other.status.value.ticks
  const t0 = now()
  // As an app writes that does much: a turn for every hundred.
  for (let count = 0; count < sustained; count++) {
    one.write({ '@id': `subject${count}`, name: `Name ${count}` })
    if (count % 100 === 99) await until(() => other.status.value.ticks - ticks > count - 3000, 'it keeps up')
  }
  await until(() => other.status.value.ticks - ticks >= sustained, 'all has arrived')
  const seconds = (now() - t0) / 1000
  await setTimeout(500)
  check(one.stats().digest === other.stats().digest, 'both are equal')
  const figures = { ...percentiles(times.slice(rounds / 4)), Rate: sustained / seconds }
  if (bytesBefore !== undefined) figures.Bytes = (world.bytes() - bytesBefore) / sustained
  await close(members)
  return figures
}

async function floor(world) {
  if (world.floor === undefined) return {}
  const ends = await world.floor()
  let arrived = () => {}
  ends.receive(() => arrived())
  const bytes = new Uint8Array(100).fill(7)
  const times = []
  for (let round = 0; round < rounds; round++) {
    const there = new Promise(resolve => {
      arrived = resolve
    })
    const t0 = now()
    ends.send(bytes)
    await there
    times.push((now() - t0) * 1000)
  }
  await ends.close()
  const { P50, P99 } = percentiles(times.slice(rounds / 4))
  return { FloorP50: P50, FloorP99: P99 }
}

async function hundred(world) {
  const members = []
  for (let index = 0; index < crowd; index++) members.push(await open(world.direct(), index === 0))
  await together(members)
  await setTimeout(3000)
  const { clone: writer } = members[0]
  const times = []
  const isEqual = () => members.every(({ clone }) => clone.stats().digest === writer.stats().digest)
  for (let round = 0; round < 20; round++) {
    const t0 = now()
    writer.write({ '@id': 'news', round })
    while (!isEqual()) await setTimeout(1)
    times.push(now() - t0)
  }
  const figures = { Hundred: summary(times).median }
  if (world.restart) {
    const t0 = now()
    await world.restart()
    await Promise.all(members.map(({ clone }) => clone.status.becomes({ online: true }, { timeoutMs: 60_000 })))
    await writer.write({ '@id': 'news', round: -1 })
    await until(isEqual, 'all are equal')
    figures.Storm = now() - t0
  }
  await close(members)
  return figures
}

function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = fraction => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))]
  return { P50: at(0.5), P99: at(0.99) }
}
