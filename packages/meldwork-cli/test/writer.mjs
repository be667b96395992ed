// A process of its own for convergence.test.ts: a clone in a folder that writes, one subject after the other, and says what is durable.
//   node writer.mjs <domain> <url> <folder> <name> <first> <count>
// says "ready", then "ack NAME-NUMBER" for each durable write, "wrote" after the last, and "is DIGEST TRIPLES" whenever that has changed.
// A line on its input ends it.
import { writeSync } from 'node:fs'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { WebSocketTransport } from 'meldwork/transports/websocket'

const [domain, url, folder, name, first, count] = process.argv.slice(2)
// Written at once: what a dying process has buffered would be lost.
const say = line => writeSync(1, `${line}\n`)

const transport = new WebSocketTransport(url, { firstBackoffMs: 50, maxBackoffMs: 500 })
const clone = await openClone({ domain, store: new LevelStore(folder), transport })
let said = ''
const tell = () => {
  const { digest, triples } = clone.stats()
  const state = `is ${digest} ${triples}`
  if (state !== said) say(state)
  said = state
}
clone.follow(() => queueMicrotask(tell))
process.stdin.once('data', async () => {
  await clone.close()
  await transport.close()
  process.exit(0)
})
say('ready')
for (let number = Number(first); number < Number(first) + Number(count); number++) {
  const id = `${name}-${number}`
  await clone.write({ '@id': id, number, group: { '@id': `group-${number % 10}`, member: id } })
  say(`ack ${id}`)
}
tell()
say('wrote')
