import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Property tests and simulations take these: how often they run (100 is a normal run, `npm run test:long` takes more),
// and the seed of everything random. The seed is new each time and is printed; give it back to repeat a run.
const runs = Number(process.env.FUZZ_RUNS ?? 100)
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 0x7fffffff))
process.env.FUZZ_RUNS = String(runs)
process.env.FUZZ_SEED = String(seed)
console.log(`FUZZ_RUNS=${runs} FUZZ_SEED=${seed}`)

const root = fileURLToPath(new URL('.', import.meta.url))
const include = ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts']

/** The files with tests below a folder, by their paths from here. */
const testsBelow = (folder: string): string[] =>
  readdirSync(root + folder, { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return /^(node_modules|dist|src|artifacts)$/.test(entry.name) ? [] : testsBelow(path)
    return entry.name.endsWith('.test.ts') ? [path] : []
  })

/** Rooms whose tests only compute, also where they are about time: theirs is virtual. No servers or browsers. */
const computing =
  /\/test\/(binding|bindings|causality|clone|codec|constraint|document|formats|fuzz|golden|graph|journal|laws|operation|query|rdf|sequence|subject|sync|testkit|transaction)\//
/** What a file needs a process of its own for: it puts something into the place of a module, plants a fault in one, starts processes, or reads or changes what is global. */
const alone =
  /\bvi\.(mock|doMock|spyOn|stubGlobal)\(|\bplant\(\)|child_process|process\.(env|on)|platformEnvironment|globalThis/
/** The files of the others share processes, and the modules in them: these are loaded, and made fast by the engine, once and not for each file. */
const shared = ['packages', 'apps', 'test']
  .flatMap(testsBelow)
  .filter(path => computing.test(path) && !alone.test(readFileSync(root + path, 'utf8')))

/** By far the longest files, in an order in which those that compute run beside those that wait. */
const longest = [
  'simulation/simulation',
  'solid/solid',
  'browser/tabs',
  'browser/board',
  'simulation/faults',
  'stores/power-cut',
  'processes/processes',
  'browser/indexeddb',
  'browser/broadcast-channel',
  'transports/socketio',
  'transports/mqtt',
  'transports/nats',
  'transports/redis-streams',
  'cli/test/vocabulary',
  'cli/test/rules',
  'clone/replay-process',
  'document/laws',
  'laws/convergence',
  'melda/documents',
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

// An optional peer that brings too much to be installed with the rest: it stands with the engines that answers are compared with.
const resolve = {
  alias: { 'shacl-engine': fileURLToPath(new URL('test/oracle/node_modules/shacl-engine/index.js', import.meta.url)) },
}
const common = {
  // Much of the time is waiting, for browsers and processes: three at a time also where there are two processors.
  maxWorkers: Math.max(3, availableParallelism() - 1),
  setupFiles: ['test/setup.ts'],
  testTimeout: 20_000 * Math.max(1, runs / 100),
}

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: { ...common, name: 'alone', include, exclude: [...configDefaults.exclude, ...shared] },
      },
      { resolve, test: { ...common, name: 'shared', include: shared, isolate: false } },
    ],
    sequence: { sequencer: LongestFirst },
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
