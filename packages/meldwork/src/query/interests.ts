import type { PropertyId, ValueId } from '../rdf/index.js'
import type { TriplePattern } from '../subject/index.js'

/** The constants of a triple pattern; 0, or -1 for the property, where any will do. */
export interface Interest {
  readonly subject: ValueId
  readonly property: PropertyId
  readonly object: ValueId
}

/** What of a pattern is constant. */
export function interestOf({ subject, property, object }: TriplePattern): Interest {
  return {
    subject: subject.variable < 0 ? subject.id : 0,
    property: property.variable < 0 ? property.id : -1,
    object: object.variable < 0 ? object.id : 0,
  }
}

/** Those who wait for triples of one property, or of any. */
class Waiting<T> {
  readonly any = new Set<T>()
  readonly bySubject = new Map<ValueId, Set<T>>()
  readonly byObject = new Map<ValueId, Set<T>>()

  get isEmpty(): boolean {
    return this.any.size + this.bySubject.size + this.byObject.size === 0
  }
}

/**
 * Who is interested in which triples. Whoever is, is found in a time that does not depend on how many others there are.
 */
export class Interests<T> {
  private readonly byProperty = new Map<PropertyId, Waiting<T>>()
  private readonly anyProperty = new Waiting<T>()

  add(interest: Interest, who: T): void {
    const { subject, property, object } = interest
    let waiting = property < 0 ? this.anyProperty : this.byProperty.get(property)
    if (waiting === undefined) {
      waiting = new Waiting()
      this.byProperty.set(property, waiting)
    }
    if (subject !== 0) addTo(waiting.bySubject, subject, who)
    else if (object !== 0) addTo(waiting.byObject, object, who)
    else waiting.any.add(who)
  }

  /** @param interest as it was added */
  remove({ subject, property, object }: Interest, who: T): void {
    const waiting = property < 0 ? this.anyProperty : this.byProperty.get(property)
    if (waiting === undefined) return
    if (subject !== 0) removeFrom(waiting.bySubject, subject, who)
    else if (object !== 0) removeFrom(waiting.byObject, object, who)
    else waiting.any.delete(who)
    if (property >= 0 && waiting.isEmpty) this.byProperty.delete(property)
  }

  /** Calls back for everybody who may be interested in a triple: with a subject and an object in their interest, one of these may be another. */
  each(subject: ValueId, property: PropertyId, object: ValueId, found: (who: T) => void): void {
    const waiting = this.byProperty.get(property)
    if (waiting !== undefined) eachOf(waiting, subject, object, found)
    eachOf(this.anyProperty, subject, object, found)
  }
}

function eachOf<T>(waiting: Waiting<T>, subject: ValueId, object: ValueId, found: (who: T) => void): void {
  for (const who of waiting.any) found(who)
  const ofSubject = waiting.bySubject.size === 0 ? undefined : waiting.bySubject.get(subject)
  if (ofSubject !== undefined) for (const who of ofSubject) found(who)
  const ofObject = waiting.byObject.size === 0 ? undefined : waiting.byObject.get(object)
  if (ofObject !== undefined) for (const who of ofObject) found(who)
}

function addTo<T>(map: Map<ValueId, Set<T>>, key: ValueId, who: T): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, new Set([who]))
  else known.add(who)
}

function removeFrom<T>(map: Map<ValueId, Set<T>>, key: ValueId, who: T): void {
  const known = map.get(key)
  known?.delete(who)
  if (known?.size === 0) map.delete(key)
}
