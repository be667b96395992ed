// Folders with packages of their own (`bench/`, `test/oracle/`), which `npm ci` at the root does not install: who only uses the project has no need of them.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { at } from './run.mjs'

/**
 * Installs what a folder's lockfile names, unless that was done already.
 * @returns resolves with what went wrong; empty when all is there
 */
export async function install(folder) {
  const digest = createHash('sha256')
    .update(readFileSync(at(folder, 'package-lock.json')))
    .digest('hex')
  const stamp = join(at(folder), 'node_modules', '.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return ''
  console.log(`installing the packages of ${folder}`)
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: at(folder),
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  const status = await new Promise(resolve => child.on('error', () => resolve(1)).on('close', resolve))
  if (status !== 0)
    return `The packages of ${folder} could not be installed. Without a network, copy its node_modules; with one: npm ci --prefix ${folder}`
  writeFileSync(stamp, digest)
  return ''
}
