// One process of the harness: one workload on one peer, some runs to warm up and some that count. Prints one line of JSON.
import { keepAlive } from './lib/alive.mjs'
import { objects } from './lib/data.mjs'
import { collect } from './lib/measure.mjs'

const { workload: workloadName, peer: peerName, count, entropy, warm, runs, capMs } = JSON.parse(process.argv[2])
const workload = await import(`./workloads/${workloadName}.mjs`)
const peer = await import(`./peers/${peerName}.mjs`)
const entries = objects(count, entropy)

globalThis.alive = await keepAlive(peer)
const results = []
const ownMs = () => process.cpuUsage().user / 1000
const start = ownMs()
let unwarmed = false
for (let run = 0; run < warm + runs; run++) {
  collect()
  const result = await workload.run(peer, entries, { entropy })
  // By time of its own: a busy machine makes nobody slow. A first run that takes a third of what is allowed stands for all.
  const isSlow = capMs !== undefined && ownMs() - start > (run === 0 ? capMs / 3 : capMs)
  unwarmed = isSlow && run < warm
  if (run >= warm || unwarmed) results.push(result)
  if (isSlow) break
}
// Who takes that long is not asked again.
const slow = capMs !== undefined && ownMs() - start > capMs * 0.6
console.log(JSON.stringify({ version: peer.version, results, unwarmed, slow }))
process.exit(0)
