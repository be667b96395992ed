export type { QuadPattern, Quads } from '../query/index.js'
export { channelOf, type DomainChannel } from '../sync/index.js'
export type { Cursor, Durability, QuadUpdate, Stats, WriteResult } from '../transaction/index.js'
export type { Change, ChangedSubject, ChangeHandler } from './change.js'
export { Clone } from './clone.js'
export type {
  Conflict,
  ConflictCandidate,
  ConflictChoice,
  ConflictFilter,
  ConflictHandler,
} from './conflicts.js'
export type { KeeperBeside, Keeping } from './connection.js'
export type { Declaration, DeclareOptions } from './declaring.js'
export type { BlankNodeOptions, Draft } from './draft.js'
export type { FollowOptions } from './follow-options.js'
export type { UpdateHandler } from './followers.js'
export { Gap, type GapReason } from './gap.js'
export { newId } from './identifiers.js'
export { type OpenParts, openClone, openClone as clone, openCloneWith } from './open.js'
export { type CloneOptions, invalid, transportsOf, type WriteOptions } from './options.js'
export type { Presence, Present } from './presence.js'
export type { DraftOptions, Procedure } from './procedures.js'
export type { ReplayHandler } from './replay-delivery.js'
export type { DeclaredConstraint, RefusedConstraint, Rules } from './rules.js'
export type { PeerStatus, PeerWay, RulesStatus, Status, StatusValue, Waiting } from './status.js'
export type { QuadDifference, Trace, Update } from './update.js'
export type { WaitOptions } from './waits.js'
export type { DraftResult } from './writing.js'
