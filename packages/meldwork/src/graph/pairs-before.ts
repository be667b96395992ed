import type { ReplicaIndex } from '../causality/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { Effect, type Effects, effectStride } from './effects.js'
import { type Graph, observedStride } from './graph.js'

/**
 * The live pairs of a graph at one moment, for reading each subject once while others go on writing: what {@link encodingState} needs, for less than a snapshot costs. A
 * subject is kept as it was when it is changed before it has been read; what is new, or has been read, costs nothing.
 */
export class PairsBefore {
  private readonly graph: Graph
  private readonly onClose: (closed: PairsBefore) => void
  /** By the subject's term: whether it had live pairs, and has not been read. */
  private readonly unread: Uint8Array
  private readonly changed = new Map<ValueId, number[]>()
  /** Those that had live pairs, in the order in which a graph gives them. */
  readonly subjects: readonly ValueId[]

  /** @param onClose nobody reads it any more: stop recording */
  constructor(graph: Graph, onClose: (closed: PairsBefore) => void) {
    this.graph = graph
    this.onClose = onClose
    this.subjects = [...graph.liveSubjects()]
    this.unread = new Uint8Array(1 + this.subjects.reduce((most, subject) => Math.max(most, subject >>> 2), 0))
    for (const subject of this.subjects) this.unread[subject >>> 2] = 1
  }

  /** The pairs that a subject had, as in `Graph.observed`, whatever is hidden. To be asked for once. */
  take(subject: ValueId, into: number[]): number {
    this.unread[subject >>> 2] = 0
    const kept = this.changed.get(subject)
    if (kept === undefined) return this.graph.observed(subject, -1, into)
    this.changed.delete(subject)
    for (let i = 0; i < kept.length; i++) into[i] = kept[i]
    return kept.length
  }

  /** These effects have been applied to the graph, or undone when they are the inverse. */
  record(effects: Effects): void {
    effects.spell()
    const { list } = effects
    // What has been kept before is older than these effects.
    const kept = new Map<ValueId, number[]>()
    for (let at = effects.length - effectStride; at >= 0; at -= effectStride) {
      const subject = list[at + 1]
      const what = list[at] & 3
      if (what > Effect.inserted || this.unread[subject >>> 2] !== 1 || this.changed.has(subject)) continue
      let pairs = kept.get(subject)
      if (pairs === undefined) {
        pairs = this.now(subject)
        kept.set(subject, pairs)
      }
      if (what === Effect.removed) pairs.push(list[at + 2], list[at + 3], list[at + 4], list[at + 5], 0)
      else remove(pairs, list[at + 2], list[at + 3], list[at + 4], list[at + 5])
    }
    for (const [subject, pairs] of kept) this.changed.set(subject, pairs)
  }

  private now(subject: ValueId): number[] {
    const pairs: number[] = []
    const length = this.graph.observed(subject, -1, pairs)
    pairs.length = length
    return pairs
  }

  close(): void {
    this.onClose(this)
    this.changed.clear()
  }
}

function remove(pairs: number[], property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex): void {
  for (let at = 0; at < pairs.length; at += observedStride)
    if (pairs[at] === property && pairs[at + 1] === object && pairs[at + 2] === counter && pairs[at + 3] === replica) {
      pairs.splice(at, observedStride)
      return
    }
}
