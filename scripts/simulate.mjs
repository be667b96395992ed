// Random histories of whole clones in virtual time (see CONTRIBUTING.md).
//
//   npm run simulate -- 1234                            one history, by its seed: prints what happened
//   npm run simulate -- 1234 --steps 3,5,9 --sites 2    the same with only these steps: as a failure says
//   npm run simulate -- 1234 --rules                    the same seed with rules in force
//   npm run simulate -- 1234 --networks 2               with two networks, most clones on both; also with --histories
//   npm run simulate -- --histories 100000              many, on all processors; with --seed, from that seed on
//
// Builds the library first when its sources are newer. Exits with 1 when something was wrong, having looked for a shorter history of the same seed.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { buildAll } from './build.mjs'
import { at } from './run.mjs'

/** How many histories a worker is given at a time. */
const portion = 250

const replay = ({ seed, steps, sites, rules, networks }) => {
  const all = typeof steps === 'number' ? Array.from({ length: steps }, (_, index) => index) : steps
  const some = all === undefined ? '' : ` --steps ${all.length === 0 ? 'none' : all.join()}`
  return `npm run simulate -- ${seed}${rules ? ' --rules' : ''}${networks === undefined ? '' : ` --networks ${networks}`}${some}${sites === undefined ? '' : ` --sites ${sites}`}`
}

async function load() {
  const [{ openClone }, { shrink, simulate }] = await Promise.all([
    import(at('packages/meldwork/dist/index.js')),
    import(at('packages/meldwork/dist/testkit/simulation.js')),
  ])
  // The way to what an app cannot ask for.
  const checkpoint = ({ checkpoints }, limits) => {
    checkpoints.limits = limits
    return checkpoints.write()
  }
  const open = options => openClone({ ...options, transport: options.transports })
  const run = history => simulate({ ...history, open, checkpoint, replay })
  return { run, shrink }
}

/** Of four histories, one has rules, another one two networks. */
const historyOf = seed => ({ seed, rules: seed % 4 === 3, ...(seed % 4 === 1 && { networks: 2 }) })

/** @returns the message of the shortest failure that was found */
async function shortened(error, { run, shrink }) {
  if (error?.name !== 'SimulationFailure') throw error
  return (await shrink(error, run)).message
}

async function one(history, trace) {
  const tools = await load()
  try {
    const { trace: lines, ...report } = await tools.run(history)
    if (trace) console.log(lines.join('\n'))
    console.log(`Nothing was wrong. ${JSON.stringify(report)}`)
  } catch (error) {
    console.error(history.steps === undefined ? await shortened(error, tools) : error.message)
    process.exitCode = 1
  }
}

/** In a worker: runs the histories that it is told to, and says what was wrong. */
async function work() {
  const tools = await load()
  parentPort.on('message', async ({ seed, count, networks }) => {
    const sum = { histories: 0, writes: 0, joins: 0, rollbacks: 0, refusals: 0, messages: 0, powerCuts: 0, replayed: 0 }
    Object.assign(sum, { gaps: 0, forked: 0, lostToForks: 0 })
    for (let i = 0; i < count; i++) {
      try {
        const one = (seed + i) & 0x7fffffff
        const report = await tools.run({ ...historyOf(one), ...(networks && { networks }) })
        sum.histories++
        for (const key of Object.keys(sum)) if (key !== 'histories') sum[key] += Number(report[key])
      } catch (error) {
        parentPort.postMessage({ failure: await shortened(error, tools) })
        return
      }
    }
    parentPort.postMessage({ sum })
  })
}

async function many(histories, firstSeed, workers, networks) {
  const startedMs = performance.now()
  const total = {}
  let next = 0
  let failed = false
  const runWorker = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: 'simulate' })
      const give = () => {
        if (failed || next >= histories) {
          worker.terminate().then(resolve)
          return
        }
        const count = Math.min(portion, histories - next)
        worker.postMessage({ seed: firstSeed + next, count, networks })
        next += count
      }
      worker.on('error', reject)
      worker.on('message', ({ failure, sum }) => {
        if (failure !== undefined) {
          failed = true
          console.error(failure)
        }
        for (const [key, value] of Object.entries(sum ?? {})) total[key] = (total[key] ?? 0) + value
        give()
      })
      give()
    })
  console.log(`${histories} histories from the seed ${firstSeed} on, by ${workers} workers`)
  await Promise.all(Array.from({ length: workers }, runWorker))
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(`${total.histories ?? 0} histories without a fault in ${seconds} s: ${JSON.stringify(total)}`)
  if (failed) process.exitCode = 1
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      steps: { type: 'string' },
      sites: { type: 'string' },
      rules: { type: 'boolean' },
      networks: { type: 'string' },
      histories: { type: 'string' },
      seed: { type: 'string' },
      workers: { type: 'string' },
    },
  })
  await buildAll({ onlyStale: true, only: ['meldwork'], log: console.log })
  const [seed] = positionals
  if (seed !== undefined) {
    const steps = values.steps === 'none' ? [] : values.steps?.split(',').map(Number)
    const sites = values.sites === undefined ? {} : { sites: Number(values.sites) }
    const networks = values.networks === undefined ? {} : { networks: Number(values.networks) }
    await one(
      { seed: Number(seed), rules: values.rules === true, ...networks, ...(steps && { steps }), ...sites },
      true,
    )
    return
  }
  const first = Number(values.seed ?? Math.floor(Math.random() * 0x7fffffff))
  await many(
    Number(values.histories ?? 2000),
    first,
    Number(values.workers ?? availableParallelism()),
    Number(values.networks ?? 0),
  )
}

if (isMainThread) await main()
else if (workerData === 'simulate') await work()
