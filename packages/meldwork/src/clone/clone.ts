import { replicaName } from '../causality/index.js'
import type { Constraint, Rule } from '../constraint/index.js'
import { CodedError } from '../errors.js'
import type { OperationHeader } from '../operation/index.js'
import type { Environment, Store, Transport, Work } from '../ports/index.js'
import { getFrom, LiveQueries, liveQuads, type QuadPattern, QuadReader, type Quads, Reads } from '../query/index.js'
import { type Context, type Quad, type RDF, RdfTerms, type TermTable } from '../rdf/index.js'
import type {
  GraphSubject,
  Reference as Identified,
  KnownKeywords,
  Patch,
  Patterns,
  Read,
  ReadResult,
  Shape,
  Shaped,
  Subject,
  Write,
} from '../subject/index.js'
import type { DomainChannel } from '../sync/index.js'
import {
  type Applied,
  Checkpoints,
  type Difference,
  type ForeignTriples,
  type Outcome,
  type QuadUpdate,
  type Recovered,
  type Stats,
  type TransactionListener,
  Transactions,
  type WriteResult,
} from '../transaction/index.js'
import { AnswerStream, streamSlice } from './answer-stream.js'
import type { Change, ChangeHandler } from './change.js'
import {
  type Conflict,
  type ConflictChoice,
  type ConflictFilter,
  type ConflictHandler,
  Conflicts,
} from './conflicts.js'
import type { Keeping, Newness } from './connection.js'
import { Connections } from './connections.js'
import type { Declaration, DeclareOptions } from './declaring.js'
import { Deliveries } from './deliveries.js'
import type { BlankNodeOptions, Draft } from './draft.js'
import { checkAfter, type FollowOptions } from './follow-options.js'
import { Followers, type UpdateHandler } from './followers.js'
import { Gap, type GapReason } from './gap.js'
import { type CloneOptions, historyOf, type WriteOptions } from './options.js'
import type { Presence } from './presence.js'
import type { DraftOptions, Procedure } from './procedures.js'
import type { ReplayHandler } from './replay-delivery.js'
import { CloneRules, type DeclaredConstraint, declarationSubject, type Rules, violation } from './rules.js'
import { Status, type StatusValue } from './status.js'
import type { Update } from './update.js'
import { UpdateWriter } from './update-writer.js'
import { type WaitOptions, wait } from './waits.js'
import { Watchers } from './watchers.js'
import { type DraftResult, Writing } from './writing.js'

/** @internal What a clone is made of, beside its options. */
export interface CloneParts {
  readonly context: Context
  readonly channel: DomainChannel
  readonly environment: Environment
  /** In force beside those that are declared: made over the clone's dictionary. */
  readonly rules: (terms: TermTable) => readonly Rule[]
  readonly recovered: Recovered
  readonly transports: readonly Transport[]
  readonly keeping: Keeping
  readonly closed: ((erase: boolean) => Promise<void>) | undefined
}

/**
 * One copy of a domain, inside an app: read and written at once, at any time, online or not; it converges with all others.
 * Reads are synchronous. A write is readable when the call returns, and durable when its promise resolves: flushed, unless the clone or the write asks for
 * less ({@link WriteOptions.durability}).
 * After {@link close}, everything but `status` throws, or rejects with, `clone-closed`.
 */
export class Clone {
  readonly domain: string
  readonly status: Status
  private readonly store: Store
  private readonly environment: Environment
  private readonly transactions: Transactions
  private readonly checkpoints: Checkpoints
  private readonly context: Context
  private readonly writing: Writing
  private readonly updates: UpdateWriter
  private readonly rdfTerms: RdfTerms
  private readonly deliveries = new Deliveries()
  private readonly followers: Followers
  private readonly watchers: Watchers
  private readonly declaredRules: CloneRules
  private readonly allConflicts: Conflicts
  private readonly conflictHandlers = new Set<() => void>()
  private knownConflicts = 0
  private tellingConflicts = false
  private readonly connections: Connections
  /** New, and not told that it is the first: whatever the domain holds is not here. */
  private readonly newness: Newness
  private readonly keeping: Keeping
  private readonly whenClosed: CloneParts['closed']
  private closing: Promise<void> | undefined

  /** @internal {@link openClone} */
  constructor(options: CloneOptions, parts: CloneParts) {
    const { context, channel, environment, rules, recovered, transports, keeping } = parts
    const { store } = options
    this.keeping = keeping
    this.whenClosed = parts.closed
    this.domain = options.domain
    this.store = store
    this.environment = environment
    this.status = new Status(() => this.readStatus(), environment)
    const listener: TransactionListener = {
      applied: (applied, outcome) => this.onApplied(applied, outcome),
      durable: (operation, own) => this.onDurable(operation, own),
      stateDurable: () => this.checkpoints.consider(),
      trouble: error => {
        if (error === undefined) this.connections.recovered()
        this.status.changed()
      },
      rulesChanged: () => this.onRulesChanged(),
      violated: hidden => violation(hidden, context, recovered.graph.terms, this.transactions.ruleSet),
    }
    const { durability } = options
    const isStable = options.identity === 'stable'
    const { terms } = recovered.graph
    this.declaredRules = new CloneRules(options, context, terms)
    const source = { ...this.declaredRules.source, iris: context.iris, more: rules(terms) }
    this.transactions = new Transactions(recovered, store, environment, source, listener, { isStable, durability })
    CloneRules.requireAll(this.transactions.ruleSet)
    this.allConflicts = new Conflicts(this.transactions, context)
    this.checkpoints = new Checkpoints(this.transactions, store, environment, historyOf(options))
    const { graph } = this.transactions
    this.context = context
    this.rdfTerms = new RdfTerms(context.iris, graph.terms)
    this.writing = new Writing(this.transactions, context, environment, {
      requireOpen: () => this.requireOpen(),
      kept: (durable, asked = durability) => (keeping.needsKeeper && asked !== 'none' ? this.kept(durable) : durable),
    })
    this.updates = new UpdateWriter(context, graph.terms, graph)
    this.followers = new Followers(
      {
        snapshot: () => this.transactions.snapshot(),
        update: (applied, difference) => this.updateOf(applied, difference),
        history: this.transactions.history,
        context,
        gap: (reason, cause) => this.gap(reason, cause),
      },
      this.deliveries,
    )
    this.watchers = new Watchers(() => new LiveQueries(graph, context), this.deliveries)
    this.newness = { isNew: transports.length > 0 && options.genesis !== true && graph.heads.count === 0 }
    this.connections = new Connections(
      transports,
      {
        channel,
        transactions: this.transactions,
        store,
        environment,
        newness: this.newness,
        keeping,
        rulesDigest: () => this.transactions.rulesDigest,
        foresee: triples => this.foreseeing(triples),
      },
      { changed: () => this.status.changed() },
    )
    this.checkpoints.start()
  }

  // --- reading

  /**
   * One subject, one level deep, as it is now; with `properties`, only those of it.
   * @returns undefined when nothing of that is visible
   * @throws CodedError `iri-malformed`
   */
  get(id: string, ...properties: string[]): GraphSubject | undefined
  /**
   * One subject as a {@link Shape} says, which is the type of the result: `get('fred', { name: String, tags: [String], boss: Ref })`.
   * @returns undefined when nothing of that is visible
   * @throws CodedError `conflicting` where several values are visible and the shape asks for one; `value-unexpected` where one is of
   *   another kind; `pattern-invalid` for what is no shape; `iri-malformed`
   */
  get<const S extends Shape>(id: string, shape: S): Shaped<S> | undefined
  get(id: string, shape?: string | Shape, ...more: string[]): object | undefined {
    this.requireOpen()
    return getFrom(this.writing.reads, id, shape, more)
  }

  /**
   * Answers a request over what is visible now.
   * @throws CodedError `pattern-unsupported`, `pattern-invalid`, `value-invalid`, `iri-malformed`, with the path of what is at fault
   */
  read<const Request extends Read>(request: KnownKeywords<Request>): ReadResult<Request> {
    this.requireOpen()
    return this.writing.reads.read(request) as ReadResult<Request>
  }

  /**
   * As {@link read}, answer by answer: of the state of now, whatever is written while it is read, and with turns for the event loop in between. What is not
   * asked for is not looked for: a stream that is left early costs what it gave. (`@orderBy`, `@groupBy` and `@construct` must have seen all solutions
   * before the first answer.) Inside a {@link batch} it sees what the batch began with.
   * @throws CodedError as {@link read} does, at once; `clone-closed` while it is read
   */
  stream<const Request extends Read>(
    request: KnownKeywords<Request>,
  ): AsyncIterableIterator<ReadResult<Request>[number]> {
    this.requireOpen()
    const snapshot = this.transactions.snapshot()
    try {
      const answers = new Reads(snapshot, this.context).stream(request, streamSlice)
      const { environment } = this
      return new AnswerStream({
        answers,
        environment,
        close: () => snapshot.close(),
        requireOpen: () => this.requireOpen(),
      })
    } catch (error) {
      snapshot.close()
      throw error
    }
  }

  /** Whether a pattern matches anything that is visible now. @throws CodedError as {@link read} does */
  ask<const Pattern extends Patterns>(pattern: KnownKeywords<Pattern>): boolean {
    this.requireOpen()
    return this.writing.reads.ask(pattern)
  }

  // --- writing

  /**
   * Calls `procedure` with a {@link Draft}: the state of now, which stands still, plus what the procedure writes there. When it settles, all of that
   * becomes one operation, one update event, durable when the promise resolves. Meanwhile nothing waits: other writes and those of others go on.
   * @returns what it returned, as `value`; `ids` are those of all its writes
   * @throws (as a rejection) whatever the procedure throws or rejects with, nothing having been written; CodedError `draft-conflict`;
   *   `store-failed`, the writes having been undone; `clone-closed`; the signal's reason
   */
  write<T>(procedure: Procedure<T>, options?: DraftOptions): Promise<DraftResult<T>>
  /**
   * Inserts subjects (what they had stays), or deletes and inserts: one transaction, readable when this returns.
   * @returns when it is durable. Rejects with the errors of {@link read}, nothing having happened; with `store-failed` when the store fails,
   *   the write having been undone; with `clone-closed`
   */
  write<Request extends Write | object>(request: KnownKeywords<Request>, options?: WriteOptions): Promise<WriteResult>
  write<T>(request: object | Procedure<T>, options?: DraftOptions): Promise<WriteResult> {
    if (typeof request === 'function') return this.writing.draft(request as Procedure<T>, options)
    return this.writing.transact((requests, changes) => requests.write(request, changes), options)
  }

  /**
   * Joins the writes that `writes` makes with this clone's methods into one: one operation and one update event, at the end. Within it, `get` and `read`
   * see what was written so far. What it throws, or a write in it that is refused, undoes all of it. A batch in a batch joins it; a
   * draft begun in it begins after it.
   * @param writes synchronous: a procedure that waits is for {@link write}
   * @param options its durability; a write in it that asks for more gets it for all
   * @returns when it is durable, with the `ids` of all; so do the promises of the writes in it, each with its own. Rejects with what undid it; otherwise as {@link write}
   * @throws CodedError (as a rejection) `option-invalid` when `writes` returns a promise: nothing has been written
   */
  batch(writes: () => void, options?: WriteOptions): Promise<WriteResult> {
    return this.writing.batch(writes, options)
  }

  /** Replaces the values of those properties that the patch has; null removes. Otherwise as {@link write}. */
  patch<Request extends Patch | Identified>(
    patch: KnownKeywords<Request>,
    options?: WriteOptions,
  ): Promise<WriteResult> {
    return this.writing.transact((requests, changes) => requests.patch(patch, changes), options)
  }

  /** Replaces a subject: what it had and is not here goes. Otherwise as {@link write}. */
  put<Request extends (Subject & Identified) | Identified>(
    subject: KnownKeywords<Request>,
    options?: WriteOptions,
  ): Promise<WriteResult> {
    return this.writing.transact((requests, changes) => requests.put(subject, changes), options)
  }

  /** Deletes a subject, and the references to it. Otherwise as {@link write}. */
  delete(id: string, options?: WriteOptions): Promise<WriteResult> {
    return this.writing.transact((requests, changes) => {
      requests.deleteSubject(id, changes)
      return []
    }, options)
  }

  // --- RDF

  /** Every visible triple as an RDF/JS quad in the default graph, with absolute IRIs. Do not write while iterating. */
  quads(): IterableIterator<Quad> {
    this.requireOpen()
    return this.writing.quads.all()
  }

  /** Every triple that is live, as it is now: also what rules hide, and not what they have added. For exports that are to keep everything. */
  liveQuads(): Quads {
    this.requireOpen()
    return liveQuads(this.transactions.graph, this.rdfTerms)
  }

  /**
   * The visible triples that match, as they are now: going over them is safe while others are written. A subject, a predicate, or an IRI as the object is
   * looked up; for a literal alone, and for nothing, everything is gone through.
   * @param pattern RDF/JS terms: subject, predicate, object, graph. What is missing, null or a variable stands for any. There are no blank nodes and no named
   *   graphs in a domain: they match nothing
   */
  match(...pattern: QuadPattern): Quads {
    this.requireOpen()
    return this.writing.quads.match(...pattern)
  }

  /** How many triples {@link match} would give. */
  countQuads(...pattern: QuadPattern): number {
    this.requireOpen()
    return this.writing.quads.count(...pattern)
  }

  /**
   * Deletes and inserts RDF/JS quads as one transaction, whatever their graph. What is in both is there afterwards. Deleting what is not there does nothing; so
   * it is with blank nodes, except those of `blankNodes`.
   * @param options as for {@link insertQuads}
   * @returns as {@link insertQuads}
   * @throws CodedError (as a rejection) as {@link insertQuads} does
   */
  updateQuads(update: QuadUpdate, options: BlankNodeOptions & WriteOptions = {}): Promise<WriteResult> {
    const blankNodes = options.blankNodes ?? new Map<string, string>()
    return this.writing.transact((requests, changes) => requests.updateQuads(update, blankNodes, changes), options)
  }

  /**
   * Inserts RDF/JS quads as one transaction, whatever their graph. Blank nodes get identifiers of their own.
   * @param options.blankNodes the identifiers given to blank nodes, by label: hand the same map to calls whose labels mean the same
   * @returns as {@link write}; its `ids` are the identifiers newly given to blank nodes
   * @throws CodedError (as a rejection) `pattern-unsupported` for what only RDF 1.2 has, `iri-malformed`, `value-invalid`
   */
  insertQuads(quads: Iterable<RDF.BaseQuad>, options: BlankNodeOptions & WriteOptions = {}): Promise<WriteResult> {
    return this.updateQuads({ insert: quads }, options)
  }

  // --- following

  /**
   * Calls `handler` after each change of what is visible, from now on, in the turn in which it becomes readable.
   * @returns stops it
   */
  follow(handler: UpdateHandler): () => void
  /**
   * The changes of what is visible, from this call on, until the loop is left or the clone is closed. For a reader that is slow, a thousand updates are
   * kept; what comes after them becomes one, with the ticks and the trace of its last operation. So what is taken, applied in order, always
   * leads to what the clone showed.
   */
  follow(): AsyncIterableIterator<Update>
  /**
   * The updates after a cursor, such as a process has missed while it was down: each once, in order, as it was when its transaction was applied, also those that are
   * not durable yet; then, without a break, those that come. `trace.cause` is `write` or `remote`, as it was.
   *
   * Where updates are missing there is a {@link Gap} in their place, with the state to which they led; those that come after it follow. Before the first cursor
   * there is nothing: give `undefined`, and begin with a gap, too. A cursor is good for as long as the journal reaches back (`history` in the options), and
   * only in the store that it is of. A whole state that was joined is not replayed: cursors before it give a gap.
   *
   * The past is read from the store part by part, as it is asked for; when its beginning is truncated before it has been read, there is a gap on the way. Where the
   * context writes a list as its items, a list that was there before a property came to name it is a reference in the past, under the property's whole IRI: its items of
   * then are not known.
   * @param options.after the {@link Update.cursor} of the last update that was dealt with; or ticks, if it is certain that the store was not
   *   restored or copied, and did not lose anything in a crash since: ticks may be used twice, and nobody would notice
   * @throws CodedError `option-invalid` for what is no cursor
   */
  follow(options: FollowOptions): AsyncIterableIterator<Update | Gap>
  /** The same for a handler: what was missed is handed to it from the next turn on. @returns stops it */
  follow(options: FollowOptions, handler: ReplayHandler): () => void
  follow(
    first?: UpdateHandler | FollowOptions,
    handler?: ReplayHandler,
  ): (() => void) | AsyncIterableIterator<Update | Gap> {
    this.requireOpen()
    const { followers } = this
    if (first === undefined) return followers.iterate()
    if (typeof first === 'function') return followers.add(first)
    const after = checkAfter(first)
    return handler === undefined ? followers.replay(after) : followers.addAfter(after, handler)
  }

  /**
   * Answers a request as {@link read} does, and again when its answer changes. The handler is called at once, with everything as added; then after
   * each transaction that changes the answer, own or another's, in the turn in which the change is readable: after all that was told before, so that one
   * that writes gets its own change afterwards. One that throws is reported, and stops nobody. A batch is one change, and so is what a draft commits.
   *
   * Rows of a select are compared as a multiset, by their terms: they are added and removed, never changed. Subjects of a describe or a construct are compared by
   * their `@id`, and by all that stands in them; one that a construct makes without an `@id` is what it consists of. For a request with `@orderBy`,
   * `@limit` or `@offset`, the change has the whole answer in order, too: {@link Change.answers}.
   *
   * What it costs. A changed triple is looked up once, however many requests are watched; one that matches no pattern of a request costs that request nothing.
   * - Patterns, joins, `@union` (up to 16 alternatives), `@values`, and `@bind` and `@filter` without `@exists`: in proportion to the change.
   * - With `@optional`, `@exists`, lists by item or index, aggregates, `@distinct`, `@orderBy`, `@limit`, `@offset`: the request is solved anew when a triple that
   *   matches one of its patterns has changed, and the answers are compared; the last one is held.
   * - A describe finds its subjects in these two ways, and describes again those of which something has changed, at any `@depth`; it holds them.
   * - A construct whose templates have an `@id`, over what is in proportion to the change, makes those subjects anew that the change concerns; another one all. It
   *   holds them.
   *
   * The constants of a request stay in the clone's dictionary: watch what an app asks for, not an endless number of different things.
   * @returns stops it
   * @throws CodedError as {@link read} does
   */
  watch<const Request extends Read>(
    request: KnownKeywords<Request>,
    handler: ChangeHandler<ReadResult<Request>[number]>,
  ): () => void
  /**
   * The same as a loop, until it is left or the clone is closed. What has changed between two turns of the loop is one change.
   */
  watch<const Request extends Read>(
    request: KnownKeywords<Request>,
  ): AsyncIterableIterator<Change<ReadResult<Request>[number]>>
  watch(request: Read, handler?: ChangeHandler): (() => void) | AsyncIterableIterator<Change> {
    this.requireOpen()
    const { watchers, transactions } = this
    if (handler === undefined) return watchers.iterate(request, transactions.ticks)
    return watchers.add(request, transactions.ticks, handler)
  }

  // --- rules

  /** The rules in force, those of the configuration and those that are data; and those that are not, and why. */
  get rules(): Rules {
    return this.declaredRules.value(this.transactions.ruleSet)
  }

  /**
   * Declares a rule for the whole domain: it becomes data, and is in force at every clone that has its code. What it hides stays live, and is among the conflicts.
   * To withdraw it, delete its subject.
   * @param options.dryRun declares nothing, and only says what would be hidden
   * @returns what it hides, or would hide, of what is here now
   * @throws CodedError (as a rejection) `constraint-invalid`, `constraint-unknown`, nothing having happened; otherwise as {@link write} does
   */
  async declare(constraint: Constraint, options: DeclareOptions = {}): Promise<Declaration> {
    this.requireOpen()
    const { dryRun, ...writing } = options
    const declared = this.declaredRules.declared(constraint, '$')
    const { declaration, conflicts } = this.transactions.tryRule(declared, (hidden, set, canonical) => ({
      declaration: canonical as DeclaredConstraint,
      conflicts: this.allConflicts.read(hidden, {}, set),
    }))
    if (dryRun === true) return { id: undefined, conflicts }
    const { context } = this
    const given = constraint['@id'] ?? this.writing.newSubjectId()
    const id = context.expandReference(given)
    await this.write(declarationSubject(id, declaration), writing)
    return { id: context.compactReference(id), conflicts }
  }

  /** What rules that only report (`reportOnly`) find wrong now. Goes through everything. */
  report(): Conflict[] {
    this.requireOpen()
    return this.transactions.reported((hidden, set) => this.allConflicts.read(hidden, {}, set))
  }

  private onRulesChanged(): void {
    this.status.changed()
    this.connections.rulesChanged()
  }

  // --- conflicts

  /**
   * What declared rules hide: written, and not seen.
   * @returns by subject and property; none when no rule hides anything
   */
  conflicts(filter?: ConflictFilter): Conflict[] {
    this.requireOpen()
    return this.allConflicts.list(filter)
  }

  /**
   * Calls `handler` with the conflicts that there are, now and after changes of them: once for those of one turn, when the turn is over.
   * @returns stops it
   */
  watchConflicts(handler: ConflictHandler, filter?: ConflictFilter): () => void {
    this.requireOpen()
    const tell = () => {
      if (this.conflictHandlers.has(tell)) handler(this.allConflicts.list(filter))
    }
    if (this.conflictHandlers.size === 0) this.knownConflicts = this.allConflicts.revision
    this.conflictHandlers.add(tell)
    this.deliveries.first(tell)
    return () => this.conflictHandlers.delete(tell)
  }

  private tellConflicts(): void {
    if (this.conflictHandlers.size === 0 || this.tellingConflicts) return
    if (this.allConflicts.revision === this.knownConflicts) return
    // What is taken in together is told together: reading conflicts costs what there are, and a message may bring thousands.
    this.tellingConflicts = true
    void Promise.resolve().then(() => {
      this.tellingConflicts = false
      const { revision } = this.allConflicts
      if (this.closing !== undefined || revision === this.knownConflicts) return
      this.knownConflicts = revision
      for (const tell of this.conflictHandlers) this.deliveries.push(tell)
      this.deliveries.run()
    })
  }

  /**
   * Settles a conflict: the property gets these values in the place of all that it has, hidden ones too.
   * @param conflict as {@link conflicts} gave it
   * @param choice a value or several, as a patch has them; null for none
   * @throws CodedError (as a rejection) `conflict-outdated` when somebody has written there meanwhile, so that nothing is settled that was not looked at;
   *   `constraint-violated`; otherwise as {@link write} does
   */
  resolve(conflict: Conflict, choice: ConflictChoice, options?: WriteOptions): Promise<WriteResult> {
    try {
      this.requireOpen()
      this.allConflicts.requireCurrent(conflict)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.patch({ '@id': conflict.subject, [conflict.property]: choice }, options)
  }

  private onApplied(applied: Applied, outcome: Outcome): void {
    const { cause } = applied
    this.status.changed()
    if (cause === 'rollback') this.connections.rolledBack()
    this.watchers.tell(applied.ticks, outcome)
    this.followers.tell(applied, outcome)
    this.tellConflicts()
    this.deliveries.run()
  }

  /** Writes what followers are going to be told of a state, if there are any now. */
  private *foreseeing(triples: ForeignTriples): Work<() => void> {
    if (!this.followers.needUpdates) return () => {}
    const { graph } = this.transactions
    if (graph.tripleCount === 0) return yield* this.updates.foresee(triples)
    return yield* this.updates.foresee(triples, (subject, property, object) => graph.has(subject, property, object))
  }

  /** A difference as JSON. To be called before the next transaction. */
  private updateOf(applied: Applied, difference: Difference): Update {
    return this.updates.update(applied, { difference, lists: this.transactions.listDifference(difference) })
  }

  /** The state of now, in the place of updates that are missing. */
  private gap(reason: GapReason, cause: unknown): Gap {
    const { transactions, context, rdfTerms } = this
    const snapshot = transactions.snapshot()
    return new Gap({
      reason,
      cause,
      cursor: { life: transactions.lives.current, ticks: transactions.ticks },
      reads: new Reads(snapshot, context),
      quads: () => new QuadReader(snapshot, rdfTerms).all(),
      close: () => snapshot.close(),
    })
  }

  private onDurable(operation: OperationHeader, own: boolean): void {
    this.connections.publish(operation, own)
    this.checkpoints.consider()
    this.status.changed()
  }

  // --- waiting

  /**
   * Resolves when everything written until now has been flushed here, whatever durability it asked for.
   * @throws CodedError `store-failed`, `wait-timeout`; the signal's reason
   */
  flushed(options?: WaitOptions): Promise<void> {
    return this.waitFor(
      (resolve, reject) => {
        this.transactions.flushed().then(resolve, reject)
        return undefined
      },
      'what was written to be flushed',
      options,
    )
  }

  /**
   * Resolves when every operation made here until now is known to be with another clone, durable where that one keeps its data so. It may be long,
   * when there is nobody. A clone without a transport has nobody to give anything to: it resolves when they are durable here.
   * @throws CodedError `store-failed`; `wait-timeout`; `clone-closed` when the clone is closed before; the signal's reason
   */
  async sent(options?: WaitOptions): Promise<void> {
    await this.flushed(options)
    await this.waitFor(this.confirmed, 'what was written to be with another clone', options)
  }

  /** What a write of a clone that has no store of its own waits for, too. */
  private async kept<T>(durable: Promise<T>): Promise<T> {
    const result = await durable
    // Also while it is being closed, until it is.
    await wait(this.confirmed, 'what was written to be kept', this.environment)
    return result
  }

  private readonly confirmed = (resolve: () => void, reject: (error: unknown) => void) =>
    this.connections.whenConfirmed(resolve, () => reject(closedError()))

  private waitFor(start: Parameters<typeof wait>[0], what: string, options?: WaitOptions): Promise<void> {
    if (this.closing !== undefined) return Promise.reject(closedError())
    return wait(start, what, this.environment, options)
  }

  // --- the others

  /** Who else is here. @throws CodedError `option-invalid` when the clone has no transport */
  get presence(): Presence {
    this.requireOpen()
    if (this.connections.all.length === 0)
      throw new CodedError('option-invalid', 'A clone without a transport is alone: open it with one', {
        option: 'transport',
        expected: 'a transport',
      })
    return this.connections.presence
  }

  private readStatus(): StatusValue {
    const { transactions, connections } = this
    const { reception, others, catchUp, divergence, forks, refused } = connections
    const { connection, reason } = connections.state
    const online = connection === 'online'
    const { waiting } = reception.delivery
    return {
      online,
      connection,
      reason,
      outdated: this.newness.isNew || connections.isBehind,
      silo: online && others.length === 0,
      peers: others.length,
      others,
      ticks: transactions.ticks,
      life: transactions.lives.current,
      replica: transactions.replica && replicaName(transactions.replica),
      unsent: reception.confirmations.count,
      undurable: transactions.committer.pending,
      catchingUp: catchUp,
      waiting: { count: waiting.count, bytes: waiting.bytes, for: waiting.needs },
      divergence,
      forks,
      keeper: this.keeper,
      storage: transactions.committer.trouble ?? this.keeping.beside?.storage,
      rules: {
        inForce: transactions.ruleSet.inForce.length,
        notInForce: transactions.ruleSet.notInForce.length,
        failing: this.declaredRules.failing,
        differ: connections.rulesDiffer,
      },
      otherDomainKey: refused.foreign > 0,
      refused,
      closed: this.closing !== undefined,
    }
  }

  /** Where the store is kept that this clone shares with others. */
  private get keeper(): StatusValue['keeper'] {
    const { keepsFor, needsKeeper, beside } = this.keeping
    if (keepsFor !== undefined || beside?.isHere) return 'here'
    return needsKeeper && this.connections.hasKeeper ? 'elsewhere' : undefined
  }

  /** Sizes, for people and for metrics. */
  stats(): Stats {
    this.requireOpen()
    return this.transactions.stats()
  }

  /** @internal {@link repairStore} */
  salvage<T>(work: (transactions: Transactions) => Promise<T>): Promise<T> {
    this.requireOpen()
    return work(this.transactions)
  }

  // --- the end

  /**
   * Leaves the channel, flushes everything, and closes the store; with `erase`, removes this copy of the data instead: the other clones
   * keep theirs. Idempotent. Never rejects for what could not be flushed: `flushed` tells.
   */
  close(options: { readonly erase?: boolean } = {}): Promise<void> {
    this.closing ??= this.shutDown(options.erase === true)
    return this.closing
  }

  private async shutDown(erase: boolean): Promise<void> {
    await this.transactions.flushed().catch(() => {})
    // What has just become durable is still handed to the transport.
    await Promise.resolve()
    if (this.connections.hasKeeper)
      await wait(this.confirmed, 'what was written to be kept', this.environment, { timeoutMs: farewellMs }).catch(
        () => {},
      )
    await this.connections.close()
    await this.checkpoints.stop()
    await this.transactions.committer.stop()
    this.followers.end()
    this.watchers.end()
    this.status.changed()
    if (erase) await this.store.erase()
    else await this.store.close()
    await this.whenClosed?.(erase)
  }

  private requireOpen(): void {
    if (this.closing !== undefined) throw closedError()
  }
}

/** How long a clone that is being closed waits for its keeper. */
const farewellMs = 2_000

function closedError(): CodedError<'clone-closed'> {
  return new CodedError('clone-closed', 'The clone is closed: open another one', {})
}
