// Clocks, memory and checks for the workloads.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

let clock = () => performance.now()

/** Milliseconds of some beginning. */
export const now = () => clock()

/** From now on {@link now} counts only the time that this process works: what others do on the machine is not in it, and not what it waits for. */
export function countOwnTime() {
  clock = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
}

export const collect = () => {
  globalThis.gc?.()
  globalThis.gc?.()
}

/** Bytes in use after a collection: the heap and what it holds outside (array buffers). */
export function memoryBytes() {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes of memory that the process has now, and has had at most since {@link forgetPeak}: of the system's memory, with what awaits collection. */
export function residentBytes() {
  try {
    const status = readFileSync('/proc/self/status', 'latin1')
    const kilobytes = name => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1])
    return { now: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 }
  } catch {
    // Not Linux: the peak is then since the process began.
    return { now: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1024 }
  }
}

/** The peak of memory begins anew, where the system can do that: Linux. */
export function forgetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {}
}

/** Bytes of all files in a folder. */
export const folderBytes = folder =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

/** Waits until something is so. @throws when it is not within a minute */
export async function until(isSo, what) {
  const endMs = now() + 60_000
  while (!isSo()) {
    check(now() < endMs, `after a minute it is not so that ${what}`)
    await setTimeout(5)
  }
}

export function check(condition, message) {
  if (!condition) throw new Error(`wrong result: ${message}`)
}

/** What the messages of a peer carry: how many transactions, and their bytes with and without what stands around them. */
export function carried(peer, messages) {
  let count = 0
  let bytes = 0
  let operationBytes = 0
  for (const message of messages) {
    const operations = peer.operations?.(message) ?? { count: 1, bytes: message.length }
    count += operations.count
    operationBytes += operations.bytes
    bytes += message.length
  }
  return { count, messageBytes: bytes / count, operationBytes: operationBytes / count }
}

/** Compares each property of each object with what the document says. */
export function checkObjects(document, entries) {
  for (const [id, expected] of entries) {
    const found = document.read(id)
    for (const key in expected)
      check(found?.[key] === expected[key], `${id}.${key} is ${found?.[key]}, not ${expected[key]}`)
  }
  check(document.size() === entries.length, `${document.size()} objects, not ${entries.length}`)
}

/** The middle of the values, with the least and the greatest. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  return { median, least: sorted[0], greatest: sorted[sorted.length - 1], runs: sorted.length }
}
