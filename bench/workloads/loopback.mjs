// loopback: a process with an empty store joins, over a relay on `ws` in another process, a domain whose history is gone: so it is given the state.
import { outcome, withGateway } from '../lib/gateway.mjs'
import { check } from '../lib/measure.mjs'

export const title =
  'an empty clone in a process of its own joins over a relay, by state: 10,000 and 100,000 subjects of 5 properties'
export const only = ['meldwork']
export const settings = { warm: 0, runs: 1 }

const sizes = { '10k': 10_000, '100k': 100_000 }
export const measures = Object.fromEntries(
  Object.entries(sizes).flatMap(([name, count]) => {
    const label = text => `${count.toLocaleString('en')}: ${text}`
    return [
      [`join${name}`, label('join ms (store in memory)')],
      [`disk${name}`, label('join ms (LevelDB), until on disk')],
      [`wire${name}`, label('bytes on the wire, a subject')],
      [`state${name}`, label('memory once joined, MB')],
      [`peak${name}`, label('memory at most, MB')],
      [`peakRatio${name}`, label('memory at most / once joined')],
    ]
  }),
)

const domain = 'loopback.example'
const each = 1_000

export async function run() {
  const figures = {}
  for (const [name, count] of Object.entries(sizes))
    await withGateway({ domain, history: { operations: 0 } }, async (url, tell) => {
      const digest = await tell({ write: { count, each } })
      const joined = await outcome('joiner', { url, domain, digest, durable: false })
      // The gateway encodes and compresses the state for the first, and gives the second the same.
      const disk = await outcome('joiner', { url, domain, digest, durable: true })
      for (const { subjects, journalOperations } of [joined, disk]) {
        check(subjects === count, `${subjects} subjects`)
        check(journalOperations < count / each, 'it has come as a state')
      }
      figures[`join${name}`] = joined.joinMs
      figures[`disk${name}`] = disk.durableMs
      figures[`wire${name}`] = joined.wireBytes / count
      figures[`state${name}`] = joined.stateBytes / 1e6
      figures[`peak${name}`] = joined.peakBytes / 1e6
      figures[`peakRatio${name}`] = joined.peakBytes / joined.stateBytes
    })
  return figures
}
