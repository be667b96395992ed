import { maxCounter, type ReplicaIndex, Replicas } from '../causality/index.js'
import { Reader } from '../codec/index.js'
import { decodePairs, decodeStateHeader, type Graph, observedStride, type StateHeader } from '../graph/index.js'
import { decodeEntry, entriesAt, type JournalEntry, journalRange, ticksOf, wholeOperations } from '../journal/index.js'
import { Changes, decodeBody, decodeHeader, deleteStride, insertStride } from '../operation/index.js'
import type { Store } from '../ports/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { unsealed } from './checked-store.js'
import { decodeMeta, type Meta, metaKey, stateKey, stateRange } from './meta.js'
import type { Transactions } from './transactions.js'

/** What was found in a damaged store, and what has become of it. */
export interface SalvageReport {
  /** The keys whose values are damaged, or which are missing, in order. */
  readonly damaged: readonly string[]
  /** Transactions of the journal that are whole. */
  readonly operations: number
  /** Live triples that were found. */
  readonly found: number
  /** Of these, those of which the clone knows already: it has them, or they have been deleted. */
  readonly known: number
  /** Of these, those that were written again. */
  readonly broughtBack: number
  /** Deletes of which the clone did not know, that were made again. */
  readonly deletesBroughtBack: number
}

/** How far salvaging has come. */
export interface SalvageProgress {
  readonly step: 'reading' | 'writing'
  /** Values read, or triples looked at. */
  readonly done: number
}

/** A delete as an operation names it. `by`: the operation. */
interface NamedDelete {
  readonly subject: ValueId
  readonly property: PropertyId
  readonly counter: number
  readonly replica: ReplicaIndex
  readonly by: ReplicaIndex
  readonly byLast: number
}

/** The items of a checkpoint by number: undefined for one that is damaged or missing. */
type Items = Map<number, Uint8Array | undefined>

interface Checkpoint {
  readonly items: Items
  keyOf(item: number): string
}

/** How many triples become one operation. */
const triplesAtOnce = 1000

/**
 * Gets out of a damaged store what is whole, and writes into an open clone, under its own id, what that does not know.
 *
 * What a salvaged state may claim: nothing. Joined as a state, its vector would cover pairs that the damage has taken, and so delete them everywhere. So the pairs
 * that are found are compared by their dots with the vector of the clone: a dot that this covers is known to whoever the clone has caught up with, who
 * have the pair or have deleted it; only what no vector covers is written, as new inserts. The same goes for deletes.
 */
export class Salvage {
  readonly damaged: string[] = []
  private readonly graph: Graph
  private readonly replicas = new Replicas()
  /** By replica and counter: the triples of a dot, three numbers each, in the ids of the clone. */
  private readonly pairs: Map<number, number[]>[] = []
  /** Triples whose dots are lost with the first item of the checkpoint. */
  private readonly dotless: number[] = []
  private readonly deletes: NamedDelete[] = []
  private readonly changes = new Changes()
  /** How far the damaged store had come with a replica. */
  private readonly reached: number[] = []
  private readonly report: (progress: SalvageProgress) => void
  private values = 0
  private operations = 0

  /** @param graph of the clone into which things are brought back */
  constructor(graph: Graph, report: (progress: SalvageProgress) => void) {
    this.graph = graph
    this.report = report
  }

  /** Reads an open store, changing nothing in it. Never fails for what is damaged, only when the store cannot be read at all. */
  async read(store: Store): Promise<void> {
    const meta = await salvagedMeta(store)
    if (meta === undefined) this.damaged.push(metaKey)
    const items = await this.readItems(store, meta)
    const isWhole = items === undefined ? meta?.generation === 0 : this.takeItems(items)
    for await (const [key, value] of store.entries(journalRange)) {
      this.tick()
      const bytes = unsealed(value)
      const isHistory = meta !== undefined && ticksOf(key) <= meta.ticks
      let isDamaged = bytes === undefined
      try {
        if (bytes === undefined) for (const operation of wholeOperations(value)) this.takeOperation(operation, isWhole)
        else for (const [, entry] of entriesAt(key, bytes)) this.takeEntry(decodeEntry(entry), isHistory, isWhole)
      } catch {
        isDamaged = true
      }
      if (isDamaged) this.damaged.push(key)
    }
  }

  /** The last checkpoint: the one that the description names, or else the latest that is there; undefined when there is none. */
  private async readItems(store: Store, meta: Meta | undefined): Promise<Checkpoint | undefined> {
    const generations = new Map<number, Items>()
    for await (const [key, value] of store.entries(stateRange)) {
      this.tick()
      const [, generation, item] = key.split('/').map(part => Number.parseInt(part, 36))
      const items: Items = generations.get(generation) ?? new Map()
      generations.set(generation, items.set(item, unsealed(value)))
    }
    // One that was not finished has not all of its items, as far as its first one tells.
    const isComplete = (items: Items) => (headerOf(items)?.itemCount ?? items.size) === items.size
    const complete = [...generations].filter(([, items]) => isComplete(items)).map(([generation]) => generation)
    const generation = meta?.generation ?? Math.max(...complete, 0)
    if (generation === 0) return undefined
    const items: Items = generations.get(generation) ?? new Map()
    const count = meta?.itemCount ?? Math.max(...items.keys(), 0) + 1
    for (let item = 0; item < count; item++) if (!items.has(item)) items.set(item, undefined)
    return { items, keyOf: item => stateKey(generation, item) }
  }

  /** @returns whether all of the checkpoint is there */
  private takeItems(checkpoint: Checkpoint): boolean {
    const { items, keyOf } = checkpoint
    let isWhole = true
    const header = this.takeHeader(checkpoint)
    const counters = header?.vector.map(({ counter }) => counter) ?? new Array<number>(maxPlaces).fill(maxCounter)
    const places = header?.vector.map(({ replica }) => this.replicas.add(replica))
    for (const [item, bytes] of items) {
      if (item === 0) continue
      try {
        if (bytes === undefined) throw new Error('damaged')
        decodePairs(bytes, this.graph.terms, counters, (subject, property, object, counter, place) => {
          if (places === undefined) this.dotless.push(subject, property, object)
          else this.add(places[place], counter, subject, property, object)
        })
      } catch {
        this.damaged.push(keyOf(item))
        isWhole = false
      }
    }
    return isWhole && header?.itemCount === items.size
  }

  private takeHeader({ items, keyOf }: Checkpoint): StateHeader | undefined {
    const header = headerOf(items)
    if (header === undefined) this.damaged.push(keyOf(0))
    for (const { replica, counter } of header?.vector ?? []) this.reached[this.replicas.add(replica)] = counter
    return header
  }

  /**
   * @param isHistory whether the checkpoint covers it
   * @param isWhole whether all of the checkpoint is there: then history has nothing more to tell
   */
  private takeEntry(entry: JournalEntry, isHistory: boolean, isWhole: boolean): void {
    if (entry.kind === 'state') {
      if (!(isHistory && isWhole)) this.takeState(entry.items, entry.united === true)
      return
    }
    this.takeOperation(entry.operation, isWhole)
  }

  private takeOperation(operation: Uint8Array, isWhole: boolean): void {
    const header = decodeHeader(operation)
    const { first, last } = header
    const author = this.replicas.add(header.replica)
    this.operations++
    if (isWhole && last <= (this.reached[author] ?? 0)) {
      // What it inserted stands in the checkpoint; what it deleted others may not know.
      this.takeDeletes(operation, header.bodyStart, last - first + 1, author, last)
      return
    }
    this.takeDeletes(operation, header.bodyStart, last - first + 1, author, last)
    const { inserts, insertLength } = this.changes
    for (let at = 0, counter = first; at < insertLength; at += insertStride, counter++)
      this.add(author, counter, inserts[at], inserts[at + 1], inserts[at + 2])
    this.reached[author] = Math.max(last, this.reached[author] ?? 0)
  }

  /** Reads an operation, and takes away what it deletes. */
  private takeDeletes(bytes: Uint8Array, bodyStart: number, count: number, author: ReplicaIndex, last: number): void {
    const { changes, graph, replicas } = this
    changes.clear()
    decodeBody(new Reader(bytes, 'operation', bodyStart), count, changes, graph.terms, replicas, author)
    const { deletes, deleteLength } = changes
    for (let at = 0; at < deleteLength; at += deleteStride) {
      const [subject, property, , counter, replica] = deletes.slice(at, at + deleteStride)
      this.deletes.push({ subject, property, counter, replica, by: author, byLast: last })
      const triples = this.pairs[replica]?.get(counter)
      if (triples === undefined) continue
      const rest: number[] = []
      for (let i = 0; i < triples.length; i += 3)
        if (triples[i] !== subject || triples[i + 1] !== property) rest.push(triples[i], triples[i + 1], triples[i + 2])
      this.pairs[replica].set(counter, rest)
    }
  }

  /** A state that had been joined: what it covers and has not was deleted; what was covered here and is not here was deleted, unless the damage has taken it. */
  private takeState(items: readonly Uint8Array[], united: boolean): void {
    const { vector } = decodeStateHeader(items[0])
    const places = vector.map(({ replica }) => this.replicas.add(replica))
    const counters = vector.map(({ counter }) => counter)
    const theirs: number[][] = []
    for (const item of items.slice(1))
      decodePairs(item, this.graph.terms, counters, (subject, property, object, counter, place) => {
        theirs.push([places[place], counter, subject, property, object])
      })
    const live = new Set(theirs.map(pair => pair.join()))
    if (!united)
      vector.forEach(({ counter: covered }, place) => {
        const replica = places[place]
        for (const [counter, triples] of this.pairs[replica] ?? []) {
          if (counter > covered) continue
          const rest: number[] = []
          for (let i = 0; i < triples.length; i += 3)
            if (live.has([replica, counter, ...triples.slice(i, i + 3)].join())) rest.push(...triples.slice(i, i + 3))
          this.pairs[replica].set(counter, rest)
        }
      })
    for (const [replica, counter, subject, property, object] of theirs)
      if (united || this.damaged.length > 0 || counter > (this.reached[replica] ?? 0))
        this.add(replica, counter, subject, property, object)
    places.forEach((replica, place) => {
      this.reached[replica] = Math.max(counters[place], this.reached[replica] ?? 0)
    })
  }

  private add(replica: ReplicaIndex, counter: number, subject: ValueId, property: PropertyId, object: ValueId): void {
    this.pairs[replica] ??= new Map()
    const triples = this.pairs[replica].get(counter) ?? []
    for (let i = 0; i < triples.length; i += 3)
      if (triples[i] === subject && triples[i + 1] === property && triples[i + 2] === object) return
    triples.push(subject, property, object)
    this.pairs[replica].set(counter, triples)
  }

  private tick(): void {
    if (++this.values % 1000 === 0) this.report({ step: 'reading', done: this.values })
  }

  /** Writes what the clone does not know. @throws CodedError `store-failed`, of the clone's own store */
  async bringBack(transactions: Transactions): Promise<SalvageReport> {
    const { graph } = transactions
    const found: number[] = [...this.dotless]
    let known = 0
    this.pairs.forEach((dots, replica) => {
      const covered = coveredBy(graph, this.replicas, replica)
      for (const [counter, triples] of dots)
        if (counter <= covered) known += triples.length / 3
        else for (const id of triples) found.push(id)
    })
    const count = known + found.length / 3
    let broughtBack = 0
    const deletesBroughtBack = await this.bringBackDeletes(transactions)
    for (let from = 0; from < found.length; from += triplesAtOnce * 3) {
      const { durable } = transactions.write(changes => {
        for (let at = from; at < Math.min(from + triplesAtOnce * 3, found.length); at += 3) {
          if (graph.isLive(found[at], found[at + 1], found[at + 2])) known++
          else {
            changes.triple(found[at], found[at + 1], found[at + 2])
            broughtBack++
          }
        }
      })
      await durable
      this.report({ step: 'writing', done: Math.min(from / 3 + triplesAtOnce, found.length / 3) })
    }
    const { damaged, operations } = this
    return { damaged: [...damaged].sort(), operations, found: count, known, broughtBack, deletesBroughtBack }
  }

  /** Deletes of operations that the clone does not know, of dots that it has. */
  private async bringBackDeletes(transactions: Transactions): Promise<number> {
    const { graph } = transactions
    const observed: number[] = []
    let count = 0
    const { durable } = transactions.write(changes => {
      for (const { subject, property, counter, replica, by, byLast } of this.deletes) {
        const here = graph.replicas.find(this.replicas.ids[replica])
        if (here < 0 || byLast <= coveredBy(graph, this.replicas, by)) continue
        const length = graph.observed(subject, property, observed)
        for (let at = 0; at < length; at += observedStride) {
          if (observed[at + 2] !== counter || observed[at + 3] !== here) continue
          changes.delete(subject, observed[at], observed[at + 1], counter, here)
          count++
        }
      }
    })
    await durable
    return count
  }
}

/** More replicas than any state is written with whose first item is lost: a bound for what is read then. */
const maxPlaces = 65_536

/** How far a graph has come with a replica of another table. */
function coveredBy(graph: Graph, replicas: Replicas, replica: ReplicaIndex): number {
  return graph.replicas.counters[graph.replicas.find(replicas.ids[replica])] ?? 0
}

/** What the first item of a checkpoint says; undefined when it is damaged or missing. */
function headerOf(items: Items): StateHeader | undefined {
  const first = items.get(0)
  try {
    return first && decodeStateHeader(first)
  } catch {
    return undefined
  }
}

/** What an open store says of itself; undefined when that is damaged or missing. */
export async function salvagedMeta(store: Store): Promise<Meta | undefined> {
  const value = await store.get(metaKey)
  const bytes = value && unsealed(value)
  try {
    return bytes && decodeMeta(store, bytes)
  } catch {
    return undefined
  }
}
