import type { ReplicaIndex } from '../causality/index.js'
import { Confirmations } from './confirmations.js'
import { Delivery } from './delivery.js'
import { HeldItems } from './incoming-state.js'

/** What the sessions of one clone have in common, when it meets others on several channels: an operation's causes may come by another one. */
export class SharedReception {
  readonly delivery = new Delivery()
  readonly confirmations = new Confirmations()
  /** Of states whose coming was interrupted. */
  readonly held = new HeldItems()
  /** Sessions that would ask, and wait until the one that does has its answer. */
  private readonly waiting = new Set<() => void>()
  private asker: object | undefined

  /** Whether somebody is being asked: one at a time, by whichever connection, so that nothing is fetched twice. */
  get isAsking(): boolean {
    return this.asker !== undefined
  }

  /** @param asker what asks now */
  beginAsking(asker: object): void {
    this.asker = asker
  }

  /** @param schedule runs those who wait in a later turn: the one who has asked may go on at once */
  endAsking(asker: object, schedule: (callback: () => void) => void): void {
    if (this.asker !== asker) return
    this.asker = undefined
    for (const again of this.waiting) schedule(again)
    this.waiting.clear()
  }

  /** @param again called when nobody is being asked any more */
  waitToAsk(again: () => void): void {
    this.waiting.add(again)
  }

  /** Up to where somebody must have each replica's operations for all of this clone's own until now to be confirmed. */
  get needed(): readonly (readonly [ReplicaIndex, number])[] {
    return [...this.confirmations.needed()]
  }

  /** Whether somebody is known to have all these. */
  isConfirmed(needed: readonly (readonly [ReplicaIndex, number])[]): boolean {
    return needed.every(([replica, counter]) => this.confirmations.isConfirmed(replica, counter))
  }
}
