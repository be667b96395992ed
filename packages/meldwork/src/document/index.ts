export type { ItemsOf, KnownItem } from './anonymous-items.js'
export {
  type BlockName,
  blockHash,
  compareDeltaIds,
  type DeltaId,
  deltaName,
  deltaText,
  indexAfter,
  packName,
  parseBlockName,
  parseDeltaId,
} from './block-name.js'
export { type FlatDocument, type FlattenOptions, flatten, type ItemsOption } from './flatten.js'
export { type Generation, olderGeneration } from './generation.js'
export { characterObject, isCharacterCode, objectDigest } from './object-digest.js'
export { mergeOrders } from './order-merge.js'
export { applyPatch, type OrderPatch, orderPatch } from './order-patch.js'
export {
  childRevision,
  compareRevisions,
  creationRevision,
  isDeleted,
  isEmpty,
  isResolved,
  parseRevision,
  type Revision,
} from './revision.js'
export { type ObjectLookup, type UnflattenOptions, unflatten } from './unflatten.js'
