// One process of the harness: one workload on one peer, some runs to warm up and some that count. Prints one line of JSON.
import { objects } from './lib/data.mjs'
import { collect } from './lib/measure.mjs'

const { workload: workloadName, peer: peerName, count, entropy, warm, runs } = JSON.parse(process.argv[2])
const workload = await import(`./workloads/${workloadName}.mjs`)
const peer = await import(`./peers/${peerName}.mjs`)
const entries = objects(count, entropy)

/** One document of each kind stays alive, as in an app: with none alive a collection makes V8 forget its optimised code. */
async function keepAlive() {
  const some = objects(50)
  const messages = []
  const first = await peer.create(message => messages.push(message))
  await first.putAll(some)
  for (const [id] of some) await first.set(id, 'count', -1)
  await first.settled()
  const second = await peer.create(() => {})
  for (const message of messages) second.apply(message)
  await second.settled()
  const third = await peer.load(await first.encode(), () => {})
  for (const [id] of some) third.read(id)
  return [first, second, third]
}

globalThis.alive = await keepAlive()
const results = []
for (let run = 0; run < warm + runs; run++) {
  collect()
  const result = await workload.run(peer, entries)
  if (run >= warm) results.push(result)
}
console.log(JSON.stringify({ version: peer.version, results }))
process.exit(0)
