import { type Environment, platformEnvironment, type Transport } from '../ports/index.js'
import { Chance } from './chance.js'
import { FaultyTransport } from './faulty-transport.js'

/** What the suite does with a clone: what `openClone` gives can do it. */
export interface SuiteClone {
  write(subject: { readonly '@id': string; readonly [property: string]: string | number }): Promise<unknown>
  get(id: string): unknown
  stats(): { readonly digest: string }
  close(): Promise<void>
}

/** What a clone of the suite is opened with, beside a store. */
export interface SuiteCloneOptions {
  readonly domain: string
  readonly transport: Transport
  readonly genesis: boolean
  /** Its time runs faster than the platform's. */
  readonly environment: Environment
}

/** How many times as fast as the platform's the time of clones runs, which wait seconds before they ask again for what was lost. */
const haste = 10
const faults = { loss: 0.1, duplicates: 0.1, delayMs: 30 }
const leastRounds = 15
const roundMs = 10
const pollMs = 10

/**
 * Clones, one over each of the transports, that write at the same time while messages are lost, repeated and reordered, and one is the first of its domain:
 * so the others get its state through the same faults. Once these have ended, all must have the same, and everything that was written.
 */
export async function convergence(
  near: readonly Transport[],
  openClone: (options: SuiteCloneOptions) => Promise<SuiteClone>,
  timeoutMs: number,
  seed = new DataView(platformEnvironment.random(4).buffer).getUint32(0),
): Promise<void> {
  const environment = hurried()
  const transports = near.map(
    (transport, index) => new FaultyTransport(transport, { seed: Chance.seedOf(seed, index), ...faults }),
  )
  const opening = transports.map((transport, index) =>
    openClone({ domain: `clones-${seed}.example`, transport, genesis: index === 0, environment }),
  )
  try {
    const clones = await Promise.all(opening)
    const written = await writeAmid(transports, clones, timeoutMs)
    for (const transport of transports) transport.heal()
    const hasAll = (clone: SuiteClone) => written.every(id => clone.get(id) !== undefined)
    const isSame = () => new Set(clones.map(clone => clone.stats().digest)).size === 1
    await until(() => isSame() && clones.every(hasAll), 'the clones have the same, and all of it', timeoutMs)
  } catch (error) {
    throw new Error(`Clones do not converge over it, with { seed: ${seed} }: ${String(error)}`, { cause: error })
  } finally {
    for (const opened of await Promise.allSettled(opening))
      if (opened.status === 'fulfilled') await opened.value.close()
  }
}

/** Each clone writes something of its own and something that all write, round by round, until every fault has come. @returns the ids */
async function writeAmid(transports: readonly FaultyTransport[], clones: readonly SuiteClone[], timeoutMs: number) {
  const written = ['shared']
  const isFaulty = () => transports.every(({ counts }) => counts.lost > 0 && counts.repeated > 0 && counts.late > 0)
  const untilMs = platformEnvironment.now() + timeoutMs
  for (let round = 0; round < leastRounds || !isFaulty(); round++) {
    if (platformEnvironment.now() > untilMs) throw new Error('there are no messages to lose')
    const writes: Promise<unknown>[] = []
    for (const [index, clone] of clones.entries()) {
      const id = `${round}-of-${index}`
      written.push(id)
      writes.push(clone.write({ '@id': id, round }), clone.write({ '@id': 'shared', name: id }))
    }
    await Promise.all(writes)
    await delay(roundMs)
  }
  return written
}

/** Looks again and again. */
async function until(isSo: () => boolean, what: string, timeoutMs: number): Promise<void> {
  const untilMs = platformEnvironment.now() + timeoutMs
  while (!isSo()) {
    if (platformEnvironment.now() > untilMs) throw new Error(`in ${timeoutMs} ms it did not come to this: ${what}`)
    await delay(pollMs)
  }
}

const delay = (delayMs: number) => new Promise<void>(resolve => platformEnvironment.schedule(resolve, delayMs))

/** The platform's environment, with a time that runs faster. */
function hurried(): Environment {
  const { now, random, schedule } = platformEnvironment
  const startMs = now()
  return {
    now: () => startMs + haste * (now() - startMs),
    random,
    schedule: (callback, delayMs, background) => schedule(callback, delayMs / haste, background),
  }
}
