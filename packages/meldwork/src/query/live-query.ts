import type { PriorState, VisibleGraph } from '../graph/index.js'
import type { IriSpace, PropertyId, ValueId } from '../rdf/index.js'
import type { SubjectWriter } from '../subject/index.js'
import type { Algebra } from './algebra.js'
import type { AnswerChange } from './answer-change.js'
import { Execution, Progress } from './cursor.js'
import { type ChangedSides, type FoundSolution, interestsOf, LeafSolutions, leavesOf } from './delta.js'
import { type Interest, type Interests, interestOf } from './interests.js'
import { Planner } from './plan.js'
import type { RequestTerms } from './request-terms.js'

/** Who waits for a triple: a query, and for which of its reasons. */
export interface Waiter {
  readonly query: LiveQuery
  /** Whether it may concern the query after all; notes it if it does. */
  note(inserted: boolean, subject: ValueId, property: PropertyId, object: ValueId): void
}

/** What live queries of one clone share. Terms that one of them computes last until it is done. */
export interface LiveTools {
  /** The state of now. */
  readonly graph: VisibleGraph
  /** The state before the difference at hand. */
  readonly prior: PriorState
  readonly terms: RequestTerms
  readonly interests: Interests<Waiter>
  readonly iris: IriSpace
}

/** The solutions that came, or went, by one triple in the place of one pattern. */
class LeafWaiter implements Waiter {
  readonly query: LiveQuery
  readonly after: LeafSolutions
  readonly before: LeafSolutions
  private noted: number[] = []
  private end = 0

  constructor(query: LiveQuery, after: LeafSolutions, before: LeafSolutions) {
    this.query = query
    this.after = after
    this.before = before
  }

  note(inserted: boolean, subject: ValueId, property: PropertyId, object: ValueId): void {
    const { noted } = this
    noted[this.end++] = inserted ? 1 : 0
    noted[this.end++] = subject
    noted[this.end++] = property
    noted[this.end++] = object
  }

  each(sides: ChangedSides, found: FoundSolution): void {
    const { noted, after, before, end } = this
    this.end = 0
    for (let at = 0; at < end; at += 4) {
      const came = noted[at] === 1
      const changed = came ? sides.inserted : sides.deleted
      ;(came ? after : before).each(noted[at + 1], noted[at + 2], noted[at + 3], changed, came, found)
    }
    if (noted.length > 4096) this.noted = []
  }
}

/**
 * A request that is answered again and again. Its solutions are found in one of two ways: where its algebra allows (see {@link leavesOf}), those that
 * came and went are found from the changed triples alone; otherwise it is solved anew, when a triple that matches one of its patterns has changed.
 */
export abstract class LiveQuery {
  protected readonly tools: LiveTools
  protected readonly writer: SubjectWriter
  /** Whether the solutions that came and went are found from changed triples. */
  protected readonly isDelta: boolean
  /** Whether it must be solved anew. */
  protected stale = false
  private readonly algebra: Algebra
  private readonly width: number
  private readonly leaves: LeafWaiter[] = []
  private readonly subscriptions: (readonly [Interest, Waiter])[] = []

  /** @param delta whether it can do with the solutions that came and went */
  constructor(tools: LiveTools, writer: SubjectWriter, algebra: Algebra, width: number, delta: boolean) {
    this.tools = tools
    this.writer = writer
    this.algebra = algebra
    this.width = width
    const leaves = delta ? leavesOf(algebra) : undefined
    this.isDelta = leaves !== undefined
    const { graph, prior, terms, iris } = tools
    for (const leaf of leaves ?? []) {
      const [after, before] = [graph, prior].map(state => new LeafSolutions(leaf, state, terms, iris, width))
      const waiter = new LeafWaiter(this, after, before)
      this.leaves.push(waiter)
      this.subscriptions.push([interestOf(leaf.pattern), waiter])
    }
    if (leaves !== undefined) return
    const again: Waiter = {
      query: this,
      note: () => {
        this.stale = true
      },
    }
    for (const interest of interestsOf(algebra)) this.subscriptions.push([interest, again])
  }

  /** Begins: everything is new. */
  begin(): AnswerChange {
    for (const [interest, waiter] of this.subscriptions) this.tools.interests.add(interest, waiter)
    return this.first()
  }

  protected abstract first(): AnswerChange

  /**
   * After a difference, which has been noted where it may matter.
   * @returns undefined when the answer is the same
   */
  abstract update(sides: ChangedSides): AnswerChange | undefined

  /** Nothing is noted any more. */
  end(): void {
    for (const [interest, waiter] of this.subscriptions) this.tools.interests.remove(interest, waiter)
  }

  /** All solutions of now. */
  protected solutions(found: (row: readonly ValueId[]) => void): void {
    const { graph, terms, iris } = this.tools
    const row = new Array<ValueId>(this.width).fill(0)
    const cursor = new Planner(new Execution(graph, terms, row), iris).plan(this.algebra)
    cursor.open()
    while (cursor.next() === Progress.solution) found(row)
  }

  /** The solutions that came and went. */
  protected changes(sides: ChangedSides, found: FoundSolution): void {
    for (const leaf of this.leaves) leaf.each(sides, found)
  }
}
