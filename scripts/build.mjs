// Builds the library, the command and the page, in this order: `npm run build`.
// `buildAll({ onlyStale: true })` skips what is newer than its sources; with `only`, every package that is not named.
import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { at, filesUnder, newest, root, run } from './run.mjs'

const packages = [
  {
    name: 'meldwork',
    folder: 'packages/meldwork',
    entry: 'src/errors.ts',
    commands: [
      ['tsc', '-p', 'tsconfig.json'],
      ['tsc', '-p', 'tsconfig.browser.json'],
      ['tsc', '-p', 'tsconfig.node.json'],
    ],
    needs: [],
  },
  {
    name: 'meldwork-cli',
    folder: 'packages/meldwork-cli',
    entry: 'src/main.ts',
    commands: [['tsc', '-p', 'tsconfig.json']],
    needs: ['meldwork'],
  },
  {
    name: 'board',
    folder: 'apps/board',
    entry: 'index.html',
    commands: [['vite', 'build']],
    needs: ['meldwork'],
    // The command carries the built page, so that the installed package can serve it.
    after: () => {
      rmSync(at('packages/meldwork-cli/page'), { recursive: true, force: true })
      cpSync(at('apps/board/dist'), at('packages/meldwork-cli/page'), { recursive: true })
    },
  },
]

// A stamp says when a package was last built without an error. `npm ci` removes the stamps.
const stamp = name => at('node_modules/.cache/meldwork', `built-${name}`)

function isStale({ name, folder }) {
  if (!existsSync(stamp(name)) || !existsSync(at(folder, 'dist'))) return true
  const sources = ['src', 'public', 'index.html', 'package.json', 'tsconfig.json', 'vite.config.ts']
  return newest([...sources.map(part => at(folder, part)), at('tsconfig.base.json')]) > statSync(stamp(name)).mtimeMs
}

/** Removes from `dist` what this build did not write: the output of sources that are gone. */
function prune(folder, startedMs) {
  for (const file of filesUnder(at(folder, 'dist'))) if (statSync(file).mtimeMs < startedMs) rmSync(file)
}

async function build({ name, folder, commands, after }) {
  rmSync(stamp(name), { force: true })
  const startedMs = Date.now() - 1000
  for (const [command, ...args] of commands) {
    const { code, output } = await run(command, args, { cwd: at(folder) })
    if (code !== 0) throw new Error(`${name}: ${command} ${args.join(' ')}\n${output}`)
  }
  prune(folder, startedMs)
  after?.()
  mkdirSync(at('node_modules/.cache/meldwork'), { recursive: true })
  writeFileSync(stamp(name), '')
}

/** @returns the names of the packages built; throws with the compiler's output when one fails */
export async function buildAll({ onlyStale = false, only = packages.map(({ name }) => name), log = () => {} } = {}) {
  const built = []
  for (const each of packages) {
    if (!only.includes(each.name)) continue
    if (!existsSync(at(each.folder, each.entry))) continue
    if (onlyStale && !isStale(each) && !each.needs.some(name => built.includes(name))) continue
    log(`building ${each.name}`)
    await build(each)
    built.push(each.name)
  }
  return built
}

if (process.argv[1] === at('scripts/build.mjs')) {
  process.chdir(root)
  await buildAll({ log: console.log }).catch(error => {
    console.error(error.message)
    process.exitCode = 1
  })
}
