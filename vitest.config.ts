import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Property tests and simulations take these: how often they run (100 is a normal run, `npm run test:long` takes more),
// and the seed of everything random. The seed is new each time and is printed; give it back to repeat a run.
const runs = Number(process.env.FUZZ_RUNS ?? 100)
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 0x7fffffff))
process.env.FUZZ_RUNS = String(runs)
process.env.FUZZ_SEED = String(seed)
console.log(`FUZZ_RUNS=${runs} FUZZ_SEED=${seed}`)

/** By far the longest files, the longest first. */
const longest = [
  'simulation/faults',
  'simulation/simulation',
  'browser/tabs',
  'browser/board',
  'solid/solid',
  'processes/processes',
  'stores/power-cut',
]

/** Begins with those: one that begins last would be waited for alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex(name => moduleId.endsWith(`${name}.test.ts`))
      return at < 0 ? longest.length : at
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  // An optional peer that brings too much to be installed with the rest: it stands with the engines that answers are compared with.
  resolve: {
    alias: { 'shacl-engine': new URL('test/oracle/node_modules/shacl-engine/index.js', import.meta.url).pathname },
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    sequence: { sequencer: LongestFirst },
    // Much of the time is waiting, for browsers and processes: two at a time also where there are two processors.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    setupFiles: ['test/setup.ts'],
    testTimeout: 20_000 * Math.max(1, runs / 100),
    coverage: {
      provider: 'v8',
      // The command runs in processes of its own and the IndexedDB store in a browser: neither is seen here.
      include: ['packages/meldwork/src/**/*.ts'],
      exclude: ['packages/meldwork/src/stores/indexeddb.ts', '**/*.d.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { lines: 80 },
    },
  },
})
