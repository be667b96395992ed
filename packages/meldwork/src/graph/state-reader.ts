import { Heads, type HybridTime, type ReplicaIndex } from '../causality/index.js'
import { Reader } from '../codec/index.js'
import type { ValueId } from '../rdf/index.js'
import type { DictionaryMark } from './dictionary.js'
import { sameDigest } from './digest.js'
import { ForeignPairs } from './foreign-pairs.js'
import type { ForeignState, Graph } from './graph.js'
import { chunkSize, readChunk } from './state-chunk.js'
import { decodeStateHeader, Item, readTimes, refuse, type StateHeader, stateVersion } from './state-codec.js'
import { leastGrowth } from './terms.js'

/** The triples of a state from elsewhere, for looking at them before it is joined. */
export interface ForeignTriples {
  readonly count: number
  subjects(): IterableIterator<ValueId>
  /** Fills `[property, object, ...]`. @returns how many numbers */
  visibleOf(subject: ValueId, into: number[]): number
  /** Whether there are slots of lists among them. */
  readonly hasLists: boolean
}

/** What is full grows to at most so many times its size, whatever is said to come: so it stays in proportion to what has come. */
const mostGrowth = 4

/**
 * Reads an encoded state into a graph's ids, item by item, without changing the graph's state: {@link Graph.join} takes the result. An item can be let
 * go once it has been read.
 */
export class StateReader {
  private readonly graph: Graph
  private readonly header: StateHeader
  private readonly indexes: readonly ReplicaIndex[]
  private readonly counters: readonly number[]
  private readonly pairs: ForeignPairs
  private readonly times = new Map<ReplicaIndex, [number, HybridTime][]>()
  private readonly damaged: Reader
  /** Where to go back to. */
  private readonly before: { readonly mark: DictionaryMark; readonly replicaCount: number } | undefined
  /** How many items have been read. */
  private read = 1

  /**
   * @param header the first item
   * @param isShared whether others use the graph before the last item has been read. Then the terms and replicas of a state that fails stay in memory: somebody
   *   may have used them since. Else they are forgotten, and such a state leaves nothing behind
   * @throws CodedError `data-malformed`, `data-version`
   */
  constructor(header: Uint8Array, graph: Graph, isShared = false) {
    this.header = decodeStateHeader(header)
    this.damaged = new Reader(header, 'state')
    this.graph = graph
    this.before = isShared ? undefined : { mark: graph.terms.mark(), replicaCount: graph.replicas.count }
    this.indexes = this.header.vector.map(({ replica }) => graph.replicas.add(replica))
    this.counters = this.header.vector.map(({ counter }) => counter)
    this.pairs = new ForeignPairs(graph.terms, graph.replicas)
  }

  /**
   * Reads the next item.
   * @throws CodedError `data-malformed`, `data-version`: then the reader is of no use any more
   */
  add(item: Uint8Array): void {
    try {
      this.readItem(item)
    } catch (error) {
      this.drop()
      throw error
    } finally {
      this.growBy(leastGrowth)
    }
  }

  private growBy(growth: number): void {
    this.graph.terms.growth = growth
    this.pairs.triples.growth = growth
  }

  private readItem(item: Uint8Array): void {
    const { graph, indexes, counters, pairs } = this
    this.read++
    const reader = new Reader(item, 'state')
    const type = reader.varint()
    if (type === Item.pairs) {
      this.growBy(this.growthFor(chunkSize(reader)))
      pairs.addAll(readChunk(reader, graph.terms, counters), indexes)
    } else if (type === Item.times) readTimes(reader, indexes, counters, this.times)
    else if (type % 2 === 1) refuse(stateVersion + 1)
  }

  /**
   * What has been read so far tells how much there will be: so that hardly anything grows, and is copied, more than once, and little of it is left empty.
   * @param coming so many pairs are about to be read: what is full then, is so when half of them are
   */
  private growthFor(coming: number): number {
    const share = this.header.pairCount / (this.pairs.count + coming / 2 + 1)
    return Math.max(1.05, Math.min(mostGrowth, 1.03 * share))
  }

  /**
   * All items have been read. The digest is checked, so that a state damaged on its way is never joined.
   * @throws CodedError `data-malformed`
   */
  finish(): ForeignState {
    const { header, indexes, pairs, damaged, times } = this
    pairs.triples.expected = 1
    try {
      if (this.read !== header.itemCount) damaged.fail('items are missing')
      if (pairs.count !== header.pairCount) damaged.fail('it has another number of pairs than announced')
      if (!sameDigest(pairs.digestOfAll, header.digest)) damaged.fail('its digest is not that of its pairs')
    } catch (error) {
      this.drop()
      throw error
    }
    const heads = new Heads()
    header.vector.forEach(({ counter, head }, place) => {
      if (head) heads.add(indexes[place], counter)
    })
    const vector = new Map(header.vector.map(({ counter, check }, place) => [indexes[place], { counter, check }]))
    return { vector, heads, times, pairs }
  }

  /** What has been read so far, as it is going to be visible unless rules hide it. It must not be kept. */
  get triples(): ForeignTriples {
    return this.pairs.triples
  }

  private drop(): void {
    const { graph, before } = this
    if (before === undefined) return
    graph.terms.forget(before.mark)
    graph.replicas.forget(before.replicaCount)
  }
}

/**
 * Reads a whole encoded state at once: see {@link StateReader}.
 * @throws CodedError `data-malformed`, `data-version`: nothing of it is left behind
 */
export function decodeState(items: readonly Uint8Array[], graph: Graph): ForeignState {
  const reader = new StateReader(items[0] ?? new Uint8Array(0), graph)
  for (let item = 1; item < items.length; item++) reader.add(items[item])
  return reader.finish()
}
