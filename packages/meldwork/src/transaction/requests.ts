import { CodedError } from '../errors.js'
import type { ObservedGraph } from '../graph/index.js'
import type { Changes } from '../operation/index.js'
import { type Bindings, solve } from '../query/index.js'
import type { PropertyId, RDF, RdfTerms, ValueId } from '../rdf/index.js'
import {
  type DeletePattern,
  type Keys,
  PatternReader,
  type PatternTerm,
  readWrite,
  SubjectReader,
  type TriplePattern,
  Variables,
} from '../subject/index.js'
import { deleteObserved } from './supersede.js'

/**
 * Write requests to changes, under one context: reads the JSON, finds what its patterns match in what is visible, and turns deletes into the
 * dots observed for them. Deletes of whole subjects and of whole properties reach what rules have hidden, too, so that no loser
 * appears afterwards.
 *
 * Errors: those of `subject`; whoever calls drops the changes then.
 */
export class Requests {
  private readonly graph: ObservedGraph
  private readonly subjects: SubjectReader
  private readonly patterns: PatternReader
  private readonly rdfTerms: RdfTerms
  private readonly newId: () => string
  /** What `@id` is called under the context. */
  private readonly idKey: string

  /** @param newId gives a new identifier, relative to the domain */
  constructor(graph: ObservedGraph, keys: Keys, rdfTerms: RdfTerms, newId: () => string) {
    this.graph = graph
    this.rdfTerms = rdfTerms
    this.newId = newId
    this.idKey = keys.id
    this.subjects = new SubjectReader(keys, newId)
    this.patterns = new PatternReader(keys)
  }

  /** Subjects to insert, or an update. @returns the identifiers given to subjects that had none, in order */
  write(json: unknown, changes: Changes): string[] {
    const { where, delete: deletes, insert, insertPath, template } = readWrite(json)
    if (where !== undefined)
      throw new CodedError(
        'pattern-unsupported',
        '"@where" in an update is not supported yet; read first, then write',
        {
          keyword: '@where',
          path: "$['@where']",
        },
      )
    if (deletes !== undefined) this.delete(this.patterns.delete(deletes, this.variables()), changes)
    return insert === undefined ? [] : this.subjects.insert(insert, changes, { path: insertPath, template })
  }

  private numbered = new Variables()

  private variables(): Variables {
    this.numbered = new Variables()
    return this.numbered
  }

  /** Replaces the values of the properties that the patch has. */
  patch(json: unknown, changes: Changes): string[] {
    return this.subjects.patch(json, {
      replace: (subject, property) => deleteObserved(this.graph, changes, subject, property, 0),
      triple: (subject, property, object) => changes.triple(subject, property, object),
    })
  }

  /** Replaces everything that the subject had. */
  put(json: unknown, changes: Changes): string[] {
    const members = typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {}
    const id = members['@id'] ?? members[this.idKey]
    if (typeof id === 'string') {
      const subject = this.patterns.reference(id, "$['@id']")
      if (subject !== 0) deleteObserved(this.graph, changes, subject, -1, 0)
    }
    return this.subjects.patch(json, {
      replace: () => {},
      triple: (subject, property, object) => changes.triple(subject, property, object),
    })
  }

  /**
   * Inserts RDF/JS quads, whatever their graph.
   * @param blankNodes the identifiers that blank nodes have got, by label
   */
  insertQuads(quads: Iterable<RDF.BaseQuad>, blankNodes: Map<string, string>, changes: Changes): void {
    for (const quad of quads) this.rdfTerms.read(quad, blankNodes, this.newId, changes)
  }

  /** Deletes a subject, and the references to it. */
  deleteSubject(id: string, changes: Changes): void {
    const subject = this.patterns.reference(id)
    if (subject !== 0) this.deleteWhole(subject, changes)
  }

  private deleteWhole(subject: ValueId, changes: Changes): void {
    const { graph } = this
    deleteObserved(graph, changes, subject, -1, 0)
    const subjects: ValueId[] = []
    for (let property: PropertyId = 0; property < graph.terms.propertyCount; property++) {
      if (graph.countReferences(property) === 0) continue
      const count = graph.subjects(property, subject, subjects)
      for (let i = 0; i < count; i++) deleteObserved(graph, changes, subjects[i], property, subject)
    }
  }

  /**
   * What an `@delete` matches. Patterns that share no variable are independent of each other: that there is no name to delete does not keep
   * the age from being deleted.
   */
  private delete(pattern: DeletePattern, changes: Changes): void {
    const variableCount = this.numbered.names.length
    for (const triples of independentParts(pattern.triples)) {
      if (triples.length === 1 && this.deleteDirectly(triples[0], changes)) continue
      const bindings: Bindings = new Array(variableCount).fill(0)
      const matched: [ValueId, PropertyId, ValueId][] = []
      solve(this.graph, triples, bindings, () => {
        for (const triple of triples) matched.push(this.bound(triple, bindings))
        return true
      })
      for (const [subject, property, object] of matched) deleteObserved(this.graph, changes, subject, property, object)
    }
    for (const subject of pattern.subjects) this.deleteSubjects(subject, changes)
  }

  /** A constant subject and property need no solving. @returns whether that was the case */
  private deleteDirectly({ subject, property, object }: TriplePattern, changes: Changes): boolean {
    if (subject.variable >= 0 || property.variable >= 0) return false
    const isUnknown = subject.id === 0 || property.id < 0 || (object.variable < 0 && object.id === 0)
    if (!isUnknown) deleteObserved(this.graph, changes, subject.id, property.id, object.variable >= 0 ? 0 : object.id)
    return true
  }

  private bound({ subject, property, object }: TriplePattern, bindings: Bindings): [ValueId, PropertyId, ValueId] {
    const value = (term: PatternTerm) => (term.variable < 0 ? term.id : bindings[term.variable])
    const predicate = property.variable < 0 ? property.id : this.graph.terms.propertyOf(bindings[property.variable])
    return [value(subject), predicate, value(object)]
  }

  private deleteSubjects(subject: PatternTerm, changes: Changes): void {
    if (subject.variable < 0) {
      if (subject.id !== 0) this.deleteWhole(subject.id, changes)
      return
    }
    const subjects: ValueId[] = []
    const count = this.graph.allSubjects(subjects)
    for (let i = 0; i < count; i++) deleteObserved(this.graph, changes, subjects[i], -1, 0)
  }
}

/** Parts of a pattern that share no variable. */
function independentParts(triples: readonly TriplePattern[]): TriplePattern[][] {
  const parts: { triples: TriplePattern[]; variables: Set<number> }[] = []
  for (const triple of triples) {
    const variables = new Set([triple.subject, triple.property, triple.object].map(t => t.variable).filter(v => v >= 0))
    const joined = { triples: [triple], variables }
    for (let i = parts.length - 1; i >= 0; i--) {
      if (![...parts[i].variables].some(variable => variables.has(variable))) continue
      joined.triples.unshift(...parts[i].triples)
      for (const variable of parts[i].variables) variables.add(variable)
      parts.splice(i, 1)
    }
    parts.push(joined)
  }
  return parts.map(part => part.triples)
}
