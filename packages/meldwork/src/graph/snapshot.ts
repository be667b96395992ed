import type { ReplicaIndex } from '../causality/index.js'
import { byInference, Effect, type Effects, effectStride, visibly, wasHidden } from './effects.js'
import { isLive, Layer, type LayerTriple, removeDot } from './layer.js'
import type { ObservedGraph } from './visible.js'

/**
 * The state of a graph at one moment, for reading while others go on writing. Opening one costs nothing; then each transaction costs in proportion to
 * what it changes, and each changed triple is kept as it was. Whoever changes the graph must {@link record} it before anybody reads.
 */
export class Snapshot extends Layer {
  private readonly onClose: (snapshot: Snapshot) => void

  /** @param onClose nobody reads it any more: stop recording */
  constructor(graph: ObservedGraph, onClose: (snapshot: Snapshot) => void) {
    super(graph)
    this.onClose = onClose
  }

  /** These effects, the hiding and showing of rules included, have been applied to the graph, or undone when they are the inverse. */
  record(effects: Effects): void {
    effects.spell()
    const { list } = effects
    this.revision++
    for (let at = effects.length - effectStride; at >= 0; at -= effectStride) {
      const what = list[at]
      const triple = this.hold(list[at + 1], list[at + 2], list[at + 3])
      // One that was kept earlier is older than this transaction already.
      if (triple.since === this.revision) undo(triple, what, list[at + 4], list[at + 5])
      this.countBack(triple, what)
    }
  }

  /** The graph's counts have changed with the effect; those of this moment have not. */
  private countBack(triple: LayerTriple, what: number): void {
    const sign = (what & 1) === 1 ? -1 : 1
    const isOfView = (what & 2) !== 0
    const comes = isOfView ? byInference : visibly | wasHidden
    const live = (what & comes) !== 0 ? sign : 0
    const visible = (what & visibly) !== 0 ? sign : 0
    if (live !== 0 || visible !== 0) this.count(triple, live, visible)
  }

  /** It must not be read afterwards. */
  close(): void {
    this.onClose(this)
    this.clear()
  }
}

/** Effects are undone in reverse, from what the graph has after them. */
function undo(triple: LayerTriple, what: number, counter: number, replica: ReplicaIndex): void {
  switch (what & 3) {
    case Effect.inserted:
      removeDot(triple, counter, replica)
      // It was visible before, and by no dot.
      triple.inferred = (what & visibly) === 0 && !isLive(triple) && !triple.hidden
      break
    case Effect.removed:
      triple.dots.push(counter, replica)
      if ((what & (visibly | wasHidden)) !== 0) triple.hidden = (what & wasHidden) !== 0
      triple.inferred = false
      break
    default: {
      const hides = (what & 3) === Effect.hidden
      if ((what & byInference) !== 0) triple.inferred = hides
      else triple.hidden = !hides
    }
  }
}
