import type { AnswerChange } from '../query/index.js'
import type { GraphSubject, Solution } from '../subject/index.js'

/** A subject in the answer to a watched request that is another than it was. */
export interface ChangedSubject<T> {
  /** The whole subject, as it was in the answer. */
  readonly before: T
  readonly after: T
}

/**
 * A change of the answer to a watched request: see {@link Clone.watch}. Its only own keys are the four here. What is in it is the watcher's too: read it, and
 * do not change it.
 */
export class Change<T = GraphSubject | Solution> {
  /** How many operations the clone had applied. */
  readonly '@ticks': number
  /** Rows that have come, each as often as there are more of it; subjects that have come into the answer. */
  readonly added: readonly T[]
  /** Rows and subjects that have gone, as they were. */
  readonly removed: readonly T[]
  /** Subjects that have stayed, by their `@id`, and are different; never rows. */
  readonly changed: readonly ChangedSubject<T>[]
  readonly #answers: readonly T[] | undefined

  /** @internal */
  constructor(ticks: number, { added, removed, changed, answers }: AnswerChange) {
    this['@ticks'] = ticks
    this.added = added.map(({ answer }) => answer as T)
    this.removed = removed.map(({ answer }) => answer as T)
    this.changed = changed.map(({ before, after }) => ({ before: before as T, after: after as T }))
    this.#answers = answers as readonly T[] | undefined
  }

  /**
   * The whole answer after this change, in order, for a request with `@orderBy`, `@limit` or `@offset`; undefined for others. It may be all that has changed: when
   * the same rows stand in another order.
   */
  get answers(): readonly T[] | undefined {
    return this.#answers
  }
}

/** Receives changes of an answer. Called in the turn in which the change becomes readable. */
export type ChangeHandler<T = GraphSubject | Solution> = (change: Change<T>) => void
