import { valueKey } from './values.js'

/** A subject as the clone gives it, whole or in part. */
export interface FoundSubject {
  readonly '@id': string
  readonly [property: string]: unknown
}

/** What an update says. */
export interface Difference {
  readonly '@delete': readonly FoundSubject[]
  readonly '@insert': readonly FoundSubject[]
}

/** The values of a property, by their key, sorted. */
type Values = ReadonlyMap<string, unknown>

/**
 * A copy of what the clone holds, kept by its updates: subject, property, values. Names are keys of maps only, never of objects: they come
 * from the network.
 */
export class Facts {
  private readonly subjects = new Map<string, Map<string, Values>>()

  /** Takes in a difference. @returns the ids of the subjects that it names */
  apply(difference: Difference): Set<string> {
    const touched = new Set<string>()
    for (const subject of difference['@delete']) this.change(subject, touched, (values, key) => values.delete(key))
    for (const subject of difference['@insert'])
      this.change(subject, touched, (values, key, value) => values.set(key, value))
    return touched
  }

  /** Whether anything is known of a subject. */
  has(id: string): boolean {
    return this.subjects.has(id)
  }

  /** The values of a property, in an order that does not depend on history. */
  values(id: string, property: string): readonly unknown[] {
    const values = this.subjects.get(id)?.get(property)
    return values === undefined ? [] : [...values.values()]
  }

  private change(
    subject: FoundSubject,
    touched: Set<string>,
    apply: (values: Map<string, unknown>, key: string, value: unknown) => void,
  ): void {
    const id = subject['@id']
    touched.add(id)
    const properties = this.subjects.get(id) ?? new Map<string, Values>()
    for (const [property, found] of Object.entries(subject)) {
      if (property === '@id' || found === undefined) continue
      const values = new Map(properties.get(property))
      for (const value of Array.isArray(found) ? found : [found]) apply(values, valueKey(value), value)
      if (values.size === 0) properties.delete(property)
      else properties.set(property, sortedByKey(values))
    }
    if (properties.size === 0) this.subjects.delete(id)
    else this.subjects.set(id, properties)
  }
}

function sortedByKey(values: Map<string, unknown>): Values {
  if (values.size < 2) return values
  return new Map([...values].sort(([one], [other]) => (one < other ? -1 : 1)))
}
