// startup: what an app waits for until it has a clone, in fresh processes; and the command, until it has said how it is used.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { outcome } from '../lib/gateway.mjs'
import { now } from '../lib/measure.mjs'

export const title = 'a fresh process imports the core, opens a first clone (store in memory), writes and reads'
export const only = ['meldwork']
export const settings = { warm: 1, runs: 5 }
export const measures = {
  importMs: 'import ms',
  openMs: 'first open ms',
  writeMs: 'first write and read ms',
  nodeMs: 'whole process of Node ms, that does nothing',
  helpMs: 'meldwork --help ms',
}

const command = fileURLToPath(new URL('../../packages/meldwork-cli/bin/meldwork.js', import.meta.url))

const wholeMs = (...args) => {
  const start = now()
  execFileSync(process.execPath, args, { stdio: 'ignore' })
  return now() - start
}

export async function run() {
  const { importMs, openMs, writeMs } = await outcome('first', {})
  return { importMs, openMs, writeMs, nodeMs: wholeMs('--eval', '0'), helpMs: wholeMs(command, '--help') }
}
