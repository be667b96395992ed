import type { Deliveries } from './deliveries.js'
import type { Gap } from './gap.js'
import type { Replay } from './replay.js'
import type { Update } from './update.js'

/** Receives what was missed, one by one, or a gap in its place; then updates, in the turn in which the change becomes readable. */
export type ReplayHandler = (update: Update | Gap) => void

/** Hands the updates of a {@link Replay} to a handler, which then follows. */
export class ReplayDelivery {
  private readonly replay: Replay
  private readonly deliveries: Deliveries
  private readonly handler: ReplayHandler
  private readonly follow: () => () => void
  private readonly onEnd: (delivery: ReplayDelivery) => void
  private stopFollowing = (): void => {}
  private ended = false

  /** @param follow hands the updates from the next one on to the handler; gives what stops it */
  constructor(
    replay: Replay,
    deliveries: Deliveries,
    handler: ReplayHandler,
    follow: () => () => void,
    onEnd: (delivery: ReplayDelivery) => void,
  ) {
    this.replay = replay
    this.deliveries = deliveries
    this.handler = handler
    this.follow = follow
    this.onEnd = onEnd
  }

  /** Never rejects. */
  async run(): Promise<void> {
    // The handler is not called before whoever follows has the means to stop it.
    await Promise.resolve()
    while (!this.ended) {
      const step = this.replay.step()
      if (step.kind === 'reading') {
        await step.done
        continue
      }
      if (step.kind === 'update') this.deliver(step.update)
      else {
        if (step.gap !== undefined) this.deliverGap(step.gap)
        for (const update of step.updates) this.deliver(update)
        this.stopFollowing = this.follow()
        this.onEnd(this)
      }
      this.deliveries.run()
      if (step.kind === 'live') return
    }
  }

  end(): void {
    this.ended = true
    this.stopFollowing()
    this.onEnd(this)
  }

  private deliver(update: Update): void {
    this.deliveries.push(() => {
      if (!this.ended) this.handler(update)
    })
  }

  private deliverGap(gap: Gap): void {
    this.deliveries.push(() => {
      try {
        if (!this.ended) this.handler(gap)
      } finally {
        gap.close()
      }
    })
  }
}
