export { Dictionary } from './dictionary.js'
export { Digest, type DigestValue, digestText, sameDigest } from './digest.js'
export { byInference, type Difference, Effect, Effects, effectStride, visibly } from './effects.js'
export {
  type CausalUndo,
  type ForeignState,
  Graph,
  type OperationPlace,
  observedStride,
} from './graph.js'
export { type ListChange, type ListDifference, type ListEntry, listDifference } from './list-difference.js'
export { listOf } from './list-of.js'
export { addListProperties, ListProperty, listPropertyCount } from './list-properties.js'
export { Overlay } from './overlay.js'
export { PairsBefore } from './pairs-before.js'
export { PriorState } from './prior-state.js'
export { ReadSet } from './read-set.js'
export { Snapshot } from './snapshot.js'
export {
  decodePairs,
  decodeStateHeader,
  encodeState,
  encodingState,
  type StateHeader,
  stateVersion,
} from './state-codec.js'
export { decodeState, type ForeignTriples, StateReader } from './state-reader.js'
export type { ListView, ObservedGraph, VisibleGraph } from './visible.js'
export { WatchedGraph, WatchedTerms } from './watched.js'
