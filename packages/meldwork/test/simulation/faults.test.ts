/** With each of some deliberate faults in the engine, the simulation must find that something is wrong; and it says after how many histories. */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { openClone } from '../../src/index.js'
import { SimulationFailure, simulate } from '../../src/testkit/simulation.js'
import { checkpoint } from './checkpoint.js'
import { type Fault, faults } from './faults.js'

/**
 * So many histories run with each fault: fewer when it has been found so often, more when it has not been found. It must be found once, and a normal run stops
 * there; `npm run test:long` goes on, to say how often.
 */
const histories = 40
const oftenEnough = Math.min(5, fuzz.runs(1))
const mostHistories = 2500

interface Found {
  readonly histories: number
  /** What was wrong, in each history in which something was. */
  readonly failures: readonly string[]
}

async function look({ plant, open = openClone, rules = false, networks = 1 }: Fault): Promise<Found> {
  const failures: string[] = []
  const mend = plant()
  let count = 0
  const goesOn = () =>
    failures.length > 0 ? count < histories && failures.length < oftenEnough : count < mostHistories
  try {
    for (; goesOn(); count++)
      try {
        await simulate({ seed: (fuzz.seed + count) & 0x7fffffff, rules, networks, open, checkpoint })
      } catch (error) {
        if (!(error instanceof SimulationFailure)) throw error
        failures.push(error.violations[0])
      }
  } finally {
    mend()
  }
  return { histories: count, failures }
}

describe('a simulation finds that', () => {
  for (const fault of faults)
    it(fault.name, { timeout: 300_000 }, async () => {
      const { histories, failures } = await look(fault)
      const [first = 'nothing'] = failures
      console.log(`${fault.name}: found in ${failures.length} of ${histories} histories. ${first.slice(0, 160)}`)
      expect(failures.length).toBeGreaterThan(0)
    })
})
