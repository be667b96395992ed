import {
  type Graph,
  type ObservedGraph,
  Overlay,
  ReadSet,
  type Snapshot,
  WatchedGraph,
  WatchedTerms,
} from '../graph/index.js'
import { Changes } from '../operation/index.js'
import type { TermTable } from '../rdf/index.js'

/**
 * Several writes on their way to becoming one: each reads what those before it have written, and nobody else does. Over a snapshot it
 * stands still and notes what is read of it; over the graph itself it must be done with before anything else is written.
 */
export class WorkingCopy {
  /** What writes and reads of this copy are to look at. */
  readonly graph: ObservedGraph
  /** The dictionary under which their JSON is to be read. */
  readonly terms: TermTable
  private readonly original: Graph
  private readonly snapshot: Snapshot | undefined
  private readonly overlay: Overlay
  private readonly reads = new ReadSet()
  private readonly scratch = new Changes()
  private compared = { snapshot: 0, reads: 0, changed: false }

  constructor(original: Graph, snapshot?: Snapshot) {
    this.original = original
    this.snapshot = snapshot
    this.overlay = new Overlay(snapshot ?? original)
    this.graph = snapshot === undefined ? this.overlay : new WatchedGraph(this.overlay, this.reads)
    this.terms = snapshot === undefined ? original.terms : new WatchedTerms(original.terms, this.reads)
  }

  /**
   * Writes here.
   * @param fill puts in inserts, and deletes of what it observes in {@link graph}; when it throws, nothing has happened
   */
  write<T>(fill: (changes: Changes) => T): T {
    const { scratch, overlay } = this
    scratch.clear()
    const result = fill(scratch)
    overlay.apply(scratch)
    return result
  }

  /** All that was written here, for {@link Transactions.write}, which lets the inserts take the place of the dots that are there then. */
  changes(into: Changes): void {
    this.overlay.changes(this.original, into)
  }

  /** Whether anything that was read here before would be read otherwise in the state of now, without what was written here. */
  get changed(): boolean {
    const { snapshot, reads, compared, original } = this
    if (snapshot === undefined || snapshot.revision === 0) return false
    if (snapshot.revision !== compared.snapshot || reads.revision !== compared.reads) {
      const changed = reads.isTouchedBy(snapshot.difference(), snapshot, original)
      this.compared = { snapshot: snapshot.revision, reads: reads.revision, changed }
    }
    return this.compared.changed
  }

  close(): void {
    this.snapshot?.close()
  }
}
