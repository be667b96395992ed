import { compareBytes, HybridClock, maxCounter, type ReplicaId, type ReplicaIndex, timeMs } from '../causality/index.js'
import { ByteSlab, check32, Reader, Writer } from '../codec/index.js'
import type { CanonicalConstraint, Declared, InputTools, Rule, RuleSet } from '../constraint/index.js'
import type { CodedError } from '../errors.js'
import {
  type CausalUndo,
  type Difference,
  decodeState,
  digestText,
  Effects,
  type ForeignState,
  type Graph,
  type ListDifference,
  listDifference,
  type OperationPlace,
  PairsBefore,
  Snapshot,
  type StateReader,
} from '../graph/index.js'
import { completeEntry, encodeEntry, entryRoom, type Journal, journalKey } from '../journal/index.js'
import {
  Changes,
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeHeader,
  type OperationHeader,
  type OperationName,
} from '../operation/index.js'
import type { Environment, Store, StoreChange } from '../ports/index.js'
import { type IriSpace, newId } from '../rdf/index.js'
import { Positions } from '../sequence/index.js'
import { CheckpointNumbers, checkpointBatches } from './checkpoint-items.js'
import { type Commit, Committer } from './committer.js'
import { confirmedChange } from './confirmed.js'
import { DeclaredRules, type RuleSource } from './declared-rules.js'
import type { Durability } from './durability.js'
import { History } from './history.js'
import { Identity } from './identity.js'
import { Lives } from './lives.js'
import { deleteLosers } from './losers.js'
import { type Meta, requireLife } from './meta.js'
import type { Recovered } from './recovery.js'
import { encodeRemoved } from './removed.js'
import type { Stats } from './stats.js'
import { madeBy, supersede } from './supersede.js'
import { type Hidden, View } from './view.js'
import { encodeVisible, isPlain, type Seen, seenOf } from './visible.js'
import { WorkingCopy } from './working-copy.js'

/** Why the visible state changed. The list is open-ended. */
export type Cause = 'write' | 'remote' | 'join' | 'rollback' | 'rule' | 'agreement' | 'void' | 'key'

/** One transaction that has just been applied. */
export interface Applied {
  readonly ticks: number
  /** The name of the life of the store in which it was applied. */
  readonly life: string
  readonly cause: Cause
  /** The replica that made the operation, and when, in milliseconds since 1970; not for `join` and `rollback`. */
  readonly replica: ReplicaId | undefined
  readonly timeMs: number | undefined
}

/** What a transaction did to what is visible, worked out for whoever asks. */
export interface Outcome {
  /** In this clone's ids. To be called before the next transaction. */
  difference(): Difference
}

/** What transactions tell. Called synchronously; a listener must not start a transaction inside `applied`: it queues. */
export interface TransactionListener {
  applied(applied: Applied, outcome: Outcome): void
  /** An operation, own or another's, has become durable: it may leave. In order of ticks. */
  durable(operation: OperationHeader, own: boolean): void
  /** A state that was taken in has become durable. */
  stateDurable(): void
  /** Other rules are in force. */
  rulesChanged(): void
  /** A local write would make a rule hide something. @returns the error that says so */
  violated(hidden: Hidden): CodedError
  /** The store has failed, or (undefined) answers again. */
  trouble(error: CodedError<'store-failed'> | undefined): void
}

/** How transactions are made. */
export interface TransactionOptions {
  /** Whether to write under the id of earlier openings. */
  readonly isStable?: boolean
  /** What those wait for that do not say it themselves: `flushed` when left out. */
  readonly durability?: Durability | undefined
}

/** What a write gives once it is as durable as it asked to be. */
export interface WriteResult {
  /** How many operations this clone had applied after this one. */
  readonly ticks: number
  /** The identifiers given to subjects that had none, in the order of the JSON. */
  readonly ids: readonly string[]
}

/** What a write becomes: readable at once, and as durable as it asks when the promise resolves. */
export interface Written {
  readonly ticks: number
  readonly durable: Promise<void>
}

/** One that is applied. There may be thousands at a time, so it is one object of data, whose functions are those of {@link Transactions}. */
interface Pending extends Commit {
  readonly effects: Effects
  readonly before: CausalUndo
  /** As it stands in the journal; undefined for a state. */
  readonly entry: Uint8Array | undefined
  /** What was applied; undefined for a state. */
  readonly header: OperationHeader | undefined
  readonly author: ReplicaIndex | -1
  readonly own: boolean
  /** Of a state: it is durable. */
  readonly joined: (() => void) | undefined
  /** Of whoever waits for it. */
  waiter: Waiter | undefined
}

/** A promise, what settles it, and with what: without functions of its own, since there may be thousands. */
interface Waiter {
  readonly result: unknown
  promise: Promise<unknown>
  resolve(result: unknown): void
  reject(error: Error): void
}

/**
 * How the state changes: a write or an operation becomes effects and one journal entry, committed as a whole.
 *
 *     1. decide: changes -> operation bytes (own) or operation bytes -> changes (another's)
 *     2. apply to the graph, judge what the rules hide: readable from here on
 *     3. add one entry to the committer: operation, what its deletes removed, and, unless that tells it, what became visible
 *     4. tell what became visible, in the same turn
 *     == durable ==
 *     5. append to the journal, tell that the operation may leave
 *
 * *Durable* is what a transaction asks for, and at the least handed to the store. So what is not flushed may leave, and a power cut take it back: then it comes
 * back from whoever has it, as after a restored backup. No name is made twice, since the ids of an opening are never used after it.
 *
 * Everything up to 4 is synchronous. When the store fails, every transaction that is not durable is undone in reverse.
 */
export class Transactions {
  readonly graph: Graph
  readonly journal: Journal
  readonly lives: Lives
  readonly history: History
  readonly committer: Committer<Pending>
  private readonly store: Store
  private readonly environment: Environment
  private readonly listener: TransactionListener
  private readonly clock: HybridClock
  readonly view: View
  /** What rules of input may use. */
  private readonly inputTools: InputTools
  private readonly declared: DeclaredRules
  private readonly changes = new Changes()
  private readonly entryWriter = new Writer(1024)
  private readonly slab = new ByteSlab()
  private readonly spareEffects: Effects[] = []
  private readonly identity: Identity
  private readonly snapshots = new Set<Snapshot | PairsBefore>()
  /** The ids under which this clone has written since it was opened. */
  private readonly used = new Set<ReplicaIndex>()
  /** Own ids, used elsewhere too, whose operations have been made again because of a state. */
  private readonly saved = new Set<ReplicaIndex>()
  /** Where new items of lists go, by the replica of this opening. */
  private ownPositions: Positions | undefined
  /** This clone's replica, or -1 before its first write. */
  private author: ReplicaIndex = -1
  /** Entries of the journal that no one needs once there is a checkpoint after them, as ticks. */
  readonly obsolete: Set<number>
  /** Bytes of entries since the last checkpoint. */
  tailBytes = 0
  /** Of the last checkpoint. */
  checkpointBytes: number
  /** Whether a checkpoint is being written. */
  isCheckpointing = false
  meta: Meta
  readonly checkpointNumbers: CheckpointNumbers
  ticks: number
  /** What transactions ask for when nobody says: those from elsewhere always. */
  private readonly durability: Durability
  private readonly isStable: boolean
  private readonly confirmedBefore: readonly OperationName[]
  /** The last difference of which it has been worked out what it says of lists. */
  private seen: Seen | undefined

  constructor(
    recovered: Recovered,
    store: Store,
    environment: Environment,
    rules: RuleSource & { readonly iris: IriSpace; readonly more?: readonly Rule[] },
    listener: TransactionListener,
    { isStable = false, durability = 'flushed' }: TransactionOptions = {},
  ) {
    this.durability = durability
    this.isStable = isStable
    this.graph = recovered.graph
    this.journal = recovered.journal
    this.ticks = recovered.ticks
    this.meta = recovered.meta
    this.checkpointNumbers = new CheckpointNumbers(recovered.meta)
    this.tailBytes = recovered.tailBytes
    this.checkpointBytes = recovered.checkpointBytes
    this.obsolete = new Set(recovered.obsolete)
    this.store = store
    this.environment = environment
    this.listener = listener
    this.clock = new HybridClock(() => environment.now())
    this.clock.observe(recovered.latest)
    this.confirmedBefore = recovered.confirmed
    const random = (length: number) => environment.random(length)
    this.lives = new Lives(recovered.lives, recovered.isNew, random)
    this.identity = new Identity(recovered.identity, isStable, random)
    this.declared = new DeclaredRules(this.graph, rules.iris, rules)
    this.view = new View(this.graph, this.declared.set.rules, rules.more)
    this.view.judgeAll()
    this.inputTools = {
      terms: this.graph.terms,
      now: () => environment.now(),
      newId: () => newId(length => environment.random(length)),
    }
    this.committer = new Committer(store, environment, recovered.ticks, recovered.isFlushed, {
      durable: (pending, nowMs) => this.onDurable(pending, nowMs),
      lost: (commits, error) => this.rollBack(commits, error),
      failed: ({ waiter }, error) => {
        // A store that fails is told by the status and by the undoing: a program that does not wait must not die of it.
        waiter?.promise.catch(ignore)
        waiter?.reject(error)
      },
      recognize: () => requireLife(store, this.meta.life),
      recovered: () => listener.trouble(undefined),
    })
    const { committer, journal, lives } = this
    this.history = new History({
      store,
      journal,
      lives,
      ticks: () => this.ticks,
      undurable: () => committer.undurable(),
    })
  }

  /** The id under which this clone writes, once it has written. */
  get replica(): ReplicaId | undefined {
    return this.author < 0 ? undefined : this.graph.replicas.ids[this.author]
  }

  /** Whether this is the replica under which this clone writes now. */
  isOwn(replica: ReplicaIndex): boolean {
    return replica === this.author
  }

  /** Whether this store has written under this id, in this opening or, as far as the journal tells, in an earlier one. */
  hasMade(replica: ReplicaIndex): boolean {
    if (this.used.has(replica) || this.identity.isKept(this.graph.replicas.ids[replica])) return true
    for (const [own] of this.journal.own()) if (own === replica) return true
    return false
  }

  /**
   * Makes a local transaction.
   * @param fill puts inserts and observed deletes into the changes; when it throws, nothing has happened. It must not keep them
   * @param superseding whether inserts take the place of the dots that are there, and the rules are asked: not for what is only made again
   * @param durability what `durable` waits for
   * @throws whatever `fill` throws; what {@link TransactionListener.violated} gives; CodedError `store-failed` while the store takes no writes
   */
  write(fill: (changes: Changes) => void, superseding = true, durability = this.durability): Written {
    const pending = this.made(fill, superseding, durability)
    if (pending === undefined) return { ticks: this.ticks, durable: this.reached(durability) }
    return { ticks: pending.ticks, durable: this.settled(pending, undefined, durability) }
  }

  /**
   * As {@link write}, for whoever waits for the result alone: one promise in all.
   * @param fill gives the identifiers that it has made up, too
   */
  transact(fill: (changes: Changes) => readonly string[], durability = this.durability): Promise<WriteResult> {
    let ids: readonly string[] = []
    const pending = this.made(
      changes => {
        ids = fill(changes)
      },
      true,
      durability,
    )
    // Whoever is told of it may have written more by now.
    const result = { ticks: pending?.ticks ?? this.ticks, ids }
    if (pending !== undefined) return this.settled(pending, result, durability)
    const reached = this.reached(durability).then(() => result)
    reached.catch(ignore)
    return reached
  }

  /** @returns undefined when there is nothing to change */
  private made(fill: (changes: Changes) => void, superseding: boolean, durability: Durability): Pending | undefined {
    const { changes } = this
    if (this.committer.trouble !== undefined) throw this.committer.trouble
    changes.clear()
    fill(changes)
    if (changes.empty) return undefined
    if (superseding) {
      this.view.input(changes, this.inputTools)
      deleteLosers(this.graph, this.view, changes)
      supersede(this.graph, changes)
    }
    const place = this.placeOwn(changes)
    return this.commit(place, changes, place.header, 'write', durability, superseding)
  }

  /** @param asked what the one who waits for it has asked for */
  private settled<T>(pending: Pending, result: T, asked: Durability): Promise<T> {
    // Whoever asks for nothing waits for nothing; and yet nothing leaves before the store has it.
    if (asked === 'none') return Promise.resolve(result)
    const waiter: Waiter = { result, promise: resolved, resolve: ignore, reject: ignore }
    pending.waiter = waiter
    const settled = new Promise<T>((resolve, reject) => {
      waiter.resolve = resolve as (result: unknown) => void
      waiter.reject = reject
    })
    waiter.promise = settled
    return settled
  }

  /** Names the operation, and encodes it: where its entry is to be made, so that its bytes are not known before that is. */
  private placeOwn(changes: Changes): OperationPlace & { header: OperationHeader } {
    const { graph } = this
    const author = this.ownReplica(changes.counters)
    const first = graph.replicas.counters[author] + 1
    const last = first + changes.counters - 1
    const time = this.clock.next()
    const heads = this.headsBeside(author)
    const names =
      heads.length === 0
        ? noNames
        : heads.map(([replica, counter]) => ({ replica: graph.replicas.ids[replica], counter }))
    const writer = this.entryWriter
    writer.length = entryRoom
    const id = graph.replicas.ids[author]
    const previousCheck = graph.replicas.checks[author]
    encodeHeader(writer, id, first, changes.counters, previousCheck, names, time)
    const bodyStart = writer.length - entryRoom
    encodeBody(writer, changes, graph.terms, graph.replicas, author)
    const check = check32(writer.bytes, entryRoom, writer.length)
    const header = { bytes: nothing, bodyStart, replica: id, first, last, previousCheck, heads: names, time, check }
    return { author, first, last, check, time, heads, header }
  }

  /** The frontier without the author's own, in the order of ids. */
  private headsBeside(author: ReplicaIndex): OperationPlace['heads'] {
    const { heads, replicas } = this.graph
    if (heads.count === (heads.of(author) === 0 ? 0 : 1)) return noHeads
    const others: [ReplicaIndex, number][] = []
    for (const head of heads.entries()) if (head[0] !== author) others.push(head)
    return others.sort((a, b) => compareBytes(replicas.ids[a[0]], replicas.ids[b[0]]))
  }

  /**
   * The replica under which to write, with room for so many counters: chosen at the first write after each opening, so that a copied
   * folder or a restored backup cannot use one again; unless whoever opened it vouches for that.
   */
  private ownReplica(counters: number): ReplicaIndex {
    const { graph, identity } = this
    const { replicas } = graph
    if (this.author < 0) this.author = replicas.add(identity.take())
    if (replicas.counters[this.author] + counters > maxCounter) {
      identity.giveUp()
      this.author = replicas.add(identity.take())
    }
    this.used.add(this.author)
    return this.author
  }

  /** Takes a new id before the next write: this one has been used elsewhere, or may have been. @returns what makes the store forget it */
  renounceReplica(): StoreChange {
    this.author = -1
    this.ownPositions = undefined
    return this.identity.giveUp()
  }

  /** Where new items of lists go: no other clone makes the same positions. */
  get positions(): Positions {
    this.ownPositions ??= new Positions(length => this.environment.random(length))
    return this.ownPositions
  }

  /**
   * Applies an operation from elsewhere, whose causes are all here. When it is durable, the listener is told.
   * @throws CodedError `data-malformed` when its data is not legal: nothing has happened; `store-failed` while the store takes no writes
   */
  receive(header: OperationHeader): void {
    if (this.committer.trouble !== undefined) throw this.committer.trouble
    const { graph, changes } = this
    const mark = graph.terms.mark()
    const { count } = graph.replicas
    const author = graph.replicas.add(header.replica)
    changes.clear()
    try {
      const reader = new Reader(header.bytes, 'operation', header.bodyStart)
      decodeBody(reader, header.last - header.first + 1, changes, graph.terms, graph.replicas, author)
    } catch (error) {
      graph.terms.forget(mark)
      graph.replicas.forget(count)
      throw error
    }
    this.clock.observe(header.time)
    const { first, last, check, time } = header
    const heads = header.heads.length === 0 ? noHeads : header.heads.map(head => this.indexed(head))
    this.commit({ author, first, last, check, time, heads }, changes, header, 'remote')
  }

  private indexed({ replica, counter }: OperationName): readonly [ReplicaIndex, number] {
    return [this.graph.replicas.find(replica), counter]
  }

  /** Steps 2 to 5. */
  private commit(
    place: OperationPlace,
    changes: Changes,
    header: Omit<OperationHeader, 'bytes'> & { bytes: Uint8Array },
    cause: 'write' | 'remote',
    durability = this.durability,
    isChecked = false,
  ): Pending {
    const { graph, entryWriter: writer } = this
    const own = cause === 'write'
    const effects = this.takeEffects()
    const before = graph.apply(place, changes, effects)
    const ruled = this.judge(effects)
    if (isChecked && !ruled) this.requireRules(effects, before)
    this.record(effects)
    const removed = encodeRemoved(changes, effects, graph.terms)
    const seen = isPlain(changes, effects) ? undefined : seenOf(graph, effects)
    const visible = seen && encodeVisible(changes, effects, seen.lists, graph.terms)
    this.seen = seen
    let from = 0
    let end = 0
    if (own) {
      end = writer.length
      from = completeEntry(writer, removed, visible)
    } else {
      writer.reset()
      encodeEntry({ kind: 'operation', operation: header.bytes, removed, visible }, writer)
    }
    const entry = this.slab.copyFrom(writer.bytes, from, writer.length)
    if (own) header.bytes = entry.subarray(entryRoom - from, end - from)
    const ticks = ++this.ticks
    this.tailBytes += entry.length
    const pending: Pending = {
      ticks,
      changes: this.news(),
      prepare: undefined,
      durability: this.required(durability),
      effects,
      before,
      entry,
      check: place.check,
      group: ticks,
      header,
      author: place.author,
      own,
      joined: undefined,
      waiter: undefined,
    }
    this.committer.add(pending)
    const { current: life } = this.lives
    const applied = { ticks, life, cause, replica: header.replica, timeMs: timeMs(place.time) }
    this.listener.applied(applied, seen === undefined ? effects : { difference: () => seen.difference })
    return pending
  }

  private onDurable(pending: Pending, nowMs: number): void {
    const { ticks, header, author, entry, own, group } = pending
    this.releaseEffects(pending.effects)
    if (header === undefined) pending.joined!()
    else {
      this.journal.append(ticks, author, header, entry!, nowMs, own, group)
      this.listener.durable(header, own)
    }
    const { waiter } = pending
    waiter?.resolve(waiter.result)
  }

  /** An id that is used again must not have named what a power cut can take back. */
  private required(durability: Durability): Durability {
    return this.isStable ? 'flushed' : durability
  }

  /** Brings what is visible up to date. @returns whether the rules in force are others now */
  private judge(effects: Effects): boolean {
    const { declared, view } = this
    const ruled = declared.areTouchedBy(effects) && declared.read()
    // The rules that stay are about what has come with the others, too.
    view.update(effects)
    if (!ruled) return false
    // What was here before, and they hide, is to be told, too.
    if (effects.everything?.wasThere !== undefined) effects.spell()
    view.setRules(declared.set.rules, effects)
    this.listener.rulesChanged()
    return true
  }

  /** The rules in force, and those that are not, and why. */
  get ruleSet(): RuleSet {
    return this.declared.set
  }

  /**
   * What one more rule would hide of what is here now. Nothing is changed.
   * @param look is called while the rule is in force, with what it hides, and its declaration
   * @throws CodedError `constraint-invalid`, `constraint-unknown`
   */
  tryRule<T>(
    declared: Declared,
    look: (hidden: readonly Hidden[], set: RuleSet, canonical: CanonicalConstraint) => T,
  ): T {
    const { set, canonical } = this.declared.with(declared)
    return this.trial(set.rules, hidden => look(hidden, set, canonical))
  }

  /** What rules would hide that only report. */
  reported<T>(look: (hidden: readonly Hidden[], set: RuleSet) => T): T {
    const { set } = this.declared
    const all = set.inForce.flatMap(({ rules }) => rules)
    return this.trial(all, hidden => look(hidden, set))
  }

  /** @param look is called while these rules are in force, with what they hide that is visible otherwise */
  private trial<T>(rules: readonly Rule[], look: (hidden: readonly Hidden[]) => T): T {
    const { view } = this
    const before = new Set(Array.from(view.hidden(), hiddenName))
    const { revision } = view.reasons
    view.setRules(rules, new Effects())
    try {
      return look([...view.hidden()].filter(hidden => !before.has(hiddenName(hidden))))
    } finally {
      view.setRules(this.declared.set.rules, new Effects())
      view.reasons.revision = revision
    }
  }

  /** Names the rules in force, among clones that compare them: 0 for none. */
  get rulesDigest(): number {
    return this.declared.digest
  }

  /** A write must not make a rule hide anything: neither what it inserts, nor what was visible. It is undone then. */
  private requireRules(effects: Effects, before: CausalUndo): void {
    const violation = this.view.violation(effects)
    if (violation === undefined) return
    const error = this.listener.violated(violation)
    this.graph.undo(effects, before)
    this.view.undone(effects)
    this.releaseEffects(effects)
    throw error
  }

  /** What is written with a transaction: what has become known since the one before. */
  private news(): readonly StoreChange[] {
    const life = this.lives.commit(this.committer.durableTicks, this.journal.floorTicks)
    const identity = this.identity.takeChange()
    return life === undefined && identity === undefined
      ? noChanges
      : [life, identity].filter(change => change !== undefined)
  }

  /**
   * Joins a whole state from elsewhere.
   * @param items all of them, as `encodeState` made them
   * @param read has read all of them, in the ids of this graph, if it is given
   * @returns when it is durable
   * @throws CodedError `data-malformed`, `data-version`: nothing has happened; `store-failed` while the store takes no writes
   */
  join(items: readonly Uint8Array[], read?: StateReader): Promise<void> {
    return this.takeState(items, read, false)
  }

  /** As {@link join}, for a state with the very same vector and other data: keeps what either has. */
  unite(items: readonly Uint8Array[], read?: StateReader): Promise<void> {
    return this.takeState(items, read, true)
  }

  private takeState(items: readonly Uint8Array[], read: StateReader | undefined, united: boolean): Promise<void> {
    if (this.committer.trouble !== undefined) throw this.committer.trouble
    const { graph } = this
    const state = read?.finish() ?? decodeState(items, graph)
    for (const times of state.times.values()) for (const [, time] of times) this.clock.observe(time)
    this.saveOwn(state)
    const isAllThereIs = graph.replicas.covered === 0 && state.vector.size > 0
    const effects = this.takeEffects()
    const before = united ? graph.unite(state, effects) : graph.join(state, effects)
    this.judge(effects)
    this.record(effects)
    const ticks = ++this.ticks
    // Of this instant: what is applied after it has entries of its own, if it becomes durable.
    const vector = [...vectorOf(graph)]
    const stored =
      isAllThereIs && !this.isCheckpointing ? this.asCheckpoint(items, ticks) : this.asEntry(items, ticks, united)
    stored.changes.push(...this.news())
    const pending: Pending = {
      ticks,
      changes: stored.changes,
      prepare: stored.prepare,
      durability: this.required(this.durability),
      effects,
      before,
      entry: undefined,
      check: 0,
      group: ticks,
      header: undefined,
      author: -1,
      own: false,
      joined: () => {
        for (const dropped of this.journal.reset(ticks, vector)) this.obsolete.add(dropped)
        stored.durable()
        this.listener.stateDurable()
      },
      waiter: undefined,
    }
    this.committer.add(pending)
    const { current: life } = this.lives
    this.listener.applied({ ticks, life, cause: 'join', replica: undefined, timeMs: undefined }, effects)
    return this.settled(pending, undefined, this.durability)
  }

  private asEntry(items: readonly Uint8Array[], ticks: number, united: boolean): StoredState {
    const bytes = items.reduce((sum, item) => sum + item.length + 8, 16)
    const changes: StoreChange[] = []
    const add = () => {
      const writer = new Writer(bytes)
      encodeEntry({ kind: 'state', items, ...(united && { united }) }, writer)
      changes.push({ key: journalKey(ticks), value: writer.bytes.subarray(0, writer.length) })
    }
    const isLarge = bytes >= largeBytes
    if (!isLarge) add()
    this.tailBytes += changes[0]?.value?.length ?? bytes
    const prepare = isLarge ? () => this.turn().then(add) : undefined
    return { changes, prepare, durable: () => this.obsolete.add(ticks) }
  }

  /**
   * Where nothing was before, the state as it came is the state of now: its items are a checkpoint, and need not be written once more to become one. They become part of
   * the store with the batch that switches to it.
   */
  private asCheckpoint(items: readonly Uint8Array[], ticks: number): StoredState {
    const { checkpointNumbers: numbers, meta, store } = this
    const next: Meta = { ...meta, generation: numbers.next, ticks, itemCount: items.length }
    const prepare = async () => {
      await this.turn()
      for (const batch of checkpointBatches(items, next.generation)) await store.batch(batch)
      numbers.switching(next)
    }
    const durable = () => {
      numbers.switched()
      this.meta = next
      this.checkpointBytes = items.reduce((sum, item) => sum + item.length, 0)
    }
    return { changes: numbers.switchTo(next, meta), prepare, durable }
  }

  /** What has been joined is told in this turn: writing it is for another one. */
  private turn(): Promise<void> {
    return new Promise(resolve => this.environment.schedule(resolve, 0))
  }

  /**
   * A state may cover names under which this clone has written something else, since its id is used twice: what is live by such a name is made
   * again before it would be taken for deleted. That others have more of an id than this clone has made proves it only for ids of this opening:
   * a copied or restored store lacks some of what it has made before.
   */
  private saveOwn({ vector }: ForeignState): void {
    const { replicas } = this.graph
    for (const [replica, { counter, check }] of vector) {
      const mine = replicas.counters[replica]
      if (mine === 0 || !this.hasMade(replica)) continue
      const known = counter === mine ? replicas.checks[replica] : this.journal.checkAt(replica, counter)
      const isOther = counter > mine ? this.used.has(replica) : known !== undefined && known !== check
      if (!isOther || this.saved.has(replica)) continue
      this.saved.add(replica)
      this.reissue(replica).catch(() => this.saved.delete(replica))
    }
  }

  /** The state of now, for whoever reads it later. It costs until it is closed. */
  snapshot(): Snapshot {
    const snapshot = new Snapshot(this.graph, closed => this.snapshots.delete(closed))
    this.snapshots.add(snapshot)
    return snapshot
  }

  /** The live pairs of now, for whoever encodes them while others write. To be closed. */
  pairsBefore(): PairsBefore {
    const before = new PairsBefore(this.graph, closed => this.snapshots.delete(closed))
    this.snapshots.add(before)
    return before
  }

  /** What is to become one write, on a state that stands still, whatever others do meanwhile. To be closed. */
  draft(): WorkingCopy {
    return new WorkingCopy(this.graph, this.snapshot())
  }

  /** As {@link draft}, on the state of now: nothing else may be written before it is committed or dropped. */
  batch(): WorkingCopy {
    return new WorkingCopy(this.graph)
  }

  private record(effects: Effects): void {
    if (this.snapshots.size > 0) for (const snapshot of this.snapshots) snapshot.record(effects)
  }

  /** What a difference to the state of now says of lists, and what else it says. */
  listDifference(difference: Difference): ListDifference {
    return this.seen?.difference === difference ? this.seen.lists : listDifference(this.graph, difference)
  }

  stats(): Stats {
    const { graph, journal, tailBytes } = this
    return {
      digest: digestText(graph.digest),
      triples: graph.tripleCount,
      liveTriples: graph.liveCount,
      subjects: graph.subjectCount,
      replicas: graph.replicas.count,
      heads: graph.heads.count,
      journalOperations: journal.count,
      journalBytes: journal.bytes,
      tailBytes,
      memoryBytes: graph.byteSize,
    }
  }

  /**
   * Another clone writes under this clone's id: a machine, or its memory, has been copied while it ran. Takes a new id, and makes again under it
   * what was made under the old one: clones that have met the other's operations of these names do not take ours.
   */
  async reissue(replica: ReplicaIndex): Promise<void> {
    if (this.isOwn(replica) || this.identity.isKept(this.graph.replicas.ids[replica])) {
      // A store that fails is told by the next commit, and the fork is met again.
      this.store.batch([this.renounceReplica()]).catch(() => {})
    }
    // At once, so that no state that covers the old names takes away what is here.
    const inserts = this.write(changes => madeBy(this.graph, replica, [], changes), false).durable
    inserts.catch(() => {})
    await this.durable()
    const made: Changes[] = []
    for await (const operation of this.journal.read(this.store, this.journal.of(replica))) {
      const header = decodeHeader(operation)
      const changes = new Changes()
      const reader = new Reader(operation, 'operation', header.bodyStart)
      decodeBody(reader, header.last - header.first + 1, changes, this.graph.terms, this.graph.replicas, replica)
      made.push(changes)
    }
    await this.write(changes => madeBy(this.graph, replica, made, changes), false).durable
  }

  /**
   * Own operations that nobody was known to have when the store was last open, each by its replica and last counter: as far as they are in the journal.
   */
  unconfirmed(): (readonly [ReplicaIndex, number])[] {
    const { replicas } = this.graph
    const confirmed = new Map(this.confirmedBefore.map(({ replica, counter }) => [replicas.find(replica), counter]))
    return [...this.journal.own()].filter(([replica, last]) => last > (confirmed.get(replica) ?? 0))
  }

  /** Keeps how far others are known to have own operations. Advice: what is not kept is found out again. */
  async saveConfirmed(confirmed: ReadonlyMap<ReplicaIndex, number>): Promise<void> {
    if (this.committer.trouble !== undefined) return
    const { ids } = this.graph.replicas
    const own = new Set(Array.from(this.journal.own(), ([replica]) => replica))
    const names = [...confirmed].filter(([replica]) => own.has(replica))
    const change = confirmedChange(names.map(([replica, counter]) => ({ replica: ids[replica], counter })))
    // A store that fails is told by the next commit.
    await this.store.batch([change]).catch(() => {})
  }

  /** When everything up to now is durable, each as it asked for. Rejects when the store fails before. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => this.committer.whenDurable(this.ticks, resolve, reject))
  }

  /** When everything up to now has been flushed, whatever it asked for. Rejects when the store fails before. */
  flushed(): Promise<void> {
    return new Promise((resolve, reject) => this.committer.whenFlushed(this.ticks, resolve, reject))
  }

  private reached(durability: Durability): Promise<void> {
    if (durability === 'none') return resolved
    return durability === 'written' ? this.durable() : this.flushed()
  }

  /** Undoes what the store has lost, in reverse, and tells of it as one change. */
  private rollBack(commits: readonly Pending[], error: CodedError<'store-failed'>): void {
    const inverse = new Effects()
    for (const { effects, before } of commits.toReversed()) {
      effects.appendInverse(inverse)
      this.graph.undo(effects, before)
      if (this.declared.areTouchedBy(effects)) this.judgeAnew()
      this.view.undone(effects)
      this.releaseEffects(effects)
    }
    this.record(inverse)
    // Nobody has seen the counters that were used, but the store may hold them in spite of its answer.
    this.renounceReplica()
    this.lives.rollBack(this.committer.durableTicks)
    this.listener.trouble(error)
    if (commits.length === 0) return
    const { current: life } = this.lives
    const applied: Applied = { ticks: ++this.ticks, life, cause: 'rollback', replica: undefined, timeMs: undefined }
    this.listener.applied(applied, inverse)
  }

  /** The rules that were in force before are again. */
  private judgeAnew(): void {
    if (!this.declared.read()) return
    this.view.setRules(this.declared.set.rules, new Effects())
    this.listener.rulesChanged()
  }

  private takeEffects(): Effects {
    return this.spareEffects.pop() ?? new Effects()
  }

  private releaseEffects(effects: Effects): void {
    effects.clear()
    if (this.spareEffects.length < 256) this.spareEffects.push(effects)
  }
}

/** How a state that was joined becomes durable. */
interface StoredState extends Pick<Commit, 'prepare'> {
  readonly changes: StoreChange[]
  /** To be called when it is. */
  durable(): void
}

/** What is larger takes a while to be copied and checked. */
const largeBytes = 256 * 1024
const resolved = Promise.resolve()
const nothing = new Uint8Array(0)
const noChanges: readonly StoreChange[] = []
const noHeads: OperationPlace['heads'] = []
const noNames: readonly OperationName[] = []
const ignore = (): void => {}

const hiddenName = ({ subject, property, object }: Hidden): string => `${subject} ${property} ${object}`

function* vectorOf(graph: Graph): Iterable<[ReplicaIndex, number]> {
  for (let replica = 0; replica < graph.replicas.count; replica++) yield [replica, graph.replicas.counters[replica]]
}
