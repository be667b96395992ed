import type { RDF } from '../rdf/index.js'
import { Emitter } from './rdfjs-emitter.js'

/** So many quads are given in one turn of the event loop. */
const batchSize = 256

/**
 * An RDF/JS stream of quads (https://rdf.js.org/stream-spec/): gives them to whoever listens to `data`, some in each turn of the event loop; or on {@link read}, after
 * `readable`; or to one `for await`. Nothing happens before somebody listens. After the last quad comes `end`.
 */
export class QuadStream extends Emitter implements AsyncIterable<RDF.Quad> {
  private readonly quads: Iterator<RDF.Quad>
  private paused = false
  private scheduled = false
  private ended = false

  constructor(quads: Iterable<RDF.Quad>) {
    super()
    this.quads = quads[Symbol.iterator]()
  }

  /** Whether more may come. */
  get readable(): boolean {
    return !this.ended
  }

  /** The next quad; null when there is none any more. */
  read(): RDF.Quad | null {
    if (this.ended) return null
    const { done, value } = this.quads.next()
    if (!done) return value
    this.end()
    return null
  }

  /** Gives no `data` until {@link resume}. */
  pause(): this {
    this.paused = true
    return this
  }

  resume(): this {
    this.paused = false
    this.schedule()
    return this
  }

  /** Stops: no quad comes any more, and no `end`. @param error is given as an event, if there is one */
  destroy(error?: unknown): this {
    if (this.ended) return this
    this.ended = true
    this.quads.return?.()
    if (error !== undefined) this.emit('error', error)
    return this
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RDF.Quad, void, undefined> {
    try {
      for (let given = 1, quad = this.read(); quad !== null; quad = this.read(), given++) {
        yield quad
        if (given % batchSize === 0) await new Promise(resolve => setTimeout(resolve, 0))
      }
    } finally {
      this.destroy()
    }
  }

  protected override listening(event: string | symbol): void {
    if (event === 'data' || event === 'readable') this.schedule()
  }

  private schedule(): void {
    if (this.scheduled || this.ended) return
    this.scheduled = true
    setTimeout(() => {
      this.scheduled = false
      if (this.listenerCount('data') > 0) this.flow()
      else if (!this.ended) this.emit('readable')
    }, 0)
  }

  private flow(): void {
    for (let given = 0; given < batchSize; given++) {
      if (this.paused || this.ended || this.listenerCount('data') === 0) return
      const quad = this.read()
      if (quad !== null) this.emit('data', quad)
    }
    this.schedule()
  }

  private end(): void {
    this.ended = true
    // Whoever has just read the last one may still want to listen.
    queueMicrotask(() => this.emit('end'))
  }
}
