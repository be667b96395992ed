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

  /** Up to where somebody must have each replica's operations for all of this clone's own until now to be confirmed. */
  get needed(): readonly (readonly [ReplicaIndex, number])[] {
    return [...this.confirmations.needed()]
  }

  /** Whether somebody is known to have all these. */
  isConfirmed(needed: readonly (readonly [ReplicaIndex, number])[]): boolean {
    return needed.every(([replica, counter]) => this.confirmations.isConfirmed(replica, counter))
  }
}
