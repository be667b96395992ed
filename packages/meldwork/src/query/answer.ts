import type { VisibleGraph } from '../graph/index.js'
import type { ValueId } from '../rdf/index.js'
import type { GraphSubject, Solution, SubjectWriter } from '../subject/index.js'
import type { Execution, Progress } from './cursor.js'

/** One answer to a request. */
export type Answer = GraphSubject | Solution

/** What the answers to a request are made with. */
export interface AnswerTools {
  readonly execution: Execution
  readonly graph: VisibleGraph
  readonly writer: SubjectWriter
  /** The id of a subject that the request names; 0 when there is none. @throws `iri-malformed` */
  reference(id: string, path: string): ValueId
}

/** The answers to a request, one by one, in the manner of {@link Cursor}: after `solution`, {@link value} is the next one. */
export interface Answers {
  readonly value: Answer
  next(): Progress
}
