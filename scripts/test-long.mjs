// `npm run test:long [times] [vitest's own arguments]`: the random tests again, many times longer and with a new seed each
// time. Stops at the first failure; the seed that failed has been printed.
import { install } from './install.mjs'
import { run } from './run.mjs'

const [first, ...rest] = process.argv.slice(2)
const times = /^\d+$/.test(first ?? '') ? Number(first) : 3
const args = times === Number(first) ? rest : process.argv.slice(2)

const missing = install('test/oracle')
if (missing !== '') {
  console.error(missing)
  process.exit(1)
}
for (let round = 1; round <= times; round++) {
  console.log(`round ${round} of ${times}`)
  const env = { FUZZ_RUNS: process.env.FUZZ_RUNS ?? '2000' }
  const { code } = await run('vitest', ['run', ...args], { env, show: true })
  if (code !== 0) process.exit(code)
}
