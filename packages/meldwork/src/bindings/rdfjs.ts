import type { BlankNodeOptions, Clone, QuadPattern } from '../clone/index.js'
import type { RDF } from '../rdf/index.js'
import { Emitter } from './rdfjs-emitter.js'
import { QuadStream } from './rdfjs-stream.js'

export { Emitter, QuadStream }

/** Quads in one transaction. */
const batchSize = 1000

/** A stream of quads, as other libraries make it: what is used of it. One with `pause` and `resume` is asked to wait while a transaction is made durable. */
export interface QuadSource {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  pause?(): unknown
  resume?(): unknown
}

/** What to do with blank nodes. */
export type RdfStoreOptions = BlankNodeOptions

/**
 * A clone as an RDF/JS `Store`, which is a `Source` and a `Sink` (https://rdf.js.org/stream-spec/): what other RDF libraries read from and write to. Opening and closing the
 * clone stays with the app.
 *
 * A stream that comes in is taken over a thousand quads at a time, each thousand a transaction: when it fails, what came before stays. Its graphs do not
 * count. Each method that writes returns at once; `end` tells that all is durable, `error` with an Error that it is not.
 */
export class RdfStore {
  private readonly clone: Clone
  private readonly options: RdfStoreOptions

  /** @param options.blankNodes as for {@link Clone.insertQuads}; without it, each stream has blank nodes of its own */
  constructor(clone: Clone, options: RdfStoreOptions = {}) {
    this.clone = clone
    this.options = options
  }

  /** The matching quads, as they are now: as {@link Clone.match}. @throws CodedError `clone-closed` */
  match(...pattern: QuadPattern): QuadStream {
    return new QuadStream(this.clone.match(...pattern))
  }

  /** How many there are: as {@link Clone.countQuads}. @throws CodedError `clone-closed` */
  countQuads(...pattern: QuadPattern): number {
    return this.clone.countQuads(...pattern)
  }

  /** Inserts what comes. */
  import(stream: QuadSource): Emitter {
    return this.take(stream, 'insert')
  }

  /** Deletes what comes. Blank nodes are found by the map of the options only. */
  remove(stream: QuadSource): Emitter {
    return this.take(stream, 'delete')
  }

  /** Deletes what matches now, as one transaction. */
  removeMatches(...pattern: QuadPattern): Emitter {
    return settled(new Emitter(), () => this.clone.updateQuads({ delete: this.clone.match(...pattern) }))
  }

  /** Deletes a graph: all quads, when it is the default graph, or an empty name; there is no other. */
  deleteGraph(graph: RDF.Term | string): Emitter {
    const isDefault = graph === '' || (typeof graph === 'object' && graph.termType === 'DefaultGraph')
    return isDefault ? this.removeMatches() : settled(new Emitter(), async () => {})
  }

  private take(stream: QuadSource, member: 'insert' | 'delete'): Emitter {
    const emitter = new Emitter()
    const blankNodes = this.options.blankNodes ?? new Map<string, string>()
    let batch: RDF.Quad[] = []
    let durable: Promise<unknown> = Promise.resolve()
    let failed = false
    const fail = (error: unknown) => {
      if (failed) return
      failed = true
      emitter.emit('error', error)
    }
    const write = () => {
      const quads = batch
      batch = []
      stream.pause?.()
      const before = durable
      const written = this.clone.updateQuads({ [member]: quads }, { blankNodes })
      durable = before.then(() => written)
      durable.then(() => stream.resume?.(), fail)
    }
    stream.on('data', quad => {
      if (!failed && batch.push(quad as RDF.Quad) === batchSize) write()
    })
    stream.on('error', fail)
    stream.on('end', () => {
      if (failed) return
      if (batch.length > 0) write()
      durable.then(
        () => {
          if (!failed) emitter.emit('end')
        },
        () => {},
      )
    })
    return emitter
  }
}

/** Tells how some work ended. */
function settled(emitter: Emitter, work: () => Promise<unknown>): Emitter {
  // In a later turn in any case: the caller must first be able to listen.
  Promise.resolve()
    .then(work)
    .then(
      () => emitter.emit('end'),
      error => emitter.emit('error', error),
    )
  return emitter
}
