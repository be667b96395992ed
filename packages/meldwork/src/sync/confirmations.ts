import type { ReplicaIndex } from '../causality/index.js'

/**
 * This clone's own operations that nobody is known to have. To have handed an operation to a transport proves nothing; what proves it is a
 * peer that says how far it has come, from what is durable there.
 */
export class Confirmations {
  /** By replica, the last counters of its operations, ascending. */
  private readonly unconfirmed = new Map<ReplicaIndex, number[]>()
  /** By replica, up to where somebody is known to have its operations. */
  readonly reached = new Map<ReplicaIndex, number>()
  private total = 0

  /** How many operations. */
  get count(): number {
    return this.total
  }

  add(replica: ReplicaIndex, last: number): void {
    const list = this.unconfirmed.get(replica)
    if (list === undefined) this.unconfirmed.set(replica, [last])
    else list.push(last)
    this.total++
  }

  /** Up to where each replica's operations need a confirmation. */
  *needed(): Iterable<readonly [replica: ReplicaIndex, counter: number]> {
    for (const [replica, list] of this.unconfirmed) yield [replica, list[list.length - 1]]
  }

  /** By replica, the last counter of the first of its operations that need one. */
  firsts(): ReadonlyMap<ReplicaIndex, number> {
    return new Map(Array.from(this.unconfirmed, ([replica, [first]]) => [replica, first]))
  }

  /** Whether none of a replica's operations up to a counter needs one. */
  isConfirmed(replica: ReplicaIndex, counter: number): boolean {
    const list = this.unconfirmed.get(replica)
    return list === undefined || list[0] > counter
  }

  /** Somebody has a replica's operations up to a counter. @returns whether that was news */
  confirm(replica: ReplicaIndex, counter: number): boolean {
    const list = this.unconfirmed.get(replica)
    if (list === undefined || list[0] > counter) return false
    let confirmed = 0
    while (confirmed < list.length && list[confirmed] <= counter) confirmed++
    this.total -= confirmed
    this.reached.set(replica, list[confirmed - 1])
    if (confirmed === list.length) this.unconfirmed.delete(replica)
    else list.splice(0, confirmed)
    return true
  }

  /** Somebody has everything that is here. @returns whether that was news */
  confirmAll(): boolean {
    const was = this.total
    for (const [replica, list] of this.unconfirmed) this.reached.set(replica, list[list.length - 1])
    this.unconfirmed.clear()
    this.total = 0
    return was > 0
  }
}
