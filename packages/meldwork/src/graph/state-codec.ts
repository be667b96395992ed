import {
  compareBytes,
  type HybridTime,
  maxTime,
  type ReplicaId,
  type ReplicaIndex,
  ticksPerMs,
} from '../causality/index.js'
import { Reader, Writer } from '../codec/index.js'
import { CodedError } from '../errors.js'
import { readCounter, readReplicaId, type WireTerms } from '../operation/index.js'
import { atOnce, type Work } from '../ports/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { ChunkWriter } from './chunk-writer.js'
import type { DigestValue } from './digest.js'
import { type Graph, observedStride } from './graph.js'
import { PairsBefore } from './pairs-before.js'
import { readChunk } from './state-chunk.js'

/** The version of the state format that this engine writes, and the greatest that it reads. */
export const stateVersion = 1

/** How many subjects are encoded between two points at which others may have a turn. */
const betweenYields = 64

/** What an item of an encoded state is. An unknown odd type is critical: the state is refused; an unknown even one is skipped. */
export const Item = { header: 1, pairs: 3, times: 5 } as const

/**
 * Encodes the whole live state as items of about 96 KB at most (more only for a very long single value), the first of which is the header:
 * vector, heads, digest, numbers of pairs and items. Together they are one immutable state: what happens to the graph afterwards is not in them.
 */
export function encodeState(graph: Graph): Uint8Array[] {
  return atOnce(encodingState(graph, new PairsBefore(graph, () => {})))
}

/**
 * {@link encodeState}, item by item: of the state that is there at the first step, whatever is applied meanwhile. What is undone meanwhile must be later than that.
 * @param before the live pairs of that state: made just before, and told of what is applied
 */
export function* encodingState(graph: Graph, before: PairsBefore): Work<Uint8Array[]> {
  const vector = vectorOf(graph)
  const { digest } = graph
  const order = vector.map(({ index }) => index)
  const placeOf = new Map(order.map((replica, place) => [replica, place]))
  const items: Uint8Array[] = []
  const { live, count } = yield* encodingPairs(graph, before, placeOf, items)
  yield* encodingTimes(graph, order, live, items)
  items.unshift(encodeStateHeader({ itemCount: items.length + 1, pairCount: count, digest, vector }))
  return items
}

/** The vector, by id: the order in which a state lists the replicas. */
function vectorOf({ replicas, heads }: Graph): (StateHeader['vector'][number] & { index: ReplicaIndex })[] {
  return Array.from({ length: replicas.count }, (_, index) => index)
    .filter(index => replicas.counters[index] > 0)
    .map(index => ({
      index,
      replica: replicas.ids[index],
      counter: replicas.counters[index],
      check: replicas.checks[index],
      // Only a replica's last operation can be a head: its own successors have seen all others.
      head: heads.of(index) !== 0,
    }))
    .sort((a, b) => compareBytes(a.replica, b.replica))
}

function encodeStateHeader({ itemCount, pairCount, digest, vector }: StateHeader): Uint8Array {
  const writer = new Writer(64 + vector.length * 16)
  writer.varint(Item.header)
  writer.uint8(stateVersion)
  writer.varint(itemCount)
  writer.varint(pairCount)
  for (const lane of digest) writer.uint32(lane)
  writer.varint(vector.length)
  for (const { replica, counter, check, head } of vector) {
    writer.block(replica)
    writer.varint(counter)
    writer.uint32(check)
    writer.uint8(head ? 1 : 0)
  }
  return writer.take()
}

/** @returns by replica, the first counters of the operations that have a live dot, in no order and perhaps repeated; and how many pairs there are: a triple may have several dots */
function* encodingPairs(
  graph: Graph,
  before: PairsBefore,
  placeOf: ReadonlyMap<ReplicaIndex, number>,
  items: Uint8Array[],
): Work<{ live: Map<ReplicaIndex, number[]>; count: number }> {
  let count = 0
  const live = new Map<ReplicaIndex, number[]>()
  const observed: number[] = []
  let lastStart = -1
  let lastReplica = -1
  const chunk = new ChunkWriter()
  chunk.begin(graph.terms)
  const writer = new Writer(131_072)
  const close = () => {
    writer.reset()
    writer.varint(Item.pairs)
    chunk.finish(writer)
    items.push(writer.take())
  }
  for (const [index, subject] of before.subjects.entries()) {
    if (index % betweenYields === 0) yield
    const length = before.take(subject, observed)
    count += length / observedStride
    for (let at = 0; at < length; at += observedStride) {
      const counter = observed[at + 2]
      const replica = observed[at + 3]
      chunk.pair(subject, observed[at], observed[at + 1], counter, placeOf.get(replica)!)
      if (chunk.full) close()
      // Pairs of one operation mostly stand together.
      const start = graph.times.startOf(replica, counter)
      if (start === lastStart && replica === lastReplica) continue
      lastStart = start
      lastReplica = replica
      const starts = live.get(replica)
      if (starts === undefined) live.set(replica, [start])
      else starts.push(start)
    }
  }
  if (chunk.count > 0) close()
  chunk.end()
  return { live, count }
}

/** Times of the operations that have a live dot: by replica, first counters and times as differences. */
function* encodingTimes(
  graph: Graph,
  order: readonly ReplicaIndex[],
  live: ReadonlyMap<ReplicaIndex, readonly number[]>,
  items: Uint8Array[],
): Work<void> {
  let writer = new Writer(4096)
  const close = () => {
    if (writer.length === 0) return
    const item = new Writer(writer.length + 8)
    item.varint(Item.times)
    item.raw(writer.bytes.subarray(0, writer.length))
    items.push(item.take())
    writer = new Writer(4096)
  }
  for (const [place, replica] of order.entries()) {
    const starts = ascending(live.get(replica) ?? [])
    for (let from = 0; from < starts.length; from += 2000) {
      yield
      const part = starts.slice(from, from + 2000)
      writer.varint(place)
      writer.varint(part.length)
      let start = 0
      let ms = 0
      for (const next of part) {
        const time = graph.times.of(replica, next)
        writer.varint(next - start)
        writer.zigzag(Math.floor(time / ticksPerMs) - ms)
        writer.varint(time % ticksPerMs)
        start = next
        ms = Math.floor(time / ticksPerMs)
      }
      if (writer.length > 32_768) close()
    }
  }
  close()
}

/** Each of these but 0 once, sorted. */
function ascending(starts: readonly number[]): number[] {
  const distinct: number[] = []
  let last = 0
  for (const start of Float64Array.from(starts).sort()) {
    if (start !== last) distinct.push(start)
    last = start
  }
  return distinct
}

/** What the header of an encoded state says. */
export interface StateHeader {
  /** How many items there are, this one included. */
  readonly itemCount: number
  readonly pairCount: number
  readonly digest: DigestValue
  /** By id, ascending. `head`: whether the replica's last operation is in the frontier. */
  readonly vector: readonly {
    readonly replica: ReplicaId
    readonly counter: number
    readonly check: number
    readonly head: boolean
  }[]
}

/**
 * Reads the first item of an encoded state.
 * @throws CodedError `data-malformed`, `data-version`
 */
export function decodeStateHeader(item: Uint8Array): StateHeader {
  const reader = new Reader(item, 'state')
  if (reader.varint() !== Item.header) reader.fail('it does not start with its header')
  const version = reader.uint8()
  if (version === 0) reader.fail('its version is 0')
  if (version > stateVersion) refuse(version)
  const itemCount = reader.varint()
  const pairCount = reader.varint()
  const digest: DigestValue = [reader.uint32(), reader.uint32(), reader.uint32(), reader.uint32()]
  const count = reader.varintUpTo(reader.remaining / 8, 'the size of the vector')
  const vector: { replica: ReplicaId; counter: number; check: number; head: boolean }[] = []
  for (let i = 0; i < count; i++) {
    const replica = readReplicaId(reader)
    if (i > 0 && compareBytes(vector[i - 1].replica, replica) >= 0) reader.fail('the vector is out of order')
    const counter = readCounter(reader)
    const check = reader.uint32()
    vector.push({ replica, counter, check, head: reader.varintUpTo(1, 'a mark of a head') === 1 })
  }
  reader.finish()
  if (count > 0 && !vector.some(({ head }) => head)) reader.fail('a state without a head')
  return { itemCount, pairCount, digest, vector }
}

/** @throws always, `data-version` */
export function refuse(version: number): never {
  throw new CodedError('data-version', 'A state needs a newer version of this software', {
    what: 'state',
    found: version,
    supported: stateVersion,
  })
}

/** Receives pairs of a state. `place`: of the replica, in the state's vector. */
export type PairSink = (s: ValueId, p: PropertyId, o: ValueId, counter: number, place: number) => void

/**
 * Reads one item of an encoded state by itself, where others are lost.
 * @param counters the state's vector, by place
 * @returns false when it has no pairs, but something else
 * @throws CodedError `data-malformed`
 */
export function decodePairs(item: Uint8Array, terms: WireTerms, counters: readonly number[], sink: PairSink): boolean {
  const reader = new Reader(item, 'state')
  if (reader.varint() !== Item.pairs) return false
  const { subjects, ends, properties, objects, counters: dots, replicas } = readChunk(reader, terms, counters)
  for (let row = 0, at = 0; row < subjects.length; row++)
    for (; at < ends[row]; at++) sink(subjects[row], properties[at], objects[at], dots[at], replicas[at])
  return true
}

/** Reads an item of times, after those before it. */
export function readTimes(
  reader: Reader,
  indexes: readonly ReplicaIndex[],
  counters: readonly number[],
  times: Map<ReplicaIndex, [number, HybridTime][]>,
): void {
  while (reader.remaining > 0) {
    const place = reader.varint()
    if (place >= indexes.length) reader.fail('a replica is not in the vector')
    const count = reader.varintUpTo(reader.remaining / 3, 'a number of times')
    const list = times.get(indexes[place]) ?? []
    times.set(indexes[place], list)
    let start = 0
    let ms = 0
    for (let i = 0; i < count; i++) {
      const step = reader.varint()
      start += step
      ms += reader.zigzag()
      const time = ms * ticksPerMs + reader.varintUpTo(ticksPerMs - 1, 'a logical time')
      if (step === 0 || start <= (list.at(-1)?.[0] ?? 0) || start > counters[place])
        reader.fail('times are out of order')
      if (time < 0 || time > maxTime) reader.fail('a time is out of range')
      list.push([start, time])
    }
  }
}
