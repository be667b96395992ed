export { Dictionary } from './dictionary.js'
export { Digest, type DigestValue, digestText, sameDigest } from './digest.js'
export { type Difference, Effect, Effects, effectStride } from './effects.js'
export {
  type CausalUndo,
  type ForeignState,
  Graph,
  type OperationPlace,
  observedStride,
  pairStride,
} from './graph.js'
export { type ListChange, type ListDifference, type ListEntry, listDifference } from './list-difference.js'
export { ListProperty } from './list-properties.js'
export { decodeState, decodeStateHeader, encodeState, type StateHeader, stateVersion } from './state-codec.js'
export type { ListView, VisibleGraph } from './visible.js'
