import { replicaName } from '../causality/index.js'
import type { GraphSubject } from '../subject/index.js'
import type { Applied, Cause } from '../transaction/index.js'

/** What is known of the cause of an {@link Update}. */
export interface Trace {
  /** `write`: here. `remote`: an operation from elsewhere. `join`: a whole state. `rollback`: the store failed. More may come. */
  readonly cause: Cause
  /** The id of the replica that wrote; none for `join` and `rollback`. */
  readonly replica: string | undefined
  /** When it says that it did, in milliseconds since 1970. */
  readonly timeMs: number | undefined
}

const none: readonly GraphSubject[] = []

/**
 * A change of what is visible: the difference of the states before and after one transaction. Applied in order to an empty copy,
 * updates give what the clone reads. Its only own keys are the four here.
 */
export class Update {
  /** @internal One that stays: with none alive, a collection makes V8 forget their shape, and drop all code optimised for it. */
  static readonly idle: Update = new Update({ ticks: 0, cause: 'write', replica: undefined, timeMs: undefined }, [], [])

  /** What is visible no more: subjects with those of their values that went. */
  readonly '@delete': readonly GraphSubject[]
  /** What has become visible. */
  readonly '@insert': readonly GraphSubject[]
  /** Operations on shared values, such as text; none exist yet. */
  readonly '@update': readonly GraphSubject[]
  /** How many operations this clone had applied after this one. */
  readonly '@ticks': number
  readonly #applied: Applied

  /** @internal */
  constructor(applied: Applied, deleted: readonly GraphSubject[], inserted: readonly GraphSubject[]) {
    this['@delete'] = deleted
    this['@insert'] = inserted
    this['@update'] = none
    this['@ticks'] = applied.ticks
    this.#applied = applied
  }

  get trace(): Trace {
    const { cause, replica, timeMs } = this.#applied
    return { cause, replica: replica && replicaName(replica), timeMs }
  }
}
