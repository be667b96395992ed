import { replicaName } from '../causality/index.js'
import type { Quad, RdfTerms } from '../rdf/index.js'
import type { GraphSubject } from '../subject/index.js'
import type { Applied, Cause, Cursor, Difference } from '../transaction/index.js'

/** What is known of the cause of an {@link Update}. */
export interface Trace {
  /** `write`: here. `remote`: an operation from elsewhere. `join`: a whole state. `rollback`: the store failed. More may come. */
  readonly cause: Cause
  /** The id of the replica that wrote; none for `join` and `rollback`. */
  readonly replica: string | undefined
  /** When it says that it did, in milliseconds since 1970. */
  readonly timeMs: number | undefined
}

/** What an {@link Update} changed, as RDF/JS quads in the default graph: what `updateQuads` takes. */
export interface QuadDifference {
  readonly delete: readonly Quad[]
  readonly insert: readonly Quad[]
}

const none: readonly GraphSubject[] = []
const unchanged: Difference = { inserted: [], deleted: [] }

interface SubjectDifference {
  readonly deleted: readonly GraphSubject[]
  readonly inserted: readonly GraphSubject[]
}

/**
 * A change of what is visible: the difference of the states before and after one transaction. Applied in order to an empty copy,
 * updates give what the clone reads. Its only own keys are the four here.
 */
export class Update {
  /** @internal One that stays: with none alive, a collection makes V8 forget their shape, and drop all code optimised for it. */
  static readonly idle: Update = new Update(
    { ticks: 0, life: '', cause: 'write', replica: undefined, timeMs: undefined },
    { deleted: [], inserted: [] },
    unchanged,
    undefined,
  )

  /** What is visible no more: subjects with those of their values that went. */
  readonly '@delete': readonly GraphSubject[]
  /** What has become visible. */
  readonly '@insert': readonly GraphSubject[]
  /** Operations on shared values, such as text; none exist yet. */
  readonly '@update': readonly GraphSubject[]
  /** How many operations this clone had applied after this one. */
  readonly '@ticks': number
  readonly #applied: Applied
  readonly #difference: Difference
  readonly #terms: RdfTerms | undefined
  #quads: QuadDifference | undefined

  /**
   * @internal
   * @param difference the same as the subjects, in ids of a dictionary, which keep their meaning
   * @param terms of that dictionary; none where there is no difference
   */
  constructor(applied: Applied, subjects: SubjectDifference, difference: Difference, terms: RdfTerms | undefined) {
    this['@delete'] = subjects.deleted
    this['@insert'] = subjects.inserted
    this['@update'] = none
    this['@ticks'] = applied.ticks
    this.#applied = applied
    this.#difference = difference
    this.#terms = terms
  }

  /** All of the change as triples, those that lists are made of too. Made when first asked for, at any time. */
  get quads(): QuadDifference {
    this.#quads ??= { delete: this.#made(this.#difference.deleted), insert: this.#made(this.#difference.inserted) }
    return this.#quads
  }

  #made(triples: readonly number[]): Quad[] {
    const quads: Quad[] = []
    for (let at = 0; at < triples.length; at += 3)
      quads.push(this.#terms!.quad(triples[at], triples[at + 1], triples[at + 2]))
    return quads
  }

  /**
   * Where this update stands in the history of the store: with it, `follow({ after: cursor })` goes on behind this update, in this process or a later one. It may be
   * kept together with what was done with the update. When it is asked for before the update is durable, and a crash takes the update back, it names nothing
   * any more, and following after it begins with a gap.
   */
  get cursor(): Cursor {
    return { life: this.#applied.life, ticks: this['@ticks'] }
  }

  get trace(): Trace {
    const { cause, replica, timeMs } = this.#applied
    return { cause, replica: replica && replicaName(replica), timeMs }
  }
}
