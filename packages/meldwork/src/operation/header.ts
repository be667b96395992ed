import {
  compareBytes,
  type HybridTime,
  maxCounter,
  maxReplicaIdBytes,
  maxTime,
  type ReplicaId,
  ticksPerMs,
} from '../causality/index.js'
import { check32, Reader, sameBytes, type Writer } from '../codec/index.js'
import { CodedError } from '../errors.js'

/** The version of the operation format that this engine writes, and the greatest that it reads. */
export const operationVersion = 1

/**
 * Flags. `several`: it takes more counters than one. `length`: the replica id is not one of {@link usualIdBytes}. An unknown flag at an odd bit is critical: the
 * operation is refused. An unknown even one is kept and ignored.
 */
export const Flag = { heads: 1 << 0, several: 1 << 1, extensions: 1 << 2, length: 1 << 3 } as const
const criticalFlags = 0xaaaaaaaa & ~(Flag.several | Flag.length)

/** So many bytes of a replica id need not be said. */
export const usualIdBytes = 8

/** An operation's name: its replica and its last counter. */
export interface OperationName {
  readonly replica: ReplicaId
  readonly counter: number
}

/** Everything of an operation but its data: enough to order, store, serve and relay it. */
export interface OperationHeader {
  /** The whole operation, exactly as its author encoded it. */
  readonly bytes: Uint8Array
  /** Where the data starts in `bytes`. */
  readonly bodyStart: number
  readonly replica: ReplicaId
  /** The first and the last counter that it takes. */
  readonly first: number
  readonly last: number
  /** The check of the operation before it of the same replica; 0 when `first` is 1. */
  readonly previousCheck: number
  /** The causal frontier that the author knew, without its own previous operation: ascending by replica id. */
  readonly heads: readonly OperationName[]
  readonly time: HybridTime
  /** The check of `bytes`, which the next operation of this replica will carry. */
  readonly check: number
}

/**
 * Writes a header: version, flags, replica id ([length], bytes), first counter, [number of counters], [check of the previous operation], [heads],
 * time. Byte by byte in `docs/protocol.md`.
 * @param heads ascending by replica id, without the replica's own
 */
export function encodeHeader(
  writer: Writer,
  replica: ReplicaId,
  first: number,
  count: number,
  previousCheck: number,
  heads: readonly OperationName[],
  time: HybridTime,
): void {
  writer.uint8(operationVersion)
  const isUsual = replica.length === usualIdBytes
  writer.varint((heads.length > 0 ? Flag.heads : 0) | (count > 1 ? Flag.several : 0) | (isUsual ? 0 : Flag.length))
  if (isUsual) writer.raw(replica)
  else writer.block(replica)
  writer.varint(first)
  if (count > 1) writer.varint(count)
  if (first > 1) writer.uint32(previousCheck)
  if (heads.length > 0) {
    writer.varint(heads.length)
    for (const head of heads) encodeName(writer, head)
  }
  writer.varint(Math.floor(time / ticksPerMs))
  writer.varint(time % ticksPerMs)
}

/**
 * Reads and checks a header; the data behind it is not looked at.
 * @throws CodedError `data-malformed`; `data-version` when it is of a newer version or has a critical feature unknown here
 */
export function decodeHeader(bytes: Uint8Array): OperationHeader {
  const reader = new Reader(bytes, 'operation')
  const version = reader.uint8()
  if (version === 0) reader.fail('its version is 0')
  if (version > operationVersion) refuse(version)
  const flags = reader.varintUpTo(0x7fffffff, 'the flags')
  if ((flags & criticalFlags) !== 0) refuse(version)
  const replica = readSomeId(reader, (flags & Flag.length) !== 0)
  const first = readCounter(reader)
  const count = flags & Flag.several ? readCounter(reader) : 1
  if (flags & Flag.several && count === 1) reader.fail('its number of counters need not be said')
  const last = first + count - 1
  if (last > maxCounter) reader.fail('its counters are too large')
  const previousCheck = first > 1 ? reader.uint32() : 0
  const heads = flags & Flag.heads ? readHeads(reader, replica) : noHeads
  const ms = reader.varintUpTo(Math.floor(maxTime / ticksPerMs), 'the time')
  const time = ms * ticksPerMs + reader.varintUpTo(ticksPerMs - 1, 'the logical time')
  if (flags & Flag.extensions) skipExtensions(reader, version)
  return { bytes, bodyStart: reader.at, replica, first, last, previousCheck, heads, time, check: check32(bytes) }
}

const noHeads: readonly OperationName[] = []

function refuse(version: number): never {
  throw new CodedError('data-version', 'An operation needs a newer version of this software', {
    what: 'operation',
    found: version,
    supported: operationVersion,
  })
}

function readHeads(reader: Reader, own: ReplicaId): OperationName[] {
  // A head takes at least three bytes: what is announced cannot be more than what is there.
  const count = reader.varintUpTo(reader.remaining / 3, 'the number of heads')
  if (count === 0) reader.fail('an empty list of heads')
  const heads: OperationName[] = []
  for (let i = 0; i < count; i++) {
    const head = decodeName(reader)
    if (i > 0 && compareBytes(heads[i - 1].replica, head.replica) >= 0) reader.fail('heads are out of order')
    if (compareBytes(head.replica, own) === 0) reader.fail("its own replica's head is listed")
    heads.push(head)
  }
  return heads
}

/** Extensions: (id, length, bytes), ids ascending. An odd id is critical. */
function skipExtensions(reader: Reader, version: number): void {
  const count = reader.varintUpTo(reader.remaining / 2, 'the number of extensions')
  if (count === 0) reader.fail('an empty list of extensions')
  let previous = -1
  for (let i = 0; i < count; i++) {
    const id = reader.varint()
    if (id <= previous) reader.fail('extensions are out of order')
    if (id % 2 === 1) refuse(version)
    previous = id
    reader.block()
  }
}

/** Writes an operation's name: replica id (length, bytes), counter. */
export function encodeName(writer: Writer, name: OperationName): void {
  writer.block(name.replica)
  writer.varint(name.counter)
}

export function decodeName(reader: Reader): OperationName {
  const replica = readReplicaId(reader)
  return { replica, counter: readCounter(reader) }
}

export function readReplicaId(reader: Reader): ReplicaId {
  const length = reader.varintUpTo(maxReplicaIdBytes, 'the length of a replica id')
  if (length === 0) reader.fail('an empty replica id')
  return readId(reader, length)
}

/** A replica id whose length is said if it is not the usual one. */
function readSomeId(reader: Reader, isLengthSaid: boolean): ReplicaId {
  if (!isLengthSaid) return readId(reader, usualIdBytes)
  const id = readReplicaId(reader)
  if (id.length === usualIdBytes) reader.fail('the length of a replica id need not be said')
  return id
}

/** A replica id of this length. */
export function readId(reader: Reader, length: number): ReplicaId {
  const from = reader.skip(length)
  // Mostly that of the operation before: whoever keeps many headers keeps it once. A copy, since a view would keep the message.
  if (!sameBytes(lastId, reader.bytes, from, length)) lastId = reader.bytes.slice(from, from + length)
  return lastId
}

/** Nobody writes to an id. */
let lastId: ReplicaId = new Uint8Array(0)

/** A counter, or a number of counters: at least 1. */
export function readCounter(reader: Reader): number {
  const counter = reader.varintUpTo(maxCounter, 'a counter')
  if (counter === 0) reader.fail('a counter is 0')
  return counter
}
