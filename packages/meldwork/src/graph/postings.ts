import type { PropertyId, ValueId } from '../rdf/index.js'
import { SubjectsByObject } from './subjects-by-object.js'

/** For each property that a query has asked about: from object to the subjects that visibly have it. Maintained from then on. */
export class Postings {
  private readonly byProperty: (SubjectsByObject | undefined)[] = []
  /** So that a graph without postings pays nothing for them. */
  private any = false

  has(property: PropertyId): boolean {
    return this.any && this.byProperty[property] !== undefined
  }

  /** Starts a property's index, empty: the caller adds what there is. */
  begin(property: PropertyId): void {
    this.byProperty[property] = new SubjectsByObject()
    this.any = true
  }

  /** Nothing, unless the property is indexed. The pair must not be there. */
  add(property: PropertyId, object: ValueId, subject: ValueId): void {
    if (this.any) this.byProperty[property]?.add(object, subject)
  }

  /** Nothing, unless the property is indexed. The pair must be there. */
  remove(property: PropertyId, object: ValueId, subject: ValueId): void {
    if (this.any) this.byProperty[property]?.remove(object, subject)
  }

  count(property: PropertyId, object: ValueId): number {
    return this.byProperty[property]?.count(object) ?? 0
  }

  subjects(property: PropertyId, object: ValueId, into: number[]): number {
    return this.byProperty[property]?.subjects(object, into) ?? 0
  }

  /** Fills `[subject, object, ...]`. */
  pairs(property: PropertyId, into: number[]): number {
    return this.byProperty[property]?.pairs(into) ?? 0
  }

  get byteSize(): number {
    return this.byProperty.reduce((bytes, index) => bytes + (index?.byteSize ?? 0), 0)
  }
}
