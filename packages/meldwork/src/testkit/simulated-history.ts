/** Names a history: the same one each time. */
export interface History {
  /** Everything follows from it. */
  readonly seed: number
  /** How many steps, or only which of them; as many as the seed says when it is not given. */
  readonly steps?: number | readonly number[]
  /** How many clones there are at first. */
  readonly sites?: number
  /** Whether there are rules in force: some, by the seed. Not, when it is not given. */
  readonly rules?: boolean
  /** How many networks there are: 1, when it is not given, or 2. Of these, most clones are on both. */
  readonly networks?: number
}

/** A history in which something was wrong: its message says what, what had happened, and how to run it again. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure'
  readonly history: History
  /** How many steps the seed makes. */
  readonly stepCount: number
  readonly violations: readonly string[]
  readonly trace: readonly string[]

  constructor(
    history: History,
    stepCount: number,
    violations: readonly string[],
    trace: readonly string[],
    replay: string,
  ) {
    super(
      `Simulation ${history.seed}: ${violations.join('\n  ')}\n--- steps\n${trace.join('\n')}\n--- again\n${replay}`,
    )
    this.history = history
    this.stepCount = stepCount
    this.violations = violations
    this.trace = trace
  }
}
