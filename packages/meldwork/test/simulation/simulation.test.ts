/**
 * Random histories of whole clones in a simulated world: what `engine.md`, 8, says must hold, holds after each of them. A failure prints its
 * seed and its steps; `FUZZ_SEED=<seed> FUZZ_RUNS=1` runs it again, as the first history.
 */
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { openClone } from '../../src/index.js'
import { type SimulationReport, simulate } from '../../src/testkit/simulation.js'

describe('random histories', () => {
  it('converge, and lose nothing', async () => {
    const reports: SimulationReport[] = []
    for (let i = 0; i < fuzz.runs(300); i++)
      reports.push(
        await simulate({
          seed: (fuzz.seed + i) & 0x7fffffff,
          open: openClone,
          checkpoint: clone => (clone as unknown as { checkpoints: { write(): Promise<void> } }).checkpoints.write(),
        }),
      )
    const sum = (of: (report: SimulationReport) => number) => reports.reduce((total, report) => total + of(report), 0)
    console.log(
      `${reports.length} histories: ${sum(r => r.writes)} writes, ${sum(r => r.joins)} state joins, ${sum(r => r.rollbacks)} rollbacks, ` +
        `${sum(r => r.messages)} messages; slowest healing ${Math.max(...reports.map(r => r.healingMs))} ms of virtual time`,
    )
    expect(reports.length).toBeGreaterThan(0)
  })
})
