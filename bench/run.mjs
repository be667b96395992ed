// `npm run bench [-- workload ...] [--peers a,b] [--rounds 3] [--runs 3] [--warm 2] [--objects 10000] [--entropy]`
//
// Runs each workload on each peer in fresh processes, round after round so that a slow minute of the machine hits all
// of them, and prints medians with their spread, peers beside ours, and the ratio of our median to theirs. Only ratios
// of one run say something. See README.md for what is measured and how it is kept fair.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildAll } from '../scripts/build.mjs'
import { install } from '../scripts/install.mjs'
import { goals, limits } from './goals.mjs'
import { summary } from './lib/measure.mjs'

const ours = 'meldwork'
const here = dirname(fileURLToPath(import.meta.url))
const names = folder =>
  readdirSync(join(here, folder)).flatMap(file => (file.endsWith('.mjs') ? [file.slice(0, -'.mjs'.length)] : []))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string', default: [ours, ...names('peers').filter(name => name !== ours)].join(',') },
    rounds: { type: 'string', default: '3' },
    runs: { type: 'string', default: '3' },
    warm: { type: 'string', default: '2' },
    objects: { type: 'string', default: '10000' },
    entropy: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench [-- workload ...] [options]

Runs each workload on each peer, in fresh processes, and prints medians beside ours.

  --peers a,b      only these: ${names('peers')}
  --rounds 3       how often each process is started anew
  --runs 3         how often it measures
  --warm 2         how often it runs before that
  --objects 10000  how many objects, where a workload has any
  --entropy        values that do not compress

Workloads: ${names('workloads')}. What each measures: bench/README.md.`)
  process.exit(0)
}
const workloads = positionals.length > 0 ? positionals : names('workloads')
const known = [...names('workloads'), ...names('peers')]
const unknown = [...workloads, ...values.peers.split(',')].filter(name => !known.includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. Workloads: ${names('workloads')}. Peers: ${names('peers')}.`)
  process.exit(1)
}

/** One process. @returns its results, or the reason why there are none */
function measure(workload, peer, settings) {
  const count = Number(values.objects)
  const task = { workload, peer, count, entropy: values.entropy, ...settings }
  const flags = ['--expose-gc', '--max-old-space-size=4096']
  const child = spawnSync(process.execPath, [...flags, join(here, 'worker.mjs'), JSON.stringify(task)], {
    encoding: 'utf8',
    timeout: settings.timeoutMs ?? 300_000,
    maxBuffer: 1e8,
  })
  if (child.status === 0) return JSON.parse(child.stdout.trim().split('\n').at(-1))
  const lines = child.stderr.split('\n')
  // The error itself, rather than the line of code that threw it.
  const line = lines.find(text => /^\s*\w*Error\b/.test(text)) ?? lines.find(text => /Error|error/.test(text))
  return { failure: child.error?.message ?? line ?? `exit ${child.status ?? child.signal}` }
}

const number = value => {
  if (value === undefined) return '-'
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
const spread = ({ median, least, greatest }) => {
  const wide = greatest - least > Math.abs(median) * 0.005
  return wide ? `${number(median)} (${number(least)} to ${number(greatest)})` : number(median)
}

/** Rows of cells under each other, the first column to the left. */
function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
}

/** Each peer's row: figures, and behind each `x0.5` when ours is half of it. */
function printWorkload(workload, results) {
  const keys = Object.keys(workload.measures)
  const [only] = results.values()
  if (results.size === 1 && keys.length > 8 && !only.failure) {
    // Ours alone, and much of it: below each other.
    printTable(keys.map(key => [`  ${workload.measures[key]}`, spread(only.figures[key])]))
    return
  }
  const rows = [['', ...Object.values(workload.measures)]]
  for (const [peer, { version, failure, figures }] of results) {
    const label = version ? `${peer} ${version}` : peer
    if (failure) rows.push([label, `FAILED ${failure}`, ...keys.slice(1).map(() => '')])
    else rows.push([label, ...keys.map(key => `${spread(figures[key])}${ratio(results, peer, key)}`)])
  }
  printTable(rows)
}

function ratio(results, peer, key) {
  const own = results.get(ours)?.figures?.[key]?.median
  const theirs = results.get(peer)?.figures?.[key]?.median
  return peer === ours || own === undefined || theirs === undefined ? '' : `  x${(own / theirs).toFixed(2)}`
}

function printGoals(name, workload, results) {
  const say = (what, value, { first, later }) => {
    const state = value <= (later ?? first) ? 'reached' : value <= first ? 'first reached' : 'missed'
    console.log(`  ${what}: ${number(value)}, goal ${first}${later === undefined ? '' : `, later ${later}`}: ${state}`)
  }
  const median = (peer, key) => results.get(peer)?.figures?.[key]?.median
  for (const goal of goals.filter(({ workload }) => workload === name)) {
    const value = median(ours, goal.measure) / median(goal.peer, goal.measure)
    if (!Number.isNaN(value)) say(`${workload.measures[goal.measure]} / ${goal.peer}`, value, goal)
  }
  for (const limit of limits.filter(({ workload }) => workload === name)) {
    const value = median(ours, limit.measure)
    if (value !== undefined) say(workload.measures[limit.measure], value, limit)
  }
}

const failure = await install('bench')
if (failure !== '') {
  console.error(failure)
  process.exit(1)
}
if (values.peers.split(',').includes(ours)) await buildAll({ onlyStale: true, log: console.error })
let failed = false
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model}`)
for (const name of workloads) {
  const workload = await import(`./workloads/${name}.mjs`)
  const peers = values.peers.split(',').filter(peer => workload.only?.includes(peer) ?? true)
  const settings = { warm: Number(values.warm), runs: Number(values.runs), ...workload.settings }
  const results = new Map(peers.map(peer => [peer, { runs: [] }]))
  for (let round = 0; round < Number(values.rounds); round++)
    for (const peer of peers) {
      const result = results.get(peer)
      if (result.failure) continue
      const { version, results: runs = [], failure } = measure(name, peer, settings)
      Object.assign(result, { version, failure })
      result.runs.push(...runs)
    }
  for (const result of results.values()) {
    if (result.failure) failed = true
    const keys = Object.keys(workload.measures)
    if (!result.failure)
      result.figures = Object.fromEntries(keys.map(key => [key, summary(result.runs.map(run => run[key]))]))
  }
  console.log(`\n${name}: ${workload.title}`)
  const data = workload.only ? '' : `${Number(values.objects).toLocaleString('en')} objects, `
  console.log(`  ${data}medians of ${values.rounds} processes x ${settings.runs} runs, (least to greatest)\n`)
  printWorkload(workload, results)
  printGoals(name, workload, results)
}
process.exitCode = failed ? 1 : 0
