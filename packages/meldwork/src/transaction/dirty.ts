import type { PropertyId, ValueId } from '../rdf/index.js'

/** What of one subject is to be judged again. */
export interface DirtySubject {
  /** All of it: what rules are about it may have changed. */
  whole: boolean
  /** All values of these properties. */
  readonly properties: Set<PropertyId>
  /** Single triples, by property. */
  readonly triples: Map<PropertyId, Set<ValueId>>
}

/** What is to be judged again, subject by subject; it may grow while it is gone through. */
export class Dirty {
  readonly subjects = new Map<ValueId, DirtySubject>()

  private of(subject: ValueId): DirtySubject {
    let entry = this.subjects.get(subject)
    if (entry === undefined) {
      entry = { whole: false, properties: new Set(), triples: new Map() }
      this.subjects.set(subject, entry)
    }
    return entry
  }

  whole(subject: ValueId): void {
    this.of(subject).whole = true
  }

  property(subject: ValueId, property: PropertyId): void {
    this.of(subject).properties.add(property)
  }

  triple(subject: ValueId, property: PropertyId, object: ValueId): void {
    const { triples } = this.of(subject)
    const objects = triples.get(property)
    if (objects === undefined) triples.set(property, new Set([object]))
    else objects.add(object)
  }
}

/** Whether any of these properties is to be judged. */
export function concerns({ whole, properties, triples }: DirtySubject, any: readonly PropertyId[]): boolean {
  return whole || any.some(property => properties.has(property) || triples.has(property))
}
