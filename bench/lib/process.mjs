// One process for one workload and one peer.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const worker = fileURLToPath(new URL('../worker.mjs', import.meta.url))
const flags = ['--expose-gc', '--max-old-space-size=4096']

/**
 * @param task `workload`, `peer`, `count` of objects, `entropy`, `warm`, `runs`; `capMs` for a peer that may be too slow, else `timeoutMs`
 * @returns what the process has printed: `version` and `results`; or a `failure`; with `capMs`, a peer that was stopped has its `limit` in seconds, and
 *   one that took long is `slow`
 */
export async function measure(task) {
  const { capMs } = task
  const timeoutMs = task.timeoutMs ?? 300_000
  const limitMs = capMs === undefined ? timeoutMs : capMs * 1.25 + 5_000
  const child = spawn(process.execPath, [...flags, worker, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  child.stdout.on('data', data => {
    output += data
  })
  child.stderr.on('data', data => {
    errors += data
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, limitMs)
  const [status, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (late && capMs !== undefined) return { slow: true, limit: Math.floor(limitMs / 1000) }
  if (late) return { failure: `not done after ${limitMs / 1000} s` }
  if (status !== 0) return { failure: reason(errors) ?? `exit ${status ?? signal}` }
  return JSON.parse(output.trim().split('\n').at(-1))
}

/** The error itself, rather than the line of code that threw it. */
function reason(errors) {
  const lines = errors.split('\n')
  return lines.find(text => /^\s*\w*Error\b/.test(text)) ?? lines.find(text => /Error|error/.test(text))
}
