import type { ReplicaIndex, Replicas } from './replicas.js'

/**
 * The causal frontier: the operations that no other operation in the state has seen, each named by its replica and its last
 * counter. A replica has at most one head, since its operations are a chain. Their number is the concurrency of the moment.
 *
 * Why naming heads is enough: let `h` be a head here and an ancestor of an operation X that arrives in causal order. Were `h` not among the
 * heads that X names, some operation that X's author knew would have seen `h`; X's causes are all here, so `h` would not be a head here.
 */
export class Heads {
  private readonly counterOf = new Map<ReplicaIndex, number>()

  get count(): number {
    return this.counterOf.size
  }

  /** @returns the counter of this replica's head, or 0 */
  of(replica: ReplicaIndex): number {
    return this.counterOf.get(replica) ?? 0
  }

  /** As [replica, counter], in no order. */
  entries(): IterableIterator<[ReplicaIndex, number]> {
    return this.counterOf.entries()
  }

  /** The operation that ends at `counter` is new and no operation has seen it: its own predecessor is no head any more. */
  add(replica: ReplicaIndex, counter: number): void {
    this.counterOf.set(replica, counter)
  }

  /** An operation has seen the one that ends at `counter`. */
  see(replica: ReplicaIndex, counter: number): void {
    if (this.counterOf.get(replica) === counter) this.counterOf.delete(replica)
  }

  /**
   * For undoing an operation: the heads of its author and of those that it has seen, as {@link putBack} takes them. What an operation costs is not to depend on
   * how many heads there are.
   */
  before(author: ReplicaIndex, seen: readonly (readonly [ReplicaIndex, number])[]): readonly number[] {
    const flat = [author, this.of(author)]
    for (const [replica] of seen) flat.push(replica, this.of(replica))
    return flat
  }

  putBack(before: readonly number[]): void {
    for (let at = 0; at < before.length; at += 2) {
      if (before[at + 1] === 0) this.counterOf.delete(before[at])
      else this.counterOf.set(before[at], before[at + 1])
    }
  }

  /** For undoing: what {@link restore} takes: [replica, counter, ...]. */
  copy(): readonly number[] {
    const flat: number[] = []
    for (const [replica, counter] of this.counterOf) flat.push(replica, counter)
    return flat
  }

  restore(copy: readonly number[]): void {
    this.counterOf.clear()
    for (let at = 0; at < copy.length; at += 2) this.counterOf.set(copy[at], copy[at + 1])
  }

  /**
   * Join of two frontiers, by the rule of the state's pairs: a head stays when both have it, or when one has it and the other's
   * vector does not cover it.
   * @param mine this state's vector before the join
   */
  join(theirs: Heads, mine: Replicas, theirVector: ReadonlyMap<ReplicaIndex, number>): void {
    const joined = new Map<ReplicaIndex, number>()
    for (const [replica, counter] of this.counterOf)
      if (theirs.of(replica) === counter || (theirVector.get(replica) ?? 0) < counter) joined.set(replica, counter)
    for (const [replica, counter] of theirs.counterOf)
      if (mine.counters[replica] < counter) joined.set(replica, counter)
    this.counterOf.clear()
    for (const [replica, counter] of joined) this.counterOf.set(replica, counter)
  }
}
