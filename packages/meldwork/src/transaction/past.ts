import { Replicas, timeMs } from '../causality/index.js'
import { Reader } from '../codec/index.js'
import { addListProperties, Dictionary } from '../graph/index.js'
import { decodeEntry } from '../journal/index.js'
import { Changes, decodeBody, decodeHeader } from '../operation/index.js'
import { type IriSpace, isLegalTerm } from '../rdf/index.js'
import { decodeRemoved } from './removed.js'
import type { Applied } from './transactions.js'
import { decodeVisible, type Seen } from './visible.js'

/** A dictionary that has grown to this is let go of, so that a long history does not stay in memory. */
const mostTermBytes = 1024 * 1024

/** One transaction of the past. */
export interface PastTransaction {
  readonly applied: Applied
  /** In ids of {@link Past.terms}. */
  readonly seen: Seen
}

/**
 * Reads entries of the journal as what they did to what was visible when they were applied. It has terms of its own: what was deleted long ago does not come back into the
 * dictionary of the clone.
 */
export class Past {
  readonly terms: Dictionary
  private readonly replicas = new Replicas()
  private readonly changes = new Changes()

  constructor(iris: IriSpace) {
    const isLegal = (kind: Parameters<typeof isLegalTerm>[0], text: string) => isLegalTerm(kind, text, iris)
    this.terms = new Dictionary(isLegal)
    addListProperties(this.terms, isLegal)
  }

  /** Whether it has become so large that another one should go on. */
  get isFull(): boolean {
    return this.terms.byteSize > mostTermBytes
  }

  /**
   * @param life in which it was applied
   * @throws CodedError `data-malformed`, also for a state, of which it is not known what it changed; `data-version`
   */
  read(ticks: number, life: string, bytes: Uint8Array): PastTransaction {
    const { terms, replicas, changes } = this
    const entry = decodeEntry(bytes)
    if (entry.kind === 'state') return new Reader(bytes, 'journal entry').fail('it is a state')
    const header = decodeHeader(entry.operation)
    changes.clear()
    const reader = new Reader(header.bytes, 'operation', header.bodyStart)
    decodeBody(reader, header.last - header.first + 1, changes, terms, replicas, replicas.add(header.replica))
    const removed = decodeRemoved(entry.removed, changes, terms)
    const seen = decodeVisible(changes, removed, entry.visible, terms)
    const cause = entry.own ? 'write' : 'remote'
    const replica = header.replica.slice()
    return { applied: { ticks, life, cause, replica, timeMs: timeMs(header.time) }, seen }
  }
}
