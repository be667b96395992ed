import { hexadecimal, laneOne, laneOneStart, laneTwo, laneTwoStart, mix, sameBytes } from '../codec/index.js'
import { partBits, partCount, VectorParts } from './vector-parts.js'

/** A replica's identity: 8 random bytes today, 1 to {@link maxReplicaIdBytes} in every format. */
export type ReplicaId = Uint8Array

export const replicaIdBytes = 8
export const maxReplicaIdBytes = 32

/** A replica's place in one clone's {@link Replicas}: a small dense integer from 0. Never leaves the clone. */
export type ReplicaIndex = number

/** The greatest counter of a replica. Counters stand in int32 columns; a replica that nears it takes a new id. */
export const maxCounter = 0x7ffffffe

/**
 * Every replica that a clone has heard of, and how far it has come with each: the version vector, by dense index, with the chain check of
 * each replica's last operation, and a digest of it all that is kept up to date.
 */
export class Replicas {
  /** By index. */
  readonly ids: ReplicaId[] = []
  /** The version vector: the last counter covered, by index; 0 when none is. */
  readonly counters: number[] = []
  /** The check of the replica's last covered operation, unsigned; 0 when none is. */
  readonly checks: number[] = []
  /** Two hashes of each id, for the digests of dots. */
  readonly hashOne: number[] = []
  readonly hashTwo: number[] = []
  private readonly byKey = new Map<string, ReplicaIndex>()
  private last: ReplicaIndex = -1
  private digestOne = 0
  private digestTwo = 0
  private sum = 0

  get count(): number {
    return this.ids.length
  }

  /** How many counters the vector covers, over all replicas. Of two vectors the one that covers more is not the older one. */
  get covered(): number {
    return this.sum
  }

  /** @returns its index, or -1 */
  find(bytes: Uint8Array, from = 0, length = bytes.length): ReplicaIndex {
    const { last } = this
    if (last >= 0 && sameBytes(this.ids[last], bytes, from, length)) return last
    const found = this.byKey.get(keyOf(bytes, from, length)) ?? -1
    if (found >= 0) this.last = found
    return found
  }

  /** @returns its index, new or not */
  add(id: Uint8Array): ReplicaIndex {
    const found = this.find(id)
    if (found >= 0) return found
    const index = this.ids.length
    let one = laneOneStart(id.length)
    let two = laneTwoStart(id.length)
    for (const byte of id) {
      one = laneOne(one, byte)
      two = laneTwo(two, byte)
    }
    this.ids.push(id.slice())
    this.counters.push(0)
    this.checks.push(0)
    this.hashOne.push(mix(one, two))
    this.hashTwo.push(mix(two, one))
    this.byKey.set(keyOf(id, 0, id.length), index)
    return index
  }

  /**
   * Forgets every replica from `count` on. Only for what was added while reading bytes that turned out malformed: nothing of these replicas
   * is here, and no index given out since may be in use.
   */
  forget(count: number): void {
    for (const id of this.ids.splice(count)) this.byKey.delete(keyOf(id, 0, id.length))
    for (const column of [this.counters, this.checks, this.hashOne, this.hashTwo]) column.length = count
    this.last = -1
  }

  /** Moves the vector, forward or (rolling back) backward. */
  set(index: ReplicaIndex, counter: number, check: number): void {
    this.digestEntry(index, -1)
    this.sum += counter - this.counters[index]
    this.counters[index] = counter
    this.checks[index] = check
    this.digestEntry(index, 1)
  }

  private digestEntry(index: ReplicaIndex, sign: 1 | -1): void {
    if (this.counters[index] === 0) return
    this.digestOne = (this.digestOne + sign * this.laneOne(index)) | 0
    this.digestTwo = (this.digestTwo + sign * this.laneTwo(index)) | 0
  }

  private laneOne(index: ReplicaIndex): number {
    return mix(mix(this.hashOne[index], this.counters[index]), this.checks[index] | 0)
  }

  private laneTwo(index: ReplicaIndex): number {
    return mix(mix(this.hashTwo[index], this.checks[index] | 0), this.counters[index])
  }

  /** 64 bits over all (id, counter, check) with a counter above 0: equal for equal vectors, whatever the indexes. */
  digest(): readonly [number, number] {
    return [this.digestOne >>> 0, this.digestTwo >>> 0]
  }

  /** Digests of the parts of the vector, as it is now. */
  partDigests(): VectorParts {
    const ones = new Int32Array(partCount)
    const twos = new Int32Array(partCount)
    for (let index = 0; index < this.ids.length; index++) {
      if (this.counters[index] === 0) continue
      const part = this.partOf(index)
      ones[part] += this.laneOne(index)
      twos[part] += this.laneTwo(index)
    }
    return new VectorParts(ones, twos)
  }

  /** The part of the vector in which a replica stands: by its id, the same everywhere. */
  partOf(index: ReplicaIndex): number {
    return this.hashOne[index] >>> (32 - partBits)
  }
}

/** Orders ids by their bytes, for canonical encodings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

/** An id as lower-case hexadecimal, for people. */
export function replicaName(id: ReplicaId): string {
  return hexadecimal(id)
}

const keyOf = (bytes: Uint8Array, from: number, length: number): string => {
  let key = ''
  for (let i = 0; i < length; i++) key += String.fromCharCode(bytes[from + i])
  return key
}
