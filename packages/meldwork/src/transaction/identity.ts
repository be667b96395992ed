import { type ReplicaId, replicaIdBytes } from '../causality/index.js'
import { Reader, sameBytes, Writer } from '../codec/index.js'
import { readReplicaId } from '../operation/index.js'
import type { Store, StoreChange } from '../ports/index.js'
import { readPart } from './meta.js'

/** Where a store keeps the id under which its clone writes, if that stays the same. */
export const identityKey = 'identity'
const identityVersion = 1

/**
 * Under which id a clone writes: another one after each opening of its store; or, for one that vouches for its store, the same, until it has been used elsewhere, or a
 * store that failed may hold operations of it that nobody knows.
 */
export class Identity {
  private readonly random: (length: number) => Uint8Array
  private readonly stays: boolean
  private kept: ReplicaId | undefined
  private change: StoreChange | undefined

  /**
   * @param kept what the store has
   * @param stays whether it is to be used again
   */
  constructor(kept: ReplicaId | undefined, stays: boolean, random: (length: number) => Uint8Array) {
    this.random = random
    this.stays = stays
    this.kept = stays ? kept : undefined
  }

  /** An id to write under. What {@link takeChange} gives then belongs into the batch of its first operation. */
  take(): ReplicaId {
    if (this.kept !== undefined) return this.kept
    const id = this.random(replicaIdBytes)
    if (this.stays) {
      this.kept = id
      this.change = { key: identityKey, value: encodeIdentity(id) }
    }
    return id
  }

  /** What is to be written with the next transaction. */
  takeChange(): StoreChange | undefined {
    const { change } = this
    this.change = undefined
    return change
  }

  /** Whether this id is kept, or to be: operations that carry it are from here, whether the journal has them or not. */
  isKept(id: ReplicaId): boolean {
    return this.kept !== undefined && sameBytes(this.kept, id)
  }

  /** It must not be used again. @returns what makes sure of that when nothing is written any more */
  giveUp(): StoreChange {
    this.kept = undefined
    this.change = undefined
    return { key: identityKey, value: null }
  }
}

export function encodeIdentity(id: ReplicaId): Uint8Array {
  const writer = new Writer(16)
  writer.uint8(identityVersion)
  writer.block(id)
  return writer.take()
}

/** The id that a store keeps. @throws CodedError `store-corrupt` */
export async function readIdentity(store: Store): Promise<ReplicaId | undefined> {
  const bytes = await store.get(identityKey)
  if (bytes === undefined) return undefined
  return readPart(store, identityKey, () => {
    const reader = new Reader(bytes, 'identity')
    if (reader.uint8() !== identityVersion) reader.fail('it is of another version')
    const id = readReplicaId(reader).slice()
    reader.finish()
    return id
  })
}
