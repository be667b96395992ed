import type { WireTerms } from '../operation/index.js'
import type { PropertyId, TermKind, TermTable, ValueId } from '../rdf/index.js'
import { listOf } from './list-of.js'
import type { ReadSet } from './read-set.js'
import type { ListView, ObservedGraph } from './visible.js'

/**
 * A graph that notes what is read of it. What a write acts on (`observed`, `isLive`, `dots`) is not noted: it says what is to be, whatever is there;
 * nor are numbers that only plan a query.
 */
export class WatchedGraph implements ObservedGraph {
  private readonly graph: ObservedGraph
  private readonly reads: ReadSet

  constructor(graph: ObservedGraph, reads: ReadSet) {
    this.graph = graph
    this.reads = reads
  }

  get terms(): WireTerms {
    return this.graph.terms
  }

  get listType(): ValueId {
    return this.graph.listType
  }

  get tripleCount(): number {
    this.reads.all()
    return this.graph.tripleCount
  }

  has(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    this.reads.triple(subject, property, object)
    return this.graph.has(subject, property, object)
  }

  objects(subject: ValueId, property: PropertyId, into: number[]): number {
    this.reads.objects(subject, property)
    return this.graph.objects(subject, property, into)
  }

  triplesOf(subject: ValueId, into: number[]): number {
    this.reads.subject(subject)
    return this.graph.triplesOf(subject, into)
  }

  subjects(property: PropertyId, object: ValueId, into: number[]): number {
    this.reads.subjectsWith(property, object)
    return this.graph.subjects(property, object, into)
  }

  pairs(property: PropertyId, into: number[]): number {
    this.reads.property(property)
    return this.graph.pairs(property, into)
  }

  references(object: ValueId, into: number[]): number {
    this.reads.references(object)
    return this.graph.references(object, into)
  }

  allSubjects(into: number[]): number {
    this.reads.allSubjects()
    return this.graph.allSubjects(into)
  }

  countSubjects(property: PropertyId, object: ValueId): number {
    return this.graph.countSubjects(property, object)
  }

  countProperty(property: PropertyId): number {
    return this.graph.countProperty(property)
  }

  list(list: ValueId): ListView {
    // Also while nobody has heard of lists.
    this.reads.subject(list)
    return listOf(this, list)
  }

  isLive(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    return this.graph.isLive(subject, property, object)
  }

  observed(subject: ValueId, property: PropertyId | -1, into: number[]): number {
    return this.graph.observed(subject, property, into)
  }

  liveSubjectsWith(property: PropertyId, object: ValueId, into: number[]): number {
    return this.graph.liveSubjectsWith(property, object, into)
  }

  dots(subject: ValueId, property: PropertyId, object: ValueId, into: number[]): number {
    return this.graph.dots(subject, property, object, into)
  }

  countReferences(property: PropertyId): number {
    return this.graph.countReferences(property)
  }
}

/** A dictionary that notes which terms were looked for in vain. */
export class WatchedTerms implements TermTable {
  private readonly terms: TermTable
  private readonly reads: ReadSet

  constructor(terms: TermTable, reads: ReadSet) {
    this.terms = terms
    this.reads = reads
  }

  iri(short: string, add: boolean): ValueId {
    return this.found(add, `iri ${short}`, adding => this.terms.iri(short, adding))
  }

  string(text: string, add: boolean): ValueId {
    return this.found(add, `string ${text}`, adding => this.terms.string(text, adding))
  }

  integer(value: number, add: boolean): ValueId {
    return this.found(add, `number ${value}`, adding => this.terms.integer(value, adding))
  }

  double(value: number, add: boolean): ValueId {
    return this.found(add, `number ${value}`, adding => this.terms.double(value, adding))
  }

  boolean(value: boolean): ValueId {
    return this.terms.boolean(value)
  }

  typed(datatype: string, lexical: string, add: boolean): ValueId {
    return this.found(add, `typed ${datatype}\0${lexical}`, adding => this.terms.typed(datatype, lexical, adding))
  }

  language(tag: string, text: string, add: boolean): ValueId {
    return this.found(add, `language ${tag}\0${text}`, adding => this.terms.language(tag, text, adding))
  }

  private found(add: boolean, key: string, find: (add: boolean) => ValueId): ValueId {
    const id = find(add)
    if (id === 0) this.reads.unknownTerm(key, () => find(false))
    return id
  }

  property(short: string, add: boolean): PropertyId {
    const property = this.terms.property(short, add)
    if (property < 0) this.reads.unknownProperty(short, () => this.terms.property(short, false))
    return property
  }

  kind(id: ValueId): TermKind {
    return this.terms.kind(id)
  }

  text(id: ValueId): string {
    return this.terms.text(id)
  }

  native(id: ValueId): number | boolean {
    return this.terms.native(id)
  }

  propertyText(property: PropertyId): string {
    return this.terms.propertyText(property)
  }

  get propertyCount(): number {
    return this.terms.propertyCount
  }
}
