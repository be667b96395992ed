import { type Changes, deleteStride, insertStride } from '../operation/index.js'
import type { PropertyId } from '../rdf/index.js'
import type { Graph } from './graph.js'
import { isLive, isVisible, Layer, type LayerTriple, removeDot, unnamedReplica } from './layer.js'

/**
 * A state with writes on it that are not committed: readable at once, and in the end one operation's {@link changes}. The state under it must
 * stand still. Rules do not judge what is written here before it is committed.
 */
export class Overlay extends Layer {
  private lastUnnamed = 0

  /**
   * Applies changes that were made from what is read here: their deletes name dots that {@link observed} has given, unnamed ones too. What was inserted
   * here and is deleted has never been.
   */
  apply(changes: Changes): void {
    const { inserts, insertLength, deletes, deleteLength } = changes
    this.revision++
    this.forgetLists()
    for (let at = 0; at < deleteLength; at += deleteStride)
      this.change(this.hold(deletes[at], deletes[at + 1], deletes[at + 2]), triple => {
        if (deletes[at + 4] !== unnamedReplica) removeDot(triple, deletes[at + 3], deletes[at + 4])
        else if (deletes[at + 3] === triple.unnamed) triple.unnamed = 0
      })
    for (let at = 0; at < insertLength; at += insertStride)
      this.change(this.hold(inserts[at], inserts[at + 1], inserts[at + 2]), triple => {
        triple.unnamed = ++this.lastUnnamed
        triple.hidden = false
      })
  }

  private change(triple: LayerTriple, by: (triple: LayerTriple) => void): void {
    const live = isLive(triple)
    const visible = isVisible(triple)
    by(triple)
    this.count(triple, Number(isLive(triple)) - Number(live), Number(isVisible(triple)) - Number(visible))
  }

  /**
   * Everything that was written here, as one operation would do it to the graph as it is now: the inserts, and the deletes of those observed dots that
   * are still live there. (A dot whose operation a failing store has taken back must not be named: nobody else will ever know it.)
   */
  changes(graph: Graph, into: Changes): void {
    const observed: number[] = []
    for (const triple of this.bySubjectAndProperty()) {
      const { subject, property, object } = triple
      const count = this.under.dots(subject, property, object, observed)
      for (let i = 0; i < count; i += 2) {
        const [counter, replica] = [observed[i], observed[i + 1]]
        if (!hasDot(triple.dots, counter, replica) && graph.isPair(subject, property, object, counter, replica))
          into.delete(subject, property, object, counter, replica)
      }
      if (triple.unnamed > 0) into.triple(subject, property, object)
    }
  }

  /** Together stands what is encoded together, in the order in which it was first written. */
  private *bySubjectAndProperty(): IterableIterator<LayerTriple> {
    let groups = new Map<PropertyId, LayerTriple[]>()
    let subject = 0
    for (const triple of this.triples()) {
      if (triple.subject !== subject) {
        for (const group of groups.values()) yield* group
        groups = new Map()
        subject = triple.subject
      }
      const group = groups.get(triple.property)
      if (group === undefined) groups.set(triple.property, [triple])
      else group.push(triple)
    }
    for (const group of groups.values()) yield* group
  }
}

function hasDot(dots: readonly number[], counter: number, replica: number): boolean {
  for (let i = 0; i < dots.length; i += 2) if (dots[i] === counter && dots[i + 1] === replica) return true
  return false
}
