import type { ReplicaIndex } from '../causality/index.js'
import type { Graph, StateReader } from '../graph/index.js'
import type { Journal } from '../journal/index.js'
import type { OperationHeader } from '../operation/index.js'
import type { PeerId, Work } from '../ports/index.js'

/** What a session asks of the clone around it. Everything is a plain call, or work in pieces: a session never waits. */
export interface SessionHost {
  readonly graph: Graph
  readonly journal: Journal
  /** Whether this clone is new, and still waits to be given what the domain holds. */
  readonly isNew: boolean
  /** Whether this clone keeps what those beside it write: it tells them. */
  readonly keeps: boolean
  /** Whether only what a keeper says that it has is safe. */
  readonly needsKeeper: boolean
  /** Names the rules in force: 0 for none. */
  readonly rulesDigest: number
  /** The largest message that the transport takes. */
  readonly maxMessageBytes: number
  /** Whether the transport keeps what is published as lasting for those who come later. */
  readonly transportKeeps: boolean
  /** As in `Environment`. */
  readonly deflate: ((bytes: Uint8Array) => Promise<Uint8Array>) | undefined
  readonly inflate: ((bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array>) | undefined
  now(): number
  /** From 0 up to 1: for jitter. */
  random(): number
  /** @returns cancels it */
  schedule(callback: () => void, delayMs: number): () => void
  /**
   * Sends to one peer, or with undefined to all, as soon as everything that has been applied until now is durable: nobody may ever
   * have seen what a crash can take back.
   * @param lasting to all: whether it is of use to whoever comes later, too
   */
  send(to: PeerId | undefined, message: Uint8Array, lasting: boolean): void
  /** Reads operations from the journal, and hands them over when all are there; it may be some time later. */
  readOperations(ticks: readonly number[], then: (operations: Uint8Array[]) => void): void
  /** Operations have come in, known ones too: those who are on this channel, and on the others of the sender's, need not be told of them. */
  heard(from: PeerId, operations: readonly OperationHeader[]): void
  /** Whether a peer answers by this connection ({@link Peer.doubtedUntilMs}) has changed. */
  doubted(): void
  /** Applies an operation whose causes are all here. @throws CodedError `data-malformed`, `store-failed` */
  receive(header: OperationHeader): void
  /**
   * Does what can be done for {@link join} before it: which is to be one short step, whatever the size of the state.
   * @returns lets go of what has been made, to be called after it
   */
  preparing(read: StateReader): Work<() => void>
  /**
   * Joins a whole state.
   * @param read has read all its items, if it is given
   * @throws CodedError `data-malformed`, `data-version`, `store-failed`
   */
  join(items: readonly Uint8Array[], read: StateReader | undefined): void
  /** Unites this state with one that has the same vector and other data. @throws as {@link join} */
  unite(items: readonly Uint8Array[], read: StateReader | undefined): void
  /** Whether this is the replica under which this clone writes now. */
  isOwn(replica: ReplicaIndex): boolean
  /** Two operations share a name: the machine, or its memory, has been cloned. */
  forked(replica: ReplicaIndex): void
  /** A peer that was not new itself has given all that it had. */
  caughtUp(): void
  /** Somebody is known to have more of this clone's own operations. */
  confirmed(): void
  /** Something that the status shows has changed. */
  changed(): void
}
