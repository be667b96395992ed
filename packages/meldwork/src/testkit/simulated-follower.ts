import type { Chance } from './chance.js'
import { PlainCopy } from './plain-copy.js'
import type { SimulatedClone, SimulatedCursor, SimulatedGap, SimulatedUpdate } from './simulated-clone.js'

/** What a follower has kept: what it made of updates, and the cursor of the last of them; undefined before the first. */
interface Kept {
  readonly copy: PlainCopy
  readonly cursor: SimulatedCursor | undefined
}

/** How often, of the updates that it handles, a follower keeps what it has made of them. */
const keepingShare = 0.3

/**
 * A part of an app that makes something of its own of a clone's updates, here a plain copy, and keeps that together with the cursor of the last update, now and
 * then, in a place of its own: not on the clone's disk, and lost with nothing. It stops with the process, or earlier, and goes on from what it has kept: so
 * updates come again, and it may have handled what a crash or a power cut has taken back from the clone. However that goes, after the updates that it is given, or
 * a gap, its copy is what the clone shows.
 */
export class SimulatedFollower {
  private readonly chance: Chance
  private readonly fault: (text: string) => void
  private kept: Kept = { copy: new PlainCopy(), cursor: undefined }
  /** What has not been kept yet. */
  private copy = new PlainCopy()
  private cursor: SimulatedCursor | undefined
  private stopFollowing: (() => void) | undefined
  /** Updates that came before those that are told as they happen; and gaps. */
  replayed = 0
  gaps = 0

  /** @param fault told of what must not be */
  constructor(chance: Chance, fault: (text: string) => void) {
    this.chance = chance
    this.fault = fault
  }

  get isFollowing(): boolean {
    return this.stopFollowing !== undefined
  }

  /** Goes on from what was kept; does nothing when it follows already. */
  start(clone: SimulatedClone): void {
    if (this.isFollowing) return
    this.copy = this.kept.copy.duplicate()
    this.cursor = this.kept.cursor
    const { ticks } = clone.status.value
    let isOver = false
    const stop = clone.follow({ after: this.cursor }, update => {
      if (isOver) return
      if ('@gap' in update) this.startOver(update)
      else this.handle(update, update['@ticks'] <= ticks)
    })
    this.stopFollowing = () => {
      isOver = true
      stop()
    }
  }

  /** What has not been kept is lost. */
  stop(): void {
    this.stopFollowing?.()
    this.stopFollowing = undefined
  }

  /** Takes over what another one has kept. */
  inherit({ kept }: SimulatedFollower): void {
    this.kept = kept
  }

  private startOver(gap: SimulatedGap): void {
    this.gaps++
    this.copy = PlainCopy.of(gap)
    this.cursor = gap.cursor
    this.keep(gap.cursor)
  }

  private handle(update: SimulatedUpdate, isPast: boolean): void {
    const ticks = update['@ticks']
    if (isPast) this.replayed++
    if (this.cursor === undefined) this.fault(`is given ticks ${ticks} before a gap`)
    // Ticks of another life may be fewer: but then there is a gap before.
    else if (ticks <= this.cursor.ticks) this.fault(`is given ticks ${ticks} after ${this.cursor.ticks}`)
    this.copy.apply(update, fault => this.fault(`ticks ${ticks}: ${fault}`))
    this.cursor = update.cursor
    if (this.chance.happens(keepingShare)) this.keep(update.cursor)
  }

  private keep(cursor: SimulatedCursor): void {
    this.kept = { copy: this.copy.duplicate(), cursor }
  }

  /**
   * In what its copy is unlike a state.
   * @param ticks of the last update that led to the state; when it is left out, the follower must have come so far
   */
  differenceTo(state: PlainCopy, ticks = this.cursor?.ticks): string | undefined {
    return this.isFollowing && ticks === this.cursor?.ticks ? this.copy.differenceTo(state) : undefined
  }
}
