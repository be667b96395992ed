import type { VisibleGraph } from '../graph/index.js'
import type { Context, TermTable, ValueId } from '../rdf/index.js'
import { type GraphSubject, Keys, PatternReader, type Shape, SubjectWriter } from '../subject/index.js'
import type { Answer, Answers, AnswerTools } from './answer.js'
import { allAnswers, answersOf } from './answers.js'
import { Execution, Progress } from './cursor.js'
import { describe } from './describe.js'
import { Planner } from './plan.js'
import { ReadRequestReader } from './read-request.js'
import { type JsonMembers, membersOf } from './request-json.js'
import { RequestTerms } from './request-terms.js'
import { ShapeReader } from './shaped.js'

/**
 * Answers read requests over one state, under one context and those that requests bring along. Synchronous; an answer is a copy.
 *
 * Errors: `pattern-unsupported`, `pattern-invalid`, `value-invalid`, `iri-malformed`, `context-invalid`, with the path of what is at fault. Nothing in a request is
 * ever ignored.
 */
export class Reads {
  private readonly graph: VisibleGraph
  private readonly dictionary: TermTable
  private readonly terms: RequestTerms
  private readonly keys: Keys
  private readonly patterns: PatternReader
  private readonly writer: SubjectWriter
  private readonly tools: Pick<AnswerTools, 'graph' | 'writer'>
  private readonly buffer: number[] = []

  /** @param dictionary the graph's, unless what is looked for there is to be noted */
  constructor(graph: VisibleGraph, context: Context, dictionary: TermTable = graph.terms) {
    this.graph = graph
    this.dictionary = dictionary
    this.terms = new RequestTerms(dictionary)
    this.keys = new Keys(context, this.terms)
    this.patterns = new PatternReader(this.keys)
    this.writer = new SubjectWriter(this.keys, graph)
    this.tools = { graph, writer: this.writer }
  }

  /**
   * One subject, one level deep, or only some of its properties.
   * @returns undefined when nothing of it is visible
   */
  get(id: string, properties: readonly string[]): GraphSubject | undefined {
    const subject = this.patterns.constants.reference(id)
    if (subject === 0) return undefined
    if (properties.length === 0) return describe(this.tools, subject, 1, this.buffer)
    const pairs: number[] = []
    const objects: number[] = []
    // Two names may stand for one property.
    for (const property of new Set(properties.map(name => this.patterns.constants.property(name)))) {
      if (property < 0) continue
      const count = this.graph.objects(subject, property, objects)
      for (let i = 0; i < count; i++) pairs.push(property, objects[i])
    }
    return pairs.length === 0 ? undefined : this.writer.subject(subject, pairs)
  }

  /**
   * One subject, as a shape says.
   * @returns undefined when nothing of that is visible
   */
  shaped(id: string, shape: Shape): object | undefined {
    const subject = this.patterns.constants.reference(id)
    if (subject === 0) return undefined
    return new ShapeReader(this.graph, this.dictionary, this.patterns, this.writer).read(subject, shape)
  }

  /** `@select`: solutions. `@describe`, `@construct`: subjects. */
  read(request: unknown): Answer[] {
    const json = membersOf(request, '$')
    try {
      return allAnswers(this.begin(json, this.terms, this.keysFor(json, this.keys), Number.POSITIVE_INFINITY))
    } finally {
      this.terms.clear()
    }
  }

  /** Whether a pattern matches anything. */
  ask(pattern: unknown): boolean {
    const { terms, keys } = this
    try {
      const { algebra, width } = new ReadRequestReader(keys, terms).ask(pattern, '$')
      const execution = new Execution(this.graph, terms, new Array<ValueId>(width).fill(0))
      const cursor = new Planner(execution, keys.context.iris).plan(algebra)
      cursor.open()
      return cursor.next() === Progress.solution
    } finally {
      terms.clear()
    }
  }

  /**
   * As {@link read}, answer by answer: for a graph that does not change meanwhile.
   * @param slice about how many candidates to look at between two pauses
   */
  stream(request: unknown, slice: number): Answers {
    const json = membersOf(request, '$')
    // Terms of its own, which last as long as it does.
    const terms = new RequestTerms(this.dictionary)
    return this.begin(json, terms, this.keysFor(json, new Keys(this.keys.context, terms)), slice)
  }

  private begin(json: JsonMembers, terms: RequestTerms, keys: Keys, slice: number): Answers {
    const { '@context': _, ...request } = json
    const plan = new ReadRequestReader(keys, terms).read(request)
    const isOwn = keys === this.keys
    const patterns = isOwn ? this.patterns : new PatternReader(keys)
    const tools: AnswerTools = {
      execution: new Execution(this.graph, terms, new Array<ValueId>(plan.width).fill(0), slice),
      graph: this.graph,
      writer: isOwn ? this.writer : new SubjectWriter(keys, this.graph),
      reference: (id, path) => patterns.constants.reference(id, path),
    }
    return answersOf(plan, tools)
  }

  private keysFor(json: JsonMembers, keys: Keys): Keys {
    if (!Object.hasOwn(json, '@context')) return keys
    return keys.extend(json['@context'], "$['@context']")
  }
}

/** What `get` gives for what follows the identifier: names of properties, or a shape. */
export function getFrom(
  reads: Reads,
  id: string,
  first: string | Shape | undefined,
  more: readonly string[],
): object | undefined {
  if (typeof first === 'object') return reads.shaped(id, first)
  return reads.get(id, first === undefined ? more : [first, ...more])
}
