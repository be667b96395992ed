// `npm run compliance`: the published compliance suite of m-ld against this engine. Installs the suite at its first run, and builds the library when it is stale.
//   npm run compliance                      all cases
//   npm run compliance -- 1 3/2             those of a folder, or of a file
//   npm run compliance -- --times 5         several times in a row
// Ends with "N passed, N failed", and exits with 1 when anything failed.
import { fork } from 'node:child_process'
import { buildAll } from '../../scripts/build.mjs'
import { install } from '../../scripts/install.mjs'
import { at, root } from '../../scripts/run.mjs'

/** @returns how many passed and failed, how many are only announced, and how long the slowest took */
function runOnce(cases) {
  const child = fork(at('test/compliance/orchestrate.mjs'), cases, {
    cwd: root,
    silent: true,
    execArgv: ['--no-deprecation'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', data => {
      output = (output + data).slice(-20_000)
    })
  const counts = { passed: 0, failed: 0, announced: 0, slowestMs: 0 }
  let ended = false
  child.on('message', ({ case: name, status, durationMs, causes }) => {
    if (name === undefined) {
      ended = true
      // A fault outside of any case.
      if (status !== 'passed' && counts.failed === 0) counts.failed++
    } else if (status === 'pending') counts.announced++
    else if (status === 'passed' || status === 'failed') {
      counts[status]++
      counts.slowestMs = Math.max(counts.slowestMs, durationMs)
      console.log(`${status === 'failed' ? 'FAILED' : status} ${seconds(durationMs).padStart(7)}  ${name}`)
    }
    if (status === 'failed') for (const cause of causes) console.log(cause)
  })
  return new Promise(resolve => {
    child.on('close', code => {
      if (!ended) counts.failed++
      if (counts.failed > 0) console.log(`${output}\nThe process ended with ${code}`)
      resolve(counts)
    })
  })
}

const seconds = ms => `${(ms / 1000).toFixed(1)} s`

process.chdir(root)
const missing = await install('test/compliance')
if (missing !== '') {
  console.error(missing)
  process.exit(1)
}
await buildAll({ onlyStale: true, only: ['meldwork'], log: console.log })

const args = process.argv.slice(2)
const place = args.indexOf('--times')
const times = place < 0 ? 1 : Number(args.splice(place, 2)[1])
const totals = { passed: 0, failed: 0, announced: 0, slowestMs: 0 }
const startedMs = performance.now()
for (let round = 1; round <= times; round++) {
  if (times > 1) console.log(`\nrun ${round} of ${times}`)
  const counts = await runOnce(args)
  for (const key of ['passed', 'failed', 'announced']) totals[key] += counts[key]
  totals.slowestMs = Math.max(totals.slowestMs, counts.slowestMs)
}
const { passed, failed, announced, slowestMs } = totals
if (announced > 0) console.log(`\nannounced by the suite, and empty there: ${announced / times}`)
const time = `${seconds(performance.now() - startedMs)}, the slowest ${seconds(slowestMs)}`
console.log(`${passed} passed, ${failed} failed (${time})`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
