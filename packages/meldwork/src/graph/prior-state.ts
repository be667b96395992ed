import type { PropertyId, ValueId } from '../rdf/index.js'
import type { Difference } from './effects.js'
import { Layer, type LayerTriple } from './layer.js'

/**
 * What was visible before a difference that the graph under it has just gone through: for reading only, until the graph changes again. One object serves for one
 * difference after the other. Costs in proportion to the difference; counts of live triples, which only plan queries, are rough.
 */
export class PriorState extends Layer {
  /** Turns to the state before this difference. */
  load({ inserted, deleted }: Difference): void {
    this.clear()
    for (let at = 0; at < inserted.length; at += 3) {
      const triple = this.held(inserted[at], inserted[at + 1], inserted[at + 2])
      triple.dots.length = 0
      triple.inferred = false
      this.count(triple, -1, -1)
    }
    for (let at = 0; at < deleted.length; at += 3) {
      const triple = this.held(deleted[at], deleted[at + 1], deleted[at + 2])
      triple.unnamed = 1
      this.count(triple, 1, 1)
    }
  }

  /** Lets go of what was loaded: it shows the graph itself. */
  unload(): void {
    this.clear()
  }

  private held(subject: ValueId, property: PropertyId, object: ValueId): LayerTriple {
    const triple = this.hold(subject, property, object)
    triple.hidden = false
    return triple
  }
}
