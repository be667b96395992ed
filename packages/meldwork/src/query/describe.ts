import { ListProperty, type VisibleGraph } from '../graph/index.js'
import type { ValueId } from '../rdf/index.js'
import type { GraphSubject, SubjectWriter } from '../subject/index.js'
import type { Answers, AnswerTools } from './answer.js'
import { type Cursor, Progress } from './cursor.js'
import type { ReadPlan } from './read-request.js'
import { invalid } from './request-json.js'

/** How many subjects may stand inside one: where everything refers to everything, a depth would have no end of them. */
const maxNested = 100_000

type DescribePlan = Extract<ReadPlan, { form: 'describe' }>

/**
 * The subjects that a request describes, each once, in the order in which solutions first name them; those of which nothing is visible left out. Offset and
 * limit count subjects.
 */
export class Descriptions implements Answers {
  value: GraphSubject = { '@id': '' }
  private readonly plan: DescribePlan
  private readonly cursor: Cursor
  private readonly tools: AnswerTools
  private readonly seen = new Set<ValueId>()
  /** What the last solution named and has not been given yet. */
  private readonly waiting: ValueId[] = []
  private skipped = 0
  private given = 0
  private readonly buffer: number[] = []

  constructor(plan: DescribePlan, cursor: Cursor, tools: AnswerTools) {
    this.plan = plan
    this.cursor = cursor
    this.tools = tools
  }

  next(): Progress {
    const { start, length } = this.plan
    for (;;) {
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
        if (this.given === length) return Progress.done
        const subject = describe(this.tools, next, this.plan.depth, this.buffer)
        if (subject === undefined || this.skipped++ < start) continue
        this.given++
        this.value = subject
        return Progress.solution
      }
      if (this.given === length) return Progress.done
      const progress = this.cursor.next()
      if (progress !== Progress.solution) return progress
      this.take()
    }
  }

  private take(): void {
    const { execution, writer } = this.tools
    for (const each of this.plan.described) {
      const id = 'variable' in each ? execution.row[each.variable] : this.tools.reference(each.id, each.path)
      if (id === 0 || this.seen.has(id) || !writer.isReference(id)) continue
      this.seen.add(id)
      this.waiting.push(id)
    }
  }
}

/** What a description is made with. */
export interface DescribeTools {
  readonly graph: Pick<VisibleGraph, 'triplesOf' | 'list' | 'listType'>
  readonly writer: SubjectWriter
}

/**
 * One subject, with the subjects that it refers to inside it down to a depth: 1 is the subject alone, with references. What would be inside itself stays a
 * reference.
 * @returns undefined when nothing of it is visible
 */
export function describe(
  { graph, writer }: DescribeTools,
  id: ValueId,
  depth: number,
  buffer: number[],
): GraphSubject | undefined {
  const length = graph.triplesOf(id, buffer)
  if (length === 0) return undefined
  if (depth === 1) return whole(graph, writer, id, buffer, length)
  const above = new Set([id])
  let nested = 0
  /** What is written in the place of values: the items of a list, not its slots, and no types. */
  const valuesOf = (subject: ValueId, pairs: readonly number[]): readonly ValueId[] => {
    const values: ValueId[] = []
    let isList = false
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] === ListProperty.slot) isList = true
      else if (!writer.isType(pairs[i])) values.push(pairs[i + 1])
    }
    const view = isList ? graph.list(subject) : undefined
    for (let i = 0; view !== undefined && i < view.length; i++) values.push(view.itemAt(i))
    return values
  }
  const nest = (subject: ValueId, pairs: readonly number[], left: number): GraphSubject => {
    const inside = new Map<ValueId, GraphSubject>()
    for (const value of left === 1 ? [] : valuesOf(subject, pairs)) {
      if (above.has(value) || inside.has(value) || !writer.isReference(value)) continue
      const inner: number[] = []
      const count = graph.triplesOf(value, inner)
      if (count === 0) continue
      if (++nested > maxNested)
        invalid("$['@depth']", `a depth at which an answer has at most ${maxNested} subjects in it`)
      above.add(value)
      inside.set(value, nest(value, inner.slice(0, count), left - 1))
      above.delete(value)
    }
    return whole(graph, writer, subject, pairs, pairs.length, inside)
  }
  return nest(id, buffer.slice(0, length), depth)
}

/** A subject with all that it has. A list without items has no triple for them, and shows that it is one. */
function whole(
  graph: Pick<VisibleGraph, 'listType'>,
  writer: SubjectWriter,
  id: ValueId,
  pairs: readonly number[],
  length: number,
  nested?: ReadonlyMap<ValueId, GraphSubject>,
): GraphSubject {
  const subject = writer.subject(id, pairs, length, nested)
  let isList = false
  for (let i = 0; i < length; i += 2) {
    if (pairs[i] === ListProperty.slot) return subject
    if (pairs[i + 1] === graph.listType && writer.isType(pairs[i])) isList = true
  }
  if (isList) writer.addEmptyList(subject)
  return subject
}
