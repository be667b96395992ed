// J: the engine's part of joining, in one process: what it costs a new clone to be given the state of a domain by another, over a network in the process; and one that
// was away while half of it was written: the state is united with what it has. Whoever gives it has encoded it before, for the first who came.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { check, collect, now, until } from '../lib/measure.mjs'
import { writeObjects } from '../lib/subjects.mjs'

export const title =
  'a new clone, and one that has half of it, take over the state of 10,000 and of 100,000 subjects of 5 properties'
export const only = ['meldwork']
export const settings = { warm: 1, runs: 2, rounds: 2 }
export const measures = {
  new10k: 'new clone, 10,000: us a subject',
  new100k: 'new clone, 100,000: us a subject',
  merge10k: 'merge join, 10,000: us a subject',
  merge100k: 'merge join, 100,000: us a subject',
  newFlat: 'new clone, 100,000 / 10,000 a subject',
  mergeFlat: 'merge join, 100,000 / 10,000 a subject',
}

const domain = 'join.example'
/** How many subjects are written in one transaction. */
const each = 1000
const sizes = { '10k': 10_000, '100k': 100_000 }

export async function run() {
  const figures = {}
  for (const [name, count] of Object.entries(sizes)) {
    const { freshMs, mergeMs } = await joins(count)
    figures[`new${name}`] = (freshMs * 1000) / count
    figures[`merge${name}`] = (mergeMs * 1000) / count
  }
  figures.newFlat = figures.new100k / figures.new10k
  figures.mergeFlat = figures.merge100k / figures.merge10k
  return figures
}

async function joins(count) {
  const network = new MemoryNetwork()
  // Without history, so that whoever comes is given the state.
  const open = async genesis => {
    const transport = new MemoryTransport(network)
    const options = { domain, store: new MemoryStore(), transport, genesis, history: { operations: 0 } }
    const clone = await openClone(options)
    clone.follow(() => {})
    return { transport, clone }
  }
  const joined = clone => clone.status.becomes({ online: true, outdated: false }, { timeoutMs: 60_000 })
  const { clone: source } = await open(true)
  await writeObjects(source, { count: count / 2, each })
  const away = await open(false)
  await joined(away.clone)
  away.transport.offline()
  await away.clone.status.becomes({ online: false })
  await writeObjects(source, { from: count / 2, count, each })
  // Until the checkpoint is written that lets the journal go: with all of the second half in it, the one that was away would be given that.
  await until(() => source.stats().journalOperations < count / 2 / each, 'the source has let its journal go')
  const first = await open(false)
  await joined(first.clone)
  await first.clone.close()

  const timed = async arrive => {
    collect()
    const start = now()
    const clone = await arrive()
    await joined(clone)
    const ms = now() - start
    check(clone.stats().digest === source.stats().digest, 'the digest of the clone that joined')
    check(clone.stats().subjects === count, `${clone.stats().subjects} subjects`)
    check(clone.stats().journalOperations < count / 1000, 'it has come as a state')
    await clone.close()
    return ms
  }
  const freshMs = await timed(async () => (await open(false)).clone)
  const mergeMs = await timed(async () => {
    away.transport.online()
    await away.clone.status.becomes({ online: true })
    return away.clone
  })
  await source.close()
  return { freshMs, mergeMs }
}
