import type { HybridTime, ReplicaId } from '../causality/index.js'
import { Reader, sameBytes } from '../codec/index.js'
import { decodeState, Effects, type ForeignState, Graph, StateReader } from '../graph/index.js'
import { decodeEntry, entriesAt, Journal, type JournalEntry, journalRange, ticksOf } from '../journal/index.js'
import { Changes, decodeBody, decodeHeader, type OperationHeader, type OperationName } from '../operation/index.js'
import { type Environment, Pace, type Store, type StoreChange } from '../ports/index.js'
import { type IriSpace, isLegalTerm } from '../rdf/index.js'
import { readConfirmed } from './confirmed.js'
import { domainKeyChanges, requireDomainKey } from './domain-key.js'
import { allFlushed, readUnflushed, unflushedFrom, unflushedKey } from './durability.js'
import { readIdentity } from './identity.js'
import { encodeLives, type Life, lifeBytes, lifeOf, livesKey, readLives } from './lives.js'
import { corrupt, encodeMeta, type Meta, metaKey, readMeta, readPart, stateKey, stateRange } from './meta.js'

/** What a store held: the state of a clone as it was when the last transaction became durable. */
export interface Recovered {
  readonly graph: Graph
  readonly journal: Journal
  readonly meta: Meta
  readonly ticks: number
  /** Whether the store was new. */
  readonly isNew: boolean
  /** Whether all of it is known to be flushed. */
  readonly isFlushed: boolean
  /** Bytes of entries since the checkpoint. */
  readonly tailBytes: number
  /** Of the checkpoint, if there was one. */
  readonly checkpointBytes: number
  /** Ticks of entries that the next checkpoint can delete. */
  readonly obsolete: number[]
  /** The latest time of any operation. */
  readonly latest: HybridTime
  /** At least one. */
  readonly lives: readonly Life[]
  /** The id under which the store's clone has written, if it was to stay the same. */
  readonly identity: ReplicaId | undefined
  /** How far others are known to have this store's own operations: a counter for a replica. */
  readonly confirmed: readonly OperationName[]
}

/**
 * Opens a store: the last whole checkpoint, then the entries of the journal after it, in order. There is nothing to repair: a transaction is
 * one atomic batch, and a checkpoint is switched to in one. Of what was not flushed, a power cut may leave a later transaction without an earlier one: what
 * comes after the first that is missing is left out, and deleted. So what is left is a beginning, and a cursor of what is lost names nothing.
 * @param domainKey a check of the key under which the domain is opened, if there is one
 * @throws CodedError `store-domain`, `store-format`, `store-corrupt`
 */
export async function recover(
  store: Store,
  iris: IriSpace,
  environment: Environment,
  domainKey?: number,
): Promise<Recovered> {
  const found = await readMeta(store, iris.domain)
  if (found !== undefined) await requireDomainKey(store, iris.domain, domainKey)
  const meta = found ?? {
    domain: iris.domain,
    life: environment.random(lifeBytes),
    generation: 0,
    ticks: 0,
    itemCount: 0,
  }
  if (found === undefined) {
    // One that has something is not new: to begin anew would delete it.
    for (const range of [stateRange, journalRange])
      for await (const _ of store.entries(range)) throw corrupt(store, metaKey)
    await store.batch([{ key: metaKey, value: encodeMeta(meta) }, ...domainKeyChanges(domainKey)])
  }
  const recovery = new Recovery(store, iris, environment)
  await recovery.loadCheckpoint(meta)
  const unflushed = await store.get(unflushedKey)
  // What a power cut has left may name ticks that it has not.
  const foundLives = await readLives(store, meta.life, Number.MAX_SAFE_INTEGER)
  const lives = await recovery.replay(meta, foundLives, unflushed && readUnflushed(unflushed))
  // Only now: a store that is damaged is not touched.
  await recovery.deleteLeftovers(meta)
  const result = recovery.result()
  const identity = await readIdentity(store)
  const confirmed = await readConfirmed(store)
  const isNew = found === undefined
  // Under an id that is used again, nothing may leave that a power cut could take back: its name would be given twice.
  const isKept = identity !== undefined && result.tailBytes > 0
  if (isKept) await store.batch([allFlushed], 'flushed')
  const isFlushed = isNew || isKept || unflushed !== undefined || result.tailBytes === 0
  return { ...result, meta, isNew, isFlushed, lives, identity, confirmed }
}

/** @internal What is found in a store, taken one by one. */
export class Recovery {
  private readonly store: Store
  private readonly graph: Graph
  private readonly nowMs: number
  private readonly pace: Pace
  private readonly journal = new Journal()
  private readonly changes = new Changes()
  private readonly effects = new Effects()
  private readonly obsolete: number[] = []
  /** How far the journal has come with a replica. */
  private readonly reached: number[] = []
  private ticks = 0
  private tailBytes = 0
  private checkpointBytes = 0
  private latest: HybridTime = 0

  constructor(store: Store, iris: IriSpace, environment: Environment) {
    this.store = store
    this.nowMs = environment.now()
    this.pace = new Pace(environment)
    this.graph = new Graph((kind, text) => isLegalTerm(kind, text, iris))
  }

  async loadCheckpoint(meta: Meta): Promise<void> {
    this.ticks = meta.ticks
    if (meta.generation === 0) return
    const keyOf = (item: number) => stateKey(meta.generation, item)
    const header = await this.item(keyOf(0))
    const reader = readPart(this.store, keyOf(0), () => new StateReader(header, this.graph))
    this.checkpointBytes = header.length
    // While an item is decoded, the next is read.
    const ahead = (item: number) => (item < meta.itemCount ? this.item(keyOf(item)) : undefined)
    let coming = ahead(1)
    for (let item = 1; coming !== undefined; item++) {
      const bytes = await coming
      coming = ahead(item + 1)
      readPart(this.store, keyOf(item), () => reader.add(bytes))
      this.checkpointBytes += bytes.length
      if (this.pace.isOver) await this.pace.turn()
    }
    readPart(this.store, keyOf(0), () => this.join(reader.finish(), meta.ticks))
  }

  /** An item of a checkpoint. */
  private item(key: string): Promise<Uint8Array> {
    const found = this.store.get(key).then(bytes => {
      if (bytes === undefined) throw corrupt(this.store, key)
      return bytes
    })
    // Nobody waits for it when the one before cannot be read.
    found.catch(() => {})
    return found
  }

  /** Items of a checkpoint that never became whole, or of the one before. */
  async deleteLeftovers(meta: Meta): Promise<void> {
    const current = { gte: stateKey(meta.generation, 0), lt: stateKey(meta.generation + 1, 0) }
    const leftovers: string[] = []
    for (const range of [
      { gte: stateRange.gte, lt: current.gte },
      { gte: current.lt, lt: stateRange.lt },
    ])
      for await (const [key] of this.store.entries(range)) leftovers.push(key)
    if (leftovers.length > 0) await this.store.batch(leftovers.map(key => ({ key, value: null })))
  }

  /**
   * @param lives as they stand in the store
   * @param unflushed the ticks from which on transactions may not have been flushed; undefined when all have
   * @returns the lives of what is left
   */
  async replay(meta: Meta, lives: readonly Life[], unflushed: number | undefined): Promise<readonly Life[]> {
    const cut: StoreChange[] = []
    for await (const [key, value] of this.store.entries(journalRange)) {
      const entries = readPart(this.store, key, () => entriesAt(key, value))
      const [[first]] = entries
      const group = ticksOf(key)
      let isUsed = false
      for (const [ticks, bytes] of entries) {
        const isTail = ticks > meta.ticks
        // A group is lost as a whole.
        const isInDanger = isTail && unflushed !== undefined && ticks >= unflushed && ticks === first
        readPart(this.store, key, () => {
          const entry = decodeEntry(bytes)
          const header = entry.kind === 'operation' ? decodeHeader(entry.operation) : undefined
          const isLost = cut.length > 0 || (isInDanger && !this.isNext(ticks, lives, meta))
          if (!isLost && (!isTail || this.hasCauses(header))) {
            if (entry.kind === 'state') this.takeState(entry, ticks, isTail)
            else isUsed = this.take(header!, bytes, ticks, isTail, entry.own, group) || isUsed
          } else if (isInDanger) cut.push({ key, value: null })
          else throw corrupt(this.store, key)
        })
        // Some stores have many of them at hand.
        if (this.pace.isOver) await this.pace.turn()
        if (cut.length > 0) break
        if (!isTail) continue
        this.ticks = ticks
        this.tailBytes += bytes.length
      }
      if (!isUsed && cut.length === 0) this.obsolete.push(group)
    }
    const left = lives.filter(({ since }) => since <= this.ticks)
    if (left.length < lives.length) {
      if (unflushed === undefined || left.length === 0) throw corrupt(this.store, livesKey)
      cut.push({ key: livesKey, value: encodeLives(left) })
    }
    if (unflushed === undefined) return left
    // All that is here now is flushed with this; only then may the store say so.
    await this.store.batch([...cut, unflushedFrom(unflushed)])
    await this.store.batch([allFlushed])
    return left
  }

  /**
   * Whether no transaction is missing before this one. Ticks are only left out by a rollback. Then a life begins after the last transaction that stayed, which came into
   * the store with the first that followed: only the first life of all was there before.
   */
  private isNext(ticks: number, lives: readonly Life[], meta: Meta): boolean {
    if (ticks === this.ticks + 1) return true
    const life = lifeOf(lives, ticks)
    return life?.since === this.ticks && !sameBytes(life.id, meta.life)
  }

  /** Whether everything that an operation comes after is here: always, unless a transaction before it is missing. Of some that are, it does not tell. */
  private hasCauses(header: OperationHeader | undefined): boolean {
    if (header === undefined) return true
    const { replica, first, last, heads } = header
    const { replicas } = this.graph
    const reached = (id: Uint8Array) => replicas.counters[replicas.find(id)] ?? 0
    if (last <= reached(replica)) return true
    // Where an id has been used twice, a part of an operation may have come under the name of another.
    return first <= reached(replica) + 1 && heads.every(head => reached(head.replica) >= head.counter)
  }

  /**
   * An entry up to the checkpoint is history only; a later one is also applied.
   * @param group the ticks of the key under which it stands
   * @returns whether it is needed beyond the next checkpoint
   */
  private take(
    header: OperationHeader,
    bytes: Uint8Array,
    ticks: number,
    isTail: boolean,
    own: true | undefined,
    group: number,
  ): boolean {
    const { replicas } = this.graph
    const author = replicas.add(header.replica)
    // Undone, when a store did take a batch that it said it did not, and come again.
    if (header.last <= (isTail ? replicas.counters[author] : (this.reached[author] ?? 0))) return false
    this.reached[author] = header.last
    if (isTail) this.apply(header, author)
    this.journal.append(ticks, author, header, bytes, this.nowMs, own, group)
    this.latest = Math.max(this.latest, header.time)
    return true
  }

  private takeState({ items, united }: JournalEntry & { kind: 'state' }, ticks: number, isTail: boolean): void {
    if (isTail) this.join(decodeState(items, this.graph), ticks, united)
  }

  private apply(header: OperationHeader, author: number): void {
    const { graph, changes, effects } = this
    const { first, last, check, time } = header
    changes.clear()
    effects.clear()
    const reader = new Reader(header.bytes, 'operation', header.bodyStart)
    decodeBody(reader, last - first + 1, changes, graph.terms, graph.replicas, author)
    const heads = header.heads.map(({ replica, counter }) => [graph.replicas.add(replica), counter] as const)
    graph.apply({ author, first, last, check, time, heads }, changes, effects)
  }

  private join(state: ForeignState, ticks: number, united = false): void {
    for (const times of state.times.values()) for (const [, time] of times) this.latest = Math.max(this.latest, time)
    this.effects.clear()
    if (united) this.graph.unite(state, this.effects)
    else this.graph.join(state, this.effects)
    const { replicas } = this.graph
    const vector = replicas.counters.map((counter, replica) => [replica, counter] as const)
    for (const dropped of this.journal.reset(ticks, vector)) this.obsolete.push(dropped)
  }

  result() {
    const { graph, journal, ticks, tailBytes, checkpointBytes, obsolete, latest } = this
    return { graph, journal, ticks, tailBytes, checkpointBytes, obsolete, latest }
  }
}
