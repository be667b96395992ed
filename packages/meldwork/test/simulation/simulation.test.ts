/**
 * Random histories of whole clones in a simulated world: what `engine.md`, 8, says must hold, holds after each of them. A failure prints its
 * seed, the fewest of its steps with which something is still wrong, and the command that runs them again.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type FollowOptions, type Gap, openClone, type Update } from '../../src/index.js'
import type { Transport } from '../../src/ports/index.js'
import {
  type History,
  type OpenSimulatedClone,
  type SimulatedClone,
  type SimulationFailure,
  shrink,
  simulate,
} from '../../src/testkit/simulation.js'
import { checkpoint } from './checkpoint.js'
import { replay } from './replay.js'

// `npm run test:long` runs many more, on all processors.
const histories = Math.min(fuzz.runs(1500), 1500)

const open: OpenSimulatedClone = options => openClone({ ...options, transport: options.transports })
const run = (history: History) => simulate({ ...history, open, checkpoint, replay })

describe('random histories', () => {
  // In a process of its own, on the built library: so they take half the time.
  it('converge, and lose nothing', { timeout: 120_000 + histories * 500 }, async () => {
    const options = ['--histories', histories, '--seed', fuzz.seed, '--workers', 1].map(String)
    const script = fileURLToPath(new URL('../../../../scripts/simulate.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        said += text
      })
    const [code] = await once(child, 'close')
    expect(code, said).toBe(0)
    expect(said).toContain(`${histories} histories without a fault`)
    console.log(said)
  })
})

describe('a simulation', () => {
  it('runs the same each time', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const runs = [await run({ seed, steps: 30 }), await run({ seed, steps: 30 })]
      expect(runs[1]).toEqual(runs[0])
    }
  })

  it('does the same in a step when others are left out', async () => {
    const whole = await run({ seed: 5, steps: 20 })
    const part = await run({ seed: 5, steps: [3, 7, 19] })
    const said = (trace: readonly string[], index: number) =>
      trace.find(line => line.includes(`[${index}]`))?.replace(/^\d+: /, '')
    for (const index of [3, 7, 19]) expect(said(part.trace, index)).toBe(said(whole.trace, index))
    expect(said(part.trace, 4)).toBeUndefined()
  })

  it('shortens a history that goes wrong, and says how to run it again', { timeout: 60_000 }, async () => {
    // As if the fifth write of any clone were not taken.
    const wrong = (history: History) => {
      let writes = 0
      const open: OpenSimulatedClone = async options => {
        const clone = await openClone(options)
        return Object.assign(Object.create(clone) as SimulatedClone, {
          status: clone.status,
          delete: (id: string) => (++writes === 2 ? Promise.resolve() : clone.delete(id)),
          get: (id: string) => (writes >= 2 && id.startsWith('s') ? { '@id': id, p1: 'wrong' } : clone.get(id)),
        })
      }
      return simulate({ ...history, open, checkpoint, replay })
    }
    let failure: SimulationFailure | undefined
    for (let seed = 1; failure === undefined; seed++)
      await wrong({ seed, steps: 60 }).catch(error => {
        failure = error
      })
    const shortest = await shrink(failure, wrong)
    const { steps, seed } = shortest.history
    expect((steps as readonly number[]).length).toBeLessThan(12)
    expect(shortest.message).toContain(`npm run simulate -- ${seed} --steps ${steps}`)
    await expect(wrong(shortest.history)).rejects.toThrow(shortest.message)
  })

  /** In how many of 8 histories something is found to be wrong. */
  async function found(open: OpenSimulatedClone): Promise<number> {
    let count = 0
    for (let seed = 1; seed <= 8; seed++) {
      try {
        await simulate({ seed, open, checkpoint, steps: 25 })
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
        follow: (first: FollowOptions | ((update: Update) => void), handler?: (update: Update | Gap) => void) =>
          typeof first === 'object'
            ? clone.follow(first, handler!)
            : clone.follow(update => {
                if (update['@ticks'] % 11 !== 0) first(update)
              }),
      })
    }
    expect(await found(deaf)).toBeGreaterThan(0)
  })
})
