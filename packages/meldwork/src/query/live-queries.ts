import { type Difference, type ObservedGraph, PriorState } from '../graph/index.js'
import type { Context } from '../rdf/index.js'
import { Keys, PatternReader, SubjectWriter } from '../subject/index.js'
import { AddingTerms } from './adding-terms.js'
import type { AnswerChange } from './answer-change.js'
import { ChangedSides } from './delta.js'
import { Interests } from './interests.js'
import { LiveConstruct } from './live-construct.js'
import { LiveDescribe } from './live-describe.js'
import type { LiveQuery, LiveTools, Waiter } from './live-query.js'
import { LiveSelect } from './live-select.js'
import { ReadRequestReader } from './read-request.js'
import { membersOf } from './request-json.js'
import { RequestTerms } from './request-terms.js'

/**
 * Requests that are answered again when what they are about changes.
 *
 * Of a difference, each triple is looked up once for all requests together; a request that none of them concerns costs nothing. What one that is concerned
 * costs stands at {@link LiveQuery} and the classes made from it.
 */
export class LiveQueries {
  private readonly graph: ObservedGraph
  private readonly tools: LiveTools
  /** For reading requests, and for writing what they give. */
  private readonly readKeys: Keys
  private readonly writeKeys: Keys

  constructor(graph: ObservedGraph, context: Context) {
    const { iris } = context
    const terms = new RequestTerms(graph.terms)
    this.graph = graph
    this.readKeys = new Keys(context, new AddingTerms(graph.terms, iris))
    this.writeKeys = new Keys(context, terms)
    this.tools = { graph, prior: new PriorState(graph), terms, interests: new Interests<Waiter>(), iris }
  }

  /**
   * Begins. The constants of the request stay in the dictionary.
   * @returns the query, and its answer as a change from nothing
   * @throws CodedError as `Reads.read` does: then it has not begun
   */
  open(request: unknown): { readonly query: LiveQuery; readonly change: AnswerChange } {
    const { tools } = this
    const query = this.read(request)
    try {
      return { query, change: query.begin() }
    } catch (error) {
      query.end()
      throw error
    } finally {
      tools.terms.clear()
    }
  }

  private read(request: unknown): LiveQuery {
    const { tools, graph } = this
    const { '@context': local, ...json } = membersOf(request, '$')
    const extended = (keys: Keys) => (local === undefined ? keys : keys.extend(local, "$['@context']"))
    // One that is refused leaves nothing in the dictionary.
    const passing = new RequestTerms(graph.terms)
    new ReadRequestReader(extended(new Keys(this.readKeys.context, passing)), passing).read(json)
    const [readKeys, writeKeys] = [extended(this.readKeys), extended(this.writeKeys)]
    const plan = new ReadRequestReader(readKeys, readKeys.terms).read(json)
    const writer = new SubjectWriter(writeKeys, graph)
    switch (plan.form) {
      case 'select':
        return new LiveSelect(tools, writer, plan)
      case 'describe': {
        const patterns = new PatternReader(readKeys)
        return new LiveDescribe(tools, writeKeys, plan, (id, path) => patterns.constants.reference(id, path))
      }
      default:
        return new LiveConstruct(tools, writer, plan)
    }
  }

  /**
   * The graph has gone through this difference.
   * @param changed called for each query that may have another answer now, with what tells how it has changed, which throws when the answer has become too large
   *   to be given
   */
  update(difference: Difference, changed: (query: LiveQuery, change: () => AnswerChange | undefined) => void): void {
    const concerned = new Set<LiveQuery>()
    this.note(difference.inserted, true, concerned)
    this.note(difference.deleted, false, concerned)
    if (concerned.size === 0) return
    const { prior, terms } = this.tools
    const sides = new ChangedSides(difference)
    prior.load(difference)
    for (const query of concerned) {
      changed(query, () => query.update(sides))
      terms.clear()
    }
    prior.unload()
  }

  private note(triples: readonly number[], inserted: boolean, concerned: Set<LiveQuery>): void {
    const { interests } = this.tools
    for (let at = 0; at < triples.length; at += 3) {
      const [subject, property, object] = [triples[at], triples[at + 1], triples[at + 2]]
      interests.each(subject, property, object, waiter => {
        concerned.add(waiter.query)
        waiter.note(inserted, subject, property, object)
      })
    }
  }
}
