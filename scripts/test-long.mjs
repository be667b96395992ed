// `npm run test:long [times] [vitest's own arguments]`: the random tests again, many times longer and with a new seed each
// time; and, each time, many histories of simulated clones, on all processors (100,000 in three times), unless there are arguments for vitest. Stops at
// the first failure; the seed that failed has been printed.
import { install } from './install.mjs'
import { run } from './run.mjs'

const [first, ...rest] = process.argv.slice(2)
const times = /^\d+$/.test(first ?? '') ? Number(first) : 3
const args = times === Number(first) ? rest : process.argv.slice(2)

/** How many histories each time. */
const histories = 35_000

const missing = await install('test/oracle')
if (missing !== '') {
  console.error(missing)
  process.exit(1)
}
for (let round = 1; round <= times; round++) {
  console.log(`round ${round} of ${times}`)
  const env = { FUZZ_RUNS: process.env.FUZZ_RUNS ?? '2000' }
  const { code } = await run('vitest', ['run', ...args], { env, show: true })
  if (code !== 0) process.exit(code)
  if (args.length > 0) continue
  const simulated = await run('scripts/simulate.mjs', ['--histories', String(histories)], { show: true })
  if (simulated.code !== 0) process.exit(simulated.code)
}
