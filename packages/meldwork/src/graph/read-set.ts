import type { PropertyId, ValueId } from '../rdf/index.js'
import type { Difference } from './effects.js'
import type { VisibleGraph } from './visible.js'

/**
 * What has been looked at in a graph: subjects, values of a property, subjects with a value, and terms that were looked for and unknown. Of a
 * change, {@link isTouchedBy} tells whether any of these answers would be another now. It grows with the number of different questions.
 */
export class ReadSet {
  private readonly subjects = new Set<ValueId>()
  private readonly properties = new Set<PropertyId>()
  /** Of a subject and property, a property and object, an object, a whole triple. */
  private readonly patterns = new Set<string>()
  private readonly unknownTerms = new Map<string, () => ValueId>()
  private readonly unknownProperties = new Map<string, () => PropertyId>()
  private everySubject = false
  private everything = false
  /** How often something was looked at. */
  revision = 0

  subject(subject: ValueId): void {
    this.revision++
    this.subjects.add(subject)
  }

  property(property: PropertyId): void {
    this.revision++
    this.properties.add(property)
  }

  objects(subject: ValueId, property: PropertyId): void {
    this.revision++
    this.patterns.add(`${subject} ${property} ?`)
  }

  subjectsWith(property: PropertyId, object: ValueId): void {
    this.revision++
    this.patterns.add(`? ${property} ${object}`)
  }

  references(object: ValueId): void {
    this.revision++
    this.patterns.add(`? ? ${object}`)
  }

  triple(subject: ValueId, property: PropertyId, object: ValueId): void {
    this.revision++
    this.patterns.add(`${subject} ${property} ${object}`)
  }

  /** Which subjects there are. */
  allSubjects(): void {
    this.revision++
    this.everySubject = true
  }

  /** Such as the number of all triples. */
  all(): void {
    this.revision++
    this.everything = true
  }

  /**
   * A term that was not known. Whatever is said with it from now on is news.
   * @param key names it among those of its kind
   * @param find looks again; 0 while it is not known
   */
  unknownTerm(key: string, find: () => ValueId): void {
    this.revision++
    this.unknownTerms.set(key, find)
  }

  /** As {@link unknownTerm}; -1 while it is not known. */
  unknownProperty(key: string, find: () => PropertyId): void {
    this.revision++
    this.unknownProperties.set(key, find)
  }

  /**
   * @param before the state that was looked at
   * @param after the state of now
   * @param difference between them
   */
  isTouchedBy({ inserted, deleted }: Difference, before: VisibleGraph, after: VisibleGraph): boolean {
    const late = new Set<ValueId>()
    for (const find of this.unknownTerms.values()) late.add(find())
    const lateProperties = new Set<PropertyId>()
    for (const find of this.unknownProperties.values()) lateProperties.add(find())
    const { terms } = after
    for (const list of [inserted, deleted])
      for (let at = 0; at < list.length; at += 3) {
        const [subject, property, object] = [list[at], list[at + 1], list[at + 2]]
        if (this.has(subject, property, object) || lateProperties.has(property)) return true
        if (late.has(subject) || late.has(object) || late.has(terms.propertyTerm(property))) return true
        if (this.everySubject && isThere(before, subject) !== isThere(after, subject)) return true
      }
    return false
  }

  private has(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const { patterns } = this
    return (
      this.everything ||
      this.subjects.has(subject) ||
      this.properties.has(property) ||
      patterns.has(`${subject} ${property} ?`) ||
      patterns.has(`? ${property} ${object}`) ||
      patterns.has(`? ? ${object}`) ||
      patterns.has(`${subject} ${property} ${object}`)
    )
  }
}

const buffer: number[] = []
const isThere = (graph: VisibleGraph, subject: ValueId): boolean => graph.triplesOf(subject, buffer) > 0
