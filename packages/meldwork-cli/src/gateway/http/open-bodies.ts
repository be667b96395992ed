/** What the body of a response is made of, piece by piece. */
export interface BodySource {
  /** The next piece. Not asked for before the reader has taken the one before. */
  next(): Promise<IteratorResult<string>>
  /** No more will be asked for: lets go of what it holds, and ends a {@link next} that waits. Idempotent. */
  close(): void
}

/** How a body is given. */
export interface BodyOptions {
  /** Said when there has been nothing to say for a while. Without it, nothing is. */
  readonly keepAlive?: string | undefined
  /** Whether it is of use only when it is whole: then the connection is cut where it cannot be. */
  readonly whole?: boolean | undefined
  /** Cuts the connection. */
  readonly cut?: (() => void) | undefined
  /** Called once, however it ends. */
  readonly ended?: (() => void) | undefined
}

/** How often those who are told nothing are told so. */
const tickMs = 15_000
/** After so many ticks in which a reader took nothing that waits for it, it is gone, or as good as gone. */
const patience = 4
/** No piece is longer in bytes: so that a reader who is slow, and reads, is seen to read. */
const maxPieceBytes = 64 * 1024

/**
 * The bodies that are being given: bounded memory for each, whatever the reader does. A reader that takes nothing for a minute is cut off, and all are ended when the gateway
 * closes.
 */
export class OpenBodies {
  private readonly bodies = new Set<OpenBody>()
  private readonly report: (error: unknown) => void
  private timer: NodeJS.Timeout | undefined
  private closed = false

  /** @param report told of a source that fails, when its response has begun */
  constructor(report: (error: unknown) => void) {
    this.report = report
  }

  /** How many there are now. */
  get count(): number {
    return this.bodies.size
  }

  /** Begins one. @param first a piece that has been taken from the source already */
  open(source: BodySource, options: BodyOptions = {}, first?: string): ReadableStream<Uint8Array> {
    const body = new OpenBody(source, options, first, this.report, () => this.remove(body))
    this.bodies.add(body)
    if (this.closed) body.stop()
    else this.timer ??= setInterval(() => this.tick(), tickMs).unref()
    return body.stream
  }

  /** Ends them all, after the piece that is on its way, or cuts them off when they must be whole; so it is with those that are opened afterwards. */
  close(): void {
    this.closed = true
    for (const body of [...this.bodies]) body.stop()
  }

  private tick(): void {
    for (const body of [...this.bodies]) body.tick()
  }

  private remove(body: OpenBody): void {
    this.bodies.delete(body)
    if (this.bodies.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }
}

class OpenBody {
  readonly stream: ReadableStream<Uint8Array>
  private readonly source: BodySource
  private readonly options: BodyOptions
  private readonly report: (error: unknown) => void
  private readonly removed: () => void
  private controller!: ReadableStreamDefaultController<Uint8Array>
  private waiting: Uint8Array[]
  /** Whether the next piece is being asked for. */
  private pulling = false
  private ended = false
  private pulls = 0
  private pullsBefore = -1
  private idleTicks = 0

  constructor(
    source: BodySource,
    options: BodyOptions,
    first: string | undefined,
    report: (error: unknown) => void,
    removed: () => void,
  ) {
    this.source = source
    this.options = options
    this.report = report
    this.removed = removed
    this.waiting = first === undefined ? [] : piecesOf(first)
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.controller = controller
        },
        pull: () => this.pull(),
        cancel: () => this.leave(),
      },
      // Nothing is made before it is asked for.
      { highWaterMark: 0 },
    )
  }

  /** Once in a while. */
  tick(): void {
    const { controller, pulls } = this
    const somethingWaits = !this.pulling || controller.desiredSize! < 0
    this.idleTicks = somethingWaits && pulls === this.pullsBefore ? this.idleTicks + 1 : 0
    this.pullsBefore = pulls
    if (this.idleTicks >= patience) this.fail()
    else if (!somethingWaits && this.options.keepAlive !== undefined)
      controller.enqueue(encoded(this.options.keepAlive))
  }

  /** Before it has been given to its end. */
  stop(): void {
    if (this.options.whole === true) this.fail()
    else this.end()
  }

  private end(): void {
    if (this.ended) return
    this.leave()
    this.controller.close()
  }

  private async pull(): Promise<void> {
    this.pulls++
    this.pulling = true
    try {
      while (this.waiting.length === 0 && !this.ended) {
        const { done, value } = await this.source.next()
        if (done) return this.end()
        this.waiting = piecesOf(value)
      }
      if (!this.ended) this.controller.enqueue(this.waiting.shift()!)
    } catch (error) {
      if (this.ended) return
      this.report(error)
      this.fail()
    } finally {
      this.pulling = false
    }
  }

  /** What has been given is not all, and the reader must see that. */
  private fail(): void {
    if (this.ended) return
    const { cut } = this.options
    this.leave()
    if (cut === undefined) this.controller.error(new Error('The response was cut off'))
    else cut()
  }

  private leave(): void {
    if (this.ended) return
    this.ended = true
    this.waiting = []
    this.source.close()
    this.removed()
    this.options.ended?.()
  }
}

const encoder = new TextEncoder()
const encoded = (text: string) => encoder.encode(text)

function piecesOf(text: string): Uint8Array[] {
  const bytes = encoded(text)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += maxPieceBytes) pieces.push(bytes.subarray(at, at + maxPieceBytes))
  return pieces
}
