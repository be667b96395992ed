import type { ValueId } from '../rdf/index.js'
import type { GraphSubject, ReadValue, SubjectWriter } from '../subject/index.js'
import type { Algebra } from './algebra.js'
import { type AnswerChange, type ChangedAnswer, type KeyedAnswer, sameJson, subjectMark } from './answer-change.js'
import { Constructor, type TermWriter } from './construct.js'
import { BoundSolutions, type ChangedSides } from './delta.js'
import { LiveQuery, type LiveTools } from './live-query.js'
import { isOrdered, termKey } from './live-select.js'
import type { ReadPlan } from './read-request.js'
import { certain, takesBindings } from './scope.js'
import type { TemplateSubject } from './template.js'

type ConstructPlan = Extract<ReadPlan, { form: 'construct' }>

type Row = readonly ValueId[]

/** A subject that was made. */
interface Made {
  /** What it was made of, as text that is the same exactly for the same terms. */
  readonly terms: string
  readonly answer: GraphSubject
  /** How often, for one without an identity. */
  count: number
}

/**
 * The subjects of a construct. Where the solutions that came and went can be found (see {@link LiveQuery}), and each template says with `@id` which subject it makes,
 * those subjects are made anew that such a solution has a part in; otherwise all of them, when a triple that matches one of the patterns has changed. A subject
 * that has no `@id` is what it consists of.
 */
export class LiveConstruct extends LiveQuery {
  private readonly templates: readonly TemplateSubject[]
  private readonly hasOrder: boolean
  private readonly maker: Constructor
  private readonly termMaker: Constructor
  /** For each template, what its subjects are made of, found by the subject. */
  private readonly sources: readonly BoundSolutions[]
  private made = new Map<string, Made>()
  private order: readonly string[] = []

  constructor(tools: LiveTools, writer: SubjectWriter, plan: ConstructPlan) {
    const { algebra, templates, width } = plan
    super(
      tools,
      writer,
      algebra,
      width,
      templates.every(template => canBeFound(template, algebra)),
    )
    const { graph, terms, iris } = tools
    this.templates = templates
    this.hasOrder = isOrdered(algebra)
    this.maker = new Constructor(writer, plan.ordered)
    this.termMaker = new Constructor(termWriter(tools, writer), plan.ordered)
    this.sources = templates.map(({ id }) => {
      const bound = new Set(id === undefined || id.variable < 0 ? [] : [id.variable])
      return new BoundSolutions(algebra, bound, graph, terms, iris, width)
    })
  }

  protected first(): AnswerChange {
    return this.again(true)!
  }

  update(sides: ChangedSides): AnswerChange | undefined {
    if (this.isDelta) return this.some(sides)
    if (!this.stale) return undefined
    this.stale = false
    return this.again(false)
  }

  /** Makes those subjects that solutions which came or went have a part in. */
  private some(sides: ChangedSides): AnswerChange | undefined {
    const concerned = this.templates.map(() => new Set<ValueId>())
    this.changes(sides, row => {
      this.templates.forEach(({ id }, place) => {
        if (id !== undefined) concerned[place].add(id.variable < 0 ? id.id : row[id.variable])
      })
    })
    const before = new Map<string, Made>()
    const after = new Map<string, Made>()
    concerned.forEach((subjects, place) => {
      for (const subject of subjects) {
        const known = this.made.get(this.keyOf(place, subject))
        if (known !== undefined) before.set(this.keyOf(place, subject), known)
        this.make(place, this.rowsOf(place, subject), after, [])
      }
    })
    for (const key of before.keys()) this.made.delete(key)
    for (const [key, made] of after) this.made.set(key, made)
    return compare(before, after)
  }

  private rowsOf(place: number, subject: ValueId): Row[] {
    const source = this.sources[place]
    const variable = this.templates[place].id?.variable ?? -1
    const rows: Row[] = []
    source.row.fill(0)
    if (variable >= 0) source.row[variable] = subject
    source.each(() => rows.push([...source.row]))
    return rows
  }

  private again(isFirst: boolean): AnswerChange | undefined {
    const before = this.made
    const rows: Row[] = []
    this.solutions(row => rows.push([...row]))
    const made = new Map<string, Made>()
    const order: string[] = []
    for (const place of this.templates.keys()) this.make(place, rows, made, order)
    const change = compare(before, made)
    const isSame = change === undefined && (!this.hasOrder || sameJson(order, this.order))
    this.made = made
    this.order = order
    if (isSame && !isFirst) return undefined
    const answers = this.hasOrder ? order.map(key => made.get(key)!.answer) : undefined
    return { ...(change ?? nothing), answers }
  }

  /** What a template makes of these solutions. */
  private make(place: number, rows: readonly Row[], made: Map<string, Made>, order: string[]): void {
    const template = this.templates[place]
    const answers = this.maker.subjects([template], rows)
    const terms = this.termMaker.subjects([template], rows)
    answers.forEach((answer, i) => {
      const text = textOf(terms[i], this.hasOrder)
      const key = template.id ? `${subjectMark}${place} ${terms[i][this.writer.idKey] as string}` : `${place} ${text}`
      const known = made.get(key)
      const before = this.made.get(key)
      // What was told stays: other solutions may come first now, which says nothing.
      if (known === undefined)
        made.set(key, { terms: text, answer: before?.terms === text ? before.answer : answer, count: 1 })
      else known.count++
      order.push(key)
    })
  }

  private keyOf(place: number, subject: ValueId): string {
    return `${subjectMark}${place} ${termKey(this.tools.terms, subject)}`
  }
}

/** Whether the solutions that make one subject of a template can be found by the subject. */
function canBeFound({ id }: TemplateSubject, algebra: Algebra): boolean {
  if (id === undefined) return false
  return id.variable < 0 || (certain(algebra).has(id.variable) && takesBindings(algebra, new Set([id.variable])))
}

const nothing: AnswerChange = { added: [], removed: [], changed: [], answers: undefined }

function compare(before: ReadonlyMap<string, Made>, after: ReadonlyMap<string, Made>): AnswerChange | undefined {
  const added: KeyedAnswer[] = []
  const removed: KeyedAnswer[] = []
  const changed: ChangedAnswer[] = []
  for (const [key, { terms, answer, count }] of after) {
    const known = before.get(key)
    for (let i = known?.count ?? 0; i < count; i++) added.push({ key, answer })
    if (known !== undefined && known.terms !== terms) changed.push({ key, before: known.answer, after: answer })
  }
  for (const [key, { answer, count }] of before)
    for (let i = after.get(key)?.count ?? 0; i < count; i++) removed.push({ key, answer })
  return added.length + removed.length + changed.length === 0
    ? undefined
    : { added, removed, changed, answers: undefined }
}

/** Several values as text: in an order of their own, unless they have one. */
function textOf(json: unknown, ordered: boolean): string {
  if (Array.isArray(json)) {
    const items = json.map(item => textOf(item, ordered))
    return `[${(ordered ? items : items.sort()).join()}]`
  }
  if (typeof json !== 'object' || json === null) return JSON.stringify(json)
  return `{${Object.entries(json)
    .map(([key, value]) => `${JSON.stringify(key)}:${textOf(value, ordered)}`)
    .join()}}`
}

/** Writes terms as themselves: what it makes is the same text exactly when the terms are the same. */
function termWriter({ terms }: LiveTools, writer: SubjectWriter): TermWriter {
  return {
    idKey: writer.idKey,
    id: value => termKey(terms, value),
    isReference: value => writer.isReference(value),
    name: value => writer.name(value),
    compare: (a, b) => writer.compare(a, b),
    valueUnder: (_, value) => termKey(terms, value) as ReadValue,
  }
}
