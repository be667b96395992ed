import { CodedError } from '../errors.js'
import { getFrom, type QuadPattern, type QuadReader, type Quads, type Reads } from '../query/index.js'
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
import type { QuadUpdate, Requests, WorkingCopy } from '../transaction/index.js'

/** How blank nodes become subjects of a domain. */
export interface BlankNodeOptions {
  /** The identifiers given to them, by label: hand the same map to calls whose labels mean the same. */
  readonly blankNodes?: Map<string, string> | undefined
}

/** What a {@link Draft} is made of. */
export interface DraftParts {
  readonly copy: WorkingCopy
  readonly reads: Reads
  readonly requests: Requests
  readonly quads: QuadReader
  /** @throws CodedError `clone-closed` */
  readonly requireOpen: () => void
}

/**
 * The state that a procedure of several writes works on: that of the moment when the procedure was called, plus what it has written itself. Nobody else
 * sees that before it commits, and it commits whole or not at all. Rules judge it when it commits: until then a draft reads all that it has written.
 *
 * Writing is synchronous; one that is refused throws, and has done nothing. After the procedure has settled, everything throws
 * `draft-closed`; after the clone has been closed, `clone-closed`.
 */
export class Draft {
  private readonly parts: DraftParts
  private readonly generated: string[] = []
  private closed = false

  /** @internal */
  constructor(parts: DraftParts) {
    this.parts = parts
  }

  /** As {@link Clone.get}. */
  get(id: string, ...properties: string[]): GraphSubject | undefined
  get<const S extends Shape>(id: string, shape: S): Shaped<S> | undefined
  get(id: string, shape?: string | Shape, ...more: string[]): object | undefined {
    return getFrom(this.open().reads, id, shape, more)
  }

  /** As {@link Clone.read}. */
  read<const Request extends Read>(request: KnownKeywords<Request>): ReadResult<Request> {
    return this.open().reads.read(request) as ReadResult<Request>
  }

  /** As {@link Clone.ask}. */
  ask<const Pattern extends Patterns>(pattern: KnownKeywords<Pattern>): boolean {
    return this.open().reads.ask(pattern)
  }

  /** As {@link Clone.match}. */
  match(...pattern: QuadPattern): Quads {
    return this.open().quads.match(...pattern)
  }

  /** As {@link Clone.countQuads}. */
  countQuads(...pattern: QuadPattern): number {
    return this.open().quads.count(...pattern)
  }

  /** As {@link Clone.write}. @returns the identifiers given to subjects that had none, in the order of the JSON */
  write<Request extends Write | object>(request: KnownKeywords<Request>): readonly string[] {
    const { copy, requests } = this.open()
    return this.keep(copy.write(changes => requests.write(request, changes)))
  }

  /** As {@link Clone.patch}. @returns as {@link write} */
  patch<Request extends Patch | Identified>(patch: KnownKeywords<Request>): readonly string[] {
    const { copy, requests } = this.open()
    return this.keep(copy.write(changes => requests.patch(patch, changes)))
  }

  /** As {@link Clone.put}. @returns as {@link write} */
  put<Request extends (Subject & Identified) | Identified>(subject: KnownKeywords<Request>): readonly string[] {
    const { copy, requests } = this.open()
    return this.keep(copy.write(changes => requests.put(subject, changes)))
  }

  /** As {@link Clone.delete}. */
  delete(id: string): void {
    const { copy, requests } = this.open()
    copy.write(changes => requests.deleteSubject(id, changes))
  }

  /** As {@link Clone.updateQuads}. @returns the identifiers newly given to blank nodes */
  updateQuads(update: QuadUpdate, options: BlankNodeOptions = {}): readonly string[] {
    const { copy, requests } = this.open()
    const blankNodes = options.blankNodes ?? new Map<string, string>()
    return this.keep(copy.write(changes => requests.updateQuads(update, blankNodes, changes)))
  }

  /**
   * Whether something that this draft has looked at, in reads and in the patterns of its writes, has changed in the clone meanwhile: a subject, the values of
   * a property, or which subjects have a value. It may be true though the answer would be the same, when what changed did not come into it; it is
   * never false when an answer would be another. O(what has changed since).
   */
  get changed(): boolean {
    return this.open().copy.changed
  }

  /** @internal All identifiers that were generated, in order. */
  get ids(): readonly string[] {
    return this.generated
  }

  /** @internal */
  close(): void {
    this.closed = true
    this.parts.copy.close()
  }

  private keep(ids: readonly string[]): readonly string[] {
    this.generated.push(...ids)
    return ids
  }

  private open(): DraftParts {
    if (this.closed)
      throw new CodedError('draft-closed', 'The draft is closed: use it only until its procedure has settled', {})
    this.parts.requireOpen()
    return this.parts
  }
}
