import type { Rule } from '../constraint/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** Why hidden triples are hidden. It grows with their number. */
export class Reasons {
  private readonly bySubject = new Map<ValueId, Map<PropertyId, Map<ValueId, Rule>>>()
  /** How often anything has changed. */
  revision = 0

  of(subject: ValueId, property: PropertyId, object: ValueId): Rule | undefined {
    return this.bySubject.get(subject)?.get(property)?.get(object)
  }

  /** The hidden values of a property at a subject. */
  at(subject: ValueId, property: PropertyId): ReadonlyMap<ValueId, Rule> | undefined {
    return this.bySubject.get(subject)?.get(property)
  }

  /** The properties of a subject of which something is hidden. */
  propertiesOf(subject: ValueId): Iterable<readonly [PropertyId, unknown]> {
    return this.bySubject.get(subject) ?? []
  }

  set(subject: ValueId, property: PropertyId, object: ValueId, reason: Rule | undefined): void {
    if (reason === undefined) {
      this.delete(subject, property, object)
      return
    }
    let ofSubject = this.bySubject.get(subject)
    if (ofSubject === undefined) {
      ofSubject = new Map()
      this.bySubject.set(subject, ofSubject)
    }
    const ofProperty = ofSubject.get(property)
    if (ofProperty === undefined) ofSubject.set(property, new Map([[object, reason]]))
    else if (ofProperty.get(object) === reason) return
    else ofProperty.set(object, reason)
    this.revision++
  }

  delete(subject: ValueId, property: PropertyId, object: ValueId): void {
    const ofSubject = this.bySubject.get(subject)
    const ofProperty = ofSubject?.get(property)
    if (!ofProperty?.delete(object)) return
    this.revision++
    if (ofProperty.size > 0) return
    ofSubject!.delete(property)
    if (ofSubject!.size === 0) this.bySubject.delete(subject)
  }

  /** All of them, subject by subject: [subject, property, object, reason]. @param of those of one subject only */
  *entries(of?: ValueId): IterableIterator<readonly [ValueId, PropertyId, ValueId, Rule]> {
    const one = of === undefined ? undefined : this.bySubject.get(of)
    const subjects = of === undefined ? this.bySubject : one === undefined ? [] : [[of, one] as const]
    for (const [subject, byProperty] of subjects)
      for (const [property, byObject] of byProperty)
        for (const [object, reason] of byObject) yield [subject, property, object, reason]
  }

  get isEmpty(): boolean {
    return this.bySubject.size === 0
  }
}
