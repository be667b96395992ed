import type { PropertyId, ValueId } from '../rdf/index.js'

/** What of one subject is to be judged again. */
export interface DirtySubject {
  /** All of it: what rules are about it may have changed. */
  whole: boolean
  /** All values of these properties. */
  readonly properties: readonly PropertyId[]
  /** Single triples, by property. */
  readonly triples: ReadonlyMap<PropertyId, ReadonlySet<ValueId>>
}

class Entry implements DirtySubject {
  whole = false
  /** There are not many that rules are about. */
  readonly properties: PropertyId[] = []
  triples = noTriples
}

const noTriples = new Map<PropertyId, Set<ValueId>>()

/** What is to be judged again, subject by subject; it may grow while it is gone through. */
export class Dirty {
  private readonly bySubject = new Map<ValueId, Entry>()
  /** The one asked for last: what is said of one comes together. */
  private subject: ValueId | undefined
  private entry!: Entry

  get subjects(): ReadonlyMap<ValueId, DirtySubject> {
    return this.bySubject
  }

  private of(subject: ValueId): Entry {
    if (subject === this.subject) return this.entry
    let entry = this.bySubject.get(subject)
    if (entry === undefined) {
      entry = new Entry()
      this.bySubject.set(subject, entry)
    }
    this.subject = subject
    this.entry = entry
    return entry
  }

  whole(subject: ValueId): void {
    this.of(subject).whole = true
  }

  property(subject: ValueId, property: PropertyId): void {
    const { properties } = this.of(subject)
    if (!properties.includes(property)) properties.push(property)
  }

  triple(subject: ValueId, property: PropertyId, object: ValueId): void {
    const entry = this.of(subject)
    if (entry.triples === noTriples) entry.triples = new Map()
    const objects = entry.triples.get(property)
    if (objects === undefined) entry.triples.set(property, new Set([object]))
    else objects.add(object)
  }
}

/** Whether any of these properties is to be judged. */
export function concerns({ whole, properties, triples }: DirtySubject, any: readonly PropertyId[]): boolean {
  if (whole) return true
  for (const property of any) if (properties.includes(property) || triples.has(property)) return true
  return false
}
