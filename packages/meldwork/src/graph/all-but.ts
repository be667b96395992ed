import type { ReplicaIndex } from '../causality/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import type { Everything } from './effects.js'
import type { Triples } from './triples.js'

/** What came into a graph that had a little: everything that is there, but what was there before. */
export class AllBut implements Everything {
  private readonly all: Everything
  private readonly before: Triples

  /** @param before all of it visible; it must not change any more */
  constructor(all: Everything, before: Triples) {
    this.all = all
    this.before = before
  }

  wasThere(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    return this.before.isLive(subject, property, object)
  }

  listPairs(
    sink: (subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex) => void,
  ): void {
    this.all.listPairs((subject, property, object, counter, replica) => {
      if (!this.before.isPair(subject, property, object, counter, replica))
        sink(subject, property, object, counter, replica)
    })
  }

  listVisible(): number[] {
    const all = this.all.listVisible()
    let filled = 0
    for (let at = 0; at < all.length; at += 3) {
      if (this.before.isLive(all[at], all[at + 1], all[at + 2])) continue
      all[filled] = all[at]
      all[filled + 1] = all[at + 1]
      all[filled + 2] = all[at + 2]
      filled += 3
    }
    all.length = filled
    return all
  }
}
