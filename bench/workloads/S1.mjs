// S1: ping-pong: two replicas, each answers the message of the other with one of its own, 10,000 in all, over 1,000 keys. Where the keys may be subjects or properties, both.
import { check, now } from '../lib/measure.mjs'

export const title = 'ping-pong of 10,000 messages over 1,000 keys: as subjects, and as properties of one subject'
export const settings = { capMs: 12_000 }
export const measures = {
  subjectsRate: 'messages a second, keys as subjects',
  propertiesRate: 'messages a second, 1,000 properties of one subject',
  messageBytes: 'bytes a message, keys as subjects',
}

const rounds = 5_000
const keysEach = 500

export async function run(peer, entries) {
  // A smaller run, for the guard, has fewer messages over as many keys.
  const count = Math.min(rounds, entries.length)
  const properties = await pingPong(peer, count, 'assign', document => document.assigned())
  // To the peers it is the same.
  if (peer.name !== 'meldwork') return figures(properties, properties)
  const subjects = await pingPong(peer, count, 'assignApart', document => document.assignedApart(keys))
  return figures(subjects, properties)
}

const figures = (subjects, properties) => ({
  subjectsRate: subjects.rate,
  propertiesRate: properties.rate,
  messageBytes: subjects.messageBytes,
})

const keys = ['a', 'b'].flatMap(side => Array.from({ length: keysEach }, (_, i) => `${side}${i}`))

async function pingPong(peer, count, method, map) {
  let message
  let messages = 0
  let bytes = 0
  const told = given => {
    message = given
    messages++
    bytes += given.length
  }
  const a = await peer.create(told)
  const b = await peer.create(told)
  const t0 = now()
  for (let i = 0; i < count; i++) {
    const there = a[method](`a${i % keysEach}`, i)
    if (there !== undefined) await there
    b.apply(message)
    const back = b[method](`b${i % keysEach}`, i)
    if (back !== undefined) await back
    a.apply(message)
  }
  await a.settled()
  await b.settled()
  const ms = now() - t0
  check(messages === 2 * count, `${messages} messages of ${2 * count}`)
  const [mine, theirs] = [map(a), map(b)]
  check(Object.keys(mine).length === keys.length, `${Object.keys(mine).length} keys`)
  for (const key of keys) {
    const last = count - keysEach + Number(key.slice(1))
    check(mine[key] === last && theirs[key] === last, `${key} is ${mine[key]} and ${theirs[key]}, not ${last}`)
  }
  for (const document of [a, b]) await document.close?.()
  return { rate: (2 * count * 1000) / ms, messageBytes: bytes / messages }
}
