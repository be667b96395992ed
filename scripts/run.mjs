// Small helpers that the other scripts share: where things are, and running a command.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A path inside the repository. */
export const at = (...parts) => join(root, ...parts)

/** The JavaScript file behind a development command, to be run by this Node without a shell. */
const binaries = {
  attw: 'node_modules/@arethetypeswrong/cli/dist/index.js',
  biome: 'node_modules/@biomejs/biome/bin/biome',
  depcruise: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
  publint: 'node_modules/publint/src/cli.js',
  'size-limit': 'node_modules/size-limit/bin.js',
  tsc: 'node_modules/typescript/bin/tsc',
  tsc7: 'node_modules/typescript7/bin/tsc',
  vite: 'node_modules/vite/bin/vite.js',
  vitest: 'node_modules/vitest/vitest.mjs',
}

/**
 * Runs a development command (a key of `binaries`, or a script path ending in `.mjs`).
 * `show: true` also copies its output to ours while it runs.
 * @returns its exit code and everything it printed
 */
export function run(command, args = [], { cwd = root, env = {}, show = false } = {}) {
  const script = at(binaries[command] ?? command)
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = target => data => {
    output += data
    if (show) target.write(data)
  }
  child.stdout.setEncoding('utf8').on('data', collect(process.stdout))
  child.stderr.setEncoding('utf8').on('data', collect(process.stderr))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? 1, output: signal ? `${output}\n${signal}` : output }))
  })
}

/** All files under a folder (or the file itself), as paths; none when it does not exist. */
export function filesUnder(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap(entry =>
    entry.name === 'node_modules' ? [] : filesUnder(join(path, entry.name)),
  )
}

/** The time of the newest file under these paths, in milliseconds; 0 when there is none. */
export const newest = paths => Math.max(0, ...paths.flatMap(filesUnder).map(file => statSync(file).mtimeMs))
