import { compareBytes, type ReplicaId } from '../causality/index.js'
import type { Reader, Writer } from '../codec/index.js'
import type { DigestValue } from '../graph/index.js'
import { decodeName, encodeName, type OperationName, readCounter, readReplicaId } from '../operation/index.js'
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
  readonly vectorDigest: readonly [number, number]
  readonly stateDigest: DigestValue
  /** Room for credentials. */
  readonly token: Uint8Array
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
  readonly vector: readonly VectorEntry[]
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
}

/** Asks for items of a state. */
export interface Fetch {
  readonly stream: number
  readonly from: number
  readonly count: number
}

export interface StateItem {
  readonly stream: number
  readonly index: number
  /** Empty when the stream is not here any more: start over. */
  readonly item: Uint8Array
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

const HelloFlag = { reply: 1, isNew: 2 } as const

export function writeHello(
  writer: Writer,
  hello: Omit<Hello, 'minVersion' | 'maxVersion' | 'features' | 'token'>,
): void {
  writer.uint8(1)
  writer.uint8(protocolVersion)
  writer.varint(0)
  writer.varint((hello.reply ? HelloFlag.reply : 0) | (hello.isNew ? HelloFlag.isNew : 0))
  for (const lane of hello.vectorDigest) writer.uint32(lane)
  for (const lane of hello.stateDigest) writer.uint32(lane)
  writer.varint(0)
}

/** What follows the fields known here is ignored: later versions may add to it. */
export function readHello(reader: Reader): Hello {
  const minVersion = reader.uint8()
  const maxVersion = reader.uint8()
  const features = reader.varint()
  const flags = reader.varint()
  return {
    minVersion,
    maxVersion,
    features,
    reply: flags % 2 === 1,
    isNew: Math.floor(flags / 2) % 2 === 1,
    vectorDigest: [reader.uint32(), reader.uint32()],
    stateDigest: [reader.uint32(), reader.uint32(), reader.uint32(), reader.uint32()],
    token: reader.block(),
  }
}

export function writeRequest(writer: Writer, request: Request): void {
  writer.varint(request.id)
  writer.varint(request.vector.length)
  for (const { replica, counter, check } of request.vector) {
    writer.block(replica)
    writer.varint(counter)
    writer.uint32(check)
  }
}

export function readRequest(reader: Reader): Request {
  const id = reader.varint()
  const count = reader.varintUpTo(reader.remaining / 7, 'the size of a vector')
  const vector: VectorEntry[] = []
  for (let i = 0; i < count; i++) {
    const replica = readReplicaId(reader)
    if (i > 0 && compareBytes(vector[i - 1].replica, replica) >= 0) reader.fail('the vector is out of order')
    const counter = readCounter(reader)
    vector.push({ replica, counter, check: reader.uint32() })
  }
  reader.finish()
  return { id, vector }
}

export function writeOperations(writer: Writer, message: Operations): void {
  writer.varint(message.request)
  if (message.request !== 0) writer.uint8(message.end)
  for (const operation of message.operations) writer.block(operation)
}

export function readOperations(reader: Reader): Operations {
  const request = reader.varint()
  const end = request === 0 ? AnswerEnd.all : (reader.varintUpTo(AnswerEnd.all, 'the end of an answer') as AnswerEnd)
  const operations: Uint8Array[] = []
  while (reader.remaining > 0) {
    const operation = reader.block()
    // An empty one would cost more here than the byte that says so.
    if (operation.length === 0) reader.fail('an empty operation')
    operations.push(operation)
  }
  return { request, end, operations }
}

export function writeStateOffer(writer: Writer, offer: StateOffer): void {
  writer.varint(offer.request)
  writer.varint(offer.stream)
  writer.block(offer.header)
}

export function readStateOffer(reader: Reader): StateOffer {
  const offer = { request: reader.varint(), stream: reader.varint(), header: reader.block() }
  reader.finish()
  return offer
}

export function writeFetch(writer: Writer, fetch: Fetch): void {
  writer.varint(fetch.stream)
  writer.varint(fetch.from)
  writer.varint(fetch.count)
}

export function readFetch(reader: Reader): Fetch {
  const fetch = { stream: reader.varint(), from: reader.varint(), count: reader.varintUpTo(1024, 'a number of items') }
  reader.finish()
  return fetch
}

export function writeStateItem(writer: Writer, item: StateItem): void {
  writer.varint(item.stream)
  writer.varint(item.index)
  writer.block(item.item)
}

export function readStateItem(reader: Reader): StateItem {
  const item = { stream: reader.varint(), index: reader.varint(), item: reader.block() }
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
