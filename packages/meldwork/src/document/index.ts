export {
  canonicalJson,
  compareCodePoints,
  JsonFloat,
  type JsonObject,
  type JsonValue,
  type LosslessJson,
  type PlainJson,
  parseJson,
} from '../codec/index.js'
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
export type { ReplicaChange } from './change-feed.js'
export type { CommitWarning } from './commit-block.js'
export type {
  Conflict,
  ConflictChoice,
  ConflictFunction,
  ConflictSide,
  ConflictSideName,
  ConflictStrategy,
  ResolvedConflict,
} from './conflict.js'
export { type ChangeRecord, type Delta, decodeDelta, encodeDelta } from './delta.js'
export { type FlatDocument, type FlattenOptions, flatten, type ItemsOption } from './flatten.js'
export { type Generation, olderGeneration } from './generation.js'
export type { DamagedFile, DocumentLimits } from './library.js'
export { type MigrateOptions, type MigrationReport, migrate } from './migrate.js'
export { characterObject, isCharacterCode, objectDigest } from './object-digest.js'
export { mergeOrders } from './order-merge.js'
export { applyPatch, type OrderPatch, orderPatch } from './order-patch.js'
export { type DecodedPack, decodePack, encodePack, type PackEntry, type PackedObject } from './pack.js'
export { Replica } from './replica.js'
export type {
  BlockedBlock,
  CommitInformation,
  CommitOptions,
  Committed,
  LogEntry,
  NumbersOption,
  ReadOptions,
  ReplicaOptions,
} from './replica-options.js'
export type { ResolveOptions } from './resolving.js'
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
