// A process of its own for processes.test.ts: a clone in a folder that writes at random, and says what has been acknowledged.
//   node member.mjs <address of the library> <url> <folder> <name> <run> <seed>
// Says "ready", then "ack KIND ID NUMBER" for each write that was flushed or written, and "is STATUS" when asked. Hears, on its input: "quiet": writes no
// more; "say": tells how it is doing; "close": ends well.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [library, url, folder, name, runText, seedText] = process.argv.slice(2)
const run = Number(runText)
const { openClone } = await import(`${library}index.js`)
const { LevelStore } = await import(`${library}stores/level.js`)
const { WebSocketTransport } = await import(`${library}transports/websocket-node.js`)

/** Written at once: what a dying process has buffered would be lost. */
function say(line) {
  let bytes = Buffer.from(`${line}\n`)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      // The pipe is full: the other side is busy.
      if (error.code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

let state = Number(seedText) >>> 0
/** Numbers from 0 to below 1: mulberry32, by Tommy Ettinger. */
function random() {
  state = (state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
const below = limit => Math.floor(random() * limit)

const transport = new WebSocketTransport(url, {
  firstBackoffMs: 50,
  maxBackoffMs: 500,
  stableMs: 500,
  connectTimeoutMs: 2000,
  pingIntervalMs: 500,
})
const clone = await openClone({ domain: 'processes.example', store: new LevelStore(folder), transport, genesis: true })
say('ready')

const kept = []
let number = 0
/** A number that grows, also from one life of this process to the next. */
const next = () => run * 1_000_000 + ++number

/** One write: what it does, and what its acknowledgement says. */
const kinds = [
  async durability => {
    const n = next()
    const id = `${name}-${n}`
    await clone.write({ '@id': id, number: n, by: name }, { durability })
    kept.push(id)
    return `there ${id} ${n}`
  },
  // Nobody else writes it: the last one acknowledged, or a later one, must be there.
  async durability => {
    const n = next()
    await clone.patch({ '@id': `latest-${name}`, number: n }, { durability })
    return `latest latest-${name} ${n}`
  },
  async durability => {
    const id = kept.shift()
    if (id === undefined) return undefined
    // Said before it is tried, too: it may be gone without an acknowledgement.
    say(`ack trying ${id} 0`)
    await clone.delete(id, { durability })
    return `gone ${id} 0`
  },
  // Two subjects as one: both or neither.
  async durability => {
    const n = next()
    await clone.write(
      async draft => {
        draft.write({ '@id': `pair-${name}-${n}-a`, other: { '@id': `pair-${name}-${n}-b` } })
        await null
        draft.write({ '@id': `pair-${name}-${n}-b`, other: { '@id': `pair-${name}-${n}-a` } })
      },
      { durability },
    )
    return `pair pair-${name}-${n} ${n}`
  },
  // What everybody writes.
  async durability => {
    const n = next()
    await clone.write({ '@id': 'shared', member: `${name}-${n}` }, { durability })
    return `member ${name}-${n} ${n}`
  },
  async durability => {
    const n = next()
    await clone.patch({ '@id': `contended-${below(5)}`, by: name, number: n }, { durability })
    return `wrote contended ${n}`
  },
]

let writing = true
async function writer() {
  while (writing) {
    const chance = random()
    const durability = chance < 0.5 ? 'flushed' : chance < 0.9 ? 'written' : 'none'
    // Deletes are rarer than inserts.
    const kind = random() < 0.4 ? 0 : below(kinds.length)
    const acknowledged = await kinds[kind](durability)
    if (acknowledged !== undefined && durability !== 'none') say(`ack ${acknowledged}`)
    await new Promise(resolve => setTimeout(resolve, below(40)))
  }
}

const writers = Promise.all([writer(), writer()])
createInterface({ input: process.stdin }).on('line', async line => {
  if (line === 'quiet') {
    writing = false
    await writers
    say('quiet')
  } else if (line === 'say') {
    const { online, outdated, silo, peers, unsent, undurable, waiting, divergence, forks, storage, replica, ticks } =
      clone.status.value
    const { digest, triples } = clone.stats()
    const status = { online, outdated, silo, peers, unsent, undurable, waiting, divergence, forks, replica, ticks }
    say(`is ${JSON.stringify({ digest, triples, ...status, storage: storage?.message })}`)
  } else if (line === 'close') {
    writing = false
    await clone.close()
    await transport.close()
    process.exit(0)
  }
})
