// One process of the harness: one workload on one peer, some runs to warm up and some that count. Prints one line of JSON.
import { keepAlive } from './lib/alive.mjs'
import { objects } from './lib/data.mjs'
import { collect, now } from './lib/measure.mjs'

const { workload: workloadName, peer: peerName, count, entropy, warm, runs, capMs } = JSON.parse(process.argv[2])
const workload = await import(`./workloads/${workloadName}.mjs`)
const peer = await import(`./peers/${peerName}.mjs`)
const entries = objects(count, entropy)

globalThis.alive = await keepAlive(peer)
const results = []
const start = now()
let unwarmed = false
for (let run = 0; run < warm + runs; run++) {
  collect()
  const result = await workload.run(peer, entries)
  // Who takes that long is not asked again; a first run that takes a third of it stands for all.
  const isSlow = capMs !== undefined && now() - start > (run === 0 ? capMs / 3 : capMs)
  unwarmed = isSlow && run < warm
  if (run >= warm || unwarmed) results.push(result)
  if (isSlow) break
}
console.log(JSON.stringify({ version: peer.version, results, unwarmed }))
process.exit(0)
