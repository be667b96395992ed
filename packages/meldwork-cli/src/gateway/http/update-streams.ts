import { CodedError } from 'meldwork'
import type { BodyOptions, BodySource, OpenBodies } from './open-bodies.js'

/** The streams of updates that are open: so many at a time, and no more. */
export class UpdateStreams {
  private readonly bodies: OpenBodies
  private readonly limit: number
  private opened = 0

  constructor(bodies: OpenBodies, limit: number) {
    this.bodies = bodies
    this.limit = limit
  }

  /** How many there are now. */
  get count(): number {
    return this.opened
  }

  /**
   * @param source begins it
   * @throws CodedError `streams-exhausted`
   */
  open(source: () => BodySource, options: BodyOptions): ReadableStream<Uint8Array> {
    const { limit } = this
    if (this.opened >= limit) {
      const message = `${limit} streams of updates are open, and no more are given: come back later, or raise --max-update-streams`
      throw new CodedError('streams-exhausted', message, { limit })
    }
    const begun = source()
    this.opened++
    const ended = () => {
      this.opened--
    }
    return this.bodies.open(begun, { ...options, ended })
  }
}
