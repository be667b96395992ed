// `npm run bench [-- workload ...] [options]`: see `help`.
//
// Runs each workload on each peer in fresh processes, round after round so that a slow minute of the machine hits all
// of them, and prints medians with their spread, peers beside ours, and the ratio of our median to theirs. Only ratios
// of one run say something. See README.md for what is measured and how it is kept fair.
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildAll } from '../scripts/build.mjs'
import { install } from '../scripts/install.mjs'
import { textTable } from './lib/figures.mjs'
import { goalTable, judge, mustHold } from './lib/judge.mjs'
import { measure } from './lib/process.mjs'
import { ours, Results } from './lib/results.mjs'
import { writeResults } from './lib/results-page.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const names = folder =>
  readdirSync(join(here, folder)).flatMap(file => (file.endsWith('.mjs') ? [file.slice(0, -'.mjs'.length)] : []))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string' },
    rounds: { type: 'string' },
    runs: { type: 'string' },
    warm: { type: 'string' },
    objects: { type: 'string', default: '10000' },
    entropy: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const everyPeer = [ours, ...names('peers').filter(name => name !== ours)]
const help = `npm run bench [-- workload ...] [options]

Runs each workload on each peer, in fresh processes, and prints medians beside ours. Without a workload: all but those
that take their time (README.md), and RESULTS.md is written.

  --peers a,b      only these: ${everyPeer}
  --rounds 2       how often each process is started anew
  --runs 3         how often it measures
  --warm 2         how often it runs before that
  --quick          one round
  --objects 10000  how many objects, where a workload has any
  --entropy        values that do not compress

Workloads: ${names('workloads')}. What each measures: bench/README.md.

npm run bench -- guard [--record]   fails when a key ratio is 1.5 times what is recorded in bench/guard.json`

function refuse(message) {
  console.error(message)
  process.exit(1)
}

async function prepare() {
  const failure = await install('bench')
  if (failure !== '') refuse(failure)
  await buildAll({ onlyStale: true, log: console.error })
}

/** Runs one workload to its end. @returns what `RESULTS.md` shows of it */
async function runWorkload(name) {
  const workload = await import(`./workloads/${name}.mjs`)
  const { settings = {} } = workload
  const number = (key, otherwise) => Number(values[key] ?? settings[key] ?? otherwise)
  const rounds = values.quick ? 1 : number('rounds', 2)
  const task = {
    ...settings,
    workload: name,
    count: Number(values.objects),
    entropy: values.entropy || settings.entropy === true,
    warm: number('warm', 2),
    runs: number('runs', 3),
  }
  const peers = (values.peers?.split(',') ?? everyPeer).filter(peer => workload.only?.includes(peer) ?? true)
  const results = new Results(workload, peers)
  for (let round = 0; round < rounds; round++)
    for (const peer of peers) {
      if (results.isDone(peer)) continue
      // Ours is never stopped for being slow.
      results.add(peer, await measure({ ...task, peer, capMs: peer === ours ? undefined : task.capMs }))
    }
  const data = workload.only ? '' : `${task.count.toLocaleString('en')} objects, `
  const note = `${data}${rounds} x ${task.runs} runs.`
  return { name, note, results, goals: judge(name, results) }
}

function print({ name, note, results, goals }) {
  console.log(`\n${name}: ${results.workload.title}\n  ${note}\n`)
  console.log(textTable(results.table))
  if (goals.length > 0) console.log(`\n${textTable(goalTable(goals))}`)
}

if (values.help) {
  console.log(help)
  process.exit(0)
}
if (positionals.includes('guard')) {
  await prepare()
  const { guard } = await import('./guard.mjs')
  process.exit((await guard({ record: values.record })) ? 0 : 1)
}
const known = [...names('workloads'), ...names('peers')]
const unknown = [...positionals, ...(values.peers?.split(',') ?? [])].filter(name => !known.includes(name))
if (unknown.length > 0)
  refuse(`There is no ${unknown.join(', ')}. Workloads: ${names('workloads')}. Peers: ${names('peers')}.`)

await prepare()
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model}`)
const isFull = positionals.length === 0
const sections = []
for (const name of isFull ? names('workloads') : positionals) {
  if (isFull && (await import(`./workloads/${name}.mjs`)).byName) continue
  const section = await runWorkload(name)
  print(section)
  sections.push(section)
}
// What was run for a part only would put figures of different minutes beside each other.
if (isFull && values.peers === undefined && !values.quick) writeResults(join(here, 'RESULTS.md'), sections)
const holds = sections.every(({ results, goals }) => !results.failed && goals.every(mustHold))
process.exitCode = holds ? 0 : 1
