import { type History, SimulationFailure } from './simulated-history.js'

/**
 * Looks for a shorter history that goes wrong, too: with fewer clones at first, and with steps left out (delta debugging, after Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002). What goes wrong in it may be something else.
 * @param failure what is to be shortened
 * @param run simulates a history. Rejects with a SimulationFailure when it goes wrong
 * @param mostRuns how many histories to try
 * @returns the shortest that was found, with the same seed
 */
export async function shrink(
  failure: SimulationFailure,
  run: (history: History) => Promise<unknown>,
  mostRuns = 200,
): Promise<SimulationFailure> {
  let best = failure
  let runs = 0
  const { seed, rules, networks } = failure.history
  const always = { seed, ...(rules !== undefined && { rules }), ...(networks !== undefined && { networks }) }

  /** @returns whether it still goes wrong */
  const fails = async (history: History): Promise<boolean> => {
    if (runs++ >= mostRuns) return false
    try {
      await run(history)
      return false
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      best = error
      return true
    }
  }

  const { steps = failure.stepCount, sites } = failure.history
  let indexes = typeof steps === 'number' ? Array.from({ length: steps }, (_, index) => index) : [...steps]
  const rest = (of: readonly number[]): History => ({
    ...always,
    steps: of,
    ...(fewest !== undefined && { sites: fewest }),
  })
  let fewest = sites
  for (const count of [2, 3])
    if ((sites === undefined || count < sites) && (await fails({ ...always, steps: indexes, sites: count }))) {
      fewest = count
      break
    }
  // Nothing after the last step that was taken matters.
  for (let parts = 2; indexes.length > 0 && parts <= indexes.length * 2 && runs < mostRuns; ) {
    const length = Math.ceil(indexes.length / parts)
    let isShorter = false
    for (let from = 0; from < indexes.length; ) {
      const without = [...indexes.slice(0, from), ...indexes.slice(from + length)]
      if (await fails(rest(without))) {
        indexes = without
        isShorter = true
      } else from += length
    }
    if (length === 1 && !isShorter) break
    parts = isShorter ? 2 : parts * 2
  }
  return best
}
