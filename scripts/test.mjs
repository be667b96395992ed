// `npm test`: everything that can be checked, in one command that tells the whole truth.
//
// Runs every step below, also after one has failed, shows the output of those that failed, and ends with one line,
// "N passed, N failed, N skipped": each step counts as one, and the tests step as its tests. Exits with 1 when anything failed.
// `npm test -- lint types` runs only the steps named.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { buildAll } from './build.mjs'
import { install } from './install.mjs'
import { at, run } from './run.mjs'
import { tableOfPage, transportTable } from './transport-table.mjs'

const hasFace = () => existsSync(at('packages/meldwork/src/index.ts'))
const hasCommand = () => existsSync(at('packages/meldwork-cli/src/main.ts'))
const hasPage = () => existsSync(at('apps/board/index.html'))
const published = () => ['packages/meldwork', ...(hasCommand() ? ['packages/meldwork-cli'] : [])]

/** What a step returns: whether it passed, one line about it, and what to show when it did not pass. */
const outcome = ({ code, output }, summary) => ({ passed: code === 0, summary, output })

/** Several commands as one step: passes when all pass. */
async function all(commands) {
  const results = await Promise.all(commands)
  const failed = results.filter(({ code }) => code !== 0)
  return { code: failed.length > 0 ? 1 : 0, output: failed.map(({ output }) => output).join('\n') }
}

/** The last line of an output that matches, without colours. */
const lastLine = (output, pattern) =>
  stripVTControlCharacters(output)
    .split('\n')
    .findLast(line => pattern.test(line))
    ?.trim() ?? ''

const steps = {
  /** Everything compiles and bundles from nothing. */
  async build() {
    try {
      return { passed: true, summary: (await buildAll()).join(', '), output: '' }
    } catch (error) {
      return { passed: false, summary: '', output: error.message }
    }
  },

  /** Format, lint and order of imports. */
  async lint() {
    const result = await run('biome', ['ci', '--colors=off', '--error-on-warnings', '--max-diagnostics=50'])
    return outcome(result, lastLine(result.output, /^Checked/))
  },

  /** The floors of the house: imports run only downward (docs/ARCHITECTURE.md). */
  async floors() {
    const cwd = at('packages/meldwork')
    const result = await run('depcruise', ['--config', '.dependency-cruiser.cjs', 'src'], { cwd })
    return outcome(result, lastLine(result.output, /violation/).replace(/^✔ /, ''))
  },

  /** The published compliance suite of m-ld, over MQTT: clones in processes of their own. Counted as its cases. */
  async compliance() {
    if (!hasFace()) return { skipped: true, summary: 'the library has no face yet' }
    await installed.get('test/compliance')
    const result = await run('test/compliance/run.mjs')
    const line = lastLine(result.output, /^\d+ passed, \d+ failed/)
    const [passed = 0, failed = 0] = (line.match(/\d+/g) ?? []).map(Number)
    const counts = { passed, failed: failed || (result.code === 0 ? 0 : 1), skipped: 0 }
    return { ...outcome(result, line), counts }
  },

  /** No key figure is half as bad again as recorded, beside others in the same processes (bench/README.md). */
  async guard() {
    const missing = (await installed.get('bench')) ?? ''
    if (missing !== '') return { passed: false, summary: missing, output: '' }
    const result = await run('bench/run.mjs', ['guard'])
    return outcome(result, lastLine(result.output, /^\d+ ratios/))
  },

  /** Tests and cases that must not compile; then tests and sources once more with the next compiler. */
  async types() {
    const projects = ['tsconfig.test.json', 'packages/meldwork/tsconfig.json']
    projects.push('packages/meldwork/tsconfig.browser.json', 'packages/meldwork/tsconfig.node.json')
    if (hasCommand()) projects.push('packages/meldwork-cli/tsconfig.json')
    if (hasPage()) projects.push('apps/board/tsconfig.json')
    // The build has checked all sources but the page's with the present compiler.
    const present = projects.filter(project => !project.startsWith('packages/'))
    const check = (compiler, project) => run(compiler, ['-p', project, '--noEmit', '--pretty', 'false'])
    const result = await all([
      ...present.map(project => check('tsc', project)),
      ...projects.map(project => check('tsc7', project)),
    ])
    return outcome(result, `${projects.length} projects, TypeScript 5.9 and 7`)
  },

  /** Unit tests, laws, simulations, processes and the browser. */
  async tests() {
    // The engine that the answers to requests are compared with, and a server that blocks are kept on.
    const [missing, missingServer] = await Promise.all(['test/oracle', 'test/solid'].map(each => installed.get(each)))
    if (missing !== '') return { passed: false, summary: missing, output: '' }
    // Without the server its tests are skipped; with CI=true they fail.
    if (missingServer !== '') console.log(missingServer)
    const file = at('coverage/tests.json')
    rmSync(file, { force: true })
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const result = await run('vitest', args, { show: true })
    const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
    const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report
    // A file that does not load, or an error outside any test fails without a failed test.
    const failed = numFailedTests || (result.code === 0 && numPassedTests > 0 ? 0 : 1)
    const counts = { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests }
    const table = transportTable(report)
    if (table !== undefined) console.log(`\n${table.lines.join('\n')}\n`)
    // With servers missing it is not the whole one.
    if (table?.isWhole && tableOfPage()?.join('\n') !== table.lines.join('\n')) {
      console.log('docs/messaging.md has another table: node scripts/transport-table.mjs --write')
      counts.failed++
    }
    // What a failure is repeated with.
    const seed = lastLine(result.output, /^FUZZ_RUNS=/)
    return { passed: counts.failed === 0, summary: `${numPassedTests} tests; ${seed}`, output: '', counts }
  },

  /** What is published can be imported, with its types. */
  async packages() {
    if (!hasFace()) return { skipped: true, summary: 'the library has no face yet' }
    const result = await all(
      published().flatMap(folder => [
        run('publint', ['--strict'], { cwd: at(folder) }),
        run('attw', ['--pack', '--profile', 'esm-only', '--no-emoji', '--no-color'], { cwd: at(folder) }),
      ]),
    )
    return outcome(result, published().join(', '))
  },

  /** The size of what an app bundles: a limit, and the figure. */
  async size() {
    if (!hasFace()) return { skipped: true, summary: 'the library has no face yet' }
    const result = await run('size-limit', ['--json'])
    const [measured] = parse(result.output) ?? []
    const summary =
      measured &&
      `${measured.name}: ${(measured.size / 1000).toFixed(1)} kB gzipped (at most ${measured.sizeLimit / 1000})`
    return outcome(result, summary ?? '')
  },

  /** The programs in the documents run. */
  async examples() {
    if (!hasFace()) return { skipped: true, summary: 'the library has no face yet' }
    const result = await run('scripts/run-examples.mjs')
    return outcome(result, lastLine(result.output, /examples/))
  },
}

function parse(json) {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const names = process.argv.slice(2)
const unknown = names.filter(name => !(name in steps))
if (unknown.length > 0) {
  console.error(`No step is called ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}.`)
  process.exit(1)
}

const wanted = names.length > 0 ? names : Object.keys(steps)
const needed = { compliance: ['test/compliance'], guard: ['bench'], tests: ['test/oracle', 'test/solid'] }
// What these steps need comes over the network while the steps before them compute.
const installed = new Map(wanted.flatMap(name => needed[name] ?? []).map(folder => [folder, install(folder)]))

const started = new Map()
const start = name => {
  if (!started.has(name)) started.set(name, steps[name]())
  return started.get(name)
}
/** While these wait for others, those compute. */
const meanwhile = { compliance: ['types', 'guard'], packages: ['examples'] }

const totals = { passed: 0, failed: 0, skipped: 0 }
const table = []
for (const name of wanted) {
  const startedMs = performance.now()
  for (const other of meanwhile[name] ?? []) if (wanted.includes(other)) void start(other)
  const step = await start(name)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const word = step.skipped ? 'skipped' : step.passed ? 'passed' : 'FAILED'
  const line = `${name.padEnd(10)} ${word.padEnd(7)} ${seconds.padStart(6)} s  ${step.summary}`
  console.log(line)
  if (!step.skipped && !step.passed && step.output) console.log(`${step.output.trim()}\n`)
  table.push(line)
  const counts = step.counts ?? { passed: +(word === 'passed'), failed: +(word === 'FAILED'), skipped: +!!step.skipped }
  for (const key of Object.keys(totals)) totals[key] += counts[key]
}

if (table.length > 1) console.log(`\n${table.join('\n')}\n`)
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed > 0 ? 1 : 0
