import type { Changes } from '../operation/index.js'
import type { Environment } from '../ports/index.js'
import { QuadReader, Reads } from '../query/index.js'
import { type Context, newId, RdfTerms } from '../rdf/index.js'
import { Keys } from '../subject/index.js'
import {
  type Durability,
  Requests,
  type Transactions,
  type WorkingCopy,
  type WriteResult,
} from '../transaction/index.js'
import { Batch } from './batch.js'
import { Draft } from './draft.js'
import { checkedDurability, type WriteOptions } from './options.js'
import { type DraftOptions, type Procedure, type ProcedureHost, runProcedure } from './procedures.js'

/** What a procedure gives once what it wrote is as durable as it asked to be. */
export interface DraftResult<T> extends WriteResult {
  /** What it returned. */
  readonly value: T
}

/** What writing needs of the clone. */
export interface WritingHost {
  /** Throws `clone-closed` when the clone is. */
  requireOpen(): void
  /** When what is durable is also kept, where that is somebody else's task. @param asked what the write was to wait for, if it says so */
  kept<T>(durable: Promise<T>, asked: Durability | undefined): Promise<T>
}

/** How the writes of a clone become transactions: one by one, as a batch, or as a draft; and what is read meanwhile. */
export class Writing {
  private readonly transactions: Transactions
  private readonly keys: Keys
  private readonly rdfTerms: RdfTerms
  readonly newSubjectId: () => string
  private readonly host: WritingHost
  private readonly requests: Requests
  private readonly committed: Reads
  private batching: Batch | undefined

  constructor(transactions: Transactions, context: Context, environment: Environment, host: WritingHost) {
    const { graph } = transactions
    this.transactions = transactions
    this.keys = new Keys(context, graph.terms)
    this.rdfTerms = new RdfTerms(context.iris, graph.terms)
    this.newSubjectId = () => newId(length => environment.random(length))
    this.host = host
    this.requests = this.requestsOver(graph, this.keys)
    this.committed = new Reads(graph, context)
  }

  /** What the clone shows: with what an open batch has written. */
  get reads(): Reads {
    return this.batching?.reads ?? this.committed
  }

  /** As {@link reads}, for RDF. */
  get quads(): QuadReader {
    return new QuadReader(this.batching?.graph ?? this.transactions.graph, this.rdfTerms)
  }

  /** One write. @param fill puts its changes in, and gives the identifiers that it has made up; what it throws rejects, nothing having happened */
  transact(
    fill: (requests: Requests, changes: Changes) => readonly string[],
    options?: WriteOptions,
  ): Promise<WriteResult> {
    if (this.batching !== undefined) return this.batching.write(fill, options)
    try {
      return this.commit(fill, checkedDurability(options))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  private commit(
    fill: (requests: Requests, changes: Changes) => readonly string[],
    asked: Durability | undefined,
  ): Promise<WriteResult> {
    try {
      this.host.requireOpen()
      const durable = this.transactions.transact(changes => fill(this.requests, changes), asked)
      const result = this.host.kept(durable, asked)
      // As with the other: a program that does not wait must not die of it.
      if (result !== durable) result.catch(() => {})
      return result
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Several writes of one turn as one. */
  batch(writes: () => void, options?: WriteOptions): Promise<WriteResult> {
    let durability: Durability | undefined
    try {
      durability = checkedDurability(options)
      if (this.batching !== undefined) return this.batching.run(writes, durability)
      this.host.requireOpen()
    } catch (error) {
      return Promise.reject(error)
    }
    const copy = this.transactions.batch()
    const { reads, requests } = this.over(copy, this.keys)
    const batch = new Batch(copy, reads, requests)
    this.batching = batch
    batch.run(writes, durability)
    this.batching = undefined
    return batch.end((fill, asked) => this.commit((_, changes) => fill(changes), asked))
  }

  /** What a procedure reads and writes, on a state that stands still, as one. */
  draft<T>(procedure: Procedure<T>, options?: DraftOptions): Promise<DraftResult<T>> {
    // A batch is over in this turn: the draft begins with what it has written.
    if (this.batching !== undefined) return Promise.resolve().then(() => this.draft(procedure, options))
    return runProcedure(this.procedureHost, procedure, options)
  }

  private readonly procedureHost: ProcedureHost = {
    open: () => {
      this.host.requireOpen()
      const copy = this.transactions.draft()
      const parts = this.over(copy, new Keys(this.keys.context, copy.terms))
      const quads = new QuadReader(copy.graph, new RdfTerms(this.keys.context.iris, copy.terms))
      const draft = new Draft({ copy, ...parts, quads, requireOpen: () => this.host.requireOpen() })
      return { draft, changes: into => copy.changes(into) }
    },
    commit: (fill, durability) => {
      this.host.requireOpen()
      const { ticks, durable } = this.transactions.write(fill, true, durability)
      return { ticks, durable: this.host.kept(durable, durability) }
    },
  }

  /** The readers of requests over a working copy. */
  private over({ graph, terms }: WorkingCopy, keys: Keys) {
    return { reads: new Reads(graph, keys.context, terms), requests: this.requestsOver(graph, keys) }
  }

  private requestsOver(graph: WorkingCopy['graph'], keys: Keys): Requests {
    return new Requests(graph, keys, this.rdfTerms, () => this.transactions.positions, this.newSubjectId)
  }
}
