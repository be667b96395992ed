import type { PeerId } from '../ports/index.js'
import type { IncomingState } from './incoming-state.js'

/** A request to one peer that has not been answered to the end. */
export interface Asking {
  readonly id: number
  readonly peer: PeerId
  /**
   * What is asked for: `buckets`: in which parts of the vector the two differ; `operations`: those that are missing, or a state; `state`: the whole
   * state, to unite with it.
   */
  readonly step: 'buckets' | 'operations' | 'state'
  /** How many operations have come in answer. */
  operations: number
  incoming: IncomingState | undefined
  cancelTimeout: () => void
}
