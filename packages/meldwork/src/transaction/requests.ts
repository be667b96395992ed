import type { Graph } from '../graph/index.js'
import type { Changes } from '../operation/index.js'
import { isUpdate, RequestTerms, WriteRequestReader } from '../query/index.js'
import type { RDF, RdfTerms } from '../rdf/index.js'
import { Keys, type PatchSink, PatternReader, SubjectReader } from '../subject/index.js'
import { ListWriter } from './list-writer.js'
import { deleteObserved, deleteWhole } from './supersede.js'
import { UpdateExecution } from './update.js'

/**
 * Write requests to changes, under one context and those that requests bring along: reads the JSON, finds what its patterns match in what is visible, and turns
 * deletes into the dots observed for them. Deletes of whole subjects and of whole properties reach what rules have hidden, too, so that no loser
 * appears afterwards.
 *
 * Errors: those of `subject` and `query`; whoever calls drops the changes then.
 */
export class Requests {
  private readonly graph: Graph
  private readonly keys: Keys
  private readonly subjects: SubjectReader
  private readonly patterns: PatternReader
  private readonly rdfTerms: RdfTerms
  private readonly newId: () => string
  /** For patterns: what they name and the dictionary does not have stays out of it. */
  private readonly requestTerms: RequestTerms
  private readonly requestKeys: Keys

  /** @param newId gives a new identifier, relative to the domain */
  constructor(graph: Graph, keys: Keys, rdfTerms: RdfTerms, newId: () => string) {
    this.graph = graph
    this.keys = keys
    this.rdfTerms = rdfTerms
    this.newId = newId
    this.subjects = new SubjectReader(keys, newId)
    this.patterns = new PatternReader(keys)
    this.requestTerms = new RequestTerms(graph.terms)
    this.requestKeys = new Keys(keys.context, this.requestTerms)
  }

  /** Subjects to insert, or an update. @returns the identifiers given to subjects that had none, in order */
  write(json: unknown, changes: Changes): string[] {
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
    const lists = this.listWriter()
    const ids =
      isObject && isUpdate(json as Readonly<Record<string, unknown>>)
        ? this.update(json as Readonly<Record<string, unknown>>, changes, lists)
        : this.subjects.insert(json, this.sink(changes, lists))
    lists.flush(changes)
    return ids
  }

  private update(json: Readonly<Record<string, unknown>>, changes: Changes, lists: ListWriter): string[] {
    const { graph, requestTerms: terms, newId } = this
    const hasContext = Object.hasOwn(json, '@context')
    const keys = hasContext ? this.requestKeys.extend(json['@context'], "$['@context']") : this.requestKeys
    try {
      const plan = new WriteRequestReader(keys, terms).read(json)
      const { iris } = keys.context
      const execution = new UpdateExecution(plan, { graph, terms, iris, changes, lists, newId })
      execution.run()
      if (!plan.plainInsert || json['@insert'] === undefined) return execution.generated
      const own = hasContext ? this.keys.extend(json['@context'], "$['@context']") : this.keys
      const options = { path: "$['@insert']", template: true, keys: own }
      return this.subjects.insert(json['@insert'], this.sink(changes, lists), options)
    } finally {
      terms.clear()
    }
  }

  private sink(changes: Changes, lists: ListWriter): PatchSink {
    return {
      triple: (subject, property, object) => changes.triple(subject, property, object),
      list: (list, index, items) => lists.insert(list, index, items),
      clearList: list => lists.clearList(list),
      replace: (subject, property) => deleteObserved(this.graph, changes, subject, property, 0),
    }
  }

  private listWriter(): ListWriter {
    return new ListWriter(this.graph, this.newId)
  }

  /** Replaces the values of the properties that the patch has. */
  patch(json: unknown, changes: Changes): string[] {
    const lists = this.listWriter()
    const ids = this.subjects.patch(json, this.sink(changes, lists))
    lists.flush(changes)
    return ids
  }

  /** Replaces everything that the subject had. */
  put(json: unknown, changes: Changes): string[] {
    const lists = this.listWriter()
    const subject = this.subjects.identify(json)
    if (subject !== 0) {
      lists.clearList(subject)
      deleteObserved(this.graph, changes, subject, -1, 0)
    }
    const ids = this.subjects.patch(json, { ...this.sink(changes, lists), replace: () => {}, clearList: () => {} })
    lists.flush(changes)
    return ids
  }

  /**
   * Inserts RDF/JS quads, whatever their graph.
   * @param blankNodes the identifiers that blank nodes have got, by label
   */
  insertQuads(quads: Iterable<RDF.BaseQuad>, blankNodes: Map<string, string>, changes: Changes): void {
    for (const quad of quads) this.rdfTerms.read(quad, blankNodes, this.newId, changes)
  }

  /** Deletes a subject, with its items when it is a list, and the references to it. */
  deleteSubject(id: string, changes: Changes): void {
    const subject = this.patterns.reference(id)
    if (subject === 0) return
    const lists = this.listWriter()
    lists.clearList(subject)
    deleteWhole(this.graph, changes, subject)
    lists.flush(changes)
  }
}
