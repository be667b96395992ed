export type { ReplicaChange } from './change-feed.js'
export type { CommitWarning } from './commit-block.js'
export type { Conflict, ConflictChoice, ConflictSide, ConflictStrategy, ResolvedConflict } from './conflict.js'
export type { ItemsOption } from './flatten.js'
export type { Generation } from './generation.js'
export type { DamagedFile, DocumentLimits } from './library.js'
export { Replica } from './replica.js'
export type {
  BlockedBlock,
  CommitInformation,
  Committed,
  LogEntry,
  NumbersOption,
  ReadOptions,
  ReplicaOptions,
} from './replica-options.js'
