import type { Work } from '../ports/index.js'
import type { ValueId } from '../rdf/index.js'
import type { GraphSubject, SubjectWriter } from '../subject/index.js'
import type { ForeignTriples } from '../transaction/index.js'

/** How many subjects are written between two points at which others may have a turn. */
const betweenYields = 32
/** A subject that is not where it is looked for first is looked for among so many that follow. */
const mostSkipped = 16

/**
 * The subjects that a state is going to bring, written before it is joined: to write 60,000 of them takes a third of a second, and those who follow are told
 * of all in the turn in which they become readable. Only a guess: what has become of a subject by then is compared, and written anew when it is otherwise.
 */
export class ForeseenSubjects {
  private readonly writer: SubjectWriter
  /** [subject, property, object, ...], as what is told of it would have them. */
  private triples = new Int32Array(0)
  /** Where the triples of each subject start, in that order. */
  private readonly starts: number[] = []
  private readonly written: GraphSubject[] = []
  /** Those before it have been given away. */
  private next = 0

  constructor(writer: SubjectWriter) {
    this.writer = writer
  }

  /** @param isVisible whether a triple is visible now: it will not become so. Not given where nothing is */
  *foresee(
    from: ForeignTriples,
    isVisible?: (subject: number, property: number, object: number) => boolean,
  ): Work<void> {
    const { starts, written, writer } = this
    this.triples = new Int32Array(from.count * 3)
    const { triples } = this
    const pairs: number[] = []
    let filled = 0
    let count = 0
    for (const subject of from.subjects()) {
      if (count++ % betweenYields === 0) yield
      const length = from.visibleOf(subject, pairs)
      const kept = isVisible === undefined ? length : keep(subject, pairs, length, isVisible)
      if (kept === 0) continue
      starts.push(filled)
      for (let at = 0; at < kept; at += 2) {
        triples[filled++] = subject
        triples[filled++] = pairs[at]
        triples[filled++] = pairs[at + 1]
      }
      written.push(writer.subject(subject, pairs, kept))
    }
    starts.push(filled)
  }

  /** As {@link SubjectWriter.subjects}. Each subject is given away once: to be called once. */
  subjects(triples: readonly number[]): GraphSubject[] {
    const subjects: GraphSubject[] = []
    let met: Set<ValueId> | undefined
    const { length } = triples
    for (let from = 0; from < length; ) {
      let to = from + 3
      while (to < length && triples[to] === triples[from]) to += 3
      let subject = this.take(triples, from, to)
      if (subject === undefined || met !== undefined) {
        met ??= subjectsOf(triples, from)
        // Its triples stand in several places: they must come together.
        if (met.has(triples[from])) return this.writer.subjects(triples)
        met.add(triples[from])
        subject ??= this.writer.subjects(triples.slice(from, to))[0]
      }
      subjects.push(subject)
      from = to
    }
    return subjects
  }

  /** The subject of these triples, if it has been foreseen as it is. */
  private take(triples: readonly number[], from: number, to: number): GraphSubject | undefined {
    const { starts, written } = this
    const end = Math.min(this.next + mostSkipped, written.length)
    for (let i = this.next; i < end; i++) {
      const start = starts[i]
      if (this.triples[start] !== triples[from]) continue
      this.next = i + 1
      if (starts[i + 1] - start !== to - from) return undefined
      for (let at = from; at < to; at++) if (triples[at] !== this.triples[start + at - from]) return undefined
      return written[i]
    }
    return undefined
  }
}

/** Keeps what is not visible. @returns how many numbers */
function keep(
  subject: number,
  pairs: number[],
  length: number,
  isVisible: (subject: number, property: number, object: number) => boolean,
): number {
  let kept = 0
  for (let at = 0; at < length; at += 2) {
    if (isVisible(subject, pairs[at], pairs[at + 1])) continue
    pairs[kept++] = pairs[at]
    pairs[kept++] = pairs[at + 1]
  }
  return kept
}

function subjectsOf(triples: readonly number[], length: number): Set<ValueId> {
  const subjects = new Set<ValueId>()
  for (let at = 0; at < length; at += 3) subjects.add(triples[at])
  return subjects
}
