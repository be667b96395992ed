import { bucketCount, compareBytes, partCount, partsInBucket, type ReplicaId } from '../causality/index.js'
import type { Reader, Writer } from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { DigestValue } from '../graph/index.js'
import {
  bundleOperations,
  decodeName,
  encodeName,
  type OperationName,
  readCounter,
  readReplicaId,
  unbundleOperations,
} from '../operation/index.js'
import { protocolVersion } from './envelope.js'

/** What a clone says of itself on arriving, and now and then: enough to tell whether two of them have the same. */
export interface Hello {
  /** The least and the greatest version of the protocol that it understands. */
  readonly minVersion: number
  readonly maxVersion: number
  /** Features that it requires, as bits. None are defined. */
  readonly features: number
  /** Whether it wants a hello in return. */
  readonly reply: boolean
  /** Whether it is new, and still waits to be given what the domain holds. */
  readonly isNew: boolean
  /** Whether it keeps what those beside it write: the tab that has the store. */
  readonly keeps: boolean
  /** How many counters its vector covers. */
  readonly covered: number
  readonly vectorDigest: readonly [number, number]
  readonly stateDigest: DigestValue
  /** Room for credentials. */
  readonly token: Uint8Array
  /** Names the rules in force; none when it is left out. */
  readonly rulesDigest?: number
}

/** One entry of a version vector on the wire, with the check of the operation at which it stands. */
export interface VectorEntry {
  readonly replica: ReplicaId
  readonly counter: number
  readonly check: number
}

/** Asks one peer for what it has and this clone lacks. The vector also tells the peer what it lacks itself. */
export interface Request {
  readonly id: number
  /** The parts of the vector that this is about, ascending; undefined for all. In the others, both have the same. */
  readonly parts: readonly number[] | undefined
  /** In these parts. */
  readonly vector: readonly VectorEntry[]
}

/** Of a vector with many entries, before a request: the digests of its buckets. */
export interface Buckets {
  readonly id: number
  readonly digests: readonly number[]
}

/** Answers {@link Buckets}: those that are otherwise here, each with the digests of its parts. */
export interface Differing {
  readonly id: number
  readonly buckets: readonly { readonly bucket: number; readonly parts: readonly number[] }[]
}

/** How a message of an answer ends: another one follows by itself; the rest must be asked for with a new request; that was all. */
export const AnswerEnd = { follows: 0, askAgain: 1, all: 2 } as const
export type AnswerEnd = (typeof AnswerEnd)[keyof typeof AnswerEnd]

/** Operations, exactly as their authors encoded them. */
export interface Operations {
  /** The request that this answers, or 0: published as they become durable. */
  readonly request: number
  /** Of an answer. */
  readonly end: AnswerEnd
  readonly operations: readonly Uint8Array[]
}

/** Answers a request with the state, whose items can be fetched. */
export interface StateOffer {
  readonly request: number
  readonly stream: number
  /** The first item of the encoded state. */
  readonly header: Uint8Array
  /** Of each of the others, in order. What the asker has of them, from this offer or another, needs not come again. */
  readonly items: readonly ItemName[]
}

/** Tells an item of a state from all others. */
export interface ItemName {
  /** In bytes. */
  readonly length: number
  readonly check: readonly [number, number]
}

/** Asks for items of a state. */
export interface Fetch {
  readonly stream: number
  /** Whether they may come compressed. */
  readonly inflates: boolean
  /** The items' places, ascending, from 1: the header is in the offer. */
  readonly items: readonly number[]
}

export interface StateItem {
  readonly stream: number
  readonly index: number
  /** Whether the bytes are those of the item in the format of DEFLATE (RFC 1951). */
  readonly deflated: boolean
  /** Empty when the stream is not here any more: start over. */
  readonly bytes: Uint8Array
}

/** A part of a message that is longer than the transport takes. */
export interface Fragment {
  readonly message: number
  readonly index: number
  readonly count: number
  readonly bytes: Uint8Array
}

/**
 * As a probe: asks how far the receiver has come with these replicas. As the answer (`reached`): how far it has, durably. Without those of which
 * it has nothing.
 */
export type Reach = readonly OperationName[]

export function writeReach(writer: Writer, reach: Reach): void {
  writer.varint(reach.length)
  for (const name of reach) encodeName(writer, name)
}

export function readReach(reader: Reader): Reach {
  const count = reader.varintUpTo(reader.remaining / 3, 'a number of replicas')
  const reach = Array.from({ length: count }, () => decodeName(reader))
  reader.finish()
  return reach
}

const HelloFlag = { reply: 1, isNew: 2, keeps: 4 } as const

export function writeHello(
  writer: Writer,
  hello: Omit<Hello, 'minVersion' | 'maxVersion' | 'features' | 'token'>,
): void {
  writer.uint8(1)
  writer.uint8(protocolVersion)
  writer.varint(0)
  writer.varint(
    (hello.reply ? HelloFlag.reply : 0) | (hello.isNew ? HelloFlag.isNew : 0) | (hello.keeps ? HelloFlag.keeps : 0),
  )
  writer.varint(hello.covered)
  for (const lane of hello.vectorDigest) writer.uint32(lane)
  for (const lane of hello.stateDigest) writer.uint32(lane)
  writer.varint(0)
  if (hello.rulesDigest) writer.uint32(hello.rulesDigest)
}

/** What follows the fields known here is ignored: later versions may add to it. */
export function readHello(reader: Reader): Hello {
  const minVersion = reader.uint8()
  // What follows may mean something else there.
  if (minVersion > protocolVersion)
    throw new CodedError('data-version', 'A peer speaks only newer versions of the protocol', {
      what: 'hello',
      found: minVersion,
      supported: protocolVersion,
    })
  const maxVersion = reader.uint8()
  const features = reader.varint()
  const flags = reader.varintUpTo(0x7fffffff, 'the flags')
  return {
    minVersion,
    maxVersion,
    features,
    reply: (flags & HelloFlag.reply) !== 0,
    isNew: (flags & HelloFlag.isNew) !== 0,
    keeps: (flags & HelloFlag.keeps) !== 0,
    covered: reader.varint(),
    vectorDigest: [reader.uint32(), reader.uint32()],
    stateDigest: [reader.uint32(), reader.uint32(), reader.uint32(), reader.uint32()],
    token: reader.block(),
    ...(reader.remaining >= 4 && { rulesDigest: reader.uint32() }),
  }
}

export function writeRequest(writer: Writer, request: Request): void {
  writer.varint(request.id)
  // Parts, if any, are named by one more than their number of them: 0 stands for all.
  writer.varint(request.parts === undefined ? 0 : request.parts.length + 1)
  writeAscending(writer, request.parts ?? [])
  writer.varint(request.vector.length)
  for (const { replica, counter, check } of request.vector) {
    writer.block(replica)
    writer.varint(counter)
    writer.uint32(check)
  }
}

export function readRequest(reader: Reader): Request {
  const id = readRequestId(reader)
  const parts = reader.varintUpTo(partCount + 1, 'a number of parts')
  const about = parts === 0 ? undefined : readAscending(reader, parts - 1, 0, partCount - 1, 'a part')
  const count = reader.varintUpTo(reader.remaining / 7, 'the size of a vector')
  const vector: VectorEntry[] = []
  for (let i = 0; i < count; i++) {
    const replica = readReplicaId(reader)
    if (i > 0 && compareBytes(vector[i - 1].replica, replica) >= 0) reader.fail('the vector is out of order')
    const counter = readCounter(reader)
    vector.push({ replica, counter, check: reader.uint32() })
  }
  reader.finish()
  return { id, parts: about, vector }
}

export function writeBuckets(writer: Writer, { id, digests }: Buckets): void {
  writer.varint(id)
  for (const digest of digests) writer.uint32(digest)
}

export function readBuckets(reader: Reader): Buckets {
  const id = readRequestId(reader)
  const digests = Array.from({ length: bucketCount }, () => reader.uint32())
  reader.finish()
  return { id, digests }
}

export function writeDiffering(writer: Writer, { id, buckets }: Differing): void {
  writer.varint(id)
  writer.varint(buckets.length)
  writeAscending(
    writer,
    buckets.map(({ bucket }) => bucket),
  )
  for (const { parts } of buckets) for (const digest of parts) writer.uint32(digest)
}

export function readDiffering(reader: Reader): Differing {
  const id = reader.varint()
  const count = reader.varintUpTo(bucketCount, 'a number of buckets')
  const numbers = readAscending(reader, count, 0, bucketCount - 1, 'a bucket')
  const buckets = numbers.map(bucket => ({
    bucket,
    parts: Array.from({ length: partsInBucket }, () => reader.uint32()),
  }))
  reader.finish()
  return { id, buckets }
}

/** Numbers in ascending order: the first, then one less than each difference. */
function writeAscending(writer: Writer, numbers: readonly number[]): void {
  let last = -1
  for (const number of numbers) {
    writer.varint(number - last - 1)
    last = number
  }
}

function readAscending(reader: Reader, count: number, least: number, most: number, what: string): number[] {
  const numbers: number[] = []
  let last = -1
  for (let i = 0; i < count; i++) {
    last += reader.varintUpTo(most, what) + 1
    if (last < least || last > most) reader.fail(`${what} is out of range`)
    numbers.push(last)
  }
  return numbers
}

/** Fewer are hardly shorter as a bundle. */
const leastBundled = 4

export function writeOperations(writer: Writer, message: Operations): void {
  writer.varint(message.request)
  if (message.request !== 0) writer.uint8(message.end)
  const { operations } = message
  const bundled = operations.length < leastBundled ? undefined : bundleOperations(operations)
  if (bundled === undefined) for (const operation of operations) writer.block(operation)
  else {
    writer.uint8(0)
    writer.raw(bundled)
  }
}

export function readOperations(reader: Reader): Operations {
  const request = reader.varint()
  const end = request === 0 ? AnswerEnd.all : (reader.varintUpTo(AnswerEnd.all, 'the end of an answer') as AnswerEnd)
  const operations: Uint8Array[] = []
  while (reader.remaining > 0) {
    const operation = reader.block()
    if (operation.length > 0) operations.push(operation)
    else if (operations.length === 0) return { request, end, operations: unbundleOperations(reader) }
    // It would cost more here than the byte that says so.
    else reader.fail('an empty operation')
  }
  return { request, end, operations }
}

export function readStateRequest(reader: Reader): number {
  const id = readRequestId(reader)
  reader.finish()
  return id
}

/** From 1: 0 stands for operations that nobody asked for. */
function readRequestId(reader: Reader): number {
  return reader.varint() || reader.fail('a request without a number')
}

export function writeStateOffer(writer: Writer, offer: StateOffer): void {
  writer.varint(offer.request)
  writer.varint(offer.stream)
  writer.block(offer.header)
  for (const { length, check } of offer.items) {
    writer.varint(length)
    writer.uint32(check[0])
    writer.uint32(check[1])
  }
}

export function readStateOffer(reader: Reader): StateOffer {
  const [request, stream, header] = [reader.varint(), reader.varint(), reader.block()]
  const items: ItemName[] = []
  while (reader.remaining > 0) items.push({ length: reader.varint(), check: [reader.uint32(), reader.uint32()] })
  return { request, stream, header, items }
}

/** How many items are asked for at a time, at the most. */
const maxFetched = 64

export function writeFetch(writer: Writer, fetch: Fetch): void {
  writer.varint(fetch.stream)
  writer.uint8(fetch.inflates ? 1 : 0)
  writer.varint(fetch.items.length)
  writeAscending(writer, fetch.items)
}

export function readFetch(reader: Reader): Fetch {
  const stream = reader.varint()
  const inflates = reader.varintUpTo(1, 'whether items may be compressed') === 1
  const count = reader.varintUpTo(maxFetched, 'a number of items')
  const items = readAscending(reader, count, 1, 0xffff_ffff, 'an item')
  reader.finish()
  return { stream, inflates, items }
}

export function writeStateItem(writer: Writer, item: StateItem): void {
  writer.varint(item.stream)
  writer.varint(item.index)
  writer.uint8(item.deflated ? 1 : 0)
  writer.block(item.bytes)
}

export function readStateItem(reader: Reader): StateItem {
  const [stream, index] = [reader.varint(), reader.varint()]
  const deflated = reader.varintUpTo(1, 'whether an item is compressed') === 1
  const item = { stream, index, deflated, bytes: reader.block() }
  reader.finish()
  return item
}

export function writeFragment(writer: Writer, fragment: Fragment): void {
  writer.varint(fragment.message)
  writer.varint(fragment.index)
  writer.varint(fragment.count)
  writer.block(fragment.bytes)
}

export function readFragment(reader: Reader): Fragment {
  const message = reader.varint()
  const index = reader.varint()
  const count = reader.varintUpTo(65_536, 'a number of fragments')
  if (index >= count) reader.fail('a fragment beyond the last')
  const bytes = reader.block()
  reader.finish()
  return { message, index, count, bytes }
}
