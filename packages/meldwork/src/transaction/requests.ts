import type { ObservedGraph } from '../graph/index.js'
import { Changes } from '../operation/index.js'
import { isUpdate, RequestTerms, WriteRequestReader } from '../query/index.js'
import type { RDF, RdfTerms, TripleSink } from '../rdf/index.js'
import type { Positions } from '../sequence/index.js'
import { Keys, type PatchSink, PatternReader, SubjectReader, type SubjectSink } from '../subject/index.js'
import { ListWriter } from './list-writer.js'
import { deleteObserved } from './supersede.js'
import { UpdateExecution } from './update.js'
import { deleteWhole } from './whole.js'

/** Triples to delete and to insert, as RDF/JS quads. */
export interface QuadUpdate {
  readonly delete?: Iterable<RDF.BaseQuad> | undefined
  readonly insert?: Iterable<RDF.BaseQuad> | undefined
}

/**
 * Write requests to changes, under one context and those that requests bring along: reads the JSON, finds what its patterns match in what is visible, and turns
 * deletes into the dots observed for them. Deletes of whole subjects and of whole properties reach what rules have hidden, too, so that no loser
 * appears afterwards.
 *
 * Errors: those of `subject` and `query`; whoever calls drops the changes then.
 */
export class Requests {
  private readonly graph: ObservedGraph
  private readonly keys: Keys
  private readonly subjects: SubjectReader
  private readonly patterns: PatternReader
  private readonly rdfTerms: RdfTerms
  private readonly newId: () => string
  /** For patterns: what they name and the dictionary does not have stays out of it. */
  private readonly requestTerms: RequestTerms
  private readonly requestKeys: Keys
  private readonly lists: ListWriter
  /** What the requests of this moment become. */
  private changes = new Changes()
  private readonly inserting: SubjectSink
  private readonly patching: PatchSink

  /**
   * @param positions where new items of lists go
   * @param newId gives a new identifier, relative to the domain
   */
  constructor(graph: ObservedGraph, keys: Keys, rdfTerms: RdfTerms, positions: () => Positions, newId: () => string) {
    this.graph = graph
    this.keys = keys
    this.rdfTerms = rdfTerms
    this.newId = newId
    this.subjects = new SubjectReader(keys, newId)
    this.patterns = new PatternReader(keys)
    this.requestTerms = new RequestTerms(keys.terms)
    this.requestKeys = new Keys(keys.context, this.requestTerms)
    this.lists = new ListWriter(graph, positions, newId)
    this.inserting = {
      triple: (subject, property, object) => this.changes.triple(subject, property, object),
      list: (list, index, items) => this.lists.insert(list, index, items),
    }
    this.patching = {
      ...this.inserting,
      clearList: list => this.lists.clearList(list),
      replace: (subject, property) => deleteObserved(graph, this.changes, subject, property, 0),
    }
  }

  /** Subjects to insert, or an update. @returns the identifiers given to subjects that had none, in order */
  write(json: unknown, changes: Changes): string[] {
    this.begin(changes)
    const ids = isObject(json) && isUpdate(json) ? this.update(json) : this.subjects.insert(json, this.inserting)
    this.lists.flush(changes)
    return ids
  }

  private begin(changes: Changes): void {
    this.changes = changes
    this.lists.begin()
  }

  private update(json: JsonMembers): string[] {
    const { graph, changes, lists, requestTerms: terms, newId } = this
    const local = json['@context']
    const extended = (keys: Keys) => (local === undefined ? keys : keys.extend(local, "$['@context']"))
    try {
      const keys = extended(this.requestKeys)
      const plan = new WriteRequestReader(keys, terms).read(json)
      const execution = new UpdateExecution(plan, { graph, terms, iris: keys.context.iris, changes, lists, newId })
      execution.run()
      if (!plan.plainInsert || json['@insert'] === undefined) return execution.generated
      const options = { path: "$['@insert']", template: true, keys: extended(this.keys) }
      return this.subjects.insert(json['@insert'], this.inserting, options)
    } finally {
      terms.clear()
    }
  }

  /** Replaces the values of the properties that the patch has. */
  patch(json: unknown, changes: Changes): string[] {
    this.begin(changes)
    const ids = this.subjects.patch(json, this.patching)
    this.lists.flush(changes)
    return ids
  }

  /** Replaces everything that the subject had. */
  put(json: unknown, changes: Changes): string[] {
    this.begin(changes)
    const subject = this.subjects.identify(json)
    if (subject !== 0) {
      if (this.graph.list(subject).length > 0) this.lists.clearList(subject)
      deleteObserved(this.graph, changes, subject, -1, 0)
    }
    const ids = this.subjects.patch(json, { ...this.inserting, replace: () => {} })
    this.lists.flush(changes)
    return ids
  }

  /**
   * Deletes and inserts RDF/JS quads, whatever their graph. What is both deleted and inserted is there afterwards; what is deleted and is not there stays away.
   * @param blankNodes the identifiers that blank nodes have got, by label
   * @returns those that they have got now
   */
  updateQuads(update: QuadUpdate, blankNodes: Map<string, string>, changes: Changes): string[] {
    const known = blankNodes.size
    const deleting: TripleSink = {
      triple: (subject, property, object) => deleteObserved(this.graph, changes, subject, property, object),
    }
    for (const quad of update.delete ?? []) this.rdfTerms.readKnown(quad, blankNodes, deleting)
    for (const quad of update.insert ?? []) this.rdfTerms.read(quad, blankNodes, this.newId, changes)
    return [...blankNodes.values()].slice(known)
  }

  /** Deletes a subject, with its items when it is a list, and the references to it. */
  deleteSubject(id: string, changes: Changes): void {
    const subject = this.patterns.constants.reference(id)
    if (subject !== 0) deleteWhole(this.graph, changes, subject)
  }
}

type JsonMembers = Readonly<Record<string, unknown>>

function isObject(json: unknown): json is JsonMembers {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
