import type { ListView, VisibleGraph } from '../graph/index.js'
import { list as listVocabulary, type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import type { ListPattern, PatternTerm, TriplePattern } from '../subject/index.js'
import { type Cursor, type Execution, Progress } from './cursor.js'

/** Whether the solution in `row` passes. */
export type Condition = (row: readonly ValueId[]) => boolean

/** One pattern at its place in a plan. */
interface Step {
  readonly conditions: readonly Condition[]
  /** Begins, with the variables that are bound now. */
  enter(row: ValueId[]): void
  /** Binds its other variables in the next way that matches. @returns false, with all of them free again, when there is none */
  advance(row: ValueId[]): boolean
  /** Frees the variables that it has bound. */
  leave(row: ValueId[]): void
}

/**
 * Solves a basic graph pattern: an index nested-loop join over its patterns in the order given (`plan.ts`), as a machine with a stack, so that it can stop
 * anywhere and go on. A condition is tested as soon as its variables are bound.
 */
export class BasicCursor implements Cursor {
  private readonly execution: Execution
  private readonly steps: readonly Step[]
  /** The step to advance next; -1 when nothing is left. */
  private depth = -1

  constructor(execution: Execution, steps: readonly Step[]) {
    this.execution = execution
    this.steps = steps
  }

  open(): void {
    this.depth = 0
    this.steps[0].enter(this.execution.row)
  }

  next(): Progress {
    const { execution, steps } = this
    const { row } = execution
    const last = steps.length - 1
    let { depth } = this
    while (depth >= 0) {
      if (execution.spend()) {
        this.depth = depth
        return Progress.pause
      }
      const step = steps[depth]
      if (!step.advance(row)) depth--
      else if (!passes(step.conditions, row)) continue
      else if (depth === last) {
        this.depth = depth
        return Progress.solution
      } else steps[++depth].enter(row)
    }
    this.depth = -1
    return Progress.done
  }

  close(): void {
    for (; this.depth >= 0; this.depth--) this.steps[this.depth].leave(this.execution.row)
  }
}

function passes(conditions: readonly Condition[], row: readonly ValueId[]): boolean {
  for (let i = 0; i < conditions.length; i++) if (!conditions[i](row)) return false
  return true
}

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

/** A place in a list: which list, at which index, in which slot, what. */
export class ListStep implements Step {
  readonly conditions: readonly Condition[]
  private readonly execution: Execution
  private readonly pattern: ListPattern
  private lists: readonly ValueId[] = []
  private listAt = 0
  private view: ListView | undefined
  private at = 0
  private end = 0
  private indexId: ValueId = 0
  private slotId: ValueId = 0
  private itemId: ValueId = 0
  private readonly bound: number[] = []

  constructor(execution: Execution, pattern: ListPattern, conditions: readonly Condition[]) {
    this.execution = execution
    this.pattern = pattern
    this.conditions = conditions
  }

  enter(row: ValueId[]): void {
    const { list, index, slot, item } = this.pattern
    const value = ({ variable, id }: PatternTerm): ValueId => (variable < 0 ? id : row[variable])
    this.indexId = value(index)
    this.slotId = value(slot)
    this.itemId = value(item)
    this.bound.length = 0
    for (const { variable } of [list, index, slot, item])
      if (variable >= 0 && row[variable] === 0) this.bound.push(variable)
    const known = value(list)
    this.lists = known !== 0 ? [known] : this.candidates()
    this.listAt = 0
    this.view = undefined
  }

  /** The lists that may match, when none is named. */
  private candidates(): readonly ValueId[] {
    const { graph } = this.execution
    const slotProperty = graph.terms.property(listVocabulary.slot, false)
    if (slotProperty < 0) return []
    const buffer: number[] = []
    const found = new Set<ValueId>()
    if (this.slotId === 0 && this.itemId === 0) {
      const length = graph.pairs(slotProperty, buffer)
      for (let at = 0; at < length; at += 2) found.add(buffer[at])
      return [...found]
    }
    const slots: number[] = [this.slotId]
    let count = 1
    if (this.slotId === 0) {
      const itemProperty = graph.terms.property(listVocabulary.item, false)
      count = itemProperty < 0 ? 0 : graph.subjects(itemProperty, this.itemId, slots)
    }
    for (let i = 0; i < count; i++) {
      const owners = graph.subjects(slotProperty, slots[i], buffer)
      for (let o = 0; o < owners; o++) found.add(buffer[o])
    }
    return [...found]
  }

  advance(row: ValueId[]): boolean {
    for (;;) {
      if (this.view !== undefined) {
        while (this.at < this.end) if (this.bind(row, this.view, this.at++)) return true
      }
      if (this.listAt === this.lists.length) {
        this.leave(row)
        return false
      }
      this.openList(this.lists[this.listAt++])
    }
  }

  private openList(list: ValueId): void {
    const { graph, terms } = this.execution
    const view = graph.list(list)
    this.view = view
    this.at = 0
    this.end = view.length
    let only = -1
    if (this.slotId !== 0) only = view.indexOf(this.slotId)
    else if (this.indexId === 0) return
    else if (terms.kind(this.indexId) === TermKind.integer) only = terms.native(this.indexId) as number
    this.at = only < 0 ? this.end : only
    this.end = Math.min(this.end, this.at + 1)
  }

  private bind(row: ValueId[], view: ListView, at: number): boolean {
    this.leave(row)
    const { list, index, slot, item } = this.pattern
    return (
      put(row, list, this.lists[this.listAt - 1]) &&
      put(row, index, this.execution.terms.integer(at, true)) &&
      put(row, slot, view.slotAt(at)) &&
      put(row, item, view.itemAt(at))
    )
  }

  leave(row: ValueId[]): void {
    for (const variable of this.bound) row[variable] = 0
  }
}

/** Binds a term that is free, or compares one that has a value. */
function put(row: ValueId[], { variable, id }: PatternTerm, value: ValueId): boolean {
  if (variable < 0) return id === value
  if (row[variable] === 0) row[variable] = value
  return row[variable] === value
}
