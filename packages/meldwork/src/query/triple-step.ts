import type { VisibleGraph } from '../graph/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import type { PatternTerm, TriplePattern } from '../subject/index.js'
import type { Condition, Step } from './step.js'

/** Where the candidates of a {@link TripleStep} come from, by what is known when it is entered. */
const Path = { check: 0, objects: 1, subjects: 2, pairs: 3, triples: 4, scan: 5, references: 6 } as const
type Path = (typeof Path)[keyof typeof Path]

/** A triple pattern. */
export class TripleStep implements Step {
  readonly conditions: readonly Condition[]
  private readonly graph: VisibleGraph
  private readonly subject: PatternTerm
  private readonly property: PatternTerm
  private readonly object: PatternTerm
  private path: Path = Path.check
  /** What is known: 0, or -1 for a property, when it is not. */
  private subjectId: ValueId = 0
  private propertyId: PropertyId = -1
  private objectId: ValueId = 0
  private bindsSubject = false
  private bindsProperty = false
  private bindsObject = false
  private readonly buffer: number[] = []
  private at = 0
  private end = 0
  /** For a scan, the subjects. */
  private readonly outer: number[] = []
  private outerAt = 0
  private outerEnd = 0

  constructor(graph: VisibleGraph, { subject, property, object }: TriplePattern, conditions: readonly Condition[]) {
    this.graph = graph
    this.subject = subject
    this.property = property
    this.object = object
    this.conditions = conditions
  }

  enter(row: ValueId[]): void {
    const { graph, subject, property, object, buffer } = this
    this.subjectId = subject.variable < 0 ? subject.id : row[subject.variable]
    this.objectId = object.variable < 0 ? object.id : row[object.variable]
    this.bindsSubject = this.subjectId === 0
    this.bindsObject = this.objectId === 0
    this.bindsProperty = property.variable >= 0 && row[property.variable] === 0
    if (property.variable < 0) this.propertyId = property.id
    else this.propertyId = this.bindsProperty ? -1 : graph.terms.propertyFor(row[property.variable])
    this.at = 0
    this.end = 0
    if (!this.bindsProperty && this.propertyId < 0) this.path = Path.check
    else if (!this.bindsProperty) this.enterProperty(this.propertyId)
    else if (!this.bindsSubject) {
      this.path = Path.triples
      this.end = graph.triplesOf(this.subjectId, buffer)
    } else this.enterAny()
  }

  private enterProperty(property: PropertyId): void {
    const { graph, buffer } = this
    if (!this.bindsSubject) {
      if (this.bindsObject) {
        this.path = Path.objects
        this.end = graph.objects(this.subjectId, property, buffer)
      } else {
        this.path = Path.check
        this.end = graph.has(this.subjectId, property, this.objectId) ? 1 : 0
      }
    } else if (this.bindsObject) {
      this.path = Path.pairs
      this.end = graph.pairs(property, buffer)
    } else {
      this.path = Path.subjects
      this.end = graph.subjects(property, this.objectId, buffer)
    }
  }

  /** Neither subject nor property are known. */
  private enterAny(): void {
    const { graph } = this
    this.outerAt = 0
    if (!this.bindsObject && graph.terms.kind(this.objectId) === TermKind.iri) {
      this.path = Path.references
      this.end = graph.references(this.objectId, this.buffer)
    } else {
      this.path = Path.scan
      this.outerEnd = graph.allSubjects(this.outer)
    }
  }

  advance(row: ValueId[]): boolean {
    switch (this.path) {
      case Path.check:
        if (this.at++ < this.end) return true
        break
      case Path.objects:
        if (this.at < this.end) {
          row[this.object.variable] = this.buffer[this.at++]
          return true
        }
        break
      case Path.subjects:
        if (this.at < this.end) {
          row[this.subject.variable] = this.buffer[this.at++]
          return true
        }
        break
      case Path.pairs:
        if (this.nextPair(row)) return true
        break
      case Path.triples:
        if (this.nextTriple(row, this.subjectId)) return true
        break
      case Path.scan:
        if (this.nextOfScan(row)) return true
        break
      default:
        if (this.nextReference(row)) return true
    }
    this.leave(row)
    return false
  }

  private nextPair(row: ValueId[]): boolean {
    const { buffer, end } = this
    const same = this.subject.variable === this.object.variable
    while (this.at < end) {
      const subject = buffer[this.at]
      const object = buffer[this.at + 1]
      this.at += 2
      if (same && subject !== object) continue
      row[this.subject.variable] = subject
      row[this.object.variable] = object
      return true
    }
    return false
  }

  /** The subject is known, the property is a variable. */
  private nextTriple(row: ValueId[], subject: ValueId): boolean {
    const { graph, buffer, end, property, object } = this
    while (this.at < end) {
      const predicate = graph.terms.propertyTerm(buffer[this.at])
      const value = buffer[this.at + 1]
      this.at += 2
      if (!this.bindsObject && value !== this.objectId) continue
      if (!this.fits(subject, predicate, value)) continue
      row[property.variable] = predicate
      if (this.bindsObject) row[object.variable] = value
      return true
    }
    return false
  }

  /** Whether one variable in several places would have one value. */
  private fits(subject: ValueId, predicate: ValueId, object: ValueId): boolean {
    const s = this.subject.variable
    const p = this.property.variable
    const o = this.object.variable
    return (
      (s < 0 || ((s !== p || subject === predicate) && (s !== o || subject === object))) &&
      (p < 0 || p !== o || predicate === object)
    )
  }

  private nextOfScan(row: ValueId[]): boolean {
    for (;;) {
      if (this.at < this.end && this.nextTriple(row, row[this.subject.variable])) return true
      if (this.outerAt === this.outerEnd) return false
      const subject = this.outer[this.outerAt++]
      row[this.subject.variable] = subject
      this.at = 0
      this.end = this.graph.triplesOf(subject, this.buffer)
    }
  }

  /** The object is known, and a subject. */
  private nextReference(row: ValueId[]): boolean {
    const { graph, buffer } = this
    for (; this.at < this.end; this.at += 2) {
      const subject = buffer[this.at]
      const predicate = graph.terms.propertyTerm(buffer[this.at + 1])
      if (!this.fits(subject, predicate, this.objectId)) continue
      row[this.subject.variable] = subject
      row[this.property.variable] = predicate
      this.at += 2
      return true
    }
    return false
  }

  leave(row: ValueId[]): void {
    if (this.bindsSubject) row[this.subject.variable] = 0
    if (this.bindsProperty) row[this.property.variable] = 0
    if (this.bindsObject) row[this.object.variable] = 0
  }
}
