import type { PropertyId, ValueId } from '../rdf/index.js'

/** Subjects by object: one, a few, or many. */
type Subjects = ValueId | ValueId[] | Set<ValueId>

const fewAtMost = 16

/** For each property that a query has asked about: from object to the subjects that visibly have it. Maintained from then on. */
export class Postings {
  private readonly byProperty: (Map<ValueId, Subjects> | undefined)[] = []
  /** So that a graph without postings pays nothing for them. */
  private any = false

  has(property: PropertyId): boolean {
    return this.any && this.byProperty[property] !== undefined
  }

  /** Starts a property's index, empty: the caller adds what there is. */
  begin(property: PropertyId): void {
    this.byProperty[property] = new Map()
    this.any = true
  }

  /** Nothing, unless the property is indexed. The pair must not be there. */
  add(property: PropertyId, object: ValueId, subject: ValueId): void {
    if (!this.any) return
    const byObject = this.byProperty[property]
    if (byObject === undefined) return
    const subjects = byObject.get(object)
    if (subjects === undefined) byObject.set(object, subject)
    else if (typeof subjects === 'number') byObject.set(object, [subjects, subject])
    else if (!Array.isArray(subjects)) subjects.add(subject)
    else if (subjects.length < fewAtMost) subjects.push(subject)
    else byObject.set(object, new Set(subjects).add(subject))
  }

  /** Nothing, unless the property is indexed. The pair must be there. */
  remove(property: PropertyId, object: ValueId, subject: ValueId): void {
    if (!this.any) return
    const byObject = this.byProperty[property]
    if (byObject === undefined) return
    const subjects = byObject.get(object)!
    if (typeof subjects === 'number') byObject.delete(object)
    else if (!Array.isArray(subjects)) {
      subjects.delete(subject)
      if (subjects.size === 0) byObject.delete(object)
    } else {
      const at = subjects.indexOf(subject)
      subjects[at] = subjects[subjects.length - 1]
      subjects.pop()
      if (subjects.length === 0) byObject.delete(object)
    }
  }

  count(property: PropertyId, object: ValueId): number {
    const subjects = this.byProperty[property]?.get(object)
    if (subjects === undefined) return 0
    if (typeof subjects === 'number') return 1
    return Array.isArray(subjects) ? subjects.length : subjects.size
  }

  subjects(property: PropertyId, object: ValueId, into: number[]): number {
    const subjects = this.byProperty[property]?.get(object)
    if (subjects === undefined) return 0
    if (typeof subjects === 'number') {
      into[0] = subjects
      return 1
    }
    let filled = 0
    for (const subject of subjects) into[filled++] = subject
    return filled
  }

  /** Fills `[subject, object, ...]`. */
  pairs(property: PropertyId, into: number[]): number {
    let filled = 0
    for (const [object, subjects] of this.byProperty[property] ?? []) {
      if (typeof subjects === 'number') {
        into[filled++] = subjects
        into[filled++] = object
      } else
        for (const subject of subjects) {
          into[filled++] = subject
          into[filled++] = object
        }
    }
    return filled
  }
}
