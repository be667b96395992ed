/**
 * Random histories of whole clones in a simulated world: what `engine.md`, 8, says must hold, holds after each of them. A failure prints its
 * seed and its steps; `FUZZ_SEED=<seed> FUZZ_RUNS=1` runs it again, as the first history.
 */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { openClone, type Update } from '../../src/index.js'
import type { Transport } from '../../src/ports/index.js'
import type { OpenSimulatedClone, SimulatedClone } from '../../src/testkit/simulated-clone.js'
import { type SimulationReport, simulate } from '../../src/testkit/simulation.js'

import { checkpoint } from './checkpoint.js'

const histories = fuzz.runs(2000)

describe('random histories', () => {
  it('converge, and lose nothing', { timeout: 60_000 + histories * 500 }, async () => {
    const reports: SimulationReport[] = []
    for (let i = 0; i < histories; i++)
      reports.push(await simulate({ seed: (fuzz.seed + i) & 0x7fffffff, open: openClone, checkpoint }))
    const sum = (of: (report: SimulationReport) => number) => reports.reduce((total, report) => total + of(report), 0)
    console.log(
      `${reports.length} histories: ${sum(r => r.writes)} writes, ${sum(r => r.joins)} state joins, ${sum(r => r.rollbacks)} rollbacks, ` +
        `${sum(r => r.messages)} messages, ${sum(r => Number(r.forked))} with shared ids (${sum(r => r.lostToForks)} writes lost to them); slowest healing ${Math.max(...reports.map(r => r.healingMs))} ms of virtual time`,
    )
    expect(reports.length).toBe(histories)
  })
})

describe('a simulation', () => {
  it('runs the same each time', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const runs = [
        await simulate({ seed, open: openClone, checkpoint }),
        await simulate({ seed, open: openClone, checkpoint }),
      ]
      expect(runs[1]).toEqual(runs[0])
    }
  })

  /** In how many of 20 histories something is found to be wrong. */
  async function found(open: OpenSimulatedClone): Promise<number> {
    let count = 0
    for (let seed = 1; seed <= 20; seed++) {
      try {
        await simulate({ seed, open, checkpoint, steps: 40 })
      } catch (error) {
        expect(String(error)).toContain(`Simulation ${seed}`)
        expect(String(error)).toContain('--- steps')
        count++
      }
    }
    return count
  }

  it('finds a transport that alters bytes', { timeout: 60_000 }, async () => {
    const altering = (transport: Transport): Transport => ({
      maxMessageBytes: transport.maxMessageBytes,
      join: (name, listener) =>
        transport.join(name, {
          state: (state, reason) => listener.state(state, reason),
          peers: present => listener.peers(present),
          message: (from, bytes) =>
            listener.message(from, bytes.length > 100 ? bytes.map((b, i) => (i === 90 ? b ^ 1 : b)) : bytes),
        }),
      close: () => transport.close(),
    })
    expect(await found(options => openClone({ ...options, transport: altering(options.transport) }))).toBeGreaterThan(0)
  })

  it('finds a clone whose handlers miss an update', { timeout: 60_000 }, async () => {
    const deaf: OpenSimulatedClone = async options => {
      const clone = await openClone(options)
      return Object.assign(Object.create(clone) as SimulatedClone, {
        status: clone.status,
        follow: (handler: (update: Update) => void) =>
          clone.follow(update => {
            if (update['@ticks'] % 11 !== 0) handler(update)
          }),
      })
    }
    expect(await found(deaf)).toBeGreaterThan(0)
  })
})
